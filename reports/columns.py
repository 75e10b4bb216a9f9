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
DECIDERS = ("reference", "contract", "counts", "certificates")
DECIDERS += ("as_published", "corrected", "both", "")
COUNT_RESULTS = ("match", "mismatch", "not derivable")


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
