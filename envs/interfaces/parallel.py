"""PettingZoo Parallel view: all agents of one copy act at once, each with its own spaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pettingzoo

from ..engine import ActionError, Array
from .single import AgentView


class ParallelEnv(AgentView, pettingzoo.ParallelEnv):
    """One copy of a game as a PettingZoo Parallel environment.

    Args:
        id: a registered id such as `SLCD-v0`, or a game that is already built.
        reward_mode: `private`, `integrated` or `cooperative`; in the formal edition also a
            mutuality between 0 and 2.
        observation: preset of what an agent sees: `realistic` (own trust row), `full` (the whole
            trust matrix, the released default) or `minimal` (own action and own trust row; in the
            formal edition own share, mean share of the others and time).
        normalize: actions in [-1, 1] of the own endowment and observations in [-1, 1]; then the
            spaces of all agents are equal. Otherwise agent i acts in Box(0, own endowment), and
            observations have raw units.
        render_mode: None, `ansi` (text), `human` (text printed after every step) or `rgb_array`.
        **params: parameters of the environment.

    Attributes:
        game: the game behind the view.
        possible_agents: names of all agents, `agent_0` to `agent_{N-1}`.
        agents: the same while an episode runs, empty otherwise.
        observation_spaces, action_spaces: space per agent.
        state_space: space of `state()`.

    An info holds of its agent `step` (steps played), `own_action` (as executed, payoff units),
    `own_trust_mean` (mean of the own trust row, the one on its diagonal included, as released; not
    in games without trust), `cooperation_rate` (share of the own endowment) and `payoff` (of the
    step, the same in every reward mode; zero after a reset).

    Raises:
        ParameterError: an unknown parameter or a wrong type.
        ValueError: an unknown id, reward mode, preset or render mode, or a value out of range.
    """

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
        """Start an episode; observations and infos per agent.

        Args:
            seed: makes a new generator before anything is drawn; without it the old one goes on.
            options: none is defined, all are ignored, as PettingZoo's conformance test demands.
        """
        self._begin(seed)
        return self._observations(), self._infos()

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[
        dict[str, Array],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Play one action per agent: a number or an array of shape (1,), or of all its numbers.

        Returns:
            Observations, rewards, terminations, truncations and infos per agent. Both flags are
            those of the game and so common to all agents, who leave `agents` together.

        Raises:
            ActionError: an action is missing, belongs to no agent, or is not of its space's shape
                and finite; nothing has changed then.
            gymnasium.error.ResetNeeded: before the first reset or after the end of an episode.
        """
        self._require_episode()
        self._play(self._joint_action(actions))
        terminations = dict.fromkeys(self.agents, self._terminated)
        truncations = dict.fromkeys(self.agents, self._truncated)
        if self._done:
            self.agents = []
        rewards = self._reward_of_each()
        return self._observations(), rewards, terminations, truncations, self._infos()

    def _joint_action(self, actions: Mapping[str, Any]) -> Array:
        """The actions of all agents one after the other, [N times `actions_per_agent`]."""
        if not isinstance(actions, Mapping):
            raise ActionError(
                f"{self.game.id}: actions must be a dict with one entry per agent, "
                f"got {type(actions).__name__}"
            )
        missing = [agent for agent in self.agents if agent not in actions]
        unknown = [agent for agent in actions if agent not in self.action_spaces]
        if missing or unknown:
            problem = f"no action for {missing[0]}" if missing else f"no agent {unknown[0]!r}"
            raise ActionError(
                f"{self.game.id}: {problem}; pass one action for each of {', '.join(self.agents)}"
            )
        return np.concatenate([self._checked(agent, actions[agent]) for agent in self.agents])

    def _observations(self) -> dict[str, Array]:
        assert self._state is not None
        return dict(zip(self.possible_agents, self._look(self._state), strict=True))
