"""Collective action (TR-3): the team-production model, and what the released code pays instead.

The formulas of the report (team output, Nash and optimal effort) reach only `info` in the
released edition; the reward is the generic payoff times a multiplier with thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..engine import Array, Game, State, row_sum
from . import Mechanism, Step

FREE_RIDER_SHARE = 0.3
INITIAL_LOYALTY = 0.5


@dataclass(frozen=True)
class TeamParameters:
    """Parameters of the team-production model of TR-3.

    Attributes:
        n_agents: team size N.
        omega: productivity, positive.
        beta: returns to scale of the total effort, positive.
        c: marginal cost of effort, positive.
        max_effort: endowment of each agent.
    """

    n_agents: int
    omega: float
    beta: float
    c: float
    max_effort: float

    def __post_init__(self) -> None:
        if self.n_agents < 2:
            raise ValueError(f"n_agents={self.n_agents}: a team has at least 2 agents")
        for name in ("omega", "beta", "c", "max_effort"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be positive")

    def output(self, total_effort: float) -> float:
        """Team output Q = omega (sum a)^beta."""
        return self.omega * total_effort**self.beta

    @cached_property
    def nash_effort(self) -> float:
        """Symmetric Nash effort of the model, not clipped to the endowment (TR-3)."""
        if abs(self.beta - 1) < 1e-9:
            return 0.0 if self.omega / self.n_agents < self.c else self.max_effort
        base = self.omega * self.beta / (self.c * self.n_agents ** (2 - self.beta))
        return base ** (1 / (1 - self.beta))

    @cached_property
    def optimal_effort(self) -> float:
        """Symmetric effort that maximises the team's payoff, not clipped (TR-3)."""
        if abs(self.beta - 1) < 1e-9:
            return self.max_effort if self.omega > self.c else 0.0
        return (self.omega * self.beta / self.c) ** (1 / (1 - self.beta)) / self.n_agents


@dataclass(frozen=True)
class FreeRiderDiscount(Mechanism):
    """Rewards are multiplied by `factor` while an agent's share of its endowment is too low."""

    threshold: float
    factor: float

    def update(self, game: Game, step: Step) -> None:
        """Find this step's factor of each agent, [B, N] float32."""
        low = step.terms["shares"] < np.float32(self.threshold)
        step.terms["discount"] = np.where(low, np.float32(self.factor), np.float32(1.0))

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Multiply."""
        return rewards * terms["discount"]


@dataclass(frozen=True)
class TeamDiagnostics(Mechanism):
    """The team-production model as reported in `info` of a game whose loyalty never changes.

    With equal loyalties the cohesion, their weighted mean, is that loyalty.
    """

    team: TeamParameters

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Output, efforts, loyalty, cohesion and free riders of the last actions."""
        actions = state["actions"][copy]
        total = float(row_sum(actions))
        (free_riders,) = (actions / game.endowments < np.float32(FREE_RIDER_SHARE)).nonzero()
        optimum = self.team.optimal_effort
        return {
            "team_output": self.team.output(total),
            "nash_equilibrium": self.team.nash_effort,
            "social_optimum": optimum,
            "mean_loyalty": INITIAL_LOYALTY,
            "loyalty_scores": [INITIAL_LOYALTY] * game.n_agents,
            "team_cohesion": INITIAL_LOYALTY,
            "free_rider_count": len(free_riders),
            "free_rider_indices": free_riders.tolist(),
            "efficiency_ratio": total / game.n_agents / optimum,
        }
