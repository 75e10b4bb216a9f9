"""What an agent gains by leaving a policy for a constant, while the others stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game

from .evaluation import Episodes, Streams, play, streams
from .policy import Policy
from .seats import Deviation

SHARES = np.arange(21) / 20
# Of every deviation, where game or policy draws.
DEVIATION_EPISODES = 10


def deviation_gains(
    policy: Policy, game: Game, *, runs: int = 1, episodes: int = 1, seed: int = 0
) -> dict[str, Array]:
    """Largest gain of each agent from holding one of 21 shares for whole episodes.

    Args:
        policy: what all agents play; a batch of it holds equally many episodes of R runs, in order.
        game: the game.
        runs: R.
        episodes: per run and deviation; the same ones for all.
        seed: of the episodes.

    Returns:
        Reward mode -> [R, N] mean reward of an episode with the best deviation less that without.
    """
    levels = len(SHARES)
    each = streams(seed, episodes)
    stay = play(policy, game, each * runs)
    gains = {mode: np.empty((runs, game.n_agents)) for mode in stay.rewards}
    # One agent at a time bounds the memory that a large group takes.
    for agent in range(game.n_agents):
        left = leave(policy, game, [agent], SHARES, [0], each, runs=runs)
        for mode, found in gains.items():
            base = stay.rewards[mode][:, agent].reshape(runs, episodes).mean(axis=1)
            rewards = left.rewards[mode][:, agent].reshape(runs, levels, episodes).mean(axis=2)
            found[:, agent] = rewards.max(axis=1) - base
    return gains


def leave(
    policy: Policy,
    game: Game,
    agents: Sequence[int],
    shares: Array,
    starts: Sequence[int],
    episodes: Sequence[Streams],
    *,
    runs: int = 1,
) -> Episodes:
    """Every one of some agents alone leaves a policy for every share from every step on.

    Args:
        policy: what all agents play; a batch of it holds equally many episodes of R runs, in order.
        game: the game.
        agents: A deviators.
        shares: [S] of the own endowment.
        starts: K first steps of a deviation.
        episodes: streams of E episodes, the same for every deviation.
        runs: R.

    Returns:
        R A S K E episodes, ordered (run, agent, share, start, episode).
    """
    shape = (runs, len(agents), len(shares), len(starts), len(episodes))
    agent, share, start = (
        np.broadcast_to(values, shape).ravel()
        for values in (
            np.reshape(agents, (-1, 1, 1, 1)),
            np.reshape(shares, (-1, 1, 1)),
            np.reshape(starts, (-1, 1)),
        )
    )
    deviation = Deviation(policy, agent[:, None], share, start)
    return play(deviation, game, [*episodes] * (len(share) // len(episodes)))
