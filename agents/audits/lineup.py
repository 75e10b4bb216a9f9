"""Who plays which seat: several policies in one batch, or one policy among others with a script."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from coopetition.envs.engine import Array, Game, State, fresh_sequence

from ..evaluation import play, streams
from ..policy import Policy, observe

# Copies that a policy is asked about at a time, see `Steady`.
BLOCK = 64


class Lineup(Policy):
    """In every copy each seat is played by one of several policies.

    A policy that plays all seats of a copy draws from the stream of the episode, as it does by
    itself. Of several policies each draws from a stream of its own, that of its first seat.

    Args:
        policies: P of them; they are not touched.
        seating: [B, N] number of the policy in each seat.
    """

    name = "Lineup"
    observation = "state"

    def __init__(self, policies: Sequence[Policy], seating: Array) -> None:
        # Copies, since one policy may stand in the line twice.
        self.policies, self.seating = [copy(policy) for policy in policies], np.asarray(seating)

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`."""
        super().reset(game, seeds)
        # Where each policy plays: positions of the copies, and there its seats.
        self._plays: dict[int, tuple[Array, Array]] = {}
        of_seats = [fresh_sequence(seed).spawn(game.n_agents) for seed in seeds]
        for number in np.unique(self.seating).tolist():
            seats = self.seating == number
            rows = np.flatnonzero(seats.any(axis=1))
            own = [
                seeds[r] if seats[r].all() else of_seats[r][int(seats[r].argmax())]
                for r in rows.tolist()
            ]
            self.policies[number].reset(game, own)
            self._plays[number] = rows, seats[rows]

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`; rows are in ascending order."""
        place = np.full(self.copies, -1)
        place[rows] = np.arange(len(rows))
        super().keep(rows)
        going = {}
        for number, (played, seats) in self._plays.items():
            stay = np.flatnonzero(place[played] >= 0)
            if len(stay):
                self.policies[number].keep(stay)
                going[number] = place[played[stay]], seats[stay]
        self._plays = going

    def act(self, observations: State) -> Array:
        """Joint actions [B, N] in payoff units, given the state."""
        actions = np.empty((self.copies, self.game.n_agents))
        for number, (rows, seats) in self._plays.items():
            policy = self.policies[number]
            state = {name: array[rows] for name, array in observations.items()}
            played = policy.act(observe(policy, self.game, state))
            copies, agents = np.nonzero(seats)
            actions[rows[copies], agents] = played[copies, agents]
        return actions


class Steady(Policy):
    """A policy that is always asked about equally many copies, whoever else plays.

    The last bits of a product of matrices depend on its shape, and so what a network plays in one
    copy depends on how many there are. In blocks of constant size it does not. Places of copies
    that are missing or have ended show what was seen there last.

    Args:
        policy: what is asked; it is not touched.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy, self.name, self.observation = policy, policy.name, policy.observation

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Fill up the last block with the first episode."""
        self._blocks, self._seen = [], None
        whole = -(-len(seeds) // BLOCK) * BLOCK
        full = [*seeds, *[seeds[0]] * (whole - len(seeds))]
        for first in range(0, whole, BLOCK):
            block = copy(self.policy)
            block.reset(self.game, full[first : first + BLOCK])
            self._blocks.append(block)
        return {"place": np.arange(len(seeds))}

    def act(self, observations: Any) -> Array:
        """Joint actions [B, N] in payoff units."""
        place = self.memory["place"]
        self._seen = self._remembered(observations, place)
        # A block in which no copy is left is not asked.
        asked = np.unique(place // BLOCK)
        parts = [self._blocks[k].act(self._shown(k)) for k in asked]
        return np.concatenate(parts)[np.searchsorted(asked, place // BLOCK) * BLOCK + place % BLOCK]

    def _remembered(self, observations: Any, place: Array) -> Any:
        if observations is None:
            return None
        if isinstance(observations, Mapping):
            seen = self._seen or dict.fromkeys(observations)
            return {
                name: self._filled(seen[name], new, place) for name, new in observations.items()
            }
        return self._filled(self._seen, observations, place)

    def _filled(self, seen: Array | None, new: Array, place: Array) -> Array:
        if seen is None:  # the first step, in which all copies run
            missing = len(self._blocks) * BLOCK - len(new)
            return np.concatenate([new, np.repeat(new[:1], missing, axis=0)])
        seen[place] = new
        return seen

    def _shown(self, block: int) -> Any:
        rows = slice(block * BLOCK, (block + 1) * BLOCK)
        if isinstance(self._seen, Mapping):
            return {name: array[rows].copy() for name, array in self._seen.items()}
        return None if self._seen is None else self._seen[rows].copy()


class Script(Policy):
    """All agents follow a script.

    Args:
        shares: [B, T, N] of the own endowments; the last step goes on.
    """

    name = "Script"

    def __init__(self, shares: Array) -> None:
        self.shares = shares

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Every episode has its own."""
        return {"shares": self.shares, "t": np.zeros(len(seeds), np.int64)}

    def act(self, observations: Any) -> Array:
        """The actions of the step, [B, N] in payoff units."""
        shares, t = self.memory["shares"], self.memory["t"]
        self.memory["t"] = t + 1
        step = np.minimum(t, shares.shape[1] - 1)
        return shares[np.arange(self.copies), step] * self.game.endowments


class Among(Script):
    """One agent follows a policy, the others a script.

    Args:
        policy: what it follows; it is not touched.
        seats: [B] which agent.
        shares: [B, T, N] of the script; that of the seat does not count.
    """

    def __init__(self, policy: Policy, seats: Array, shares: Array) -> None:
        super().__init__(shares)
        self.policy, self.seats = copy(policy), seats
        self.name, self.observation = f"{policy.name} among others", policy.observation

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """See `Script.begin`."""
        self.policy.reset(self.game, seeds)
        return {**super().begin(seeds), "seats": self.seats}

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)

    def act(self, observations: Any) -> Array:
        """Joint actions [B, N] in payoff units."""
        actions, copies = super().act(observations), np.arange(self.copies)
        seats = self.memory["seats"]
        actions[copies, seats] = self.policy.act(observations)[copies, seats]
        return actions


# Policy -> game -> what `draws` has found.
_drawing: WeakKeyDictionary[Policy, dict[Hashable, bool]] = WeakKeyDictionary()


def draws(policy: Policy, game: Game) -> bool:
    """Does a policy draw from its own stream? Measured by playing one episode of the game twice."""
    known = _drawing.setdefault(policy, {})
    if game.identity not in known:
        [(of_game, one), (_, other)] = streams(0, 2)
        twice = play(copy(policy), game, [(of_game, one), (of_game, other)])
        known[game.identity] = bool(
            (twice.shares[0] != twice.shares[1]).any() or twice.length[0] != twice.length[1]
        )
    return known[game.identity]
