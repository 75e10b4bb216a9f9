"""Rules on the published rubrics of the case studies, scored anew."""

from __future__ import annotations

from ..evidence import Decision, Evidence

LEGACY = "legacy"
CASES, CHANCE = 4, 0.05


def slcd_score(evidence: Evidence) -> Decision:
    """H01: both forms of the value function."""
    return _scores(evidence, "slcd", {"logarithmic": (58, 60), "power": (46, 60)})


def renault_nissan_score(evidence: Evidence) -> Decision:
    """H02: one calibrated model."""
    return _scores(evidence, "renault_nissan", {"released": (49, 60)})


def apache_score(evidence: Evidence) -> Decision:
    """H03: the same."""
    return _scores(evidence, "apache", {"released": (45, 60)})


def app_store_score(evidence: Evidence) -> Decision:
    """H04: the same."""
    return _scores(evidence, "app_store", {"released": (43, 51)})


def scores_within_chance(evidence: Evidence) -> Decision:
    """N10: the published scores beside those of random parameters."""
    table = evidence.case_scores
    if not table.empty:
        table = table[table["rubric"] == LEGACY]
    if table.empty:
        return Decision("not testable", "No case study was scored in this run.")
    said = [
        f"{row.case} {row.variant} {row.score:g}, chance {row.null_mean:.1f} (P = {row.p_null:.3f})"
        for row in table.itertuples()
    ]
    beyond = int((table["p_null"] < CHANCE).sum())
    estimate = f"{beyond} of {len(table)} above 95 % of random parameter sets"
    reason = f"Published rubric, calibrated model, and share of draws as good: {'; '.join(said)}."
    if beyond:
        return Decision("refuted", reason, estimate, "case_studies")
    verdict = "confirmed" if table["case"].nunique() == CASES else "inconclusive"
    return Decision(verdict, reason, estimate, "case_studies")


def _scores(evidence: Evidence, case: str, stated: dict[str, tuple[int, int]]) -> Decision:
    """The published points of a rubric, by form of the model, against the points found."""
    table = evidence.case_scores
    if not table.empty:
        table = table[(table["case"] == case) & (table["rubric"] == LEGACY)]
    if table.empty:
        return Decision("not testable", "The rubric of this case was not scored in this run.")
    found = table.drop_duplicates("variant").set_index("variant")
    said, results = [], []
    for variant, (points, most) in stated.items():
        if variant not in found.index:
            continue
        score, limit = found["score"][variant], found["max"][variant]
        said.append(f"{variant} {score:g} of {limit:g}")
        results.append((score, limit) == (points, most))
    estimate = "; ".join(said)
    if not said:
        return Decision("not testable", "The model of this case was not scored in this run.")
    reason = f"The published rubric, applied to the calibrated model as published: {estimate}."
    if not all(results):
        return Decision("refuted", reason, estimate, "case_studies")
    verdict = "confirmed" if len(said) == len(stated) else "inconclusive"
    return Decision(verdict, reason, estimate, "case_studies")
