"""Verdicts: each claim of `claims` is decided by one function of the results, see `rules`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .evidence import Evidence
from .rules import RULES

FOLDER = Path(__file__).parent / "claims"


def load_claims() -> list[dict[str, Any]]:
    """The claims of all files, in order.

    Raises:
        ValueError: a claim names a rule that does not exist or shows nothing, or an id occurs
            twice.
    """
    claims = [
        claim
        for path in sorted(FOLDER.glob("*.yaml"))
        for claim in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    ids = [claim["id"] for claim in claims]
    if len(set(ids)) < len(ids):
        twice = ", ".join(sorted({name for name in ids if ids.count(name) > 1}))
        raise ValueError(f"reports/claims: an id occurs twice: {twice}")
    for claim in claims:
        if claim["decide"] not in RULES:
            raise ValueError(f"claim {claim['id']}: no rule {claim['decide']!r} in reports/rules")
        if not (claim["figure"] or claim["table"] or claim.get("unlinked")):
            raise ValueError(
                f"claim {claim['id']}: it needs a figure or a table that decides it, or a reason "
                "why neither does, `unlinked`"
            )
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
                "threats": "; ".join(claim["threats"]),
                **{k: claim[k] for k in ("figure", "table")},
            }
        )
    return rows
