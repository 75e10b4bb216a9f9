"""How learners perform on the environments that they have in common; see `pools`.

Estimates are those of rliable, with intervals and ranks from one set of resamples of all learners.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from coopetition.envs.engine import Array

from .pools import Pool, pools
from .resampling import INTERVAL, draws, ends, interquartile_means, rank_shares, taken, weights

# Score thresholds of the performance profiles.
THRESHOLDS = np.round(np.linspace(-1.0, 1.2, 45), 2)
# Measure -> statistic of resamples [R, seeds, environments], as `rliable.metrics` has it of one.
MEASURES: dict[str, Callable[[Array], Array]] = {
    "iqm": interquartile_means,
    "median": lambda samples: np.median(samples.mean(axis=1), axis=1),
    "mean": lambda samples: samples.mean(axis=(1, 2)),
    "optimality_gap": lambda samples: 1 - np.minimum(samples, 1).mean(axis=(1, 2)),
}


def performance_tables(
    scores: pd.DataFrame, *, repetitions: int
) -> dict[str, list[dict[str, Any]]]:
    """Rows of the tables `performance`, `performance_profiles`, `improvement` and `ranks`.

    Args:
        scores: see `schema`; a run that failed counts with its score of 0.
        repetitions: resamples.
    """
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("performance", "performance_profiles", "improvement", "ranks")
    }
    for pool in pools(scores):
        generator = np.random.default_rng(np.random.SeedSequence(0))
        drawn = {
            policy: draws(matrix.shape, repetitions, generator)
            for policy, matrix in pool.scores.items()
        }
        tables["performance"] += _measures(pool, drawn)
        tables["performance_profiles"] += _profiles(pool, drawn)
        tables["improvement"] += _improvements(pool, drawn)
        tables["ranks"] += _ranks(pool, drawn)
    return tables


def _measures(pool: Pool, drawn: dict[str, Array]) -> Iterable[dict[str, Any]]:
    from rliable import metrics

    for policy, matrix in pool.scores.items():
        samples = taken(matrix, drawn[policy])
        for measure, statistic in MEASURES.items():
            low, high = ends(statistic(samples))
            value = float(getattr(metrics, f"aggregate_{measure}")(matrix))
            about = {"policy": policy, "seeds": pool.seeds, "measure": measure}
            yield {**pool.key, **about, "value": value, "low": low, "high": high}


def _profiles(pool: Pool, drawn: dict[str, Array]) -> Iterable[dict[str, Any]]:
    """Share of runs that score more than a threshold."""
    for policy, matrix in pool.scores.items():
        above = (matrix.ravel()[:, None] > THRESHOLDS).astype(float)
        shares = weights(drawn[policy]).reshape(-1, matrix.size) @ above / matrix.size
        low, high = np.quantile(shares, INTERVAL, axis=0)
        about = pool.key | {"policy": policy}
        for column, threshold in enumerate(THRESHOLDS):
            found = {"threshold": threshold, "share": above[:, column].mean()}
            yield {**about, **found, "low": low[column], "high": high[column]}


def _improvements(pool: Pool, drawn: dict[str, Array]) -> Iterable[dict[str, Any]]:
    """How likely a run of one learner scores more than one of another, mean over environments.

    It is `rliable.metrics.probability_of_improvement`, of all pairs and resamples at once.
    """
    taking = {policy: weights(found).transpose(2, 0, 1) for policy, found in drawn.items()}
    for one, other in itertools.combinations(pool.scores, 2):
        left, right = pool.scores[one], pool.scores[other]
        # [environments, seeds of one, seeds of the other]; equal scores are half an improvement.
        more = np.sign(left.T[:, :, None] - right.T[:, None, :]) / 2 + 0.5
        wins = ((taking[one] @ more) * taking[other]).sum(axis=2) / (len(left) * len(right))
        low, high = ends(wins.mean(axis=0))
        value, about = float(more.mean()), pool.key
        yield about | {
            **{"policy": one, "compared_with": other},
            **{"probability": value, "low": low, "high": high},
        }
        yield about | {
            **{"policy": other, "compared_with": one},
            **{"probability": 1 - value, "low": 1 - high, "high": 1 - low},
        }


def _ranks(pool: Pool, drawn: dict[str, Array]) -> Iterable[dict[str, Any]]:
    """How often a learner has each rank by interquartile mean; one learner alone has none."""
    if len(pool.scores) < 2:
        return
    columns = [interquartile_means(taken(pool.scores[p], drawn[p])) for p in pool.scores]
    shares = rank_shares(np.stack(columns, axis=1))
    for policy, row in zip(pool.scores, shares, strict=True):
        for rank, share in enumerate(row, start=1):
            yield {**pool.key, "policy": policy, "rank": rank, "probability": float(share)}
