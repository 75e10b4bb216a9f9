"""Differentiable games: LOLA on exact values, and the sampled objective that has their derivatives.

`LOLA` learns by a closed form of `lola_gradients` on `surrogate`; both are what it is checked
against.
"""

from __future__ import annotations

from collections.abc import Callable

import torch


def lola_gradients(
    values: Callable[[torch.Tensor], torch.Tensor], parameters: torch.Tensor, eta: float
) -> torch.Tensor:
    """Directions in which learners ascend that anticipate a naive step of the others.

    grad_i V_i + eta sum_{j != i} (grad_j V_i)^T grad_i grad_j V_j (Foerster et al. 2018, Learning
    with Opponent-Learning Awareness, first order); with eta = 0 the naive gradients.

    Args:
        values: twice differentiable function of parameters [B, N, P], values [B, N] of the N agents
            in B games that do not depend on each other.
        parameters: where, [B, N, P].
        eta: length of the others' step, per gradient of their value.

    Returns:
        [B, N, P].
    """
    parameters = parameters.detach().requires_grad_()
    totals = values(parameters).sum(0)
    # Of the value of agent i with respect to agent j, [B, i, j, P].
    first = torch.stack(
        [torch.autograd.grad(total, parameters, create_graph=True)[0] for total in totals], dim=1
    )
    naive = first.diagonal(dim1=1, dim2=2).movedim(-1, 1)
    others = 1 - torch.eye(len(totals), dtype=first.dtype, device=first.device)
    gains = torch.einsum("bijp,bjp,ij->i", first.detach(), naive, others)
    shaping = [
        torch.autograd.grad(gain, parameters, retain_graph=True)[0][:, agent]
        for agent, gain in enumerate(gains)
    ]
    return naive.detach() + eta * torch.stack(shaping, dim=1)


def surrogate(log_prob: torch.Tensor, advantages: torch.Tensor, gamma: float) -> torch.Tensor:
    """Zero, with derivatives that estimate those of the discounted values, of any order.

    mean_e sum_t gamma^t [box(sum_{s <= t} l_s) - box(sum_{s < t} l_s)] A_t with box(x) = exp(x -
    stop(x)) and l the log-densities of all agents' actions together (Farquhar et al. 2019, Loaded
    DiCE). Advantages may have a baseline that does not depend on the actions of the step.

    Args:
        log_prob: [..., agents, episodes, steps], differentiable.
        advantages: discounted rewards to come, less a baseline; of the same shape.
        gamma: discount factor.

    Returns:
        [..., agents].
    """
    now = log_prob.sum(-3, keepdim=True)
    until = now.cumsum(-1)
    before = until - now
    change = (until - until.detach()).exp() - (before - before.detach()).exp()
    weights = gamma ** torch.arange(log_prob.shape[-1], device=log_prob.device)
    return (weights * change * advantages).sum(-1).mean(-1)
