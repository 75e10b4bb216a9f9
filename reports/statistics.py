"""Scores in payoff units and their statistics.

Scores are those of `agents.scores`, with Random and the best constant of the reference table as
floor and ceiling. Runs form a seeds x environments matrix per learner; the point estimate is the
interquartile mean, the interval a stratified bootstrap over seeds (rliable).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from coopetition.agents import scores as agent_scores

from .selection import own_basis

IDENTITY_TOLERANCE = 1e-5
CELL = ["environment", "edition"]
BEST_CONSTANT_COLUMNS = [
    *("environment", "reward_mode", "level", "return"),
    *("welfare_level", "welfare", "random_welfare", "random_return"),
]


def with_scores(training: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """The training table with floor, ceiling and the scores (schema `scores`).

    A run that did not finish scores 0: as good as Random.

    Raises:
        ValueError: a trained environment has no reference rows.
    """
    scales = reference_scales(reference)
    merged = training.merge(scales, on=[*CELL, "reward_mode"], how="left", validate="many_to_one")
    if merged["welfare_floor"].isna().any():
        lacking = merged.loc[merged["welfare_floor"].isna(), "environment"].unique()
        raise ValueError(f"no reference policies for {', '.join(lacking)}")
    finished = merged["status"] == "finished"
    merged["score"] = normalised(merged, "welfare").where(finished, 0.0)
    merged["untrained_score"] = normalised(merged, "untrained_welfare")
    training_score = normalised(merged, "training_return", scale="mode_return")
    merged["training_score"] = training_score.where(finished, 0.0)
    return merged.drop(columns=["mode_return_floor", "mode_return_ceiling"])


def normalised(runs: pd.DataFrame, value: str, *, scale: str = "welfare") -> pd.Series:
    """The normalised score of a column per row, from the columns of that scale."""
    floor, ceiling = runs[f"{scale}_floor"], runs[f"{scale}_ceiling"]
    return agent_scores.normalised(runs[value], floor, ceiling)


def reference_scales(reference: pd.DataFrame) -> pd.DataFrame:
    """Floor (Random) and ceiling (best constant) of W and of the return, per cell and mode."""
    own = own_basis(reference)
    keys = [*CELL, "reward_mode"]
    constants = own[own["level"].notna()].groupby(keys)[["welfare", "mode_return"]].max()
    random = own[own["policy"] == "Random"].groupby(keys)[["welfare", "mode_return"]].first()
    return random.join(constants, lsuffix="_floor", rsuffix="_ceiling").reset_index()


def best_constants(reference: pd.DataFrame) -> pd.DataFrame:
    """Per environment and mode: the best level by return and by welfare."""
    rows = []
    own = own_basis(reference)
    for (environment, edition, mode), group in own.groupby([*CELL, "reward_mode"]):
        constants = group[group["level"].notna()]
        best = constants.loc[constants["mode_return"].idxmax()]
        fair = constants.loc[constants["welfare"].idxmax()]
        random = group[group["policy"] == "Random"].iloc[0]
        rows.append(
            {
                "environment": f"{environment}-{edition}",
                "reward_mode": mode,
                "level": int(best["level"]),
                "return": best["mode_return"],
                "welfare_level": int(fair["level"]),
                "welfare": fair["welfare"],
                "random_welfare": random["welfare"],
                "random_return": random["mode_return"],
            }
        )
    return pd.DataFrame(rows, columns=BEST_CONSTANT_COLUMNS)


def interquartile_mean(scores: pd.DataFrame, column: str = "score") -> float:
    """IQM of the pooled scores that are known, NaN without any."""
    from rliable import metrics

    known = scores[column].dropna().to_numpy(float)
    return float(metrics.aggregate_iqm(known)) if len(known) else float("nan")


def iqm_interval(
    scores: pd.DataFrame, *, repetitions: int, baseline: pd.DataFrame | None = None
) -> tuple[float, float, float]:
    """IQM with a 95 % stratified bootstrap interval, or the difference of two IQMs.

    Args:
        scores: runs of one learner; seeds are resampled within each environment and mode.
        repetitions: bootstrap repetitions.
        baseline: runs to subtract; both are resampled independently.

    Returns:
        Estimate, lower and upper end.

    Raises:
        ValueError: unequal numbers of runs per environment and mode.
    """
    from rliable import library, metrics

    matrices = {"a": _matrix(scores)}
    if baseline is not None:
        matrices["b"] = _matrix(baseline)

    def statistic(*parts: np.ndarray) -> np.ndarray:
        values = [metrics.aggregate_iqm(part) for part in parts]
        return np.array([values[0] - values[1] if len(values) == 2 else values[0]])

    data: Any = {"x": matrices["a"]} if baseline is None else {"x": (matrices["a"], matrices["b"])}
    with warnings.catch_warnings(), _seeded():
        warnings.simplefilter("ignore")
        points, intervals = library.get_interval_estimates(data, statistic, reps=repetitions)
    low, high = intervals["x"][:, 0]
    return float(points["x"][0]), float(low), float(high)


@contextmanager
def _seeded() -> Iterator[None]:
    """The global generator of numpy, seeded for a while: rliable draws from no other."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


