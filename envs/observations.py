"""What agents and controllers see of a released game.

Presets follow the published observation record: `full` shows the whole trust matrix,
`realistic` the own row, `minimal` the own action and trust row. Normalised observations hold the
same information scaled to [-1, 1] by known constants: actions by their own endowment, the step
by the horizon, constants (D, the diagonals) left out; beyond 8 agents `realistic` holds moments
over the others in place of their entries. No view holds more than the published
quantities: what reciprocity (TR-4) remembers is in none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .engine import Array, State, choose, off_diagonal

if TYPE_CHECKING:
    from .released import ReleasedGame

PRESETS = ("full", "realistic", "minimal")
LARGEST_LISTED = 8  # agents of whom each has an entry of its own in a normalised observation


def published_joint(game: ReleasedGame, state: State) -> Array:
    """Actions, trust, damage, interdependence, raw step count, and what mechanisms show.

    [B, N + 3 N^2 + 1 + extra] float32.
    """
    batch, n_agents = state["actions"].shape
    square = n_agents * n_agents
    extra = _mechanisms(game, state, normalize=False)
    steps = n_agents + 3 * square
    observation = np.empty((batch, steps + 1 + sum(e.shape[1] for e in extra)), np.float32)
    observation[:, :n_agents] = state["actions"]
    observation[:, n_agents : n_agents + square] = state["trust"].reshape(batch, square)
    observation[:, n_agents + square : n_agents + 2 * square] = state["damage"].reshape(
        batch, square
    )
    observation[:, n_agents + 2 * square : steps] = game.dependence.reshape(square)
    observation[:, steps] = state["t"]
    if extra:
        observation[:, steps + 1 :] = np.concatenate(extra, axis=1)
    return observation


def central(game: ReleasedGame, state: State) -> Array:
    """The published quantities scaled to [-1, 1], [B, D] float32.

    Shares, trust and damage off the diagonal, t/T, what mechanisms show in the published
    observation; the memory of reciprocity is not in it.
    """
    n_agents = game.n_agents
    batch = len(state["t"])
    pairs = off_diagonal(n_agents)
    blocks = [
        state["actions"] / game.endowments,
        state["trust"].reshape(batch, -1)[:, pairs],
        state["damage"].reshape(batch, -1)[:, pairs],
        (state["t"] / game.horizon)[:, None],
        *_mechanisms(game, state, normalize=True),
    ]
    return _to_symmetric_range(np.concatenate(blocks, axis=1))


def per_agent(game: ReleasedGame, state: State, preset: str, normalize: bool) -> Array:
    """Observation of every agent, others in ascending index, [B, N, d] float32 (spec A.9).

    Among more than `LARGEST_LISTED` agents the normalised `realistic` observation is compact.
    """
    choose("observation", preset, PRESETS)
    if normalize and preset == "realistic" and game.n_agents > LARGEST_LISTED:
        return _compact(game, state)
    actions, trust, damage = state["actions"], state["trust"], state["damage"]
    batch, n_agents = actions.shape
    if normalize:
        actions = actions / game.endowments
    own = np.broadcast_to(actions[:, :, None], (batch, n_agents, 1))
    others_of = _others(n_agents)
    steps = np.broadcast_to((state["t"] / game.horizon)[:, None, None], (batch, n_agents, 1))
    own_trust = _off_diagonal_rows(trust) if normalize else trust
    if preset == "minimal":
        blocks = [own, own_trust]
    else:
        public = damage.mean(axis=-1)[:, others_of]
        dependence = np.broadcast_to(game.dependence, trust.shape)
        whole = own_trust.reshape(batch, 1, -1)
        blocks = [
            own,
            actions[:, others_of],
            np.repeat(whole, n_agents, axis=1) if preset == "full" else own_trust,
            _off_diagonal_rows(damage) if normalize else damage,
            public,
            *([] if normalize else [dependence]),
            steps,
        ]
    observation = np.concatenate(blocks, axis=2)
    return _to_symmetric_range(observation) if normalize else observation.astype(np.float32)


def _mechanisms(game: ReleasedGame, state: State, normalize: bool) -> list[Array]:
    shown = (m.observation(game, state, normalize) for m in game.mechanisms)
    return [block for block in shown if block is not None]


def _compact(game: ReleasedGame, state: State) -> Array:
    """What a large group shows each agent, [B, N, 9]: moments in place of one entry per partner.

    Own share; mean, least and largest share of the others; mean trust given and received; mean
    damage held and suffered; t/T.
    """
    shares = np.ascontiguousarray((state["actions"] / game.endowments)[:, _others(game.n_agents)])
    trust, damage = (_off_diagonal_rows(state[name]) for name in ("trust", "damage"))
    received, suffered = (
        _off_diagonal_rows(state[name].transpose(0, 2, 1)) for name in ("trust", "damage")
    )
    entries = [
        state["actions"] / game.endowments,
        shares.mean(axis=2),
        shares.min(axis=2),
        shares.max(axis=2),
        trust.mean(axis=2),
        received.mean(axis=2),
        damage.mean(axis=2),
        suffered.mean(axis=2),
        np.broadcast_to((state["t"] / game.horizon)[:, None], state["actions"].shape),
    ]
    return _to_symmetric_range(np.stack(entries, axis=2))


def _to_symmetric_range(unit: Array) -> Array:
    return (2 * unit - 1).astype(np.float32)


def _others(n_agents: int) -> Array:
    """Row i lists the other agents in ascending order, [N, N - 1]."""
    grid = np.broadcast_to(np.arange(n_agents), (n_agents, n_agents))
    return grid[~np.eye(n_agents, dtype=bool)].reshape(n_agents, n_agents - 1)


def _off_diagonal_rows(matrices: Array) -> Array:
    """[B, N, N] -> [B, N, N - 1] without the diagonal."""
    batch, n_agents, _ = matrices.shape
    pairs = off_diagonal(n_agents)
    return matrices.reshape(batch, -1)[:, pairs].reshape(batch, n_agents, n_agents - 1)
