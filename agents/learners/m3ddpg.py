"""M3DDPG: MADDPG whose agents reckon with the worst that the others could do nearby.

For agent i with actor mu_i(o_i), critic Q_i(s, a_1, ..., a_N) and targets mubar_i, Qbar_i of both,
an adversary moves every other agent's action by a radius alpha down the slope of the value:

    w_j(Q, a) = clip(a_j - alpha g_j / |g_j|, -1, 1),  g_j = grad_a_j Q(s, a),  for j other than i
    y    = r_i + gamma (1 - d) Qbar_i(s', a_i', {w_j(Qbar_i, a')}),  a_j' = mubar_j(o_j')
    J_Q  = E[(Q_i(s, a_1, ..., a_N) - y)^2]
    J_mu = -E[Q_i(s, mu_i(o_i), {w_j(Q_i, a)})],  a_i = mu_i(o_i), others a_j as replayed

(Li et al. 2019, Robust Multi-Agent Reinforcement Learning via Minimax Deep Deterministic Policy
Gradient). One step is the minimum over the balls of that radius where the critic is linear; no
gradient flows through it. Every agent learns on its own reward.

Details that matter:
- those of `MADDPG`, which it equals at alpha = 0;
- the step has the length alpha for every other agent, whatever the size of rewards.

Under this name the published study does without an adversary: it subtracts the others' largest
value from the own one in the loss of an actor. For the rest it differs as in `MADDPG`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import normalize

from ..slices.networks import Critics
from .maddpg import MADDPG

ENTRY = {
    "name": "M3DDPG",
    "class_name": {"corrected": "M3DDPG"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "MADDPG",
            "radius": 0.1,
        },
    },
}

CARD = {
    "paper": [
        "Li et al. 2019, Robust Multi-Agent Reinforcement Learning via Minimax Deep Deterministic "
        "Policy Gradient, AAAI",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "state and all actions, the others' at their worst nearby",
    "sharing": "none",
    "head": "tanh, with Gaussian noise to explore",
    "published": {
        "like": "MADDPG",
        "weight_of_others": 0.5,
    },
    "why": {
        "like": "MADDPG",
        "weight_of_others": "the adversary of the paper, of a radius, in its place",
    },
}


class M3DDPG(MADDPG):
    """`MADDPG` against the worst that the others could do nearby.

    Args: those of `MADDPG`, and
        radius: how far an adversary moves the action of every other agent, in units of [-1, 1].
    """

    def __init__(self, *args: Any, radius: float = 0.1, **kwargs: Any) -> None:
        self.radius = radius
        super().__init__(*args, **kwargs)

    def _expected(
        self, critic: Critics, states: torch.Tensor, joint: torch.Tensor, own: torch.Tensor
    ) -> torch.Tensor:
        """See `CentralTD3`; the others' actions are moved to where the critic sees least."""
        nominal = super()._expected(critic, states, joint, own).detach().requires_grad_(True)
        with torch.enable_grad():
            value = critic(states, nominal)[0].sum()
        (slope,) = torch.autograd.grad(value, nominal)
        each = slope.view(*slope.shape[:2], self.layout.agents, -1)
        worst = nominal.detach() - self.radius * normalize(each, dim=3).view_as(slope)
        return super()._expected(critic, states, worst.clamp(-1, 1), own)
