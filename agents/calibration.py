"""Points of the calibration of the two-dimensional S-LCD that are reached by training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from .appropriation import QUARTERS
from .appropriation_runs import appropriation_rows
from .progress import log
from .records import RunResult
from .training import train_cell
from .variants import VariantRun


@dataclass
class TrainedPoints:
    """Mean outcomes of trained runs at points of kappa and xi; see `descent.Reached`.

    A run that the work folder holds is not trained again, so that a killed descent goes on at the
    point where it was.

    Args:
        runs: of one point, on `SLCDAppropriation-v0`; kappa and xi of each point replace theirs.
        work: folder for finished runs and running batches.
        provenance: see `training.train_cell`.
        attempt: see `training.train_cell`.

    Attributes:
        results: by run id, what all points so far have left.
    """

    runs: Sequence[VariantRun]
    work: Path
    provenance: dict[str, str]
    attempt: int = 1
    results: dict[str, RunResult] = field(default_factory=dict)

    def __call__(self, kappa: Sequence[float], xi: Sequence[float]) -> list[dict[str, float]]:
        """Outcomes at points kappa [P] and xi [P].

        Each has numbers of `runs`, of those that `finished` and of their `steps`, and means over
        finished runs: `appropriation` of the last step, over agents, and trust at the quarters of
        the episode. They are NaN where no run finished.

        Raises:
            OSError: the work folder cannot be written.
        """
        return [self._reached(k, x) for k, x in zip(kappa, xi, strict=True)]

    def _reached(self, kappa: float, xi: float) -> dict[str, float]:
        runs = [
            replace(run, parameters={**run.parameters, "kappa": kappa, "xi": xi})
            for run in self.runs
        ]
        results = train_cell(
            runs,
            checkpoints=1,
            work=self.work,
            provenance=self.provenance,
            attempt=self.attempt,
        )
        self.results |= {run.run_id: result for run, result in zip(runs, results, strict=True)}
        rows = [r for r in appropriation_rows(runs, results) if r["status"] == "finished"]
        if not rows:
            log.warning("none of %s runs at kappa %g, xi %g finished", len(runs), kappa, xi)
        means = {
            "appropriation": [np.mean(row["final_appropriation"]) for row in rows],
            **{name: [row[name] for row in rows] for name in QUARTERS},
        }
        return {
            **{"runs": len(runs), "finished": len(rows), "steps": runs[0].steps},
            **{name: float(np.mean(values)) if rows else np.nan for name, values in means.items()},
        }
