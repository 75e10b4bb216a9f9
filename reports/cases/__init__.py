"""Case studies: models of four historical cases, scored by declarative rubrics beside null models.

A case is a parameter file `<case>.yaml`, tables in `history`, a module of its name that simulates
it, and rubrics in `rubrics`. `casefile` reads parameters, `rubric` reads criteria, `quantities`
measures an `Outcome`, `scoring` turns it into points, `nulls` draws what chance would score, `lint`
finds criteria that say nothing, `study` puts a case together.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

CASES = ("slcd", "renault_nissan", "apache", "app_store")
RUBRICS = ("legacy", "strict")


def model(case: str) -> ModuleType:
    """The module that simulates a case.

    Raises:
        ValueError: there is no such case.
    """
    if case not in CASES:
        raise ValueError(f"unknown case {case!r}; choose one of {', '.join(CASES)}")
    return import_module(f".{case}", __name__)
