"""`VecEnv` wrappers that the training code puts on; the environment itself tells the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from coopetition.envs.engine import Array
from coopetition.envs.rewards import reward_scale


def corrected(venv: VecEnv, *, bootstrap_at_horizon: bool) -> VecEnv:
    """What learners in the corrected protocol are given: scaled rewards, and a finite horizon.

    Args:
        venv: rows of a game.
        bootstrap_at_horizon: leave `TimeLimit.truncated` as it is, so that values go on.
    """
    scaled = ScaledReward(venv)
    return scaled if bootstrap_at_horizon else FiniteHorizon(scaled)


class FiniteHorizon(VecEnvWrapper):
    """The horizon belongs to the game: its last step is terminal for value targets.

    Clears `TimeLimit.truncated`, so that no learner bootstraps beyond the last step.
    """

    def reset(self) -> Any:
        """Pass through."""
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, Array, Array, list[dict[str, Any]]]:
        """Clear the flag of every row that timed out."""
        observations, rewards, dones, infos = self.venv.step_wait()
        for row in np.flatnonzero(dones):
            infos[row]["TimeLimit.truncated"] = False
        return observations, rewards, dones, infos


class ScaledReward(VecEnvWrapper):
    """Divide rewards by a known constant, the mean reward of the all-at-baseline profile.

    The constant follows from game and mode (`reward_scale`); a joint row, paid the sum over
    agents, is divided by N times it.
    """

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        game = venv.get_attr("game", 0)[0]
        modes, agents = venv.get_attr("reward_mode"), venv.get_attr("agent")
        scales = {mode: reward_scale(game, mode) for mode in set(modes)}
        players = [game.n_agents if agent is None else 1 for agent in agents]
        self.scale = np.array(
            [scales[mode] * n for mode, n in zip(modes, players, strict=True)], np.float32
        )

    def reset(self) -> Any:
        """Pass through."""
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, Array, Array, list[dict[str, Any]]]:
        """Scale the rewards."""
        observations, rewards, dones, infos = self.venv.step_wait()
        return observations, rewards / self.scale, dones, infos
