"""Algorithms of stable-baselines3 and sb3-contrib as they are, trained one run at a time.

Nothing of an algorithm is changed: the classes here build it for a run, notice a breakdown, save
all of it, and play with its policy.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv

from coopetition import envs
from coopetition.envs.engine import Array, Game
from coopetition.envs.interfaces.spaces import units_from_normalized

from .devices import present
from .models import write_models
from .policy import Sampling, observe
from .runs import Run
from .slices.algorithm import Breakdown
from .slices.resuming import Resumable
from .wrappers import corrected

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
    "step_size": ("step_size", 1),
}
# Settings of the networks that the library knows under the same names.
_OF_NETWORKS = ("log_std_init", "lstm_hidden_size", "enable_critic_lstm")


class _BreakdownError(Exception):
    """Ends training at once: the library would play another step with what is left."""


class LibraryAlgorithm(Resumable, BaseAlgorithm):
    """Mixin, left of an algorithm of the library; here it learns in the `corrected` protocol.

    The library draws from the random numbers of the process, which it seeds when it is built.

    Attributes:
        POLICY: alias of the policy.
        CONTROLLER: plays with it.
        joint: one controller plays all agents of a copy, paid the sum of their rewards; else rows
            are agents.
        breakdowns: `{0: why}` once the run has broken down.
    """

    BATCH = 1
    POLICY = "MlpPolicy"
    CONTROLLER: type[LibraryController]
    joint = False
    breakdowns: Mapping[int, Breakdown] = MappingProxyType({})
    _logged: Mapping[str, Any] = MappingProxyType({})

    @classmethod
    def for_runs(cls, runs: Sequence[Run], *, device: str = "cpu") -> LibraryAlgorithm:
        """The untrained learner of one run, with its environment; see `SliceAlgorithm`."""
        (run,) = runs
        settings = dict(run.hyperparameters)
        env = cls.environment(run, settings)
        cls.fit(settings, env)
        network = cls.network(settings)
        own = {"seed": run.seed, "device": present(device), "policy_kwargs": network}
        return cls(cls.POLICY, env, **own, **settings)

    @classmethod
    def environment(cls, run: Run, settings: dict[str, Any]) -> VecEnv:
        """The environment of a run, whose settings are taken out of those of the learner."""
        env: VecEnv = envs.vec_env(
            run.env_id,
            settings.pop("copies"),
            reward_mode=run.reward_mode,
            seed=run.seed,
            joint=cls.joint,
        )
        return corrected(
            env,
            bootstrap_at_horizon=settings.pop("bootstrap_at_horizon"),
            gamma=settings["gamma"],
        )

    @classmethod
    def fit(cls, settings: dict[str, Any], env: VecEnv) -> None:
        """Turn settings that refer to the environment into those of the constructor."""

    @classmethod
    def network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Take the settings of the networks out of those of the learner."""
        own = {name: settings.pop(name) for name in _OF_NETWORKS if name in settings}
        return {"net_arch": list(settings.pop("hidden")), **own}

    @classmethod
    def build_policy(cls, env: VecEnv, network: dict[str, Any]) -> BasePolicy:
        """An untrained policy, to be given weights."""
        policy = cls.policy_aliases[cls.POLICY]
        return policy(env.observation_space, env.action_space, lambda _: 0.0, **network)

    def train(self, *args: Any, **kwargs: Any) -> None:
        """See the library."""
        with self._noticed():
            super().train(*args, **kwargs)

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        """Around an update: end the training if it leaves parameters not finite."""
        try:
            yield
        except ValueError:  # a distribution was asked for a mean that is no number
            if self._finite():
                raise
        if not self._finite():
            cause = f"parameter not finite, update {self._n_updates}"
            self.breakdowns = {0: Breakdown(self.num_timesteps, cause)}
            raise _BreakdownError
        self._logged = dict(self.logger.name_to_value)  # which the logger soon forgets

    def learn(self, *args: Any, **kwargs: Any) -> LibraryAlgorithm:
        """See the library; a run that breaks down ends early, see `breakdowns`."""
        with suppress(_BreakdownError):
            super().learn(*args, **kwargs)
        return self

    def _finite(self) -> bool:
        norms = torch._foreach_norm([p.detach() for p in self.policy.parameters()])
        return bool(torch.stack(norms).isfinite().all())

    def take_diagnostics(self) -> dict[str, Array]:
        """Quantities of the last update, [1, 1] each, under the names of the learners in slices."""
        return {
            name: np.full((1, 1), sign * float(self._logged[f"train/{own}"]))
            for own, (name, sign) in _LOGGED.items()
            if f"train/{own}" in self._logged
        }

    def controller(self, runs: Sequence[Run]) -> LibraryController:
        """The current policy, sharing the learner's weights."""
        return self.CONTROLLER(self.policy, runs[0])

    def inference_weights(self, replicate: int) -> dict[str, torch.Tensor]:
        """Weights of all networks, a copy on the CPU."""
        return {name: tensor.clone().cpu() for name, tensor in self.policy.state_dict().items()}

    @classmethod
    def inference(cls, run: Run, weights: Mapping[str, torch.Tensor]) -> LibraryController:
        """The policy of a finished run from its `inference_weights`."""
        settings = dict(run.hyperparameters)
        env = cls.environment(run, settings)
        policy = cls.build_policy(env, cls.network(settings))
        policy.load_state_dict(dict(weights))
        return cls.CONTROLLER(policy, run)


class LibraryController(Sampling):
    """Plays all agents with one network of the library.

    It may be played on another game than the one it was trained on, if the two have equally many
    agents and equally long observations.

    Args:
        network: policy of the library.
        run: run that it belongs to.
        deterministic: play the mean of the Gaussian, else sample from the episode's stream.
    """

    def __init__(self, network: BasePolicy, run: Run, *, deterministic: bool = True) -> None:
        self.network, self.run, self.deterministic = network, run, deterministic
        self.name = run.policy

    def attach(self, game: Game) -> None:
        """Take in a game.

        Raises:
            ValueError: it does not fit the network.
        """
        if not self.attached_to(game):
            found, expected = (self._shape(g) for g in (game, envs.game(self.run.env_id)))
            if found != expected:
                raise ValueError(
                    f"{game.id} has {found[0]} agents and observations of length {found[1]}, but "
                    f"the network was trained on {self.run.env_id}, with {expected[0]} agents and "
                    f"observations of length {expected[1]}"
                )
        super().attach(game)

    def _shape(self, game: Game) -> tuple[int, int]:
        """Number of agents, and length of an observation."""
        return game.n_agents, observe(self, game, game.reset([0])).shape[-1]

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        with torch.no_grad():
            seen = torch.as_tensor(observations, device=self.network.device)
            mean, deviation = (part.cpu() for part in self._gaussian(seen))
        actions = mean.numpy()
        if not self.deterministic:
            streams = self.memory["generators"]
            noise = np.stack([g.standard_normal(self.game.n_agents) for g in streams])
            actions = actions + deviation.numpy() * noise
        return self._units(actions)

    @abstractmethod
    def _gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean [B, N] and standard deviation of the actions of the network."""

    def _units(self, actions: Array) -> Array:
        """Actions of the network in payoff units; here from [-1, 1], where they are clipped."""
        return units_from_normalized(self.game, np.clip(actions, -1.0, 1.0))

    def save(self, path: str | Path) -> None:
        """Write the run and its weights; `agents.load` reads the file."""
        write_models(Path(path), [(self.run, self.network.state_dict())])
