"""What every policy is: a function from observations of B copies to joint actions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game, State


class Policy(ABC):
    """Chooses the actions of all agents in B copies of a game.

    `observation` names what `act` is given: None (nothing), `published` (joint, raw, [B, D]),
    `central` (joint, in [-1, 1], [B, D]) or an observation preset (per agent, [B, N, d]).
    """

    name: str
    observation: str | None = None

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Start one episode per seed; called before the first `act` of every episode."""
        self.game = game
        self.copies = len(seeds)

    @abstractmethod
    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""


def observe(policy: Policy, game: Game, state: State) -> Array | None:
    """What a policy is given to see of a state."""
    if policy.observation is None:
        return None
    if policy.observation == "published":
        return game.joint_observation(state)
    if policy.observation == "central":
        return game.central_observation(state)
    return game.agent_observation(state, policy.observation, normalize=True)
