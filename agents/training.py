"""Training of one cell: all runs of a learner on an environment, one after the other.

A run that diverges or fails is a result with a status and a reason. Each finished run is kept in
a work folder at once, so that a killed job goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from coopetition import envs

from .evaluation import Episodes, evaluate
from .files import replacing
from .policy import Policy
from .progress import Progress, log
from .registry import learner
from .runs import Run

STOCHASTIC_EPISODES = 20
EVALUATION_SEED = 0


@dataclass
class RunResult:
    """What a run leaves behind: plain numbers, text and tensors.

    Attributes:
        row: one row of the training table.
        curve: deterministic evaluations while training, one row each.
        evaluations: evaluations of the final policy, one row per kind.
        weights: inference weights; empty if the run did not finish.
    """

    row: dict[str, Any]
    curve: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    weights: dict[str, torch.Tensor]


def train_cell(
    runs: Sequence[Run], *, checkpoints: int, work: Path, provenance: dict[str, str]
) -> list[RunResult]:
    """Train the runs that the work folder does not hold yet.

    Args:
        runs: runs of one cell.
        checkpoints: evaluations along the learning curve, besides the untrained policy.
        work: folder for finished runs of an unfinished job.
        provenance: `version` and `commit`, written into every row.

    Returns:
        One result per run, in order.

    Raises:
        OSError: the work folder cannot be written.
    """
    torch.set_num_threads(1)
    work.mkdir(parents=True, exist_ok=True)
    progress = Progress(sum(run.steps for run in runs), "steps")
    results = []
    for number, run in enumerate(runs, 1):
        path = work / f"{run.run_id}-{checkpoints}.pt"
        result = _load(path)
        if result is None:
            result = train_run(run, checkpoints=checkpoints, progress=progress)
            result.row |= provenance
            _save(path, result)
        else:
            progress.skip(run.steps)
        row = result.row
        progress.advance(
            0,
            f"run {number}/{len(runs)} {run.policy} {run.env_id} {run.protocol} "
            f"{run.reward_mode} seed {run.seed}: {row['status']}, welfare {row['welfare']:,.0f}",
        )
        results.append(result)
    return results


def train_run(run: Run, *, checkpoints: int, progress: Progress | None = None) -> RunResult:
    """Train one run and evaluate it in payoff units.

    A numerical breakdown gives status `diverged`, any other error of the learner `failed`, both
    with the reason; errors of the machine (memory, disk) are raised.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    curve = LearningCurve(run, checkpoints, progress)
    status, reason = "finished", ""
    model: BaseAlgorithm | None = None
    try:
        model = learner(run.policy).load().for_run(run)
        model.learn(total_timesteps=run.steps, callback=curve)
        if curve.breakdown:
            status, reason = "diverged", curve.breakdown
    except (MemoryError, OSError):
        raise
    except Exception as error:
        broken = model is not None and not _finite(model)
        status = "diverged" if broken else "failed"
        reason = f"{type(error).__name__} at step {curve.num_timesteps}: {error}"[:500]
        log.warning("run %s %s: %s", run.run_id, status, reason)
    evaluations: list[dict[str, Any]] = []
    weights: dict[str, torch.Tensor] = {}
    final: Episodes | None = None
    if status == "finished":
        policy = model.controller(run)
        final = evaluate(policy, run.env_id, seed=EVALUATION_SEED)
        evaluations = _evaluations(run, policy, final, curve.rows)
        weights = {name: tensor.clone() for name, tensor in model.policy.state_dict().items()}
    row = _row(run, status, reason, curve, final)
    row["wall_seconds"] = time.perf_counter() - wall
    row["cpu_seconds"] = time.process_time() - cpu
    return RunResult(row, curve.rows, evaluations, weights)


