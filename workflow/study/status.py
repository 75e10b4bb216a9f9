"""How far a study is, by learner and environment, read from its files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

import pandas as pd

from . import campaigns
from .study import Study

Cell = tuple[str, str, str]
MARKS = {
    "done": "#",
    "done, with runs that diverged or failed": "!",
    "excluded with a reason": "-",
    "begun": ">",
    "planned": ".",
}
EDITIONS = {"v0": "released", "v1": "formal"}
# Reasons that are shown one by one.
REASONS = 20


@dataclass(frozen=True)
class CellState:
    """How far a cell is.

    Attributes:
        state: a key of `MARKS`.
        runs: rows of the table `training` that are there, as status and reason.
        said: last line of its log while it is under way.
    """

    state: str
    runs: pd.DataFrame
    said: str = ""


def cell_states(study: Study, results: Path) -> dict[Cell, CellState]:
    """State of every training cell.

    Args:
        study: the study.
        results: its folder.
    """
    return {cell: _state(results, cell) for cell in study.training_cells}


def _state(results: Path, cell: Cell) -> CellState:
    path = results / "training" / Path(*cell[:2]) / f"{cell[2]}.parquet"
    if path.exists():
        columns = ["protocol", "reward_mode", "seed", "status", "reason"]
        runs = pd.read_parquet(path, columns=columns)
        found = {*runs["status"]}
        if found == {"excluded"}:
            return CellState("excluded with a reason", runs)
        whole = found <= {"finished", "excluded"}
        return CellState("done" if whole else "done, with runs that diverged or failed", runs)
    begun = (results / "work" / "-".join(cell)).exists()
    log = results / "logs" / "training" / Path(*cell[:2]) / f"{cell[2]}.log"
    lines = log.read_text(encoding="utf-8").splitlines() if begun and log.exists() else []
    empty = pd.DataFrame(columns=["status", "reason"])
    return CellState("begun" if begun else "planned", empty, lines[-1] if lines else "")


def summary(study: Study, results: Path) -> str:
    """The state of a study as a page of text."""
    states = cell_states(study, results)
    number = Counter(state.state for state in states.values())
    runs = pd.concat([state.runs for state in states.values()]) if states else pd.DataFrame()
    statuses = Counter(runs.get("status", []))
    planned = len(study.plan())
    counted = ", ".join(f"{count:,} {name}" for name, count in statuses.most_common())
    kinds = ", ".join(f"{number[name]:,} {name}" for name in MARKS if number[name])
    page = [
        f"Study {study.name}: {len(states):,} training cells: {kinds or 'none'}",
        f"{planned:,} runs: {counted or 'none done'}"
        + (f", {planned - len(runs):,} to come" if len(runs) < planned else ""),
        *_campaigns(study, results),
        "",
        *_matrix(study, states),
        *_listed("Begun, with the last line of the log:", _under_way(states)),
        *_listed("Runs that did not finish:", _reasons(states)),
    ]
    return "\n".join(page)


def _campaigns(study: Study, results: Path) -> Iterator[str]:
    """A line per supplementary campaign."""
    cells = campaigns.cells(study)
    for campaign in study["supplements"]:
        jobs = [cell for cell in cells if cell[0] == campaign]
        planned = sum(len(campaigns.runs(study, cell)) for cell in jobs)
        yield _campaign(results, campaign, jobs, f"{planned:,}")
    if jobs := campaigns.calibrations(study):
        most = f"at most {campaigns.most_calibration_runs(study):,}"
        yield _campaign(results, f"{campaigns.BIAXIAL}, calibrated", jobs, most)


def _campaign(
    results: Path, name: str, jobs: Sequence[campaigns.CampaignCell], planned: str
) -> str:
    folder = results / "supplements"
    paths = [folder.joinpath(*cell[:-1], f"{cell[-1]}.parquet") for cell in jobs]
    done = [path for path in paths if path.exists()]
    found = Counter(s for path in done for s in pd.read_parquet(path)["status"])
    counted = ", ".join(f"{count:,} {status}" for status, count in found.most_common())
    return (
        f"Campaign {name}: {len(done):,} of {len(jobs):,} jobs done; "
        f"{planned} runs: {counted or 'none done'}"
    )


def _matrix(study: Study, states: Mapping[Cell, CellState]) -> Iterator[str]:
    """A row per learner, a column per environment."""
    names = [*dict.fromkeys(env for _, env, _ in states)]
    letters = dict(zip(names, ascii_lowercase + ascii_uppercase, strict=False))
    editions = [e for e in study["editions"] if any(cell[0] == e for cell in states)]
    width = max(len(names), 8) + 2
    yield " " * 24 + "".join(EDITIONS.get(e, e).ljust(width) for e in editions)
    yield " " * 24 + "".join("".join(letters.values()).ljust(width) for _ in editions)
    for policy in study["policies"]:
        row = policy.ljust(24)
        for edition in editions:
            cells = [states.get((edition, env, policy)) for env in letters]
            row += "".join(MARKS[c.state] if c else " " for c in cells).ljust(width)
        yield row.rstrip()
    yield ""
    legend = [f"{letter} {name}" for name, letter in letters.items()]
    for first in range(0, len(legend), 4):
        yield "".join(entry.ljust(26) for entry in legend[first : first + 4]).rstrip()
    yield "   ".join(f"{mark} {name}" for name, mark in MARKS.items())


def _under_way(states: Mapping[Cell, CellState]) -> Iterator[str]:
    for cell, state in states.items():
        if state.state == "begun":
            yield f"{_named(cell)}: {state.said or 'no line yet'}"


def _reasons(states: Mapping[Cell, CellState]) -> Iterator[str]:
    for cell, state in states.items():
        lost = state.runs[state.runs["status"].isin(["diverged", "failed"])]
        for run in lost.to_dict("records"):
            which = f"{run['protocol']} {run['reward_mode']} seed {run['seed']}"
            yield f"{_named(cell)} {which}: {run['status']}, {run['reason']}"


def _listed(title: str, lines: Iterator[str]) -> list[str]:
    found = [*lines]
    more = [f"  and {len(found) - REASONS:,} more"] if len(found) > REASONS else []
    return ["", title, *(f"  {line}" for line in found[:REASONS]), *more] if found else []


def _named(cell: Cell) -> str:
    return f"{cell[2]} {cell[1]}-{cell[0]}"
