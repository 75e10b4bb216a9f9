"""Behaviour: how a policy answers to partners, and what its play comes to.

Against partners who follow a script:

* Conditional cooperation: slope of an agent's share on the mean share of the others one step
  before, while these play one uniform random share per step. After Fischbacher, Gächter & Fehr
  2001 ("Are people conditionally cooperative?"), who ask for contributions as a function of the
  others' mean: 1 follows the others, 0 does not care. One least-squares line of all episodes.
* Forgiveness: all others hold C, the constants of the highest welfare, but in the middle of the
  episode the one of them who contributes most contributes nothing for one step. The part of the
  lost cooperation that is given again ten steps later, where lost is what the agent plays less than
  without the slip, at most in these steps. 0 for one who never cooperates; empty for one who
  cooperates and does not mind.

Among its like:

* End-game effect: mean share in the last tenth of the horizon less that in its middle fifth.
* Equality of payoffs: Gini, sum_ij |x_i - x_j| / (2 N sum_i |x_i|), and Jain, (sum x)^2 /
  (N sum x^2). Payoffs may be negative: the sizes in the denominator keep Gini between 0 and 1
  (Raffinetti, Siletti & Vernizzi 2015), and without negative payoffs it is the usual one. Where
  all payoffs are zero they are equal: Gini 0, Jain 1.
* Efficiency: W over W of the dynamic optimum.
* Sustainability: W of the last quarter of the horizon over W of the first.

After an early end nobody contributes and nobody is paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Array, Game, Outcome, State, fresh_sequence

from ..evaluation import Streams, play, streams
from ..policy import Policy
from ..solutions import Solution, solution
from .lineup import Among, draws
from .tables import Row, identity, interval

if TYPE_CHECKING:
    from .panel import Auditee

# Steps after which cooperation may be regained, and the smallest loss that counts, in shares.
PATIENCE, LEAST_LOSS = 10, 1e-3
# Variance of the others' share from which there is a line.
LEAST_SPREAD = 1e-6
END, MIDDLE, QUARTER = 0.1, (0.4, 0.6), 0.25


class Steps:
    """What happens in every step of E episodes, to be shown to `play`.

    Attributes:
        shares: [E, T, N] of the own endowments.
        payoffs: [E, T, N], payoff units.
        trust: [E, T] mean trust after the step; NaN after the end and in a game without trust.
        running: [E, T] bool, the step was played.
    """

    def __init__(self, game: Game, episodes: int) -> None:
        self.game, self.t = game, 0
        shape = (episodes, game.horizon)
        self.shares, self.payoffs = (np.zeros((*shape, game.n_agents)) for _ in range(2))
        self.trust, self.running = np.full(shape, np.nan), np.zeros(shape, bool)

    def __call__(self, running: Array, state: State, outcome: Outcome) -> None:
        """See `play`."""
        self.shares[running, self.t] = state["actions"] / self.game.endowments
        self.payoffs[running, self.t] = outcome.payoffs
        self.trust[running, self.t] = self.game.mean_trust(state)
        self.running[running, self.t] = True
        self.t += 1


def behaviour(auditees: Sequence[Auditee], game: Game, *, episodes: int, seed: int) -> list[Row]:
    """One row per auditee (schema `audit_behaviour`).

    Args:
        auditees: policies.
        game: the game.
        episodes: with random partners; and of the other measures, where game or auditee draws.
        seed: of the episodes and of what random partners play.
    """
    solved, always = solution(game), not is_deterministic(game)
    probes = _Probes(solved, game, episodes, seed)
    ceiling = solved.plan[1] * game.n_agents * game.horizon
    rows = []
    for auditee in auditees:
        each = _each(auditee.policy, game, episodes, seed, always)
        steps = _self_play(auditee.policy, game, each)
        rows.append(
            {
                **identity(auditee, game),
                "episodes": len(each),
                **probes.answers(auditee.policy, len(each)),
                **_play(steps, ceiling),
            }
        )
    return rows


def trajectories(auditees: Sequence[Auditee], game: Game, *, episodes: int, seed: int) -> list[Row]:
    """Welfare, trust and mean share in every step of self-play (schema `audit_trajectories`).

    Means over the same episodes as those of `behaviour`; see there.
    """
    always = not is_deterministic(game)
    rows = []
    for auditee in auditees:
        each = _each(auditee.policy, game, episodes, seed, always)
        steps = _self_play(auditee.policy, game, each)
        for t in range(steps.t):
            going = steps.running[:, t]
            trust = float(steps.trust[going, t].mean())
            rows.append(
                {
                    **identity(auditee, game),
                    "step": t,
                    "running": float(going.mean()),
                    "welfare": float(steps.payoffs[:, t].sum(axis=1).mean()),
                    "trust": None if np.isnan(trust) else trust,
                    "share": float(steps.shares[:, t].mean()),
                }
            )
    return rows


def _each(policy: Policy, game: Game, episodes: int, seed: int, always: bool) -> list[Streams]:
    of_play = fresh_sequence(seed).spawn(1)[0]
    return streams(of_play, episodes if always or draws(policy, game) else 1)


def _self_play(policy: Policy, game: Game, each: Sequence[Streams]) -> Steps:
    steps = Steps(game, len(each))
    play(policy, game, each, watch=steps)
    return steps


def _play(steps: Steps, ceiling: float) -> Row:
    """Columns of self-play."""
    payoffs = steps.payoffs.sum(axis=1)
    welfare, horizon = payoffs.sum(axis=1), steps.game.horizon
    last, (first, after) = max(1, round(END * horizon)), (round(m * horizon) for m in MIDDLE)
    whole = steps.running.all(axis=1)
    shares = steps.shares[whole].mean(axis=2)
    middle = shares[:, first : max(after, first + 1)]
    ends = shares[:, -last:].mean(axis=1) - middle.mean(axis=1)
    quarter = max(1, round(QUARTER * horizon))
    early, late = (steps.payoffs[:, part].sum() for part in (slice(quarter), slice(-quarter, None)))
    return {
        **interval("welfare", welfare),
        "share": float(steps.shares.sum() / steps.running.sum() / payoffs.shape[1]),
        "end_game": float(ends.mean()) if whole.any() else None,
        "gini": float(gini(payoffs).mean()),
        "jain": float(jain(payoffs).mean()),
        "efficiency": float(welfare.mean() / ceiling) if ceiling > 0 else None,
        "sustainability": float(late / early) if early > 0 else None,
    }


def gini(payoffs: Array) -> Array:
    """Gini coefficient of payoffs [..., N]: 0 all equal, towards 1 one has all."""
    size = 2 * payoffs.shape[-1] * np.abs(payoffs).sum(axis=-1)
    apart = np.abs(payoffs[..., :, None] - payoffs[..., None, :]).sum(axis=(-2, -1))
    return np.divide(apart, size, out=np.zeros(size.shape), where=size > 0)


def jain(payoffs: Array) -> Array:
    """Jain's index of payoffs [..., N]: 1 all equal, 1 / N one has all."""
    size = payoffs.shape[-1] * np.square(payoffs).sum(axis=-1)
    return np.divide(payoffs.sum(axis=-1) ** 2, size, out=np.ones(size.shape), where=size > 0)


