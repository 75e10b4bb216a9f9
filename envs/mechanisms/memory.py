"""Windows of recent entries: what a mechanism remembers of the last k steps of each agent."""

from __future__ import annotations

import numpy as np

from ..engine import Array, row_sum


def push(window: Array, entry: Array) -> Array:
    """The window [B, N, k], newest last, with `entry` [B, N] appended and the oldest dropped."""
    moved = np.empty(window.shape, window.dtype)
    # One flat shift moves every row; what spills over from the next row is then overwritten.
    moved.reshape(-1)[:-1] = window.reshape(-1)[1:]
    moved[..., -1] = entry
    return moved


def mean_of_last(window: Array, widths: Array) -> Array:
    """Mean of the newest `widths` [B] entries, zero where there are none, [B, N].

    Copies may be at different times. Entries that are not counted are never added: a sum over
    more entries would be taken in another order.
    """
    first = int(widths[0])
    if (widths == first).all():
        return _mean(window, first)
    means = np.empty(window.shape[:2], window.dtype)
    for width in np.unique(widths):
        rows = widths == width
        means[rows] = _mean(window[rows], int(width))
    return means


def _mean(window: Array, width: int) -> Array:
    if width == 0:
        return np.zeros(window.shape[:2], window.dtype)
    return row_sum(window[:, :, -width:]) / width
