"""The dynamic optimum: open-loop plans that are constant within blocks of an episode.

Welfare is maximised over one share per role and block by cyclic coordinate ascent: all levels of
one coordinate are one batch, and a coordinate moves only to a level that is better. What comes out
is a lower bound of the optimum that no change of a single block improves.
"""

from __future__ import annotations

import numpy as np

from coopetition.envs.engine import Array, Game

from .equilibria import Roles, expand
from .rollouts import of_plans, welfare

BLOCKS = 10
LEVELS = np.arange(21) / 20
LEAST_GAIN = 1e-6
_SWEEPS = 20


def cuts(game: Game, blocks: int = BLOCKS) -> Array:
    """First steps of the blocks: equal parts of the episode, and the entries of phases, [K]."""
    starts = {round(k * game.horizon / blocks) for k in range(blocks)}
    for part in getattr(game, "parts", ()):
        if not getattr(part, "only", ""):
            starts |= set(getattr(part, "starts", ()))
    return np.array(sorted(start for start in starts if start < game.horizon))


def block_plan(game: Game, parts: Roles, starts: Array) -> tuple[Array, float]:
    """The best plan found from some constant profiles.

    Args:
        game: any game.
        parts: its roles.
        starts: profiles [S, R] to start from; the plan is at least as good as the best of them.

    Returns:
        Shares [T, R] and their welfare W per agent and step.
    """
    first = cuts(game)
    block = np.searchsorted(first, np.arange(game.horizon), side="right") - 1

    def value(plans: Array) -> Array:
        shares = expand(parts, plans[:, block].swapaxes(0, 1))
        return welfare(game, of_plans(game, shares)["private"])

    plans = np.repeat(starts[:, None], len(first), axis=1)  # [S, K, R]
    best = value(plans)
    for _ in range(_SWEEPS):
        before = best.copy()
        for k in range(len(first)):
            for role in range(len(parts)):
                tried = plans[:, None].repeat(len(LEVELS), axis=1)
                tried[:, :, k, role] = LEVELS
                got = value(tried.reshape(-1, *plans.shape[1:])).reshape(len(plans), -1)
                level = got.argmax(axis=1)
                top = got[np.arange(len(plans)), level]
                better = top > best + LEAST_GAIN
                plans[better, k, role] = LEVELS[level[better]]
                best[better] = top[better]
        if (best - before < LEAST_GAIN).all():
            break
    winner = int(best.argmax())
    return plans[winner][block], float(best[winner])
