"""Learners that do not do what any learner should, and what the tables say about why.

Under cooperative reward a learner should earn as much of it as Random; under the other modes, no
agent should gain more by holding a constant than it would from Random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coopetition.agents.registry import learner

from .selection import CELL, own_basis

_KEYS = [*CELL, "reward_mode"]
# In the order in which causes are looked for; the last ones do not tell whether steps are too few.
OPEN = ("no better than untrained", "unexplained")
CAUSES = ("joint controller", "paid a team reward", "diverged", "still learning", *OPEN)
# Change of a setting that takes the values of later states away; see `exception_probes`.
MYOPIC = "gamma = 0"
# Rise of the reward, in parts of it, and change of the mean share, over the last third of a
# learning curve (three evaluations at least), that count as learning.
RISE, CHANGE = 0.01, 0.05


def exceptions(
    scores: pd.DataFrame, reference: pd.DataFrame, curves: pd.DataFrame
) -> list[dict[str, Any]]:
    """A row per exception of a corrected learner, environment and mode.

    Args:
        scores: see `schema`, as are the following.
        reference: of which Random is compared with.
        curves: of the runs.

    Returns:
        Rows with the reward, or the gain, of the runs that finished (`value`, their mean), of
        Random (`of_random`) and of the runs before training (`untrained`; NaN for gains, which are
        not measured then), how many of the planned `runs` are `worse` than Random, and `why`: one
        of `CAUSES`.
    """
    random = own_basis(reference)
    random = random[random["policy"] == "Random"]
    runs = _corrected(scores).merge(
        random[[*_KEYS, "mode_return", "deviation_gain"]], on=_KEYS, suffixes=("", "_random")
    )
    along = dict(list(curves[curves["run_id"].isin(runs["run_id"])].groupby("run_id")))
    shared = runs["reward_mode"] == "cooperative"
    parts = [
        (runs[shared], "training_return", "mode_return", -1.0),
        (runs[~shared], "deviation_gain", "deviation_gain_random", 1.0),
    ]
    found = []
    for part, value, base, sign in parts:
        for key, cell in part.groupby([*_KEYS, "policy"], sort=False):
            finished = cell[cell["status"] == "finished"]
            beyond = sign * (finished[value] - finished[base])
            worse = finished[beyond > 0]
            if worse.empty or not beyond.mean() > 0:
                continue
            environment, edition, mode, policy = key
            untrained = float("nan")
            if mode == "cooperative":
                first = [along[run]["training_return"].iloc[0] for run in finished["run_id"]]
                untrained = float(np.mean(first))
            found.append(
                {
                    "policy": policy,
                    "reward_mode": mode,
                    "environment": f"{environment}-{edition}",
                    "value": float(finished[value].mean()),
                    "of_random": float(finished[base].iloc[0]),
                    "untrained": untrained,
                    "worse": len(worse),
                    "runs": len(cell),
                    "why": _cause(cell, pd.concat(along[run] for run in worse["run_id"])),
                }
            )
    return found


def _corrected(scores: pd.DataFrame) -> pd.DataFrame:
    """Runs of the corrected protocol on games that their learner is defined for."""
    return scores[(scores["protocol"] == "corrected") & (scores["status"] != "excluded")]


def _cause(cell: pd.DataFrame, curves: pd.DataFrame) -> str:
    """One of `CAUSES`, of the runs of a cell and the curves of those that are worse than Random."""
    policy, mode = cell[["policy", "reward_mode"]].iloc[0]
    shared = mode == "cooperative"
    entry = learner(policy)
    if not shared and entry.paradigm == "joint":
        return "joint controller"
    if not shared and not entry.card["reward"].startswith("own"):
        return "paid a team reward"
    if (cell["status"] != "finished").any():
        return "diverged"
    means = curves.groupby("step")[["training_return", "cooperation"]].mean()
    last = means.iloc[-max(3, round(len(means) / 3)) :]
    reward, first = last["training_return"].mean(), means["training_return"].iloc[0]
    rises = reward > first and _change(last["training_return"]) > RISE * abs(reward)
    if rises or (not shared and abs(_change(last["cooperation"])) > CHANGE):
        return "still learning"
    # Agents that learn to defect earn less together, so under private reward this says nothing.
    if mode != "private" and reward <= first:
        return "no better than untrained"
    return "unexplained"


def _change(values: pd.Series) -> float:
    """How far a straight line through evaluations rises from the first to the last."""
    if len(values) < 2:
        return 0.0
    return float(np.polyfit(np.linspace(0.0, 1.0, len(values)), values, 1)[0])


def exception_summary(scores: pd.DataFrame, found: Sequence[Mapping[str, Any]]) -> str:
    """How many learners on how many environments, how many of them are exceptions, and why."""
    runs = _corrected(scores)
    cells = runs[runs["status"] == "finished"].drop_duplicates([*CELL, "policy", "reward_mode"])
    cooperative = int((cells["reward_mode"] == "cooperative").sum())
    less = [row for row in found if row["reward_mode"] == "cooperative"]
    text = (
        f"Under cooperative reward {len(less)} of {cooperative} learners on an environment earn "
        f"less of it than Random; under the other modes {len(found) - len(less)} of "
        f"{len(cells) - cooperative} leave an agent more to gain by holding a constant than Random "
        "does."
    )
    if not found:
        return text
    counts = {cause: sum(row["why"] == cause for row in found) for cause in CAUSES}
    said = ", ".join(f"{cause} {count}" for cause, count in counts.items() if count)
    text += f" These {len(found)} by cause: {said}."
    few = sum(2 * row["worse"] < row["runs"] for row in found)
    text += f" In {few} of them fewer than half of the runs are worse than Random."
    if less:
        above = sum(row["untrained"] >= row["of_random"] for row in less)
        text += (
            f" Of the {len(less)} under cooperative reward, {above} started from an untrained copy "
            "that earns as much as Random, so that training took them below it."
        )
    return text


def shares_of_random(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `longer_training` or `exception_probes`, in parts of what Random earns or leaves."""
    measured = table.columns.intersection(["untrained", "value", "longer_value", "lowest"])
    shares = table[measured].div(table["of_random"], axis=0)
    return table.assign(**shares).drop(columns="of_random").to_dict("records")


