"""Cross-play: how a policy fares among others that it was not made for.

One agent plays the policy under audit, all others a partner policy: every policy with every other,
in one seat of every role. On the diagonal all play the policy. Figures are private payoffs per
episode.

What follows from the matrix: the zero-shot coordination gap, self-play less play with strangers
(Hu, Lerer, Peysakhovich & Foerster 2020, "Other-Play"); what is left among defectors; the best and
the worst partner; and M3DDPG beside MADDPG, each with the other's partners and with the worst ones
(Li, Wu, Cui, Dong, Fang & Russell 2019).

The Schelling position is a play of its own: the policy in one seat, while k of the others
cooperate and the rest defect (Schelling 1973, "Hockey helmets, concealed weapons, and daylight
saving"). The two classical curves, of a cooperator and a defector, stand beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import fsum
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Array, Game

from ..equilibria import firsts
from ..evaluation import Episodes, Streams, play, streams
from ..policy import Policy
from ..registry import SIGNATURES
from ..solutions import solution
from .lineup import Among, Lineup, Script, Steady, draws
from .tables import AUDITEE, Key, Row, identity, interval, key_of, label, role_text

if TYPE_CHECKING:
    from .panel import Auditee

# Policies whose actions in one copy do not depend on how many copies there are, to the last bit.
RULES = ("constant", "heuristic", "oracle", "planner")
# Bytes of one array of pairs of agents, over all copies that are played at a time.
LARGEST = 1 << 25
# Points of a Schelling diagram in a large group.
POINTS = 9
_PARTNER = ("partner", *(f"partner_{column}" for column in AUDITEE[1:]))
_CONSTANT = re.compile(r"Constant_(\d+)")

Pair = tuple[int, int, int]  # auditee, partner, seat


def cross_play(auditees: Sequence[Auditee], game: Game, *, episodes: int, seed: int) -> list[Row]:
    """Every auditee with every other in one seat of every role (schema `audit_cross_play`).

    Args:
        auditees: policies, which are one another's partners.
        game: the game.
        episodes: per pair, where the game or one of the two draws; all pairs play the same.
        seed: of the episodes.

    Raises:
        ValueError: two auditees that their labels do not tell apart.
    """
    parts, met = solution(game).roles, Meetings(auditees, game, episodes, seed)
    everybody = range(len(auditees))
    pairs = list(product(everybody, everybody, firsts(parts)))
    played = met.play(pairs)
    of_seat = dict(zip(firsts(parts), parts, strict=True))
    return [
        {
            **identity(auditees[a], game),
            "role": role_text(of_seat[seat]),
            "seat": seat,
            **dict(zip(_PARTNER, key_of(auditees[b]), strict=True)),
            **figures(played[a, b, seat], seat),
        }
        for a, b, seat in pairs
    ]


def figures(found: Episodes, seat: int) -> Row:
    """What an agent and the others get in episodes."""
    others = np.arange(found.game.n_agents) != seat
    return {
        "episodes": len(found.length),
        **interval("payoff", found.payoffs[:, seat]),
        "others_payoff": float(found.payoffs[:, others].mean()),
        "worst_off": float(found.payoffs.min(axis=1).mean()),
        "welfare": float(found.welfare.mean()),
        "share": float(found.shares[:, seat].mean()),
        "others_share": float(found.shares[:, others].mean()),
    }


def steadied(auditees: Iterable[Auditee]) -> list[Policy]:
    """Their policies, which play the same with however many copies they are asked about."""
    return [
        auditee.policy if auditee.kind in RULES else Steady(auditee.policy) for auditee in auditees
    ]


class Meetings:
    """Plays pairs of policies, each policy asked once per step for as many pairs as fit.

    Args:
        auditees: the policies.
        game: the game.
        episodes: per pair in which anything is drawn.
        seed: of the episodes.

    Raises:
        ValueError: two auditees that their labels do not tell apart.
    """

    def __init__(
        self,
        auditees: Sequence[Auditee],
        game: Game,
        episodes: int,
        seed: int | np.random.SeedSequence,
    ) -> None:
        keys = [key_of(auditee) for auditee in auditees]
        if twice := {label(key) for key in keys if keys.count(key) > 1}:
            raise ValueError(f"two policies are called {', '.join(sorted(twice))}: rename one")
        self.game, self.episodes = game, streams(seed, episodes)
        self.policies = steadied(auditees)
        always = not is_deterministic(game)
        self.draws = [always or draws(auditee.policy, game) for auditee in auditees]

    def play(self, pairs: Sequence[Pair]) -> dict[Pair, Episodes]:
        """The episodes of every pair; those of a policy with itself are played once."""
        found: dict[Pair, Episodes] = {}
        for tile in self._tiles(pairs):
            keys = list(dict.fromkeys((a, b, 0 if a == b else seat) for a, b, seat in tile))
            played = self._batch(keys)
            found |= {(a, b, seat): played[a, b, 0 if a == b else seat] for a, b, seat in tile}
        return found

    def of(self, a: int, b: int) -> list[Streams]:
        """What a pair plays: one episode if nothing is drawn."""
        return self.episodes if self.draws[a] or self.draws[b] else self.episodes[:1]

    def _batch(self, pairs: Sequence[Pair]) -> dict[Pair, Episodes]:
        own = [self.of(a, b) for a, b, _ in pairs]
        counts = [len(each) for each in own]
        partners = np.array([b for _, b, _ in pairs])
        seating = partners[:, None].repeat(self.game.n_agents, axis=1)
        seating[range(len(pairs)), [seat for *_, seat in pairs]] = [a for a, *_ in pairs]
        lineup = Lineup(self.policies, np.repeat(seating, counts, axis=0))
        played = play(lineup, self.game, [one for each in own for one in each])
        ends = np.cumsum(counts)
        return {
            pair: played.take(slice(end - count, end))
            for pair, count, end in zip(pairs, counts, ends, strict=True)
        }

    def _tiles(self, pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
        """Pairs in batches that fit into memory: squares of auditees and partners.

        A square has the fewest policies for its pairs, and so the fewest questions to policies.
        """
        copies = max(1, LARGEST // (8 * self.game.n_agents**2))
        seats = max(1, len({seat for *_, seat in pairs}))
        side = max(1, int(np.sqrt(copies / (seats * len(self.episodes)))))
        tiles: dict[tuple[int, int], list[Pair]] = {}
        for a, b, seat in pairs:
            tiles.setdefault((a // side, b // side), []).append((a, b, seat))
        yield from tiles.values()


def schelling(auditees: Sequence[Auditee], game: Game, *, episodes: int, seed: int) -> list[Row]:
    """An auditee among k cooperators and N - 1 - k defectors (schema `audit_schelling`).

    Cooperators play C, the constants of the highest welfare, and defectors D, the private
    equilibrium in constants of the lowest welfare, or nothing where there is none. The first k of
    the others cooperate; a large group shows nine values of k. The position says whether the
    auditee plays like a defector (0) or like a cooperator (1), in shares of its endowment.

    Args:
        auditees: policies.
        game: the game.
        episodes: per auditee, role and k, where game or auditee draws.
        seed: of the episodes.
    """
    solved, always = solution(game), not is_deterministic(game)
    C, D = solved.optimum, solved.worst
    D = np.zeros_like(C) if D is None else D
    last = game.n_agents - 1
    counts = np.unique(np.rint(np.linspace(0, last, min(POINTS, last + 1))).astype(int)).tolist()
    points = list(product(solved.roles, counts))
    seats = np.array([agents[0] for agents, _ in points])
    around = np.array([_around(C, D, agents[0], k) for agents, k in points])

    def met(policy: Policy | None, draws: bool, own: Array | None = None) -> Iterator[_Met]:
        each = streams(seed, episodes if always or draws else 1)
        shares = around.copy()
        if own is not None:
            shares[range(len(points)), seats] = own[seats]
        shares, of = (np.repeat(rows, len(each), axis=0) for rows in (shares[:, None], seats))
        line = Script(shares) if policy is None else Among(policy, of, shares)
        found, rows = play(line, game, each * len(points)), np.arange(len(of))
        for k in np.split(rows, len(points)):
            yield found.payoffs[k, of[k]], found.shares[k, of[k]]

    curves = [[paid.mean() for paid, _ in met(None, False, own)] for own in (C, D)]
    rows = []
    for auditee in auditees:
        found = met(auditee.policy, draws(auditee.policy, game))
        for (agents, k), (paid, shares), *pays in zip(points, found, *curves, strict=True):
            seat, share = agents[0], shares.mean()
            span = C[seat] - D[seat]
            rows.append(
                {
                    **identity(auditee, game),
                    "role": role_text(agents),
                    "cooperators": k,
                    "episodes": len(paid),
                    **interval("payoff", paid),
                    "cooperator_payoff": float(pays[0]),
                    "defector_payoff": float(pays[1]),
                    "share": float(share),
                    "position": float((share - D[seat]) / span) if span > 0 else None,
                }
            )
    return rows


_Met = tuple[Array, Array]  # payoffs and shares of the focal agent, one per episode


def _around(C: Array, D: Array, seat: int, cooperators: int) -> Array:
    """Shares of all agents, the first of whom cooperate; that of the seat does not count."""
    others = [agent for agent in range(len(C)) if agent != seat]
    shares = D.copy()
    shares[others[:cooperators]] = C[others[:cooperators]]
    return shares


def summary(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """What the matrix says of each auditee (schema `audit_cross_play_summary`).

    Means over seats count every role with its members, those over partners every partner once. The
    others' level at which defection pays is the lowest constant of the matrix that earns more
    among agents who play the constant of the highest welfare than these do among their like.

    Args:
        rows: of `cross_play`, of any number of environments; without a diagonal there is no row.
    """
    found = []
    for place, matrix in matrices(rows).items():
        defector = _paying_defector(matrix)
        for key in {a: None for a, b in matrix if a == b}:
            met = {b: cell for (a, b), cell in matrix.items() if a == key and b != a}
            found.append(_summary(place, key, matrix, met, defector))
    return found


Matrix = dict[tuple[Key, Key], Row]


def matrices(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Matrix]:
    """Environment and edition -> auditee and partner -> means over seats."""
    cells: dict[tuple[str, str], dict[tuple[Key, Key], list[Mapping[str, Any]]]] = {}
    for row in rows:
        pair = _key(row, AUDITEE), _key(row, _PARTNER)
        place = cells.setdefault((row["environment"], row["edition"]), {})
        place.setdefault(pair, []).append(row)
    return {
        place: {pair: _over_seats(seats) for pair, seats in matrix.items()}
        for place, matrix in cells.items()
    }


def _key(row: Mapping[str, Any], columns: Sequence[str]) -> Key:
    values = [row[column] for column in columns]
    # In a table that was read back, an empty cell is not None.
    return *values[:-1], int(values[-1]) if isinstance(values[-1], Integral) else None


def _over_seats(rows: Sequence[Mapping[str, Any]]) -> Row:
    weights = [len(row["role"].split("|")) for row in rows]
    names = ("payoff", "others_payoff", "welfare")
    means = {n: float(np.average([row[n] for row in rows], weights=weights)) for n in names}
    return {**means, "level": _level(rows[0]["policy"])}


def _level(policy: str) -> int | None:
    constant = _CONSTANT.fullmatch(policy)
    return int(constant[1]) if constant else None


def ranked(matrix: Matrix, key: Key) -> list[Key]:
    """Partners of an auditee from the worst to the best for it; equal ones by name."""
    paid = {b: cell["payoff"] for (a, b), cell in matrix.items() if a == key and b != key}
    return sorted(paid, key=lambda b: (paid[b], label(b)))


def _paying_defector(matrix: Matrix) -> int | None:
    """The lowest constant that pays among the best one; None if there is none."""
    of = {cell["level"]: a for (a, b), cell in matrix.items() if a == b}
    levels = sorted(level for level in of if level is not None)
    if not levels:
        return None
    best = max(levels, key=lambda level: matrix[of[level], of[level]]["welfare"])
    kept = matrix[of[best], of[best]]["payoff"]
    paying = (low for low in levels if low < best and matrix[of[low], of[best]]["payoff"] > kept)
    return next(paying, None)


def _summary(
    place: tuple[str, str], key: Key, matrix: Matrix, met: dict[Key, Row], defector: int | None
) -> Row:
    alone, own = matrix[key, key]["payoff"], dict(zip(AUDITEE, key, strict=True))
    paid = {b: cell["payoff"] for b, cell in met.items()}
    # Runs that differ in nothing but their seed.
    alike = [payoff for b, payoff in paid.items() if own["seed"] is not None and b[:-1] == key[:-1]]
    strangers, runs = _mean(paid.values()), _mean(alike)
    of_level = {_level(b[0]): cell["payoff"] for (a, b), cell in matrix.items() if a == key}
    order = ranked(matrix, key)
    worst, best = (order[0], order[-1]) if order else (None, None)
    return {
        **dict(zip(("environment", "edition"), place, strict=True)),
        **own,
        "partners": len(paid),
        "self_play": alone,
        "cross_play": strangers,
        "gap": None if strangers is None else alone - strangers,
        "other_runs": len(alike),
        "runs_gap": None if runs is None else alone - runs,
        "among_zero": of_level.get(0),
        "defector_level": defector,
        "among_defectors": None if defector is None else of_level.get(defector),
        "worst_partner": "" if worst is None else label(worst),
        "worst_payoff": None if worst is None else paid.get(worst),
        "best_partner": "" if best is None else label(best),
        "best_payoff": None if best is None else paid.get(best),
        "partners_payoff": _mean(cell["others_payoff"] for cell in met.values()),
    }


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    # An exact sum does not depend on the order of partners.
    return fsum(listed) / len(listed) if listed else None


def worst_case_training(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """M3DDPG beside MADDPG with the same partners (schema `audit_worst_case_training`).

    As their authors compared them: each with partners trained by either, and with the partner of
    the matrix that is worst for it. Runs are paired by seed. With partners of its own kind a run
    meets those of other seeds, or itself where there is no other.

    Args:
        rows: of `cross_play`, of any number of environments; those without both learners give
            none.
    """
    learners = SIGNATURES["robustness"]
    found = []
    for place, matrix in matrices(rows).items():
        runs: dict[Key, dict[str, dict[int, Key]]] = {}
        for key in {a: None for a, b in matrix if a == b and a[0] in learners}:
            policy, _, *labels, seed = key
            runs.setdefault(tuple(labels), {}).setdefault(policy, {})[seed] = key
        for factors, of in runs.items():
            seeds = sorted(set(of.get(learners[0], ())) & set(of.get(learners[1], ())))
            for partner in (*reversed(learners), "worst") if seeds else ():
                paid = [
                    [_with(matrix, of, policy, partner, seed) for seed in seeds]
                    for policy in learners
                ]
                found.append(
                    {
                        **dict(zip(("environment", "edition"), place, strict=True)),
                        **dict(zip(("protocol", "reward_mode"), factors, strict=True)),
                        "partner": partner,
                        "seeds": len(seeds),
                        "m3ddpg": float(np.mean(paid[0])),
                        "maddpg": float(np.mean(paid[1])),
                        **interval("difference", np.subtract(paid[0], paid[1])),
                    }
                )
    return found


def _with(
    matrix: Matrix, of: dict[str, dict[int, Key]], policy: str, partner: str, seed: int
) -> float:
    """Payoff of a run with partners trained by a learner, or with the worst of all."""
    key = of[policy][seed]
    if partner == "worst":
        return min(cell["payoff"] for (a, b), cell in matrix.items() if a == key and b != key)
    others = [b for b in of[partner].values() if b != key] or [key]
    return float(np.mean([matrix[key, b]["payoff"] for b in others]))
