"""Rules that the supplementary campaigns examine, with corrected learners.

The published code of these learners is not run here, so nothing is confirmed or refuted of it.
"""

from __future__ import annotations

import pandas as pd

from ..campaign_content import decimal, least_agreement
from ..evidence import Decision, Evidence

# Rank correlation from which rankings count as equal.
AGREEMENT = 0.8
# The published designs: learners, environments and seeds; learners, modes, seeds and steps.
CAPACITY = {"learners": 5, "environments": 8, "seeds": 5}
RATES, RATE_RUNS, RATE_STEPS = (1e-3, 1e-4, 1e-5), 3 * 3 * 5, 100_000
RATE_PLACE = ("ApacheProject", "v0")
ALL = "all"
CORRECTED = "Learners are corrected ones, which says nothing of the published code."


def width_changes_no_ranking(evidence: Evidence) -> Decision:
    """G01: rank correlation of learners between widths of their networks."""
    table = evidence.capacity_agreement
    least = None if table.empty else least_agreement(table[table["edition"] == "v0"])
    if least is None:
        reason = "No learners were trained with networks of several widths in this run."
        return Decision("not testable", reason)
    pair = f"{least['width']} and {least['other_width']} units"
    ends = (float(least["tau_low"]), float(least["tau_high"]))
    found = "above" if ends[0] > AGREEMENT else "below" if ends[1] < AGREEMENT else "not apart from"
    reason = (
        f"The widths that agree least are {pair}: the interval of Kendall's tau is {found} "
        f"{AGREEMENT}. {CORRECTED}"
    )
    if lacking := [f"{least[k]} of {n} {k}" for k, n in CAPACITY.items() if least[k] < n]:
        reason += f" The run has {', '.join(lacking)}."
    return Decision("inconclusive", reason, f"tau {least['tau']:.2f}", "corrected", ends)


def critic_rate_changes_breakdowns(evidence: Evidence) -> Decision:
    """D07: runs that break down by the learning rate of critics."""
    environment, edition = RATE_PLACE
    table = evidence.critic_rates
    if not table.empty:
        here = (table["environment"] == environment) & (table["edition"] == edition)
        table = table[here & (table["policy"] == ALL) & (table["reward_mode"] == ALL)]
    if len(table) < 2:
        reason = f"No critics were trained at several learning rates on {environment}-{edition}."
        return Decision("not testable", reason)
    rows = table.sort_values("learning_rate", ascending=False)
    estimate = ", ".join(
        f"{row['broken']} of {row['runs']} at {decimal(row['learning_rate'])}"
        for row in rows.to_dict("records")
    )
    reason = f"{_direction(rows)} as the rate falls: {estimate}. {CORRECTED}"
    runs, steps = int(rows["runs"].min()), int(rows["steps"].min())
    if {*rows["learning_rate"]} != {*RATES} or runs < RATE_RUNS or steps < RATE_STEPS:
        reason += (
            f" The run has {runs} of {RATE_RUNS} runs per rate, of {steps:,} of {RATE_STEPS:,} "
            f"steps, at {len(rows)} of {len(RATES)} rates."
        )
    return Decision("inconclusive", reason, estimate, "corrected")


def _direction(rows: pd.DataFrame) -> str:
    """What becomes of the share of runs that broke down, from the highest rate to the lowest."""
    changes = rows["broken_share"].diff().dropna()
    if (changes == 0).all():
        return "The share of runs that break down stays the same"
    if (changes <= 0).all():
        return "The share of runs that break down falls"
    return "The share of runs that break down does not fall step by step"
