"""Base payoffs of the formal edition: what an agent's own action and the joint effort yield.

Own production is h_i = e_i - a_i (1 + q x_i / 2) + theta ln(1 + a_i), with the share
x_i = a_i / e_i (formal edition, section 3.1). Every base is the first part of its game.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from ..engine import Array, State, row_sum
from ..registry import Range
from .game import FormalGame
from .part import Block, Draws, NonNegative, Numbers, Part, Share, Step

SCALE = 2.5
ALMOST_FLAT = 1e-3  # bounds of the draw less than this many standard deviations apart


@dataclass(frozen=True)
class Own(Part):
    """Own production.

    Attributes:
        theta: scale of the own return theta ln(1 + a).
        curvature: q, how fast the marginal cost of effort rises.
    """

    theta: NonNegative = 10.0
    curvature: NonNegative = 1.0

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_i."""
        actions = step.actions
        cost = actions * (1 + self.curvature * step.shares / 2)
        step.pay("own", game.endowments - cost + self.theta * np.log1p(actions))


@dataclass(frozen=True)
class Synergy(Own):
    """Complementary effort: alpha_i gamma G, G = scale n (prod a)^(1/n) over the n linked agents.

    Attributes:
        gamma: complementarity; a game with phases may replace it.
        scale: what one unit from everybody returns to all, per agent.
    """

    gamma: Share = 0.65
    scale: NonNegative = SCALE

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_i and the linked agents' shares of the synergy."""
        super().payoffs(game, step)
        linked = step.terms["linked"]
        efforts = step.terms.get("efforts", step.actions)
        step.terms["joint_effort"] = joint = self.scale * _geometric(efforts, linked)
        surplus = self.total(step, step.terms["gamma"] * joint)
        step.terms["surplus"] = surplus
        step.pay("synergy", np.where(linked, game.alpha * surplus[:, None], 0.0))

    def total(self, step: Step, surplus: Array) -> Array:
        """The surplus that is shared, [B]."""
        return surplus


def _geometric(efforts: Array, linked: Array) -> Array:
    """Joint effort n (prod a)^(1/n) of the n linked agents, [B]; zero if n < 2."""
    members = row_sum(linked.astype(np.float64))
    with np.errstate(divide="ignore"):
        logs = np.where(linked, np.log(efforts), 0.0)
    mean = row_sum(logs) / np.maximum(members, 1)
    return np.where(members >= 2, members * np.exp(mean), 0.0)


