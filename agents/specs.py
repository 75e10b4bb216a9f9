"""What the registry knows of a policy, before anything of it is imported."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from coopetition.envs import Game

if TYPE_CHECKING:
    from .policy import Policy

PROTOCOLS = ("as_published", "corrected")
PARADIGMS = ("joint", "independent", "ctde", "population")


@dataclass(frozen=True)
class RuleSpec:
    """Registry entry of a policy that does not learn.

    Attributes:
        name: policy name, as in all tables.
        kind: `constant`, `heuristic`, `oracle` or `planner`.
        module: dotted name of the module.
        class_name: class in it.
        preset: constructor parameters that the name stands for.
    """

    name: str
    kind: str
    module: str
    class_name: str
    preset: dict[str, Any] = field(default_factory=dict)

    def load(self) -> type[Policy]:
        """The class."""
        return getattr(importlib.import_module(self.module), self.class_name)

    @property
    def mechanism_class(self) -> str | None:
        """The only class of games that it plays, such as `TR-3`; None for any."""
        return self.load().mechanism_class

    @property
    def edition(self) -> str | None:
        """The only edition that it plays, such as `v0`; None for any."""
        return self.load().edition

    @property
    def game_class(self) -> type[Game]:
        """Class of the games that it plays."""
        return self.load().game_class

    @property
    def summary(self) -> str:
        """First line of the class's documentation."""
        return (inspect.getdoc(self.load()) or "").partition("\n")[0]

    def create(self, **parameters: Any) -> Policy:
        """Build the policy.

        Raises:
            ValueError: an unknown or missing parameter, or a value out of range.
        """
        both = sorted(set(self.preset) & set(parameters))
        if both:
            raise ValueError(f"{self.name}: the name says {', '.join(both)} already")
        signature = inspect.signature(self.load())
        try:
            signature.bind(**{**self.preset, **parameters})
        except TypeError as error:
            known = ", ".join(
                p.name if p.default is p.empty else f"{p.name} (default {p.default!r})"
                for p in signature.parameters.values()
            )
            raise ValueError(f"{self.name}: {error}; parameters: {known or 'none'}") from None
        return self.load()(**{**self.preset, **parameters})


@dataclass(frozen=True)
class LearnerSpec:
    """Registry entry of a learner.

    Attributes:
        name: policy name, as in all tables.
        class_name: protocol -> class in the learner's module.
        paradigm: one of `PARADIGMS`.
        published_as: names under which the published study reports this algorithm.
        hyperparameters: protocol -> settings; its keys are the protocols that exist.
        module: dotted name of the module.
        card: what the constructor does not say; see `agents.cards`.
        min_agents: fewest agents of a game that it is defined for.
        vector_actions: it plays games in which an agent's action has several numbers.
    """

    name: str
    class_name: dict[str, str]
    paradigm: str
    published_as: tuple[str, ...]
    hyperparameters: dict[str, dict[str, Any]]
    module: str
    card: dict[str, Any]
    min_agents: int = 1
    vector_actions: bool = False
    kind: ClassVar[str] = "learner"
    mechanism_class: ClassVar[None] = None
    edition: ClassVar[None] = None
    game_class: ClassVar[type[Game]] = Game  # type: ignore[type-abstract]

    def exclusion(self, game: Game) -> str:
        """Why the learner is not defined for a game; empty if it is."""
        if game.actions_per_agent > 1 and not self.vector_actions:
            return (
                f"{self.name} plays one number per agent; {game.id} takes {game.actions_per_agent}"
            )
        if game.n_agents >= self.min_agents:
            return ""
        return f"{self.name} needs {self.min_agents} agents or more; {game.id} has {game.n_agents}"

    def load(self, protocol: str) -> Any:
        """The learner's class in a protocol; imports torch."""
        return getattr(importlib.import_module(self.module), self.class_name[protocol])
