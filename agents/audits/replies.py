"""Replies of one agent to a policy that all others go on playing.

From its first step on the deviator plays the share

    x(t) = clip(x_k(t) + b others(t - 1) + c own(t - 1) + d trust(t) + e left(t) + f stay(t), 0, 1)

of the others' mean share and its own in the step before (at the start what the game shows), mean
trust (0 where a game has none), the part of the episode that is left, and the share that the policy
would have played itself. x_k is constant within segments of the episode, which are short at its
end. A constant share, a plan in time, a reply to the others and staying are all of this form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import Array, Game, State

from ..policy import Policy, observe

# First steps of the segments: parts of the episode, and steps before its end.
PARTS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.9)
LAST_STEPS = (3, 1)
# Others' last share, the own one, trust, part of the episode left, the policy's own choice.
FEATURES = 5


def segments(length: int) -> Array:
    """First steps [K] of the segments of an episode."""
    steps = {int(part * length) for part in PARTS} | {length - k for k in LAST_STEPS if k < length}
    return np.array(sorted(steps))


@dataclass(frozen=True)
class Replies:
    """Any number of replies, one per row of any shape [...].

    Attributes:
        weights: [..., K + 5] shares of the segments, then weights of the features.
        start: [...] first step of the deviation.
    """

    weights: Array
    start: Array


class Reply(Policy):
    """A policy that all agents follow but one in each episode.

    Args:
        policy: what the rest play.
        agents: [B] who deviates.
        replies: [B] how.
        first: [K] first steps of the segments.
    """

    observation = "state"

    def __init__(self, policy: Policy, agents: Array, replies: Replies, first: Array) -> None:
        self.policy, self.agents, self.replies, self.first = policy, agents, replies, first
        self.name = f"{policy.name}, one replies"

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`."""
        super().reset(game, seeds)
        self.policy.reset(game, seeds)
        self.t = 0

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Who deviates, and how."""
        return {
            "agents": self.agents,
            "weights": self.replies.weights,
            "start": self.replies.start,
        }

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)

    def act(self, observations: State) -> Array:
        """Joint actions [B, N] in payoff units, given the state."""
        game, agents, weights = self.game, self.memory["agents"], self.memory["weights"]
        actions = self.policy.act(observe(self.policy, game, observations)).astype(np.float64)
        copies, endowments = np.arange(len(actions)), game.endowments[agents].astype(np.float64)
        last = observations["actions"].astype(np.float64) / game.endowments
        own = last[copies, agents]
        features = (
            (last.sum(axis=1) - own) / (game.n_agents - 1),
            own,
            np.nan_to_num(game.mean_trust(observations).astype(np.float64)),
            1 - self.t / game.horizon,
            actions[copies, agents] / endowments,
        )
        share = weights[:, np.searchsorted(self.first, self.t, side="right") - 1].copy()
        for k, feature in enumerate(features, start=len(self.first)):
            share += weights[:, k] * feature
        left = self.memory["start"] <= self.t
        actions[copies[left], agents[left]] = (np.clip(share, 0.0, 1.0) * endowments)[left]
        self.t += 1
        return actions
