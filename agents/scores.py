"""The normalised score: welfare between the reference of no cooperation (0) and the best plan (1).

    score = (W - floor) / (ceiling - floor)

W is the sum of payoffs over steps and agents. The floor is the smaller of the mean W of Random and
the W of the worst equilibrium in constants, the ceiling the W of the dynamic optimum; the three are
columns of the environment's certificate. Welfare is counted in payoffs whatever a policy is
trained on, so one scale serves all reward modes.
"""

from __future__ import annotations

import importlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from coopetition.envs import game as build_game
from coopetition.envs.engine import Game

from .constants import Constant
from .evaluation import Episodes, play, streams

LEVELS = tuple(range(101))

Values = TypeVar("Values")
_scales: dict[Hashable, Scale] = {}


def normalised(value: Values, floor: Any, ceiling: Any) -> Values:
    """(value - floor) / (ceiling - floor), of numbers, arrays or columns."""
    return (value - floor) / (ceiling - floor)


@dataclass(frozen=True)
class Scale:
    """Ends of the scale of one game, W in payoff units.

    Attributes:
        floor: the smaller W of Random and the worst equilibrium in constants.
        ceiling: W of the dynamic optimum.

    Raises:
        ValueError: the ceiling does not lie above the floor.
    """

    floor: float
    ceiling: float

    def __post_init__(self) -> None:
        if not self.ceiling > self.floor:
            raise ValueError(
                f"the dynamic optimum ({self.ceiling:g}) earns no more than the floor "
                f"({self.floor:g}): there is no scale for a score"
            )

    def score(self, welfare: Values) -> Values:
        """Welfare on this scale."""
        return normalised(welfare, self.floor, self.ceiling)


def scale_of(certificate: dict[str, Any]) -> Scale:
    """The scale that a certificate stands for.

    Args:
        certificate: a row with `n_agents`, `horizon`, `welfare_random`, `welfare_nash_worst` (None
            where no equilibrium in constants was found) and `welfare_dynamic_optimum`, the welfares
            per agent and step.

    Raises:
        ValueError: the ceiling does not lie above the floor.
    """
    nash = certificate["welfare_nash_worst"]
    floors = [certificate["welfare_random"], *([] if nash is None else [nash])]
    steps = certificate["n_agents"] * certificate["horizon"]
    return Scale(min(floors) * steps, certificate["welfare_dynamic_optimum"] * steps)


def scale(env: str | Game, **params: Any) -> Scale:
    """The scale of a game with its parameters, solved when it is first asked for and then kept.

    Solving takes about 1 CPU-second with two agents and up to 20 with forty.

    Args:
        env: an id, or a game.
        **params: parameters of the environment.

    Raises:
        ValueError: an unknown id or parameter, or a game without a scale.
    """
    game = build_game(env, **params)
    if game.identity not in _scales:
        # By name, so that no training run depends on the code of the solver.
        certificates = importlib.import_module(f"{__package__}.certificates")
        _scales[game.identity] = scale_of(certificates.ends(game))
    return _scales[game.identity]


def surface(game: Game, *, action_basis: str = "own", episodes: int = 1, seed: Any = 0) -> Episodes:
    """All levels side by side, each in the same episodes; rows ordered (level, episode)."""
    levels = [level for level in LEVELS for _ in range(episodes)]
    policy = Constant(levels, action_basis=action_basis)
    return play(policy, game, streams(seed, episodes) * len(LEVELS))
