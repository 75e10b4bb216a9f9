"""Interdependence (TR-1): D[i, j] says how much agent i depends on agent j.

U_i = pi_i + sum_{j != i} w_ij pi_j, with w_ij = D_ij times the effective trust of i in j.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine import SHORT_AXIS, Array


def symmetric(n_agents: int, strength: float) -> Array:
    """Every agent depends equally on every other, [N, N] float64 with a zero diagonal."""
    return matrix(np.full((n_agents, n_agents), strength))


def hub_spoke(spokes: int, hub: float, spoke: float) -> Array:
    """Agent 0 is the hub of a star, [1 + spokes, 1 + spokes] float64.

    The hub depends on each spoke by `hub`, each spoke on the hub by `spoke`, and no spoke on
    another.
    """
    star = np.zeros((1 + spokes, 1 + spokes))
    star[0, 1:] = hub
    star[1:, 0] = spoke
    return matrix(star)


def matrix(rows: Sequence[Sequence[float]] | Array) -> Array:
    """Interdependence from rows (row = the depending agent); the diagonal is set to zero.

    Raises:
        ValueError: not square, or an entry outside [0, 1].
    """
    dependence = np.array(rows, dtype=np.float64)
    if dependence.ndim != 2 or dependence.shape[0] != dependence.shape[1]:
        raise ValueError(f"interdependence must be a square matrix, got shape {dependence.shape}")
    np.fill_diagonal(dependence, 0.0)
    if not ((dependence >= 0) & (dependence <= 1)).all():
        raise ValueError("interdependence entries must lie in [0, 1]")
    return dependence


def integrated_utilities(payoffs: Array, weights: Array) -> Array:
    """U = pi + W pi, [B, N] float64; the sum runs over j in increasing order (no BLAS)."""
    n_agents = payoffs.shape[-1]
    partners = payoffs[:, None, :]
    if n_agents < SHORT_AXIS:
        partners = partners.repeat(n_agents, axis=1)  # broadcasting along a short axis is slow
    weighted = weights.astype(np.float64, order="C")  # rows of one matrix for all copies, too
    weighted *= partners
    utilities = payoffs.copy()
    for column in np.ascontiguousarray(weighted.transpose(2, 0, 1)):
        utilities += column
    return utilities
