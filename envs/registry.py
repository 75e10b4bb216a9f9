"""Which environments exist, and how their parameters are checked.

A game file registers a factory per edition; the factory's signature is the list of parameters.
Every module in `envs/games` is found by itself: a new environment is one new file.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import inspect
import math
import numbers
import pkgutil
import re
import reprlib
import types
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import gymnasium
import numpy as np
import pettingzoo

from .engine import Game

MECHANISM_CLASSES = {
    "TR-1": "interdependence",
    "TR-2": "trust",
    "TR-3": "collective action",
    "TR-4": "reciprocity",
}
_ID = re.compile(r"^[A-Za-z0-9]+-v\d+$")
# Where a word begins: a capital after a small letter or digit, or the last of several capitals.
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Payoffs are computed in single precision, where anything larger is infinite.
_LARGEST = float(np.finfo(np.float32).max)
_specs: dict[str, Spec] = {}


class ParameterError(ValueError):
    """A parameter that does not exist, of the wrong type, not finite or outside its `Range`."""


@dataclass(frozen=True)
class Range:
    """Where the numbers of a parameter lie, beside its type: `Annotated[float, Range(0, 1)]`.

    Attributes:
        low, high: ends.
        open: the ends are excluded.
    """

    low: float
    high: float = math.inf
    open: bool = False

    def holds(self, value: Any) -> bool:
        """Is the value one real number, or an array of them, all finite and in the range?"""
        try:
            entries = np.asarray(value)
        except ValueError:  # rows of different lengths
            return False
        if entries.dtype.kind not in "fiu" or not np.isfinite(entries).all():
            return False
        if self.open:
            return bool(((entries > self.low) & (entries < self.high)).all())
        return bool(((entries >= self.low) & (entries <= self.high)).all())

    def __str__(self) -> str:
        if self.high == math.inf:
            return f"above {self.low:g}" if self.open else f"of at least {self.low:g}"
        return f"{'strictly ' * self.open}between {self.low:g} and {self.high:g}"


@dataclass(frozen=True)
class Spec:
    """Registry entry of one environment in one edition.

    Attributes:
        id: name with edition, such as `SLCD-v0`.
        mechanism_class: `TR-1` to `TR-4`, a key of `MECHANISM_CLASSES`.
        factory: builds the game from its parameters.
        module: dotted name of the module that defines it.
        changes: where the game departs from its report, keys of `formal.changes.CHANGES`.
        supplement: not one of the environments of the study, so `ids` does not list it.
        number: counts registrations, of which an id may see several.
    """

    id: str
    mechanism_class: str
    factory: Callable[..., Game]
    module: str
    changes: tuple[int, ...] = ()
    supplement: bool = False
    number: int = field(default_factory=count().__next__)

    @property
    def name(self) -> str:
        """The id without edition."""
        return self.id.rpartition("-")[0]

    @property
    def edition(self) -> str:
        """`v0` (released) or `v1` (formal)."""
        return self.id.rpartition("-")[2]

    @property
    def summary(self) -> str:
        """First line of the factory's documentation."""
        return (inspect.getdoc(self.factory) or "").partition("\n")[0]

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Constructor parameters with defaults and types."""
        return dict(inspect.signature(self.factory).parameters)

    def create(self, **params: Any) -> Game:
        """Build the game.

        Raises:
            ParameterError: an unknown name, a wrong type or a number that is not finite; the
                text lists the valid ones.
            ValueError: a value out of range.
        """
        defaults = {p.name: p.default for p in self.parameters.values()}
        hints = get_type_hints(self.factory, include_extras=True)
        # A copy of its own: what the caller does to a list afterwards must not reach the game.
        given = deepcopy(checked(params, defaults, hints, self.id, "parameter"))
        game = self.factory(**given)
        game.parameters, game.registration = deepcopy(given), self.number
        return game


def register(
    id: str, mechanism_class: str, changes: Sequence[int] = (), *, supplement: bool = False
) -> Callable[[Callable[..., Game]], Callable[..., Game]]:
    """Decorator that registers a game factory under an id `Name-vK`.

    The id is then known here, to Gymnasium and to both registries of PettingZoo. A supplement is
    a game of a side study: it is made like any other, and listed only to whoever asks for it.

    Raises:
        ValueError: a malformed or taken id, or an unknown mechanism class.
    """
    if not _ID.match(id):
        raise ValueError(f"{id!r}: an environment id looks like 'TrustDilemma-v0'")
    if mechanism_class not in MECHANISM_CLASSES:
        raise ValueError(
            f"{id}: mechanism class {mechanism_class!r} is not one of {list(MECHANISM_CLASSES)}"
        )

    def decorate(factory: Callable[..., Game]) -> Callable[..., Game]:
        known = _specs.get(id)
        if known is not None and known.module != factory.__module__:
            raise ValueError(f"{id} is already registered by {known.module}")
        _register_elsewhere(id)
        _specs[id] = Spec(
            id, mechanism_class, factory, factory.__module__, tuple(changes), supplement
        )
        return factory

    return decorate


def unregister(id: str) -> None:
    """Forget an environment, here and in the other libraries."""
    del _specs[id]
    for registry in (gymnasium.registry, pettingzoo.parallel_registry, pettingzoo.aec_registry):
        registry.pop(id, None)


def pettingzoo_name(id: str) -> str:
    """Name in PettingZoo's style: `slcd_v0` for `SLCD-v0`, `trust_dilemma_v0`."""
    return _WORD.sub("_", id).replace("-", "_").lower()


