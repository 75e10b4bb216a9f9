"""PettingZoo AEC view: the agents of one copy announce their actions one after another.

The game stays simultaneous: a round of N announcements is one step of the game, in the fixed
order of the agents. What the cycle adds is that later agents see what earlier ones announced.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pettingzoo
from gymnasium import spaces

from ..engine import ActionError, Array
from .single import AgentView

NOT_YET_MOVED = -1.0


class AECEnv(AgentView, pettingzoo.AECEnv):
    """One copy of a game as a PettingZoo AEC (agent-environment cycle) environment.

    Arguments, attributes and infos are those of `ParallelEnv`, and equal actions give equal
    payoffs, rewards and flags. Rewards arise when the round is complete; each agent finds its own
    in `last()` at its next turn.

    An observation is that of the Parallel view at the end of the previous round, followed by a
    slot per number of the joint action, announced in the running round: -1 for an agent that has
    not moved yet, else its action, clipped to what it can play: in payoff units in the raw view, as
    a share of the own endowment in [0, 1] in the normalised view. There too -1 can only mean "not
    yet".
    """

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Start an episode; see `ParallelEnv.reset`."""
        self._begin(seed)
        self.agent_selection = self.agents[0]
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self._open_round()

    def observe(self, agent: str) -> Array:
        """What the agent sees now, whether or not it is its turn.

        Raises:
            gymnasium.error.ResetNeeded: before the first reset.
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() first: there is nothing to see yet")
        own = self._seen[self.possible_agents.index(agent)]
        return np.concatenate([own, self._revealed])

    def step(self, action: Any) -> None:
        """Take the action of the agent whose turn it is; None once that agent has finished.

        Raises:
            ActionError: not finite numbers of its space's shape, None from a live agent, or an
                action from one that has finished; nothing has changed then.
            gymnasium.error.ResetNeeded: before the first reset or after all agents have left.
        """
        if not self.agents:
            raise gymnasium.error.ResetNeeded("call reset() first: no episode is running")
        agent = self.agent_selection
        if self.terminations[agent] or self.truncations[agent]:
            if action is not None:
                raise ActionError(
                    f"{self.game.id}: {agent} has finished, so its action must be None, "
                    f"got {action!r}"
                )
            self._was_dead_step(None)
            return
        turn = self.agents.index(agent)
        self._announced[self._numbers(turn)] = self._checked(agent, action)
        self._cumulative_rewards[agent] = 0.0
        if turn + 1 < len(self.agents):
            self._revealed[self._numbers(turn)] = self._shown(turn)
            self.rewards = dict.fromkeys(self.agents, 0.0)
            self.agent_selection = self.agents[turn + 1]
        else:
            self._complete_round()

    def _complete_round(self) -> None:
        self._play(self._announced)
        self.rewards = self._reward_of_each()
        self._accumulate_rewards()
        self.terminations = dict.fromkeys(self.agents, self._terminated)
        self.truncations = dict.fromkeys(self.agents, self._truncated)
        self.agent_selection = self.agents[0]
        self._open_round()

    def _open_round(self) -> None:
        assert self._state is not None
        slots = self.game.action_high.shape
        self.infos = self._infos()
        self._seen = self._look(self._state)
        self._announced = np.zeros(slots)
        self._revealed = np.full(slots, NOT_YET_MOVED, np.float32)

    def _numbers(self, turn: int) -> slice:
        """Where the action of an agent lies in the joint one."""
        each = self.game.actions_per_agent
        return slice(turn * each, (turn + 1) * each)

    def _shown(self, turn: int) -> Array:
        """How the others see an announced action."""
        numbers = self._numbers(turn)
        if self.normalize:
            return np.clip((self._announced[numbers] + 1) / 2, 0, 1)
        return np.clip(self._announced[numbers], 0, self.game.action_high[numbers])

    def _agent_space(self, length: int) -> spaces.Box:
        seen = super()._agent_space(length)
        high = self.game.action_high
        highest = np.ones(high.shape) if self.normalize else high
        return spaces.Box(
            np.concatenate([seen.low, np.full(high.shape, NOT_YET_MOVED)]).astype(np.float32),
            np.concatenate([seen.high, highest]).astype(np.float32),
            dtype=np.float32,
        )
