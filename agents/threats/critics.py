"""Critics of the released DDPG family: one update in half precision, and a head that saturates.

The released MADDPG, MATD3 and M3DDPG build their critics like actors, so that they end in tanh,
feed them raw joint observations and actions, and pay them summed rewards. On a GPU they compute in
half precision without scaling the loss. Here half precision is what autocast makes of it, on the
CPU: weights and inputs are rounded, products and activations are half, the loss is single, weights
and optimiser are single.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call

from coopetition import envs
from coopetition.envs.engine import Array, Outcome, State

from ..constants import Constant
from ..evaluation import play, streams
from ..heuristics import Random
from . import UPDATES, Row, row

# As released: batch, widths and learning rate of the critics.
BATCH, HIDDEN, LEARNING_RATE = 256, (128, 128), 1e-3
LARGE_GAME, SMALL_GAME = "ApacheProject-v0", "TrustDilemma-v0"
# Share of the endowment that earns about the most on `LARGE_GAME` if all agents hold it, percent.
LEVEL = 60


def critic(inputs: int, *, bounded: bool = True) -> nn.Sequential:
    """The critic of one agent, with seeded weights.

    Args:
        inputs: length of the joint observation and action.
        bounded: end in tanh, as released.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second = HIDDEN
        layers = [nn.Linear(inputs, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(second, 1), *([nn.Tanh()] if bounded else []))


def transitions(env_id: str) -> torch.Tensor:
    """Joint observations and actions of random play in raw units, [BATCH, inputs]."""
    game, seen = envs.game(env_id), []
    episodes = 8 * -(-BATCH // game.horizon)  # some games end early

    def watch(running: Array, state: State, outcome: Outcome) -> None:
        joint = torch.from_numpy(game.joint_observation(state))
        seen.append(torch.cat([joint, torch.from_numpy(state["actions"]).float()], dim=1))

    play(Random(), game, streams(0, episodes), watch=watch)
    return torch.cat(seen)[:BATCH]


def reward_per_step(env_id: str, mode: str) -> float:
    """Summed reward of a step if all agents hold `LEVEL` percent."""
    played = play(Constant(LEVEL), envs.game(env_id), streams(0, 1))
    return float(played.returns(mode)[0] / played.length[0])


def update(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: torch.Tensor,
    reward: float,
    kind: torch.dtype,
) -> float:
    """One update towards the reward; returns the norm of the gradient, infinite if it overflows.

    Args:
        network: the critic, with weights in single precision.
        optimizer: of its weights.
        inputs: [B, d].
        reward: what the critic is to learn.
        kind: number format of products and activations.
    """
    optimizer.zero_grad()
    weights = {name: p.to(kind) for name, p in network.named_parameters()}
    values = functional_call(network, weights, inputs.to(kind)).float()
    nn.functional.mse_loss(values, torch.full_like(values, reward)).backward()
    optimizer.step()
    return float(torch.stack([p.grad.norm() for p in network.parameters()]).norm())


def half_precision() -> list[Row]:
    """Is a critic finite after one update, by number format and reward mode?"""
    inputs, rows = transitions(LARGE_GAME), []
    for mode in ("private", "integrated"):
        reward = reward_per_step(LARGE_GAME, mode)
        for kind, name in ((torch.float16, "half"), (torch.float32, "single")):
            network = critic(inputs.shape[1])
            optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
            norm = torch.tensor(update(network, optimizer, inputs, reward, kind))
            kept = [bool(p.isfinite().all()) for p in network.parameters()]
            setting = f"{name}, {mode}"
            rows += [
                row("half_precision", setting, "reward per step", reward, "summed reward"),
                row("half_precision", setting, "gradient finite", bool(norm.isfinite()), "flag"),
                row("half_precision", setting, "weights finite", all(kept), "flag"),
            ]
    return rows


def saturation() -> list[Row]:
    """What is left of a critic that ends in tanh after some updates, and of one that does not."""
    rows = []
    for env_id in (SMALL_GAME, LARGE_GAME):
        inputs, reward = transitions(env_id), reward_per_step(env_id, "integrated")
        for bounded, name in ((True, "tanh"), (False, "linear")):
            network = critic(inputs.shape[1], bounded=bounded)
            optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
            norms = [
                update(network, optimizer, inputs, reward, torch.float32) for _ in range(UPDATES)
            ]
            left, setting = norms[-1] / norms[0], f"{name}, {env_id}"
            rows.append(row("saturation", setting, "gradient left", left, "share of the first"))
            if bounded:
                with torch.no_grad():
                    full = float((network(inputs) == 1).float().mean())
                rows.append(row("saturation", setting, "values at 1", full, "share of values"))
    return rows
