"""Central_PPO: one PPO controller for all agents, paid the sum of their rewards.

    L = -E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] + c_v E[(V - R)^2] - c_H E[H(pi)]

with rho = pi(a|o) / pi_old(a|o) and generalised advantages A (Schulman et al. 2017, Proximal
Policy Optimization Algorithms). o is the joint observation, a the joint action. This is what the
published study reports as IPPO and SelfPlay_PPO.

Details that matter:
- `as_published`: stable-baselines3 on the raw box. The Gaussian has mean 0 and standard deviation
  1 *action unit* in a box of 50 to 150 units, so the controller starts at zero contribution and
  half of its first actions are clipped there. Observations and rewards are raw (rewards of several
  hundred per step), and values bootstrap at the horizon.
- `corrected`: the same algorithm with actions in [-1, 1] of each agent's own endowment,
  observations and rewards shifted and scaled by known constants, whole episodes per rollout from
  several copies, and the last step terminal (t/T is observed); the update is that of `IPPO`.
"""

from __future__ import annotations

from stable_baselines3 import PPO

from ..published import PublishedAlgorithm
from .ippo import IPPO

ENTRY = {
    "name": "Central_PPO",
    "class_name": {"as_published": "PublishedPPO", "corrected": "CentralPPO"},
    "paradigm": "joint",
    "published_as": ("IPPO", "SelfPlay_PPO"),
    "vector_actions": True,
    "hyperparameters": {
        "as_published": {
            "copies": 1,
            "n_steps": 2048,
            "batch_size": 64,
            "n_epochs": 10,
            "learning_rate": 3e-4,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "clip_range": 0.2,
            "ent_coef": 0.01,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "hidden": (128, 128),
            "log_std_init": 0.0,
        },
        "corrected": {
            "like": "IPPO",
        },
    },
}

CARD = {
    "paper": [
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
    ],
    "reward": "sum of all rewards",
    "actor": "observations of all agents",
    "critic": "observations of all agents",
    "sharing": "one controller for all agents",
    "head": "Gaussian with a free deviation, clipped",
    "why": {
        "like": "IPPO",
    },
}


class PublishedPPO(PublishedAlgorithm, PPO):
    """`stable_baselines3.PPO` on the raw joint view."""


class CentralPPO(IPPO):
    """PPO on the joint view, a slice per replicate."""

    joint = True
