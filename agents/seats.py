"""Policies made of others: another one in every seat, or one agent that leaves the plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coopetition.envs.engine import Array, Game, State

from .policy import Policy, observe


class Seats(Policy):
    """Every agent is played by a policy of its own, from what that policy observes.

    Args:
        policies: one per agent; of each, the action of its own seat counts.
    """

    observation = "state"

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = list(policies)
        self.name = ", ".join(policy.name for policy in policies)

    def attach(self, game: Game) -> None:
        """Take in a game.

        Raises:
            ValueError: it has another number of agents, or a policy cannot play it.
        """
        if game.n_agents != len(self.policies):
            raise ValueError(f"{game.id} has {game.n_agents} agents, not {len(self.policies)}")
        super().attach(game)

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`; every seat draws from a stream of its own."""
        super().reset(game, seeds)
        of_seats = zip(*(_spawn(seed, len(self.policies)) for seed in seeds), strict=True)
        for policy, own in zip(self.policies, of_seats, strict=True):
            policy.reset(game, own)

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        for policy in self.policies:
            policy.keep(rows)

    def act(self, observations: State) -> Array:
        """Joint actions [B, N] in payoff units, given the state."""
        actions = [policy.act(observe(policy, self.game, observations)) for policy in self.policies]
        return np.stack([played[:, seat] for seat, played in enumerate(actions)], axis=1)


class Deviation(Policy):
    """A policy that all agents follow but some, who hold a share of their own endowment.

    Args:
        policy: what the rest play.
        agents: who deviates.
        share: [B] to which share in each episode.
    """

    def __init__(self, policy: Policy, agents: Sequence[int], share: Array) -> None:
        self.policy, self.agents, self.share = policy, list(agents), share
        self.name, self.observation = f"{policy.name}, some deviate", policy.observation

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`."""
        super().reset(game, seeds)
        self.policy.reset(game, seeds)
        self.memory = {"amounts": self.share[:, None] * game.endowments[self.agents]}

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        actions = self.policy.act(observations).copy()
        actions[:, self.agents] = self.memory["amounts"]
        return actions


def _spawn(seed: np.random.SeedSequence, count: int) -> list[np.random.SeedSequence]:
    """Children of a seed, which is not changed."""
    return np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key).spawn(count)
