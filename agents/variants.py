"""Runs on variants of an environment: with parameters of its own, or another mutuality of rewards.

A variant is registered under an id of its own when a run first asks for it, which happens where it
is trained and nowhere else: a plan asks for the game by `game_of`, so that the list of environments
of a study stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from coopetition import envs
from coopetition.envs import Game
from coopetition.envs.engine import Array, Mode, Outcome
from coopetition.envs.formal import FormalGame
from coopetition.envs.rewards import canonical_mode

from .registry import learner
from .runs import Run

# All variants train as `corrected`: they are no runs of the published code.
PROTOCOL = "corrected"


class DialledGame(FormalGame):
    """A game whose integrated reward has another mutuality; all else is as it was.

    Args:
        game: of the formal edition.
        mutuality: in [0, 2]; see `rewards.mix_formal`.
    """

    def __init__(self, game: FormalGame, mutuality: float) -> None:
        vars(self).update(vars(game))
        self.mutuality = mutuality

    def rewards(self, outcome: Outcome, mode: Mode) -> Array:
        """Rewards [B, N] of a mode."""
        return super().rewards(outcome, self.mutuality if mode == "integrated" else mode)


@dataclass(frozen=True, repr=False)
class VariantRun(Run):
    """A training run on a variant of an environment.

    Attributes:
        parameters: of the environment, where they are not its defaults.
        mutuality: of the reward that the run is trained on, where it has no name: then
            `reward_mode` is `integrated`, which means this mutuality in the variant.
    """

    parameters: dict[str, Any] = field(default_factory=dict, hash=False)
    mutuality: float | None = None

    @property
    def env_id(self) -> str:
        """Id of the variant, such as `TeamProductionNAgents8-v1`; it is registered if need be."""
        asked = {**self.parameters, "mutuality": self.mutuality}
        named = "".join(
            f"{name.title()}{value}" for name, value in asked.items() if value is not None
        )
        base = f"{self.environment}-{self.edition}"
        suffix = re.sub("[^A-Za-z0-9]", "", named.replace(".", "p"))
        id = f"{self.environment}{suffix}-{self.edition}"
        if id not in envs.ids():

            def factory() -> Game:
                game = envs.game(base, **self.parameters)
                if self.mutuality is None:
                    return game
                return DialledGame(cast(FormalGame, game), self.mutuality)

            envs.register(id, envs.spec(base).mechanism_class)(factory)
        return id


def variant_runs(
    policy: str,
    environment: str,
    edition: str,
    *,
    reward_modes: Sequence[Mode],
    seeds: Sequence[int],
    steps: int,
    settings: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> list[Run]:
    """Runs of one learner on one environment with settings or parameters of their own.

    Without any, under a mode that has a name, they are the runs of a study.

    Args:
        policy: see `Run`.
        environment: see `Run`.
        edition: see `Run`.
        reward_modes: names, in the formal edition also mutualities in [0, 2].
        seeds: one run each.
        steps: see `Run`.
        settings: hyperparameters that differ from those of the learner.
        parameters: of the environment.

    Raises:
        ValueError: a setting that the learner does not have, or a mode that the edition has not.
    """
    defaults = learner(policy).hyperparameters[PROTOCOL]
    if unknown := set(settings or {}) - set(defaults):
        raise ValueError(f"{policy} has no setting {', '.join(sorted(unknown))}")
    hyperparameters = {**defaults, **(settings or {})}
    runs: list[Run] = []
    for mode in map(canonical_mode, reward_modes):
        name, dial = (mode, None) if isinstance(mode, str) else ("integrated", mode)
        if dial is not None and edition == "v0":
            raise ValueError(f"reward_mode={mode!r}: the released edition has no mutualities")
        for seed in seeds:
            run = Run(policy, PROTOCOL, environment, edition, name, seed, steps, hyperparameters)
            if parameters or dial is not None:
                run = VariantRun(**vars(run), parameters=dict(parameters or {}), mutuality=dial)
            runs.append(run)
    return runs


def game_of(run: Run) -> tuple[str, dict[str, Any]]:
    """Id and parameters of the environment that a run is on, without registering a variant."""
    parameters = run.parameters if isinstance(run, VariantRun) else {}
    return f"{run.environment}-{run.edition}", parameters


def mutuality_of(run: Run) -> float | None:
    """Mutuality of the reward of a run; None in the released edition, where modes are no scale."""
    if isinstance(run, VariantRun) and run.mutuality is not None:
        return run.mutuality
    return None if run.edition == "v0" else float(envs.REWARD_MODES.index(run.reward_mode))
