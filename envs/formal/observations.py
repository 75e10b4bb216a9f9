"""What agents and controllers see of a formal game (formal edition, section 5.2).

Every part contributes blocks with entries in [0, 1]; agents are re-indexed with the observer
first, so that identical agents in identical situations see identical numbers.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ..engine import Array, State, choose, off_diagonal, row_sum
from ..observations import PRESETS
from .part import BLOCKS, Block

if TYPE_CHECKING:
    from .game import FormalGame


def joint(game: FormalGame, state: State, *, hidden: bool, normalize: bool) -> Array:
    """The state in agent order, [B, D] float32; in [-1, 1] if normalised.

    What no agent may see stands in it if `hidden`, else what can be known of it.
    """
    left_out = "full" if hidden else "hidden"
    batch = len(state["t"])
    pieces = [
        _scaled(_flat_joint(block, game.n_agents), block, normalize).reshape(batch, -1)
        for block in _blocks(game, state)
        if block.who != left_out
    ]
    return np.concatenate(pieces, axis=1).astype(np.float32)


def per_agent(game: FormalGame, state: State, preset: str, normalize: bool) -> Array:
    """Observation of every agent, [B, N, d] float32; in [-1, 1] if normalised."""
    choose("observation", preset, PRESETS)
    n_agents, batch = game.n_agents, len(state["t"])
    if preset == "minimal":
        shares = state["actions"] / game.endowments
        others = (row_sum(shares)[:, None] - shares) / (n_agents - 1)
        time = np.broadcast_to((state["t"] / game.horizon)[:, None], shares.shape)
        seen = np.stack([shares, others, time], axis=2)
        return (2 * seen - 1 if normalize else seen).astype(np.float32)
    pieces = []
    for block in _blocks(game, state):
        if block.who == "hidden" or (block.who == "full" and preset != "full"):
            continue
        seen = _seen_by_each(block, n_agents, preset)
        pieces.append(_scaled(seen, block, normalize).reshape(batch, n_agents, -1))
    return np.concatenate(pieces, axis=2).astype(np.float32)


def _blocks(game: FormalGame, state: State) -> list[Block]:
    shares = state["actions"] / game.endowments
    blocks = [
        Block("shares", shares[:, :, None], "agents"),
        Block("time", (state["t"] / game.horizon)[:, None], "public"),
    ]
    for part in game.parts:
        blocks += part.blocks(game, state)
    return sorted(blocks, key=lambda block: BLOCKS.index(block.name))


def _scaled(values: Array, block: Block, normalize: bool) -> Array:
    if not normalize:
        return values
    return (2 * values - (block.high + block.low)) / (block.high - block.low)


def _flat_joint(block: Block, n_agents: int) -> Array:
    values = block.values
    if block.who == "pairs":
        return values.reshape(len(values), -1)[:, off_diagonal(n_agents)]
    if values.ndim == 3:  # agents side by side, oldest first
        kept = [i for i in range(n_agents) if i != block.exclude]
        return values[:, kept].transpose(0, 2, 1)
    return values


def _seen_by_each(block: Block, n_agents: int, preset: str) -> Array:
    """[B, N, k]: row i is what agent i sees of the block."""
    values = block.values
    if values.ndim == 2:
        return values[:, None, :].repeat(n_agents, axis=1)
    order = _observer_first(n_agents)
    if block.who == "pairs":
        seen = values[:, order[:, :, None], order[:, None, :]]
        if preset == "full":
            return seen.reshape(*seen.shape[:2], -1)[:, :, off_diagonal(n_agents)]
        return seen[:, :, 0, 1:]
    if block.who == "own" and preset != "full":
        return values
    if block.exclude is not None:
        order = np.array([row[row != block.exclude] for row in order])
    return values[:, order].transpose(0, 1, 3, 2)


@cache
def _observer_first(n_agents: int) -> Array:
    """Row i: i, then the others in ascending order."""
    rows = [[i, *(j for j in range(n_agents) if j != i)] for i in range(n_agents)]
    return np.array(rows)
