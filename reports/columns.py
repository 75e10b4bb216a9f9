"""What every table holds: names, types, units and allowed values. Nothing but declarations."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from coopetition.agents.constants import ACTION_BASES
from coopetition.agents.registry import PARADIGMS, PROTOCOLS
from coopetition.envs import MECHANISM_CLASSES
from coopetition.envs import REWARD_MODES as MODES

STATUSES = ("finished", "diverged", "failed", "excluded")
VERDICTS = ("confirmed", "refuted", "inconclusive", "not testable")
CLASSES = tuple(MECHANISM_CLASSES)
GROUPS = ("published", "own")
QUANTITIES = (
    *("agents", "horizon", "class", "observation", "baselines", "early termination"),
    "spread of constants",
)
DECIDERS = ("reference", "contract", "counts", "certificates", "audits")
DECIDERS += ("as_published", "corrected", "both", "")
COUNT_RESULTS = ("match", "mismatch", "not derivable")
AUDIT_UNITS = ("integrated", "payoffs")
REPLIES = ("stay", "constant", "plan", "reactive", "several")
DEFECTIONS = ("full", "late", "early", "ramp")
RECORD_ORIGINS = ("released code", "three agents or more", "stated number")
SOLUTIONS = (*MODES, "optimum", "plan")
CHECKS = ("contract", "solutions", "certificates", "reference", "traces")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: `text`, `integer`, `number`, `flag` or `numbers` (a list per row).
        about: meaning and unit.
        allowed: allowed values; empty for any.
        optional: may be empty (NaN); without it an empty cell is an error.
    """

    kind: str
    about: str
    allowed: tuple[str, ...] = ()
    optional: bool = False


_CELL = {
    "environment": Column("text", "name without edition"),
    "edition": Column("text", "v0 released, v1 formal", ("v0", "v1")),
    "mechanism_class": Column("text", "technical report of the mechanism", CLASSES),
    "n_agents": Column("integer", "number of agents N"),
}
_MEASURES = {
    "welfare": Column("number", "W, payoffs summed over steps and agents; payoff units", (), True),
    "trust": Column("number", "mean trust at the end of an episode, 0 to 1", (), True),
    "cooperation": Column("number", "mean share of own endowment, 0 to 1", (), True),
    "episode_length": Column("number", "steps", (), True),
}
_SIGNATURE = {
    "signature": Column("text", "what is put to the test"),
    "policy": Column("text", "learner that should differ"),
    "compared_with": Column("text", "learner that it is compared with"),
    "expected": Column("text", "than the other", ("lower", "higher")),
    "measure": Column("text", "what is measured, with unit"),
    "game": Column("text", "environment and reward mode"),
    "source": Column("text", "who says so"),
    "steps": Column("integer", "environment steps trained"),
}
_GAIN = {
    "deviation_gain": Column(
        "number",
        "largest gain of an agent that alone plays a constant instead; reward of the mode per "
        "episode; of reference policies known for Random",
        (),
        True,
    )
}
_RUN = {
    "run_id": Column("text", "hash of all factors and hyperparameters"),
    **_CELL,
    "policy": Column("text", "learner"),
    "paradigm": Column("text", "who shares what", PARADIGMS),
    "protocol": Column("text", "as_published or corrected", PROTOCOLS),
    "reward_mode": Column("text", "mode trained on", MODES),
    "seed": Column("integer", "seed of everything random in the run"),
    "steps_planned": Column("integer", "environment steps over all copies"),
}
_TRAINING = {
    **_RUN,
    "steps_done": Column("integer", "environment steps over all copies"),
    "status": Column("text", "how it ended; excluded: the learner needs more agents", STATUSES),
    "reason": Column("text", "why it did not finish; empty otherwise"),
    "training_return": Column("number", "summed reward of the mode trained on", (), True),
    **_MEASURES,
    "untrained_welfare": Column("number", "W of the policy before training", (), True),
    "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
    "share_per_agent": Column("numbers", "mean share of own endowment over steps, one per agent"),
    **_GAIN,
    "wall_seconds": Column("number", "wall time; an equal share where runs train together; s"),
    "cpu_seconds": Column("number", "CPU time; an equal share where runs train together; s"),
    "hyperparameter_hash": Column("text", "hash of the hyperparameters"),
    "version": Column("text", "version of this package"),
    "commit": Column("text", "commit that trained the run, + if files were changed"),
}
# Empty where an environment has no scale; see `statistics.reference_scales`.
_SCALE = {
    "welfare_floor": Column("number", "smaller W of Random and the worst equilibrium", (), True),
    "welfare_ceiling": Column("number", "W of the dynamic optimum", (), True),
    "score": Column("number", "(W - floor) / (ceiling - floor); 0 if it did not finish", (), True),
    "training_score": Column(
        "number",
        "return of the mode trained on: 0 is Random, 1 the best constant in that return",
        (),
        True,
    ),
    "untrained_score": Column("number", "score of the policy before training", (), True),
}
_PER_STEP = "payoff units per agent and step"
_WELFARE = {
    f"welfare_{name}": Column("number", f"W of {about}; {_PER_STEP}", (), name.startswith("nash"))
    for name, about in {
        "optimum": "C",
        "dynamic_optimum": "the best plan over time that was found",
        "nash_worst": "D",
        "nash_best": "the private equilibrium of the highest W",
    }.items()
}
_WELFARE_OF_PLAY = {
    f"welfare_{name}": Column("number", f"W {about}; {_PER_STEP}")
    for name, about in {
        "best_uniform_constant": "of the best share that all agents play",
        "tft": "of tit for tat that starts with C, among its like",
        "myopic": "if every step is an equilibrium of its own",
        "random": "of uniform random shares, mean of 256 episodes",
        "zero": "if nobody contributes",
        "full": "if all contribute everything",
        "autarky": "of the best own production alone",
    }.items()
}
# Who is audited; see `agents.audits.panel`.
_AUDITED = {
    **{name: _CELL[name] for name in ("environment", "edition")},
    "policy": Column("text", "what is audited"),
    "kind": Column("text", "learner, constant, heuristic, oracle, planner, or a user's own"),
    "protocol": Column("text", "of a learner; empty for others"),
    "reward_mode": Column("text", "mode that a learner was trained on; empty for others"),
    "seed": Column("integer", "seed of a learner's run; empty for others", (), True),
}
_PARTNER = {
    "partner": Column("text", "what the others play"),
    "partner_kind": Column("text", "as `kind`"),
    "partner_protocol": Column("text", "of a learner; empty for others"),
    "partner_reward_mode": Column("text", "mode that a learner was trained on; empty for others"),
    "partner_seed": Column("integer", "seed of a learner's run; empty for others", (), True),
}
# Of `agents.audits.robustness`; sizes are standard deviations and probabilities.
DISTURBED = ("none", "observation", "tremble", "action", "worst partner")


