"""Small helpers on the tables of a study."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column `name`: environment with edition."""
    return frame.assign(name=frame["environment"] + "-" + frame["edition"])


def learners(runs: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Policy, protocol and rows of every learner."""
    for (policy, protocol), rows in runs.groupby(["policy", "protocol"]):
        yield policy, protocol, rows


def own_basis(reference: pd.DataFrame) -> pd.DataFrame:
    """Reference rows whose shares refer to each agent's own endowment."""
    return reference[reference["action_basis"] == "own"]


def one_per_policy(reference: pd.DataFrame) -> pd.DataFrame:
    """Rows of the own endowment, and those of the released TitForTat, which has no others."""
    released = reference["policy"] == "TitForTat_released"
    return reference[(reference["action_basis"] == "own") | released]


def is_pooled(environment: str) -> bool:
    """Whether a row of `aggregates` is about all environments of an edition, such as `all v0`."""
    return environment.startswith("all ")