def _register_elsewhere(id: str) -> None:
    """Make the id known to Gymnasium and PettingZoo, or to neither."""
    name = pettingzoo_name(id)
    for other in _specs:
        if other != id and pettingzoo_name(other) == name:
            raise ValueError(f"{id} and {other} would both be {name} in PettingZoo")
    module = f"{__package__}.pettingzoo.{name}"
    entries = [
        (
            "Gymnasium",
            gymnasium.registry,
            f"{__package__}.interfaces.joint:JointEnv",
            partial(gymnasium.register, kwargs={"game": id}),
        ),
        (
            "PettingZoo",
            pettingzoo.parallel_registry,
            f"{module}:parallel_env",
            partial(pettingzoo.register, "parallel"),
        ),
        (
            "PettingZoo",
            pettingzoo.aec_registry,
            f"{module}:env",
            partial(pettingzoo.register, "aec"),
        ),
    ]
    for library, registry, entry_point, _ in entries:
        if id in registry and registry[id].entry_point != entry_point:
            taken_by = registry[id].entry_point
            raise ValueError(f"{id} is already registered with {library}, by {taken_by}")
    for _, registry, entry_point, register_there in entries:
        if id not in registry:
            register_there(id, entry_point=entry_point)


def load_built_in_games() -> None:
    """Import every module in `envs/games`, so that each registers its environments."""
    from . import games

    for module in pkgutil.walk_packages(games.__path__, games.__name__ + "."):
        importlib.import_module(module.name)


def ids(edition: str | None = None, *, supplements: bool = False) -> list[str]:
    """All registered ids, by mechanism class and name, or those of one edition.

    Supplements are no part of the study and are listed only if asked for.
    """
    ordered = sorted(_specs.values(), key=lambda s: (s.edition, s.mechanism_class, s.name))
    listed = [s for s in ordered if supplements or not s.supplement]
    return [s.id for s in listed if edition in (None, s.edition)]


def spec(id: str) -> Spec:
    """Registry entry of an environment.

    Raises:
        ValueError: no such environment; the text lists the ids.
    """
    if id not in _specs:
        close = difflib.get_close_matches(id, _specs, n=1, cutoff=0.5)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"unknown environment {id!r}.{hint} Registered: {', '.join(ids())}")
    return _specs[id]


def game(id_or_game: str | Game, **params: Any) -> Game:
    """The game behind an id with its parameters, or the given game itself."""
    if isinstance(id_or_game, str):
        return spec(id_or_game).create(**params)
    if not isinstance(id_or_game, Game):
        raise TypeError(f"an id or a game is needed, got {id_or_game!r}")
    if params:
        raise ParameterError("parameters belong to an id; this game is already built")
    return id_or_game


def overridden(defaults: Any, changes: Mapping[str, Any] | None, name: str) -> Any:
    """A parameter record with some fields replaced, for constructors that pass records through.

    Raises:
        ParameterError: a field that the record does not have, of the wrong type or not finite;
            the text lists the fields.
        ValueError: a value out of range.
    """
    fields = {f.name: getattr(defaults, f.name) for f in dataclasses.fields(defaults)}
    hints = get_type_hints(type(defaults))
    return dataclasses.replace(defaults, **checked(changes or {}, fields, hints, name, "field"))


def checked(
    values: Mapping[str, Any],
    defaults: Mapping[str, Any],
    hints: Mapping[str, Any],
    owner: str,
    noun: str,
) -> dict[str, Any]:
    """The values with plain Python numbers, once every name, type and number is found valid.

    Args:
        values: what was given, by name.
        defaults: every valid name with its default.
        hints: name -> type; a `Range` in `Annotated` bounds its numbers.
        owner: id or record that the values are for.
        noun: what a value is called in messages.

    Raises:
        ParameterError: see the class; the text says what is valid.
    """

    def listing() -> str:
        return f"{noun}s: " + ", ".join(
            f"{name} ({_type_name(hints[name])}, default {reprlib.repr(default)})"
            for name, default in defaults.items()
        )

    plain = {name: _plain(value) for name, value in values.items()}
    for name, value in plain.items():
        if name not in defaults:
            close = difflib.get_close_matches(str(name), defaults, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ParameterError(f"{owner} has no {noun} {name!r}.{hint} Valid {listing()}")
        if not _fits(value, hints[name]):
            rest = "" if _has_range(hints[name]) else f"; {listing()}"
            raise ParameterError(
                f"{owner}: {name}={reprlib.repr(value)} must be {_type_name(hints[name])}{rest}"
            )
        if isinstance(value, int | float) and not abs(value) <= _LARGEST:
            raise ParameterError(
                f"{owner}: {name}={value!r} must be finite in single precision; {listing()}"
            )
    return plain


def _plain(value: Any) -> Any:
    """Python's number for any other: a NumPy float64 would raise float32 payoffs to float64."""
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    return float(value) if isinstance(value, numbers.Real) else value


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint) or hint
    if origin is Annotated:
        base, *ranges = get_args(hint)
        return _fits(value, base) and all(r.holds(value) for r in ranges)
    if origin in (types.UnionType, Union):
        return any(_fits(value, part) for part in get_args(hint))
    if hint is type(None):
        return value is None
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float)
    return isinstance(value, origin)


def _has_range(hint: Any) -> bool:
    return get_origin(hint) is Annotated or any(map(_has_range, get_args(hint)))


def _type_name(hint: Any) -> str:
    origin = get_origin(hint) or hint
    if origin is Annotated:
        base, *ranges = get_args(hint)
        return " ".join([_type_name(base), *map(str, ranges)])
    if origin in (types.UnionType, Union):
        return " or ".join(_type_name(part) for part in get_args(hint))
    named = {type(None): "None", Sequence: "list", np.ndarray: "array"}
    return named.get(origin, getattr(origin, "__name__", str(hint)))
