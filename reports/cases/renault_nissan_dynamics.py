"""One step of trust and reputation damage as the suite of TR-2 computes it.

The rule of `coopetition.envs.mechanisms.trust.update_trust`, with two differences that forbid its
use: the suite clips trust to [0, 1] and not to the ceiling 1 - R, so that a crisis leaves trust
above its ceiling; and rates differ from draw to draw, where a game has one of each. The two agree
as long as trust lies below its ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .outcome import Array


def step(
    trust: Array, damage: Array, signals: Array, dependence: Array, rates: Mapping[str, Any]
) -> tuple[Array, Array]:
    """Trust and damage after a step, element by element from old values.

    Args:
        trust: trust of one actor in another, in [0, 1].
        damage: damage that the first holds against the second, in [0, 1].
        signals: signal of the second, tanh(kappa (action - baseline)).
        dependence: dependence of the first on the second.
        rates: `lambda_plus`, `lambda_minus`, `mu_R`, `delta_R` and `xi`.

    Returns:
        New trust and new damage; all arguments broadcast.
    """
    room = np.maximum(0.0, 1.0 - damage - trust)
    built = rates["lambda_plus"] * signals * room
    lost = rates["lambda_minus"] * signals * trust * (1.0 + rates["xi"] * dependence)
    violated = rates["mu_R"] * np.abs(signals) * (1.0 - damage)
    new_trust = trust + np.where(signals > 0, built, lost)
    new_damage = damage + np.where(signals < 0, violated, -rates["delta_R"] * damage)
    return np.clip(new_trust, 0.0, 1.0), np.clip(new_damage, 0.0, 1.0)
