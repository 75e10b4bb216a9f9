"""Evaluation: episodes of a policy, played side by side, counted in payoff units.

Dynamics do not depend on the reward mode, so one rollout gives the rewards of every mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from coopetition.envs import REWARD_MODES
from coopetition.envs import game as build_game
from coopetition.envs.engine import Array, Game, fresh_sequence

from .policy import Policy, observe


@dataclass(frozen=True)
class Episodes:
    """Results of E episodes of one game with N agents; sums are undiscounted.

    Attributes:
        payoffs: [E, N] private payoffs summed over the episode, payoff units.
        rewards: mode -> [E, N] rewards summed over the episode.
        length: [E] steps played.
        terminated: [E] bool, ended by the game's own rule.
        trust: [E] mean trust at the end.
        cooperation: [E] mean share of the own endowment, over agents and steps.
    """

    payoffs: Array
    rewards: dict[str, Array]
    length: Array
    terminated: Array
    trust: Array
    cooperation: Array

    @property
    def welfare(self) -> Array:
        """W, [E]: payoffs summed over agents."""
        return self.payoffs.sum(axis=1)

    def returns(self, mode: str) -> Array:
        """[E]: rewards of a mode summed over agents (what the published tables report)."""
        return self.rewards[mode].sum(axis=1)


def evaluate(
    policy: Policy, env: str | Game, *, episodes: int = 1, seed: Any = 0, **params: Any
) -> Episodes:
    """Play episodes of a policy, all in one batch.

    Args:
        policy: plays all agents.
        env: an id such as `SLCD-v0`, or a game.
        episodes: number of episodes E.
        seed: int or `numpy.random.SeedSequence`; each episode spawns its own two streams from
            it, one for the game and one for the policy.
        **params: parameters of the environment.

    Raises:
        ValueError: fewer than one episode, an unknown id or parameter.
    """
    if episodes < 1:
        raise ValueError(f"episodes={episodes}: at least 1 is needed")
    game = build_game(env, **params)
    streams = [child.spawn(2) for child in fresh_sequence(seed).spawn(episodes)]
    state = game.reset([stream[0] for stream in streams])
    policy.reset(game, [stream[1] for stream in streams])

    payoffs = np.zeros((episodes, game.n_agents))
    rewards = {mode: np.zeros((episodes, game.n_agents)) for mode in REWARD_MODES}
    shares = np.zeros(episodes)
    length = np.zeros(episodes, np.int64)
    terminated = np.zeros(episodes, bool)
    trust = game.mean_trust(state)
    running = np.ones(episodes, bool)
    while running.any():
        state, outcome = game.step(state, policy.act(observe(policy, game, state)))
        counted = running[:, None]
        payoffs += np.where(counted, outcome.payoffs, 0.0)
        for mode in REWARD_MODES:
            rewards[mode] += np.where(counted, game.rewards(outcome, mode), 0.0)
        shares += np.where(running, (state["actions"] / game.endowments).mean(axis=1), 0.0)
        length += running
        trust = np.where(running, game.mean_trust(state), trust)
        terminated |= running & outcome.terminated
        running &= ~(outcome.terminated | outcome.truncated)
    return Episodes(payoffs, rewards, length, terminated, trust, shares / length)
