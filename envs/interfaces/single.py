"""One copy of a game being played: what the Gymnasium and PettingZoo views have in common.

Every view of a single copy starts an episode with `game.reset` and goes on with `game.step`. None
has dynamics of its own, so all of them play the same game.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ..engine import ActionError, Array, Game, Mode, Outcome, State, choose
from ..observations import PRESETS
from ..registry import game as build_game
from ..registry import pettingzoo_name
from . import render
from .render import Frame
from .spaces import (
    agent_action_space,
    observation_space,
    units_from_normalized,
)


class SingleCopy:
    """A running copy of a game, to be mixed into the class of an interface.

    Args:
        id: a registered id such as `SLCD-v0`, or a game that is already built.
        reward_mode: `private`, `integrated` or `cooperative`; in the formal edition also a
            mutuality between 0 and 2.
        normalize: actions and observations in [-1, 1].
        render_mode: None, `ansi`, `human` or `rgb_array`.
        params: parameters of the environment.

    Raises:
        ParameterError: an unknown parameter or a wrong type.
        ValueError: an unknown id, reward mode or render mode, or a value out of range.
    """

    def __init__(
        self,
        id: str | Game,
        reward_mode: Mode,
        normalize: bool,
        render_mode: str | None,
        params: Mapping[str, Any],
    ) -> None:
        if render_mode is not None:
            choose("render_mode", render_mode, render.MODES)
        self.game = build_game(id, **params)
        self.reward_mode = self.game.reward_mode(reward_mode)
        self.normalize = normalize
        self.render_mode = render_mode
        self._state: State | None = None
        self._outcome: Outcome | None = None
        self._done = False

    def render(self) -> str | Array | None:
        """The last step as text (`ansi`) or as a picture [height, width, 3] uint8 (`rgb_array`).

        In mode `human` the text is printed after every step by itself.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self.render_mode == "ansi":
            return render.text(self._frame())
        if self.render_mode == "rgb_array":
            return render.picture(self._frame())
        return None

    def close(self) -> None:
        """Nothing to release."""

    def _start(self, generator: np.random.Generator) -> None:
        self._state = self.game.reset([generator])
        self._outcome, self._done = None, False

    def _require_episode(self) -> None:
        if self._state is None or self._done:
            raise gymnasium.error.ResetNeeded("call reset() first: no episode is running")

    def _play(self, action: Any) -> None:
        """Play one joint action [N]; nothing changes if it is not valid."""
        assert self._state is not None
        actions = np.asarray(action)[None]
        if self.normalize:
            actions = units_from_normalized(self.game, self.game.check_actions(actions, batch=1))
        self._state, self._outcome = self.game.step(self._state, actions)
        self._done = self._terminated or self._truncated
        if self.render_mode == "human":
            print(render.text(self._frame()))

    @property
    def _terminated(self) -> bool:
        return self._outcome is not None and bool(self._outcome.terminated[0])

    @property
    def _truncated(self) -> bool:
        return self._outcome is not None and bool(self._outcome.truncated[0])

    def _payoffs(self) -> Array:
        """Payoffs of the last step, [N]; zero after a reset."""
        if self._outcome is None:
            return np.zeros(self.game.n_agents)
        return self._outcome.payoffs[0].copy()

    def _rewards(self, mode: Mode) -> Array:
        """Rewards of the last step under a mode, [N]; zero after a reset."""
        if self._outcome is None:
            return np.zeros(self.game.n_agents)
        return self.game.rewards(self._outcome, mode)[0].copy()

    def _trust(self) -> Array | None:
        """Trust of row in column, [N, N]; None in a game without trust."""
        assert self._state is not None
        return self._state["trust"][0] if "trust" in self._state else None

    def _frame(self) -> Frame:
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() first: there is nothing to show yet")
        return Frame(
            game=self.game,
            reward_mode=self.reward_mode,
            step=int(self._state["t"][0]),
            actions=self._state["actions"][0],
            payoffs=self._payoffs(),
            rewards=self._rewards(self.reward_mode),
            trust=self._trust(),
            mean_trust=float(self.game.mean_trust(self._state)[0]),
        )


