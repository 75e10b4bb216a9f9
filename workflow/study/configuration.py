"""Configuration: a scale gives every factor, study.yaml and the command line override some.

Every error names the key, the value, what is allowed, and the line to write instead.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from coopetition import agents, envs
from coopetition.agents.ablations.chain import chain_runs
from coopetition.agents.extensions import Extension, ExtensionError, module_of
from coopetition.agents.registry import PROTOCOLS, learner
from coopetition.agents.runs import Run, cell_runs, protocols_of

from . import campaigns
from .code_hash import code_hash
from .extending import widened
from .train_on import among, named, narrowed, places, pruned, renamed

BUILT_IN = "coopetition.envs.games."
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Keys that are no factors: the scale, the name, and the released corpus of `analyse_released`.
OUTSIDE = ("scale", "study", "corpus")
# Factors with environments of their own, all or some of those of the study.
PLACED = ("audits", "ablations", "trajectories")
# Where theory says how learners should end, unless one controller plays all agents.
CERTIFIED_EDITION, CERTIFIED_PROTOCOL = "v1", "corrected"
CERTIFIED_MODES = ("private", "cooperative")
# Rules with a job per environment -> folder of their results, and of their benchmarks.
PARTS = {
    "solution": "solutions",
    "certificate": "certificates",
    "reference": "reference",
    "released_audit": "released_audit",
    "audit": "audits",
    "trajectories": "trajectories",
}

# 2.0 and True are no whole numbers.
_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: type(value) is int
    ),
)


class ConfigurationError(ValueError):
    """The configuration cannot be used; the text says how to mend it."""


@dataclass(frozen=True)
class Study:
    """A resolved configuration.

    Attributes:
        name: folder of the results below `results/`.
        scale: scale that it started from.
        factors: every factor with its value (see config/README.md).
    """

    name: str
    scale: str
    factors: Mapping[str, Any]

    def __getitem__(self, factor: str) -> Any:
        return self.factors[factor]

    @property
    def hash(self) -> str:
        """Short hash of name, scale and factors, and of the code of extensions."""
        code = [code_hash(module_of(path)) for path in self["extend"]]
        content = json.dumps([self.name, self.scale, dict(self.factors), code], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def environments(self) -> list[tuple[str, str]]:
        """(edition, environment) pairs that exist, in registry order."""
        return [
            (spec.edition, spec.name)
            for spec in map(envs.spec, envs.ids())
            if spec.edition in self["editions"] and among(spec.name, self["environments"])
        ]

    @property
    def audited_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` on which policies are audited."""
        wanted = self["audits"].get("environments", [])
        return [place for place in self.environments if among(place[1], wanted)]

    @property
    def trajectory_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` on which trajectories are recorded."""
        wanted = self["trajectories"].get("environments", [])
        return [place for place in self.environments if among(place[1], wanted)]

    @property
    def published_environments(self) -> list[tuple[str, str]]:
        """Those that the published audit is of: released ones that no extension adds."""
        return [
            (edition, env)
            for edition, env in self.environments
            if edition == "v0" and envs.spec(f"{env}-v0").module.startswith(BUILT_IN)
        ]

    @property
    def ablated_environments(self) -> list[tuple[str, str]]:
        """Those of `published_environments` that the chain of ablations trains on."""
        wanted = self["ablations"].get("environments", [])
        return [place for place in self.published_environments if among(place[1], wanted)]

    def ablation_runs(self, environment: str) -> list[list[Run]]:
        """The runs of every step of the chain on an environment, given without edition."""
        wanted = self["ablations"]
        steps = _of_environment(wanted["steps"], environment)
        mode, seeds = wanted["reward_mode"], wanted["seeds"]
        return chain_runs(environment, reward_mode=mode, seeds=seeds, steps=steps)

    def places(self, part: str) -> list[tuple[str, str]]:
        """(edition, environment) of the jobs of a part, one of the values of `PARTS`."""
        some = {
            "audits": self.audited_environments,
            "trajectories": self.trajectory_environments,
            "released_audit": self.published_environments,
        }
        return some.get(part, self.environments)

    @property
    def training_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every training job."""
        return [
            (edition, environment, policy)
            for edition, environment in self.environments
            for policy in self["policies"]
            if among(environment, places(self["train_on"], edition, policy))
        ]

    @property
    def trained_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` that learners train on."""
        return [*dict.fromkeys(cell[:2] for cell in self.training_cells)]

    def learners_on(self, edition: str, environment: str) -> list[str]:
        """Learners that train on an environment."""
        return [cell[2] for cell in self.training_cells if cell[:2] == (edition, environment)]

    def cell(self, edition: str, environment: str, policy: str) -> list[Run]:
        """The runs of one training job."""
        return cell_runs(
            policy,
            environment,
            edition,
            protocols=self["protocols"],
            reward_modes=self["reward_modes"],
            seeds=self["seeds"],
            steps=self.steps(environment),
        )

    def steps(self, environment: str) -> int:
        """Environment steps of a run on an environment, given without edition."""
        return _of_environment(self["steps"], environment)

    def plan(self) -> list[Run]:
        """Every run of `training_cells`."""
        return [run for cell in self.training_cells for run in self.cell(*cell)]

    @property
    def certified_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every job that trains for a learner's certificate."""
        wanted = self["learner_certificates"]
        return [
            (CERTIFIED_EDITION, environment, policy)
            for environment in wanted.get("environments", [])
            for policy in wanted["policies"]
        ]

    def certified_cell(self, edition: str, environment: str, policy: str) -> list[Run]:
        """The runs of one such job."""
        wanted = self["learner_certificates"]
        return cell_runs(
            policy,
            environment,
            edition,
            protocols=[CERTIFIED_PROTOCOL],
            reward_modes=CERTIFIED_MODES,
            seeds=wanted["seeds"],
            steps=wanted["steps"],
        )

    @property
    def signatures(self) -> list[str]:
        """Names of the signatures of learners to put to the test."""
        return self["learner_certificates"].get("signatures", [])

    @property
    def signature_size(self) -> tuple[int, int]:
        """Training runs of a signature, two learners for every seed, and steps of each."""
        wanted = self["learner_certificates"]
        return 2 * len(wanted["seeds"]), wanted["steps"]