@dataclass(frozen=True)
class HiddenSynergy(Synergy):
    """Synergy whose gamma is drawn at reset and seen only through a noisy surplus.

    Each step the surplus is y = gamma G + noise z, z standard normal and common to both agents.

    Attributes:
        gamma_low, gamma_high: bounds of the uniform draw.
        noise: standard deviation of the surplus, payoff units.
    """

    draws = True
    scale: Annotated[float, Range(0, open=True)] = SCALE
    gamma_low: Share = 0.20
    gamma_high: Share = 0.90
    noise: NonNegative = 40.0

    def __post_init__(self) -> None:
        if self.gamma_low > self.gamma_high:
            raise ValueError(
                f"gamma_low={self.gamma_low}, gamma_high={self.gamma_high}: the lower bound of "
                "the draw must not exceed the upper one"
            )

    @property
    def hides(self) -> set[str]:
        """Gamma is drawn."""
        return {"gamma"}

    def at_mean(self) -> HiddenSynergy:
        """Gamma at the mean of its draw, no noise: payoffs are linear in both."""
        mean = (self.gamma_low + self.gamma_high) / 2
        return replace(self, gamma_low=mean, gamma_high=mean, noise=0.0)

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Draw gamma; no surplus seen yet."""
        zeros = np.zeros(draws.batch)
        gamma = draws.each(lambda g: g.uniform(self.gamma_low, self.gamma_high))
        return {"gamma": gamma, "surplus": zeros, "precision": zeros, "evidence": zeros}

    def total(self, step: Step, surplus: Array) -> Array:
        """The surplus with this step's noise."""
        return surplus + self.noise * step.terms["noise"]

    def update(self, game: FormalGame, step: Step) -> None:
        """Remember the surplus and add its evidence on gamma."""
        surplus, effort = step.terms["surplus"], step.terms["joint_effort"]
        variance = max(self.noise, 1e-6) ** 2
        step.after["surplus"] = surplus
        step.after["precision"] = step.before["precision"] + effort**2 / variance
        step.after["evidence"] = step.before["evidence"] + effort * surplus / variance

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """The last surplus; the posterior of gamma for `full`; gamma for the joint view."""
        top = self.scale * row_sum(game.endowments[None])[0]
        surplus = np.clip(state["surplus"] / top, -0.5, 1.5)[:, None]
        posterior = np.stack(self.posterior(state), axis=1)
        return [
            Block("surplus", surplus, "public", low=-0.5, high=1.5),
            Block("posterior", posterior, "full"),
            Block("gamma", state["gamma"][:, None], "hidden"),
        ]

    def posterior(self, state: State) -> tuple[Array, Array]:
        """Mean and standard deviation of gamma given the surpluses so far, [B] each.

        A normal distribution truncated to the bounds of the draw, in closed form.
        """
        low, high = self.gamma_low, self.gamma_high
        precision = state["precision"]
        known = precision > 0
        safe = np.where(known, precision, 1.0)
        centre, width = state["evidence"] / safe, 1 / np.sqrt(safe)
        mean, deviation = _truncated_normal(centre, width, low, high)
        return (
            np.where(known, mean, (low + high) / 2),
            np.where(known, deviation, (high - low) / np.sqrt(12)),
        )

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The last surplus, and under `privileged` what no agent may see."""
        return {
            "surplus": float(state["surplus"][copy]),
            "privileged": {"gamma": float(state["gamma"][copy])},
        }


def _truncated_normal(mean: Array, std: Array, low: float, high: float) -> tuple[Array, Array]:
    """Mean and standard deviation of normal distributions truncated to [low, high], [B] each.

    In closed form; where the density is almost flat, so that terms would cancel, by its slope.
    """
    from scipy.special import erfcx, ndtr

    middle, span = (low + high) / 2, high - low
    above = mean > middle  # mirrored then, so that the nearer end is a
    a = np.where(above, mean - high, low - mean) / std
    b = np.where(above, mean - low, high - mean) / std
    # Densities at both ends over the probability between them; in the tail (a > 0), where each
    # is too small for a number, from the ratio of the two.
    ratio, tail = np.exp((a - b) * (a + b) / 2), a > 0
    within_tail = erfcx(np.maximum(a, 0) / np.sqrt(2)) - ratio * erfcx(b / np.sqrt(2))
    probability = np.where(tail, within_tail / 2, ndtr(b) - ndtr(a)) * np.sqrt(2 * np.pi)
    flat = b - a < ALMOST_FLAT
    at_a = np.where(tail, 1.0, np.exp(-(a**2) / 2)) / np.where(flat, 1.0, probability)
    at_b = ratio * at_a
    offset = at_a - at_b
    variance = 1 + a * at_a - b * at_b - offset**2
    slope = (mean - middle) / std * (span / std)
    centre = np.where(flat, middle + slope * span / 12, mean + np.where(above, -std, std) * offset)
    deviation = np.where(flat, span / np.sqrt(12), std * np.sqrt(np.maximum(variance, 0.0)))
    return np.clip(centre, low, high), deviation


@dataclass(frozen=True)
class Pairs(Own):
    """Pairwise partnerships whose volume follows relative public standing.

    Attributes:
        gamma: complementarity.
        mu: weight of standing in the volume of a partnership.
        scale: as in `Synergy`.
    """

    gamma: Share = 0.65
    mu: NonNegative = 0.5
    scale: NonNegative = SCALE

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_i and scale gamma sum_j w_ij sqrt(a_i a_j)."""
        super().payoffs(game, step)
        standing = step.before["standing"]
        mean = (row_sum(standing) / game.n_agents)[:, None]
        relative = np.divide(standing, mean, out=np.ones_like(standing), where=mean > 0)
        roots = np.sqrt(step.actions) * relative ** (self.mu / 2)
        others = row_sum(roots)[:, None] - roots
        step.pay("synergy", self.scale * self.gamma * roots * others / (game.n_agents - 1))


