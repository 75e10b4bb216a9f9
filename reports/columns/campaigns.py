"""Supplementary training campaigns: their plan, their runs, and what follows from them."""

from __future__ import annotations

from .fields import CELL, PROTOCOLS, RUN, SCALE, TRAINING, Column

CAMPAIGNS = ("capacity", "critic_rate", "mutuality", "population", "biaxial")

_FREE_MODE = {"reward_mode": Column("text", "mode trained on, or its mutuality, such as 0.25")}
_FACTORS = {
    "campaign": Column("text", "which", CAMPAIGNS),
    "variant": Column("text", "what its job varies, such as hidden-256x256"),
}
_SETTINGS = {
    "width": Column("integer", "units of a hidden layer", (), True),
    "learning_rate": Column("number", "of the critics, where actors have one of their own"),
    "mutuality": Column(
        "number", "0 private, 1 integrated, 2 cooperative; none in the released edition", (), True
    ),
}
_ENDS = {name: SCALE[name] for name in ("welfare_floor", "welfare_ceiling")}
_PLACE = {name: CELL[name] for name in ("environment", "edition")}
_POOLED_PLACE = {
    **_PLACE,
    "environment": Column("text", "name without edition, or all of the edition"),
}
_LEARNER = {"policy": Column("text", "learner")}
_MODE = {"reward_mode": Column("text", "mode trained on")}
COUNTS = {
    "runs": Column("integer", "runs planned, excluded ones left out"),
    "finished": Column("integer", "runs that finished"),
}


def mean_over_seeds(name: str, about: str) -> dict[str, Column]:
    """A mean over seeds and its interval."""
    return {
        name: Column("number", about, (), True),
        f"{name}_low": Column("number", "95 % interval over seeds, Student's t", (), True),
        f"{name}_high": Column("number", "the same, upper end", (), True),
    }


_SCORE = mean_over_seeds("score", "mean score in welfare; 0 for a run that broke down")

