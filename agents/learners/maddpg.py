"""MADDPG: deterministic actors on their own observation, critics on the state and all actions.

For agent i with actor mu_i(o_i), critic Q_i(s, a_1, ..., a_N) and targets mubar_i, Qbar_i of both,

    y    = r_i + gamma (1 - d) Qbar_i(s', mubar_1(o_1'), ..., mubar_N(o_N'))
    J_Q  = E[(Q_i(s, a_1, ..., a_N) - y)^2]
    J_mu = -E[Q_i(s, a_1, ..., mu_i(o_i), ..., a_N)]

with the others' actions a_j as replayed (Lowe et al. 2017, Multi-Agent Actor-Critic for Mixed
Cooperative-Competitive Environments). Every agent learns on its own reward.

Details that matter:
- critics end in a linear layer: a value is a return, of any size;
- buffer, targets and actors all hold actions in [-1, 1] of the own endowment;
- critics learn ten times as fast as actors (Lillicrap et al. 2016): else the first guesses of a
  critic drive its actor to where tanh is flat;
- exploration by Gaussian noise, after a first phase of uniform actions;
- observations and rewards are shifted and scaled by known constants, the last step is terminal (t/T
  is observed);
- with one agent it is `stable_baselines3.DDPG`: one critic, no delay, no noise in the target.

Under this name the published study trains actors that see everything, on the reward of all agents
together. Its critics end in tanh, so that no value exceeds 1, and are fitted to actions in payoff
units, while actors and targets feed them actions in [-1, 1].
"""

from __future__ import annotations

from stable_baselines3 import DDPG

from ..slices.central import CentralTD3

ENTRY = {
    "name": "MADDPG",
    "class_name": {"corrected": "MADDPG"},
    "paradigm": "ctde",
    "published_as": (),
    "vector_actions": True,
    "hyperparameters": {
        "corrected": {
            "like": "ISAC",
            "without": ("ent_coef", "target_entropy"),
            "learning_rate": 1e-3,
            "actor_learning_rate": 1e-4,
            "exploration_noise": 0.1,
        },
    },
}

CARD = {
    "paper": [
        "Lowe et al. 2017, Multi-Agent Actor-Critic for Mixed Cooperative-Competitive "
        "Environments, arXiv:1706.02275",
        "Lillicrap et al. 2016, Continuous Control with Deep Reinforcement Learning, "
        "arXiv:1509.02971",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "state and all actions",
    "sharing": "none",
    "head": "tanh, with Gaussian noise to explore",
    "published": {
        "copies": 1,
        "steps_per_update": 4,
        "gradient_steps": 1,
        "batch_size": 256,
        "buffer_size": 100_000,
        "learning_starts": 256,
        "learning_rate": 1e-3,
        "actor_learning_rate": 1e-4,
        "gamma": 0.99,
        "tau": 0.005,
        "exploration_noise": 0.1,
        "noise_decay": 0.9999,
        "noise_floor": 0.01,
        "hidden": (128, 128),
    },
    "why": {
        "copies, steps_per_update, gradient_steps": (
            "as many updates per environment step as published, in bundles of four"
        ),
        "learning_starts": "60 uniform steps in each of 16 copies",
        "noise_decay, noise_floor": "constant noise: budgets differ a hundredfold",
        "batch_size, hidden": "those of all replay learners here, at a small part of the cost",
    },
}


class MADDPG(CentralTD3, DDPG):
    """`stable_baselines3.DDPG` with a slice per agent and replicate, and centralised critics."""