class _Probes:
    """Plays a policy in one seat of every role among partners who follow scripts.

    Args:
        solved: of the game; for roles and C.
        game: the game.
        episodes: with random partners, and at most with a slip.
        seed: of the episodes and of the random shares.
    """

    def __init__(self, solved: Solution, game: Game, episodes: int, seed: int) -> None:
        self.game, self.roles, self.C = game, solved.roles, solved.optimum
        _, of_play, of_shares = fresh_sequence(seed).spawn(3)
        self.streams = streams(of_play, episodes)
        drawn = np.random.default_rng(of_shares).random((episodes, game.horizon, 1))
        self.random = np.broadcast_to(drawn, (episodes, game.horizon, game.n_agents))

    def answers(self, policy: Policy, needed: int) -> Row:
        """Columns of one policy.

        Args:
            policy: what is asked.
            needed: episodes with a slip, and without.
        """
        each, scripts, seats = [], [], []
        for agents in self.roles:
            held = np.tile(self.C, (needed, self.game.horizon, 1))
            slip = held.copy()
            slip[:, self._slip, self._partner(agents[0])] = 0.0
            scripts += [self.random, held, slip]
            each += [*self.streams, *self.streams[:needed], *self.streams[:needed]]
            seats += [agents[0]] * (len(self.random) + 2 * needed)
        steps = Steps(self.game, len(seats))
        among = Among(policy, np.array(seats), np.concatenate(scripts))
        play(among, self.game, each, watch=steps)
        ends = np.cumsum([len(script) for script in scripts])[:-1]
        shares, running = (np.split(rows, ends) for rows in (steps.shares, steps.running))
        places = [agents[0] for agents in self.roles]
        weights = np.array([len(agents) for agents in self.roles]) / self.game.n_agents
        sums = np.array(
            [_sums(*one) for one in zip(shares[::3], running[::3], places, strict=True)]
        )
        kept, slipped = (
            weights
            @ np.array(
                [part[:, :, at].mean(axis=0) for part, at in zip(parts, places, strict=True)]
            )
            for parts in (shares[1::3], shares[2::3])
        )
        return {**_slope(sums, weights), **_forgiveness(kept, slipped, self._slip)}

    @property
    def _slip(self) -> int:
        return self.game.horizon // 2

    def _partner(self, seat: int) -> int:
        """The one of the others who contributes most, and so has most to withhold."""
        others = [agent for agent in range(self.game.n_agents) if agent != seat]
        return max(others, key=lambda agent: self.C[agent])


