"""Which runs break down, and which are unstable, by learner, beside what is published of it.

The published study counts unstable runs of MASAC by three definitions: the peak of the returns
along training over the median of their absolute values, a loss that is not finite, and a final
return that is not finite. Here returns along training are those of the evaluations; a run ends as
soon as a loss, an action or a parameter is not finite, so that the last two differ by runs that
failed for another reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .columns import MODES
from .columns.fields import CRITERIA
from .selection import learners
from .sources import published
from .tiers import with_tiers

PEAK_OVER_MEDIAN = 5.0
# What the released code of these learners, and of no other, computes in.
HALF_PRECISION = ("MADDPG", "MATD3", "M3DDPG")
BROKEN = ("diverged", "failed")
OURS = "this study"
TOTAL = "(total)"


def breakdown_rows(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `breakdowns`: every cell of learner, environment and mode, and published.

    Args:
        scores: see `schema`.
    """
    runs = scores[scores["status"] != "excluded"]
    keys = ["edition", "environment", "policy", "protocol", "reward_mode"]
    rows = []
    for factors, part in runs.groupby(keys, sort=False):
        counted = {"source": OURS, "precision": "single", "source_doc": "", **_counted(part)}
        rows.append(dict(zip(keys, factors, strict=True)) | counted)
    return rows + [_stated(row) for row in published("nan_cells").to_dict("records")]


def _counted(runs: pd.DataFrame) -> dict[str, Any]:
    """How many runs broke down, and the first step at which one did."""
    broken = runs[runs["status"].isin(BROKEN)]
    steps = broken.loc[broken["status"] == "diverged", "steps_done"]
    first = int(steps.min()) if len(steps) else None
    return {"runs": len(runs), "broken": len(broken), "first_step": first}


def _stated(row: dict[str, Any]) -> dict[str, Any]:
    """What is published of runs without a finite return."""
    half = set(row["algorithm"].split("/")) <= set(HALF_PRECISION)
    return {
        **{"source": "published", "edition": "v0", "protocol": "", "first_step": None},
        **{"environment": row["environment"].removesuffix("-v0"), "policy": row["algorithm"]},
        **{"reward_mode": row["reward_mode"], "precision": "half" if half else "single"},
        **{"runs": _whole(row["n_total"]), "broken": _whole(row["n_nan"])},
        "source_doc": row["source_doc"],
    }


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def peak_over_median(curves: pd.DataFrame) -> pd.Series:
    """Largest return along training over the median of absolute returns, by run id."""
    returns = curves.groupby("run_id")["training_return"]
    return returns.max() / returns.agg(lambda values: values.abs().median())


