"""Trust and reputation damage (TR-2): slow to build, quick to erode, with a memory of violations.

T[i, j] is the trust of i in j, R[i, j] the damage that i holds against j; the ceiling of trust is
1 - R. The signal s_j = tanh(kappa (a_j - b_j)) is the same for every observer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ..engine import (
    SHORT_AXIS,
    Array,
    Game,
    Seed,
    State,
    cache_sized,
    off_diagonal,
    row_sum,
)
from . import Mechanism, Step


@dataclass(frozen=True)
class TrustParameters:
    """Parameters of the trust dynamics, named as in the technical report TR-2.

    Attributes:
        lambda_plus: building rate, in (0, 1].
        lambda_minus: erosion rate, in (0, 1]; above `lambda_plus` it is the negativity bias.
        mu_R: damage of a violation, in [0, 1].
        delta_R: decay of damage in a step without violation, in [0, 1].
        xi: how much dependence amplifies erosion, at least 0.
        kappa: sensitivity of the signal per action unit, positive.
        initial_trust, initial_reputation: T and R of every pair at reset, in [0, 1].
    """

    lambda_plus: float = 0.10
    lambda_minus: float = 0.30
    mu_R: float = 0.60
    delta_R: float = 0.03
    xi: float = 0.50
    kappa: float = 1.0
    initial_trust: float = 0.50
    initial_reputation: float = 0.0

    def __post_init__(self) -> None:
        for name in ("lambda_plus", "lambda_minus"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)}: must lie in (0, 1]")
        for name in ("mu_R", "delta_R", "initial_trust", "initial_reputation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}={getattr(self, name)}: must lie in [0, 1]")
        if not self.xi >= 0:
            raise ValueError(f"xi={self.xi}: must not be negative")
        if not self.kappa > 0:
            raise ValueError(f"kappa={self.kappa}: must be positive")


def initial_trust(parameters: TrustParameters | None, batch: int, n_agents: int) -> State:
    """Trust and damage at reset, [B, N, N]; without parameters trust is one and stays so."""
    if parameters is None:
        shape = (batch, n_agents, n_agents)
        return {"trust": np.ones(shape, np.float32), "damage": np.zeros(shape, np.float32)}
    off_diagonal = 1.0 - np.eye(n_agents)
    trust = np.eye(n_agents) + parameters.initial_trust * off_diagonal
    damage = parameters.initial_reputation * off_diagonal
    return {
        "trust": np.broadcast_to(trust, (batch, *trust.shape)).copy(),
        "damage": np.broadcast_to(damage, (batch, *damage.shape)).copy(),
    }


def erosion_amplification(parameters: TrustParameters | None, dependence: Array) -> Array:
    """1 + xi D, how dependence amplifies erosion; [N, N], rounded to float32 as released."""
    xi = 0.0 if parameters is None else parameters.xi
    return (1 + xi * dependence).astype(np.float64)


def signals(parameters: TrustParameters, deviations: Array) -> Array:
    """Signals tanh(kappa (a - b)) of the released edition, [B, N] float64, computed in float32."""
    return np.tanh(np.float32(parameters.kappa) * deviations).astype(np.float64)


class _Rates(Protocol):
    """What the rule reads of the parameters of either edition."""

    @property
    def lambda_plus(self) -> float: ...
    @property
    def lambda_minus(self) -> float: ...
    @property
    def mu_R(self) -> float: ...  # noqa: N802
    @property
    def delta_R(self) -> float: ...  # noqa: N802


def update_trust(
    parameters: _Rates,
    trust: Array,
    damage: Array,
    signals: Array,
    amplification: Array,
    *,
    new_ceiling: bool = False,
) -> tuple[Array, Array]:
    """One step of trust and damage, all pairs at once from old values (TR-2; spec A.6).

    Args:
        parameters: rates and sensitivities.
        trust: [B, N, N] float64.
        damage: [B, N, N] float64.
        signals: [B, N] float64 in [-1, 1], the same for every observer.
        amplification: [N, N] or [B, N, N] float64, see `erosion_amplification`.
        new_ceiling: clip trust to the ceiling that the new damage leaves (formal edition)
            instead of the old one.

    Returns:
        New trust, clipped to the ceiling 1 - R, and new damage.
    """
    amplification = np.broadcast_to(amplification, trust.shape)
    new_trust, new_damage = np.empty_like(trust), np.empty_like(damage)
    for part in cache_sized(trust):
        _update_part(
            parameters,
            (trust[part], damage[part], signals[part]),
            amplification[part],
            (new_trust[part], new_damage[part]),
        )
    if new_ceiling:
        np.minimum(new_trust, 1.0 - new_damage, out=new_trust)
    return new_trust, new_damage


def _update_part(
    parameters: _Rates,
    before: tuple[Array, Array, Array],
    amplification: Array,
    after: tuple[Array, Array],
) -> None:
    """Write new trust and damage of some copies; no temporary outlives its use."""
    trust, damage, signals = before
    new_trust, new_damage = after
    batch, n_agents = signals.shape
    seen = signals[:, None, :]
    if n_agents < SHORT_AXIS:
        seen = seen.repeat(n_agents, axis=1)  # broadcasting along a short axis is slow
    loss = np.minimum(seen, 0.0)
    ceiling = 1.0 - damage

    # Building and erosion never meet in one pair: one of the two is exactly zero.
    np.subtract(ceiling, trust, out=new_trust)
    np.maximum(new_trust, 0.0, out=new_trust)
    new_trust *= parameters.lambda_plus * np.maximum(seen, 0.0)
    work = (parameters.lambda_minus * loss) * trust
    work *= amplification
    new_trust += work
    new_trust += trust
    np.maximum(new_trust, 0.0, out=new_trust)
    np.minimum(new_trust, ceiling, out=new_trust)

    # Rates are at most one, so that damage stays in [0, 1] without being clipped.
    np.multiply(ceiling, -parameters.mu_R * loss, out=new_damage)
    np.multiply(parameters.delta_R * (seen >= 0), damage, out=work)
    new_damage -= work
    new_damage += damage

    new_trust.reshape(batch, -1)[:, :: n_agents + 1] = 1.0
    new_damage.reshape(batch, -1)[:, :: n_agents + 1] = 0.0


def effective_weights(trust: Array, damage: Array, dependence: Array) -> Array:
    """w_ij = D_ij min(T_ij, 1 - R_ij), [B, N, N] float32."""
    effective = 1.0 - damage
    np.minimum(trust, effective, out=effective)
    return dependence * effective.astype(np.float32)


def off_diagonal_mean(matrices: Array) -> Array:
    """Mean over ordered pairs of different agents, [B]."""
    pairs = off_diagonal(matrices.shape[-1])
    return row_sum(matrices.reshape(len(matrices), -1).take(pairs, axis=1)) / len(pairs)


@dataclass(frozen=True)
class MeanTrustBelow:
    """Termination rule: mean trust between different agents falls below a threshold."""

    threshold: float

    def __call__(self, state: State) -> Array:
        """Which copies end, [B] bool."""
        return off_diagonal_mean(state["trust"]) < self.threshold

    def __str__(self) -> str:
        return f"mean trust below {self.threshold:g}"


@dataclass(frozen=True)
class MeanTrustReaches:
    """Termination rule: mean trust between different agents reaches a target."""

    target: float

    def __call__(self, state: State) -> Array:
        """Which copies end, [B] bool."""
        return off_diagonal_mean(state["trust"]) >= self.target

    def __str__(self) -> str:
        return f"mean trust of {self.target:g} or more"


def trust_in_hub(trust: Array) -> Array:
    """Mean trust of the other agents in agent 0, [B]."""
    others = trust[:, 1:, 0]
    return row_sum(others) / others.shape[1]


@dataclass(frozen=True)
class TrustInHubBelow:
    """Termination rule: the others' mean trust in agent 0 falls below a threshold."""

    threshold: float

    def __call__(self, state: State) -> Array:
        """Which copies end, [B] bool."""
        return trust_in_hub(state["trust"]) < self.threshold

    def __str__(self) -> str:
        return f"mean trust in agent_0 below {self.threshold:g}"


class CooperationCounts(Mechanism):
    """Counts, per agent, the steps at or above and below the baseline (diagnostics only)."""

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """No steps counted yet."""
        return {"cooperations": np.zeros((len(seeds), game.n_agents), np.int64)}

    def update(self, game: Game, step: Step) -> None:
        """Count the step of every agent whose unclipped action reaches its baseline."""
        reached = step.raw_actions >= game.baselines
        step.after["cooperations"] = step.before["cooperations"] + reached

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Counts and rates, after a step only."""
        if terms is None:
            return {}
        counts = state["cooperations"][copy]
        steps = int(state["t"][copy])
        return {
            "defection_counts": (steps - counts).tolist(),
            "cooperation_counts": counts.tolist(),
            "cooperation_rates": (counts / steps).tolist(),
        }
