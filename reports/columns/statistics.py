"""How learners compare: performance, ranks, tests, published forms, and budgets."""

from __future__ import annotations

from .fields import CLASSES, MODES, PROTOCOLS, Column

FORMS = ("return", "score")
UNITS = ("environments", "runs")
SPREAD = ("iqm", "median", "mean", "optimality_gap")

_FACTORS = {
    "edition": Column("text", "v0 released, v1 formal", ("v0", "v1")),
    "protocol": Column("text", "as_published or corrected", PROTOCOLS),
    "reward_mode": Column("text", "mode trained on", MODES),
}
# A pool: learners that trained on the same environments.
_POOL = {
    "environment": Column("text", "name with edition, `all v1`, or `5 of v1`; see `pools`"),
    **_FACTORS,
    "environments": Column("integer", "environments that all its learners trained on"),
}
_ENDS = {
    "low": Column("number", "lower end of the 95 % stratified bootstrap interval"),
    "high": Column("number", "upper end"),
}
_PAIR = {
    "policy": Column("text", "learner"),
    "compared_with": Column("text", "other learner"),
}
_TIER = Column("text", "class as in the published tables, of environments that they have", CLASSES)


def _maybe(about: str) -> Column:
    return Column("number", about, (), True)


_CELL = {
    "edition": _FACTORS["edition"],
    "mechanism_class": _TIER,
    "environment": Column("text", "name without edition"),
    "policy": Column("text", "learner, heuristic, oracle or planner"),
}


def _gap(rival: str, about: str) -> dict[str, Column]:
    return {
        f"{rival}_gap": _maybe(f"return less that of {about}, in % of its size; empty without"),
        f"{rival}_low": _maybe("lower end of its 95 % bootstrap interval over seeds"),
        f"{rival}_high": _maybe("upper end"),
    }


