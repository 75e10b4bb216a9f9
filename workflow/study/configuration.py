"""Configuration: a scale gives every factor, study.yaml and the command line override some."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from coopetition import agents
from coopetition.agents.extensions import Extension, ExtensionError

from . import campaigns, checks
from .checks import PLACED
from .errors import ConfigurationError, argument, mend
from .extending import widened
from .narrowing import formal, left_of, placed, populated, trained
from .study import Study
from .train_on import narrowed, pruned

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# Keys that are no factors: the scale, the name, and the released corpus of `analyse_released`.
OUTSIDE = ("scale", "study", "corpus")


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
        raise ConfigurationError(mend("scale", scale, f"one of {', '.join(known)}", "scale=quick"))
    optional = {"supplements": {}, "ablations": {}, "trajectories": {}}
    defaults = {
        "extend": [],
        "device": "cpu",
        **optional,
        **_read(folder / "scales" / f"{scale}.yaml"),
    }
    overrides = {k: _numbers(v) for k, v in config.items() if k not in OUTSIDE}
    factors = {**defaults, **overrides}
    checks.check_schema(factors, _read_json(folder / "schemas" / "study.schema.json"))
    factors = widened(factors, overrides, [_extended(path) for path in factors["extend"]])
    checks.check_registries(factors)
    factors["editions"] = populated(factors)
    factors["train_on"] = pruned(factors["train_on"])
    if "train_on" not in overrides:
        factors["train_on"] = narrowed(factors["train_on"], factors)
    if "learner_certificates" not in overrides:
        factors["learner_certificates"] = left_of(factors, "environments", formal(factors))
    if "supplements" not in overrides:
        factors["supplements"] = campaigns.narrowed(factors)
    for key in PLACED:
        if key not in overrides:
            factors[key] = placed(factors, key)
    checks.check_train_on(factors)
    checks.check_certificates(factors)
    checks.check_supplements(factors)
    for key in PLACED:
        checks.check_placed(factors, key)
    if "policies" not in overrides:
        factors["policies"] = trained(factors)
    checks.check_policies(factors)
    study = Study(_name(config.get("study", scale)), scale, factors)
    checks.check_found(study)
    checks.check_protocols(study)
    changed = {k: v for k, v in overrides.items() if v != defaults.get(k)}
    if study.name in known and (changed or study.name != scale):
        words = [f"scale={scale}", *(argument(k, v) for k, v in changed.items())]
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
            mend("study", study, "a folder name of letters, digits, '_', '.' and '-'", "study=mine")
        )
    return str(study)


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
