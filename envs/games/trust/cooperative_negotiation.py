"""CooperativeNegotiation: two equal agents whose close actions become an agreement.

Released edition: actions within 10 units of each other are the agreement from the next step on,
and a later action more than 10 units off one's own agreed level is a breach, for which both pay 3
per unit of their own deviation, whatever the reward mode. A breach touches neither trust nor the
agreement, which steps of less than 10 units move anywhere; it is shown one step late.

Formal edition: offers within 10 % of each other become a contract at the lower one for ten steps.
Who falls short of it pays the partner for the shortfall; a shortfall above 10 % ends the contract
at once and is read as the worst signal. No temptation is left inside a contract, only between
contracts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine import Array, Game, Seed, State, within
from ...formal import Contract, FormalGame, Synergy, Trust, TrustPayoff
from ...mechanisms import Mechanism, Step
from ...mechanisms.interdependence import symmetric
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

ENDOWMENT = 100.0


@register("CooperativeNegotiation-v0", mechanism_class="TR-2")
def released(
    agreement_threshold: float = 10.0,
    breach_penalty_multiplier: float = 3.0,
    negotiation_rounds: int = 5,
    max_steps: int = 100,
) -> ReleasedGame:
    """Pair whose similar actions bind it, with a penalty for a breach.

    `negotiation_rounds` is a parameter of the released constructor and has no effect in it.
    """
    within("agreement_threshold", agreement_threshold, 0)
    within("breach_penalty_multiplier", breach_penalty_multiplier, 0)
    return ReleasedGame(
        "CooperativeNegotiation-v0",
        endowments=(ENDOWMENT, ENDOWMENT),
        baselines=(35.0, 35.0),
        horizon=max_steps,
        dependence=symmetric(2, 0.55),
        value=ValueParameters(theta=20.0, gamma=0.60),
        trust=TrustParameters(
            lambda_plus=0.12,
            lambda_minus=0.40,
            mu_R=0.65,
            delta_R=0.02,
            xi=0.55,
            kappa=1.2,
            initial_trust=0.50,
        ),
        mechanisms=(Agreement(agreement_threshold, breach_penalty_multiplier),),
    )


@dataclass(frozen=True)
class Agreement(Mechanism):
    """The agreed levels of two agents, and the penalty of leaving them.

    Attributes:
        threshold: largest distance, in action units, of two actions that agree, and of an action
            from its agreed level that is no breach.
        penalty: reward units per action unit of deviation in a step with a breach.
    """

    threshold: float
    penalty: float

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """No agreement: levels of zero and a flag that says so."""
        batch = len(seeds)
        return {
            "agreement": np.zeros((batch, 2), np.float32),
            "agreement_exists": np.zeros(batch, bool),
            "shown_agreement": np.zeros((batch, 3), np.float32),
            "agreements": np.zeros(batch, np.int64),
            "breaches": np.zeros(batch, np.int64),
        }

    def update(self, game: Game, step: Step) -> None:
        """Judge the actions by the agreement in force, then let them become the next one."""
        before, actions = step.before, step.actions
        agreed, exists = before["agreement"], before["agreement_exists"]
        reached = np.abs(actions[:, 0] - actions[:, 1]) <= self.threshold
        deviations = np.abs(actions - agreed)
        breached = exists & (deviations > self.threshold).any(axis=1)
        step.terms |= {
            "agreement_reached": reached,
            "breach_occurred": breached,
            "breach_penalty": self.penalty * deviations * breached[:, None],
        }
        step.after |= {
            "agreement": np.where(reached[:, None], actions, agreed),
            "agreement_exists": exists | reached,
            "shown_agreement": np.column_stack([agreed, exists.astype(np.float32)]),
            "agreements": before["agreements"] + reached,
            "breaches": before["breaches"] + breached,
        }

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Subtract the penalty."""
        return rewards - terms["breach_penalty"]

    def observation(self, game: Game, state: State, normalize: bool) -> Array:
        """Agreed levels and flag of before the step, [B, 3]."""
        shown = state["shown_agreement"]
        return shown / np.append(game.endowments, np.float32(1)) if normalize else shown

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """What happened to the agreement, and the agreement after it, after a step only."""
        if terms is None:
            return {}
        exists = state["agreement_exists"][copy]
        first, second = state["actions"][copy].tolist()
        return {
            "agreement_reached": bool(terms["agreement_reached"][copy]),
            "current_agreement": state["agreement"][copy].tolist() if exists else None,
            "breach_occurred": bool(terms["breach_occurred"][copy]),
            "total_agreements": int(state["agreements"][copy]),
            "total_breaches": int(state["breaches"][copy]),
            "proposal_convergence": 1 - abs(first - second) / ENDOWMENT,
        }


@register("CooperativeNegotiation-v1", mechanism_class="TR-2", changes=(1, 2, 3, 6, 7, 15))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pair whose close offers become contracts, with damages for falling short of them."""
    return FormalGame(
        "CooperativeNegotiation-v1",
        endowments=(100.0, 100.0),
        norms=0.35,
        horizon=max_steps,
        dependence=symmetric(2, 0.55),
        gated=True,
        parts=(
            Synergy(theta=10.0, gamma=0.60),
            Trust(
                lambda_plus=0.12,
                lambda_minus=0.40,
                mu_R=0.65,
                delta_R=0.02,
                xi=0.55,
                kappa=6.0,
                initial_trust=0.50,
            ),
            TrustPayoff(rho=1.0),
            Contract(tolerance=0.10, duration=10, damages=1.0),
        ),
        switches={"contract": {"enforced": False}, "trust_payoff": {"rho": 0.0}},
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
