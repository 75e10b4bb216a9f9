"""Our own findings on learners: what decides their results, and what they are worth."""

from __future__ import annotations

import pandas as pd

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from ..experiments import untrained
from ..selection import CELL
from ..statistics import iqm_interval
from .learning import CLASS_SIZE, covers_all_classes, covers_all_environments
from .members import steps_of

# Joint controller -> independent learners of the same algorithm.
PAIRS = {"Central_PPO": "IPPO", "Central_A2C": "IA2C", "Central_SAC": "ISAC"}
EDITIONS = {"v0": "released", "v1": "formal"}
# Published controllers whose library does not rescale actions, and the one whose library does.
UNSCALED, SCALED = ("Central_PPO", "Central_A2C"), "Central_SAC"
# Shares of the endowment that count as none and as some, and an early end of an episode, in steps.
NOTHING, SOMETHING, SHORT = 0.01, 0.05, 10
# What the runs of a pair share.
PAIRED = [*CELL, "policy", "seed", "steps_planned"]
Interval = tuple[float, float, float]


def joint_control_effect(evidence: Evidence) -> Decision:
    """N05: joint controllers less independent learners of the same algorithm, private reward."""
    runs = _corrected(evidence)
    runs = runs[runs["reward_mode"] == "private"]
    names = {independent: controller for controller, independent in PAIRS.items()}
    alone = runs[runs["policy"].isin(PAIRS.values())]
    pairs = _gains(
        runs[runs["policy"].isin(PAIRS)], alone.assign(policy=alone["policy"].map(names))
    )
    found = _by_edition(pairs, evidence.repetitions)
    if "v1" not in found:
        return Decision(
            "not testable",
            "No joint controller and independent learner of one algorithm trained with the same "
            "seeds and budget on a formal environment.",
        )
    formal = pairs[pairs["edition"] == "v1"]
    reason = (
        f"Joint less independent in score, private reward, corrected: {_said(found)}; "
        f"{_counted(formal, 'algorithm')}. The controller is paid the sum of the private rewards, "
        "so it plays no game."
    )
    return _decided(formal, found["v1"], reason)


def action_units_at_the_start(evidence: Evidence) -> Decision:
    """N06: what the published controllers contribute before any training."""
    starts = untrained(evidence.threat_experiments)
    if starts.empty:
        return Decision("not testable", "No untrained controller was played in this run.")
    starts = starts[starts["protocol"] == "as_published"]
    unscaled = starts[starts["policy"].isin(UNSCALED)]
    scaled = starts[starts["policy"] == SCALED]
    estimate = (
        f"PPO and A2C at most {100 * unscaled['share'].max():.2f} %, SAC "
        f"{100 * scaled['share'].min():.0f} to {100 * scaled['share'].max():.0f} % of the endowment"
    )
    reason = (
        f"With {starts['seed'].nunique()} seeds on each of {starts['environment'].nunique()} "
        f"released environments, before training: {estimate}. What SAC contributes pays only where "
        f"it is enough: {int((scaled['length'] < SHORT).sum())} of its {len(scaled)} episodes end "
        f"within {SHORT} steps, as do {int((unscaled['length'] < SHORT).sum())} of {len(unscaled)} "
        "of the others."
    )
    holds = (unscaled["share"] <= NOTHING).all() and (scaled["share"] >= SOMETHING).all()
    return Decision("confirmed" if holds else "refuted", reason, estimate, "experiment")


def own_units_raise_the_score(evidence: Evidence) -> Decision:
    """N14: what acting in own units alone adds to the published PPO, by environment."""
    rows = evidence.ablations
    rows = rows[(rows["step"] == "actions") & rows["effect"].notna()]
    if rows.empty:
        reason = "The chain of single changes was not trained on an environment with a scale."
        return Decision("not testable", reason)
    said = [
        f"{row.environment}-v0 {row.effect:+.2f}"
        + (f" [{row.effect_low:.2f}, {row.effect_high:.2f}]" if row.seeds > 1 else "")
        for row in rows.itertuples()
    ]
    reason = (
        f"Acting in units of the own endowment, with no other change, adds in score: "
        f"{'; '.join(said)}; {int(rows['seeds'].min())} seeds, {int(rows['steps'].max()):,} steps "
        "per run."
    )
    verdict = "inconclusive"
    if not covers_all_classes(rows):
        reason += " Some mechanism classes are missing."
    elif (rows["effect_low"] > 0).all():
        verdict = "confirmed"
    elif (rows["effect_high"] < 0).any():
        verdict = "refuted"
    low, high = rows["effect"].min(), rows["effect"].max()
    estimate = f"{low:+.2f} to {high:+.2f} in score" if len(rows) > 1 else f"{low:+.2f} in score"
    return Decision(verdict, reason, estimate, "ablations")


