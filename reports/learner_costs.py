"""What learners cost, and what the published study would cost with them at its own budgets.

Recorded by `tests/benchmarks/study_cost.py`; the projection is for seven seeds and three reward
modes.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from .sources import published

# CPU-hours that the learners of the published study, corrected, should stay within.
MOST = {"v0": 450, "v1": 300}


def cost_rows(costs: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `learner_costs` with figures of two and of six agents as pairs."""
    pairs = ["ms_alone", "ms_together", "ms_library", "ms_published"]
    pairs += ["updates_alone", "updates_together", "updates_library"]
    kept = ["policy", "protocol", "hours_v0", "hours_v1"]
    return [
        {key: row[key] for key in kept}
        | {pair: [row[f"{pair}_{n}"] for n in (2, 6)] for pair in pairs}
        for row in costs.to_dict("records")
    ]


def published_learners() -> set[str]:
    """Names of the learners of the published study."""
    return set(published("algorithm_inventory")["algorithm"])


def corrected_costs(costs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the learners of the published study, as corrected."""
    return costs[(costs["protocol"] == "corrected") & costs["policy"].isin(published_learners())]


def cost_summary(costs: pd.DataFrame) -> str:
    """Hours of the published learners beside what was aimed for and what the study states."""
    learners, corrected = published_learners(), corrected_costs(costs)
    if corrected.empty:
        return ""
    whole = len(corrected) == len(learners)
    editions = [
        f"{corrected[f'hours_{edition}'].sum():,.0f} CPU-hours on the {name} edition"
        + (f" (at most {MOST[edition]} were aimed for)" if whole else "")
        for edition, name in (("v0", "released"), ("v1", "formal"))
    ]
    who = f"the {len(learners)} learners of the published study"
    if not whole:
        who = f"{len(corrected)} of {who}, which is as many as are recorded,"
    text = (
        f"In their corrected form {who} would take {' and '.join(editions)}. Of the former "
        f"{corrected['hours_crowd'].sum():,.0f} are for the one game of forty agents."
    )
    joint = costs[costs["protocol"] == "as_published"]
    if len(joint):
        text += (
            f" {', '.join(joint['policy'])} as published are apart from these, with "
            f"{joint['hours_v0'].sum():,.0f} CPU-hours on the released edition."
        )
    stated = published("compute_cost").set_index("quantity")["value"]["training GPU time"]
    machines = "; ".join(dict.fromkeys(costs["machine"]))
    return f"{text} The published study states {int(stated):,} GPU-hours. Measured on: {machines}."
