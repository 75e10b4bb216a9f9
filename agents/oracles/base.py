"""What the oracles share: one class of games each, a card, and actions solved from a game."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Game
from coopetition.envs.mechanisms import Mechanism
from coopetition.envs.released import ReleasedGame

from ..policy import Policy

Part = TypeVar("Part", bound=Mechanism)


@dataclass(frozen=True)
class Card:
    """What an oracle is; returns are integrated, summed over steps and agents.

    Attributes:
        equation: what it solves.
        role: what the published documents call it.
        here: what it does in the released environments, with figures.
    """

    equation: str
    role: str
    here: str


class Oracle(Policy):
    """A policy computed from the parameters of the game; constant unless it says otherwise."""

    card: ClassVar[Card]
    mechanism_class: ClassVar[str]
    edition: ClassVar[str] = "v0"
    game: ReleasedGame

    def attach(self, game: Game) -> None:
        """Solve the game, unless it is built like the one solved last.

        Raises:
            ValueError: a game of another mechanism class or edition.
        """
        entry = envs.spec(game.id)
        if (entry.mechanism_class, entry.edition) != (self.mechanism_class, self.edition):
            released = map(envs.spec, envs.ids(self.edition))
            fitting = [e.id for e in released if e.mechanism_class == self.mechanism_class]
            raise ValueError(
                f"{self.name} is defined for {self.mechanism_class} "
                f"({envs.MECHANISM_CLASSES[self.mechanism_class]}), released edition; {game.id} is "
                f"{entry.mechanism_class} {entry.edition}. Choose one of {', '.join(fitting)}"
            )
        solved = self.attached_to(game)
        super().attach(game)
        if not solved:
            self.solve(self.game)

    @abstractmethod
    def solve(self, game: ReleasedGame) -> None:
        """Compute what the actions follow from."""


class StationaryOracle(Oracle):
    """Plays one joint action at every step."""

    actions: Array

    def solve(self, game: ReleasedGame) -> None:
        """Find the actions, [N] float32."""
        self.actions = np.asarray(self.profile(game), np.float32)

    @abstractmethod
    def profile(self, game: ReleasedGame) -> Array:
        """The joint action, [N] payoff units."""

    def act(self, observations: Array | None) -> Array:
        """The same actions in every copy, [B, N]."""
        return np.broadcast_to(self.actions, (self.copies, len(self.actions)))


def part(game: ReleasedGame, kind: type[Part]) -> Part:
    """The mechanism of a kind that the game is composed of."""
    return next(mechanism for mechanism in game.mechanisms if isinstance(mechanism, kind))
