"""PlatformEcosystem: a platform and the developers that depend on it, and not on each other.

Released edition: the platform's share of the surplus is fixed, its only choice is its effort;
the game ends for all when the developers' mean trust in it falls below 0.15. The norm of the
platform (45) lies above its effort at the joint optimum (28.4), that of a developer (24) below.

Formal edition: each developer leaves when its trust in the platform falls below 0.15 and comes
back when it reaches 0.30; the synergy grows with the number of those present, and the share of
an absent one is lost. With a share of 0.30 the platform provides too little by itself.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from ...engine import State, within
from ...formal import FormalGame, Retention, Synergy, Trust
from ...mechanisms.interdependence import hub_spoke
from ...mechanisms.trust import TrustInHubBelow, TrustParameters, trust_in_hub
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

EXIT = TrustInHubBelow(0.15)


@register("PlatformEcosystem-v0", mechanism_class="TR-1")
def released(
    n_developers: int = 4,
    platform_share: float = 0.30,
    platform_dependency: float = 0.25,
    developer_dependency: float = 0.75,
    max_steps: int = 100,
) -> ReleasedGame:
    """Hub of one platform and several developers whose distrust dissolves the ecosystem."""
    within("n_developers", n_developers, 1)
    within("platform_share", platform_share, 0, 1)
    within("platform_dependency", platform_dependency, 0, 1)
    within("developer_dependency", developer_dependency, 0, 1)
    developers = range(1, n_developers + 1)
    return ReleasedGame(
        "PlatformEcosystem-v0",
        endowments=(150.0, *(80.0 for _ in developers)),
        baselines=(45.0, *(24.0 for _ in developers)),
        horizon=max_steps,
        dependence=hub_spoke(n_developers, hub=platform_dependency, spoke=developer_dependency),
        value=ValueParameters(theta=25.0, gamma=0.75),
        trust=TrustParameters(
            lambda_plus=0.08,
            lambda_minus=0.25,
            mu_R=0.45,
            delta_R=0.02,
            xi=0.40,
            kappa=1.0,
            initial_trust=0.60,
        ),
        alpha=(platform_share, *((1 - platform_share) / n_developers for _ in developers)),
        terminates=EXIT,
        display_names=("Platform", *(f"Developer {j}" for j in developers)),
        extra_info=partial(_ecosystem, n_developers=n_developers),
    )


def _ecosystem(state: State, copy: int, n_developers: int) -> dict[str, Any]:
    """Efforts and trust; all developers count as gone once the game has ended by its rule."""
    row = {"trust": state["trust"][copy : copy + 1]}
    platform, efforts = state["actions"][copy, 0], state["actions"][copy, 1:]
    return {
        "platform_investment": float(platform),
        "mean_developer_investment": float(efforts.mean()),
        "developer_investment_std": float(efforts.std()),
        "developer_trust_in_platform": float(trust_in_hub(row["trust"])[0]),
        "developer_exits": n_developers if EXIT(row)[0] else 0,
    }


@register("PlatformEcosystem-v1", mechanism_class="TR-1", changes=(1, 2, 3, 4, 6))
def formal(
    n_developers: int = 4,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Platform whose developers leave when it falls below the norm, and come back."""
    within("n_developers", n_developers, 1)
    developers = range(1, n_developers + 1)
    return FormalGame(
        "PlatformEcosystem-v1",
        endowments=(150.0, *(80.0 for _ in developers)),
        norms=0.30,
        horizon=max_steps,
        alpha=(0.30, *(0.70 / n_developers for _ in developers)),
        dependence=hub_spoke(n_developers, hub=0.25, spoke=0.75),
        parts=(
            Synergy(theta=12.5, gamma=0.65),
            Trust(
                lambda_plus=0.08,
                lambda_minus=0.25,
                mu_R=0.45,
                delta_R=0.02,
                xi=0.40,
                kappa=5.0,
                initial_trust=0.60,
            ),
            Retention(leave_below=0.15, return_from=0.30),
        ),
        switches={"retention": {"leave_below": -1.0}},
        display_names=("Platform", *(f"Developer {j}" for j in developers)),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
