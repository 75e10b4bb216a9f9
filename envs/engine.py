"""The contract of every game: state in arrays with a leading batch axis, stepping as a function.

A `Game` holds immutable parameters. `reset` makes a `State`, `step` turns a state and a joint
action into a new state and an `Outcome`; neither changes what it was given. Payoffs belong to the
game, rewards are derived from them afterwards (`Game.rewards`), so no reward mode can touch a
trajectory. Gymnasium, PettingZoo and stable-baselines3 see views of this one engine.

B is the number of copies stepped side by side, N the number of agents.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray
State = dict[str, Array]
# Along an axis shorter than this NumPy adds from left to right, and loops over columns are faster.
SHORT_AXIS = 8
# Matrices of this many bytes are worked on at a time, so that they stay in the cache.
CACHED_BYTES = 1 << 18
# A reward mode: a name, or in the formal edition also a mutuality between 0 and 2.
Mode = str | float
Seed = int | np.random.SeedSequence | np.random.Generator | None

# Once a block of this size has been freed, glibc keeps freed blocks of up to it for the next step;
# before, it returns them to the system, and taking their pages again doubles the time of a step.
np.empty(1 << 24, np.uint8)


class ActionError(ValueError):
    """An action has the wrong shape or type, or is not finite."""


@dataclass(frozen=True)
class Outcome:
    """What one step of B copies yields.

    Attributes:
        payoffs: [B, N], payoff units, independent of any reward mode.
        terminated: [B] bool, the game ended by its own rule.
        truncated: [B] bool, the horizon is reached; both flags may be set at once.
        terms: arrays of this step that rewards and info are computed from; which ones is the
            business of the game's edition.
    """

    payoffs: Array
    terminated: Array
    truncated: Array
    terms: dict[str, Any]


class Game(ABC):
    """One environment with fixed parameters.

    Attributes:
        id: registered name with edition, such as `TrustDilemma-v0`.
        display_names: one readable name per agent.
        endowments: [N] upper bound of each agent's action, payoff units.
        baselines: [N] action that the trust signal compares with (the norm), payoff units.
        horizon: number of steps after which an episode is truncated.
        termination_rule: when the game ends before its horizon, in words; empty for never.
        reward_diagnostics: further `info` entries of a view, made from its rewards so far
            [t, N]; only a view knows its reward mode.
        parameters: what the constructor was given; None for a game that no registered
            constructor built.
        registration: number of the registration of that constructor.
        action_dtype: precision in which actions are played.
        actions_per_agent: numbers in the action of one agent, of which cooperation is the first.
    """

    id: str
    display_names: tuple[str, ...]
    endowments: Array
    baselines: Array
    horizon: int
    termination_rule: str = ""
    reward_diagnostics: Callable[[Array], dict[str, Any]] | None = None
    parameters: dict[str, Any] | None = None
    registration: int = 0
    action_dtype: type[np.floating] = np.float32
    actions_per_agent: int = 1

    @property
    def identity(self) -> Hashable:
        """Equal for games that are built alike: registration and parameters, else the object."""
        if self.parameters is None:
            return self
        return self.id, self.registration, _hashable(self.parameters)

    @property
    def n_agents(self) -> int:
        """Number of agents N."""
        return len(self.endowments)

    @property
    def action_high(self) -> Array:
        """Upper bounds of what can be played, agent by agent, [N times `actions_per_agent`]."""
        return self.endowments

    @property
    def joint_action_high(self) -> Array:
        """Upper bounds of the raw joint action, in the same order."""
        return self.action_high

    @property
    def observation_range(self) -> tuple[float, float]:
        """Bounds of all entries of a raw observation."""
        return -np.inf, np.inf

    @property
    def agents(self) -> list[str]:
        """Names of the agents in every interface."""
        return [f"agent_{i}" for i in range(self.n_agents)]

    @abstractmethod
    def reset(self, seeds: Sequence[Seed]) -> State:
        """Start one episode per seed; a generator is continued, anything else seeds a new one."""

    @abstractmethod
    def step(self, state: State, actions: Any) -> tuple[State, Outcome]:
        """Play the joint actions [B, N] (payoff units, clipped to the endowments).

        An agent whose action has several numbers has as many columns in a row, see `action_high`.

        Raises:
            ActionError: wrong shape or type, NaN or infinity; the state is left as it was.
        """

    @abstractmethod
    def reward_mode(self, mode: Mode) -> Mode:
        """The mode under its one name.

        Raises:
            ValueError: the edition does not have it; the text lists the modes.
        """

    @abstractmethod
    def rewards(self, outcome: Outcome, mode: Mode) -> Array:
        """Rewards [B, N] of the step under a reward mode.

        Raises:
            ValueError: the mode does not exist.
        """

    @abstractmethod
    def mean_trust(self, state: State) -> Array:
        """Mean trust over ordered pairs of different agents, [B]."""

    @abstractmethod
    def joint_observation(self, state: State) -> Array:
        """What a controller sees, [B, D] float32, raw: as published, or the visible state."""

    @abstractmethod
    def agent_observation(self, state: State, preset: str, normalize: bool) -> Array:
        """What each agent sees under an observation preset, [B, N, d] float32."""

    @abstractmethod
    def central_observation(self, state: State) -> Array:
        """The joint observation scaled to [-1, 1], for central controllers and critics, [B, D].

        In the released edition shares of the endowments, trust, damage, t/T and what mechanisms
        publish; further memory, such as the window of reciprocity (TR-4), is not in it. In the
        formal edition the visible state.
        """

    def seen_actions(self, joint_observations: Array) -> Array:
        """Last actions that raw joint observations [B, D] show, [B, N] float64, payoff units."""
        return joint_observations[:, : self.n_agents].astype(np.float64)

    def state_vector(self, state: State, normalize: bool) -> Array:
        """What critics and analyses may see, [B, D]: as published, or the whole state.

        In the released edition the joint observation; in the formal edition every state variable,
        with what agents may only infer in its true value.
        """
        return self.central_observation(state) if normalize else self.joint_observation(state)

    def plain(self, state: State) -> dict[str, Any]:
        """A state as arrays of numbers, numbers, text and lists, to be kept in a file."""
        return dict(state)

    def from_plain(self, content: dict[str, Any]) -> State:
        """The state that `plain` was given."""
        return dict(content)

    @abstractmethod
    def info(self, state: State, outcome: Outcome | None, copy: int = 0) -> dict[str, Any]:
        """Diagnostics of one copy after reset (`outcome` None) or after a step."""

    def check_actions(self, actions: Any, batch: int) -> Array:
        """Return the actions as an array of `action_dtype`, [B, N times `actions_per_agent`].

        Raises:
            ActionError: wrong shape or type, NaN or infinity.
        """
        array = np.asarray(actions)
        each = self.actions_per_agent
        shape = (batch, self.n_agents * each)
        if array.dtype.kind not in "fiu":
            raise ActionError(
                f"{self.id}: actions must be real numbers, got dtype {array.dtype}; "
                f"pass an array of shape {shape}"
            )
        if array.shape != shape:
            columns = "agents" if each == 1 else f"{each} numbers of each agent"
            raise ActionError(
                f"{self.id}: actions must have shape {shape} (copies, {columns}), got {array.shape}"
            )
        array = array.astype(self.action_dtype)
        if not np.isfinite(array).all():
            copy, column = np.argwhere(~np.isfinite(array))[0]
            raise ActionError(
                f"{self.id}: action of agent_{column // each} in copy {copy} is "
                f"{array[copy, column]}; "
                "actions must be finite numbers"
            )
        return array


def _hashable(value: Any) -> Hashable:
    """A parameter as nested tuples; the order of mappings and sets is no difference."""
    if isinstance(value, Mapping):
        return tuple(sorted((name, _hashable(entry)) for name, entry in value.items()))
    if isinstance(value, AbstractSet):
        return tuple(sorted(value))
    if isinstance(value, np.ndarray):
        return _hashable(value.tolist())
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def constant(values: Any, dtype: Any) -> Array:
    """Parameters as an array of their own that cannot be written."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def choose(label: str, value: object, names: Sequence[str]) -> str:
    """Return the value.

    Raises:
        ValueError: it is not one of `names`; the text lists them.
    """
    if value not in names:
        raise ValueError(f"{label}={value!r}: choose one of {', '.join(names)}")
    return str(value)


