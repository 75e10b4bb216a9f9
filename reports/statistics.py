"""Scores in payoff units and their statistics.

Scores are those of `agents.scores`, on the scale of each environment's certificate. Runs form a
seeds x environments matrix per learner; the point estimate is the interquartile mean, the interval
a stratified bootstrap over seeds (rliable).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from coopetition.agents import scores as agent_scores

from .selection import CELL, learners, named, own_basis

IDENTITY_TOLERANCE = 1e-5
BEST_CONSTANT_COLUMNS = [
    *("environment", "reward_mode", "level", "return"),
    *("welfare_level", "welfare", "random_welfare", "random_return"),
]


def with_scores(
    training: pd.DataFrame, reference: pd.DataFrame, certificates: pd.DataFrame
) -> pd.DataFrame:
    """The training table with floor, ceiling and the scores (schema `scores`).

    A run that diverged or failed scores 0: as good as no cooperation at all. Runs on an environment
    without a scale, and of a learner that is not defined for it, have no score.

    Raises:
        ValueError: a trained environment has no certificate or no reference rows.
    """
    merged = training.merge(
        reference_scales(certificates).drop(columns="no_scale"),
        on=CELL,
        how="left",
        validate="many_to_one",
    ).merge(return_scales(reference), on=[*CELL, "reward_mode"], how="left", validate="many_to_one")
    for noun, known in (
        ("reference policies", merged["mode_return_floor"].notna()),
        ("certificate", named(merged)["name"].isin(named(certificates)["name"])),
    ):
        if not known.all():
            lacking = ", ".join(merged.loc[~known, "environment"].unique())
            raise ValueError(f"no {noun} for {lacking}")
    broken = merged["status"].isin(["diverged", "failed"])
    score = normalised(merged, "welfare").mask(broken, 0.0)
    merged["score"] = score.where(merged["welfare_floor"].notna())
    merged["untrained_score"] = normalised(merged, "untrained_welfare")
    training_score = normalised(merged, "training_return", scale="mode_return")
    merged["training_score"] = training_score.mask(broken, 0.0)
    return merged.drop(columns=["mode_return_floor", "mode_return_ceiling"])


def normalised(runs: pd.DataFrame, value: str, *, scale: str = "welfare") -> pd.Series:
    """The normalised score of a column per row, from the columns of that scale."""
    floor, ceiling = runs[f"{scale}_floor"], runs[f"{scale}_ceiling"]
    return agent_scores.normalised(runs[value], floor, ceiling)


def reference_scales(certificates: pd.DataFrame) -> pd.DataFrame:
    """Ends of the score per cell.

    Returns:
        Columns environment, edition, welfare_floor and welfare_ceiling (W of an episode), and
        no_scale: why both are missing, empty where they are not.
    """
    rows = []
    for row in certificates.to_dict("records"):
        nash = row["welfare_nash_worst"]
        found = dict.fromkeys(("welfare_floor", "welfare_ceiling"), float("nan")) | {"no_scale": ""}
        try:
            scale = agent_scores.scale_of(
                row | {"welfare_nash_worst": None if pd.isna(nash) else nash}
            )
            found |= {"welfare_floor": scale.floor, "welfare_ceiling": scale.ceiling}
        except ValueError as error:
            found["no_scale"] = str(error)
        rows.append({key: row[key] for key in CELL} | found)
    columns = [*CELL, "welfare_floor", "welfare_ceiling", "no_scale"]
    return pd.DataFrame(rows, columns=columns)


def return_scales(reference: pd.DataFrame) -> pd.DataFrame:
    """Per cell and mode, the return of Random (floor) and of the best constant (ceiling)."""
    own = own_basis(reference)
    keys = [*CELL, "reward_mode"]
    best = own[own["level"].notna()].groupby(keys)["mode_return"].max()
    random = own[own["policy"] == "Random"].groupby(keys)["mode_return"].first()
    scales = {"mode_return_floor": random, "mode_return_ceiling": best}
    return pd.concat(scales, axis=1, join="inner").reset_index()


def best_constants(reference: pd.DataFrame) -> pd.DataFrame:
    """Per environment and mode: the best level by return and by welfare.

    There is no row where no constant plays, and Random is NaN where it does not.
    """
    own, keys = own_basis(reference).reset_index(drop=True), [*CELL, "reward_mode"]
    constants = own[own["level"].notna()].groupby(keys)
    best, fair = (
        own.loc[constants[measure].idxmax()].set_index(keys)
        for measure in ("mode_return", "welfare")
    )
    random = own[own["policy"] == "Random"].set_index(keys).reindex(best.index)
    found = {
        "level": best["level"].astype(int),
        "return": best["mode_return"],
        "welfare_level": fair["level"].astype(int),
        "welfare": fair["welfare"],
        "random_welfare": random["welfare"],
        "random_return": random["mode_return"],
    }
    rows = named(pd.DataFrame(found).reset_index())
    return rows.assign(environment=rows["name"])[BEST_CONSTANT_COLUMNS]


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
    from rliable import metrics

    matrices = [_matrix(part) for part in (scores, baseline) if part is not None]

    def statistic(*parts: np.ndarray) -> np.ndarray:
        values = [metrics.aggregate_iqm(part) for part in parts]
        return np.array([values[0] - values[1] if len(values) == 2 else values[0]])

    return _resampled(matrices, statistic, repetitions)[0]


def iqm_intervals(
    scores: pd.DataFrame, groups: Sequence[pd.DataFrame], *, repetitions: int
) -> list[tuple[float, float, float]]:
    """`iqm_interval` of many groups of the runs of one learner, from the same resampled runs.

    Args:
        scores: runs of one learner.
        groups: parts of them, each with all seeds of its environments and modes.
        repetitions: bootstrap repetitions.

    Returns:
        Estimate, lower and upper end of every group.

    Raises:
        ValueError: unequal numbers of runs per environment and mode.
    """
    wide = _wide(scores)
    columns = [wide.columns.get_indexer(_wide(group).columns) for group in groups]
    # One call for all groups of a size: as many calls as groups would take minutes.
    sizes = sorted({len(found) for found in columns})
    order = [[i for i, found in enumerate(columns) if len(found) == size] for size in sizes]
    blocks = [np.array([columns[i] for i in same]).T for same in order]

    def statistic(matrix: np.ndarray) -> np.ndarray:
        """Interquartile means, as `metrics.aggregate_iqm` computes each."""
        pooled = (matrix[:, block].reshape(-1, block.shape[1]) for block in blocks)
        return np.concatenate([stats.trim_mean(part, 0.25, axis=0) for part in pooled])

    found = _resampled([wide.to_numpy(float)], statistic, repetitions)
    places = [i for same in order for i in same]
    return [interval for _, interval in sorted(zip(places, found, strict=True))]


def _resampled(
    matrices: list[np.ndarray], statistic: Callable[..., np.ndarray], repetitions: int
) -> list[tuple[float, float, float]]:
    """Estimate and interval of every entry of a statistic of seeds x tasks matrices."""
    from rliable import library

    data: Any = {"x": matrices[0] if len(matrices) == 1 else tuple(matrices)}
    with warnings.catch_warnings(), _seeded():
        warnings.simplefilter("ignore")
        points, intervals = library.get_interval_estimates(data, statistic, reps=repetitions)
    return [
        (float(point), float(low), float(high))
        for point, (low, high) in zip(points["x"], intervals["x"].T, strict=True)
    ]


@contextmanager
def _seeded() -> Iterator[None]:
    """The global generator of numpy, seeded for a while: rliable draws from no other."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


