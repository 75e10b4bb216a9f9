"""Does a lower learning rate of critics keep runs from breaking down, and what does it score?"""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy.stats import binomtest

from .campaigns import counted, played, spread

PLACE = ["edition", "environment"]
ALL = "all"


def critic_rates(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `critic_rates`: per learner and mode, and all together.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
    """
    rows = []
    for (edition, environment), here in played(runs).groupby(PLACE, sort=False):
        for policy in [ALL, *here["policy"].unique()]:
            learner = here if policy == ALL else here[here["policy"] == policy]
            for mode in [ALL, *learner["reward_mode"].unique()]:
                part = learner if mode == ALL else learner[learner["reward_mode"] == mode]
                for rate, group in sorted(part.groupby("learning_rate"), reverse=True):
                    rows.append(
                        {
                            **{"edition": edition, "environment": environment},
                            **{"policy": policy, "reward_mode": mode, "learning_rate": rate},
                            "steps": int(group["steps_planned"].max()),
                            **_broken(group),
                            **spread("score", group["score"]),
                        }
                    )
    return rows


def _broken(runs: pd.DataFrame) -> dict[str, Any]:
    """How many runs broke down, and how soon the first of them."""
    lost = runs[runs["status"].isin(["diverged", "failed"])]
    ends = binomtest(len(lost), len(runs)).proportion_ci(method="wilson")
    return {
        **counted(runs),
        "broken": len(lost),
        "broken_share": len(lost) / len(runs),
        **{"broken_low": float(ends.low), "broken_high": float(ends.high)},
        "first_step": int(lost["steps_done"].min()) if len(lost) else None,
    }
