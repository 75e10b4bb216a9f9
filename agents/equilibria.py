"""Equilibria in constants: one share per role, held for the whole episode or for one step.

A role is a set of interchangeable agents. A profile holds one share per role; a deviator is a
single agent. Equilibria are solved on payoffs that the game itself pays, so one solver serves whole
episodes and the stage game of a state, all reward modes and both editions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from coopetition.envs.engine import Array, Game, State

from .rollouts import of_constants, of_plans, repeated

LEVELS = np.arange(101) / 100
FINE_STEP = 0.0025
STARTS = (0.0, 0.10, 0.25, 0.50, 0.75, 1.0)
DAMPING = 0.4
# Largest gain of a deviator that an equilibrium may leave, as a share of what it gets.
TOLERANCE = 1e-3
# Profiles closer than this in every share are one equilibrium.
DISTINCT = 0.015
_ROUNDS = 60

Roles = tuple[tuple[int, ...], ...]
Percents = tuple[float, ...]  # one per role
# Shares [B, N] -> mode -> [B, N], payoff units per step.
Values = Callable[[Array], dict[str, Array]]


def roles(game: Game) -> Roles:
    """Agents that can change places without changing what anybody gets.

    Found by playing: two agents are interchangeable if swapping what they do swaps what they get,
    payoffs and integrated rewards, in an episode of random shares and in one of high random
    shares.

    Returns:
        The agents of each role; roles by their first agent.
    """
    generator = np.random.default_rng(0)
    shape = (game.horizon, game.n_agents)
    episodes = [generator.random(shape), 0.6 + 0.4 * generator.random(shape)]
    waiting, found = list(range(game.n_agents)), []
    while waiting:
        first = waiting[0]
        swaps = np.tile(np.arange(game.n_agents), (len(waiting), 1))
        for row, other in enumerate(waiting):
            swaps[row, [first, other]] = other, first
        same = np.ones(len(waiting), bool)
        for shares in episodes:
            for got in of_plans(game, shares[:, swaps], modes=("integrated",)).values():
                same &= np.isclose(got, got[0][swaps], rtol=1e-5).all(axis=1)
        role = tuple(agent for agent, equal in zip(waiting, same, strict=True) if equal)
        found.append(role)
        waiting = [agent for agent in waiting if agent not in role]
    return tuple(found)


def singles(game: Game) -> Roles:
    """Every agent a role of its own."""
    return tuple((agent,) for agent in range(game.n_agents))


def expand(parts: Roles, profiles: Array) -> Array:
    """Shares of all agents, [..., R] -> [..., N]."""
    of_agent = {agent: role for role, agents in enumerate(parts) for agent in agents}
    return profiles[..., [of_agent[agent] for agent in range(len(of_agent))]]


def by_role(parts: Roles, values: Array) -> Array:
    """Mean over the agents of each role, [..., N] -> [..., R]."""
    return np.stack([values[..., list(agents)].mean(axis=-1) for agents in parts], axis=-1)


def firsts(parts: Roles) -> list[int]:
    """One agent of each role."""
    return [agents[0] for agents in parts]


def episode_values(game: Game, modes: Collection[str] = ()) -> Values:
    """What constant shares yield over an episode, divided by the horizon."""

    def values(shares: Array) -> dict[str, Array]:
        sums = of_constants(game, shares, modes=modes)
        return {mode: total / game.horizon for mode, total in sums.items()}

    return values


def stage_values(game: Game, state: State) -> Values:
    """What shares yield in the next step from a state of one copy; payoffs only."""

    def values(shares: Array) -> dict[str, Array]:
        _, outcome = game.step(repeated(state, len(shares)), shares * game.endowments)
        return {"private": outcome.payoffs.astype(np.float64)}

    return values


def deviations(
    values: Values, shares: Array, agents: Sequence[int], levels: Array
) -> dict[str, Array]:
    """What an agent gets that alone plays another share.

    Args:
        values: what joint shares yield.
        shares: [P, N], what is deviated from.
        agents: the deviators, A of them.
        levels: shares of the deviator, any shape that broadcasts to [P, A, L].

    Returns:
        mode -> [P, A, L].
    """
    levels = np.broadcast_to(levels, (len(shares), len(agents), np.shape(levels)[-1]))
    joint = np.broadcast_to(shares[:, None, None], (*levels.shape, shares.shape[1])).copy()
    for place, agent in enumerate(agents):
        joint[:, place, :, agent] = levels[:, place]
    found = values(joint.reshape(-1, shares.shape[1]))
    result = {}
    for mode, got in found.items():
        got = got.reshape(joint.shape)
        result[mode] = np.stack([got[:, p, :, a] for p, a in enumerate(agents)], axis=1)
    return result


def peak(levels: Array, payoffs: Array) -> Array:
    """Level of the highest payoff, by the parabola through it and its neighbours.

    Args:
        levels: [L], equally spaced.
        payoffs: [..., L].

    Returns:
        [...]; the level itself where it is the first or last, or where the payoff has a kink.
    """
    best = payoffs.argmax(axis=-1)
    inner = np.clip(best, 1, len(levels) - 2)
    bends = payoffs[..., :-2] - 2 * payoffs[..., 1:-1] + payoffs[..., 2:]

    def at(values: Array, places: Array) -> Array:
        places = np.clip(places, 0, values.shape[-1] - 1)[..., None]
        return np.take_along_axis(values, places, axis=-1)[..., 0]

    bend, before, after = (at(bends, inner - 1 + shift) for shift in (0, -1, 1))
    smooth = (bend < 0) & (np.abs(bend) <= 2 * np.maximum(np.abs(before), np.abs(after)))
    slope = at(payoffs, inner + 1) - at(payoffs, inner - 1)
    offset = np.where(smooth & (inner == best), -0.5 * slope / np.where(smooth, bend, -1.0), 0.0)
    return levels[best] + np.where(np.abs(offset) <= 0.5, offset, 0.0) * (levels[1] - levels[0])


def regrets(values: Values, shares: Array) -> dict[str, Array]:
    """Largest gain of a single deviator among 101 constants, as a share of what it gets.

    Args:
        values: what joint shares yield.
        shares: [P, N].

    Returns:
        mode -> [P].
    """
    got = values(shares)
    # An agent that plays and gets what an earlier one does need not be asked.
    known = np.concatenate([shares[None], *(at[None] for at in got.values())])  # [1 + M, P, N]
    agents = [
        agent
        for agent in range(shares.shape[1])
        if not np.isclose(known[..., :agent], known[..., agent, None]).all(axis=0).any(axis=1).all()
    ]
    result = {}
    for mode, of_agents in deviations(values, shares, agents, LEVELS).items():
        at = got[mode][:, agents]
        gain = (of_agents.max(axis=2) - at) / np.maximum(np.abs(at), 1e-9)
        result[mode] = np.maximum(gain.max(axis=1), 0.0)
    return result


def equilibria(
    values: Values,
    parts: Roles,
    modes: Sequence[str] = ("private",),
    *,
    tolerance: float = TOLERANCE,
) -> dict[str, Array]:
    """Stable equilibria in constants, in whole percent where that is close enough.

    One role: where the best reply crosses the diagonal from above, on a grid of 1 % and near
    fixed points of 0.25 %, so that unstable equilibria are not listed. Several roles: where damped
    best replies come to rest, from six starts. Only profiles that leave no deviator among 101
    constants a larger gain than `tolerance`, as a share of what it gets, are kept.

    Returns:
        mode -> [E, R], from the lowest sum of all agents' shares to the highest.
    """
    search = _crossings if len(parts) == 1 else _resting_points
    losses: dict[str, dict[Percents, float]] = {mode: {} for mode in modes}

    def ask(profiles: set[Percents]) -> None:
        rows = sorted(profiles)
        if rows:
            lost = regrets(values, expand(parts, np.array(rows) / 100))
            for mode in modes:
                losses[mode] |= dict(zip(rows, lost[mode].round(9).tolist(), strict=True))

    candidates = search(values, parts, modes)
    ask({p for groups in candidates.values() for group in groups for p in group.whole})
    finer = {
        mode: [g for g in groups if min(losses[mode][p] for p in g.whole) > tolerance]
        for mode, groups in candidates.items()
    }
    ask({p for groups in finer.values() for group in groups for p in group.quarters})
    found = {}
    for mode, loss in losses.items():
        kept: list[Array] = []
        for group in candidates[mode]:
            choice = group.quarters if group in finer[mode] and group.quarters else group.whole
            best = min(choice, key=lambda p: loss[p])
            shares = np.array(best) / 100
            known = any((np.abs(shares - other) < DISTINCT).all() for other in kept)
            if loss[best] <= tolerance and not known:
                kept.append(shares)
        kept.sort(key=lambda profile: expand(parts, profile).sum())
        found[mode] = np.array(kept).reshape(-1, len(parts))
    return found


@dataclass(frozen=True)
class _Candidate:
    """Profiles at an equilibrium, the closest first: in whole percent, or finer where needed."""

    whole: list[Percents]
    quarters: list[Percents]


def _crossings(values: Values, parts: Roles, modes: Sequence[str]) -> dict[str, list[_Candidate]]:
    """Per mode the profiles near each crossing."""

    def replies(shares: Array, levels: Array) -> dict[str, Array]:
        joint = expand(parts, shares[:, None])
        got = deviations(values, joint, firsts(parts), levels)
        return {mode: got[mode][:, 0] for mode in modes}

    best = {mode: LEVELS[got.argmax(axis=1)] for mode, got in replies(LEVELS, LEVELS).items()}
    near = np.zeros(len(LEVELS), bool)
    for reply in best.values():
        side = np.sign(reply - LEVELS)
        turns = side[:-1] != side[1:]
        near |= side == 0
        near[:-1] |= turns
        near[1:] |= turns
    fine = np.unique((LEVELS[near, None] + FINE_STEP * np.arange(-2, 3)).clip(0, 1).round(4))
    # Near a fine share, the best reply lies near those to the whole percents around it.
    below = np.floor(fine * 100 + 1e-6).astype(int)
    windows = [
        best[mode][np.minimum(below + side, 100), None] + FINE_STEP * np.arange(-5, 6)
        for mode in modes
        for side in (0, 1)
    ]
    levels = np.concatenate(windows, axis=1).clip(0, 1)
    found = {}
    for mode, got in replies(fine, levels[:, None]).items():
        reply = np.take_along_axis(levels, got.argmax(axis=1)[:, None], axis=1)[:, 0]
        gap = np.rint((reply - fine) / FINE_STEP).astype(int)
        found[mode] = [_nearby(*ends) for ends in _falling_runs(fine, gap)]
    return found


def _falling_runs(shares: Array, gap: Array) -> list[tuple[float, float]]:
    """Ends of the intervals in which the best reply meets the diagonal, below it right after."""
    runs = []
    for k, (share, own) in enumerate(zip(shares, gap, strict=True)):
        following = k + 1 < len(shares) and shares[k + 1] - share < 1.5 * FINE_STEP
        falls = gap[k + 1] < 0 if following else share == 1
        if own > 0 and falls and following:
            meet = share + FINE_STEP * own / (own - gap[k + 1])
            runs.append((meet, meet))
        elif own >= 0 and falls:
            start = k
            while start > 0 and gap[start - 1] == 0:
                start -= 1
            runs.append((shares[start], share))
    return runs


def _nearby(low: float, high: float) -> _Candidate:
    """Whole and quarter percents less than 1 % from an interval of shares."""
    middle = 50 * (low + high)

    def within(percents: Array) -> list[Percents]:
        inside = percents[(percents > 100 * low - 1) & (percents < 100 * high + 1)]
        return [(float(x),) for x in sorted(inside, key=lambda x: abs(x - middle))]

    return _Candidate(within(np.arange(101)), within(np.arange(401) / 4))


def _resting_points(
    values: Values, parts: Roles, modes: Sequence[str]
) -> dict[str, list[_Candidate]]:
    """Per mode and start the profile at which damped best replies come to rest."""
    known: dict[Percents, dict[str, Array]] = {}
    # Roles start one apart, as alike roles that start alike would stay alike.
    starts = [
        tuple(100 * STARTS[(k + role) % len(STARTS)] for role in range(len(parts)))
        for k in range(len(STARTS))
    ]
    paths = {(mode, start): [profile] for mode in modes for start, profile in enumerate(starts)}
    moving = set(paths)
    for _ in range(_ROUNDS):
        ask = sorted({paths[key][-1] for key in moving} - set(known))
        if ask:
            shares = expand(parts, np.array(ask) / 100)
            got = deviations(values, shares, firsts(parts), LEVELS)
            for row, profile in enumerate(ask):
                known[profile] = {mode: got[mode][row].argmax(axis=1) for mode in modes}
        for key in sorted(moving):
            here = paths[key][-1]
            gap = known[here][key[0]] - np.array(here)
            if not gap.any():
                moving.discard(key)
                continue
            steps = np.sign(gap) * np.maximum(1, np.rint(DAMPING * np.abs(gap)))
            paths[key].append(tuple((here + steps).tolist()))
        if not moving:
            break
    # What does not rest goes round in a small circle; the last profiles are looked through.
    ends = {key: {path[-1]} if key not in moving else set(path[-4:]) for key, path in paths.items()}
    return {
        mode: [_Candidate(sorted(ends[mode, start]), []) for start in range(len(starts))]
        for mode in modes
    }


def alike(state: State, parts: Roles) -> bool:
    """Whether the agents of every role are in equal situations in the first copy of a state."""
    n_agents = sum(map(len, parts))
    return all(
        (array[0, list(agents)] == array[0, agents[0]]).all()
        for array in state.values()
        if array.ndim == 2 and array.shape[1] == n_agents
        for agents in parts
    )


def stage_equilibrium(game: Game, state: State, parts: Roles, guess: Array) -> Array:
    """An equilibrium of the next step, in each copy by itself.

    Best replies, refined between whole percents, are approached by steps that grow while a reply
    stays on one side and halve when it changes sides.

    Args:
        game: any game.
        state: B copies.
        parts: roles whose agents are in equal situations in every copy; one agent each if not.
        guess: [B, R] shares to start from; with several equilibria the choice follows it.

    Returns:
        [B, R] shares.
    """
    shares, side = guess.astype(np.float64), np.zeros(guess.shape)
    step = np.full(guess.shape, DAMPING)
    agents, moving = firsts(parts), np.arange(len(shares))

    def values(joint: Array) -> dict[str, Array]:
        repeats = len(agents) * len(LEVELS)
        many = {k: np.repeat(a[moving], repeats, axis=0) for k, a in state.items()}
        return {"private": game.step(many, joint * game.endowments)[1].payoffs.astype(np.float64)}

    for _ in range(_ROUNDS):
        here = shares[moving]
        got = deviations(values, expand(parts, here), agents, LEVELS)["private"]
        gap = peak(LEVELS, got.reshape(len(here), len(agents), -1)) - here
        turned = np.sign(gap) * side[moving] < 0
        step[moving] = np.where(turned, step[moving] / 2, np.minimum(1.25 * step[moving], 1.0))
        side[moving] = np.sign(gap)
        shares[moving] = np.clip(here + step[moving] * gap, 0.0, 1.0)
        # A copy that has arrived rests, so that its shares do not depend on its company.
        moving = moving[np.abs(gap).max(axis=1) >= 1e-4]
        if not len(moving):
            break
    return shares
