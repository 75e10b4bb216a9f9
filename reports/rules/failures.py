"""Rules on runs that end without a finite return, or jump on their way."""

from __future__ import annotations

import pandas as pd

from ..breakdowns import PEAK_OVER_MEDIAN, peak_over_median
from ..columns import MODES
from ..evidence import Decision, Evidence
from ..experiments import half_precision
from ..sources import published
from .members import corrected, environments_of, examined, not_trained

DDPG_FAMILY = ("MADDPG", "MATD3", "M3DDPG")
SEEDS = 7
PUBLISHED_SHARE = 100 * 41 / 600
# Where M3DDPG is said to fail now and then.
SPORADIC: tuple[str, ...] = ("ReputationMarket", "AppleAppStore", "GiftExchange")
SPORADIC += ("GraduatedSanction", "ReciprocalDilemma")
PRECISION = "Corrected learners compute in single precision with scaled rewards"


def ddpg_fails_on_apache(evidence: Evidence) -> Decision:
    """D01: how the corrected DDPG family ends on ApacheProject, and one released update."""
    tried = _one_update(evidence)
    runs = _runs(evidence, DDPG_FAMILY, ("ApacheProject",))
    if runs.empty:
        found = not_trained("MADDPG, MATD3 and M3DDPG", "ApacheProject-v0")
        return Decision(found.verdict, found.reason + tried)
    said = [
        f"{mode} {int((part['status'] == 'diverged').sum())} of {len(part)}"
        for mode, part in runs.groupby("reward_mode")
    ]
    estimate = f"diverged: {', '.join(said)}"
    reason = (
        f"{PRECISION}; of their runs on ApacheProject-v0 diverged: {', '.join(said)}. The released "
        "code of these three learners alone computes in half precision without scaled gradients, "
        f"and rewards differ by a factor of about 20 between the modes.{tried}"
    )
    return examined(reason, estimate)


def _one_update(evidence: Evidence) -> str:
    """What one update makes of the released critic, in a sentence; none without the experiment."""
    updates = half_precision(evidence.threat_experiments)
    if updates.empty:
        return ""
    broken = updates[updates["weights finite"] == 0]
    kinds = zip(broken["number_format"], broken["reward_mode"], strict=True)
    cases = " and ".join(f"{kind} precision, {mode} reward" for kind, mode in kinds)
    return (
        " One update of their released critic on its rewards leaves weights that are not finite in "
        f"{len(broken)} of {len(updates)} cases{f': {cases}' if cases else ''}."
    )


def masac_and_lola_finish_on_apache(evidence: Evidence) -> Decision:
    """D02: the same of two learners in single precision."""
    runs = _runs(evidence, ("MASAC", "LOLA"), ("ApacheProject",))
    if runs.empty:
        return not_trained("MASAC and LOLA", "ApacheProject-v0")
    finished = int((runs["status"] == "finished").sum())
    estimate = f"{finished} of {len(runs)} finished"
    missing = sorted(set(MODES) - set(runs["reward_mode"]))
    reason = f"Of the corrected runs on ApacheProject-v0 {estimate}."
    if missing:
        reason += f" Not trained: {', '.join(missing)}."
    return examined(reason, estimate)


def records_without_a_return(evidence: Evidence) -> Decision:
    """D03: the published total against what other sentences imply; the records are not released."""
    cells = published("nan_cells")
    total = int(cells.loc[cells["algorithm"] == "(total)", "n_nan"].iloc[0])
    parts = cells[cells["fold"].isin(["99-105", "99-103"]) & (cells["algorithm"] != "(total)")]
    summed = int(parts["n_nan"].sum())
    apache = cells[
        (cells["environment"] == "ApacheProject-v0")
        & cells["algorithm"].isin(DDPG_FAMILY)
        & (cells["n_nan"] == cells["n_total"])
        & (cells["reward_mode"] == "integrated")
    ]
    implied = summed + len(apache) * SEEDS
    estimate = f"at least {implied} by the other sentences"
    reason = (
        f"The parts add up to {summed}, and the total is {total}, but by D01 {len(apache)} "
        f"learners fail on every seed under integrated reward too, which the parts leave out: "
        f"{len(apache)} × {SEEDS} = {len(apache) * SEEDS} more. The records are not released, so "
        "neither sentence can be counted."
    )
    return Decision("inconclusive", reason, estimate, "published")


def sporadic_failures(evidence: Evidence) -> Decision:
    """D04: diverged runs of M3DDPG on five environments, and of MADDPG on LoyaltyTeam."""
    runs = pd.concat(
        [
            _runs(evidence, ("M3DDPG",), SPORADIC),
            _runs(evidence, ("MADDPG",), ("LoyaltyTeam",)),
        ]
    )
    if runs.empty:
        return not_trained("M3DDPG and MADDPG", "the environments of the claim")
    diverged = int((runs["status"] == "diverged").sum())
    estimate = f"{diverged} of {len(runs)} diverged"
    cells = runs[["policy", "environment"]].drop_duplicates()
    reason = (
        f"{PRECISION}; on {len(cells)} of {len(SPORADIC) + 1} cells of the claim {estimate}. It "
        "names seeds of a fold that this study does not train."
    )
    return examined(reason, estimate)


def masac_jumps(evidence: Evidence) -> Decision:
    """D05: peak over median absolute return, from learning curves."""
    runs = _runs(evidence, ("MASAC",), None)
    curves = evidence.curves
    known = runs[runs["run_id"].isin(curves["run_id"])] if len(curves) else runs[:0]
    if known.empty:
        return not_trained("MASAC", "a released environment")
    unstable = known[known["run_id"].map(peak_over_median(curves)) > PEAK_OVER_MEDIAN]
    share = 100 * len(unstable) / len(known)
    names = ", ".join(sorted(set(unstable["environment"]))) or "none"
    estimate = f"{len(unstable)} of {len(known)} ({share:.1f} %)"
    reason = (
        f"By the published criterion {estimate} of the corrected runs are unstable "
        f"(published {PUBLISHED_SHARE:.1f} %), on {names}. Where an environment ends early at low "
        "trust, the criterion tells survival, not stability."
    )
    return examined(reason, estimate)


def masac_overflows(evidence: Evidence) -> Decision:
    """D06: runs of MASAC on TR-3 that diverge; the sentence has no data."""
    aside = (
        "The sentence is a constant of the script that writes it, and D03 counts 21 failures of "
        "MASAC on the same environments."
    )
    runs = _runs(evidence, ("MASAC",), environments_of("TR-3"))
    if runs.empty:
        found = not_trained("MASAC", "TR-3")
        return Decision(found.verdict, f"{found.reason} {aside}")
    diverged = int((runs["status"] == "diverged").sum())
    estimate = f"{diverged} of {len(runs)} diverged"
    return examined(f"Of the corrected runs on TR-3 {estimate}. {aside}", estimate)


def _runs(
    evidence: Evidence, policies: tuple[str, ...], environments: tuple[str, ...] | None
) -> pd.DataFrame:
    """Corrected runs of these learners in all modes; None for all environments."""
    runs = pd.concat([corrected(evidence, mode) for mode in MODES])
    runs = runs[runs["policy"].isin(policies) & (runs["status"] != "excluded")]
    return runs if environments is None else runs[runs["environment"].isin(environments)]
