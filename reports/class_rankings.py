"""How learners rank within each mechanism class: the published rankings in score.

The published rankings average raw returns over the environments of a class. Here it is the
interquartile mean of the score over the runs on these environments, of learners that trained on all
of them, with the ranks of stratified bootstrap resamples.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from coopetition.envs.engine import Array

from .columns import MODES
from .pools import Pool, pools
from .published_means import published_name
from .resampling import INTERVAL, draws, ends, interquartile_means, rank_shares, taken
from .sources import published
from .theme import signed
from .tiers import in_order, with_tiers

# Places of a ranking that the report shows.
SHOWN = 5
# Fewest learners whose two orders are compared.
ORDERED = 3


def ranking_rows(scores: pd.DataFrame, *, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `class_rankings`: of every class the pool with the most runs, best first.

    Args:
        scores: see `schema`; a run that failed counts with its score of 0.
        repetitions: resamples.
    """
    runs = with_tiers(scores)
    return [
        row
        for tier in in_order(runs["tier"])
        for pool in pools(runs[runs["tier"] == tier])
        if pool.main
        for row in _ranked(pool, tier, repetitions)
    ]


def _ranked(pool: Pool, tier: str, repetitions: int) -> Iterable[dict[str, Any]]:
    generator = np.random.default_rng(np.random.SeedSequence(0))
    values, samples = [], []
    for matrix in pool.scores.values():
        drawn = draws(matrix.shape, repetitions, generator)
        values.append(float(interquartile_means(matrix[None])[0]))
        samples.append(interquartile_means(taken(matrix, drawn)))
    shares = rank_shares(np.stack(samples, axis=1))
    ranks = stats.rankdata(-np.array(values), method="min")
    places = {name: getattr(pool, name) for name in ("edition", "protocol", "reward_mode")}
    places |= {"mechanism_class": tier, "environments": len(pool.names)}
    policies = [*pool.scores]
    for i in np.argsort(ranks, kind="stable"):
        low, high = ends(samples[i])
        yield {
            **places,
            **{"policy": policies[i], "seeds": pool.seeds, "rank": int(ranks[i])},
            **{"iqm": values[i], "low": low, "high": high},
            **_rank_interval(shares[i]),
            "rank_shares": shares[i].tolist(),
            **_published_rank(pool, tier, policies[i]),
        }


def _rank_interval(shares: Array) -> dict[str, Any]:
    """Mean and 95 % interval of a rank from the shares of resamples with each."""
    ranks = np.arange(1, len(shares) + 1)
    # Shares of equal ranks are fractions, whose sum may fall short of 1 by a rounding.
    low, high = np.searchsorted(shares.cumsum() + 1e-9, INTERVAL) + 1
    return {"mean_rank": float(shares @ ranks), "rank_low": int(low), "rank_high": int(high)}


def _published_rank(pool: Pool, tier: str, policy: str) -> dict[str, Any]:
    """Its names and rank in the published ranking, which is of the released edition."""
    ranking = published("ranking_integrated_by_tier")
    if pool.edition != "v0":
        ranking = ranking[:0]
    names = published_name(policy, pool.protocol)
    there = (ranking["tier"] == tier) & (ranking["reward_mode"] == pool.reward_mode)
    found = ranking[there & ranking["algorithm"].isin(names)]
    return {
        "published_as": ", ".join(found["algorithm"]),
        "published_rank": float(found["rank"].mean()) if len(found) else float("nan"),
    }


def shown_rankings(rankings: pd.DataFrame) -> list[dict[str, Any]]:
    """The first places of every class, a column per reward mode, beside the published ones."""
    ranking = published("ranking_integrated_by_tier")
    stated = ranking.set_index(["tier", "rank"])["algorithm"].to_dict()
    keys = ["edition", "protocol", "mechanism_class"]
    rows = []
    for names, part in rankings.groupby(keys, sort=False):
        edition, _, tier = names
        by_mode = {mode: group.to_dict("records") for mode, group in part.groupby("reward_mode")}
        for place in range(min(SHOWN, max(map(len, by_mode.values())))):
            row = dict(zip(keys, names, strict=True)) | {"place": place + 1}
            row["environments"] = int(part["environments"].iloc[0])
            for mode in MODES:
                here = by_mode.get(mode, [])
                row[mode] = here[place] if place < len(here) else None
            row["published"] = stated.get((tier, place + 1), "") if edition == "v0" else ""
            rows.append(row)
    return sorted(rows, key=lambda r: (r["edition"], r["protocol"], r["mechanism_class"]))


def ranking_summary(rankings: pd.DataFrame) -> str:
    """How far the order in score is the published one, by Kendall's tau."""
    known = rankings[rankings["published_rank"].notna()]
    said = []
    for (protocol, tier), part in known.groupby(["protocol", "mechanism_class"]):
        if len(part) >= ORDERED:
            tau = stats.kendalltau(part["rank"], part["published_rank"]).statistic
            said.append(f"{signed(tau)} in {tier} ({len(part)} learners, {protocol})")
    if not said:
        return (
            f"Fewer than {ORDERED} learners of a published ranking trained in this run on the "
            "released environments of its class, so that no two orders can be compared."
        )
    return (
        "Kendall's tau of the order in score with the published order, over learners that both "
        f"have: {'; '.join(said)}."
    )
