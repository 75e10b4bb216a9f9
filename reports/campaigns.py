"""Runs of the supplementary campaigns with factors and scores, and helpers for their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .statistics import CELL, mean_interval, normalised, reference_scales

FACTORS = ["campaign", "variant", "width", "learning_rate", "mutuality"]
SCALE = ["welfare_floor", "welfare_ceiling"]
# Bootstrap samples that are drawn at a time.
CHUNK = 500


def campaign_runs(
    plan: pd.DataFrame,
    training: pd.DataFrame,
    certificates: pd.DataFrame,
    scales: pd.DataFrame,
) -> pd.DataFrame:
    """Rows of the table `campaign_runs`: what a campaign has trained, with factors and scores.

    A run that diverged or failed scores 0, as in `statistics.with_scores`.

    Args:
        plan: rows of `plan_supplements`, of one campaign or of several.
        training: the runs of this campaign, as they were trained.
        certificates: they give the scale where there are as many agents as usual.
        scales: rows of `campaign_scales`, for other numbers of agents.

    Raises:
        ValueError: a run that was not planned.
    """
    factors = plan[[*FACTORS, "run_id", "reward_mode"]].drop_duplicates("run_id")
    unknown = set(training["run_id"]) - set(factors["run_id"])
    if unknown:
        raise ValueError(f"{len(unknown)} runs were not planned, such as {min(unknown)}")
    runs = training.drop(columns="reward_mode").merge(factors, on="run_id", validate="one_to_one")
    usual = reference_scales(certificates).merge(certificates[[*CELL, "n_agents"]], on=CELL)
    known = pd.concat([usual.drop(columns="no_scale"), scales[[*CELL, "n_agents", *SCALE]]])
    known = known.drop_duplicates([*CELL, "n_agents"], keep="first")
    runs = runs.merge(known, on=[*CELL, "n_agents"], how="left", validate="many_to_one")
    broken = runs["status"].isin(["diverged", "failed"])
    score = normalised(runs, "welfare").mask(broken, 0.0)
    return runs.assign(score=score.where(runs["welfare_floor"].notna()))


def counted(runs: pd.DataFrame) -> dict[str, int]:
    """The columns `runs` and `finished`."""
    return {"runs": len(runs), "finished": int((runs["status"] == "finished").sum())}


def spread(name: str, values: Any) -> dict[str, float]:
    """The columns of a mean with its interval; NaN without values."""
    known = pd.Series(values, dtype=float).dropna()
    if known.nunique() == 1 and len(known) > 1:  # equal values have no spread
        ends = (float(known.iloc[0]),) * 3
    else:
        ends = mean_interval(known) if len(known) else (float("nan"),) * 3
    return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))


def played(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs of learners that are defined for their games."""
    return runs[runs["status"] != "excluded"]


def ranked(rows: list[dict[str, Any]], within: Sequence[str]) -> list[dict[str, Any]]:
    """Rows with the column `rank`: of the mean score among those that share some columns."""
    if not rows:
        return rows
    frame = pd.DataFrame(rows)
    places = frame.groupby([*within], dropna=False)["score"].rank(ascending=False, method="min")
    return [
        {**row, "rank": None if np.isnan(place) else int(place)}
        for row, place in zip(rows, places, strict=True)
    ]


def samples(generator: np.random.Generator, count: int, seeds: int) -> np.ndarray:
    """How often each seed is drawn in a bootstrap sample, as a share: [count, seeds]."""
    drawn = generator.integers(seeds, size=(count, seeds))
    return (drawn[..., None] == np.arange(seeds)).mean(axis=1)


def grid(runs: pd.DataFrame, value: str, axes: Sequence[str]) -> tuple[np.ndarray, list[list]]:
    """A column as an array with an axis per factor and one of seeds, and the values of the factors.

    Seeds that not all combinations have are left out; a learner without any is too.

    Returns:
        [..., seeds] and the values along each axis but the last.
    """
    wide = runs.pivot_table(index=[*axes], columns="seed", values=value)
    levels = [list(dict.fromkeys(runs[axis])) for axis in axes]
    every = pd.MultiIndex.from_product(levels) if len(axes) > 1 else pd.Index(levels[0])
    wide = wide.reindex(every).dropna(axis=1)
    return wide.to_numpy(float).reshape(*map(len, levels), -1), levels
