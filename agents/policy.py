"""What every policy is: a function from observations of B copies to joint actions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from coopetition.envs import game as build_game
from coopetition.envs.engine import Array, Game, State, fresh_sequence, merge
from coopetition.envs.interfaces.spaces import joint_observation


class UnsolvedError(ValueError):
    """A game has nothing of the kind that a policy plays, such as an equilibrium in constants."""


class Policy(ABC):
    """Chooses the actions of all agents in B copies of a game.

    Batches (`reset`, `act`) are what evaluation uses; `predict` is the same policy in the
    vocabulary of stable-baselines3, once it is bound to an environment.

    Attributes:
        name: as in all tables.
        observation: what `act` is given: None (nothing), `published` (joint, raw, [B, D]),
            `central` (joint, in [-1, 1], [B, D]), an observation preset (per agent, [B, N, d]), or
            `state` (the state itself, for a policy that is made of others).
        mechanism_class: the only class of games that it plays, such as `TR-3`; None for any.
        edition: the only edition that it plays, such as `v0`; None for any.
        game_class: class of the games that it plays.
        game: the game that it plays now, from `attach` on.
        bound: the game that `predict` plays; None unless `bind` chose one.
        memory: all that it remembers of the running episodes, arrays with one row per copy.
        copies: number B of running episodes.
    """

    name: str
    observation: str | None = None
    mechanism_class: ClassVar[str | None] = None
    edition: ClassVar[str | None] = None
    game_class: ClassVar[type[Game]] = Game  # type: ignore[type-abstract]
    game: Game
    bound: Game | None = None
    copies: int = 0
    seed: int = 0
    _predicting: bool = False
    _length: int | None = None

    def bind(self, env: str | Game, *, seed: int = 0) -> None:
        """Choose the environment that `predict` plays.

        Args:
            env: an id, or a game.
            seed: of the episodes that `predict` starts; each spawns its own stream.

        Raises:
            ValueError: an unknown id, or a game that the policy cannot play.
        """
        self.attach(build_game(env))
        self.bound, self.seed, self._sequence = self.game, seed, fresh_sequence(seed)
        self._predicting, self._length = False, None

    def attach(self, game: Game) -> None:
        """Take in a game; a policy that computes something from its parameters does so here.

        Raises:
            ValueError: the policy cannot play it.
        """
        self.game = game

    def attached_to(self, game: Game) -> bool:
        """Has it taken in this game, or one that is built alike, and no other since?"""
        return "game" in vars(self) and self.game.identity == game.identity

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Start one episode per seed; called before the first `act` of every batch."""
        self.attach(game)
        self._predicting = False
        self.copies = len(seeds)
        self.memory = self.begin(seeds)

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """Memory of new episodes, one row per seed."""
        return {}

    def keep(self, rows: Array) -> None:
        """Go on with these copies only, because the others have ended."""
        self.memory = {name: array[rows] for name, array in self.memory.items()}
        self.copies = len(rows)

    @abstractmethod
    def act(self, observations: Any) -> Array:
        """Joint actions [B, N] in payoff units, given what `observation` names."""

    def predict(
        self,
        observation: Array,
        state: None = None,
        episode_start: Array | None = None,
        deterministic: bool = True,
    ) -> tuple[Array, None]:
        """Actions for a view of the environment, as stable-baselines3 asks for them.

        The view is `envs.vec_env(id, copies, joint=True, normalize=False)`, or `envs.make(id)` for
        one copy; for a policy that observes `central`, the same with `normalize=True`; for one that
        observes each agent by itself, `envs.vec_env(id, copies)`, whose rows are agents.

        Args:
            observation: [B, D], or [D] for one copy; [B N, d] where rows are agents.
            state: None: what a policy remembers stays inside it.
            episode_start: [B] bool, the rows whose observation is the first of an episode; the
                others go on. None goes on with all of them, or starts all if none is running, as
                after `bind` or an evaluation in between.
            deterministic: as in stable-baselines3; it changes nothing in rules, Random included.

        Returns:
            Actions [B, N] or [N], or [B N, 1] where rows are agents, float32 in the units of the
            view, and None; with several numbers per agent, as many columns for each.

        Raises:
            ValueError: not bound to an environment, another view or another number of copies
                while episodes run, or a state.
        """
        if state is not None:
            raise ValueError("state must be None: what a policy remembers stays inside it")
        if self.bound is None:
            raise ValueError(
                f"{self.name} is not bound to an environment: agents.make({self.name!r}, ENV_ID)"
            )
        if not self._predicting:
            self.attach(self.bound)
            self.copies, self._predicting = 0, True
        array = np.asarray(observation)
        rows = array[None] if array.ndim == 1 else array
        self._check_view(rows)
        per_copy = self.game.n_agents if self._by_agent else 1
        starts = episode_start
        if starts is not None:
            starts = np.atleast_1d(np.asarray(starts, bool))[::per_copy]
        self._start(len(rows) // per_copy, starts)
        seen = rows.reshape(-1, per_copy, rows.shape[1]) if self._by_agent else rows
        actions = self.act(None if self.observation is None else seen)
        if self._by_agent or self.observation == "central":
            actions = 2 * actions / self.game.action_high - 1
        actions = np.asarray(actions, np.float32)
        if self._by_agent:
            return actions.reshape(-1, self.game.actions_per_agent), None
        return (actions[0] if array.ndim == 1 else actions), None

    @property
    def _by_agent(self) -> bool:
        """Does it observe each agent by itself?"""
        return self.observation not in (None, "published", "central")

    def _check_view(self, rows: Array) -> None:
        normalize = self.observation == "central"
        if self._length is None:
            state = self.game.reset([0])
            seen = observe(self, self.game, state) if self._by_agent else None
            if seen is None:
                seen = joint_observation(self.game, state, normalize)
            self._length = seen.shape[-1]
        whole = not self._by_agent or len(rows) % self.game.n_agents == 0
        if rows.ndim != 2 or rows.shape[1] != self._length or not whole:
            view = f"{self.game.id!r}, copies"
            if self._by_agent:
                shape = f"({self.game.n_agents} agents x copies, {self._length})"
                view += f", observation={self.observation!r}"
            else:
                shape, view = f"(copies, {self._length})", view + f", joint=True, {normalize=}"
            raise ValueError(
                f"{self.name} needs observations of shape {shape}, got {rows.shape}: "
                f"envs.vec_env({view})"
            )

    def _start(self, copies: int, episode_start: Array | None) -> None:
        """Start the episodes that `predict` was told of."""
        if episode_start is None:
            starting = np.full(copies, self.copies == 0)
        else:
            starting = np.atleast_1d(np.asarray(episode_start, bool))
        if starting.shape != (copies,):
            raise ValueError(f"episode_start must have shape ({copies},), got {starting.shape}")
        if starting.all():
            self.copies, self.memory = copies, self.begin(self._sequence.spawn(copies))
        elif copies != self.copies:
            raise ValueError(
                f"{self.copies} episodes are running, but {copies} copies were observed: "
                "pass episode_start with True for all of them to start anew"
            )
        elif starting.any():
            index = np.flatnonzero(starting)
            fresh = self.begin(self._sequence.spawn(len(index)))
            self.memory = merge(self.memory, index, fresh)

    @property
    def family(self) -> str:
        """Name that `agents.make` builds it from, together with its `parameters`."""
        return self.name

    @property
    def parameters(self) -> dict[str, Any]:
        """Constructor parameters, plain numbers and text."""
        return {}

    def save(self, path: str | Path) -> None:
        """Write a file from which `agents.load` builds an equal policy; see `models`.

        Running episodes are not part of it.

        Raises:
            ValueError: `agents.make` does not know the policy, or the game that it is bound to
                was not built from an id.
        """
        from .models import save_policy

        save_policy(Path(path), self)


class Sampling(Policy):
    """A policy that plays its most likely action, or samples from the stream of each episode.

    Attributes:
        deterministic: play the most likely action.
    """

    deterministic: bool = True

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """The noise of an episode comes from its own seed."""
        return {"generators": generators(seeds)}

    def predict(
        self,
        observation: Array,
        state: None = None,
        episode_start: Array | None = None,
        deterministic: bool = True,
    ) -> tuple[Array, None]:
        """See `Policy.predict`; here `deterministic` chooses, and is then kept."""
        self.deterministic = deterministic
        return super().predict(observation, state, episode_start, deterministic)


def generators(seeds: Sequence[np.random.SeedSequence]) -> Array:
    """One generator per seed, as an array that `keep` and `merge` can take rows of."""
    return np.array([np.random.default_rng(seed) for seed in seeds], dtype=object)


def observe(policy: Policy, game: Game, state: State) -> Any:
    """What a policy is given to see of a state."""
    if policy.observation is None:
        return None
    if policy.observation == "state":
        return state
    if policy.observation == "published":
        return game.joint_observation(state)
    if policy.observation == "central":
        return game.central_observation(state)
    return game.agent_observation(state, policy.observation, normalize=True)
