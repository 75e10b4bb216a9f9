"""What a run is worth that was interrupted half way and resumed with a part of its state.

On resuming, the released ISAC goes on without its weights, and the other learners without optimiser
and replay buffer, at the step that they had reached. Here the corrected learners do the same, and
what they play in the end is put beside what the same seeds play uninterrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from coopetition.envs.engine import Array

from ..assessment import assess
from ..registry import learner
from ..runs import Run
from . import Row, row

LEARNERS = ("IPPO", "ISAC")
GAME, SEEDS = "TrustDilemma", (99, 100, 101)
STEPS = 2048


def interruption() -> list[Row]:
    """Change of what is played, by learner and by what the resumed run still has."""
    rows = []
    for policy in LEARNERS:
        settings = learner(policy).hyperparameters["corrected"]
        run = (policy, "corrected", GAME, "v0", "integrated")
        runs = [Run(*run, seed, STEPS, settings) for seed in SEEDS]
        whole = played(runs, None)
        for kept, resume in KEPT.items():
            change = np.abs(played(runs, resume) - whole)
            setting = f"{policy}, {kept}"
            rows += [
                row("interruption", setting, "change", change.mean(), "share of endowment"),
                row(
                    "interruption", setting, "runs changed", float(np.count_nonzero(change)), "runs"
                ),
            ]
    return rows


def played(runs: Sequence[Run], resume: Callable[[Any, Any], None] | None) -> Array:
    """Mean share of the endowment that every run plays in the end, [runs].

    Args:
        runs: of one learner on one environment.
        resume: hands a learner that was built anew what it is to have of the interrupted one; None
            for no interruption.
    """
    algorithm = learner(runs[0].policy).load("corrected")
    model, steps = algorithm.for_runs(runs), runs[0].steps
    if resume is not None:
        model.learn(steps // 2, log_interval=None)
        interrupted, model = model, algorithm.for_runs(runs)
        model.num_timesteps = interrupted.num_timesteps
        resume(interrupted, model)
    left = steps - model.num_timesteps
    model.learn(left, reset_num_timesteps=False, log_interval=None)
    return np.array([each.cooperation.mean() for each in assess(model.controller(runs), runs)])


def _everything(interrupted: Any, model: Any) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "run.zip"
        interrupted.save(file)
        model.set_parameters(str(file))


def _weights(interrupted: Any, model: Any) -> None:
    model.policy.load_state_dict(interrupted.policy.state_dict())


def _nothing(interrupted: Any, model: Any) -> None:
    pass


# What a resumed run has of the interrupted one, in words -> how it gets that.
KEPT: dict[str, Callable[[Any, Any], None]] = {
    "everything": _everything,
    "weights alone": _weights,
    "nothing": _nothing,
}
