"""Does a game draw anything itself? Measured by playing it."""

from __future__ import annotations

import numpy as np

from .engine import Game


def is_deterministic(game: Game) -> bool:
    """Do two seeds give the same states and payoffs under the same random actions?

    Objects in a state, such as the episodes of an `OutsideGame`, are no part of what is compared.
    """
    state = game.reset([1, 2])
    generator = np.random.default_rng(0)
    for _ in range(game.horizon):
        drawn = generator.random((1, len(game.action_high)))
        actions = np.repeat(drawn * game.action_high, 2, axis=0)
        state, outcome = game.step(state, actions)
        if (outcome.payoffs[0] != outcome.payoffs[1]).any():
            return False
    numbers = [array for array in state.values() if array.dtype != object]
    return all((array[0] == array[1]).all() for array in numbers)