def learners_against_best_constant(evidence: Evidence) -> Decision:
    """N07: runs that return more than the best constant in the reward that they train on."""
    runs = evidence.scores
    runs = runs[(runs["status"] == "finished") & runs["training_score"].notna()]
    parts = {edition: runs[runs["edition"] == edition] for edition in EDITIONS}
    if parts["v0"].empty:
        return Decision("not testable", "No learner trained on a released environment in this run.")
    above = {edition: part["training_score"] > 1 for edition, part in parts.items()}
    said = [
        f"{EDITIONS[edition]} edition {int(above[edition].sum())} of {len(part)} runs "
        f"({part['environment'].nunique()} environments)"
        for edition, part in parts.items()
        if len(part)
    ]
    found = int(above["v0"].sum())
    estimate = "; ".join(said)
    reason = (
        f"Above the best of 101 constants in the return of the mode trained on: {estimate}, "
        f"{steps_of(runs)}."
    )
    if found:
        names = ", ".join(sorted(set(parts["v0"].loc[above["v0"], "environment"])))
        return Decision("refuted", f"{reason} Released ones: {names}.", estimate, "both")
    complete = covers_all_environments(parts["v0"])
    return Decision("confirmed" if complete else "inconclusive", reason, estimate, "both")


def reward_changes_welfare(evidence: Evidence) -> Decision:
    """N09: scores by reward trained on, paired by learner, environment and seed."""
    runs = _corrected(evidence)
    modes = dict(list(runs[runs["paradigm"] != "joint"].groupby("reward_mode")))
    pairs = {
        mode: _gains(modes[mode], modes["private"])
        for mode in ("cooperative", "integrated")
        if {mode, "private"} <= set(modes)
    }
    found = {mode: _by_edition(part, evidence.repetitions) for mode, part in pairs.items()}
    if "v1" not in found.get("cooperative", {}):
        return Decision(
            "not testable",
            "No learner with a reward of its own trained under private and cooperative reward on a "
            "formal environment.",
        )
    formal = pairs["cooperative"]
    formal = formal[formal["edition"] == "v1"]
    said = "; ".join(f"{mode} {_said(values)}" for mode, values in found.items() if values)
    reason = (
        "Score, which is in payoffs, less that of the same learner, environment and seed under "
        f"private reward: {said}; {_counted(formal, 'learner')}. Joint controllers are left out, "
        "which are paid a sum in any mode."
    )
    return _decided(formal, found["cooperative"]["v1"], reason)


def _corrected(evidence: Evidence) -> pd.DataFrame:
    """Corrected runs that have a score; those that broke down have 0."""
    runs = evidence.scores
    return runs[
        (runs["protocol"] == "corrected")
        & (runs["status"] != "excluded")
        & runs["score"].notna()
        & ~runs["policy"].isin(_never_finished(runs))
    ]


def _never_finished(runs: pd.DataFrame) -> set[str]:
    """Learners without any finished run, whose zeros say nothing of them."""
    return set(runs["policy"]) - set(runs.loc[runs["status"] == "finished", "policy"])


def _gains(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """What runs score above others of the same learner, environment, seed and budget.

    A learner that lacks a seed of its edition on an environment is left out there.
    """
    pairs = one.merge(other, on=PAIRED, suffixes=("", "_other"))
    pairs = pairs.assign(score=pairs["score"] - pairs["score_other"])
    seeds = pairs.groupby("edition")["seed"].transform("nunique")
    return pairs[pairs.groupby([*CELL, "policy"])["seed"].transform("nunique") == seeds]


def _by_edition(pairs: pd.DataFrame, repetitions: int) -> dict[str, Interval]:
    """Interquartile mean of gains, which are averaged over the learners of an environment first.

    So every environment counts once, however many learners it has.
    """
    means = pairs.groupby([*CELL, "seed"], as_index=False)["score"].mean().assign(reward_mode="")
    return {
        edition: iqm_interval(part, repetitions=repetitions)
        for edition in EDITIONS
        if len(part := means[means["edition"] == edition])
    }


def _decided(formal: pd.DataFrame, found: Interval, reason: str) -> Decision:
    """A verdict on a gain in the formal edition, which only all of its environments decide."""
    difference, low, high = found
    verdict = "inconclusive"
    if covers_all_environments(formal):
        verdict = "confirmed" if low > 0 else "refuted" if high < 0 else "inconclusive"
    return Decision(verdict, reason, f"{difference:+.2f} in score", "corrected", (low, high))


def _counted(formal: pd.DataFrame, noun: str) -> str:
    """How much of the formal edition a gain is of."""
    learners = formal["policy"].nunique()
    return (
        f"{formal['environment'].nunique()} of {CLASS_SIZE * len(CLASSES)} formal environments, "
        f"{learners} {noun}{'s' if learners > 1 else ''}, "
        f"{steps_of(formal)}"
    )


def _said(found: dict[str, Interval]) -> str:
    return ", ".join(
        f"{EDITIONS[edition]} edition {value:+.2f} [{low:.2f}, {high:.2f}]"
        for edition, (value, low, high) in found.items()
    )
