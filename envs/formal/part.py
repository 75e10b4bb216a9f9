"""What a formal game is composed of: parts that add payoffs, then move the state.

A part is a frozen record of parameters. Its fields are the parameter names of a game, so one set
of overrides (`params`, `without`) reaches every number on a game's page; their types say in which
range the numbers lie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_type_hints

import numpy as np

from ..engine import Array, State
from ..registry import Range

if TYPE_CHECKING:
    from .game import FormalGame

# Types of parameters.
Numbers = Sequence | np.ndarray
Share = Annotated[float, Range(0, 1)]
Shares = Annotated[Numbers, Range(0, 1)]
Threshold = Annotated[float, Range(-1, 1)]  # of a share; a negative one is never undercut
NonNegative = Annotated[float, Range(0)]
Count = Annotated[int, Range(0)]

# Order of an observation; a game has the blocks of its parts.
BLOCKS = (
    "shares",
    "trust",
    "damage",
    "loyalty",
    "standing",
    "window",
    "links",
    "cooldowns",
    "capital",
    "contract",
    "strikes",
    "stock",
    "phase",
    "surplus",
    "posterior",
    "gamma",
    "time",
)
# Shares this close to a threshold count as on it.
TOLERANCE = 1e-9
COMPONENTS = ("own", "synergy", "relational", "loyalty", "transfers")


@dataclass
class Draws:
    """Random numbers of one reset: a generator per copy, asked in the order of the parts.

    Attributes:
        generators: one per copy; None when nothing in the game draws.
        batch: number of copies B.
    """

    generators: list[np.random.Generator] | None
    batch: int

    def each(self, draw: Callable[[np.random.Generator], Any], *shape: int) -> Array:
        """What `draw` makes of every copy's generator, [B, *shape] float64."""
        assert self.generators is not None, "a part that draws must say so: `draws = True`"
        drawn = [draw(generator) for generator in self.generators]
        return np.array(drawn, np.float64).reshape(self.batch, *shape)


@dataclass
class Step:
    """Working record of one step.

    Attributes:
        before: state that payoffs and transitions read.
        after: state under construction.
        actions: [B, N] float64, clipped, payoff units.
        shares: [B, N], actions as shares of the own endowment.
        components: name -> [B, N], parts of the payoff; their sum is the payoff.
        terms: what transitions, rewards and info need of the step.
    """

    before: State
    after: State
    actions: Array
    shares: Array
    components: dict[str, Array]
    terms: dict[str, Any] = field(default_factory=dict)

    def pay(self, component: str, amount: Array) -> None:
        """Add to a component of the payoffs."""
        if component in self.components:
            amount = self.components[component] + amount
        self.components[component] = amount


@dataclass(frozen=True)
class Block:
    """A piece of an observation, entries in [0, 1].

    `who` says who sees it under the preset `realistic`; `full` shows everything but `hidden`.
    Arrays of agents are re-indexed with the observer first.

    Attributes:
        name: one of `BLOCKS`, which fixes the order.
        values: [B, N, k] of agents, [B, N, N] of ordered pairs, or [B, k] of the whole game.
        who: `agents` (all, of every agent), `own` (the own entry), `pairs` (the own row),
            `public` (everybody), `full` (nobody), `hidden` (the joint view only).
        exclude: for `agents`, an agent without an entry (a platform has no link to itself).
        low, high: bounds of the entries.
    """

    name: str
    values: Array
    who: str
    exclude: int | None = None
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True)
class Part:
    """A part with parameters (its fields) and perhaps a state. Every method has a neutral default.

    `draws` says that `reset` uses random numbers.
    """

    draws: ClassVar[bool] = False

    @classmethod
    @cache
    def types(cls) -> dict[str, Any]:
        """Types of the parameters, with their ranges."""
        hints = get_type_hints(cls, include_extras=True)
        return {f.name: hints[f.name] for f in fields(cls)}

    @property
    def hides(self) -> set[str]:
        """Names that are no parameters of the game: fixed fields, and what this part replaces."""
        return set()

    def at_mean(self) -> Part:
        """The part with what it draws at its mean; itself if it draws nothing."""
        return self

    def check(self, game: FormalGame) -> None:
        """Raise a ValueError if the parameters do not fit the game."""

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Initial state arrays, each with the batch on axis 0."""
        return {}

    def prepare(self, game: FormalGame, step: Step) -> None:
        """Put into `step.terms` what other parts pay by."""

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay, from the state before the step."""

    def update(self, game: FormalGame, step: Step) -> None:
        """Move the own state, from the state before the step."""

    def settle(self, game: FormalGame, step: Step) -> None:
        """Move what reads other states of the same step: shocks and links."""

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """What the part adds to observations."""
        return []

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Diagnostics of one copy; `terms` is None after a reset."""
        return {}
