"""What a finished study has cost, from the benchmark file that Snakemake wrote of each job.

    python -m coopetition.reports.costs results/quick    keeps it in `recorded`

The plan of a study, the resources that its jobs ask for and the table of the README come from what
is kept.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from . import schema
from .sources import RECORDED

# Parts whose jobs train: of these the runs say what they cost, protocol by protocol.
TRAINING = ("training", "learner_certificates", "supplements")
# Of a scale on a machine with as many cores; see `scale_cost`.
CORES = 2
# Its runs are too short to say what a step costs: kept is only what it takes in all.
SHORTEST = "smoke"


def job_costs(results: Path) -> list[dict[str, Any]]:
    """Rows of the table `costs`, one per job, and of training jobs one per protocol.

    Args:
        results: folder of a study. Jobs without a benchmark are left out.

    Raises:
        FileNotFoundError: no job has left a benchmark there.
    """
    folder = results / "benchmarks"
    paths = sorted(folder.rglob("*.tsv"))
    if not paths:
        raise FileNotFoundError(f"{folder} holds no benchmark of a job: run the study first")
    return [row for path in paths for row in _rows(results, path.relative_to(folder))]


def _rows(results: Path, path: Path) -> list[dict[str, Any]]:
    measured = pd.read_csv(results / "benchmarks" / path, sep="\t").iloc[-1]
    part, *place = path.with_suffix("").parts
    editions = [number for number, name in enumerate(place) if re.fullmatch(r"v\d+", name)]
    cell = place[editions[0] :] if editions else []
    edition, environment, policy = [*cell, "", "", ""][:3]
    row: dict[str, Any] = {
        "part": part,
        "job": "/".join(place),
        **{"edition": edition, "environment": environment, "policy": policy, "protocol": ""},
        **{"runs": 0, "steps": 0},
        # Snakemake samples: a job that ended before the first sample has used no CPU to speak of.
        "cpu_seconds": _number(measured["cpu_time"]),
        "seconds": float(measured["s"]),
        "memory_mb": _number(measured["max_rss"]),
    }
    if place[:1] == ["signatures"]:
        return [row | _signature_size(results)]
    if part == "ablations":
        runs = schema.read("training", results / part / Path(*cell).with_suffix(".runs.parquet"))
        return [row | {"runs": len(runs), "steps": int(runs["steps_planned"].max())}]
    if part not in TRAINING or not cell:
        return [row]
    runs = schema.read("training", (results / part / Path(*place)).with_suffix(".parquet"))
    whole = runs["cpu_seconds"].sum()
    rows = []
    for protocol, group in runs.groupby("protocol"):
        cpu = float(group["cpu_seconds"].sum())
        rows.append(
            row
            | {
                **{"protocol": protocol, "runs": len(group)},
                "steps": int(group["steps_planned"].max()),
                "cpu_seconds": cpu,
                "seconds": row["seconds"] * cpu / whole,
            }
        )
    return rows


def _signature_size(results: Path) -> dict[str, int]:
    """Runs and steps of a job that compares two learners."""
    text = (results / "plan" / "configuration.yaml").read_text(encoding="utf-8")
    wanted = yaml.safe_load(text)["learner_certificates"]
    return {"runs": 2 * len(wanted["seeds"]), "steps": wanted["steps"]}


def _number(value: Any) -> float:
    number = pd.to_numeric(value, errors="coerce")
    return 0.0 if pd.isna(number) else float(number)


def scale_cost(results: Path, costs: pd.DataFrame) -> dict[str, Any]:
    """Row of the table `scales` of a finished study.

    Args:
        results: its folder, named after the scale.
        costs: table `costs`.
    """
    files = (
        path
        for path in results.rglob("*")
        if path.is_file() and path.relative_to(results).parts[0] != "work"
    )
    return {
        "scale": results.name,
        "jobs": len(costs[["part", "job"]].drop_duplicates()),
        "runs": int(costs["runs"].sum()),
        "cpu_hours": costs["cpu_seconds"].sum() / 3600,
        "minutes": costs["seconds"].sum() / CORES / 60,
        "memory_mb": costs["memory_mb"].max(),
        "disk_mb": sum(path.stat().st_size for path in files) / 1e6,
    }


def record(results: Path, folder: Path = RECORDED) -> None:
    """Keep what a finished study has cost; costs of jobs that it does not have stay as they were.

    Of `smoke` no costs of jobs are kept.

    Args:
        results: its folder, named after its scale.
        folder: of the tables `costs` and `scales`.
    """
    new = schema.table("costs", job_costs(results))
    scale = schema.table("scales", [scale_cost(results, new)])
    kept = [("scales", scale, ["scale"])]
    if results.name != SHORTEST:
        kept.append(("costs", new, ["part", "job", "protocol"]))
    for name, rows, key in kept:
        path = folder / f"{name}.csv"
        old = schema.read(name, [path] if path.exists() else [])
        known = pd.concat([rows, old]).drop_duplicates(key)
        schema.write(name, known.sort_values(key), path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m coopetition.reports.costs results/quick")
    record(Path(sys.argv[1]))
