"""The state behind a joint observation, for policies that solve the game from where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..engine import Array, State, off_diagonal
from .observations import _blocks
from .part import Block

if TYPE_CHECKING:
    from .game import FormalGame

# Entries that are the state itself, by the name of their block.
_AS_THEY_ARE = ("loyalty", "standing", "capital", "stock", "trust", "damage", "window")


def state_of(game: FormalGame, observation: Array) -> State:
    """The state that a raw joint observation shows, in its single precision.

    What it does not show keeps its value at reset: noise, the draw of a hidden complementarity and
    the evidence on it, the order among equal records, and diagnostics.

    Args:
        game: the game.
        observation: [B, D] of `FormalGame.joint_observation`.
    """
    reset = game.reset([0])
    state = {name: np.repeat(array, len(observation), axis=0) for name, array in reset.items()}
    entries, first = np.asarray(observation, np.float64), 0
    for block in _blocks(game, reset):
        if block.who == "hidden":
            continue
        width = _width(block, game.n_agents)
        values = _shaped(block, entries[:, first : first + width], game.n_agents)
        first += width
        state |= _entries(game, block.name, values, state)
    return state


def _width(block: Block, n_agents: int) -> int:
    if block.who == "pairs":
        return n_agents * (n_agents - 1)
    size = block.values[0].size
    return size if block.exclude is None else size - size // n_agents


def _shaped(block: Block, shown: Array, n_agents: int) -> Array:
    """The entries in the shape of the block's values; zero where it has no entry."""
    copies = len(shown)
    if block.who == "pairs":
        matrices = np.zeros((copies, n_agents * n_agents))
        matrices[:, off_diagonal(n_agents)] = shown
        return matrices.reshape(copies, n_agents, n_agents)
    if block.values.ndim == 2:
        return shown
    kept = [agent for agent in range(n_agents) if agent != block.exclude]
    values = np.zeros((copies, n_agents, block.values.shape[2]))
    values[:, kept] = shown.reshape(copies, -1, len(kept)).transpose(0, 2, 1)
    return values


def _entries(game: FormalGame, name: str, values: Array, state: State) -> State:
    """The state that the values of a block stand for."""
    if name in _AS_THEY_ARE:
        if name in ("trust", "damage"):
            values = values + np.eye(game.n_agents) * state[name][:1]
        return {name: values.reshape(state[name].shape)}
    if name == "shares":
        return {"actions": values[:, :, 0] * game.endowments}
    if name == "time":
        return {"t": _whole(values[:, 0] * game.horizon)}
    if name == "links" and "members" in state:
        return {"members": values[:, :, 0] > 0.5}
    if name == "links":
        flags = np.broadcast_to(values.reshape(len(values), -1), state["linked"].shape) > 0.5
        return {"linked": flags | _never_leaves(values, state)}
    if name == "cooldowns":
        return {"cooldowns": _whole(values[:, :, 0] * max(game.values["cooldown"], 1))}
    if name == "strikes":
        return {"strikes": values[:, :, 0] * game.values["most_strikes"]}
    if name == "contract":
        left = _whole(values[:, 1] * max(game.values["duration"], 1))
        return {"contract_level": values[:, 0], "contract_left": left}
    return {}


def _never_leaves(values: Array, state: State) -> Array:
    """Agents without a flag of their own in a list of flags are always linked."""
    always = np.zeros(state["linked"].shape, bool)
    if values.ndim == 3:
        always[:, 0] = True
    return always


def _whole(values: Array) -> Array:
    return np.rint(values).astype(np.int64)