def resolve(config: Mapping[str, Any], folder: Path) -> Study:
    """Resolve what Snakemake has merged from study.yaml and the command line.

    Args:
        config: keys `scale`, optionally `study`, and any factors to override.
        folder: the folder `config`, with `scales` and `schemas`.

    Raises:
        ConfigurationError: an unknown key or value, or a narrowed run that would overwrite a full
            one.
    """
    known = sorted(path.stem for path in (folder / "scales").glob("*.yaml"))
    scale = config.get("scale", "quick")
    if scale not in known:
        raise ConfigurationError(_mend("scale", scale, f"one of {', '.join(known)}", "scale=quick"))
    optional = {"extend": [], "supplements": {}, "ablations": {}, "trajectories": {}}
    defaults = {**optional, **_read(folder / "scales" / f"{scale}.yaml")}
    overrides = {k: _numbers(v) for k, v in config.items() if k not in OUTSIDE}
    factors = {**defaults, **overrides}
    _check_schema(factors, _read_json(folder / "schemas" / "study.schema.json"))
    factors = widened(factors, overrides, [_extended(path) for path in factors["extend"]])
    _check_registries(factors)
    factors["editions"] = _populated(factors)
    factors["train_on"] = pruned(factors["train_on"])
    if "train_on" not in overrides:
        factors["train_on"] = narrowed(factors["train_on"], factors)
    if "learner_certificates" not in overrides:
        factors["learner_certificates"] = _left(factors, "environments", _formal(factors))
    if "supplements" not in overrides:
        factors["supplements"] = campaigns.narrowed(factors)
    for key in PLACED:
        if key not in overrides:
            factors[key] = _placed(factors, key)
    _check_train_on(factors)
    _check_certificates(factors)
    _check_supplements(factors)
    for key in PLACED:
        _check_placed(factors, key)
    if "policies" not in overrides:
        factors["policies"] = _trained(factors)
    _check_policies(factors)
    study = Study(_name(config.get("study", scale)), scale, factors)
    _check_found(study)
    _check_protocols(study)
    changed = {k: v for k, v in overrides.items() if v != defaults.get(k)}
    if study.name in known and (changed or study.name != scale):
        words = [f"scale={scale}", *(_argument(k, v) for k, v in changed.items())]
        raise ConfigurationError(
            f"This run ({', '.join(words)}) differs from scale {study.name!r}, and would overwrite "
            f"the results of the full study {study.name!r}. Allowed: a study name that is no scale."
            " Give the run a name of its own:\n\n"
            f"    snakemake --config {' '.join(words)} study=my_{scale}\n"
        )
    return study


