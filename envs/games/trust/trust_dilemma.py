"""TrustDilemma: two identical agents in a continuous dilemma with sensitive trust and collapse.

Released edition: trust answers to whether an action lies above or below 40 units, almost without
degrees; the game ends when mean trust falls below 0.05. Full cooperation (100, 100) pays 14 %
less than the stage Nash equilibrium (23.2, 23.2), so a high action is not cooperation here.

Formal edition: mutual trust scales what own contribution pays, so that losing a partner's trust
costs the own relational income. High trust sustains 66 %, low trust nothing, and either agent
leaves for good when its trust falls below 0.05.
"""

from collections.abc import Collection, Mapping

from ...formal import Exit, FormalGame, Synergy, Trust, TrustPayoff
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


@register("TrustDilemma-v1", mechanism_class="TR-2", changes=(1, 2, 3, 6, 7))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pair that mutual trust keeps cooperating, and that distrust separates for good."""
    return FormalGame(
        "TrustDilemma-v1",
        endowments=(100.0, 100.0),
        norms=0.40,
        horizon=max_steps,
        dependence=symmetric(2, 0.60),
        gated=True,
        parts=(
            Synergy(theta=10.0, gamma=0.70),
            Trust(
                lambda_plus=0.15,
                lambda_minus=0.45,
                mu_R=0.50,
                delta_R=0.02,
                xi=0.60,
                kappa=7.5,
                initial_trust=0.50,
            ),
            TrustPayoff(rho=1.0),
            Exit(exit_threshold=0.05, holders=(0, 1)),
        ),
        switches={"trust_payoff": {"rho": 0.0}, "exit": {"exit_threshold": -1.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
