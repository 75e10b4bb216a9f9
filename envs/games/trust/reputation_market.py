"""ReputationMarket: equal agents paid by the tier of their public reputation.

Released edition: reputation moves by a tenth of the share above one half, so that any constant
level from 53 % on reaches the top tier within the horizon. The factor of the tier, from 0.40 to
1.30, multiplies the reward of every mode after mixing: cooperative rewards differ between agents.
Reputation is shown one step late, and an action beyond the endowment counts in full for it.

Formal edition: the tier of the public standing multiplies an agent's share of the synergy, not its
own production. The four tiers are plateaus, with equilibria at their limits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine import Array, Game, State, within
from ...formal import FormalGame, Standing, Synergy, Tiers, Trust, TrustPayoff
from ...mechanisms import Mechanism, Step
from ...mechanisms.interdependence import symmetric
from ...mechanisms.reputation import AccumulatedReputation
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

TIERS = ("excluded", "probation", "standard", "premium")
# Lowest reputation of every tier but the first, compared in float32 as released.
TIER_FLOORS = np.array([0.25, 0.50, 0.80], np.float32)
TIER_FACTORS = np.array([0.40, 0.70, 1.00, 1.30])


@register("ReputationMarket-v0", mechanism_class="TR-2")
def released(
    n_agents: int = 5,
    reputation_visibility: float = 1.0,
    tier_enabled: bool = True,
    max_steps: int = 100,
) -> ReleasedGame:
    """Market of equals whose reputation decides how well they are paid.

    Args:
        n_agents: number of agents, at least 2.
        reputation_visibility: one minus the standard deviation of the noise on the reputations
            that the joint observation shows; in [0, 1].
        tier_enabled: whether tiers multiply rewards.
        max_steps: horizon.
    """
    within("n_agents", n_agents, 2)
    within("reputation_visibility", reputation_visibility, 0, 1)
    return ReleasedGame(
        "ReputationMarket-v0",
        endowments=(100.0,) * n_agents,
        baselines=(35.0,) * n_agents,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.35),
        value=ValueParameters(theta=18.0, gamma=0.50),
        trust=TrustParameters(
            lambda_plus=0.10,
            lambda_minus=0.30,
            mu_R=0.55,
            delta_R=0.015,
            xi=0.45,
            kappa=1.0,
            initial_trust=0.50,
        ),
        mechanisms=(AccumulatedReputation(1 - reputation_visibility), TierFactors(tier_enabled)),
    )


@dataclass(frozen=True)
class TierFactors(Mechanism):
    """Rewards are multiplied by the factor of the agent's tier, in float64 as released.

    Attributes:
        enabled: whether they are; `info` names the tiers in any case.
    """

    enabled: bool

    def update(self, game: Game, step: Step) -> None:
        """Find the factor [B, N] of the reputation after this step."""
        if self.enabled:
            step.terms["tier_factors"] = TIER_FACTORS[_tiers(step.after["reputation"])]

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Multiply."""
        return rewards * terms["tier_factors"] if self.enabled else rewards

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Tiers and the distribution of reputation, after a step only."""
        if terms is None:
            return {}
        reputation = state["reputation"][copy]
        return {
            "agent_tiers": [TIERS[tier] for tier in _tiers(reputation)],
            "mean_reputation": float(reputation.mean()),
            "reputation_inequality": float(reputation.std()),
        }


def _tiers(reputation: Array) -> Array:
    """Position of each reputation's tier in `TIERS`."""
    return np.searchsorted(TIER_FLOORS, reputation, side="right")


@register("ReputationMarket-v1", mechanism_class="TR-2", changes=(1, 2, 3, 6, 7, 13, 14))
def formal(
    n_agents: int = 5,
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Market whose access follows the tier of an agent's public standing."""
    within("n_agents", n_agents, 2)
    return FormalGame(
        "ReputationMarket-v1",
        endowments=(100.0,) * n_agents,
        norms=0.35,
        horizon=max_steps,
        dependence=symmetric(n_agents, 0.35),
        gated=True,
        parts=(
            Synergy(theta=9.0, gamma=0.50),
            Tiers(),
            Trust(
                lambda_plus=0.10,
                lambda_minus=0.30,
                mu_R=0.55,
                delta_R=0.015,
                xi=0.45,
                kappa=5.0,
                initial_trust=0.50,
            ),
            TrustPayoff(rho=1.0),
            Standing(eta_sigma=0.1),
        ),
        switches={
            "tiers": {"premium": 1.0, "standard": 1.0, "probation": 1.0, "excluded": 1.0},
            "trust_payoff": {"rho": 0.0},
        },
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
