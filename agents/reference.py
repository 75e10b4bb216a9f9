"""Reference policies of one environment: constants, heuristics, its oracles and the planner.

Deterministic work is done once: 101 levels and all reward modes are one batched rollout of one
episode each. Where the game itself draws, every policy plays the same seeded episodes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.determinism import is_deterministic
from coopetition.envs.engine import Game

from .deviations import DEVIATION_EPISODES, deviation_gains
from .evaluation import Episodes, evaluate
from .heuristics import Random
from .policy import UnsolvedError
from .progress import log
from .registry import make, names
from .scores import LEVELS, surface

# As many episodes as the published means of TitForTat are made of (spec, policies 7.3).
PUBLISHED_EPISODES = 50
RELEASED = "TitForTat_released"

# Policy, level, action basis, its episodes.
Group = tuple[str, int | None, str, Episodes]


def reference_rows(
    id: str,
    *,
    random_episodes: int,
    seed: int = 0,
    deviations: bool = True,
    without: Collection[str] = (),
) -> list[dict[str, Any]]:
    """One row per policy, action basis and reward mode.

    Rows of action basis `own` come first. Those of `max` follow the released rules, in which
    amounts refer to the largest endowment for all: constants and Random where endowments differ,
    and TitForTat_released, averaged over 50 episodes, the first of which is unlike the others.
    Where a game has nothing for a policy to play, as without an equilibrium, it has no row.

    Args:
        id: environment.
        random_episodes: episodes of Random, and of every other policy where the game itself draws.
        seed: seed of all episodes.
        deviations: play what an agent gains by leaving Random, which takes longest.
        without: oracles and the like that are left out.
    """
    spec, game = envs.spec(id), envs.game(id)
    identity = {
        "environment": spec.name,
        "edition": spec.edition,
        "mechanism_class": spec.mechanism_class,
        "n_agents": game.n_agents,
    }
    gains = dict.fromkeys(envs.REWARD_MODES, np.array([np.nan]))
    if deviations:
        gains = deviation_gains(make("Random"), game, episodes=DEVIATION_EPISODES, seed=seed)
    return [
        {
            **identity,
            "policy": policy,
            "level": level,
            "action_basis": basis,
            "reward_mode": mode,
            **_summary(episodes, mode),
            "deviation_gain": float(gains[mode].max())
            if (policy, basis) == ("Random", "own")
            else float("nan"),
        }
        for policy, level, basis, episodes in _groups(game, random_episodes, seed, without)
        for mode in envs.REWARD_MODES
    ]


def _groups(
    game: Game, random_episodes: int, seed: int, without: Collection[str]
) -> Iterator[Group]:
    draws = not is_deterministic(game)
    needed = random_episodes if draws else 1
    kinds = ("heuristic", "oracle", "planner")
    others = [name for kind in kinds for name in names(game.id, kind=kind)]
    released = RELEASED in others  # it plays the released edition only, as its rules do
    unequal = len(set(game.endowments.tolist())) > 1
    for basis in ("own", "max") if released and unequal else ("own",):
        levels = surface(game, action_basis=basis, episodes=needed, seed=seed)
        for level in LEVELS:
            rows = slice(level * needed, (level + 1) * needed)
            yield f"Constant_{level:02d}", level, basis, levels.take(rows)
        random = Random(action_basis=basis)
        yield "Random", None, basis, evaluate(random, game, episodes=random_episodes, seed=seed)
        if basis == "own":
            for name in others:
                if name in ("Random", RELEASED, *without):
                    continue
                try:
                    played = evaluate(name, game, episodes=needed, seed=seed)
                except UnsolvedError as error:
                    log.warning("%s has no row: %s", name, error)
                    continue
                yield name, None, basis, played
    if released:
        yield RELEASED, None, "max", _life(game, draws=draws, seed=seed)


def _life(game: Game, *, draws: bool, seed: int) -> Episodes:
    """The released TitForTat's 50 episodes; all but the first are one where nothing is drawn."""
    policy = make(RELEASED)
    if draws:
        return evaluate(policy, game, episodes=PUBLISHED_EPISODES, seed=seed)
    rows = np.minimum(np.arange(PUBLISHED_EPISODES), 1)
    return evaluate(policy, game, episodes=2).take(rows)


def _summary(episodes: Episodes, mode: str) -> dict[str, Any]:
    returns, welfare = episodes.returns(mode), episodes.welfare
    return {
        "episodes": len(returns),
        "mode_return": float(returns.mean()),
        "mode_return_std": float(returns.std()),
        "welfare": float(welfare.mean()),
        "welfare_std": float(welfare.std()),
        "payoff_per_agent": episodes.payoffs.mean(axis=0).tolist(),
        "trust": float(episodes.trust.mean()),
        "cooperation": float(episodes.cooperation.mean()),
        "episode_length": float(episodes.length.mean()),
        "terminated_share": float(np.mean(episodes.terminated)),
    }
