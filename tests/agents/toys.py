"""Small tasks for learners: environments whose solution is known, and runs of a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv

from coopetition.agents.runs import Run, cell_runs
from coopetition.agents.training import RunResult
from coopetition.envs.engine import Array

# As in a training job: several threads only slow such small products down.
torch.set_num_threads(1)

# Shares [R, C, N] in [0, 1] -> rewards [R, C, N].
Rewards = Callable[[Array], Array]


class Toy(VecEnv):
    """Copies of a game without dynamics, rows ordered (replicate, copy, agent).

    An agent observes 1 and t/T. All copies reach the horizon together, which is a truncation.

    Args:
        rewards: of one step.
        replicates, copies, agents: of the rows.
        horizon: steps T per episode.
    """

    def __init__(
        self, rewards: Rewards, replicates: int, copies: int, agents: int, horizon: int = 10
    ) -> None:
        self.rewards, self.grid, self.horizon = rewards, (replicates, copies, agents), horizon
        super().__init__(
            replicates * copies * agents,
            spaces.Box(0.0, 1.0, (2,), np.float32),
            spaces.Box(-1.0, 1.0, (1,), np.float32),
        )

    def _observe(self) -> Array:
        rows = np.ones((self.num_envs, 2), np.float32)
        rows[:, 1] = self.t / self.horizon
        return rows

    def reset(self) -> Array:
        self.t = 0
        return self._observe()

    def step_async(self, actions: Array) -> None:
        assert np.abs(actions).max() <= 1
        self.shares = (np.asarray(actions, float).reshape(self.grid) + 1) / 2

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        rewards = self.rewards(self.shares).reshape(-1).astype(np.float32)
        self.t += 1
        observations = self._observe()
        done = self.t == self.horizon
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if done:
            infos = [
                {"terminal_observation": row, "TimeLimit.truncated": True} for row in observations
            ]
            observations = self.reset()
        return observations, rewards, np.full(self.num_envs, done), infos

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """`replicate`, `copy` or `agent` of the rows; AttributeError for anything else."""
        names = {"replicate": 0, "copy": 1, "agent": 2}
        if attr_name == "render_mode":
            return [None for _ in self._get_indices(indices)]
        if attr_name not in names:
            raise AttributeError(attr_name)
        places = np.indices(self.grid)[names[attr_name]].reshape(-1).tolist()
        return [places[row] for row in self._get_indices(indices)]

    def close(self) -> None:
        """Nothing to release."""

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        raise NotImplementedError

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]


def public_goods(factor: float, modes: Sequence[str]) -> Rewards:
    """A contribution of 1 is worth `factor` to all together; cooperative mode pays the mean."""

    def rewards(shares: Array) -> Array:
        payoffs = factor * shares.mean(axis=2, keepdims=True) - shares
        together = np.array([mode == "cooperative" for mode in modes])[:, None, None]
        return np.where(together, payoffs.mean(axis=2, keepdims=True), payoffs)

    return rewards


def quadratic(optima: Array) -> Rewards:
    """1 - (share - optimum)^2 with the optima [R, N] of the agents."""
    return lambda shares: 1 - (shares - optima[:, None]) ** 2


def constant(reward: float) -> Rewards:
    """The same, whatever is played."""
    return lambda shares: np.full(shares.shape, reward)


# Settings with which an update takes milliseconds and a replay buffer overflows; and steps for two
# updates or more.
_PPO = {"copies": 2, "n_epochs": 2, "minibatches": 4}
_SAC = {
    "copies": 4,
    "steps_per_update": 4,
    "gradient_steps": 1,
    "batch_size": 32,
    "buffer_size": 32,
    "learning_starts": 16,
}
# Targets are renewed three times.
_Q = {**_SAC, "target_update_interval": 4}
_SHORT: dict[str, dict[str, tuple[dict[str, Any], int]]] = {
    "IPPO": {"corrected": (_PPO, 400)},
    "IA2C": {"corrected": ({"copies": 4, "n_steps": 8}, 96)},
    "ISAC": {"corrected": (_SAC, 64)},
    "MADDPG": {"corrected": (_SAC, 64)},
    "MATD3": {"corrected": (_SAC, 64)},
    "M3DDPG": {"corrected": (_SAC, 64)},
    "MASAC": {"corrected": (_SAC, 64)},
    "IQL": {"corrected": (_Q, 64)},
    "VDN": {"corrected": (_Q, 64)},
    "QMIX": {"corrected": (_Q, 64)},
    "MeanFieldAC": {"corrected": (_SAC, 64)},
    "SelfPlay_PPO": {"corrected": (_PPO, 400)},
    "FCP": {"corrected": (_PPO, 400)},
    "IndependentREINFORCE": {"corrected": ({"copies": 2}, 400)},
    "LOLA": {"corrected": ({"copies": 2, "opponents": 2}, 400)},
    "MAPPO": {"corrected": (_PPO, 400)},
    "COMA": {"corrected": ({**_PPO, "target_update_interval": 8}, 400)},
    "RecurrentPPO": {"corrected": ({"copies": 2, "n_epochs": 2, "minibatches": 2}, 400)},
    "Central_ARS": {"corrected": ({"n_delta": 2, "n_top": 1}, 1600)},
    "Central_A2C": {
        "as_published": ({}, 64),
        "corrected": ({"copies": 4, "n_steps": 8}, 96),
    },
    "Central_PPO": {
        "as_published": ({"n_steps": 128, "n_epochs": 2}, 384),
        "corrected": (_PPO, 400),
    },
    "Central_SAC": {
        "as_published": ({"batch_size": 32, "buffer_size": 32, "learning_starts": 16}, 64),
        "corrected": (_SAC, 64),
    },
}


def short_runs(
    policy: str,
    env_id: str = "TrustDilemma-v0",
    protocol: str = "corrected",
    *,
    modes: Sequence[str] = ("integrated",),
    seeds: Sequence[int] = (1,),
) -> list[Run]:
    """Runs of a cell that take well under a second; in the order (mode, seed)."""
    environment, edition = env_id.split("-")
    changes, steps = _SHORT[policy][protocol]
    runs = cell_runs(
        policy,
        environment,
        edition,
        protocols=[protocol],
        reward_modes=modes,
        seeds=seeds,
        steps=steps,
    )
    return [replace(run, hyperparameters={**run.hyperparameters, **changes}) for run in runs]


def assert_same(found: RunResult, expected: RunResult) -> None:
    """Same run, same bits; only times may differ."""
    assert found.weights.keys() == expected.weights.keys()
    for name, tensor in expected.weights.items():
        assert torch.equal(found.weights[name], tensor), name
    for table in ("row", "curve", "diagnostics", "evaluations"):
        # As text, in which a measure that a game does not have (NaN) equals itself.
        assert str(_timeless(getattr(found, table))) == str(_timeless(getattr(expected, table)))


def _timeless(table: Any) -> Any:
    if isinstance(table, dict):
        return {name: value for name, value in table.items() if not name.endswith("_seconds")}
    return table
