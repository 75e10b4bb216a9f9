"""CoalitionFormation: a team that excludes disloyal members and takes them back later.

Released edition: an agent whose loyalty falls below 0.15 is excluded while more than three members
remain. Exclusion halves its reward, membership raises it by 10 %; an excluded agent goes on acting
and sharing in everything else. The timer already counts the step of exclusion, so a cooldown of 5
means 4 further steps, and then until loyalty is back at 0.4. Agents are judged in list order: if
nobody contributes, agents 0, 1 and 2 are excluded in step 14 and earn 12.53 where the others earn
27.56. The coalition never falls below its minimum, so the game never ends early.

Formal edition: members whose record of contributions falls below 0.15 are excluded, the lowest
record first and never below three members. Outside they work alone at 20 % productivity, and
after five steps they are readmitted once their record is back at 0.40.
"""

from collections.abc import Collection, Mapping

from ...engine import within
from ...formal import FormalGame, Membership, Standing, Team, TeamLoyalty
from ...formal.bases import at_team_size
from ...mechanisms.collective_action import (
    Coalition,
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


@register("CoalitionFormation-v0", mechanism_class="TR-3")
def released(
    n_agents: int = 6,
    min_coalition_size: int = 3,
    exit_threshold: float = 0.15,
    reentry_cooldown: int = 5,
    omega: float = 25.0,
    beta: float = 0.7,
    max_steps: int = 150,
) -> ReleasedGame:
    """Team with exclusion of disloyal members and their return."""
    team = TeamParameters(n_agents, omega, beta, 1.0, MAX_EFFORT, phi_B=0.7, phi_C=0.3)
    within("min_coalition_size", min_coalition_size, 1, n_agents)
    within("exit_threshold", exit_threshold, 0, 1)
    within("reentry_cooldown", reentry_cooldown, 0)
    return ReleasedGame(
        "CoalitionFormation-v0",
        **released_setting(team),
        horizon=max_steps,
        mechanisms=(
            Loyalty(),
            FreeRiderDiscount(),
            ContributionBonus(),
            Coalition(min_coalition_size, exit_threshold, reentry_cooldown),
            TeamDiagnostics(team),
        ),
    )


@register("CoalitionFormation-v1", mechanism_class="TR-3", changes=(16, 19, 20, 23))
def formal(
    n_agents: int = 6,
    max_steps: int = 150,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Team that excludes members with a poor record and readmits them by their effort."""
    within("n_agents", n_agents, 3)
    return FormalGame(
        "CoalitionFormation-v1",
        endowments=(50.0,) * n_agents,
        norms=0.15,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.55),
        parts=(
            Team(omega=at_team_size(25.0, n_agents, 6), beta=0.5, c=1.0),
            TeamLoyalty(phi_B=0.7, phi_C=0.3),
            Standing(eta_sigma=0.05),
            Membership(exclude_below=0.15, readmit_from=0.40, cooldown=5, smallest=3, solo=0.2),
        ),
        switches={
            "exclusion": {"exclude_below": -1.0},
            "loyalty": {"phi_B": 0.0, "phi_C": 0.0},
        },
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