class AgentView(SingleCopy):
    """A copy of a game in which every agent has an action and an observation of its own.

    The two PettingZoo views are derived from it and say in their classes what its arguments and
    attributes mean.
    """

    def __init__(
        self,
        id: str | Game,
        *,
        reward_mode: Mode = "integrated",
        observation: str = "realistic",
        normalize: bool = False,
        render_mode: str | None = None,
        **params: Any,
    ) -> None:
        super().__init__(id, reward_mode, normalize, render_mode, params)
        self.observation = choose("observation", observation, PRESETS)
        self.possible_agents = self.game.agents
        self.agents: list[str] = []
        self.metadata = {
            "name": pettingzoo_name(self.game.id),
            "render_modes": list(render.MODES),
            "render_fps": render.FRAMES_PER_SECOND,
            "is_parallelizable": True,
        }
        self._generator: np.random.Generator | None = None
        sample = self.game.reset([0])
        length = self.game.state_vector(sample, normalize).shape[1]
        self.state_space = observation_space(self.game, length, normalize)
        space = self._agent_space(self._look(sample).shape[1])
        self.observation_spaces = {agent: deepcopy(space) for agent in self.possible_agents}
        self.action_spaces = {
            agent: agent_action_space(self.game, i, normalize)
            for i, agent in enumerate(self.possible_agents)
        }

    def observation_space(self, agent: str) -> spaces.Box:
        """Space of what the agent sees; always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Box:
        """Space of the agent's action; always the same object."""
        return self.action_spaces[agent]

    def state(self) -> Array:
        """The state after the last step of the game, [D] float32; see `Game.state_vector`.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() first: there is no state yet")
        return self.game.state_vector(self._state, self.normalize)[0]

    def _agent_space(self, length: int) -> spaces.Box:
        """Space of an observation whose part from the game has this length."""
        return observation_space(self.game, length, self.normalize)

    def _look(self, state: State) -> Array:
        """What every agent sees, [N, d]."""
        return self.game.agent_observation(state, self.observation, self.normalize)[0]

    def _begin(self, seed: Any) -> None:
        """Start an episode; a seed always makes a new generator, without one the old goes on."""
        if seed is not None or self._generator is None:
            self._generator = np.random.default_rng(seed)
        self._start(self._generator)
        self.agents = self.possible_agents[:]

    def _infos(self) -> dict[str, dict[str, Any]]:
        """Diagnostics of every agent, Python numbers."""
        assert self._state is not None
        step, actions, trust = int(self._state["t"][0]), self._state["actions"][0], self._trust()
        columns = {
            "own_action": actions,
            "own_trust_mean": None if trust is None else trust.mean(axis=1),
            "cooperation_rate": actions / self.game.endowments,
            "payoff": self._payoffs(),
        }
        values = {name: v.tolist() for name, v in columns.items() if v is not None}
        return {
            agent: {"step": step} | {name: v[i] for name, v in values.items()}
            for i, agent in enumerate(self.possible_agents)
        }

    def _reward_of_each(self) -> dict[str, float]:
        rewards = self._rewards(self.reward_mode).tolist()
        return dict(zip(self.possible_agents, rewards, strict=True))

    def _checked(self, agent: str, action: Any) -> Array:
        """The agent's action, float64 [actions per agent].

        Raises:
            ActionError: it is not as many real numbers, finite in the precision of the edition;
                the text names the agent.
        """
        array, shape = np.asarray(action), (self.game.actions_per_agent,)
        shapes = ((), shape) if shape == (1,) else (shape,)
        if array.dtype.kind not in "fiu" or array.shape not in shapes:
            number = "a real number or " if shape == (1,) else ""
            raise ActionError(
                f"{self.game.id}: the action of {agent} must be {number}an array of "
                f"shape {shape}, got {_description(action, array)}"
            )
        numbers = array.astype(np.float64).reshape(shape)
        finite = np.abs(numbers) <= float(np.finfo(self.game.action_dtype).max)
        if not finite.all():
            raise ActionError(
                f"{self.game.id}: the action of {agent} is {numbers[~finite][0]}; actions must be "
                "finite numbers"
            )
        return numbers


def _description(action: Any, array: Array) -> str:
    if isinstance(action, np.ndarray | list | tuple):
        return f"shape {array.shape} of {array.dtype}"
    return repr(action)