@dataclass(frozen=True)
class Transfer(Own):
    """Directed benefits: agent i receives B_ij a_j (a wage, an effort).

    Attributes:
        benefits: [N, N] rows, what one unit of the column agent is worth to the row agent.
    """

    benefits: Annotated[Numbers, Range(0)] = ()

    def check(self, game: FormalGame) -> None:
        """One row and one column per agent."""
        if np.shape(self.benefits) != game.dependence.shape:
            raise ValueError(
                f"{game.id}: benefits of shape {np.shape(self.benefits)}: must have shape "
                f"{game.dependence.shape}"
            )

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_i and the benefits."""
        super().payoffs(game, step)
        benefits = np.array(self.benefits, np.float64)
        received = benefits[None] * step.actions[:, None, :]
        step.pay("synergy", row_sum(received))


@dataclass(frozen=True)
class ImageAllocation(Own):
    """Help that is split among the others in proportion to their image (indirect reciprocity).

    Attributes:
        m: what a unit of help is worth to those who receive it.
        v_0: image weight of an agent without any standing.
        image: 1 to split by standing, 0 to split equally.
    """

    m: NonNegative = 1.7
    v_0: Annotated[float, Range(0, open=True)] = 0.25
    image: Share = 1.0

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_j and m sum_i a_i v_j / sum_{k != i} v_k."""
        super().payoffs(game, step)
        weights = self.image * step.before["standing"] + self.v_0
        spread = step.actions / (row_sum(weights)[:, None] - weights)
        received = weights * (row_sum(spread)[:, None] - spread)
        step.pay("synergy", self.m * received)


@dataclass(frozen=True)
class Commons(Own):
    """A common stock that everybody benefits from.

    Attributes:
        m: yield of the full stock, in endowments.
        renewal: rate at which the stock follows the mean share.
        initial_stock: stock at reset.
    """

    m: NonNegative = 1.6
    renewal: Share = 0.1
    initial_stock: Share = 0.4

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """The initial stock."""
        return {"stock": np.full(draws.batch, self.initial_stock, np.float64)}

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay h_i and m e K."""
        super().payoffs(game, step)
        step.pay("synergy", self.m * game.endowments * step.before["stock"][:, None])

    def update(self, game: FormalGame, step: Step) -> None:
        """K follows the mean share."""
        stock, mean = step.before["stock"], row_sum(step.shares) / game.n_agents
        step.after["stock"] = stock + self.renewal * (mean - stock)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """The stock."""
        return [Block("stock", state["stock"][:, None], "public")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The stock."""
        return {"stock": float(state["stock"][copy])}


def at_team_size(omega: float, n_agents: int, reference: int, beta: float = 0.5) -> float:
    """Productivity at which a team of another size has the same optimum per head.

    Args:
        omega: productivity of the reference team.
        n_agents: size of the team.
        reference: size of the reference team.
        beta: returns to scale.
    """
    return omega * (n_agents / reference) ** (1 - beta)


@dataclass(frozen=True)
class Team(Part):
    """Team production: p_i = Q/N - c a_i, Q = omega (sum of the members' efforts)^beta.

    An agent outside the team works alone: p_i = solo omega a_i^beta - c a_i, with the `solo` of
    `Membership`. The share of a
    missing member is lost: were it redistributed, expelling a contributor would pay.

    Attributes:
        omega: productivity.
        beta: returns to scale, below 1.
        c: marginal cost of effort.
    """

    omega: NonNegative = 25.0
    beta: Annotated[float, Range(0, 1, open=True)] = 0.5
    c: NonNegative = 1.0

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay the team payoffs, and leave them for the loyalty term."""
        members, actions = step.terms["members"], step.actions
        total = row_sum(np.where(members, actions, 0.0))
        team = self.omega * total**self.beta / game.n_agents
        alone = step.terms.get("solo", 0.0) * self.omega * actions**self.beta
        yields = np.where(members, team[:, None], alone)
        cost = self.c * actions
        step.pay("own", -cost)
        step.pay("synergy", yields)
        step.terms["team_payoffs"], step.terms["team_cost"] = yields - cost, cost


@dataclass(frozen=True)
class Linear(Part):
    """Linear public good: e_i + p_i, p_i = m sum_j a_j / N - a_i.

    Attributes:
        m: multiplier of the sum of contributions.
    """

    m: NonNegative = 2.0

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay e_i + p_i, and leave p_i for the loyalty term."""
        actions = step.actions
        good = (self.m * row_sum(actions) / game.n_agents)[:, None]
        step.pay("own", game.endowments - actions)
        step.pay("synergy", good.repeat(game.n_agents, axis=1))
        step.terms["team_payoffs"], step.terms["team_cost"] = good - actions, actions
