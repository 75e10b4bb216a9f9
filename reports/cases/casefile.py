"""Parameter files of the cases, and what their environments hold instead.

A parameter has a `value`, or is read from the game (`game: RenaultNissan-v0`, `field:
trust.lambda_plus`); with both, the value counts and the game's is shown beside it. `status` says
where it comes from: `documented` (a citable number), `coded` (a judgement) or `assumed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from coopetition import envs

HERE = Path(__file__).parent
STATUSES = ("documented", "coded", "assumed")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a case.

    Attributes:
        name, value: scalar or nested list.
        status, source: where the value comes from.
        game, field: environment and the path of its value there; empty if it has none.
        in_game: the value there, None without one.
    """

    name: str
    value: Any
    status: str
    source: str
    game: str = ""
    field: str = ""
    in_game: Any = None


@dataclass(frozen=True)
class CaseFile:
    """The parameter file of a case.

    Attributes:
        case, title, report: id, name, technical report.
        actors: names of the actors.
        variants: specifications of the model; each overrides some parameters.
        parameters: by name.
        overrides: variant -> parameter -> value.
    """

    case: str
    title: str
    report: str
    actors: tuple[str, ...]
    variants: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    overrides: Mapping[str, Mapping[str, Any]]

    def values(self, variant: str) -> dict[str, Any]:
        """Parameter -> value of a variant.

        Raises:
            ValueError: there is no such variant.
        """
        if variant not in self.variants:
            raise ValueError(f"{self.case} has no variant {variant!r}: {', '.join(self.variants)}")
        return {
            **{name: parameter.value for name, parameter in self.parameters.items()},
            **self.overrides.get(variant, {}),
        }


@cache
def load(case: str) -> CaseFile:
    """The parameter file of a case.

    Raises:
        ValueError: a parameter lacks value, status or source, or its field is not in the game.
    """
    path = HERE / f"{case}.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    parameters = {
        name: _parameter(path.name, name, entry) for name, entry in content["parameters"].items()
    }
    variants = content.get("variants", {"released": {}})
    for variant, overrides in variants.items():
        for name in overrides or {}:
            if name not in parameters:
                raise ValueError(f"{path.name}: variant {variant} overrides unknown {name!r}")
    return CaseFile(
        case=case,
        title=content["title"],
        report=content["report"],
        actors=tuple(content["actors"]),
        variants=tuple(variants),
        parameters=parameters,
        overrides={variant: overrides or {} for variant, overrides in variants.items()},
    )


def _parameter(file: str, name: str, entry: Mapping[str, Any]) -> Parameter:
    game, field = entry.get("game", ""), entry.get("field", "")
    in_game = _field(file, name, game, field) if game else None
    value = entry.get("value", in_game)
    if value is None:
        raise ValueError(f"{file}: parameter {name} has no value and names no game")
    if entry.get("status") not in STATUSES or not entry.get("source"):
        raise ValueError(f"{file}: parameter {name} needs a source and a status of {STATUSES}")
    return Parameter(name, value, entry["status"], entry["source"], game, field, in_game)


def _field(file: str, name: str, game: str, path: str) -> Any:
    """The value at a dotted path of a game; numbers index sequences and arrays."""
    value: Any = envs.game(game)
    for part in path.split("."):
        try:
            value = value[int(part)] if part.lstrip("-").isdigit() else getattr(value, part)
        except (AttributeError, IndexError, TypeError) as error:
            raise ValueError(f"{file}: parameter {name}: {game} has no {path}: {error}") from None
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def history(name: str) -> pd.DataFrame:
    """A table of the folder `history`; empty cells are empty text or NaN."""
    return pd.read_csv(HERE / "history" / f"{name}.csv", float_precision="round_trip")