class LearningCurve(BaseCallback):
    """Evaluates the policy along the way and stops a run whose parameters are not finite.

    Args:
        run: the run.
        checkpoints: number of evaluations after the first, which is the untrained policy.
        progress: told about every environment step.
    """

    def __init__(self, run: Run, checkpoints: int, progress: Progress | None) -> None:
        super().__init__()
        self.run, self.progress = run, progress
        self.rows: list[dict[str, Any]] = []
        self.breakdown = ""
        self._due = [round(i * run.steps / checkpoints) for i in range(checkpoints)]
        self._counted = 0

    def _on_rollout_start(self) -> None:
        """Called before the first rollout and after every update but the last."""
        if self.progress:
            self.progress.advance(min(self.num_timesteps, self.run.steps) - self._counted)
            self._counted = min(self.num_timesteps, self.run.steps)
        if self._broken():
            return
        if self._due and self.num_timesteps >= self._due[0]:
            self._due = [step for step in self._due if step > self.num_timesteps]
            self._evaluate()

    def _on_step(self) -> bool:
        return not self.breakdown

    def _on_training_end(self) -> None:
        if self.progress:
            self.progress.advance(self.run.steps - self._counted)
        if not self._broken():
            self._evaluate()

    def _broken(self) -> bool:
        if not self.breakdown and not _finite(self.model):
            self.breakdown = f"parameters not finite after the update at step {self.num_timesteps}"
        return bool(self.breakdown)

    def _evaluate(self) -> None:
        episodes = evaluate(self.model.controller(self.run), self.run.env_id, seed=EVALUATION_SEED)
        self.rows.append(
            {"run_id": self.run.run_id, "step": self.num_timesteps, **_measures(self.run, episodes)}
        )


def _finite(model: BaseAlgorithm) -> bool:
    return all(torch.isfinite(p).all() for p in model.policy.parameters())


def _measures(run: Run, episodes: Episodes | None) -> dict[str, Any]:
    """Means over episodes; NaN marks a run without a policy and goes with its status."""
    if episodes is None:
        nan = float("nan")
        keys = ("training_return", "welfare", "trust", "cooperation", "episode_length")
        return dict.fromkeys(keys, nan)
    return {
        "training_return": float(episodes.returns(run.reward_mode).mean()),
        "welfare": float(episodes.welfare.mean()),
        "trust": float(episodes.trust.mean()),
        "cooperation": float(episodes.cooperation.mean()),
        "episode_length": float(episodes.length.mean()),
    }


def _row(
    run: Run, status: str, reason: str, curve: LearningCurve, final: Episodes | None
) -> dict[str, Any]:
    spec = envs.spec(run.env_id)
    n_agents = envs.game(run.env_id).n_agents
    payoffs = [float("nan")] * n_agents if final is None else final.payoffs.mean(axis=0).tolist()
    return {
        "run_id": run.run_id,
        "environment": run.environment,
        "edition": run.edition,
        "mechanism_class": spec.mechanism_class,
        "n_agents": n_agents,
        "policy": run.policy,
        "paradigm": learner(run.policy).paradigm,
        "protocol": run.protocol,
        "reward_mode": run.reward_mode,
        "seed": run.seed,
        "steps_planned": run.steps,
        "steps_done": curve.num_timesteps,
        "status": status,
        "reason": reason,
        **_measures(run, final),
        "untrained_welfare": curve.rows[0]["welfare"] if curve.rows else float("nan"),
        "payoff_per_agent": payoffs,
        "hyperparameter_hash": run.hyperparameter_hash,
    }


def _evaluations(
    run: Run, policy: Policy, final: Episodes, curve: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    policy.deterministic = False
    stochastic = evaluate(policy, run.env_id, episodes=STOCHASTIC_EPISODES, seed=run.seed)
    last = curve[-5:]
    smoothed = {name: sum(row[name] for row in last) / len(last) for name in _measures(run, None)}
    kinds = [
        ("deterministic", 1, _measures(run, final)),
        ("stochastic", STOCHASTIC_EPISODES, _measures(run, stochastic)),
        ("last_five_checkpoints", len(last), smoothed),
    ]
    return [
        {"run_id": run.run_id, "kind": kind, "episodes": episodes, **measures}
        for kind, episodes, measures in kinds
    ]


def _save(path: Path, result: RunResult) -> None:
    with replacing(path) as temporary:
        torch.save(vars(result), temporary)


def _load(path: Path) -> RunResult | None:
    """A finished run of an earlier job; an unreadable file is trained again."""
    if not path.exists():
        return None
    try:
        return RunResult(**torch.load(path, weights_only=True))
    except Exception as error:
        log.warning("%s cannot be read (%s): its run is trained again", path, error)
        return None
