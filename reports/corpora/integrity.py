"""Is a set of corpora whole? Every broken rule is one line that says what is wrong and where.

Planned runs are present, failed or excluded, each once; nothing is there that nobody planned; every
value has its type and its bounds; a cell is empty only where a status or the schema says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coopetition.agents.scores import LEVELS

from .. import schema
from ..columns import Column
from . import runs
from .catalogue import (
    BOUNDS,
    CERTIFICATES,
    CORPORA,
    CURVES,
    EVALUATIONS,
    RUNS,
    SETS,
    SURFACES,
    TRAJECTORIES,
    Corpus,
)
from .package import present, sha256

# Lines that one check shows; the rest is counted.
SHOWN = 5
FOLDER = "all corpora"
Frames = dict[str, pd.DataFrame]


@dataclass
class Check:
    """One rule, looked at.

    Attributes:
        corpus: that it is about, or `FOLDER`.
        check: what must hold.
        checked: how many were looked at.
        lines: what breaks it, one line each.
    """

    corpus: str
    check: str
    checked: int
    lines: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Its row of the table `corpus_integrity`."""
        return {
            **{"corpus": self.corpus, "check": self.check, "checked": self.checked},
            **{"violations": len(self.lines), "ok": not self.lines},
        }

    def text(self) -> list[str]:
        """Its lines for a reader; many are cut short."""
        shown = [f"{self.corpus}: {line}" for line in self.lines[:SHOWN]]
        more = len(self.lines) - SHOWN
        return [*shown, *([f"{self.corpus}: and {more} more like this"] if more > 0 else [])]


def integrity(
    folder: Path,
    inventory: pd.DataFrame,
    plan: pd.DataFrame,
    places: Collection[tuple[str, str]],
    *,
    results: Collection[Path] = (),
    expected: Collection[Path] = (),
) -> list[Check]:
    """Check the corpora of a study.

    Args:
        folder: where they lie.
        inventory: table `corpora`.
        plan: table `plan`.
        places: (edition, environment) of the study.
        results: files of training runs that the folder of results holds.
        expected: those of them that the study plans.
    """
    checks = [
        Check(
            FOLDER,
            "no file of a run that nobody planned",
            len(results),
            [
                f"{path} belongs to no planned run: remove it, or give the study that made it a "
                "name of its own"
                for path in sorted(set(results) - set(expected))
            ],
        ),
        *_files(folder, inventory),
    ]
    frames: Frames = {}
    for corpus in present(inventory):
        if (folder / corpus.file).is_file():
            found = _schema(corpus, folder / corpus.file, frames)
            checks.append(found)
            if not found.lines:
                checks += _of_corpus(corpus, frames[corpus.name])
    checks += [_references(corpus, frames) for corpus in _referring(frames)]
    for names, check in _ACROSS:
        if all(name in frames for name in names):
            checks += check(frames, plan, places)
    return checks


def _files(folder: Path, inventory: pd.DataFrame) -> Iterator[Check]:
    listed = inventory[inventory["file"] != ""].set_index("file")
    found = {path.name for path in folder.glob("*.parquet")}
    lines = [f"{name} is missing from {folder}" for name in sorted(set(listed.index) - found)]
    strange = sorted(found - set(listed.index))
    lines += [f"{folder / name} is no corpus of this study: remove it" for name in strange]
    yield Check(FOLDER, "every corpus has its file, and there is no other", len(found), lines)
    kept = [name for name in listed.index if name in found]
    lines = [
        f"{name} has another content than when it was written: its sha256 is not "
        f"{listed.loc[name, 'sha256']}"
        for name in kept
        if sha256(folder / name) != listed.loc[name, "sha256"]
    ]
    yield Check(FOLDER, "every file is as it was written", len(kept), lines)


def _schema(corpus: Corpus, path: Path, frames: Frames) -> Check:
    """Reads a corpus into the frames, unless it breaks its schema."""
    try:
        frames[corpus.name] = schema.read(corpus.table, path)
        lines = []
    except (schema.SchemaError, OSError, ValueError) as error:
        lines = [f"{path.name}: {error}"]
    return Check(corpus.name, "columns, types and allowed values", len(corpus.columns), lines)


def _of_corpus(corpus: Corpus, frame: pd.DataFrame) -> Iterator[Check]:
    if corpus.key:
        again = frame[frame.duplicated(list(corpus.key))]
        lines = [
            "a row stands there twice: "
            + ", ".join(f"{name} {row[name]}" for name in corpus.key if row[name] != "")
            for row in again.to_dict("records")
        ]
        yield Check(corpus.name, "no row twice", len(frame), lines)
    lines, checked = [], 0
    for name, rule in corpus.columns.items():
        if rule.kind in ("integer", "number", "numbers"):
            checked += len(frame)
            lines += _outside(name, rule, frame[name])
    yield Check(corpus.name, "numbers are finite and within their bounds", checked, lines)


