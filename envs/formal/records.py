"""What is on record: public standing, tiers of a market, loyalty to a team (sections 3.4, 3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..engine import Array, State, row_sum
from .game import FormalGame
from .part import TOLERANCE, Block, Draws, NonNegative, Part, Share, Step


@dataclass(frozen=True)
class Standing(Part):
    """Public record of each agent's shares, an exponential average.

    Attributes:
        eta_sigma: rate at which the record follows the share.
        initial_standing: record at reset.
    """

    eta_sigma: Share = 0.1
    initial_standing: Share = 0.5

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """The initial record, [B, N]."""
        shape = (draws.batch, game.n_agents)
        return {"standing": np.full(shape, self.initial_standing, np.float64)}

    def update(self, game: FormalGame, step: Step) -> None:
        """Follow the shares."""
        standing = step.before["standing"]
        step.after["standing"] = standing + self.eta_sigma * (step.shares - standing)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Everybody's record."""
        return [Block("standing", state["standing"][:, :, None], "agents")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Everybody's record, [N]."""
        return {"standing": state["standing"][copy].copy()}


@dataclass(frozen=True)
class Tiers(Part):
    """Market access by standing: the share of the synergy is multiplied by the tier's factor.

    Attributes:
        premium, standard, probation, excluded: factors of the tiers.
        premium_from, standard_from, probation_from: standing at which a tier begins.
    """

    premium: NonNegative = 1.30
    standard: NonNegative = 1.00
    probation: NonNegative = 0.70
    excluded: NonNegative = 0.40
    premium_from: Share = 0.80
    standard_from: Share = 0.50
    probation_from: Share = 0.25

    NAMES: ClassVar = ("excluded", "probation", "standard", "premium")

    def __post_init__(self) -> None:
        if not self.probation_from <= self.standard_from <= self.premium_from:
            raise ValueError(
                f"probation_from={self.probation_from}, standard_from={self.standard_from}, "
                f"premium_from={self.premium_from}: must not decrease"
            )

    def _rank(self, standing: Array) -> Array:
        limits = (self.probation_from, self.standard_from, self.premium_from)
        return np.sum([standing >= limit - TOLERANCE for limit in limits], axis=0)

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Scale what the base has paid from the synergy."""
        factors = np.array([getattr(self, name) for name in self.NAMES])
        step.components["synergy"] = (
            step.components["synergy"] * factors[self._rank(step.before["standing"])]
        )

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Tier of every agent in the coming step."""
        ranks = self._rank(state["standing"][copy])
        return {"tier": [self.NAMES[rank] for rank in ranks]}


@dataclass(frozen=True)
class TeamLoyalty(Part):
    """Loyalty theta to a team, built by what teammates do (TR-3).

    A member is paid theta_i (phi_B mean payoff of the other members + phi_C c a_i) on top.

    Attributes:
        phi_B: weight of teammates' payoffs.
        phi_C: share of the own cost that loyalty makes good.
        rise, fall: rates towards a higher and a lower target.
        initial_loyalty: loyalty at reset, as a share of the cap.
    """

    phi_B: NonNegative = 0.8
    phi_C: NonNegative = 0.3
    rise: Share = 0.02
    fall: Share = 0.05
    initial_loyalty: Share = 0.5

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Initial loyalty under the first cap, [B, N]."""
        start = self.initial_loyalty * game.cap(np.zeros(draws.batch, np.int64))
        return {"loyalty": start[:, None].repeat(game.n_agents, axis=1)}

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay members for the team's success and for their own cost."""
        members, payoffs = step.terms["members"], step.terms["team_payoffs"]
        teammates = _mean_of_other_members(members, payoffs)
        bonus = self.phi_B * teammates + self.phi_C * step.terms["team_cost"]
        step.pay("loyalty", np.where(members, step.before["loyalty"] * bonus, 0.0))

    def update(self, game: FormalGame, step: Step) -> None:
        """Move towards the other members' shares relative to the norm, under the cap."""
        cap = game.cap(step.after["t"])[:, None]
        effort = _mean_of_other_members(step.terms["members"], step.shares)
        target = cap * np.minimum(1.0, effort / game.norms)
        loyalty = step.before["loyalty"]
        rate = np.where(target > loyalty, self.rise, self.fall)
        step.after["loyalty"] = np.clip(loyalty + rate * (target - loyalty), 0.0, cap)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Each agent's own loyalty."""
        return [Block("loyalty", state["loyalty"][:, :, None], "own")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Everybody's loyalty, [N]."""
        return {"loyalty": state["loyalty"][copy].copy()}


def _mean_of_other_members(members: Array, values: Array) -> Array:
    """Mean over the members other than i, [B, N]; zero if there are none."""
    counted = np.where(members, values, 0.0)
    others = members.sum(axis=1)[:, None] - members
    return (row_sum(counted)[:, None] - counted) / np.maximum(others, 1) * (others > 0)