def within(label: str, value: float, low: float, high: float = float("inf")) -> float:
    """Return the value.

    Raises:
        ValueError: it lies outside [low, high]; the text names both.
    """
    if not low <= value <= high:
        bounds = f"be at least {low:g}" if high == float("inf") else f"lie in [{low:g}, {high:g}]"
        raise ValueError(f"{label}={value}: must {bounds}")
    return value


def fresh_sequence(seed: Any) -> np.random.SeedSequence:
    """A seed sequence that has spawned nothing yet: equal seeds spawn equal streams.

    A sequence that is passed in is not changed.
    """
    if isinstance(seed, np.random.SeedSequence):
        return np.random.SeedSequence(
            seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size
        )
    return np.random.SeedSequence(seed)


def row_sum(array: Array) -> Array:
    """Sum over the last axis with the bits of `np.sum` over one contiguous row.

    NumPy adds up to 7 entries from left to right, and of 8 to 15 the first eight in pairs.
    Columns added in that order are several times faster than a reduction over many short rows;
    a few rows are faster reduced.
    """
    width = array.shape[-1]
    few = width > 2 and array.size <= 64 * width
    if few or not 2 <= width < 2 * SHORT_AXIS:
        # Over a strided axis NumPy adds in another order, so that a batch would differ from one.
        return np.add.reduce(np.ascontiguousarray(array), axis=-1)
    if width < SHORT_AXIS:
        total, added = array[..., 0] + array[..., 1], 2
    else:
        a, b, c, d = (array[..., k] + array[..., k + 1] for k in range(0, SHORT_AXIS, 2))
        total, added = (a + b) + (c + d), SHORT_AXIS
    for column in range(added, width):
        total += array[..., column]
    return total


def cache_sized(matrices: Array) -> Iterator[slice]:
    """Slices of the batch axis of [B, N, N] arrays, each small enough for the cache."""
    copies = max(1, CACHED_BYTES // max(1, matrices[:1].nbytes))
    for first in range(0, len(matrices), copies):
        yield slice(first, first + copies)


@cache
def off_diagonal(n_agents: int) -> Array:
    """Positions of the pairs i != j in a flattened [N, N] matrix, row-major."""
    return np.flatnonzero(~np.eye(n_agents, dtype=bool))


def merge(state: State, index: Array, part: State) -> State:
    """A copy of `state` whose rows `index` come from `part`: the reset of some copies."""
    merged = {}
    for name, array in state.items():
        merged[name] = array.copy()
        merged[name][index] = part[name]
    return merged
