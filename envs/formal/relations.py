"""Trust, and what it is worth: the relational payoff of the formal edition (sections 3.2, 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from ..engine import Array, State, off_diagonal, row_sum
from ..mechanisms.trust import off_diagonal_mean, update_trust
from ..registry import Range
from .game import FormalGame
from .part import Block, Count, Draws, NonNegative, Numbers, Part, Share, Step
from .records import Standing


@dataclass(frozen=True)
class Trust(Part):
    """Trust T and damage R of every ordered pair, with the ceiling T <= 1 - R at all times.

    Attributes:
        lambda_plus, lambda_minus: building and erosion rates.
        mu_R, delta_R: damage of a violation, and its decay.
        xi: how much dependence amplifies erosion.
        kappa: sensitivity of the signal tanh(kappa (x - b)), per share of the endowment.
        initial_trust, initial_damage: T and R at reset, a number or a matrix [N, N].
    """

    lambda_plus: Share = 0.10
    lambda_minus: Share = 0.30
    mu_R: Share = 0.60
    delta_R: Share = 0.03
    xi: NonNegative = 0.50
    kappa: NonNegative = 5.0
    initial_trust: Annotated[float | Numbers, Range(0, 1)] = 0.50
    initial_damage: Share = 0.0

    def check(self, game: FormalGame) -> None:
        """Initial trust is one number or a matrix."""
        shape = np.shape(self.initial_trust)
        if shape not in ((), game.dependence.shape):
            raise ValueError(
                f"{game.id}: initial_trust of shape {shape}: must be one number or have shape "
                f"{game.dependence.shape}"
            )

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Initial matrices [B, N, N], trust under its ceiling."""
        shape = (draws.batch, game.n_agents, game.n_agents)
        trust = np.broadcast_to(np.asarray(self.initial_trust, np.float64), shape).copy()
        if game.t0_noise > 0:
            pairs = off_diagonal(game.n_agents)
            half = game.t0_noise
            noise = draws.each(lambda g: g.uniform(-half, half, len(pairs)), len(pairs))
            trust.reshape(draws.batch, game.n_agents**2)[:, pairs] += noise
        damage = np.full(shape, float(self.initial_damage))
        trust = np.clip(trust, 0.0, 1 - damage)
        return {"trust": _diagonal(trust, 1.0), "damage": _diagonal(damage, 0.0)}

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Leave the signals of this step, [B, N]."""
        step.terms["signals"] = np.tanh(self.kappa * (step.shares - game.norms))

    def update(self, game: FormalGame, step: Step) -> None:
        """Move trust and damage; a breach of contract is read as the worst signal."""
        signals = step.terms["signals"]
        if "breach" in step.terms:
            signals = np.where(step.terms["breach"], -1.0, signals)
        amplification = 1 + self.xi * step.terms["dependence"]
        step.after["trust"], step.after["damage"] = update_trust(
            self,
            step.before["trust"],
            step.before["damage"],
            signals,
            amplification,
            new_ceiling=True,
        )

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """Trust and damage."""
        return [Block("trust", state["trust"], "pairs"), Block("damage", state["damage"], "pairs")]

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Means over ordered pairs."""
        row = slice(copy, copy + 1)
        return {
            "mean_trust": float(off_diagonal_mean(state["trust"][row])[0]),
            "mean_damage": float(off_diagonal_mean(state["damage"][row])[0]),
        }


def _diagonal(matrices: Array, value: float) -> Array:
    for agent in range(matrices.shape[-1]):
        matrices[:, agent, agent] = value
    return matrices


