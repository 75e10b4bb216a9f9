"""stable-baselines3 view: copies of a game, and replicates of an experiment, in one batch.

Replicates differ in seed and reward mode only. Rows are ordered (replicate, copy, agent), or
(replicate, copy) for a central controller. A replicate's rows depend on nothing but its own seed
and mode, so they are the same bits in any company.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from ..engine import ActionError, Array, Game, Mode, Outcome, State, choose, fresh_sequence, merge
from ..observations import PRESETS
from ..registry import game as build_game
from .spaces import (
    agent_action_space,
    critic_state,
    joint_action_space,
    joint_observation,
    observation_space,
    units_from_normalized,
)


@dataclass(frozen=True)
class Row:
    """What one row of a `GameVecEnv` stands for; `get_attr` and `env_method` act on it."""

    game: Game
    replicate: int
    copy: int
    agent: int | None
    reward_mode: Mode
    render_mode: None = None

    @property
    def id(self) -> str:
        """Id of the environment."""
        return self.game.id

    @property
    def endowments(self) -> Array:
        """Endowments of the agents that this row plays, payoff units."""
        return self.game.endowments if self.agent is None else self.game.endowments[[self.agent]]

    def describe(self) -> str:
        """One line naming the row."""
        who = "all agents" if self.agent is None else f"agent_{self.agent}"
        return f"{self.id} {self.reward_mode} replicate {self.replicate} copy {self.copy} {who}"


class GameVecEnv(VecEnv):
    """Batched copies of a game as a stable-baselines3 `VecEnv`.

    Args:
        id: a registered id, or a game that is already built.
        copies: copies of the game per replicate.
        reward_mode: one mode, or one per replicate; names, in the formal edition also mutualities.
        seed: one seed (int or `numpy.random.SeedSequence`), which every replicate then has, or
            one per replicate; copies get spawned seeds. None draws fresh entropy. A sequence
            that is passed in is not changed.
        joint: rows are whole games: the action is the joint one, the reward the sum over agents.
        normalize: actions in [-1, 1] of each agent's own endowment, observations in [-1, 1].
            Without it (joint only) the published raw spaces are used.
        observation: preset of what an agent sees (ignored for joint rows, which see everything).
        **params: parameters of the environment.

    Attributes:
        payoffs: [R, C, N] private payoffs of the last step, payoff units.
        agent_rewards: [R, C, N] rewards of the last step in each replicate's mode.
        mean_trust: [R, C] mean trust after the last step.
        critic_state: [R, C, S] what a centralised critic sees of the state now, in [-1, 1].
        last_critic_state: the same before episodes that ended in the last step were reset.

    An episode that ends is reset in the same step: `dones` is True, the returned observation is
    the first of the next episode, and the row's info holds `terminal_observation`,
    `TimeLimit.truncated` (reached the horizon without terminating) and `steps_left` (that the
    horizon would still have held).

    Raises:
        ValueError: replicates of unequal number, an unknown mode or preset, or raw actions for
            rows of single agents (their boxes differ).
    """

    def __init__(
        self,
        id: str | Game,
        copies: int = 1,
        *,
        reward_mode: Mode | Sequence[Mode] = "integrated",
        seed: Any = None,
        joint: bool = False,
        normalize: bool = True,
        observation: str = "realistic",
        **params: Any,
    ) -> None:
        self.game = build_game(id, **params)
        self.joint, self.normalize = joint, normalize
        self.observation = choose("observation", observation, PRESETS)
        if copies < 1:
            raise ValueError(f"copies={copies}: at least 1 is needed")
        if not normalize and not joint:
            raise ValueError(
                "normalize=False needs joint=True: raw action boxes differ between agents"
            )
        self.copies = copies
        modes, self._seed_of = _replicates(reward_mode, seed)
        self.reward_modes = [self.game.reward_mode(mode) for mode in modes]
        self.replicates = len(self.reward_modes)
        self._seed_was_given = [given is not None for given in self._seed_of]
        self._generators: list[np.random.Generator] = []
        for given in self._seed_of:
            self._generators += self._streams(given)
        self._batch = self.replicates * copies
        self._rows_of_mode = {
            mode: np.repeat([m == mode for m in self.reward_modes], copies)
            for mode in dict.fromkeys(self.reward_modes)
        }
        agents: Iterable[int | None] = [None] if joint else range(self.game.n_agents)
        self.rows = [
            Row(self.game, replicate, copy, agent, self.reward_modes[replicate])
            for replicate in range(self.replicates)
            for copy in range(copies)
            for agent in list(agents)
        ]
        self.render_mode = None
        self._state: State = self.game.reset([0] * self._batch)
        self._last_state = self._state
        self._actions: Array | None = None
        self.payoffs = np.zeros((self.replicates, copies, self.game.n_agents))
        self.agent_rewards = self.payoffs.copy()
        self.mean_trust = self._grid(self.game.mean_trust(self._state))
        super().__init__(
            len(self.rows),
            observation_space(self.game, self._observe(self._state).shape[1], normalize),
            joint_action_space(self.game, normalize)
            if joint
            else agent_action_space(self.game, 0, normalize),
        )

    def _streams(self, seed: Any) -> list[np.random.Generator]:
        """One generator per copy of a replicate."""
        return [np.random.default_rng(child) for child in fresh_sequence(seed).spawn(self.copies)]

    def _grid(self, per_copy: Array) -> Array:
        return per_copy.reshape(self.replicates, self.copies, *per_copy.shape[1:])

    @property
    def critic_state(self) -> Array:
        """See the class; computed when asked for, since most learners do not."""
        return self._grid(critic_state(self.game, self._state))

    @property
    def last_critic_state(self) -> Array:
        """See the class."""
        return self._grid(critic_state(self.game, self._last_state))

    def _observe(self, state: State) -> Array:
        if self.joint:
            return joint_observation(self.game, state, self.normalize)
        seen = self.game.agent_observation(state, self.observation, self.normalize)
        return seen.reshape(-1, seen.shape[-1])

    def _rewards(self, outcome: Outcome) -> Array:
        if len(self._rows_of_mode) == 1:
            return self.game.rewards(outcome, self.reward_modes[0])
        rewards = np.empty_like(outcome.payoffs)
        for mode, rows in self._rows_of_mode.items():
            rewards[rows] = self.game.rewards(outcome, mode)[rows]
        return rewards

    def seed(self, seed: int | None = None) -> list[Any]:
        """Reseed from the next reset on, as if constructed with this seed; None changes nothing.

        stable-baselines3 algorithms call this with the model's seed. Among several replicates,
        those whose seeds were given at construction therefore keep them: a run is its own seed.

        Returns:
            The seed in force for every row; None stands for fresh entropy.
        """
        if seed is not None:
            for replicate, given in enumerate(self._seed_was_given):
                if self.replicates == 1 or not given:
                    self._seed_of[replicate] = seed
                    first = replicate * self.copies
                    self._generators[first : first + self.copies] = self._streams(seed)
        return [self._seed_of[row.replicate] for row in self.rows]

    def reset(self) -> Array:
        """Start an episode in every copy; observations [rows, d]."""
        self._state = self.game.reset(self._generators)
        self.payoffs = np.zeros_like(self.payoffs)
        self.agent_rewards = np.zeros_like(self.payoffs)
        self.mean_trust = self._grid(self.game.mean_trust(self._state))
        self.reset_infos: list[dict[str, Any]] = [{} for _ in self.rows]
        return self._observe(self._state)

    def step_async(self, actions: Array) -> None:
        """Take the actions [rows, action dimension].

        Raises:
            ActionError: another shape; nothing has changed then.
        """
        array = np.asarray(actions)
        expected = (self.num_envs, *self.action_space.shape)
        if array.shape != expected:
            raise ActionError(
                f"{self.game.id}: actions must have shape {expected} (rows, action dimension), "
                f"got {array.shape}"
            )
        self._actions = array

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """Play the actions taken; see the class for what happens at the end of an episode."""
        assert self._actions is not None, "step_async was not called"
        actions, self._actions = self._actions.reshape(self._batch, -1), None
        if self.normalize:
            actions = units_from_normalized(
                self.game, self.game.check_actions(actions, self._batch)
            )
        self._state, outcome = self.game.step(self._state, actions)
        self._last_state = self._state
        rewards = self._rewards(outcome)
        self.payoffs = self._grid(outcome.payoffs)
        self.agent_rewards = self._grid(rewards).copy()
        self.mean_trust = self._grid(self.game.mean_trust(self._state))
        observations = self._observe(self._state)
        done = outcome.terminated | outcome.truncated
        per_copy = 1 if self.joint else self.game.n_agents
        infos: list[dict[str, Any]] = [{} for _ in self.rows]
        if done.any():
            finished = np.flatnonzero(done)
            for copy in finished:
                timeout = bool(outcome.truncated[copy] and not outcome.terminated[copy])
                left = self.game.horizon - int(self._last_state["t"][copy])
                for row in range(copy * per_copy, (copy + 1) * per_copy):
                    infos[row]["terminal_observation"] = observations[row].copy()
                    infos[row]["TimeLimit.truncated"] = timeout
                    infos[row]["steps_left"] = left
            fresh = self.game.reset([self._generators[copy] for copy in finished])
            self._state = merge(self._state, finished, fresh)
            observations = self._observe(self._state)
        flat = rewards.sum(axis=1, dtype=np.float64) if self.joint else rewards.reshape(-1)
        return (
            observations,
            flat.astype(np.float32),
            np.repeat(done, per_copy),
            infos,
        )

    def state_dict(self) -> dict[str, Any]:
        """All that decides what comes next: the running episodes and the seeds of later ones."""
        return {
            "state": self.game.plain(self._state),
            "generators": [generator.bit_generator.state for generator in self._generators],
            "payoffs": self.payoffs,
            "agent_rewards": self.agent_rewards,
            "mean_trust": self.mean_trust,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict` of an environment that was built in the same way."""
        self._state = self.game.from_plain(state["state"])
        for generator, own in zip(self._generators, state["generators"], strict=True):
            generator.bit_generator.state = own
        self.payoffs, self.agent_rewards = state["payoffs"], state["agent_rewards"]
        self.mean_trust = state["mean_trust"]

    def close(self) -> None:
        """Nothing to release."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Attribute of the rows asked for; see `Row`."""
        return [getattr(self.rows[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Not possible: the meaning of a row is fixed.

        Raises:
            AttributeError: always.
        """
        raise AttributeError(
            f"{attr_name!r} cannot be set: rows are fixed; build a new vec_env with other arguments"
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the rows asked for; see `Row`."""
        return [
            getattr(self.rows[i], method_name)(*method_args, **method_kwargs)
            for i in self._get_indices(indices)
        ]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """No row is wrapped."""
        return [False for _ in self._get_indices(indices)]


def _replicates(reward_mode: Mode | Sequence[Mode], seed: Any) -> tuple[list[Mode], list[Any]]:
    """Reward mode and seed of every replicate; a single one of either is that of all."""
    modes = [reward_mode] if isinstance(reward_mode, str | float | Real) else list(reward_mode)
    many = isinstance(seed, Sequence | np.ndarray)
    seeds = list(seed) if many else [seed] * len(modes)
    if many and len(modes) == 1:
        modes *= len(seeds)
    if len(modes) != len(seeds):
        raise ValueError(
            f"{len(modes)} reward modes but {len(seeds)} seeds: give one of each per replicate"
        )
    return modes, seeds
