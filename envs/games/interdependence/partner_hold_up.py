"""PartnerHoldUp: a strong buyer and a weak supplier that has become dependent on it.

Released edition: the game ends when the weak agent's trust in the strong one falls below 0.10,
after 3 steps if both play nothing. This binds the strong agent. Against (60, 40), the weak agent
that plays 25 raises its own integrated return from 25,640 to 25,682 and cuts its partner's from
20,218 to 15,646; the strong agent that plays 25 ends the game in step 3.

Formal edition: the weak agent's investment works through a stock of specific capital, which is
sunk when the strong agent chooses, and the only discipline of the strong agent is that the weak
one leaves for good when its trust falls below 0.10. Leaving cuts the links, not the episode.
"""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from ...engine import State, within
from ...formal import Exit, FormalGame, SpecificCapital, Synergy, Trust
from ...mechanisms.interdependence import matrix
from ...mechanisms.trust import TrustInHubBelow, TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame


@register("PartnerHoldUp-v0", mechanism_class="TR-1")
def released(
    strong_dependency: float = 0.35,
    weak_dependency: float = 0.85,
    max_steps: int = 100,
) -> ReleasedGame:
    """Vertical relation of unequal dependence in which the weak side can walk away."""
    within("strong_dependency", strong_dependency, 0, 1)
    within("weak_dependency", weak_dependency, 0, 1)
    return ReleasedGame(
        "PartnerHoldUp-v0",
        endowments=(120.0, 80.0),
        baselines=(42.0, 28.0),
        horizon=max_steps,
        dependence=matrix([[0.0, strong_dependency], [weak_dependency, 0.0]]),
        value=ValueParameters(theta=20.0, gamma=0.60),
        trust=TrustParameters(
            lambda_plus=0.10,
            lambda_minus=0.35,
            mu_R=0.55,
            delta_R=0.025,
            xi=0.70,
            kappa=1.2,
            initial_trust=0.55,
        ),
        alpha=(0.60, 0.40),
        terminates=TrustInHubBelow(0.10),
        display_names=("Strong", "Weak"),
        extra_info=partial(_asymmetries, power=weak_dependency - strong_dependency),
    )


def _asymmetries(state: State, copy: int, power: float) -> dict[str, Any]:
    """Both payoffs are always zero in the released `info`; `payoffs` of a view has them."""
    trust = state["trust"][copy]
    return {
        "trust_asymmetry": float(trust[1, 0] - trust[0, 1]),
        "power_asymmetry": power,
        "strong_agent_payoff": 0.0,
        "weak_agent_payoff": 0.0,
    }


@register("PartnerHoldUp-v1", mechanism_class="TR-1", changes=(1, 2, 3, 4, 6))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Supplier whose sunk investment tempts the buyer, and who can leave for good."""
    return FormalGame(
        "PartnerHoldUp-v1",
        endowments=(120.0, 80.0),
        norms=0.35,
        horizon=max_steps,
        alpha=(0.60, 0.40),
        dependence=matrix([[0.0, 0.35], [0.85, 0.0]]),
        parts=(
            Synergy(theta=10.0, gamma=0.65),
            SpecificCapital(investment_rate=0.1),
            Trust(
                lambda_plus=0.10,
                lambda_minus=0.35,
                mu_R=0.55,
                delta_R=0.025,
                xi=0.70,
                kappa=6.0,
                initial_trust=0.55,
            ),
            Exit(exit_threshold=0.10, holders=(1,)),
        ),
        switches={"exit": {"exit_threshold": -1.0}, "capital": {"sunk": False}},
        display_names=("Strong", "Weak"),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
