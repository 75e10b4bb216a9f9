"""Commitments: specific capital, contracts, graduated sanctions (sections 3.7 to 3.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..engine import State, row_sum
from ..registry import Range
from .game import FormalGame
from .part import TOLERANCE, Block, Draws, NonNegative, Part, Share, Step

INVESTOR = 1  # the weak agent of PartnerHoldUp


@dataclass(frozen=True)
class SpecificCapital(Part):
    """The investor's effort works through a stock that is sunk when the partner moves.

    Attributes:
        investment_rate: rate at which the stock follows the investor's share.
        sunk: the synergy reads the stock; otherwise the effort itself.
    """

    investment_rate: Share = 0.1
    sunk: bool = True

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """The stock at the investor's norm, [B]."""
        return {"capital": np.full(draws.batch, game.norms[INVESTOR])}

    def prepare(self, game: FormalGame, step: Step) -> None:
        """Put the stock in the place of the investor's effort."""
        if self.sunk:
            efforts = step.actions.copy()
            efforts[:, INVESTOR] = step.before["capital"] * game.endowments[INVESTOR]
            step.terms["efforts"] = efforts

    def update(self, game: FormalGame, step: Step) -> None:
        """Follow the investor's share."""
        capital = step.before["capital"]
        share = step.shares[:, INVESTOR]
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
    """Close offers of a pair become a contract; a shortfall is paid for, a large one ends it.

    Attributes:
        tolerance: distance of shares that counts as agreement, and shortfall that is no breach.
        duration: steps that a contract holds.
        damages: paid to the partner per unit of shortfall.
        enforced: close offers become contracts; otherwise they stay offers.
    """

    tolerance: Share = 0.10
    duration: Annotated[int, Range(1)] = 10
    damages: NonNegative = 1.0
    enforced: bool = True

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
        force, breached = left > 0, step.terms["breach"][:, 0] | step.terms["breach"][:, 1]
        left = np.where(force & ~breached, left - 1, 0)
        level = np.where(left > 0, level, 0.0)
        one, other = step.shares.T
        low, high = np.minimum(one, other), np.maximum(one, other)
        agreed = ~force & (high - low <= self.tolerance + TOLERANCE) & self.enforced
        step.after["contract_left"] = np.where(agreed, self.duration, left)
        step.after["contract_level"] = np.where(agreed, low, level)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Level and remaining steps."""
        left = state["contract_left"] / self.duration
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

    fine: NonNegative = 0.5
    escalation: NonNegative = 1.0
    grace: Share = 0.02
    pardon: NonNegative = 0.5
    most_strikes: NonNegative = 3.0

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """No strikes, [B, N]."""
        return {"strikes": np.zeros((draws.batch, game.n_agents))}

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Collect the fines and share them out; their sum is zero."""
        shortfall = np.maximum(game.norms - step.shares, 0.0)
        rate = self.fine * (1 + self.escalation * step.before["strikes"])
        fines = rate * shortfall * game.endowments
        received = (row_sum(fines)[:, None] - fines) / (game.n_agents - 1)
        step.pay("transfers", received - fines)
        step.terms["fines"], step.terms["offence"] = fines, shortfall > self.grace

    def update(self, game: FormalGame, step: Step) -> None:
        """Count strikes."""
        strikes, offence = step.before["strikes"], step.terms["offence"]
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
