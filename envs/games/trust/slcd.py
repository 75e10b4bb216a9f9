"""SLCD: the Samsung-Sony S-LCD panel joint venture.

Released edition: the calibrated interdependence (Samsung depends on Sony by 0.64, Sony on
Samsung by 0.86) with trust; no termination.

Formal edition: the calibrated game of the report unchanged (its own geometric mean, linear cost,
theta 20), plus the trust payoff, from which the dilemma comes: without it the optimum is 28 %.
"""

from collections.abc import Collection, Mapping
from typing import Any

from ...engine import State
from ...formal import FormalGame, Synergy, Trust, TrustPayoff
from ...mechanisms.interdependence import matrix
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

FIRMS = ("Samsung", "Sony")


@register("SLCD-v0", mechanism_class="TR-2")
def released(max_steps: int = 100, trust_enabled: bool = True) -> ReleasedGame:
    """Joint venture of two firms with calibrated, asymmetric interdependence."""
    return ReleasedGame("SLCD-v0", horizon=max_steps, **calibrated(trust_enabled))


def calibrated(trust_enabled: bool) -> dict[str, Any]:
    """What the released game is composed of, but for its name and horizon."""
    trust = TrustParameters(
        lambda_plus=0.08,
        lambda_minus=0.28,
        mu_R=0.50,
        delta_R=0.02,
        xi=0.45,
        kappa=1.0,
        initial_trust=0.65,
    )
    return {
        "endowments": (100.0, 100.0),
        "baselines": (30.0, 30.0),
        "dependence": matrix([[0.0, 0.64], [0.86, 0.0]]),
        "value": ValueParameters(theta=20.0, gamma=0.65),
        "trust": trust if trust_enabled else None,
        "alpha": (0.55, 0.45),
        "display_names": FIRMS,
        "extra_info": _investments,
    }


def _investments(state: State, copy: int) -> dict[str, Any]:
    samsung, sony = state["actions"][copy].tolist()
    return {"agent_names": list(FIRMS), "samsung_investment": samsung, "sony_investment": sony}


@register("SLCD-v1", mechanism_class="TR-2", changes=(5, 6, 7))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Joint venture of two firms with calibrated interdependence and a payoff of mutual trust."""
    return FormalGame(
        "SLCD-v1",
        endowments=(100.0, 100.0),
        norms=0.30,
        horizon=max_steps,
        alpha=(0.55, 0.45),
        dependence=matrix([[0.0, 0.64], [0.86, 0.0]]),
        gated=True,
        parts=(
            Synergy(theta=20.0, gamma=0.65, curvature=0.0, scale=0.5),
            Trust(
                lambda_plus=0.08,
                lambda_minus=0.28,
                mu_R=0.50,
                delta_R=0.02,
                xi=0.45,
                kappa=5.0,
                initial_trust=0.65,
            ),
            TrustPayoff(rho=1.0),
        ),
        switches={"trust_payoff": {"rho": 0.0}},
        display_names=FIRMS,
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
