"""Which policies exist.

A learner is one file in `agents/learners`. Its registry entry is a literal, `ENTRY`, read from
the source without importing it, so that planning a study never imports torch. The entry names
the policy, its class in that file, its paradigm and the hyperparameters of each protocol.
"""

from __future__ import annotations

import ast
import importlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .constants import Constant
from .heuristics import Random
from .policy import Policy

PROTOCOLS = ("as_published", "corrected")
PARADIGMS = ("joint", "independent", "ctde", "population")
_LEARNERS = Path(__file__).parent / "learners"
_CONSTANT = re.compile(r"^Constant_(\d{2,3})$")


@dataclass(frozen=True)
class LearnerSpec:
    """Registry entry of a learner.

    Attributes:
        name: policy name, as in all tables.
        class_name: class in the learner's module.
        paradigm: one of `PARADIGMS`.
        published_as: names under which the published study reports this algorithm.
        hyperparameters: protocol -> settings; its keys are the protocols that exist.
        module: dotted name of the module.
    """

    name: str
    class_name: str
    paradigm: str
    published_as: tuple[str, ...]
    hyperparameters: dict[str, dict[str, Any]]
    module: str

    def load(self) -> Any:
        """The learner's class; imports torch."""
        return getattr(importlib.import_module(self.module), self.class_name)


@cache
def _learners() -> dict[str, LearnerSpec]:
    specs = {}
    for path in sorted(_LEARNERS.glob("[!_]*.py")):
        spec = LearnerSpec(**_entry(path), module=f"{__package__}.learners.{path.stem}")
        unknown = set(spec.hyperparameters) - set(PROTOCOLS)
        if spec.paradigm not in PARADIGMS or unknown:
            raise ValueError(
                f"{path.name}: paradigm must be one of {PARADIGMS}, protocols of {PROTOCOLS}"
            )
        specs[spec.name] = spec
    return specs


def _entry(path: Path) -> dict[str, Any]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "ENTRY":
            return ast.literal_eval(node.value)
    raise ValueError(f"{path.name}: a learner module needs a literal ENTRY = {{...}}")


def learner_names() -> list[str]:
    """Names of all learners."""
    return list(_learners())


def learner(name: str) -> LearnerSpec:
    """Registry entry of a learner.

    Raises:
        ValueError: no such learner; the text lists them.
    """
    if name not in _learners():
        raise ValueError(f"unknown learner {name!r}; learners: {', '.join(learner_names())}")
    return _learners()[name]


def make(name: str) -> Policy:
    """A policy that needs no training: `Random` or `Constant_00` to `Constant_100`.

    Raises:
        ValueError: no such policy.
    """
    constant = _CONSTANT.match(name)
    if constant and int(constant[1]) <= 100:
        return Constant(int(constant[1]))
    if name == "Random":
        return Random()
    raise ValueError(f"unknown policy {name!r}: choose Random or Constant_00 to Constant_100")
