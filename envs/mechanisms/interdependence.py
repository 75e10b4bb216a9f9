"""Interdependence (TR-1): D[i, j] says how much agent i depends on agent j.

U_i = pi_i + sum_{j != i} w_ij pi_j, with w_ij = D_ij times the effective trust of i in j.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine import Array


def symmetric(n_agents: int, strength: float) -> Array:
    """Every agent depends equally on every other, [N, N] float32 with a zero diagonal."""
    return matrix(np.full((n_agents, n_agents), strength))


def matrix(rows: Sequence[Sequence[float]] | Array) -> Array:
    """Interdependence from rows (row = the depending agent); the diagonal is set to zero.

    Raises:
        ValueError: not square, or an entry outside [0, 1].
    """
    dependence = np.array(rows, dtype=np.float32)
    if dependence.ndim != 2 or dependence.shape[0] != dependence.shape[1]:
        raise ValueError(f"interdependence must be a square matrix, got shape {dependence.shape}")
    np.fill_diagonal(dependence, 0.0)
    if not ((dependence >= 0) & (dependence <= 1)).all():
        raise ValueError("interdependence entries must lie in [0, 1]")
    return dependence


def integrated_utilities(payoffs: Array, weights: Array) -> Array:
    """U = pi + W pi, [B, N] float64; the sum runs over j in increasing order (no BLAS)."""
    utilities = payoffs.copy()
    for j in range(payoffs.shape[-1]):
        utilities += weights[:, :, j] * payoffs[:, j, None]
    return utilities
