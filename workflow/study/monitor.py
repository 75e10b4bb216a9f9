"""One line per finished cell on the terminal, with the time that is left for the whole study.

Hangs on Snakemake's log as a handler, so that it works with every executor.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from itertools import chain
from statistics import fmean
from typing import Any

from coopetition.agents.descent import MOST_POINTS
from coopetition.agents.progress import clock

from . import campaigns
from .costs import Costs
from .study import PARTS, Study


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
        self._started: dict[int, tuple[float, float, int, str]] = {}
        self._begin = time.monotonic()
        self._work = self._done = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Follow the jobs; see `logging.Handler`."""
        event, now = getattr(record, "event", None), time.monotonic()
        said: Any = record
        try:
            if event == "run_info":
                self._begin, self._work = now, self._planned(said.stats)
            elif event == "job_info":
                cell = dict(said.wildcards or {})
                self._started[said.jobid] = (now, *self._job(said.rule_name, cell))
            elif event == "job_finished" and said.job_id in self._started:
                self._finish(now, *self._started.pop(said.job_id))
        except Exception:
            self.handleError(record)

    def _finish(self, now: float, start: float, weight: float, steps: int, words: str) -> None:
        self._done += weight
        if not words:
            return
        rate = steps / max(now - start, 1e-9)
        share = min(self._done / max(self._work, self._done), 1.0)
        left = (now - self._begin) * (1 / share - 1) if share else float("inf")
        line = f"{words}, {steps:,} steps in {now - start:,.0f} s, {rate:,.0f} steps/s"
        print(f"{line} | study {share:.1%} | ETA {clock(left)}", file=sys.stderr, flush=True)

    def _planned(self, jobs: Mapping[str, int]) -> float:
        """Weight of the jobs that Snakemake is about to run, given as numbers per rule."""
        study, costs = self._study, self._costs
        cells = {
            "train": [costs.training(study.cell(*cell)) for cell in study.training_cells],
            "learner_certificate": [
                costs.training(study.certified_cell(*cell)) for cell in study.certified_cells
            ],
            **{
                rule: [
                    costs.training(campaigns.runs(study, cell))
                    for cell in campaigns.cells(study)
                    if (cell[0] == campaigns.BIAXIAL) == (rule == "biaxial_training")
                ]
                for rule in ("campaign_cell", "biaxial_training")
            },
            "biaxial_calibration": [
                costs.training(campaigns.calibration_runs(study, cell), MOST_POINTS)
                for cell in campaigns.calibrations(study)
            ],
            "ablation_chain": [
                costs.training([*chain.from_iterable(study.ablation_runs(env))])
                for _, env in study.ablated_environments
            ],
            "signature": [
                costs.signature(name, *study.signature_size) for name in study.signatures
            ],
            **{
                rule: [costs.job(part, *place) for place in study.places(part)]
                for rule, part in PARTS.items()
            },
        }
        return sum(
            jobs.get(rule, 0) * fmean(estimate.cpu_seconds for estimate in estimates)
            for rule, estimates in cells.items()
            if estimates
        )

    def _job(self, rule: str, cell: Mapping[str, str]) -> tuple[float, int, str]:
        """Weight, environment steps and words of a job; no words for those that need no line."""
        if rule == "biaxial_training":
            edition, env = campaigns.PLACE
            place_of = {"campaign": campaigns.BIAXIAL, "edition": edition, "env": env}
            return self._job("campaign_cell", {**cell, **place_of})
        place = [cell[name] for name in ("edition", "env") if name in cell]
        if rule in ("train", "learner_certificate"):
            take = self._study.cell if rule == "train" else self._study.certified_cell
            runs = take(*place, cell["policy"])
            words = f"{cell['policy']} on {cell['env']}-{cell['edition']}: {len(runs)} runs"
            return self._costs.training(runs).cpu_seconds, sum(run.steps for run in runs), words
        if rule == "campaign_cell":
            runs = campaigns.runs(
                self._study, (cell["campaign"], cell["variant"], *place, cell["policy"])
            )
            words = f"{cell['policy']} on {cell['env']}-{cell['edition']}, {cell['campaign']} "
            words += f"{cell['variant']}: {len(runs)} runs"
            return self._costs.training(runs).cpu_seconds, sum(run.steps for run in runs), words
        if rule == "biaxial_calibration":
            edition, env = campaigns.PLACE
            varied = (campaigns.BIAXIAL, cell["variant"], edition, env, cell["policy"])
            point = campaigns.calibration_runs(self._study, varied)
            words = f"{cell['policy']} on {env}-{edition}, {campaigns.BIAXIAL} {cell['variant']}, "
            words += f"at most: {MOST_POINTS * len(point)} runs"
            steps = MOST_POINTS * sum(run.steps for run in point)
            return self._costs.training(point, MOST_POINTS).cpu_seconds, steps, words
        if rule == "ablation_chain":
            runs = [*chain.from_iterable(self._study.ablation_runs(cell["env"]))]
            words = f"Chain of ablations on {cell['env']}-{cell['edition']}: {len(runs)} runs"
            return self._costs.training(runs).cpu_seconds, sum(run.steps for run in runs), words
        if rule == "signature":
            count, steps = self._study.signature_size
            words = f"Signature {cell['signature']}: {count} runs"
            estimate = self._costs.signature(cell["signature"], count, steps)
            return estimate.cpu_seconds, count * steps, words
        if rule in PARTS:
            return self._costs.job(PARTS[rule], *place).cpu_seconds, 0, ""
        return 0.0, 0, ""
