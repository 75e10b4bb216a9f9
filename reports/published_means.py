"""The published ranking tables, from this run.

Returns of a mode are averaged as the published tables do, over environments of very different
scale; a run that failed is left out, as there. The tables say over how many environments.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from coopetition.agents.registry import learner, learner_names

from .columns import MODES
from .sources import published
from .tiers import with_tiers

# Heuristics of the published tables, by their name there; its oracles, which it has no means of,
# have none.
HEURISTICS = {"Random": "Random", "TitForTat_released": "TitForTat"}


ORACLE = "Oracle_"


def published_name(policy: str, protocol: str) -> list[str]:
    """Names of a learner in the published tables.

    A joint controller has the names under which it was published. What is a joint controller there
    is another learner than ours of that name, which has none.
    """
    if protocol == "as_published":
        return list(learner(policy).published_as)
    joint = {name for other in learner_names() for name in learner(other).published_as}
    known = set(published("algorithm_inventory")["algorithm"]) - joint
    return [policy] if policy in known else []


def mean_rows(scores: pd.DataFrame, reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `published_means`: mean return by class, mode and policy.

    Args:
        scores: see `schema`; of the released edition the runs that finished.
        reference: see `schema`; Random and TitForTat as published, and the oracles.
    """
    runs = scores[(scores["edition"] == "v0") & (scores["status"] == "finished")]
    here = set(runs["environment"])
    rules = reference[
        (reference["edition"] == "v0")
        & (reference["policy"].isin(HEURISTICS) | reference["policy"].str.startswith(ORACLE))
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
        for name in names_of.get((policy, protocol), []) or [""]:
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
