"""Data of the page on which a reader chooses an environment, an edition and a reward mode.

The page is part of the HTML report and drawn by `templates/explorer.js`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from coopetition import agents

from .audit_sheets import mean_matrix
from .auditees import WHO, in_order, names
from .cards import scored
from .columns import MODES
from .selection import learners, named, one_per_policy

# Digits that a picture and a table of this size can show.
DIGITS = 5


def explorer_data(
    reference: pd.DataFrame,
    certificates: pd.DataFrame,
    scores: pd.DataFrame,
    cross_play: pd.DataFrame,
) -> dict[str, Any]:
    """What there is to choose from, and what is then shown.

    Args:
        reference: see `schema`.
        certificates: see `schema`; of their scales are the scores.
        scores: see `schema`; runs that did not finish are counted, not drawn.
        cross_play: see `audit_cross_play` of the schema; environments that are not audited have
            none.

    Returns:
        `modes`, and per environment with edition: `levels` in %, and per mode the `curve` of
        constants, `points` of other policies and of learners trained on the mode, and the
        `cross_play` matrix of those. Rewards and payoffs are per episode.
    """
    rows = one_per_policy(scored(reference, certificates))
    runs = dict(list(named(scores[scores["status"] != "excluded"]).groupby("name", sort=False)))
    met = dict(list(named(cross_play).groupby("name", sort=False)))
    return {
        "modes": list(MODES),
        "environments": {
            str(name): _environment(part, runs.get(name, scores[:0]), met.get(name, cross_play[:0]))
            for name, part in rows.groupby("name", sort=False)
        },
    }


def _environment(
    reference: pd.DataFrame, runs: pd.DataFrame, cross_play: pd.DataFrame
) -> dict[str, Any]:
    constants = reference[reference["level"].notna()]
    return {
        "levels": sorted(int(level) for level in constants["level"].unique()),
        "modes": {
            mode: {
                "curve": _curve(constants[constants["reward_mode"] == mode]),
                "points": [
                    *_rules(reference[reference["reward_mode"] == mode]),
                    *_learners(runs[runs["reward_mode"] == mode]),
                ],
                "cross_play": _cross_play(cross_play, mode),
            }
            for mode in MODES
        },
    }


def _curve(constants: pd.DataFrame) -> list[float | None]:
    return [_short(value) for value in constants.sort_values("level")["mode_return"]]


def _rules(reference: pd.DataFrame) -> list[dict[str, Any]]:
    rows = reference[reference["level"].isna()]
    return [
        {
            **{"name": row["policy"], "kind": agents.spec(row["policy"]).kind, "runs": ""},
            "share": _short(100 * row["cooperation"]),
            "reward": _short(row["mode_return"]),
            **{name: _short(row[name]) for name in ("welfare", "score")},
        }
        for row in rows.to_dict("records")
    ]


def _learners(runs: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for policy, protocol, part in learners(runs):
        known = part[part["status"] == "finished"]
        means = known[["cooperation", "training_return", "welfare"]].astype(float).mean()
        rows.append(
            {
                "name": policy + (", as_published" if protocol == "as_published" else ""),
                "kind": "learner",
                "runs": f"{len(known)} of {len(part)}",
                "share": _short(100 * means["cooperation"]),
                "reward": _short(means["training_return"]),
                "welfare": _short(means["welfare"]),
                "score": _short(part["score"].mean()),
            }
        )
    return rows


def _cross_play(cross_play: pd.DataFrame, mode: str) -> dict[str, Any] | None:
    """Names of the policies, and the payoff of one agent of each among others of each."""
    shown = cross_play["reward_mode"].isin(["", mode])
    shown &= cross_play["partner_reward_mode"].isin(["", mode])
    part = cross_play[shown]
    if part.empty:
        return None
    who = in_order(part[["environment", "edition", *WHO]].drop_duplicates())
    matrix = mean_matrix(part, who)
    return {
        "names": names(who, modes=False).tolist(),
        "payoffs": [[_short(value) for value in row] for row in matrix],
    }


def _short(value: float) -> float | None:
    """The value with the digits that are shown; none where there is no number."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
