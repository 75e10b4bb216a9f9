"""Phases of a history: parameters that change with time, and shocks at a phase's entry.

Formal edition, section 3.10. A shock is applied at the end of the step before its phase, so that
the first observation of the phase shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np

from ..engine import Array, State, choose
from ..registry import Range
from .game import FormalGame
from .part import Block, Numbers, Part, Shares, Step


@dataclass(frozen=True)
class Shock:
    """What the entry of a phase does to trust and damage.

    Attributes:
        shifts: (holder, partner, change of trust) per pair, clipped to [0, 1 - R].
        trust_at_most: upper bound of all trust.
        damage_at_least: lower bound of all damage.
    """

    shifts: tuple[tuple[int, int, float], ...] = ()
    trust_at_most: float = 1.0
    damage_at_least: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "shifts", tuple(map(tuple, self.shifts)))

    def apply(self, trust: Array, damage: Array) -> tuple[Array, Array]:
        """Trust and damage after the shock, [B, N, N]; diagonals stay."""
        pairs = ~np.eye(trust.shape[-1], dtype=bool)
        damage = np.where(pairs, np.maximum(damage, self.damage_at_least), damage)
        trust = np.where(pairs, np.minimum(trust, self.trust_at_most), trust)
        for holder, partner, change in self.shifts:
            ceiling = 1 - damage[:, holder, partner]
            trust[:, holder, partner] = np.clip(trust[:, holder, partner] + change, 0, ceiling)
        return np.minimum(trust, np.where(pairs, 1 - damage, 1.0)), damage


@dataclass(frozen=True)
class Phases(Part):
    """The phases of a history, or one of them for the whole episode.

    Attributes:
        names: names of the phases.
        starts: first step of each.
        gammas: complementarity per phase; None leaves the base's.
        dependences: interdependence per phase, [P, N, N]; None leaves the game's.
        caps: cap of loyalty per phase; None for 1.
        shocks: phase name -> shock at its entry.
        only: the phase that lasts the whole episode; None for the full history.
    """

    names: Sequence[str]
    starts: Annotated[Numbers, Range(0)]
    gammas: Shares | None = None
    dependences: Shares | None = None
    caps: Shares | None = None
    shocks: Mapping[str, Shock] = field(default_factory=dict)
    only: str | None = None

    def __post_init__(self) -> None:
        if self.only is not None:
            choose("phase", self.only, self.names)
        for name in ("starts", "gammas", "dependences", "caps"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.names):
                raise ValueError(f"{name}={values!r}: must have {len(self.names)} entries")
        if self.starts[0] != 0 or not (np.diff(self.starts) > 0).all():
            raise ValueError(f"starts={self.starts!r}: must rise from 0")
        for name, shock in self.shocks.items():
            choose("shocks", name, self.names)
            if not isinstance(shock, Shock):
                raise ValueError(f"shocks: {name}={shock!r} must be a Shock")

    def check(self, game: FormalGame) -> None:
        """Shocks need trust; dependence is a square matrix per phase."""
        if self.shocks and "initial_trust" not in game.values:
            raise ValueError(f"{game.id}: shocks={self.shocks!r}: there is no trust to change")
        if self.dependences is not None and np.shape(self.dependences)[1:] != game.dependence.shape:
            raise ValueError(
                f"{game.id}: dependences of shape {np.shape(self.dependences)}: must have shape "
                f"{(len(self.names), *game.dependence.shape)}"
            )
        if self.dependences is not None and any(np.diag(d).any() for d in self.dependences):
            raise ValueError(f"{game.id}: dependences: the diagonal of every phase must be zero")
        for name, shock in self.shocks.items():
            for holder, partner, _ in shock.shifts:
                if holder == partner or not {holder, partner} <= set(range(game.n_agents)):
                    raise ValueError(
                        f"{game.id}: shocks: {name} shifts the trust of {holder} in {partner}; "
                        f"agents are 0 to {game.n_agents - 1}"
                    )

    @property
    def hides(self) -> set[str]:
        """What the phases set by themselves, and what this history does not change."""
        return {
            "names",
            "only",
            *(("shocks",) if self.only else ()),
            "gammas" if self.gammas is None else "gamma",
            "dependences" if self.dependences is None else "dependence",
            *(() if self.caps is not None else ("caps",)),
            *(() if self.shocks else ("shocks",)),
        }

    def index(self, t: Array) -> Array:
        """Phase at step t, [B]."""
        if self.only is not None:
            return np.full(t.shape, self.names.index(self.only))
        return np.searchsorted(self.starts, t, side="right") - 1

    def cap(self, t: Array) -> Array:
        """Cap of loyalty at step t, [B]."""
        if self.caps is None:
            return np.ones(len(t))
        return np.array(self.caps)[self.index(t)]

    def prepare(self, game: FormalGame, step: Step) -> None:
        """Put this phase's parameters in the place of the game's."""
        phase = self.index(step.before["t"])
        if self.gammas is not None:
            step.terms["gamma"] = np.array(self.gammas)[phase]
        if self.dependences is not None:
            step.terms["dependence"] = np.array(self.dependences, np.float64)[phase]

    def settle(self, game: FormalGame, step: Step) -> None:
        """Apply the shock of a phase that begins with the next step."""
        if self.only is not None:
            return
        for name, shock in self.shocks.items():
            enters = step.after["t"] == self.starts[self.names.index(name)]
            if enters.any():
                trust, damage = step.after["trust"].copy(), step.after["damage"].copy()
                trust[enters], damage[enters] = shock.apply(trust[enters], damage[enters])
                step.after["trust"], step.after["damage"] = trust, damage

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """The phase, one-hot."""
        return [Block("phase", np.eye(len(self.names))[self.index(state["t"])], "public")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Name of the phase."""
        return {"phase": self.names[int(self.index(state["t"][copy : copy + 1])[0])]}
