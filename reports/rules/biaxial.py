"""Rules on the two-dimensional S-LCD study (G02 to G06): solved, and trained where a run has it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..biaxial import COLLAPSE
from ..biaxial_comparison import UNIMODAL
from ..biaxial_training import trained_at
from ..evidence import Decision, Evidence
from .campaigns import CORRECTED

# The published design of a point; p of the dip test from which one mode is rejected, and
# appropriation up to which nothing is appropriated.
SEEDS, STEPS = 30, 500_000
ALPHA, BORDER = 0.05, 0.01
NOT_COMPUTED = "The two-dimensional S-LCD study is not part of this run."


def interior_equilibrium(evidence: Evidence) -> Decision:
    """G02: cooperation, appropriation and utility of the iterated best response."""
    rows = _of(evidence, "G02")
    if rows.empty:
        return Decision("not testable", NOT_COMPUTED)
    named = {row.quantity.split()[0]: row for row in rows.itertuples()}
    found = "; ".join(f"{k} = ({_listed(r.recomputed, DIGITS[k])})" for k, r in named.items())
    taken = named["p*"].recomputed
    inside = min(taken) > 0 and max(taken) < 1
    distances = ", ".join(f"{r.difference:.1e} in {k}" for k, r in named.items())
    where = "inside" if inside else "not inside"
    reason = (
        f"The iterated best response ends at {found}, {where} the range of appropriation; the "
        f"published numbers are missed by at most {distances}."
    )
    return Decision(_all_match(rows) if inside else "refuted", reason, found, "reference")


def reduces_to_slcd(evidence: Evidence) -> Decision:
    """G03: rewards without appropriation against those of SLCD-v0."""
    rows = _of(evidence, "G03")
    if rows.empty:
        return Decision("not testable", NOT_COMPUTED)
    gap = rows["difference"].iloc[0]
    size = "exactly 0" if gap == 0 else f"{gap:.1e}"
    reason = (
        "On equal levels, varying cooperation and the corners, in all three reward modes, the "
        f"largest difference in reward is {size}."
    )
    return Decision(_all_match(rows), reason, f"largest difference {size}", "reference")


def oracle_episode(evidence: Evidence) -> Decision:
    """G04: returns and final trust of the equilibrium played for 40 steps."""
    rows = _of(evidence, "G04")
    if rows.empty:
        return Decision("not testable", NOT_COMPUTED)
    returns, trust = (values for values in rows["recomputed"])
    estimate = f"returns ({_listed(returns, 2)}), final trust {trust[0]:.0e}"
    reason = (
        f"Played for 40 steps, the equilibrium has {estimate}. Trust answers to cooperation alone, "
        "so it goes whatever is appropriated."
    )
    return Decision(_all_match(rows), reason, estimate, "reference")


def unimodal_outcomes(evidence: Evidence) -> Decision:
    """G05: the dip test on what IPPO appropriates at the end of training."""
    row = trained_at(evidence.biaxial_trained, UNIMODAL, "IPPO")
    if row is None:
        reason = (
            "The outcomes are those of trained runs, and IPPO was not trained there in this run."
        )
        return Decision("not testable", reason)
    lacking = _lacking(row)
    if np.isnan(row["dip_p"]):
        reason = f"{_size(row)} are too few runs for a dip test. {lacking}"
        return Decision("inconclusive", reason, decided_by="corrected")
    estimate = f"p = {row['dip_p']:.2f}, dip {row['dip']:.3f}"
    reason = (
        f"The final appropriation of {_size(row)} has a dip of {row['dip']:.3f}; "
        f"{row['dip_p']:.0%} of uniform samples of that size have one as large. {CORRECTED}"
    )
    if lacking:
        return Decision("inconclusive", f"{reason} {lacking}", estimate, "corrected")
    verdict = "confirmed" if row["dip_p"] > ALPHA else "refuted"
    return Decision(verdict, reason, estimate, "corrected")


def collapse_of_ippo(evidence: Evidence) -> Decision:
    """G06: where IPPO and ISAC end, beside what is there to be found."""
    rows = _of(evidence, "G06")
    if rows.empty or (rows := rows[rows["result"] == "added"]).empty:
        return Decision("not testable", NOT_COMPUTED)
    there = _there_to_be_found(*(list(values) for values in rows["recomputed"]))
    learned = [trained_at(evidence.biaxial_trained, COLLAPSE, name) for name in ("IPPO", "ISAC")]
    found = [row for row in learned if row is not None]
    said = [
        f"{row['policy']} p = {row['final_appropriation']:.3f}"
        + (f" ({_ends(row)})" if row["finished"] > 1 else "")
        for row in found
    ]
    if len(found) < len(learned):
        names = " and ".join(row["policy"] for row in found)
        known = (
            f"Of the two, {names} was trained here: {said[0]}" if found else "Neither was trained"
        )
        return Decision("inconclusive", f"{known}. {there}", "; ".join(said), "corrected")
    ippo, isac = found
    reason = f"{_size(ippo)} and {_size(isac)} end at {'; '.join(said)}. {there} {CORRECTED}"
    lacking = _lacking(ippo) or _lacking(isac)
    verdict = "inconclusive" if lacking else _collapse(ippo, isac)
    return Decision(verdict, f"{reason} {lacking}".strip(), "; ".join(said), "corrected")


def _there_to_be_found(joint: list[float], oracle: list[float], selfish: list[float]) -> str:
    """What the solutions appropriate at the point of G06."""
    best = "the optimum of" if max(joint) == 0 else "not the optimum of"
    interior = (
        "there is no interior equilibrium of the published oracle to be found"
        if max(oracle) == 0
        else "the published oracle has an interior equilibrium"
    )
    return (
        "IPPO and ISAC are published as joint controllers paid the summed reward: to appropriate "
        f"nothing is {best} that reward at this point (p = ({_listed(joint, 3)}) in the joint "
        f"plan), and {interior} (p = ({_listed(oracle, 3)})). On own payoffs alone, without trust, "
        f"the equilibrium is at p = ({_listed(selfish, 3)})."
    )


def _collapse(ippo: pd.Series, isac: pd.Series) -> str:
    """Does IPPO end below `BORDER` and ISAC above it, beyond their intervals?"""
    low, high = "final_appropriation_low", "final_appropriation_high"
    if ippo[high] <= BORDER < isac[low]:
        return "confirmed"
    return "refuted" if ippo[low] > BORDER or isac[high] <= BORDER else "inconclusive"


def _lacking(row: pd.Series) -> str:
    """What a learner's runs lack of the published design; empty for nothing."""
    if row["finished"] >= SEEDS and row["steps"] >= STEPS:
        return ""
    return (
        f"The run has {row['finished']} of {SEEDS} seeds and {row['steps']:,} of {STEPS:,} steps."
    )


def _size(row: pd.Series) -> str:
    return f"{row['policy']} ({row['finished']} seeds, {row['steps']:,} steps)"


def _ends(row: pd.Series) -> str:
    """The 95 % interval of the final appropriation."""
    ends = [row[f"final_appropriation_{end}"] for end in ("low", "high")]
    return f"{ends[0]:.3f} to {ends[1]:.3f}"


DIGITS = {"c*": 2, "p*": 3, "U*": 2}


def _of(evidence: Evidence, claim: str) -> pd.DataFrame:
    """The rows of the comparison on a claim; none where it was not made."""
    table = evidence.biaxial
    return table[table["claim"] == claim] if len(table) else table


def _all_match(rows: pd.DataFrame) -> str:
    return "confirmed" if (rows["result"] == "match").all() else "refuted"


def _listed(values: list[float], digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)
