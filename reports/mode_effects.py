"""What the reward mode changes in payoffs: for all, for the agent paid least, and in conduct.

The published ablation compares rewards of three modes, which differ for the same play. Here the
same learners on the same environments stand side by side in payoffs, trained on each mode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coopetition.agents.audits.behaviour import gini
from coopetition.envs.engine import Array

from .columns import MODES
from .resampling import ends, resampled_means
from .theme import signed
from .tiers import in_order, with_tiers

# Means of a mode; the first one has intervals, and a change against private reward.
MEASURES = ("score", "worst_off", "gini", "trust", "cooperation")
CELL = ["environment", "policy"]
WHOLE = "all"


def mode_rows(scores: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `mode_effects`: by class, and over all classes.

    Args:
        scores: see `schema`; learners on environments that finished under every reward mode.
        repetitions: resamples of seeds within learner and environment.
    """
    runs = with_tiers(scores[(scores["status"] == "finished") & scores["score"].notna()])
    payoffs = [np.asarray(values, float) for values in runs["payoff_per_agent"]]
    broken = with_tiers(scores[scores["status"].isin(["diverged", "failed"])])
    runs = runs.assign(
        # Of an equal part of what the planner reaches.
        worst_off=[p.min() * len(p) for p in payoffs] / runs["welfare_ceiling"],
        gini=[float(gini(p)) for p in payoffs],
    )
    rows = []
    for (edition, protocol), part in runs.groupby(["edition", "protocol"], sort=False):
        scopes = {tier: part[part["tier"] == tier] for tier in in_order(part["tier"])}
        for tier, own in {WHOLE: part, **scopes}.items():
            about = {"edition": edition, "protocol": protocol, "mechanism_class": tier}
            rows += [
                {**about, **found, "unfinished": _unfinished(broken, {**about, **found})}
                for found in _modes(own, repetitions)
            ]
    return rows


def _unfinished(broken: pd.DataFrame, row: Mapping[str, Any]) -> int:
    """Runs that a row leaves out because they did not finish."""
    factors = ["edition", "protocol", "reward_mode"]
    same = (broken[factors] == pd.Series(row)[factors]).all(axis=1)
    tier = row["mechanism_class"]
    return int((same if tier == WHOLE else same & (broken["tier"] == tier)).sum())


def _modes(runs: pd.DataFrame, repetitions: int) -> list[dict[str, Any]]:
    """A row per mode, of the cells that have runs in all of them."""
    modes = runs.groupby(CELL)["reward_mode"].nunique()
    cells = list(modes.index[modes == len(MODES)])
    if not cells:
        return []
    scores = dict(list(runs.groupby([*CELL, "reward_mode"])["score"]))
    generator = np.random.default_rng(np.random.SeedSequence(0))
    resampled = {
        mode: resampled_means(
            [scores[*cell, mode].to_numpy(float) for cell in cells], repetitions, generator
        ).mean(axis=1)
        for mode in MODES
    }
    means = runs.groupby([*CELL, "reward_mode"])[list(MEASURES)].mean().unstack().loc[cells]
    told = {"cells": len(cells), "environments": len({name for name, _ in cells})}
    found = []
    for mode in MODES:
        values = {name: float(means[name, mode].mean()) for name in MEASURES}
        low, high = ends(resampled[mode])
        found.append(
            {
                **{"reward_mode": mode, **told, **values, "score_low": low, "score_high": high},
                **_change(means["score"], resampled, mode),
            }
        )
    return found


def _change(means: pd.DataFrame, resampled: Mapping[str, Array], mode: str) -> dict[str, float]:
    """Score less that under private reward, with the interval of the difference."""
    private = MODES[0]
    if mode == private:
        return dict.fromkeys(("change", "change_low", "change_high"), float("nan"))
    low, high = ends(resampled[mode] - resampled[private])
    change = float((means[mode] - means[private]).mean())
    return {"change": change, "change_low": low, "change_high": high}


def mode_summary(effects: pd.DataFrame) -> str:
    """What training on integrated and on cooperative reward changes, over all classes."""
    rows = effects[(effects["mechanism_class"] == WHOLE) & effects["change"].notna()]
    said = [
        f"{row.edition}, {row.protocol}, {row.reward_mode}: {signed(row.change)} "
        f"[{signed(row.change_low)}, {signed(row.change_high)}] over {row.cells} pairs of learner "
        "and environment"
        for row in rows.itertuples()
    ]
    return f"In score, against private reward: {'; '.join(said)}." if said else ""
