"""Evaluation: episodes of a policy, played side by side, counted in payoff units.

Dynamics do not depend on the reward mode, so one rollout gives the rewards of every mode. A copy
whose episode has ended is stepped no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from coopetition.envs import REWARD_MODES
from coopetition.envs import game as build_game
from coopetition.envs.engine import Array, Game, Outcome, State, fresh_sequence

from .policy import Policy, observe
from .registry import make

# Seeds of the game and of the policy in one episode.
Streams = tuple[np.random.SeedSequence, np.random.SeedSequence]


@dataclass(frozen=True)
class Episodes:
    """Results of E episodes of one game with N agents; sums are undiscounted.

    Attributes:
        payoffs: [E, N] private payoffs summed over the episode, payoff units.
        rewards: mode -> [E, N] rewards summed over the episode.
        length: [E] steps played.
        terminated: [E] bool, ended by the game's own rule.
        trust: [E] mean trust at the end.
        shares: [E, N] mean share of the own endowment, over steps.
        game: the game that was played.
    """

    payoffs: Array
    rewards: dict[str, Array]
    length: Array
    terminated: Array
    trust: Array
    shares: Array
    game: Game = field(repr=False)

    @property
    def welfare(self) -> Array:
        """W, [E]: payoffs summed over agents."""
        return self.payoffs.sum(axis=1)

    @property
    def cooperation(self) -> Array:
        """[E]: mean share of the own endowment, over agents and steps."""
        return self.shares.mean(axis=1)

    @property
    def score(self) -> Array:
        """[E]: W on a scale from no cooperation (0) to the best plan (1); see `scores.scale`.

        Raises:
            ValueError: the game has no such scale.
        """
        from .scores import scale

        return scale(self.game).score(self.welfare)

    def returns(self, mode: str) -> Array:
        """[E]: rewards of a mode summed over agents (what the published tables report)."""
        return self.rewards[mode].sum(axis=1)

    def take(self, rows: Any) -> Episodes:
        """Some of the episodes: an index array, which may repeat, or a slice."""
        return replace(
            self,
            rewards={mode: rewards[rows] for mode, rewards in self.rewards.items()},
            **{
                name: getattr(self, name)[rows]
                for name in ("payoffs", "length", "terminated", "trust", "shares")
            },
        )


def evaluate(
    policy: Policy | str, env: str | Game, *, episodes: int = 1, seed: Any = 0, **params: Any
) -> Episodes:
    """Play episodes of a policy, all in one batch.

    Args:
        policy: plays all agents; a name stands for `agents.make(name, env)`.
        env: an id such as `SLCD-v0`, or a game.
        episodes: number of episodes E.
        seed: int or `numpy.random.SeedSequence`; each episode spawns its own two streams from
            it, one for the game and one for the policy.
        **params: parameters of the environment.

    Raises:
        ValueError: fewer than one episode, an unknown name, id or parameter, or a policy that
            cannot play the game.
    """
    game = build_game(env, **params)
    chosen = make(policy, game) if isinstance(policy, str) else policy
    return play(chosen, game, streams(seed, episodes))


def streams(seed: Any, episodes: int) -> list[Streams]:
    """The streams of each episode.

    Raises:
        ValueError: fewer than one episode.
    """
    if episodes < 1:
        raise ValueError(f"episodes={episodes}: at least 1 is needed")
    spawned = (child.spawn(2) for child in fresh_sequence(seed).spawn(episodes))
    return [(of_game, of_policy) for of_game, of_policy in spawned]


def play(
    policy: Policy,
    game: Game,
    episodes: Sequence[Streams],
    *,
    watch: Callable[[Array, State, Outcome], None] | None = None,
) -> Episodes:
    """Play one episode per pair of streams, which may repeat.

    Args:
        policy: plays all agents.
        game: the game.
        episodes: streams of the game and of the policy.
        watch: is shown every step: which episodes run, their state after it and its outcome.
    """
    state = game.reset([of_game for of_game, _ in episodes])
    policy.reset(game, [of_policy for _, of_policy in episodes])

    count = len(episodes)
    payoffs = np.zeros((count, game.n_agents))
    rewards = {mode: np.zeros((count, game.n_agents)) for mode in REWARD_MODES}
    shares, trust = np.zeros((count, game.n_agents)), np.zeros(count)
    length, terminated = np.zeros(count, np.int64), np.zeros(count, bool)
    running = np.arange(count)
    while len(running):
        state, outcome = game.step(state, policy.act(observe(policy, game, state)))
        payoffs[running] += outcome.payoffs
        for mode in REWARD_MODES:
            rewards[mode][running] += game.rewards(outcome, mode)
        shares[running] += state["actions"] / game.endowments
        length[running] += 1
        if watch is not None:
            watch(running, state, outcome)
        ended = outcome.terminated | outcome.truncated
        if ended.any():
            trust[running[ended]] = game.mean_trust(state)[ended]
            terminated[running[ended]] = outcome.terminated[ended]
            rest = np.flatnonzero(~ended)
            running = running[rest]
            state = {name: array[rest] for name, array in state.items()}
            policy.keep(rest)
    return Episodes(payoffs, rewards, length, terminated, trust, shares / length[:, None], game)
