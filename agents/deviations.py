"""What an agent gains by leaving a policy for a constant, while the others stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game

from .evaluation import play, streams
from .policy import Policy
from .seats import Deviation

SHARES = np.arange(21) / 20


def deviation_gains(
    policy: Policy, game: Game, modes: Sequence[str], *, episodes: int = 1, seed: int = 0
) -> Array:
    """Largest gain of each agent from holding one of 21 shares for whole episodes.

    Args:
        policy: what all agents play; a batch of it holds equally many episodes of R runs, in order.
        game: the game.
        modes: [R] in whose reward each run counts.
        episodes: per run and deviation; the same ones for all.
        seed: of the episodes.

    Returns:
        [R, N] mean reward of an episode with the best deviation less that without; in the units of
        the mode's reward. Zero at least up to a random difference, where a policy plays a constant.
    """
    runs, levels = len(modes), len(SHARES)
    each = streams(seed, episodes)
    stay = play(policy, game, each * runs)
    share = np.tile(np.repeat(SHARES, episodes), runs)
    gains = np.empty((runs, game.n_agents))
    # One agent at a time bounds the memory that a large group takes.
    for agent in range(game.n_agents):
        leave = play(Deviation(policy, agent, share), game, each * (runs * levels))
        for run, mode in enumerate(modes):
            base = stay.rewards[mode].reshape(runs, episodes, -1)[run, :, agent].mean()
            rewards = leave.rewards[mode].reshape(runs, levels, episodes, -1)[run, :, :, agent]
            gains[run, agent] = rewards.mean(axis=1).max() - base
    return gains
