"""The best independent learner against the best with a central critic, by class and environment.

Two forms stand side by side. The published one takes the returns of a mode, averages them over the
environments of a class and names the gap in % of the better learner with a central critic. The
other takes scores, and their interquartile mean. In both the interval includes the choice: which
member is best is decided in every resample anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopetition.envs.engine import Array

from .columns import MODES
from .pools import pools
from .resampling import draws, ends, interquartile_means, resampled_means, taken
from .selection import named
from .sources import published
from .tiers import in_order, with_tiers

# Of our paradigms, those that the published tables set against each other.
SIDES = {"independent": ("independent", "population"), "ctde": ("ctde",)}
NAN = float("nan")


def gap_rows(scores: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `class_gaps`: every class, and every environment alone.

    Members train on all environments of the class that any learner of the two sides trains on, so
    that all are compared on the same ones. Only the corrected protocol has both sides.

    Args:
        scores: see `schema`.
        repetitions: resamples.
    """
    sides = {paradigm: side for side, names in SIDES.items() for paradigm in names}
    runs = named(with_tiers(scores[scores["protocol"] == "corrected"]))
    runs = runs[(runs["status"] != "excluded") & runs["paradigm"].isin(sides)]
    runs = runs.assign(side=runs["paradigm"].map(sides))
    stated, nothing = _published_gaps(), {"published": NAN, "published_leaders": ""}
    rows = []
    for edition, part in runs.groupby("edition"):
        scopes = [(tier, "", part[part["tier"] == tier]) for tier in in_order(part["tier"])]
        scopes += [(group["tier"].iloc[0], name, group) for name, group in part.groupby("name")]
        for tier, name, group in scopes:
            for mode in (mode for mode in MODES if mode in set(group["reward_mode"])):
                about = {"edition": edition, "mechanism_class": tier, "environment": name}
                about |= {"reward_mode": mode}
                found = _gaps(group[group["reward_mode"] == mode], repetitions)
                known = stated.get((name or tier, mode), nothing)
                for row in found:
                    same = edition == "v0" and row["form"] == "return"
                    rows.append({**about, **row, **(known if same else nothing)})
    return rows


def _gaps(runs: pd.DataFrame, repetitions: int) -> Iterable[dict[str, Any]]:
    """Both forms of the gap, where either side has a member."""
    side_of = dict(zip(runs["policy"], runs["side"], strict=True))
    for form, measured in (("return", _returns), ("score", _scores)):
        generator = np.random.default_rng(np.random.SeedSequence(0))
        environments, members = measured(runs, repetitions, generator)
        sides = {
            side: {p: found for p, found in members.items() if side_of[p] == side} for side in SIDES
        }
        if not all(sides.values()):
            continue
        yield {"form": form, "environments": environments, **_gap(sides, relative=form == "return")}


# Learner -> its value and those of resamples [R].
Members = Mapping[str, tuple[float, Array]]


def _gap(sides: Mapping[str, Members], *, relative: bool) -> dict[str, Any]:
    """Gap of the best members with its interval, and without any one of the learners."""
    best = {side: max(found, key=lambda p: found[p][0]) for side, found in sides.items()}
    values = {side: sides[side][policy][0] for side, policy in best.items()}
    resampled = {side: np.stack([r for _, r in found.values()]) for side, found in sides.items()}
    low, high = ends(
        _difference(resampled["independent"].max(0), resampled["ctde"].max(0), relative=relative)
    )
    found: dict[str, Any] = {"gap": _difference(*values.values(), relative=relative), "low": low}
    found |= {"high": high}
    for side, policy in best.items():
        chosen = resampled[side].argmax(axis=0) == [*sides[side]].index(policy)
        found |= {side: policy, f"{side}_value": values[side]}
        found |= {f"{side}_chosen": float(chosen.mean()), f"{side}_members": len(sides[side])}
    without = [
        _difference(*(_best(sides[s], left_out) for s in SIDES), relative=relative)
        for side in SIDES
        for left_out in sides[side]
        if len(sides[side]) > 1
    ]
    return found | {
        "lowest_without": float(min(without, default=NAN)),
        "highest_without": float(max(without, default=NAN)),
    }


def _best(members: Members, left_out: str) -> float:
    return max(value for policy, (value, _) in members.items() if policy != left_out)


def _difference(independent: Any, ctde: Any, *, relative: bool) -> Any:
    """Gap in score, or in % of the other side; of no size where that is zero."""
    gap = np.asarray(independent, float) - np.asarray(ctde, float)
    if relative:
        size = np.abs(np.asarray(ctde, float))
        gap = 100 * gap / np.where(size > 0, size, np.nan)
    return float(gap) if gap.ndim == 0 else gap


def _returns(
    runs: pd.DataFrame, repetitions: int, generator: np.random.Generator
) -> tuple[int, dict[str, tuple[float, Array]]]:
    """Mean return over environments, of runs that finished on all of them."""
    finished = runs[runs["status"] == "finished"]
    names = sorted(finished["name"].unique())
    members = {}
    for policy, own in finished.groupby("policy", sort=False):
        parts = {n: part.to_numpy(float) for n, part in own.groupby("name")["training_return"]}
        if list(parts) == names:
            values = [parts[name] for name in names]
            resampled = resampled_means(values, repetitions, generator).mean(axis=1)
            members[str(policy)] = float(np.mean([v.mean() for v in values])), resampled
    return len(names), members


def _scores(
    runs: pd.DataFrame, repetitions: int, generator: np.random.Generator
) -> tuple[int, dict[str, tuple[float, Array]]]:
    """Interquartile mean of the score; a run that failed counts with its 0."""
    widest = next(pools(runs), None)
    if widest is None:
        return 0, {}
    members = {}
    for policy, matrix in widest.scores.items():
        drawn = draws(matrix.shape, repetitions, generator)
        value = float(interquartile_means(matrix[None])[0])
        members[policy] = value, interquartile_means(taken(matrix, drawn))
    return len(widest.names), members


def _published_gaps() -> dict[tuple[str, str], dict[str, Any]]:
    """Class or environment, and mode -> published gap in %, and between whom where that is said."""
    classes, cases = published("best_ctde_vs_ind"), published("crossover")
    classes = classes.rename(columns={"tier": "scope", "gap_pct_published": "gap"})
    names = {"environment": "scope", "gap_pct_ind_minus_ctde_over_ctde": "gap"}
    rows = pd.concat([classes, cases.rename(columns=names)]).to_dict("records")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        known = isinstance(row["best_ind"], str)
        leaders = f"{row['best_ind']} against {row['best_ctde']}" if known else ""
        told = {"published": float(row["gap"]), "published_leaders": leaders}
        # Of several figures for one environment the first is that of the documents.
        found.setdefault((row["scope"], row["reward_mode"]), told)
    return found