def instability_rows(scores: pd.DataFrame, curves: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `instability`: every learner by every published definition.

    Args:
        scores: see `schema`.
        curves: see `schema`; returns along training.
    """
    runs = scores[scores["status"] != "excluded"]
    ratio = peak_over_median(curves) if len(curves) else pd.Series(dtype=float)
    runs = runs.assign(peak=runs["run_id"].map(ratio).astype(float))
    stated = published("masac_instability").set_index("criterion")
    rows = []
    for edition, part in runs.groupby("edition"):
        for policy, protocol, own in learners(part):
            for criterion in CRITERIA:
                known = own[own["peak"].notna()] if criterion == "peak" else own
                unstable = known[_unstable(known, criterion)]
                about = {"edition": edition, "policy": policy, "protocol": protocol}
                said: dict[str, Any] = {"runs": None, "unstable": None, "environments": ""}
                if policy == "MASAC" and edition == "v0":
                    row = stated.loc[criterion]
                    said = {"runs": _whole(row["n_total"]), "unstable": _whole(row["n_unstable"])}
                    said["environments"] = row["where_concentrated"]
                rows.append(
                    {
                        **about,
                        **{"criterion": criterion, "runs": len(known), "unstable": len(unstable)},
                        "environments": ", ".join(sorted(set(unstable["environment"]))),
                        **{f"published_{key}": value for key, value in said.items()},
                    }
                )
    return rows


def _unstable(runs: pd.DataFrame, criterion: str) -> pd.Series:
    if criterion == "peak":
        return runs["peak"] > PEAK_OVER_MEDIAN
    return runs["status"].isin(BROKEN if criterion == "return" else ("diverged",))


def shown_breakdowns(breakdowns: pd.DataFrame) -> list[dict[str, Any]]:
    """Published cells with our runs of the same beside them, then other cells that broke down."""
    ours = with_tiers(
        breakdowns[breakdowns["source"] == OURS].assign(mechanism_class="").reset_index(drop=True)
    )
    stated = breakdowns[(breakdowns["source"] == "published") & (breakdowns["policy"] != TOTAL)]
    rows, covered = [], pd.Series(False, index=ours.index)
    for row in stated.to_dict("records"):
        same = _same(ours, row)
        covered |= same
        about = {key: row[key] for key in ("policy", "environment", "reward_mode", "precision")}
        counts = {"published_broken": row["broken"], "published_runs": row["runs"]}
        rows.append(about | counts | _here(ours[same]))
    others = ours[~covered & (ours["broken"] > 0)]
    keys = ["policy", "environment", "reward_mode"]
    for factors, part in others.groupby(keys, sort=False):
        about = dict(zip(keys, factors, strict=True)) | {"precision": ""}
        rows.append(about | {"published_broken": None, "published_runs": None} | _here(part))
    return rows


def _same(ours: pd.DataFrame, stated: dict[str, Any]) -> pd.Series:
    """Our cells that a published one is about: of a class, or in all modes, where it says so."""
    place = stated["environment"].split(" ")[0]
    there = (ours["environment"] == place) | (ours["tier"] == place)
    mode = stated["reward_mode"].split(" ")[0]
    modes = [mode] if mode in MODES else MODES
    return (
        there & ours["policy"].isin(stated["policy"].split("/")) & ours["reward_mode"].isin(modes)
    )


def _here(cells: pd.DataFrame) -> dict[str, Any]:
    """Our runs by edition: broken, runs and first step; none where nothing was trained."""
    found: dict[str, Any] = {}
    for edition in ("v0", "v1"):
        part = cells[cells["edition"] == edition]
        sums = {key: int(part[key].sum()) for key in ("broken", "runs")}
        first = {"first_step": _whole(part["first_step"].min())}
        found[edition] = sums | first if len(part) else None
    return found


def shown_instability(instability: pd.DataFrame) -> list[dict[str, Any]]:
    """Unstable runs of MASAC by every definition: published, and ours by edition."""
    rows = []
    ours = instability[instability["policy"] == "MASAC"]
    for stated in published("masac_instability").to_dict("records"):
        row = {key: stated[key] for key in ("criterion", "definition")}
        row |= {f"published_{key}": _whole(stated[f"n_{key}"]) for key in ("unstable", "total")}
        row["published_environments"] = stated["where_concentrated"]
        for edition in ("v0", "v1"):
            found = ours[(ours["edition"] == edition) & (ours["criterion"] == row["criterion"])]
            row[edition] = found.iloc[0].to_dict() if len(found) else None
        rows.append(row)
    return rows


def breakdown_summary(breakdowns: pd.DataFrame, instability: pd.DataFrame) -> str:
    """How many runs broke down, and where runs are unstable by the peak of their returns."""
    return " ".join([*_breakdowns(breakdowns), *_instability(instability)])


def _breakdowns(breakdowns: pd.DataFrame) -> Iterator[str]:
    ours = breakdowns[breakdowns["source"] == OURS]
    if ours.empty:
        return
    runs, broken = int(ours["runs"].sum()), int(ours["broken"].sum())
    if not broken:
        yield f"No run broke down, of {runs:,}."
        return
    cells = ours[ours["broken"] > 0]
    text = f"{broken:,} of {runs:,} runs broke down, in {len(cells)} of {len(ours)} cells"
    first = cells.dropna(subset="first_step")
    if len(first):
        row = first.loc[first["first_step"].astype(float).idxmin()]
        text += f", the first of them {row['policy']} on {row['environment']}-{row['edition']}"
        text += f" at step {row['first_step']:,}"
    yield f"{text}."


def _instability(instability: pd.DataFrame) -> Iterator[str]:
    peaks = instability[(instability["criterion"] == "peak") & (instability["runs"] > 0)]
    if peaks.empty:
        return
    unstable, runs = int(peaks["unstable"].sum()), int(peaks["runs"].sum())
    text = f"By the peak of returns {unstable:,} of {runs:,} runs of all learners are unstable"
    most = peaks.loc[(peaks["unstable"] / peaks["runs"]).idxmax()]
    if most["unstable"]:
        text += (
            f", most often those of {most['policy']} ({most['protocol']}, {most['edition']}: "
            f"{most['unstable']} of {most['runs']})"
        )
    yield f"{text}."
