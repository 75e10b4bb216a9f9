"""The published ranking tables, and the contribution of interdependence, from this run.

Returns of a mode are averaged as the published tables do, over environments of very different
scale; a run that failed is left out, as there. The tables say over how many environments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from coopetition import agents

from .columns import MODES
from .resampling import ends, resampled_means
from .selection import own_basis
from .sources import published
from .tiers import in_order, with_tiers

# Reference policies of the published tables, by their name there.
HEURISTICS = {"Random": "Random", "TitForTat_released": "TitForTat"}
# The constant that stands for a policy which does not react to the reward mode.
FIXED = "Constant_50"


def published_name(policy: str, protocol: str) -> list[str]:
    """Names of a learner in the published tables.

    A joint controller has the names under which it was published. What is a joint controller there
    is another learner than ours of that name, which has none.
    """
    if protocol == "as_published":
        return list(agents.spec(policy).published_as)
    joint = {name for other in agents.names(kind="learner") for name in _published_as(other)}
    known = set(published("algorithm_inventory")["algorithm"]) - joint
    return [policy] if policy in known else []


def _published_as(policy: str) -> tuple[str, ...]:
    return agents.spec(policy).published_as


def mean_rows(scores: pd.DataFrame, reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `published_means`: mean return by class, mode and policy.

    Args:
        scores: see `schema`; of the released edition the runs that finished.
        reference: see `schema`; Random and TitForTat as published.
    """
    runs = scores[(scores["edition"] == "v0") & (scores["status"] == "finished")]
    here = set(runs["environment"])
    rules = reference[
        (reference["edition"] == "v0")
        & reference["policy"].isin(HEURISTICS)
        & reference["environment"].isin(here)
        & ((reference["policy"] == "TitForTat_released") | (reference["action_basis"] == "own"))
    ]
    rules = rules.rename(columns={"mode_return": "training_return"}).assign(protocol="")
    kept = ["environment", "mechanism_class", "reward_mode", "policy", "protocol"]
    table = with_tiers(pd.concat([part[[*kept, "training_return"]] for part in (runs, rules)]))
    if table.empty:
        return []
    keys = ["tier", "reward_mode", "policy", "protocol"]
    # Every environment counts once, however many of its runs finished.
    means = table.groupby([*keys, "environment"], sort=False)["training_return"].mean()
    stated = _stated()
    learners = runs[["policy", "protocol"]].drop_duplicates().itertuples(index=False)
    names_of = {
        (policy, protocol): published_name(policy, protocol) for policy, protocol in learners
    }
    names_of |= {(policy, ""): [name] for policy, name in HEURISTICS.items()}
    rows = []
    for factors, part in means.groupby(level=keys, sort=False):
        tier, mode, policy, protocol = factors
        about = dict(zip(("mechanism_class", *keys[1:]), factors, strict=True))
        found = {"environments": len(part), "mean_return": float(part.mean())}
        for name in names_of[policy, protocol] or [""]:
            value, size = stated.get((tier, mode, name), (float("nan"), None))
            gap = 100 * (found["mean_return"] - value) / abs(value)
            said = {"published_as": name, "published": value, "published_environments": size}
            rows.append(
                {
                    **about,
                    **found,
                    **said,
                    "deviation_percent": gap if size == len(part) else float("nan"),
                }
            )
    order = {mode: number for number, mode in enumerate(MODES)}
    return sorted(
        rows,
        key=lambda r: (r["mechanism_class"], order[r["reward_mode"]], -r["mean_return"]),
    )


def _stated() -> dict[tuple[str, str, str], tuple[float, int]]:
    """Published means: class, mode and name -> value, and the number of environments in it.

    The tables of the best learners do not state the number, which is that of the rankings.
    """
    ranking = published("ranking_integrated_by_tier").to_dict("records")
    sizes = {(row["tier"], row["algorithm"]): int(row["n_envs_in_mean"]) for row in ranking}
    best = published("best_ctde_vs_ind").to_dict("records")
    rows = [
        (row["tier"], row["reward_mode"], row[f"best_{side}"], row[f"{side}_return"])
        for row in best
        for side in ("ctde", "ind")
    ]
    rows += [(r["tier"], r["reward_mode"], r["algorithm"], r["mean_return"]) for r in ranking]
    return {(t, mode, name): (float(value), sizes[t, name]) for t, mode, name, value in rows}


def contribution_rows(
    scores: pd.DataFrame, reference: pd.DataFrame, *, repetitions: int
) -> list[dict[str, Any]]:
    """Rows of the table `contributions`: (R_int - R_priv) / R_int by class, and what is in it.

    R_int is the integrated return of what was trained on it, R_priv the private return of what was
    trained on that. The difference has two parts: the integrated return pays more for the same
    play (accounting), and the two policies play differently (policy). Only the second one is about
    learning; in score it has an interval, over seeds.

    Args:
        scores: see `schema`; pairs of modes of a learner on an environment that both finished.
        reference: see `schema`; what a constant contributes.
        repetitions: resamples.
    """
    stated = published("dij_contribution").set_index("tier")
    cell = ["environment", "policy"]
    runs = with_tiers(scores[scores["status"] == "finished"])
    runs = runs[runs["reward_mode"].isin(("integrated", "private"))]
    rows = []
    for (edition, protocol), part in runs.groupby(["edition", "protocol"], sort=False):
        for tier in in_order(part["tier"]):
            pairs = _pairs(part[part["tier"] == tier], cell)
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


def _pairs(runs: pd.DataFrame, cell: list[str]) -> pd.DataFrame:
    """Learner and environment -> contribution and its two parts, % of the integrated return."""
    means = runs.groupby([*cell, "reward_mode"])[["training_return", "welfare"]].mean().unstack()
    columns = [
        (value, mode)
        for value, mode in (
            ("training_return", "integrated"),
            ("training_return", "private"),
            ("welfare", "integrated"),
        )
    ]
    if not set(columns) <= set(means.columns):
        return pd.DataFrame(columns=[*cell, "contribution", "accounting", "policy_effect"])
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
