"""What the report shows of each environment, and of the policies that need no training."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopetition import envs

from .selection import named, one_per_policy
from .statistics import CELL, best_constants, normalised, reference_scales

# Constants of a card, beside the best ones.
LANDMARKS = ("Constant_00", "Constant_50", "Constant_100")
HEURISTICS = ("Random", "TitForTat", "TitForTat_released")
ORACLE = "Oracle_"
# How the paragraph on an edition begins.
EDITIONS = {"v0": "Released edition:", "v1": "Formal edition:"}


def scored(reference: pd.DataFrame) -> pd.DataFrame:
    """Reference rows under integrated reward with the column `score`, by both bases of action."""
    rows = named(reference[reference["reward_mode"] == "integrated"])
    scales = reference_scales(reference).drop(
        columns=["mode_return_floor", "mode_return_ceiling"], errors="ignore"
    )
    merged = rows.merge(scales, on=[*CELL, "reward_mode"], how="left", validate="many_to_one")
    return merged.assign(score=normalised(merged, "welfare"))


def policy_overview(reference: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment: the best constants, and how other policies compare.

    `relative` is the integrated return over that of the best constant; `score` is in welfare.
    """
    best = best_constants(reference)
    best = best[best["reward_mode"] == "integrated"].set_index("environment")
    rows = []
    for name, group in one_per_policy(scored(reference)).groupby("name", sort=False):
        top = best.loc[name]
        group = group.assign(relative=group["mode_return"] / top["return"]).set_index("policy")
        measures = {
            measure: {
                **{policy: group[measure].get(policy) for policy in (*HEURISTICS, "Constant_100")},
                "oracles": [
                    {"name": policy.removeprefix(ORACLE), "value": value}
                    for policy, value in group[measure].items()
                    if policy.startswith(ORACLE)
                ],
            }
            for measure in ("relative", "score")
        }
        kept = ("level", "return", "welfare_level", "welfare", "random_welfare")
        rows.append({"environment": name, **{key: top[key] for key in kept}, **measures})
    return rows


def environment_cards(
    contract: pd.DataFrame, reference: pd.DataFrame, figures: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """One card per environment of the contract.

    Args:
        contract: see `schema`.
        reference: see `schema`.
        figures: name with edition -> title, caption, alt, provenance and data of its figure.
    """
    policies = dict(list(scored(reference).groupby("name")))
    return [
        _card(row, policies, figures.get(f"{row['environment']}-{row['edition']}"))
        for row in contract.to_dict("records")
    ]


def _card(
    row: dict[str, Any],
    policies: Mapping[str, pd.DataFrame],
    figure: Mapping[str, str] | None,
) -> dict[str, Any]:
    name = f"{row['environment']}-{row['edition']}"
    spec = envs.spec(name)
    kept = ("mechanism_class", "n_agents", "horizon", "action_high", "deterministic")
    sizes = ("joint", "full", "realistic", "minimal")
    return {
        "environment": name,
        **{key: row[key] for key in (*kept, "shortest_episode", "early_termination", "parameters")},
        "class_name": envs.MECHANISM_CLASSES[row["mechanism_class"]],
        "summary": spec.summary,
        "story": _story(spec.module, row["edition"]),
        **{key: numbers(row[key]) for key in ("endowments", "baselines")},
        "observations": {size: row[f"observation_{size}"] for size in sizes},
        "policies": _policies(policies[name]) if name in policies else [],
        "figure": figure,
    }


def numbers(values: Any) -> str:
    """Numbers of agents as a list in words."""
    return ", ".join(f"{value:g}" for value in values)


def _story(module: str, edition: str) -> list[str]:
    """Paragraphs of the module that defines the environment, without those on other editions."""
    text = inspect.getdoc(sys.modules[module]) or ""
    parts = [" ".join(part.split()) for part in text.split("\n\n")]
    others = tuple(opening for name, opening in EDITIONS.items() if name != edition)
    return [part for part in parts if not part.startswith(others)]


def _policies(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Landmarks of the response curve, the best constants, heuristics and oracles."""
    constants = rows[rows["level"].notna()]
    best = [
        constants.index.isin(group[["mode_return", "welfare"]].idxmax())
        for _, group in constants.groupby("action_basis")
    ]
    landmarks = constants["policy"].isin(LANDMARKS) & (constants["action_basis"] == "own")
    chosen = constants[np.logical_or.reduce([landmarks, *best])] if best else constants
    kept = ("policy", "action_basis", "cooperation", "mode_return", "welfare", "score")
    kept += ("trust", "episode_length")
    shown = pd.concat([chosen, rows[rows["level"].isna()]]).sort_index()
    return shown[list(kept)].to_dict("records")
