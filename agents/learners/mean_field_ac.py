"""MeanFieldAC: soft actor-critic whose critic sees, of the other agents, their mean action.

With one actor pi, twin critics Q_1, Q_2 and their targets for all N agents of a game, who are told
apart by their number i, a temperature per agent, and m_i = sum_(j != i) a_j / (N - 1),

    y_i   = r_i + gamma (1 - d) v_i,
    v_i   = min_k Qbar_k(o_i', i, a_i', m_i') - alpha_i log pi(a_i' | o_i', i),
            a_j' ~ pi(. | o_j', j) for all j
    J_Q   = 1/2 sum_i sum_k E[(Q_k(o_i, i, a_i, m_i) - y_i)^2]
    J_pi  = sum_i E[alpha_i log pi(a_i | o_i, i) - min_k Q_k(o_i, i, a_i, m_i)],
            a_j ~ pi(. | o_j, j) for all j, m_i held fixed
    J_al  = -E[log alpha_i (log pi(a_i | o_i, i) + H)],  H = -dim(a_i)

(Yang et al. 2018, Mean Field Multi-Agent Reinforcement Learning; Haarnoja et al. 2018, Soft
Actor-Critic Algorithms and Applications).

Details that matter:
- the policy of the paper is given the mean action of the step before. Every observation shows what
  the others last did, one by one or as moments where they are many, so it is given nothing else,
  and each agent acts on its own observation alone;
- the critic values an action at the mean of the very step. In the actor's loss the others play the
  current policy, and no gradient reaches their actions: through shared parameters it would make
  each agent serve the rewards of all;
- soft updates from a replay buffer in place of the paper's policy gradient, so that data, replay
  ratio and exploration are those of `ISAC`;
- parameters are shared within a replicate and the losses of its agents summed; each agent has its
  own temperature, since rewards differ in steepness between them;
- actions in [-1, 1] of the own endowment, observations and rewards shifted and scaled by known
  constants, the last step is terminal (t/T is observed).

For three agents or more: with two, the mean action of the others is the other's action.

The published study reports under this name a policy gradient with a state-value baseline on the sum
of rewards. All agents draw from one Gaussian, given the state and a running mean of past actions,
and its density is taken at the mean of their actions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from torch import nn

from ..slices.layout import Layout, Streams
from ..slices.networks import Critics, SharedActor, SquashedActor, numbered
from ..slices.off_policy import SliceActorQPolicy
from .isac import ISAC

ENTRY = {
    "name": "MeanFieldAC",
    "class_name": {"corrected": "MeanFieldAC"},
    "paradigm": "ctde",
    "published_as": (),
    "min_agents": 3,
    "hyperparameters": {
        "corrected": {
            "like": "ISAC",
        },
    },
}

CARD = {
    "paper": [
        "Yang et al. 2018, Mean Field Multi-Agent Reinforcement Learning, arXiv:1802.05438",
        "Haarnoja et al. 2018, Soft Actor-Critic Algorithms and Applications, arXiv:1812.05905",
    ],
    "reward": "own",
    "actor": "own observation and number",
    "critic": "own observation and number, own action, mean action of the others",
    "sharing": "actor and critics among all agents of a game",
    "head": "squashed Gaussian",
    "published": {
        "copies": 1,
        "n_steps": 2048,
        "batch_size": 2048,
        "n_epochs": 1,
        "learning_rate": 3e-4,
        "vf_coef": 0.5,
        "hidden": (128, 128),
    },
    "why": {
        "copies, batch_size": "data and samples per transition of ISAC",
        "n_steps, n_epochs": "learns from a replay buffer, not from rollouts",
        "vf_coef": "actor and critics are apart, each with its own optimiser",
        "learning_rate, hidden": "those of ISAC",
    },
}


def mean_of_others(actions: torch.Tensor, agents: int) -> torch.Tensor:
    """Mean action of the other agents of the replicate, [replicates agents, batch, A].

    Args:
        actions: [replicates agents, batch, A].
        agents: agents N per replicate, at least 2.
    """
    # Contiguous: numbers that lie otherwise, as a single replicate's may, add up in another order.
    by_replicate = actions.contiguous().view(-1, agents, *actions.shape[1:])
    others = by_replicate.sum(1, keepdim=True) - by_replicate
    return (others / (agents - 1)).view_as(actions)


class SharedSquashedActor(SharedActor):
    """One `SquashedActor` per replicate that plays all of its agents."""

    def sample(
        self, observations: torch.Tensor, noise: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `SquashedActor.sample`; axes are [replicates agents, batch, ...]."""
        seen = self.merged(numbered(observations, self.agents))
        actions, log_prob = self.actor.sample(seen, self.merged(noise))
        return self.split(actions), self.split(log_prob)


class MeanFieldCritics(nn.Module):
    """Action values per replicate for all of its agents, given the mean action of the others.

    Args:
        agents: agents N per replicate.
        critics: of the replicates, for own observation and action, the others' mean action and N
            entries more.
    """

    def __init__(self, agents: int, critics: Critics) -> None:
        super().__init__()
        self.agents, self.critics = agents, critics

    def initialise(self, streams: Streams) -> None:
        """That of the critics."""
        self.critics.initialise(streams)

    def forward(self, observations: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Values [critics, replicates agents, batch] of each agent's own action.

        Args:
            observations: own ones, [replicates agents, batch, d].
            actions: [replicates agents, batch, A]; they get no gradient as actions of others.
        """
        others = mean_of_others(actions, self.agents).detach()
        seen = numbered(torch.cat([observations, others], dim=2), self.agents)
        replicates = len(actions) // self.agents
        merged = (part.reshape(replicates, -1, part.shape[2]) for part in (seen, actions))
        return self.critics(*merged).reshape(-1, *actions.shape[:2])


class MeanFieldPolicy(SliceActorQPolicy):
    """An actor and action values per replicate, shared by its agents; see `SliceActorQPolicy`."""

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int]
    ) -> SharedSquashedActor:
        """The network that acts."""
        own = SquashedActor(layout.replicates, observation + layout.agents, actions, hidden)
        return SharedSquashedActor(layout.agents, own)

    def make_critic(self, inputs: int, count: int) -> MeanFieldCritics:
        """See `SliceActorQPolicy`; the others' mean action and the number come to the inputs."""
        replicates, agents = self.layout.replicates, self.layout.agents
        inputs += self.action_space.shape[0] + agents
        return MeanFieldCritics(agents, Critics(replicates, inputs, self.hidden, count))


class MeanFieldAC(ISAC):
    """`ISAC` with parameters shared within a replicate, and critics that see the mean action."""

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": MeanFieldPolicy}
