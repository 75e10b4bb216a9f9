"""Do learners that do worse than Random in a study need more training?

    python tests/benchmarks/exceptions.py results/standard [--cores 2]

Every exception of the table "Corrected learners that do worse than Random" of a finished study's
report whose learning curve leaves the cause open is trained with the same settings and seeds for
16,000 environment steps. Those that come no nearer to Random by that are trained once more with one
thing changed: without discounted values of later states, and under cooperative reward without each
mechanism that the environment can be without. About two hours of CPU time for those of `standard`.

Rows are kept in `reports/recorded/longer_training.csv` and `exception_probes.csv` as they are
found, and are not made again for the same study, so that a killed call goes on where it was. The
report of every study shows them.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch

from coopetition import envs
from coopetition.agents.evaluation import evaluate
from coopetition.agents.records import RunResult
from coopetition.agents.training import train_runs
from coopetition.agents.variants import variant_runs
from coopetition.reports import schema
from coopetition.reports.exceptions import MYOPIC, OPEN, exceptions, no_nearer

RECORDED = Path(__file__).parents[2] / "reports" / "recorded"
STEPS = 16_000
CHECKPOINTS = 8
RANDOM_EPISODES = 50
CELL = ["policy", "environment", "reward_mode"]


class Job(NamedTuple):
    """One row to make.

    Attributes:
        make: what makes it of the other fields, in a process of its own.
        found: exception of a study, or row of `longer_training`.
        seeds: of its runs.
        change: further arguments.
    """

    make: Callable[..., dict[str, Any]]
    found: dict[str, Any]
    seeds: list[int]
    change: Sequence[Any]


def trained(found: dict[str, Any], seeds: list[int], **changes: Any) -> list[RunResult]:
    """Results of a learner's longer runs, all of which finish; see `variant_runs` for changes."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    runs = variant_runs(
        found["policy"],
        *found["environment"].split("-"),
        reward_modes=[found["reward_mode"]],
        seeds=seeds,
        steps=STEPS,
        **changes,
    )
    results = train_runs(runs, checkpoints=CHECKPOINTS)
    failed = [result.row["reason"] for result in results if result.row["status"] != "finished"]
    assert not failed, failed
    return results


def ends(found: dict[str, Any], results: Sequence[RunResult]) -> tuple[pd.Series, int]:
    """Rewards, or gains, at the end of runs, and how many are worse than Random."""
    cooperative = found["reward_mode"] == "cooperative"
    measure = "training_return" if cooperative else "deviation_gain"
    values = pd.Series([result.row[measure] for result in results])
    beyond = (found["of_random"] - values) * (1 if cooperative else -1)
    return values, int((beyond > 0).sum())


def longer(found: dict[str, Any], seeds: list[int], steps: int) -> dict[str, Any]:
    """Row of the table `longer_training`.

    Args:
        found: exception of a study.
        seeds: of its runs.
        steps: of them.
    """
    results = trained(found, seeds)
    values, worse = ends(found, results)
    row = {
        **{name: found[name] for name in (*CELL, "why", "of_random", "untrained")},
        "runs": len(values),
        "steps": steps,
        "value": found["value"],
        "worse": found["worse"],
        "longer_steps": STEPS,
        "longer_value": values.mean(),
        "longer_worse": worse,
        **dict.fromkeys(("lowest", "lowest_step")),
    }
    if found["reward_mode"] == "cooperative":  # gains are measured at the end alone
        points = pd.DataFrame([point for result in results for point in result.curve])
        means = points.groupby("step")["training_return"].mean()
        row |= {"lowest": means.min(), "lowest_step": int(means.idxmin())}
    return row


