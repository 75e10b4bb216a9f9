"""Best replies in constants: the curve that says where an environment pulls its agents.

One agent of a role chooses a share for the whole episode while all others play one and the same
share. Where the curve of a game with a single role crosses the diagonal from above lies a stable
symmetric equilibrium (formal edition, section 8.1).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Game

from .equilibria import LEVELS, deviations, episode_values, firsts
from .solutions import solution

OTHERS = np.arange(51) / 50


def best_replies(env: str | Game, **params: Any) -> list[dict[str, Any]]:
    """The best reply of every role to 51 shares of the others, on payoffs.

    A game that hides its complementarity is solved at the mean, as for its certificate.

    Args:
        env: an id such as `TrustDilemma-v1`, or a game.
        **params: parameters of the environment.

    Returns:
        Rows with `environment`, `edition`, `role` (number), `agents` (who plays it, `0|1`),
        `others` (their share) and `reply` (share, in whole percent).

    Raises:
        ValueError: an unknown id or parameter.
    """
    solved = solution(envs.game(env, **params))
    game = solved.game
    joint = np.repeat(OTHERS[:, None], game.n_agents, axis=1)
    payoffs = deviations(episode_values(game), joint, firsts(solved.roles), LEVELS)["private"]
    name, _, edition = game.id.rpartition("-")
    return [
        {
            "environment": name,
            "edition": edition,
            "role": role,
            "agents": "|".join(map(str, agents)),
            "others": float(share),
            "reply": float(reply),
        }
        for role, agents in enumerate(solved.roles)
        for share, reply in zip(OTHERS, LEVELS[payoffs[:, role].argmax(axis=1)], strict=True)
    ]