TABLES = {
    "plan_supplements": {
        **_FACTORS,
        **_SETTINGS,
        **RUN,
        **_FREE_MODE,
        "hyperparameters": Column("text", "JSON"),
    },
    "campaign_scales": {
        **_PLACE,
        "n_agents": CELL["n_agents"],
        "welfare_floor": Column(
            "number", "smaller W of Random and the worst equilibrium", (), True
        ),
        "welfare_ceiling": Column("number", "W of the dynamic optimum", (), True),
    },
    "campaign_runs": {
        **_FACTORS,
        **_SETTINGS,
        **TRAINING,
        **_FREE_MODE,
        "welfare_floor": Column(
            "number", "smaller W of Random and the worst equilibrium", (), True
        ),
        "welfare_ceiling": Column("number", "W of the dynamic optimum", (), True),
        "score": Column("number", "of the welfare; 0 if it did not finish", (), True),
    },
    "dial_equilibria": {
        **_PLACE,
        "mutuality": Column("number", "mutuality of the reward, 0 to 2"),
        "number": Column("integer", "which equilibrium in constants, by the sum of shares"),
        "shares": Column("numbers", "of the own endowment, one per agent"),
        "cooperation": Column("number", "mean share of own endowment, 0 to 1"),
        "welfare": Column("number", "W of an episode; payoff units"),
    },
    "capacity": {
        **_POOLED_PLACE,
        **_MODE,
        "width": _SETTINGS["width"],
        **_LEARNER,
        **COUNTS,
        **_SCORE,
        "rank": Column("integer", "of the mean scores of all learners; 1 is the best", (), True),
        "cpu_seconds": Column("number", "mean CPU time of a run; s"),
    },
    "capacity_agreement": {
        **_POOLED_PLACE,
        "reward_mode": Column("text", "mode trained on, or all"),
        "width": _SETTINGS["width"],
        "other_width": Column("integer", "the wider of the two"),
        "learners": Column("integer", "learners that are ranked"),
        "environments": Column("integer", "environments, of which the mean score is ranked"),
        "seeds": Column("integer", "runs of a learner on an environment"),
        "tau": Column("number", "Kendall's rank correlation of the scores; a tie counts 0"),
        "tau_low": Column("number", "95 % bootstrap interval over seeds"),
        "tau_high": Column("number", "the same, upper end"),
    },
    "critic_rates": {
        **_PLACE,
        **{"policy": Column("text", "learner, or all")},
        "reward_mode": Column("text", "mode trained on, or all"),
        "learning_rate": _SETTINGS["learning_rate"],
        "steps": Column("integer", "environment steps planned"),
        **COUNTS,
        "broken": Column("integer", "runs that diverged or failed"),
        "broken_share": Column("number", "the same, a share of the runs"),
        "broken_low": Column("number", "95 % interval of the share, Wilson"),
        "broken_high": Column("number", "the same, upper end"),
        "first_step": Column("integer", "earliest step at which one of them broke", (), True),
        **_SCORE,
    },
    "mutuality": {
        **_PLACE,
        **_LEARNER,
        **_FREE_MODE,
        "mutuality": _SETTINGS["mutuality"],
        **COUNTS,
        "steps": Column("integer", "environment steps planned"),
        **mean_over_seeds("welfare", "W of an episode; payoff units"),
        **_SCORE,
        **mean_over_seeds("jain", "Jain's index of the payoffs: 1 where all earn the same"),
        **mean_over_seeds("trust", "mean trust at the end of an episode, 0 to 1"),
        **mean_over_seeds("cooperation", "mean share of own endowment, 0 to 1"),
        "rank": Column("integer", "of the mean scores of all learners; 1 is the best", (), True),
        "equilibrium_low": Column("number", "mean share of the lowest equilibrium", (), True),
        "equilibrium_high": Column("number", "the same of the highest", (), True),
        "nearest_equilibrium": Column("number", "the same, nearest to the learner", (), True),
    },
    "mutuality_jumps": {
        **_PLACE,
        **_LEARNER,
        "dial_low": Column("number", "mutuality before the largest change of the mean share"),
        "dial_high": Column("number", "mutuality after it"),
        **mean_over_seeds("jump", "change of the mean share of the endowment between them"),
        "typical": Column("number", "median size of all changes between neighbours"),
        "located": Column("number", "share of bootstrap samples with the largest change there"),
        "equilibrium_dial_low": Column(
            "number", "mutuality before the largest change of the highest equilibrium", (), True
        ),
        "equilibrium_dial_high": Column("number", "mutuality after it", (), True),
        "equilibrium_jump": Column("number", "change of that equilibrium", (), True),
    },
    "mutuality_crossovers": {
        **_PLACE,
        "dial": Column("number", "where independent and centralised learners score the same"),
        "dial_low": Column("number", "95 % bootstrap interval of the crossing nearest to it"),
        "dial_high": Column("number", "the same, upper end"),
        "found": Column("number", "share of bootstrap samples with a crossing"),
        "leader_below": Column("text", "paradigm that leads below it"),
        "leader_above": Column("text", "paradigm that leads above it"),
        "calibrated": Column("flag", "the interval holds 1, where dependence is as calibrated"),
    },
    "population": {
        **_PLACE,
        "n_agents": CELL["n_agents"],
        **_LEARNER,
        **_MODE,
        **COUNTS,
        "steps": Column("integer", "environment steps planned"),
        **_SCORE,
        **mean_over_seeds("cooperation", "mean share of own endowment, 0 to 1"),
        **mean_over_seeds("payoff", "per agent and episode; payoff units"),
        "cpu_seconds": Column("number", "mean CPU time of a run; s"),
        "cpu_per_step": Column("number", "the same per 1,000 environment steps; s"),
    },
    "population_partners": {
        **_PLACE,
        "n_agents": CELL["n_agents"],
        **_LEARNER,
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        **_MODE,
        "partners": Column(
            "text", "what all others are: itself, learner, ...; mixed: one drawn per seat"
        ),
        "policies": Column("integer", "how many of them were met, or are drawn from"),
        "payoff": Column("number", "of the learner's seat per episode, mean; payoff units"),
        "others_payoff": Column("number", "mean of the others; payoff units"),
        "share": Column("number", "mean share of own endowment in the seat, 0 to 1"),
    },
}
