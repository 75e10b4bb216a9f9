"""The published form of a learner: stable-baselines3 as it is, one controller for all agents.

The controller sees the raw joint observation, acts in the raw box of the released environment and
is paid the sum of all rewards; values bootstrap at the horizon. Nothing of the algorithm is
changed: the classes here only build it, notice a breakdown and save all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from stable_baselines3.common.vec_env import VecEnv

from coopetition import envs
from coopetition.envs.engine import Array, Game

from .models import write_models
from .policy import Sampling, observe
from .runs import Run
from .slices.algorithm import Breakdown
from .slices.resuming import Resumable

# Name in the library's log -> name in the diagnostics, and sign.
_LOGGED = {
    "policy_gradient_loss": ("policy_loss", 1),
    "policy_loss": ("policy_loss", 1),
    "value_loss": ("value_loss", 1),
    "entropy_loss": ("entropy", -1),
    "approx_kl": ("approx_kl", 1),
    "clip_fraction": ("clip_fraction", 1),
    "explained_variance": ("explained_variance", 1),
    "actor_loss": ("actor_loss", 1),
    "critic_loss": ("critic_loss", 1),
    "ent_coef": ("temperature", 1),
}


class _BreakdownError(Exception):
    """Ends training at once: the library would play another step with what is left."""


class PublishedAlgorithm(Resumable, BaseAlgorithm):
    """Mixin, left of an algorithm of stable-baselines3; it trains one run at a time."""

    BATCH = 1
    breakdowns: Mapping[int, Breakdown] = MappingProxyType({})

    @classmethod
    def for_runs(cls, runs: Sequence[Run]) -> PublishedAlgorithm:
        """The untrained learner of one run, with its environment."""
        (run,) = runs
        settings = dict(run.hyperparameters)
        env = published_env(run, settings.pop("copies"))
        network = cls.network(settings)
        return cls("MlpPolicy", env, seed=run.seed, device="cpu", policy_kwargs=network, **settings)

    @staticmethod
    def network(settings: dict[str, Any]) -> dict[str, Any]:
        """Take the settings of the networks out of those of the learner."""
        network: dict[str, Any] = {"net_arch": list(settings.pop("hidden"))}
        if "log_std_init" in settings:
            network["log_std_init"] = settings.pop("log_std_init")
        return network

    def train(self, *args: Any, **kwargs: Any) -> None:
        """The library's update, and the end of training if it leaves parameters not finite."""
        try:
            super().train(*args, **kwargs)
        except ValueError:  # a distribution was asked for a mean that is no number
            if self._finite():
                raise
        if not self._finite():
            cause = f"parameter not finite, update {self._n_updates}"
            self.breakdowns = {0: Breakdown(self.num_timesteps, cause)}
            raise _BreakdownError

    def learn(self, *args: Any, **kwargs: Any) -> PublishedAlgorithm:
        """See the library; a run that breaks down ends early, see `breakdowns`."""
        with suppress(_BreakdownError):
            super().learn(*args, **kwargs)
        return self

    def _finite(self) -> bool:
        norms = torch._foreach_norm([p.detach() for p in self.policy.parameters()])
        return bool(torch.stack(norms).isfinite().all())

    def take_diagnostics(self) -> dict[str, Array]:
        """Quantities of the last update, [1, 1] each, under the names of the learners in slices."""
        logged = self.logger.name_to_value
        return {
            name: np.full((1, 1), sign * float(logged[f"train/{own}"]))
            for own, (name, sign) in _LOGGED.items()
            if f"train/{own}" in logged
        }

    def controller(self, runs: Sequence[Run]) -> PublishedController:
        """The current policy, sharing the learner's weights."""
        return PublishedController(self.policy, runs[0])

    def inference_weights(self, replicate: int) -> dict[str, torch.Tensor]:
        """Weights of all networks, a copy."""
        return {name: tensor.clone() for name, tensor in self.policy.state_dict().items()}

    @classmethod
    def inference(cls, run: Run, weights: Mapping[str, torch.Tensor]) -> PublishedController:
        """The policy of a finished run from its `inference_weights`."""
        settings = dict(run.hyperparameters)
        env = published_env(run, settings.pop("copies"))
        policy = cls.policy_aliases["MlpPolicy"](
            env.observation_space, env.action_space, lambda _: 0.0, **cls.network(settings)
        )
        policy.load_state_dict(dict(weights))
        return PublishedController(policy, run)


def published_env(run: Run, copies: int) -> VecEnv:
    """The raw joint view of the environment of a run."""
    return envs.vec_env(
        run.env_id, copies, reward_mode=run.reward_mode, seed=run.seed, joint=True, normalize=False
    )


class PublishedController(Sampling):
    """Plays all agents with one network of the library.

    It may be played on another game than the one it was trained on, if the two have equally many
    agents and equally long observations.

    Args:
        network: policy of the library.
        run: run that it belongs to.
        deterministic: play the mean of the Gaussian, else sample from the episode's stream.
    """

    observation = "published"

    def __init__(self, network: BasePolicy, run: Run, *, deterministic: bool = True) -> None:
        self.network, self.run, self.deterministic = network, run, deterministic
        self.name = run.policy

    def attach(self, game: Game) -> None:
        """Take in a game.

        Raises:
            ValueError: it does not fit the network.
        """
        found = (game.n_agents, observe(self, game, game.reset([0])).shape[1])
        expected = self.network.action_space.shape + self.network.observation_space.shape
        if found != expected:
            raise ValueError(
                f"{game.id} has {found[0]} agents and observations of length {found[1]}, but the "
                f"network was trained on {self.run.env_id}, with {expected[0]} agents and "
                f"observations of length {expected[1]}"
            )
        super().attach(game)

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        with torch.no_grad():
            mean, deviation = self._gaussian(torch.as_tensor(observations))
        actions = mean.numpy()
        if not self.deterministic:
            streams = self.memory["generators"]
            noise = np.stack([g.standard_normal(self.game.n_agents) for g in streams])
            actions = actions + deviation.numpy() * noise
        if self.network.squash_output:
            actions = self.network.unscale_action(np.tanh(actions))
        return np.clip(actions, 0.0, self.game.endowments.max())

    def _gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation, before squashing."""
        if isinstance(self.network, ActorCriticPolicy):
            distribution = self.network.get_distribution(observations).distribution
            return distribution.mean, distribution.stddev
        mean, log_std, _ = self.network.actor.get_action_dist_params(observations)
        return mean, log_std.exp()

    def save(self, path: str | Path) -> None:
        """Write the run and its weights; `agents.load` reads the file."""
        write_models(Path(path), [(self.run, self.network.state_dict())])
