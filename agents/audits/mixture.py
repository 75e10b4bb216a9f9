"""Mixed company: how a policy fares among others who also differ from one another.

In cross-play all others play one policy, so a group of five is a policy among four copies of
another. Here one agent plays the policy under audit and every other seat a policy drawn from all
that are audited, as where teammates are drawn from a population (ad hoc teamwork: Stone, Kaminka,
Kraus & Rosenschein 2010; Barrett, Stone & Kraus 2011). All policies meet the same companies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from coopetition.envs.engine import Array, Game

from ..equilibria import firsts
from ..evaluation import play, streams
from ..solutions import solution
from .cross_play import LARGEST, figures, steadied
from .lineup import Lineup
from .tables import Row, identity, role_text

if TYPE_CHECKING:
    from .panel import Auditee

# With fewer agents there is one other, and cross-play says all.
FEWEST = 3


def mixture(auditees: Sequence[Auditee], game: Game, *, episodes: int, seed: int) -> list[Row]:
    """Every auditee in one seat of every role among mixed companies (schema `audit_mixture`).

    Args:
        auditees: policies, from which the others are drawn with equal chances, the one under audit
            included.
        game: the game; with two agents there are no rows.
        episodes: companies, each of which plays one episode.
        seed: of companies and episodes.
    """
    if game.n_agents < FEWEST:
        return []
    roles = solution(game).roles
    of_companies, of_episodes = np.random.SeedSequence(seed).spawn(2)
    drawn = np.random.default_rng(of_companies)
    companies = drawn.integers(len(auditees), size=(episodes, game.n_agents))
    policies, played = steadied(auditees), streams(of_episodes, episodes)
    rows = []
    for some in _batches(len(auditees), len(roles) * episodes, game.n_agents):
        cells = list(product(some, zip(roles, firsts(roles), strict=True)))
        seating = np.concatenate([_seated(companies, seat, a) for a, (_, seat) in cells])
        found = play(Lineup(policies, seating), game, played * len(cells))
        for place, (a, (agents, seat)) in enumerate(cells):
            own = found.take(slice(place * episodes, (place + 1) * episodes))
            about = {"role": role_text(agents), "seat": seat, "pool": len(auditees)}
            rows.append({**identity(auditees[a], game), **about, **figures(own, seat)})
    return rows


def _seated(companies: Array, seat: int, auditee: int) -> Array:
    """The companies with an auditee in the seat."""
    seating = companies.copy()
    seating[:, seat] = auditee
    return seating


def _batches(auditees: int, copies: int, n_agents: int) -> Iterator[range]:
    """Auditees in batches that fit into memory."""
    together = max(1, LARGEST // (8 * n_agents**2 * copies))
    for first in range(0, auditees, together):
        yield range(first, min(first + together, auditees))
