"""Where independent learners end: at the equilibrium, or at the optimum?

Under private reward the theory says an equilibrium in constants, under cooperative reward the joint
optimum; both are in the environment's certificate, by roles of interchangeable agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .profiles import of_agents, profiles, roles
from .statistics import CELL, mean_interval

# Largest gap between shares that counts as none.
TOLERANCE = 0.1
TARGETS = {"private": "equilibrium", "cooperative": "optimum"}
_LEARNER = [*CELL, "policy", "reward_mode"]
_UNKNOWN = float("nan")


def learner_certificates(
    training: pd.DataFrame, certificates: pd.DataFrame
) -> list[dict[str, Any]]:
    """One row per learner, environment, reward mode and role (schema `learner_certificates`).

    Args:
        training: runs of one protocol under private and cooperative reward.
        certificates: rows of their environments.

    Raises:
        ValueError: an environment has no certificate.
    """
    known = {tuple(row[key] for key in CELL): row for row in certificates.to_dict("records")}
    rows: list[dict[str, Any]] = []
    for key, runs in training.groupby(_LEARNER, sort=False):
        name, edition, *_ = key
        if (name, edition) not in known:
            raise ValueError(f"no certificate for {name}-{edition}")
        cell = dict(zip(_LEARNER, key, strict=True))
        rows += _rows(cell, runs, known[name, edition])
    return rows


def _rows(
    cell: dict[str, Any], runs: pd.DataFrame, certificate: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    kind, parts = TARGETS[cell["reward_mode"]], roles(certificate["roles"])
    finished = runs.loc[runs["status"] == "finished", "share_per_agent"]
    shares = _by_role(finished, parts)
    target = _target(kind, certificate, parts, shares)
    for agents, values, aim in zip(parts, shares.T, target, strict=True):
        mean, low, high = mean_interval(values) if len(values) else [_UNKNOWN] * 3
        gap = mean - aim
        yield {
            **cell,
            "target": kind,
            "role": "|".join(map(str, agents)),
            "runs": len(runs),
            "finished": len(finished),
            "steps": int(runs["steps_done"].max()),
            "target_share": aim,
            "share": mean,
            "share_low": low,
            "share_high": high,
            "gap": gap,
            # Rounded, since 0.8 - 0.7 is more than 0.1 in binary.
            "within": bool(round(abs(gap), 9) <= TOLERANCE),
        }


def _target(
    kind: str, certificate: Mapping[str, Any], parts: list[list[int]], shares: np.ndarray
) -> np.ndarray:
    """Shares per role [roles]: the optimum, or the equilibrium nearest to the mean of the runs.

    NaN without an equilibrium, or without a finished run to be near to.
    """
    found = [certificate["optimum"]] if kind == "optimum" else profiles(certificate["nash"])
    targets = _by_role([of_agents(profile, parts) for profile in found], parts)
    if not len(targets) or not len(shares):
        return np.full(len(parts), _UNKNOWN)
    distances = np.abs(targets - shares.mean(axis=0)).sum(axis=1)
    return targets[distances.argmin()]


def _by_role(rows: Iterable[Any], parts: list[list[int]]) -> np.ndarray:
    """Means over the agents of every role, [rows, roles], of rows of shares per agent."""
    means = [[np.mean([row[agent] for agent in agents]) for agents in parts] for row in rows]
    return np.array(means, float).reshape(-1, len(parts))


def learner_signatures(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `learner_signatures` out of those of `signature_runs`."""
    rows = []
    about = ["signature", "policy", "compared_with", "expected", "measure", "game", "source"]
    for _, group in runs.groupby("signature", sort=False):
        pairs = group.dropna(subset=["value", "compared_value"])
        gap = pairs["value"] - pairs["compared_value"]
        mean, low, high = mean_interval(gap) if len(gap) else [_UNKNOWN] * 3
        sign = -1 if group["expected"].iloc[0] == "lower" else 1
        lowest, highest = sorted((sign * low, sign * high))
        rows.append(
            {
                **group[about].iloc[0],
                "steps": int(group["steps"].iloc[0]),
                "seeds": len(pairs),
                "value": pairs["value"].mean(),
                "compared_value": pairs["compared_value"].mean(),
                **{"difference": mean, "low": low, "high": high},
                # Without an interval, of a single seed, nothing is found.
                "found": "as expected" if lowest > 0 else "contrary" if highest < 0 else "open",
            }
        )
    return rows
