"""What the report shows of claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .verdicts import load_claims

# Headlines that the report opens with.
HIGHLIGHTS = 5


def claim_data(claims: pd.DataFrame) -> dict[str, Any]:
    """The parts `highlights` and `claims` of the report's data.

    Args:
        claims: see `schema`.
    """
    unlinked = {claim["id"]: claim.get("unlinked", "") for claim in load_claims()}
    rows = [
        _claim(row) | {"unlinked": unlinked[row["claim_id"]]} for row in claims.to_dict("records")
    ]
    return {"highlights": highlights(claims), "claims": rows}


def highlights(claims: pd.DataFrame) -> list[dict[str, str]]:
    """The headlines of the verdicts that were reached, those of the lowest priority number."""
    decided, reached = claims.set_index("claim_id"), []
    for claim in load_claims():
        row = decided.loc[claim["id"]]
        if row["verdict"] in claim["headlines"]:
            headline = claim["headlines"][row["verdict"]]
            text = headline["text"].format(estimate=row["estimate"], interval=_interval(row))
            shown = {"title": headline["title"], "text": text, "claim": claim["id"]}
            reached.append((headline["priority"], shown))
    return [shown for _, shown in sorted(reached, key=lambda pair: pair[0])[:HIGHLIGHTS]]


def _interval(row: Mapping[str, Any]) -> str:
    return "" if pd.isna(row["low"]) else f"[{row['low']:.2f}, {row['high']:.2f}]"


def _claim(row: dict[str, Any]) -> dict[str, Any]:
    kept = ["group", "statement", "source", "published", "verdict", "estimate"]
    kept += ["reason", "rule", "figure", "table"]
    by = row["decided_by"].replace("both", "both protocols")
    return {
        "id": row["claim_id"],
        "interval": _interval(row),
        **{k: row[k] for k in kept},
        "decided_by": by,
        "threats": row["threats"].split("; ") if row["threats"] else [],
    }
