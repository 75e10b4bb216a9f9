"""Where the released PettingZoo wrappers played another game than the released joint environment.

The wrappers called the base step and left out what an environment adds in its own `reset` and
`step`. The views of this package all play the joint game, so for these environments their
trajectories differ from those recorded through the released wrappers; for the others they are
equal. Figures: sum of integrated rewards of one recorded episode (uniform actions in [0.35, 1]).
"""

DIFFERENCES: dict[str, str] = {
    "CoalitionFormation-v0": (
        "The released wrappers never filled the coalition: every episode ended after its first "
        "step, and members had no bonus of 10 %."
    ),
    "CooperativeNegotiation-v0": (
        "The released wrappers made no agreements and fined no breach (41,592 instead of 30,984)."
    ),
    "ReputationMarket-v0": (
        "The released wrappers kept no public reputation, so rewards were not multiplied by a tier "
        "(134,078 instead of 168,595)."
    ),
    "SynergySearch-v0": ("The released wrappers never drew gamma: it was 0.5 in every episode."),
}