def _outside(name: str, rule: Column, values: pd.Series) -> list[str]:
    """Lines on a column with numbers outside of its bounds; empty cells are the schema's affair."""
    low, high = BOUNDS.get(name, (0.0 if rule.kind == "integer" else -np.inf, np.inf))
    if rule.kind == "numbers":
        lists = [np.asarray(row, float) for row in values if row is not None]
        flat = np.concatenate(lists) if lists else np.zeros(0)
    else:
        flat = values.dropna().to_numpy(float)
    flat = flat[~np.isnan(flat)]
    wrong = flat[np.isinf(flat) | (flat < low) | (flat > high)]
    if not len(wrong):
        return []
    return [
        f"column {name} holds {wrong[0]:g} ({len(wrong)} values), outside of {low:g} to {high:g}"
    ]


def _referring(frames: Frames) -> list[Corpus]:
    known = [CORPORA[name] for name in frames]
    return [corpus for corpus in known if corpus.refers and corpus.refers[1] in frames]


def _references(corpus: Corpus, frames: Frames) -> Check:
    assert corpus.refers is not None
    column, other = corpus.refers
    values = frames[corpus.name][column].unique()
    known = set(frames[other][column])
    lines = [f"{column} {value} is not in {other}" for value in values if value not in known]
    return Check(corpus.name, f"every {column} is in {other}", len(values), lines)


def _training(frames: Frames, plan: pd.DataFrame, _: Any) -> list[Check]:
    found = frames[RUNS]
    return [
        Check(
            RUNS,
            "planned = finished + diverged + failed + excluded",
            len(plan),
            runs.unplanned(found, plan),
        ),
        Check(RUNS, "factors are those of the plan", len(found), runs.other_factors(found, plan)),
        Check(RUNS, "a status and its reason", len(found), runs.reasons(found)),
        Check(
            RUNS,
            "an empty cell only where the status says so",
            len(found),
            runs.empty_cells(found),
        ),
    ]


def _curves(frames: Frames, *_: Any) -> list[Check]:
    lines = runs.curves(frames[RUNS], frames[CURVES])
    return [
        Check(CURVES, "from step 0 to the last of every finished run", len(frames[RUNS]), lines)
    ]


def _evaluations(frames: Frames, *_: Any) -> list[Check]:
    kinds = CORPORA[EVALUATIONS].columns["kind"].allowed
    lines = runs.evaluations(frames[RUNS], frames[EVALUATIONS], kinds)
    return [Check(EVALUATIONS, "each way once for every finished run", len(frames[RUNS]), lines)]


def _surfaces(frames: Frames, _: Any, places: Collection[tuple[str, str]]) -> list[Check]:
    keys = ["edition", "environment", "action_basis", "reward_mode"]
    counted = frames[SURFACES].groupby(keys, sort=False)["level"].nunique()
    lines = [
        f"{environment}-{edition}, {basis} endowment, {mode}: {n} levels of {len(LEVELS)}"
        for (edition, environment, basis, mode), n in counted.items()
        if n != len(LEVELS)
    ]
    lines += _missing(frames[SURFACES], places)
    return [Check(SURFACES, "all levels of every environment", len(counted), lines)]


def _certificates(frames: Frames, _: Any, places: Collection[tuple[str, str]]) -> list[Check]:
    lines = _missing(frames[CERTIFICATES], places)
    return [Check(CERTIFICATES, "one for every environment", len(places), lines)]


def _missing(frame: pd.DataFrame, places: Collection[tuple[str, str]]) -> list[str]:
    """Lines on environments that are planned and not there, or there and not planned."""
    found = set(zip(frame["edition"], frame["environment"], strict=True))
    lines = [
        f"{env}-{edition} has no row" for edition, env in places if (edition, env) not in found
    ]
    return lines + [f"{e}-{v} is not part of the study" for v, e in sorted(found - set(places))]


def _trajectories(frames: Frames, *_: Any) -> list[Check]:
    steps, lines = frames[TRAJECTORIES], []
    counted = steps.groupby("set_id")["step"].size()
    for row in frames[SETS].to_dict("records"):
        n = int(counted.get(row["set_id"], 0))
        if n != row["transitions"]:
            lines.append(f"{row['set_id']} has {n} transitions of {row['transitions']}")
    episodes = steps.groupby(["set_id", "episode"], sort=False)
    ended = steps["terminated"] | steps["truncated"]
    whole = pd.DataFrame(
        {
            "steps": episodes["step"].size(),
            "last": episodes["step"].max() + 1,
            "ends": ended.groupby([steps["set_id"], steps["episode"]], sort=False).sum(),
        }
    )
    broken = whole[(whole["steps"] != whole["last"]) | (whole["ends"] != 1)]
    lines += [f"{name}, episode {k} is not whole" for name, k in broken.index]
    return [Check(TRAJECTORIES, "whole episodes, as many as stated", len(whole), lines)]


_ACROSS: tuple[tuple[Sequence[str], Callable[..., list[Check]]], ...] = (
    ((RUNS,), _training),
    ((RUNS, CURVES), _curves),
    ((RUNS, EVALUATIONS), _evaluations),
    ((SURFACES,), _surfaces),
    ((CERTIFICATES,), _certificates),
    ((SETS, TRAJECTORIES), _trajectories),
)
