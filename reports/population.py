"""What more agents do to scores and to the cost of learning, and how learners do among others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .campaigns import counted, played, spread

CELL = ["edition", "environment"]


def population(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `population`: a learner in one reward mode among so many agents.

    Args:
        runs: rows of `campaign_runs`, of this campaign.
    """
    rows = []
    runs = played(runs)
    runs = runs.assign(payoff=runs["welfare"] / runs["n_agents"])
    keys = [*CELL, "policy", "reward_mode", "n_agents"]
    for key, group in runs.groupby(keys, sort=False):
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                **counted(group),
                "steps": int(group["steps_planned"].max()),
                **spread("score", group["score"]),
                **spread("cooperation", group["cooperation"]),
                **spread("payoff", group["payoff"]),
                "cpu_seconds": float(group["cpu_seconds"].mean()),
                "cpu_per_step": 1000
                * float(group["cpu_seconds"].sum() / max(group["steps_done"].sum(), 1)),
            }
        )
    return rows


def cost_exponents(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(place, learner) -> slope of the logarithm of CPU time per step against that of N.

    Args:
        table: rows of `population`; two numbers of agents are needed.
    """
    slopes = {}
    named = table.assign(place=table["environment"] + "-" + table["edition"])
    for (place, policy), group in named.groupby(["place", "policy"], sort=False):
        means = group.groupby("n_agents")["cpu_per_step"].mean()
        if len(means) > 1:
            slope, _ = np.polyfit(np.log(means.index.to_numpy(float)), np.log(means), 1)
            slopes[place, policy] = float(slope)
    return slopes


def partners(
    cross_play: pd.DataFrame, mixture: pd.DataFrame, runs: pd.DataFrame
) -> list[dict[str, Any]]:
    """Rows of the table `population_partners`: learners among others than their like.

    What the audits of cross-play and of mixed company found, for the learners and environments of
    this campaign where they are audited, with their usual number of agents.

    Args:
        cross_play: rows of `audit_cross_play`.
        mixture: rows of `audit_mixture`.
        runs: rows of `campaign_runs`, of this campaign.
    """
    places = runs[[*CELL, "policy"]].drop_duplicates()
    met = cross_play[cross_play["kind"] == "learner"]
    itself = met["partner"] == met["policy"]
    for name in ("protocol", "reward_mode", "seed"):
        itself &= (met[f"partner_{name}"] == met[name]).fillna(False).astype(bool)
    met = met.assign(partners=met["partner_kind"].where(~itself, "itself"))
    mixed = mixture[mixture["kind"] == "learner"].assign(partners="mixed")
    met = pd.concat([met, mixed]).merge(places, on=[*CELL, "policy"])
    if met.empty:
        return []
    met = met.assign(weight=met["role"].map(lambda role: role.count("|") + 1))
    sizes = met.drop_duplicates([*CELL, "role"]).groupby(CELL)["weight"].sum()
    rows = []
    keys = [*CELL, "policy", "protocol", "reward_mode", "partners"]
    for key, group in met.groupby(keys, sort=False):
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "n_agents": int(sizes[key[0], key[1]]),
                "policies": _policies(group),
                **{
                    name: float(np.average(group[name], weights=group["weight"]))
                    for name in ("payoff", "others_payoff", "share")
                },
            }
        )
    return rows


def _policies(group: pd.DataFrame) -> int:
    """How many others were met, or could have been drawn."""
    pool = group["pool"].max()
    return group["partner"].nunique() if pd.isna(pool) else int(pool)
