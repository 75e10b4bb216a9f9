"""What corpora of the size of the scale `paper` weigh, and what packaging them takes.

    python tests/benchmarks/corpus.py [RUNS] [POINTS]

Invented numbers with the digits of measured ones: 25,000 runs with learning curves of 101 points, a
run in fifty broken. Nothing is trained. Prints megabytes and CPU-seconds of every part.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coopetition.reports import schema
from coopetition.reports.columns import TABLES
from coopetition.reports.corpora import croissant, facts, package, validation
from coopetition.reports.corpora.catalogue import CORPORA
from coopetition.reports.corpora.documents import documents
from coopetition.reports.corpora.integrity import Check, integrity

RUNS, POINTS = 25_000, 101
SEEDS = 7
MODES = ("private", "integrated", "cooperative")
KINDS = ("deterministic", "stochastic", "last_five_checkpoints")
PART = ("training_runs", "learning_curves", "evaluation_episodes")
CITATION = {"title": "Benchmark", "authors": [{"name": "Nobody"}]}


def runs(count: int) -> pd.DataFrame:
    """Table `scores` of so many invented runs."""
    rng, n = np.random.default_rng(0), np.arange(count)
    cell = n // (SEEDS * len(MODES))
    broken = n % 50 == 0
    noise = rng.normal(50_000.0, 5_000.0, (count, 6))
    agents = rng.normal(9_000.0, 900.0, (count, 6))
    shares = rng.random((count, 6))
    agents[broken], shares[broken] = np.nan, np.nan
    hashes = rng.integers(0, 16, (count, 16))
    values: dict[str, Any] = {
        "run_id": ["".join("0123456789abcdef"[digit] for digit in row) for row in hashes],
        "environment": [f"Environment{k % 20:02d}" for k in cell],
        "edition": "v1",
        "mechanism_class": "TR-1",
        "n_agents": 6,
        "policy": [f"Learner{k // 20:02d}" for k in cell],
        "paradigm": "independent",
        "protocol": "corrected",
        "reward_mode": [MODES[k // SEEDS % 3] for k in n],
        "seed": 99 + n % SEEDS,
        **dict.fromkeys(("steps_planned", "steps_done"), 500_000),
        "status": np.where(broken, "diverged", "finished"),
        "reason": np.where(broken, "the loss is not finite", ""),
        "payoff_per_agent": list(agents),
        "share_per_agent": list(shares),
        "hyperparameter_hash": [f"{k // 20:016x}" for k in cell],
        **{"version": "0.1.0", "commit": "0" * 40},
    }
    numbers = [name for name, rule in TABLES["scores"].items() if name not in values]
    for k, name in enumerate(numbers):
        values[name] = noise[:, k % 6] * rng.random()
    values |= {name: rng.random(count) for name in ("trust", "cooperation")}
    values |= {name: np.full(count, 1.0) for name in ("welfare_floor", "welfare_ceiling")}
    frame = pd.DataFrame(values)
    measured = ["training_return", "welfare", "trust", "cooperation", "episode_length"]
    frame.loc[broken, measured] = np.nan
    return schema.table("scores", frame)


def points(finished: pd.DataFrame, number: int) -> pd.DataFrame:
    """Table `curves`: so many points of every run."""
    count, rng = len(finished), np.random.default_rng(1)
    steps = np.linspace(0, 500_000, number).astype(int)
    rows = {
        "run_id": np.repeat(finished["run_id"].to_numpy(), number),
        "step": np.tile(steps, count),
    }
    for name in ("training_return", "welfare", "episode_length"):
        rows[name] = rng.normal(50_000.0, 5_000.0, count * number)
    for name in ("trust", "cooperation"):
        rows[name] = rng.random(count * number)
    return schema.table("curves", pd.DataFrame(rows))


def evaluations(finished: pd.DataFrame) -> pd.DataFrame:
    """Table `evaluations`."""
    rows = points(finished, len(KINDS)).drop(columns="step")
    return schema.table("evaluations", rows.assign(kind=KINDS * len(finished), episodes=10))


def plan(table: pd.DataFrame) -> pd.DataFrame:
    """The plan of these runs."""
    factors = [name for name in TABLES["plan"] if name != "hyperparameters"]
    return schema.table("plan", table[factors].assign(hyperparameters="{}"))


def timed(name: str, seconds: dict[str, float], work: Callable[[], Any]) -> Any:
    """The result of some work, whose CPU time is noted."""
    start = time.process_time()
    result = work()
    seconds[name] = time.process_time() - start
    return result


def measure(count: int, number: int, folder: Path) -> tuple[pd.DataFrame, list[Check], dict]:
    """Package so many invented runs, check and describe them, and read them back.

    Returns:
        The inventory, the checks, and the CPU-seconds of every part.
    """
    table = runs(count)
    finished = table[table["status"] == "finished"]
    tables = dict(zip(PART, (table, points(finished, number), evaluations(finished)), strict=True))
    left_out = {name: "not part of the benchmark" for name in CORPORA if name not in PART}
    seconds: dict[str, float] = {}
    about = {"study": "benchmark", "configuration_hash": "0" * 16}
    inventory = timed(
        "packaging", seconds, lambda: package.package(tables, left_out, folder, **about)
    )
    checks = timed(
        "integrity", seconds, lambda: integrity(folder, inventory, plan(table), places=[])
    )

    def describe() -> None:
        found = facts.gather(
            inventory,
            schema.read("training_runs", folder / "training_runs.parquet"),
            schema.table("corpus_integrity", [check.row() for check in checks]),
            CITATION,
            **{**about, "scale": "paper", "date": "2026-01-31", "version": "0.1.0"},
        )
        texts = documents(inventory, found, CITATION)
        texts["croissant.json"] = json.dumps(croissant.metadata(inventory, found))
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")

    timed("metadata", seconds, describe)
    timed("validation", seconds, lambda: validation.validate(folder / "croissant.json"))
    return inventory, checks, seconds


def main(arguments: list[str]) -> None:
    count, number = (*map(int, arguments), *(RUNS, POINTS)[len(arguments) :])
    with tempfile.TemporaryDirectory() as name:
        inventory, checks, seconds = measure(count, number, Path(name))
    for row in inventory[inventory["file"] != ""].to_dict("records"):
        print(f"{row['corpus']:<20} {row['rows']:>10,} rows {row['bytes'] / 1e6:>8.1f} MB")
    print(f"{'all':<20} {'':>15} {inventory['bytes'].sum() / 1e6:>8.1f} MB")
    for part, spent in seconds.items():
        print(f"{part:<20} {spent:>10.1f} CPU-seconds")
    for check in checks:
        print(*check.text(), sep="\n", end="\n" if check.lines else "")


if __name__ == "__main__":
    main(sys.argv[1:])