def _rewards(row: Mapping[str, Any]) -> bool:
    """Whether a row of `longer_training` has rewards; the others have gains, which should fall."""
    return bool(row["reward_mode"] == "cooperative")


def no_nearer(row: Mapping[str, Any]) -> bool:
    """Whether longer training brings a row of `longer_training` no nearer to Random."""
    rise = row["longer_value"] - row["value"]
    return bool(rise <= 0 if _rewards(row) else rise >= 0)


def _outcome(row: Mapping[str, Any]) -> str:
    """What longer training does to a row of `shares_of_random`."""
    share = row["longer_value"]
    if share >= 1 if _rewards(row) else share <= 1:
        return "removed"
    return "no nearer" if no_nearer(row) else "nearer"


def longer_summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many exceptions longer training removes, and which it does not even shrink.

    Args:
        rows: of `shares_of_random`.
    """
    rewards = [row for row in rows if _rewards(row)]
    if not rewards:
        return ""
    outcomes = [_outcome(row) for row in rewards]
    worse = [row for row, outcome in zip(rewards, outcomes, strict=True) if outcome == "no nearer"]
    text = (
        f"{_trained_for(rewards)}, {outcomes.count('removed')} of {len(rewards)} exceptions under "
        "cooperative reward of a study earn at least as much as Random, and "
        f"{outcomes.count('nearer')} come nearer to it."
    )
    if worse:
        named = "; ".join(
            f"{row['policy']} on {row['environment']} ({row['value']:.2f} of Random, then "
            f"{row['longer_value']:.2f})"
            for row in worse
        )
        text += f" For these it is not a matter of so few steps: {named}."
    return text


def _trained_for(rows: Sequence[Mapping[str, Any]]) -> str:
    """The steps of longer runs and of those of the study."""
    shorter = sorted({row["steps"] for row in rows})
    study = " to ".join(f"{steps:,}" for steps in dict.fromkeys([shorter[0], shorter[-1]]))
    return f"Trained for {rows[0]['longer_steps']:,} steps instead of {study}"


def longer_gains(
    rows: Sequence[Mapping[str, Any]], probes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What longer training does to exceptions in gains, by learner.

    Args:
        rows: of `longer_training`, from `shares_of_random`.
        probes: of `exception_probes`, likewise.

    Returns:
        Rows with the number of `exceptions` of a learner; how many longer training has `removed`,
        that is, brought down to the gain of leaving Random, brought `nearer`, or `no_nearer`; the
        median gain in parts of Random's in the study (`value`) and after (`longer_value`);
        `remaining`, the environments with modes where it is no nearer; and in how many of them
        (`myopic`) the gain is at most Random's without values of later states.
    """
    gains = pd.DataFrame([row for row in rows if not _rewards(row)])
    found = []
    for policy, cells in gains.groupby("policy") if len(gains) else ():
        outcomes = [_outcome(row) for row in cells.to_dict("records")]
        no_nearer = cells[[outcome == "no nearer" for outcome in outcomes]].to_dict("records")
        found.append(
            {
                **{"policy": policy, "exceptions": len(cells)},
                "removed": outcomes.count("removed"),
                "nearer": outcomes.count("nearer"),
                "no_nearer": len(no_nearer),
                "value": float(cells["value"].median()),
                "longer_value": float(cells["longer_value"].median()),
                "remaining": [f"{row['environment']} {row['reward_mode']}" for row in no_nearer],
                "myopic": sum(share <= 1 for share in _myopic(no_nearer, probes)),
            }
        )
    return found


