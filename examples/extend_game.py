"""Orchard: two growers, whose trees bear the more the better both tend them.

    snakemake --config extend='[examples/extend_game.py]' environments='[Orchard]' \
        train_on=all policies='[IPPO, Central_PPO]' steps=4096 study=orchard

A game is composed of parts: first what actions yield, then trust and what follows from it. All runs
of it are batched, so that certificates and reference policies take seconds. `envs/games` holds
twenty games to start from.
"""

from collections.abc import Collection, Mapping

from coopetition import envs
from coopetition.envs.formal import FormalGame, Synergy, Trust, TrustPayoff
from coopetition.envs.mechanisms.interdependence import symmetric


@envs.register("Orchard-v1", "TR-2")
def orchard(
    max_steps: int = 40,
    params: Mapping | None = None,
    without: Collection = (),
) -> FormalGame:
    """Pair of growers whose trees bear the more the better both tend them."""
    return FormalGame(
        "Orchard-v1",
        endowments=(60.0, 40.0),
        norms=0.40,
        horizon=max_steps,
        dependence=symmetric(2, 0.50),
        parts=(
            Synergy(theta=8.0, gamma=0.75),
            Trust(
                lambda_plus=0.15,
                lambda_minus=0.45,
                mu_R=0.50,
                delta_R=0.02,
                xi=0.60,
                kappa=5.0,
                initial_trust=0.50,
            ),
            TrustPayoff(rho=0.8),
        ),
        switches={"trust_payoff": {"rho": 0.0}},
        params=params,
        without=without,
        display_names=("hillside", "valley"),
    )
