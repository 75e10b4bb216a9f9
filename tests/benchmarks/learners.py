"""Speed of the learners, per CPU-second on one thread: run by `make benchmark`.

    python tests/benchmarks/learners.py [LEARNER ...] [--environment ID] [--device DEVICE]

Every learner that trains in slices does so with several numbers of them, at two sizes of network
and batch. Next to them stands the algorithm of stable-baselines3 that it extends,
as it is: one network on the joint view of one copy of the same environment, with equal widths,
batches and epochs, and otherwise the library's defaults.

Timed are whole cycles of rollout and update, environment included, after set-up and, with replay,
in a full buffer. The figures are those of the best of several windows, since other work on a
machine only ever slows a program down. A learner-step is an environment step of one slice. Learners
with replay, whose steps per update differ from the library's, are compared by updates, the others
by learner-steps.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import torch
from stable_baselines3 import A2C, DDPG, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from torch.optim.optimizer import register_optimizer_step_post_hook

from coopetition import agents, envs
from coopetition.agents.devices import present
from coopetition.agents.process import JOB_ENVIRONMENT
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run

SLICES = (1, 14, 42)
# Hidden layers and samples per batch, and how many times as fast as the library slices should be.
SIZES = (((64, 64), 64), ((128, 128), 256))
TARGETS = {"on-policy": (6.0, 6.0), "off-policy": (4.0, 1.5)}
LIBRARY = (PPO, A2C, SAC, DDPG, TD3)  # DDPG, which the library makes of TD3, before it
# Samples per slice between two updates of PPO: whole batches of either size.
ROLLOUT = 512
# Transitions per replicate in the replay buffer, all of them there before the first update.
REPLAY = 4096
WINDOWS = 3
SECONDS = 0.4


class Reading(NamedTuple):
    """What has been spent and done so far, or in a window.

    Attributes:
        cpu: CPU-seconds.
        environment: those of them in the steps of the environment.
        update: those of them between rollouts.
        steps: environment steps of one replicate.
        updates: gradient steps of one slice; of the network that takes most.
    """

    cpu: float
    environment: float
    update: float
    steps: int
    updates: int

    def rates(self, replicates: int, slices: int) -> Rates:
        """What so many replicates and slices do per CPU-second."""
        steps, updates = self.steps / self.cpu, self.updates / self.cpu
        return Rates(steps, steps * replicates, steps * slices, updates * slices)


class Rates(NamedTuple):
    """Environment steps of one and of all replicates, and steps and updates of all slices."""

    of_a_run: float
    of_all_runs: float
    learner_steps: float
    updates: float


class TimedEnv(VecEnvWrapper):
    """Counts the CPU-seconds of its steps."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        self.seconds = 0.0

    def reset(self) -> Any:
        return self.venv.reset()

    def step_wait(self) -> Any:
        start = time.process_time()
        result = self.venv.step_wait()
        self.seconds += time.process_time() - start
        return result


