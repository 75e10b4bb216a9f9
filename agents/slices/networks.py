"""Networks of many slices: weights [slices, in, out], inputs [slices, batch, in].

The first axis of every parameter is ordered by replicate, whatever else it counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from coopetition.envs.engine import Array

from .layout import Streams

# Draws one [in, out] matrix of weights and one [out] bias of a slice.
Initial = Callable[[np.random.Generator, int, int], tuple[Array, Array]]

_LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)
_LOG_2 = math.log(2)


def orthogonal(gain: float) -> Initial:
    """Orthogonal weights and zero bias (Saxe et al. 2014), as PPO and A2C start."""

    def draw(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
        normal = generator.standard_normal((max(inputs, outputs), min(inputs, outputs)))
        q, r = np.linalg.qr(normal)
        q *= np.sign(np.diag(r))
        return gain * (q if inputs >= outputs else q.T), np.zeros(outputs)

    return draw


def uniform(generator: np.random.Generator, inputs: int, outputs: int) -> tuple[Array, Array]:
    """Uniform in +-1/sqrt(inputs), as `torch.nn.Linear` starts and so SAC does."""
    bound = 1 / math.sqrt(inputs)
    return (
        generator.uniform(-bound, bound, (inputs, outputs)),
        generator.uniform(-bound, bound, outputs),
    )


class Linear(nn.Module):
    """A linear layer per slice: [slices, batch, in] to [slices, batch, out]."""

    def __init__(self, slices: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(slices, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(slices, 1, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Weights and bias of each slice on its own inputs."""
        if len(self.weight) > 1:
            return torch.baddbmm(self.bias, x, self.weight)
        # The product of a single matrix runs in another kernel, which rounds otherwise.
        doubled = (part.expand(2, -1, -1) for part in (self.bias, x, self.weight))
        return torch.baddbmm(*doubled)[:1]

    def initialise(self, streams: Streams, initial: Initial) -> None:
        """Draw the weights of every slice from the stream of its replicate."""
        slices, inputs, outputs = self.weight.shape
        each = slices // len(streams.generators)
        with torch.no_grad():
            for index in range(slices):
                weight, bias = initial(streams.generators[index // each], inputs, outputs)
                self.weight[index] = torch.from_numpy(weight)
                self.bias[index, 0] = torch.from_numpy(bias)


class MLP(nn.Module):
    """Hidden layers with an activation, and a linear output layer.

    Args:
        slices: number of slices.
        sizes: width of input, hidden layers and output.
        activation: function of a tensor, which it may change in place.
    """

    def __init__(
        self,
        slices: int,
        sizes: Sequence[int],
        activation: Callable[[torch.Tensor], torch.Tensor],
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Linear(slices, *pair) for pair in pairwise(sizes))
        self.activation = activation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[slices, batch, in] to [slices, batch, out]."""
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)

    def initialise(self, streams: Streams, hidden: Initial, output: Initial) -> None:
        """Draw all weights; see `Linear.initialise`."""
        *first, last = self.layers
        for layer in first:
            layer.initialise(streams, hidden)
        last.initialise(streams, output)


class GaussianActor(nn.Module):
    """Gaussian over actions with a free standard deviation; actions are clipped to [-1, 1].

    Args:
        slices: number of slices.
        observation: length of an observation.
        actions: length of an action A.
        hidden: widths of the hidden layers.
        log_std_init: initial logarithm of the standard deviation, in units of [-1, 1].
    """

    def __init__(
        self,
        slices: int,
        observation: int,
        actions: int,
        hidden: Sequence[int],
        log_std_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.slices, self.length = slices, observation
        self.mean = MLP(slices, (observation, *hidden, actions), torch.tanh_)
        self.log_std = nn.Parameter(torch.full((slices, 1, actions), float(log_std_init)))

    def initialise(self, streams: Streams) -> None:
        """Orthogonal weights; the mean starts near zero, half of the endowment."""
        self.mean.initialise(streams, orthogonal(math.sqrt(2)), orthogonal(0.01))

    def act(self, observations: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Actions [slices, batch, A], not clipped: the mean, or a sample with standard noise."""
        mean = self.mean(observations)
        return mean if noise is None else mean + self.log_std.exp() * noise

    def log_prob(self, mean: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Log-density of actions before clipping, [slices, batch]."""
        z = (actions - mean) / self.log_std.exp()
        return (-0.5 * z.square() - self.log_std - _LOG_SQRT_2PI).sum(2)

    def entropy(self) -> torch.Tensor:
        """Differential entropy, [slices]."""
        return (0.5 + _LOG_SQRT_2PI + self.log_std).sum((1, 2))


class SquashedActor(nn.Module):
    """Gaussian of state-dependent mean and deviation, squashed by tanh to (-1, 1).

    Args: see `GaussianActor`.
    """

    # Bounds of the logarithm of the standard deviation (Haarnoja et al. 2018).
    LOW, HIGH = -20.0, 2.0

    def __init__(self, slices: int, observation: int, actions: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.slices, self.length, self.actions = slices, observation, actions
        self.parameters_of = MLP(slices, (observation, *hidden, 2 * actions), torch.relu_)

    def initialise(self, streams: Streams) -> None:
        """Uniform weights."""
        self.parameters_of.initialise(streams, uniform, uniform)

    def gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and logarithm of the deviation before squashing, each [slices, batch, A]."""
        mean, log_std = self.parameters_of(observations).split(self.actions, dim=2)
        return mean, log_std.clamp(self.LOW, self.HIGH)

    def act(self, observations: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Actions [slices, batch, A]: tanh of the mean, or a sample with standard noise."""
        mean, log_std = self.gaussian(observations)
        return torch.tanh(mean if noise is None else mean + log_std.exp() * noise)

    def sample(
        self, observations: torch.Tensor, noise: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Actions [slices, batch, A] and their log-density [slices, batch]."""
        mean, log_std = self.gaussian(observations)
        raw = mean + log_std.exp() * noise
        # log(1 - tanh(x)^2) in a form that does not cancel for large x.
        slope = 2 * (_LOG_2 - raw - nn.functional.softplus(-2 * raw))
        log_prob = -0.5 * noise.square() - log_std - _LOG_SQRT_2PI - slope
        return torch.tanh(raw), log_prob.sum(2)


class TanhActor(nn.Module):
    """Deterministic action in (-1, 1), explored with Gaussian noise.

    Args: see `GaussianActor`, and
        deviation: standard deviation of the noise, in units of [-1, 1].
    """

    def __init__(
        self, slices: int, observation: int, actions: int, hidden: Sequence[int], deviation: float
    ) -> None:
        super().__init__()
        self.slices, self.length, self.deviation = slices, observation, deviation
        self.raw = MLP(slices, (observation, *hidden, actions), torch.relu_)

    def initialise(self, streams: Streams) -> None:
        """Uniform weights."""
        self.raw.initialise(streams, uniform, uniform)

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Actions [slices, batch, A]."""
        return torch.tanh(self.raw(observations))

    def act(self, observations: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Actions [slices, batch, A], with noise clipped to [-1, 1]."""
        actions = self(observations)
        return actions if noise is None else (actions + self.deviation * noise).clamp(-1, 1)


class SharedActor(nn.Module):
    """One actor per replicate that plays all of its agents, told which one by their number.

    Args:
        agents: agents N per replicate.
        actor: network of the replicates, for observations with N entries more.
    """

    def __init__(self, agents: int, actor: nn.Module) -> None:
        super().__init__()
        self.agents, self.actor = agents, actor
        self.slices, self.length = actor.slices * agents, actor.length - agents

    def initialise(self, streams: Streams) -> None:
        """That of the actor."""
        self.actor.initialise(streams)

    def act(self, observations: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Actions [replicates agents, batch, A] for observations [replicates agents, batch, d]."""
        with_roles = self.merged(numbered(observations, self.agents))
        actions = self.actor.act(with_roles, None if noise is None else self.merged(noise))
        return self.split(actions)

    def merged(self, values: torch.Tensor) -> torch.Tensor:
        """[replicates agents, batch, ...] as [replicates, agents batch, ...]."""
        return values.reshape(len(values) // self.agents, -1, *values.shape[2:])

    def split(self, values: torch.Tensor) -> torch.Tensor:
        """[replicates, agents batch, ...] as [replicates agents, batch, ...]."""
        return values.reshape(len(values) * self.agents, -1, *values.shape[2:])


def numbered(values: torch.Tensor, agents: int) -> torch.Tensor:
    """[replicates agents, batch, d] with the one-hot number of the agent, [.., batch, d + N]."""
    roles = torch.eye(agents, device=values.device).repeat(len(values) // agents, 1)
    return torch.cat([values, roles.unsqueeze(1).expand(-1, values.shape[1], -1)], dim=2)


class Critics(nn.Module):
    """Several action values per slice, estimated side by side; ordered (slice, critic).

    Args:
        slices: number of slices.
        inputs: length of observation and action together.
        hidden: widths of the hidden layers.
        count: critics per slice.
    """

    def __init__(self, slices: int, inputs: int, hidden: Sequence[int], count: int) -> None:
        super().__init__()
        self.count = count
        self.values = MLP(count * slices, (inputs, *hidden, 1), torch.relu_)

    def initialise(self, streams: Streams) -> None:
        """Uniform weights."""
        self.values.initialise(streams, uniform, uniform)

    def forward(self, observations: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Values [critics, slices, batch]."""
        x = torch.cat([observations, actions], dim=2)
        found = self.values(x.repeat_interleave(self.count, dim=0) if self.count > 1 else x)
        return found.view(len(x), self.count, -1).transpose(0, 1)


def replicate_state(module: nn.Module, replicates: int, replicate: int) -> dict[str, torch.Tensor]:
    """Parameters of one of the replicates, a copy on the CPU."""
    return {
        name: tensor.view(replicates, -1, *tensor.shape[1:])[replicate].detach().clone().cpu()
        for name, tensor in module.state_dict().items()
    }


def clip_gradients(
    parameters: Iterable[nn.Parameter], slices: int, max_norm: float
) -> torch.Tensor:
    """Scale the gradient of every slice down to a norm of at most `max_norm`.

    Args:
        parameters: with a gradient; several rows of one that belong to a slice follow each other.
        slices: slices; or replicates, to clip the gradients of all agents of one together.
        max_norm: the bound.

    Returns:
        [slices] norms before clipping.
    """
    gradients = [p.grad.view(slices, -1) for p in parameters if p.grad is not None]
    each = [torch.linalg.vector_norm(gradient, dim=1) for gradient in gradients]
    # Along the last axis: along another a single slice would be summed in another order.
    norms = torch.linalg.vector_norm(torch.stack(each, dim=1), dim=1)
    factors = (max_norm / (norms + 1e-6)).clamp(max=1.0).view(slices, 1)
    torch._foreach_mul_(gradients, [factors] * len(gradients))
    return norms


def adam_groups(parameters: Iterable[nn.Parameter]) -> list[dict[str, Any]]:
    """Parameters in groups of `torch.optim.Adam` that round the same wherever a slice lies.

    A fused step, several times as fast, treats what is left over after blocks of 16 numbers
    otherwise: it is for tensors whose slices are whole blocks.
    """
    whole: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for parameter in parameters:
        (rest if parameter[0].numel() % 16 else whole).append(parameter)
    return [
        {"params": whole, "fused": True, "foreach": False},
        {"params": rest, "fused": False, "foreach": True},
    ]
