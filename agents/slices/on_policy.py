"""On-policy learners in slices: actor and critic per slice, rollouts of all replicates at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.vec_env import VecEnv

from coopetition.envs.engine import Array, Game

from .algorithm import SliceAlgorithm, SlicePolicy
from .buffers import SliceRolloutBuffer
from .layout import Layout, Streams
from .networks import MLP, GaussianActor, adam_groups, clip_gradients, orthogonal


class SliceActorCriticPolicy(SlicePolicy):
    """An actor and a value function of its own for every slice.

    Args:
        observation_space, action_space: of one row.
        lr_schedule: its value at 1 is the initial learning rate.
        layout: slices.
        seeds: of the initial weights, one per replicate.
        hidden: widths of the hidden layers of either network.
        log_std_init: initial logarithm of the standard deviation, in units of [-1, 1].
        state_length: length of the state if values are of states; None for own observations.
        optimizer_class, optimizer_kwargs: of the one optimiser, which works element by element.
        use_sde: must be False; the library passes it.
    """

    # What estimates values.
    value_class: ClassVar[type[MLP]] = MLP

    def __init__(
        self,
        observation_space: spaces.Box,
        action_space: spaces.Box,
        lr_schedule: Schedule,
        *,
        layout: Layout,
        seeds: Sequence[np.random.SeedSequence],
        hidden: Sequence[int] = (64, 64),
        log_std_init: float = 0.0,
        state_length: int | None = None,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
        use_sde: bool = False,
    ) -> None:
        super().__init__(observation_space, action_space)
        self.layout, self.seeds, self.hidden = layout, list(seeds), tuple(hidden)
        self.log_std_init = log_std_init
        length, width = observation_space.shape[0], action_space.shape[0]
        self.actor = self.make_actor(layout, length, width, self.hidden, log_std_init)
        sizes = (state_length or length, *self.hidden, 1)
        self.value = self.value_class(layout.slices, sizes, torch.tanh_)
        streams = Streams(seeds)
        self.actor.initialise(streams)
        self.value.initialise(streams, orthogonal(math.sqrt(2)), orthogonal(1.0))
        adam = issubclass(optimizer_class, torch.optim.Adam)
        if optimizer_kwargs is None:
            optimizer_kwargs = {"eps": 1e-5} if adam else {}
        parameters = adam_groups(self.parameters()) if adam else self.parameters()
        self.optimizer = optimizer_class(parameters, lr=lr_schedule(1), **optimizer_kwargs)

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int], log_std_init: float
    ) -> GaussianActor:
        """The network that acts."""
        return GaussianActor(layout.slices, observation, actions, hidden, log_std_init)

    def values(
        self, observations: torch.Tensor, states: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Values [slices, batch] of observations [slices, batch, d].

        Args:
            observations: own ones.
            states: [replicates, batch, S], which take their place if values are of states.
        """
        seen = observations if states is None else self.layout.spread(states)
        return self.value(seen).squeeze(2)

    def evaluate_actions(
        self,
        observations: torch.Tensor,
        actions: torch.Tensor,
        states: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Values and log-densities [slices, batch] and entropy [slices]; see `values`."""
        log_prob = self.actor.log_prob(self.actor.mean(observations), actions)
        return self.values(observations, states), log_prob, self.actor.entropy()


class SliceOnPolicyAlgorithm(SliceAlgorithm, OnPolicyAlgorithm):
    """Mixin, left of `PPO` or `A2C`; `batch_size` counts samples per slice."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": SliceActorCriticPolicy}

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("target_kl") is not None:
            raise ValueError("target_kl: slices share their epochs and cannot stop one by one")
        return {
            "rollout_buffer_class": SliceRolloutBuffer,
            "rollout_buffer_kwargs": {"layout": self.layout, **self._critic_shape()},
        }

    @classmethod
    def _fit(cls, settings: dict[str, Any], game: Game, env: VecEnv) -> None:
        """Whole episodes per rollout, and batches as a share of it."""
        if "episodes_per_copy" in settings:
            settings["n_steps"] = settings.pop("episodes_per_copy") * game.horizon
        if "minibatches" in settings:
            samples = settings["n_steps"] * Layout.of(env).copies
            settings["batch_size"] = -(-samples // settings.pop("minibatches"))

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return {
            "hidden": tuple(settings.pop("hidden")),
            "log_std_init": settings.pop("log_std_init"),
        }

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: SliceRolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """See the library; noise comes from the replicates' own streams."""
        self.policy.set_training_mode(False)
        rollout_buffer.reset()
        later = torch.zeros(self.layout.rows)  # values and log-densities, see `judge`
        callback.on_rollout_start()
        for _ in range(n_rollout_steps):
            with torch.no_grad():
                actions = self.actor.act(self._slices(self._last_obs), self._noise())
            taken = self._playable(self.layout.by_row(actions).cpu().numpy())
            states = self._states(self._last_obs) if self.central_critic else None
            low, high = self.action_space.low, self.action_space.high
            observed, rewards, dones, infos = env.step(np.clip(taken, low, high))
            self.num_timesteps += self.layout.copies
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            self._update_info_buffer(infos, dones)
            rollout_buffer.add(
                self._last_obs,
                taken,
                self._bootstrapped(rewards, dones, infos),
                self._last_episode_starts,
                *(later, later),
                states=states,
            )
            self._last_obs, self._last_episode_starts = observed, dones
        with torch.no_grad():
            rollout_buffer.judge(self.policy)
            values = self._values(observed)
        rollout_buffer.compute_returns_and_advantage(last_values=values, dones=dones)
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _bootstrapped(self, rewards: Array, dones: Array, infos: list[dict[str, Any]]) -> Array:
        """Rewards, plus the discounted value of the last state where only a time limit ended it."""
        rows = [r for r in np.flatnonzero(dones) if infos[r].get("TimeLimit.truncated", False)]
        if not rows:
            return rewards
        last = np.zeros_like(self._last_obs)
        last[rows] = [infos[row]["terminal_observation"] for row in rows]
        with torch.no_grad():
            values = self._values(last, last=True)
        rewards[rows] += self.gamma * values.cpu().numpy()[rows]
        return rewards

    def _values(self, rows: Array, *, last: bool = False) -> torch.Tensor:
        """Values [rows] of observations [rows, d]; see `_states`."""
        states = None
        if self.central_critic:
            states = torch.as_tensor(self._states(rows, last=last), device=self.device)
        return self.layout.by_row(self.policy.values(self._slices(rows), states)).flatten()

    def _descend(self, losses: torch.Tensor) -> torch.Tensor:
        """One step of the optimiser on the losses [slices]; the gradients' norms [slices]."""
        self.policy.optimizer.zero_grad()
        losses.sum().backward()
        parameters = self.policy.parameters()
        norms = clip_gradients(parameters, self.layout.slices, self.max_grad_norm)
        self.policy.optimizer.step()
        return norms

    def _explained_variance(self, values: torch.Tensor, returns: torch.Tensor) -> torch.Tensor:
        """1 - Var[returns - values] / Var[returns], [slices]; 0 where returns do not vary."""
        varied = returns.var(1)
        return torch.where(varied > 0, 1 - (returns - values).var(1) / varied.clamp(min=1e-30), 0.0)