def _extended(path: str) -> Extension:
    """What an extension has added.

    Raises:
        ConfigurationError: it cannot be used.
    """
    try:
        return agents.extend(path)
    except ExtensionError as error:
        raise ConfigurationError(
            f"extend = {path!r} cannot be used. {str(error).rstrip('.')}. Write, for example:\n\n"
            "    snakemake --config extend='[examples/extend_game.py]'\n"
        ) from error


def _populated(factors: Mapping[str, Any]) -> list[str]:
    """Editions in which environments of the study exist; all if there are none at all."""
    specs = [envs.spec(id) for id in envs.ids()]
    found = {spec.edition for spec in specs if among(spec.name, factors["environments"])}
    return [edition for edition in factors["editions"] if edition in found] or factors["editions"]


def _trained(factors: Mapping[str, Any]) -> list[str]:
    """Policies that train somewhere; all in a study without training."""
    train_on, policies = factors["train_on"], factors["policies"]
    if not train_on:
        return policies
    return [p for p in policies if any(places(train_on, e, p) for e in factors["editions"])]


def _check_train_on(factors: Mapping[str, Any]) -> None:
    """What it names is part of the study."""
    pairs = [*named(factors["train_on"])]
    for factor, name in pairs:
        if not among(name, factors[factor]):
            names = [*factors[factor], *(other for key, other in pairs if key == factor)]
            wider = {**factors, factor: [*dict.fromkeys(names)]}
            wider["policies"] = _trained(wider)
            line = " ".join(_argument(key, wider[key]) for key in (factor, "train_on"))
            allowed = f"{factor} of the study: {', '.join(factors[factor])}"
            raise ConfigurationError(_mend("train_on", name, allowed, line))


def _check_policies(factors: Mapping[str, Any]) -> None:
    """Every policy trains somewhere."""
    trained = _trained(factors)
    for policy in factors["policies"]:
        if policy not in trained:
            allowed = f"those with an environment in train_on: {', '.join(trained)}"
            line = f"{_argument('policies', trained)} {_argument('train_on', factors['train_on'])}"
            allowed += f"; {policy} would train nowhere"
            raise ConfigurationError(_mend("policies", policy, allowed, line))


def _formal(factors: Mapping[str, Any]) -> list[str]:
    """Environments of the study in the edition of learner certificates."""
    if CERTIFIED_EDITION not in factors["editions"]:
        return []
    names = [envs.spec(id).name for id in envs.ids(CERTIFIED_EDITION)]
    return [name for name in names if among(name, factors["environments"])]


def _left(factors: Mapping[str, Any], factor: str, names: list[str]) -> dict[str, Any]:
    """`learner_certificates` with no other environments or policies; empty if none is left."""
    wanted = factors["learner_certificates"]
    left = [name for name in wanted.get(factor, []) if name in names]
    return {**wanted, factor: left} if left else {}


def _of_environment(steps: int | Mapping[str, int], environment: str) -> int:
    """Steps on an environment, of a factor that may name environments."""
    return steps.get(environment, steps["others"]) if isinstance(steps, Mapping) else steps


