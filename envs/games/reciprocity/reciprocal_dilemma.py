"""ReciprocalDilemma: two identical firms whose rewards answer to each other's recent actions.

Released edition: the reciprocity multiplier stays within 0.65 % of one and does not depend on an
agent's own action; staying just above the baseline of 30 units is the strong incentive.

Formal edition: a partner that stayed above the norm over the past five steps makes own
contribution pay more, one that stayed below makes it cost, in proportion to mutual trust: a
reciprocal equilibrium at 50 % beside the selfish one at 22 %.
"""

from collections.abc import Collection, Mapping

from ...formal import FormalGame, ReciprocityPayoff, Synergy, Trust
from ...mechanisms.interdependence import symmetric
from ...mechanisms.reciprocity import Reciprocity
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import overridden, register
from ...released import ReleasedGame


@register("ReciprocalDilemma-v0", mechanism_class="TR-4")
def released(
    max_steps: int = 100,
    value_params: Mapping | None = None,
    trust_params: Mapping | None = None,
) -> ReleasedGame:
    """Symmetric continuous dilemma with memory-based reciprocity."""
    dependence = symmetric(2, 0.50)
    return ReleasedGame(
        "ReciprocalDilemma-v0",
        endowments=(100.0, 100.0),
        baselines=(30.0, 30.0),
        horizon=max_steps,
        dependence=dependence,
        value=overridden(ValueParameters(), value_params, "value_params"),
        trust=overridden(TrustParameters(), trust_params, "trust_params"),
        mechanisms=(Reciprocity(dependence, mean_endowment=100.0, memory=5),),
    )


@register("ReciprocalDilemma-v1", mechanism_class="TR-4", changes=(1, 2, 3, 6, 8))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pair whose memory of five steps makes conditional cooperation pay."""
    return FormalGame(
        "ReciprocalDilemma-v1",
        endowments=(100.0, 100.0),
        norms=0.30,
        horizon=max_steps,
        dependence=symmetric(2, 0.50),
        gated=True,
        parts=(
            Synergy(theta=10.0, gamma=0.65),
            Trust(),
            ReciprocityPayoff(rho_0=1.0, eta=1.0, kappa_R=5.0, memory=5, lambda_R=1.0, omega_D=0.6),
        ),
        switches={"reciprocity": {"lambda_R": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
