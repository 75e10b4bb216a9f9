"""Rules on the two-dimensional S-LCD study (G02 to G06), which no learner of this package plays."""

from __future__ import annotations

import pandas as pd

from ..evidence import Decision, Evidence

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
    """G05: the spread of trained outcomes."""
    if _of(evidence, "G05").empty:
        return Decision("not testable", NOT_COMPUTED)
    reason = (
        "The outcomes are those of 30 trained runs. The learners of this package play one number "
        "per agent, so none was trained here; what is published is the p of the test alone."
    )
    return Decision("not testable", reason)


def collapse_of_ippo(evidence: Evidence) -> Decision:
    """G06: what is there to be found where IPPO is said to collapse and ISAC not to."""
    rows = _of(evidence, "G06")
    if rows.empty or (rows := rows[rows["result"] == "added"]).empty:
        return Decision("not testable", NOT_COMPUTED)
    joint, oracle, selfish = (list(values) for values in rows["recomputed"])
    estimate = (
        f"p = ({_listed(joint, 3)}) in the joint plan, ({_listed(oracle, 3)}) in the equilibrium"
    )
    best = "the optimum of" if max(joint) == 0 else "not the optimum of"
    interior = (
        "there is no interior equilibrium of the published oracle to be found"
        if max(oracle) == 0
        else "the published oracle has an interior equilibrium"
    )
    reason = (
        "IPPO and ISAC were not trained here, as the learners of this package play one number per "
        "agent. Both are published as joint controllers paid the summed reward: to appropriate "
        f"nothing is {best} that reward at this point, and {interior} (p = "
        f"({_listed(oracle, 3)})). On own payoffs alone, without trust, the equilibrium is at p = "
        f"({_listed(selfish, 3)})."
    )
    return Decision("inconclusive", reason, estimate, "reference")


DIGITS = {"c*": 2, "p*": 3, "U*": 2}


def _of(evidence: Evidence, claim: str) -> pd.DataFrame:
    """The rows of the comparison on a claim; none where it was not made."""
    table = evidence.biaxial
    return table[table["claim"] == claim] if len(table) else table


def _all_match(rows: pd.DataFrame) -> str:
    return "confirmed" if (rows["result"] == "match").all() else "refuted"


def _listed(values: list[float], digits: int) -> str:
    return ", ".join(f"{value:.{digits}f}" for value in values)
