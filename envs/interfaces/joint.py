"""Gymnasium view of one copy: one joint action, the sum of rewards as the scalar reward."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

from ..engine import Array, Game, Mode
from ..rewards import REWARD_MODES
from . import render
from .single import SingleCopy
from .spaces import joint_action_space, joint_observation, observation_space

METADATA = {"render_modes": list(render.MODES), "render_fps": render.FRAMES_PER_SECOND}


class JointEnv(SingleCopy, gymnasium.Env):
    """All agents of one game behind one Gymnasium environment.

    Args:
        game: a registered id such as `SLCD-v0`, or a game that is already built.
        reward_mode: `private`, `integrated` or `cooperative`; in the formal edition also a
            mutuality between 0 and 2.
        normalize: actions in [-1, 1] of each agent's own endowment and observations in [-1, 1];
            otherwise actions from 0 to the endowment of each (in the released edition to the
            largest one, as published) and raw observations.
        render_mode: None, `ansi` (text), `human` (text printed after every step) or `rgb_array`.
        **params: parameters of the environment.

    The scalar reward is the sum over agents. `info` holds, besides the game's own entries, the
    vectors [N] `payoffs` and `rewards`, and `rewards_by_mode` with those of the named modes; all
    are zero after a reset. Each is an array of its own.

    Raises:
        ParameterError: an unknown parameter or a wrong type.
        ValueError: an unknown id, reward mode or render mode, or a value out of range.
    """

    metadata = METADATA

    def __init__(
        self,
        game: str | Game,
        *,
        reward_mode: Mode = "integrated",
        normalize: bool = False,
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(game, reward_mode, normalize, render_mode, params)
        self._episode_rewards: list[Array] = []
        self.action_space = joint_action_space(self.game, normalize)
        sample = joint_observation(self.game, self.game.reset([0]), normalize)
        self.observation_space = observation_space(self.game, sample.shape[1], normalize)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode. No option is defined.

        A seed applies before anything is drawn; without one the generator goes on.
        """
        gymnasium.Env.reset(self, seed=seed)
        if options:
            raise ValueError(f"unknown reset options {sorted(options)}: no option is defined")
        self._start(self.np_random)
        self._episode_rewards = []
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Play one joint action [N].

        Raises:
            ActionError: wrong shape or type, NaN or infinity; nothing has changed then.
            gymnasium.error.ResetNeeded: before the first reset or after the end of an episode.
        """
        self._require_episode()
        self._play(action)
        info = self._info()
        if self.game.reward_diagnostics is not None:
            self._episode_rewards.append(info["rewards"])
            info |= self.game.reward_diagnostics(np.array(self._episode_rewards))
        reward = float(info["rewards"].sum(dtype=np.float64))
        return self._observation(), reward, self._terminated, self._truncated, info

    def _observation(self) -> Array:
        assert self._state is not None
        return joint_observation(self.game, self._state, self.normalize)[0]

    def _info(self) -> dict[str, Any]:
        assert self._state is not None
        info = self.game.info(self._state, self._outcome)
        info["payoffs"] = self._payoffs()
        info["rewards"] = self._rewards(self.reward_mode)
        info["rewards_by_mode"] = {mode: self._rewards(mode) for mode in REWARD_MODES}
        return info
