"""Value functions that keep their targets at mean 0 and deviation 1, slice by slice."""

from __future__ import annotations

from typing import Any

import torch

from .networks import MLP


class PopArt(MLP):
    """An `MLP` that answers in units of its targets and learns in normalised ones.

    The last layer estimates (y - mean) / deviation, with exponential averages of the targets y of
    each slice. Whenever these move, the last layer is rescaled, so that no answer changes (van
    Hasselt et al. 2016, Learning Values Across Many Orders of Magnitude). Until the first `rescale`
    it is the plain network.

    Args: see `MLP`.
    """

    # Weight of what was known before at every update; the first targets are taken as they are.
    DECAY = 0.9
    # Least deviation, in units of the targets; for those that do not vary.
    FLOOR = 1e-2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shape = (len(self.layers[-1].weight), 1, 1)
        self.register_buffer("weight", torch.zeros(shape))
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[slices, batch, in] to [slices, batch, out], in units of the targets."""
        return super().forward(x) * self.deviation + self.mean

    def normalised(self, values: torch.Tensor) -> torch.Tensor:
        """[slices, batch] in units of the targets as deviations from their mean."""
        return (values - self.mean.squeeze(2)) / self.deviation.squeeze(2)

    @torch.no_grad()
    def rescale(self, targets: torch.Tensor) -> None:
        """Take in targets [slices, batch], and change the last layer so that no answer changes."""
        self.weight.mul_(self.DECAY).add_(1 - self.DECAY)
        rate = (1 - self.DECAY) / self.weight
        gap = targets.mean(1).view_as(self.mean) - self.mean
        seen = targets.var(1, correction=0).view_as(self.mean)
        # Of centred numbers: a difference of squares would cancel where the mean is large. Before
        # the first targets the rate is 1, so that the initial moments have no weight.
        variance = (1 - rate) * (self.deviation.square() + rate * gap.square()) + rate * seen
        deviation = variance.sqrt().clamp(min=self.FLOOR)
        mean = self.mean + rate * gap
        last = self.layers[-1]
        last.weight.mul_(self.deviation / deviation)
        last.bias.mul_(self.deviation).add_(self.mean - mean).div_(deviation)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation)
