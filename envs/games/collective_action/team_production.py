"""TeamProduction: team effort with equal sharing and free riding, without loyalty.

Released edition: the team-production model (omega, beta, c) appears in `info` only; the reward is
the generic payoff, cut by 10 % below an effort of 20 %. The stage Nash effort is 40 %, the joint
optimum 46 %, and the constant of 100 % is not the best one.
"""

from ...mechanisms.collective_action import (
    FreeRiderDiscount,
    TeamDiagnostics,
    TeamParameters,
    released_setting,
)
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
