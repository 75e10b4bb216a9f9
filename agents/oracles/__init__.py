"""The seven oracles of the published study, with the actions that the released code computes.

Each belongs to one mechanism class and to the released edition. They are reference policies, not
bounds: in all 20 environments some constant policy returns more than every oracle of its class.
What each solves, what the documents say of it and what it does here is on its `card`.
"""
