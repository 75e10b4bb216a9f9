"""Which rows of a `VecEnv` belong to which slice, and random numbers by replicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnv

from coopetition.envs.engine import Array, fresh_sequence

Rows = TypeVar("Rows", Array, torch.Tensor)

# A branch of a run's seed that no copy of its environment spawns from.
_LEARNER = 2**32 - 1


@dataclass(frozen=True)
class Layout:
    """Rows ordered (replicate, copy, agent), slices ordered (replicate, agent).

    Attributes:
        replicates: runs R that differ in seed and reward mode.
        copies: copies C of the game per replicate.
        agents: learners N per copy; 1 where one controller plays all agents.
    """

    replicates: int
    copies: int
    agents: int

    @classmethod
    def of(cls, env: VecEnv) -> Layout:
        """Layout of an environment; one that does not say is one agent in many copies."""
        try:
            agents = env.get_attr("agent")
            replicates = 1 + max(env.get_attr("replicate"))
            copies = 1 + max(env.get_attr("copy"))
        except AttributeError:
            return cls(1, env.num_envs, 1)
        return cls(replicates, copies, len(set(agents)))

    @property
    def rows(self) -> int:
        """Rows of the environment."""
        return self.replicates * self.copies * self.agents

    @property
    def slices(self) -> int:
        """Slices of parameters."""
        return self.replicates * self.agents

    def by_slice(self, rows: Rows) -> Rows:
        """[rows, ...] of any number of copies as [slices, copies, ...]."""
        grid = rows.reshape(self.replicates, -1, self.agents, *rows.shape[1:])
        return grid.swapaxes(1, 2).reshape(self.slices, -1, *rows.shape[1:])

    def by_row(self, slices: Rows) -> Rows:
        """[slices, copies, ...] of any number of copies as [rows, ...]."""
        grid = slices.reshape(self.replicates, self.agents, -1, *slices.shape[2:])
        return grid.swapaxes(1, 2).reshape(-1, *slices.shape[2:])

    def spread(self, values: torch.Tensor) -> torch.Tensor:
        """[replicates, ...] for every agent of the replicate, [slices, ...]."""
        return values.repeat_interleave(self.agents, dim=0)

    def joint(self, actions: torch.Tensor) -> torch.Tensor:
        """Actions [slices, batch, A] of all agents of the replicate, [slices, batch, N A]."""
        batch = actions.shape[1]
        each = actions.view(self.replicates, self.agents, batch, -1).transpose(1, 2)
        return self.spread(each.reshape(self.replicates, batch, -1))

    def replaced(self, joint: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
        """Joint actions [slices, batch, N A] with those of the own agent [slices, batch, A]."""
        width = own.shape[2]
        mine = torch.eye(self.agents, dtype=torch.bool, device=own.device)
        mine = mine.repeat_interleave(width, dim=1).repeat(self.replicates, 1).unsqueeze(1)
        return torch.where(mine, own.repeat(1, 1, self.agents), joint)

    def to_slices(self, values: Rows) -> Rows:
        """[replicates, batch, agents, ...] as [slices, batch, ...]."""
        swapped = values.swapaxes(1, 2)
        return swapped.reshape(self.slices, *swapped.shape[2:])


def state_length(env: VecEnv, layout: Layout) -> int:
    """Length of what a centralised critic sees of a copy.

    An environment without `critic_state` shows what all agents observe.
    """
    if hasattr(env, "critic_state"):
        return env.critic_state.shape[2]
    return layout.agents * env.observation_space.shape[0]


class Streams:
    """One stream of random numbers per replicate; every draw has the replicate as first axis."""

    def __init__(self, seeds: Sequence[np.random.SeedSequence]) -> None:
        self.generators = [np.random.default_rng(seed) for seed in seeds]

    def normal(self, *shape: int) -> Array:
        """Standard normal, [R, *shape] float32."""
        drawn = np.empty((len(self.generators), *shape), np.float32)
        for generator, part in zip(self.generators, drawn, strict=True):
            generator.standard_normal(out=part, dtype=np.float32)
        return drawn

    def uniform(self, *shape: int) -> Array:
        """Uniform in [0, 1), [R, *shape] float32."""
        drawn = np.empty((len(self.generators), *shape), np.float32)
        for generator, part in zip(self.generators, drawn, strict=True):
            generator.random(out=part, dtype=np.float32)
        return drawn

    def integers(self, high: int, *shape: int) -> Array:
        """Uniform in 0 .. high - 1, [R, *shape] int64."""
        return np.stack([generator.integers(high, size=shape) for generator in self.generators])

    def permutation(self, count: int) -> Array:
        """One order of 0 .. count - 1 per replicate, [R, count] int64."""
        return np.stack([generator.permutation(count) for generator in self.generators])

    def state_dict(self) -> dict[str, Any]:
        """State of every generator, plain numbers and text."""
        return {"generators": [g.bit_generator.state for g in self.generators]}

    def load_state_dict(self, state: dict[str, Any], strict: bool = True) -> None:
        """Go on from a `state_dict`."""
        for generator, own in zip(self.generators, state["generators"], strict=True):
            generator.bit_generator.state = own


def learner_seeds(seed: Any, replicates: int) -> list[list[np.random.SeedSequence]]:
    """Seeds of initial weights, of actions and of updates, each with one entry per replicate.

    Args:
        seed: one per replicate; or a single one, from which those of several replicates are
            spawned; None draws fresh entropy.
        replicates: their number R.

    Raises:
        ValueError: another number of seeds.
    """
    if isinstance(seed, Sequence | np.ndarray):
        seeds = [fresh_sequence(one) for one in seed]
    else:
        seeds = (
            [fresh_sequence(seed)] if replicates == 1 else fresh_sequence(seed).spawn(replicates)
        )
    if len(seeds) != replicates:
        raise ValueError(f"{len(seeds)} seeds for {replicates} replicates: give one of each")
    branches = [
        np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, _LEARNER)).spawn(3)
        for root in seeds
    ]
    return [list(kind) for kind in zip(*branches, strict=True)]
