"""SuperSuit bridge: any PettingZoo Parallel environment as a stable-baselines3 `VecEnv`.

For training on the games of this package `GameVecEnv` is the way: it steps all copies in one batch.
This bridge is for other people's environments, and for SuperSuit's wrappers around ours. It mends
what SuperSuit 3.11 alone gets wrong under stable-baselines3 2.9: flags that are numbers, so that
`VecNormalize` resets the returns of the wrong rows; no `seed`, `get_attr` or `TimeLimit.truncated`;
copies that share one stream of random numbers; infos of a reset mixed into the last step's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pettingzoo
import supersuit
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn
from supersuit.vector import MarkovVectorEnv

from ..engine import ActionError, Array

# Some environments take seeds of 32 bits only; the seeds of copies count up from the first.
_SEEDS = 2**31


class SuperSuitVecEnv(VecEnv):
    """Copies of a PettingZoo Parallel environment, one row per agent, through SuperSuit.

    Rows are ordered (copy, agent). All agents of an environment must end together, as in every
    game here. Where spaces differ between agents they are padded as SuperSuit does: observations
    with zeros to the longest, actions to the box that holds all of them (discrete ones to the
    largest number). A row then also has actions its agent cannot take; the views of this package
    clip them, and with `normalize=True` nothing is padded.

    Args:
        parallel_env: the environment; it is copied and itself never stepped.
        copies: how many copies are stepped.
        seed: copy k plays what `parallel_env.reset(seed=seed + k)` plays, and goes on with its own
            generator from episode to episode. None draws a fresh seed. (Copies of a `GameVecEnv`
            play the streams spawned from its seed instead; given equal streams the two are equal.)

    An episode that ends is reset in the same step: `dones` is True, the returned observation is
    the first of the next episode, the row's info holds `terminal_observation` and
    `TimeLimit.truncated` (truncated and not terminated), and `reset_infos` the info of the reset.

    Raises:
        TypeError: not a Parallel environment.
        ValueError: no copy.
    """

    def __init__(
        self, parallel_env: pettingzoo.ParallelEnv, copies: int = 1, *, seed: int | None = None
    ) -> None:
        if not isinstance(parallel_env, pettingzoo.ParallelEnv):
            raise TypeError(
                f"{parallel_env} is no pettingzoo.ParallelEnv; an AEC environment becomes one with "
                "pettingzoo.utils.aec_to_parallel"
            )
        if copies < 1:
            raise ValueError(f"copies={copies}: at least 1 is needed")
        rows = _Rows(_homogeneous(parallel_env))
        self._venv = supersuit.concat_vec_envs_v1(rows, copies, num_cpus=1)
        self._copies = self._venv.vec_envs
        self._agents = rows.num_envs
        self._actions: Any = None
        super().__init__(self._venv.num_envs, rows.observation_space, rows.action_space)
        self.seed(seed)

    def seed(self, seed: int | None = None) -> list[int]:
        """Reseed copy k with seed + k from the next reset on; None draws a fresh seed.

        Returns:
            The seed of every row.
        """
        if seed is None:
            seed = int(np.random.default_rng().integers(_SEEDS))
        self._seeds = [seed + row // self._agents for row in range(self.num_envs)]
        return list(self._seeds)

    def reset(self) -> VecEnvObs:
        """Start an episode in every copy; observations [rows, ...].

        Options set before, of the first row, are given to every copy.
        """
        observations, _ = self._venv.reset(seed=self._seeds[0], options=self._options[0] or None)
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = [info for copy in self._copies for info in copy.reset_infos]
        return observations

    def step_async(self, actions: Array) -> None:
        """Take the actions, one per row.

        Raises:
            ActionError: another number of rows; nothing has changed then.
        """
        if np.ndim(actions) == 0 or len(actions) != self.num_envs:
            raise ActionError(
                f"actions must have one entry for each of the {self.num_envs} rows (copy, agent), "
                f"got shape {np.shape(actions)}"
            )
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Play the actions taken; see the class for what happens at the end of an episode."""
        assert self._actions is not None, "step_async was not called"
        observations, rewards, terminated, truncated, infos = self._venv.step(self._actions)
        terminated, truncated = terminated.astype(bool), truncated.astype(bool)
        dones = terminated | truncated
        for row in np.flatnonzero(dones):
            infos[row]["TimeLimit.truncated"] = bool(truncated[row] and not terminated[row])
            copy, agent = divmod(int(row), self._agents)
            self.reset_infos[row] = self._copies[copy].reset_infos[agent]
        return observations, rewards, dones, infos

    def close(self) -> None:
        """Close every copy."""
        self._venv.close()

    def get_images(self) -> list[Array | None]:
        """One picture per copy."""
        return [copy.render() for copy in self._copies]

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Attribute of the environment behind each row asked for."""
        return [getattr(env, attr_name) for env in self._environments(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the environments behind the rows asked for."""
        for env in self._environments(indices):
            setattr(env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method once per copy; the rows of a copy share its answer."""
        answers: dict[int, Any] = {}
        environments = self._environments(indices)
        for env in environments:
            if id(env) not in answers:
                answers[id(env)] = getattr(env, method_name)(*method_args, **method_kwargs)
        return [answers[id(env)] for env in environments]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """No row is in a Gymnasium wrapper."""
        return [False for _ in self._get_indices(indices)]

    def _environments(self, indices: Any) -> list[pettingzoo.ParallelEnv]:
        rows = self._get_indices(indices)
        return [self._copies[int(row) // self._agents].par_env for row in rows]


class _Rows(MarkovVectorEnv):
    """One copy, a row per agent; infos of a reset are kept apart from those of the last step."""

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[VecEnvObs, list[dict[str, Any]]]:
        """Start an episode; the infos are in `reset_infos`."""
        observations, self.reset_infos = super().reset(seed, options)
        return observations, [{} for _ in self.reset_infos]


def _homogeneous(env: pettingzoo.ParallelEnv) -> pettingzoo.ParallelEnv:
    """The environment, its spaces padded where agents differ."""
    first, *others = env.possible_agents
    if any(env.observation_space(other) != env.observation_space(first) for other in others):
        env = supersuit.pad_observations_v0(env)
    if any(env.action_space(other) != env.action_space(first) for other in others):
        env = supersuit.pad_action_space_v0(env)
    return env
