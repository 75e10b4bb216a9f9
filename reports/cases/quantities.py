"""The registry of quantities: functions of an outcome that a criterion may measure, each [B].

`at` and slices count states from 0. `of` names another quantity that has one value per state. A
quantity of one case alone is registered by the module of that case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .outcome import Array, Outcome

QUANTITIES: dict[str, Callable[..., Array]] = {}


def quantity(function: Callable[..., Array]) -> Callable[..., Array]:
    """Put a function into the registry, under its own name.

    Raises:
        ValueError: the name is taken.
    """
    name = function.__name__
    if name in QUANTITIES:
        raise ValueError(f"quantity {name} is registered twice")
    QUANTITIES[name] = function
    return function


def measure(outcome: Outcome, wanted: Mapping[str, Any]) -> Array:
    """A quantity of an outcome, [B] float64, or [B, T] for one with a value per state.

    Args:
        outcome: what the model predicts.
        wanted: `name` of the registry; other keys are arguments of its function.

    Raises:
        KeyError: there is no such quantity, actor or phase.
    """
    arguments = {key: value for key, value in wanted.items() if key != "name"}
    name = wanted["name"]
    if name not in QUANTITIES:
        raise KeyError(f"no quantity {name!r}; there are {', '.join(sorted(QUANTITIES))}")
    return np.asarray(QUANTITIES[name](outcome, **arguments), np.float64)


def over_time(outcome: Outcome, of: str | Mapping[str, Any]) -> Array:
    """A quantity with one value per state, [B, T]."""
    return measure(outcome, {"name": of} if isinstance(of, str) else of)


@quantity
def value(outcome: Outcome, of: str) -> Array:
    """A value without time."""
    return outcome.values[of]


@quantity
def mean_action(outcome: Outcome) -> Array:
    """Mean action over actors, per state."""
    return outcome.series["actions"].mean(axis=-1)


@quantity
def action(outcome: Outcome, of: str) -> Array:
    """Action of one actor, per state."""
    return outcome.series["actions"][..., outcome.actor(of)]


@quantity
def trust_offdiag_mean(outcome: Outcome) -> Array:
    """Mean trust between different actors, per state."""
    trust = outcome.series["trust"]
    n = trust.shape[-1]
    pairs = ~np.eye(n, dtype=bool)
    return trust[..., pairs].mean(axis=-1)


@quantity
def trust_matrix_mean(outcome: Outcome) -> Array:
    """Mean of the whole trust matrix, diagonal included, per state: as the suites average."""
    trust = outcome.series["trust"]
    return trust.reshape(*trust.shape[:2], -1).mean(axis=-1)


@quantity
def trust(outcome: Outcome, pair: list[str], at: int) -> Array:
    """Trust of the first actor in the second in one state."""
    i, j = map(outcome.actor, pair)
    return outcome.series["trust"][:, at, i, j]


@quantity
def reputation_max(outcome: Outcome) -> Array:
    """Largest reputation damage of any pair at any time."""
    damage = outcome.series["damage"]
    return damage.reshape(len(damage), -1).max(axis=1)


@quantity
def level(outcome: Outcome, of: Any, at: int) -> Array:
    """A quantity in one state."""
    return over_time(outcome, of)[:, at]


@quantity
def change(outcome: Outcome, of: Any, start: int, end: int) -> Array:
    """What a quantity gains from one state to another."""
    series = over_time(outcome, of)
    return series[:, end] - series[:, start]


@quantity
def relative_change(outcome: Outcome, of: Any, start: int, end: int) -> Array:
    """The same, as a part of the first."""
    series = over_time(outcome, of)
    return (series[:, end] - series[:, start]) / series[:, start]


@quantity
def recovery_ratio(outcome: Outcome, of: Any, before: int, after: int) -> Array:
    """A quantity after an event over what it was before."""
    series = over_time(outcome, of)
    return series[:, after] / series[:, before]


@quantity
def kendall_tau(outcome: Outcome, of: Any, at: list[int], against: list[float]) -> Array:
    """Kendall's tau-b of a quantity in some states with an expected order."""
    return tau(over_time(outcome, of)[:, at], against)


def tau(found: Array, against: Sequence[float]) -> Array:
    """Kendall's tau-b of rows [B, K] with an expected order [K]; 0 where all are equal.

    Differences below 1e-9 count as none.
    """
    i, j = np.triu_indices(len(against), 1)
    ours = np.sign(np.round(found[:, i] - found[:, j], 9))
    theirs = np.sign(np.subtract.outer(against, against)[i, j])
    scale = np.sqrt((ours != 0).sum(axis=1) * (theirs != 0).sum())
    agreed = (ours * theirs).sum(axis=1)
    return np.divide(agreed, scale, out=np.zeros(len(found)), where=scale > 0)
