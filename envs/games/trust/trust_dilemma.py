"""TrustDilemma: two identical agents in a continuous dilemma with sensitive trust and collapse.

Released edition: trust answers to whether an action lies above or below 40 units, almost without
degrees; the game ends when mean trust falls below 0.05. Full cooperation (100, 100) pays 14 %
less than the stage Nash equilibrium (23.2, 23.2), so a high action is not cooperation here.
"""

from ...mechanisms.interdependence import symmetric
from ...mechanisms.trust import CooperationCounts, MeanTrustBelow, TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame


@register("TrustDilemma-v0", mechanism_class="TR-2")
def released(
    max_steps: int = 100,
    trust_sensitivity: float = 1.5,
    trust_building_rate: float = 0.15,
    trust_erosion_rate: float = 0.45,
) -> ReleasedGame:
    """Symmetric continuous dilemma in which distrust ends the relation."""
    return ReleasedGame(
        "TrustDilemma-v0",
        endowments=(100.0, 100.0),
        baselines=(40.0, 40.0),
        horizon=max_steps,
        dependence=symmetric(2, 0.60),
        value=ValueParameters(theta=20.0, gamma=0.70),
        trust=TrustParameters(
            lambda_plus=trust_building_rate,
            lambda_minus=trust_erosion_rate,
            mu_R=0.50,
            delta_R=0.02,
            xi=0.60,
            kappa=trust_sensitivity,
            initial_trust=0.50,
        ),
        mechanisms=(CooperationCounts(),),
        terminates=MeanTrustBelow(0.05),
    )
