"""Commitments: specific capital, contracts, graduated sanctions (sections 3.7 to 3.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import Array, State, row_sum
from .game import FormalGame
from .part import Block, Draws, Part, Step

TOLERANCE = 1e-9


@dataclass(frozen=True)
class SpecificCapital(Part):
    """The investor's effort works through a stock that is sunk when the partner moves.

    Attributes:
        investment_rate: rate at which the stock follows the investor's share; 1 and `sunk` 0
            make the effort work at once.
        investor: agent whose effort is capital.
        sunk: 1 if the synergy reads the stock, 0 if it reads the effort itself.
    """

    investment_rate: float = 0.1
    investor: int = 1
    sunk: float = 1.0

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """The stock at the investor's norm, [B]."""
        return {"capital": np.full(draws.batch, game.norms[self.investor])}

    def prepare(self, game: FormalGame, step: Step) -> None:
        """Put the stock in the place of the investor's effort."""
        efforts = step.actions.copy()
        stock = step.before["capital"] * game.endowments[self.investor]
        own = efforts[:, self.investor]
        efforts[:, self.investor] = self.sunk * stock + (1 - self.sunk) * own
        step.terms["efforts"] = efforts

    def update(self, game: FormalGame, step: Step) -> None:
        """Follow the investor's share."""
        capital = step.before["capital"]
        share = step.shares[:, self.investor]
        step.after["capital"] = capital + self.investment_rate * (share - capital)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """The stock."""
        return [Block("capital", state["capital"][:, None], "public")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The stock."""
        return {"stock": float(state["capital"][copy])}


@dataclass(frozen=True)
class Contract(Part):
    """Close offers become a contract; a shortfall is paid for, a large one ends it.

    Attributes:
        tolerance: distance of shares that counts as agreement, and shortfall that is no breach.
        duration: steps that a contract holds.
        damages: paid to the partner per unit of shortfall.
        enforced: 1 if there are contracts, 0 if offers stay offers.
    """

    tolerance: float = 0.10
    duration: int = 10
    damages: float = 1.0
    enforced: float = 1.0

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """No contract."""
        return {
            "contract_level": np.zeros(draws.batch),
            "contract_left": np.zeros(draws.batch, np.int64),
        }

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay damages between the two agents; leave who breached."""
        force = step.before["contract_left"] > 0
        missing = step.before["contract_level"][:, None] - step.shares
        shortfall = np.where(force[:, None], np.maximum(missing, 0.0), 0.0)
        paid = self.damages * shortfall * game.endowments
        step.pay("transfers", paid[:, ::-1] - paid)
        step.terms["breach"] = shortfall > self.tolerance + TOLERANCE

    def update(self, game: FormalGame, step: Step) -> None:
        """End, run on, or conclude."""
        left, level = step.before["contract_left"], step.before["contract_level"]
        force, breached = left > 0, step.terms["breach"].any(axis=1)
        left = np.where(force & ~breached, left - 1, 0)
        level = np.where(left > 0, level, 0.0)
        low, high = step.shares.min(axis=1), step.shares.max(axis=1)
        agreed = ~force & (high - low <= self.tolerance + TOLERANCE) & (self.enforced > 0)
        step.after["contract_left"] = np.where(agreed, self.duration, left)
        step.after["contract_level"] = np.where(agreed, low, level)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Level and remaining steps."""
        left = state["contract_left"] / max(self.duration, 1)
        return [Block("contract", np.stack([state["contract_level"], left], axis=1), "public")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The contract in force, and who breached in this step."""
        left = int(state["contract_left"][copy])
        level = float(state["contract_level"][copy])
        breach = [False] * game.n_agents if terms is None else terms["breach"][copy].tolist()
        return {"contract": {"level": level, "left": left} if left else None, "breach": breach}


@dataclass(frozen=True)
class Sanctions(Part):
    """Fines for falling short of a rule, growing with strikes, shared out among the others.

    Attributes:
        fine: fine per unit of shortfall at the first offence.
        escalation: growth of the fine per strike.
        grace: shortfall (share) that is not a strike.
        pardon: strikes forgiven by a step without offence.
        most_strikes: where strikes stop.
    """

    fine: float = 0.5
    escalation: float = 1.0
    grace: float = 0.02
    pardon: float = 0.5
    most_strikes: float = 3.0

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """No strikes, [B, N]."""
        return {"strikes": np.zeros((draws.batch, game.n_agents))}

    def _shortfall(self, game: FormalGame, shares: Array) -> Array:
        return np.maximum(game.norms - shares, 0.0)

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Collect the fines and share them out; their sum is zero."""
        strikes = step.before["strikes"]
        rate = self.fine * (1 + self.escalation * strikes)
        fines = rate * self._shortfall(game, step.shares) * game.endowments
        received = (row_sum(fines)[:, None] - fines) / (game.n_agents - 1)
        step.pay("transfers", received - fines)
        step.terms["fines"] = fines

    def update(self, game: FormalGame, step: Step) -> None:
        """Count strikes."""
        strikes = step.before["strikes"]
        offence = self._shortfall(game, step.shares) > self.grace
        more = np.minimum(strikes + 1, self.most_strikes)
        step.after["strikes"] = np.where(offence, more, np.maximum(strikes - self.pardon, 0.0))

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Each agent's own strikes."""
        return [
            Block("strikes", (state["strikes"] / max(self.most_strikes, 1e-9))[:, :, None], "own")
        ]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Strikes of everybody, and the fines of this step."""
        fines = np.zeros(game.n_agents) if terms is None else terms["fines"][copy]
        return {"strikes": state["strikes"][copy].copy(), "fines": np.array(fines)}
