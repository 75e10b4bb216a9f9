"""ApacheProject: contributors of the Apache HTTP Server project in one of four phases.

Released edition: one phase for the whole episode, which reaches the reward through the number of
contributors alone (8, 15, 40 or 35; 40 by default, where documents of the study say 5 or 6); its
productivity, cap of loyalty and expected effort are reported in `info`. Otherwise it is
LoyaltyTeam with 60 steps. As D is not divided by N - 1, a contributor counts the payoffs of 39
others by 0.55 each: at full trust 96 % of an integrated reward is other-regarding.

Formal edition: six core contributors through all four phases in 60 steps (5, 12, 26 and 17). The
cap of loyalty declines from 1.0 to 0.6 over the project's life; payoffs per head do not depend
on the team's size.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...engine import State, choose, within
from ...formal import FormalGame, Phases, Team, TeamLoyalty
from ...formal.bases import at_team_size
from ...mechanisms.collective_action import (
    INITIAL_LOYALTY,
    ContributionBonus,
    FreeRiderDiscount,
    Loyalty,
    TeamDiagnostics,
    TeamParameters,
    released_setting,
)
from ...mechanisms.interdependence import symmetric
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


# Per phase: first step and cap of loyalty.
HISTORY = {
    "emergence": (0, 1.00),
    "growth": (5, 0.85),
    "maturity": (17, 0.70),
    "evolution": (43, 0.60),
}


@register("ApacheProject-v1", mechanism_class="TR-3", changes=(16, 17, 18, 19, 23))
def formal(
    n_agents: int = 6,
    phase: str | None = None,
    max_steps: int = 60,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Core team of an open-source project whose loyalty is capped lower in every phase.

    Args:
        n_agents: core contributors; the report's sizes are 8, 25, 40 and 35.
        phase: one phase for the whole episode; None for the history.
        max_steps: horizon.
        params: parameters to override, by name.
        without: mechanisms to neutralise: `caps`, `loyalty`.
        tremble: standard deviation of a noise on executed shares.
        t0_noise: not used, as there is no trust; must be 0.
    """
    within("n_agents", n_agents, 2)
    starts, caps = zip(*HISTORY.values(), strict=True)
    return FormalGame(
        "ApacheProject-v1",
        endowments=(60.0,) * n_agents,
        norms=0.05,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.55),
        parts=(
            Team(omega=at_team_size(30.0, n_agents, 6), beta=0.5, c=1.0),
            TeamLoyalty(phi_B=0.8, phi_C=0.3, initial_loyalty=1.0),
            Phases(tuple(HISTORY), starts, caps=caps, only=phase),
        ),
        switches={
            "caps": {"caps": (1.0,) * len(HISTORY)},
            "loyalty": {"phi_B": 0.0, "phi_C": 0.0},
        },
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
