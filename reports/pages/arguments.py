"""What arguments of the environments mean where their constructor does not say it."""

from __future__ import annotations

from coopetition.envs.formal import FormalGame
from coopetition.envs.mechanisms.collective_action import TeamParameters

from .markdown import parsed

_OF_TEAM = parsed(TeamParameters).entries("Attributes")
# The released model of the team.
_IDLE = "for `info` and oracles, not for payoffs"
MEANINGS = {
    **parsed(FormalGame).entries("Args"),
    "max_steps": "steps per episode",
    "n_agents": "number of agents",
    "phase": "phase of the history",
    "value_params": "fields of the value function to override, by name",
    "trust_params": "fields of the trust dynamics to override, by name",
    # Interdependence.
    "reputation_weight": "of the released constructor; without effect",
    "strong_dependency": "how much the strong agent depends on the weak one",
    "weak_dependency": "how much the weak agent depends on the strong one",
    "n_developers": "developers beside the platform",
    "platform_share": "the platform's share of the surplus; developers divide the rest equally",
    "platform_dependency": "how much the platform depends on each developer",
    "developer_dependency": "how much each developer depends on the platform",
    # Trust.
    "agreement_threshold": "distance of two actions that agree, and largest one without a breach",
    "breach_penalty_multiplier": "reward units per unit of deviation in a breach",
    "negotiation_rounds": "of the released constructor; without effect",
    "initial_trust": "trust of every pair at reset",
    "initial_reputation_damage": "damage of every pair at reset",
    "recovery_target": "mean trust that ends the episode",
    "trust_enabled": "whether trust moves; otherwise it stays at one",
    "trust_sensitivity": "kappa, sensitivity of the trust signal",
    "trust_building_rate": "lambda_plus",
    "trust_erosion_rate": "lambda_minus",
    # Collective action.
    **{name: f"{_OF_TEAM[name]}; {_IDLE}" for name in ("omega", "beta", "c")},
    **{name: f"{_OF_TEAM[name]}; {_IDLE}" for name in ("phi_B", "phi_C")},
    "multiplier": f"of the sum of contributions; {_IDLE}",
    "endowment": "upper bound of each contribution",
    "min_coalition_size": "members that always stay",
    "exit_threshold": "loyalty below which a member is excluded",
    "reentry_cooldown": "steps before an excluded agent may return",
}
