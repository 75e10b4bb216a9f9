"""Reward modes: how the payoffs of all agents become the reward of one.

In the released edition cooperative reward is the mean of the integrated utilities, so before the
multipliers its sum over agents equals the sum under integrated reward. It still does after them
where they are equal across agents, as in a game without multipliers: a learner paid the sum
cannot tell the two modes apart there.
"""

from __future__ import annotations

import numpy as np

from .engine import Array, Game, choose, row_sum

REWARD_MODES = ("private", "integrated", "cooperative")


def mix_released(mode: str, utilities: Array) -> Array:
    """Base rewards of the two other-regarding modes, before multipliers (spec A.5).

    Args:
        mode: `integrated` or `cooperative`.
        utilities: integrated utilities U = pi + W pi, [B, N] float64.

    Returns:
        [B, N] float32.

    Raises:
        ValueError: the mode does not exist.
    """
    if choose("reward_mode", mode, REWARD_MODES) == "integrated":
        return utilities.astype(np.float32)
    n_agents = utilities.shape[-1]
    shared = (row_sum(utilities) / n_agents).astype(np.float32)
    return shared[:, None].repeat(n_agents, axis=1)


def reward_scale(game: Game, mode: str) -> float:
    """Mean reward per agent and step when every agent plays its baseline for one episode.

    The known constant that training rewards are divided by.

    Raises:
        ValueError: the mode does not exist.
    """
    choose("reward_mode", mode, REWARD_MODES)
    state = game.reset([0])
    total, steps, done = 0.0, 0, False
    while not done:
        state, outcome = game.step(state, game.baselines[None])
        total += float(game.rewards(outcome, mode).mean())
        steps += 1
        done = bool(outcome.terminated[0] or outcome.truncated[0])
    return total / steps
