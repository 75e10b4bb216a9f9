"""Small helpers on the tables of a study."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from coopetition.agents.specs import PROTOCOLS

CELL = ["environment", "edition"]


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a column `name`: environment with edition."""
    return frame.assign(name=frame["environment"] + "-" + frame["edition"])


def policy_order(runs: pd.DataFrame) -> list[str]:
    """Policies in the order of the study.

    Every cell holds its policies in that order, but not every policy trains in every cell: the
    last place that a policy has in any of them counts.
    """
    cell = [column for column in CELL if column in runs]
    found = runs[[*cell, "policy"]].drop_duplicates()
    places = found.groupby(cell).cumcount().groupby(found["policy"], sort=False).max()
    return list(places.sort_values(kind="stable").index)


def learners(runs: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Policy, protocol and rows of every learner, in the order of the study."""
    parts = dict(list(runs.groupby(["policy", "protocol"])))
    for policy in policy_order(runs):
        for protocol in PROTOCOLS:
            if (policy, protocol) in parts:
                yield policy, protocol, parts[policy, protocol]


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


def edition_of(environment: str) -> str:
    """Edition of an environment, or of a row about all of an edition."""
    return environment.replace(" ", "-").rpartition("-")[2]
