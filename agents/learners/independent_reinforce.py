"""IndependentREINFORCE: every agent learns alone by the policy gradient of whole episodes.

For agent i with its own policy pi_i(a_i | o_i) and E episodes per update,

    G_i,t = sum_{s >= t} gamma^(s - t) r_i,s                 within the same episode
    b_i,t = mean of G_i,t over the other episodes            that have not ended by step t
    g_i   = E[sum_t grad log pi_i(a_i,t | o_i,t) (G_i,t - b_i,t) / sigma_i]

(Williams 1992, Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
Learning; a baseline of the other samples: Kool et al. 2019, Buy 4 REINFORCE Samples, Get a Baseline
for Free!). There is no critic, and nothing is shared between agents.

Details that matter:
- all copies start an episode with every update and only that one counts: after an early end a copy
  plays on, but what it plays is left out, since of later episodes only the short ones would be
  complete. No return crosses the end of an episode, none is cut;
- the baseline does not depend on the action that it is subtracted for, so the gradient is unbiased;
  where no other copy plays any more there is none, and the step is left out;
- sigma_i, the root mean square of G - b of an agent in the batch, makes one learning rate fit all
  games; all steps of an episode count alike, without a factor gamma^t, as is usual;
- the mean of the Gaussian is squashed into the range of actions: one step too far beyond it, all
  samples would be clipped alike, and an agent would never come back;
- one step of Adam per batch of episodes; observations and rewards as in `IPPO`, actions in [-1, 1]
  of the own endowment, with the density of the unclipped sample.

The published study cuts the data into windows of 128 steps and adds rewards up across the ends of
episodes within them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.vec_env import VecEnv

from coopetition.envs.engine import Game

from ..slices.buffers import SliceRolloutBuffer
from ..slices.layout import Layout, Streams
from ..slices.networks import MLP, GaussianActor, Initial
from ..slices.on_policy import SliceActorCriticPolicy, SliceOnPolicyAlgorithm

ENTRY = {
    "name": "IndependentREINFORCE",
    "class_name": {"corrected": "IndependentREINFORCE"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "copies": 16,
            "learning_rate": 1e-2,
            "gamma": 0.99,
            "max_grad_norm": 0.5,
            "hidden": (64, 64),
            "log_std_init": -0.5,
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Williams 1992, Simple Statistical Gradient-Following Algorithms, Machine Learning 8",
        "Kool et al. 2019, Buy 4 REINFORCE Samples, Get a Baseline for Free!, ICLR workshop",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "none",
    "sharing": "none",
    "head": "Gaussian with a mean in the range and a free deviation, clipped",
    "published": {
        "copies": 1,
        "n_steps": 128,
        "learning_rate": 1e-3,
        "gamma": 0.99,
        "max_grad_norm": None,
        "hidden": (128, 128),
        "log_std_init": 0.0,
    },
    "why": {
        "copies, n_steps": "whole episodes, which the other copies' returns are a baseline for",
        "learning_rate": "one step per batch of episodes: a study of 10,000 steps has six",
        "max_grad_norm": "a bound on rare updates; most gradients are shorter",
        "hidden": "no loss of score found with 64 units, at a third of the cost",
        "log_std_init": "0.6 of half the endowment, so that few samples are clipped",
    },
}


class NoCritic(MLP):
    """Values everything at zero: advantages are returns.

    Args: those of `MLP`; there are no layers.
    """

    def __init__(self, slices: int, sizes: Any, activation: Any) -> None:
        super().__init__(slices, (), activation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[slices, batch, in] to zeros [slices, batch, 1]."""
        return x.new_zeros(*x.shape[:2], 1)

    def initialise(self, streams: Streams, hidden: Initial, output: Initial) -> None:
        """Nothing to draw."""


class BoundedMLP(MLP):
    """A network whose outputs lie in (-1, 1)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[slices, batch, in] to [slices, batch, out]."""
        return torch.tanh(super().forward(x))


class BoundedMeanActor(GaussianActor):
    """A Gaussian whose mean is an action that can be played.

    Args: see `GaussianActor`.
    """

    def __init__(
        self,
        slices: int,
        observation: int,
        actions: int,
        hidden: Sequence[int],
        log_std_init: float = 0.0,
    ) -> None:
        super().__init__(slices, observation, actions, hidden, log_std_init)
        self.mean = BoundedMLP(slices, (observation, *hidden, actions), torch.tanh_)


