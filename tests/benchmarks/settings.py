"""Do smaller networks and fewer updates lose score? Run by `make evidence`, about an hour of CPU.

Named learners alone: `python tests/benchmarks/settings.py IPPO`; the other rows stay as they are.

Each learner's defaults against the published sizes (two hidden layers of 128, and for replay one
update of 256 transitions per environment step), all else equal: cooperative reward, one formal
environment per mechanism class, five seeds. The table in reports/recorded is what the report shows.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.scores import scale
from coopetition.agents.training import train_runs
from coopetition.reports import schema
from coopetition.reports.statistics import mean_interval

OUTPUT = Path(__file__).parents[2] / "reports" / "recorded" / "learner_settings.csv"
ENVIRONMENTS = ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "GiftExchange")
SEEDS = (1, 2, 3, 4, 5)
STEPS = 10_000
WIDE = {"hidden": (128, 128)}
EVERY_STEP = {"gradient_steps": 16, "batch_size": 256}
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "IPPO": {"default": {}, "128x128": WIDE},
    "ISAC": {
        "default": {},
        "128x128": WIDE,
        "one update of 256 per step": EVERY_STEP,
        "128x128, one update of 256 per step": {**WIDE, **EVERY_STEP},
    },
}


def scores(policy: str, environment: str, change: dict[str, Any]) -> tuple[np.ndarray, float]:
    """Final score of every seed, and CPU-seconds per run."""
    settings = {**learner(policy).hyperparameters["corrected"], **change}
    runs = [
        Run(policy, "corrected", environment, "v1", "cooperative", seed, STEPS, settings)
        for seed in SEEDS
    ]
    rows = [result.row for result in train_runs(runs, checkpoints=1)]
    assert all(row["status"] == "finished" for row in rows), [row["reason"] for row in rows]
    welfare = np.array([row["welfare"] for row in rows])
    return scale(f"{environment}-v1").score(welfare), rows[0]["cpu_seconds"]


def rows(policy: str, environment: str) -> list[dict[str, Any]]:
    """One row per setting, the default first."""
    torch.set_num_threads(1)
    found = {name: scores(policy, environment, change) for name, change in SETTINGS[policy].items()}
    base = found["default"][0]
    table = []
    for setting, (score, seconds) in found.items():
        mean, low, high = mean_interval(score)
        gap, gap_low, gap_high = mean_interval(base - score)
        table.append(
            {
                "policy": policy,
                "environment": environment,
                "setting": setting,
                "seeds": len(SEEDS),
                "steps": STEPS,
                "score": mean,
                "score_low": low,
                "score_high": high,
                "advantage": gap,
                "advantage_low": gap_low,
                "advantage_high": gap_high,
                "cpu_seconds": seconds,
            }
        )
    return table


def main() -> None:
    """Measure the named learners, and keep the rows of the others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="; ".join(SETTINGS))
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="processes")
    asked = parser.parse_args()
    wanted = asked.learners or list(SETTINGS)
    if unknown := ", ".join(sorted(set(wanted) - set(SETTINGS))):
        parser.error(f"no settings of {unknown}; choose {', '.join(SETTINGS)}")
    known = schema.read("learner_settings", [OUTPUT] if OUTPUT.exists() else [])
    tables = [known[~known["policy"].isin(wanted)]]
    cells = list(product(wanted, ENVIRONMENTS))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(asked.cores, mp_context=spawn) as pool:
        for found in pool.map(rows, *zip(*cells, strict=True)):
            tables.append(schema.table("learner_settings", found))
            print(tables[-1].to_string(header=False, index=False), flush=True)
    kept = pd.concat([table for table in tables if len(table)])
    kept = kept.sort_values("policy", ignore_index=True, kind="stable")
    schema.write("learner_settings", kept, OUTPUT)


if __name__ == "__main__":
    main()
