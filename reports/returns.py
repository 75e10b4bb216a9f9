"""Returns of every policy on every environment, in the two forms of the published analysis.

The published script averages over runs of different seeds, and over reward modes takes differences
of sums of different rewards; `mode_effects` has the comparison in payoffs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .columns import MODES
from .selection import one_per_policy
from .theme import signed
from .tiers import with_tiers

PLACE = ["edition", "environment", "policy", "protocol"]
NAN = float("nan")


def return_rows(scores: pd.DataFrame, reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `returns_summary`: learners by runs, other policies by episodes.

    Args:
        scores: see `schema`; runs that finished.
        reference: see `schema`; heuristics, oracles and the planner, without constants.
    """
    runs = with_tiers(scores[scores["status"] == "finished"])
    rows = []
    for factors, part in runs.groupby([*PLACE, "reward_mode"], sort=False):
        about = dict(zip([*PLACE, "reward_mode"], factors, strict=True))
        values = part["training_return"].to_numpy(float)
        spread = float(values.std(ddof=1)) if len(values) > 1 else NAN
        ends = {"min": float(values.min()), "max": float(values.max())}
        about |= {"mechanism_class": part["tier"].iloc[0], "n": len(values)}
        rows.append(about | {"mean": float(values.mean()), **_spread(spread, len(values)), **ends})
    rules = with_tiers(one_per_policy(reference[reference["level"].isna()]))
    for row in rules.to_dict("records"):
        about = {key: row[key] for key in ("edition", "environment", "policy", "reward_mode")}
        about |= {"protocol": "", "mechanism_class": row["tier"], "n": int(row["episodes"])}
        spread = row["mode_return_std"] if row["episodes"] > 1 else NAN
        found = {"mean": row["mode_return"], **_spread(spread, row["episodes"])}
        rows.append(about | found | {"min": NAN, "max": NAN})
    return rows


def _spread(deviation: float, n: int) -> dict[str, float]:
    return {"sd": float(deviation), "sem": float(deviation / np.sqrt(n))}


def ablation_rows(returns: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `reward_ablation_summary`: learners that finished runs in every mode.

    Args:
        returns: the table `returns_summary`.
    """
    learned = returns[returns["protocol"] != ""]
    rows = []
    for factors, part in learned.groupby([*PLACE, "mechanism_class"], sort=False):
        means = part.set_index("reward_mode")["mean"]
        if set(MODES) <= set(means.index):
            private, integrated, cooperative = (float(means[mode]) for mode in MODES)
            rows.append(
                {
                    **dict(zip([*PLACE, "mechanism_class"], factors, strict=True)),
                    **{f"return_{mode}": float(means[mode]) for mode in MODES},
                    "integrated_less_private": integrated - private,
                    "cooperative_less_integrated": cooperative - integrated,
                }
            )
    return rows


def ablation_summary(ablation: pd.DataFrame) -> str:
    """By how much returns of the modes differ, in the median over learners and environments."""
    said = []
    for edition, part in ablation.groupby("edition"):
        changes = [
            100 * part[column] / part[f"return_{mode}"].abs()
            for column, mode in (
                ("integrated_less_private", "private"),
                ("cooperative_less_integrated", "integrated"),
            )
        ]
        first, second = (signed(change.median(), 1) for change in changes)
        said.append(
            f"{first} % from private to integrated and {second} % from integrated to cooperative "
            f"reward in {edition} ({len(part)} pairs)"
        )
    if not said:
        return ""
    return f"Over learners and environments the median change of the return is {'; '.join(said)}."
