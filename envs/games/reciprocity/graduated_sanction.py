"""GraduatedSanction: a commons of six agents, with reciprocity read as sanction.

Released edition: there is no resource stock and no sanction to choose. The reciprocity multiplier
stays within 1.51 % of one and answers to changes of behaviour: when one agent stops contributing
for good, its own multiplier stays at one, that of the others dips by at most 0.2 % and is back
within ten steps. The best constant is 42 %, just above the baseline of 40 units.
"""

from collections.abc import Mapping

from ...mechanisms.interdependence import symmetric
from ...mechanisms.reciprocity import Reciprocity
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import overridden, register
from ...released import ReleasedGame


@register("GraduatedSanction-v0", mechanism_class="TR-4")
def released(
    max_steps: int = 200,
    value_params: Mapping | None = None,
    trust_params: Mapping | None = None,
) -> ReleasedGame:
    """Commons of six with a long memory of each other's behaviour."""
    dependence = symmetric(6, 0.35)
    return ReleasedGame(
        "GraduatedSanction-v0",
        endowments=(100.0,) * 6,
        baselines=(40.0,) * 6,
        horizon=max_steps,
        dependence=dependence,
        value=overridden(ValueParameters(), value_params, "value_params"),
        trust=overridden(TrustParameters(), trust_params, "trust_params"),
        mechanisms=(
            Reciprocity(
                dependence,
                mean_endowment=100.0,
                rho_0=0.6,
                eta=1.5,
                kappa=0.8,
                memory=10,
                lambda_R=1.8,
                omega=1.0,
            ),
        ),
    )
