"""What is recorded and verified besides environments themselves: parts that need no training.

The released audit, equilibria along the dial of mutuality, case studies and the two-dimensional
S-LCD. Where a study draws or searches much, less of it is recorded here, so that computing all of
it again takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coopetition import envs
from coopetition.agents import appropriation
from coopetition.agents.audits import released
from coopetition.agents.dial import dial_equilibria

from . import biaxial
from .cases import CASES, study
from .columns import TABLES
from .differences import Size

Rows = Iterable[dict[str, Any]]
# Parameter sets per null model of a case study; `quick` and larger studies draw 20,000.
DRAWS = 500
# Values of each parameter in a map of the two-dimensional S-LCD; a study has 25.
MAP_POINTS = 9
# Searched for equilibria, where the dial has no name.
DIALS = (0.5, 1.5)
DIALLED = ("TrustDilemma-v1", "TeamProduction-v1", "ReciprocalDilemma-v1")


@dataclass(frozen=True)
class Part:
    """Tables that are computed together, of one subject after another.

    Attributes:
        name: in the summary.
        unit: what a subject is, in the plural.
        keys: table -> columns that tell rows of a subject apart.
        sizes: table -> what its values are compared with in size; see `differences`.
        subjects: environments, or others; see `subjects`.
        rows: subject -> table -> rows.
    """

    name: str
    unit: str
    keys: Mapping[str, Sequence[str]]
    sizes: Mapping[str, Mapping[str, Size]]
    subjects: Callable[[], Sequence[str]]
    rows: Callable[[str], Mapping[str, Rows]]


def subjects(rows: pd.DataFrame) -> pd.Series:
    """What every row of a table is of: id of an environment, case study, two-dimensional S-LCD."""
    if "environment" in rows:
        return rows["environment"] + "-" + rows["edition"]
    return rows["case"] if "case" in rows else pd.Series(appropriation.ID, rows.index)


def one(rows: pd.DataFrame) -> float:
    """The size of shares, and of what is made of them."""
    return 1.0


def _audit(id: str) -> Mapping[str, Rows]:
    return {f"audit_{name}": getattr(released, name)(id) for name in _AUDITS}


def _dial(id: str) -> Mapping[str, Rows]:
    return {"dial_equilibria": dial_equilibria(id, DIALS)}


def _case(case: str) -> Mapping[str, Rows]:
    return study.tables(case, DRAWS)


def _biaxial(id: str) -> Mapping[str, Rows]:
    return {
        "biaxial_outcomes": biaxial.outcomes(),
        "biaxial_calibration": biaxial.calibration(),
        "biaxial_maps": biaxial.maps(MAP_POINTS),
    }


def _released_ids() -> Sequence[str]:
    return [id for id in envs.ids("v0") if envs.spec(id).module.startswith("coopetition.")]


_UNIT, _SCORED = ("seed", "unit"), ("rubric", "variant")
_AUDITS: dict[str, Sequence[str]] = {
    "surface": (*_UNIT, "level"),
    "static": (*_UNIT, "level"),
    "temporal": (*_UNIT, "strategy", "start"),
    "interior": ("unit", "start", "share"),
}
_CHANGES: dict[str, Size] = {
    **{name: lambda rows: rows["baseline_return"] for name in ("gain", "others_change")},
    **{name: lambda rows: 100.0 for name in ("gain_percent",)},
    "by_chance": one,
}
_SURFACE: dict[str, Size] = {
    name: lambda rows: rows["mean_return"] for name in ("return_per_agent", "std_per_agent")
}
_CASES: dict[str, Sequence[str]] = {
    "case_scores": _SCORED,
    "case_nulls": (*_SCORED, "null"),
    "case_items": (*_SCORED, "item"),
    "case_lint": (*_SCORED, "item", "finding"),
    "case_ablations": (*_SCORED, "ablation"),
    "case_sensitivity": (*_SCORED, "parameter"),
    "case_fit": ("variant", "measure", "predictor"),
    "case_series": ("variant", "series", "at", "phase"),
    "case_targets": ("series", "at"),
    "case_parameters": ("parameter", "game"),
    "case_experiments": ("experiment", "quantity"),
}
_PLACE = ("kappa", "xi")
_BIAXIAL: dict[str, Sequence[str]] = {
    "biaxial_outcomes": ("eta", "beta", "play"),
    "biaxial_calibration": ("play", "objective", "round", "axis", *_PLACE),
    "biaxial_maps": ("plane", "eta", "beta", *_PLACE, "play"),
}

PARTS = (
    Part(
        "released audit",
        "environments",
        {f"audit_{name}": keys for name, keys in _AUDITS.items()},
        {f"audit_{name}": _SURFACE if name == "surface" else _CHANGES for name in _AUDITS},
        _released_ids,
        _audit,
    ),
    Part(
        "dial of mutuality",
        "environments",
        {"dial_equilibria": ("mutuality", "number")},
        {"dial_equilibria": {"shares": one}},
        lambda: DIALLED,
        _dial,
    ),
    Part(
        "case studies",
        "cases",
        _CASES,
        {name: dict.fromkeys(TABLES[name], one) for name in _CASES},
        lambda: CASES,
        _case,
    ),
    Part(
        "two-dimensional S-LCD",
        "game",
        _BIAXIAL,
        {name: dict.fromkeys(TABLES[name], one) for name in _BIAXIAL},
        lambda: (appropriation.ID,),
        _biaxial,
    ),
)
