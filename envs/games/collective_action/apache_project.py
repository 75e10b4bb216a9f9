"""ApacheProject: contributors of the Apache HTTP Server project in one of four phases.

Released edition: one phase for the whole episode, which reaches the reward through the number of
contributors alone (8, 15, 40 or 35; 40 by default, where documents of the study say 5 or 6); its
productivity, cap of loyalty and expected effort are reported in `info`. Otherwise it is
LoyaltyTeam with 60 steps. As D is not divided by N - 1, a contributor counts the payoffs of 39
others by 0.55 each: at full trust 96 % of an integrated reward is other-regarding.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...engine import State, choose
from ...mechanisms.collective_action import (
    INITIAL_LOYALTY,
    ContributionBonus,
    FreeRiderDiscount,
    Loyalty,
    TeamDiagnostics,
    TeamParameters,
    released_setting,
)
from ...registry import register
from ...released import ReleasedGame

MAX_EFFORT = 50.0


@dataclass(frozen=True)
class Phase:
    """One phase of the project.

    Attributes:
        n_agents: contributors.
        loyalty: m, largest loyalty; an episode starts at half of it.
        omega: productivity.
        expected_effort: mean effort of the phase in effort units.
        years: first and last year.
    """

    n_agents: int
    loyalty: float
    omega: float
    expected_effort: float
    years: str


PHASES = {
    "emergence": Phase(8, 1.00, 20.0, 35.0, "1995-1999"),
    "growth": Phase(15, 0.85, 25.0, 30.0, "2000-2005"),
    "maturity": Phase(40, 0.70, 30.0, 22.0, "2006-2015"),
    "evolution": Phase(35, 0.60, 28.0, 18.0, "2016-2023"),
}


@register("ApacheProject-v0", mechanism_class="TR-3")
def released(phase: str = "maturity", max_steps: int = 60) -> ReleasedGame:
    """Large open-source team in a phase of its history."""
    chosen = PHASES[choose("phase", phase, tuple(PHASES))]
    team = TeamParameters(
        chosen.n_agents, chosen.omega, 0.7, 1.0, MAX_EFFORT, phi_B=0.75, phi_C=0.25
    )
    return ReleasedGame(
        "ApacheProject-v0",
        **released_setting(team),
        horizon=max_steps,
        mechanisms=(
            Loyalty(INITIAL_LOYALTY * chosen.loyalty, cap=chosen.loyalty),
            FreeRiderDiscount(),
            ContributionBonus(),
            TeamDiagnostics(team),
        ),
        extra_info=partial(_phase_report, phase),
    )


def _phase_report(name: str, state: State, copy: int) -> dict[str, Any]:
    """The phase, and how far the mean effort is from the one expected in it."""
    phase = PHASES[name]
    deviation = 0.0
    if state["t"][copy] > 0:
        mean_effort = float(np.mean(state["actions"][copy]))
        deviation = abs(mean_effort - phase.expected_effort) / phase.expected_effort
    return {
        "phase": name,
        "phase_years": phase.years,
        "phase_loyalty": phase.loyalty,
        "expected_effort": phase.expected_effort,
        "effort_deviation": deviation,
        "validation_accuracy": max(0.0, 1.0 - deviation),
    }
