"""PublicGoods: a linear public-goods game.

Released edition: the multiplier of the public good appears in `info` only, and the reward is that
of LoyaltyTeam; with four agents the two games pay the same to the last bit. So contributing
nothing is not dominant: the equilibrium in constant contributions is 60 % under private and 100 %
under integrated reward, and 63 % is best for all.

Formal edition: the public good is the payoff. Contributing nothing is dominant and everything is
best for all; loyalty raises the value of contributions without moving the equilibrium.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numpy as np

from ...engine import State, within
from ...formal import FormalGame, Linear, TeamLoyalty
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


@register("PublicGoods-v0", mechanism_class="TR-3")
def released(
    n_agents: int = 5,
    multiplier: float = 2.0,
    endowment: float = 50.0,
    phi_B: float = 0.6,
    phi_C: float = 0.2,
    max_steps: int = 100,
) -> ReleasedGame:
    """Contributions to a public good whose value is shared equally."""
    for name, value in (("multiplier", multiplier), ("endowment", endowment)):
        if not value > 0:
            raise ValueError(f"{name}={value}: must be positive")
    team = TeamParameters(n_agents, multiplier, 1.0, 1.0, endowment, phi_B, phi_C)
    return ReleasedGame(
        "PublicGoods-v0",
        **released_setting(team),
        horizon=max_steps,
        mechanisms=(Loyalty(), FreeRiderDiscount(), ContributionBonus(), TeamDiagnostics(team)),
        extra_info=partial(_contributions, team),
    )


def _contributions(team: TeamParameters, state: State, copy: int) -> dict[str, Any]:
    """The public good, and the welfare of the linear game relative to full contribution."""
    actions, loyalty = state["actions"][copy], state["loyalty"][copy]
    total = float(np.sum(actions))
    everything = team.n_agents * team.max_effort
    # The linear game pays what is kept as well: e - a + m sum(a) / N = e + p, p as in the team.
    welfare = everything + float(team.utilities(actions, loyalty).sum())
    all_given = np.full(team.n_agents, team.max_effort)
    welfare_of_all = everything + float(team.utilities(all_given, loyalty).sum())
    return {
        "total_contribution": total,
        "public_good": team.output(total),
        "contribution_rate": total / everything,
        "social_efficiency": welfare / welfare_of_all if welfare_of_all > 0 else 0.0,
    }


@register("PublicGoods-v1", mechanism_class="TR-3", changes=(19, 23))
def formal(
    n_agents: int = 5,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Voluntary contributions to a public good, of which everybody gets an equal share."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "PublicGoods-v1",
        endowments=(50.0,) * n_agents,
        norms=0.30,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.55),
        parts=(Linear(m=2.0), TeamLoyalty(phi_B=0.6, phi_C=0.2)),
        switches={"loyalty": {"phi_B": 0.0, "phi_C": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
