"""Trajectories step by step, for learning offline, and how good and how varied they are.

Quality and coverage follow Schweighofer et al. (2022, arXiv 2111.04714): TQ is the mean return of a
data set between that of Random (0) and that of the best policy trained online (1); SACo is the
number of different state-action pairs over that of a replay reference of equal size.

Their replay reference is the buffer of online training. Runs here keep no buffers, so a stand-in
takes its place: of K episodes, episode k is played by the best policy, every agent of which plays a
uniform random share instead with probability 1 - k / (K - 1) in each step, which is what a buffer
holds whose exploration anneals from all to none. It is thinned evenly to the size of the data set.

States and actions are real numbers, so pairs are counted in bins: a state is the joint observation
of a central controller, scaled to [-1, 1] (the clock is part of it; what reciprocity remembers in
the released edition is not), an action the share of each agent's own endowment. Every component is
cut into bins of width `BIN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import Array, Game, Outcome, State, fresh_sequence

from .evaluation import Episodes, Streams, play, streams
from .policy import Policy

OBSERVATION = "realistic"
BIN = 0.1


@dataclass(frozen=True)
class Transitions:
    """All steps of E episodes with N agents, T of them in total, by episode and step.

    Attributes:
        episode: [T] number of the episode.
        step: [T] step of the episode, from 0.
        observations: [T, N, d] normalised, before the step.
        actions: [T, N] as played; payoff units.
        payoffs: [T, N] private payoffs; payoff units.
        rewards: mode -> [T, N].
        next_observations: [T, N, d] after the step.
        trust: [T] mean trust after the step; NaN without trust.
        terminated: [T] bool, ended by the game.
        truncated: [T] bool, ended by the horizon.
        pairs: [T, P] bins of states before the step and of the actions.
        episodes: sums of the same episodes.
    """

    episode: Array
    step: Array
    observations: Array
    actions: Array
    payoffs: Array
    rewards: dict[str, Array]
    next_observations: Array
    trust: Array
    terminated: Array
    truncated: Array
    pairs: Array
    episodes: Episodes


def record(policy: Policy, game: Game, *, episodes: int, seed: int = 0) -> Transitions:
    """Play episodes of a policy, as `evaluate` does, and keep every step.

    Args:
        policy: plays all agents.
        game: the game.
        episodes: number of episodes E.
        seed: as `evaluate` takes it.

    Raises:
        ValueError: fewer than one episode.
    """
    return _record(policy, game, streams(seed, episodes))


def _record(policy: Policy, game: Game, seeds: Sequence[Streams]) -> Transitions:
    start = game.reset([of_game for of_game, _ in seeds])
    seen, whole = _observed(game, start), game.central_observation(start)
    steps: list[tuple[Array, ...]] = []

    def watch(running: Array, state: State, outcome: Outcome) -> None:
        after, shares = _observed(game, state), state["actions"] / game.endowments
        steps.append(
            (
                running,
                np.full(len(running), len(steps)),
                seen[running],
                state["actions"].copy(),
                outcome.payoffs,
                game.rewards(outcome, "integrated"),
                game.rewards(outcome, "cooperative"),
                after,
                game.mean_trust(state),
                outcome.terminated,
                outcome.truncated,
                _binned(np.concatenate([whole[running], shares], axis=1)),
            )
        )
        seen[running], whole[running] = after, game.central_observation(state)

    sums = play(policy, game, seeds, watch=watch)
    columns = [np.concatenate(parts) for parts in zip(*steps, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    episode, step, before, actions, payoffs, *later = (column[order] for column in columns)
    integrated, cooperative, after, trust, terminated, truncated, pairs = later
    rewards = {"private": payoffs, "integrated": integrated, "cooperative": cooperative}
    return Transitions(
        episode,
        step,
        before,
        actions,
        payoffs,
        rewards,
        after,
        trust,
        terminated,
        truncated,
        pairs,
        sums,
    )


def _observed(game: Game, state: State) -> Array:
    return game.agent_observation(state, OBSERVATION, normalize=True)


def _binned(values: Array) -> Array:
    # A hair upwards, so that 0.3 is not in the bin of 0.2 for the last bit of a division.
    return np.floor(np.asarray(values, float) / BIN + 1e-6).astype(np.int32)


def unique_pairs(pairs: Array, size: int) -> int:
    """Different rows among so many of them, evenly spread."""
    kept = np.linspace(0, len(pairs) - 1, size).astype(int)
    return len(np.unique(pairs[kept], axis=0))


def quality(welfare: float, random: float, best: float) -> float:
    """TQ of a mean return; NaN where the best policy earns no more than Random."""
    return (welfare - random) / (best - random) if best > random else float("nan")


class Annealed(Policy):
    """Episodes that go from random play to a policy: the stand-in for a replay buffer.

    Args:
        policy: what the last episode plays; it is not touched.
    """

    name = "Annealed"

    def __init__(self, policy: Policy) -> None:
        self.policy, self.observation = copy(policy), policy.observation

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """The share of random play of every episode, and its generator."""
        of_policy, own = zip(*(seed.spawn(2) for seed in map(fresh_sequence, seeds)), strict=True)
        self.policy.reset(self.game, of_policy)
        self._draw = np.array([np.random.default_rng(seed) for seed in own], dtype=object)
        return {"random": np.linspace(1.0, 0.0, len(seeds))}

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`."""
        super().keep(rows)
        self.policy.keep(rows)
        self._draw = self._draw[rows]

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        actions = np.array(self.policy.act(observations), float)
        drawn = np.stack([draw.random((2, self.game.n_agents)) for draw in self._draw])
        random = drawn[:, 0] < self.memory["random"][:, None]
        return np.where(random, drawn[:, 1] * self.game.endowments, actions)


def replay_pairs(best: Policy, game: Game, *, episodes: int, steps: int, seed: int = 0) -> Array:
    """Pairs of the replay reference, [T, P].

    Args:
        best: the best policy trained online.
        game: the game.
        episodes: to begin with; twice as many as long as there are too few steps.
        steps: transitions of the largest data set that it is a reference for.
        seed: of its episodes.
    """
    while True:
        played = _record(Annealed(best), game, streams(seed, episodes))
        if len(played.pairs) >= steps:
            return played.pairs
        episodes *= 2
