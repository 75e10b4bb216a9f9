"""Verdicts: each claim of `claims.yaml` is decided by one function of the results.

A verdict never outruns its data: what is missing makes a claim `not testable` or `inconclusive`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from .columns import CLASSES
from .statistics import (
    CELL,
    IDENTITY_TOLERANCE,
    best_constants,
    interquartile_mean,
    iqm_interval,
)

HERE = Path(__file__).parent
CLASS_SIZE = 5
SMALLEST_PUBLISHED_BUDGET = 500_000


@dataclass(frozen=True)
class Evidence:
    """Tables that a verdict may look at.

    Attributes:
        reference: constants and Random (schema `reference`).
        scores: trained runs (schema `scores`), possibly empty.
        identity: schema `identity`.
        repetitions: bootstrap repetitions.
    """

    reference: pd.DataFrame
    scores: pd.DataFrame
    identity: pd.DataFrame
    repetitions: int


@dataclass(frozen=True)
class Decision:
    """What one rule says: see the table `claims` for the meaning of each part."""

    verdict: str
    reason: str
    estimate: str = ""
    decided_by: str = ""
    interval: tuple[float, float] = field(default=(float("nan"), float("nan")))


def load_claims() -> list[dict[str, Any]]:
    """The claims, in order.

    Raises:
        ValueError: a claim names a rule that does not exist, or an id occurs twice.
    """
    claims = yaml.safe_load((HERE / "claims.yaml").read_text(encoding="utf-8"))
    ids = [claim["id"] for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError("claims.yaml: an id occurs twice")
    for claim in claims:
        if claim["decide"] not in RULES:
            raise ValueError(f"claim {claim['id']}: no rule {claim['decide']!r} in verdicts.py")
    return claims


def decide(evidence: Evidence) -> list[dict[str, Any]]:
    """Rows of the table `claims`: every claim with its verdict."""
    rows = []
    for claim in load_claims():
        decision = RULES[claim["decide"]](evidence)
        rows.append(
            {
                "claim_id": claim["id"],
                **{k: claim[k] for k in ("group", "statement", "source", "published")},
                "verdict": decision.verdict,
                "estimate": decision.estimate,
                "low": decision.interval[0],
                "high": decision.interval[1],
                "decided_by": decision.decided_by,
                "reason": decision.reason,
                "rule": claim["rule"],
                "figure": claim["figure"],
            }
        )
    return rows


def published(name: str) -> pd.DataFrame:
    """A table of published figures, with its source in each row."""
    return pd.read_csv(HERE / "published" / f"{name}.csv")


def published_isac_above_constants(evidence: Evidence) -> Decision:
    """B02: the published ISAC return against the best of 101 constants."""
    isac = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    best = best_constants(evidence.reference)
    best = best[best["reward_mode"] == "integrated"].set_index("environment")
    common = [name for name in isac.index if name in best.index]
    if not common:
        return Decision(
            "not testable", "No TR-3 environment of the released edition is in this run."
        )
    gaps = {name: isac[name] / best["return"][name] - 1 for name in common}
    below = [name for name in common if gaps[name] < 0]
    worst = min(common, key=lambda name: gaps[name])
    estimate = (
        f"{worst}: {best['return'][worst]:,.0f} at level {best['level'][worst]} %, "
        f"ISAC {isac[worst]:,.0f} ({100 * gaps[worst]:+.1f} %)"
    )
    seen = f"{len(common)} TR-3 environments in this run (the claim names {len(isac)})"
    if below:
        reason = (
            f"A constant policy exceeds the published ISAC return on {len(below)} of {seen}; "
            f"on {worst} the constant of {best['level'][worst]} % returns "
            f"{best['return'][worst]:,.0f}, the published ISAC {isac[worst]:,.0f}."
        )
        return Decision("refuted", reason, estimate, "reference")
    verdict = "confirmed" if len(common) == len(isac) else "inconclusive"
    return Decision(verdict, f"ISAC exceeds every constant on {seen}.", estimate, "reference")


def published_ippo_below_random(evidence: Evidence) -> Decision:
    """A11: the published IPPO against Random, class by class."""
    runs = evidence.scores
    runs = runs[
        (runs["policy"] == "Central_PPO")
        & (runs["reward_mode"] == "integrated")
        & (runs["edition"] == "v0")
        & (runs["status"] == "finished")
    ]
    if runs.empty:
        return Decision("not testable", "No run of Central_PPO under integrated reward finished.")
    random = evidence.reference[
        (evidence.reference["policy"] == "Random")
        & (evidence.reference["reward_mode"] == "integrated")
        & (evidence.reference["edition"] == "v0")
    ].set_index("environment")["mode_return"]
    returns = runs.pivot_table(
        index=["mechanism_class", "environment"], columns="protocol", values="training_return"
    )
    if "as_published" not in returns:
        return Decision("not testable", "No run of the protocol as_published finished.")
    names = returns.index.get_level_values("environment")
    returns["Random"] = random.reindex(names).to_numpy()
    below = {
        protocol: int((returns[protocol] < returns["Random"]).sum())
        for protocol in ("as_published", "corrected")
        if protocol in returns
    }
    estimate = "; ".join(
        f"{protocol} below Random on {count} of {len(names)}" for protocol, count in below.items()
    )
    sizes = returns.dropna().groupby("mechanism_class").size()
    complete = all(sizes.get(c, 0) == CLASS_SIZE for c in CLASSES)
    steps = int(runs["steps_planned"].min())
    decided_by = "both" if "corrected" in below else "as_published"
    if not complete or steps < SMALLEST_PUBLISHED_BUDGET or "corrected" not in below:
        reason = (
            f"The direction is as published ({estimate}), but this run has {len(names)} of 20 "
            f"environments and {steps:,} of 500,000 or 1,000,000 training steps."
            if below["as_published"] == len(names)
            else f"Not on every environment of this run ({estimate}), which is incomplete."
        )
        return Decision("inconclusive", reason, estimate, decided_by)
    means = returns.groupby("mechanism_class").mean()
    holds = (means["as_published"] < means["Random"]).all()
    only = (means["corrected"] >= means["Random"]).all()
    verdict = "refuted" if not holds else "confirmed" if only else "inconclusive"
    return Decision(verdict, f"Class means over 20 environments: {estimate}.", estimate, "both")


def integrated_equals_cooperative(evidence: Evidence) -> Decision:
    """N01: summed returns of constants under the two other-regarding modes."""
    rows = evidence.identity[evidence.identity["policy_set"] == "101 constants"]
    if rows.empty:
        return Decision("not testable", "No constant policy was evaluated in this run.")
    largest = rows["max_relative_difference"].max()
    estimate = f"largest relative difference {largest:.1e} over {101 * len(rows)} policies"
    random = evidence.identity[evidence.identity["policy_set"] == "Random"]
    aside = (
        ""
        if random.empty
        else f" Under Random, whose agents act differently, the difference is at most "
        f"{random['max_relative_difference'].max():.1e}."
    )
    if largest < IDENTITY_TOLERANCE:
        reason = (
            f"On {len(rows)} environments the summed returns of {101 * len(rows)} constants "
            f"differ by at most {largest:.1e} of their size.{aside}"
        )
        return Decision("confirmed", reason, estimate, "reference")
    names = ", ".join(rows.loc[~rows["identical"].astype(bool), "environment"])
    return Decision("refuted", f"The {estimate}; not identical on {names}.", estimate, "reference")


def protocol_effect(evidence: Evidence) -> Decision:
    """N02: corrected minus as_published, the same algorithm and budget."""
    runs = evidence.scores
    runs = runs[(runs["policy"] == "Central_PPO") & (runs["reward_mode"] == "integrated")]
    parts = dict(list(runs.groupby("protocol")))
    if set(parts) != {"as_published", "corrected"}:
        return Decision("not testable", "Both protocols of Central_PPO are needed.")
    finished = runs["status"] == "finished"
    if set(runs.loc[finished, "protocol"]) != set(parts):
        return Decision("not testable", "No run of one of the two protocols finished.")
    try:
        difference, low, high = iqm_interval(
            parts["corrected"], baseline=parts["as_published"], repetitions=evidence.repetitions
        )
    except ValueError as error:
        return Decision("inconclusive", f"Runs are missing: {error}.")
    # Without the zeros of unfinished runs, which may lie above what finished ones reach.
    scores = runs.assign(score=runs["score"].where(finished))
    means = scores.groupby([*CELL, "protocol"])["score"].mean().unstack()
    gains = means["corrected"] - means["as_published"]
    levels = {protocol: interquartile_mean(part) for protocol, part in parts.items()}
    start = {p: interquartile_mean(g, "untrained_score") for p, g in parts.items()}
    reason = (
        f"Score {levels['as_published']:.2f} as published, {levels['corrected']:.2f} corrected; "
        f"the difference is positive on {int((gains > 0).sum())} of {len(gains)} environments. "
        f"Before any training the scores are {start['as_published']:.2f} and "
        f"{start['corrected']:.2f}. Budget: {int(runs['steps_planned'].max()):,} steps per run."
    )
    if not finished.all():
        reason += f" {(~finished).sum()} of {len(runs)} runs did not finish and count as 0."
    verdict = "inconclusive"
    if low > 0 and (gains > 0).all():
        verdict = "confirmed"
    elif high < 0 and gains.notna().all():
        verdict = "refuted"
    return Decision(verdict, reason, f"{difference:.2f} in score", "both", (low, high))


RULES: dict[str, Callable[[Evidence], Decision]] = {
    rule.__name__: rule
    for rule in (
        published_isac_above_constants,
        published_ippo_below_random,
        integrated_equals_cooperative,
        protocol_effect,
    )
}
