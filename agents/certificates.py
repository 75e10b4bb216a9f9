"""Certificates of mixed motive: what cooperation is worth in an environment, and to whom.

Everything is computed from payoffs that the game itself pays (reward mode `private`), per agent
and step: sums over the episode divided by N T, also where an episode ends early. C is the joint
optimum in constants with one share per role, D the private equilibrium in constants of the lowest
welfare, TFT a tit for tat that starts with C and follows the mean of the others (formal edition,
section 8.1). A game that hides its complementarity is certified at the mean, without
`tremble` and `t0_noise`, and where it breaks ties by chance with the draws of seed 0.

"Equilibrium" means that no agent gains by another constant for the whole episode. What a reactive
strategy or a defection in the last steps would gain is outside: the end of an episode may be
exploitable.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import comb, prod
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Game, Outcome

from .equilibria import (
    LEVELS,
    TOLERANCE,
    Roles,
    alike,
    by_role,
    deviations,
    equilibria,
    expand,
    firsts,
    regrets,
    singles,
    stage_equilibrium,
    stage_values,
)
from .evaluation import evaluate
from .rollouts import Seats, of_constants, totals, welfare
from .solutions import Solution, solution

RANDOM_EPISODES = 256
# A stage equilibrium is listed in whole percent, where the exact one lies between two.
_STAGE_TOLERANCE = 0.01
# Price of anarchy from which an environment counts as a dilemma (formal edition, section 10).
LEAST_PRICE = 1.05
# How often an agent turns from all to nothing or back in the search for extreme payoffs.
TURNS = 0.1


def certificate(env: str | Game, **params: Any) -> dict[str, Any]:
    """The certificate of one environment.

    Args:
        env: an id such as `TrustDilemma-v1`, or a game.
        **params: parameters of the environment.

    Returns:
        One row: payoffs per agent and step, shares of the own endowment, lists by role. Several
        equilibria are one text, `0.22|0.21;0.71|0.7`: roles, then equilibria. What refers to an
        equilibrium is None where there is none in constants.

    Raises:
        ValueError: an unknown id or parameter.
    """
    game = envs.game(env, **params)
    solved = solution(game)
    name, _, edition = game.id.rpartition("-")
    return {
        "environment": name,
        "edition": edition,
        "mechanism_class": envs.spec(game.id).mechanism_class,
        "n_agents": game.n_agents,
        "horizon": game.horizon,
        "roles": _text(solved.roles),
        **_profiles(solved),
        **_references(solved),
        **_incentives(solved),
        **_deviations(solved),
        **_contests(solved),
        **_scales(solved),
    }


def ends(game: Game) -> dict[str, Any]:
    """The columns of a certificate that a score is made of, without the rest; see `scores`."""
    solved = solution(game)
    worst = solved.worst
    return {
        "n_agents": game.n_agents,
        "horizon": game.horizon,
        "welfare_random": _random_welfare(solved),
        "welfare_nash_worst": None if worst is None else float(solved.welfare(worst[None])[0]),
        "welfare_dynamic_optimum": solved.plan[1],
    }


def _random_welfare(solved: Solution) -> float:
    """Mean over 256 episodes."""
    game = solved.game
    return float(welfare(game, evaluate("Random", game, episodes=RANDOM_EPISODES).payoffs).mean())


def _profiles(solved: Solution) -> dict[str, Any]:
    """Equilibria and optima."""
    game, found = solved.game, solved.equilibria
    stage = equilibria(
        stage_values(game, game.reset([0])), solved.roles, tolerance=_STAGE_TOLERANCE
    )["private"]
    ranked = [_by_role(solved, profile) for profile in solved.ranked]
    return {
        "nash": _text(ranked),
        "nash_worst": ranked[0] if ranked else None,
        "nash_regret": _regret(solved, solved.ranked) if solved.ranked else None,
        "nash_integrated": _text(_by_role(solved, x) for x in found["integrated"]),
        "nash_cooperative": _text(_by_role(solved, x) for x in found["cooperative"]),
        "stage_nash": _text(stage.tolist()),
        "optimum": _by_role(solved, solved.optimum),
        "best_uniform_constant": float(LEVELS[solved.uniform.argmax()]),
    }


def _references(solved: Solution) -> dict[str, Any]:
    """Welfare of reference play, and the prices."""
    game, ranked = solved.game, solved.ranked
    at_best = float(solved.welfare(solved.optimum[None])[0])
    at_nash = solved.welfare(np.array(ranked)) if ranked else None
    worst, best = (None, None) if at_nash is None else (float(at_nash[0]), float(at_nash[-1]))
    in_kind = totals(game, _all_in_kind(solved), 1)["private"]
    return {
        "welfare_optimum": at_best,
        "welfare_dynamic_optimum": solved.plan[1],
        "welfare_nash_worst": worst,
        "welfare_nash_best": best,
        "price_of_anarchy": _ratio(at_best, worst),
        "price_of_stability": _ratio(at_best, best),
        "welfare_best_uniform_constant": float(solved.uniform.max()),
        "welfare_tft": float(welfare(game, in_kind)[0]),
        "welfare_myopic": _myopic_welfare(solved),
        "welfare_random": _random_welfare(solved),
        "welfare_zero": float(solved.uniform[0]),
        "welfare_full": float(solved.uniform[-1]),
        "welfare_autarky": _autarky(solved),
    }


def _ratio(best: float, other: float | None) -> float | None:
    """A price; None without an equilibrium, or where losses make a ratio meaningless."""
    return None if other is None or other <= 0 else best / other


def _myopic_welfare(solved: Solution) -> float:
    """All agents play an equilibrium of every step; from no effort, then from the last one."""
    game, shares = solved.game, np.zeros((1, solved.game.n_agents))
    state, earned, ended = game.reset([0]), np.zeros(game.n_agents), False
    while not ended:
        # What has happened to agents of one role may have set them apart, as by exclusion.
        parts = solved.roles if alike(state, solved.roles) else singles(game)
        shares = expand(parts, stage_equilibrium(game, state, parts, by_role(parts, shares)))
        state, outcome = game.step(state, shares * game.endowments)
        earned += outcome.payoffs[0]
        ended = bool(outcome.terminated[0] or outcome.truncated[0])
    return float(welfare(game, earned))


def _autarky(solved: Solution) -> float:
    """What agents have at most from their own production alone."""
    game, agents = solved.game, firsts(solved.roles)
    alone = np.zeros((len(agents), len(LEVELS), game.n_agents))
    for place, agent in enumerate(agents):
        alone[place, :, agent] = LEVELS
    shares = alone.reshape(-1, game.n_agents)
    state = game.reset([0] * len(shares))
    terms = game.step(state, shares * game.endowments)[1].terms
    own = terms["components"]["own"] if "components" in terms else terms["base_payoffs"]
    own = own.reshape(len(agents), len(LEVELS), -1)
    tops = np.array([own[place, :, agent].max() for place, agent in enumerate(agents)])
    return float(expand(solved.roles, tops).mean())


def _incentives(solved: Solution) -> dict[str, Any]:
    """Greed at C, fear at D, and the dilemma that they make."""
    game, C, D = solved.game, solved.optimum, solved.worst
    at_C = solved.values(C[None])["private"][0]
    best, reply = _best_replies(solved.values, solved, C)
    greed = np.maximum(best - at_C[firsts(solved.roles)], 0.0)
    stage = stage_values(game, game.reset([0]))
    at_reset = (
        _best_replies(stage, solved, C)[0] - stage(C[None])["private"][0][firsts(solved.roles)]
    )
    row: dict[str, Any] = {
        "is_dilemma": False,
        "greed": greed.tolist(),
        "greed_stage_reset": at_reset.tolist(),
        "best_reply_to_C": reply.tolist(),
        "R": float(at_C.mean()),
    }
    if D is None:
        fear = ("fear", "fear_by_role", "S", "T_temptation", "P")
        return row | dict.fromkeys((*fear, "schelling_cooperator", "schelling_defector"))
    each = np.arange(game.n_agents)
    lone_defectors, lone_cooperators = np.tile(C, (len(each), 1)), np.tile(D, (len(each), 1))
    lone_defectors[each, each], lone_cooperators[each, each] = D, C
    tempted = solved.values(lone_defectors)["private"][each, each]
    exploited = solved.values(lone_cooperators)["private"][each, each]
    punished = solved.values(D[None])["private"][0]
    fear = punished - exploited
    row["is_dilemma"] = bool(
        _regret(solved, [C]) > TOLERANCE
        and fear.mean() > TOLERANCE * abs(at_C.mean())
        and at_C.mean() > punished.mean() + (LEAST_PRICE - 1) * abs(punished.mean())
    )
    cooperator, defector = _schelling(solved, D)
    return row | {
        "fear": float(fear.mean()),
        "fear_by_role": by_role(solved.roles, fear).tolist(),
        "S": float(exploited.mean()),
        "T_temptation": float(tempted.mean()),
        "P": float(punished.mean()),
        "schelling_cooperator": cooperator,
        "schelling_defector": defector,
    }


def _schelling(solved: Solution, D: Array) -> tuple[list[float], list[float]]:
    """Mean payoff of a cooperator and of a defector with k = 0 ... N - 1 other cooperators.

    The mean is over agents and over all sets of k others; agents of one role that defect alike
    are counted, not enumerated.
    """
    C, n_agents = solved.optimum, solved.game.n_agents
    groups = [
        [agent for agent in agents if D[agent] == share]
        for agents in solved.roles
        for share in dict.fromkeys(D[list(agents)])
    ]
    counts = list(product(*(range(len(group) + 1) for group in groups)))
    shares = np.tile(D, (len(counts), 1))
    for row, numbers in enumerate(counts):
        for group, number in zip(groups, numbers, strict=True):
            shares[row, group[:number]] = C[group[:number]]
    payoffs = solved.values(shares)["private"]
    sums, weights = np.zeros((2, n_agents)), np.zeros((2, n_agents))
    for row, numbers in enumerate(counts):
        for place, (group, number) in enumerate(zip(groups, numbers, strict=True)):
            for defects, members in enumerate((group[:number], group[number:])):
                if not members:
                    continue
                others = sum(numbers) - (1 - defects)
                sets = [
                    comb(len(g) - (p == place), k - (p == place) * (1 - defects))
                    for p, (g, k) in enumerate(zip(groups, numbers, strict=True))
                ]
                weight = len(group) * prod(sets)
                sums[defects, others] += weight * payoffs[row, members].mean()
                weights[defects, others] += weight
    cooperator, defector = sums / weights
    return cooperator.tolist(), defector.tolist()


def _deviations(solved: Solution) -> dict[str, Any]:
    """What one agent gains in a single step at mid-episode, others constant or in kind."""
    game, C = solved.game, solved.optimum
    agents = firsts(solved.roles)
    slips = np.tile(C, (len(agents), len(LEVELS), 1))
    for place, agent in enumerate(agents):
        slips[place, :, agent] = LEVELS
    slips = slips.reshape(-1, game.n_agents)
    deviator = np.repeat(agents, len(LEVELS))
    others = np.arange(game.n_agents) != deviator[:, None]
    steady = of_constants(game, C[None])["private"][0]

    def best_gain(replies: Array) -> list[float]:
        rule = Seats(np.tile(C, (len(slips), 1)), replies, C, game.horizon // 2, slips)
        got = totals(game, rule, len(slips))["private"][np.arange(len(slips)), deviator]
        return (got.reshape(len(agents), -1).max(axis=1) - steady[agents]).tolist()

    # Against tit for tat from the first step: the best constant of the deviator.
    held = totals(game, Seats(slips, others, C), len(slips))["private"]
    against = held[np.arange(len(slips)), deviator].reshape(len(agents), -1)
    return {
        "best_reply_to_TFT": LEVELS[against.argmax(axis=1)].tolist(),
        "one_step_gain_vs_constants": best_gain(np.zeros_like(others)),
        "one_step_gain_vs_tft": best_gain(others),
    }


def _contests(solved: Solution) -> dict[str, Any]:
    """Mean payoff of a focal D, C or TFT among others who all play D, all C or all TFT.

    The mean is over roles and over the three kinds of others.
    """
    names = ("field_D", "field_C", "field_TFT", "tft_wins_field")
    game, C, D = solved.game, solved.optimum, solved.worst
    if D is None:
        return dict.fromkeys(names)
    focal, others, seat = (
        index.ravel()
        for index in np.meshgrid(range(3), range(3), range(game.n_agents), indexing="ij")
    )
    plays = np.where(np.arange(game.n_agents) == seat[:, None], focal[:, None], others[:, None])
    rule = Seats(np.where(plays == 0, D, C), plays == 2, C)
    got = totals(game, rule, len(plays))["private"][np.arange(len(plays)), seat]
    by_seat = (got / game.horizon).reshape(3, 3, -1)
    scores = by_role(solved.roles, by_seat).mean(axis=(1, 2))
    return dict(zip(names, [*scores.tolist(), bool(scores.argmax() == 2)], strict=True))


def _scales(solved: Solution) -> dict[str, Any]:
    """The part of the mechanism in the payoff at C, and the range of payoffs of a step."""
    game = solved.game
    paid = np.zeros(2)

    def add(outcome: Outcome) -> None:
        paid[:] += outcome.payoffs.sum(), _by_mechanism(outcome).sum()

    totals(game, lambda t, rows, last: np.tile(solved.optimum, (len(rows), 1)), 1, watch=add)
    seen = [np.inf, -np.inf]

    def widen(outcome: Outcome) -> None:
        seen[:] = min(seen[0], outcome.payoffs.min()), max(seen[1], outcome.payoffs.max())

    generator = np.random.default_rng(0)

    def uniform(t: int, rows: Array, last: Array) -> Array:
        return generator.random(last.shape)

    def corners(t: int, rows: Array, last: Array) -> Array:
        kept = np.rint(last) if t == 0 else last
        return np.where(generator.random(last.shape) < TURNS, 1 - kept, kept)

    for rule in (uniform, corners):
        totals(game, rule, RANDOM_EPISODES, watch=widen)
    return {
        "relational_share_of_payoff": float(paid[1] / paid[0]) if paid[1] else 0.0,
        "payoff_min": float(seen[0]),
        "payoff_max": float(seen[1]),
    }


def _by_mechanism(outcome: Outcome) -> Array:
    """Relational and loyalty payoffs; in the released edition what multipliers and rules add."""
    terms = outcome.terms
    if "components" not in terms:
        return outcome.payoffs - terms["base_payoffs"]
    zero = np.zeros_like(outcome.payoffs)
    return terms["components"].get("relational", zero) + terms["components"].get("loyalty", zero)


def _all_in_kind(solved: Solution) -> Seats:
    shares = solved.optimum[None]
    return Seats(shares, np.ones(shares.shape, bool), solved.optimum)


def _best_replies(values: Any, solved: Solution, shares: Array) -> tuple[Array, Array]:
    """The best payoff of one agent of each role against the others' shares, and its share."""
    got = deviations(values, shares[None], firsts(solved.roles), LEVELS)["private"][0]
    return got.max(axis=1), LEVELS[got.argmax(axis=1)]


def _regret(solved: Solution, profiles: list[Array]) -> float:
    """The largest gain that any of the profiles [N] leaves a deviator, as a share."""
    return float(regrets(solved.values, np.array(profiles))["private"].max())


def _by_role(solved: Solution, shares: Array) -> list[float]:
    """One share per role, or one per agent where agents of a role differ."""
    alike = by_role(solved.roles, shares)
    equal = np.allclose(expand(solved.roles, alike), shares)
    return np.round(alike if equal else shares, 4).tolist()


def _text(rows: Roles | Iterable[Iterable[float]]) -> str:
    return ";".join("|".join(f"{value:.4g}" for value in row) for row in rows)
