"""Our own findings on learners: what decides their results, and what they are worth."""

from __future__ import annotations

import pandas as pd

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from ..selection import CELL
from ..statistics import iqm_interval, normalised, reference_scales
from .learning import CLASS_SIZE, covers_all_classes

# Joint controller -> independent learners of the same algorithm.
PAIRS = {"Central_PPO": "IPPO", "Central_A2C": "IA2C", "Central_SAC": "ISAC"}
EDITIONS = {"v0": "released", "v1": "formal"}
# Published controllers whose library does not rescale actions, and the one whose library does.
UNSCALED, SCALED = ("Central_PPO", "Central_A2C"), "Central_SAC"
AT_ZERO, AWAY = 0.05, 0.25
Interval = tuple[float, float, float]


def joint_control_effect(evidence: Evidence) -> Decision:
    """N05: joint controllers less independent learners of the same algorithm, private reward."""
    runs = _corrected(evidence)
    runs = runs[runs["reward_mode"] == "private"]
    joint = _pooled(runs[runs["policy"].isin(PAIRS)], runs["policy"])
    alone = runs[runs["policy"].isin(PAIRS.values())]
    names = {independent: controller for controller, independent in PAIRS.items()}
    alone = _pooled(alone, alone["policy"].map(names))
    joint, alone = _common(joint, alone)
    found: dict[str, Interval] = {}
    for edition in EDITIONS:
        parts = [part[part["edition"] == edition] for part in (joint, alone)]
        if len(parts[0]):
            found[edition] = iqm_interval(
                parts[0], baseline=parts[1], repetitions=evidence.repetitions
            )
    if "v1" not in found:
        return Decision(
            "not testable",
            "No joint controller and independent learner of one algorithm trained with the same "
            "seeds and budget on a formal environment.",
        )
    formal = joint[joint["edition"] == "v1"]
    difference, low, high = found["v1"]
    reason = (
        f"Joint less independent in score, private reward, corrected: {_by_edition(found)}; over "
        f"{len(formal[['environment', 'edition']].drop_duplicates())} pairs of algorithm and "
        f"environment in the formal edition, {int(formal['steps_planned'].max()):,} steps per run. "
        "The controller is paid the sum of the private rewards, so it plays no game."
    )
    verdict = "inconclusive"
    if covers_all_classes(formal):
        verdict = "confirmed" if low > 0 else "refuted" if high < 0 else "inconclusive"
    return Decision(verdict, reason, f"{difference:+.2f} in score", "corrected", (low, high))


def action_units_at_the_start(evidence: Evidence) -> Decision:
    """N06: where the published controllers start, against nobody contributing."""
    runs = evidence.scores
    runs = runs[
        (runs["edition"] == "v0")
        & (runs["protocol"] == "as_published")
        & runs["policy"].isin([*UNSCALED, SCALED])
        & runs["untrained_score"].notna()
    ]
    zero = _score_of_zero(evidence)
    start = runs.groupby(["policy", "environment", "mechanism_class"])["untrained_score"].mean()
    start = start.reset_index()
    start["above"] = start["untrained_score"] - start["environment"].map(zero)
    start = start.dropna(subset="above")
    missing = {*UNSCALED, SCALED} - set(start["policy"])
    if missing:
        return Decision(
            "not testable",
            f"Not trained as published in this run: {', '.join(sorted(missing))}.",
        )
    unscaled = start[start["policy"].isin(UNSCALED)]["above"]
    scaled = start[start["policy"] == SCALED]["above"]
    estimate = f"PPO and A2C {unscaled.mean():+.2f}, SAC {scaled.mean():+.2f} in score"
    reason = (
        f"Score before training less that of contributing nothing: PPO and A2C "
        f"{unscaled.min():+.2f} to {unscaled.max():+.2f}, SAC {scaled.min():+.2f} to "
        f"{scaled.max():+.2f}, over {start['environment'].nunique()} released environments."
    )
    if (unscaled.abs() > AT_ZERO).any() or (scaled < AWAY).any():
        return Decision("refuted", reason, estimate, "as_published")
    whole = all(covers_all_classes(part) for _, part in start.groupby("policy"))
    return Decision("confirmed" if whole else "inconclusive", reason, estimate, "as_published")


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
        f"{int(runs['steps_planned'].min()):,} steps per run."
    )
    if found:
        names = ", ".join(sorted(set(parts["v0"].loc[above["v0"], "environment"])))
        return Decision("refuted", f"{reason} Released ones: {names}.", estimate, "both")
    complete = parts["v0"]["environment"].nunique() == CLASS_SIZE * len(CLASSES)
    return Decision("confirmed" if complete else "inconclusive", reason, estimate, "both")


