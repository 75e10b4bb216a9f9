"""What the runs of a batch are worth: episodes of all of them side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from coopetition import envs
from coopetition.envs.determinism import is_deterministic

from .deviations import DEVIATION_EPISODES, deviation_gains
from .evaluation import Episodes, play, streams
from .policy import Policy
from .runs import Run

# Episodes of an evaluation: one says all where neither game nor policy draws.
EPISODES = 100
STOCHASTIC_EPISODES = 20
EVALUATION_SEED = 0


def assess(controller: Policy, runs: Sequence[Run], episodes: int | None = None) -> list[Episodes]:
    """Episodes of every run, all in one batch; each run plays the same ones as it would alone."""
    env_id = runs[0].env_id
    each = episodes or _episodes(env_id)
    played = play(controller, envs.game(env_id), streams(EVALUATION_SEED, each) * len(runs))
    return [played.take(slice(i * each, (i + 1) * each)) for i in range(len(runs))]


def gains_of_leaving(controller: Policy, runs: Sequence[Run]) -> list[float]:
    """Of every run, the largest gain of an agent that leaves for a constant.

    NaN where an action has several numbers: a constant is one share of the endowment.
    """
    game = envs.game(runs[0].env_id)
    if game.actions_per_agent > 1:
        return [math.nan] * len(runs)
    each = min(_episodes(game.id), DEVIATION_EPISODES)
    found = deviation_gains(controller, game, runs=len(runs), episodes=each, seed=EVALUATION_SEED)
    return [float(found[run.reward_mode][i].max()) for i, run in enumerate(runs)]


@cache
def _episodes(env_id: str) -> int:
    return 1 if is_deterministic(envs.game(env_id)) else EPISODES
