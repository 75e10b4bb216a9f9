"""How often the 95 % interval of a difference covers a true zero, by number of seeds.

The definitions in the report quote these figures. Scores are normal, four environments, both
learners alike, so that the true difference is zero.
"""

import numpy as np
import pandas as pd

from coopetition.reports.statistics import iqm_interval

ENVIRONMENTS = 4
STUDIES = 500
REPETITIONS = 300
SEEDS = (3, 5, 10)


def runs(scores: np.ndarray) -> pd.DataFrame:
    """Scores [seeds, environments] as a table of runs."""
    seeds, environments = np.indices(scores.shape)
    return pd.DataFrame(
        {
            "seed": seeds.ravel(),
            "environment": environments.ravel(),
            "edition": "v0",
            "reward_mode": "integrated",
            "score": scores.ravel(),
        }
    )


def coverage(seeds: int) -> float:
    """Share of studies whose interval covers zero."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(STUDIES):
        a, b = generator.standard_normal((2, seeds, ENVIRONMENTS))
        _, low, high = iqm_interval(runs(a), baseline=runs(b), repetitions=REPETITIONS)
        covered += low <= 0 <= high
    return covered / STUDIES


if __name__ == "__main__":
    for seeds in SEEDS:
        print(f"{seeds:>3} seeds: {100 * coverage(seeds):.0f} % of {STUDIES} studies")
