"""AppleAppStore: Apple and two groups of developers over 66 quarters.

Released edition: the developers depend on the platform by 0.80 and 0.85, the platform on them by
0.30 and 0.20. No phase, shock or calibration target enters the dynamics. The reciprocity
multiplier stays within 0.58 % of one for Apple and 1.81 % for the small developers, and does not
depend on an agent's own action; the best constant lies just above the baselines of 30 %.
"""

from collections.abc import Mapping

from ...mechanisms.interdependence import matrix
from ...mechanisms.reciprocity import Reciprocity
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import overridden, register
from ...released import ReleasedGame


@register("AppleAppStore-v0", mechanism_class="TR-4")
def released(max_steps: int = 66, value_params: Mapping | None = None) -> ReleasedGame:
    """Platform owner with major and small developers, in quarters."""
    dependence = matrix([[0.0, 0.3, 0.2], [0.8, 0.0, 0.15], [0.85, 0.1, 0.0]])
    return ReleasedGame(
        "AppleAppStore-v0",
        endowments=(100.0, 80.0, 60.0),
        baselines=(30.0, 24.0, 18.0),
        horizon=max_steps,
        dependence=dependence,
        value=overridden(ValueParameters(), value_params, "value_params"),
        trust=TrustParameters(initial_trust=0.60),
        mechanisms=(
            Reciprocity(
                dependence,
                mean_endowment=80.0,
                eta=1.2,
                kappa=0.8,
                memory=4,
                omega=0.8,
            ),
        ),
        display_names=("Apple", "Major developers", "Small developers"),
    )
