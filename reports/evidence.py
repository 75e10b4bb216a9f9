"""What a rule looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """Tables that a verdict may look at, each of the schema of its name.

    Attributes:
        reference: constants, heuristics and oracles.
        contract: what each environment is.
        certificates: whether it is a dilemma, and where its equilibria and optimum lie.
        counts: published counts of records, recomputed.
        identity: integrated against cooperative reward.
        scores: trained runs, possibly none.
        repetitions: bootstrap repetitions.
    """

    reference: pd.DataFrame
    contract: pd.DataFrame
    certificates: pd.DataFrame
    counts: pd.DataFrame
    identity: pd.DataFrame
    scores: pd.DataFrame
    repetitions: int


@dataclass(frozen=True)
class Decision:
    """What one rule says: see the table `claims` for the meaning of each part."""

    verdict: str
    reason: str
    estimate: str = ""
    decided_by: str = ""
    interval: tuple[float, float] = field(default=(float("nan"), float("nan")))
