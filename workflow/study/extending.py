"""What extensions add to a study where the configuration says nothing else.

Environments join the factor `environments`, learners the factor `policies`. A new environment is
trained on by every learner that trains in its edition, and a new learner trains wherever another
one does, so that they can be compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from coopetition import envs
from coopetition.agents.extensions import Extension


def widened(
    factors: Mapping[str, Any], given: Collection[str], added: Sequence[Extension]
) -> dict[str, Any]:
    """The factors with what was added.

    Args:
        factors: every factor with its value.
        given: factors that the configuration sets itself, which stay as they are.
        added: the extensions.
    """
    places = [envs.spec(id) for extension in added for id in extension.environments]
    learners = [extension.learner for extension in added if extension.learner]
    names = [place.name for place in places if place.edition in factors["editions"]]
    more = {
        "environments": _joined(factors["environments"], names),
        "policies": _joined(factors["policies"], learners),
        "train_on": _trained(factors["train_on"], places, learners),
    }
    return {**factors, **{key: value for key, value in more.items() if key not in given}}


def _trained(train_on: Any, places: Sequence[envs.Spec], learners: Sequence[str]) -> Any:
    """`train_on` in the form that it has, with the new environments and learners."""
    if not isinstance(train_on, Mapping):
        return _joined(train_on, [place.name for place in places])
    wider = {}
    for edition, part in train_on.items():
        names = [place.name for place in places if place.edition == edition]
        if not isinstance(part, Mapping):
            wider[edition] = _joined(part, names)
            continue
        wider[edition] = {policy: _joined(wanted, names) for policy, wanted in part.items()}
        if everywhere := _union(list(wider[edition].values())):
            wider[edition] |= dict.fromkeys(learners, everywhere)
    return wider


def _union(wanted: Sequence[Any]) -> Any:
    """What any of them wants: names, or `all`."""
    if "all" in wanted:
        return "all"
    return [*dict.fromkeys(name for names in wanted for name in names)]


def _joined(wanted: Any, names: Sequence[str]) -> Any:
    """The names of both, once; `all` stays, and so does an empty list."""
    return _union([wanted, names]) if wanted else wanted
