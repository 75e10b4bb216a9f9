"""Collective action (TR-3): the team-production model, and what the released code pays instead.

The formulas of the report (team output, loyalty-augmented utility, Nash and optimal effort) reach
only `info` in the released edition; the reward is the generic payoff times a multiplier with
thresholds. Loyalty reaches it through the exclusion from a coalition alone.

Order in a game: `Loyalty`, `FreeRiderDiscount`, `ContributionBonus`, `Coalition`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine import Array, Game, Seed, State, row_sum
from . import Mechanism, Step
from .interdependence import symmetric
from .memory import mean_of_last, push
from .trust import TrustParameters
from .value import ValueParameters

if TYPE_CHECKING:
    from ..released import ReleasedGame

FREE_RIDER_SHARE = 0.3
INITIAL_LOYALTY = 0.5
# Share from which loyalty grows, and which all must reach to be paid for coordination.
LOYAL_SHARE = 0.5


@dataclass(frozen=True)
class TeamParameters:
    """Parameters of the team-production model of TR-3.

    Attributes:
        n_agents: team size N.
        omega: productivity, positive.
        beta: returns to scale of the total effort, positive.
        c: marginal cost of effort, positive.
        max_effort: endowment of each agent.
        phi_B: weight of the others' payoff in a loyal agent's utility, at least 0.
        phi_C: share of its cost that a loyal agent does not feel, at least 0.
    """

    n_agents: int
    omega: float
    beta: float
    c: float
    max_effort: float
    phi_B: float = 0.0
    phi_C: float = 0.0

    def __post_init__(self) -> None:
        if self.n_agents < 2:
            raise ValueError(f"n_agents={self.n_agents}: a team has at least 2 agents")
        for name in ("omega", "beta", "c", "max_effort"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: must be positive")
        for name in ("phi_B", "phi_C"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}={getattr(self, name)}: must not be negative")

    def output(self, total_effort: float) -> float:
        """Team output Q = omega (sum a)^beta."""
        return self.omega * _power(total_effort, self.beta)

    def utilities(self, actions: Array, loyalty: Array) -> Array:
        """p_i + theta_i (phi_B mean_{j != i} p_j + phi_C c a_i), with p_i = Q / N - c a_i.

        Args:
            actions: [N] efforts.
            loyalty: [N] theta, in [0, 1].

        Returns:
            [N] float64.
        """
        costs = self.c * np.asarray(actions, np.float64)
        payoffs = self.output(float(np.sum(actions))) / self.n_agents - costs
        of_others = (payoffs.sum() - payoffs) / (self.n_agents - 1)
        return payoffs + loyalty * (self.phi_B * of_others + self.phi_C * costs)

    @cached_property
    def nash_effort(self) -> float:
        """Symmetric Nash effort of the model, not clipped to the endowment (TR-3)."""
        if abs(self.beta - 1) < 1e-9:
            return 0.0 if self.omega / self.n_agents < self.c else self.max_effort
        base = self.omega * self.beta / (self.c * self.n_agents ** (2 - self.beta))
        return _power(base, 1 / (1 - self.beta))

    @cached_property
    def optimal_effort(self) -> float:
        """Symmetric effort that maximises the team's payoff, not clipped (TR-3)."""
        if abs(self.beta - 1) < 1e-9:
            return self.max_effort if self.omega > self.c else 0.0
        return _power(self.omega * self.beta / self.c, 1 / (1 - self.beta)) / self.n_agents


def _power(base: float, exponent: float) -> float:
    """A power that is infinite where it leaves double precision, as it does near beta = 1."""
    try:
        return base**exponent
    except OverflowError:
        return inf


