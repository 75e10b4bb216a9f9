"""What is solved of a game once and used by certificates and oracles alike."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from functools import cached_property
from itertools import product

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Game
from coopetition.envs.formal import FormalGame
from coopetition.envs.released import ReleasedGame

from .equilibria import (
    LEVELS,
    Roles,
    Values,
    by_role,
    episode_values,
    equilibria,
    expand,
    roles,
    singles,
)
from .planner import block_plan
from .rollouts import of_constants, welfare
from .trust_programme import TrustProgramme

# Grid steps of the search for the joint optimum, by number of roles, before it is refined to 1 %.
_GRIDS = {1: 0.01, 2: 0.02, 3: 0.05}
_solutions: dict[Hashable, Solution] = {}


class Solution:
    """Equilibria, optimum and plan of a game, each found when it is asked for.

    Attributes:
        game: what is solved.
    """

    def __init__(self, game: Game) -> None:
        self.game = game

    @cached_property
    def roles(self) -> Roles:
        """Interchangeable agents."""
        return roles(self.game)

    @cached_property
    def values(self) -> Values:
        """What constant shares yield per step, in all reward modes."""
        return episode_values(self.game, envs.REWARD_MODES)

    @cached_property
    def equilibria(self) -> dict[str, Array]:
        """Mode -> stable equilibria in constants, shares [E, N], from low to high.

        Where interchangeable agents have no equilibrium in which they play alike, those in which
        they do not.
        """
        found = {
            mode: expand(self.roles, profiles)
            for mode, profiles in equilibria(self.values, self.roles, envs.REWARD_MODES).items()
        }
        lacking = [mode for mode, profiles in found.items() if not len(profiles)]
        if lacking and len(self.roles) < self.game.n_agents:
            found |= equilibria(self.values, singles(self.game), lacking)
        return found

    @cached_property
    def ranked(self) -> list[Array]:
        """Private equilibria [N] by welfare, the worst first."""
        return self._by_welfare("private")

    def _by_welfare(self, mode: str) -> list[Array]:
        found = self.equilibria[mode]
        if not len(found):
            return []
        return list(found[np.argsort(self.welfare(found), kind="stable")])

    @property
    def worst(self) -> Array | None:
        """D, the private equilibrium of the lowest welfare, [N]; None if there is none."""
        return self.ranked[0] if self.ranked else None

    @cached_property
    def coopetitive(self) -> Array | None:
        """The integrated equilibrium of the highest welfare, [N]; None if there is none."""
        ranked = self._by_welfare("integrated")
        return ranked[-1] if ranked else None

    @cached_property
    def uniform(self) -> Array:
        """Welfare of the 101 constants that are one share for all, [101]."""
        return self.welfare(np.repeat(LEVELS[:, None], self.game.n_agents, axis=1))

    @cached_property
    def optimum(self) -> Array:
        """C, the constants of the highest welfare with one share per role, [N].

        The best point of a grid or uniform constant, then coordinate ascent in steps of 1 %.
        """
        count = len(self.roles)
        points = [np.full(count, LEVELS[self.uniform.argmax()])]
        if 1 < count <= max(_GRIDS):
            points += [
                np.array(p) for p in product(LEVELS[:: round(100 * _GRIDS[count])], repeat=count)
            ]
        candidates = np.array(points)
        best, here = -np.inf, candidates[0]
        while True:
            got = self.welfare(expand(self.roles, candidates))
            if not got.max() > best + 1e-9:
                return expand(self.roles, here)
            best, here = got.max(), candidates[got.argmax()]
            candidates = np.repeat(here[None], count * len(LEVELS), axis=0)
            for role in range(count):
                candidates[role * len(LEVELS) : (role + 1) * len(LEVELS), role] = LEVELS

    @cached_property
    def plan(self) -> tuple[Array, float]:
        """The dynamic optimum: shares [T, N] and its welfare; see `planner.block_plan`.

        One plan per role; one per agent where agents of a role do not play alike in equilibrium.
        """
        parts, ranked = self.roles, self.ranked
        if any(not np.allclose(expand(parts, by_role(parts, x)), x) for x in ranked):
            parts = singles(self.game)
        top = np.full(self.game.n_agents, LEVELS[self.uniform.argmax()])
        starts = [self.optimum, top, np.ones_like(top), *ranked[:1], *ranked[1:][-1:]]
        shares, value = block_plan(self.game, parts, by_role(parts, np.array(starts)))
        return expand(parts, shares), value

    @cached_property
    def programme(self) -> TrustProgramme | None:
        """The dynamic programme, where the game is one for it."""
        fits = TrustProgramme.applies(self.game, self.roles)
        return TrustProgramme(self.game) if fits else None

    def welfare(self, shares: Array) -> Array:
        """W per agent and step of constants [B, N]."""
        return welfare(self.game, of_constants(self.game, shares)["private"])


def expected(game: Game) -> Game:
    """The game with a hidden complementarity at its mean, and without any noise.

    Payoffs of constant shares are linear in the complementarity and in the noise on it. Where
    nothing is hidden or noisy this is the game itself.
    """
    twin = copy(game)
    if isinstance(twin, FormalGame):
        twin.tremble = twin.t0_noise = 0.0
        twin.parts = tuple(part.at_mean() for part in twin.parts)
    elif isinstance(twin, ReleasedGame):
        twin.mechanisms = tuple(mechanism.at_mean() for mechanism in twin.mechanisms)
    return twin


def solution(game: Game) -> Solution:
    """The solution of a game, kept for games that are built alike."""
    if game.identity not in _solutions:
        _solutions[game.identity] = Solution(expected(game))
    return _solutions[game.identity]
