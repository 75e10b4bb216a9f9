"""Whether factors are what the schema allows, exist, and fit together."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

import jsonschema

from coopetition import agents, envs
from coopetition.agents.registry import learner
from coopetition.agents.runs import protocols_of
from coopetition.agents.specs import PROTOCOLS

from . import campaigns
from .errors import ConfigurationError, argument, mend
from .narrowing import formal, left_of, placed, trained
from .study import CERTIFIED_EDITION, CERTIFIED_PROTOCOL, Study
from .train_on import among, named, renamed

# Factors with environments of their own, all or some of those of the study.
PLACED = ("audits", "ablations", "trajectories")

# 2.0 and True are no whole numbers.
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) is int
    ),
)


def check_schema(factors: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Keys and values are those of the JSON schema."""
    allowed = schema["properties"]
    examples = {k: rule["examples"][0] for k, rule in allowed.items()}
    lines = {k: argument(k, v) for k, v in {"scale": "quick", "study": "mine", **examples}.items()}
    for key, value in factors.items():
        if key not in allowed:
            close = difflib.get_close_matches(str(key), lines, n=1) or ["seeds"]
            keys = f"the keys {', '.join(lines)}"
            raise ConfigurationError(mend(key, value, keys, lines[close[0]]))
    for key in schema["required"]:
        if key not in factors:
            raise ConfigurationError(
                f"the scale lacks {key!r}: {allowed[key]['description']}. "
                f"Write, for example:\n\n    {key}: {json.dumps(allowed[key]['examples'][0])}\n"
            )
    errors = sorted(_Validator(schema).iter_errors(factors), key=str)
    if errors:
        key = str(errors[0].absolute_path[0])
        rule = allowed[key]["description"]
        raise ConfigurationError(mend(key, factors[key], rule, lines[key]))


def _known() -> dict[str, list[str]]:
    """Factor -> every name that it may hold."""
    specs = [envs.spec(i) for i in envs.ids()]
    return {
        "environments": sorted({spec.name for spec in specs}),
        "editions": sorted({spec.edition for spec in specs}),
        "policies": agents.learner_names(),
        "protocols": list(PROTOCOLS),
        "reward_modes": list(envs.REWARD_MODES),
    }


def check_registries(factors: Mapping[str, Any]) -> None:
    """Every name exists."""
    known, certified = _known(), factors["learner_certificates"]
    names = [(key, key, name) for key in known for name in factors[key] if factors[key] != "all"]
    names += [("train_on", factor, name) for factor, name in named(factors["train_on"])]
    names += [
        ("learner_certificates", factor, name)
        for factor in ("policies", "environments")
        for name in certified.get(factor, [])
    ]
    names += [("supplements", factor, name) for factor, name in campaigns.named(factors)]
    for key in PLACED:
        wanted = factors[key].get("environments", [])
        names += [(key, "environments", name) for name in wanted if wanted != "all"]
    for key, value in (("steps", factors["steps"]), ("audits", factors["audits"].get("seeds"))):
        if isinstance(value, Mapping):
            names += [(key, "environments", name) for name in value if name != "others"]
    for key, factor, name in names:
        if name not in known[factor]:
            close = difflib.get_close_matches(name, known[factor], n=1, cutoff=0.4)
            right = (close or known[factor])[0]
            value = [right] if key == factor else renamed(factors[key], name, right)
            allowed = f"any of {', '.join(known[factor])}"
            raise ConfigurationError(mend(key, name, allowed, argument(key, value)))


def check_train_on(factors: Mapping[str, Any]) -> None:
    """What it names is part of the study."""
    pairs = [*named(factors["train_on"])]
    for factor, name in pairs:
        if not among(name, factors[factor]):
            names = [*factors[factor], *(other for key, other in pairs if key == factor)]
            wider = {**factors, factor: [*dict.fromkeys(names)]}
            wider["policies"] = trained(wider)
            line = " ".join(argument(key, wider[key]) for key in (factor, "train_on"))
            allowed = f"{factor} of the study: {', '.join(factors[factor])}"
            raise ConfigurationError(mend("train_on", name, allowed, line))


def check_policies(factors: Mapping[str, Any]) -> None:
    """Every policy trains somewhere."""
    training = trained(factors)
    for policy in factors["policies"]:
        if policy not in training:
            allowed = f"those with an environment in train_on: {', '.join(training)}"
            line = f"{argument('policies', training)} {argument('train_on', factors['train_on'])}"
            allowed += f"; {policy} would train nowhere"
            raise ConfigurationError(mend("policies", policy, allowed, line))


def check_certificates(factors: Mapping[str, Any]) -> None:
    """Its environments are in the study, its policies have the protocol and a learner per agent."""
    edition, protocol = CERTIFIED_EDITION, CERTIFIED_PROTOCOL
    learners = [
        name
        for name in agents.learner_names()
        if learner(name).paradigm != "joint" and protocol in protocols_of(name, edition)
    ]
    for factor, names, rule in (
        ("environments", formal(factors), f"environments of the study in edition {edition}"),
        ("policies", learners, f"policies with a learner per agent in protocol {protocol}"),
    ):
        for name in factors["learner_certificates"].get(factor, []):
            if name not in names:
                line = argument("learner_certificates", left_of(factors, factor, names))
                allowed = f"{rule}: {', '.join(names) or 'none'}"
                raise ConfigurationError(mend("learner_certificates", name, allowed, line))


def check_placed(factors: Mapping[str, Any], key: str) -> None:
    """Its environments are in the study."""
    names = factors[key].get("environments", [])
    for name in [] if names == "all" else names:
        if not among(name, factors["environments"]):
            line = argument(key, placed(factors, key))
            allowed = f"environments of the study: {', '.join(factors['environments'])}"
            raise ConfigurationError(mend(key, name, allowed, line))


def check_supplements(factors: Mapping[str, Any]) -> None:
    """Its campaigns can be trained in the study."""
    if found := campaigns.problem(factors):
        value, allowed = found
        line = argument("supplements", {})
        raise ConfigurationError(mend("supplements", value, allowed, line))


def check_found(study: Study) -> None:
    """What is wanted exists in one of the editions."""
    for key, pairs in (
        ("environments", study.environments),
        ("train_on", study.trained_environments),
    ):
        if study[key] and not pairs:
            allowed = f"names that exist in edition {', '.join(study['editions'])}"
            raise ConfigurationError(mend(key, study[key], allowed, f"{key}=all"))


def check_protocols(study: Study) -> None:
    """Every learner has a protocol of the study in every edition that it trains on."""
    for edition, policy in dict.fromkeys((e, p) for e, _, p in study.training_cells):
        known = protocols_of(policy, edition)
        if not set(known) & set(study["protocols"]):
            allowed = (
                f"one that {policy} has in edition {edition}: {', '.join(known)}; or a train_on "
                f"in which {policy} has nothing in {edition}"
            )
            line = argument("protocols", known)
            raise ConfigurationError(mend("protocols", study["protocols"], allowed, line))
