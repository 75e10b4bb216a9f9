"""What the jobs of a study will cost, from what those of recorded studies did.

A job that was recorded costs what it did, in proportion to steps and by the number of runs side by
side. One that was not costs as much as those of the same learner and protocol elsewhere, in
proportion to the agents as well; a learner that never ran costs as much as the others. Steps beyond
the recorded ones cost what `step_costs` tells; in proportion too where the learner is not there.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar

from coopetition import envs
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.variants import game_of
from coopetition.envs.interfaces.spaces import critic_state, joint_observation

from .step_costs import StepCosts

# What earlier studies and single learners took, in the checkout.
RECORDED = "reports/recorded"
FILES = (f"{RECORDED}/costs.csv", f"{RECORDED}/learner_costs.csv")
# Of every training job: interpreter and imports.
START_SECONDS = 2.0
# Memory of a training job that has no data yet; MiB.
START_MB = 400
# What is asked for, over what was measured or estimated.
MEMORY_MARGIN, TIME_MARGIN = 1.5, 4.0
LEAST_MB, LEAST_MINUTES = 500, 10
# What runs side by side cost beside one each, in runs. Measured at `standard`: 3 runs take 0.63 of
# the time of 9, and 6 take 0.85.
TOGETHER = 7
# Part of the time of a run that grows with the square of the width of its networks.
WIDE_SHARE = 0.13


@cache
def built(env_id: str, **parameters: Any) -> envs.Game:
    """The game of an environment, built once: a plan asks for it per run."""
    return envs.game(env_id, **parameters)


@dataclass(frozen=True)
class Estimate:
    """What a job will cost.

    Attributes:
        cpu_seconds: CPU time; s.
        memory_mb: largest resident memory; MiB.
    """

    cpu_seconds: float
    memory_mb: float

    def mem_mb(self, attempt: int = 1) -> int:
        """Memory to ask for; more in every attempt."""
        return attempt * max(LEAST_MB, 100 * math.ceil(self.memory_mb * MEMORY_MARGIN / 100))

    def runtime(self, attempt: int = 1) -> int:
        """Minutes to ask for; more in every attempt."""
        return attempt * max(LEAST_MINUTES, math.ceil(self.cpu_seconds * TIME_MARGIN / 60))


@dataclass(frozen=True)
class Recorded:
    """One row of the table `costs`; see `reports/columns.py`."""

    part: str
    job: str
    edition: str
    environment: str
    policy: str
    protocol: str
    runs: int
    steps: int
    cpu_seconds: float
    memory_mb: float
    TEXTS: ClassVar = ("part", "job", "edition", "environment", "policy", "protocol")

    @property
    def agents(self) -> int:
        """Agents of the game."""
        return built(f"{self.environment}-{self.edition}").n_agents


class Costs:
    """Estimates from tables of recorded costs.

    Args:
        folder: of `costs.csv` and `learner_costs.csv`. Without the former every job is taken to
            cost nothing known: the least memory and time.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "costs.csv"
        self._further = StepCosts(folder / "learner_costs.csv")

    @cached_property
    def _rows(self) -> list[Recorded]:
        if not self._path.exists():
            return []
        # Read without pandas, which takes as long to import as the plan takes to make.
        with self._path.open(newline="", encoding="utf-8") as file:
            rows = [*csv.DictReader(file)]
        known = envs.ids()
        return [
            Recorded(
                *(row[name] for name in Recorded.TEXTS),
                *(int(row[name]) for name in ("runs", "steps")),
                *(float(row[name]) for name in ("cpu_seconds", "memory_mb")),
            )
            for row in rows
            if not row["environment"] or f"{row['environment']}-{row['edition']}" in known
        ]

    def others(self) -> Iterator[tuple[str, int, Estimate]]:
        """(part, jobs, all together) of jobs on no environment: tables, figures, report."""
        whole = [row for row in self._rows if not row.environment and not row.runs]
        for part in dict.fromkeys(row.part for row in whole):
            rows = [row for row in whole if row.part == part]
            memory = max(row.memory_mb for row in rows)
            yield part, len(rows), Estimate(sum(row.cpu_seconds for row in rows), memory)

    def job(self, part: str, edition: str = "", environment: str = "") -> Estimate:
        """Of a job that trains nothing, on an environment or on none."""
        same = [row for row in self._rows if row.part == part]
        here = [r for r in same if (r.edition, r.environment) == (edition, environment)] or same
        if not here:
            return Estimate(0.0, 0.0)
        return Estimate(fmean(r.cpu_seconds for r in here), max(r.memory_mb for r in here))

    def signature(self, name: str, runs: int, steps: int) -> Estimate:
        """Of a job that compares two learners, each in half of the runs."""
        same = [row for row in self._rows if row.job == f"signatures/{name}"]
        if not same:
            return Estimate(0.0, START_MB)
        [row] = same
        ratio = runs * steps / (row.runs * row.steps)
        return Estimate(row.cpu_seconds * ratio, row.memory_mb)

    def training(self, runs: Sequence[Run], times: int = 1) -> Estimate:
        """Of a job that trains these runs, or as many one after another several times."""
        parts = [
            self._protocol([run for run in runs if run.protocol == protocol])
            for protocol in dict.fromkeys(run.protocol for run in runs)
        ]
        seconds = START_SECONDS + times * sum(part.cpu_seconds for part in parts)
        return Estimate(seconds, max(part.memory_mb for part in parts))

    def _protocol(self, runs: Sequence[Run]) -> Estimate:
        run = runs[0]
        env_id, parameters = game_of(run)
        game = built(env_id, **parameters)
        if learner(run.policy).exclusion(game):
            return Estimate(0.0, START_MB)
        agents = game.n_agents
        learned = [
            row
            for row in self._rows
            if row.policy and row.cpu_seconds and not row.part.startswith("supplements")
        ]
        narrower: list[Callable[[Recorded], bool]] = [
            lambda row: (row.policy, row.protocol) == (run.policy, run.protocol),
            lambda row: (row.environment, row.edition) == (run.environment, run.edition),
        ]
        for same in narrower:
            learned = [row for row in learned if same(row)] or learned
        if not learned:
            return Estimate(0.0, START_MB)
        each = fmean(
            row.cpu_seconds / (_side_by_side(row.runs, row.protocol) * row.steps * row.agents)
            for row in learned
        )
        recorded = _side_by_side(len(runs), run.protocol) * agents * each
        further = self._further.seconds(run.policy, run.protocol, agents, len(runs))
        beyond = max(run.steps - max(row.steps for row in learned), 0)
        seconds = recorded * (run.steps - beyond)
        seconds += (recorded if further is None else further) * beyond
        memory = max(_memory(row, runs, agents) for row in learned)
        return Estimate(seconds * _of_width(run), memory)


