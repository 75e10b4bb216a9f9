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
    """A policy that all agents follow but some, who come to hold a share of their own endowment.

    Args:
        policy: what the rest play, and all of them before the deviation.
        agents: who deviates, the same in all episodes or [B, A].
        share: [B] to which share in each episode.
        start: from which step on, one for all episodes or [B].
    """

    def __init__(
        self,
        policy: Policy,
        agents: Sequence[int] | Array,
        share: Array,
        start: int | Array = 0,
    ) -> None:
        self.policy, self.agents, self.share, self.start = policy, agents, share, start
        self.name, self.observation = f"{policy.name}, some deviate", policy.observation

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`."""
        super().reset(game, seeds)
        self.policy.reset(game, seeds)
        agents = np.atleast_2d(self.agents)
        agents = np.broadcast_to(agents, (len(seeds), agents.shape[1]))
        self.memory = {
            "agents": agents,
            "amounts": self.share[:, None] * game.endowments[agents],
            "wait": np.broadcast_to(self.start, len(seeds)),
        }

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        actions = self.policy.act(observations).copy()
        rows = np.flatnonzero(self.memory["wait"] <= 0)
        actions[rows[:, None], self.memory["agents"][rows]] = self.memory["amounts"][rows]
        self.memory["wait"] = self.memory["wait"] - 1
        return actions


def _spawn(seed: np.random.SeedSequence, count: int) -> list[np.random.SeedSequence]:
    """Children of a seed, which is not changed."""
    return np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key).spawn(count)
