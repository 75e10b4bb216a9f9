"""Who is audited, in tables and figures: in what order, under which names, seeds put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from coopetition.agents.audits.tables import AUDITEE

from .columns import MODES
from .selection import CELL, policy_order
from .theme import GREY, MODE_COLOURS

# What plays, whatever the seed of its run.
WHO = list(AUDITEE[:-1])
# From a user's own policy to the constants.
KINDS = ("own", "learner", "heuristic", "oracle", "planner", "constant")
OWN_COLOUR = "#D55E00"
YOURS = " (yours)"


def names(auditees: pd.DataFrame, *, modes: bool = True) -> pd.Series:
    """A name per row: the policy, of a learner with its protocol and, if wanted, its mode."""
    published = np.where(auditees["protocol"] == "as_published", ", as_published", "")
    own = np.where(auditees["kind"] == "own", YOURS, "")
    said = auditees["policy"] + published + own
    if modes:
        said += auditees["reward_mode"].map(lambda mode: f" ({mode})" if mode else "")
    return said


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by kind, a user's own policy first, then as the study has them; modes together."""
    if rows.empty:
        return rows
    order = policy_order(rows)
    keys = pd.DataFrame(
        {
            "kind": rows["kind"].map(KINDS.index),
            "policy": rows["policy"].map(order.index),
            "protocol": rows["protocol"],
            "mode": rows["reward_mode"].map(["", *MODES].index),
        },
        index=rows.index,
    )
    return rows.loc[keys.sort_values(list(keys), kind="stable").index].reset_index(drop=True)


def shown_mode(rows: pd.DataFrame) -> str:
    """The mode whose learners stand for all where one has to do: integrated, if any is trained."""
    found = set(rows["reward_mode"])
    return next((mode for mode in ("integrated", *MODES) if mode in found), "")


def in_mode(rows: pd.DataFrame) -> pd.DataFrame:
    """The policies that are not trained, and learners of the mode that is shown."""
    return rows[rows["reward_mode"].isin(["", shown_mode(rows)])]


def over_seeds(rows: pd.DataFrame, values: Sequence[str]) -> pd.DataFrame:
    """Means over the runs of a learner, in order.

    Returns:
        Columns `CELL`, `WHO`, the values, and `runs`.
    """
    keys = [*CELL, *WHO]
    groups = rows.assign(**rows[list(values)].astype(float)).groupby(keys, sort=False)
    means = groups[list(values)].mean().assign(runs=groups.size()).reset_index()
    return in_order(means)


def with_interval(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """`over_seeds` of a column with an interval, in the columns that end in `_low` and `_high`.

    One run has the interval of its own; of several runs it is over them, Student's t at 95 %.
    """
    ends = [f"{value}_low", f"{value}_high"]
    found = over_seeds(rows, [value, *ends])
    errors = rows.groupby([*CELL, *WHO], sort=False)[value].sem().rename("error").reset_index()
    found = found.merge(errors, on=[*CELL, *WHO], how="left", validate="one_to_one")
    several = found["runs"] > 1
    half = stdtrit(found.loc[several, "runs"] - 1, 0.975) * found.loc[several, "error"]
    for end, sign in zip(ends, (-1, 1), strict=True):
        found.loc[several, end] = found.loc[several, value] + sign * half
    return found.drop(columns="error")


def colour(row: dict[str, Any]) -> str:
    """Of a bar: a user's own policy, the mode that a learner is trained on, or grey."""
    if row["kind"] == "own":
        return OWN_COLOUR
    return MODE_COLOURS.get(row["reward_mode"], GREY)


def in_words(values: Sequence[str]) -> str:
    """A list for people: `a, b and c`."""
    *most, last = values
    return f"{', '.join(most)} and {last}" if most else last