def _side_by_side(runs: int, protocol: str) -> int:
    """What so many runs cost, in units of one more; as published, one trains after another."""
    return runs if protocol == "as_published" else TOGETHER + runs


def _of_width(run: Run) -> float:
    """What a run costs beside one with the learner's own networks.

    Measured with MAPPO and MADDPG: 64 units to 256 take 2.8 times as long, to 1024 35 times.
    """
    usual = learner(run.policy).hyperparameters[run.protocol]["hidden"]
    if not usual or [*run.hyperparameters["hidden"]] == [*usual]:
        return 1.0
    return 1 - WIDE_SHARE + WIDE_SHARE * (run.hyperparameters["hidden"][0] / usual[0]) ** 2


def _memory(row: Recorded, runs: Sequence[Run], agents: int) -> float:
    """What a recorded job took, in proportion, and replay buffers that it had not yet filled."""
    run = runs[0]
    # As published, one run trains after another.
    together, then = (1, 1) if run.protocol == "as_published" else (len(runs), row.runs)
    taken = max(row.memory_mb - START_MB, 0) * together / then * agents / row.agents
    kept = min(run.steps, run.hyperparameters.get("buffer_size", 0))
    env_id, parameters = game_of(run)
    paradigm = learner(run.policy).paradigm
    stored = together * kept * _transition(built(env_id, **parameters), paradigm)
    return START_MB + taken + stored / 2**20


@cache
def _transition(game: envs.Game, paradigm: str) -> int:
    """Bytes of a stored step: observations, actions and rewards, and the state of a critic."""
    start = game.reset([0])
    if paradigm == "joint":
        return 4 * (joint_observation(game, start, True).shape[-1] + game.n_agents + 1)
    observed = game.agent_observation(start, "realistic", True).shape[-1]
    central = critic_state(game, start).shape[-1] if paradigm == "ctde" else 0
    return 4 * (game.n_agents * (observed + 2) + central)
