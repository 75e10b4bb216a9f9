"""IndirectReciprocity: four agents whose actions are seen by all.

Released edition: an action is directed at nobody and there is no image score, so every observer
sees the same signal of an agent, as in the dyad. The reciprocity multiplier stays within 1.73 % of
one and does not depend on an agent's own action; the best constant is 32 %, just above the
baseline of 30 units.

Formal edition: help is split among the others by their image, and helping builds one's own. The
relational term answers to the partners' image as well.
"""

from collections.abc import Collection, Mapping

from ...engine import within
from ...formal import FormalGame, ImageAllocation, ReciprocityPayoff, Standing, Trust
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


@register("IndirectReciprocity-v1", mechanism_class="TR-4", changes=(2, 3, 6, 8, 9))
def formal(
    n_agents: int = 4,
    max_steps: int = 150,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Population in which help goes to those with a good image."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "IndirectReciprocity-v1",
        endowments=(100.0,) * n_agents,
        norms=0.30,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.40),
        gated=True,
        parts=(
            ImageAllocation(theta=10.0, m=1.7, v_0=0.25),
            Trust(),
            ReciprocityPayoff(rho_0=0.8, eta=1.0, kappa_R=5.0, memory=0, lambda_R=2.0, omega_D=0.5),
            Standing(eta_sigma=0.25),
        ),
        switches={"reciprocity": {"lambda_R": 0.0}, "image": {"image": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
