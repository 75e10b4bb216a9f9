"""What theory says of variants of an environment: along the dial of mutuality, and by its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coopetition import envs

from .equilibria import episode_values, equilibria, expand, roles, singles
from .rollouts import of_constants
from .scores import scale


def dial_equilibria(env_id: str, mutualities: Sequence[float]) -> list[dict[str, Any]]:
    """Rows of the table `dial_equilibria`: stable equilibria under the reward of each mutuality.

    Where interchangeable agents have none in common, every agent is looked at by itself, as for
    the certificate of the environment.

    Args:
        env_id: of the formal edition.
        mutualities: in [0, 2].

    Raises:
        ValueError: an unknown id, or a mutuality that is out of range.
    """
    game, place = envs.game(env_id), envs.spec(env_id)
    dials: list[Any] = [float(dial) for dial in mutualities]
    values, alike = episode_values(game, dials), roles(game)
    found = {dial: expand(alike, p) for dial, p in equilibria(values, alike, dials).items()}
    if lacking := [dial for dial in dials if not len(found[dial])]:
        found |= equilibria(values, singles(game), lacking)
    return [
        {
            **{"environment": place.name, "edition": place.edition},
            **{"mutuality": dial, "number": number, "shares": shares.tolist()},
            "cooperation": float(shares.mean()),
            "welfare": float(welfare),
        }
        for dial in dials
        for number, (shares, welfare) in enumerate(
            zip(found[dial], of_constants(game, found[dial])["private"].sum(axis=1), strict=True)
        )
    ]


def size_scales(env_id: str, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of the table `campaign_scales`: ends of the score for each number of agents.

    Args:
        env_id: of an environment with the parameter `n_agents`.
        sizes: numbers of agents.

    Raises:
        ValueError: an unknown id, or a number that the environment does not take.
    """
    place, rows = envs.spec(env_id), []
    for size in sizes:
        game = envs.game(env_id, n_agents=size)
        ends: dict[str, float | None] = {"welfare_floor": None, "welfare_ceiling": None}
        try:
            found = scale(game)
            ends = {"welfare_floor": found.floor, "welfare_ceiling": found.ceiling}
        except ValueError:  # nothing lies between no cooperation and the best plan
            pass
        rows.append({"environment": place.name, "edition": place.edition, "n_agents": size, **ends})
    return rows
