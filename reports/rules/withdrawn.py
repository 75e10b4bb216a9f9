"""Rules on the first study of 2026-02, whose pages were replaced: ten environments, TR-1 and TR-2.

Its learners' returns are published, and constants return today what they returned there, so that
the two can be compared anew.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..evidence import Decision, Evidence
from ..sources import published
from .learning import SMALLEST_PUBLISHED_BUDGET
from .members import (
    as_published,
    corrected,
    environments_of,
    examined,
    not_trained,
    steps_of,
)

ENVIRONMENTS = 10
HALF = "Constant_050"
FAMILY = ("MADDPG", "MATD3", "MASAC", "M3DDPG")
NOT_LEARNED = ("Constant_035", "Constant_050", "Constant_075", "TitForTat", "Random")


def half_above_every_learner(evidence: Evidence) -> Decision:
    """I01: the mean of a constant of 50 %, recomputed, against the published means of learners."""
    half = _half(evidence)
    if half.empty:
        return Decision("not testable", "This run has no environment of the first study.")
    table = published("withdrawn_ranking_10_envs").set_index("algorithm")["mean_return"]
    learners = table.drop(list(NOT_LEARNED))
    if len(half) < ENVIRONMENTS:
        reason = f"This run has {len(half)} of the ten environments, which the means are over."
        return Decision("inconclusive", reason, "", "reference")
    mean = float(half.mean())
    above = int((mean > learners).sum())
    best = learners.idxmax()
    estimate = f"constant {mean:,.0f}, {best} {learners[best]:,.0f}"
    reason = (
        f"Recomputed, a constant of 50 % returns {mean:,.0f} on average (published "
        f"{table[HALF]:,.0f}), more than {above} of {len(learners)} published means of learners; "
        f"the best, {best}, lies {100 * (1 - learners[best] / mean):.1f} % below it. The "
        "mean of MeanFieldAC is over two of the environments."
    )
    verdict = "confirmed" if above == len(learners) else "refuted"
    return Decision(verdict, reason, estimate, "reference")


def half_beats_isac(evidence: Evidence) -> Decision:
    """I02: the same constant against the published returns of ISAC, by environment."""
    half = _half(evidence)
    table = published("withdrawn_ranking_per_environment")
    isac = table[table["algorithm"] == "ISAC"].set_index("environment")["mean_return"]
    common = [name for name in isac.index if name in half.index]
    if not common:
        return Decision("not testable", "This run has no environment of the first study.")
    gaps = 100 * (half[common] / isac[common] - 1)
    beaten = int((gaps > 0).sum())
    estimate = f"{beaten} of {len(common)}, by {gaps.min():+.1f} to {gaps.max():+.1f} %"
    reason = (
        f"Recomputed, a constant of 50 % returns more than the published ISAC on {beaten} of "
        f"{len(common)} environments ({gaps.min():+.1f} to {gaps.max():+.1f} %; the claim names "
        f"{ENVIRONMENTS}). On SynergySearch-v0 it is a mean over draws."
    )
    if beaten < len(common):
        return Decision("refuted", reason, estimate, "reference")
    verdict = "confirmed" if len(common) == ENVIRONMENTS else "inconclusive"
    return Decision(verdict, reason, estimate, "reference")


def trust_and_return_correlate(evidence: Evidence) -> Decision:
    """I03: the pooled correlation beside those within environments."""
    runs = corrected(evidence, "integrated")
    runs = runs[runs["environment"].isin(_names()) & (runs["status"] == "finished")]
    pairs = runs.groupby("environment")[["trust", "training_return"]]
    within = [r for _, part in pairs if not np.isnan(r := _correlation(part))]
    if not within:
        return not_trained("Learners that end with different trust", "one of the ten environments")
    pooled = _correlation(runs)
    reason = (
        f"Corrected learners, {len(runs)} runs on {runs['environment'].nunique()} of "
        f"{ENVIRONMENTS} environments at {steps_of(runs)}: pooled r = {pooled:.2f}, within "
        f"environments {np.median(within):.2f} in the median. Returns of different environments "
        "have different scales, so a pooled correlation mixes both."
    )
    return examined(reason, f"pooled r = {pooled:.2f}")


def four_learners_are_alike(evidence: Evidence) -> Decision:
    """I04: range over mean of four learners, in every table that has them."""
    first = published("withdrawn_ranking_10_envs").set_index("algorithm")["mean_return"]
    later = published("ranking_integrated_by_tier").set_index(["tier", "algorithm"])["mean_return"]
    family = list(FAMILY)
    ranges = [f"{_range(later[group][family]):.0f} % on {group}" for group in ("TR-1", "TR-2")]
    aside = (
        f"The published means differ by {_range(first[family]):.3f} % in the first study and "
        f"by {' and '.join(ranges)} in the later one."
    )
    runs = corrected(evidence, "integrated")
    runs = runs[runs["environment"].isin(_names()) & (runs["status"] == "finished")]
    wide = runs[runs["policy"].isin(FAMILY)].pivot_table(
        index="environment", columns="policy", values="training_return"
    )
    wide = wide.dropna()
    if set(wide) != set(FAMILY) or wide.empty:
        found = not_trained("The four learners", "one of the ten environments")
        return Decision(found.verdict, f"{found.reason} {aside}")
    spread = _range(wide.mean())
    reason = (
        f"{aside} Corrected, their means over {len(wide)} of {ENVIRONMENTS} environments differ by "
        f"{spread:.1f} %, at {steps_of(runs)}."
    )
    return examined(reason, f"corrected {spread:.1f} %")


def random_beats_ippo(evidence: Evidence) -> Decision:
    """I05: Random against IPPO as published, by environment."""
    runs = as_published(evidence, "IPPO", mode="integrated")
    learned = runs[runs["environment"].isin(_names())].groupby("environment")
    learned = learned["training_return"].mean()
    rows = _integrated(evidence)
    random = rows[rows["policy"] == "Random"].set_index("environment")["mode_return"]
    common = [name for name in learned.index if name in random.index]
    if not common:
        return not_trained("IPPO as published", "one of the ten environments")
    lower = int((learned[common] < random[common]).sum())
    steps = int(runs["steps_planned"].min())
    estimate = f"Random above it on {lower} of {len(common)}"
    reason = (
        f"{estimate} environments of this run (the claim: 9 of {ENVIRONMENTS}), at {steps:,} of "
        "500,000 or 1,000,000 steps per run."
    )
    if len(common) < ENVIRONMENTS or steps < SMALLEST_PUBLISHED_BUDGET:
        return Decision("inconclusive", reason, estimate, "as_published")
    verdict = "confirmed" if lower >= 9 else "refuted"
    return Decision(verdict, reason, estimate, "as_published")


def _names() -> tuple[str, ...]:
    return environments_of("TR-1") + environments_of("TR-2")


def _integrated(evidence: Evidence) -> pd.DataFrame:
    rows = evidence.reference
    return rows[
        (rows["edition"] == "v0")
        & (rows["reward_mode"] == "integrated")
        & (rows["action_basis"] == "own")
    ]


def _half(evidence: Evidence) -> pd.Series:
    """Return of the released constant of 50 %, by environment with edition.

    Its shares are of the largest endowment, which is another policy where endowments differ.
    """
    rows = evidence.reference
    rows = rows[(rows["edition"] == "v0") & (rows["reward_mode"] == "integrated")]
    rows = rows[(rows["level"] == 50) & rows["environment"].isin(_names())]
    found = rows.sort_values("action_basis").groupby("environment")["mode_return"].first()
    return found.rename(lambda name: f"{name}-v0")


def _correlation(runs: pd.DataFrame) -> float:
    if runs["trust"].nunique() < 2 or runs["training_return"].nunique() < 2:
        return float("nan")
    return float(np.corrcoef(runs["trust"], runs["training_return"])[0, 1])


def _range(values: pd.Series) -> float:
    """Range in % of the mean."""
    return float(100 * (values.max() - values.min()) / values.mean())
