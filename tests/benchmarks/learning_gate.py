"""Do learners that share a reward find what the best constant earns? Run by `make evidence`.

    python tests/benchmarks/learning_gate.py [LEARNER ...]

Four learners on three released environments, cooperative reward, three seeds side by side, within
50,000 environment steps, and where that is not enough four times as many: half an hour to an hour
of CPU time. Recorded is the return of the trained policy along the way, beside those of everybody
at 50 % of the own endowment and of the best of 101 constants, and first, in seconds, what noise in
the actions does to the share that earns most and what single steps at another share earn. A learner
on an environment is one cell: it is kept once it is measured, and one that
`reports/recorded/learning_gate.csv` holds is not measured again, so that a killed call goes on
where it was. Without the file all are.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
from itertools import product
from pathlib import Path

import pandas as pd
import torch

from coopetition import envs
from coopetition.agents.exploration import noise_response, step_gains
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.scores import surface
from coopetition.agents.training import train_runs
from coopetition.reports import schema
from coopetition.reports.learning_gate import BUDGET, gate_rows

RECORDED = Path(__file__).parents[2] / "reports" / "recorded"
OUTPUT = RECORDED / "learning_gate.csv"
AROUND = {"noise_response": noise_response, "step_gains": step_gains}
LEARNERS = ("IPPO", "ISAC", "MAPPO", "MASAC")
ENVIRONMENTS = ("ReputationMarket", "LoyaltyTeam", "CoalitionFormation")
SEEDS = (1, 2, 3)
LONGER = 4 * BUDGET
CHECKPOINT = 2_000  # environment steps


def measured(policy: str, environment: str, steps: int = BUDGET) -> pd.DataFrame:
    """Rows of one cell, trained for longer if the budget is not enough.

    The environments draw nothing, so that one episode says all.
    """
    settings = learner(policy).hyperparameters["corrected"]
    runs = [
        Run(policy, "corrected", environment, "v0", "cooperative", seed, steps, settings)
        for seed in SEEDS
    ]
    results = train_runs(runs, checkpoints=steps // CHECKPOINT)
    failed = [result.row["reason"] for result in results if result.row["status"] != "finished"]
    assert not failed, failed
    constants = surface(envs.game(runs[0].env_id)).returns("cooperative")
    rows = [
        {
            "policy": policy,
            "environment": run.env_id,
            "seed": run.seed,
            "step": point["step"],
            "training_return": point["training_return"],
            "return_half": float(constants[50]),
            "return_best": float(constants.max()),
            "cpu_seconds": result.row["cpu_seconds"],
        }
        for run, result in zip(runs, results, strict=True)
        for point in result.curve
        if point["step"] <= steps  # the last rollout is completed, and counts only if it fits
    ]
    found = schema.table("learning_gate", rows)
    (gate,) = gate_rows(found)
    return found if gate["passed"] or steps > BUDGET else measured(policy, environment, LONGER)


def main() -> None:
    """Measure and keep what is not there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="; ".join(LEARNERS))
    asked = parser.parse_args().learners
    if unknown := ", ".join(sorted({*asked} - {*LEARNERS})):
        parser.error(f"not among the learners of this gate: {unknown}")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    for name, measure in AROUND.items():
        if not (path := RECORDED / f"{name}.csv").exists():
            rows = [row for game in ENVIRONMENTS for row in measure(f"{game}-v0")]
            schema.write(name, schema.table(name, rows), path)
    for policy, environment in product(asked or LEARNERS, ENVIRONMENTS):
        known = schema.read("learning_gate", [OUTPUT] if OUTPUT.exists() else [])
        cell = (known["policy"] == policy) & (known["environment"] == f"{environment}-v0")
        found = known[cell]
        if found.empty:
            found = measured(policy, environment)
            kept = [known] if len(known) else []
            schema.write("learning_gate", pd.concat([*kept, found]), OUTPUT)
        print(pd.DataFrame(gate_rows(found)).to_string(header=False, index=False), flush=True)


if __name__ == "__main__":
    main()
