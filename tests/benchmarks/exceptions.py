"""Do learners that earned less than Random under a shared reward need more training?

    python tests/benchmarks/exceptions.py results/standard

Every such learner and environment of a finished study (the table "Corrected learners that do worse
than Random" of its report) is trained with the same settings and seeds for 16,000 environment
steps: ten minutes of CPU time for those of `standard`. The report of every study shows what
`reports/recorded/longer_training.csv` holds.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.training import train_runs
from coopetition.reports import schema
from coopetition.reports.exceptions import exceptions

OUTPUT = Path(__file__).parents[2] / "reports" / "recorded" / "longer_training.csv"
STEPS = 16_000
CHECKPOINTS = 8


def longer(found: dict[str, Any], runs: pd.DataFrame) -> dict[str, Any]:
    """Row of the table `longer_training`.

    Args:
        found: exception of a study.
        runs: its runs (schema `scores`).
    """
    policy = found["policy"]
    environment, edition = found["environment"].split("-")
    settings = learner(policy).hyperparameters["corrected"]
    results = train_runs(
        [
            Run(policy, "corrected", environment, edition, "cooperative", seed, STEPS, settings)
            for seed in runs["seed"]
        ],
        checkpoints=CHECKPOINTS,
    )
    failed = [result.row["reason"] for result in results if result.row["status"] != "finished"]
    assert not failed, failed
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


def main() -> None:
    """Train the exceptions of a study and keep what they earn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="folder of a finished study")
    results = parser.parse_args().results
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    scores = schema.read("scores", results / "scores.parquet")
    reference = schema.read("reference", sorted(results.glob("reference/*/*.parquet")))
    curves = schema.read("curves", sorted(results.glob("training/*/*/*.curves.parquet")))
    rows = []
    for found in exceptions(scores, reference, curves):
        if found["reward_mode"] != "cooperative":
            continue
        name = scores["environment"] + "-" + scores["edition"]
        same = (name == found["environment"]) & (scores["policy"] == found["policy"])
        same &= (scores["protocol"] == "corrected") & (scores["reward_mode"] == "cooperative")
        rows.append(longer(found, scores[same]))
        print(pd.DataFrame(rows[-1:]).to_string(header=False, index=False), flush=True)
    schema.write("longer_training", schema.table("longer_training", rows), OUTPUT)


if __name__ == "__main__":
    main()
