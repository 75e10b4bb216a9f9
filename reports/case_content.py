"""Data of the report's section on case studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .cases import ENVIRONMENTS
from .cases import TABLES as CASE_TABLES
from .cases.casefile import load

# Tables that the section shows, see `schema`; empty ones where the study has no case.
TABLES = (*CASE_TABLES, "case_claims", "case_rollouts")
TOLD_BY = ("script", "reference", "learner")


def case_data(
    tables: Mapping[str, pd.DataFrame], drawn: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
        drawn: case -> its figure.
    """
    return {
        "case_scores": [
            {**row, "title": load(row["case"]).title}
            for row in tables["case_scores"].to_dict("records")
        ],
        "case_claims": tables["case_claims"].to_dict("records"),
        "case_rollouts": rollout_rows(tables["case_rollouts"]),
        "cases": [_case(case, tables, drawn) for case in tables["case_scores"]["case"].unique()],
        "case_summary": {"text": case_summary(tables["case_scores"])},
    }


def _case(
    case: str, tables: Mapping[str, pd.DataFrame], drawn: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    own = {name: table[table["case"] == case] for name, table in tables.items() if "case" in table}
    items, parameters = own["case_items"], own["case_parameters"]
    return {
        "case": case,
        "title": load(case).title,
        "report": load(case).report,
        "environment": ENVIRONMENTS[case],
        "text": _legacy_text(items[items["rubric"] == "legacy"]),
        "figures": [drawn[case]] if case in drawn else [],
        "items": items[items["rubric"] == "strict"].to_dict("records"),
        "nulls": own["case_nulls"].drop(columns="quantiles").to_dict("records"),
        "fit": own["case_fit"].to_dict("records"),
        "sensitivity": _moved(own["case_sensitivity"]),
        "parameters": parameters[~parameters["equal"]].to_dict("records"),
        "same": int((parameters["equal"] & (parameters["game"] != "")).sum()),
        "experiments": own["case_experiments"].to_dict("records"),
    }


def _moved(sensitivity: pd.DataFrame) -> list[dict[str, Any]]:
    """Parameters whose change by up to 20 % moves a score."""
    moved = sensitivity[sensitivity["lowest"] < sensitivity["highest"]]
    return moved.to_dict("records")


def _legacy_text(items: pd.DataFrame) -> str:
    """How much of the legacy rubric tests anything, in a sentence."""
    parts = []
    for variant, group in items.groupby("variant", sort=False):
        given = group[group["null_pass_rate"] == 1.0]
        stuck = group[group["kind"].isin(["constant", "cannot fail"])]
        name = "" if items["variant"].nunique() == 1 else f"{variant}: "
        parts.append(
            f"{name}{given['points'].sum():g} of the {group['points_max'].sum():g} points of the "
            f"legacy rubric are earned by every random parameter set ({len(given)} of "
            f"{len(group)} items; {len(stuck)} of them cannot fail by construction)"
        )
    return "; ".join(parts) + "." if parts else ""


def case_summary(scores: pd.DataFrame) -> str:
    """What the legacy scores are worth, in a sentence."""
    if scores.empty:
        return "No case study is part of this run."
    legacy = scores[scores["rubric"] == "legacy"]
    above = legacy[legacy["p_null"] < 0.05]
    strict = scores[scores["rubric"] == "strict"]
    said = ", ".join(
        f"{load(row.case).title} {row.score:g} of {row.max:g}, chance {row.null_mean:.1f}"
        for row in legacy.itertuples()
    )
    return (
        f"Under the published rubrics the calibrated models score {said}. "
        f"{len(above)} of the {len(legacy)} scores lie above 95 % of random parameter sets. Under "
        "our rubrics the calibrated models reach "
        + ", ".join(f"{row.kappa:.2f}" for row in strict.itertuples())
        + " of the way from chance to the ceiling."
    )


def rollout_rows(rollouts: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment and expectation: who meets it."""
    if rollouts.empty:
        return []
    told = rollouts.assign(
        by=rollouts["kind"].map(lambda kind: kind if kind in TOLD_BY else "reference")
    )
    rows = []
    keys = ["case", "environment", "item", "expected", "status"]
    for values, group in told.groupby(keys, sort=False):
        row = dict(zip(keys, values, strict=True))
        for by in TOLD_BY:
            part = group[group["by"] == by]
            row[by] = _best(part) if by != "script" else _shown(part)
            row[f"{by}_met"] = int((part["points"] == part["points_max"]).sum())
            row[f"{by}_all"] = len(part)
        rows.append(row)
    return rows


def _best(part: pd.DataFrame) -> str:
    """A policy that meets an expectation, or nothing."""
    met = part[part["points"] == part["points_max"]]
    return "" if met.empty else str(met["policy"].iloc[0])


def _shown(part: pd.DataFrame) -> str:
    return "" if part.empty else f"{part['measured'].iloc[0]:.2f}"
