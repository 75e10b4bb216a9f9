"""`VecEnv` wrappers that the training code puts on; the environment itself tells the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from coopetition.envs.engine import Array
from coopetition.envs.rewards import reward_level, reward_scale


def corrected(venv: VecEnv, *, bootstrap_at_horizon: bool, gamma: float) -> VecEnv:
    """What learners in the corrected protocol are given: rewards near zero, and a finite horizon.

    Args:
        venv: rows of a game.
        bootstrap_at_horizon: leave `TimeLimit.truncated` as it is, so that values go on.
        gamma: discount factor of the learner; 1 if it does not discount.
    """
    centred = CentredReward(ScaledReward(venv), gamma=gamma)
    return centred if bootstrap_at_horizon else FiniteHorizon(centred)


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


class CentredReward(VecEnvWrapper):
    """Count scaled rewards from what the all-at-baseline profile earns: mostly from 1.

    Returns of an episode lie far from zero and differ by a few per cent, so that a critic that
    starts at zero learns their common level for most of a short training (Naik et al. 2024, Reward
    Centering, arXiv:2405.09999). What is left is the gain over the baseline. Where an episode ends
    before the horizon its last reward is also less what the missing steps would have been counted
    from, discounted: they earn nothing, which is not what the baseline earns. So the returns of all
    policies move by the same amount (potential-based shaping, Ng et al. 1999).

    Args:
        venv: rows of a game, in `ScaledReward`.
        gamma: discount factor of the learner.
    """

    def __init__(self, venv: VecEnv, *, gamma: float) -> None:
        super().__init__(venv)
        self.gamma = gamma
        game = venv.get_attr("game", 0)[0]
        modes = venv.get_attr("reward_mode")
        levels = {mode: reward_level(game, mode) for mode in set(modes)}
        self.level = np.array([levels[mode] for mode in modes], np.float32)

    def reset(self) -> Any:
        """Pass through."""
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, Array, Array, list[dict[str, Any]]]:
        """Subtract the level, for missing steps too."""
        observations, rewards, dones, infos = self.venv.step_wait()
        counted = np.ones_like(rewards)
        for row in np.flatnonzero(dones):
            counted[row] = sum(self.gamma**k for k in range(infos[row]["steps_left"] + 1))
        return observations, rewards - counted * self.level, dones, infos
