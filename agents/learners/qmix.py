"""QMIX: Q-learning of a team whose value rises with the utility of each of its agents.

For the team of N agents with utilities Q_i(o_i, .) of K levels each, and the state s,

    Q_tot(s, q) = w2(s) elu(W1(s) q + b1(s)) + b2(s),  W1, w2 >= 0
    q_i  = Q_i(o_i, a_i), a_i as it was played
    a_i* = argmax_a Q_i(o_i', a),  q_i* = Qbar_i(o_i', a_i*)
    y    = 1/N sum_i r_i + gamma (1 - d) Qbar_tot(s', q*)
    L    = E[huber(Q_tot(s, q) - y)]

(Rashid et al. 2018; the double estimator is that of van Hasselt et al. 2016). Weights and biases
are the output of hypernetworks of s. Every agent plays its own best level, which is the best joint
action, as no weight is negative.

Details that matter:
- the mixer sees the state of the game, the agents their own observation alone; a replicate has one
  mixer, used in learning only;
- everything else as in VDN: reward of the team, the levels that were played, one loss and one
  clipped gradient norm per replicate;
- utilities are feed-forward: observations include the last actions, trust and t/T.

In the published study the mixer is the same, but the loss takes the largest utility of each agent
in place of that of the level that was played, and all agents explore at the same moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import nn

from ..slices.grid import EpsilonGreedyActor
from ..slices.layout import Layout
from ..slices.mixing import MonotonicMixer
from .iql import UtilityPolicy
from .vdn import VDN

ENTRY = {
    "name": "QMIX",
    "class_name": {"corrected": "QMIX"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "VDN",
            "mixing_width": 32,
        },
    },
}

CARD = {
    "paper": [
        "Rashid et al. 2018, QMIX: Monotonic Value Function Factorisation for Deep Multi-Agent "
        "Reinforcement Learning, arXiv:1803.11485",
        "van Hasselt et al. 2016, Deep Reinforcement Learning with Double Q-learning, "
        "arXiv:1509.06461",
    ],
    "reward": "team: mean over the agents",
    "actor": "own observation, with the last actions and the time: no recurrence",
    "critic": "mixer of the agents' utilities, weighted by the state",
    "sharing": "none",
    "head": "utilities of 11 levels, epsilon-greedy",
    "published": {
        "like": "VDN",
        "mixing_width": 32,
    },
    "why": {
        "like": "VDN",
    },
}


class MixingPolicy(UtilityPolicy):
    """Utilities of the agents, and a mixer for each replicate."""

    def _add_networks(  # type: ignore[override]  # its arguments are those of the policy
        self, state_length: int, mixing_width: int = 32
    ) -> None:
        """Build the mixer.

        Args:
            state_length: length of a state.
            mixing_width: see `MonotonicMixer`.
        """
        layout = self.layout
        self.mixer = MonotonicMixer(layout.replicates, state_length, layout.agents, mixing_width)

    @property
    def online(self) -> list[nn.Module]:
        """The actor and the mixer."""
        return [*super().online, self.mixer]

    @staticmethod
    def make_actor(
        layout: Layout,
        observation: int,
        actions: int,
        hidden: Sequence[int],
        levels: int = 11,
        mixing_width: int = 32,
    ) -> EpsilonGreedyActor:
        """See `UtilityPolicy.make_actor`; acting takes no mixer, of whatever width."""
        return UtilityPolicy.make_actor(layout, observation, actions, hidden, levels)


class QMIX(VDN):
    """Monotonic value of a team; see `IQL` for the options."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": MixingPolicy}
    central_critic = True

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return {**super()._network(settings), "mixing_width": settings.pop("mixing_width")}

    def _total(
        self, networks: Sequence[nn.Module], utilities: torch.Tensor, states: torch.Tensor | None
    ) -> torch.Tensor:
        """The mixer's value, [replicates, batch]."""
        return networks[1](self._together(utilities), states)
