"""The two editions of every game, compared row by row."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .cards import policy_overview
from .profiles import shown
from .selection import named
from .statistics import reference_scales


def edition_rows(reference: pd.DataFrame, certificates: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment, the editions of a game together: dilemma, profiles, scores."""
    policies = {row["environment"]: row for row in policy_overview(reference, certificates)}
    rows = named(certificates).sort_values(["mechanism_class", "environment", "edition"])
    kept = ("mechanism_class", "is_dilemma", "price_of_anarchy", "fear")
    welfare = ("random", "nash_worst", "dynamic_optimum")
    found = []
    for row in rows.to_dict("records"):
        scores = policies[row["name"]]["score"] if row["name"] in policies else {}
        found.append(
            {
                "game": row["environment"],
                "environment": row["name"],
                **{key: row[key] for key in kept},
                "nash": shown(row["nash_worst"]),
                "optimum": shown(row["optimum"]),
                "greed": max(row["greed"]),
                **{key: row[f"welfare_{key}"] for key in welfare},
                "best_constant": scores.get("best"),
                "tit_for_tat": scores.get("TitForTat"),
                "random_score": scores.get("Random"),
            }
        )
    return found


def without_scale(certificates: pd.DataFrame) -> list[dict[str, str]]:
    """Environments that have no score, with the reason."""
    scales = named(reference_scales(certificates))
    lacking = scales[scales["no_scale"] != ""]
    return [
        {"environment": row["name"], "reason": row["no_scale"]}
        for row in lacking.to_dict("records")
    ]
