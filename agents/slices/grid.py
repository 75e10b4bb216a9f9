"""Actions on a grid: K evenly spaced shares of the own endowment, from nothing to all of it.

To environments and buffers they are numbers in [-1, 1] like any other action.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .layout import Streams
from .networks import MLP, Initial, uniform


class GridActor(nn.Module):
    """One number per slice, observation and level: a utility, or a logit.

    Subclasses choose a level in `choose`.

    Args:
        slices: number of slices.
        observation: length of an observation.
        levels: levels K, at least 2.
        hidden: widths of the hidden layers.
    """

    def __init__(self, slices: int, observation: int, levels: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.slices, self.length, self.levels = slices, observation, levels
        self.scores = MLP(slices, (observation, *hidden, levels), torch.relu_)

    def initialise(self, streams: Streams, output: Initial = uniform) -> None:
        """Uniform weights; the last layer's may be others."""
        self.scores.initialise(streams, uniform, output)

    def act(self, observations: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Actions [slices, batch, 1]: the best level, or one drawn with standard normal noise."""
        chance = None if noise is None else torch.special.ndtr(noise).squeeze(2)
        return self.action(self.choose(self.scores(observations), chance))

    def choose(self, scores: torch.Tensor, chance: torch.Tensor | None) -> torch.Tensor:
        """Indices [slices, batch] of levels; here the best.

        Args:
            scores: [slices, batch, K].
            chance: [slices, batch] uniform in [0, 1]; None to choose without exploration.
        """
        return scores.argmax(2)

    def action(self, index: torch.Tensor) -> torch.Tensor:
        """Indices [...] of levels as actions [..., 1] in [-1, 1]."""
        return (2 * index.unsqueeze(-1) / (self.levels - 1) - 1).float()

    def index(self, actions: torch.Tensor) -> torch.Tensor:
        """Indices [...] of the levels that actions [..., 1] stand for."""
        return ((actions.squeeze(-1) + 1) * (self.levels - 1) / 2).round().long()


class EpsilonGreedyActor(GridActor):
    """Plays the level of the highest utility, or with probability `epsilon` any level.

    `epsilon`, [slices, 1], is a buffer: a policy in a file samples as it did at the end of
    training. It is 1 at first.

    Args: see `GridActor`.
    """

    def __init__(self, slices: int, observation: int, levels: int, hidden: Sequence[int]) -> None:
        super().__init__(slices, observation, levels, hidden)
        self.register_buffer("epsilon", torch.ones(slices, 1))

    def choose(self, scores: torch.Tensor, chance: torch.Tensor | None) -> torch.Tensor:
        """See `GridActor.choose`; below epsilon, the chance itself says which level."""
        best = scores.argmax(2)
        if chance is None:
            return best
        any_level = (chance / self.epsilon * self.levels).long().clamp(0, self.levels - 1)
        return torch.where(chance < self.epsilon, any_level, best)


def of_levels(values: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Of values [..., K] of levels those at an index [...]."""
    return values.gather(-1, index.unsqueeze(-1)).squeeze(-1)
