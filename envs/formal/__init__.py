"""The formal edition (`-v1`): a game composed of parts."""

from .bases import Commons, HiddenSynergy, ImageAllocation, Linear, Pairs, Synergy, Team, Transfer
from .commitments import Contract, Sanctions, SpecificCapital
from .game import FormalGame
from .links import Exit, Membership, Retention
from .phases import Phases, Shock
from .records import Standing, TeamLoyalty, Tiers
from .relations import ReciprocityPayoff, RecoveryClock, Trust, TrustPayoff

__all__ = [
    "Commons",
    "Contract",
    "Exit",
    "FormalGame",
    "HiddenSynergy",
    "ImageAllocation",
    "Linear",
    "Membership",
    "Pairs",
    "Phases",
    "ReciprocityPayoff",
    "RecoveryClock",
    "Retention",
    "Sanctions",
    "Shock",
    "SpecificCapital",
    "Standing",
    "Synergy",
    "Team",
    "TeamLoyalty",
    "Tiers",
    "Transfer",
    "Trust",
    "TrustPayoff",
]
