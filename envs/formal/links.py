"""Links: relations that end, and some that come back (formal edition, section 3.6).

An episode never ends early. Where trust or record is lost an agent loses its link instead, and
lives on its own production. Links read the trust and the record that the step has just moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine import Array, State
from .game import FormalGame
from .part import Block, Draws, Part, Step


@dataclass(frozen=True)
class Exit(Part):
    """All links are cut for good once a holder's trust falls below the threshold.

    Attributes:
        exit_threshold: trust below which a holder leaves.
        holders: agents that may leave.
    """

    exit_threshold: float = 0.05
    holders: tuple[int, ...] = (0, 1)

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Everybody is linked."""
        return {"linked": np.ones((draws.batch, game.n_agents), bool)}

    def settle(self, game: FormalGame, step: Step) -> None:
        """Cut."""
        held = step.after["trust"][:, self.holders, :]
        leaves = (held < self.exit_threshold).any(axis=(1, 2))
        step.after["linked"] = step.before["linked"] & ~leaves[:, None]

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """One flag: does the relation hold?"""
        return [Block("links", state["linked"][:, :1].astype(np.float64), "public")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The flag of every agent."""
        return {"links": state["linked"][copy].copy()}


@dataclass(frozen=True)
class Retention(Part):
    """Developers leave a platform that they no longer trust, and come back when they do.

    Attributes:
        leave_below: trust in agent 0 below which a developer leaves.
        return_from: trust in agent 0 from which it returns.
    """

    leave_below: float = 0.15
    return_from: float = 0.30

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Everybody is there."""
        return {"linked": np.ones((draws.batch, game.n_agents), bool)}

    def settle(self, game: FormalGame, step: Step) -> None:
        """Leave or return."""
        trust = step.after["trust"][:, :, 0]  # the diagonal keeps the platform itself
        stays = step.before["linked"] & (trust >= self.leave_below)
        step.after["linked"] = stays | (trust >= self.return_from)

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """A flag per developer."""
        return [Block("links", state["linked"].astype(np.float64)[:, :, None], "agents", exclude=0)]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The flag of every agent."""
        return {"links": state["linked"][copy].copy()}


@dataclass(frozen=True)
class Membership(Part):
    """Members with a poor record are excluded, lowest first, and come back by effort.

    Attributes:
        exclude_below: record below which a member is excluded.
        readmit_from: record from which an agent is readmitted once its cooldown is over.
        cooldown: steps before readmission.
        smallest: members that always stay.
    """

    draws = True
    exclude_below: float = 0.15
    readmit_from: float = 0.40
    cooldown: int = 5
    smallest: int = 3

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Everybody is a member; a permutation breaks ties of records."""
        shape = (draws.batch, game.n_agents)
        priority = draws.each(lambda g: g.permutation(game.n_agents)).astype(np.int64)
        return {
            "members": np.ones(shape, bool),
            "cooldowns": np.zeros(shape, np.int64),
            "priority": priority,
        }

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
