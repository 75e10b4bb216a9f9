"""DynamicPartnerSelection: a pool of equal agents, each with a public reputation.

Released edition: everybody stays the partner of everybody, and the reputation, an average of
past shares, is seen but changes no reward, trust or choice. It is shown one step late, and an
action beyond the endowment counts in full for it. The best constant level of the integrated
return is 37 % (112,781; summed payoffs 39,560), that of the summed payoffs 19 % (40,999).

Formal edition: the volume of a partnership follows the public standing of both partners relative
to the mean of all, so that a good record is worth business. There is no trust state.
"""

from collections.abc import Collection, Mapping

from ...engine import within
from ...formal import FormalGame, Pairs, Standing
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


@register("DynamicPartnerSelection-v1", mechanism_class="TR-1", changes=(1, 2, 3, 4, 13, 23))
def formal(
    n_agents: int = 6,
    max_steps: int = 50,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pool of partners whose business follows their public standing."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "DynamicPartnerSelection-v1",
        endowments=(100.0,) * n_agents,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.40),
        parts=(Pairs(theta=9.0, gamma=0.65, mu=0.5), Standing(eta_sigma=0.1)),
        switches={"selection": {"mu": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
