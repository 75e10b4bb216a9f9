"""Training of one cell: all runs of a learner on an environment, as many as possible side by side.

A run that diverges or fails is a result with a status and a reason. Each finished run is kept in
a work folder at once, and a running batch is written there every few minutes, so that a killed job
goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from coopetition import envs
from coopetition.envs.determinism import is_deterministic

from .deviations import DEVIATION_EPISODES, deviation_gains
from .evaluation import Episodes, play, streams
from .files import replacing
from .policy import Policy
from .progress import Progress, log
from .registry import learner
from .runs import Run

# Episodes of an evaluation: one says all where neither game nor policy draws.
EPISODES = 100
STOCHASTIC_EPISODES = 20
EVALUATION_SEED = 0
CHECKPOINT_SECONDS = 120.0
# Name of the learning curve in the file of a running batch.
CURVE = "curve.json"


@dataclass
class RunResult:
    """What a run leaves behind: plain numbers, text and tensors.

    Attributes:
        row: one row of the training table.
        curve: deterministic evaluations while training, one row each.
        diagnostics: means over the updates between two evaluations, one row per agent and measure.
        evaluations: evaluations of the final policy, one row per kind.
        weights: inference weights; empty if the run did not finish.
    """

    row: dict[str, Any]
    curve: list[dict[str, Any]]
    diagnostics: list[dict[str, Any]]
    evaluations: list[dict[str, Any]]
    weights: dict[str, torch.Tensor]


def train_cell(
    runs: Sequence[Run], *, checkpoints: int, work: Path, provenance: dict[str, str]
) -> list[RunResult]:
    """Train the runs that the work folder does not hold yet.

    Args:
        runs: runs of one cell.
        checkpoints: evaluations along the learning curve, besides the untrained policy.
        work: folder for the finished runs and running batches of an unfinished job.
        provenance: `version` and `commit`, written into every row.

    Returns:
        One result per run, in order.

    Raises:
        OSError: the work folder cannot be written.
    """
    torch.set_num_threads(1)
    work.mkdir(parents=True, exist_ok=True)
    paths = {run.run_id: work / f"{run.run_id}-{checkpoints}.pt" for run in runs}
    results = {run.run_id: _load(paths[run.run_id]) for run in runs}
    missing = [run for run in runs if results[run.run_id] is None]
    progress = Progress(sum(run.steps for run in runs), "steps")
    progress.skip(sum(run.steps for run in runs) - sum(run.steps for run in missing))
    for batch in _batches(missing):
        resume = work / f"{_name(batch)}-{checkpoints}.zip"
        with _no_denormals():
            trained = train_runs(batch, checkpoints=checkpoints, progress=progress, resume=resume)
        for run, result in zip(batch, trained, strict=True):
            result.row |= provenance
            _save(paths[run.run_id], result)
            results[run.run_id] = result
            row = result.row
            progress.advance(
                0,
                f"{run.policy} {run.env_id} {run.protocol} {run.reward_mode} seed {run.seed}: "
                f"{row['status']}, welfare {row['welfare']:,.0f}",
            )
        resume.unlink(missing_ok=True)
    return [results[run.run_id] for run in runs]


@contextmanager
def _no_denormals() -> Iterator[None]:
    """Adam's moments of units that died end as denormal numbers, which slow everything down."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _batches(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Runs that are trained side by side: those of a protocol, as many as its learner takes."""
    for protocol in dict.fromkeys(run.protocol for run in runs):
        same = [run for run in runs if run.protocol == protocol]
        size = learner(same[0].policy).load(protocol).BATCH
        for first in range(0, len(same), size):
            yield same[first : first + size]


def _name(batch: Sequence[Run]) -> str:
    return hashlib.sha256(" ".join(run.run_id for run in batch).encode()).hexdigest()[:16]


