"""What is left of a scale's factors in a study of fewer environments, learners or editions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coopetition import envs

from .study import CERTIFIED_EDITION
from .train_on import among, places


def populated(factors: Mapping[str, Any]) -> list[str]:
    """Editions in which environments of the study exist; all if there are none at all."""
    specs = [envs.spec(id) for id in envs.ids()]
    found = {spec.edition for spec in specs if among(spec.name, factors["environments"])}
    return [edition for edition in factors["editions"] if edition in found] or factors["editions"]


def trained(factors: Mapping[str, Any]) -> list[str]:
    """Policies that train somewhere; all in a study without training."""
    train_on, policies = factors["train_on"], factors["policies"]
    if not train_on:
        return policies
    return [p for p in policies if any(places(train_on, e, p) for e in factors["editions"])]


def formal(factors: Mapping[str, Any]) -> list[str]:
    """Environments of the study in the edition of learner certificates."""
    if CERTIFIED_EDITION not in factors["editions"]:
        return []
    names = [envs.spec(id).name for id in envs.ids(CERTIFIED_EDITION)]
    return [name for name in names if among(name, factors["environments"])]


def left_of(factors: Mapping[str, Any], factor: str, names: list[str]) -> dict[str, Any]:
    """`learner_certificates` with no other environments or policies; empty if none is left."""
    wanted = factors["learner_certificates"]
    left = [name for name in wanted.get(factor, []) if name in names]
    return {**wanted, factor: left} if left else {}


def placed(factors: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One of `PLACED` with environments of the study alone; empty if none is left."""
    wanted = factors[key]
    names = wanted.get("environments", [])
    left = names if names == "all" else [n for n in names if among(n, factors["environments"])]
    return {**wanted, "environments": left} if left else {}
