"""Heuristic policies: rules that do not learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition.envs.engine import Array, State, choose

from .constants import ACTION_BASES, basis
from .policy import Policy, generators


class Random(Policy):
    """Every agent plays a uniform share of its own endowment, drawn anew at every step.

    Draws come from the seed of the episode (the released policy was never seeded).

    Args:
        action_basis: `own`, or `max` for the released rule: a share of the largest endowment for
            all, which the environment clips to what an agent has.

    Raises:
        ValueError: an unknown basis.
    """

    name = "Random"

    def __init__(self, *, action_basis: str = "own") -> None:
        self.action_basis = choose("action_basis", action_basis, ACTION_BASES)

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """One stream per episode."""
        return {"generators": generators(seeds)}

    def act(self, observations: Array | None) -> Array:
        """The next draw of every stream."""
        n_agents = self.game.n_agents
        shares = np.stack([g.random(n_agents) for g in self.memory["generators"]])
        return shares * basis(self.game, self.action_basis)

    @property
    def parameters(self) -> dict[str, Any]:
        """The basis."""
        return {"action_basis": self.action_basis}


class TitForTat(Policy):
    """Start cooperatively, then reply to the partners' last actions.

        a_i(t) = e_i mean_{j != i} a_j(t - 1) / e_j

    Shares are copied, not amounts, from all partners, and every episode starts anew. Where it
    plays all agents, equal first shares are repeated for ever: it comes to life against others.

    Args:
        initial: first action in percent of the own endowment, or `baseline` for the norm.

    Raises:
        ValueError: a level outside 0 to 100, or another word than `baseline`.
    """

    name = "TitForTat"
    observation = "published"

    def __init__(self, *, initial: float | str = 100) -> None:
        known = initial == "baseline" if isinstance(initial, str) else 0 <= initial <= 100
        if not known:
            raise ValueError(f"initial={initial!r}: choose 0 to 100 percent, or 'baseline'")
        self.initial = initial

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """No episode has seen a first action."""
        return {"first": np.ones(len(seeds), bool)}

    def act(self, observations: Array) -> Array:
        """The first action where an episode starts, else the reply."""
        endowments = self.game.endowments.astype(np.float64)
        shares = self.game.seen_actions(observations) / endowments
        replies = (shares.sum(axis=1, keepdims=True) - shares) / (len(endowments) - 1)
        start = (
            self.game.baselines
            if isinstance(self.initial, str)
            else self.initial / 100 * self.game.endowments
        )
        actions = np.where(self.memory["first"][:, None], start, replies * endowments)
        self.memory["first"] = np.zeros(self.copies, bool)
        return actions

    @property
    def parameters(self) -> dict[str, Any]:
        """The first action."""
        return {"initial": self.initial}


class TitForTatReleased(Policy):
    """Tit for tat as released, with what makes its returns differ from `TitForTat`.

    The first call in the life of the object plays half of the largest endowment for all; ever
    after agent i repeats the amount of agent i + 1. The mark of the first call is not cleared
    when an episode ends, so all later episodes start from the first observation, which shows the
    norms: they play the norms, shifted by one agent. In a batch the first episode of the object
    is row 0 of its first reset. The published means are those of 50 episodes, one of which is the
    first (spec, policies 7.3): on PartnerHoldUp 45,320 in the first, 1,709 in all others.
    """

    name = "TitForTat_released"
    edition = "v0"
    observation = "published"

    def __init__(self) -> None:
        self._called = False

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Only the very first episode is marked."""
        first = np.zeros(len(seeds), bool)
        first[0] = not self._called
        self._called = True
        return {"first": first}

    def act(self, observations: Array) -> Array:
        """The neighbour's last amount, or half of the largest endowment."""
        shifted = np.roll(self.game.seen_actions(observations), -1, axis=1)
        actions = np.where(self.memory["first"][:, None], self.game.endowments.max() / 2, shifted)
        self.memory["first"] = np.zeros(self.copies, bool)
        return actions