def _over_episodes(name: str, about: str) -> dict[str, Column]:
    """Mean and interval; of one episode there is no interval."""
    return {
        name: Column("number", about),
        f"{name}_low": Column("number", "95 % interval over episodes, Student's t", (), True),
        f"{name}_high": Column("number", "the same, upper end", (), True),
    }


_DEVIATOR = {
    "agent": Column("integer", "who deviates"),
    "agents": Column("text", "for whom it stands, such as 0|1; `all` for the sum over agents"),
}
_GAINED = {
    "gain": Column("number", "change of the agent's payoff per episode; payoff units"),
    "gain_low": Column("number", "95 % interval over episodes, Student's t", (), True),
    "gain_high": Column("number", "the same, upper end", (), True),
}
# The published audit, as released; see `agents.audits.released`.
_RELEASED = {
    **_CELL,
    "seed": Column("integer", "seed of the audit"),
    "replicate": Column("flag", "not played: the rows of an earlier seed, as nothing is drawn"),
}
_UNIT = {"unit": Column("text", "integrated rewards, as published, or payoffs", AUDIT_UNITS)}
_CHANGE = {
    "baseline_return": Column("number", "of an episode without deviation, mean over agents; unit"),
    "gain": Column("number", "change of agent 0's return; unit"),
    "gain_percent": Column("number", "the same, % of agent 0's return without deviation"),
    "others_change": Column("number", "mean change of the others; unit"),
    "exploitative": Column("flag", "agent 0 gains and the others lose"),
}
_START = {
    "start": Column("integer", "step of the change, from 0: the first of late ones, else the last"),
    "start_fraction": Column("number", "the same, part of the episode"),
}
_RELEASED_SUMMARY = {
    "static_tests": Column("integer", "static deviations over all seeds"),
    "static_exploitative": Column("integer", "exploitative ones"),
    "late_tests": Column("integer", "late deviations to nothing, over all seeds"),
    "late_exploitative": Column("integer", "exploitative ones"),
    "early_exploitative": Column("integer", "exploitative of three early ones per seed"),
    "full_exploitative": Column("integer", "seeds in which playing nothing throughout is"),
    "ramp_exploitative": Column("integer", "seeds in which the ramp is"),
    "ramp_gain_low": Column(
        "number",
        "smallest gain of agent 0 by an exploitative ramp, % of the mean return without deviation",
        (),
        True,
    ),
    "ramp_gain_high": Column("number", "largest", (), True),
    "last_step_cost": Column(
        "number", "loss of agent 0 by a defection in the last step, mean; unit"
    ),
    "static_ratio_low": Column(
        "number", "smallest gain over mean loss of the others, exploitative tests", (), True
    ),
    "static_ratio_high": Column("number", "largest", (), True),
    "temporal_ratio_low": Column("number", "the same of the temporal tests", (), True),
    "temporal_ratio_high": Column("number", "largest", (), True),
    "partial_tests": Column("integer", "late deviations to 10, 20, 25, 30 or 40 %"),
    "partial_exploitative": Column("integer", "exploitative ones"),
    "partial_gain": Column("number", "largest gain of an exploitative one; %", (), True),
}

