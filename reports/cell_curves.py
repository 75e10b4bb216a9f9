"""Learning curves of one environment, as a part of its figure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .theme import signed

# Points of a curve: forty cards of twenty learners are many.
STEPS = 9


def thinned(data: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Rows of at most so many steps of every learner, equally far apart, the last among them."""
    kept = pd.Series(False, index=data.index)
    for _, part in data.groupby(["policy", "protocol"]):
        every = np.sort(part["step"].unique())
        places = np.linspace(0, len(every) - 1, min(steps, len(every))).round().astype(int)
        kept[part.index] = part["step"].isin(every[places])
    return data[kept]


def with_means(points: pd.DataFrame, learning: pd.DataFrame) -> pd.DataFrame:
    """The points, and the mean score of every learner along training with its range over seeds."""
    if learning.empty:
        return points
    keys = ["policy", "protocol", "step"]
    found = learning.groupby(keys, sort=False)["score"].agg(["mean", "min", "max"]).reset_index()
    found = found.rename(columns={"mean": "score", "min": "score_min", "max": "score_max"})
    found = found.assign(environment=points["environment"].iloc[0], kind="learning curve")
    return pd.concat([points, found], ignore_index=True)


def learning_caption(learning: pd.DataFrame) -> str:
    """The learners with the highest and the lowest score at the end of training."""
    if learning.empty:
        return "No run under integrated reward finished on it in this study."
    keys = ["policy", "protocol"]
    last = learning[learning["step"] == learning.groupby(keys)["step"].transform("max")]
    ends = last.groupby(keys, sort=False)["score"].mean()
    best, worst = (
        f"{policy}, {protocol} ({signed(ends[policy, protocol])})"
        for policy, protocol in (ends.idxmax(), ends.idxmin())
    )
    others = f", {worst} the lowest" if len(ends) > 1 else ""
    return (
        "Right: score along training on integrated reward, means over seeds with their range. At "
        f"the end {best} has the highest{others}, of {len(ends)}."
    )