TABLES = {
    "pools": {
        **_POOL,
        "seeds": Column("integer", "runs of a learner per environment"),
        "names": Column("text", "the environments, without edition"),
        "policies": Column("text", "the learners"),
        "learners": Column("integer", "how many"),
        "main": Column("flag", "the pool of its edition and protocol that figures show"),
    },
    "performance": {
        **_POOL,
        "policy": Column("text", "learner"),
        "seeds": Column("integer", "runs per environment; 0 for one that failed"),
        "measure": Column("text", "statistic of the score, as rliable has it", SPREAD),
        "value": Column("number", "estimate"),
        **_ENDS,
    },
    "performance_profiles": {
        **_POOL,
        "policy": Column("text", "learner"),
        "threshold": Column("number", "score"),
        "share": Column("number", "share of runs that score more"),
        **_ENDS,
    },
    "improvement": {
        **_POOL,
        **_PAIR,
        "probability": Column(
            "number", "that a run scores more than one of the other, mean over environments"
        ),
        **_ENDS,
    },
    "ranks": {
        **_POOL,
        "policy": Column("text", "learner"),
        "rank": Column("integer", "by interquartile mean of the score; 1 is the best"),
        "probability": Column("number", "share of stratified bootstrap resamples with that rank"),
    },
    "class_rankings": {
        **_FACTORS,
        "mechanism_class": _TIER,
        "environments": Column("integer", "environments of the class that all trained on"),
        "policy": Column("text", "learner"),
        "seeds": Column("integer", "runs per environment; 0 for one that failed"),
        "rank": Column("integer", "by interquartile mean of the score; 1 is the best"),
        "iqm": Column("number", "interquartile mean of the score over runs on the class"),
        **_ENDS,
        "mean_rank": Column("number", "mean over resamples"),
        "rank_low": Column("integer", "lower end of its 95 % interval over resamples"),
        "rank_high": Column("integer", "upper end"),
        "rank_shares": Column("numbers", "share of resamples with rank 1, 2, ..."),
        "published_as": Column("text", "its names in the published ranking; empty for none"),
        "published_rank": _maybe("rank there, heuristics among them; mean of several names"),
    },
    "paired_tests": {
        **_POOL,
        **_PAIR,
        "unit": Column("text", "what is paired: means of environments, or runs by seed", UNITS),
        "pairs": Column("integer", "pairs"),
        "difference": Column("number", "mean difference in score"),
        "p": Column("number", "Wilcoxon's signed-rank test, two-sided"),
        "tests": Column("integer", "tests of the pool, which are a family"),
        "p_holm": Column("number", "adjusted for the family (Holm)"),
        "possible": Column("flag", "so many pairs could give an adjusted p below 5 %"),
        "different": Column("flag", "the adjusted p is below 5 %"),
    },
    "equivalence": {
        "claim": Column("text", "claim that calls them the same"),
        **_PAIR,
        **_FACTORS,
        "mechanism_class": Column("text", "class of the published tables", (*CLASSES, "all")),
        "environments": Column("integer", "environments that both trained on"),
        "measure": Column("text", "score, or return of the mode in % of the other's", FORMS),
        "unit": Column("text", "what is paired", UNITS),
        "pairs": Column("integer", "pairs"),
        "difference": Column("number", "mean difference; score or %"),
        "low": _maybe("lower end of its 90 % interval, Student's t"),
        "high": _maybe("upper end"),
        "margin": Column("number", "largest difference that counts as none"),
        "p": _maybe("larger of two one-sided t tests; empty with one pair"),
        "same": Column("flag", "p is below 5 %; empty where it is not known", (), True),
    },
    "power": {
        **_FACTORS,
        "seeds": Column("integer", "pairs of runs on one environment"),
        "seen": Column("flag", "as many as in this study"),
        "effect": _maybe(
            "smallest mean difference, in standard deviations, that a paired t test finds with "
            "80 % power; empty below two seeds"
        ),
        "sd": _maybe("standard deviation of differences by seed, pooled over pairs; score"),
        "score": _maybe("the smallest difference in score"),
    },
    "published_means": {
        "mechanism_class": _TIER,
        "reward_mode": _FACTORS["reward_mode"],
        "policy": Column("text", "learner, Random, TitForTat_released or an oracle"),
        "protocol": Column("text", "of a learner", ("", *PROTOCOLS)),
        "environments": Column("integer", "environments of the class in this run"),
        "mean_return": Column("number", "summed reward of the mode; runs that failed left out"),
        "published_as": Column("text", "its name in the published tables; empty for none"),
        "published": _maybe("value there"),
        "published_environments": Column("integer", "environments there", (), True),
        "deviation_percent": _maybe("ours less published; empty over other numbers of them"),
    },
    "returns_summary": {
        **_CELL,
        "protocol": Column("text", "of a learner; empty for others", ("", *PROTOCOLS)),
        "reward_mode": Column("text", "mode trained on, or of the return", MODES),
        "n": Column("integer", "runs that finished; of policies that do not learn, episodes"),
        "mean": Column("number", "summed reward of the mode"),
        "sd": _maybe("sample standard deviation; of episodes, that of all; empty with one"),
        "sem": _maybe("standard error of the mean"),
        "min": _maybe("least of the runs"),
        "max": _maybe("largest"),
    },
    "reward_ablation_summary": {
        **_CELL,
        "protocol": _FACTORS["protocol"],
        **{f"return_{m}": Column("number", f"mean return trained on {m} reward") for m in MODES},
        "integrated_less_private": Column("number", "difference of these returns"),
        "cooperative_less_integrated": Column("number", "difference of these returns"),
    },
    "class_gaps": {
        "edition": _FACTORS["edition"],
        "mechanism_class": _TIER,
        "environment": Column("text", "name with edition; empty for the class"),
        "reward_mode": _FACTORS["reward_mode"],
        "form": Column("text", "mean return, gap in % of the CTDE side; or IQM of score", FORMS),
        "environments": Column("integer", "environments compared"),
        "unfinished": Column("integer", "runs that did not finish, left out; 0 of scores"),
        "gap": _maybe("best independent less best CTDE learner; % or score"),
        "low": _maybe("lower end of the 95 % interval, with the choice of the best inside"),
        "high": _maybe("upper end"),
        "independent": Column("text", "best independent learner"),
        "independent_value": Column("number", "its return or score"),
        "independent_chosen": Column("number", "share of resamples in which it is the best"),
        "independent_members": Column("integer", "independent learners compared"),
        "ctde": Column("text", "best learner with a central critic or mixer"),
        "ctde_value": Column("number", "its return or score"),
        "ctde_chosen": Column("number", "share of resamples in which it is the best"),
        "ctde_members": Column("integer", "such learners compared"),
        "lowest_without": _maybe("smallest gap without any one of the learners"),
        "highest_without": _maybe("largest"),
        "members_gap": _maybe("all independent members together less all CTDE members; % or score"),
        "members_low": _maybe("lower end of its 95 % interval"),
        "members_high": _maybe("upper end"),
        "published": _maybe("published gap; %"),
        "published_leaders": Column("text", "between whom"),
    },
    "oracle_gaps": {
        "edition": _FACTORS["edition"],
        "mechanism_class": _TIER,
        "environment": Column("text", "name with edition; empty for the mean over the class"),
        "reward_mode": _FACTORS["reward_mode"],
        "policy": Column("text", "learner"),
        "protocol": _FACTORS["protocol"],
        "environments": Column("integer", "environments averaged"),
        "runs": Column("integer", "runs that finished"),
        "mean_return": _maybe("summed reward of the mode; empty for the class"),
        "oracle": Column("text", "reference oracle of the environment, as in the published code"),
        "oracle_return": _maybe("its return of the mode; empty for the class"),
        **_gap("oracle", "the oracle"),
        "constant": Column("text", "best of 101 constants in that return; empty for the class"),
        **_gap("constant", "the best constant"),
        **_gap("nash", "Oracle_Nash"),
        **_gap("planner", "Planner"),
    },
    "exceedances": {
        "environment": Column("text", "name with edition, of the published table"),
        "reward_mode": _FACTORS["reward_mode"],
        "published_return": Column("number", "of ISAC there"),
        "published_oracle_return": Column("number", "of Oracle_Loyalty there"),
        "published_gap": Column("number", "there; %"),
        "oracle_return": _maybe("of Oracle_Loyalty here"),
        "oracle_gap": _maybe("published return less that; %"),
        "constant": Column("text", "best constant here"),
        "constant_gap": _maybe("published return less that of the best constant; %"),
        "policy": Column("text", "our learner published as ISAC; empty without finished runs"),
        "runs": Column("integer", "its runs that finished"),
        **_gap("learner", "Oracle_Loyalty"),
    },
    "contributions": {
        "edition": _FACTORS["edition"],
        "protocol": _FACTORS["protocol"],
        "mechanism_class": _TIER,
        "environments": Column("integer", "environments"),
        "pairs": Column("integer", "learner and environment, with both modes"),
        "median": Column("number", "of (R_int - R_priv) / R_int; %"),
        "q1": Column("number", "first quartile; %"),
        "q3": Column("number", "third quartile; %"),
        "p5": Column("number", "5th percentile; %"),
        "p95": Column("number", "95th percentile; %"),
        "negative": Column("integer", "pairs below zero"),
        "accounting": Column("number", "median part that the same play earns; %"),
        "policy_effect": Column("number", "median part due to other play; %"),
        "fixed": _maybe("median of the constant of 50 %, which cannot react; %"),
        "score_effect": _maybe("mean score trained on integrated less on private reward"),
        "score_low": _maybe("lower end of its 95 % bootstrap interval over seeds"),
        "score_high": _maybe("upper end"),
        "published": _maybe("published median; %"),
        "published_pairs": Column("integer", "published pairs", (), True),
        "published_negative": Column("integer", "of these below zero", (), True),
    },
    "mode_effects": {
        **_FACTORS,
        "mechanism_class": Column("text", _TIER.about + "; or all", (*CLASSES, "all")),
        "cells": Column("integer", "learner and environment, finished under every mode"),
        "unfinished": Column("integer", "runs of the mode that did not finish, left out"),
        "environments": Column("integer", "environments"),
        "score": Column("number", "mean score, of payoffs whatever the mode"),
        "score_low": Column("number", "lower end of its 95 % bootstrap interval over seeds"),
        "score_high": Column("number", "upper end"),
        "change": _maybe("score less that under private reward; empty for private"),
        "change_low": _maybe("lower end of its 95 % bootstrap interval over seeds"),
        "change_high": _maybe("upper end"),
        "worst_off": Column("number", "least payoff of an agent over its part of the ceiling"),
        "gini": Column("number", "Gini coefficient of payoffs over agents"),
        "trust": _maybe("mean trust at the end; empty without"),
        "cooperation": Column("number", "mean share of own endowment, 0 to 1"),
    },
    "budgets": {
        **_POOL,
        "policy": Column("text", "learner"),
        "learners": Column("integer", "learners ranked"),
        "part": Column("number", "of the steps trained, 0 to 1"),
        "score": Column("number", "interquartile mean there"),
        "rank": Column("number", "by it; equal scores share the mean of their ranks"),
        "tau": _maybe("Kendall's tau of all ranks with those at the end"),
        "low": _maybe("lower end of its 95 % stratified bootstrap interval"),
        "high": _maybe("upper end"),
        "tau_seeds": _maybe("of the ranks at the end with those of resampled seeds, mean"),
    },
}
