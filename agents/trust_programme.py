"""Dynamic programming of joint effort in a symmetric pair whose future depends on trust and damage.

While both agents of a pair play alike, mutual trust T and damage R are two numbers. The value of
every (T, R) is found by backward induction on a grid, with the game itself as the model, and a
joint action is the best of 101 equal shares in view of the value of where it leads.
"""

from __future__ import annotations

import numpy as np

from coopetition.envs.engine import Array, Game, State
from coopetition.envs.mechanisms.trust import off_diagonal_mean

from .equilibria import LEVELS, Roles
from .rollouts import repeated

POINTS = 61
# State that equal play keeps equal, or that has no bearing on payoffs while play is equal.
_PAIR_STATE = {
    *("t", "actions", "trust", "damage", "linked"),
    *("contract_level", "contract_left", "recovery_step"),
}


class TrustProgramme:
    """The value of trust and damage in every step.

    Args:
        game: a game for which `applies`.
    """

    def __init__(self, game: Game) -> None:
        self.game = game
        axis = np.linspace(0, 1, POINTS)
        damage = np.repeat(axis, POINTS)
        trust = np.minimum(np.tile(axis, POINTS), 1 - damage)
        start = repeated(game.reset([0]), POINTS**2)
        start["trust"], start["damage"] = _both_ways(trust, 1.0), _both_ways(damage, 0.0)
        paid, after = self._try_all(start)
        alone = self._alone()
        linked, corners = _linked(after), _corners(after)
        shape = (game.horizon + 1, POINTS**2)
        self.values, self.alone = np.zeros(shape), np.zeros(shape[0])
        for t in reversed(range(game.horizon)):
            ahead = np.where(linked, _between(self.values[t + 1], corners), self.alone[t + 1])
            self.values[t] = (paid + ahead).reshape(POINTS**2, -1).max(axis=1)
            self.alone[t] = alone + self.alone[t + 1]

    @staticmethod
    def applies(game: Game, parts: Roles) -> bool:
        """Whether the game is a symmetric pair that remembers nothing but trust and links."""
        state = game.reset([0])
        phases = any(hasattr(part, "starts") for part in getattr(game, "parts", ()))
        pair = game.n_agents == 2 and len(parts) == 1
        return pair and not phases and "trust" in state and set(state) <= _PAIR_STATE

    def best(self, state: State) -> Array:
        """The best equal share of both agents in every copy, [B]."""
        paid, after = self._try_all(state)
        corners, t = _corners(after), after["t"]
        ahead = sum(w * self.values[t, k] for k, w in corners)
        total = paid + np.where(_linked(after), ahead, self.alone[t])
        return LEVELS[total.reshape(len(state["t"]), -1).argmax(axis=1)]

    def _try_all(self, state: State) -> tuple[Array, State]:
        """Mean payoff and next state of 101 equal shares in every copy, [B * 101]."""
        copies = len(state["t"])
        many = {name: np.repeat(array, len(LEVELS), axis=0) for name, array in state.items()}
        shares = np.tile(LEVELS, copies)[:, None]
        after, outcome = self.game.step(many, shares * self.game.endowments)
        return outcome.payoffs.mean(axis=1), after

    def _alone(self) -> float:
        """The best payoff of a step once links are cut."""
        state = self.game.reset([0])
        if "linked" not in state:
            return 0.0
        state["linked"] = np.zeros_like(state["linked"])
        return float(self._try_all(state)[0].max())


def _both_ways(values: Array, diagonal: float) -> Array:
    """[B] -> [B, 2, 2], symmetric."""
    matrices = np.full((len(values), 2, 2), diagonal)
    matrices[:, 0, 1] = matrices[:, 1, 0] = values
    return matrices


def _linked(state: State) -> Array:
    linked = state.get("linked", np.ones((len(state["t"]), 1), bool))
    return np.asarray(linked.all(axis=1))


def _corners(state: State) -> list[tuple[Array, Array]]:
    """The four grid points around (R, T) of every copy, as (flat index [B], weight [B])."""
    places = []
    for name in ("damage", "trust"):
        scaled = off_diagonal_mean(state[name]) * (POINTS - 1)
        low = np.clip(scaled.astype(int), 0, POINTS - 2)
        places.append(((low, 1 - (scaled - low)), (low + 1, scaled - low)))
    return [(r * POINTS + t, of_r * of_t) for r, of_r in places[0] for t, of_t in places[1]]


def _between(values: Array, corners: list[tuple[Array, Array]]) -> Array:
    """Bilinear interpolation."""
    return sum(weight * values[index] for index, weight in corners)