TABLES: dict[str, dict[str, Column]] = {
    "plan": {**_RUN, "hyperparameters": Column("text", "JSON")},
    "contract": {
        **_CELL,
        "horizon": Column("integer", "steps after which an episode is truncated"),
        "endowments": Column("numbers", "upper bound of each agent's action; payoff units"),
        "baselines": Column("numbers", "action at which the trust signal is zero"),
        "action_high": Column("number", "bound of the published joint action box"),
        "observation_joint": Column("integer", "length of the published joint observation"),
        "observation_central": Column("integer", "length of the normalised joint observation"),
        "observation_full": Column("integer", "length per agent, preset full, normalised"),
        "observation_realistic": Column("integer", "length per agent, preset realistic"),
        "observation_minimal": Column("integer", "length per agent, preset minimal"),
        "deterministic": Column("flag", "equal actions and other seed: equal trajectory"),
        "constant_spread": Column("number", "largest std/mean of W over 7 seeds, 11 constants"),
        "shortest_episode": Column("integer", "shortest episode among 101 constants; steps"),
        "early_termination": Column("text", "rule; empty for never"),
        "reward_scale_private": Column("number", "mean reward per agent and step at baseline"),
        "reward_scale_integrated": Column("number", "the same, integrated reward"),
        "reward_scale_cooperative": Column("number", "the same, cooperative reward"),
        "parameters": Column("text", "constructor parameters with defaults"),
    },
    "certificates": {
        **_CELL,
        "horizon": Column("integer", "steps of an episode T"),
        "roles": Column("text", "interchangeable agents: 0;1|2 is agent 0, and agents 1 and 2"),
        "nash": Column("text", "private equilibria in constants, by W: shares 0.2|0.3;0.7|0.6"),
        "nash_worst": Column("numbers", "D, the first of them: share per role or agent", (), True),
        "nash_regret": Column("number", "largest gain of a deviator there, a share", (), True),
        "nash_integrated": Column("text", "equilibria under integrated reward"),
        "nash_cooperative": Column("text", "equilibria under cooperative reward"),
        "stage_nash": Column("text", "equilibria of the first step alone"),
        "optimum": Column("numbers", "C, the constants of the highest W: share per role or agent"),
        "best_uniform_constant": Column("number", "best share that all agents play"),
        **_WELFARE,
        "price_of_anarchy": Column("number", "W of C over W of D", (), True),
        "price_of_stability": Column("number", "W of C over W of the best equilibrium", (), True),
        **_WELFARE_OF_PLAY,
        "is_dilemma": Column("flag", "C is no equilibrium, fear > 0, price of anarchy > 1.05"),
        "greed": Column("numbers", f"gain of the best reply to C, per role; {_PER_STEP}"),
        "greed_stage_reset": Column("numbers", "the same in the first step alone, per role"),
        "best_reply_to_C": Column("numbers", "share per role"),
        "R": Column("number", f"payoff of a cooperator among cooperators; {_PER_STEP}"),
        "fear": Column("number", f"P - S; {_PER_STEP}", (), True),
        "fear_by_role": Column("numbers", "the same per role", (), True),
        "S": Column("number", "payoff of a lone cooperator among defectors", (), True),
        "T_temptation": Column("number", "payoff of a lone defector among cooperators", (), True),
        "P": Column("number", "payoff of a defector among defectors", (), True),
        "schelling_cooperator": Column(
            "numbers", f"payoff of a cooperator with k = 0 ... N - 1 others; {_PER_STEP}", (), True
        ),
        "schelling_defector": Column("numbers", "the same of a defector", (), True),
        "best_reply_to_TFT": Column("numbers", "share per role against tit for tat"),
        "one_step_gain_vs_constants": Column(
            "numbers", "what the best single step at mid-episode gains per role; payoff units"
        ),
        "one_step_gain_vs_tft": Column("numbers", "the same against tit for tat"),
        "field_D": Column("number", "mean payoff of D among D, C and TFT in turn", (), True),
        "field_C": Column("number", "the same of C", (), True),
        "field_TFT": Column("number", "the same of TFT", (), True),
        "tft_wins_field": Column("flag", "TFT has the highest of the three", (), True),
        "relational_share_of_payoff": Column(
            "number", "part of the payoff at C that comes from relations, loyalty or multipliers"
        ),
        "payoff_min": Column("number", "lowest payoff of an agent in a step of random play"),
        "payoff_max": Column("number", "highest"),
    },
    "best_replies": {
        **{name: _CELL[name] for name in ("environment", "edition")},
        "role": Column("integer", "number of the role"),
        "agents": Column("text", "who plays it: 0|1"),
        "others": Column("number", "share that all others play for an episode"),
        "reply": Column("number", "share that pays one agent of the role most"),
    },
    "contract_comparison": {
        "environment": Column("text", "name with edition, or 'two agents' for all of that size"),
        "quantity": Column("text", "what the document speaks of", QUANTITIES),
        "published": Column("text", "what it says"),
        "measured": Column("text", "the contract, in the same words"),
        "equal": Column("flag", "whether the two are the same text"),
        "source_doc": Column("text", "document of the published study"),
        "source_place": Column("text", "where in it"),
    },
    "counts": {
        "corpus": Column("text", "which records"),
        "component": Column("text", "which part of them"),
        "published": Column("integer", "published count"),
        "arithmetic": Column("text", "how it comes about, as published or reconstructed"),
        "recomputed": Column("integer", "from registries and published parts", (), True),
        "formula": Column("text", "the factors of the recomputed count; empty for none"),
        "result": Column("text", "what the comparison says", COUNT_RESULTS),
        "note": Column("text", "explanation"),
        "source": Column("text", "document and place"),
    },
    "page_results": {
        "environment": Column("text", "name with edition"),
        "policy": Column("text", "reference policy"),
        "published": Column("number", "return on the page of the environment"),
        "recomputed": Column("number", "integrated return, summed over agents and steps"),
        "ratio": Column("number", "recomputed over published"),
        "source_doc": Column("text", "document"),
        "source_table": Column("text", "place in it"),
    },
    "reference": {
        **_CELL,
        "policy": Column("text", "constant, heuristic, oracle or Planner"),
        "level": Column("integer", "of a constant, percent of the endowment", (), True),
        "action_basis": Column("text", "whose endowment amounts refer to", ACTION_BASES),
        "reward_mode": Column("text", "mode of mode_return", MODES),
        "episodes": Column("integer", "episodes averaged"),
        "mode_return": Column("number", "rewards of the mode, summed over steps and agents"),
        "mode_return_std": Column("number", "its standard deviation over episodes"),
        **_MEASURES,
        "welfare_std": Column("number", "standard deviation of W over episodes"),
        "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
        "terminated_share": Column("number", "share of episodes that the game ended early"),
        **_GAIN,
    },
    "training": _TRAINING,
    "curves": {
        "run_id": Column("text", "run"),
        "step": Column("integer", "environment steps trained; 0 is the untrained policy"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **_MEASURES,
    },
    "diagnostics": {
        "run_id": Column("text", "run"),
        "step": Column("integer", "environment steps trained"),
        "agent": Column("integer", "number of the learner in the run; 0 for a joint controller"),
        "measure": Column("text", "loss, gradient norm, entropy, ... of the learner"),
        "value": Column(
            "number", "mean over updates since the step before; as_published: the last", (), True
        ),
    },
    "learner_cards": {
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "base": Column("text", "class of the library that it extends"),
        "data": Column("text", "what it learns from", ("on-policy", "off-policy")),
        "reward": Column("text", "whose reward it is paid"),
        "actor": Column("text", "what chooses an action sees"),
        "critic": Column("text", "what judges it sees, in training only"),
        "sharing": Column("text", "who shares parameters"),
        "head": Column("text", "how actions are drawn"),
        "parameters": Column("integer", "trained numbers per run of two agents"),
        "steps_between_updates": Column("integer", "environment steps over all copies"),
        "updates_per_step": Column("number", "gradient steps per environment step"),
        "samples_per_transition": Column("number", "times that a transition is used"),
        "hyperparameter_hash": Column("text", "as in the rows of its runs"),
    },
    "setting_differences": {
        "policy": Column("text", "learner"),
        "setting": Column("text", "hyperparameter"),
        "published": Column("text", "value in the published study"),
        "ours": Column("text", "value in the corrected protocol; empty if it has none"),
        "why": Column("text", "reason"),
    },
    "reference_scores": {
        **{name: _CELL[name] for name in ("environment", "edition")},
        "policy": Column("text", "learner, constant, heuristic, oracle or Planner"),
        "protocol": Column("text", "of a learner"),
        "reward_mode": Column("text", "mode that a learner is trained on"),
        "steps": Column("integer", "environment steps trained"),
        "runs": Column("integer", "seeds of a learner; episodes of other policies"),
        "score": Column("number", "mean score in welfare; 0 for a run that broke down", (), True),
        "score_sd": Column("number", "standard deviation over seeds, or episodes", (), True),
        "untrained_score": Column("number", "of the learner before training", (), True),
        "welfare": Column("number", "mean W of an episode; payoff units", (), True),
    },
    "signature_runs": {
        **_SIGNATURE,
        "seed": Column("integer", "seed of both runs"),
        "value": Column("number", "measure of the learner", (), True),
        "compared_value": Column("number", "measure of the other", (), True),
    },
    "learner_signatures": {
        **_SIGNATURE,
        "seeds": Column("integer", "pairs of runs, of which both finished"),
        "value": Column("number", "mean of the learner", (), True),
        "compared_value": Column("number", "mean of the other", (), True),
        "difference": Column("number", "mean of the paired differences", (), True),
        "low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "high": Column("number", "the same, upper end", (), True),
        "found": Column("text", "what the interval says", ("as expected", "contrary", "open")),
    },
    "learner_certificates": {
        "environment": _CELL["environment"],
        "edition": _CELL["edition"],
        "policy": Column("text", "learner"),
        "reward_mode": Column("text", "mode trained on", ("private", "cooperative")),
        "target": Column("text", "what theory says for it", ("equilibrium", "optimum")),
        "role": Column("text", "interchangeable agents: 1|2 is agents 1 and 2"),
        "runs": Column("integer", "runs, one per seed"),
        "finished": Column("integer", "runs that finished, which the shares are of"),
        "steps": Column("integer", "environment steps trained"),
        "target_share": Column("number", "share of own endowment; nearest equilibrium", (), True),
        "share": Column("number", "mean share of own endowment after training", (), True),
        "share_low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "share_high": Column("number", "the same, upper end", (), True),
        "gap": Column("number", "share less target share", (), True),
        "within": Column("flag", "at most 0.10 of the endowment from the target"),
    },
    "plan_jobs": {
        "part": Column("text", "folder of results that the job writes to"),
        "edition": Column("text", "of an environment; empty for jobs on none"),
        "environment": Column("text", "name without edition; the same"),
        "policy": Column("text", "learner; empty where none trains"),
        "jobs": Column("integer", "jobs that the row stands for"),
        "runs": Column("integer", "training runs"),
        "cpu_seconds": Column("number", "estimate from recorded costs, of all of them; s"),
        "memory_mb": Column("number", "the same, of the largest; MiB"),
    },
    "plan_counts": {
        "component": Column("text", "what is counted"),
        "planned": Column("integer", "in this study; empty for what it has no part in", (), True),
        "published": Column("integer", "in the published corpus", (), True),
        "note": Column("text", "how the two compare"),
    },
    "costs": {
        "part": Column("text", "folder of results, or table, that the job makes"),
        "job": Column("text", "which of it; empty if there is only one"),
        "edition": Column("text", "of an environment; empty for jobs on none"),
        "environment": Column("text", "name without edition; the same"),
        "policy": Column("text", "learner; empty where none trains"),
        "protocol": Column("text", "protocol trained in; the same"),
        "runs": Column("integer", "training runs"),
        "steps": Column("integer", "environment steps of each"),
        "cpu_seconds": Column("number", "CPU time; without start-up for training runs; s"),
        "seconds": Column("number", "wall time of the job, or the runs' share of it; s"),
        "memory_mb": Column("number", "largest resident memory of the job; MiB"),
    },
    "scales": {
        "scale": Column("text", "file in config/scales"),
        "jobs": Column("integer", "jobs with a benchmark"),
        "runs": Column("integer", "training runs, those for certificates of learners included"),
        "cpu_hours": Column("number", "CPU time of all jobs; h"),
        "minutes": Column("number", "wall time of all jobs, on two cores; min"),
        "memory_mb": Column("number", "largest resident memory of a job; MiB"),
        "disk_mb": Column("number", "size of the results; MB"),
    },
    "solutions": {
        **{name: _CELL[name] for name in ("environment", "edition")},
        "solution": Column("text", "equilibria by reward mode, optimum or plan", SOLUTIONS),
        "number": Column("integer", "which equilibrium; step of a plan"),
        "shares": Column("numbers", "of the own endowment, one per agent"),
        "payoffs": Column("numbers", "of one step, one per agent; payoff units"),
        "gain": Column(
            "number",
            "what the best of 21 constants adds, as a share: if one agent plays it, for itself; at "
            "the optimum if one role plays it, to W",
            (),
            True,
        ),
    },
    "traces": {
        **{name: _CELL[name] for name in ("environment", "edition")},
        "policy": Column("text", "learner or oracle"),
        "protocol": Column("text", "of a learner"),
        "reward_mode": Column("text", "mode that a learner was trained on"),
        "run_id": Column("text", "run of a learner"),
        "episode_seed": Column("integer", "seed of the episode"),
        "step": Column("integer", "step of the episode, from 0"),
        "actions": Column("numbers", "as the policy chose them, one per agent; payoff units"),
        "payoffs": Column("numbers", "of the step, one per agent; payoff units"),
        "trust": Column("number", "mean trust after the step, 0 to 1", (), True),
        "ended": Column("flag", "the episode was over with this step"),
    },
    "verification": {
        "check": Column("text", "recorded table", CHECKS),
        **{name: _CELL[name] for name in ("environment", "edition")},
        "compared": Column("integer", "values compared"),
        "equal": Column("integer", "values equal to the last bit"),
        "difference": Column("number", "largest relative difference; inf where one is missing"),
        "identical": Column("flag", "every value is equal to the last bit"),
        "ok": Column("flag", "as equal as this kind of machine can make it"),
        "worst": Column("text", "the value that differs most; empty for none"),
    },
    "learner_settings": {
        "policy": Column("text", "learner"),
        "environment": Column("text", "name without edition; the formal edition"),
        "setting": Column("text", "what differs from the learner's defaults"),
        "seeds": Column("integer", "runs per setting"),
        "steps": Column("integer", "environment steps trained"),
        "score": Column("number", "mean score in welfare, cooperative reward"),
        "score_low": Column("number", "95 % interval of the mean, Student's t", (), True),
        "score_high": Column("number", "the same, upper end", (), True),
        "advantage": Column("number", "mean score of the defaults less that of the setting"),
        "advantage_low": Column("number", "95 % interval, paired by seed", (), True),
        "advantage_high": Column("number", "the same, upper end", (), True),
        "cpu_seconds": Column("number", "CPU time per run; s"),
    },
    "evaluations": {
        "run_id": Column("text", "run"),
        "kind": Column("text", "how", ("deterministic", "stochastic", "last_five_checkpoints")),
        "episodes": Column("integer", "episodes or checkpoints averaged"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **_MEASURES,
    },
    "scores": {**_TRAINING, **_SCALE},
    "aggregates": {
        "environment": Column("text", "name with edition, or `all v0`, `all v1`"),
        "environments": Column("integer", "environments pooled, those with a score"),
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "reward_mode": Column("text", "mode trained on, or all", (*MODES, "all")),
        "planned": Column("integer", "runs planned"),
        "finished": Column("integer", "runs finished"),
        "iqm": Column("number", "interquartile mean of the score; empty without one", (), True),
        "low": Column("number", "lower end of its 95 % stratified bootstrap interval", (), True),
        "high": Column("number", "upper end", (), True),
        "training_iqm": Column("number", "interquartile mean of the training score"),
        "untrained": Column("number", "interquartile mean of the score before training", (), True),
        **_MEASURES,
    },
    "identity": {
        "environment": Column("text", "name with edition"),
        "policy_set": Column("text", "which policies"),
        "max_relative_difference": Column(
            "number", "largest |cooperative - integrated| / |integrated| of summed returns"
        ),
        "identical": Column("flag", "below 1e-5, float32 rounding"),
    },
    "audit_surface": {
        **_RELEASED,
        **_UNIT,
        "level": Column("number", "share of agent 0's endowment that all agents hold"),
        "mean_return": Column("number", "of an episode, mean over agents; unit"),
        "return_per_agent": Column("numbers", "of an episode, one per agent; unit"),
        "std_per_agent": Column("numbers", "standard deviation over episodes; unit"),
    },
    "audit_static": {
        **_RELEASED,
        **_UNIT,
        "level": Column("number", "the same; agent 0 deviates to half of it"),
        **_CHANGE,
    },
    "audit_temporal": {
        **_RELEASED,
        **_UNIT,
        "strategy": Column("text", "how agent 0 leaves 50 %", DEFECTIONS),
        **_START,
        "episode_length": Column("integer", "steps if nobody deviates"),
        "steps": Column("number", "steps with the deviation, mean over episodes"),
        **_CHANGE,
        "by_chance": Column(
            "number",
            "how often it seems exploitative if it meets other draws than the baseline; empty "
            "where nothing is drawn",
            (),
            True,
        ),
    },
    "audit_interior": {
        **_CELL,
        **_UNIT,
        **_START,
        "share": Column("number", "share of its own endowment that agent 0 deviates to from 0.5"),
        **_CHANGE,
    },
    "released_audit": {
        **_CELL,
        **_UNIT,
        "seeds": Column("integer", "seeds of the audit"),
        "played": Column("integer", "of these, seeds that are not replicates"),
        "episode_length": Column("integer", "steps if nobody deviates"),
        "optimal_level": Column("number", "level with the highest mean return; median over seeds"),
        "static_varies": Column("flag", "the number of exploitative levels depends on the seed"),
        **_RELEASED_SUMMARY,
        "onset": Column("number", "first exploitative late start, part of the episode", (), True),
        "vulnerability": Column("text", "class of the late deviations; several if seeds differ"),
        "ramp_gain": Column("number", "gain by the ramp, % of the mean return; mean over seeds"),
        "ramp_by_chance": Column(
            "number", "how often the ramp seems exploitative if draws are not shared", (), True
        ),
        "best_gain": Column("number", "largest gain of `audit_interior`, % of agent 0's return"),
        "best_share": Column("number", "share of it"),
        "best_start": Column("number", "its first step, part of the episode"),
    },
    "released_audit_classes": {
        "mechanism_class": Column("text", "technical report, or all", (*CLASSES, "all")),
        **_UNIT,
        "environments": Column("integer", "environments"),
        **_RELEASED_SUMMARY,
        "static_rate": Column("number", "exploitative share of static deviations"),
        "last_step_cost_low": Column("number", "smallest of an environment; unit"),
        "last_step_cost_high": Column("number", "largest"),
        "ramp_environments": Column("integer", "environments with an exploitative ramp"),
    },
    "released_audit_figures": {
        "quantity": Column("text", "what is published"),
        "published": Column("text", "its value"),
        "recomputed": Column("text", "ours; empty while environments are missing"),
        "result": Column("text", "what the comparison says", COUNT_RESULTS),
        "note": Column("text", "explanation"),
        "source": Column("text", "document and place"),
    },
    "released_audit_records": {
        "audit": Column("text", "part of the audit", ("static", "temporal")),
        "policy": Column("text", "label, which no computation uses; empty for none"),
        "environment": Column("text", "name without edition; empty where it is not known"),
        "seed": Column("integer", "seed of the audit"),
        "origin": Column("text", "why there is such a record", RECORD_ORIGINS),
        "replicate": Column("flag", "the same experiment as an earlier record"),
        "optimal_level": Column("number", "level with the highest mean return", (), True),
        "exploitative": Column("integer", "exploitative tests of its own", (), True),
        "vulnerability": Column("text", "class of the late deviations"),
    },
    "audit_deviations": {
        **_AUDITED,
        **_DEVIATOR,
        "share": Column("number", "share of own endowment that it holds from the start on"),
        "start": Column("integer", "first step of the deviation"),
        "start_fraction": Column("number", "the same, part of the episode"),
        "episodes": Column("integer", "episodes averaged"),
        "payoff": Column("number", "of the agent without deviation, per episode; payoff units"),
        **_GAINED,
        "gain_integrated": Column("number", "the same in integrated reward"),
        "others_change": Column("number", "mean change of another agent's payoff; payoff units"),
        "exploitative": Column("flag", "the agent gains and the others lose, both on average"),
    },
    "audit_exploitability": {
        **_AUDITED,
        **_DEVIATOR,
        "agent": Column("integer", "who deviates; empty for the sum over agents", (), True),
        "members": Column("integer", "number of agents for which it stands"),
        "episodes": Column("integer", "episodes that the gain is measured in"),
        "payoff": Column("number", "without deviation, per episode; payoff units"),
        **_GAINED,
        "gain_low": Column("number", "95 % interval over episodes, or the least of the restarts"),
        "gain_high": Column("number", "upper end"),
        "interval": Column("text", "what low and high are over", ("episodes", "restarts")),
        "family": Column("text", "best reply found; several: not the same for all", REPLIES),
        "constant_gain": Column("number", "of the best share and switch; payoff units"),
        "others_change": Column("number", "mean change of another agent's payoff; payoff units"),
        "share": Column("number", "mean share of own endowment without deviation, 0 to 1"),
        "reply_share": Column("number", "the same of the best reply"),
    },
    "audit_cross_play": {
        **_AUDITED,
        "role": Column("text", "interchangeable agents, one of whom plays the policy: 1|2"),
        "seat": Column("integer", "this agent; all others play the partner"),
        **_PARTNER,
        "episodes": Column("integer", "1 where nothing is drawn"),
        **_over_episodes("payoff", "of the seat per episode; payoff units"),
        "others_payoff": Column("number", "mean of the others; payoff units"),
        "worst_off": Column("number", "of the agent paid least in an episode; payoff units"),
        "welfare": Column("number", "W, payoffs summed over steps and agents; payoff units"),
        "share": Column("number", "mean share of own endowment in the seat, 0 to 1"),
        "others_share": Column("number", "mean of the others"),
    },
    "audit_cross_play_summary": {
        **_AUDITED,
        "partners": Column("integer", "other policies met"),
        "self_play": Column("number", "payoff of an agent among its like; payoff units"),
        "cross_play": Column("number", "the same with the partners, mean", (), True),
        "gap": Column("number", "self-play less cross-play: coordination gap", (), True),
        "other_runs": Column("integer", "runs met that differ in their seed alone"),
        "runs_gap": Column("number", "self-play less play with these", (), True),
        "among_zero": Column("number", "payoff among agents who contribute nothing", (), True),
        "defector_level": Column(
            "integer", "lowest constant that pays among the best constant, percent", (), True
        ),
        "among_defectors": Column("number", "payoff among agents who hold it", (), True),
        "worst_partner": Column("text", "with whom an agent earns least; empty for none"),
        "worst_payoff": Column("number", "what it earns then; payoff units", (), True),
        "best_partner": Column("text", "with whom it earns most; empty for none"),
        "best_payoff": Column("number", "what it earns then; payoff units", (), True),
        "partners_payoff": Column("number", "mean payoff of the partners; payoff units", (), True),
    },
    "audit_schelling": {
        **_AUDITED,
        "role": Column("text", "interchangeable agents, one of whom plays the policy: 1|2"),
        "cooperators": Column("integer", "others who play C; the rest play D"),
        "episodes": Column("integer", "1 where nothing is drawn"),
        **_over_episodes("payoff", "of the seat per episode; payoff units"),
        "cooperator_payoff": Column("number", "of a seat that plays C instead; payoff units"),
        "defector_payoff": Column("number", "of a seat that plays D instead; payoff units"),
        "share": Column("number", "mean share of own endowment in the seat, 0 to 1"),
        "position": Column("number", "the same between D (0) and C (1)", (), True),
    },
    "audit_worst_case_training": {
        **{name: _CELL[name] for name in ("environment", "edition")},
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "reward_mode": Column("text", "mode trained on", MODES),
        "partner": Column("text", "who trained the others", ("MADDPG", "M3DDPG", "worst")),
        "seeds": Column("integer", "pairs of runs"),
        "m3ddpg": Column("number", "payoff of an agent of M3DDPG per episode; payoff units"),
        "maddpg": Column("number", "the same of MADDPG"),
        "difference": Column("number", "mean of the paired differences"),
        "difference_low": Column("number", "95 % interval over seeds, Student's t", (), True),
        "difference_high": Column("number", "the same, upper end", (), True),
    },
    "audit_robustness": {
        **_AUDITED,
        "disturbance": Column("text", "of what is seen or played, or who is met", DISTURBED),
        "size": Column("number", "standard deviation, or probability", (), True),
        "partner": Column("text", "the worst partner; empty for other disturbances"),
        "episodes": Column("integer", "1 where nothing is drawn"),
        **_over_episodes("payoff", "per agent that plays the policy and episode; payoff units"),
        **_over_episodes("welfare", "W, payoffs summed over steps and agents; payoff units"),
        "worst_off": Column("number", "of the agent paid least in an episode; payoff units"),
        **_over_episodes("loss", "payoff undisturbed less disturbed, same episodes; payoff units"),
        "loss_share": Column("number", "the same, a share of the undisturbed payoff", (), True),
    },
    "audit_behaviour": {
        **_AUDITED,
        "episodes": Column("integer", "of self-play; 1 where nothing is drawn"),
        "slope": Column("number", "of own share on the others' mean share a step before", (), True),
        "slope_low": Column("number", "95 % interval, jackknife over episodes", (), True),
        "slope_high": Column("number", "the same, upper end", (), True),
        "retaliation": Column("number", "largest fall of the share after one defection", (), True),
        "forgiveness": Column("number", "part of it given back after ten steps", (), True),
        **_over_episodes("welfare", "W, payoffs summed over steps and agents; payoff units"),
        "share": Column("number", "mean share of own endowment, 0 to 1"),
        "end_game": Column("number", "mean share in the last tenth less the middle", (), True),
        "gini": Column("number", "of payoffs: 0 equal, towards 1 unequal"),
        "jain": Column("number", "of payoffs: 1 equal"),
        "efficiency": Column("number", "W over W of the dynamic optimum", (), True),
        "sustainability": Column("number", "W of the last quarter over the first", (), True),
    },
    "audit_trajectories": {
        **_AUDITED,
        "step": Column("integer", "step of the episode, from 0"),
        "running": Column("number", "part of the episodes that have not ended before"),
        "welfare": Column("number", "payoffs of the step, summed over agents; payoff units"),
        "trust": Column("number", "mean trust after it, of running episodes, 0 to 1", (), True),
        "share": Column("number", "mean share of own endowment, 0 to 1; 0 after an end"),
    },
    "audit_reward_hacking": {
        "run_id": _RUN["run_id"],
        **{name: _CELL[name] for name in ("environment", "edition")},
        **{name: _RUN[name] for name in ("policy", "protocol", "reward_mode", "seed")},
        "evaluations": Column("integer", "points of the learning curve, the first before training"),
        "correlation": Column("number", "of trained reward and W over them, Pearson", (), True),
        "breaks": Column("flag", "the reward goes on rising while payoffs fall"),
        "break_step": Column("integer", "environment steps at the highest W, if so", (), True),
        "peak_welfare": Column("number", "highest W; payoff units"),
        "last_welfare": Column("number", "mean W of the last two evaluations; payoff units"),
        "peak_return": Column("number", "summed reward of the mode at the highest W"),
        "last_return": Column("number", "mean of the last two evaluations"),
    },
    "claims": {
        "claim_id": Column("text", "id; N for our own findings"),
        "group": Column("text", "whose claim", GROUPS),
        "statement": Column("text", "the claim"),
        "source": Column("text", "where it is published"),
        "published": Column("text", "published value", (), True),
        "verdict": Column("text", "what this study says", VERDICTS),
        "estimate": Column("text", "our value"),
        "low": Column("number", "lower end of the interval", (), True),
        "high": Column("number", "upper end", (), True),
        "decided_by": Column("text", "results that decide", DECIDERS),
        "reason": Column("text", "why this verdict"),
        "rule": Column("text", "when it counts as confirmed or refuted"),
        "figure": Column("text", "figure that shows it; empty for none"),
        "table": Column("text", "table of the report that shows it; empty for none"),
    },
}


def columns_hash(*tables: str) -> str:
    """Hash of the columns of some tables, whatever is said about them.

    Raises:
        KeyError: no such table.
    """
    content = [
        (table, name, column.kind, column.allowed, column.optional)
        for table in tables
        for name, column in TABLES[table].items()
    ]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]