def _matrix(scores: pd.DataFrame) -> np.ndarray:
    """Seeds x (environment, edition, mode)."""
    wide = scores.pivot(index="seed", columns=[*CELL, "reward_mode"], values="score")
    if wide.isna().any().any():
        raise ValueError("every environment and mode needs the same seeds")
    return wide.to_numpy(float)


def aggregates(scores: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `aggregates`: each environment and all, each mode and all."""
    rows = []
    for (policy, protocol), learner in scores.groupby(["policy", "protocol"], sort=True):
        for environment, mode, group in _groups(learner):
            iqm, low, high = iqm_interval(group, repetitions=repetitions)
            finished = group[group["status"] == "finished"]
            rows.append(
                {
                    "environment": environment,
                    "policy": policy,
                    "protocol": protocol,
                    "reward_mode": mode,
                    "planned": len(group),
                    "finished": len(finished),
                    "iqm": iqm,
                    "low": low,
                    "high": high,
                    "training_iqm": interquartile_mean(group, "training_score"),
                    "untrained": interquartile_mean(group, "untrained_score"),
                    "welfare": finished["welfare"].mean(),
                    "trust": finished["trust"].mean(),
                    "cooperation": finished["cooperation"].mean(),
                    "episode_length": finished["episode_length"].mean(),
                }
            )
    return rows


def _groups(learner: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    cells = [(f"{e}-{v}", group) for (e, v), group in learner.groupby(CELL)]
    for environment, part in [*cells, ("all", learner)]:
        modes = list(part.groupby("reward_mode"))
        for mode, group in [*modes, *([("all", part)] if len(modes) > 1 else [])]:
            yield environment, mode, group


def identity(reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `identity`: are the two other-regarding modes one summed reward?"""
    rows = []
    for (environment, edition), group in own_basis(reference).groupby(CELL):
        constants = group.loc[group["level"].notna(), "policy"].unique()
        wide = group.pivot(index="policy", columns="reward_mode", values="mode_return")
        gap = relative_gap(wide)
        for policy_set, part in (("101 constants", gap[constants]), ("Random", gap[["Random"]])):
            rows.append(
                {
                    "environment": f"{environment}-{edition}",
                    "policy_set": policy_set,
                    "max_relative_difference": float(part.max(skipna=False)),
                    "identical": bool(part.max() < IDENTITY_TOLERANCE),
                }
            )
    return rows


def relative_gap(returns: pd.DataFrame) -> pd.Series:
    """|cooperative - integrated| / |integrated| per row, 0 where the two are equal."""
    cooperative, integrated = returns["cooperative"], returns["integrated"]
    gap = (cooperative - integrated).abs() / integrated.abs()
    return gap.where(cooperative != integrated, 0.0)
