"""The factor `train_on` in its three forms.

Environments (a list of names, or `all`); edition -> environments; edition -> policy ->
environments. A shorter form means the same for every policy, or every edition. An edition or policy
left out of a mapping trains on none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Factors whose names it holds, from the outermost keys to the lists.
LEVELS = ("editions", "policies", "environments")


def among(name: str, wanted: Any) -> bool:
    """Is the name in the list, or wanted with all others?"""
    return wanted == "all" or name in wanted


def places(train_on: Any, edition: str, policy: str) -> Any:
    """What a policy trains on in an edition: names, or `all`."""
    for key in (edition, policy):
        if isinstance(train_on, Mapping):
            train_on = train_on.get(key, [])
    return train_on


def named(train_on: Any, levels: Sequence[str] = LEVELS) -> Iterator[tuple[str, str]]:
    """(factor, name) of every edition, policy and environment that it names."""
    if isinstance(train_on, Mapping):
        for key, part in train_on.items():
            yield levels[0], key
            yield from named(part, levels[1:])
    elif train_on != "all":
        yield from ((levels[-1], name) for name in train_on)


def renamed(value: Any, wrong: str, right: str) -> Any:
    """The same with another name in place of one, in this factor or another mapping of lists."""
    if isinstance(value, Mapping):
        return {
            right if key == wrong else key: renamed(part, wrong, right)
            for key, part in value.items()
        }
    if not isinstance(value, list) or wrong not in value:
        return value
    return [*dict.fromkeys(right if name == wrong else name for name in value)]


def pruned(train_on: Any) -> Any:
    """The same without editions and policies that train on none; empty if nothing trains."""
    if isinstance(train_on, Mapping):
        parts = {key: pruned(part) for key, part in train_on.items()}
        return {key: part for key, part in parts.items() if part}
    return train_on


def narrowed(train_on: Any, factors: Mapping[str, Any]) -> Any:
    """What is left of the `train_on` of a scale in a study.

    If no environment is left, the policies of the scale train on all of the study's, each in the
    editions in which it did; if no such policy is left either, all train in every edition.
    """
    for wanted in (train_on, _everywhere(train_on)):
        if left := pruned(_left(wanted, factors)):
            return left
    return train_on and "all"


def _everywhere(train_on: Any) -> Any:
    """The same with all environments in place of some."""
    if isinstance(train_on, Mapping):
        return {key: _everywhere(part) for key, part in train_on.items()}
    return train_on and "all"


def _left(train_on: Any, factors: Mapping[str, Any], levels: Sequence[str] = LEVELS) -> Any:
    """Those editions, policies and environments that are part of the study."""
    if isinstance(train_on, Mapping):
        return {
            key: _left(part, factors, levels[1:])
            for key, part in train_on.items()
            if key in factors[levels[0]]
        }
    if train_on == "all":
        return train_on
    return [name for name in train_on if among(name, factors[levels[-1]])]
