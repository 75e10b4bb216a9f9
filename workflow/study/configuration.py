"""Configuration: a scale gives every factor, study.yaml and the command line override some.

Every error names the key, the value, what is allowed, and the line to write instead.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from coopetition import agents, envs
from coopetition.agents.registry import PROTOCOLS
from coopetition.agents.runs import Run, cell_runs, protocols_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

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
        """Short hash of name, scale and factors."""
        content = json.dumps([self.name, self.scale, dict(self.factors)], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def environments(self) -> list[tuple[str, str]]:
        """(edition, environment) pairs that exist, in registry order."""
        return [
            (spec.edition, spec.name)
            for spec in map(envs.spec, envs.ids())
            if spec.edition in self["editions"] and _among(spec.name, self["environments"])
        ]

    @property
    def trained_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` that learners train on."""
        wanted = _by_edition(self["train_on"], self["editions"])
        return [pair for pair in self.environments if _among(pair[1], wanted[pair[0]])]

    @property
    def training_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every training job."""
        return [
            (edition, environment, policy)
            for edition, environment in self.trained_environments
            for policy in self["policies"]
        ]

    def cell(self, edition: str, environment: str, policy: str) -> list[Run]:
        """The runs of one training job."""
        return cell_runs(
            policy,
            environment,
            edition,
            protocols=self["protocols"],
            reward_modes=self["reward_modes"],
            seeds=self["seeds"],
            steps=self["steps"],
        )

    def plan(self) -> list[Run]:
        """Every training run of the study."""
        return [run for cell in self.training_cells for run in self.cell(*cell)]


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
    defaults = _read(folder / "scales" / f"{scale}.yaml")
    overrides = {k: _numbers(v) for k, v in config.items() if k not in ("scale", "study")}
    factors = {**defaults, **overrides}
    _check_schema(factors, _read_json(folder / "schemas" / "study.schema.json"))
    _check_registries(factors)
    if "train_on" not in overrides:
        factors["train_on"] = _narrowed(factors["train_on"], factors)
    _check_subset(factors)
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


def _among(name: str, wanted: Any) -> bool:
    """Is the name in the list, or wanted with all others?"""
    return wanted == "all" or name in wanted


def _by_edition(train_on: Any, editions: Sequence[str]) -> dict[str, Any]:
    """Edition -> what is trained on in it; a list is meant for every edition."""
    if isinstance(train_on, Mapping):
        return {edition: train_on.get(edition, []) for edition in editions}
    return dict.fromkeys(editions, train_on)


def _narrowed(train_on: Any, factors: Mapping[str, Any]) -> Any:
    """What a scale trains on, as far as it is among editions and environments; else all of them."""
    environments = factors["environments"]

    def kept(names: Any) -> Any:
        if "all" in (names, environments):
            return names
        return [name for name in names if name in environments]

    if isinstance(train_on, Mapping):
        editions = [edition for edition in train_on if edition in factors["editions"]]
        left: Any = {edition: kept(train_on[edition]) for edition in editions}
        found, wanted = any(left.values()), any(train_on.values())
    else:
        left = kept(train_on)
        found, wanted = bool(left), bool(train_on)
    return left if found or not wanted else environments


def _check_subset(factors: Mapping[str, Any]) -> None:
    train_on, environments = factors["train_on"], factors["environments"]
    if isinstance(train_on, Mapping):
        parts, allowed = train_on, f"editions of the study: {', '.join(factors['editions'])}"
        for edition in train_on:
            if edition not in factors["editions"]:
                narrowed = _narrowed(train_on, factors)
                line = _argument("train_on", narrowed)
                raise ConfigurationError(_mend("train_on", edition, allowed, line))
    else:
        parts = {"": train_on}
    for names in parts.values():
        for name in names if names != "all" else []:
            if not _among(name, environments):
                raise ConfigurationError(
                    _mend(
                        *(
                            "train_on",
                            name,
                            f"all, or any of environments: {', '.join(environments)}",
                        ),
                        f"{_argument('environments', environments)} "
                        f"{_argument('train_on', _narrowed(train_on, factors))}",
                    )
                )


def _check_found(study: Study) -> None:
    """What is wanted exists in one of the editions."""
    trained = _by_edition(study["train_on"], study["editions"]).values()
    for key, wanted, pairs in (
        ("environments", study["environments"], study.environments),
        ("train_on", any(trained), study.trained_environments),
    ):
        if wanted and not pairs:
            allowed = f"names that exist in edition {', '.join(study['editions'])}"
            raise ConfigurationError(_mend(key, study[key], allowed, f"{key}=all"))


def _check_protocols(study: Study) -> None:
    """Every learner needs a protocol in every edition that it trains on."""
    for edition in dict.fromkeys(edition for edition, _ in study.trained_environments):
        for policy in study["policies"]:
            known = protocols_of(policy, edition)
            if not set(known) & set(study["protocols"]):
                raise ConfigurationError(
                    _mend(
                        *("protocols", study["protocols"]),
                        f"one that {policy} has in edition {edition}: {', '.join(known)}; or a "
                        f"train_on without {edition}",
                        _argument("protocols", known),
                    )
                )


def _numbers(value: Any) -> Any:
    """Whole numbers in a list, which `snakemake --config` hands over as text."""
    if not isinstance(value, list):
        return value
    return [int(v) if isinstance(v, str) and re.fullmatch("[0-9]{1,18}", v) else v for v in value]


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


def _named_in(value: Any) -> list[str]:
    """Names in a list, or in the lists of a mapping."""
    if isinstance(value, Mapping):
        return [name for names in value.values() for name in _named_in(names)]
    return [] if value == "all" else value


def _check_registries(factors: Mapping[str, Any]) -> None:
    names = sorted({envs.spec(i).name for i in envs.ids()})
    choices = {
        "environments": names,
        "train_on": names,
        "editions": sorted({envs.spec(i).edition for i in envs.ids()}),
        "policies": agents.learner_names(),
        "protocols": list(PROTOCOLS),
        "reward_modes": list(envs.REWARD_MODES),
    }
    for key, valid in choices.items():
        for value in _named_in(factors[key]):
            if value not in valid:
                close = difflib.get_close_matches(str(value), valid, n=1, cutoff=0.4)
                line = _argument(key, close or valid[:1])
                raise ConfigurationError(_mend(key, value, f"any of {', '.join(valid)}", line))


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
