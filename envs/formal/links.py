"""Links: relations that end, and some that come back (formal edition, section 3.6).

An episode never ends early. Where trust or record is lost an agent loses its link instead, and
lives on its own production. Links read the trust and the record that the step has just moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Annotated, Any

import numpy as np

from ..engine import Array, State
from ..registry import Range
from .game import FormalGame
from .part import Block, Count, Draws, NonNegative, Numbers, Part, Share, Step, Threshold


class Links(Part):
    """A flag per agent: does its relation hold? Everybody starts linked."""

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Everybody is linked."""
        return {"linked": np.ones((draws.batch, game.n_agents), bool)}

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The flag of every agent."""
        return {"links": state["linked"][copy].copy()}


@dataclass(frozen=True)
class Exit(Links):
    """All links are cut for good once a holder's trust falls below the threshold.

    Attributes:
        exit_threshold: trust below which a holder leaves.
        holders: agents that may leave.
    """

    exit_threshold: Threshold = 0.05
    holders: Annotated[Numbers, Range(0)] = (0, 1)

    def check(self, game: FormalGame) -> None:
        """Holders are agents of the game."""
        agents = range(game.n_agents)
        if any(not isinstance(i, Integral) or i not in agents for i in self.holders):
            raise ValueError(
                f"{game.id}: holders={self.holders!r}: must list agents of 0 to {game.n_agents - 1}"
            )

    def settle(self, game: FormalGame, step: Step) -> None:
        """Cut."""
        trust = step.after["trust"]
        leaves = np.zeros(len(trust), bool)
        for holder in self.holders:  # reducing over two short axes is slow
            for partner in range(game.n_agents):
                leaves |= trust[:, holder, partner] < self.exit_threshold
        step.after["linked"] = step.before["linked"] & ~leaves[:, None]

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """One flag: does the relation hold?"""
        return [Block("links", state["linked"][:, :1].astype(np.float64), "public")]


@dataclass(frozen=True)
class Retention(Links):
    """Developers leave a platform that they no longer trust, and come back when they do.

    Attributes:
        leave_below: trust in agent 0 below which a developer leaves.
        return_from: trust in agent 0 from which it returns.
    """

    leave_below: Threshold = 0.15
    return_from: Share = 0.30

    def settle(self, game: FormalGame, step: Step) -> None:
        """Leave or return."""
        trust = step.after["trust"][:, :, 0]  # the diagonal keeps the platform itself
        stays = step.before["linked"] & (trust >= self.leave_below)
        step.after["linked"] = stays | (trust >= self.return_from)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """A flag per developer."""
        return [Block("links", state["linked"].astype(np.float64)[:, :, None], "agents", exclude=0)]


@dataclass(frozen=True)
class Membership(Part):
    """Members with a poor record are excluded, lowest first, and come back by effort.

    Attributes:
        exclude_below: record below which a member is excluded.
        readmit_from: record from which an agent is readmitted once its cooldown is over.
        cooldown: steps before readmission.
        smallest: members that always stay.
        solo: productivity of work outside, as a share of the team's.
    """

    draws = True
    exclude_below: Threshold = 0.15
    readmit_from: Share = 0.40
    cooldown: Count = 5
    smallest: Count = 3
    solo: NonNegative = 0.2

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Everybody is a member; a permutation breaks ties of records."""
        shape = (draws.batch, game.n_agents)
        priority = draws.each(lambda g: g.permutation(game.n_agents), game.n_agents).astype(
            np.int64
        )
        return {
            "members": np.ones(shape, bool),
            "cooldowns": np.zeros(shape, np.int64),
            "priority": priority,
        }

    def prepare(self, game: FormalGame, step: Step) -> None:
        """Say what work outside yields."""
        step.terms["solo"] = self.solo

    def settle(self, game: FormalGame, step: Step) -> None:
        """Exclude, count down, readmit."""
        members, record = step.before["members"], step.after["standing"]
        candidates = members & (record < self.exclude_below)
        order = np.lexsort((step.before["priority"], np.where(candidates, record, np.inf)))
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(game.n_agents)[None], axis=1)
        room = members.sum(axis=1)[:, None] - self.smallest
        excluded = candidates & (rank < room)
        waiting = np.maximum(step.before["cooldowns"] - 1, 0)
        cooldowns = np.where(excluded, self.cooldown, waiting)
        readmitted = ~members & (cooldowns == 0) & (record >= self.readmit_from)
        step.after["members"] = (members & ~excluded) | readmitted
        step.after["cooldowns"] = cooldowns

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Membership and cooldown of everybody."""
        scale = max(self.cooldown, 1)
        flags: Array = state["members"].astype(np.float64)
        return [
            Block("links", flags[:, :, None], "agents"),
            Block("cooldowns", (state["cooldowns"] / scale)[:, :, None], "agents"),
        ]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Members, as indices."""
        members = state["members"][copy]
        return {"links": members.copy(), "members": np.flatnonzero(members).tolist()}
