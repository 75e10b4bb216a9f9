"""Configuration: a scale gives every factor, study.yaml and the command line override some.

Every error names the key, the value, what is allowed, and the line to write instead.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from coopetition import agents, envs
from coopetition.agents.registry import PROTOCOLS, learner
from coopetition.agents.runs import Run, cell_runs

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")


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
        wanted = self["environments"]
        return [
            (spec.edition, spec.name)
            for spec in map(envs.spec, envs.ids())
            if spec.edition in self["editions"] and (wanted == "all" or spec.name in wanted)
        ]

    @property
    def training_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every training job."""
        return [
            (edition, environment, policy)
            for edition, environment in self.environments
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
    overrides = {k: v for k, v in config.items() if k not in ("scale", "study")}
    factors = {**defaults, **overrides}
    _check_schema(factors, _read_json(folder / "schemas" / "study.schema.json"))
    _check_registries(factors)
    name = str(config.get("study", scale))
    if not NAME.match(name):
        raise ConfigurationError(
            _mend("study", name, "a folder name of letters, digits, '_', '.' and '-'", "study=mine")
        )
    changed = {k: v for k, v in overrides.items() if v != defaults.get(k)}
    if changed and name in known:
        line = " ".join(f"{k}='{json.dumps(v)}'" for k, v in changed.items())
        raise ConfigurationError(
            f"{', '.join(changed)} differ{'s' if len(changed) == 1 else ''} from scale {scale!r}, "
            f"and would overwrite the results of the full study {name!r}. Give the run a name of "
            f"its own:\n\n    snakemake --config scale={scale} {line} study=my_{scale}\n"
        )
    study = Study(name, scale, factors)
    if not study.environments:
        raise ConfigurationError(
            _mend(
                "environments",
                factors["environments"],
                f"names that exist in edition {', '.join(factors['editions'])}",
                "environments=all",
            )
        )
    return study


def _check_schema(factors: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    allowed = schema["properties"]
    for key in factors:
        if key not in allowed:
            close = difflib.get_close_matches(key, allowed, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigurationError(
                f"unknown key {key!r}.{hint} Keys: scale, study, {', '.join(sorted(allowed))}"
            )
    for key in schema["required"]:
        if key not in factors:
            raise ConfigurationError(
                f"the scale lacks {key!r}: {allowed[key]['description']}. "
                f"Write, for example:\n\n    {key}: {json.dumps(allowed[key]['examples'][0])}\n"
            )
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(factors), key=str)
    if errors:
        key = str(errors[0].absolute_path[0])
        example = json.dumps(allowed[key]["examples"][0])
        raise ConfigurationError(
            _mend(key, factors[key], allowed[key]["description"], f"{key}='{example}'")
        )


def _check_registries(factors: Mapping[str, Any]) -> None:
    names = sorted({envs.spec(i).name for i in envs.ids()})
    choices = {
        "environments": names,
        "editions": sorted({envs.spec(i).edition for i in envs.ids()}),
        "policies": agents.learner_names(),
        "protocols": list(PROTOCOLS),
        "reward_modes": list(envs.REWARD_MODES),
    }
    for key, valid in choices.items():
        for value in factors[key] if factors[key] != "all" else []:
            if value not in valid:
                close = difflib.get_close_matches(str(value), valid, n=1, cutoff=0.4)
                raise ConfigurationError(
                    _mend(key, value, f"any of {', '.join(valid)}", f"{key}='{json.dumps(close)}'")
                )
    for policy in factors["policies"]:
        if not set(learner(policy).hyperparameters) & set(factors["protocols"]):
            raise ConfigurationError(
                _mend(
                    "protocols",
                    factors["protocols"],
                    f"one that {policy} has: {', '.join(learner(policy).hyperparameters)}",
                    "protocols='[\"corrected\"]'",
                )
            )


def _mend(key: str, value: Any, allowed: str, line: str) -> str:
    return (
        f"{key} = {json.dumps(value)} cannot be used. Allowed: {allowed}. Write, for example:\n\n"
        f"    snakemake --config {line}\n\nor the same key in config/study.yaml."
    )


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
