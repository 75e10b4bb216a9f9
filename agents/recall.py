"""Solutions as rows of a table, and games solved from such rows instead of by a search.

Finding the equilibria, the optimum and the plan of a game takes most of the time of its
certificate; playing those that were found before takes little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Outcome

from .deviations import SHARES
from .equilibria import deviations, episode_values, expand, firsts
from .rollouts import of_plans, totals, welfare
from .solutions import Solution, expected, solution

OPTIMUM, PLAN = "optimum", "plan"


def solution_rows(id: str) -> list[dict[str, Any]]:
    """What is solved of an environment, and what it pays.

    Returns:
        Rows with `environment`, `edition`, `solution` (a reward mode for its equilibria in
        constants, `optimum` or `plan`), `number` (of the equilibrium, or step of the plan),
        `shares` [N], `payoffs` [N] (per step; of this step where it is a plan) and `gain`: what
        the best of 21 constants adds, as a share, negative where it takes away: of a single agent
        for itself, at the optimum of a single role to welfare; none for a plan.

    Raises:
        ValueError: an unknown id.
    """
    solved = solution(envs.game(id))
    found = []
    for mode in envs.REWARD_MODES:
        profiles = solved.equilibria[mode]
        if len(profiles):
            paid, gains = solved.values(profiles)["private"], _gains(solved, profiles, mode)
            found += [(mode, *row) for row in enumerate(zip(profiles, paid, gains, strict=True))]
    at_best = solved.values(solved.optimum[None])["private"][0]
    found.append((OPTIMUM, 0, (solved.optimum, at_best, _gain_of_optimum(solved))))
    steps = zip(solved.plan[0], _by_step(solved), strict=True)
    found += [(PLAN, step, (*row, np.nan)) for step, row in enumerate(steps)]
    spec = envs.spec(id)
    return [
        {
            "environment": spec.name,
            "edition": spec.edition,
            "solution": name,
            "number": number,
            "shares": shares.tolist(),
            "payoffs": payoffs.tolist(),
            "gain": float(gain),
        }
        for name, number, (shares, payoffs, gain) in found
    ]


def _gains(solved: Solution, profiles: Array, mode: str) -> Array:
    """What a single agent gains under a mode from another share than in profiles [P, N], [P]."""
    deviators = firsts(solved.roles)
    if (expand(solved.roles, profiles[:, deviators]) != profiles).any():
        deviators = list(range(solved.game.n_agents))
    values = episode_values(solved.game, (mode,))
    here = values(profiles)[mode][:, deviators]
    best = deviations(values, profiles, deviators, SHARES)[mode].max(axis=2)
    return ((best - here) / np.maximum(np.abs(here), 1e-9)).max(axis=1)


def _gain_of_optimum(solved: Solution) -> float:
    """What W gains from another share of one role at the optimum, as a share."""
    here = solved.optimum
    tried = np.repeat(here[None], len(solved.roles) * len(SHARES), axis=0)
    for place, agents in enumerate(solved.roles):
        rows = np.arange(place * len(SHARES), (place + 1) * len(SHARES))
        tried[np.ix_(rows, np.array(agents))] = SHARES[:, None]
    got, *others = solved.welfare(np.concatenate([here[None], tried]))
    return float((max(others) - got) / abs(got))


def _by_step(solved: Solution) -> Array:
    """What the plan pays in each step, [T, N]; nothing after an early end."""
    game, shares = solved.game, solved.plan[0]
    paid = np.zeros(shares.shape)
    steps = iter(paid)

    def keep(outcome: Outcome) -> None:
        next(steps)[:] = outcome.payoffs[0]

    totals(game, lambda t, rows, last: shares[t, None], 1, watch=keep)
    return paid


@contextmanager
def recalled(id: str, rows: Iterable[Mapping[str, Any]] | None = None) -> Iterator[None]:
    """Meanwhile, an environment with its defaults is solved as rows say, or anew without rows.

    Afterwards what was solved of it before is back.

    Args:
        id: environment.
        rows: of `solution_rows`.

    Raises:
        ValueError: an unknown id, or rows without an optimum or a plan.
    """
    solved = solution(envs.game(id))
    before = dict(vars(solved))
    vars(solved).clear()
    solved.game = expected(envs.game(id))
    try:
        if rows is not None:
            _recall(solved, list(rows))
        yield
    finally:
        vars(solved).clear()
        vars(solved).update(before)


def _recall(solved: Solution, rows: list[Mapping[str, Any]]) -> None:
    shares: dict[str, list[Array]] = {}
    for row in sorted(rows, key=lambda row: row["number"]):
        shares.setdefault(row["solution"], []).append(np.asarray(row["shares"], np.float64))
    if missing := {OPTIMUM, PLAN} - set(shares):
        raise ValueError(f"{solved.game.id}: no {' and no '.join(sorted(missing))} to recall")
    none = np.empty((0, solved.game.n_agents))
    solved.equilibria = {m: np.array(shares[m]) if m in shares else none for m in envs.REWARD_MODES}
    [solved.optimum] = shares[OPTIMUM]
    # Other modes than the payoffs matter to the search only, and take as long again.
    solved.values = episode_values(solved.game)
    plan = np.array(shares[PLAN])
    paid = of_plans(solved.game, plan[:, None])["private"]
    solved.plan = plan, float(welfare(solved.game, paid)[0])