class SliceActorPolicy(SliceActorCriticPolicy):
    """An actor of its own for every slice."""

    value_class = NoCritic

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int], log_std_init: float
    ) -> BoundedMeanActor:
        """The network that acts."""
        return BoundedMeanActor(layout.slices, observation, actions, hidden, log_std_init)


class IndependentREINFORCE(SliceOnPolicyAlgorithm):
    """The policy gradient with a slice per agent and replicate.

    Args:
        policy, env: see `SliceAlgorithm`; two copies or more.
        learning_rate: of Adam.
        n_steps: steps per update; no episode may be longer.
        gamma: discount factor.
        max_grad_norm: bound on the gradient of a slice.
        others: see `SliceAlgorithm` and `OnPolicyAlgorithm`.

    Raises:
        ValueError: a single copy.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": SliceActorPolicy}

    def __init__(
        self,
        policy: Any,
        env: VecEnv | None,
        *,
        learning_rate: float | Schedule = 1e-2,
        n_steps: int = 100,
        gamma: float = 0.99,
        max_grad_norm: float = 0.5,
        **others: Any,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate=learning_rate,
            n_steps=n_steps,
            gamma=gamma,
            gae_lambda=1.0,
            ent_coef=0.0,
            vf_coef=0.0,
            max_grad_norm=max_grad_norm,
            use_sde=False,
            sde_sample_freq=-1,
            **others,
        )
        if env is not None and self.layout.copies < 2:
            raise ValueError("copies=1: the baseline is the mean of the other copies")

    @classmethod
    def _fit(cls, settings: dict[str, Any], game: Game, env: VecEnv) -> None:
        """One episode per copy and update."""
        settings["n_steps"] = game.horizon

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: SliceRolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """See the library; all copies then start a new episode, in whatever company.

        Raises:
            ValueError: the first episode of a copy has not ended.
        """
        if not super().collect_rollouts(env, callback, rollout_buffer, n_rollout_steps):
            return False
        ended = rollout_buffer.episode_starts[1:].any(0) | self._last_episode_starts
        if not ended.all():
            raise ValueError(f"n_steps={n_rollout_steps}: an episode is longer")
        self._last_obs = env.reset()
        self._last_episode_starts = np.ones(env.num_envs, bool)
        return True

    def train(self) -> None:
        """Update every slice once on its own episodes."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        batch = self.rollout_buffer.by_slice()
        played = self._played()
        advantages = self._advantages(batch.returns.view(played.shape), played)
        log_prob = self.actor.log_prob(self.actor.mean(batch.observations), batch.actions)
        credit = self._credit(log_prob, advantages)
        policy_loss = -(credit.flatten(1) * log_prob).mean(1)
        norm = self._descend(policy_loss)
        self._n_updates += 1
        self.diagnostics.add(
            policy_loss=policy_loss,
            entropy=self.actor.entropy(),
            gradient_norm=norm,
            samples_used=played.flatten(1).float().mean(1),
        )
        self._check(self.policy.parameters())
        self._log()

    def _played(self) -> torch.Tensor:
        """Which samples belong to the first episode of their copy, [slices, copies, steps]."""
        starts = self._slices(self.rollout_buffer.episode_starts.T)
        return starts.cumsum(2) == 1

    def _advantages(self, returns: torch.Tensor, played: torch.Tensor) -> torch.Tensor:
        """Returns above the baseline, in units of their root mean square.

        Args:
            returns: discounted rewards to come, [slices, copies, steps].
            played: which of them count; see `_played`.

        Returns:
            [slices, copies, steps], zero where there is no baseline.
        """
        # Sums run along the last axis: along another one slice would be added up otherwise.
        returns, played = (part.transpose(1, 2).contiguous() for part in (returns, played))
        returns = returns * played
        # Above those of one copy: equal returns have a mean of zero then, without rounding.
        returns = returns - returns[..., :1]
        count = played.sum(2, keepdim=True)
        mean = (returns * played).sum(2, keepdim=True) / count.clamp(min=1)
        # What lies above the mean of the others, from the mean of all.
        above = (returns - mean) * played * (count / (count - 1).clamp(min=1))
        square = above.square().flatten(1).sum(1) / played.flatten(1).sum(1)
        return (above / (square.sqrt() + 1e-8).view(-1, 1, 1)).transpose(1, 2)

    def _credit(self, log_prob: torch.Tensor, advantages: torch.Tensor) -> torch.Tensor:
        """What a sample's log-density [slices, samples] is weighted with, [slices, copies, steps].

        The gradient that is ascended is that of the mean of their product.
        """
        return advantages
