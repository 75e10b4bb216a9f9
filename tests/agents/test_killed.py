"""Training jobs that are killed, run out of memory or disk, or lose their clock."""

import errno
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from harness import Killed, KilledAt, train_until_killed
from toys import assert_same, short_runs

from coopetition.agents import training
from coopetition.agents.attempts import ATTEMPTS, Attempts
from coopetition.agents.files import replacing
from coopetition.agents.progress import Progress, Stopwatch
from coopetition.agents.records import RunResult
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.training import train_cell, train_runs

MODES = ["integrated", "private", "cooperative"]
CHECKPOINTS = 4
# A job that keeps its batch after every rollout and is killed while it writes such a file.
JOB = """
import os, pickle, signal, sys
from pathlib import Path
from coopetition.agents import training

runs, attempt = pickle.load(sys.stdin.buffer)
state = training.LearningCurve.state_dict

def state_dict(curve):
    if curve.num_timesteps > 0.6 * runs[0].steps:
        os.kill(os.getpid(), signal.SIGKILL)
    return state(curve)

training.CHECKPOINT_SECONDS = -1.0
training.LearningCurve.state_dict = state_dict
work = Path(sys.argv[1])
training.train_cell(runs, checkpoints=4, work=work, provenance={}, attempt=attempt)
"""


def batch(policy: str, protocol: str = "corrected", modes: list[str] = MODES) -> list[Run]:
    """Runs with a few rollouts, whose episodes are drawn."""
    runs = short_runs(policy, "SynergySearch-v0", protocol, modes=modes)
    return [replace(run, steps=3 * run.steps) for run in runs]


def kill_a_job(runs: list[Run], work: Path, attempt: int = 1) -> None:
    """Train in a process of its own, until it is killed after 60 % of the steps."""
    done = subprocess.run(
        [sys.executable, "-c", JOB, str(work)],
        input=pickle.dumps((runs, attempt)),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def train(runs: list[Run], work: Path, attempt: int = 1) -> list[RunResult]:
    return train_cell(runs, checkpoints=CHECKPOINTS, work=work, provenance={}, attempt=attempt)


def killing(last: float) -> Callable[[int, str], Progress]:
    """Progress of a job that ends after so many steps."""

    def progress(total: int, unit: str) -> Progress:
        found = KilledAt(last)
        found.total = total
        return found

    return progress


@pytest.fixture
def often(monkeypatch):
    """The running batch is kept after every rollout."""
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)


class TestKilledProcess:
    @pytest.mark.parametrize(
        ("policy", "protocol"),
        [("IPPO", "corrected"), ("ISAC", "corrected"), ("Central_PPO", "as_published")],
    )
    def test_goes_on_as_if_nothing_had_happened(self, policy, protocol, tmp_path, caplog):
        caplog.set_level("INFO", "coopetition")
        runs = batch(policy, protocol, MODES[: learner(policy).load(protocol).BATCH])
        kill_a_job(runs, tmp_path)
        assert list(tmp_path.glob("*.zip.*.tmp")), "it was killed while it wrote a file"
        found = train(runs, tmp_path)
        [message] = (text for text in caplog.messages if "goes on at step" in text)
        assert 0.4 * runs[0].steps < int(message.split()[4].replace(",", "")) < runs[0].steps
        expected = train_runs(runs, checkpoints=CHECKPOINTS)
        for one, other in zip(found, expected, strict=True):
            assert one.row["status"] == "finished"
            assert_same(one, other)

    def test_what_kills_every_attempt_is_given_up_and_can_go_on_later(self, tmp_path):
        runs = batch("IA2C")
        for attempt in range(1, ATTEMPTS + 1):
            kill_a_job(runs, tmp_path, attempt)
        for result in train(runs, tmp_path, ATTEMPTS + 1):
            row, steps = result.row, result.row["steps_done"]
            assert row["status"] == "failed"
            assert row["reason"].startswith("the process of its job died in 3 attempts (killed, or")
            assert f"after step {steps:,} of this run" in row["reason"]
            assert 0.4 * row["steps_planned"] < steps <= 0.6 * row["steps_planned"]
            assert 0 < len(result.curve) < CHECKPOINTS + 1
            assert result.weights == {}
            assert np.isnan(row["welfare"])
            assert row["cpu_seconds"] > 0
        expected = train_runs(runs, checkpoints=CHECKPOINTS)
        for one, other in zip(train(runs, tmp_path), expected, strict=True):
            assert_same(one, other)


