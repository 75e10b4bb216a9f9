"""GiftExchange: an employer and a worker who depend on each other to different degrees.

Released edition: both move at once, so the worker does not answer the wage of the same step. The
reciprocity multiplier stays within 0.53 % of one for the employer and 1.46 % for the worker, and
does not depend on an agent's own action; staying just above the baselines (30 and 24 units) is the
strong incentive.

Formal edition: the wage is a transfer that the worker values more than it costs, and effort is
productive for the employer. A worker who answers to past wages makes a wage of 55 % best.
"""

from collections.abc import Collection, Mapping

from ...formal import FormalGame, ReciprocityPayoff, Transfer, Trust
from ...mechanisms.interdependence import matrix
from ...mechanisms.reciprocity import Reciprocity
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import overridden, register
from ...released import ReleasedGame


@register("GiftExchange-v0", mechanism_class="TR-4")
def released(
    max_steps: int = 100,
    value_params: Mapping | None = None,
    trust_params: Mapping | None = None,
) -> ReleasedGame:
    """Wage and effort between an employer and a more dependent worker."""
    dependence = matrix([[0.0, 0.4], [0.7, 0.0]])
    return ReleasedGame(
        "GiftExchange-v0",
        endowments=(100.0, 80.0),
        baselines=(30.0, 24.0),
        horizon=max_steps,
        dependence=dependence,
        value=overridden(ValueParameters(), value_params, "value_params"),
        trust=overridden(TrustParameters(), trust_params, "trust_params"),
        mechanisms=(
            Reciprocity(
                dependence,
                mean_endowment=90.0,
                rho_0=1.2,
                eta=1.5,
                memory=3,
                lambda_R=1.2,
                omega=0.8,
            ),
        ),
        display_names=("Employer", "Worker"),
    )


@register("GiftExchange-v1", mechanism_class="TR-4", changes=(3, 6, 8, 10))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Employer and worker who trade wage for effort without a contract."""
    return FormalGame(
        "GiftExchange-v1",
        endowments=(100.0, 80.0),
        norms=(0.30, 0.15),
        horizon=max_steps,
        dependence=matrix([[0.0, 0.40], [0.70, 0.0]]),
        gated=True,
        parts=(
            Transfer(theta=10.0, benefits=((0.0, 1.8), (1.0, 0.0))),
            Trust(),
            ReciprocityPayoff(rho_0=1.2, eta=1.5, kappa_R=5.0, memory=3, lambda_R=1.2, omega_D=0.8),
        ),
        switches={"reciprocity": {"lambda_R": 0.0}},
        display_names=("Employer", "Worker"),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
