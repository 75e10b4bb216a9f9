"""Actions of environments of other people, as amounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from .engine import Array

# Bounds further apart than this say nothing about the scale of what they bound.
WIDEST = 1e6


class Levels:
    """Between amounts and the actions of one agent.

    Raises:
        ValueError: not a bounded box of one number, nor two discrete actions or more.
    """

    def __init__(self, id: str, agent: str, space: gymnasium.Space) -> None:
        self.space: spaces.Discrete | spaces.Box
        self.low: float
        if isinstance(space, spaces.Discrete) and space.n > 1:
            self.space, self.low, self.endowment = space, int(space.start), float(space.n - 1)
            return
        if isinstance(space, spaces.Box) and space.shape in ((), (1,)):
            low, high = float(space.low.min()), float(space.high.max())
            if high - low <= WIDEST and high > low:
                self.space, self.low, self.endowment = space, low, high - low
                return
        raise ValueError(
            f"{id}: {agent} acts in {space}; an action must be one number, a Box of shape (1,) "
            "with finite bounds or a Discrete of two actions or more: wrap the environment"
        )

    def executed(self, amounts: Array) -> Array:
        """Amounts that can be played, nearest to the given ones."""
        return np.rint(amounts) if isinstance(self.space, spaces.Discrete) else amounts

    def actions(self, amounts: Array) -> Iterable[Any]:
        """The environment's own actions, for amounts [B]."""
        if isinstance(self.space, spaces.Discrete):
            return (self.low + amounts.astype(int)).tolist()
        exact = (self.low + amounts).astype(self.space.dtype).reshape(-1, *self.space.shape)
        return np.clip(exact, self.space.low, self.space.high)
