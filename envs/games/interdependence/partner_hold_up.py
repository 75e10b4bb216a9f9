"""PartnerHoldUp: a strong buyer and a weak supplier that has become dependent on it.

Released edition: the game ends when the weak agent's trust in the strong one falls below 0.10,
after 3 steps if both play nothing. This binds the strong agent. Against (60, 40), the weak agent
that plays 25 raises its own integrated return from 25,640 to 25,682 and cuts its partner's from
20,218 to 15,646; the strong agent that plays 25 ends the game in step 3.
"""

from functools import partial
from typing import Any

from ...engine import State, within
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
