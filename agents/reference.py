"""Reference policies of one environment: the response surface of constants, and Random.

Deterministic work is done once: 101 levels and all reward modes are one batched rollout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coopetition import envs

from .constants import Constant
from .evaluation import Episodes, evaluate
from .heuristics import Random

LEVELS = tuple(range(101))


def reference_rows(id: str, *, random_episodes: int, seed: int = 0) -> list[dict[str, Any]]:
    """One row per policy and reward mode: 101 constants and Random.

    Args:
        id: environment.
        random_episodes: episodes of Random, all seeded from `seed`.
        seed: seed of Random's episodes.
    """
    spec, game = envs.spec(id), envs.game(id)
    surface = evaluate(Constant(LEVELS), game, episodes=len(LEVELS))
    random = evaluate(Random(), game, episodes=random_episodes, seed=seed)
    groups: list[tuple[str, int | None, Episodes, slice]] = [
        (f"Constant_{level:02d}", level, surface, slice(i, i + 1)) for i, level in enumerate(LEVELS)
    ]
    groups.append(("Random", None, random, slice(None)))
    identity = {
        "environment": spec.name,
        "edition": spec.edition,
        "mechanism_class": spec.mechanism_class,
        "n_agents": game.n_agents,
        "action_basis": "own",
    }
    return [
        {**identity, "policy": policy, "level": level, **_summary(episodes, part, mode)}
        for policy, level, episodes, part in groups
        for mode in envs.REWARD_MODES
    ]


def _summary(episodes: Episodes, part: slice, mode: str) -> dict[str, Any]:
    returns, welfare = episodes.returns(mode)[part], episodes.welfare[part]
    return {
        "reward_mode": mode,
        "episodes": len(returns),
        "mode_return": float(returns.mean()),
        "mode_return_std": float(returns.std()),
        "welfare": float(welfare.mean()),
        "welfare_std": float(welfare.std()),
        "payoff_per_agent": episodes.payoffs[part].mean(axis=0).tolist(),
        "trust": float(episodes.trust[part].mean()),
        "cooperation": float(episodes.cooperation[part].mean()),
        "episode_length": float(episodes.length[part].mean()),
        "terminated_share": float(np.mean(episodes.terminated[part])),
    }
