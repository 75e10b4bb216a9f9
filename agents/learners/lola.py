"""LOLA: every agent shapes what the others learn next, on its own reward.

Agent i ascends its value after a naive step eta grad_j V_j of the others, to first order in eta:

    theta_i += delta [grad_i V_i + eta sum_{j != i} (grad_j V_i)^T grad_i grad_j V_j]

(Foerster et al. 2018, Learning with Opponent-Learning Awareness). The first term is that of
`IndependentREINFORCE`. With E sampled episodes, the advantages A of that learner and

    v    = grad_j V_i = E[sum_t gamma^t A_i,t grad log pi_j,t]       a direction for theta_j
    p_t  = v^T grad log pi_j(a_j,t | o_j,t)                          how the step changes log pi_j
    C_i,t = sum_{j != i} [gamma^t A_j,t sum_{s <= t} p_s + sum_{s > t} gamma^s A_j,s p_s]

the second is E[sum_t C_i,t grad log pi_i,t]: a policy gradient with C in place of the advantage. It
is the derivative of the DiCE objective with advantages (Foerster et al. 2018, DiCE: The Infinitely
Differentiable Monte Carlo Estimator; Farquhar et al. 2019, Loaded DiCE), see `slices.dice`, in a
form that takes one gradient and one directional derivative per opponent, for all agents at once.

Details that matter:
- the cross derivative is of V_j, and it comes from sums over time: the past actions of agent i
  change what agent j faces when it acts, and those of agent j what agent i answers to;
- v is estimated on the episodes of every second copy and used on the others, and the other way
  round: from the same episodes the noise of v would be multiplied with itself;
- V_i is the mean per step of the reward, in units of sigma_i and discounted from the start of the
  episode, and eta a step along its gradient: 10 turns the iterated prisoner's dilemma, exact or
  sampled, into reciprocity. What weighs is eta times the squared gradient of a policy, which grows
  with the network: with 64 units an eta of 1 makes both terms of one order (the diagnostic
  `shaping`, the root mean square of eta C, is near 1, that of A). Adam scales their sum;
- eta is shared out among the others, each of whom takes a step eta / (N - 1): the sum over 39
  others would drown the first term in the noise of the second. Of more than `opponents` others,
  each update draws so many to stand for all;
- updates use the gradients of the others' policies, as in the paper; play does not.

In the published study the others' step is evaluated in a form that does not depend on theta_i, so
that what it reports under this name is `IndependentREINFORCE`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnv

from coopetition.envs.engine import Array

from .independent_reinforce import IndependentREINFORCE

ENTRY = {
    "name": "LOLA",
    "class_name": {"corrected": "LOLA"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "IndependentREINFORCE",
            "eta": 1.0,
            "opponents": 5,
        },
    },
}

CARD = {
    "paper": [
        "Foerster et al. 2018, Learning with Opponent-Learning Awareness, arXiv:1709.04326",
        "Foerster et al. 2018, DiCE, arXiv:1802.05098",
        "Farquhar et al. 2019, Loaded DiCE, arXiv:1909.10549",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "none",
    "sharing": "none; updates use the gradients of the others",
    "head": "Gaussian with a mean in the range and a free deviation, clipped",
    "published": {
        "copies": 1,
        "n_steps": 128,
        "learning_rate": 1e-3,
        "gamma": 0.99,
        "eta": 1e-3,
        "opponents": None,
        "max_grad_norm": None,
        "hidden": (128, 128),
        "log_std_init": 0.0,
    },
    "why": {
        "copies, n_steps": "whole episodes, which the other copies' returns are a baseline for",
        "learning_rate": "one step per batch of episodes: a study of 10,000 steps has six",
        "eta": "shaping weighs as much as learning; in the published form it has no effect",
        "opponents": "the cost of an update does not grow with their number",
        "max_grad_norm": "a bound on rare updates; most gradients are shorter",
        "hidden": "no loss of score found with 64 units, at a third of the cost",
        "log_std_init": "0.6 of half the endowment, so that few samples are clipped",
    },
}


class LOLA(IndependentREINFORCE):
    """`IndependentREINFORCE` whose agents also ascend what the others' next step brings them.

    Args:
        policy, env: see `IndependentREINFORCE`.
        eta: length of the others' steps together, per gradient of their mean value per step in
            units of the advantages' root mean square; with 0 this is `IndependentREINFORCE`, bit
            for bit.
        opponents: others whose step is anticipated; if there are more, so many drawn per update.
        settings: see `IndependentREINFORCE`.
    """

    def __init__(
        self,
        policy: Any,
        env: VecEnv | None,
        *,
        eta: float = 1.0,
        opponents: int = 5,
        **settings: Any,
    ) -> None:
        self.eta, self.opponents = eta, opponents
        super().__init__(policy, env, **settings)

    def _credit(self, log_prob: torch.Tensor, advantages: torch.Tensor) -> torch.Tensor:
        """Advantages, and those of shaping the others; see `IndependentREINFORCE._credit`."""
        steps = torch.arange(advantages.shape[2], device=advantages.device)
        values = self.gamma**steps * advantages
        slope = Slope(log_prob, list(self.actor.parameters()))
        first = torch.arange(advantages.shape[1], device=advantages.device) % 2 == 0
        shaping = torch.zeros_like(advantages)
        shifts = self._shifts()
        # One pass for all agents at once: agent i meets agent i + shift.
        for shift in shifts.T:
            mine = values[self._shifted(-shift)]
            change = torch.zeros_like(values)
            for half in (first, ~first):
                other = ~half.view(1, -1, 1)
                step = slope.gradient((mine * other).flatten(1) / (other.sum() * len(steps)))
                change += slope.along(step).view(values.shape) * half.view(1, -1, 1)
            gain = values * change
            later = gain.flip(2).cumsum(2).flip(2) - gain
            shaping += (values * change.cumsum(2) + later)[self._shifted(shift)]
        shaping *= self.eta / max(shifts.shape[1], 1)
        self.diagnostics.add(shaping=shaping.square().flatten(1).mean(1).sqrt())
        return advantages + shaping

    def _shifts(self) -> Array:
        """Distances from every agent to the others that it shapes, [replicates, opponents]."""
        replicates, others = self.layout.replicates, self.layout.agents - 1
        if others <= self.opponents:
            return np.tile(np.arange(others) + 1, (replicates, 1))
        return self.updating.permutation(others)[:, : self.opponents] + 1

    def _shifted(self, shift: Array) -> torch.Tensor:
        """Position of the slice that is so many agents further in its replicate, [slices].

        Args:
            shift: number of agents, [replicates].
        """
        replicates, agents = self.layout.replicates, self.layout.agents
        places = (np.arange(agents) + shift[:, None]) % agents
        places += agents * np.arange(replicates)[:, None]
        return torch.from_numpy(places.reshape(-1)).to(self.device)


class Slope:
    """Derivative of a function of weights, applied from either side.

    Args:
        found: values of the function.
        weights: of which it is a function.
    """

    def __init__(self, found: torch.Tensor, weights: list[torch.Tensor]) -> None:
        self.found, self.weights = found, weights
        self._sum = torch.ones_like(found, requires_grad=True)
        # Linear in what is summed with: its own gradient is the derivative along a direction.
        self._gradient = torch.autograd.grad(found, weights, self._sum, create_graph=True)

    def gradient(self, factors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Gradient of the sum of the values times factors, as the weights are."""
        return torch.autograd.grad(self.found, self.weights, factors, retain_graph=True)

    def along(self, step: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Change of the values per length of a step of the weights."""
        (change,) = torch.autograd.grad(self._gradient, self._sum, step, retain_graph=True)
        return change
