"""SynergySearch: two equal agents whose complementarity is drawn per episode and not shown.

Released edition: the best constant level of the integrated return rises from 41.5 to 42.5 as the
complementarity goes from 0.2 to 0.9, just above the norm of 40, so that knowing it is worth less
than 0.1 %. It stays out of the observation, but `info` says after a step whether it exceeds 0.6.

Formal edition: the complementarity decides whether effort is wasted (optimum 15 % at 0.2) or all
of it pays (100 % at 0.9). Agents see the joint surplus with noise, which does not shrink with
effort while the signal does: to learn, both must try. The preset `full` shows the posterior.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np

from ...engine import Array, Game, Seed, State
from ...formal import FormalGame, HiddenSynergy
from ...mechanisms import Mechanism
from ...mechanisms.interdependence import symmetric
from ...mechanisms.trust import TrustParameters
from ...mechanisms.value import ValueParameters
from ...registry import register
from ...released import ReleasedGame

HIGH = 0.6
# What the released configuration holds; no step uses it, but Oracle_Equilibrium reads it.
PLACEHOLDER = 0.5
STEPS_BEFORE_VARIANCE = 4


@register("SynergySearch-v0", mechanism_class="TR-1")
def released(
    gamma_range: tuple | list = (0.20, 0.90),
    reveal_gamma_in_obs: bool = False,
    max_steps: int = 100,
) -> ReleasedGame:
    """Pair that does not know how much its efforts complement each other.

    Args:
        gamma_range: lowest and highest complementarity, drawn uniformly at reset; in [0, 1].
        reveal_gamma_in_obs: append it to the joint observation.
        max_steps: horizon.
    """
    return ReleasedGame(
        "SynergySearch-v0",
        endowments=(100.0, 100.0),
        baselines=(40.0, 40.0),
        horizon=max_steps,
        dependence=symmetric(2, 0.50),
        value=ValueParameters(theta=20.0, gamma=PLACEHOLDER),
        trust=TrustParameters(
            lambda_plus=0.10,
            lambda_minus=0.30,
            mu_R=0.60,
            delta_R=0.03,
            xi=0.50,
            kappa=1.0,
            initial_trust=0.55,
        ),
        mechanisms=(DrawnComplementarity(*_bounds(gamma_range), reveal_gamma_in_obs),),
        reward_diagnostics=_rewards_so_far,
    )


@dataclass(frozen=True)
class DrawnComplementarity(Mechanism):
    """Gamma of an episode, the first uniform draw of its generator.

    Attributes:
        low, high: bounds of the draw.
        revealed: whether the joint observation shows it.
    """

    low: float
    high: float
    revealed: bool

    def at_mean(self) -> DrawnComplementarity:
        """Gamma at the mean of its draw: payoffs are linear in it."""
        mean = (self.low + self.high) / 2
        return replace(self, low=mean, high=mean)

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Draw; the engine reads `gamma` [B] in place of the parameter."""
        draws = [np.random.default_rng(seed).uniform(self.low, self.high) for seed in seeds]
        return {"gamma": np.array(draws, dtype=np.float64)}

    def observation(self, game: Game, state: State, normalize: bool) -> Array | None:
        """Gamma [B, 1] if it is revealed; it lies in [0, 1] as it is."""
        return state["gamma"][:, None] if self.revealed else None

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Gamma if it is revealed, and whether it is high in any case, after a step only."""
        if terms is None:
            return {}
        gamma = float(state["gamma"][copy])
        return {
            "true_gamma": gamma if self.revealed else None,
            "gamma_type": "high" if gamma > HIGH else "low",
        }


def _bounds(gamma_range: Sequence[float]) -> tuple[float, float]:
    if len(gamma_range) == 2 and all(isinstance(bound, Real) for bound in gamma_range):
        low, high = map(float, gamma_range)
        if 0 <= low <= high <= 1:
            return low, high
    raise ValueError(
        f"gamma_range={gamma_range!r}: must hold two numbers in [0, 1], the lower one first"
    )


def _rewards_so_far(rewards: Array) -> dict[str, Any]:
    """Sums per agent and, from the fourth step on, the variance over steps and agents."""
    info: dict[str, Any] = {"cumulative_rewards": rewards.sum(axis=0).tolist()}
    if len(rewards) >= STEPS_BEFORE_VARIANCE:
        info["reward_variance"] = float(rewards.var())
    return info


@register("SynergySearch-v1", mechanism_class="TR-1", changes=(1, 2, 3, 23))
def formal(
    max_steps: int = 100,
    params: Mapping | None = None,
    without: Collection = (),
    tremble: float = 0.0,
    t0_noise: float = 0.0,
) -> FormalGame:
    """Pair that must find out by joint effort how much its efforts complement each other."""
    return FormalGame(
        "SynergySearch-v1",
        endowments=(100.0, 100.0),
        norms=0.40,
        horizon=max_steps,
        dependence=symmetric(2, 0.50),
        parts=(HiddenSynergy(theta=10.0, gamma_low=0.20, gamma_high=0.90, noise=40.0),),
        params=params,
        without=without,
        tremble=tremble,
        t0_noise=t0_noise,
    )
