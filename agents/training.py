"""Training of one cell: all runs of a learner on an environment, as many as possible side by side.

A run that diverges or fails is a result with a status and a reason. Each finished run is kept in
a work folder at once, and a running batch is written there every few minutes, so that a killed job
goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from coopetition import envs

from .assessment import STOCHASTIC_EPISODES, assess, gains_of_leaving
from .attempts import ATTEMPTS, Attempts
from .evaluation import Episodes
from .files import explained, replacing
from .progress import Progress, Stopwatch, log
from .records import RunResult, evaluation_rows, measures, training_row
from .registry import learner
from .runs import Run

CHECKPOINT_SECONDS = 120.0
# Name of the learning curve in the file of a running batch.
CURVE = "curve.json"


def train_cell(
    runs: Sequence[Run],
    *,
    checkpoints: int,
    work: Path,
    provenance: dict[str, str],
    attempt: int = 1,
    device: str = "cpu",
) -> list[RunResult]:
    """Train the runs that the work folder does not hold yet.

    Once a batch has ended the process of every attempt, what is left of the cell is given up: its
    runs have status `failed`, and stay in the work folder as far as they came.

    Args:
        runs: runs of one cell.
        checkpoints: evaluations along the learning curve, besides the untrained policy.
        work: folder for the finished runs and running batches of an unfinished job.
        provenance: `version` and `commit`, written into every row.
        attempt: number of the attempt at this job, from 1; see `attempts`.
        device: where learners compute.

    Returns:
        One result per run, in order.

    Raises:
        OSError: the work folder cannot be written, or the machine does not have the device.
    """
    torch.set_num_threads(1)
    with explained(work):
        work.mkdir(parents=True, exist_ok=True)
    attempts = Attempts(work, attempt)
    paths = {run.run_id: work / f"{run.run_id}-{checkpoints}.pt" for run in runs}
    loaded = {run_id: RunResult.load(path) for run_id, path in paths.items()}
    results = {run_id: result for run_id, result in loaded.items() if result is not None}
    batches = []
    for batch in _batches(runs):
        left = [run for run in batch if run.run_id not in results]
        # A file of the whole batch serves no part of it.
        if left:
            batches.append(batch if _kept(work, batch, checkpoints).exists() else left)
    progress = Progress(sum(run.steps for run in runs), "steps")
    progress.skip(progress.total - sum(run.steps for batch in batches for run in batch))
    given_up = False
    for batch in batches:
        resume = _kept(work, batch, checkpoints)
        given_up = given_up or attempts.exhausted(resume.stem)
        if given_up:
            for run, result in zip(batch, _given_up(batch, checkpoints, resume), strict=True):
                result.row |= provenance
                results.setdefault(run.run_id, result)
            continue
        with _told(results, len(paths)), attempts.marked(resume.stem), _no_denormals():
            trained = train_runs(
                batch, checkpoints=checkpoints, progress=progress, resume=resume, device=device
            )
            for run, result in zip(batch, trained, strict=True):
                if run.run_id in results:
                    continue
                result.row |= provenance
                result.save(paths[run.run_id])
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
def _told(results: Mapping[str, RunResult], total: int) -> Iterator[None]:
    """An error of the disk says what is safe."""
    try:
        yield
    except OSError as error:
        error.add_note(
            f"{len(results)} of {total} runs are finished and kept; the others go on from their "
            "last checkpoint"
        )
        raise


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


def _kept(work: Path, batch: Sequence[Run], checkpoints: int) -> Path:
    """File of a running batch."""
    name = hashlib.sha256(" ".join(run.run_id for run in batch).encode()).hexdigest()[:16]
    return work / f"{name}-{checkpoints}.zip"


def _given_up(batch: Sequence[Run], checkpoints: int, resume: Path) -> list[RunResult]:
    """Rows of a batch that is not tried again, with what an earlier attempt has left of it."""
    curve = LearningCurve(batch, checkpoints)
    with suppress(Exception):  # there may be none, or none that can be read
        curve.load_state_dict(_history(resume))
    reason = (
        f"the process of its job died in {ATTEMPTS} attempts (killed, or out of memory?), the last "
        f"after step {curve.done:,} of this run; see the log"
    )
    log.warning("%s runs are given up: %s", len(batch), reason)
    results = [curve.ended(i, curve.done, "failed", reason) for i in range(len(batch))]
    return _timed(results, curve)


def train_runs(
    runs: Sequence[Run],
    *,
    checkpoints: int,
    progress: Progress | None = None,
    resume: Path | None = None,
    device: str = "cpu",
) -> list[RunResult]:
    """Train runs that differ in seed and reward mode only, and evaluate them in payoff units.

    A run whose numbers break down gets status `diverged` and stops alone. Any other error of the
    learner gives status `failed`; several runs are then trained again one by one, so that the error
    takes down only those that it belongs to. Runs on a game that the learner is not defined for
    have status `excluded`. Errors of the machine (memory, disk, device) are raised.

    Args:
        runs: the runs.
        checkpoints: evaluations along the learning curve, besides the untrained policy.
        progress: told about every environment step.
        resume: file of the running batch, taken up if it is there.
        device: where the learner computes.

    Returns:
        One result per run, in order; times are equal shares of the batch.
    """
    curve = LearningCurve(runs, checkpoints, progress, resume)
    try:
        results = _train(runs, curve, resume, device)
        curve.count(runs[0].steps)
    except (MemoryError, OSError, torch.AcceleratorError):
        raise
    except Exception as error:
        # Of the CPU's memory torch has no type for it.
        if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
            raise MemoryError(str(error)) from error
        if len(runs) > 1:
            log.warning("%s: its runs are trained one by one after %r", runs[0].policy, error)
            curve.count(0)
            settings = {"checkpoints": checkpoints, "progress": progress, "device": device}
            return _one_by_one(runs, resume, **settings)
        curve.count(runs[0].steps)
        step = curve.num_timesteps
        reason = f"{type(error).__name__} at step {step}: {error}"[:500]
        log.warning("%s ends with an error", runs[0].run_id, exc_info=error)
        results = [curve.ended(0, step, "failed", reason)]
    for result in results:
        if result.row["reason"]:
            log.warning("run %s: %s", result.row["run_id"], result.row["reason"])
    return _timed(results, curve)


def _one_by_one(runs: Sequence[Run], resume: Path | None, **settings: Any) -> list[RunResult]:
    """Results of runs that fail together, each with a file of its own while it trains."""
    files = [resume and resume.with_name(f"{run.run_id}{resume.suffix}") for run in runs]
    results = [
        train_runs([run], resume=file, **settings)[0] for run, file in zip(runs, files, strict=True)
    ]
    for file in filter(None, files):
        file.unlink(missing_ok=True)
    return results


def _timed(results: list[RunResult], curve: LearningCurve) -> list[RunResult]:
    """Results of a batch with their equal shares of its time."""
    wall, cpu = curve.watch.read()
    for result in results:
        result.row["wall_seconds"] = wall / len(results)
        result.row["cpu_seconds"] = cpu / len(results)
    return results


def _train(
    runs: Sequence[Run], curve: LearningCurve, resume: Path | None, device: str
) -> list[RunResult]:
    """Results of a batch that no error ends."""
    if reason := learner(runs[0].policy).exclusion(envs.game(runs[0].env_id)):
        return [curve.ended(i, 0, "excluded", reason) for i in range(len(runs))]
    model = _start(runs, curve, resume, device)
    left = runs[0].steps - model.num_timesteps
    model.learn(left, callback=curve, reset_num_timesteps=False)
    return _results(runs, model, curve)


def _start(
    runs: Sequence[Run], curve: LearningCurve, resume: Path | None, device: str
) -> BaseAlgorithm:
    """The untrained learner, or the one that an interrupted job has left."""
    algorithm = learner(runs[0].policy).load(runs[0].protocol)
    model = algorithm.for_runs(runs, device=device)
    if resume is None or not resume.exists():
        return model
    try:
        history = _history(resume)
        model.set_parameters(str(resume), device="cpu")
        curve.load_state_dict(history)
    except MemoryError:
        raise
    except Exception as error:
        log.warning("%s cannot be read (%r): its runs start anew", resume, error)
        return algorithm.for_runs(runs, device=device)
    curve.skip(model.num_timesteps)
    log.info("goes on at step %s of %s", f"{model.num_timesteps:,}", f"{runs[0].steps:,}")
    return model


def _history(resume: Path) -> dict[str, Any]:
    """State of the learning curve of a running batch."""
    with zipfile.ZipFile(resume) as archive:
        return json.loads(archive.read(CURVE))


def _results(runs: Sequence[Run], model: BaseAlgorithm, curve: LearningCurve) -> list[RunResult]:
    """Final evaluations, rows and weights of a trained batch."""
    sampled: list[Episodes] = []
    if len(model.breakdowns) < len(runs):
        controller = model.controller(runs)
        gains = gains_of_leaving(controller, runs)
        controller.deterministic = False
        sampled = assess(controller, runs, STOCHASTIC_EPISODES)
    results = []
    for i, run in enumerate(runs):
        if i in model.breakdowns:
            end = model.breakdowns[i]
            reason = f"{end.cause}, step {end.step}"
            results.append(curve.ended(i, end.step, "diverged", reason))
            continue
        final, points = curve.final[i], curve.points[i]
        row = training_row(run, points, curve.num_timesteps, "finished", final=final)
        row["deviation_gain"] = gains[i]
        evaluations = evaluation_rows(run, final, sampled[i], points)
        weights = model.inference_weights(i)
        results.append(RunResult(row, points, curve.diagnostics[i], evaluations, weights))
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
        self.watch = Stopwatch()
        self.done = 0
        self._counted = 0
        self._kept = monotonic()

    def ended(self, index: int, step: int, status: str, reason: str) -> RunResult:
        """What is left of a run that does not finish."""
        points = self.points[index]
        row = training_row(self.runs[index], points, step, status, reason)
        return RunResult(row, points, self.diagnostics[index], [], {})

    def _on_rollout_start(self) -> None:
        """Called before the first rollout and after every update but the last."""
        self.count(min(self.num_timesteps, self._steps))
        if self._due and self.num_timesteps >= self._due[0]:
            self._due = [step for step in self._due if step > self.num_timesteps]
            self._measure()
        if self.resume and monotonic() - self._kept > CHECKPOINT_SECONDS:
            self._keep(self.resume)
            self._kept = monotonic()

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
        self.final = assess(self.model.controller(self.runs), self.runs)
        means = self.model.take_diagnostics()
        for i, run in enumerate(self.runs):
            if i in self.model.breakdowns:
                continue
            place = {"run_id": run.run_id, "step": self.num_timesteps}
            self.points[i].append({**place, **measures(run, self.final[i])})
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
        """How far it is, what was measured so far, and when to measure next."""
        return {
            "step": self.num_timesteps,
            "seconds": self.watch.read(),
            "points": self.points,
            "diagnostics": self.diagnostics,
            "due": self._due,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.points, self.diagnostics = state["points"], state["diagnostics"]
        self._due, self.done = state["due"], state["step"]
        self.watch.add(*state["seconds"])
