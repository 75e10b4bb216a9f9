"""Episode sums of many joint plans at once, in shares of the own endowments.

Equilibria, optima and plans are found by playing thousands of joint actions side by side. A chunk
of them plays its whole episode before the next one starts, so that its state stays in the cache.
A copy whose episode has ended earns nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import CACHED_BYTES, Array, Game, Outcome, State

# (step t, indices of the running copies [R], shares played last [R, N]) -> shares [R, N].
Rule = Callable[[int, Array, Array], Array]
SMALLEST_CHUNK = 128
SLACK = 0.02


def chunk_size(game: Game) -> int:
    """Copies whose pairwise state fills the cache about once."""
    return max(SMALLEST_CHUNK, CACHED_BYTES // (8 * game.n_agents**2))


def repeated(state: State, copies: int) -> State:
    """The first copy of a state, so many times."""
    return {name: np.repeat(array[:1], copies, axis=0) for name, array in state.items()}


def totals(
    game: Game,
    rule: Rule,
    copies: int,
    *,
    modes: Collection[str] = (),
    watch: Callable[[Outcome], None] | None = None,
) -> dict[str, Array]:
    """Payoffs and rewards summed over one episode per copy.

    Args:
        game: any game; one that draws is played with the draws of seed 0 in all copies.
        rule: what all agents play.
        copies: number of copies B.
        modes: reward modes to sum besides `private`.
        watch: is shown every step of the running copies.

    Returns:
        mode -> [B, N] float64, payoff units; `private` holds the payoffs.
    """
    reset = game.reset([0])
    sums = {mode: np.zeros((copies, game.n_agents)) for mode in dict.fromkeys(["private", *modes])}
    chunk = chunk_size(game)
    for first in range(0, copies, chunk):
        rows = np.arange(first, min(first + chunk, copies))
        state = repeated(reset, len(rows))
        t, shares = 0, state["actions"] / game.endowments
        while len(rows):
            shares = rule(t, rows, shares)
            state, outcome = game.step(state, shares * game.endowments)
            for mode, total in sums.items():
                total[rows] += outcome.payoffs if mode == "private" else game.rewards(outcome, mode)
            if watch is not None:
                watch(outcome)
            t += 1
            ended = outcome.terminated | outcome.truncated
            if ended.any():
                rest = ~ended
                rows, shares = rows[rest], shares[rest]
                state = {name: array[rest] for name, array in state.items()}
    return sums


def of_constants(game: Game, shares: Array, *, modes: Collection[str] = ()) -> dict[str, Array]:
    """Sums of joint actions that are held for the episode, [B, N] shares; see `totals`."""
    return totals(game, lambda t, rows, last: shares[rows], len(shares), modes=modes)


def of_plans(game: Game, shares: Array, *, modes: Collection[str] = ()) -> dict[str, Array]:
    """Sums of open-loop plans, [T, B, N] shares; see `totals`."""
    return totals(game, lambda t, rows, last: shares[t, rows], shares.shape[1], modes=modes)


def welfare(game: Game, payoffs: Array) -> Array:
    """W per agent and step of summed payoffs [..., N]; T steps count even if fewer were played."""
    return payoffs.mean(axis=-1) / game.horizon


@dataclass(frozen=True)
class Seats:
    """A rule in which some seats play fixed shares and the others tit for tat.

    Tit for tat towards C starts with C and plays x_i = C_i min(1, mean_{j != i} x_j / C_j + 0.02).

    Attributes:
        shares: [B, N] what is played for the whole episode.
        replies: [B, N] bool, the seats that play tit for tat instead.
        target: [N] shares C.
        slip_at: a step at which `slip` [B, N] takes the place of `shares`.
    """

    shares: Array
    replies: Array
    target: Array
    slip_at: int = -1
    slip: Array | None = None

    def __call__(self, t: int, rows: Array, last: Array) -> Array:
        """Shares of the running copies."""
        fixed = self.slip if t == self.slip_at and self.slip is not None else self.shares
        answer = np.broadcast_to(self.target, last.shape)
        if t > 0:
            kept = np.divide(last, self.target, out=np.ones_like(last), where=self.target > 0)
            others = (kept.sum(axis=1, keepdims=True) - kept) / (last.shape[1] - 1)
            answer = self.target * np.minimum(1.0, others + SLACK)
        return np.where(self.replies[rows], answer, fixed[rows])
