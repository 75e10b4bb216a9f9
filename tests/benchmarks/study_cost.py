"""Cost of every learner with its own settings, and of the published study at its budgets.

    python tests/benchmarks/study_cost.py [LEARNER ...] [--replicates 21] [--device DEVICE]

Measured are CPU-seconds per environment step on one thread, environment and everything else
included, of a run alone and of several replicates side by side, on a game of two agents and on one
of six; for all agents of the game together. Start-up is left out: the figure is the difference
between a longer and a shorter training, over the difference of their steps. Beside it stand the
algorithm of stable-baselines3 that a learner extends, as it is, on one copy of the joint view, and
the published implementation (measured on one core; see `PUBLISHED`).

The projection is for the budgets of the published study, seven seeds and three reward modes. Costs
per step between two and six agents, and beyond, are taken to be linear in the number of agents; the
game of 40 is measured by itself.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time
from collections import Counter
from typing import Any, NamedTuple

import torch
from learners import on_device
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.utils import get_device
from torch.optim.optimizer import register_optimizer_step_post_hook

from coopetition import agents, envs
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run

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
LIBRARY = (PPO, A2C, SAC, DDPG, TD3)
SECONDS = 2.0  # least difference of the two trainings


class Cost(NamedTuple):
    """CPU-seconds and gradient steps per environment step of all replicates together."""

    seconds: float
    updates: float

    @property
    def steps(self) -> float:
        """Environment steps per CPU-second."""
        return 1 / self.seconds


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


def runs(policy: str, env_id: str, replicates: int) -> list[Run]:
    """Replicates in all reward modes, as in a study."""
    settings = learner(policy).hyperparameters["corrected"]
    environment, edition = env_id.rsplit("-", 1)
    modes = envs.REWARD_MODES
    return [
        Run(
            *(policy, "corrected", environment, edition, modes[seed % len(modes)], seed),
            steps=1,
            hyperparameters=settings,
        )
        for seed in range(replicates)
    ]


def of_learner(policy: str, env_id: str, replicates: int, device: torch.device) -> Cost:
    """A learner with its own settings; one that trains run by run costs the same in any number."""
    algorithm = learner(policy).load("corrected")
    replicates = min(replicates, algorithm.BATCH)
    if device.type != "cpu":
        algorithm = on_device(algorithm, device)
    return cost(lambda: algorithm.for_runs(runs(policy, env_id, replicates)), replicates)


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


def row(label: str, cells: list[str]) -> str:
    """One line of a table."""
    return f"{label:<22}" + "".join(f"{cell:>16}" for cell in cells)


def main() -> None:
    """Print the tables."""
    known = [n for n in agents.learner_names() if "corrected" in learner(n).hyperparameters]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="; ".join(known))
    parser.add_argument("--replicates", type=int, default=STUDY_RUNS, help="side by side")
    parser.add_argument("--device", default="cpu", help="where the slices are; torch's name")
    asked = parser.parse_args()
    if unknown := ", ".join(sorted(set(asked.learners) - set(known))):
        parser.error(f"no learner with a corrected protocol: {unknown}; choose {', '.join(known)}")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    device, many = get_device(asked.device), asked.replicates
    print("environment steps per CPU-second; gradient steps per environment step in brackets")
    heads = [f"N={n} {k}" for n in (2, 6) for k in ("alone", f"x{many}", "SB3", "published")]
    print(row("", heads), flush=True)
    library: dict[Any, Cost] = {}
    costs = {}
    for policy in asked.learners or known:
        cells, base = [], None
        algorithm = learner(policy).load("corrected")
        base = next((one for one in LIBRARY if issubclass(algorithm, one)), None)
        for place, env_id in enumerate((SMALL, LARGE)):
            if learner(policy).exclusion(envs.game(env_id)):
                cells += ["-"] * 4
                continue
            alone = of_learner(policy, env_id, 1, device)
            together = of_learner(policy, env_id, many, device) if many > 1 else alone
            costs[policy, env_id] = together
            cells += [f"{one.steps:,.0f} ({one.updates:.2g})" for one in (alone, together)]
            if base is not None and (base, env_id) not in library:
                library[base, env_id] = of_library(base, env_id)
            plain = library.get((base, env_id))
            cells.append(f"{plain.steps:,.0f} ({plain.updates:.2g})" if plain else "-")
            published = PUBLISHED.get(policy, (None, None))[place]
            cells.append(f"{1000 / published:,.0f}" if published else "-")
        print(row(policy, cells), flush=True)
    print(f"\nprojected CPU-hours of the published study, 7 seeds, 3 modes, costs of x{many}")
    print(row("", ["released", "of it 40 agents", "formal"]), flush=True)
    totals = [0.0, 0.0, 0.0]
    for policy in asked.learners or known:
        large = costs[policy, LARGE]
        small = costs.get((policy, SMALL), Cost(large.seconds / 3, 0))
        crowd = of_learner(policy, CROWD, min(many, 3), device)
        hours = [
            projected(policy, "v0", small, large, crowd),
            1_000_000 * STUDY_RUNS * crowd.seconds / 3600,
            projected(policy, "v1", small, large, None),
        ]
        totals = [a + b for a, b in zip(totals, hours, strict=True)]
        print(row(policy, [f"{value:,.1f}" for value in hours]), flush=True)
    print(row("total", [f"{value:,.1f}" for value in totals]))


if __name__ == "__main__":
    main()
