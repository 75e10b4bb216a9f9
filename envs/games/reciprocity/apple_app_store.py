"""AppleAppStore: Apple and two groups of developers over 66 quarters.

Released edition: the developers depend on the platform by 0.80 and 0.85, the platform on them by
0.30 and 0.20. No phase, shock or calibration target enters the dynamics. The reciprocity
multiplier stays within 0.58 % of one for Apple and 1.81 % for the small developers, and does not
depend on an agent's own action; the best constant lies just above the baselines of 30 %.

Formal edition: the interdependence, sensitivities, initial shares and trust that the case suite of
the report derives, five phases in 66 quarters that change the complementarity, and shocks to trust
at the entry of three of them.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from ...formal import FormalGame, Phases, ReciprocityPayoff, Shock, Synergy, Trust
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


# Per phase: first step and gamma.
HISTORY = {
    "symbiosis": (0, 0.87),
    "maturation": (16, 0.90),
    "tension": (36, 0.78),
    "crisis": (48, 0.56),
    "adjustment": (54, 0.75),
}
# (holder, partner, change of trust) at the entry of a phase.
SHOCKS = {
    "tension": Shock(((1, 0, -0.15), (2, 0, -0.10))),
    "crisis": Shock(((1, 0, -0.40), (0, 1, -0.25))),
    "adjustment": Shock(((1, 0, 0.20), (2, 0, 0.20))),
}
INITIAL_TRUST = ((1.0, 0.7, 0.7), (0.7, 1.0, 0.5), (0.7, 0.5, 1.0))


@register("AppleAppStore-v1", mechanism_class="TR-4", changes=(1, 2, 3, 6, 8, 21))
def formal(
    phase: str | None = None,
    max_steps: int = 66,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Platform and two groups of developers through five phases, with shocks to trust.

    Args:
        phase: one phase for the whole episode, after its shock if it has one; None for the
            history.
        max_steps: horizon.
        params: parameters to override, by name.
        without: mechanisms to neutralise: `reciprocity`, `shocks`.
        tremble: standard deviation of a noise on executed shares.
        t0_noise: half width of a noise on initial trust.
    """
    starts, gammas = zip(*HISTORY.values(), strict=True)
    trust = np.array([INITIAL_TRUST])
    switches: dict[str, dict[str, Any]] = {"reciprocity": {"lambda_R": 0.0}}
    if phase is None:
        switches["shocks"] = {"shocks": {}}
    elif phase in SHOCKS:
        trust, _ = SHOCKS[phase].apply(trust, np.zeros_like(trust))
        switches["shocks"] = {"initial_trust": INITIAL_TRUST}
    return FormalGame(
        "AppleAppStore-v1",
        endowments=(100.0, 80.0, 60.0),
        norms=0.50,
        initial_shares=(0.70, 0.65, 0.68),
        horizon=max_steps,
        dependence=matrix([[0.0, 0.66, 0.71], [0.88, 0.0, 0.30], [0.92, 0.30, 0.0]]),
        gated=True,
        parts=(
            Synergy(theta=10.0),
            Trust(initial_trust=trust[0].tolist()),
            ReciprocityPayoff(
                rho_0=0.85, eta=1.3, kappa_R=6.0, memory=4, lambda_R=1.0, omega_D=0.6
            ),
            Phases(tuple(HISTORY), starts, gammas=gammas, shocks=SHOCKS, only=phase),
        ),
        switches=switches,
        display_names=("Apple", "MajorDevelopers", "SmallDevelopers"),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
