"""What evidence on a threat is computed from, and what a piece of it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from ..selection import named, own_basis
from ..statistics import best_constants
from ..tiers import tiers


@dataclass(frozen=True)
class Tables:
    """Tables of a study, each of the schema of its name; any of them may be empty.

    Attributes:
        reference: constants, heuristics and oracles.
        contract: what each environment is.
        contract_comparison: what documents say of it.
        counts: published counts of records, recomputed.
        page_results: returns on pages of environments, recomputed.
        identity: integrated against cooperative reward.
        scores: trained runs.
        released_audit: the published audit of the environments, recomputed.
        released_audit_records: the records that it expands to.
        learner_cards: what the learners are.
        threat_experiments: small experiments.
        ablations: the chain from the published PPO to independent learners.
        case_scores: points of the case studies, beside chance.
        case_ablations: points of their models after a change.
        case_parameters: parameters of their models, beside those of environments.
        case_rollouts: what environments do with their histories.
    """

    reference: pd.DataFrame
    contract: pd.DataFrame
    contract_comparison: pd.DataFrame
    counts: pd.DataFrame
    page_results: pd.DataFrame
    identity: pd.DataFrame
    scores: pd.DataFrame
    released_audit: pd.DataFrame
    released_audit_records: pd.DataFrame
    learner_cards: pd.DataFrame
    threat_experiments: pd.DataFrame
    ablations: pd.DataFrame
    case_scores: pd.DataFrame
    case_ablations: pd.DataFrame
    case_parameters: pd.DataFrame
    case_rollouts: pd.DataFrame

    @property
    def returns(self) -> dict[str, pd.DataFrame]:
        """Reward mode -> returns: a row per released environment, a column per policy."""
        rows = named(own_basis(self._released))
        return {
            mode: part.pivot(index="name", columns="policy", values="mode_return")
            for mode, part in rows.groupby("reward_mode")
        }

    @property
    def best(self) -> pd.DataFrame:
        """The best constants by integrated return: a row per released environment."""
        best = best_constants(self._released)
        return best[best["reward_mode"] == "integrated"].set_index("environment")

    @property
    def _released(self) -> pd.DataFrame:
        return self.reference[self.reference["edition"] == "v0"]

    def contracts(self) -> pd.DataFrame:
        """Contracts of released environments, by name with edition."""
        released = self.contract[self.contract["edition"] == "v0"]
        return named(released).set_index("name")

    def runs(self, **columns: str) -> pd.DataFrame:
        """Finished runs with these values in columns."""
        rows = self.scores[self.scores["status"] == "finished"]
        for column, value in columns.items():
            rows = rows[rows[column] == value]
        return rows

    def measured(self, experiment: str) -> pd.Series:
        """Values of an experiment, by setting and quantity."""
        rows = self.threat_experiments
        rows = rows[rows["experiment"] == experiment]
        return rows.set_index(["setting", "quantity"])["value"]


@dataclass(frozen=True)
class Finding:
    """One piece of evidence; see the table `threats`."""

    quantity: str
    value: float
    unit: str
    text: str
    decided_by: str


# Pieces of evidence on a threat; none where the tables lack what it needs.
Evidence = Callable[[Tables], Sequence[Finding]]


def classes_of_tables() -> pd.Series:
    """Released environment -> mechanism class under which the published tables count it."""
    return pd.Series({f"{name}-v0": tier for name, tier in tiers().items()})


def over(values: pd.Series, digits: int = 1) -> str:
    """Percentages of environments in words: the median and its range, or the only one."""
    if len(values) == 1:
        return f"{values.iloc[0]:.{digits}f} % on {values.index[0]}"
    low, high = values.min(), values.max()
    return (
        f"{values.median():.{digits}f} % in the median of {len(values)} environments "
        f"({low:.{digits}f} to {high:.{digits}f} %)"
    )


def listed(parts: Sequence[str]) -> str:
    """Words in a row, with an `and` before the last."""
    *head, last = parts
    return f"{', '.join(head)} and {last}" if head else last
