"""Keeps weights of a few learners with the package: `agents.load("IPPO", "TrustDilemma-v1")`.

    python -m coopetition.agents.keep results/standard/models

Of every learner and environment the run of the lowest seed in each reward mode.
"""

from __future__ import annotations

import sys
from pathlib import Path

from coopetition import envs

from .models import WEIGHTS, saved_runs, saved_weights, write_models

LEARNERS = ("IPPO", "ISAC", "MAPPO", "QMIX")
ENVIRONMENTS = ("PartnerHoldUp-v1", "TrustDilemma-v1")


def keep(models: Path, folder: Path = WEIGHTS) -> list[Path]:
    """Copy weights of a study.

    Args:
        models: folder `models` of its results.
        folder: where to write `ENVIRONMENT/LEARNER.zip`.

    Raises:
        FileNotFoundError: the study lacks one of the learners or environments.
    """
    made = []
    for id in ENVIRONMENTS:
        place = envs.spec(id)
        for name in LEARNERS:
            source = models / place.edition / place.name / f"{name}.zip"
            runs = [run for run in saved_runs(source) if run.protocol == "corrected"]
            first = [run for run in runs if run.seed == min(other.seed for other in runs)]
            made.append(folder / id / f"{name}.zip")
            made[-1].parent.mkdir(parents=True, exist_ok=True)
            write_models(made[-1], [(run, saved_weights(source, run)) for run in first])
    return made


if __name__ == "__main__":
    for path in keep(Path(sys.argv[1])):
        print(f"{path.relative_to(WEIGHTS)}: {path.stat().st_size / 1024:.0f} kB")
