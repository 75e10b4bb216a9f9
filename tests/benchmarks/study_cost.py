"""Cost of every learner with its own settings, and of the published study at its budgets.

    python tests/benchmarks/study_cost.py [LEARNER ...] [--replicates 21] [--device DEVICE]

Run by `make evidence`. A learner is kept in `reports/recorded/learner_costs.csv` once it is
measured on the CPU with the replicates of the study, and not measured again until its row is
deleted, so that a killed call goes on where it was. With other replicates or on another device
figures are printed only. The plan of a study takes its costs of long runs from there.

Measured are CPU-seconds per environment step on one thread, environment and everything else
included, in a process that starts as the jobs of a study do: of a run alone and of several
replicates side by side, on a game of two agents and on one of six; for all agents of the game
together. Start-up is left out: the figure is the difference between a longer and a shorter
training, over the difference of their steps. Beside it stand the algorithm of stable-baselines3
that a learner extends, as it is, on one copy of the joint view, and the published implementation
(measured on one core; see `PUBLISHED`).

The projection is for the budgets of the published study, seven seeds and three reward modes. Costs
per step between two and six agents, and beyond, are taken to be linear in the number of agents; the
game of 40 is measured by itself.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from learners import library_class
from stable_baselines3 import A2C
from stable_baselines3.common.base_class import BaseAlgorithm
from torch.optim.optimizer import register_optimizer_step_post_hook

from coopetition import agents, envs
from coopetition.agents.devices import present
from coopetition.agents.process import JOB_ENVIRONMENT
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.reports import schema
from coopetition.reports.columns import TABLES
from coopetition.reports.provenance import hardware

OUTPUT = Path(__file__).parents[2] / "reports" / "recorded" / "learner_costs.csv"
SMALL, LARGE, CROWD = "TrustDilemma-v0", "GraduatedSanction-v0", "ApacheProject-v0"
# CPU milliseconds per environment step of the published implementation on SLCD-v0 (2 agents) and
# on GraduatedSanction-v0 (6 agents), one core, networks of 128 units.
PUBLISHED = {
    **dict.fromkeys(("IPPO", "SelfPlay_PPO", "Central_PPO"), (0.53, 1.7)),
    **dict.fromkeys(("IA2C", "Central_A2C"), (0.62, None)),
    "IndependentREINFORCE": (0.26, None),
    "LOLA": (0.29, 2.2),
    "COMA": (0.25, 1.5),
    "MAPPO": (0.41, 1.9),
    "FCP": (0.39, 1.9),
    "QMIX": (1.7, 5.0),
    "VDN": (1.0, None),
    "MADDPG": (1.4, 4.9),
    "MATD3": (1.7, 5.4),
    "M3DDPG": (2.0, None),
    "MASAC": (3.0, 9.0),
    **dict.fromkeys(("ISAC", "Central_SAC"), (5.1, 7.8)),
}
# Environment steps per run in the published study; a million elsewhere.
HALF_A_MILLION = (
    *("PartnerHoldUp", "SynergySearch", "RenaultNissan", "TrustDilemma", "RecoveryRace", "SLCD"),
    *("CooperativeNegotiation", "ReputationMarket", "ReciprocalDilemma", "GiftExchange"),
)
STUDY_RUNS = 7 * 3
SECONDS = 2.0  # least difference of the two trainings


class Cost(NamedTuple):
    """CPU-seconds and gradient steps per environment step of all replicates together."""

    seconds: float
    updates: float


def spent(model: BaseAlgorithm, steps: int) -> tuple[float, int, int]:
    """CPU-seconds, environment steps and gradient steps of a training."""
    counts: Counter[torch.optim.Optimizer] = Counter()
    hook = register_optimizer_step_post_hook(lambda optimizer, *_: counts.update([optimizer]))
    start = time.process_time()
    model.learn(steps, log_interval=None)
    seconds = time.process_time() - start
    hook.remove()
    return seconds, model.num_timesteps, max(counts.values(), default=0)


def cost(build: Any, replicates: int) -> Cost:
    """Of models that `build` makes; steps and updates are counted for every replicate."""
    shorter, steps = spent(build(), 2048), 4096
    while True:
        longer = spent(build(), steps)
        seconds, done, updates = (b - a for a, b in zip(shorter, longer, strict=True))
        if seconds > SECONDS:
            return Cost(seconds / done / replicates, updates / done)
        steps *= 2


def runs(policy: str, protocol: str, env_id: str, replicates: int) -> list[Run]:
    """Replicates in all reward modes, as in a study."""
    settings = learner(policy).hyperparameters[protocol]
    environment, edition = env_id.rsplit("-", 1)
    modes = envs.REWARD_MODES
    return [
        Run(
            *(policy, protocol, environment, edition, modes[seed % len(modes)], seed),
            steps=1,
            hyperparameters=settings,
        )
        for seed in range(replicates)
    ]


def of_learner(policy: str, protocol: str, env_id: str, replicates: int, device: str) -> Cost:
    """A learner with its own settings; one that trains run by run costs the same in any number."""
    algorithm = learner(policy).load(protocol)
    replicates = min(replicates, algorithm.BATCH)
    planned = runs(policy, protocol, env_id, replicates)
    return cost(lambda: algorithm.for_runs(planned, device=device), replicates)


@cache
def of_library(base: type[BaseAlgorithm], env_id: str) -> Cost:
    """stable-baselines3 as it is, on one copy of the joint view, 64 units, batches of 64."""
    network, small = {"net_arch": [64, 64]}, {} if base is A2C else {"batch_size": 64}

    def build() -> BaseAlgorithm:
        env = envs.vec_env(env_id, joint=True)
        return base("MlpPolicy", env, policy_kwargs=network, device="cpu", seed=0, **small)

    return cost(build, 1)


def projected(policy: str, edition: str, small: Cost, large: Cost, crowd: Cost | None) -> float:
    """CPU-hours of the published study at its budgets."""
    entry, per_agent = learner(policy), (large.seconds - small.seconds) / 4
    total = 0.0
    for env_id in envs.ids(edition):
        game = envs.game(env_id)
        if entry.exclusion(game):
            continue
        budget = 500_000 if envs.spec(env_id).name in HALF_A_MILLION else 1_000_000
        each = small.seconds + per_agent * (game.n_agents - 2)
        if env_id == CROWD and crowd is not None:
            each = crowd.seconds
        total += budget * STUDY_RUNS * each
    return total / 3600


def measured(policy: str, protocol: str, many: int, device: str) -> dict[str, Any]:
    """A row of the table `learner_costs`."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    algorithm, found = learner(policy).load(protocol), {}
    base = library_class(algorithm)
    together: dict[str, Cost] = {}
    for place, (env_id, n) in enumerate(((SMALL, 2), (LARGE, 6))):
        costs: dict[str, Cost | None] = dict.fromkeys(("alone", "together", "library"))
        published = None
        if not learner(policy).exclusion(envs.game(env_id)):
            alone = of_learner(policy, protocol, env_id, 1, device)
            several = min(many, algorithm.BATCH) > 1
            together[env_id] = (
                of_learner(policy, protocol, env_id, many, device) if several else alone
            )
            plain = of_library(base, env_id) if base else None
            costs = {"alone": alone, "together": together[env_id], "library": plain}
            published = PUBLISHED.get(policy, (None, None))[place]
        for kind, each in costs.items():
            found[f"ms_{kind}_{n}"] = 1000 * each.seconds if each else None
            found[f"updates_{kind}_{n}"] = each.updates / each.seconds if each else None
        found[f"ms_published_{n}"] = published
    large = together[LARGE]
    small = together.get(SMALL, Cost(large.seconds / 3, 0))
    crowd = of_learner(policy, protocol, CROWD, min(many, 3), device)
    formal = protocol != "as_published"  # which is of the released edition only
    return {
        **{"policy": policy, "protocol": protocol, "replicates": many, **found},
        "ms_together_40": 1000 * crowd.seconds,
        "hours_v0": projected(policy, "v0", small, large, crowd),
        "hours_crowd": 1_000_000 * STUDY_RUNS * crowd.seconds / 3600,
        "hours_v1": projected(policy, "v1", small, large, None) if formal else None,
        "machine": hardware() if device == "cpu" else torch.cuda.get_device_name(device),
    }


