"""Learners in slices: all agents and replicates of a cell trained side by side in one model.

A slice holds the parameters of one agent in one replicate (a run that differs from the others in
seed and reward mode only). Weights have shape [slices, in, out], products are batched, and nothing
is ever reduced across slices, so that a run's result does not depend on its company.
"""