class Stopwatch(BaseCallback):
    """Reads off windows of whole cycles from the first update on, and then ends the training."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[Reading] = []
        self._start: Reading | None = None
        self._update, self._rollout_end = 0.0, 0.0
        self._optimizer_steps: Counter[torch.optim.Optimizer] = Counter()

    def _count(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        self._optimizer_steps[optimizer] += 1

    def _read(self) -> Reading:
        return Reading(
            time.process_time(),
            self.training_env.seconds,
            self._update,
            self.model.num_timesteps,
            max(self._optimizer_steps.values()),
        )

    def _on_training_start(self) -> None:
        self._hook = register_optimizer_step_post_hook(self._count)

    def _on_rollout_start(self) -> None:
        if not self._optimizer_steps:
            return
        self._update += time.process_time() - self._rollout_end
        now = self._read()
        if self._start is None:
            self._start = now
        elif now.cpu - self._start.cpu > SECONDS:
            pairs = zip(now, self._start, strict=True)
            self.windows.append(Reading(*(end - start for end, start in pairs)))
            self._start = self._read()

    def _on_rollout_end(self) -> None:
        self._rollout_end = time.process_time()

    def _on_step(self) -> bool:
        return len(self.windows) < WINDOWS

    def _on_training_end(self) -> None:
        self._hook.remove()


def measure(model: BaseAlgorithm) -> Reading:
    """The best window of a training run."""
    model.env = TimedEnv(model.env)
    watch = Stopwatch()
    model.learn(sys.maxsize, callback=watch, log_interval=None)
    return max(watch.windows, key=lambda window: window.steps / window.cpu)


def library_class(algorithm: type[BaseAlgorithm]) -> type[BaseAlgorithm] | None:
    """The algorithm of stable-baselines3 that a learner extends; None if it is another."""
    return next((base for base in LIBRARY if issubclass(algorithm, base)), None)


@cache
def measure_library(
    algorithm: type[BaseAlgorithm],
    env_id: str,
    hidden: tuple[int, ...],
    batch: int,
    epochs: int | None,
) -> Reading:
    """stable-baselines3 as it is, on one copy of the environment."""
    replay = {"batch_size": batch, "buffer_size": REPLAY, "learning_starts": REPLAY}
    settings: dict[str, Any] = {
        PPO: {"batch_size": batch, "n_epochs": epochs},
        A2C: {"n_steps": batch},
    }.get(algorithm, replay)
    env = envs.vec_env(env_id, joint=True)
    network = {"net_arch": list(hidden)}
    return measure(
        algorithm("MlpPolicy", env, policy_kwargs=network, device="cpu", seed=0, **settings)
    )


def resized(settings: dict[str, Any], hidden: tuple[int, ...], batch: int) -> dict[str, Any]:
    """A learner's settings with networks and batches of a size."""
    changed = {**settings, "hidden": hidden}
    if "buffer_size" in changed:
        return changed | {"batch_size": batch, "buffer_size": REPLAY, "learning_starts": REPLAY}
    if "minibatches" in changed:
        del changed["minibatches"], changed["episodes_per_copy"]
        return changed | {"batch_size": batch, "n_steps": ROLLOUT // changed["copies"]}
    if "n_steps" in changed:
        changed["n_steps"] = batch // changed["copies"]
    return changed


def replicas(
    policy: str, env_id: str, hidden: tuple[int, ...], batch: int, replicates: int
) -> list[Run]:
    """Replicates at a size, in all reward modes as in a study."""
    settings = resized(learner(policy).hyperparameters["corrected"], hidden, batch)
    environment, edition = env_id.rsplit("-", 1)
    modes = envs.REWARD_MODES
    return [
        Run(
            *(policy, "corrected", environment, edition, modes[seed % len(modes)], seed),
            steps=sys.maxsize,
            hyperparameters=settings,
        )
        for seed in range(replicates)
    ]


def line(label: str, slices: int, found: Reading, replicates: int, verdict: str = "") -> str:
    """One row of the table."""
    rates = "".join(f"{rate:>16,.0f}" for rate in found.rates(replicates, slices))
    shares = (found.environment / found.cpu, found.update / found.cpu)
    times = "".join(f"{share:>13.0%}" for share in shares)
    return f"  {label:<24}{slices:>7}{rates}{times}   {verdict}".rstrip()


def compare(policy: str, env_id: str, device: str) -> None:
    """Print a learner's rows: at each size the library's own algorithm, then the slices."""
    entry = learner(policy)
    algorithm = entry.load("corrected")
    base = library_class(algorithm)
    kind = "off-policy" if issubclass(algorithm, OffPolicyAlgorithm) else "on-policy"
    measured = "updates" if kind == "off-policy" else "learner_steps"
    one_per_run = entry.paradigm in ("joint", "population")
    per_run = 1 if one_per_run else envs.game(env_id).n_agents
    counts = dict.fromkeys(max(1, round(slices / per_run)) for slices in SLICES)
    epochs = entry.hyperparameters["corrected"].get("n_epochs")
    for (hidden, batch), target in zip(SIZES, TARGETS[kind], strict=True):
        print(f"{policy}, {kind}, {'x'.join(map(str, hidden))}, batch {batch}")
        if base is not None:
            plain = measure_library(base, env_id, hidden, batch, epochs)
            print(line(f"{base.__name__} of the library", 1, plain, 1), flush=True)
        for replicates in counts:
            planned = replicas(policy, env_id, hidden, batch, replicates)
            model = algorithm.for_runs(planned, device=device)
            found, slices, verdict = measure(model), model.layout.slices, ""
            if base is not None:
                rates = found.rates(replicates, slices), plain.rates(1, 1)
                ours, theirs = (getattr(rate, measured) for rate in rates)
                verdict = f"{ours / theirs:5.1f}x (target {target:g}x)"
            print(line(policy, slices, found, replicates, verdict), flush=True)


def main() -> None:
    """Print the table."""
    known = [n for n in agents.learner_names() if learner(n).load("corrected").BATCH > 1]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("learners", nargs="*", metavar="LEARNER", help="; ".join(known))
    parser.add_argument(
        "--environment", metavar="ID", choices=envs.ids(), default="TrustDilemma-v1", help="its id"
    )
    parser.add_argument("--device", default="cpu", help="where the slices are; torch's name")
    asked = parser.parse_args()
    if unknown := ", ".join(sorted(set(asked.learners) - set(known))):
        parser.error(f"no learner in slices: {unknown}; choose {', '.join(known)}")
    players, device = envs.game(asked.environment).n_agents, present(asked.device)
    print(f"{asked.environment}, {players} agents, slices on {device}")
    print("rates per CPU-second; shares of CPU time in the environment and in updates")
    columns = ("steps of a run", "of all runs", "learner-steps", "updates")
    print(f"  {'':<24}{'slices':>7}" + "".join(f"{column:>16}" for column in columns), end="")
    print(f"{'environment':>13}{'update':>13}   to the library", flush=True)
    os.environ |= JOB_ENVIRONMENT  # the process starts as the jobs of a study do
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        for policy in asked.learners or known:
            pool.submit(compare, policy, asked.environment, device).result()


if __name__ == "__main__":
    main()
