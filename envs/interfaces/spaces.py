"""Spaces of the views, and the map between normalised actions and payoff units."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces

from ..engine import Array, Game, State
from ..observations import LARGEST_LISTED


def units_from_normalized(game: Game, normalized: Array) -> Array:
    """Actions in [-1, 1] as shares of what each agent can play at most, in payoff units."""
    return game.action_high * (normalized + 1) / 2


def joint_observation(game: Game, state: State, normalize: bool) -> Array:
    """What a controller of all agents sees, [B, D]: in [-1, 1], or the published observation."""
    return game.central_observation(state) if normalize else game.joint_observation(state)


def critic_state(game: Game, state: State) -> Array:
    """What a centralised critic sees in training, [B, S] in [-1, 1].

    The whole state; beyond `LARGEST_LISTED` agents, whose pairs would be thousands of entries, the
    compact observations of all of them.
    """
    if game.n_agents <= LARGEST_LISTED:
        return game.state_vector(state, normalize=True)
    seen = game.agent_observation(state, "realistic", normalize=True)
    return seen.reshape(len(seen), -1)


def joint_action_space(game: Game, normalize: bool) -> spaces.Box:
    """[-1, 1] per number, or from zero to the edition's bounds; see `Game.joint_action_high`."""
    if normalize:
        return spaces.Box(-1.0, 1.0, game.action_high.shape, np.float32)
    high = game.joint_action_high.astype(np.float32)
    return spaces.Box(np.zeros_like(high), high, dtype=np.float32)


def agent_action_space(game: Game, agent: int, normalize: bool) -> spaces.Box:
    """[-1, 1] per number, or from zero to what the agent can play at most."""
    if normalize:
        return spaces.Box(-1.0, 1.0, (game.actions_per_agent,), np.float32)
    high = game.action_high.reshape(game.n_agents, -1)[agent].astype(np.float32)
    return spaces.Box(np.zeros_like(high), high, dtype=np.float32)


def observation_space(game: Game, length: int, normalize: bool) -> spaces.Box:
    """Observations of this length: in [-1, 1] if normalised, else in the edition's range."""
    low, high = (-1.0, 1.0) if normalize else game.observation_range
    return spaces.Box(low, high, (length,), np.float32)
