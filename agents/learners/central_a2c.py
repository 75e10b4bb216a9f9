"""Central_A2C: one advantage actor-critic for all agents, paid the sum of their rewards.

    L = -E[log pi(a|o) A] + c_v E[(G - V)^2] - c_H E[H(pi)],  A = G - V

with n-step returns G (Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning, in
its synchronous form). o is the joint observation, a the joint action. This is what the published
study reports as IA2C.

Details that matter:
- `as_published`: stable-baselines3 on the raw box; batches of five steps of one environment, and
  returns of 10^3 to 10^7, so that the value loss fills the clipped gradient.
- `corrected`: normalised actions, observations and rewards, batches from several copies, and the
  last step terminal (t/T is observed); the update is that of `IA2C`.
"""

from __future__ import annotations

from stable_baselines3 import A2C

from ..published import PublishedAlgorithm
from .ia2c import IA2C

ENTRY = {
    "name": "Central_A2C",
    "class_name": {"as_published": "PublishedA2C", "corrected": "CentralA2C"},
    "paradigm": "joint",
    "published_as": ("IA2C",),
    "hyperparameters": {
        "as_published": {
            "copies": 1,
            "n_steps": 5,
            "learning_rate": 7e-4,
            "gamma": 0.99,
            "gae_lambda": 1.0,
            "ent_coef": 0.01,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "rms_prop_eps": 1e-5,
            "hidden": (128, 128),
            "log_std_init": 0.0,
        },
        "corrected": {
            "like": "IA2C",
        },
    },
}

CARD = {
    "paper": [
        "Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning, arXiv:1602.01783",
    ],
    "reward": "sum of all rewards",
    "actor": "observations of all agents",
    "critic": "observations of all agents",
    "sharing": "one controller for all agents",
    "head": "Gaussian with a free deviation, clipped",
    "why": {
        "like": "IA2C",
    },
}


class PublishedA2C(PublishedAlgorithm, A2C):
    """`stable_baselines3.A2C` on the raw joint view."""


class CentralA2C(IA2C):
    """A2C on the joint view, a slice per replicate."""

    joint = True
