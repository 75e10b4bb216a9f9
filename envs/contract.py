"""What an environment is, measured by playing it rather than read from a document."""

from __future__ import annotations

from typing import Any

import numpy as np

from .determinism import is_deterministic
from .engine import Array, Game
from .observations import PRESETS
from .registry import spec
from .rewards import REWARD_MODES, reward_scale

LEVELS = 101
SEEDS = 7


def measure(id: str) -> dict[str, Any]:
    """Sizes, spaces, horizon, early endings and determinism of an environment with its defaults."""
    entry = spec(id)
    game = entry.create()
    state = game.reset([0])
    lengths = _episode_lengths(game)
    return {
        "environment": entry.name,
        "edition": entry.edition,
        "mechanism_class": entry.mechanism_class,
        "n_agents": game.n_agents,
        "horizon": game.horizon,
        "endowments": game.endowments.tolist(),
        "baselines": game.baselines.tolist(),
        "action_high": float(game.endowments.max()),
        "observation_joint": game.joint_observation(state).shape[1],
        "observation_central": game.central_observation(state).shape[1],
        **{
            f"observation_{preset}": game.agent_observation(state, preset, True).shape[2]
            for preset in PRESETS
        },
        "deterministic": is_deterministic(game),
        "constant_spread": _constant_spread(game),
        "shortest_episode": int(lengths.min()),
        "early_termination": game.termination_rule,
        **{f"reward_scale_{mode}": reward_scale(game, mode) for mode in REWARD_MODES},
        "parameters": "; ".join(f"{p.name} = {p.default}" for p in entry.parameters.values()),
    }


def _episode_lengths(game: Game) -> Array:
    """Episode length under each constant level, [101]."""
    actions = np.linspace(0, 1, LEVELS)[:, None] * game.endowments
    state = game.reset([0] * LEVELS)
    lengths = np.full(LEVELS, game.horizon)
    for step in range(1, game.horizon + 1):
        state, outcome = game.step(state, actions)
        lengths = np.where(outcome.terminated, np.minimum(lengths, step), lengths)
    return lengths


def _constant_spread(game: Game) -> float:
    """Largest relative spread of a constant policy's welfare over seeds, for levels 0 to 100 %.

    The spread is the standard deviation over the mean; an episode counts to its early end.
    """
    levels = np.linspace(0, 1, 11)
    actions = np.repeat(levels, SEEDS)[:, None] * game.endowments
    state = game.reset(list(range(SEEDS)) * len(levels))
    welfare, running = np.zeros(len(actions)), np.ones(len(actions), bool)
    while running.any():
        state, outcome = game.step(state, actions)
        welfare += np.where(running, outcome.payoffs.sum(axis=1), 0.0)
        running &= ~(outcome.terminated | outcome.truncated)
    by_level = welfare.reshape(len(levels), SEEDS)
    # Equal numbers have a spread of zero, whatever rounding their mean needs.
    spread = np.where(np.ptp(by_level, axis=1) == 0, 0.0, by_level.std(axis=1))
    mean = np.abs(by_level.mean(axis=1))
    return float(np.divide(spread, mean, out=np.zeros_like(spread), where=spread > 0).max())
