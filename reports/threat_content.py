"""What the report shows of threats to validity."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .threats import GROUPS, load_threats

Row = dict[str, Any]


def threat_data(threats: pd.DataFrame, ablations: pd.DataFrame) -> dict[str, Any]:
    """The parts `threats`, `threat_groups` and `ablations` of the report's data.

    Args:
        threats: see `schema`.
        ablations: see `schema`.
    """
    found = dict(list(threats.groupby("threat")))
    rows = [_threat(threat, found.get(threat["id"])) for threat in load_threats()]
    return {
        "threats": rows,
        "threat_groups": [_group(title, rows) for title in GROUPS.values()],
        "ablations": [
            row | {"environment": f"{row['environment']}-{row['edition']}"}
            for row in ablations.to_dict("records")
        ],
    }


def _threat(threat: Row, evidence: pd.DataFrame | None) -> Row:
    kept = ("id", "title", "statement", "place", "affects", "treatment")
    shown = ("quantity", "text", "decided_by")
    return {
        **{key: threat[key] for key in kept},
        "group": GROUPS[threat["group"]],
        "evidence": [] if evidence is None else evidence[[*shown]].to_dict("records"),
        "recomputed": evidence is not None,
        "without": _without(threat),
    }


def _without(threat: Row) -> str:
    """Why there is no evidence, where there is none."""
    if not threat["evidence"]:
        return threat["reason"]
    return f"This run lacks what it needs: {threat['needs']}." if threat["needs"] else ""


def _group(title: str, rows: list[Row]) -> Row:
    own = [row for row in rows if row["group"] == title]
    return {
        "title": title,
        "threats": len(own),
        "recomputed": sum(row["recomputed"] for row in own),
        "quantities": sum(len(row["evidence"]) for row in own),
        "ids": ", ".join(row["id"] for row in own),
    }
