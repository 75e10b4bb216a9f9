"""What an environment is, measured by playing it rather than read from a document."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Array, Game
from .observations import PRESETS
from .registry import spec
from .rewards import REWARD_MODES, reward_scale

LEVELS = 101


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
        "deterministic": _deterministic(game),
        "shortest_episode": int(lengths.min()),
        "early_termination": game.termination_rule,
        **{f"reward_scale_{mode}": reward_scale(game, mode) for mode in REWARD_MODES},
        "parameters": ", ".join(entry.parameters),
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


def _deterministic(game: Game) -> bool:
    """Do two seeds give the same states and payoffs under the same random actions?"""
    state = game.reset([1, 2])
    generator = np.random.default_rng(0)
    for _ in range(game.horizon):
        actions = np.repeat(generator.random((1, game.n_agents)) * game.endowments, 2, axis=0)
        state, outcome = game.step(state, actions)
        if (outcome.payoffs[0] != outcome.payoffs[1]).any():
            return False
    return all((array[0] == array[1]).all() for array in state.values())
