"""MASAC: soft actor-critic on the own observation, critics on the state and all actions.

For agent i with actor pi_i, twin critics Q_i,1, Q_i,2, their targets and temperature alpha_i,

    y    = r_i + gamma (1 - d) (min_k Qbar_i,k(s', a_1', ..., a_N') - alpha_i log pi_i(a_i' | o_i'))
    J_Q  = 1/2 sum_k E[(Q_i,k(s, a_1, ..., a_N) - y)^2]
    J_pi = E[alpha_i log pi_i(b_i | o_i) - min_k Q_i,k(s, b_1, ..., b_N)]
    J_al = -E[log alpha_i (log pi_i(b_i | o_i) + H)],  H = -dim(a_i)

with the replayed actions a_j, and a_j' ~ pi_j(o_j') and b_j ~ pi_j(o_j) of the current policies of
all agents. No single paper defines it: it is soft actor-critic (Haarnoja et al. 2018) in the scheme
of MADDPG (Lowe et al. 2017), as in Iqbal and Sha 2019 without their attention. Every agent learns
on its own reward.

Details that matter:
- those of `ISAC`, whose update it shares and which it equals where the state is the observation of
  a single agent;
- the target counts the entropy of the own policy only, and an actor has a gradient through its own
  action only;
- actions are squashed once, in training as in evaluation.

Under this name the published study trains on the reward of all agents together. It squashes actions
twice in training and once in evaluation, has a deviation that does not depend on the observation,
and fits critics to actions in payoff units, while actors and targets feed them others.
"""

from __future__ import annotations

import torch

from .isac import ISAC

ENTRY = {
    "name": "MASAC",
    "class_name": {"corrected": "MASAC"},
    "paradigm": "ctde",
    "published_as": (),
    "vector_actions": True,
    "hyperparameters": {
        "corrected": {
            "like": "ISAC",
        },
    },
}

CARD = {
    "paper": [
        "Haarnoja et al. 2018, Soft Actor-Critic Algorithms and Applications, arXiv:1812.05905",
        "Lowe et al. 2017, Multi-Agent Actor-Critic for Mixed Cooperative-Competitive "
        "Environments, arXiv:1706.02275",
        "Iqbal and Sha 2019, Actor-Attention-Critic for Multi-Agent Reinforcement Learning, "
        "arXiv:1810.02912",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "state and all actions, the lower of two",
    "sharing": "none",
    "head": "squashed Gaussian",
    "published": {
        "copies": 1,
        "steps_per_update": 4,
        "gradient_steps": 1,
        "batch_size": 256,
        "buffer_size": 100_000,
        "learning_rate": 1e-3,
        "actor_learning_rate": 3e-4,
        "gamma": 0.99,
        "tau": 0.005,
        "max_grad_norm": 1.0,
        "ent_coef": "auto",
        "target_entropy": "auto",
        "hidden": (128, 128),
    },
    "why": {
        "copies, steps_per_update, gradient_steps": (
            "as many updates per environment step as published, in bundles of four"
        ),
        "learning_rate": "as in `ISAC`",
        "actor_learning_rate": "one rate for all, as in SAC",
        "max_grad_norm": "no clipping, as in SAC: rewards are scaled to about 1",
        "batch_size, hidden": "those of all replay learners here, at a small part of the cost",
    },
}


class MASAC(ISAC):
    """`ISAC` with centralised critics."""

    central_critic = True

    def _judged(
        self, observations: torch.Tensor, states: torch.Tensor | None, actions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The state and the actions of all agents; only the own ones have a gradient."""
        joint = self.layout.joint(actions.detach())
        return self.layout.spread(states), self.layout.replaced(joint, actions)
