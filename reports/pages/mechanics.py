"""Payoffs of a game on its card: its parts, their equations and the values of their parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from coopetition.envs.engine import Game
from coopetition.envs.formal import FormalGame
from coopetition.envs.released import ReleasedGame

from .equations import (
    DIAGNOSTIC,
    FORMAL,
    RELEASED,
    RELEASED_PAYOFF,
    RELEASED_TRUST,
    RELEASED_VALUE,
)
from .markdown import fenced, parsed, table, value

OWN = {"alpha": "bargaining shares", "dependence": "D_ij, how much i depends on j"}
FORMAL_SUM = "π_i = own_i + synergy_i + relational_i + loyalty_i + transfers_i, those that exist"
SHARES = "x_i = a_i / e_i is the share that agent i plays, b_i its norm, ' marks the next step."
# Matrices of more agents are said in words.
LARGEST_MATRIX = 4


def payoffs(game: Game) -> Iterator[str]:
    """Paragraphs on what an agent is paid in a step, and on the state that it depends on."""
    if isinstance(game, ReleasedGame):
        yield from _released(game)
    elif isinstance(game, FormalGame):
        yield from _formal(game)
    else:
        yield "Those of the environment that it wraps."


def _formal(game: FormalGame) -> Iterator[str]:
    yield f"{SHARES} Payoffs read the state before the step."
    yield fenced(FORMAL_SUM)
    yield _own(game)
    values = game.values
    for part in game.parts:
        meanings = _meanings(type(part))
        fields = {name: values[name] for name in meanings if name in values}
        yield from _part(type(part), FORMAL, fields, meanings)


def _released(game: ReleasedGame) -> Iterator[str]:
    form = game.value.specification
    unused = {"specification", "epsilon"} | {"beta" if form == "logarithmic" else "theta"}
    yield SHARES
    yield fenced(f"{RELEASED_PAYOFF},  {RELEASED_VALUE[form]}")
    yield _own(game)
    yield _parameters(_fields(game.value, unused), _meanings(type(game.value)))
    if game.trust is None:
        yield "**Trust** is one and stays so."
    else:
        yield "**Trust** T and damage R of every ordered pair enter rewards, not payoffs."
        yield fenced("\n".join(RELEASED_TRUST))
        yield _parameters(_fields(game.trust), _meanings(type(game.trust)))
    for mechanism in game.mechanisms:
        kind = type(mechanism)
        fields = {} if kind.__name__ in DIAGNOSTIC else _fields(mechanism)
        yield from _part(kind, RELEASED, fields, _meanings(kind))


def _part(
    kind: type,
    equations: Mapping[str, tuple[str, ...]],
    fields: Mapping[str, Any],
    meanings: Mapping[str, str],
) -> Iterator[str]:
    yield f"**{kind.__name__}.** {parsed(kind).summary}"
    if kind.__name__ in equations:
        yield fenced("\n".join(equations[kind.__name__]))
    if fields:
        yield _parameters(fields, meanings)


def _own(game: Any) -> str:
    """The parameters that belong to no part."""
    return _parameters({name: getattr(game, name) for name in OWN}, OWN)


def _parameters(fields: Mapping[str, Any], meanings: Mapping[str, str]) -> str:
    rows = [(f"`{name}`", _value(entry), meanings.get(name, "")) for name, entry in fields.items()]
    return table(("parameter", "value", "meaning"), rows)


def _value(entry: Any) -> str:
    matrix = np.asarray(entry) if isinstance(entry, np.ndarray | list | tuple) else None
    if matrix is not None and matrix.ndim == 2 and len(matrix) > LARGEST_MATRIX:
        others = matrix[~np.eye(len(matrix), dtype=bool)]
        if np.ptp(others) == 0:
            return f"{value(others[0])} for every pair"
    return value(entry)


def _fields(record: Any, unused: Iterable[str] = ()) -> dict[str, Any]:
    """Fields of a record, but for matrices, which the game has, and records."""
    found = {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
    return {
        name: entry
        for name, entry in found.items()
        if name not in unused
        and not isinstance(entry, np.ndarray)
        and not dataclasses.is_dataclass(entry)
    }


def _meanings(kind: type) -> dict[str, str]:
    """What the documentation of a class, or of those that it extends, says of its fields."""
    documented = [parsed(one.__dict__.get("__doc__") or "") for one in reversed(kind.__mro__[:-1])]
    entries = [doc.entries("Attributes") for doc in documented]
    names = [f.name for f in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    known = {name: text for part in entries for name, text in part.items()}
    return {name: known.get(name, "") for name in names}
