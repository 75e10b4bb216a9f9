"""The value of a joint action out of the utilities of the agents."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import elu

from .layout import Streams
from .networks import MLP, Linear, uniform


class MonotonicMixer(nn.Module):
    """Q_tot = w2(s) elu(W1(s) q + b1(s)) + b2(s) with W1, w2 >= 0, one mixer per replicate.

    Weights and biases are the output of hypernetworks of the state s, each with one hidden layer
    except that of b1, which is linear; those of the weights end in an absolute value. As no weight
    is negative, Q_tot falls in no utility, and the best levels of the agents are the best joint
    action (Rashid et al. 2018).

    Args:
        replicates: mixers.
        state: length of a state S.
        agents: utilities N to mix.
        width: units of the mixing layer, and of the hidden layers of the hypernetworks.
    """

    def __init__(self, replicates: int, state: int, agents: int, width: int) -> None:
        super().__init__()
        self.agents, self.width = agents, width
        self.inner = MLP(replicates, (state, width, width * agents), torch.relu_)
        self.inner_bias = Linear(replicates, state, width)
        self.outer = MLP(replicates, (state, width, width), torch.relu_)
        self.outer_bias = MLP(replicates, (state, width, 1), torch.relu_)

    def initialise(self, streams: Streams) -> None:
        """Uniform weights."""
        for network in (self.inner, self.outer, self.outer_bias):
            network.initialise(streams, uniform, uniform)
        self.inner_bias.initialise(streams, uniform)

    def forward(self, utilities: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """Q_tot [replicates, batch] of utilities [.., .., N] in states [.., .., S]."""
        weights = self.inner(states).abs().unflatten(2, (self.width, self.agents))
        # Sums along the last axis are the same bits for one replicate as for many.
        mixed = (weights * utilities.unsqueeze(2)).sum(3)
        hidden = elu(mixed + self.inner_bias(states))
        return (self.outer(states).abs() * hidden).sum(2) + self.outer_bias(states).squeeze(2)
