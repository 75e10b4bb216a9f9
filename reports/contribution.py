"""The published contribution of interdependence, (R_int - R_priv) / R_int, and what is in it.

R_int is the integrated return of what was trained on it, R_priv the private return of what was
trained on that. The ratio subtracts returns in two units:

    R_int(p_int) - W(p_priv) = [R_int(p_int) - W(p_int)] + [W(p_int) - W(p_priv)]

that is, accounting, which a policy that ignores its reward has too, and the effect of other play.
W is welfare, which private returns are in the released edition.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .resampling import ends, resampled_means
from .selection import own_basis
from .sources import published
from .tiers import in_order, with_tiers

# The constant that stands for a policy which does not react to the reward mode.
FIXED = "Constant_50"
PAIR = ["environment", "policy"]


def contribution_rows(
    scores: pd.DataFrame, reference: pd.DataFrame, *, repetitions: int
) -> list[dict[str, Any]]:
    """Rows of the table `contributions`: by class, the ratio and its parts.

    Only the effect of other play is about learning; in score it has an interval, over seeds.

    Args:
        scores: see `schema`; pairs of modes of a learner on an environment that both finished.
        reference: see `schema`; what a constant contributes.
        repetitions: resamples.
    """
    stated = published("dij_contribution").set_index("tier")
    runs = with_tiers(scores[scores["status"] == "finished"])
    runs = runs[runs["reward_mode"].isin(("integrated", "private"))]
    rows = []
    for (edition, protocol), part in runs.groupby(["edition", "protocol"], sort=False):
        for tier in in_order(part["tier"]):
            pairs = pairs_of(part[part["tier"] == tier])
            if pairs.empty:
                continue
            about = {"edition": edition, "protocol": protocol, "mechanism_class": tier}
            found = _quantiles(pairs["contribution"]) | {
                "environments": int(pairs["environment"].nunique()),
                "accounting": float(pairs["accounting"].median()),
                "policy_effect": float(pairs["policy_effect"].median()),
                "fixed": _of_constant(reference, edition, set(pairs["environment"])),
                **_in_score(part[part["tier"] == tier], pairs, repetitions),
            }
            known = stated.loc[tier] if edition == "v0" and tier in stated.index else None
            told = {
                "published": float("nan") if known is None else float(known["median_pct"]),
                "published_pairs": None if known is None else int(known["n_pairs"]),
                "published_negative": None if known is None else int(known["n_negative_pairs"]),
            }
            rows.append(about | found | told)
    return rows


def pairs_of(runs: pd.DataFrame) -> pd.DataFrame:
    """Contribution of every learner on every environment under both rewards, and its two parts.

    Args:
        runs: finished runs of one edition and protocol.

    Returns:
        Columns environment, policy, contribution, accounting and policy_effect, in % of the
        integrated return.
    """
    means = runs.groupby([*PAIR, "reward_mode"])[["training_return", "welfare"]].mean().unstack()
    columns = [
        (value, mode)
        for value, mode in (
            ("training_return", "integrated"),
            ("training_return", "private"),
            ("welfare", "integrated"),
        )
    ]
    if not set(columns) <= set(means.columns):
        return pd.DataFrame(columns=[*PAIR, "contribution", "accounting", "policy_effect"])
    means = means[columns].dropna()
    paid, alone, welfare = (means[column] for column in columns)
    parts = {
        "contribution": 100 * (paid - alone) / paid,
        "accounting": 100 * (paid - welfare) / paid,
        "policy_effect": 100 * (welfare - alone) / paid,
    }
    found = pd.DataFrame(parts).replace([np.inf, -np.inf], np.nan).dropna()
    return found.reset_index()


def _quantiles(values: pd.Series) -> dict[str, Any]:
    at = {"median": 0.5, "q1": 0.25, "q3": 0.75, "p5": 0.05, "p95": 0.95}
    found = {name: float(values.quantile(q)) for name, q in at.items()}
    return found | {"pairs": len(values), "negative": int((values < 0).sum())}


def _of_constant(reference: pd.DataFrame, edition: str, names: set[str]) -> float:
    """Median contribution of half of the endowment, which no reward mode changes."""
    own = own_basis(reference)
    own = own[(own["edition"] == edition) & own["environment"].isin(names)]
    returns = own[own["policy"] == FIXED].pivot(
        index="environment", columns="reward_mode", values="mode_return"
    )
    if not {"integrated", "private"} <= set(returns):
        return float("nan")
    paid = returns["integrated"]
    return float((100 * (paid - returns["private"]) / paid).median())


def _in_score(runs: pd.DataFrame, pairs: pd.DataFrame, repetitions: int) -> dict[str, float]:
    """Mean difference in score between training on integrated and on private reward."""
    generator = np.random.default_rng(np.random.SeedSequence(0))
    values: dict[str, list[Any]] = {"integrated": [], "private": []}
    scored = runs.dropna(subset="score").groupby(["environment", "policy", "reward_mode"])["score"]
    groups = {key: part.to_numpy(float) for key, part in scored}
    for environment, policy in pairs[["environment", "policy"]].to_numpy():
        both = [groups.get((environment, policy, mode)) for mode in values]
        if all(part is not None for part in both):
            for part, kept in zip(both, values.values(), strict=True):
                kept.append(part)
    if not values["private"]:
        return dict.fromkeys(("score_effect", "score_low", "score_high"), float("nan"))
    effect = np.mean([part.mean() for part in values["integrated"]])
    effect -= np.mean([part.mean() for part in values["private"]])
    one, other = (resampled_means(part, repetitions, generator) for part in values.values())
    low, high = ends(one.mean(axis=1) - other.mean(axis=1))
    return {"score_effect": float(effect), "score_low": low, "score_high": high}