def _sums(shares: Array, running: Array, seat: int) -> Array:
    """Of every episode: number, x, y, x^2 and x y over its steps, [5, E].

    x is the mean share of the others, y the share of the seat one step later.
    """
    x = np.delete(shares, seat, axis=2).mean(axis=2)[:, :-1]
    y, played = shares[:, 1:, seat], running[:, 1:]
    return np.array([(term * played).sum(axis=1) for term in (np.ones_like(x), x, y, x * x, x * y)])


def _slope(sums: Array, weights: Array) -> Row:
    """Slope of the line, and its 95 % interval by leaving out one episode at a time.

    Args:
        sums: [R, 5, E], see `_sums`.
        weights: [R] of the roles.
    """
    names, count = ("slope", "slope_low", "slope_high"), sums.shape[2]
    whole = _line(sums.sum(axis=2))
    if whole is None:
        return dict.fromkeys(names)
    slope = float(weights @ whole)
    without = [_line(sums.sum(axis=2) - sums[:, :, e]) for e in range(count)]
    if count < 2 or any(line is None for line in without):
        return dict(zip(names, (slope, None, None), strict=True))
    left = np.array(without) @ weights
    error = np.sqrt((count - 1) * np.mean((left - left.mean()) ** 2))
    half = float(stdtrit(count - 1, 0.975) * error)
    return dict(zip(names, (slope, slope - half, slope + half), strict=True))


def _line(sums: Array) -> Array | None:
    """Slopes [R] by least squares; None if the others' share hardly varies in a role."""
    n, x, y, xx, xy = sums.T
    if (n < 3).any():
        return None
    spread = xx / n - (x / n) ** 2
    return (xy / n - x * y / n**2) / spread if (spread > LEAST_SPREAD).all() else None


def _forgiveness(kept: Array, slipped: Array, slip: int) -> Row:
    """Columns of mean shares [T] without and with the slip."""
    window = slice(slip + 1, slip + 1 + PATIENCE)
    lost = (kept - slipped)[window]
    if not len(lost):
        return {"retaliation": None, "forgiveness": None}
    most = float(lost.max())
    if most >= LEAST_LOSS:
        return {"retaliation": most, "forgiveness": float(1 - lost[-1] / most)}
    never = kept[window].max() < LEAST_LOSS
    return {"retaliation": max(most, 0.0), "forgiveness": 0.0 if never else None}
