"""Do learners that earned less than Random under a shared reward need more training?

    python tests/benchmarks/exceptions.py results/standard

Every such learner and environment of a finished study (the table "Corrected learners that do worse
than Random" of its report) is trained with the same settings and seeds for 16,000 environment
steps, and those that come no nearer to Random by that once more with one thing changed: without
discounted values of later states, and without each mechanism that the environment can be without.
A quarter of an hour of CPU time for those of `standard`. The report of every study shows what
`reports/recorded/longer_training.csv` and `exception_probes.csv` hold.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from coopetition import envs
from coopetition.agents.evaluation import evaluate
from coopetition.agents.records import RunResult
from coopetition.agents.training import train_runs
from coopetition.agents.variants import variant_runs
from coopetition.reports import schema
from coopetition.reports.exceptions import exceptions, no_nearer

RECORDED = Path(__file__).parents[2] / "reports" / "recorded"
STEPS = 16_000
CHECKPOINTS = 8
RANDOM_EPISODES = 50


def trained(found: dict[str, Any], seeds: list[int], **changes: Any) -> list[RunResult]:
    """Results of a learner's longer runs, all of which finish; see `variant_runs` for changes."""
    runs = variant_runs(
        found["policy"],
        *found["environment"].split("-"),
        reward_modes=["cooperative"],
        seeds=seeds,
        steps=STEPS,
        **changes,
    )
    results = train_runs(runs, checkpoints=CHECKPOINTS)
    failed = [result.row["reason"] for result in results if result.row["status"] != "finished"]
    assert not failed, failed
    return results


def longer(found: dict[str, Any], runs: pd.DataFrame) -> dict[str, Any]:
    """Row of the table `longer_training`.

    Args:
        found: exception of a study.
        runs: its runs (schema `scores`).
    """
    results = trained(found, runs["seed"].tolist())
    returns = pd.Series([result.row["training_return"] for result in results])
    points = pd.DataFrame([point for result in results for point in result.curve])
    means = points.groupby("step")["training_return"].mean()
    return {
        **{name: found[name] for name in ("policy", "environment", "of_random", "untrained")},
        "runs": len(returns),
        "steps": int(runs["steps_planned"].iloc[0]),
        "value": found["value"],
        "worse": found["worse"],
        "longer_steps": STEPS,
        "longer_value": returns.mean(),
        "longer_worse": int((returns < found["of_random"]).sum()),
        "lowest": means.min(),
        "lowest_step": int(means.idxmin()),
    }


def probes(found: dict[str, Any], seeds: list[int]) -> list[dict[str, Any]]:
    """Rows of the table `exception_probes`: the same runs with one thing changed at a time.

    Args:
        found: row of `longer_training`.
        seeds: of its runs.
    """
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [("gamma = 0", {"gamma": 0.0}, {})]
    for switch in envs.game(found["environment"]).switches:
        changes.append((f"without {switch}", {}, {"without": [switch]}))
    rows = []
    for change, settings, parameters in changes:
        results = trained(found, seeds, settings=settings, parameters=parameters)
        returns = pd.Series([result.row["training_return"] for result in results])
        random = evaluate(
            "Random", found["environment"], episodes=RANDOM_EPISODES, seed=0, **parameters
        )
        of_random = float(random.returns("cooperative").mean())
        rows.append(
            {
                **{"policy": found["policy"], "environment": found["environment"]},
                **{"change": change, "runs": len(returns), "steps": STEPS},
                **{"of_random": of_random, "value": returns.mean()},
                "worse": int((returns < of_random).sum()),
            }
        )
        print(pd.DataFrame(rows[-1:]).to_string(header=False, index=False), flush=True)
    return rows


def main() -> None:
    """Train the exceptions of a study and keep what they earn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="folder of a finished study")
    results = parser.parse_args().results
    if not (results / "scores.parquet").exists():
        parser.error(f"{results} holds no finished study: make study SCALE=standard")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    scores = schema.read("scores", results / "scores.parquet")
    reference = schema.read("reference", sorted(results.glob("reference/*/*.parquet")))
    curves = schema.read("curves", sorted(results.glob("training/*/*/*.curves.parquet")))
    rows, changed = [], []
    for found in exceptions(scores, reference, curves):
        if found["reward_mode"] != "cooperative":
            continue
        name = scores["environment"] + "-" + scores["edition"]
        same = (name == found["environment"]) & (scores["policy"] == found["policy"])
        same &= (scores["protocol"] == "corrected") & (scores["reward_mode"] == "cooperative")
        rows.append(longer(found, scores[same]))
        print(pd.DataFrame(rows[-1:]).to_string(header=False, index=False), flush=True)
        if no_nearer(rows[-1]):
            changed += probes(rows[-1], scores["seed"][same].tolist())
    for name, found in (("longer_training", rows), ("exception_probes", changed)):
        schema.write(name, found, RECORDED / f"{name}.csv")


if __name__ == "__main__":
    main()
