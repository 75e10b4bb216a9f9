"""Gymnasium view of one copy: one joint action, the sum of rewards as the scalar reward."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from ..engine import Array, Game, Outcome, State, choose
from ..registry import game as build_game
from ..rewards import REWARD_MODES


class JointEnv(gymnasium.Env):
    """All agents of one game behind one Gymnasium environment.

    Args:
        id: a registered id such as `SLCD-v0`, or a game that is already built.
        reward_mode: `private`, `integrated` or `cooperative`.
        normalize: actions in [-1, 1] of each agent's own endowment and observations in [-1, 1];
            otherwise the published spaces, Box(0, largest endowment) and raw observations.
        render_mode: None, `ansi` (text) or `human` (text printed after every step).
        **params: parameters of the environment.

    The scalar reward is the sum over agents. `info` holds, besides the game's own entries, the
    vectors [N] `payoffs` and `rewards`, and `rewards_by_mode` with those of every mode; all are
    zero after a reset. Each is an array of its own.

    Raises:
        ParameterError: an unknown parameter or a wrong type.
        ValueError: an unknown id, reward mode or render mode, or a value out of range.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 10}

    def __init__(
        self,
        id: str | Game,
        *,
        reward_mode: str = "integrated",
        normalize: bool = False,
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode={render_mode!r}: choose None, 'ansi' or 'human'")
        self.game = build_game(id, **params)
        self.reward_mode = choose("reward_mode", reward_mode, REWARD_MODES)
        self.normalize = normalize
        self.render_mode = render_mode
        self._state: State | None = None
        self._outcome: Outcome | None = None
        self._rewards: list[Array] = []
        self._done = False
        self.action_space = joint_action_space(self.game, normalize)
        sample = self._observe(self.game.reset([0]))
        self.observation_space = observation_space(sample, normalize)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Start an episode. No option is defined.

        A seed applies before anything is drawn; without one the generator goes on.
        """
        super().reset(seed=seed)
        if options:
            raise ValueError(f"unknown reset options {sorted(options)}: no option is defined")
        self._state = self.game.reset([self.np_random])
        self._outcome, self._done, self._rewards = None, False, []
        return self._observe(self._state), self._info()

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Play one joint action [N].

        Raises:
            ActionError: wrong shape or type, NaN or infinity; nothing has changed then.
            gymnasium.error.ResetNeeded: before the first reset or after the end of an episode.
        """
        if self._state is None or self._done:
            raise gymnasium.error.ResetNeeded("call reset() first: no episode is running")
        actions = np.asarray(action)[None]
        if self.normalize:
            actions = units_from_normalized(self.game, self.game.check_actions(actions, batch=1))
        self._state, self._outcome = self.game.step(self._state, actions)
        info = self._info()
        if self.game.reward_diagnostics is not None:
            self._rewards.append(info["rewards"])
            info |= self.game.reward_diagnostics(np.array(self._rewards))
        terminated = bool(self._outcome.terminated[0])
        truncated = bool(self._outcome.truncated[0])
        self._done = terminated or truncated
        reward = float(info["rewards"].sum(dtype=np.float64))
        if self.render_mode == "human":
            print(self._text())
        return self._observe(self._state), reward, terminated, truncated, info

    def render(self) -> str | None:
        """The state as text (`ansi`); `human` prints it after every step by itself."""
        if self.render_mode != "ansi":
            return None
        return self._text()

    def _observe(self, state: State) -> Array:
        return joint_observation(self.game, state, self.normalize)[0]

    def _info(self) -> dict[str, Any]:
        assert self._state is not None
        info = self.game.info(self._state, self._outcome)
        if self._outcome is None:
            by_mode = {mode: np.zeros(self.game.n_agents) for mode in REWARD_MODES}
            info["payoffs"] = np.zeros(self.game.n_agents)
        else:
            by_mode = {m: self.game.rewards(self._outcome, m)[0].copy() for m in REWARD_MODES}
            info["payoffs"] = self._outcome.payoffs[0].copy()
        info["rewards"] = by_mode[self.reward_mode].copy()
        info["rewards_by_mode"] = by_mode
        return info

    def _text(self) -> str:
        if self._state is None:
            return f"{self.game.id}: not started"
        info = self._info()
        lines = [
            f"{self.game.id}  step {info['step']}/{self.game.horizon}  "
            f"mean trust {info['mean_trust']:.3f}  reward mode {self.reward_mode}"
        ]
        for i, name in enumerate(self.game.display_names):
            action, endowment = self._state["actions"][0, i], self.game.endowments[i]
            lines.append(
                f"  {name:<10} action {action:7.2f} of {endowment:5.0f}  "
                f"payoff {info['payoffs'][i]:9.3f}  reward {info['rewards'][i]:9.3f}"
            )
        return "\n".join(lines)


def units_from_normalized(game: Game, normalized: Array) -> Array:
    """Actions in [-1, 1] as shares of each agent's own endowment, in payoff units."""
    return game.endowments * (normalized + 1) / 2


def joint_observation(game: Game, state: State, normalize: bool) -> Array:
    """What a controller of all agents sees, [B, D]: in [-1, 1], or the published observation."""
    return game.central_observation(state) if normalize else game.joint_observation(state)


def joint_action_space(game: Game, normalize: bool) -> spaces.Box:
    """[-1, 1]^N, or the published box with one upper bound, the largest endowment."""
    shape = (game.n_agents,)
    if normalize:
        return spaces.Box(-1.0, 1.0, shape, np.float32)
    return spaces.Box(0.0, float(game.endowments.max()), shape, np.float32)


def observation_space(sample: Array, normalize: bool) -> spaces.Box:
    """Bounds of an observation like `sample`: [-1, 1] if normalised, else unbounded."""
    bound = 1.0 if normalize else np.inf
    return spaces.Box(-bound, bound, sample.shape, np.float32)
