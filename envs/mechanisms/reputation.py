"""Public reputation: one score per agent that everybody sees and its own actions move.

In the released edition the score moves with the action before it is clipped, and the joint
observation shows it as it was before the step. What a score is worth is the business of a game.
Shares are actions divided by endowments; scores are float32.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..engine import Array, Game, Seed, State
from . import Mechanism, Step


class PublicReputation(Mechanism):
    """What both kinds of score have in common.

    Attributes:
        initial: score of every agent at reset.
        info_key: name of the scores in `info`.
    """

    initial: ClassVar[float]
    info_key: ClassVar[str]

    @abstractmethod
    def moved(self, reputation: Array, shares: Array) -> Array:
        """Scores [B, N] after a step in which unclipped `shares` were played."""

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Initial scores, and the same scores shown."""
        initial = np.full((len(seeds), game.n_agents), self.initial, np.float32)
        return {"reputation": initial, "shown_reputation": initial.copy()}

    def update(self, game: Game, step: Step) -> None:
        """Move the scores; those of before the step are what is shown."""
        before = step.before["reputation"]
        step.after["reputation"] = self.moved(before, step.raw_actions / game.endowments)
        step.after["shown_reputation"] = before

    def observation(self, game: Game, state: State, normalize: bool) -> Array:
        """The scores shown, [B, N]."""
        shown = state["shown_reputation"]
        return shown.clip(0.0, 1.0) if normalize else shown

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Scores, and agents from the best to the worst, after a step only.

        Equal scores rank by index; the published order of them depends on the processor.
        """
        if terms is None:
            return {}
        scores = state["reputation"][copy]
        ranking = np.argsort(-scores, kind="stable")
        return {self.info_key: scores.tolist(), "reputation_ranking": ranking.tolist()}


@dataclass(frozen=True)
class AveragedReputation(PublicReputation):
    """Exponential average of the shares: G' = 0.9 G + 0.1 x/e, from zero, without bounds."""

    initial: ClassVar[float] = 0.0
    info_key: ClassVar[str] = "reputation_scores"

    def moved(self, reputation: Array, shares: Array) -> Array:
        """A tenth of the way to the share."""
        return 0.9 * reputation + 0.1 * shares


@dataclass(frozen=True)
class AccumulatedReputation(PublicReputation):
    """Running balance of the shares above one half: rho' = rho + 0.1 (x/e - 0.5) in [0, 1].

    Attributes:
        noise: standard deviation of what every joint observation adds to the scores it shows,
            with one draw per agent and observation; the sum is clipped to [0, 1].
    """

    noise: float = 0.0
    initial: ClassVar[float] = 0.5
    info_key: ClassVar[str] = "public_reputations"

    def moved(self, reputation: Array, shares: Array) -> Array:
        """Up for a share above one half, down for one below."""
        return np.clip(reputation + 0.1 * (shares - 0.5), 0.0, 1.0)

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Initial scores, and the noise of every observation of the episode."""
        state = super().reset(game, seeds)
        if self.noise > 0:
            shape = (game.horizon + 1, game.n_agents)
            draws = np.empty((len(seeds), *shape), np.float32)
            for copy, seed in enumerate(seeds):
                draws[copy] = np.random.default_rng(seed).normal(0.0, self.noise, shape)
            state["reputation_noise"] = draws
        return state

    def observation(self, game: Game, state: State, normalize: bool) -> Array:
        """The scores shown with the noise of this observation, [B, N] in [0, 1]."""
        shown = state["shown_reputation"]
        if self.noise > 0:
            noise = state["reputation_noise"]
            shown = shown + noise[np.arange(len(noise)), np.minimum(state["t"], game.horizon)]
        return np.clip(shown, 0.0, 1.0)
