"""Data of the report's section on audits, and of the audits on the cards of environments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from . import audit_results as results
from .released_results import record_rows, released_class_rows

# Tables that the section shows, see `schema`; empty ones where nothing was audited.
TABLES = (
    *("released_audit", "released_audit_figures", "released_audit_records"),
    *("audit_exploitability", "audit_cross_play", "audit_cross_play_summary"),
    "audit_worst_case_training",
    *("audit_robustness", "audit_behaviour", "audit_reward_hacking"),
)


def audit_data(tables: Mapping[str, pd.DataFrame], certificates: pd.DataFrame) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
        certificates: see `schema`; they say what cooperation is worth.
    """
    gains, met = tables["audit_exploitability"], tables["audit_cross_play_summary"]
    disturbed, behaviour = tables["audit_robustness"], tables["audit_behaviour"]
    hacking = tables["audit_reward_hacking"]
    return {
        "released_audit": released_class_rows(tables["released_audit"]),
        "released_audit_figures": tables["released_audit_figures"].to_dict("records"),
        "released_audit_records": record_rows(tables["released_audit_records"]),
        "exploitability": results.exploitability_rows(gains, certificates),
        "cross_play": results.cross_play_rows(met),
        "worst_case_training": results.worst_case_rows(tables["audit_worst_case_training"]),
        "robustness": results.robustness_rows(disturbed, certificates),
        "behaviour": results.behaviour_rows(behaviour),
        "reward_hacking": results.hacking_rows(hacking),
        "audits": {
            "exploitability": results.exploitability_summary(gains, certificates),
            "cross_play": results.cross_play_summary(met),
            "robustness": results.robustness_summary(disturbed, certificates),
            "behaviour": results.behaviour_summary(behaviour),
            "reward_hacking": results.hacking_summary(hacking),
        },
    }


def audited(
    tables: Mapping[str, pd.DataFrame], certificates: pd.DataFrame
) -> dict[str, list[dict[str, Any]]]:
    """Name with edition -> rows of the table of its card."""
    names = ("exploitability", "cross_play_summary", "robustness", "behaviour")
    parts = {f"audit_{name}": tables[f"audit_{name}"] for name in names}
    return results.sheet_rows(**parts, certificates=certificates)
