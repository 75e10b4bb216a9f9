"""What a rule looks at, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from coopetition.agents.extensions import loaded


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
        released_audit: the published audit of the environments, recomputed.
        released_audit_records: the records that it expands to.
        threat_experiments: small experiments on threats to validity.
        ablations: the chain from the published PPO to independent learners, possibly none.
        repetitions: bootstrap repetitions.
        curves: learning curves of runs that a rule follows, possibly none.
        case_scores: points of the case studies, possibly none.
        biaxial: the two-dimensional S-LCD study, published and recomputed; empty without it.
        biaxial_trained: learners on it, by point, possibly none.
        capacity_agreement: how rankings at two widths of networks agree, possibly none.
        critic_rates: runs by the learning rate of critics, possibly none.
        mutuality: learners along the dial of mutuality, possibly none.
        mutuality_crossovers: where paradigms change places on it, possibly none.
        population: learners by the number of agents, possibly none.
    """

    reference: pd.DataFrame
    contract: pd.DataFrame
    certificates: pd.DataFrame
    counts: pd.DataFrame
    identity: pd.DataFrame
    scores: pd.DataFrame
    released_audit: pd.DataFrame
    released_audit_records: pd.DataFrame
    threat_experiments: pd.DataFrame
    ablations: pd.DataFrame
    repetitions: int
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    case_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    biaxial: pd.DataFrame = field(default_factory=pd.DataFrame)
    biaxial_trained: pd.DataFrame = field(default_factory=pd.DataFrame)
    capacity_agreement: pd.DataFrame = field(default_factory=pd.DataFrame)
    critic_rates: pd.DataFrame = field(default_factory=pd.DataFrame)
    mutuality: pd.DataFrame = field(default_factory=pd.DataFrame)
    mutuality_crossovers: pd.DataFrame = field(default_factory=pd.DataFrame)
    population: pd.DataFrame = field(default_factory=pd.DataFrame)


def own(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about environments and policies of this repository: no claim is about others."""
    added = set().union(*(extension.names for extension in loaded()))
    columns = table.columns.intersection(["environment", "policy"])
    return table[~table[columns].isin(added).any(axis=1)]


@dataclass(frozen=True)
class Decision:
    """What one rule says: see the table `claims` for the meaning of each part."""

    verdict: str
    reason: str
    estimate: str = ""
    decided_by: str = ""
    interval: tuple[float, float] = field(default=(float("nan"), float("nan")))