# Columns that are printed: milliseconds and hours.
SHOWN = [name for name in TABLES["learner_costs"] if name.startswith(("ms_", "hours_"))]


def line(label: str, cells: Sequence[str]) -> str:
    """One line of what is printed."""
    return f"{label:<32}" + "".join(f"{cell:>16}" for cell in cells)


def main() -> None:
    """Measure and keep what is not there yet, and print all of it."""
    known = agents.learner_names()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="; ".join(known))
    parser.add_argument("--replicates", type=int, default=STUDY_RUNS, help="side by side")
    parser.add_argument("--device", default="cpu", help="where the slices are; torch's name")
    asked = parser.parse_args()
    if unknown := ", ".join(sorted(set(asked.learners) - set(known))):
        parser.error(f"no learner {unknown}; choose {', '.join(known)}")
    device, many = present(asked.device), asked.replicates
    recorded = device == "cpu" and many == STUDY_RUNS
    print("CPU milliseconds per environment step; projected CPU-hours of the published study")
    print(line("", SHOWN), flush=True)
    # A process each, which starts as the jobs of a study do, and whose memory is given back.
    os.environ |= JOB_ENVIRONMENT
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1)
    for policy in asked.learners or known:
        for protocol in learner(policy).hyperparameters:
            kept = schema.read("learner_costs", [OUTPUT] if recorded and OUTPUT.exists() else [])
            rows = kept[(kept["policy"] == policy) & (kept["protocol"] == protocol)]
            if rows.empty:
                row = pool.submit(measured, policy, protocol, many, device).result()
                rows = schema.table("learner_costs", [row])
                if recorded:
                    frames = [kept, rows] if len(kept) else [rows]
                    schema.write("learner_costs", pd.concat(frames), OUTPUT)
            (found,) = rows.to_dict("records")
            cells = ["-" if pd.isna(found[name]) else f"{found[name]:,.3g}" for name in SHOWN]
            print(line(f"{policy} {protocol}", cells), flush=True)


if __name__ == "__main__":
    main()
