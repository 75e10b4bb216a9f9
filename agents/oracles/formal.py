"""The oracles of the formal edition: solved on the payoffs and the dynamics of the game itself.

Each plays every game of the edition; the names are those of the released oracles, which are
defined for one class each (formal edition, section 9). "Constants" are one share per role, in
whole percent, held for the whole episode. Equilibria in constants say nothing of what a reactive
strategy or a defection in the last steps would gain.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition.envs.engine import Array, Game, State
from coopetition.envs.formal import FormalGame, Linear, Membership, Team, TeamLoyalty
from coopetition.envs.formal.decoding import state_of
from coopetition.envs.released import ReleasedGame

from ..equilibria import singles, stage_equilibrium
from ..policy import Policy, UnsolvedError
from ..solutions import Solution, solution


class SolvedPolicy(Policy):
    """A policy that follows from the solution of its game."""

    solved: Solution

    def attach(self, game: Game) -> None:
        """Look up what is solved of the game; it is solved when it is asked for.

        Raises:
            ValueError: a game of another edition, or one that it cannot read.
        """
        if self.edition == "v1" and isinstance(game, ReleasedGame):
            raise ValueError(
                f"{self.name} solves games of the formal edition; {game.id} is of the released "
                f"edition, whose oracles are in `oracles` under the same names"
            )
        if not isinstance(game, self.game_class):
            raise ValueError(
                f"{self.name} reads the state of a game that is made of parts; {game.id} is not"
            )
        super().attach(game)
        self.solved = solution(game)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "solved"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "game" in state:  # what is solved is found again, or taken from this process
            self.attach(self.game)


class Plan(SolvedPolicy):
    """Plays shares that depend on the step only."""

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """All episodes are at their start."""
        return {"t": np.zeros(len(seeds), np.int64)}

    def act(self, observations: Array | None) -> Array:
        """The actions of the step, [B, N]."""
        shares = self.shares()
        t = np.minimum(self.memory["t"], len(shares) - 1)
        self.memory["t"] = self.memory["t"] + 1
        return shares[t] * self.game.endowments

    @abstractmethod
    def shares(self) -> Array:
        """[T, N], or [1, N] for the same shares in all steps."""


class Planner(Plan):
    """The dynamic optimum: the plan of the highest welfare that is constant within blocks."""

    name = "Planner"

    def shares(self) -> Array:
        """The plan."""
        return self.solved.plan[0]


class Nash(Plan):
    """The private equilibrium in constants of the lowest welfare, D."""

    name = "Oracle_Nash"
    edition = "v1"

    def shares(self) -> Array:
        """D.

        Raises:
            UnsolvedError: no equilibrium in constants was found.
        """
        if self.solved.worst is None:
            raise UnsolvedError(f"{self.game.id} has no private equilibrium in constants")
        return self.solved.worst[None]


class Equilibrium(Plan):
    """The equilibrium in constants of the highest welfare under integrated reward."""

    name = "Oracle_Equilibrium"
    edition = "v1"

    def shares(self) -> Array:
        """The coopetitive equilibrium.

        Raises:
            UnsolvedError: no equilibrium in constants was found.
        """
        if self.solved.coopetitive is None:
            raise UnsolvedError(f"{self.game.id} has no integrated equilibrium in constants")
        return self.solved.coopetitive[None]


class SocialOptimum(Plan):
    """The constants of the highest welfare, C."""

    name = "Oracle_SocialOptimum"
    edition = "v1"

    def shares(self) -> Array:
        """C."""
        return self.solved.optimum[None]


class BoundedReciprocity(Planner):
    """The dynamic optimum, reference of reciprocity games (TR-4)."""

    name = "Oracle_BoundedReciprocity"
    edition = "v1"


class Feedback(SolvedPolicy):
    """Answers to the state of the game, whoever has brought it about.

    What the game hides it takes at its mean.
    """

    observation = "published"
    edition = "v1"
    game_class = FormalGame
    game: FormalGame

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Nothing played yet, [B, N]."""
        return {"played": np.zeros((len(seeds), self.game.n_agents))}

    def act(self, observations: Array) -> Array:
        """The answer in every copy, [B, N]."""
        shares = self.answer(state_of(self.game, observations))
        self.memory["played"] = shares
        return shares * self.game.endowments

    @abstractmethod
    def answer(self, state: State) -> Array:
        """Shares [B, N] in a state of B copies."""


