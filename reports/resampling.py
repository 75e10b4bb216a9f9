"""Stratified bootstrap of many learners at once: seeds are drawn again within each environment.

rliable has the estimates and draws resamples one by one. Pairs and ranks of twenty learners need
thousands of resamples of all of them, which are arrays here; the tests compare both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from coopetition.envs.engine import Array

# What rliable's interquartile mean leaves out at each end.
TRIMMED = 0.25
# Quantiles of resamples that are the ends of a 95 % interval.
INTERVAL = (0.025, 0.975)


def draws(shape: tuple[int, int], repetitions: int, generator: np.random.Generator) -> Array:
    """Numbers of the seeds that every resample takes.

    Args:
        shape: seeds, environments.
        repetitions: resamples R.
        generator: where they are drawn from.

    Returns:
        [R, seeds, environments]
    """
    return generator.integers(shape[0], size=(repetitions, *shape))


def taken(scores: Array, drawn: Array) -> Array:
    """Scores [seeds, environments] of every resample: [R, seeds, environments]."""
    return np.take_along_axis(scores[None], drawn, axis=1)


def weights(drawn: Array) -> Array:
    """How often a resample takes each seed: [R, seeds, environments]."""
    return (drawn[:, :, None, :] == np.arange(drawn.shape[1])[:, None]).sum(axis=1).astype(float)


def interquartile_means(samples: Array) -> Array:
    """Interquartile mean of every resample [R, seeds, environments], as rliable's: [R]."""
    pooled = np.sort(samples.reshape(len(samples), -1), axis=1)
    cut = int(TRIMMED * pooled.shape[1])
    return pooled[:, cut : pooled.shape[1] - cut].mean(axis=1)


def ends(resampled: Array) -> tuple[float, float]:
    """95 % percentile interval of a statistic of resamples, of those that are numbers."""
    known = np.asarray(resampled, float)
    known = known[np.isfinite(known)]
    if not known.size:
        return float("nan"), float("nan")
    low, high = np.quantile(known, INTERVAL)
    return float(low), float(high)


def resampled_means(
    values: Sequence[Array], repetitions: int, generator: np.random.Generator
) -> Array:
    """Means over the runs of each environment, of which there may be unequally many.

    Args:
        values: runs of every environment, at least one each.
        repetitions: resamples R.
        generator: where they are drawn from.

    Returns:
        [R, environments]
    """
    parts = [
        generator.choice(np.asarray(runs, float), (repetitions, len(runs))).mean(axis=1)
        for runs in values
    ]
    return np.stack(parts, axis=1)


def rank_shares(statistic: Array) -> Array:
    """How often each learner has each rank; equal learners share their ranks.

    Args:
        statistic: [R, learners], more is better.

    Returns:
        [learners, ranks], rows sum to 1; the first rank is the best.
    """
    least, most = (stats.rankdata(-statistic, method=m, axis=1) for m in ("min", "max"))
    ranks = np.arange(1, statistic.shape[1] + 1)
    held = (least[..., None] <= ranks) & (ranks <= most[..., None])
    return (held / (most - least + 1)[..., None]).mean(axis=0)
