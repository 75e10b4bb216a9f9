"""Fishery: boats that share a stock of fish, an environment of PettingZoo's Parallel API.

    snakemake --config extend='[examples/extend_pettingzoo.py]' environments='[Fishery]' \
        train_on=all policies='[IPPO, MADDPG]' steps=4096 study=fishery

Registering takes the four lines at the end, and `Fishery` may as well be imported from any package.
Actions must be one number per agent, a bounded box or levels; all agents stay to the end.
"""

from typing import ClassVar

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

from coopetition import envs


class Fishery(ParallelEnv):
    """Every boat chooses its share of the fleet's capacity; what is left of the stock grows."""

    metadata: ClassVar = {"name": "fishery_v0"}

    def __init__(self, boats: int, growth: float, max_cycles: int) -> None:
        self.possible_agents = [f"boat_{i}" for i in range(boats)]
        self.growth, self.max_cycles = growth, max_cycles
        self.share = spaces.Box(0.0, 1.0, (1,))

    def observation_space(self, agent: str) -> spaces.Box:
        """The stock."""
        return self.share

    def action_space(self, agent: str) -> spaces.Box:
        """Restraint: 0 fishes with all there is, 1 stays in the harbour."""
        return self.share

    def reset(self, seed: int | None = None, options: dict | None = None) -> tuple[dict, dict]:
        """A full sea."""
        self.agents, self.stock, self.t = self.possible_agents[:], 1.0, 0
        return self._observed(), {agent: {} for agent in self.agents}

    def step(self, actions: dict) -> tuple[dict, dict, dict, dict, dict]:
        """Catch, then grow."""
        effort = {a: 1 - float(actions[a][0]) for a in self.agents}
        catch = {a: 0.8 * self.stock * e / len(effort) for a, e in effort.items()}
        left = self.stock - sum(catch.values())
        self.stock, self.t = left + self.growth * left * (1 - left), self.t + 1
        played, over = self.agents, self.t >= self.max_cycles
        self.agents = [] if over else played
        rewards = {a: 100 * c for a, c in catch.items()}
        flags = [dict.fromkeys(played, flag) for flag in (False, over)]
        return self._observed(), rewards, *flags, {a: {} for a in played}

    def _observed(self) -> dict:
        return {a: np.array([self.stock], np.float32) for a in self.possible_agents}


@envs.register_parallel("Fishery-v1", "TR-3")
def fishery(boats: int = 3, growth: float = 0.9, max_cycles: int = 20) -> ParallelEnv:
    """Boats that share a stock of fish."""
    return Fishery(boats, growth, max_cycles)
