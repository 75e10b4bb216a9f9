"""Rules on how the study was conducted: cost, determinism, episodes, seeds, equal learners."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ..columns import CLASSES, MODES
from ..evidence import Decision, Evidence
from ..sources import published
from .learning import CLASS_SIZE, SMALLEST_PUBLISHED_BUDGET
from .members import as_published, environments_of, not_trained, rebuilt, steps_of

STATED_EPISODES = 100
IMPLIED_EPISODES = 50
# Published returns are cut or rounded to whole numbers.
UNIT = 1.0
MARGIN = 0.02
HIGHEST_SPREAD = 20.0  # %


def cost_of_the_campaign(evidence: Evidence) -> Decision:
    """F04: wall times of the campaign are not released; what its figures say of each other."""
    cost = published("compute_cost")
    value = pd.to_numeric(cost["value"], errors="coerce")
    hours = value[cost["quantity"] == "training GPU time"].iloc[0]
    prices = sorted(value[cost["quantity"] == "training cost"])
    rates = " or ".join(f"{price / hours:.2f}" for price in prices)
    reason = (
        "The wall times of the campaign are not released, and its hardware is not that of this "
        f"run. The two stated prices differ by {100 * (prices[-1] / prices[0] - 1):.0f} %, more "
        "than the 10 % that the rule allows, so at most one of them can hold."
    )
    return Decision("not testable", reason, f"{rates} USD per GPU hour")


def deterministic_given_the_seed(evidence: Evidence) -> Decision:
    """F05: environments that draw, and what the released code does about their seed."""
    released = evidence.contract[evidence.contract["edition"] == "v0"]
    if released.empty:
        return Decision("not testable", "No released environment is in this run.")
    drawing = released[~released["deterministic"].astype(bool) & (released["constant_spread"] > 0)]
    if drawing.empty:
        reason = (
            f"Not one of {len(released)} released environments of this run draws anything that "
            "reaches a payoff; learners as released are not run twice."
        )
        return Decision("inconclusive", reason, "no draw found", "contract")
    names = ", ".join(f"{name}-v0" for name in drawing["environment"])
    spread = 100 * drawing["constant_spread"].max()
    reason = (
        f"{names} draws a parameter at reset. The released code draws it before the seed takes "
        "effect, and samples the actions of Random from a space without a seed, so equal seeds "
        f"give other returns. How much: the welfare of a constant varies by {spread:.1f} % "
        "(standard deviation over mean) between draws. This edition applies the seed first."
    )
    return Decision("refuted", reason, f"draws worth {spread:.1f} % on {names}", "contract")


def evaluated_on_a_hundred_episodes(evidence: Evidence) -> Decision:
    """F06: how many episodes the published means of TitForTat are made of.

    The released TitForTat starts its first episode with half of the largest endowment and plays
    all others as one, so that a mean tells the weight of the first.
    """
    stated = published("ranking_integrated_by_tier").set_index(["algorithm", "tier"])["mean_return"]
    found = []
    for group in ("TR-2", "TR-3", "TR-4"):
        means = _tit_for_tat(evidence, environments_of(group))
        if means is not None:
            fifty, hundred = means
            found.append((group, stated["TitForTat", group], fifty, hundred))
    if not found:
        return Decision("not testable", "No class of environments is complete in this run.")
    matched = [abs(fifty - value) <= UNIT for _, value, fifty, _ in found]
    kept = [abs(hundred - value) <= UNIT for *_, value, _, hundred in found]
    said = "; ".join(
        f"{group} published {value:,.0f}, {IMPLIED_EPISODES} episodes {fifty:,.0f}, "
        f"{STATED_EPISODES} episodes {hundred:,.0f}"
        for group, value, fifty, hundred in found
    )
    reason = (
        f"Class means of TitForTat, whose first episode is unlike all later ones: "
        f"{said}. TR-1 has an environment with unseeded draws and is left out."
    )
    estimate = f"{IMPLIED_EPISODES} episodes match {sum(matched)} of {len(found)} class means"
    verdict = "inconclusive"
    if all(matched) and not any(kept):
        verdict = "refuted"
    elif all(kept) and len(found) == len(CLASSES) - 1:
        verdict = "confirmed"
    return Decision(verdict, reason, estimate, "reference")


def _tit_for_tat(evidence: Evidence, names: tuple[str, ...]) -> tuple[float, float] | None:
    """Mean return over environments with 50 and with 100 episodes; None if some are missing."""
    rows = evidence.reference
    rows = rows[(rows["edition"] == "v0") & (rows["reward_mode"] == "integrated")]
    rows = rows[rows["environment"].isin(names)]
    means = rows[rows["policy"] == "TitForTat_released"].set_index("environment")["mode_return"]
    half = rows[rows["level"] == 50].sort_values("action_basis")
    # Basis `max` comes before `own`, and exists where the two differ.
    first = half.groupby("environment")["mode_return"].first().reindex(names)
    fifty = means.reindex(names)
    if first.isna().any() or fifty.isna().any():
        return None
    later = (IMPLIED_EPISODES * fifty - first) / (IMPLIED_EPISODES - 1)
    hundred = (first + (STATED_EPISODES - 1) * later) / STATED_EPISODES
    return float(fifty.mean()), float(hundred.mean())


def seeds_change_returns(evidence: Evidence) -> Decision:
    """F07: coefficient of variation over seeds of the learners as published."""
    runs = pd.concat([as_published(evidence, *rebuilt(), mode=mode) for mode in MODES])
    cells = runs.groupby(["policy", "environment", "reward_mode"])["training_return"]
    cells = cells.agg(["mean", "std", "size"])
    spread = 100 * (cells["std"] / cells["mean"].abs())[cells["size"] > 1]
    if spread.dropna().empty:
        return not_trained("Several seeds of a learner as published", "a released environment")
    policy, environment, mode = spread.idxmax()
    steps = int(runs["steps_planned"].min())
    estimate = f"up to {spread.max():.1f} %"
    reason = (
        f"Of {len(spread)} cells of the controllers as published, the largest spread over seeds is "
        f"{spread.max():.1f} % of the mean ({policy} on {environment}-v0, {mode}), the median "
        f"{spread.median():.1f} %, at {steps_of(runs)}. The pages of the first "
        "study report 41.9 % for QMIX."
    )
    if spread.max() > HIGHEST_SPREAD and steps >= SMALLEST_PUBLISHED_BUDGET:
        return Decision("refuted", reason, estimate, "as_published")
    return Decision("inconclusive", reason, estimate, "as_published")


def self_play_equals_ippo(evidence: Evidence) -> Decision:
    """A12: two names of one controller; are two groups of its runs equivalent?"""
    stated = published("ranking_integrated_by_tier").set_index(["algorithm", "tier"])["mean_return"]
    gaps = 100 * (stated["SelfPlay_PPO"] / stated["IPPO"] - 1).abs()
    aside = (
        f"Both names stand for one controller, since the stored opponent is never used; the "
        f"published means differ by {gaps.min():.1f} to {gaps.max():.1f} %."
    )
    runs = as_published(evidence, "IPPO", mode="integrated")
    widths = {}
    for group in CLASSES:
        part = runs[runs["environment"].isin(environments_of(group))]
        wide = part.pivot(index="seed", columns="environment", values="training_return")
        wide = wide.dropna()
        if wide.shape[1] == CLASS_SIZE and len(wide) > 1:
            means = wide.mean(axis=1)
            error = means.std() * np.sqrt(2 / len(means))
            half = stats.t.ppf(0.95, 2 * (len(means) - 1)) * error
            widths[group] = half / abs(means.mean())
    if not widths:
        found = not_trained("IPPO as published, with several seeds,", "all environments of a class")
        return Decision(found.verdict, f"{found.reason} {aside}")
    said = ", ".join(f"{group} ±{100 * width:.1f} %" for group, width in widths.items())
    steps = int(runs["steps_planned"].min())
    reason = (
        f"{aside} The 90 % interval of the difference of two groups of its runs (two one-sided "
        f"tests, margin {100 * MARGIN:.0f} %): {said}, at {steps_of(runs)}."
    )
    whole = len(widths) == len(CLASSES) and steps >= SMALLEST_PUBLISHED_BUDGET
    close = max(widths.values()) < MARGIN
    verdict = "confirmed" if whole and close else "inconclusive"
    return Decision(verdict, reason, said, "as_published")
