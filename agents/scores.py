"""The normalised score: welfare between that of Random (0) and of the best constant (1).

    score = (W - floor) / (ceiling - floor)

W is the sum of payoffs over steps and agents, floor the mean W of Random, ceiling the largest mean
W among the 101 constants of the own endowment. Welfare is counted in payoffs whatever a policy is
trained on, so one scale serves all reward modes.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from coopetition.envs import game as build_game
from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Game

from .constants import Constant
from .evaluation import Episodes, evaluate, play, streams

LEVELS = tuple(range(101))
EPISODES = 100

Values = TypeVar("Values")
_scales: dict[Hashable, Scale] = {}


def normalised(value: Values, floor: Any, ceiling: Any) -> Values:
    """(value - floor) / (ceiling - floor), of numbers, arrays or columns."""
    return (value - floor) / (ceiling - floor)


@dataclass(frozen=True)
class Scale:
    """Ends of the scale of one game, W in payoff units.

    Attributes:
        floor: W of Random.
        ceiling: W of the best constant.

    Raises:
        ValueError: no constant is better than Random.
    """

    floor: float
    ceiling: float

    def __post_init__(self) -> None:
        if not self.ceiling > self.floor:
            raise ValueError(
                f"no constant (best {self.ceiling:g}) earns more than Random ({self.floor:g}): "
                "there is no scale for a score"
            )

    def score(self, welfare: Values) -> Values:
        """Welfare on this scale."""
        return normalised(welfare, self.floor, self.ceiling)


def scale(env: str | Game, **params: Any) -> Scale:
    """The scale of a game with its parameters, measured by playing it and then kept.

    Random plays 100 episodes; constants play one, or the same 100 where the game itself draws. The
    first call for a game costs about 0.05 CPU-seconds with two agents, and 0.4 with forty or where
    the game draws.

    Args:
        env: an id, or a game.
        **params: parameters of the environment.

    Raises:
        ValueError: an unknown id or parameter, or a game in which no constant beats Random.
    """
    game = build_game(env, **params)
    if game.identity not in _scales:
        constants = surface(game, episodes=1 if is_deterministic(game) else EPISODES)
        best = constants.welfare.reshape(len(LEVELS), -1).mean(axis=1).max()
        floor = evaluate("Random", game, episodes=EPISODES).welfare.mean()
        _scales[game.identity] = Scale(float(floor), float(best))
    return _scales[game.identity]


def surface(game: Game, *, action_basis: str = "own", episodes: int = 1, seed: Any = 0) -> Episodes:
    """All levels side by side, each in the same episodes; rows ordered (level, episode)."""
    levels = [level for level in LEVELS for _ in range(episodes)]
    policy = Constant(levels, action_basis=action_basis)
    return play(policy, game, streams(seed, episodes) * len(LEVELS))
