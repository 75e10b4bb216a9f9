"""Nash equilibria of teams of loyal contributors (TR-3), for many parameter sets at once.

A member earns p_i = omega A^beta / n - c a_i^k with total effort A, and maximises
p_i + theta_i (phi_B p_others + phi_C c a_i^k), where p_others is the teammates' mean payoff, or
their sum in the version before 2026-02-16. The released model has k = 1. Its first-order condition
holds at a total effort S_i of each member's own, not at an effort of its own: in the order of
falling S_i, a_i = clip(S_i - what the others do, a_min, a_max). So one member, or those at a_max
and one more, do all the work; among equals the first does. With k > 1, an extension for null
models, efforts fall with A and A is found by bisection.

`envs.mechanisms.collective_action.TeamParameters` has the same utilities for one team and given
efforts; equilibria with unequal loyalties it has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .outcome import Array

TEAMMATES = ("mean", "aggregate")
HALVINGS = 50  # bisection of the logarithm of total effort: to the last digits of a double


def worth(
    size: Array | float,
    loyalty: Array | float,
    teammates: str,
    *,
    omega: Array | float,
    beta: Array | float,
    c: Array | float,
    phi_B: Array | float,
    phi_C: Array | float,
) -> Any:
    """A^(1-beta) where a member's condition holds with linear costs; arguments broadcast.

    Args:
        size: members of the team.
        loyalty: theta of the member.
        teammates: whether it counts their mean payoff or the sum, `mean` or `aggregate`.
        omega: productivity.
        beta: returns to scale of total effort.
        c: cost of a unit of effort.
        phi_B: weight of the teammates' payoff.
        phi_C: share of its cost that a loyal member does not feel.
    """
    counted = size - 1 if teammates == "aggregate" else 1.0
    gain = omega * beta * (1 + phi_B * counted * loyalty)
    return gain / (size * c * (1 - phi_C * loyalty))


def equilibrium(values: Mapping[str, Array], sizes: Array, sought: Array) -> Array:
    """Efforts of members, [B, P, M], those beyond a team's size without meaning.

    Args:
        values: `beta`, `cost_exponent` k, `a_min` and `a_max`, [B, 1, 1].
        sizes: of teams, [B, P].
        sought: A^(1-beta) a_i^(k-1) where a member's condition holds, [B, P, M], falling; 0
            beyond a team's size.
    """
    convex = values["cost_exponent"][:, 0, 0] > 1
    efforts = np.empty(sought.shape)
    for rows, solve in ((~convex, _of_linear_costs), (convex, _of_convex_costs)):
        if rows.any():
            part = {name: value[rows] for name, value in values.items()}
            efforts[rows] = solve(part, sizes[rows], sought[rows])
    return efforts


def _of_linear_costs(values: Mapping[str, Array], sizes: Array, sought: Array) -> Array:
    least, most = values["a_min"][..., 0], values["a_max"][..., 0]
    totals = sought ** (1 / (1 - values["beta"]))
    efforts = np.empty(sought.shape)
    done = np.zeros(sizes.shape)
    for member in range(sought.shape[2]):
        rest = done + least * (sizes - member - 1)
        efforts[..., member] = np.clip(totals[..., member] - rest, least, most)
        done += efforts[..., member]
    return efforts


def _of_convex_costs(values: Mapping[str, Array], sizes: Array, sought: Array) -> Array:
    steepness = 1 / (values["cost_exponent"] - 1)
    with np.errstate(divide="ignore"):
        at_one = np.log(sought) * steepness  # log effort of a member at A = 1
    fall = (1 - values["beta"][..., 0]) * steepness[..., 0]
    least, most = values["a_min"], values["a_max"]
    bounds = np.log(least), np.log(most)
    # A member that is not there counts as one at a_min: -inf is clipped.
    absent = least[..., 0] * (sought.shape[2] - sizes)

    def efforts(log_total: Array) -> Array:
        return np.exp(np.clip(at_one - (fall * log_total)[..., None], *bounds))

    low, high = np.log(sizes * least[..., 0]), np.log(sizes * most[..., 0])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = np.log(efforts(middle).sum(axis=2) - absent) > middle
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.clip(efforts((low + high) / 2), least, most)
