"""The published form of a learner: stable-baselines3 as it is, one controller for all agents.

The controller sees the raw joint observation, acts in the raw box of the released environment and
is paid the sum of all rewards; values bootstrap at the horizon.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from coopetition import envs
from coopetition.envs.engine import Array

from .library import LibraryAlgorithm, LibraryController
from .runs import Run


class PublishedController(LibraryController):
    """Plays all agents in payoff units; see `LibraryController`."""

    observation = "published"

    def _gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation, before squashing."""
        if isinstance(self.network, ActorCriticPolicy):
            distribution = self.network.get_distribution(observations).distribution
            return distribution.mean, distribution.stddev
        mean, log_std, _ = self.network.actor.get_action_dist_params(observations)
        return mean, log_std.exp()

    def _units(self, actions: Array) -> Array:
        """Actions of the network, squashed if it squashes, within the largest endowment."""
        if self.network.squash_output:
            actions = self.network.unscale_action(np.tanh(actions))
        return np.clip(actions, 0.0, self.game.endowments.max())


class PublishedAlgorithm(LibraryAlgorithm):
    """Mixin, left of an algorithm of stable-baselines3, for the `as_published` protocol."""

    CONTROLLER = PublishedController
    joint = True

    @classmethod
    def environment(cls, run: Run, settings: dict[str, Any]) -> VecEnv:
        """The raw joint view of the environment of a run."""
        return envs.vec_env(
            run.env_id,
            settings.pop("copies"),
            reward_mode=run.reward_mode,
            seed=run.seed,
            joint=cls.joint,
            normalize=False,
        )
