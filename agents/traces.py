"""Traces: what was played and paid in an episode, and the same actions played again.

A trace needs no policy to be repeated, so that the play of trained ones is checked without them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import Array, Game

from .evaluation import streams
from .policy import Policy, observe


@dataclass(frozen=True)
class Trace:
    """An episode of T steps with N agents.

    Attributes:
        seed: of the episode, as `evaluate` takes it.
        actions: [T, N] as the policy chose them, in the precision of the game; payoff units.
        payoffs: [T, N] private payoffs; payoff units.
        trust: [T] mean trust after each step; NaN in a game without trust.
        ended: [T] bool, the episode was over with this step.
    """

    seed: int
    actions: Array
    payoffs: Array
    trust: Array
    ended: Array


def traced(policy: Policy, game: Game, *, seed: int = 0) -> Trace:
    """Play one episode of a policy, as `evaluate` does, and keep its steps."""
    [(of_game, of_policy)] = streams(seed, 1)
    state = game.reset([of_game])
    policy.reset(game, [of_policy])
    steps, over = [], False
    while not over:
        actions = game.check_actions(policy.act(observe(policy, game, state)), 1)
        state, outcome = game.step(state, actions)
        over = bool(outcome.terminated[0] or outcome.truncated[0])
        steps.append((actions[0], outcome.payoffs[0], game.mean_trust(state)[0], over))
    actions, payoffs, trust, ended = map(np.array, zip(*steps, strict=True))
    return Trace(seed, actions, payoffs.astype(np.float64), trust.astype(np.float64), ended)


def replay(game: Game, traces: Sequence[Trace]) -> list[Trace]:
    """Play the actions of all traces again, side by side.

    Returns:
        What the game pays for them now. A trace is shorter where its episode ends before its
        actions do.

    Raises:
        ActionError: actions that the game does not take.
    """
    state = game.reset([streams(trace.seed, 1)[0][0] for trace in traces])
    length = np.array([len(trace.actions) for trace in traces])
    shape = (len(traces), max(length, default=0))
    payoffs, trust = np.zeros((*shape, game.n_agents)), np.zeros(shape)
    ended, played = np.zeros(shape, bool), np.zeros(len(traces), np.int64)
    running = np.flatnonzero(length > 0)
    state = {name: array[running] for name, array in state.items()}
    for t in range(shape[1]):
        actions = np.stack([traces[row].actions[t] for row in running.tolist()])
        state, outcome = game.step(state, actions)
        over = outcome.terminated | outcome.truncated
        payoffs[running, t], trust[running, t] = outcome.payoffs, game.mean_trust(state)
        ended[running, t], played[running] = over, t + 1
        rest = np.flatnonzero(~over & (length[running] > t + 1))
        running = running[rest]
        if not len(running):
            break
        state = {name: array[rest] for name, array in state.items()}
    return [
        Trace(trace.seed, trace.actions[:n], payoffs[row, :n], trust[row, :n], ended[row, :n])
        for row, (trace, n) in enumerate(zip(traces, played, strict=True))
    ]
