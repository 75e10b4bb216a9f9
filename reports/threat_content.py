"""What the report shows of threats to validity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .experiments import half_precision, untrained
from .threats import GROUPS, load_threats

# Tables that the section shows, see `schema`.
TABLES = ("threats", "threat_experiments", "ablations")
Row = dict[str, Any]


def threat_data(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
    """
    experiments, ablations = tables["threat_experiments"], tables["ablations"]
    found = dict(list(tables["threats"].groupby("threat")))
    rows = [_threat(threat, found.get(threat["id"])) for threat in load_threats()]
    return {
        "threats": rows,
        "threat_groups": [_group(title, rows) for title in GROUPS.values()],
        "ablations": [
            row | {"environment": f"{row['environment']}-{row['edition']}"}
            for row in ablations.to_dict("records")
        ],
        "untrained": _starts(untrained(experiments)),
        "half_precision": _updates(half_precision(experiments)),
    }


def _starts(starts: pd.DataFrame) -> list[Row]:
    """A row per learner, protocol and environment, over its seeds."""
    keys = ["environment", "policy", "protocol"]
    return [
        dict(zip(keys, key, strict=True))
        | {
            "seeds": len(part),
            **{f"share_{end}": getattr(part["share"], end)() for end in ("min", "max")},
            **{f"length_{end}": int(getattr(part["length"], end)()) for end in ("min", "max")},
            "clipped": part["clipped"].mean(),
        }
        for key, part in (starts.groupby(keys, sort=False) if len(starts) else ())
    ]


def _updates(updates: pd.DataFrame) -> list[Row]:
    """A row per number format and reward mode."""
    return [
        {
            **{key: row[key] for key in ("number_format", "reward_mode")},
            "reward": row["reward per step"],
            **{part: bool(row[f"{part} finite"]) for part in ("gradient", "weights")},
        }
        for row in updates.to_dict("records")
    ]


def _threat(threat: Row, evidence: pd.DataFrame | None) -> Row:
    kept = ("id", "title", "statement", "place", "affects", "treatment")
    shown = ("quantity", "text", "decided_by")
    return {
        **{key: threat[key] for key in kept},
        "group": GROUPS[threat["group"]],
        "evidence": [] if evidence is None else evidence[[*shown]].to_dict("records"),
        "recomputed": evidence is not None,
        "without": f"This run lacks what it needs: {threat['needs']}." if threat["needs"] else "",
    }


def _group(title: str, rows: list[Row]) -> Row:
    own = [row for row in rows if row["group"] == title]
    return {
        "title": title,
        "threats": len(own),
        "recomputed": sum(row["recomputed"] for row in own),
        "quantities": sum(len(row["evidence"]) for row in own),
        "ids": ", ".join(row["id"] for row in own),
    }