def _wide(scores: pd.DataFrame) -> pd.DataFrame:
    """Seeds x (environment, edition, mode)."""
    wide = scores.pivot(index="seed", columns=[*CELL, "reward_mode"], values="score")
    if wide.isna().any().any():
        raise ValueError("every environment and mode needs the same seeds")
    return wide


def _matrix(scores: pd.DataFrame) -> np.ndarray:
    return _wide(scores).to_numpy(float)


def aggregates(scores: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `aggregates`: each environment and all, each mode and all.

    "All" are the environments of one edition that anything was trained on, if they are several:
    its row is `all v0` or `all v1`. A learner that lacks some of them, or is not defined for them,
    has no such row, which would not be comparable to those of the others.
    """
    rows = []
    scores = scores[scores["status"] != "excluded"]
    trained_on = scores.groupby("edition")["environment"].nunique()
    for policy, protocol, learner in learners(scores):
        groups = list(_groups(learner, trained_on))
        scored = [group[group["score"].notna()] for _, _, group in groups]
        known = [part for part in scored if len(part)]
        intervals = iter(
            iqm_intervals(learner[learner["score"].notna()], known, repetitions=repetitions)
            if known
            else []
        )
        for (environment, mode, group), part in zip(groups, scored, strict=True):
            iqm, low, high = next(intervals) if len(part) else [float("nan")] * 3
            finished = group[group["status"] == "finished"]
            rows.append(
                {
                    "environment": environment,
                    "environments": part["environment"].nunique(),
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


def _groups(
    learner: pd.DataFrame, trained_on: pd.Series
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Environment, mode and runs of every row; `trained_on` counts environments per edition."""
    cells = [(f"{e}-{v}", group) for (e, v), group in learner.groupby(CELL)]
    for edition, group in learner.groupby("edition"):
        if 1 < trained_on[edition] == group["environment"].nunique():
            cells.append((f"all {edition}", group))
    for environment, part in cells:
        modes = list(part.groupby("reward_mode"))
        for mode, group in [*modes, *([("all", part)] if len(modes) > 1 else [])]:
            yield environment, mode, group


def identity(reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `identity`: are the two other-regarding modes one summed reward?

    Of the released edition, where cooperative reward is the mean of integrated utilities; in the
    formal edition it is another quantity, the sum of payoffs.
    """
    rows = []
    released = own_basis(reference[reference["edition"] == "v0"])
    for (environment, edition), group in released.groupby(CELL):
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


def mean_interval(values: Any) -> tuple[float, float, float]:
    """Mean of independent values and its 95 % interval, Student's t; one value has no interval."""
    sample = np.asarray(values, float)
    mean = float(sample.mean())
    if len(sample) < 2:
        return mean, float("nan"), float("nan")
    low, high = stats.t.interval(0.95, len(sample) - 1, mean, stats.sem(sample))
    # Equal values have no spread, for which the library returns NaN.
    return mean, float(np.nan_to_num(low, nan=mean)), float(np.nan_to_num(high, nan=mean))


def relative_gap(returns: pd.DataFrame) -> pd.Series:
    """|cooperative - integrated| / |integrated| per row, 0 where the two are equal."""
    cooperative, integrated = returns["cooperative"], returns["integrated"]
    gap = (cooperative - integrated).abs() / integrated.abs()
    return gap.where(cooperative != integrated, 0.0)
