"""Trained runs on the two-dimensional S-LCD, beside what solves the game at the same point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopetition.agents import appropriation as solving
from coopetition.agents.appropriation import PLAYS

from .campaigns import counted, spread
from .dip import dip, dip_test

# Fewer runs always have one mode: the dip test says nothing of them.
LEAST = 4
KEYS = ["eta", "beta", "policy", "reward_mode"]


def trained(runs: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `biaxial_trained`: a learner in one reward mode at one point.

    Args:
        runs: rows of `biaxial_runs`.
        repetitions: uniform samples of the dip test.
    """
    return [
        {
            **dict(zip(KEYS, key, strict=True)),
            **counted(group),
            "steps": int(group["steps"].max()),
            **_outcomes(group[group["status"] == "finished"], repetitions),
            **_solutions(group["eta"].iloc[0], group["beta"].iloc[0]),
        }
        for key, group in runs.groupby(KEYS, sort=False)
    ]


def _outcomes(finished: pd.DataFrame, repetitions: int) -> dict[str, Any]:
    """Means over agents, then over seeds; and whether final appropriation has one mode."""
    means = {
        name: finished[name].map(np.mean).to_numpy(float)
        for name in ("cooperation", "appropriation", "final_appropriation")
    }
    final, found = means["final_appropriation"], {"dip": np.nan, "dip_p": np.nan}
    if len(final) >= LEAST:
        found = {"dip": dip(final), "dip_p": dip_test(final, repetitions=repetitions)}
    ends = [column for name, values in means.items() for column in spread(name, values).items()]
    return {**dict(ends), "trust_end": float(finished["trust_end"].mean()), **found}


def _solutions(eta: float, beta: float) -> Mapping[str, float]:
    """Cooperation and appropriation of every play there, means over agents."""
    game = solving.settings(eta=eta, beta=beta)
    rows = {}
    for way in PLAYS:
        profile = solving.play(game, way)
        rows[f"{way}_cooperation"] = float(profile.cooperation.mean())
        rows[f"{way}_appropriation"] = float(profile.appropriation.mean())
    return rows


def trained_at(table: pd.DataFrame, place: tuple[float, float], policy: str) -> pd.Series | None:
    """A learner on integrated reward at a pair of eta and beta; None if no run of it finished.

    Args:
        table: rows of `biaxial_trained`.
        place: eta and beta.
        policy: the learner.
    """
    if table.empty:
        return None
    here = np.isclose(table["eta"], place[0]) & np.isclose(table["beta"], place[1])
    rows = table[here & (table["policy"] == policy) & (table["reward_mode"] == "integrated")]
    return rows.iloc[0] if len(rows) and rows["finished"].iloc[0] else None
