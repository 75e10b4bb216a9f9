"""Data of the report's section on side studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coopetition.agents.appropriation import PLAYS

from .biaxial_comparison import at, ends
from .biaxial_figures import CLAIMED, TITLES, play_title

# Tables that the section shows, see `schema`.
TABLES = ("biaxial", "biaxial_outcomes", "biaxial_trained", "biaxial_calibration")


def supplement_data(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Published settings, which are taken over as they are, are left to the table itself.

    Args:
        tables: those of `TABLES`; empty ones where a study is not part of the run.
    """
    compared = tables["biaxial"]
    return {
        "biaxial": _records(compared[compared["result"] != "setting"]),
        "biaxial_points": _points(tables["biaxial_outcomes"]),
        "biaxial_trained": _records(tables["biaxial_trained"]),
        "biaxial_calibration": _calibrations(tables["biaxial_calibration"]),
    }


def _points(outcomes: pd.DataFrame) -> list[dict[str, Any]]:
    """What is played, and what comes of it, at the points that claims speak of."""
    if outcomes.empty:
        return []
    found = {
        (claim, way): at(outcomes, place, way) for claim, place in CLAIMED.items() for way in PLAYS
    }
    return _records(
        pd.DataFrame(
            [{"claim": claim, "title": TITLES[way], **row} for (claim, way), row in found.items()]
        )
    )


def _calibrations(calibration: pd.DataFrame) -> list[dict[str, Any]]:
    """Where each calibration ends."""
    rows = ends(calibration)
    return _records(rows.assign(title=rows["play"].map(play_title)))


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows in types that the template reads; a list of numbers comes from a file as an array."""
    rows = table.to_dict("records")
    return [{k: v.tolist() if hasattr(v, "tolist") else v for k, v in row.items()} for row in rows]
