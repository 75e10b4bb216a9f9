"""RecoveryRace: two equal agents after a crisis, with little trust and much damage.

Released edition: the game ends when mean trust reaches the target of 0.90. Damage, and with it
the ceiling of trust, needs 161 steps without a violation to allow that; the horizon is 150, and
mean trust gets to 0.8735 at best. With a target of 0.80 the constant of 50 % recovers in step 105
with a return of 40,602; the same constant without recovery returns 59,508 in 150 steps.

Formal edition: the same start, with a damage that decays by 3 % per step. Cooperation of 50 % and
more restores a mean trust of 0.90 within 69 to 80 steps, 40 % in 136, 36 % never. Recovery ends
nothing; a trust below 0.05 separates the agents for good.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine import Game, Seed, State, within
from ...formal import Exit, FormalGame, RecoveryClock, Synergy, Trust, TrustPayoff
from ...mechanisms import Mechanism, Step
from ...mechanisms.interdependence import symmetric
from ...mechanisms.trust import MeanTrustReaches, TrustParameters, off_diagonal_mean
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame


@register("RecoveryRace-v0", mechanism_class="TR-2")
def released(
    initial_trust: float = 0.25,
    initial_reputation_damage: float = 0.50,
    recovery_target: float = 0.90,
    max_steps: int = 150,
) -> ReleasedGame:
    """Pair that rebuilds trust after a crisis, up to a target that ends the game."""
    within("initial_trust", initial_trust, 0, 1)
    within("initial_reputation_damage", initial_reputation_damage, 0, 1)
    if not initial_trust < recovery_target <= 1:
        raise ValueError(
            f"recovery_target={recovery_target}: must lie above initial_trust={initial_trust} "
            "and not above 1"
        )
    return ReleasedGame(
        "RecoveryRace-v0",
        endowments=(100.0, 100.0),
        baselines=(35.0, 35.0),
        horizon=max_steps,
        dependence=symmetric(2, 0.55),
        value=ValueParameters(theta=20.0, gamma=0.60),
        trust=TrustParameters(
            lambda_plus=0.08,
            lambda_minus=0.35,
            mu_R=0.70,
            delta_R=0.01,
            xi=0.40,
            kappa=1.0,
            initial_trust=initial_trust,
            initial_reputation=initial_reputation_damage,
        ),
        mechanisms=(RecoveryRecord(initial_trust, recovery_target),),
        terminates=MeanTrustReaches(recovery_target),
    )


@dataclass(frozen=True)
class RecoveryRecord(Mechanism):
    """How far trust has recovered (diagnostics only).

    Attributes:
        start: mean trust at reset, where the highest trust so far begins.
        target: mean trust that counts as recovery.
    """

    start: float
    target: float

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """The highest mean trust so far, [B]."""
        return {"peak_trust": np.full(len(seeds), self.start, np.float64)}

    def update(self, game: Game, step: Step) -> None:
        """Note the highest mean trust."""
        mean = off_diagonal_mean(step.after["trust"])
        step.after["peak_trust"] = np.maximum(step.before["peak_trust"], mean)

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Peak, step of recovery (None before it), ceiling and progress, after a step only."""
        if terms is None:
            return {}
        row = slice(copy, copy + 1)
        mean = float(off_diagonal_mean(state["trust"][row])[0])
        return {
            "peak_trust": float(state["peak_trust"][copy]),
            "recovery_step": int(state["t"][copy]) if mean >= self.target else None,
            "trust_ceiling": 1 - float(off_diagonal_mean(state["damage"][row])[0]),
            "recovery_progress": (mean - self.start) / (self.target - self.start),
        }


@register("RecoveryRace-v1", mechanism_class="TR-2", changes=(1, 2, 3, 6, 7, 12))
def formal(
    max_steps: int = 150,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pair that starts after a crisis and must rebuild trust under a low ceiling."""
    return FormalGame(
        "RecoveryRace-v1",
        endowments=(100.0, 100.0),
        norms=0.35,
        horizon=max_steps,
        dependence=symmetric(2, 0.55),
        gated=True,
        parts=(
            Synergy(theta=10.0, gamma=0.60),
            Trust(
                lambda_plus=0.08,
                lambda_minus=0.35,
                mu_R=0.70,
                delta_R=0.03,
                xi=0.40,
                kappa=5.0,
                initial_trust=0.25,
                initial_damage=0.50,
            ),
            TrustPayoff(rho=1.0),
            Exit(exit_threshold=0.05, holders=(0, 1)),
            RecoveryClock(recovered_at=0.90),
        ),
        switches={
            "crisis": {"initial_trust": 0.5, "initial_damage": 0.0},
            "trust_payoff": {"rho": 0.0},
            "exit": {"exit_threshold": -1.0},
        },
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