class TrustAware(Feedback):
    """The dynamic optimum, reference of trust and interdependence games (TR-1, TR-2).

    In a symmetric pair that remembers nothing but trust, by dynamic programming, so that it
    answers to the trust there is; elsewhere it follows the plan.
    """

    name = "Oracle_TrustAware"

    def answer(self, state: State) -> Array:
        """Equal shares by the programme, or the plan of the step."""
        programme = self.solved.programme
        if programme is not None:
            return programme.best(state)[:, None].repeat(self.game.n_agents, axis=1)
        plan = self.solved.plan[0]
        return plan[np.minimum(state["t"], len(plan) - 1)]


class ReciprocityEquilibrium(Feedback):
    """The equilibrium of every single step in its state: myopic play."""

    name = "Oracle_ReciprocityEquilibrium"

    def answer(self, state: State) -> Array:
        """From the shares of the step before, to which it is close."""
        return _myopic(self.solved, state, self.memory["played"])


class Loyalty(Feedback):
    """The equilibrium of every single step at the loyalty of the moment, reference of TR-3.

    In a team it follows from the first-order conditions; elsewhere it is found numerically.
    """

    name = "Oracle_Loyalty"

    def answer(self, state: State) -> Array:
        """The closed form where the game pays team production or a public good."""
        game, base = self.game, self.game.parts[0]
        if not isinstance(base, Team | Linear):
            return _myopic(self.solved, state, self.memory["played"])
        loyal, kept = _concern(game, state)
        if isinstance(base, Linear):
            worth = loyal * base.m / game.n_agents > kept
            return worth.astype(np.float64)
        return _team_efforts(game, base, state, loyal / kept) / game.endowments


def _myopic(solved: Solution, state: State, guess: Array) -> Array:
    return stage_equilibrium(solved.game, state, singles(solved.game), guess)


def _concern(game: FormalGame, state: State) -> tuple[Array, Array]:
    """What an agent feels of the team's yield and of its own cost, [B, N] each.

    1 + phi_B theta and 1 - phi_C theta.
    """
    for part in game.parts:
        if isinstance(part, TeamLoyalty):
            theta = state["loyalty"]
            return 1 + part.phi_B * theta, 1 - part.phi_C * theta
    ones = np.ones((len(state["t"]), game.n_agents))
    return ones, ones


def _team_efforts(game: FormalGame, team: Team, state: State, concern: Array) -> Array:
    """Equilibrium efforts of team production, [B, N] payoff units.

    A member wants the total effort of the team to reach
    [omega beta concern_i / (N c)]^(1 / (1 - beta)), and members who want the same share it. Those
    who want most contribute first; the others add what is still missing to them. An agent outside
    the team does its solitary best.
    """
    gain = team.omega * team.beta / team.c
    wanted = (gain * concern / game.n_agents) ** (1 / (1 - team.beta))
    solo = next((part.solo for part in game.parts if isinstance(part, Membership)), 0.0)
    efforts = np.full(wanted.shape, (solo * gain) ** (1 / (1 - team.beta)))
    members = state.get("members", np.ones(wanted.shape, bool))
    for copy, inside in enumerate(members):
        total = 0.0
        for level in sorted({*wanted[copy, inside].round(9)}, reverse=True):
            alike = inside & (wanted[copy].round(9) == level)
            part = max(0.0, level - total) / np.count_nonzero(alike)
            efforts[copy, alike] = np.minimum(part, game.endowments[alike])
            total += efforts[copy, alike].sum()
    return np.minimum(efforts, game.endowments)