def probe(
    found: dict[str, Any],
    seeds: list[int],
    change: str,
    settings: dict[str, Any],
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """Row of the table `exception_probes`: the same runs with one thing changed.

    Args:
        found: row of `longer_training`.
        seeds: of its runs.
        change: its name.
        settings: of the learner that differ.
        parameters: of the environment that differ.
    """
    results = trained(found, seeds, settings=settings, parameters=parameters)
    of_random = found["of_random"]
    if parameters:
        episodes = RANDOM_EPISODES
        random = evaluate("Random", found["environment"], episodes=episodes, seed=0, **parameters)
        of_random = float(random.returns("cooperative").mean())
    values, worse = ends(found | {"of_random": of_random}, results)
    return {
        **{name: found[name] for name in CELL},
        **{"change": change, "runs": len(values), "steps": STEPS},
        **{"of_random": of_random, "value": values.mean(), "worse": worse},
    }


def changes(found: dict[str, Any]) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What is changed, one thing at a time: names, settings of the learner, of the environment.

    Args:
        found: row of `longer_training`. Of gains, only what leaves those of Random as they are.
    """
    probes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [(MYOPIC, {"gamma": 0.0}, {})]
    if found["reward_mode"] == "cooperative":
        game = envs.game(found["environment"])
        for switch in getattr(game, "switches", ()):  # of the formal edition
            probes.append((f"without {switch}", {}, {"without": [switch]}))
    return probes


def kept(table: str, rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rows of a recorded table that are of this study, that is, with these values of columns."""
    path = RECORDED / f"{table}.csv"
    if not path.exists():
        return schema.table(table, [])
    recorded = schema.read(table, path)
    wanted = {*rows[columns].itertuples(index=False, name=None)}
    mine = [row in wanted for row in recorded[columns].itertuples(index=False, name=None)]
    return recorded[mine]


def made(table: str, rows: pd.DataFrame, jobs: Sequence[Job], pool: ProcessPoolExecutor) -> Any:
    """The rows with those of jobs, each of which is kept as soon as it is made."""
    schema.write(table, rows, RECORDED / f"{table}.csv")  # without those of another study
    futures = [pool.submit(job.make, job.found, job.seeds, *job.change) for job in jobs]
    for count, future in enumerate(as_completed(futures), 1):
        if future.exception():
            pool.shutdown(wait=False, cancel_futures=True)
        row = schema.table(table, [future.result()])
        rows = pd.concat([rows, row]) if len(rows) else row
        rows = rows.sort_values([*CELL, rows.columns[3]], ignore_index=True)
        schema.write(table, rows, RECORDED / f"{table}.csv")
        print(f"{table} {count}/{len(jobs)}: {row.to_dict('records')[0]}", flush=True)
    return rows


def main() -> None:
    """Train the exceptions of a study and keep what they end with."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="folder of a finished study")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="processes")
    asked = parser.parse_args()
    results = asked.results
    if not (results / "scores.parquet").exists():
        parser.error(f"{results} holds no finished study: make study SCALE=standard")
    scores = schema.read("scores", results / "scores.parquet")
    reference = schema.read("reference", sorted(results.glob("reference/*/*.parquet")))
    curves = schema.read("curves", sorted(results.glob("training/*/*/*.curves.parquet")))
    of_study = scores[scores["protocol"] == "corrected"].assign(
        environment=scores["environment"] + "-" + scores["edition"]
    )
    runs = dict(list(of_study.groupby(CELL)))

    def cell(found: dict[str, Any]) -> pd.DataFrame:
        return runs[tuple(found[name] for name in CELL)]

    found = pd.DataFrame(exceptions(scores, reference, curves))
    found = found[found["why"].isin(OPEN)]
    found["steps"] = [cell(row)["steps_planned"].iloc[0] for row in found.to_dict("records")]
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.cores, mp_context=spawn) as pool:
        same = [*CELL, "steps", "value", "of_random"]
        rows = kept("longer_training", found, same)
        there = {*rows[CELL].itertuples(index=False, name=None)}
        jobs = [
            Job(longer, row, cell(row)["seed"].tolist(), [row["steps"]])
            for row in found.to_dict("records")
            if tuple(row[name] for name in CELL) not in there
        ]
        rows = made("longer_training", rows, jobs, pool)
        worse = rows[[no_nearer(row) for row in rows.to_dict("records")]]
        probed = kept("exception_probes", worse, CELL)
        there = {*probed[[*CELL, "change"]].itertuples(index=False, name=None)}
        jobs = [
            Job(probe, row, cell(row)["seed"].tolist(), change)
            for row in worse.to_dict("records")
            for change in changes(row)
            if (*(row[name] for name in CELL), change[0]) not in there
        ]
        made("exception_probes", probed, jobs, pool)


if __name__ == "__main__":
    main()
