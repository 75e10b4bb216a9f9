"""LoyaltyTeam: team production in which sustained contribution is rewarded.

Released edition: the bonus of up to 15 % follows each agent's own mean effort over ten steps once
that reaches 60 %; a further 20 % go to all when every effort reaches 50 %, and half the reward is
lost below 30 %. Loyalty itself and the team-production model (omega, beta, c, phi_B, phi_C) are
reported in `info` and change no reward. The best constant effort is 66 %, while under integrated
and cooperative reward the equilibrium in constant efforts is 100 %: too much rather than too
little.

Formal edition: loyalty is built by what teammates contribute relative to the norm. It makes a
member share in the others' payoffs and makes good a part of its cost, so that it raises both the
own incentive and the value of the team.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numpy as np

from ...engine import State, within
from ...formal import FormalGame, Team, TeamLoyalty
from ...formal.bases import at_team_size
from ...mechanisms.collective_action import (
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


@register("LoyaltyTeam-v0", mechanism_class="TR-3")
def released(
    n_agents: int = 4,
    omega: float = 25.0,
    beta: float = 0.7,
    c: float = 1.0,
    phi_B: float = 0.8,
    phi_C: float = 0.3,
    max_steps: int = 100,
) -> ReleasedGame:
    """Team production with a bonus for sustained effort."""
    team = TeamParameters(n_agents, omega, beta, c, MAX_EFFORT, phi_B, phi_C)
    return ReleasedGame(
        "LoyaltyTeam-v0",
        **released_setting(team),
        horizon=max_steps,
        mechanisms=(Loyalty(), FreeRiderDiscount(), ContributionBonus(), TeamDiagnostics(team)),
        extra_info=partial(_loyalty_lift, team),
    )


def _loyalty_lift(team: TeamParameters, state: State, copy: int) -> dict[str, Any]:
    """Team output relative to that of the model's Nash efforts."""
    at_nash = team.output(team.n_agents * team.nash_effort)
    if state["t"][copy] == 0 or at_nash <= 0:
        return {"loyalty_lift": 1.0}
    return {"loyalty_lift": team.output(float(np.sum(state["actions"][copy]))) / at_nash}


@register("LoyaltyTeam-v1", mechanism_class="TR-3", changes=(16, 17, 19, 23))
def formal(
    n_agents: int = 4,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Team whose members grow loyal by what their teammates contribute."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "LoyaltyTeam-v1",
        endowments=(50.0,) * n_agents,
        norms=0.20,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.55),
        parts=(
            Team(omega=at_team_size(22.0, n_agents, 4), beta=0.5, c=1.0),
            TeamLoyalty(phi_B=0.8, phi_C=0.3),
        ),
        switches={"loyalty": {"phi_B": 0.0, "phi_C": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
