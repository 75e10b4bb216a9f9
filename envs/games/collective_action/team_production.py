"""TeamProduction: team effort with equal sharing and free riding, without loyalty.

Released edition: the team-production model (omega, beta, c) appears in `info` only; the reward is
the generic payoff, cut by 10 % below an effort of 20 %. The stage Nash effort is 40 %, the joint
optimum 46 %, and the constant of 100 % is not the best one.

Formal edition: the team model is the payoff, with returns to scale of 0.5 that keep the optimum
(39.1 of 50) inside the range, far above the equilibrium (2.4): pure free riding.
"""

from collections.abc import Collection, Mapping

from ...engine import within
from ...formal import FormalGame, Team
from ...formal.bases import at_team_size
from ...mechanisms.collective_action import (
    FreeRiderDiscount,
    TeamDiagnostics,
    TeamParameters,
    released_setting,
)
from ...mechanisms.interdependence import symmetric
from ...registry import register
from ...released import ReleasedGame

MAX_EFFORT = 50.0


@register("TeamProduction-v0", mechanism_class="TR-3")
def released(
    n_agents: int = 4,
    omega: float = 25.0,
    beta: float = 0.7,
    c: float = 1.0,
    max_steps: int = 100,
) -> ReleasedGame:
    """Team of equals whose output is shared equally, the baseline of its class."""
    team = TeamParameters(n_agents, omega, beta, c, MAX_EFFORT)
    return ReleasedGame(
        "TeamProduction-v0",
        **released_setting(team),
        horizon=max_steps,
        mechanisms=(FreeRiderDiscount(threshold=0.2, factor=0.9), TeamDiagnostics(team)),
    )


@register("TeamProduction-v1", mechanism_class="TR-3", changes=(16, 23))
def formal(
    n_agents: int = 4,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Team whose output is shared equally, so that free riding pays each and costs all."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "TeamProduction-v1",
        endowments=(50.0,) * n_agents,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.55),
        parts=(Team(omega=at_team_size(25.0, n_agents, 4), beta=0.5, c=1.0),),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
