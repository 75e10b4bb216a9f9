"""The released edition (`-v0`): one step exactly as the published code computes it.

Order of a step (spec A.8): clip, trust and damage, private payoffs, collective action,
reciprocity, counters and flags. Precision is part of it: actions, payoffs and weights are
float32, trust and damage float64, sums over agents float64, and a reward is rounded once.
Multipliers act on rewards after the reward mode has been applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from . import observations
from .engine import Array, Game, Mode, Outcome, Seed, State, cache_sized, choose, constant, row_sum
from .mechanisms import Mechanism, Step
from .mechanisms.interdependence import integrated_utilities
from .mechanisms.trust import (
    TrustParameters,
    effective_weights,
    erosion_amplification,
    initial_trust,
    off_diagonal_mean,
    signals,
    update_trust,
)
from .mechanisms.value import ValueParameters, individual_value, private_payoffs, synergy
from .rewards import REWARD_MODES, mix_released


class ReleasedGame(Game):
    """A game of the released edition, composed by a file in `envs/games`.

    Args:
        id: registered name.
        endowments: [N] upper bound of each agent's action.
        baselines: [N] action at which the trust signal is zero.
        horizon: steps per episode.
        dependence: [N, N] interdependence matrix, zero diagonal.
        value: value function.
        trust: trust dynamics; None keeps trust at one.
        mechanisms: further parts, applied in this order.
        alpha: [N] bargaining shares, 1/N each by default.
        terminates: rule that ends the game early, a function of the new state giving [B] bool;
            `str` of it says the rule in words.
        display_names: readable names of the agents.
        extra_info: further `info` entries of the released code for one copy.
        reward_diagnostics: see `Game`.

    Raises:
        ValueError: a size, a share or the horizon is out of range.
    """

    def __init__(
        self,
        id: str,
        *,
        endowments: Sequence[float],
        baselines: Sequence[float],
        horizon: int,
        dependence: Array,
        value: ValueParameters,
        trust: TrustParameters | None,
        mechanisms: Sequence[Mechanism] = (),
        alpha: Sequence[float] | None = None,
        terminates: Callable[[State], Array] | None = None,
        display_names: Sequence[str] | None = None,
        extra_info: Callable[[State, int], dict[str, Any]] | None = None,
        reward_diagnostics: Callable[[Array], dict[str, Any]] | None = None,
    ) -> None:
        n_agents = len(endowments)
        if horizon < 1:
            raise ValueError(f"max_steps={horizon}: an episode has at least 1 step")
        if len(baselines) != n_agents or dependence.shape != (n_agents, n_agents):
            raise ValueError(f"{id}: baselines and dependence must fit {n_agents} agents")
        shares = [1.0 / n_agents] * n_agents if alpha is None else list(alpha)
        if len(shares) != n_agents or abs(sum(shares) - 1) > 1e-3:
            raise ValueError(f"{id}: alpha must hold {n_agents} shares that sum to one")
        self.id = id
        self.endowments = constant(endowments, np.float32)
        self.baselines = constant(baselines, np.float32)
        self.alpha = constant(shares, np.float32)
        self.dependence = constant(dependence, np.float32)
        self.amplification = erosion_amplification(trust, self.dependence)
        self.horizon = horizon
        self.value = value
        self.trust = trust
        self.mechanisms = tuple(mechanisms)
        self.terminates = terminates
        self.termination_rule = "" if terminates is None else str(terminates)
        self.extra_info = extra_info
        self.reward_diagnostics = reward_diagnostics
        self.display_names = tuple(display_names or (f"Agent {i}" for i in range(n_agents)))

    def reset(self, seeds: Sequence[Seed]) -> State:
        """Start one episode per seed; the seeds matter only to a mechanism that draws."""
        batch = len(seeds)
        state = {
            "t": np.zeros(batch, np.int64),
            "actions": np.repeat(self.baselines[None, :], batch, axis=0),
            **initial_trust(self.trust, batch, self.n_agents),
        }
        for mechanism in self.mechanisms:
            state |= mechanism.reset(self, seeds)
        return state

    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions; see `Game.step`."""
        return self._advance(state, self.check_actions(actions, len(state["t"])))

    def _advance(self, state: State, raw: Array) -> tuple[State, Outcome]:
        """One step with the cooperation of the agents, [B, N] float32, before it is clipped."""
        clipped = np.minimum(np.maximum(raw, 0.0), self.endowments)
        step = Step(before=state, after=dict(state), raw_actions=raw, actions=clipped)
        after, terms = step.after, step.terms
        after["t"] = state["t"] + 1
        after["actions"] = clipped
        if self.trust is not None:
            after["trust"], after["damage"] = update_trust(
                self.trust,
                state["trust"],
                state["damage"],
                signals(self.trust, clipped - self.baselines),
                self.amplification,
            )
        value = terms["value"] = individual_value(self.value, clipped)
        surplus = terms["surplus"] = self._synergy(state, clipped)
        base = private_payoffs(self.endowments, self.alpha, clipped, value, surplus)
        terms["base_payoffs"] = base
        terms["shares"] = clipped / self.endowments
        terms["trust"], terms["damage"] = after["trust"], after["damage"]
        for mechanism in self.mechanisms:
            mechanism.update(self, step)
        payoffs = self._transform(terms, base.astype(np.float32))
        terminated = np.zeros(len(raw), bool) if self.terminates is None else self.terminates(after)
        return after, Outcome(payoffs, terminated, after["t"] >= self.horizon, terms)

    @property
    def joint_action_high(self) -> Array:
        """The largest endowment for all, as released; more than the own one is clipped."""
        return np.full(self.n_agents, self.endowments.max(), np.float32)

    def reward_mode(self, mode: Mode) -> Mode:
        """One of the three names; the mutuality dial belongs to the formal edition."""
        if isinstance(mode, Real):
            raise ValueError(
                f"reward_mode={mode!r}: {self.id} has the modes {', '.join(REWARD_MODES)}; a "
                f"mutuality needs the formal edition, {self.id.rpartition('-')[0]}-v1"
            )
        return choose("reward_mode", mode, REWARD_MODES)

    def rewards(self, outcome: Outcome, mode: Mode) -> Array:
        """Rewards [B, N] float32: mix by mode, then multiply, as released."""
        if mode == "private":
            return outcome.payoffs
        mixed = mix_released(mode, self._utilities(outcome.terms))
        return self._transform(outcome.terms, mixed)

    def _synergy(self, state: State, actions: Array, rows: slice = slice(None)) -> Array:
        """Surplus [B] of the rows; a game that draws gamma keeps it in its state."""
        gamma = state["gamma"][rows] if "gamma" in state else None
        return synergy(self.value, actions, gamma)

    def _utilities(self, terms: dict[str, Any]) -> Array:
        """U, [B, N] float64, found once per step however many modes ask for it."""
        if "utilities" not in terms:
            trust, damage, payoffs = terms["trust"], terms["damage"], terms["base_payoffs"]
            terms["utilities"] = np.empty_like(payoffs)
            for part in cache_sized(trust):
                weights = effective_weights(trust[part], damage[part], self.dependence)
                terms["utilities"][part] = integrated_utilities(payoffs[part], weights)
        return terms["utilities"]

    def _transform(self, terms: dict[str, Any], rewards: Array) -> Array:
        for mechanism in self.mechanisms:
            rewards = mechanism.transform(terms, rewards)
        return rewards

    def mean_trust(self, state: State) -> Array:
        """Mean raw trust between different agents, [B]."""
        return off_diagonal_mean(state["trust"])

    def joint_observation(self, state: State) -> Array:
        """The published joint observation; see `observations.published_joint`."""
        return observations.published_joint(self, state)

    def central_observation(self, state: State) -> Array:
        """The joint state in [-1, 1]; see `observations.central`."""
        return observations.central(self, state)

    def agent_observation(self, state: State, preset: str, normalize: bool) -> Array:
        """Observations per agent; see `observations.per_agent`."""
        return observations.per_agent(self, state, preset, normalize)

    def info(self, state: State, outcome: Outcome | None, copy: int = 0) -> dict[str, Any]:
        """The released `info` of one copy, with its keys and units."""
        row = slice(copy, copy + 1)
        actions = state["actions"][row]
        if outcome is None:
            terms, shares = None, actions / self.endowments
            value = individual_value(self.value, actions)
            surplus = self._synergy(state, actions, row)
        else:
            terms, shares = outcome.terms, outcome.terms["shares"][row]
            value, surplus = outcome.terms["value"][row], outcome.terms["surplus"][row]
        info: dict[str, Any] = {
            "step": int(state["t"][copy]),
            "mean_trust": float(off_diagonal_mean(state["trust"][row])[0]),
            "mean_reputation_damage": float(off_diagonal_mean(state["damage"][row])[0]),
            "total_value": float(row_sum(value)[0] + surplus[0]),
            "mean_cooperation": float(row_sum(actions)[0] / self.n_agents),
            "cooperation_rate": float(row_sum(shares)[0] / self.n_agents),
        }
        if outcome is not None:
            info["actions"] = actions[0].copy()
        if self.extra_info is not None:
            info |= self.extra_info(state, copy)
        for mechanism in self.mechanisms:
            info |= mechanism.info(self, state, terms, copy)
        return info
