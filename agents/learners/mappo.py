"""MAPPO: proximal policy optimisation per agent, with values of the state of the whole game.

For agent i with its own policy pi_i(a_i | o_i) and a centralised value function V_i(s) of its
reward,

    delta_t = r_i,t + gamma (1 - d_t) V_i(s_t+1) - V_i(s_t)
    A_t     = sum_l (gamma lambda)^l delta_t+l
    rho_t   = pi_i(a_i,t | o_i,t) / pi_i^old(a_i,t | o_i,t)
    L_i     = -E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] + c_v E[((V_i - R) / sigma_i)^2]

(Yu et al. 2022, The Surprising Effectiveness of PPO in Cooperative Multi-Agent Games). Agents act
on their own observations alone; the state serves the value functions while they learn.

Details that matter:
- rewards are shifted and scaled by known constants, which is all that a study needs: there sigma_i
  is 1. With `normalize_value`, the default of the class, values are normalised by PopArt (van
  Hasselt et al. 2016), which takes returns of any size: mean and deviation sigma_i of the returns,
  averages over about ten rollouts, are taken in before each update, and the last layer is rescaled
  so that no value changes;
- ratio and clip per agent; nothing is shared between agents, and each is paid its own reward, so
  that one value function per agent replaces the one of a team;
- actions, observations, rewards and horizon as in `IPPO`.

The published study pays all agents the sum of rewards under one value function, clips the geometric
mean of their ratios, takes the ratio of clipped actions to the density of unclipped ones, and does
not normalise values.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy

from ..slices.buffers import Rollout
from ..slices.networks import MLP
from ..slices.on_policy import SliceActorCriticPolicy
from ..slices.value_scale import PopArt
from .ippo import IPPO

ENTRY = {
    "name": "MAPPO",
    "class_name": {"corrected": "MAPPO"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "IPPO",
            "normalize_value": False,
        },
    },
}

CARD = {
    "paper": [
        "Yu et al. 2022, The Surprising Effectiveness of PPO in Cooperative Multi-Agent Games, "
        "arXiv:2103.01955",
        "van Hasselt et al. 2016, Learning Values Across Many Orders of Magnitude, "
        "arXiv:1602.07714",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "state",
    "sharing": "none",
    "head": "Gaussian with a free deviation, clipped",
    "published": {
        "copies": 1,
        "n_steps": 2048,
        "batch_size": 2048,
        "n_epochs": 10,
        "learning_rate": 3e-4,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "clip_range": 0.2,
        "normalize_value": False,
        "ent_coef": 0.01,
        "vf_coef": 0.25,
        "max_grad_norm": None,
        "hidden": (128, 128),
        "log_std_init": 0.0,
    },
    "why": {
        "like": "IPPO",
        "vf_coef": "as in `IPPO`",
        "max_grad_norm": "as in `IPPO`",
    },
}


class MAPPOPolicy(SliceActorCriticPolicy):
    """`SliceActorCriticPolicy` whose values can be normalised."""

    value_class: ClassVar[type[MLP]] = PopArt


class MAPPO(IPPO):
    """`IPPO` with centralised, normalised values.

    Args: those of `stable_baselines3.PPO`, and
        normalize_value: learn values in units of the deviation of returns, in which
            `clip_range_vf` is then as well.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": MAPPOPolicy}
    central_critic = True

    def __init__(self, *args: Any, normalize_value: bool = True, **kwargs: Any) -> None:
        self.normalize_value = normalize_value
        super().__init__(*args, **kwargs)

    def train(self) -> None:
        """Take in the returns of the rollout, then update as `IPPO` does."""
        if self.normalize_value:
            self.policy.value.rescale(self.rollout_buffer.by_slice().returns)
        super().train()

    def _value_loss(self, values: torch.Tensor, batch: Rollout) -> torch.Tensor:
        normalised = self.policy.value.normalised
        batch = batch._replace(
            old_values=normalised(batch.old_values), returns=normalised(batch.returns)
        )
        return super()._value_loss(normalised(values), batch)