def _placed(factors: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One of `PLACED` with environments of the study alone; empty if none is left."""
    wanted = factors[key]
    names = wanted.get("environments", [])
    left = names if names == "all" else [n for n in names if among(n, factors["environments"])]
    return {**wanted, "environments": left} if left else {}


def _check_certificates(factors: Mapping[str, Any]) -> None:
    """Its environments are in the study, its policies have the protocol and a learner per agent."""
    edition, protocol = CERTIFIED_EDITION, CERTIFIED_PROTOCOL
    learners = [
        name
        for name in agents.learner_names()
        if learner(name).paradigm != "joint" and protocol in protocols_of(name, edition)
    ]
    for factor, names, rule in (
        ("environments", _formal(factors), f"environments of the study in edition {edition}"),
        ("policies", learners, f"policies with a learner per agent in protocol {protocol}"),
    ):
        for name in factors["learner_certificates"].get(factor, []):
            if name not in names:
                line = _argument("learner_certificates", _left(factors, factor, names))
                allowed = f"{rule}: {', '.join(names) or 'none'}"
                raise ConfigurationError(_mend("learner_certificates", name, allowed, line))


def _check_placed(factors: Mapping[str, Any], key: str) -> None:
    """Its environments are in the study."""
    names = factors[key].get("environments", [])
    for name in [] if names == "all" else names:
        if not among(name, factors["environments"]):
            line = _argument(key, _placed(factors, key))
            allowed = f"environments of the study: {', '.join(factors['environments'])}"
            raise ConfigurationError(_mend(key, name, allowed, line))


def _check_supplements(factors: Mapping[str, Any]) -> None:
    """Its campaigns can be trained in the study."""
    if found := campaigns.problem(factors):
        value, allowed = found
        line = _argument("supplements", {})
        raise ConfigurationError(_mend("supplements", value, allowed, line))


def _check_found(study: Study) -> None:
    """What is wanted exists in one of the editions."""
    for key, pairs in (
        ("environments", study.environments),
        ("train_on", study.trained_environments),
    ):
        if study[key] and not pairs:
            allowed = f"names that exist in edition {', '.join(study['editions'])}"
            raise ConfigurationError(_mend(key, study[key], allowed, f"{key}=all"))


def _check_protocols(study: Study) -> None:
    """Every learner has a protocol of the study in every edition that it trains on."""
    for edition, policy in dict.fromkeys((e, p) for e, _, p in study.training_cells):
        known = protocols_of(policy, edition)
        if not set(known) & set(study["protocols"]):
            allowed = (
                f"one that {policy} has in edition {edition}: {', '.join(known)}; or a train_on "
                f"in which {policy} has nothing in {edition}"
            )
            line = _argument("protocols", known)
            raise ConfigurationError(_mend("protocols", study["protocols"], allowed, line))


def _numbers(value: Any, *, inner: bool = False) -> Any:
    """Numbers in a list or mapping, which `snakemake --config` hands over as text."""
    if isinstance(value, list):
        return [_numbers(part, inner=True) for part in value]
    if isinstance(value, dict):
        return {key: _numbers(part, inner=True) for key, part in value.items()}
    text = value if inner and isinstance(value, str) else ""
    if re.fullmatch(r"[0-9]+\.[0-9]+", text):
        return float(text)
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else value


def _name(study: Any) -> str:
    if type(study) not in (str, int) or not NAME.fullmatch(str(study)):
        raise ConfigurationError(
            _mend(
                "study", study, "a folder name of letters, digits, '_', '.' and '-'", "study=mine"
            )
        )
    return str(study)


def _check_schema(factors: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    allowed = schema["properties"]
    examples = {k: rule["examples"][0] for k, rule in allowed.items()}
    lines = {k: _argument(k, v) for k, v in {"scale": "quick", "study": "mine", **examples}.items()}
    for key, value in factors.items():
        if key not in allowed:
            close = difflib.get_close_matches(str(key), lines, n=1) or ["seeds"]
            keys = f"the keys {', '.join(lines)}"
            raise ConfigurationError(_mend(key, value, keys, lines[close[0]]))
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
        raise ConfigurationError(_mend(key, factors[key], rule, lines[key]))


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


def _check_registries(factors: Mapping[str, Any]) -> None:
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
    if isinstance(factors["steps"], Mapping):
        names += [("steps", "environments", name) for name in factors["steps"] if name != "others"]
    for key, factor, name in names:
        if name not in known[factor]:
            close = difflib.get_close_matches(name, known[factor], n=1, cutoff=0.4)
            right = (close or known[factor])[0]
            value = [right] if key == factor else renamed(factors[key], name, right)
            allowed = f"any of {', '.join(known[factor])}"
            raise ConfigurationError(_mend(key, name, allowed, _argument(key, value)))


def _mend(key: str, value: Any, allowed: str, line: str) -> str:
    return (
        f"{key} = {value!r} cannot be used. Allowed: {allowed}. Write, for example:\n\n"
        f"    snakemake --config {line}\n\nor the same key in config/study.yaml."
    )


def _argument(key: str, value: Any) -> str:
    """A factor as `--config` takes it in a shell."""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):  # Snakemake strips outer quotes, but not within spaces
        text = value if re.fullmatch(r"[A-Za-z]([\w .,-]*[\w.])?", value) else f" {text} "
    return f"{key}={shlex.quote(text)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path.name} is not valid YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path.name} must hold keys and values")
    return content


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
