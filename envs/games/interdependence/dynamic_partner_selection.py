"""DynamicPartnerSelection: a pool of equal agents, each with a public reputation.

Released edition: everybody stays the partner of everybody, and the reputation, an average of
past shares, is seen but changes no reward, trust or choice. It is shown one step late, and an
action beyond the endowment counts in full for it. The best constant level of the integrated
return is 37 % (112,781; summed payoffs 39,560), that of the summed payoffs 19 % (40,999).
"""

from ...engine import within
from ...mechanisms.interdependence import symmetric
from ...mechanisms.reputation import AveragedReputation
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame


@register("DynamicPartnerSelection-v0", mechanism_class="TR-1")
def released(
    n_agents: int = 6,
    reputation_weight: float = 0.5,
    max_steps: int = 50,
) -> ReleasedGame:
    """Pool of equals in which everybody's past effort is public.

    `reputation_weight` is a parameter of the released constructor and has no effect in it.
    """
    within("n_agents", n_agents, 2)
    return ReleasedGame(
        "DynamicPartnerSelection-v0",
        endowments=(100.0,) * n_agents,
        baselines=(35.0,) * n_agents,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.40),
        value=ValueParameters(theta=18.0, gamma=0.55),
        trust=TrustParameters(
            lambda_plus=0.12,
            lambda_minus=0.35,
            mu_R=0.60,
            delta_R=0.015,
            xi=0.45,
            kappa=1.2,
            initial_trust=0.50,
        ),
        mechanisms=(AveragedReputation(),),
    )
