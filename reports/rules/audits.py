"""Rules on the published audit of the environments, recomputed as released."""

from __future__ import annotations

import pandas as pd

from ..evidence import Decision, Evidence
from ..released_audit import (
    PUBLISHED_UNIT,
    is_complete,
    label_spread,
    released_audit_figures,
    temporal_exploitative,
)
from ..selection import named
from .learning import CLASS_SIZE

# Of a gain over the loss that goes with it: two orders of magnitude, and some margin.
SMALL_RATIO = 0.02
NOTHING = Decision("not testable", "No released environment was audited in this run.")


def audit_is_the_same_for_all_labels(evidence: Evidence) -> Decision:
    """E01: does the number of exploitative levels depend on the label of a policy?"""
    audit, records = _integrated(evidence), evidence.released_audit_records
    if audit.empty or records.empty:
        return NOTHING
    spread = label_spread(records)
    static = records[records["audit"] == "static"]
    per_seed = audit["static_exploitative"] / audit["seeds"]
    shares = ", ".join(
        f"{name} {per_seed[rows.index].sum():g} of {(rows['static_tests'] / rows['seeds']).sum():g}"
        for name, rows in audit.groupby("mechanism_class")
    )
    estimate = f"spread {spread} over {static['policy'].nunique()} labels"
    reason = (
        f"The label enters no computation: {len(static):,} records repeat "
        f"{int((~static['replicate']).sum())} experiments. Exploitative levels per seed in "
        f"integrated reward: {shares}."
    )
    if spread:
        several = static.groupby(["environment", "seed"])["exploitative"].nunique() > 1
        names = ", ".join(sorted({environment for environment, _ in several[several].index}))
        return Decision("refuted", f"Labels differ on {names}.", estimate, "audits")
    return Decision(_unless_missing("confirmed", evidence), reason, estimate, "audits")


def late_defection_is_never_exploitative(evidence: Evidence) -> Decision:
    """E02: the late switches to nothing, counted."""
    audit = _integrated(evidence)
    if audit.empty:
        return NOTHING
    found, tests = int(audit["late_exploitative"].sum()), int(audit["late_tests"].sum())
    estimate = f"{found} of {tests}"
    if found:
        names = ", ".join(audit.loc[audit["late_exploitative"] > 0, "name"])
        reason = f"{found} of {tests} late defections are exploitative, on {names}."
        return Decision("refuted", reason, estimate, "audits")
    reason = (
        f"Not one of {tests} late defections to nothing is exploitative; switch points that "
        "coincide are one test. In payoffs "
        f"{int(_payoffs(evidence)['late_exploitative'].sum())} are. To play nothing is only one of "
        "the ways to defect."
    )
    return Decision(_unless_missing("confirmed", evidence), reason, estimate, "audits")


def late_defection_cannot_pay(evidence: Evidence) -> Decision:
    """E03: the same switches, to other shares than 0."""
    audit, payoffs = _integrated(evidence), _payoffs(evidence)
    if audit.empty:
        return NOTHING
    zero = int(audit["late_exploitative"].sum())
    found, tests = int(audit["partial_exploitative"].sum()), int(audit["partial_tests"].sum())
    estimate = f"{found} of {tests} partial defections"
    if not found + zero:
        reason = f"No late defection is exploitative, to 0 or to another share ({tests} tests)."
        return Decision(_unless_missing("confirmed", evidence), reason, estimate, "audits")
    places = int((audit["partial_exploitative"] > 0).sum())
    reason = (
        f"{found} of {tests} late deviations to 10 to 40 % are exploitative in integrated reward, "
        f"on {places} of {len(audit)} environments{_most(audit)}; in payoffs "
        f"{int(payoffs['partial_exploitative'].sum())} are{_most(payoffs)}. Of those to 0, the "
        f"only share that the published audit tries, {zero or 'none'} "
        f"{'are' if zero > 1 else 'is'}."
    )
    return Decision("refuted", reason, estimate, "audits")