class TestAttempts:
    def train(
        self, monkeypatch, work: Path, attempt: int, error: BaseException | None
    ) -> list[RunResult]:
        """Two published runs, which train one by one; the second ends with an error."""
        runs = short_runs("Central_PPO", protocol="as_published", seeds=[1, 2])

        def trained(batch, *, checkpoints, progress, resume, device):
            if error and batch[0].seed == 2:
                raise error
            row = {"status": "finished", "welfare": 0.0}
            return [RunResult(row, [], [], [], {}) for _ in batch]

        monkeypatch.setattr(training, "train_runs", trained)
        return train(runs, work, attempt)

    def fail(self, monkeypatch, work: Path, *errors: BaseException) -> None:
        """Attempts from the first, one per error."""
        for attempt, error in enumerate(errors, start=1):
            with pytest.raises(type(error)):
                self.train(monkeypatch, work, attempt, error)

    def test_a_finished_run_counts_whatever_ends_the_others(self, tmp_path, monkeypatch):
        self.fail(monkeypatch, tmp_path, *[MemoryError()] * ATTEMPTS)
        first, second = self.train(monkeypatch, tmp_path, ATTEMPTS + 1, MemoryError())
        assert first.row["status"] == "finished"
        assert (second.row["status"], second.row["steps_done"]) == ("failed", 0)

    @pytest.mark.parametrize("other", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
    def test_interrupts_and_errors_of_the_disk_do_not_count(self, other, tmp_path, monkeypatch):
        self.fail(monkeypatch, tmp_path, MemoryError(), other, MemoryError())
        with pytest.raises(type(other)):
            self.train(monkeypatch, tmp_path, ATTEMPTS + 1, other)
        results = self.train(monkeypatch, tmp_path, ATTEMPTS + 1, None)
        assert [result.row["status"] for result in results] == ["finished"] * 2

    def test_a_new_call_starts_at_the_first_attempt(self, tmp_path, monkeypatch):
        self.fail(monkeypatch, tmp_path, *[MemoryError()] * ATTEMPTS)
        self.fail(monkeypatch, tmp_path, MemoryError())
        with pytest.raises(MemoryError):
            self.train(monkeypatch, tmp_path, ATTEMPTS + 1, MemoryError())

    def test_every_attempt_must_have_died_in_the_same_batch(self, tmp_path):
        for attempt in range(1, ATTEMPTS + 1):
            name = "a" if attempt == 1 else "b"
            with pytest.raises(MemoryError), Attempts(tmp_path, attempt).marked(name):
                raise MemoryError
        last = Attempts(tmp_path, ATTEMPTS + 1)
        assert not last.exhausted("a")
        assert not last.exhausted("b")

    def test_memory_that_torch_does_not_get_is_no_fault_of_the_learner(self, monkeypatch):
        def greedy(model):
            torch.empty(2**60)

        monkeypatch.setattr(learner("IA2C").load("corrected"), "train", greedy)
        with pytest.raises(MemoryError, match="can't allocate memory"):
            train_runs(short_runs("IA2C", modes=MODES), checkpoints=1)


class TestTimes:
    def test_count_what_an_interrupted_job_has_spent(self, tmp_path, monkeypatch, often):
        runs = batch("IA2C")
        with monkeypatch.context() as before:
            before.setattr(Stopwatch, "read", lambda watch: (3000.0, 1500.0))
            train_until_killed(runs, tmp_path / "batch.zip")
        for result in train_runs(runs, checkpoints=CHECKPOINTS, resume=tmp_path / "batch.zip"):
            assert 1000 < result.row["wall_seconds"] < 1100
            assert 500 < result.row["cpu_seconds"] < 600

    def test_do_not_depend_on_the_clock_on_the_wall(self, monkeypatch, caplog):
        caplog.set_level("INFO", "coopetition")
        runs = batch("IA2C")
        expected = train_runs(runs, checkpoints=CHECKPOINTS)
        clock, jumps = time.time, iter(range(10**9))

        def jumping() -> float:
            """Years forward and back again."""
            return clock() + (-1) ** next(jumps) * 1e8

        monkeypatch.setattr(time, "time", jumping)
        monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))
        progress = Progress(sum(run.steps for run in runs), "steps", every=0)
        found = train_runs(runs, checkpoints=CHECKPOINTS, progress=progress)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
            assert 0 < one.row["wall_seconds"] < 1000
        lines = [text for text in caplog.messages if "ETA" in text]
        assert len(lines) > 3
        assert all("ETA 00:" in line or "ETA unknown" in line for line in lines)


