"""Buffers that hand out batches by slice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import BaseBuffer, RolloutBuffer

from coopetition.envs.engine import Array

from .layout import Layout, Streams


class Rollout(NamedTuple):
    """Samples of every slice; leading axes [slices, batch].

    Attributes:
        observations: [.., d].
        actions: [.., A], before clipping.
        old_values: values when collected.
        old_log_prob: log-density when collected.
        advantages: generalised advantages.
        returns: targets of the value function.
        states: what a centralised critic saw, [replicates, batch, S]; None without one.
    """

    observations: torch.Tensor
    actions: torch.Tensor
    old_values: torch.Tensor
    old_log_prob: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor
    states: torch.Tensor | None


class SliceRolloutBuffer(RolloutBuffer):
    """`RolloutBuffer` whose batches hold the samples of each slice apart.

    Args: those of `RolloutBuffer`, and
        layout: rows of the environment.
        state_length: length of what a centralised critic sees of a copy; None without one.
    """

    def __init__(
        self, *args: Any, layout: Layout, state_length: int | None = None, **kwargs: Any
    ) -> None:
        self.layout, self.state_length = layout, state_length
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Empty."""
        super().reset()
        if self.state_length is not None:
            grid = (self.buffer_size, self.layout.replicates, self.layout.copies)
            self.states = np.zeros((*grid, self.state_length), np.float32)

    def add(self, *args: Any, states: Array | None = None) -> None:
        """See the library; and what a centralised critic sees, [replicates, copies, S]."""
        if states is not None:
            self.states[self.pos] = states
        super().add(*args)

    @property
    def samples(self) -> int:
        """Samples per slice."""
        return self.buffer_size * self.layout.copies

    def get(self, batch_size: int | None, streams: Streams) -> Iterator[Rollout]:
        """Batches of a pass over all samples in random order.

        All agents of a replicate meet in a batch at the same (copy, step) pairs.

        Args:
            batch_size: samples per slice; None for one batch in the order of collection.
            streams: where each replicate draws its order from.
        """
        content = self.by_slice()
        if batch_size is None:
            yield content
            return
        order = torch.from_numpy(streams.permutation(self.samples)).to(self.device)
        orders = {len(order): order, self.layout.slices: self.layout.spread(order)}

        def shuffled(part: torch.Tensor | None) -> torch.Tensor | None:
            if part is None:
                return None
            each = torch.arange(len(part), device=self.device).unsqueeze(1)
            return part[each, orders[len(part)]]

        parts = [shuffled(part) for part in content]
        for start in range(0, self.samples, batch_size):
            batch = slice(start, start + batch_size)
            yield Rollout._make(None if part is None else part[:, batch] for part in parts)

    def judge(self, policy: Any) -> None:
        """Fill in values and log-densities of all samples at once, as the policy is now."""
        content = self.by_slice()
        values, log_prob, _ = policy.evaluate_actions(
            content.observations, content.actions, content.states
        )
        for array, found in ((self.values, values), (self.log_probs, log_prob)):
            each = found.view(self.layout.slices, self.layout.copies, self.buffer_size)
            array[:] = self.layout.by_row(each).T.cpu().numpy()

    def by_slice(self) -> Rollout:
        """All samples; within a slice ordered (copy, step), as the library's own buffer does."""
        states = None
        if self.state_length is not None:
            by_copy = self.states.transpose(1, 2, 0, 3)  # [replicates, copies, steps, S]
            flat = by_copy.reshape(self.layout.replicates, self.samples, -1)
            states = torch.from_numpy(flat).to(self.device)
        return Rollout(
            self._slices(self.observations),
            self._slices(self.actions),
            self._slices(self.values),
            self._slices(self.log_probs),
            self._slices(self.advantages),
            self._slices(self.returns),
            states,
        )

    def _slices(self, array: Array) -> torch.Tensor:
        by_slice = self.layout.by_slice(array.swapaxes(0, 1))  # [slices, copies, steps, ...]
        flat = by_slice.reshape(self.layout.slices, self.samples, *array.shape[2:])
        return torch.from_numpy(np.ascontiguousarray(flat)).to(self.device)


class Transitions(NamedTuple):
    """Replayed transitions of every slice; leading axes [slices, batch].

    Attributes:
        observations: [.., d].
        actions: [.., A] in [-1, 1].
        next_observations: [.., d].
        rewards: scaled.
        continues: 1 where values go on after the step, 0 where the episode has ended.
        states: what a centralised critic saw, [replicates, batch, S]; None without one.
        next_states: the same after the step.
    """

    observations: torch.Tensor
    actions: torch.Tensor
    next_observations: torch.Tensor
    rewards: torch.Tensor
    continues: torch.Tensor
    states: torch.Tensor | None
    next_states: torch.Tensor | None


