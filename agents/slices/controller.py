"""The policy of one run or of many: every agent acts on its own observation alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from coopetition.envs.engine import Array, Game
from coopetition.envs.interfaces.spaces import units_from_normalized

from ..models import write_models
from ..policy import Sampling
from ..runs import Run
from .layout import Layout
from .networks import replicate_state


class SliceController(Sampling):
    """Plays the agents of R runs side by side, each with its own slice of a network.

    A batch holds equally many episodes of every run, ordered (run, episode). It may be played on
    another game than the one it was trained on, if the two have equally many agents and equally
    long observations.

    Args:
        actor: network of R N slices with a method `act`.
        runs: the R runs.
        agents: slices N per run; 1 if one network plays all agents.
        joint: one network plays all agents from the joint observation.
        stopped: positions of runs that broke down; they play the middle of the range.
        deterministic: play the most likely action, else sample from the episode's stream.
    """

    def __init__(
        self,
        actor: nn.Module,
        runs: Sequence[Run],
        agents: int,
        *,
        joint: bool,
        stopped: Iterable[int] = (),
        deterministic: bool = True,
    ) -> None:
        self.actor, self.runs, self.agents, self.joint = actor, list(runs), agents, joint
        self.stopped = list(stopped)
        self.deterministic = deterministic
        self.name = runs[0].policy
        self.observation = "central" if joint else "realistic"

    @staticmethod
    def shape(game: Game, *, joint: bool) -> tuple[int, int, int]:
        """Length of an observation, length of an action, and networks per game."""
        state = game.reset([0])
        if joint:
            return game.central_observation(state).shape[1], len(game.action_high), 1
        length = game.agent_observation(state, "realistic", normalize=True).shape[2]
        return length, game.actions_per_agent, game.n_agents

    def attach(self, game: Game) -> None:
        """Take in a game.

        Raises:
            ValueError: it does not fit the networks.
        """
        if not self.attached_to(game):
            trained = (self.actor.length, self.agents)
            length, _, agents = self.shape(game, joint=self.joint)
            if (length, agents) != trained:
                raise ValueError(
                    f"{game.id} has {agents} networks and observations of length {length}, but "
                    f"{self.name} was trained on {self.runs[0].env_id}, with {trained[1]} and "
                    f"observations of length {trained[0]}"
                )
        super().attach(game)

    def reset(self, game: Game, seeds: Sequence[np.random.SeedSequence]) -> None:
        """See `Policy.reset`.

        Raises:
            ValueError: the episodes cannot be shared out equally among the runs.
        """
        if len(seeds) % len(self.runs):
            raise ValueError(f"{len(seeds)} episodes for {len(self.runs)} runs: give equally many")
        super().reset(game, seeds)
        self._places, self._place = len(seeds), np.arange(len(seeds))

    def keep(self, rows: Array) -> None:
        """See `Policy.keep`; the others keep their places in the batch."""
        super().keep(rows)
        self._place = self._place[rows]

    def act(self, observations: Array) -> Array:
        """Joint actions [B, N times `actions_per_agent`] in payoff units."""
        agents, places, place = self.agents, self._places, self._place
        numbers = len(self.game.action_high)
        layout = Layout(len(self.runs), places // len(self.runs), agents)
        rows = observations.reshape(len(place), agents, -1)
        # Places of ended episodes stay, so that a product's shape never depends on other runs.
        full = np.zeros((places, *rows.shape[1:]), np.float32)
        full[place] = rows
        noise = None
        if not self.deterministic:
            width = numbers // agents
            drawn = np.zeros((places, agents, width), np.float32)
            for index, generator in zip(place, self.memory["generators"], strict=True):
                drawn[index] = generator.standard_normal((agents, width), np.float32)
            noise = torch.from_numpy(layout.by_slice(drawn.reshape(layout.rows, -1)))
        with torch.no_grad():
            slices = torch.from_numpy(layout.by_slice(full.reshape(layout.rows, -1)))
            actions = layout.by_row(self.actor.act(slices, noise)).numpy()
        each = actions.reshape(layout.replicates, -1)
        each[self.stopped] = 0.0
        joint = each.reshape(places, numbers)[place]
        return units_from_normalized(self.game, np.clip(joint, -1.0, 1.0))

    def predict(
        self,
        observation: Array,
        state: None = None,
        episode_start: Array | None = None,
        deterministic: bool = True,
    ) -> tuple[Array, None]:
        """See `Sampling.predict`."""
        self._places = len(np.atleast_2d(observation)) // (1 if self.joint else self.agents)
        self._place = np.arange(self._places)
        return super().predict(observation, state, episode_start, deterministic)

    def save(self, path: str | Path) -> None:
        """Write the runs and their weights; `agents.load` reads the file."""
        count = len(self.runs)
        weights = [replicate_state(self.actor, count, i) for i in range(count)]
        write_models(Path(path), zip(self.runs, weights, strict=True))
