"""Constant policies: every agent plays the same share of an endowment at every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition.envs.engine import Array, Game, State, choose

from .policy import Policy

ACTION_BASES = ("own", "max")


def basis(game: Game, action_basis: str) -> Array:
    """[N] amounts that shares refer to: the own endowments, or the largest one for all."""
    own = game.endowments
    return own if action_basis == "own" else np.full_like(own, own.max())


class Constant(Policy):
    """Level k plays k % of each agent's own endowment.

    Args:
        levels: one level for all copies, or one per copy, in percent from 0 to 100.
        action_basis: `own`, or `max` for the released rule: k % of the largest endowment for
            all, which the environment clips to what an agent has.

    Raises:
        ValueError: a level outside 0 to 100 or an unknown basis; when episodes start, levels that
            do not fit the copies.
    """

    def __init__(
        self, levels: float | Sequence[float] | Array, *, action_basis: str = "own"
    ) -> None:
        self.levels = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        if not ((self.levels >= 0) & (self.levels <= 100)).all():
            raise ValueError(f"levels must lie between 0 and 100 percent, got {self.levels}")
        self.action_basis = choose("action_basis", action_basis, ACTION_BASES)
        single = len(self.levels) == 1
        self.name = f"Constant_{self.levels[0]:02g}" if single else "Constant_levels"

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Fix the actions of the episodes, [B, N]."""
        if len(self.levels) not in (1, len(seeds)):
            raise ValueError(f"{len(self.levels)} levels do not fit {len(seeds)} copies")
        actions = (self.levels[:, None] / 100 * basis(self.game, self.action_basis)).astype(
            np.float32
        )
        return {"actions": np.repeat(actions, len(seeds) // len(actions), axis=0)}

    def act(self, observations: Array | None) -> Array:
        """The same actions at every step."""
        return self.memory["actions"]

    @property
    def family(self) -> str:
        """All levels are one family."""
        return "Constant"

    @property
    def parameters(self) -> dict[str, Any]:
        """Levels and basis."""
        return {"levels": self.levels.tolist(), "action_basis": self.action_basis}
