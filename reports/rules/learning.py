"""Rules that trained runs decide."""

from __future__ import annotations

import pandas as pd

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from ..selection import named
from ..statistics import CELL, best_constants, interquartile_mean, iqm_interval, normalised
from .members import steps_of

CLASS_SIZE = 5
SMALLEST_PUBLISHED_BUDGET = 500_000


def covers_all_classes(runs: pd.DataFrame) -> bool:
    """Whether runs are on environments of every mechanism class."""
    return set(runs["mechanism_class"]) == set(CLASSES)


def covers_all_environments(runs: pd.DataFrame) -> bool:
    """Whether runs, which are of one edition, are on all twenty environments."""
    return runs["environment"].nunique() == CLASS_SIZE * len(CLASSES)


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
        & (evidence.reference["action_basis"] == "own")
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


def protocol_effect(evidence: Evidence) -> Decision:
    """N02: corrected minus as_published, the same algorithm and budget, where both are defined."""
    runs = evidence.scores
    runs = runs[
        (runs["policy"] == "Central_PPO")
        & (runs["reward_mode"] == "integrated")
        & (runs["edition"] == "v0")
        & runs["score"].notna()
    ]
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
        f"Score {levels['as_published']:.2f} as published, {levels['corrected']:.2f} corrected"
        f"{_beside_constants(evidence, runs)}; the difference is positive on "
        f"{int((gains > 0).sum())} of {len(gains)} environments. Before any training the "
        f"scores are {start['as_published']:.2f} and {start['corrected']:.2f}. Budget: "
        f"{steps_of(runs)}."
    )
    if not finished.all():
        reason += f" {(~finished).sum()} of {len(runs)} runs did not finish and count as 0."
    verdict = "inconclusive"
    if not covers_all_classes(runs):
        reason += " Some mechanism classes are missing."
    elif low > 0 and (gains > 0).all():
        verdict = "confirmed"
    elif high < 0 and gains.notna().all():
        verdict = "refuted"
    return Decision(verdict, reason, f"{difference:.2f} in score", "both", (low, high))


def _beside_constants(evidence: Evidence, runs: pd.DataFrame) -> str:
    """Mean score of the best constants on the environments of the runs, in words."""
    best = best_constants(evidence.reference).drop_duplicates("environment")
    scales = named(runs).drop_duplicates("name").set_index("name")
    score = normalised(
        scales.assign(best=best.set_index("environment")["welfare"]).dropna(subset="best"), "best"
    ).mean()
    return "" if pd.isna(score) else f", {score:.2f} the best constants on average"