def reward_changes_welfare(evidence: Evidence) -> Decision:
    """N09: scores by reward trained on, paired by learner, environment and seed."""
    runs = _corrected(evidence)
    runs = _pooled(runs[runs["paradigm"] != "joint"], runs["policy"])
    found: dict[str, dict[str, Interval]] = {edition: {} for edition in EDITIONS}
    for edition in EDITIONS:
        part = runs[runs["edition"] == edition]
        wide = part.pivot(
            index=["environment", "edition", "seed"], columns="reward_mode", values="score"
        )
        for mode in ("integrated", "cooperative"):
            if not {mode, "private"} <= set(wide):
                continue
            gain = (wide[mode] - wide["private"]).rename("score").dropna().reset_index()
            gain = _balanced(gain.assign(reward_mode=mode))
            if len(gain):
                found[edition][mode] = iqm_interval(gain, repetitions=evidence.repetitions)
    formal = runs[runs["edition"] == "v1"]
    if "cooperative" not in found["v1"]:
        return Decision(
            "not testable",
            "No learner with a reward of its own trained under private and cooperative reward on a "
            "formal environment.",
        )
    said = [
        f"{mode} {_by_edition(values)}"
        for mode in ("cooperative", "integrated")
        if (values := {e: modes[mode] for e, modes in found.items() if mode in modes})
    ]
    difference, low, high = found["v1"]["cooperative"]
    reason = (
        f"Score, which is in payoffs, less that of the same learner, environment and seed under "
        f"private reward (interquartile mean): {'; '.join(said)}. Joint controllers are left out, "
        f"which are paid a sum in any mode. {int(formal['steps_planned'].max()):,} steps per run."
    )
    verdict = "inconclusive"
    if covers_all_classes(formal):
        verdict = "confirmed" if low > 0 else "refuted" if high < 0 else "inconclusive"
    return Decision(verdict, reason, f"{difference:+.2f} in score", "corrected", (low, high))


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


def _pooled(runs: pd.DataFrame, label: pd.Series) -> pd.DataFrame:
    """The runs with the label in the name of the environment, so that learners can be pooled."""
    return runs.assign(environment=runs["environment"] + " " + label.reindex(runs.index))


def _common(joint: pd.DataFrame, alone: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs that both have, with the same seeds and budget, in cells with all of the seeds."""
    keys = [*CELL, "seed", "steps_planned"]
    both = joint[keys].merge(alone[keys])
    both = _balanced(both)
    first, second = (part.merge(both, on=keys) for part in (joint, alone))
    return first, second


def _balanced(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of cells that have every seed of their edition."""
    seeds = rows.groupby("edition")["seed"].transform("nunique")
    return rows[rows.groupby(CELL)["seed"].transform("nunique") == seeds]


def _by_edition(found: dict[str, Interval]) -> str:
    return ", ".join(
        f"{EDITIONS[edition]} edition {value:+.2f} [{low:.2f}, {high:.2f}]"
        for edition, (value, low, high) in found.items()
    )


def _score_of_zero(evidence: Evidence) -> pd.Series:
    """Score of contributing nothing, by released environment."""
    rows = evidence.reference
    rows = rows[(rows["edition"] == "v0") & (rows["level"] == 0)]
    rows = rows[rows["action_basis"] == "own"].drop_duplicates("environment")
    scales = reference_scales(evidence.certificates)
    found = rows.merge(scales, on=CELL, how="inner")
    return normalised(found, "welfare").set_axis(found["environment"])
