"""How far apart two tables of the same schema are: value by value, relative to size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .columns import TABLES

# Rows -> what values of a column are compared with in size, if it is larger than they are; a
# number, or one per row.
Size = Callable[[pd.DataFrame], Any]


@dataclass(frozen=True)
class Difference:
    """Between what is recorded and what is found.

    Attributes:
        compared: number of values that either table has.
        equal: of these, those equal to the last bit.
        largest: relative; inf where a value is missing or another text.
        worst: the value that differs most; empty if all are equal.
    """

    compared: int
    equal: int
    largest: float
    worst: str


def difference(
    table: str,
    recorded: pd.DataFrame,
    found: pd.DataFrame,
    *,
    keys: Sequence[str] = (),
    sizes: Mapping[str, Size],
) -> Difference:
    """Compare rows.

    Args:
        table: name of their schema.
        recorded: rows; sizes are taken from them.
        found: rows that should be the same.
        keys: columns that tell rows apart; without any there is one row.
        sizes: of columns whose values are not compared with their own size.
    """
    both = [_labelled(rows, keys) for rows in (recorded, found)]
    shared = both[0].index[both[0].index.isin(both[1].index)]
    left, right = (rows.loc[shared] for rows in both)
    compared = equal = 0
    largest, worst = 0.0, ""
    for label in both[0].index.symmetric_difference(both[1].index):
        compared, largest = compared + 1, np.inf
        worst = f"{label} recorded, and not there" if label in both[0].index else f"{label} new"
    for column, rule in TABLES[table].items():
        if column in keys:
            continue
        if rule.kind == "text":
            one, other = left[column].to_numpy(object)[:, None], right[column].to_numpy()[:, None]
            same, gaps = one == other, np.where(one == other, 0.0, np.inf)
            known = np.ones_like(same)
        else:
            width = max((np.size(v) for rows in (left, right) for v in rows[column]), default=0)
            one, other = (_matrix(rows[column], width) for rows in (left, right))
            size = np.abs(np.asarray(sizes[column](left) if column in sizes else 0.0, float))
            known, same, gaps = _gaps(one, other, np.broadcast_to(size, len(left))[:, None])
        compared, equal = compared + int(known.sum()), equal + int((known & same).sum())
        if gaps.size and gaps.max() > largest:
            row, entry = np.unravel_index(gaps.argmax(), gaps.shape)
            largest = float(gaps[row, entry])
            place = f"{column}[{entry}]" if rule.kind == "numbers" else column
            worst = f"{shared[row]} {place}".strip()
            worst += f": recorded {one[row, entry]}, found {other[row, entry]}"
    return Difference(compared, equal, largest, worst)


def _labelled(rows: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Rows under their keys as one text."""
    texts = [" ".join(filter(None, map(str, row))) for row in rows[list(keys)].to_numpy(object)]
    return rows.set_axis(pd.Index(texts or [""] * len(rows), dtype=object))


def _matrix(values: pd.Series, width: int) -> np.ndarray:
    """Numbers or lists of them as [R, width]; NaN where there is none."""
    matrix = np.full((len(values), width), np.nan)
    for row, value in zip(matrix, values, strict=True):
        if value is not None and value is not pd.NA:
            row[: np.size(value)] = value
    return matrix


def _gaps(
    one: np.ndarray, other: np.ndarray, size: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which values either has, which of them are the same, and relative gaps."""
    known = ~(np.isnan(one) & np.isnan(other))
    same = one == other
    size = np.maximum(np.maximum(np.abs(one), np.abs(other)), size)
    gaps = np.divide(np.abs(one - other), size, out=np.zeros_like(one), where=known & ~same)
    return known, same, np.where(np.isnan(gaps), np.inf, gaps)
