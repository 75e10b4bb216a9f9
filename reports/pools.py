"""Who can be compared with whom: learners and the environments that all of them trained on.

A mean over other games is no comparison. So every set of environments on which some learner of an
edition, a protocol and a reward mode trained makes a pool: the learners that trained on all of it,
with their scores there and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coopetition.envs.engine import Array

from .columns import MODES
from .selection import named, policy_order


@dataclass(frozen=True)
class Pool:
    """Learners that trained on the same environments.

    Attributes:
        environment: what the pool is called: an environment with edition, `all v1`, or `5 of v1`
            (and a letter, where there are several of that size).
        names: environments with edition.
        edition, protocol, reward_mode: of all its runs.
        scores: learner -> [seeds, environments]; 0 for a run that failed or left no row.
        main: of its edition and protocol the pool of several learners with the most runs; figures
            show it.
    """

    environment: str
    names: tuple[str, ...]
    edition: str
    protocol: str
    reward_mode: str
    scores: dict[str, Array]
    main: bool

    @property
    def key(self) -> dict[str, Any]:
        """Columns that tell rows of pools apart."""
        kept = ("environment", "edition", "protocol", "reward_mode")
        return {name: getattr(self, name) for name in kept} | {"environments": len(self.names)}

    @property
    def seeds(self) -> int:
        """Runs of every learner on every environment."""
        return next(len(scores) for scores in self.scores.values())


def pools(scores: pd.DataFrame) -> Iterator[Pool]:
    """The pools of a study, the one with the most environments first.

    Args:
        scores: see `schema`. Runs without a score (no scale, not defined for the game) count
            nowhere.
    """
    known = named(scores[scores["score"].notna()])
    every = {edition: set(part["name"]) for edition, part in known.groupby("edition")}
    for (edition, protocol), part in known.groupby(["edition", "protocol"]):
        sets = _sets(part)
        labels = _labels([*sets], every[edition], edition)
        main = max(sets, key=lambda names: _size(names, sets[names]), default=None)
        for names, policies in sets.items():
            for mode in MODES:
                runs = part[part["name"].isin(names) & (part["reward_mode"] == mode)]
                table = _matrices(runs, policies, names)
                if table:
                    factors = {"edition": edition, "protocol": protocol, "reward_mode": mode}
                    yield Pool(labels[names], names, **factors, scores=table, main=names == main)


def pool_rows(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `pools`."""
    return [
        {
            **pool.key,
            "seeds": pool.seeds,
            "names": ", ".join(name.rpartition("-")[0] for name in pool.names),
            "policies": ", ".join(pool.scores),
            "learners": len(pool.scores),
            "main": pool.main,
        }
        for pool in pools(scores)
    ]


def _sets(part: pd.DataFrame) -> dict[tuple[str, ...], list[str]]:
    """Sets of environments that some learner trained on -> learners that trained on all of it."""
    order = policy_order(part)
    trained = {policy: set(part.loc[part["policy"] == policy, "name"]) for policy in order}
    sets = sorted({tuple(sorted(names)) for names in trained.values()}, key=lambda s: (-len(s), s))
    return {names: [p for p in order if trained[p] >= set(names)] for names in sets}


def _size(names: tuple[str, ...], policies: list[str]) -> tuple[bool, int]:
    """By which the main pool is found: one learner alone is compared with none."""
    return len(policies) > 1, len(names) * len(policies)


def _labels(sets: list[tuple[str, ...]], every: set[str], edition: str) -> dict[Any, str]:
    """What the pools are called; see `Pool`."""
    labels = {}
    for names in sets:
        alike = [other for other in sets if len(other) == len(names)]
        letter = f" ({chr(ord('a') + alike.index(names))})" if len(alike) > 1 else ""
        some = f"{len(names)} of {edition}{letter}"
        one = names[0] if len(names) == 1 else some
        labels[names] = f"all {edition}" if len(names) > 1 and set(names) == every else one
    return labels


def _matrices(runs: pd.DataFrame, policies: list[str], names: tuple[str, ...]) -> dict[str, Array]:
    """Learner -> scores [seeds, environments], of those that have runs in all of them."""
    wide = runs.pivot(index="seed", columns=["policy", "name"], values="score").sort_index()
    tables = {}
    for policy in policies:
        own = wide[policy] if policy in wide else pd.DataFrame()
        if set(own) == set(names):
            # A run that left no row counts as one that failed.
            tables[policy] = own[[*names]].fillna(0.0).to_numpy(float)
    return tables
