"""What becomes of learners as reward turns from private to cooperative, beside their equilibria."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from .campaigns import counted, grid, played, ranked, samples, spread

CELL = ["edition", "environment"]
CALIBRATED = 1.0
PARADIGMS = ("independent", "ctde")
MEASURED = ("welfare", "score", "jain", "trust", "cooperation")


def jain(payoffs: Any) -> float:
    """Jain's index of the payoffs of all agents: 1 where they are equal, 1/N where one has all."""
    sample = np.asarray(payoffs, float)
    squares = len(sample) * (sample**2).sum()
    return float(sample.sum() ** 2 / squares) if squares else float("nan")


def mutuality(runs: pd.DataFrame, equilibria: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `mutuality`: a learner under the reward of one mutuality.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
        equilibria: rows of `dial_equilibria`.
    """
    runs = played(runs)
    runs = runs.assign(jain=runs["payoff_per_agent"].map(jain))
    runs["score"] = runs["score"].mask(runs["status"] != "finished", 0.0)
    known = {key: group["cooperation"] for key, group in equilibria.groupby([*CELL, "mutuality"])}
    rows = []
    keys = [*CELL, "policy", "reward_mode"]
    for (edition, environment, policy, mode), group in runs.groupby(keys, sort=False):
        dial = group["mutuality"].iloc[0]
        measured = {name: spread(name, group[name]) for name in MEASURED}
        shares = known.get((edition, environment, dial), pd.Series(dtype=float))
        rows.append(
            {
                **{"edition": edition, "environment": environment, "policy": policy},
                **{"reward_mode": mode, "mutuality": dial, **counted(group)},
                "steps": int(group["steps_planned"].max()),
                **{key: value for part in measured.values() for key, value in part.items()},
                "equilibrium_low": shares.min(),
                "equilibrium_high": shares.max(),
                "nearest_equilibrium": _nearest(shares, measured["cooperation"]["cooperation"]),
            }
        )
    return ranked(rows, [*CELL, "reward_mode"])


def _nearest(shares: pd.Series, share: float) -> float:
    if shares.empty or np.isnan(share):
        return float("nan")
    return float(shares.iloc[(shares - share).abs().to_numpy().argmin()])


def jumps(
    runs: pd.DataFrame, equilibria: pd.DataFrame, *, repetitions: int
) -> list[dict[str, Any]]:
    """Rows of the table `mutuality_jumps`: where the mean share of a learner changes most.

    Runs of a seed are compared with one another; the bootstrap draws seeds.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
        equilibria: rows of `dial_equilibria`.
        repetitions: bootstrap repetitions.
    """
    rows = []
    for (edition, environment), here in _dialled(runs):
        highest = (
            equilibria[
                (equilibria["edition"] == edition) & (equilibria["environment"] == environment)
            ]
            .groupby("mutuality")["cooperation"]
            .max()
        )
        for policy, part in here.groupby("policy", sort=False):
            shares, (dials,) = grid(part, "cooperation", ["mutuality"])  # [dials, seeds]
            if len(dials) < 2 or not shares.shape[1]:
                continue
            changes = np.diff(shares, axis=0)
            means = changes.mean(axis=1)
            at = int(np.abs(means).argmax())
            weights = samples(np.random.default_rng(0), repetitions, shares.shape[1])
            drawn = np.abs(weights @ changes.T).argmax(axis=1)
            rows.append(
                {
                    **{"edition": edition, "environment": environment, "policy": policy},
                    **{"dial_low": dials[at], "dial_high": dials[at + 1]},
                    **spread("jump", changes[at]),
                    "typical": float(np.median(np.abs(means))),
                    "located": float((drawn == at).mean()),
                    **_equilibrium_jump(highest.reindex(dials).dropna()),
                }
            )
    return rows


def _equilibrium_jump(highest: pd.Series) -> dict[str, float | None]:
    """The largest change of the highest equilibrium between neighbouring mutualities."""
    names = ("equilibrium_dial_low", "equilibrium_dial_high", "equilibrium_jump")
    if len(highest) < 2:
        return dict.fromkeys(names)
    changes = np.diff(highest.to_numpy())
    at = int(np.abs(changes).argmax())
    return dict(zip(names, (*highest.index[at : at + 2], float(changes[at])), strict=True))


def crossovers(runs: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `mutuality_crossovers`: where the leading paradigm changes.

    Independent learners and those with centralised critics are compared by the mean score of their
    class. Between neighbouring mutualities the gap is taken to be linear; the bootstrap draws
    seeds.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
        repetitions: bootstrap repetitions.
    """
    rows = []
    for (edition, environment), here in _dialled(runs):
        parts = [here[here["paradigm"] == paradigm] for paradigm in PARADIGMS]
        if any(part.empty for part in parts):
            continue
        (one, (_, dials)), (other, _) = (
            grid(part, "score", ["policy", "mutuality"]) for part in parts
        )
        seeds = min(one.shape[2], other.shape[2])
        if not seeds:
            continue
        gap = one.mean(axis=0)[:, :seeds] - other.mean(axis=0)[:, :seeds]  # [dials, seeds]
        points, at = np.array(dials), gap.mean(axis=1)
        weights = samples(np.random.default_rng(0), repetitions, seeds)
        drawn = _crossings(points, weights @ gap.T)
        for place, dial in enumerate(_crossings(points, at[None])[0]):
            if np.isnan(dial):
                continue
            with_any = ~np.isnan(drawn).all(axis=1)
            distances = np.where(np.isnan(drawn), np.inf, np.abs(drawn - dial))[with_any]
            nearest = np.take_along_axis(drawn[with_any], distances.argmin(axis=1)[:, None], 1)
            low, high = np.quantile(nearest, [0.025, 0.975]) if with_any.any() else (dial, dial)
            below, above = PARADIGMS if at[place] > 0 else PARADIGMS[::-1]
            rows.append(
                {
                    **{"edition": edition, "environment": environment, "dial": float(dial)},
                    **{"dial_low": float(low), "dial_high": float(high)},
                    "found": float(with_any.mean()),
                    **{"leader_below": below, "leader_above": above},
                    "calibrated": bool(low <= CALIBRATED <= high),
                }
            )
    return rows


def _crossings(points: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """Where lines [S, D] through points [D] cross zero, [S, D - 1]; NaN where they do not."""
    before, after = gaps[:, :-1], gaps[:, 1:]
    crosses = before * after < 0
    share = np.divide(before, before - after, out=np.zeros_like(before), where=crosses)
    return np.where(crosses, points[:-1] + share * np.diff(points), np.nan)


def _dialled(runs: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Place and runs of every environment with a dial, in the order of the dial.

    Runs that broke down have no share and count as 0 in score.
    """
    known = played(runs).dropna(subset="mutuality").sort_values("mutuality", kind="stable")
    yield from known.groupby(CELL, sort=False)