def ramp_exploits_six_environments(evidence: Evidence) -> Decision:
    """E04: on how many environments the ramp pays, and how much."""
    audit = _integrated(evidence)
    if audit.empty:
        return NOTHING
    found = audit[audit["ramp_exploitative"] > 0].sort_values("ramp_gain_high", ascending=False)
    gains = [
        f"{row.name} {row.ramp_gain_high:.3f} % ({row.ramp_exploitative} of {row.seeds} seeds)"
        for row in found.itertuples(False)
    ]
    estimate = f"{len(found)} environments"
    if len(found):
        low, high = found["ramp_gain_low"].min(), found["ramp_gain_high"].max()
        estimate += f"; {low:.3f} to {high:.2f} %"
    chance = "".join(
        f" {row.name} draws: there the sign depends on the seeds, and if the ramp meets other "
        f"draws than its baseline, as in the released code, {100 * row.ramp_by_chance:.0f} % of "
        "the comparisons come out exploitative."
        for row in audit[audit["ramp_by_chance"].notna()].itertuples(False)
    )
    reason = f"Exploitative on {', '.join(gains) or 'none'}.{chance}"
    if not is_complete(evidence.released_audit):
        return Decision("inconclusive", reason, estimate, "audits")
    figures = released_audit_figures(evidence.released_audit, evidence.released_audit_records)
    results = {row["result"] for row in figures if "ramp" in row["quantity"]}
    mostly = 2 * (found["mechanism_class"] == "TR-4").sum() > len(found)
    same = mostly and results == {"match"}
    return Decision("confirmed" if same else "refuted", reason, estimate, "audits")


def team_environments_are_immune(evidence: Evidence) -> Decision:
    """E05: the temporal strategies, published ones and partial ones, on TR-3."""
    audit = _integrated(evidence)
    audit = audit[audit["mechanism_class"] == "TR-3"]
    if audit.empty:
        return Decision("not testable", "No TR-3 environment of the released edition was audited.")
    released = int((temporal_exploitative(audit) > 0).sum())
    broken = audit[(audit["partial_exploitative"] > 0) | (temporal_exploitative(audit) > 0)]
    estimate = f"{len(audit) - len(broken)} of {len(audit)} immune"
    reason = (
        f"To the published strategies {len(audit) - released} of {len(audit)} are immune, to them "
        f"and partial late deviations {len(audit) - len(broken)}"
    )
    if len(broken):
        figures = [
            f"{row['name']}: {row['partial_exploitative']} of {row['partial_tests']} exploitative, "
            f"gain of up to {row['partial_gain']:.2f} %"
            for _, row in broken.iterrows()
        ]
        return Decision("refuted", f"{reason} ({'; '.join(figures)}).", estimate, "audits")
    verdict = "confirmed" if len(audit) == CLASS_SIZE else "inconclusive"
    return Decision(verdict, f"{reason}.", estimate, "audits")


def gains_far_below_losses(evidence: Evidence) -> Decision:
    """E06: gain over loss, test by test."""
    audit = _integrated(evidence)
    if audit.empty:
        return NOTHING
    said, highest = [], []
    for kind in ("static", "temporal"):
        low, high = audit[f"{kind}_ratio_low"].min(), audit[f"{kind}_ratio_high"].max()
        if pd.notna(high):
            said.append(f"{low:.4f} to {high:.3f} in the {kind} audit")
            highest.append(high)
    if not said:
        reason = "No test is exploitative in this run."
        return Decision("inconclusive", reason, "no exploitative test", "audits")
    estimate = f"largest ratio {max(highest):.2f}"
    reason = f"Gain over mean loss of the others, of exploitative tests: {', '.join(said)}."
    if max(highest) >= SMALL_RATIO:
        return Decision("refuted", reason, estimate, "audits")
    return Decision(_unless_missing("confirmed", evidence), reason, estimate, "audits")


def _integrated(evidence: Evidence) -> pd.DataFrame:
    """The audit in the unit of the published study, with a column `name`."""
    audit = evidence.released_audit
    return named(audit[audit["unit"] == PUBLISHED_UNIT])


def _payoffs(evidence: Evidence) -> pd.DataFrame:
    audit = evidence.released_audit
    return audit[audit["unit"] != PUBLISHED_UNIT]


def _most(audit: pd.DataFrame) -> str:
    """The largest gain by a partial deviation, in words."""
    gains = audit["partial_gain"].dropna()
    if gains.empty:
        return ""
    where = named(audit).loc[gains.idxmax(), "name"]
    return f", with gains of up to {gains.max():.1f} % ({where})"


def _unless_missing(verdict: str, evidence: Evidence) -> str:
    """The verdict, which needs all environments."""
    return verdict if is_complete(evidence.released_audit) else "inconclusive"
