"""VDN: Q-learning of a team whose value is the sum of the utilities of its agents.

For the team of N agents with utilities Q_i(o_i, .) of K levels each,

    Q_tot(o, a) = sum_i Q_i(o_i, a_i)
    a_i* = argmax_a Q_i(o_i', a)
    y    = 1/N sum_i r_i + gamma (1 - d) sum_i Qbar_i(o_i', a_i*)
    L    = E[huber(Q_tot(o, a) - y)],  a as it was played

(Sunehag et al. 2018; the double estimator is that of van Hasselt et al. 2016). Every agent plays
its own best level, which is the best joint action by the sum.

Details that matter:
- the method is defined for one reward of the team: here the mean over its agents of the rewards of
  the mode, so that values are of the size of an agent's, whatever N;
- one loss and one clipped gradient norm per replicate;
- everything else as in IQL: exploration of each agent by itself, the levels that were played, and
  no recurrence, as observations include the last actions, trust and t/T.

In the published study the loss takes the largest utility of each agent in place of that of the
level that was played, and all agents explore at the same moments.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .iql import IQL

ENTRY = {
    "name": "VDN",
    "class_name": {"corrected": "VDN"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "IQL",
        },
    },
}

CARD = {
    "paper": [
        "Sunehag et al. 2018, Value-Decomposition Networks for Cooperative Multi-Agent Learning, "
        "arXiv:1706.05296",
        "van Hasselt et al. 2016, Deep Reinforcement Learning with Double Q-learning, "
        "arXiv:1509.06461",
    ],
    "reward": "team: mean over the agents",
    "actor": "own observation, with the last actions and the time: no recurrence",
    "critic": "sum of the agents' utilities, each of the own observation",
    "sharing": "none",
    "head": "utilities of 11 levels, epsilon-greedy",
    "published": {
        "copies": 1,
        "steps_per_update": 1,
        "gradient_steps": 1,
        "batch_size": 32,
        "buffer_size": 5000,
        "learning_rate": 5e-4,
        "gamma": 0.99,
        "target_update_interval": 1000,
        "double_q": False,
        "exploration_initial_eps": 1.0,
        "exploration_final_eps": 0.05,
        "epsilon_decay": 0.9995,
        "max_grad_norm": None,
        "hidden": (64, 64),
        "levels": 11,
        "bootstrap_at_horizon": False,
    },
    "why": {
        "copies, steps_per_update, gradient_steps, batch_size": (
            "16 samples per transition, half of the published 32, in updates of 64; as in ISAC"
        ),
        "buffer_size": "the published 5,000 transitions are 50 episodes of 100 steps",
        "learning_rate": "twice the published one, with a quarter of the updates",
        "target_update_interval": "800 environment steps, about as often as published",
        "double_q": "less overestimation; the usual form today",
        "epsilon_decay": "linear over a fifth of the budget, so that it suits any budget",
        "max_grad_norm": "that of the reference implementation",
    },
}


class VDN(IQL):
    """Additive value of a team; see `IQL` for the options."""

    def _reward(self, rewards: torch.Tensor) -> torch.Tensor:
        """Mean over the agents, [replicates, batch]."""
        return self._together(rewards).mean(2)

    def _total(
        self, networks: Sequence[nn.Module], utilities: torch.Tensor, states: torch.Tensor | None
    ) -> torch.Tensor:
        """Sum over the agents, [replicates, batch]."""
        return self._together(utilities).sum(2)

    def _together(self, values: torch.Tensor) -> torch.Tensor:
        """[slices, batch] as [replicates, batch, agents]."""
        each = values.view(self.layout.replicates, self.layout.agents, -1)
        # In one piece, or else a single replicate would be summed in another order.
        return each.transpose(1, 2).contiguous()
