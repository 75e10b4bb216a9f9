"""Hartigan's dip: bounds, what it does not depend on, and its definition as a linear programme."""

import numpy as np
import pytest
from scipy.optimize import linprog

from coopetition.reports.dip import dip, dip_test


def smallest_distance(values):
    """inf over G of sup |F - G|: a programme for every place of the mode.

    G is convex up to the mode and concave from there on, and may jump at it. Its heights at the
    distinct values are the unknowns, twice at the mode, and the distance is the last one.
    """
    x, counts = np.unique(values, return_counts=True)
    after = counts.cumsum() / len(values)
    before = after - counts / len(values)
    least = 1.0
    for mode in range(len(x)):
        place = [*range(mode + 1), *range(mode, len(x))]
        size = len(place) + 1
        rows, bounds = [], []

        def demand(weights, bound, size=size, rows=rows, bounds=bounds):
            row = np.zeros(size)
            for index, weight in weights:
                row[index] += weight
            rows.append(row)
            bounds.append(bound)

        for k, i in enumerate(place):
            sides = (before,) if k == mode else (after,) if k == mode + 1 else (before, after)
            for side in sides:
                demand([(k, 1), (-1, -1)], side[i])
                demand([(k, -1), (-1, -1)], -side[i])
            if k:
                demand([(k - 1, 1), (k, -1)], 0)
        for k in range(1, len(place) - 1):
            if k in (mode, mode + 1):
                continue
            one, other = x[place[k]] - x[place[k - 1]], x[place[k + 1]] - x[place[k]]
            sign = 1 if k < mode else -1
            bend = [(k, 1 / one + 1 / other), (k - 1, -1 / one), (k + 1, -1 / other)]
            demand([(index, sign * weight) for index, weight in bend], 0)
        goal = np.zeros(size)
        goal[-1] = 1
        found = linprog(goal, A_ub=np.array(rows), b_ub=bounds, bounds=(0, 1))
        if found.success:
            least = min(least, found.fun)
    return least


@pytest.mark.parametrize("case", range(18))
def test_it_is_the_distance_to_the_nearest_distribution_of_one_mode(case):
    generator = np.random.default_rng(case)
    size = int(generator.integers(2, 12))
    values = (
        generator.random(size),
        generator.integers(0, 5, size).astype(float),
        np.concatenate([generator.normal(0, 1, size), generator.normal(6, 1, size)]),
    )[case % 3]
    assert dip(values) == pytest.approx(smallest_distance(values), abs=1e-7)


def test_known_values():
    assert dip(np.arange(20)) == pytest.approx(1 / 40)
    assert dip([0.0] * 5 + [1.0] * 5) == pytest.approx(1 / 4)
    assert dip([3.0]) == pytest.approx(1 / 2)


def test_it_depends_on_neither_order_nor_unit_nor_direction():
    values = np.random.default_rng(3).normal(size=25)
    assert dip(-7 * values[::-1] + 3) == pytest.approx(dip(values))


def test_p_values_tell_one_mode_from_two():
    generator = np.random.default_rng(4)
    one = generator.normal(size=40)
    two = np.concatenate([one[:20] - 4, one[20:] + 4])
    assert dip_test(one, repetitions=200) > 0.2
    assert dip_test(two, repetitions=200) == 0.0
    # Of uniform samples themselves p is uniform: about one in ten below a tenth.
    shares = [dip_test(generator.random(20), repetitions=200) < 0.1 for _ in range(200)]
    assert 0.04 < np.mean(shares) < 0.18


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf]])
def test_what_has_no_dip_is_refused(wrong):
    with pytest.raises(ValueError, match="finite values"):
        dip(wrong)
