"""The released solver: best responses one agent after the other, until none moves.

Payoffs are computed in single precision, as released. A utility of some hundred units is then flat
within 1e-5 around its maximum, so a best response is known to about 0.02 units only: the iteration
goes on for all its sweeps and ends on one of many profiles that are equally good. To end on the
same one as the released code, every operation has its precision and order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from coopetition.envs.engine import Array
from coopetition.envs.released import ReleasedGame

SWEEPS = 100
TOLERANCE = 1e-6
START_SHARE = 0.5

# (game, agent i, actions [N]) -> what an oracle adds to the utility of agent i.
Term = Callable[[ReleasedGame, int, Array], float]


def best_response_profile(game: ReleasedGame, extra: Term | None = None) -> Array:
    """Fixed point of a_i = argmax over [0, e_i] of pi_i + sum_{j != i} D_ij pi_j + extra_i.

    pi_k = e_k - a_k + theta ln(1 + a_k) + alpha_k gamma (prod a)^(1/N). Agents move in turn,
    starting from half of the endowments, until the largest change of a sweep is below 1e-6, or for
    100 sweeps.

    Returns:
        [N] float32.
    """
    from scipy.optimize import minimize_scalar

    dependence = game.dependence.astype(np.float64).tolist()
    actions = np.float32(START_SHARE) * game.endowments
    for _ in range(SWEEPS):
        before = actions.copy()
        for agent in range(game.n_agents):
            objective = _loss(game, agent, actions.copy(), dependence[agent], extra)
            bounds = (0.0, float(game.endowments[agent]))
            actions[agent] = minimize_scalar(objective, bounds=bounds, method="bounded").x
        if np.abs(actions - before).max() < TOLERANCE:
            break
    return actions


def _loss(
    game: ReleasedGame, agent: int, actions: Array, weights: list[float], extra: Term | None
) -> Callable[[float], float]:
    """Minus the utility of an agent as a function of its own action; works on `actions`."""
    theta, gamma, exponent = game.value.theta, game.value.gamma, 1 / game.n_agents
    endowments = game.endowments
    others = [j for j in range(game.n_agents) if j != agent]

    def loss(action: float) -> float:
        actions[agent] = action
        surplus = gamma * np.prod(actions) ** exponent
        own = endowments - actions + theta * np.log(1 + actions)
        payoffs = (own + game.alpha * surplus).tolist()
        utility = payoffs[agent]
        for j in others:
            utility += weights[j] * payoffs[j]
        return -utility if extra is None else -(utility + float(extra(game, agent, actions)))

    return loss
