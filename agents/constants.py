"""Constant policies: every agent plays the same share of its own endowment at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game

from .policy import Policy


class Constant(Policy):
    """Level k plays k % of each agent's own endowment.

    Args:
        levels: one level for all copies, or one per copy, in percent from 0 to 100.

    Raises:
        ValueError: a level outside 0 to 100; at reset, levels that do not fit the copies.
    """

    def __init__(self, levels: float | Sequence[float] | Array) -> None:
        self.levels = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        if not ((self.levels >= 0) & (self.levels <= 100)).all():
            raise ValueError(f"levels must lie between 0 and 100 percent, got {self.levels}")
        self.name = (
            f"Constant_{self.levels[0]:02.0f}" if len(self.levels) == 1 else "Constant_levels"
        )

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Fix the actions of the episode."""
        super().reset(game, seeds)
        if len(self.levels) not in (1, self.copies):
            raise ValueError(f"{len(self.levels)} levels do not fit {self.copies} copies")
        actions = (self.levels[:, None] / 100 * game.endowments).astype(np.float32)
        self._actions = np.broadcast_to(actions, (self.copies, game.n_agents))

    def act(self, observations: Array | None) -> Array:
        """The same actions at every step."""
        return self._actions
