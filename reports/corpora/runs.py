"""What must hold between training runs, their plan, their curves and their evaluations.

Every function gives one line for each violation; none where all is well.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from .catalogue import OF_FINISHED

# Factors that the plan and a run both state.
_FACTORS: tuple[str, ...] = ("environment", "edition", "mechanism_class", "n_agents", "policy")
_FACTORS += ("paradigm", "protocol", "reward_mode", "seed", "steps_planned")


def _named(row: dict) -> str:
    place = f"{row['environment']}-{row['edition']}"
    which = f"{row['policy']} {row['protocol']}, {row['reward_mode']}, seed {row['seed']}"
    return f"run {row['run_id']} ({which}, {place})"


def _lines(runs: pd.DataFrame, what: str) -> list[str]:
    return [f"{_named(row)} {what}" for row in runs.to_dict("records")]


def unplanned(runs: pd.DataFrame, plan: pd.DataFrame) -> list[str]:
    """Planned runs that are missing, runs that nobody planned, and runs that are there twice."""
    lines = _lines(plan[~plan["run_id"].isin(runs["run_id"])], "is planned and missing")
    lines += _lines(runs[~runs["run_id"].isin(plan["run_id"])], "is not planned")
    return lines + _lines(runs[runs.duplicated("run_id")], "stands there twice")


def other_factors(runs: pd.DataFrame, plan: pd.DataFrame) -> list[str]:
    """Runs that are not what the plan says of their id."""
    both = runs.drop_duplicates("run_id").merge(plan, on="run_id", suffixes=("", "_planned"))
    return [
        f"{_named(row)} has {name} {row[name]}; planned is {row[f'{name}_planned']}"
        for name in _FACTORS
        for row in both[both[name] != both[f"{name}_planned"]].to_dict("records")
    ]


def reasons(runs: pd.DataFrame) -> list[str]:
    """Finished runs with a reason or too few steps, and others without a reason."""
    finished, empty = runs["status"] == "finished", runs["reason"] == ""
    lines = _lines(runs[finished & ~empty], "has finished and gives a reason why not")
    lines += _lines(runs[~finished & empty], "has not finished and gives no reason")
    short = finished & (runs["steps_done"] < runs["steps_planned"])
    return lines + _lines(runs[short], "has finished with fewer steps than planned")


def empty_cells(runs: pd.DataFrame) -> list[str]:
    """Finished runs that lack a value, and others that have one; and empty cells of no reason."""
    finished, lines = runs["status"] == "finished", []
    for name in OF_FINISHED:
        empty = _empty(runs[name])
        lines += _lines(runs[finished & empty], f"has finished without {name}")
        lines += _lines(runs[~finished & ~empty], f"has a {name} and has not finished")
    cell = [runs["environment"], runs["edition"]]
    for name, known in (("trust", finished), ("welfare_floor", None), ("welfare_ceiling", None)):
        some = runs[name].isna() & (True if known is None else known)
        others = (runs[name].notna() & (True if known is None else known)).groupby(cell)
        lines += _lines(
            runs[some & others.transform("any")], f"has no {name}, which other runs there have"
        )
    unscored = runs["welfare_floor"].isna() | (runs["status"] == "excluded")
    lines += _lines(runs[runs["score"].isna() & ~unscored], "has no score and is not excluded")
    return lines


def _empty(values: pd.Series) -> pd.Series:
    """Cells that are NaN, or lists of nothing but NaN."""
    if values.dtype != object:
        return values.isna()
    return values.map(lambda row: bool(np.isnan(np.asarray(row, float)).all())).astype(bool)


def curves(runs: pd.DataFrame, points: pd.DataFrame) -> list[str]:
    """Finished runs whose curve does not go from step 0 to their last step."""
    ends = points.groupby("run_id")["step"].agg(["min", "max"])
    found = runs[runs["status"] == "finished"].join(ends, on="run_id")
    lines = _lines(found[found["min"].isna()], "has finished without a learning curve")
    found = found[found["min"].notna()]
    whole = (found["min"] == 0) & (found["max"] == found["steps_done"])
    return lines + _lines(found[~whole], "has a curve that is not from step 0 to the last")


def evaluations(runs: pd.DataFrame, rows: pd.DataFrame, kinds: Collection[str]) -> list[str]:
    """Finished runs without one evaluation of each kind, and others that have any."""
    counted = runs["run_id"].map(rows.groupby("run_id")["kind"].nunique()).fillna(0)
    finished = runs["status"] == "finished"
    short = runs[finished & (counted != len(kinds))]
    lines = _lines(short, f"has finished without all {len(kinds)} evaluations")
    return lines + _lines(runs[~finished & (counted > 0)], "has evaluations and has not finished")
