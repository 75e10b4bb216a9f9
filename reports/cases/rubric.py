"""Rubrics: criteria as data. A criterion measures a quantity and gives points by a band.

Bands: `{low, high, closed}` all points or none, with `closed` naming the closed ends (`both`,
`low`, `high`; open without it); `{target, full, half}` all points within `full` of the target, half
of them within `half`; `{tiers: [[condition, points], ...], otherwise: points}` the points of the
first condition that holds, such as `x > 0.6` or `0.3 < x < 0.9`; `{constant: points}` whatever
happens. A quantity that is not finite earns the least points of its band.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .casefile import STATUSES
from .outcome import Array, Outcome
from .quantities import measure

HERE = Path(__file__).parent / "rubrics"
SIGN = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
CONDITION = re.compile(r"(?:(\S+)\s*(<=?)\s*)?x(?:\s*(<=?|>=?)\s*(\S+))?")
KINDS = (
    {"low", "high", "closed"},
    {"target", "full", "half"},
    {"tiers", "otherwise"},
    {"constant"},
)


@dataclass(frozen=True)
class Criterion:
    """One item of a rubric.

    Attributes:
        id, category, phase: how reports name it.
        quantity: what is measured: `name` of the registry, and its arguments.
        band: how the measure becomes points.
        points: nominal maximum.
        status, source: where the target comes from.
        implied_by: ids of items that cannot be passed without passing this one.
        cannot_fail: why it cannot lose points, for an item that cannot; else empty.
        note: what a reader should know.
    """

    id: str
    category: str
    phase: str
    quantity: Mapping[str, Any]
    band: Mapping[str, Any]
    points: float
    status: str
    source: str
    implied_by: tuple[str, ...] = ()
    cannot_fail: str = ""
    note: str = ""

    @property
    def is_constant(self) -> bool:
        """Whether the points do not depend on anything."""
        return "constant" in self.band

    @property
    def attainable(self) -> tuple[float, float]:
        """Least and most points that it can give."""
        reachable = sorted(_levels(self.band, self.points))
        return (reachable[-1] if self.cannot_fail else reachable[0]), reachable[-1]

    def measured(self, outcome: Outcome) -> Array:
        """The quantity, [B]; NaN for a constant."""
        if self.is_constant:
            return np.full(outcome.batch, np.nan)
        return measure(outcome, self.quantity)

    def score(self, measured: Array) -> Array:
        """Points, [B], for a measured quantity [B]."""
        return _points(self.band, self.points, measured)


@dataclass(frozen=True)
class Rubric:
    """Criteria of a case, the null models beside them and what to leave out in turn.

    Attributes:
        case, kind: case and `legacy` or `strict`.
        variants: specifications of the model that it scores.
        max_points: sum of the points of the criteria.
        model: parameters that the rubric sets in the model.
        criteria: in order.
        nulls, ablations: see `nulls`.
    """

    case: str
    kind: str
    variants: tuple[str, ...]
    max_points: float
    model: Mapping[str, Any]
    criteria: tuple[Criterion, ...]
    nulls: tuple[Mapping[str, Any], ...] = ()
    ablations: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def floor(self) -> float:
        """Least sum of attainable points."""
        return sum(criterion.attainable[0] for criterion in self.criteria)

    @property
    def ceiling(self) -> float:
        """Largest sum of attainable points."""
        return sum(criterion.attainable[1] for criterion in self.criteria)


@cache
def load(case: str, kind: str) -> Rubric:
    """The rubric in `rubrics/<case>_<kind>.yaml`.

    Raises:
        ValueError: it breaks the grammar; the message names file and item.
    """
    path = HERE / f"{case}_{kind}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return parse(content, path.name)


def parse(content: Mapping[str, Any], file: str) -> Rubric:
    """A rubric from the content of its file.

    Raises:
        ValueError: it breaks the grammar; the message names file and item.
    """
    criteria = tuple(_criterion(file, entry) for entry in content["criteria"])
    ids = [criterion.id for criterion in criteria]
    for criterion in criteria:
        for other in criterion.implied_by:
            if other not in ids:
                raise ValueError(f"{file}: {criterion.id} is implied by unknown {other!r}")
    if len(set(ids)) < len(ids):
        raise ValueError(f"{file}: an id occurs twice")
    total = sum(criterion.points for criterion in criteria)
    if abs(total - content["max_points"]) > 1e-9:
        raise ValueError(f"{file}: points add up to {total:g}, not {content['max_points']}")
    return Rubric(
        case=content["case"],
        kind=content["rubric"],
        variants=tuple(content["variants"]),
        max_points=content["max_points"],
        model=content.get("model", {}),
        criteria=criteria,
        nulls=tuple(content.get("nulls", ())),
        ablations=tuple(content.get("ablations", ())),
    )


def _criterion(file: str, entry: Mapping[str, Any]) -> Criterion:
    name, band = entry.get("id", "?"), entry.get("band", {})
    if not any(set(band) <= kind and band for kind in KINDS):
        raise ValueError(f"{file}: {name}: a band has the keys of one of {KINDS}, not {set(band)}")
    source = entry.get("source", {})
    if source.get("status") not in STATUSES or not source.get("ref"):
        raise ValueError(f"{file}: {name} needs a source with ref and a status of {STATUSES}")
    if "constant" not in band and "name" not in entry.get("quantity", {}):
        raise ValueError(f"{file}: {name} needs a quantity with a name")
    criterion = Criterion(
        id=name,
        category=entry.get("category", ""),
        phase=entry.get("phase", "all"),
        quantity=entry.get("quantity", {}),
        band=band,
        points=entry["points"],
        status=source["status"],
        source=source["ref"],
        implied_by=tuple(entry.get("implied_by", ())),
        cannot_fail=entry.get("cannot_fail", ""),
        note=entry.get("note", ""),
    )
    if criterion.attainable[1] > criterion.points:
        raise ValueError(f"{file}: {name} can give more than its {criterion.points:g} points")
    try:
        _points(band, criterion.points, np.zeros(1))
    except ValueError as error:
        raise ValueError(f"{file}: {name}: {error}") from None
    return criterion


def _levels(band: Mapping[str, Any], points: float) -> set[float]:
    if "constant" in band:
        return {band["constant"]}
    if "tiers" in band:
        return {float(given) for _, given in band["tiers"]} | {float(band["otherwise"])}
    return {0.0, points / 2, float(points)} if "target" in band else {0.0, float(points)}


def _points(band: Mapping[str, Any], points: float, x: Array) -> Array:
    if "constant" in band:
        return np.full(x.shape, float(band["constant"]))
    if "target" in band:
        far = np.abs(x - band["target"])
        return np.select([far <= band["full"], far <= band["half"]], [points, points / 2], 0.0)
    if "tiers" in band:
        held = [_holds(condition, x) for condition, _ in band["tiers"]]
        given = [float(value) for _, value in band["tiers"]]
        found = np.select(held, given, float(band["otherwise"]))
        return np.where(np.isfinite(x), found, min(_levels(band, points)))
    closed = band.get("closed", "")
    above = SIGN[">=" if closed in ("both", "low") else ">"](x, band.get("low", -np.inf))
    below = SIGN["<=" if closed in ("both", "high") else "<"](x, band.get("high", np.inf))
    return np.where(above & below & np.isfinite(x), float(points), 0.0)


def _holds(condition: str, x: Array) -> Array:
    found = CONDITION.fullmatch(condition.strip())
    if not found or not any(found.groups()):
        raise ValueError(f"condition {condition!r}: write for example 'x > 0.6' or '0.3 < x < 0.9'")
    low, first, second, high = found.groups()
    held = np.ones(x.shape, bool)
    if low:
        held &= SIGN[first](float(low), x)
    if high:
        held &= SIGN[second](x, float(high))
    return held
