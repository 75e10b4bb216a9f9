"""The oracles of collective action (TR-3): closed forms of the team-production game.

That game (output omega (sum a)^beta shared equally, cost c a) is reported in `info` and never paid;
theta_L stands for loyalty. Efforts are clipped to the endowment.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from coopetition.envs.engine import Array
from coopetition.envs.mechanisms.collective_action import TeamDiagnostics, TeamParameters
from coopetition.envs.released import ReleasedGame

from .base import Card, StationaryOracle, part

LOYALTY = 0.9
# What takes the place of the closed forms where returns to scale are constant.
NASH_AT_CONSTANT_RETURNS = 50.0
OPTIMUM_AT_CONSTANT_RETURNS = 75.0


class TeamOracle(StationaryOracle):
    """Equal efforts from a closed form."""

    mechanism_class = "TR-3"
    at_constant_returns = OPTIMUM_AT_CONSTANT_RETURNS

    def profile(self, game: ReleasedGame) -> Array:
        """The effort, within what an agent has."""
        team = part(game, TeamDiagnostics).team
        constant_returns = abs(team.beta - 1) < 1e-9
        effort = self.at_constant_returns if constant_returns else self.effort(team)
        return np.full(team.n_agents, min(effort, team.max_effort))

    @abstractmethod
    def effort(self, team: TeamParameters) -> float:
        """Effort of each agent, not clipped."""


class Nash(TeamOracle):
    """Symmetric Nash effort of team production."""

    name = "Oracle_Nash"
    at_constant_returns = NASH_AT_CONSTANT_RETURNS
    card = Card(
        equation="a = (omega beta / (c N^(2 - beta)))^(1 / (1 - beta)); 50 for beta = 1",
        role="lower bound",
        here=(
            "The equilibrium of a game that is not the one paid. PublicGoods has beta = 1 and a "
            "dominant contribution of 0; 50 is full contribution. ApacheProject has 40 agents: "
            "0.003 units, 82,151. TeamProduction and LoyaltyTeam: 34.24 units return 95,373 and "
            "126,203, more than the oracles called upper bounds (89,390 and 123,359) and less than "
            "the best constants (97,144 and 126,215). CoalitionFormation: 5.91 units, 32,148."
        ),
    )

    def effort(self, team: TeamParameters) -> float:
        """As reported in `info`."""
        return team.nash_effort


class SocialOptimum(TeamOracle):
    """Symmetric effort that maximises the payoff of the team."""

    name = "Oracle_SocialOptimum"
    card = Card(
        equation="a = (omega beta / c)^(1 / (1 - beta)) / N; 75 for beta = 1",
        role="upper bound",
        here=(
            "The optimum lies between 75 and 3,479 units, the endowment is 50: full contribution, "
            "Constant_100, in all five environments. Returns, and those of the best constant: "
            "TeamProduction 89,390 (97,144), LoyaltyTeam 123,359 (126,215), CoalitionFormation "
            "421,152 (436,588), ApacheProject 5,484,826 (5,831,332), PublicGoods 182,166 (187,799)."
        ),
    )

    def effort(self, team: TeamParameters) -> float:
        """As reported in `info`."""
        return team.optimal_effort


class Loyalty(TeamOracle):
    """Symmetric effort of loyal agents, with the released closed form."""

    name = "Oracle_Loyalty"
    card = Card(
        equation=(
            "a = (omega beta (1 + phi_B theta_L (N - 1)) / (N c (1 - phi_C theta_L)))"
            "^(1 / (1 - beta)), theta_L = 0.9"
        ),
        role="upper bound that loyalty makes possible",
        here=(
            "The first-order condition of its objective, with the mean payoff of the teammates, "
            "gives (1 / N) (omega beta (1 + phi_B theta_L) / (N c (1 - phi_C theta_L)))"
            "^(1 / (1 - beta)): 0.038 on ApacheProject, and on TeamProduction the Nash effort of "
            "34.24 where the equation above gives 136.96. Clipped, it is full contribution in all "
            "five environments: the same policy as Oracle_SocialOptimum and Constant_100, whose "
            "returns are those published for it."
        ),
    )

    def effort(self, team: TeamParameters) -> float:
        """Infinite where loyalty takes away the whole cost."""
        cost = team.c * team.n_agents * (1 - team.phi_C * LOYALTY)
        if cost <= 0:
            return np.inf
        gain = team.omega * team.beta * (1 + team.phi_B * LOYALTY * (team.n_agents - 1))
        with np.errstate(over="ignore"):
            return float(np.float64(gain / cost) ** (1 / (1 - team.beta)))
