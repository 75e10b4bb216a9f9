"""The two-dimensional S-LCD game played without learning: equilibria, joint plan and episodes.

A game here may stand for S settings at once, with arrays [S, 1] as its parameters of appropriation;
an action is c_0, p_0, c_1, p_1 in all of them. Three ways to play:

* `equilibrium`: what the published study calls its oracle. Iterated best response on the integrated
  utility U_i = pi_i + sum_j D_ij pi_j, one number after the other (c_i, then p_i), from c = e/2 and
  p = 0.1, until no number moves by more than 1e-5 in a sweep, for at most 200 sweeps. It ignores
  trust: D is not multiplied by it.
* `selfish`: the same on pi_i alone, which is where the game goes once trust has gone.
* `team`: the constants that earn most by integrated reward, summed over agents and steps, with the
  trust that they lead to. The published learners called independent control all agents and are paid
  that sum, so it is what they are trained for.

`agents/oracles` knows policies of one number per agent, so these are functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import Array
from coopetition.envs.games.trust.slcd import calibrated
from coopetition.envs.games.trust.slcd_appropriation import Appropriation, AppropriationGame
from coopetition.envs.mechanisms.trust import effective_weights

ID = "SLCDAppropriation-v0"
HORIZON = 40
PLAYS = ("equilibrium", "selfish", "team")
START_SHARE, START_APPROPRIATION = 0.5, 0.1
SWEEPS, TOLERANCE = 200, 1e-5
# Of a range of 100, which leave nothing of it in float64.
HALVINGS = 60
LEVELS = 101
# Columns of trust -> part of the episode that they come after.
QUARTERS = {"trust_first": 0.25, "trust_second": 0.5, "trust_third": 0.75, "trust_end": 1.0}


@dataclass(frozen=True)
class Profile:
    """What is played in every setting.

    Attributes:
        actions: [S, 2 N], cooperation and appropriation of every agent.
        sweeps: [S], sweeps until nothing moved; zero where nothing was iterated.
    """

    actions: Array
    sweeps: Array

    @property
    def cooperation(self) -> Array:
        """[S, N], payoff units."""
        return self.actions[:, 0::2]

    @property
    def appropriation(self) -> Array:
        """[S, N], 0 to 1."""
        return self.actions[:, 1::2]


@dataclass(frozen=True)
class Played:
    """Episodes, one per setting.

    Attributes:
        returns: [S, N], integrated rewards summed over the episode.
        payoffs: [S, N], payoffs summed over the episode.
        trust: [S, T], mean trust after each step.
    """

    returns: Array
    payoffs: Array
    trust: Array

    def trust_at(self, part: float) -> Array:
        """Mean trust after this part of the episode, [S]."""
        return self.trust[:, round(part * self.trust.shape[1]) - 1]

    def quarters(self, row: int) -> dict[str, float]:
        """Mean trust of one setting after each of `QUARTERS`."""
        return {name: float(self.trust_at(part)[row]) for name, part in QUARTERS.items()}


def settings(
    *,
    kappa: float | Array = 0.5,
    beta: float | Array = 0.6,
    eta: float | Array = 0.4,
    xi: float | Array = 15.0,
    horizon: int = HORIZON,
) -> AppropriationGame:
    """The game in S settings: each parameter a number, or one value per setting [S]."""
    parts = np.broadcast_arrays(*(np.atleast_1d(np.float64(v)) for v in (kappa, beta, eta, xi)))
    appropriation = Appropriation(*(part[:, None] for part in parts))
    return AppropriationGame(ID, appropriation, horizon=horizon, **calibrated(trust_enabled=True))


def play(game: AppropriationGame, way: str) -> Profile:
    """What is played in one of the ways of `PLAYS`.

    Raises:
        KeyError: there is no such way.
    """
    no_concern = np.zeros((game.n_agents, game.n_agents))
    return {
        "equilibrium": lambda: best_responses(game, game.dependence.astype(np.float64)),
        "selfish": lambda: best_responses(game, no_concern),
        "team": lambda: team_plan(game),
    }[way]()


def utilities(game: AppropriationGame, actions: Array, weights: Array) -> Array:
    """U = pi + W pi of one step in every setting, [S, N] float64.

    Args:
        game: the settings.
        actions: [S, 2 N].
        weights: W, [N, N], zero diagonal.
    """
    cooperation, taken = actions[:, 0::2], actions[:, 1::2]
    alpha = game.alpha.astype(np.float64)
    surplus = _surplus(game, cooperation)
    own = game.endowments - cooperation + game.value.theta * np.log1p(cooperation)
    payoffs = own + alpha * surplus[:, None] + game.appropriation.change(alpha, surplus, taken)
    return payoffs + payoffs @ weights.T


def _surplus(game: AppropriationGame, cooperation: Array) -> Array:
    """What is created together: gamma times the geometric mean of cooperation, [S, N] -> [S]."""
    return game.value.gamma * cooperation.prod(axis=1) ** (1 / game.n_agents)


def best_responses(game: AppropriationGame, weights: Array) -> Profile:
    """Fixed point of best responses in the utilities of some weights [N, N]; see the module."""
    count = len(np.atleast_1d(game.appropriation.kappa))
    start = np.stack([START_SHARE * game.endowments, np.full(game.n_agents, START_APPROPRIATION)])
    actions = np.repeat(start.T.reshape(1, -1).astype(np.float64), count, axis=0)
    sweeps = np.zeros(count, int)
    moving = np.ones(count, bool)
    felt = np.eye(game.n_agents) + weights  # own payoff included
    for _ in range(SWEEPS):
        before = actions.copy()
        for number in range(actions.shape[1]):
            agent, second = divmod(number, game.actions_per_agent)
            best = _best_appropriation if second else _best_cooperation
            actions[moving, number] = best(game, felt[agent], actions, agent)[moving]
        sweeps[moving] += 1
        moving &= np.abs(actions - before).max(axis=1) >= TOLERANCE
        if not moving.any():
            break
    return Profile(actions, sweeps)


def _best_cooperation(game: AppropriationGame, felt: Array, actions: Array, agent: int) -> Array:
    """Root of dU / dc = -1 + theta / (1 + c) + K S / (N c), cut to [0, e]; [S].

    K is what the agent feels of a unit of surplus S. Utility is concave in c, so the derivative
    falls; halving its range finds the root to the last bits, which comparing utilities would not.
    """
    taken = actions[:, 1::2]
    alpha, high = game.alpha.astype(np.float64), float(game.endowments[agent])
    parts = game.appropriation
    shares = alpha * (1 - parts.beta * taken.mean(axis=1, keepdims=True)) + parts.eta * taken
    others = np.delete(actions[:, 0::2], agent, axis=1).prod(axis=1)
    n, felt_of_surplus = game.n_agents, (felt * shares).sum(axis=1)

    def slope(values: Array) -> Array:
        surplus = game.value.gamma * (values * others) ** (1 / n)
        return game.value.theta / (1 + values) - 1 + felt_of_surplus * surplus / (n * values)

    low, top = np.zeros(len(actions)), np.full(len(actions), high)
    for _ in range(HALVINGS):
        middle = (low + top) / 2
        rises = slope(middle) > 0
        low, top = np.where(rises, middle, low), np.where(rises, top, middle)
    return np.where(slope(np.full(len(actions), high)) > 0, high, low)


def _best_appropriation(game: AppropriationGame, felt: Array, actions: Array, agent: int) -> Array:
    """Root of dU / dp = (eta - beta / N sum_j felt_j alpha_j) S - kappa - 2 xi p, cut to [0, 1]."""
    surplus = _surplus(game, actions[:, 0::2])
    parts, alpha = game.appropriation, game.alpha.astype(np.float64)
    lost = parts.beta / game.n_agents * (felt * alpha).sum()
    slope = (parts.eta - lost) * surplus[:, None] - parts.kappa
    return np.clip(slope / (2 * parts.xi), 0.0, 1.0)[:, 0]


def team_plan(game: AppropriationGame) -> Profile:
    """The constants of the largest summed integrated return of two agents; see the module.

    Cooperation is searched on whole per cents. For each pair the best appropriation follows in
    closed form, because trust does not answer to it: with M_i the weight of pi_i in the sum,
    p_i = ((eta S - kappa) M_i - (beta / 2) S sum_j alpha_j M_j) / (2 xi M_i), cut to [0, 1].
    """
    levels = np.linspace(0, 1, LEVELS)[:, None] * game.endowments
    weights = game.horizon + _concern(game, levels)
    pairs = np.stack(np.meshgrid(*levels.T, indexing="ij"), axis=-1).reshape(-1, 2)
    worth = np.stack(np.meshgrid(*weights.T, indexing="ij"), axis=-1).reshape(-1, 2)
    alpha, unconcerned = game.alpha.astype(np.float64), np.zeros((2, 2))
    surplus = game.value.gamma * np.sqrt(pairs.prod(axis=1, keepdims=True))
    shared = surplus * (worth @ alpha)[:, None]
    appropriation, plans = game.appropriation, []
    for kappa, beta, eta, xi in zip(
        *np.broadcast_arrays(
            appropriation.kappa, appropriation.beta, appropriation.eta, appropriation.xi
        ),
        strict=True,
    ):
        slope = (eta * surplus - kappa) * worth - beta / 2 * shared
        taken = np.clip(slope / (2 * xi * worth), 0.0, 1.0)
        actions = np.stack([pairs, taken], axis=2).reshape(-1, 4)
        single = settings(kappa=kappa, beta=beta, eta=eta, xi=xi, horizon=game.horizon)
        total = (utilities(single, actions, unconcerned) * worth).sum(axis=1)
        plans.append(actions[total.argmax()])
    return Profile(np.array(plans), np.zeros(len(plans), int))


def _concern(game: AppropriationGame, levels: Array) -> Array:
    """Weight of the payoff of each agent in the other's reward, summed over an episode, [L, 2].

    Trust in an agent answers to that agent's cooperation alone, so both may vary together.
    """
    actions = np.stack([levels, np.zeros_like(levels)], axis=2).reshape(len(levels), -1)
    state, total = game.reset([0] * len(levels)), np.zeros_like(levels)
    quiet = settings(horizon=game.horizon)
    for _ in range(game.horizon):
        state, outcome = quiet.step(state, actions)
        trust, damage = outcome.terms["trust"], outcome.terms["damage"]
        weights = effective_weights(trust, damage, game.dependence)
        total += np.stack([weights[:, 1, 0], weights[:, 0, 1]], axis=1)
    return total


def episodes(game: AppropriationGame, actions: Array | Sequence[Sequence[float]]) -> Played:
    """Play constant actions [S, 2 N] for an episode in every setting."""
    actions = np.asarray(actions)
    state = game.reset([0] * len(actions))
    returns, payoffs = np.zeros((2, len(actions), game.n_agents))
    trust = []
    for _ in range(game.horizon):
        state, outcome = game.step(state, actions)
        returns = returns + game.rewards(outcome, "integrated").astype(np.float64)
        payoffs = payoffs + outcome.payoffs.astype(np.float64)
        trust.append(game.mean_trust(state))
    return Played(returns, payoffs, np.stack(trust, axis=1))
