"""ReciprocalDilemma: two identical firms whose rewards answer to each other's recent actions.

Released edition: the reciprocity multiplier stays within 0.65 % of one and does not depend on an
agent's own action; staying just above the baseline of 30 units is the strong incentive.
"""

from collections.abc import Mapping

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
