"""Case studies: models of four historical cases, scored by declarative rubrics beside null models.

A case is a parameter file `<case>.yaml`, tables in `history`, a module of its name that simulates
it, and rubrics in `rubrics`. `casefile` reads parameters, `rubric` reads criteria, `quantities`
measures an `Outcome`, `scoring` turns it into points, `nulls` draws what chance would score, `lint`
finds criteria that say nothing, `study` puts a case together.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

# Case -> the environment of the same history.
ENVIRONMENTS = {
    "slcd": "SLCD",
    "renault_nissan": "RenaultNissan",
    "apache": "ApacheProject",
    "app_store": "AppleAppStore",
}
CASES = tuple(ENVIRONMENTS)
RUBRICS = ("legacy", "strict")
# Tables of a case, see `columns.cases`.
TABLES = (
    *("case_scores", "case_nulls", "case_items", "case_lint", "case_ablations"),
    *("case_sensitivity", "case_fit", "case_series", "case_targets", "case_parameters"),
    "case_experiments",
)


def model(case: str) -> ModuleType:
    """The module that simulates a case.

    Raises:
        ValueError: there is no such case.
    """
    if case not in CASES:
        raise ValueError(f"unknown case {case!r}; choose one of {', '.join(CASES)}")
    return import_module(f".{case}", __name__)
