"""Policies that play the environments: constants, heuristics and stable-baselines3 learners.

    from coopetition import agents
    agents.evaluate(agents.make("Constant_42"), "TrustDilemma-v0").welfare

Nothing here imports torch until a learner is trained or loaded.
"""

from .evaluation import Episodes, evaluate
from .models import load
from .policy import Policy
from .registry import learner_names, make

__all__ = ["Episodes", "Policy", "evaluate", "learner_names", "load", "make"]