class SliceReplayBuffer(BaseBuffer):
    """Ring of the last transitions of every replicate, drawn for all of its agents at once.

    The next observation is the one stored a step later. After the end of an episode that would be
    the first of another; it is masked by `continues`, unless values bootstrap at the horizon, for
    which `terminal=True` stores the last observations as well.

    Args:
        buffer_size: transitions per replicate.
        observation_space, action_space, device: of one row.
        n_envs: rows of the environment.
        optimize_memory_usage: ignored: next observations are never stored twice.
        layout: rows of the environment.
        terminal: values bootstrap where `TimeLimit.truncated` says so.
        state_length: length of what a centralised critic sees of a copy; None without one.
    """

    pos: int
    full: bool

    def __init__(
        self,
        buffer_size: int,
        observation_space: spaces.Space,
        action_space: spaces.Space,
        device: torch.device | str = "auto",
        n_envs: int = 1,
        optimize_memory_usage: bool = False,
        *,
        layout: Layout,
        terminal: bool = False,
        state_length: int | None = None,
    ) -> None:
        positions = max(buffer_size // layout.copies, 1) + 1
        super().__init__(positions, observation_space, action_space, device, n_envs)
        self.layout = layout
        grid = (positions, layout.replicates, layout.copies)
        agents, (width,) = layout.agents, self.obs_shape
        self.observations = torch.zeros(*grid, agents, width, device=self.device)
        self.actions = torch.zeros(*grid, agents, self.action_dim, device=self.device)
        self.rewards = torch.zeros(*grid, agents, device=self.device)
        self.continues = torch.zeros(*grid, device=self.device)
        self.terminal = torch.zeros_like(self.observations) if terminal else None
        self.states: torch.Tensor | None = None
        self.terminal_states: torch.Tensor | None = None
        if state_length is not None:
            self.states = torch.zeros(*grid, state_length, device=self.device)
            self.terminal_states = torch.zeros_like(self.states) if terminal else None

    def add(
        self,
        observations: Array,
        next_observations: Array,
        actions: Array,
        rewards: Array,
        dones: Array,
        truncated: Array,
        terminal_observations: Array,
        states: tuple[Array, Array, Array] | None = None,
    ) -> None:
        """Store one step of all rows.

        Args:
            observations: [rows, d] acted on.
            next_observations: [rows, d], of the next episode where one has ended.
            actions: [rows, A] in [-1, 1].
            rewards: [rows].
            dones: [rows] bool.
            truncated: [rows] bool, ended by a time limit at which values go on.
            terminal_observations: [rows, d], the last of the episode where one has ended.
            states: for a centralised critic, [replicates, copies, S] each: acted on, next, and
                last of the episode where one has ended.
        """
        following = (self.pos + 1) % self.buffer_size
        for target, value in (
            (self.observations[self.pos], observations),
            (self.observations[following], next_observations),
            (self.actions[self.pos], actions),
            (self.rewards[self.pos], rewards),
        ):
            target.copy_(torch.as_tensor(value).view(target.shape))
        ended = dones & ~truncated if self.terminal is not None else dones
        grid = (self.layout.replicates, self.layout.copies, self.layout.agents)
        self.continues[self.pos] = torch.as_tensor(~ended.reshape(grid)[:, :, 0]).float()
        if self.terminal is not None:
            target = self.terminal[self.pos]
            target.copy_(torch.as_tensor(terminal_observations).view(target.shape))
        if self.states is not None and states is not None:
            current, after, last = map(torch.as_tensor, states)
            self.states[self.pos], self.states[following] = current, after
            if self.terminal_states is not None:
                self.terminal_states[self.pos] = last
        self.full = self.full or following == 0
        self.pos = following

    def sample(self, batch_size: int, streams: Streams) -> Transitions:
        """Draw transitions, for all agents of a replicate the same (copy, step) pairs.

        Args:
            batch_size: transitions per slice.
            streams: where each replicate draws from.
        """
        layout, copies = self.layout, self.layout.copies
        # The slot at `pos` holds no transition: its observation belongs to the one before.
        stored = self.buffer_size - 1 if self.full else self.pos
        drawn = streams.integers(stored * copies, batch_size)
        first = self.pos + 1 if self.full else 0
        position = (first + drawn // copies) % self.buffer_size
        replicate = np.arange(layout.replicates)[:, None]
        index = self._index(position, replicate, drawn % copies)
        sources, after = (self.terminal, self.terminal_states), index
        if self.terminal is None:
            after = self._index((position + 1) % self.buffer_size, replicate, drawn % copies)
            sources = self.observations, self.states
        continues = self.continues.flatten()[index].view(layout.replicates, batch_size)
        return Transitions(
            self._take(self.observations, index),
            self._take(self.actions, index),
            self._take(sources[0], after),
            self._take(self.rewards, index),
            layout.spread(continues),
            self._take_states(self.states, index),
            self._take_states(sources[1], after),
        )

    def _index(self, position: Array, replicate: Array, copy: Array) -> torch.Tensor:
        flat = (position * self.layout.replicates + replicate) * self.layout.copies + copy
        return torch.from_numpy(flat.reshape(-1)).to(self.device)

    def _take(self, stored: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        # Of a single replicate it would be a view, whose sums run in another order.
        return self.layout.to_slices(self._drawn(stored, index)).contiguous()

    def _take_states(self, stored: torch.Tensor | None, index: torch.Tensor) -> torch.Tensor | None:
        return None if stored is None else self._drawn(stored, index)

    def _drawn(self, stored: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        """[replicates, batch, ...]."""
        drawn = stored.flatten(0, 2).index_select(0, index)
        return drawn.view(self.layout.replicates, -1, *drawn.shape[1:])

    def _get_samples(self, batch_inds: Array, env: Any = None) -> Any:
        raise NotImplementedError("sample() draws by slice")
