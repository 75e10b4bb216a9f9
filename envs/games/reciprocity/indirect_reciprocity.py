"""IndirectReciprocity: four agents whose actions are seen by all.

Released edition: an action is directed at nobody and there is no image score, so every observer
sees the same signal of an agent, as in the dyad. The reciprocity multiplier stays within 1.73 % of
one and does not depend on an agent's own action; the best constant is 32 %, just above the
baseline of 30 units.
"""

from collections.abc import Mapping

from ...mechanisms.interdependence import symmetric
from ...mechanisms.reciprocity import Reciprocity
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import overridden, register
from ...released import ReleasedGame


@register("IndirectReciprocity-v0", mechanism_class="TR-4")
def released(
    max_steps: int = 150,
    value_params: Mapping | None = None,
    trust_params: Mapping | None = None,
) -> ReleasedGame:
    """Population of four in which everybody sees what everybody does."""
    dependence = symmetric(4, 0.40)
    return ReleasedGame(
        "IndirectReciprocity-v0",
        endowments=(100.0,) * 4,
        baselines=(30.0,) * 4,
        horizon=max_steps,
        dependence=dependence,
        value=overridden(ValueParameters(), value_params, "value_params"),
        trust=overridden(TrustParameters(), trust_params, "trust_params"),
        mechanisms=(
            Reciprocity(
                dependence, mean_endowment=100.0, rho_0=0.8, memory=7, lambda_R=1.5, omega=0.5
            ),
        ),
    )
