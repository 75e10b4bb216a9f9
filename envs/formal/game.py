"""The formal edition (`-v1`): payoffs first, rewards second, Markov state, no early end.

Order of a step (formal edition, section 4.1): clip, base payoff, tiers, loyalty, relational
term, damages, fines; then trust and damage, memory, loyalty, standing, stocks, strikes and
contract from the state before the step; then shocks and links. Everything is float64.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any

import numpy as np

from ..engine import Array, Game, Mode, Outcome, Seed, State, constant, row_sum, within
from ..mechanisms.trust import off_diagonal_mean
from ..registry import Range, checked
from ..rewards import canonical_mode, mix_formal
from . import observations
from .part import COMPONENTS, Draws, Numbers, Part, Shares, Step

NO_NORM = 0.35  # share shown as the last action at reset where no norm is listed
# Types of the parameters that belong to no part.
OWN_TYPES = {
    "endowments": Annotated[float | Numbers, Range(0, open=True)],
    "dependence": Shares,
    "norms": Annotated[float | Numbers, Range(0, 1, open=True)],
    "alpha": Shares,
}


class FormalGame(Game):
    """A game of the formal edition, composed by a file in `envs/games`.

    Args:
        id: registered name.
        endowments: [N] upper bound of each agent's action.
        horizon: steps per episode.
        parts: what the game consists of: the base payoff, then further parts. Payoffs are paid
            and observations are composed in this order.
        dependence: [N, N] interdependence matrix, zero diagonal.
        norms: share of the endowment that trust, loyalty and rules compare with, one for all or
            one per agent; None where the game has no norm.
        alpha: [N] bargaining shares, 1/N each by default.
        initial_shares: last shares shown at reset; the norms by default.
        gated: trust gates the concern for others in the reward layer.
        switches: name of a mechanism -> parameters that neutralise it.
        params: parameters to override, by name.
        without: names of mechanisms to neutralise.
        tremble: standard deviation of a noise on executed shares.
        t0_noise: half width of a uniform noise on initial trust.
        display_names: readable names of the agents.

    Raises:
        ParameterError: an unknown parameter, one of the wrong type or out of its range.
        ValueError: an unknown mechanism, or parameters that do not fit together.
    """

    action_dtype = np.float64

    def __init__(
        self,
        id: str,
        *,
        endowments: Sequence[float],
        horizon: int,
        parts: Sequence[Part],
        dependence: Array,
        norms: float | Sequence[float] | None = None,
        alpha: Sequence[float] | None = None,
        initial_shares: Sequence[float] | None = None,
        gated: bool = False,
        switches: Mapping[str, Mapping[str, Any]] | None = None,
        params: Mapping[str, Any] | None = None,
        without: Collection[str] = (),
        tremble: float = 0.0,
        t0_noise: float = 0.0,
        display_names: Sequence[str] | None = None,
    ) -> None:
        if horizon < 1:
            raise ValueError(f"max_steps={horizon}: an episode has at least 1 step")
        within("tremble", tremble, 0)
        within("t0_noise", t0_noise, 0, 1)
        n_agents = len(endowments)
        own = {
            "endowments": endowments,
            "dependence": dependence,
            "norms": norms,
            "alpha": [1.0 / n_agents] * n_agents if alpha is None else alpha,
        }
        self.switches = dict(switches or {})
        self.parts, own = _composed(id, parts, own, _changes(id, self.switches, params, without))
        self.id = id
        self.horizon = horizon
        self.endowments = _per_agent(id, "endowments", own["endowments"], n_agents)
        self.alpha = _per_agent(id, "alpha", own["alpha"], n_agents)
        self.dependence = constant(own["dependence"], np.float64)
        self.has_norm = own["norms"] is not None
        self.norms = _per_agent(id, "norms", own["norms"] if self.has_norm else NO_NORM, n_agents)
        start = self.norms if initial_shares is None else initial_shares
        self.initial_shares = _per_agent(id, "initial_shares", start, n_agents)
        self.baselines = constant(self.norms * self.endowments, np.float64)
        self.gated = gated
        self.tremble, self.t0_noise = tremble, t0_noise
        self.display_names = tuple(display_names or (f"Agent {i}" for i in range(n_agents)))
        self._check()

    def _check(self) -> None:
        """Raise if parameters that are valid one by one do not fit together."""
        square = (self.n_agents, self.n_agents)
        if abs(self.alpha.sum() - 1) > 1e-9:
            raise ValueError(f"{self.id}: alpha={self.alpha.tolist()} must sum to one")
        if self.dependence.shape != square or self.dependence.diagonal().any():
            raise ValueError(f"{self.id}: dependence must have shape {square} and a zero diagonal")
        if self.t0_noise > 0 and "initial_trust" not in self.values:
            raise ValueError(f"{self.id}: t0_noise={self.t0_noise}: must be 0, there is no trust")
        for part in self.parts:
            part.check(self)

    @property
    def _noise_columns(self) -> int:
        """Normal numbers of a step: one per agent if they tremble, one for a hidden surplus."""
        trembling = self.n_agents if self.tremble > 0 else 0
        return trembling + hasattr(self.parts[0], "noise")

    @property
    def draws(self) -> bool:
        """Does an episode use random numbers?"""
        noisy = self._noise_columns > 0 or self.t0_noise > 0
        return noisy or any(part.draws for part in self.parts)

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter of the game by name, with its value."""
        values = {"endowments": self.endowments, "dependence": self.dependence}
        values |= {"norms": self.norms} if self.has_norm else {}
        values |= {"alpha": self.alpha}
        for part in self.parts:
            values |= _fields(part)
        hidden = {name for part in self.parts for name in part.hides}
        return {name: value for name, value in values.items() if name not in hidden}

    def cap(self, t: Array) -> Array:
        """Cap of loyalty at step t, [B]."""
        for part in self.parts:
            if hasattr(part, "cap"):
                return part.cap(t)
        return np.ones(len(t))

    def reset(self, seeds: Sequence[Seed]) -> State:
        """Start one episode per seed; everything random of the episode is drawn here."""
        batch = len(seeds)
        generators = [np.random.default_rng(seed) for seed in seeds] if self.draws else None
        draws = Draws(generators, batch)
        state: State = {
            "t": np.zeros(batch, np.int64),
            "actions": np.repeat((self.initial_shares * self.endowments)[None], batch, axis=0),
        }
        for part in self.parts:
            state |= part.reset(self, draws)
        if self._noise_columns:
            shape = (self.horizon, self._noise_columns)
            state["noise"] = draws.each(lambda g: g.standard_normal(shape), *shape)
        return state

    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions; see `Game.step`."""
        batch = len(state["t"])
        raw = self.check_actions(actions, batch)
        shares = np.minimum(np.maximum(raw, 0.0), self.endowments) / self.endowments
        terms: dict[str, Any] = {
            "linked": state.get("linked", np.ones((batch, self.n_agents), bool)),
            "members": state.get("members", np.ones((batch, self.n_agents), bool)),
            "gamma": state.get("gamma", getattr(self.parts[0], "gamma", 0.0)),
            "dependence": self.dependence,
        }
        if self._noise_columns:
            noise = state["noise"][np.arange(batch), np.minimum(state["t"], self.horizon - 1)]
            if self.tremble > 0:
                shares = np.clip(shares + self.tremble * noise[:, : self.n_agents], 0.0, 1.0)
            terms["noise"] = noise[:, -1]
        clipped = shares * self.endowments
        step = Step(state, dict(state), clipped, shares, {}, terms)
        step.after["t"] = state["t"] + 1
        step.after["actions"] = clipped
        for part in self.parts:
            part.prepare(self, step)
        for part in self.parts:
            part.payoffs(self, step)
        for part in self.parts:
            part.update(self, step)
        for part in self.parts:
            part.settle(self, step)
        payoffs = sum(step.components.values(), np.zeros(shares.shape))
        terms["components"] = step.components
        terms["payoffs"] = payoffs
        if self.gated:
            terms["gate"] = state["trust"]
        truncated = step.after["t"] >= self.horizon
        return step.after, Outcome(payoffs, np.zeros(batch, bool), truncated, terms)

    @property
    def observation_range(self) -> tuple[float, float]:
        """Bounds of all entries of a raw observation."""
        blocks = [b for part in self.parts for b in part.blocks(self, self.reset([0]))]
        return min([0.0, *(b.low for b in blocks)]), max([1.0, *(b.high for b in blocks)])

    def reward_mode(self, mode: Mode) -> Mode:
        """The mode by its name, or a mutuality between the names; see `rewards.canonical_mode`."""
        return canonical_mode(mode)

    def rewards(self, outcome: Outcome, mode: Mode) -> Array:
        """Rewards [B, N] float64 of a mode or a mutuality in [0, 2] (section 4.2)."""
        mode = canonical_mode(mode)
        if mode == "private":
            return outcome.payoffs
        concern = outcome.terms["dependence"]
        if "gate" in outcome.terms:
            concern = concern * outcome.terms["gate"]
        return mix_formal(mode, outcome.payoffs, concern)

    def mean_trust(self, state: State) -> Array:
        """Mean trust between different agents, [B]; NaN in a game without trust."""
        if "trust" not in state:
            return np.full(len(state["t"]), np.nan)
        return off_diagonal_mean(state["trust"])

    def joint_observation(self, state: State) -> Array:
        """The visible state in agent order, [B, D] float32; see `observations.joint`."""
        return observations.joint(self, state, hidden=False, normalize=False)

    def central_observation(self, state: State) -> Array:
        """The visible state scaled to [-1, 1]; see `observations.joint`."""
        return observations.joint(self, state, hidden=False, normalize=True)

    def seen_actions(self, joint_observations: Array) -> Array:
        """Last actions that raw joint observations [B, D] show, [B, N] float64, payoff units."""
        return super().seen_actions(joint_observations) * self.endowments

    def state_vector(self, state: State, normalize: bool) -> Array:
        """The whole state, gamma of SynergySearch included; see `observations.joint`."""
        return observations.joint(self, state, hidden=True, normalize=normalize)

    def agent_observation(self, state: State, preset: str, normalize: bool) -> Array:
        """Observations per agent; see `observations.per_agent`."""
        return observations.per_agent(self, state, preset, normalize)

    def info(self, state: State, outcome: Outcome | None, copy: int = 0) -> dict[str, Any]:
        """Diagnostics of one copy (section 5.3)."""
        shares = state["actions"][copy] / self.endowments
        info: dict[str, Any] = {
            "step": int(state["t"][copy]),
            "mean_share": float(row_sum(shares[None])[0] / self.n_agents),
        }
        terms = None
        if outcome is not None:
            terms = outcome.terms
            zeros = np.zeros(self.n_agents)
            info["actions"] = state["actions"][copy].copy()
            info["welfare"] = float(row_sum(outcome.payoffs[copy : copy + 1])[0] / self.n_agents)
            info["components"] = {
                name: terms["components"][name][copy].copy()
                if name in terms["components"]
                else zeros.copy()
                for name in COMPONENTS
            }
        for part in self.parts:
            info |= part.info(self, state, terms, copy)
        return info


def _changes(
    id: str,
    switches: Mapping[str, Mapping[str, Any]],
    params: Mapping[str, Any] | None,
    without: Collection[str],
) -> dict[str, Any]:
    """Overrides by parameter name, from `params` and `without`."""
    if isinstance(without, str):
        raise ValueError(f"{id}: without={without!r} must be a set of names, like {{{without!r}}}")
    changes: dict[str, Any] = {}
    for name in without:
        if name not in switches:
            listing = ", ".join(sorted(switches)) or "none"
            raise ValueError(f"{id} has no mechanism {name!r}; it can be without: {listing}")
        changes |= switches[name]
    both = set(changes) & set(params or {})
    if both:
        raise ValueError(f"{id}: {sorted(both)} set by both `params` and `without`; drop one")
    return changes | dict(params or {})


def _composed(
    id: str, parts: Sequence[Part], own: dict[str, Any], changes: Mapping[str, Any]
) -> tuple[tuple[Part, ...], dict[str, Any]]:
    """Parts and own parameters with the overrides in place, once all are valid."""
    hidden = {name for part in parts for name in part.hides}
    hidden |= {"norms"} if own["norms"] is None else set()
    defaults, types = dict(own), dict(OWN_TYPES)
    for part in parts:
        types |= part.types()
        defaults |= _fields(part)
    defaults = {name: value for name, value in defaults.items() if name not in hidden}
    values = checked(defaults | dict(changes), defaults, types, id, "parameter")
    changed = tuple(
        dataclasses.replace(part, **{k: values[k] for k in changes if k in part.types()})
        for part in parts
    )
    return changed, own | {name: values[name] for name in changes if name in own}


def _fields(part: Part) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.types()}


def _per_agent(id: str, name: str, value: Any, n_agents: int) -> Array:
    """One number per agent; a single one is that of all."""
    if np.shape(value) not in ((), (n_agents,)):
        raise ValueError(f"{id}: {name}={value!r} must hold 1 number or {n_agents}, one per agent")
    return constant(np.broadcast_to(np.asarray(value, np.float64), (n_agents,)), np.float64)
