"""How the ranking of learners moves with training.

Learners are ranked at equal parts of their budget by the interquartile mean of the score, and each
ranking is compared with that at the end by Kendall's tau. Checkpoints of learners that complete
their rollouts lie at slightly other steps, so scores are read off between two of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from coopetition.envs.engine import Array

from .pools import Pool, pools
from .resampling import draws, ends, interquartile_means, taken
from .selection import named
from .statistics import normalised


def budget_rows(
    scores: pd.DataFrame, curves: pd.DataFrame, *, repetitions: int
) -> list[dict[str, Any]]:
    """Rows of the table `budgets`: a learner's rank at a checkpoint, and tau of all of them there.

    Args:
        scores: see `schema`; a run that did not finish scores 0 at every checkpoint.
        curves: see `schema`.
        repetitions: resamples of seeds, for the interval of tau.
    """
    along = _curves(scores, curves)
    rows = []
    for pool in pools(scores):
        if len(pool.scores) < 2:
            continue
        parts, tables = _along_training(pool, scores, along)
        if len(parts) < 2:
            continue
        generator = np.random.default_rng(np.random.SeedSequence(0))
        for row in _compared(pool, tables, repetitions, generator):
            rows.append(row | {"part": float(parts[row.pop("checkpoint")])})
    return rows


def _curves(scores: pd.DataFrame, curves: pd.DataFrame) -> dict[str, tuple[Array, Array]]:
    """Finished run -> parts of its steps, and scores there."""
    kept = ["run_id", "welfare_floor", "welfare_ceiling"]
    runs = scores.loc[(scores["status"] == "finished") & scores["score"].notna(), kept]
    data = runs.merge(curves[["run_id", "step", "welfare"]], on="run_id")
    data = data.assign(score=normalised(data, "welfare")).sort_values(["run_id", "step"])
    found = {}
    for run, part in data.groupby("run_id"):
        steps = part["step"].to_numpy(float)
        found[str(run)] = steps / max(steps[-1], 1.0), part["score"].to_numpy(float)
    return found


def _along_training(
    pool: Pool, scores: pd.DataFrame, along: dict[str, tuple[Array, Array]]
) -> tuple[Array, dict[str, Array]]:
    """Parts of the budget [C], and learner -> scores [C, seeds, environments] there."""
    factors = {key: pool.key[key] for key in ("edition", "protocol", "reward_mode")}
    mine = named(scores[(scores[[*factors]] == pd.Series(factors)).all(axis=1)])
    mine = mine[mine["policy"].isin(pool.scores) & mine["name"].isin(pool.names)]
    known = mine[mine["run_id"].isin(along)]
    parts = np.linspace(0, 1, min((len(along[run][0]) for run in known["run_id"]), default=0))
    seeds, names = sorted(mine["seed"].unique()), list(pool.names)
    tables = {policy: np.zeros((len(parts), len(seeds), len(names))) for policy in pool.scores}
    for run, policy, seed, name in known[["run_id", "policy", "seed", "name"]].to_numpy():
        place = seeds.index(seed), names.index(name)
        tables[policy][:, *place] = np.interp(parts, *along[run])
    return parts, tables


def _compared(
    pool: Pool, tables: dict[str, Array], repetitions: int, generator: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """Rank of every learner at every checkpoint, and tau with the last."""
    drawn = {p: draws(table.shape[1:], repetitions, generator) for p, table in tables.items()}
    checkpoints = len(next(iter(tables.values())))
    at = np.array([interquartile_means(table) for table in tables.values()])
    resampled = [
        np.stack([interquartile_means(taken(t[c], drawn[p])) for p, t in tables.items()], axis=1)
        for c in range(checkpoints)
    ]
    # What other seeds of the same learners do to the ranking at the end.
    noise = float(_agreement(resampled[-1], at[:, -1][None]).mean())
    for c in range(checkpoints):
        tau = float(stats.kendalltau(at[:, c], at[:, -1]).statistic)
        low, high = ends(_agreement(resampled[c], resampled[-1]))
        ranks = stats.rankdata(-at[:, c])
        for policy, value, rank in zip(tables, at[:, c], ranks, strict=True):
            about = {"policy": policy, "learners": len(tables), "checkpoint": c}
            found = {"score": float(value), "rank": float(rank), "tau": tau}
            yield {**pool.key, **about, **found, "low": low, "high": high, "tau_seeds": noise}


def _agreement(one: Array, other: Array) -> Array:
    """Kendall's tau of rankings without ties, row by row of [R, learners]."""
    left, right = np.triu_indices(one.shape[1], 1)
    signs = [np.sign(part[:, left] - part[:, right]) for part in (one, other)]
    return (signs[0] * signs[1]).mean(axis=1)
