"""Audits of policies; see `agents.audits`."""

from __future__ import annotations

from .fields import CELL, GAINED, MODES, PROTOCOLS, RUN, Column

REPLIES = ("stay", "constant", "plan", "reactive", "several")

# Who is audited; see `agents.audits.panel`.
_AUDITED = {
    **{name: CELL[name] for name in ("environment", "edition")},
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


_IN_SEAT = {
    **_over_episodes("payoff", "of the seat per episode; payoff units"),
    "others_payoff": Column("number", "mean of the others; payoff units"),
    "worst_off": Column("number", "of the agent paid least in an episode; payoff units"),
    "welfare": Column("number", "W, payoffs summed over steps and agents; payoff units"),
    "share": Column("number", "mean share of own endowment in the seat, 0 to 1"),
    "others_share": Column("number", "mean of the others"),
}
_DEVIATOR = {
    "agent": Column("integer", "who deviates"),
    "agents": Column("text", "for whom it stands, such as 0|1; `all` for the sum over agents"),
}

TABLES = {
    "audit_deviations": {
        **_AUDITED,
        **_DEVIATOR,
        "share": Column("number", "share of own endowment that it holds from the start on"),
        "start": Column("integer", "first step of the deviation"),
        "start_fraction": Column("number", "the same, part of the episode"),
        "episodes": Column("integer", "episodes averaged"),
        "payoff": Column("number", "of the agent without deviation, per episode; payoff units"),
        **GAINED,
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
        **GAINED,
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
        **_IN_SEAT,
    },
    "audit_mixture": {
        **_AUDITED,
        "role": Column("text", "interchangeable agents, one of whom plays the policy: 1|2"),
        "seat": Column("integer", "this agent; every other one plays a policy that was drawn"),
        "pool": Column("integer", "policies that are drawn from"),
        "episodes": Column("integer", "companies, one episode each"),
        **_IN_SEAT,
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
        **{name: CELL[name] for name in ("environment", "edition")},
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
        "run_id": RUN["run_id"],
        **{name: CELL[name] for name in ("environment", "edition")},
        **{name: RUN[name] for name in ("policy", "protocol", "reward_mode", "seed")},
        "evaluations": Column("integer", "points of the learning curve, the first before training"),
        "correlation": Column("number", "of trained reward and W over them, Pearson", (), True),
        "breaks": Column("flag", "the reward goes on rising while payoffs fall"),
        "break_step": Column("integer", "environment steps at the highest W, if so", (), True),
        "peak_welfare": Column("number", "highest W; payoff units"),
        "last_welfare": Column("number", "mean W of the last two evaluations; payoff units"),
        "peak_return": Column("number", "summed reward of the mode at the highest W"),
        "last_return": Column("number", "mean of the last two evaluations"),
    },
}