def train_runs(
    runs: Sequence[Run],
    *,
    checkpoints: int,
    progress: Progress | None = None,
    resume: Path | None = None,
) -> list[RunResult]:
    """Train runs that differ in seed and reward mode only, and evaluate them in payoff units.

    A run whose numbers break down gets status `diverged` and stops alone. Any other error of the
    learner gives status `failed`; several runs are then trained again one by one, so that the error
    takes down only those that it belongs to. Runs on a game that the learner is not defined for
    have status `excluded`. Errors of the machine (memory, disk) are raised.

    Args:
        runs: the runs.
        checkpoints: evaluations along the learning curve, besides the untrained policy.
        progress: told about every environment step.
        resume: file of the running batch, taken up if it is there.

    Returns:
        One result per run, in order; times are equal shares of the batch.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    curve = LearningCurve(runs, checkpoints, progress, resume)
    try:
        results = _train(runs, curve, resume)
        curve.count(runs[0].steps)
    except (MemoryError, OSError):
        raise
    except Exception as error:
        if len(runs) > 1:
            log.warning("%s: its runs are trained one by one after %r", runs[0].policy, error)
            curve.count(0)
            return [train_runs([r], checkpoints=checkpoints, progress=progress)[0] for r in runs]
        curve.count(runs[0].steps)
        step = curve.num_timesteps
        reason = f"{type(error).__name__} at step {step}: {error}"[:500]
        results = [RunResult(_row(runs[0], curve, step, "failed", reason), *curve.of(0), [], {})]
    for result in results:
        if result.row["reason"]:
            log.warning("run %s: %s", result.row["run_id"], result.row["reason"])
        result.row["wall_seconds"] = (time.perf_counter() - wall) / len(runs)
        result.row["cpu_seconds"] = (time.process_time() - cpu) / len(runs)
    return results


def _train(runs: Sequence[Run], curve: LearningCurve, resume: Path | None) -> list[RunResult]:
    """Results of a batch that no error ends."""
    if reason := learner(runs[0].policy).exclusion(envs.game(runs[0].env_id)):
        rows = [_row(run, curve, 0, "excluded", reason) for run in runs]
        return [RunResult(row, [], [], [], {}) for row in rows]
    model = _start(runs, curve, resume)
    left = runs[0].steps - model.num_timesteps
    model.learn(left, callback=curve, reset_num_timesteps=False)
    return _results(runs, model, curve)


def _start(runs: Sequence[Run], curve: LearningCurve, resume: Path | None) -> BaseAlgorithm:
    """The untrained learner, or the one that an interrupted job has left."""
    algorithm = learner(runs[0].policy).load(runs[0].protocol)
    model = algorithm.for_runs(runs)
    if resume is None or not resume.exists():
        return model
    try:
        with zipfile.ZipFile(resume) as archive:
            history = json.loads(archive.read(CURVE))
        model.set_parameters(str(resume), device="cpu")
        curve.load_state_dict(history)
    except Exception as error:
        log.warning("%s cannot be read (%r): its runs start anew", resume, error)
        return algorithm.for_runs(runs)
    curve.skip(model.num_timesteps)
    log.info("goes on at step %s of %s", f"{model.num_timesteps:,}", f"{runs[0].steps:,}")
    return model


def _results(runs: Sequence[Run], model: BaseAlgorithm, curve: LearningCurve) -> list[RunResult]:
    """Final evaluations, rows and weights of a trained batch."""
    sampled: list[Episodes] = []
    if len(model.breakdowns) < len(runs):
        controller = model.controller(runs)
        gains = _gains(controller, runs)
        controller.deterministic = False
        sampled = _evaluate(controller, runs, STOCHASTIC_EPISODES)
    results = []
    for i, run in enumerate(runs):
        points, diagnostics = curve.of(i)
        if i in model.breakdowns:
            end = model.breakdowns[i]
            row = _row(run, curve, end.step, "diverged", f"{end.cause}, step {end.step}")
            results.append(RunResult(row, points, diagnostics, [], {}))
            continue
        final = curve.final[i]
        row = _row(run, curve, curve.num_timesteps, "finished", "", final)
        row["deviation_gain"] = gains[i]
        evaluations = _evaluations(run, final, sampled[i], points)
        weights = model.inference_weights(i)
        results.append(RunResult(row, points, diagnostics, evaluations, weights))
    return results


class LearningCurve(BaseCallback):
    """Evaluates all runs of a batch along the way, and keeps the batch in a file now and then.

    Args:
        runs: the runs.
        checkpoints: number of evaluations after the first, which is of the untrained policies.
        progress: told about every environment step.
        resume: file to keep the batch in; None for none.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        checkpoints: int,
        progress: Progress | None = None,
        resume: Path | None = None,
    ) -> None:
        super().__init__()
        self.runs, self.progress, self.resume = runs, progress, resume
        self.points: list[list[dict[str, Any]]] = [[] for _ in runs]
        self.diagnostics: list[list[dict[str, Any]]] = [[] for _ in runs]
        self.final: list[Episodes] = []
        self._steps = runs[0].steps
        self._due = [round(i * self._steps / checkpoints) for i in range(checkpoints)]
        self._counted = 0
        self._kept = time.monotonic()

    def of(self, index: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Points of the curve, and diagnostics, of one run."""
        return self.points[index], self.diagnostics[index]

    def _on_rollout_start(self) -> None:
        """Called before the first rollout and after every update but the last."""
        self.count(min(self.num_timesteps, self._steps))
        if self._due and self.num_timesteps >= self._due[0]:
            self._due = [step for step in self._due if step > self.num_timesteps]
            self._measure()
        if self.resume and time.monotonic() - self._kept > CHECKPOINT_SECONDS:
            self._keep(self.resume)
            self._kept = time.monotonic()

    def _on_step(self) -> bool:
        return len(self.model.breakdowns) < len(self.runs)

    def _on_training_end(self) -> None:
        if self._on_step():
            self._measure()

    def count(self, steps: int) -> None:
        """Tell the progress how many steps of every run are done, or no longer needed."""
        if self.progress:
            self.progress.advance((steps - self._counted) * len(self.runs))
        self._counted = steps

    def skip(self, steps: int) -> None:
        """Tell the progress what an earlier, interrupted job has done."""
        if self.progress:
            self.progress.skip(steps * len(self.runs))
        self._counted = steps

    def _measure(self) -> None:
        self.final = _evaluate(self.model.controller(self.runs), self.runs)
        means = self.model.take_diagnostics()
        for i, run in enumerate(self.runs):
            if i in self.model.breakdowns:
                continue
            place = {"run_id": run.run_id, "step": self.num_timesteps}
            self.points[i].append({**place, **_measures(run, self.final[i])})
            self.diagnostics[i] += [
                {**place, "agent": agent, "measure": name, "value": float(value)}
                for name, grid in means.items()
                for agent, value in enumerate(grid[i])
            ]

    def _keep(self, path: Path) -> None:
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                self.model.save(file)
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.writestr(CURVE, json.dumps(self.state_dict()))

    def state_dict(self) -> dict[str, Any]:
        """What was measured so far, and when to measure next."""
        return {"points": self.points, "diagnostics": self.diagnostics, "due": self._due}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.points, self.diagnostics = state["points"], state["diagnostics"]
        self._due = state["due"]


def _evaluate(
    controller: Policy, runs: Sequence[Run], episodes: int | None = None
) -> list[Episodes]:
    """Episodes of every run, all in one batch; each run plays the same ones as it would alone."""
    env_id = runs[0].env_id
    each = episodes or _episodes(env_id)
    played = play(controller, envs.game(env_id), streams(EVALUATION_SEED, each) * len(runs))
    return [played.take(slice(i * each, (i + 1) * each)) for i in range(len(runs))]


def _gains(controller: Policy, runs: Sequence[Run]) -> list[float]:
    """Of every run, the largest gain of an agent that leaves for a constant."""
    game = envs.game(runs[0].env_id)
    each = min(_episodes(game.id), DEVIATION_EPISODES)
    found = deviation_gains(controller, game, runs=len(runs), episodes=each, seed=EVALUATION_SEED)
    return [float(found[run.reward_mode][i].max()) for i, run in enumerate(runs)]


@cache
def _episodes(env_id: str) -> int:
    return 1 if is_deterministic(envs.game(env_id)) else EPISODES


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
    run: Run,
    curve: LearningCurve,
    step: int,
    status: str,
    reason: str,
    final: Episodes | None = None,
) -> dict[str, Any]:
    spec = envs.spec(run.env_id)
    n_agents = envs.game(run.env_id).n_agents
    points, _ = curve.of(curve.runs.index(run))
    payoffs = shares = [float("nan")] * n_agents
    if final is not None:
        payoffs, shares = (part.mean(axis=0).tolist() for part in (final.payoffs, final.shares))
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
        "steps_done": step,
        "status": status,
        "reason": reason,
        **_measures(run, final),
        "untrained_welfare": points[0]["welfare"] if points else float("nan"),
        "payoff_per_agent": payoffs,
        "share_per_agent": shares,
        "deviation_gain": float("nan"),
        "hyperparameter_hash": run.hyperparameter_hash,
    }


def _evaluations(
    run: Run, final: Episodes, sampled: Episodes, points: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    last = points[-5:]
    smoothed = {name: sum(row[name] for row in last) / len(last) for name in _measures(run, None)}
    kinds = [
        ("deterministic", len(final.length), _measures(run, final)),
        ("stochastic", STOCHASTIC_EPISODES, _measures(run, sampled)),
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
