"""Criteria that say nothing: what a sample of null models shows of the items of a rubric.

An item that nearly every or nearly no random parameter set passes, that is passed whenever another
one is, or that always agrees with another carries little or no information. In a strict rubric
each is an error, in a legacy rubric a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from .outcome import Array
from .rubric import Rubric

COMMON, RARE = 0.99, 0.01
# Standard errors by which a rate must miss these, and draws that must show an implication.
ERRORS, DRAWS = 3.0, 100


def passes(rubric: Rubric, points: Array) -> Array:
    """Which draws earn the most attainable points of an item, [B, items] bool."""
    best = np.array([criterion.attainable[1] for criterion in rubric.criteria])
    return points >= best - 1e-9


def findings(rubric: Rubric, points: Array) -> list[tuple[str, str]]:
    """Item and what is wrong with it, for points [B, items] of a null model."""
    passed = passes(rubric, points)
    rates = passed.mean(axis=0)
    found = []
    for criterion, rate in zip(rubric.criteria, rates, strict=True):
        if criterion.is_constant:
            found.append((criterion.id, "its points are a constant"))
        elif beyond(rate, len(passed)):
            found.append((criterion.id, f"{rate:.1%} of random parameter sets pass it"))
    return found + _implied(rubric, passed, rates) + _agreeing(rubric, points)


def beyond(rate: float, draws: int) -> bool:
    """Whether nearly all or nearly none pass, and not by the chance of a small sample."""
    slack = ERRORS * np.sqrt(max(rate * (1 - rate), 1 / draws) / draws)
    return bool(rate - slack > COMMON or rate + slack < RARE)


def _implied(rubric: Rubric, passed: Array, rates: Array) -> list[tuple[str, str]]:
    """Items that are passed whenever another one is, unless nearly all or none pass."""
    both = passed.T.astype(float) @ passed.astype(float)
    telling = (rates <= COMMON) & (rates >= RARE)
    found = []
    for i, criterion in enumerate(rubric.criteria):
        implying = [
            other.id
            for j, other in enumerate(rubric.criteria)
            if i != j and telling[i] and telling[j] and both[i, j] == both[j, j] >= DRAWS
        ]
        if implying:
            declared = set(implying) <= set(criterion.implied_by)
            found.append(
                (
                    criterion.id,
                    f"implied by {', '.join(implying)}{'' if declared else ', undeclared'}",
                )
            )
    return found


def _agreeing(rubric: Rubric, points: Array) -> list[tuple[str, str]]:
    """Pairs of items whose points are perfectly correlated."""
    ids = [criterion.id for criterion in rubric.criteria]
    moving = np.flatnonzero(points.std(axis=0) > 0)
    if len(moving) < 2:
        return []
    correlation = np.corrcoef(points[:, moving].T)
    pairs = np.argwhere(np.triu(np.abs(correlation) > 1 - 1e-9, 1))
    return [(ids[moving[b]], f"its points follow from those of {ids[moving[a]]}") for a, b in pairs]


def rows(rubric: Rubric, variant: str, points: Array) -> list[dict[str, str]]:
    """Rows of the table `case_lint`."""
    severity = "error" if rubric.kind == "strict" else "warning"
    keys = {"case": rubric.case, "rubric": rubric.kind, "variant": variant}
    return [
        {**keys, "item": item, "finding": finding, "severity": severity}
        for item, finding in findings(rubric, points)
    ]


def check(rows: Iterable[Mapping[str, str]]) -> None:
    """Stop at an item of a strict rubric that says nothing; `rows` are those of `case_lint`.

    Raises:
        ValueError: there is one; the message names them all.
    """
    errors = [row for row in rows if row["severity"] == "error"]
    if errors:
        listed = "; ".join(f"{row['case']} {row['item']}: {row['finding']}" for row in errors)
        raise ValueError(f"items of strict rubrics that carry no information: {listed}")
