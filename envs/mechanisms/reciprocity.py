"""Reciprocity (TR-4): how a partner's action against its own recent average scales a reward.

In the released code the average includes the current action and is zero in the first step, and
the term is divided by the mean endowment, so it moves a reward by a fraction of a percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from ..engine import Array, Game, Seed, State, row_sum
from . import Mechanism, Step
from .memory import mean_of_last, push

SMALLEST_FACTOR = 0.01


@dataclass(frozen=True, eq=False)
class Reciprocity(Mechanism):
    """Memory-based reciprocity multiplier of the released edition (spec TR-4, sections 3.1-3.3).

    Attributes:
        dependence: [N, N] interdependence matrix.
        mean_endowment: what the term is divided by.
        rho_0: base sensitivity.
        eta: how sensitivity grows with dependence, rho_ij = rho_0 D_ij^eta.
        kappa: steepness of the bounded response tanh(kappa s).
        memory: number k of actions averaged.
        lambda_R: weight of the term.
        omega: amplification by dependence.
    """

    dependence: Array
    mean_endowment: float
    rho_0: float = 1.0
    eta: float = 1.0
    kappa: float = 1.0
    memory: int = 5
    lambda_R: float = 1.0
    omega: float = 0.6

    def reset(self, game: Game, seeds: Sequence[Seed]) -> State:
        """Empty window of past actions (newest last) and zero averages, signals and effects."""
        batch = len(seeds)
        n_agents = len(self.dependence)
        return {
            "window": np.zeros((batch, n_agents, self.memory), np.float32),
            "memory_averages": np.zeros((batch, n_agents), np.float32),
            "signals": np.zeros((batch, n_agents), np.float32),
            "effects": np.zeros((batch, n_agents, n_agents)),
        }

    def update(self, game: Game, step: Step) -> None:
        """Average, signal, pairwise effects, and the factor of each agent, [B, N] float32."""
        actions = step.actions
        window = push(step.before["window"], actions)
        # The current action is in the window, whose width follows the steps completed before it:
        # the average is zero in the first step and the action itself in the second.
        averages = mean_of_last(window, np.minimum(self.memory, step.before["t"]))
        signals = actions - averages
        response = np.tanh(np.float32(self.kappa) * signals)
        amplification, sensitivity = self._constants
        effects = self.lambda_R * step.after["trust"]
        effects *= amplification
        effects *= sensitivity
        effects *= response[:, None, :].repeat(len(self.dependence), axis=1)
        factors = np.maximum(SMALLEST_FACTOR, 1 + row_sum(effects) / self.mean_endowment)
        step.terms["reciprocity"] = factors.astype(np.float32)
        step.after |= {
            "window": window,
            "memory_averages": averages,
            "signals": signals,
            "effects": effects,
        }

    @cached_property
    def _constants(self) -> tuple[Array, Array]:
        dependence = self.dependence.astype(np.float32).astype(np.float64)  # as released
        return 1 + self.omega * dependence, self.rho_0 * dependence**self.eta

    def transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        """Multiply."""
        return rewards * terms["reciprocity"]

    def info(
        self, game: Game, state: State, terms: dict[str, Any] | None, copy: int
    ) -> dict[str, Any]:
        """Signals, effects and averages keyed `i->j`, as released."""
        signals = state["signals"][copy].tolist()
        averages = state["memory_averages"][copy].tolist()
        effects = state["effects"][copy].tolist()
        pairs = _pair_names(game.n_agents)
        return {
            "cooperation_signals": {name: signals[j] for name, _, j in pairs},
            "reciprocity_effects": {name: effects[i][j] for name, i, j in pairs},
            "memory_averages": {name: averages[j] for name, _, j in pairs},
            "tr4_memory_window": self.memory,
        }


@cache
def _pair_names(n_agents: int) -> list[tuple[str, int, int]]:
    return [(f"{i}->{j}", i, j) for i in range(n_agents) for j in range(n_agents) if i != j]
