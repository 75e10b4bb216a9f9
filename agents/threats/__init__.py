"""Small experiments on what threatens the validity of the published study; seconds of CPU time.

They imitate single pieces of its released learners on released environments, at their sizes.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]
# Of a critic that may saturate.
UPDATES = 25


def row(experiment: str, setting: str, quantity: str, value: float, unit: str) -> Row:
    """One row of the table `threat_experiments`."""
    return {
        "experiment": experiment,
        "setting": setting,
        "quantity": quantity,
        "value": float(value),
        "unit": unit,
    }


def experiments() -> list[Row]:
    """Rows of all experiments."""
    from .critics import half_precision, saturation
    from .interruption import interruption
    from .playing import horizon, state_leak, untrained

    return [
        *(*half_precision(), *saturation(), *untrained(), *state_leak(), *horizon()),
        *interruption(),
    ]
