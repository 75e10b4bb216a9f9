"""Heuristic policies: rules that do not learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game

from .policy import Policy


class Random(Policy):
    """Every agent plays a uniform share of its own endowment, drawn anew at every step.

    Draws come from the seed of the episode (the released policy was never seeded).
    """

    name = "Random"

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Draw the whole episode of every copy from its own stream."""
        super().reset(game, seeds)
        shape = (game.horizon, game.n_agents)
        self._shares = np.stack([np.random.default_rng(s).random(shape) for s in seeds], axis=1)
        self._step = 0

    def act(self, observations: Array | None) -> Array:
        """The next draw."""
        shares = self._shares[self._step]
        self._step += 1
        return shares * self.game.endowments
