"""Rules that the supplementary campaigns decide, with corrected learners.

The published code of these learners is not run here, so nothing is confirmed or refuted of it.
"""

from __future__ import annotations

import pandas as pd

from ..campaign_content import decimal, least_agreement
from ..evidence import Decision, Evidence
from ..statistics import mean_interval

# Rank correlation from which rankings count as equal.
AGREEMENT = 0.8
# The published designs: learners, environments and seeds; learners, modes, seeds and steps.
CAPACITY = {"learners": 5, "environments": 8, "seeds": 5}
RATES, RATE_RUNS, RATE_STEPS = (1e-3, 1e-4, 1e-5), 3 * 3 * 5, 100_000
RATE_PLACE = ("ApacheProject", "v0")
ALL = "all"
# Sizes from which our own findings are decided.
DIALLED, SIZED, SIZED_LEARNERS = 8, 3, 3
# Width of a crossing's interval, on the dial from 0 to 2, above which it says little of its place.
LOCATED = 0.5
FORMAL = "v1"
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


def score_rises_along_the_dial(evidence: Evidence) -> Decision:
    """N11: score at the highest mutuality less that at the lowest, mean over environments."""
    table = _formal(evidence.mutuality)
    if not table.empty:
        table = table[table["mutuality"].notna() & table["score"].notna()]
    if table.empty:
        return Decision("not testable", "No learner trained along the dial in this run.")
    means = table.groupby(["environment", "mutuality"])["score"].mean().unstack()
    ends = means[[means.columns.min(), means.columns.max()]].dropna()
    mean, low, high = mean_interval(ends.iloc[:, 1] - ends.iloc[:, 0])
    rising = int((ends.iloc[:, 1] > ends.iloc[:, 0]).sum())
    reason = (
        f"From mutuality {ends.columns[0]:g} to {ends.columns[1]:g} the mean score rises on "
        f"{rising} of {len(ends)} environments, with {int(table['steps'].max()):,} steps per run "
        "or fewer."
    )
    verdict = _beyond_zero(low, high) if len(ends) >= DIALLED else "inconclusive"
    return Decision(verdict, reason, f"{mean:+.2f} in score", "corrected", (low, high))


def crossings_are_not_calibrated(evidence: Evidence) -> Decision:
    """N12: crossings of the two paradigms whose interval holds the calibrated dependence."""
    table, dialled = _formal(evidence.mutuality_crossovers), _formal(evidence.mutuality)
    if dialled.empty:
        return Decision("not testable", "No learner trained along the dial in this run.")
    environments = dialled["environment"].nunique()
    if table.empty:
        reason = f"On none of {environments} environments do the paradigms change places."
        return Decision("inconclusive", reason, "no crossing", "corrected")
    held, width = int(table["calibrated"].sum()), (table["dial_high"] - table["dial_low"]).median()
    estimate = f"{held} of {len(table)} crossings"
    reason = (
        f"The intervals of {estimate} hold a mutuality of 1, on "
        f"{table['environment'].nunique()} of {environments} environments; in the median an "
        f"interval is {width:.2f} wide."
    )
    verdict = "inconclusive"
    if environments >= DIALLED and width <= LOCATED:
        verdict = "confirmed" if 2 * held < len(table) else "refuted"
    return Decision(verdict, reason, estimate, "corrected")


def score_falls_with_agents(evidence: Evidence) -> Decision:
    """N13: score with the most agents less that with the fewest."""
    table = _formal(evidence.population)
    if not table.empty:
        table = table[table["score"].notna()]
    keys = ["environment", "policy", "reward_mode"]
    cells = [part.sort_values("n_agents") for _, part in table.groupby(keys)] if len(table) else []
    cells = [part for part in cells if part["n_agents"].nunique() > 1]
    if not cells:
        return Decision("not testable", "No learner trained with several numbers of agents.")
    changes = [part["score"].iloc[-1] - part["score"].iloc[0] for part in cells]
    # Cells of one environment are not independent: each environment counts once.
    means = pd.Series(changes).groupby([part["environment"].iloc[0] for part in cells]).mean()
    mean, low, high = mean_interval(means)
    sizes = pd.concat(cells)["n_agents"]
    environments, learners = (len({part[k].iloc[0] for part in cells}) for k in keys[:2])
    falling = sum(change < 0 for change in changes)
    reason = (
        f"Between {sizes.min()} and {sizes.max()} agents the score falls in {falling} of "
        f"{len(cells)} cells of environment, learner and reward mode; {environments} environments, "
        f"{learners} learners."
    )
    verdict = "inconclusive"
    if environments >= SIZED and learners >= SIZED_LEARNERS:
        verdict = _beyond_zero(-high, -low)
    return Decision(verdict, reason, f"{mean:+.2f} in score", "corrected", (low, high))


def _formal(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of the formal edition; of a run without the campaign, none."""
    return table if table.empty else table[table["edition"] == FORMAL]


def _beyond_zero(low: float, high: float) -> str:
    return "confirmed" if low > 0 else "refuted" if high < 0 else "inconclusive"
