"""Data sets of trajectories of one environment: rows of `transition_sets` and of `transitions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Game

from .audits.panel import Auditee, references
from .transitions import Transitions, quality, record, replay_pairs, unique_pairs

Rows = list[dict[str, Any]]
# Of the policies that do not learn: Random and what answers to others, and the best plan.
KINDS = ("heuristic", "planner")


def players(game: Game) -> list[Auditee]:
    """Policies that do not learn and of which there are data sets."""
    return [who for who in references(game) if who.kind in KINDS]


def set_id(who: Auditee, game: Game) -> str:
    """Name of a data set, such as `SLCD-v1/IPPO/corrected/integrated/99`."""
    factors = () if who.seed is None else (who.protocol, who.reward_mode, str(who.seed))
    return "/".join((game.id, who.name, *factors))


def data_sets(
    players: Sequence[Auditee], game: Game, *, episodes: int, seed: int = 0
) -> tuple[Rows, Rows]:
    """Play every policy and say how good and how varied its trajectories are.

    Args:
        players: what is played, Random among them.
        game: a registered environment.
        episodes: of every policy.
        seed: of all of them: every policy plays the same seeded episodes.

    Returns:
        Rows of `transition_sets`, one per policy, and of `transitions`.

    Raises:
        ValueError: Random is not among the players.
    """
    played = [record(who.policy, game, episodes=episodes, seed=seed) for who in players]
    welfare = [float(steps.episodes.welfare.mean()) for steps in played]
    names = [who.name for who in players]
    if "Random" not in names:
        raise ValueError("the quality of trajectories is measured from Random: let it play too")
    random = welfare[names.index("Random")]
    trained = [k for k, who in enumerate(players) if who.kind == "learner"]
    best = max(trained or range(len(players)), key=welfare.__getitem__)
    replay = replay_pairs(
        players[best].policy,
        game,
        episodes=episodes,
        steps=max(len(steps.pairs) for steps in played),
        seed=seed,
    )
    place, sets, rows = envs.spec(game.id), [], []
    for who, steps, earned in zip(players, played, welfare, strict=True):
        size = len(steps.pairs)
        pairs, reference = unique_pairs(steps.pairs, size), unique_pairs(replay, size)
        sets.append(
            {
                "set_id": set_id(who, game),
                **{"environment": place.name, "edition": place.edition, "n_agents": game.n_agents},
                **{"policy": who.name, "kind": who.kind, "protocol": who.protocol},
                **{"reward_mode": who.reward_mode, "seed": who.seed},
                "observation_size": steps.observations.shape[2],
                **{"episodes": episodes, "transitions": size},
                **{"welfare": earned, "random_welfare": random, "best_welfare": welfare[best]},
                "best_policy": set_id(players[best], game),
                "trajectory_quality": quality(earned, random, welfare[best]),
                **{"unique_pairs": pairs, "replay_pairs": reference},
                "coverage": pairs / reference,
            }
        )
        rows += transition_rows(set_id(who, game), steps)
    return sets, rows


def transition_rows(name: str, steps: Transitions) -> Rows:
    """Rows of the table `transitions` of one data set."""
    flags = zip(steps.terminated.tolist(), steps.truncated.tolist(), strict=True)
    return [
        {
            "set_id": name,
            **{"episode": int(steps.episode[t]), "step": int(steps.step[t])},
            "observations": _flat(steps.observations[t]),
            "actions": _flat(steps.actions[t]),
            "payoffs": _flat(steps.payoffs[t]),
            "rewards_integrated": _flat(steps.rewards["integrated"][t]),
            "rewards_cooperative": _flat(steps.rewards["cooperative"][t]),
            "next_observations": _flat(steps.next_observations[t]),
            "trust": float(steps.trust[t]),
            **{"terminated": terminated, "truncated": truncated},
        }
        for t, (terminated, truncated) in enumerate(flags)
    ]


def _flat(values: Array) -> Array:
    """Numbers agent by agent, with the value that their precision has."""
    return values.astype(np.float64).ravel()