def released_setting(team: TeamParameters) -> dict[str, Any]:
    """What all released games of the class share, as keywords of `ReleasedGame`.

    Equal endowments with the norm at 40 % of them, equal dependence, and one set of trust
    parameters, whatever the team's own parameters are (spec TR-3, section 5).
    """
    return {
        "endowments": (team.max_effort,) * team.n_agents,
        "baselines": (0.4 * team.max_effort,) * team.n_agents,
        "dependence": symmetric(team.n_agents, 0.55),
        "value": ValueParameters(),
        "trust": TrustParameters(
            lambda_plus=0.10, lambda_minus=0.25, mu_R=0.40, delta_R=0.02, xi=0.50
        ),
    }


@dataclass(frozen=True)
class Loyalty(Mechanism):
    """Loyalty theta of each agent: grows slowly with its effort, falls below half effort.

    Attributes:
        initial: theta at reset.
        cap: largest theta, in (0, 1].
    """

    initial: float = INITIAL_LOYALTY
    cap: float = 1.0

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """All agents equally loyal, [B, N] float32."""
        return {"loyalty": np.full((len(seeds), game.n_agents), self.initial, np.float32)}

    def update(self, game: Game, step: Step) -> None:
        """One step of theta."""
        shares = step.terms["shares"]
        change = np.where(shares >= LOYAL_SHARE, 0.02 * shares, -0.05 * (0.5 - shares))
        change += step.before["loyalty"]
        step.after["loyalty"] = np.minimum(np.maximum(change, 0.0), self.cap)


@dataclass(frozen=True)
class FreeRiderDiscount(Mechanism):
    """Rewards are multiplied by `factor` while an agent's share of its endowment is too low.

    Later mechanisms multiply their factors into the same `multiplier`: the released code rounds
    the product before it multiplies a reward.

    Attributes:
        threshold: share from which a reward is paid in full.
        factor: what a reward is multiplied by below it.
    """

    threshold: float = FREE_RIDER_SHARE
    factor: float = 0.5

    def update(self, game: Game, step: Step) -> None:
        """Find this step's factor of each agent, [B, N] float32."""
        low = step.terms["shares"] < self.threshold
        step.terms["multiplier"] = np.where(low, np.float32(self.factor), np.float32(1.0))

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Multiply."""
        return rewards * terms["multiplier"]


@dataclass(frozen=True)
class ContributionBonus(Mechanism):
    """Raises the multiplier for sustained effort, and for all when nobody stays below half.

    Attributes:
        memory: steps whose mean share counts as sustained effort; fewer after a reset.
        threshold: mean share from which the bonus is paid.
        rate: bonus per unit of mean share.
        coordination: factor for all agents when every share reaches `LOYAL_SHARE`.
    """

    memory: int = 10
    threshold: float = 0.6
    rate: float = 0.15
    coordination: float = 1.2

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Empty window of past shares."""
        return {"recent_shares": np.zeros((len(seeds), game.n_agents, self.memory), np.float32)}

    def update(self, game: Game, step: Step) -> None:
        """Multiply by the bonus of each agent, then by the one for all."""
        shares, multiplier = step.terms["shares"], step.terms["multiplier"]
        recent = push(step.before["recent_shares"], shares)
        step.after["recent_shares"] = recent
        sustained = mean_of_last(recent, np.minimum(self.memory, step.after["t"]))
        bonus = 1 + self.rate * sustained
        multiplier *= np.where(sustained >= self.threshold, bonus, np.float32(1.0))
        together = (shares >= LOYAL_SHARE).all(axis=-1)
        multiplier[together] *= np.float32(self.coordination)


