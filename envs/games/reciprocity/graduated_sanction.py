"""GraduatedSanction: a commons of six agents, with reciprocity read as sanction.

Released edition: there is no resource stock and no sanction to choose. The reciprocity multiplier
stays within 1.51 % of one and answers to changes of behaviour: when one agent stops contributing
for good, its own multiplier stays at one, that of the others dips by at most 0.2 % and is back
within ten steps. The best constant is 42 %, just above the baseline of 40 units.

Formal edition: contributions renew a common stock with delay. Who falls short of the rule of 40 %
is fined, up to four times as much after repeated offences, and the fines go to the others: they
enforce the rule (equilibrium 39 %), not the optimum (85 %).
"""

from collections.abc import Collection, Mapping

from ...engine import within
from ...formal import Commons, FormalGame, ReciprocityPayoff, Sanctions, Trust
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


@register("GraduatedSanction-v1", mechanism_class="TR-4", changes=(2, 3, 6, 8, 11))
def formal(
    n_agents: int = 6,
    max_steps: int = 200,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Commons with a rule whose fines grow with repeated offences."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "GraduatedSanction-v1",
        endowments=(100.0,) * n_agents,
        norms=0.40,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.35),
        gated=True,
        parts=(
            Commons(theta=10.0, m=1.6, renewal=0.1, initial_stock=0.4),
            Sanctions(fine=0.5, escalation=1.0),
            Trust(),
            ReciprocityPayoff(
                rho_0=0.6, eta=1.5, kappa_R=4.0, memory=10, lambda_R=1.8, omega_D=1.0
            ),
        ),
        switches={
            "sanctions": {"fine": 0.0},
            "escalation": {"escalation": 0.0},
            "reciprocity": {"lambda_R": 0.0},
        },
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
