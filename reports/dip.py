"""Hartigan's dip test: is a sample of one mode?

The dip of a sample is the smallest distance, over all distributions G of one mode, of

    sup_x |F(x) - G(x)|

with its empirical distribution F. It is 1 / (2 n) at least and, of two values or more, 1/4 at most.
G is the greatest convex minorant of F before a modal interval and the least concave majorant after
it; the interval is narrowed until the two lie no further apart in it than F lies from them outside
(Hartigan and Hartigan 1985, The Dip Test of Unimodality, Annals of Statistics 13, 70-84; P. M.
Hartigan 1985, algorithm AS 217). The p value is the share of uniform samples of the same size with
a dip as large: of distributions with one mode the uniform is the hardest to tell from several.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

Array = np.ndarray


def dip(values: Sequence[float] | Array) -> float:
    """The dip of a sample [n].

    Raises:
        ValueError: an empty sample, or a value that is not finite.
    """
    x = np.sort(np.asarray(values, float))
    if not len(x) or not np.isfinite(x).all():
        raise ValueError(f"the dip needs finite values, and one at least; got {values}")
    # Counts before and after every distinct value: F jumps there. In units of 1 / n.
    points, counts = np.unique(x, return_counts=True)
    after = counts.cumsum()
    x = np.repeat(points, 2)
    f = np.stack([after - counts, after], axis=1).ravel().astype(float)
    low, high, widest = 0, len(x) - 1, 1.0
    while True:
        part = slice(low, high + 1)
        minorant = low + _minorant(x[part], f[part])
        majorant = low + _majorant(x[part], f[part])
        over = np.interp(x[minorant], x[majorant], f[majorant]) - f[minorant]
        under = f[majorant] - np.interp(x[majorant], x[minorant], f[minorant])
        # A value where F jumps has two heights, of which `interp` knows one: ends do not count.
        over[[0, -1]] = under[[0, -1]] = 0.0
        apart = max(over.max(), under.max())
        if apart <= widest:
            return widest / (2 * len(values))
        if over.max() >= under.max():
            left = minorant[over.argmax()]
            right = majorant[majorant >= left][0]
        else:
            right = majorant[under.argmax()]
            left = minorant[minorant <= right][-1]
        convex, concave = slice(low, left + 1), slice(right, high + 1)
        below = f[convex] - np.interp(x[convex], x[minorant], f[minorant])
        above = np.interp(x[concave], x[majorant], f[majorant]) - f[concave]
        widest = max(widest, below.max(), above.max())
        if (left, right) == (low, high):
            return widest / (2 * len(values))
        low, high = left, right


def dip_test(values: Sequence[float] | Array, *, repetitions: int, seed: int = 0) -> float:
    """Share of uniform samples of the same size whose dip is as large or larger.

    Args:
        values: [n].
        repetitions: uniform samples.
        seed: of them.

    Raises:
        ValueError: see `dip`.
    """
    return float((_uniform_dips(len(values), repetitions, seed) >= dip(values) - 1e-12).mean())


@cache
def _uniform_dips(count: int, repetitions: int, seed: int) -> Array:
    generator = np.random.default_rng(seed)
    return np.array([dip(generator.random(count)) for _ in range(repetitions)])


def _minorant(x: Array, f: Array) -> Array:
    """Indices of the corners of the greatest convex minorant; slopes rise along it."""
    corners = [0]
    for i in range(1, len(x)):
        while len(corners) > 1:
            a, b = corners[-2:]
            if (f[b] - f[a]) * (x[i] - x[b]) < (f[i] - f[b]) * (x[b] - x[a]):
                break
            corners.pop()
        corners.append(i)
    return np.array(corners)


def _majorant(x: Array, f: Array) -> Array:
    """Indices of the corners of the least concave majorant: the minorant seen from above."""
    return (len(x) - 1 - _minorant(-x[::-1], -f[::-1]))[::-1]
