"""Value creation (TR-1): individual value f(a) and the complementarity surplus.

V(a) = sum_i f(a_i) + gamma g(a), with g the geometric mean of the actions.
Private payoff pi_i = (e_i - a_i) + f(a_i) + alpha_i gamma g(a).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..engine import Array, row_sum


@dataclass(frozen=True)
class ValueParameters:
    """Parameters of the value function.

    Attributes:
        specification: `logarithmic`, f = theta ln(1 + a), or `power`, f = max(a, epsilon)^beta.
        beta: exponent of the power form, in (0, 1].
        theta: scale of the logarithmic form, positive.
        gamma: complementarity, in [0, 1].
        epsilon: actions at or below it count as none in the geometric mean.
    """

    specification: str = "logarithmic"
    beta: float = 0.75
    theta: float = 20.0
    gamma: float = 0.65
    epsilon: float = 1e-10

    def __post_init__(self) -> None:
        if self.specification not in ("logarithmic", "power"):
            raise ValueError(
                f"specification={self.specification!r}: choose 'logarithmic' or 'power'"
            )
        if not 0 < self.beta <= 1:
            raise ValueError(f"beta={self.beta}: must lie in (0, 1]")
        if not self.theta > 0:
            raise ValueError(f"theta={self.theta}: must be positive")
        if not 0 <= self.gamma <= 1:
            raise ValueError(f"gamma={self.gamma}: must lie in [0, 1]")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon={self.epsilon}: must be positive")


def individual_value(parameters: ValueParameters, actions: Array) -> Array:
    """f(a) elementwise, in the precision of the actions."""
    if parameters.specification == "power":
        return np.maximum(actions, actions.dtype.type(parameters.epsilon)) ** parameters.beta
    return parameters.theta * np.log1p(actions)


def synergy(parameters: ValueParameters, actions: Array, gamma: Array | None = None) -> Array:
    """Gamma g(a), [B] float64: the logarithms are summed in the precision of the actions.

    `gamma` [B], one complementarity per copy, takes the place of the parameter.
    """
    epsilon = actions.dtype.type(parameters.epsilon)
    logs = np.log(np.maximum(actions, epsilon))
    geometric_mean = np.exp(row_sum(logs) / actions.shape[-1]).astype(np.float64)
    surplus = (parameters.gamma if gamma is None else gamma) * geometric_mean
    active = actions > epsilon
    return surplus if active.all() else np.where(active.all(axis=-1), surplus, 0.0)


def private_payoffs(
    endowments: Array, alpha: Array, actions: Array, value: Array, surplus: Array
) -> Array:
    """pi_i(a), [B, N] float64, computed in float32 up to the sum (published arithmetic).

    Args:
        endowments: [N] float32.
        alpha: [N] float32, bargaining shares.
        actions: [B, N] float32.
        value: [B, N] float32, f(a_i).
        surplus: [B] float64, gamma g(a).
    """
    own = (endowments - actions) + value
    return (own + alpha * surplus.astype(np.float32)[:, None]).astype(np.float64)
