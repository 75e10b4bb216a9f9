"""MATD3: MADDPG with two critics, noise in the target and delayed actors.

For agent i with actor mu_i(o_i), critics Q_i,1, Q_i,2 of the state and all actions, and targets
mubar_i, Qbar_i,k of all,

    a_j' = clip(mubar_j(o_j') + clip(eps_j, -c, c), -1, 1),  eps_j ~ N(0, sigma^2)
    y    = r_i + gamma (1 - d) min_k Qbar_i,k(s', a_1', ..., a_N')
    J_Q  = sum_k E[(Q_i,k(s, a_1, ..., a_N) - y)^2]
    J_mu = -E[Q_i,1(s, a_1, ..., mu_i(o_i), ..., a_N)]

where actors and targets take a step after every second one of the critics (Ackermann et al. 2019,
Reducing Overestimation Bias in Multi-Agent Domains Using Double Centralized Critics; Fujimoto et
al. 2018, Addressing Function Approximation Error in Actor-Critic Methods). Every agent learns on
its own reward.

Details that matter:
- those of `MADDPG`;
- with one agent it is `stable_baselines3.TD3`.

The published study differs from this under the same name as it does in `MADDPG`.
"""

from __future__ import annotations

from stable_baselines3 import TD3

from ..slices.central import CentralTD3

ENTRY = {
    "name": "MATD3",
    "class_name": {"corrected": "MATD3"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "MADDPG",
            "policy_delay": 2,
            "target_policy_noise": 0.2,
            "target_noise_clip": 0.5,
        },
    },
}

CARD = {
    "paper": [
        "Ackermann et al. 2019, Reducing Overestimation Bias in Multi-Agent Domains Using Double "
        "Centralized Critics, arXiv:1910.01465",
        "Fujimoto et al. 2018, Addressing Function Approximation Error in Actor-Critic Methods, "
        "arXiv:1802.09477",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "state and all actions, the lower of two",
    "sharing": "none",
    "head": "tanh, with Gaussian noise to explore",
    "published": {
        "like": "MADDPG",
        "policy_delay": 2,
        "target_policy_noise": 0.2,
        "target_noise_clip": 0.5,
    },
    "why": {
        "like": "MADDPG",
    },
}


class MATD3(CentralTD3, TD3):
    """`stable_baselines3.TD3` with a slice per agent and replicate, and centralised critics."""
