"""The scorer: one for all cases and rubrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .outcome import Array, Outcome
from .rubric import Rubric


@dataclass(frozen=True)
class Scores:
    """Points of B outcomes.

    Attributes:
        measured: [B, items], NaN for constants.
        points: [B, items].
        total: [B].
    """

    measured: Array
    points: Array

    @property
    def total(self) -> Array:
        """Sum over items, [B]."""
        return self.points.sum(axis=1)


def score(rubric: Rubric, outcome: Outcome) -> Scores:
    """Score outcomes by a rubric."""
    measured = np.stack([c.measured(outcome) for c in rubric.criteria], axis=1)
    points = [c.score(x) for c, x in zip(rubric.criteria, measured.T, strict=True)]
    return Scores(measured, np.stack(points, axis=1))


def kappa(score: Array | float, null_mean: float, ceiling: float) -> Array | float:
    """(S - S_null) / (S_max - S_null): 0 is what chance scores, 1 the attainable ceiling."""
    return (score - null_mean) / (ceiling - null_mean)
