"""The best independent learner against the best with a central critic, by class and environment.

Two forms stand side by side. The published one takes the returns of a mode, averages them over the
environments of a class and names the gap in % of the better learner with a central critic. The
other takes scores, and their interquartile mean. In both the interval includes the choice: which
member is best is decided in every resample anew. Beside the best of either side stand all of its
members together, where nothing is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
        environments, members, together = measured(runs, repetitions, generator)
        sides = {
            side: {p: found for p, found in members.items() if side_of[p] == side} for side in SIDES
        }
        if not all(sides.values()):
            continue
        found = _gap(sides, relative=form == "return")
        found |= _gap_together(sides, together, relative=form == "return")
        lost = int((runs["status"] != "finished").sum()) if form == "return" else 0
        yield {"form": form, "environments": environments, "unfinished": lost, **found}


# A value, and those of resamples [R].
Estimate = tuple[float, Array]
Members = Mapping[str, Estimate]
# Environments, learners, and the estimate of several learners together.
Measured = tuple[int, dict[str, Estimate], Callable[[Sequence[str]], Estimate]]


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


def _gap_together(
    sides: Mapping[str, Members], together: Callable[[Sequence[str]], Estimate], *, relative: bool
) -> dict[str, float]:
    """Gap between all members of the sides with its interval."""
    (value, resampled), (other, other_resampled) = (together([*sides[side]]) for side in SIDES)
    low, high = ends(_difference(resampled, other_resampled, relative=relative))
    gap = _difference(value, other, relative=relative)
    return {"members_gap": gap, "members_low": low, "members_high": high}


def _best(members: Members, left_out: str) -> float:
    return max(value for policy, (value, _) in members.items() if policy != left_out)


def _difference(independent: Any, ctde: Any, *, relative: bool) -> Any:
    """Gap in score, or in % of the other side; of no size where that is zero."""
    gap = np.asarray(independent, float) - np.asarray(ctde, float)
    if relative:
        size = np.abs(np.asarray(ctde, float))
        gap = 100 * gap / np.where(size > 0, size, np.nan)
    return float(gap) if gap.ndim == 0 else gap


def _returns(runs: pd.DataFrame, repetitions: int, generator: np.random.Generator) -> Measured:
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

    def together(policies: Sequence[str]) -> Estimate:
        values, resampled = zip(*(members[policy] for policy in policies), strict=True)
        return float(np.mean(values)), np.mean(resampled, axis=0)

    return len(names), members, together


def _scores(runs: pd.DataFrame, repetitions: int, generator: np.random.Generator) -> Measured:
    """Interquartile mean of the score; a run that failed counts with its 0."""
    widest = next(pools(runs), None)
    matrices = widest.scores if widest else {}
    samples = {
        policy: taken(matrix, draws(matrix.shape, repetitions, generator))
        for policy, matrix in matrices.items()
    }

    def together(policies: Sequence[str]) -> Estimate:
        # Runs of all of them are one sample, whose seeds are resampled within each learner.
        pooled, drawn = (
            np.concatenate([parts[policy] for policy in policies], axis=-2)
            for parts in (matrices, samples)
        )
        return float(interquartile_means(pooled[None])[0]), interquartile_means(drawn)

    members = {policy: together([policy]) for policy in matrices}
    return len(widest.names) if widest else 0, members, together


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


def change_summary(gaps: pd.DataFrame) -> str:
    """On how many environments the leading side differs between private and integrated reward."""
    rows = gaps[(gaps["environment"] != "") & (gaps["form"] == "score")]
    said = []
    for edition, part in rows.groupby("edition"):
        wide = part.pivot(index="environment", columns="reward_mode", values=["gap", "low", "high"])
        if not {"private", "integrated"} <= set(wide["gap"]):
            continue
        wide = wide.dropna(subset=[("gap", "private"), ("gap", "integrated")])
        signs = np.sign(wide["gap"][["private", "integrated"]])
        changed = signs["private"] != signs["integrated"]
        clear = (wide["low"] > 0) | (wide["high"] < 0)
        sure = changed & clear["private"] & clear["integrated"]
        said.append(
            f"on {int(changed.sum())} of {len(wide)} environments in {edition}, on "
            f"{int(sure.sum())} of them with both intervals on one side of zero"
        )
    if not said:
        return ""
    return (
        "In score, the leading side changes between private and integrated reward "
        f"{'; '.join(said)}."
    )


def members_summary(gaps: pd.DataFrame) -> str:
    """In how many classes and modes the side of the best member leads with all members too."""
    rows = gaps[(gaps["environment"] == "") & (gaps["form"] == "score")]
    rows = rows.dropna(subset=["gap", "members_gap"])
    if rows.empty:
        return ""
    same = int((np.sign(rows["gap"]) == np.sign(rows["members_gap"])).sum())
    clear = int(((rows["members_low"] > 0) | (rows["members_high"] < 0)).sum())
    return (
        f"All members together give the lead to the side of the best member in {same} of "
        f"{len(rows)} classes and reward modes; in {clear} their interval lies on one side of zero."
    )
