"""Policies that play the environments: constants, heuristics, oracles and learners.

    from coopetition import agents
    agents.names("SLCD-v0")                               # who can play it
    agents.evaluate("Constant_42", "SLCD-v0").score       # 0: no cooperation, 1: the best plan
    agents.make("TitForTat", "SLCD-v0").save("tft.json")  # agents.load("tft.json")
    agents.untrained("IPPO", "SLCD-v1")                   # a learner before its first update
    agents.extend("my_rule.py")                           # environments and policies of your own

Nothing here imports torch until a learner is trained or loaded.
"""

from .evaluation import Episodes, evaluate
from .extensions import extend
from .models import load, untrained
from .policy import Policy
from .registry import learner_names, make, names, register, spec
from .scores import Scale, scale

__all__ = [
    "Episodes",
    "Policy",
    "Scale",
    "evaluate",
    "extend",
    "learner_names",
    "load",
    "make",
    "names",
    "register",
    "scale",
    "spec",
    "untrained",
]
