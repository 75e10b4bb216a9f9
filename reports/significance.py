"""Do learners differ, are they the same, and what could these seeds have shown?

Differences are tested by Wilcoxon's signed-rank test, which takes any unit of score: scores below
the floor have no lower bound, and one such run would decide a t test. What is paired depends on how
many environments there are. From `ENVIRONMENTS` on it is the mean scores of two learners on an
environment, one pair per environment: the runs of an environment say nothing of other ones, so that
more seeds must not pass for more environments. With fewer no such test could find anything, and
the pairs are runs of equal environment and seed; what they show is a difference on these
environments, not one in general.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from coopetition.envs.engine import Array

from .pools import pools
from .selection import named
from .tiers import with_tiers

LEVEL, POWER = 0.05, 0.8
# Fewest environments of which each is a pair: the least p value is then 2 to the power 1 - n.
ENVIRONMENTS = 6
# Claims that two learners are the same: claim, learner, other, and the largest difference that
# counts as none, in score and in % of the other's return.
SAME = (("A12", "SelfPlay_PPO", "IPPO"),)
MARGINS = {"score": 0.02, "return": 2.0}
# Numbers of seeds of the power statement, besides those of the study.
SEEDS = (3, 5, 7, 10, 20)


def paired_differences(one: Array, other: Array) -> tuple[str, Array]:
    """What is paired, and the differences of the pairs.

    Args:
        one: [seeds, environments]
        other: the same of the other learner.
    """
    gaps = np.asarray(one, float) - np.asarray(other, float)
    if gaps.shape[1] >= ENVIRONMENTS:
        return "environments", gaps.mean(axis=0)
    return "runs", gaps.ravel()


def signed_rank(differences: Array) -> float:
    """Two-sided p value of Wilcoxon's signed-rank test; 1 where nothing differs."""
    if not np.any(differences):
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)


def holm(p_values: Array) -> Array:
    """Adjusted p values of a family of tests, step down as Holm (1979)."""
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted


def equivalence(differences: Array, margin: float) -> tuple[float, float, float]:
    """Two one-sided t tests that a mean difference lies within a margin on either side.

    Returns:
        p value (the larger of both; not a number with a single pair), and the 90 % interval, which
        lies within the margin where p is below 5 %.
    """
    n, mean = len(differences), float(np.mean(differences))
    if n < 2:
        return float("nan"), float("nan"), float("nan")
    error = float(stats.sem(differences))
    if error == 0.0:
        return float(abs(mean) >= margin), mean, mean
    one_sided = [
        stats.t.sf((mean + margin) / error, n - 1),
        stats.t.cdf((mean - margin) / error, n - 1),
    ]
    reach = stats.t.ppf(1 - LEVEL, n - 1) * error
    return float(max(one_sided)), mean - reach, mean + reach


def smallest_effect(pairs: int) -> float:
    """Mean difference over its standard deviation that a paired t test finds with 80 % power.

    Exact, by the noncentral t distribution, two-sided at 5 %; not a number below two pairs.
    """
    if pairs < 2:
        return float("nan")
    freedom = pairs - 1
    critical = stats.t.ppf(1 - LEVEL / 2, freedom)

    def missing(noncentrality: float) -> float:
        upper = stats.nct.sf(critical, freedom, noncentrality)
        # Where the other tail is too small to be computed it has no part in the power.
        lower = np.nan_to_num(stats.nct.cdf(-critical, freedom, noncentrality))
        return float(upper + lower - POWER)

    return float(optimize.brentq(missing, 0.5, 20.0) / np.sqrt(pairs))


def paired_tests(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `paired_tests`: every pair of learners of every pool.

    The tests of a pool are a family, whose p values are adjusted together.
    """
    rows = []
    for pool in pools(scores):
        family: list[dict[str, Any]] = []
        for one, other in itertools.combinations(pool.scores, 2):
            unit, gaps = paired_differences(pool.scores[one], pool.scores[other])
            found = {"unit": unit, "pairs": len(gaps), "difference": float(gaps.mean())}
            family.append({"policy": one, "compared_with": other, **found, "p": signed_rank(gaps)})
        adjusted = holm(np.array([row["p"] for row in family]))
        for row, p in zip(family, adjusted, strict=True):
            least = 2.0 ** (1 - row["pairs"]) * len(family)
            found = {"tests": len(family), "p_holm": float(p), "possible": least < LEVEL}
            rows.append({**pool.key, **row, **found, "different": bool(p < LEVEL)})
    return rows


def equivalence_tests(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `equivalence`: pairs of learners that a claim calls the same.

    Of every mechanism class and of all: on the environments that both trained on, in score and in
    % of the return of the mode trained on. Runs that failed have no return and are no pairs of it.
    """
    rows = []
    for claim, policy, other in SAME:
        both = with_tiers(scores[scores["policy"].isin((policy, other))])
        keys = ["edition", "protocol", "reward_mode"]
        for factors, part in both.groupby(keys, sort=False):
            for tier in (*sorted(part["tier"].unique()), "all"):
                runs = part if tier == "all" else part[part["tier"] == tier]
                about = dict(zip(keys, factors, strict=True)) | {"mechanism_class": tier}
                about |= {"claim": claim, "policy": policy, "compared_with": other}
                rows += [about | found for found in _same(runs, policy, other)]
    return rows


def _same(runs: pd.DataFrame, policy: str, other: str) -> Iterable[dict[str, Any]]:
    for measure, column in (("score", "score"), ("return", "training_return")):
        wide = named(runs).pivot(index=["name", "seed"], columns="policy", values=column)
        if not {policy, other} <= set(wide):
            return
        wide = wide[[policy, other]].dropna()
        gaps = wide[policy] - wide[other]
        if measure == "return":
            gaps = 100 * gaps / wide[other].abs()
        per_environment = gaps.groupby(level="name").mean()
        several = len(per_environment) >= ENVIRONMENTS
        gaps = (per_environment if several else gaps).to_numpy(float)
        if not gaps.size:
            continue
        p, low, high = equivalence(gaps, MARGINS[measure])
        yield {
            **{"measure": measure, "environments": len(per_environment)},
            **{"unit": "environments" if several else "runs", "pairs": len(gaps)},
            **{"difference": float(gaps.mean()), "low": low, "high": high},
            **{"margin": MARGINS[measure], "p": p},
            "same": None if np.isnan(p) else bool(p < LEVEL),
        }


def power_rows(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `power`: what a paired test of so many seeds finds on one environment."""
    rows = []
    known = scores[scores["score"].notna()]
    keys = ["edition", "protocol", "reward_mode"]
    for factors, part in known.groupby(keys, sort=False):
        seen = int(part["seed"].nunique())
        spread = _spread(part)
        for seeds in sorted({seen, *SEEDS}):
            effect = smallest_effect(seeds)
            about = dict(zip(keys, factors, strict=True)) | {"seeds": seeds, "seen": seeds == seen}
            rows.append({**about, "effect": effect, "sd": spread, "score": effect * spread})
    return rows


def _spread(runs: pd.DataFrame) -> float:
    """Standard deviation of differences of two learners by seed, pooled over environments.

    Of every pair of learners on every environment; not a number without two seeds of two learners.
    """
    variances = []
    for _, part in named(runs).groupby("name"):
        wide = part.pivot(index="seed", columns="policy", values="score").to_numpy(float)
        for one, other in itertools.combinations(wide.T, 2):
            gaps = (one - other)[np.isfinite(one - other)]
            if len(gaps) > 1:
                variances.append(gaps.var(ddof=1))
    return float(np.sqrt(np.mean(variances))) if variances else float("nan")