def _myopic(rows: Sequence[Mapping[str, Any]], probes: Sequence[Mapping[str, Any]]) -> list[float]:
    """Gains of rows without values of later states; NaN of those that were not probed."""
    names = ("policy", "environment", "reward_mode")
    shares = {
        tuple(probe[name] for name in names): probe["value"]
        for probe in probes
        if probe["change"] == MYOPIC
    }
    return [shares.get(tuple(row[name] for name in names), float("nan")) for row in rows]


def gains_summary(rows: Sequence[Mapping[str, Any]], probes: Sequence[Mapping[str, Any]]) -> str:
    """How many exceptions in gains longer training removes, of each cause, or a change of one.

    Args: see `longer_gains`.
    """
    gains = [row for row in rows if not _rewards(row)]
    if not gains:
        return ""
    outcomes = [_outcome(row) for row in gains]
    told = list(zip(gains, outcomes, strict=True))
    text = (
        f"{_trained_for(gains)}, {outcomes.count('removed')} of {len(gains)} exceptions in "
        f"gains leave an agent no more to gain than Random does, {outcomes.count('nearer')} less "
        f"than before, and {outcomes.count('no nearer')} as much or more."
    )
    parts = []
    for cause in OPEN:
        of = [outcome for row, outcome in told if row["why"] == cause]
        if of:
            parts.append(
                f"{cause}: {of.count('removed')}, {of.count('nearer')} and "
                f"{of.count('no nearer')} of {len(of)}"
            )
    text += f" By what their curves in the study told: {'; '.join(parts)}."
    rest = [row for row, outcome in told if outcome == "no nearer"]
    shares = _myopic(rest, probes)
    if rest and probes:
        less = sum(share < row["longer_value"] for row, share in zip(rest, shares, strict=True))
        text += (
            f" Of the {len(rest)} last, {sum(share <= 1 for share in shares)} leave no more than "
            f"Random does if agents look no step ahead ({MYOPIC}), and {less} less than they do "
            "if they look ahead."
        )
    return text
