"""Shared parts that games are composed of.

A `Mechanism` owns some state arrays, updates them once per step and may change rewards. Value,
interdependence and trust are part of every game and are plain functions of arrays; mechanisms
are what a class of games adds to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..engine import Array, Seed, State

if TYPE_CHECKING:
    from ..released import ReleasedGame


@dataclass
class Step:
    """Working record of one step: what was, what is being built, what rewards will need."""

    before: State
    after: State
    raw_actions: Array
    actions: Array
    terms: dict[str, Any] = field(default_factory=dict)


class Mechanism:
    """A part of a game with state of its own. Every method has a neutral default."""

    def reset(self, game: ReleasedGame, seeds: Sequence[Seed]) -> State:
        """Initial state arrays, each with the batch on axis 0, one copy per seed.

        A mechanism that draws takes `numpy.random.default_rng(seed)` and draws for the whole
        episode here, so that `update` stays a function of the state.
        """
        return {}

    def at_mean(self) -> Mechanism:
        """The mechanism with what it draws at its mean; itself if it draws nothing."""
        return self

    def update(self, game: ReleasedGame, step: Step) -> None:
        """Write the new state into `step.after` and factors for `transform` into `step.terms`."""

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Change rewards [B, N] of any mode (the released edition acts after mixing)."""
        return rewards

    def observation(self, game: ReleasedGame, state: State, normalize: bool) -> Array | None:
        """What the joint observation shows of the mechanism, [B, k]; in [0, 1] if normalised."""
        return None

    def info(
        self, game: ReleasedGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Diagnostics of one copy; `terms` is None after a reset."""
        return {}
