"""What is measured of the environments, and what theory says of them."""

from __future__ import annotations

from coopetition.agents.constants import ACTION_BASES

from .fields import CELL, COUNT_RESULTS, GAIN, MEASURES, MODES, PER_STEP, Column

QUANTITIES = (
    *("agents", "horizon", "class", "observation", "baselines", "early termination"),
    "spread of constants",
)
SOLUTIONS = (*MODES, "optimum", "plan")

_WELFARE = {
    f"welfare_{name}": Column("number", f"W of {about}; {PER_STEP}", (), name.startswith("nash"))
    for name, about in {
        "optimum": "C",
        "dynamic_optimum": "the best plan over time that was found",
        "nash_worst": "D",
        "nash_best": "the private equilibrium of the highest W",
    }.items()
}
_WELFARE_OF_PLAY = {
    f"welfare_{name}": Column("number", f"W {about}; {PER_STEP}")
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

TABLES = {
    "contract": {
        **CELL,
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
    "certificates": {
        **CELL,
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
        "greed": Column("numbers", f"gain of the best reply to C, per role; {PER_STEP}"),
        "greed_stage_reset": Column("numbers", "the same in the first step alone, per role"),
        "best_reply_to_C": Column("numbers", "share per role"),
        "R": Column("number", f"payoff of a cooperator among cooperators; {PER_STEP}"),
        "fear": Column("number", f"P - S; {PER_STEP}", (), True),
        "fear_by_role": Column("numbers", "the same per role", (), True),
        "S": Column("number", "payoff of a lone cooperator among defectors", (), True),
        "T_temptation": Column("number", "payoff of a lone defector among cooperators", (), True),
        "P": Column("number", "payoff of a defector among defectors", (), True),
        "schelling_cooperator": Column(
            "numbers", f"payoff of a cooperator with k = 0 ... N - 1 others; {PER_STEP}", (), True
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
        **{name: CELL[name] for name in ("environment", "edition")},
        "role": Column("integer", "number of the role"),
        "agents": Column("text", "who plays it: 0|1"),
        "others": Column("number", "share that all others play for an episode"),
        "reply": Column("number", "share that pays one agent of the role most"),
    },
    "solutions": {
        **{name: CELL[name] for name in ("environment", "edition")},
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
    "reference": {
        **CELL,
        "policy": Column("text", "constant, heuristic, oracle or Planner"),
        "level": Column("integer", "of a constant, percent of the endowment", (), True),
        "action_basis": Column("text", "whose endowment amounts refer to", ACTION_BASES),
        "reward_mode": Column("text", "mode of mode_return", MODES),
        "episodes": Column("integer", "episodes averaged"),
        "mode_return": Column("number", "rewards of the mode, summed over steps and agents"),
        "mode_return_std": Column("number", "its standard deviation over episodes"),
        **MEASURES,
        "welfare_std": Column("number", "standard deviation of W over episodes"),
        "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
        "terminated_share": Column("number", "share of episodes that the game ended early"),
        **GAIN,
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
    "identity": {
        "environment": Column("text", "name with edition"),
        "policy_set": Column("text", "which policies"),
        "max_relative_difference": Column(
            "number", "largest |cooperative - integrated| / |integrated| of summed returns"
        ),
        "identical": Column("flag", "below 1e-5, float32 rounding"),
    },
}
