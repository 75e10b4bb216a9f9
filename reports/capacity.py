"""Do wider networks change conclusions? Scores by width, and how rankings agree between widths."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from .campaigns import CHUNK, counted, grid, played, ranked, spread
from .selection import policy_order

PLACE = ["edition", "environment"]
ALL = "all"


def capacity(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `capacity`: mean score of every learner by width.

    In rows of all environments a seed counts with its mean over them.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
    """
    rows = []
    for place, mode, part in _parts(played(runs)):
        for (width, policy), group in part.groupby(["width", "policy"], sort=False):
            by_seed = group.groupby("seed")["score"].mean()
            rows.append(
                {
                    **place,
                    "reward_mode": mode,
                    "width": int(width),
                    "policy": policy,
                    **counted(group),
                    **spread("score", by_seed),
                    "cpu_seconds": float(group["cpu_seconds"].mean()),
                }
            )
    return ranked(rows, [*PLACE, "reward_mode", "width"])


def capacity_agreement(runs: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `capacity_agreement`: Kendall's tau of every pair of widths.

    Learners are ranked by their mean score. The interval is that of a bootstrap that draws seeds
    anew for every learner, width, environment and mode. Of a width with itself the rank correlation
    of two such samples is given: what seeds alone leave of it.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
        repetitions: bootstrap repetitions.
    """
    rows = []
    for place, mode, part in _parts(played(runs)):
        axes = ["policy", "width", "environment", "reward_mode"]
        scores, (policies, widths, environments, _) = grid(part, "score", axes)
        if len(policies) < 2 or not scores.shape[-1]:
            continue
        scores = scores.reshape(*scores.shape[:2], -1, scores.shape[-1])
        means, resampled = scores.mean(axis=(2, 3)), _resampled(scores, 2 * repetitions)
        halves = resampled[:repetitions], resampled[repetitions:]
        order = sorted(range(len(widths)), key=lambda i: widths[i])
        for a, b in combinations_with_replacement(order, 2):
            drawn = tau(halves[0][..., a], halves[int(a == b)][..., b])
            low, high = np.quantile(drawn, [0.025, 0.975])
            rows.append(
                {
                    **place,
                    "reward_mode": mode,
                    **{"width": int(widths[a]), "other_width": int(widths[b])},
                    **{"learners": len(policies), "environments": len(environments)},
                    "seeds": scores.shape[-1],
                    "tau": float(drawn.mean() if a == b else tau(means[:, a], means[:, b])),
                    **{"tau_low": float(low), "tau_high": float(high)},
                }
            )
    return rows


def _parts(runs: pd.DataFrame) -> Iterator[tuple[dict[str, str], str, pd.DataFrame]]:
    """Place, mode and runs: all environments of an edition and each, all modes and each."""
    for edition, of_edition in runs.groupby("edition"):
        order = policy_order(of_edition)
        of_edition = of_edition.sort_values("policy", key=lambda p: p.map(order.index))
        several = of_edition["environment"].nunique() > 1
        for environment in ([ALL] if several else []) + sorted(of_edition["environment"].unique()):
            here = of_edition[of_edition["environment"].isin([environment])]
            here = of_edition if environment == ALL else here
            modes = list(here["reward_mode"].unique())
            for mode in ([ALL] if len(modes) > 1 else []) + modes:
                place = {"edition": edition, "environment": environment}
                yield place, mode, here if mode == ALL else here[here["reward_mode"] == mode]


def _resampled(scores: np.ndarray, count: int) -> np.ndarray:
    """Means of bootstrap samples of [learners, widths, cells, seeds]: [count, learners, widths]."""
    generator = np.random.default_rng(0)
    seeds, found = scores.shape[-1], []
    for first in range(0, count, CHUNK):
        drawn = generator.integers(seeds, size=(min(CHUNK, count - first), *scores.shape))
        taken = np.take_along_axis(np.broadcast_to(scores, drawn.shape), drawn, axis=-1)
        found.append(taken.mean(axis=(3, 4)))
    return np.concatenate(found)


def tau(one: np.ndarray, other: np.ndarray) -> Any:
    """Kendall's rank correlation along the last axis; a tied pair counts 0."""
    i, j = np.triu_indices(one.shape[-1], 1)
    return (np.sign(one[..., i] - one[..., j]) * np.sign(other[..., i] - other[..., j])).mean(-1)
