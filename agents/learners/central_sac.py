"""Central_SAC: one soft actor-critic for all agents, paid the sum of their rewards.

    y     = r + gamma (1 - d) (min_k Qbar_k(o', a') - alpha log pi(a' | o')),  a' ~ pi
    J_Q   = 1/2 sum_k E[(Q_k(o, a) - y)^2]
    J_pi  = E[alpha log pi(a | o) - min_k Q_k(o, a)],  a ~ pi
    J_al  = -E[log alpha (log pi(a | o) + H)],  H = -N

(Haarnoja et al. 2018, Soft Actor-Critic, and Soft Actor-Critic Algorithms and Applications). o is
the joint observation, a the joint action of the N agents. This is what the published study reports
as ISAC.

Details that matter:
- `as_published`: stable-baselines3 on the raw box, whose actor is squashed and so fills its range;
  one update of 256 transitions per environment step.
- `corrected`: observations and rewards shifted and scaled by known constants, the last step
  terminal (t/T is observed), four updates of 64 transitions per 16 environment steps; the update is
  that of `ISAC`.
"""

from __future__ import annotations

from stable_baselines3 import SAC

from ..published import PublishedAlgorithm
from .isac import ISAC

ENTRY = {
    "name": "Central_SAC",
    "class_name": {"as_published": "PublishedSAC", "corrected": "CentralSAC"},
    "paradigm": "joint",
    "published_as": ("ISAC",),
    "vector_actions": True,
    "hyperparameters": {
        "as_published": {
            "copies": 1,
            "train_freq": 1,
            "gradient_steps": 1,
            "batch_size": 256,
            "buffer_size": 100_000,
            "learning_starts": 100,
            "learning_rate": 3e-4,
            "gamma": 0.99,
            "tau": 0.005,
            "ent_coef": "auto",
            "target_entropy": "auto",
            "hidden": (128, 128),
        },
        "corrected": {
            "like": "ISAC",
        },
    },
}

CARD = {
    "paper": [
        "Haarnoja et al. 2018, Soft Actor-Critic Algorithms and Applications, arXiv:1812.05905",
    ],
    "reward": "sum of all rewards",
    "actor": "observations of all agents",
    "critic": "observations of all agents",
    "sharing": "one controller for all agents",
    "head": "squashed Gaussian",
    "why": {
        "like": "ISAC",
    },
}


class PublishedSAC(PublishedAlgorithm, SAC):
    """`stable_baselines3.SAC` on the raw joint view."""


class CentralSAC(ISAC):
    """SAC on the joint view, a slice per replicate."""

    joint = True
