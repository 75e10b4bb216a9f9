"""The formal edition (`-v1`): payoffs first, rewards second, Markov state, no early end.

Order of a step (formal edition, section 4.1): clip, base payoff, tiers, loyalty, relational
term, damages, fines; then trust and damage, memory, loyalty, standing, stocks, strikes and
contract from the state before the step; then shocks and links. Everything is float64.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine import Array, Game, Outcome, Seed, State, row_sum
from ..mechanisms.trust import off_diagonal_mean
from ..rewards import canonical_mode, mix_formal
from . import observations
from .part import COMPONENTS, Draws, Step

if TYPE_CHECKING:
    from .part import Part

NO_NORM = 0.35  # share shown as the last action at reset where no norm is listed


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
        ValueError: an unknown parameter or mechanism, or a value out of range; the text lists
            the valid ones.
    """

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
        if tremble < 0 or t0_noise < 0:
            raise ValueError(f"tremble={tremble}, t0_noise={t0_noise}: must not be negative")
        n_agents = len(endowments)
        own = {
            "endowments": endowments,
            "dependence": dependence,
            "norms": norms,
            "alpha": [1.0 / n_agents] * n_agents if alpha is None else alpha,
        }
        self.switches = dict(switches or {})
        changes = _changes(id, self.switches, params, without)
        self.parts, own = _with_changes(id, parts, own, changes)
        self.id = id
        self.horizon = horizon
        self.endowments = _constant(own["endowments"])
        self.alpha = _constant(own["alpha"])
        self.dependence = _constant(own["dependence"])
        self.has_norm = own["norms"] is not None
        norm = NO_NORM if own["norms"] is None else own["norms"]
        self.norms = _constant(np.broadcast_to(np.asarray(norm, np.float64), (n_agents,)))
        start = self.norms if initial_shares is None else initial_shares
        self.initial_shares = _constant(start)
        self.baselines = _constant(self.norms * self.endowments)
        _check_sizes(self)
        self.gated = gated
        self.tremble, self.t0_noise = tremble, t0_noise
        self.display_names = tuple(display_names or (f"Agent {i}" for i in range(n_agents)))
        self._noise_columns = (n_agents if tremble > 0 else 0) + hasattr(self.parts[0], "noise")
        self.draws = (
            self._noise_columns > 0 or t0_noise > 0 or any(part.draws for part in self.parts)
        )

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter of the game by name, with its value."""
        values = {"endowments": self.endowments, "dependence": self.dependence}
        values |= {"norms": self.norms, "alpha": self.alpha}
        for part in self.parts:
            values |= {f.name: getattr(part, f.name) for f in dataclasses.fields(part)}
        return values

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
            state["noise"] = draws.each(lambda g: g.standard_normal(shape))
        return state

    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions; see `Game.step`."""
        batch = len(state["t"])
        raw = self.check_actions(actions, batch, np.float64)
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
        payoffs = sum(step.components.values())
        terms["components"] = step.components
        terms["payoffs"] = payoffs
        if self.gated:
            terms["gate"] = state["trust"]
        truncated = step.after["t"] >= self.horizon
        return step.after, Outcome(payoffs, np.zeros(batch, bool), truncated, terms)

    def reward_mode(self, mode: str | float) -> str | float:
        """The mode by its name, or a mutuality between the names; see `rewards.canonical_mode`."""
        return canonical_mode(mode)

    def rewards(self, outcome: Outcome, mode: str | float) -> Array:
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
        """The whole state in agent order, [B, D] float32; see `observations.joint`."""
        return observations.joint(self, state)

    def central_observation(self, state: State) -> Array:
        """The whole state scaled to [-1, 1]; see `observations.joint`."""
        return observations.joint(self, state, normalize=True)

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


def _with_changes(
    id: str, parts: Sequence[Part], own: dict[str, Any], changes: Mapping[str, Any]
) -> tuple[tuple[Part, ...], dict[str, Any]]:
    """Parts and own parameters with the overrides in place."""
    known = set(own).union(*({f.name for f in dataclasses.fields(p)} for p in parts))
    unknown = sorted(set(changes) - known)
    if unknown:
        raise ValueError(f"{id} has no parameter {unknown}; parameters: {', '.join(sorted(known))}")
    changed = []
    for part in parts:
        fields = {f.name for f in dataclasses.fields(part)}
        changed.append(
            dataclasses.replace(part, **{k: v for k, v in changes.items() if k in fields})
        )
    return tuple(changed), own | {k: v for k, v in changes.items() if k in own}


def _check_sizes(game: FormalGame) -> None:
    n_agents = game.n_agents
    if game.alpha.shape != (n_agents,) or abs(game.alpha.sum() - 1) > 1e-9:
        raise ValueError(f"{game.id}: alpha must hold {n_agents} shares that sum to one")
    if game.dependence.shape != (n_agents, n_agents) or game.dependence.diagonal().any():
        raise ValueError(f"{game.id}: dependence must be [{n_agents}, {n_agents}], zero diagonal")
    if not (game.endowments > 0).all():
        raise ValueError(f"{game.id}: endowments must be positive")
    if not ((game.norms > 0) & (game.norms < 1)).all():
        raise ValueError(f"{game.id}: norms must lie between 0 and 1")


def _constant(values: Any) -> Array:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