@dataclass(frozen=True)
class Coalition(Mechanism):
    """Members with too little loyalty are excluded; they may return after a while.

    Agents are judged in the order of the published lists of members and of excluded agents, each
    of which grows at its end. `order` holds a ticket per agent, so that sorting either group by
    ticket gives its list.

    Attributes:
        min_size: nobody is excluded from a coalition of this size, between 1 and N.
        exit_threshold: loyalty below which a member is excluded.
        cooldown: timer of an excluded agent, which falls by one from the step of its exclusion on.
        reentry_threshold: loyalty from which it returns once the timer has run out.
        excluded_factor, member_factor: what the multiplier of either group is multiplied by.
    """

    min_size: int
    exit_threshold: float
    cooldown: int
    reentry_threshold: float = 0.4
    excluded_factor: float = 0.5
    member_factor: float = 1.1

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Everybody is a member, in index order."""
        shape = (len(seeds), game.n_agents)
        return {
            "excluded": np.zeros(shape, bool),
            "order": np.tile(np.arange(game.n_agents), (len(seeds), 1)),
            "timers": np.zeros(shape, np.int64),
        }

    def update(self, game: Game, step: Step) -> None:
        """Exclude, readmit, and multiply by the factor of the group."""
        before, loyalty = step.before, step.after["loyalty"]
        excluded, order, timers = before["excluded"], before["order"], before["timers"]
        disloyal = ~excluded & (loyalty < self.exit_threshold)
        if disloyal.any() or excluded.any():
            # Tickets of a step are higher than all before it, whatever other copies do.
            first_ticket = 2 * game.n_agents * step.after["t"][:, None]
            members = game.n_agents - np.count_nonzero(excluded, axis=1, keepdims=True)
            surplus = members - self.min_size
            disloyal &= surplus > 0
            rank = _rank(disloyal, order)
            leaving = disloyal & (rank < surplus)
            excluded = excluded | leaving
            order = np.where(leaving, first_ticket + rank, order)
            timers = np.where(leaving, self.cooldown, timers) - excluded

            returning = excluded & (timers <= 0) & (loyalty >= self.reentry_threshold)
            rank = _rank(returning, order)
            excluded = excluded & ~returning
            order = np.where(returning, first_ticket + game.n_agents + rank, order)
            timers = np.where(returning, 0, timers)
        step.after |= {"excluded": excluded, "order": order, "timers": timers}
        step.terms["multiplier"] *= np.where(
            excluded, np.float32(self.excluded_factor), np.float32(self.member_factor)
        )

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Both lists in their order, and the size of the coalition."""
        by_ticket = np.argsort(state["order"][copy])
        outside = state["excluded"][copy][by_ticket]
        members = by_ticket[~outside].tolist()
        return {
            "coalition_size": len(members),
            "coalition_members": members,
            "excluded_agents": by_ticket[outside].tolist(),
            "coalition_stability": len(members) / game.n_agents,
        }


def _rank(chosen: Array, order: Array) -> Array:
    """Number of chosen agents with a lower ticket than each agent's own, [B, N]."""
    if not chosen.any():
        return np.zeros(order.shape, np.int64)
    ahead = (order[:, None, :] < order[:, :, None]) & chosen[:, None, :]
    return np.count_nonzero(ahead, axis=-1)


@dataclass(frozen=True)
class TeamDiagnostics(Mechanism):
    """The team-production model as reported in `info`."""

    team: TeamParameters

    def info(
        self, game: ReleasedGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Output, efforts, loyalty, cohesion and free riders of the last actions."""
        actions = state["actions"][copy]
        loyalty = np.full(game.n_agents, INITIAL_LOYALTY, np.float32)
        # The released reset reports before a game sets its own initial loyalty; a loyalty that
        # never changes is in no state.
        if terms is not None and "loyalty" in state:
            loyalty = state["loyalty"][copy]
        total = float(row_sum(actions))
        (free_riders,) = (actions / game.endowments < FREE_RIDER_SHARE).nonzero()
        optimum = self.team.optimal_effort
        return {
            "team_output": self.team.output(total),
            "nash_equilibrium": self.team.nash_effort,
            "social_optimum": optimum,
            "mean_loyalty": float(loyalty.mean()),
            "loyalty_scores": loyalty.tolist(),
            "team_cohesion": float(np.average(loyalty, weights=game.dependence.mean(axis=1))),
            "free_rider_count": len(free_riders),
            "free_rider_indices": free_riders.tolist(),
            "efficiency_ratio": total / game.n_agents / optimum if optimum > 0 else 0.0,
        }
