"""Rules on the sizes of the published corpora: the table `counts` against the published figure."""

from __future__ import annotations

import pandas as pd

from ..counts import PARTS
from ..evidence import Decision, Evidence

FACTORIAL = ("baseline_integrated", "ablation_private", "ablation_cooperative")
MISSING = Decision(
    "inconclusive",
    "The count needs every environment of the published study, and some are missing from this run.",
)


def training_corpus_size(evidence: Evidence) -> Decision:
    """F01: do the folders add up, and does the design give those that it can give?"""
    training = _corpus(evidence, "training")
    if training.empty:
        return Decision("not testable", "No count was recomputed in this run.")
    total = training.loc["total (file sum)"]
    estimate = f"{total['recomputed']:,} records, the sum of {len(PARTS)} folders"
    if total["result"] == "mismatch":
        return Decision("refuted", f"The folders sum to {estimate}.", estimate, "counts")
    if (training.loc[list(FACTORIAL), "result"] == "not derivable").any():
        return MISSING
    wrong = [part for part in FACTORIAL if training.loc[part, "result"] == "mismatch"]
    derived = int(training.loc[list(FACTORIAL), "recomputed"].sum())
    constants = training.loc["baseline_integrated: constant-action records", "recomputed"]
    trained = training.loc["trained runs inside the 3-mode 7-seed factorial", "recomputed"]
    reason = (
        f"The sum holds. The design gives {derived:,} of the records, {constants:,} of them "
        f"constant policies and {trained:,} trained runs; the other "
        f"{total['published'] - derived:,} lie in folders whose design was not released."
    )
    if wrong:
        reason = f"The sum holds, but the design gives other counts for {', '.join(wrong)}."
        return Decision("inconclusive", reason, estimate, "counts")
    return Decision("confirmed", reason, estimate, "counts")


def deduplicated_corpus_size(evidence: Evidence) -> Decision:
    """F02: are there as many records as distinct cells of the design, or more?"""
    training = _corpus(evidence, "training")
    if training.empty:
        return Decision("not testable", "No count was recomputed in this run.")
    deployed = training.loc["total (deployed, after deduplication)"]
    if deployed["result"] == "not derivable":
        return MISSING
    published, distinct = int(deployed["published"]), int(deployed["recomputed"])
    estimate = f"at least {distinct:,} distinct cells"
    if published < distinct:
        reason = (
            f"The factorial of three modes and seven seeds alone has {distinct:,} distinct cells "
            f"({deployed['formula']}), {distinct - published:,} more than the unique records; the "
            f"key of the deduplication has no reward mode."
        )
        return Decision("refuted", reason, estimate, "counts")
    verdict = "confirmed" if published == distinct else "inconclusive"
    reason = f"The factorial has {distinct:,} distinct cells; other records may be unique as well."
    return Decision(verdict, reason, estimate, "counts")


def audit_corpus_size(evidence: Evidence) -> Decision:
    """F03: the audit matrix, enumerated."""
    audit = _corpus(evidence, "audit")
    if audit.empty:
        return Decision("not testable", "No count was recomputed in this run.")
    total = audit.loc["total"]
    if total["result"] == "not derivable":
        return MISSING
    estimate = f"{total['recomputed']:,} = {total['formula']}"
    parts = [
        f"{part} audits: {row['formula']} give {row['recomputed']:,} ({row['published']:,} stated)"
        for part, row in audit.loc[["static", "temporal"]].iterrows()
    ]
    reason = f"{'; '.join(parts).capitalize()}."
    verdict = "confirmed" if total["result"] == "match" else "refuted"
    return Decision(verdict, reason, estimate, "counts")


def _corpus(evidence: Evidence, corpus: str) -> pd.DataFrame:
    """Counts of one corpus by component."""
    rows = evidence.counts[evidence.counts["corpus"] == corpus]
    return rows.set_index("component")
