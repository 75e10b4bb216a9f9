"""One line per finished cell on the terminal, with the time that is left for the whole study.

Hangs on Snakemake's log as a handler, so that it works with every executor.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from functools import cached_property
from statistics import fmean
from typing import Any

from coopetition.agents.progress import clock

from .costs import Costs
from .jobs import Job, jobs_of
from .study import Study


class Monitor(logging.Handler):
    """Says what each finished cell was and how far the study is.

    The time left is that of the jobs to come at the rate so far, where jobs are weighed by the
    estimates of the plan.

    Args:
        study: the study.
        costs: recorded costs.
    """

    def __init__(self, study: Study, costs: Costs) -> None:
        super().__init__()
        self._study, self._costs = study, costs
        self._started: dict[int, tuple[float, Job]] = {}
        self._begin = time.monotonic()
        self._work = self._done = 0.0

    @cached_property
    def _jobs(self) -> dict[str, list[Job]]:
        """The jobs of every rule."""
        by_rule: dict[str, list[Job]] = {}
        for job in jobs_of(self._study, self._costs):
            by_rule.setdefault(job.rule, []).append(job)
        return by_rule

    def emit(self, record: logging.LogRecord) -> None:
        """Follow the jobs; see `logging.Handler`."""
        event, now = getattr(record, "event", None), time.monotonic()
        said: Any = record
        try:
            if event == "run_info":
                self._begin, self._work = now, self._planned(said.stats)
            elif event == "job_info":
                if job := self._known(said.rule_name, dict(said.wildcards or {})):
                    self._started[said.jobid] = now, job
            elif event == "job_finished" and said.job_id in self._started:
                self._finish(now, *self._started.pop(said.job_id))
        except Exception:
            self.handleError(record)

    def _finish(self, now: float, start: float, job: Job) -> None:
        self._done += job.estimate.cpu_seconds
        if not job.name:
            return
        rate = job.steps / max(now - start, 1e-9)
        share = min(self._done / max(self._work, self._done), 1.0)
        left = (now - self._begin) * (1 / share - 1) if share else float("inf")
        done = f"{job.name}: {job.runs} runs, {job.steps:,} steps in {now - start:,.0f} s"
        line = f"{done}, {rate:,.0f} steps/s | study {share:.1%} | ETA {clock(left)}"
        print(line, file=sys.stderr, flush=True)

    def _planned(self, numbers: Mapping[str, int]) -> float:
        """Weight of the jobs that Snakemake is about to run, given as numbers per rule."""
        return sum(
            numbers.get(rule, 0) * fmean(job.estimate.cpu_seconds for job in jobs)
            for rule, jobs in self._jobs.items()
        )

    def _known(self, rule: str, wildcards: Mapping[str, str]) -> Job | None:
        """The job that a rule makes with these wildcards, if it has a weight."""
        jobs = self._jobs.get(rule, [])
        return next((job for job in jobs if wildcards.items() <= job.place.items()), None)
