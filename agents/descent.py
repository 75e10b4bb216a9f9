"""Coordinate descent on kappa and xi of the two-dimensional S-LCD, stage C of the published study.

What is reached at a point is asked of a function: a solution of the game, or trained runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

BOX = {"kappa": (0.1, 2.0), "xi": (5.0, 30.0)}
START = {"kappa": 0.5, "xi": 15.0}
ROUNDS, SWEEP_POINTS, MOVED = 2, 5, 0.02
# Points of a descent: a sweep and a vertex per axis and round. It may end sooner.
MOST_POINTS = ROUNDS * len(BOX) * (SWEEP_POINTS + 1)
# Of a parabola.
FEWEST_POINTS = 3
# A vertex is rounded: the last bits of a fit differ between processors, and with them every point
# that is tried afterwards.
DECIMALS = 6

# kappa [P] and xi [P] of several points -> outcomes by name at each; NaN where there are none.
Reached = Callable[[tuple[float, ...], tuple[float, ...]], Sequence[Mapping[str, float]]]


def descend(reached: Reached, wanted: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Coordinate descent, as published, for one objective: every point tried.

    Along an axis five points are tried, then the vertex of the parabola that fits them best, to six
    decimals, if it is a minimum inside the box; the best of the six is kept. Two rounds, or fewer
    once neither parameter moves by more than 0.02. The start, the fit and the rule to keep the best
    of six are not published. A point without outcomes is passed over; where an axis has no other,
    the descent stays where it is and keeps none.

    Args:
        reached: outcomes at several points.
        wanted: name of an outcome -> its target.

    Yields:
        `round`, `axis`, `vertex`, `kept`, kappa, xi, the outcomes and `value`, the sum of squared
        distances from the targets.
    """
    point = dict(START)
    for turn in range(1, ROUNDS + 1):
        before = dict(point)
        for axis, (low, high) in BOX.items():
            sweep = np.linspace(low, high, SWEEP_POINTS).tolist()
            tried = _tried(reached, point, axis, sweep, wanted)
            vertex = _vertex(sweep, [row["value"] for row in tried])
            if low < vertex < high:
                tried += _tried(reached, point, axis, [vertex], wanted)
            known = [i for i, row in enumerate(tried) if np.isfinite(row["value"])]
            best = min(known, key=lambda i: tried[i]["value"], default=-1)
            if known:
                point = {name: tried[best][name] for name in BOX}
            for i, row in enumerate(tried):
                place = {"vertex": i >= SWEEP_POINTS, "kept": i == best}
                yield {"round": turn, "axis": axis, **place, **row}
        if all(abs(point[name] - before[name]) <= MOVED for name in BOX):
            break


def _tried(
    reached: Reached,
    point: Mapping[str, float],
    axis: str,
    values: Sequence[float],
    wanted: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Parameters, outcomes and objective at several points along an axis."""
    points = [{**point, axis: value} for value in values]
    kappa, xi = (tuple(place[name] for place in points) for name in BOX)
    return [
        {
            **place,
            **outcome,
            "value": sum((outcome[name] - target) ** 2 for name, target in wanted.items()),
        }
        for place, outcome in zip(points, reached(kappa, xi), strict=True)
    ]


def _vertex(places: Sequence[float], values: Sequence[float]) -> float:
    """Minimum of the parabola that fits the known values best, rounded; NaN if it has none."""
    known = np.isfinite(values)
    if known.sum() < FEWEST_POINTS:
        return np.nan
    bend, slope, _ = np.polyfit(np.array(places)[known], np.array(values)[known], 2)
    return round(float(-slope / (2 * bend)), DECIMALS) if bend > 0 else np.nan