class TestFullDisk:
    def full(self, *_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def assert_told(self, error: OSError, path: str, finished: str) -> None:
        text = str(error)
        assert error.errno == errno.ENOSPC
        assert f"No space left on device while writing {path}" in text
        assert "free some space and run the same command again" in text
        assert error.__notes__ == [
            f"{finished} runs are finished and kept; the others go on from their last checkpoint"
        ]

    def test_while_a_running_batch_is_kept(self, tmp_path, monkeypatch, often):
        """What was kept before stays; nothing becomes a failed run."""
        runs = batch("IA2C")
        with monkeypatch.context() as later:
            later.setattr(training, "Progress", killing(0.6 * 3 * runs[0].steps))
            with pytest.raises(Killed):
                train(runs, tmp_path)
        [kept] = tmp_path.glob("*.zip")
        before = kept.read_bytes()
        with monkeypatch.context() as full, pytest.raises(OSError) as caught:
            full.setattr(zipfile.ZipFile, "writestr", self.full)
            train(runs, tmp_path)
        self.assert_told(caught.value, str(kept), "0 of 3")
        assert [path.name for path in tmp_path.iterdir()] == [kept.name]
        assert kept.read_bytes() == before
        expected = train_runs(runs, checkpoints=CHECKPOINTS)
        for one, other in zip(train(runs, tmp_path), expected, strict=True):
            assert_same(one, other)

    def test_while_finished_runs_are_kept(self, tmp_path, monkeypatch, caplog, often):
        """One of three was written: the others need not train from the beginning."""
        caplog.set_level("INFO", "coopetition")
        runs, save = batch("IA2C"), torch.save

        def save_one(content, file):
            if "row" in content and list(tmp_path.glob("*.pt")):
                self.full()
            save(content, file)

        with monkeypatch.context() as full, pytest.raises(OSError) as caught:
            full.setattr(torch, "save", save_one)
            train(runs, tmp_path)
        path = tmp_path / f"{runs[1].run_id}-{CHECKPOINTS}.pt"
        self.assert_told(caught.value, str(path), "1 of 3")
        first = (tmp_path / f"{runs[0].run_id}-{CHECKPOINTS}.pt").read_bytes()
        again = train(runs, tmp_path)
        assert any("goes on at step" in text for text in caplog.messages)
        assert (tmp_path / f"{runs[0].run_id}-{CHECKPOINTS}.pt").read_bytes() == first
        for one, other in zip(again, train_runs(runs, checkpoints=CHECKPOINTS), strict=True):
            assert_same(one, other)

    def test_is_told_as_well_where_torch_hides_it(self, tmp_path):
        def write(path: Path) -> None:
            with replacing(path):
                try:
                    self.full()
                except OSError:
                    raise RuntimeError("enforce fail at inline_container.cc") from None

        with pytest.raises(OSError, match=r"No space left on device while writing .*free some"):
            write(tmp_path / "file")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("code", "mend"), [(errno.EACCES, "make its folder writable"), (errno.EROFS, "writable")]
    )
    def test_or_a_folder_that_cannot_be_written(self, code, mend, tmp_path):
        found = f"while writing .*: .*{mend} and run the same"
        with pytest.raises(OSError, match=found), replacing(tmp_path / "file"):
            raise OSError(code, os.strerror(code))

    def test_other_errors_stay_what_they_are(self, tmp_path):
        with pytest.raises(RuntimeError, match=r"^no$"), replacing(tmp_path / "file"):
            raise RuntimeError("no")


def test_runs_that_train_one_by_one_go_on_as_well(tmp_path, monkeypatch, often, caplog):
    """An error of one run has split the batch, and then the job is killed in the last of them."""
    caplog.set_level("INFO", "coopetition")
    runs, original = batch("IA2C"), learner("IA2C").load("corrected").train

    def fail(model):
        if "private" in model.env.get_attr("reward_mode"):
            raise ZeroDivisionError
        original(model)

    monkeypatch.setattr(learner("IA2C").load("corrected"), "train", fail)
    expected = train_runs(runs, checkpoints=CHECKPOINTS)
    assert [result.row["status"] for result in expected] == ["finished", "failed", "finished"]
    with monkeypatch.context() as killed, pytest.raises(Killed):
        killed.setattr(training, "Progress", killing(2.7 * runs[0].steps))
        train(runs, tmp_path)
    caplog.clear()
    for one, other in zip(train(runs, tmp_path), expected, strict=True):
        assert_same(one, other)
    steps = [text.split()[4] for text in caplog.messages if "goes on at step" in text]
    assert max(int(step.replace(",", "")) for step in steps) > 0.5 * runs[0].steps
    assert not list(tmp_path.glob("*.zip"))
