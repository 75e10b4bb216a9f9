"""Off-policy learners in slices: networks per slice, one replay buffer for all replicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import (
    RolloutReturn,
    Schedule,
    TrainFreq,
    TrainFrequencyUnit,
)
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from coopetition.envs.engine import Array, Game

from .algorithm import SliceAlgorithm, SlicePolicy
from .buffers import SliceReplayBuffer
from .layout import Layout, Streams
from .networks import Critics, SquashedActor, adam_groups


class SliceActorQPolicy(SlicePolicy):
    """A squashed Gaussian actor and several action values of its own for every slice.

    The critics see the own observation and action; or the state and the actions of all agents, in
    order.

    Args:
        observation_space, action_space: of one row.
        lr_schedule: its value at 1 is the initial learning rate.
        layout: slices.
        seeds: of the initial weights, one per replicate.
        hidden: widths of the hidden layers of every network.
        n_critics: action values per slice.
        state_length: length of the state if critics are centralised; None if they are not.
        network: further settings of `make_actor`.
        use_sde: must be False; the library passes it.
    """

    def __init__(
        self,
        observation_space: spaces.Box,
        action_space: spaces.Box,
        lr_schedule: Schedule,
        *,
        layout: Layout,
        seeds: Sequence[np.random.SeedSequence],
        hidden: Sequence[int] = (64, 64),
        n_critics: int = 2,
        state_length: int | None = None,
        use_sde: bool = False,
        **network: Any,
    ) -> None:
        super().__init__(observation_space, action_space, squash_output=True)
        self.layout, self.seeds, self.hidden = layout, list(seeds), tuple(hidden)
        length, width = observation_space.shape[0], action_space.shape[0]
        self.actor = self.make_actor(layout, length, width, self.hidden, **network)
        inputs = length + width
        if state_length is not None:
            inputs = state_length + layout.agents * width
        self.critic = self.make_critic(inputs, n_critics)
        self.critic_target = self.make_critic(inputs, n_critics)
        streams = Streams(seeds)
        self.actor.initialise(streams)
        self.critic.initialise(streams)
        self.critic_target.load_state_dict(self.critic.state_dict())
        self.critic_target.requires_grad_(False)
        for module in (self.actor, self.critic):
            module.optimizer = adam(module.parameters(), lr_schedule(1))

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int]
    ) -> SquashedActor:
        """The network that acts."""
        return SquashedActor(layout.slices, observation, actions, hidden)

    def make_critic(self, inputs: int, count: int) -> nn.Module:
        """The action values, as many as `count`; `inputs` is the length of what they are given."""
        return Critics(self.layout.slices, inputs, self.hidden, count)


def adam(parameters: Any, learning_rate: float) -> torch.optim.Adam:
    """Adam whose steps are the same in any company."""
    return torch.optim.Adam(adam_groups(parameters), lr=learning_rate)


class SliceOffPolicyAlgorithm(SliceAlgorithm, OffPolicyAlgorithm):
    """Mixin, left of `SAC` and its like.

    `buffer_size`, `learning_starts` and `num_timesteps` count environment steps of one replicate,
    `batch_size` transitions per slice. `train_freq` counts steps of the batched environment, each
    of which is one step of every copy.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": SliceActorQPolicy}

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("action_noise") is not None or given.get("n_steps", 1) != 1:
            raise ValueError("action_noise and n_steps > 1: slices have neither")
        own = {"layout": self.layout, **self._critic_shape()}
        own |= given.get("replay_buffer_kwargs") or {}
        return {"replay_buffer_class": SliceReplayBuffer, "replay_buffer_kwargs": own}

    @classmethod
    def _fit(cls, settings: dict[str, Any], game: Game, env: VecEnv) -> None:
        """Steps per update in terms of the batched environment."""
        copies, between = Layout.of(env).copies, settings.pop("steps_per_update")
        if between % copies:
            raise ValueError(f"steps_per_update={between} is no multiple of copies={copies}")
        settings["train_freq"] = between // copies

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        train_freq: TrainFreq,
        replay_buffer: SliceReplayBuffer,
        action_noise: ActionNoise | None = None,
        learning_starts: int = 0,
        log_interval: int | None = None,
    ) -> RolloutReturn:
        """See the library; actions come from the replicates' own streams.

        Raises:
            ValueError: `train_freq` counts episodes.
        """
        if train_freq.unit != TrainFrequencyUnit.STEP:
            raise ValueError("train_freq must count steps")
        self.policy.set_training_mode(False)
        callback.on_rollout_start()
        steps, episodes = 0, 0
        for _ in range(train_freq.frequency):
            actions = self._playable(self._explore(learning_starts))
            current = self._states(self._last_obs) if self.central_critic else None
            observed, rewards, dones, infos = env.step(self.policy.unscale_action(actions))
            self.num_timesteps += self.layout.copies
            steps += self.layout.copies
            callback.update_locals(locals())
            if not callback.on_step():
                return RolloutReturn(steps, episodes, continue_training=False)
            self._update_info_buffer(infos, dones)
            truncated, terminal = np.zeros_like(dones), observed
            ended = np.flatnonzero(dones)
            if len(ended):
                episodes += len(ended) // self.layout.agents
                terminal = observed.copy()
                for row in ended:
                    truncated[row] = infos[row].get("TimeLimit.truncated", False)
                    terminal[row] = infos[row]["terminal_observation"]
            replay_buffer.add(
                *(self._last_obs, observed, actions, rewards, dones, truncated, terminal),
                states=None if current is None else self._state_step(current, observed, terminal),
            )
            self._last_obs = observed
            self._update_current_progress_remaining(self.num_timesteps, self._total_timesteps)
        self._episode_num += episodes
        callback.on_rollout_end()
        return RolloutReturn(steps, episodes, continue_training=True)

    def _state_step(
        self, current: Array, observed: Array, terminal: Array
    ) -> tuple[Array, Array, Array]:
        """States before and after a step, and where episodes ended before their reset."""
        last = current
        if self.replay_buffer.terminal is not None:
            last = self._states(terminal, last=True)
        return current, self._states(observed), last

    def _explore(self, learning_starts: int) -> Array:
        """Actions [rows, A] in [-1, 1]: uniform at first, then those of the policy."""
        if self.num_timesteps < learning_starts:
            width = self.action_space.shape[0]
            drawn = self.acting.uniform(self.layout.copies, self.layout.agents, width)
            return (2 * drawn - 1).reshape(self.layout.rows, width)
        with torch.no_grad():
            actions = self.policy.actor.act(self._slices(self._last_obs), self._noise())
        return self.layout.by_row(actions).cpu().numpy()

    def _update_noise(self, count: int, batch_size: int) -> torch.Tensor:
        """Standard normal noise of one update, [count, slices, batch, A]."""
        layout, width = self.layout, self.action_space.shape[0]
        drawn = self.updating.normal(count, batch_size, layout.agents, width)
        grid = drawn.transpose(1, 0, 3, 2, 4).reshape(count, layout.slices, batch_size, width)
        return torch.as_tensor(grid, device=self.device)

    @torch.no_grad()
    def _track(self, critic: nn.Module, target: nn.Module) -> None:
        """Move the target towards the critic by the share tau."""
        towards, current = list(critic.parameters()), list(target.parameters())
        torch._foreach_mul_(current, 1 - self.tau)
        torch._foreach_add_(current, towards, alpha=self.tau)