@dataclass(frozen=True)
class TrustPayoff(Part):
    """Relational payoff of TR-2: partners above the norm make own contribution pay more.

    U_i = e_i psi(x_i) mean_j Gamma_ij sqrt(T_ij T_ji) phi_j, psi(x) = x (2 - x), with
    Gamma = rho and phi_j the trust signal of this step.

    Attributes:
        rho: weight.
    """

    rho: NonNegative = 1.0

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay U_i."""
        pay_relational(game, step, np.float64(self.rho), step.terms["signals"])


@dataclass(frozen=True)
class ReciprocityPayoff(Part):
    """Relational payoff of TR-4: U_i with the memory of what partners did.

    Gamma_ij = lambda_R (1 + omega D_ij) rho_0 D_ij^eta; phi_j = tanh(kappa_R (m_j - b_j)), m_j
    the mean share over the past `memory` steps, or the standing of j where memory is 0.

    Attributes:
        rho_0, eta: sensitivity and its growth with dependence.
        kappa_R: steepness of the response, per share of the endowment.
        memory: length k of the window; 0 for standing.
        lambda_R: weight of the term.
        omega_D: amplification by dependence.
    """

    rho_0: NonNegative = 1.0
    eta: NonNegative = 1.0
    kappa_R: NonNegative = 5.0
    memory: Count = 5
    lambda_R: NonNegative = 1.0
    omega_D: NonNegative = 0.6

    def check(self, game: FormalGame) -> None:
        """A memory of 0 reads the standing, which a part must keep."""
        if self.memory == 0 and not any(isinstance(part, Standing) for part in game.parts):
            raise ValueError(
                f"{game.id}: memory=0 must be at least 1, as the game keeps no standing"
            )

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """A window filled with the initial shares, [B, N, k], oldest first."""
        if self.memory == 0:
            return {}
        window = np.broadcast_to(
            game.initial_shares[None, :, None], (draws.batch, game.n_agents, self.memory)
        )
        return {"window": window.copy()}

    def payoffs(self, game: FormalGame, step: Step) -> None:
        """Pay U_i."""
        if self.memory == 0:
            remembered = step.before["standing"]
        else:
            remembered = _window_mean(step.before["window"])
        dependence = step.terms["dependence"]
        sensitivity = self.rho_0 * dependence**self.eta
        weights = self.lambda_R * (1 + self.omega_D * dependence) * sensitivity
        response = np.tanh(self.kappa_R * (remembered - game.norms))
        pay_relational(game, step, weights, response)

    def update(self, game: FormalGame, step: Step) -> None:
        """Remember this step's shares."""
        if self.memory > 0:
            step.after["window"] = np.concatenate(
                [step.before["window"][:, :, 1:], step.shares[:, :, None]], axis=2
            )

    def blocks(self, game: FormalGame, state: State) -> list[Block]:
        """The window."""
        return [] if self.memory == 0 else [Block("window", state["window"], "agents")]


def _window_mean(window: Array) -> Array:
    """[B, N, k] -> [B, N], added oldest first, so that a batch equals one copy."""
    total = window[:, :, 0].copy()
    for k in range(1, window.shape[2]):
        total += window[:, :, k]
    return total / window.shape[2]


def pay_relational(game: FormalGame, step: Step, weights: Array | float, response: Array) -> None:
    """Pay U_i = e_i psi(x_i) mean_{j != i} weights_ij sqrt(T_ij T_ji) response_j to linked agents.

    Args:
        game: its endowments.
        step: shares, trust before the step and links.
        weights: Gamma, a number, [N, N] or [B, N, N].
        response: phi_j, [B, N].
    """
    shares, trust = step.shares, step.before["trust"]
    effect = trust * trust.transpose(0, 2, 1)
    np.sqrt(effect, out=effect)
    effect *= weights
    effect *= response[:, None, :]
    pull = row_sum(_diagonal(effect, 0.0))
    utility = game.endowments * shares * (2 - shares) * pull / (game.n_agents - 1)
    step.pay("relational", np.where(step.terms["linked"], utility, 0.0))


@dataclass(frozen=True)
class RecoveryClock(Part):
    """Notes the first step at which mean trust has recovered (diagnostics only).

    Attributes:
        recovered_at: mean trust that counts as recovered.
    """

    recovered_at: Share = 0.90

    def reset(self, game: FormalGame, draws: Draws) -> State:
        """Not recovered yet."""
        return {"recovery_step": np.full(draws.batch, -1)}

    def settle(self, game: FormalGame, step: Step) -> None:
        """Note the step once."""
        known = step.before["recovery_step"]
        now = (known < 0) & (off_diagonal_mean(step.after["trust"]) >= self.recovered_at)
        step.after["recovery_step"] = np.where(now, step.after["t"], known)

    def info(
        self, game: FormalGame, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """The step, None before."""
        step = int(state["recovery_step"][copy])
        return {"recovery_step": None if step < 0 else step}
