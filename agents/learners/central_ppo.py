"""Central_PPO: one PPO controller for all agents, paid the sum of their rewards.

    L = E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] - c_v E[(V - R)^2] + c_H E[H(pi)]

with rho = pi(a|o) / pi_old(a|o) and generalised advantages A (Schulman et al. 2017, Proximal
Policy Optimization Algorithms). o is the joint observation, a the joint action. This is what the
published study reports as IPPO and SelfPlay_PPO.

Details that matter:
- `as_published`: stable-baselines3 defaults on the raw box. The Gaussian has mean 0 and standard
  deviation 1 *action unit* in a box of 50 to 150 units, so the controller starts at zero
  contribution and half of its first actions are clipped there. Observations and rewards are raw
  (rewards of several hundred per step), and values bootstrap at the horizon.
- `corrected`: the same algorithm with actions in [-1, 1] of each agent's own endowment,
  observations and rewards scaled by known constants, whole episodes per rollout from several
  copies, and the last step terminal (t/T is observed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from coopetition import envs
from coopetition.envs.engine import Array, Game, State
from coopetition.envs.interfaces.spaces import units_from_normalized

from ..models import write_models
from ..policy import Policy, generators, observe
from ..runs import Run
from ..wrappers import FiniteHorizon, ScaledReward

ENTRY = {
    "name": "Central_PPO",
    "class_name": "CentralPPO",
    "paradigm": "joint",
    "published_as": ("IPPO", "SelfPlay_PPO"),
    "hyperparameters": {
        "as_published": {
            "copies": 1,
            "n_steps": 2048,
            "batch_size": 64,
            "n_epochs": 10,
            "learning_rate": 3e-4,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "clip_range": 0.2,
            "ent_coef": 0.01,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "hidden": (128, 128),
            "log_std_init": 0.0,
        },
        "corrected": {
            "copies": 8,
            "episodes_per_copy": 1,
            "minibatches": 4,
            "n_epochs": 10,
            "learning_rate": 3e-4,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "clip_range": 0.2,
            "ent_coef": 0.0,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "hidden": (64, 64),
            "log_std_init": -0.5,
        },
    },
}


class CentralPPO(PPO):
    """stable-baselines3 PPO on the joint view; only its construction is ours."""

    @classmethod
    def for_run(cls, run: Run) -> CentralPPO:
        """The untrained learner of a run, with its environment."""
        game = envs.game(run.env_id)
        settings = dict(run.hyperparameters)
        env = joint_env(run, game)
        copies = settings.pop("copies")
        if "episodes_per_copy" in settings:
            settings["n_steps"] = settings.pop("episodes_per_copy") * game.horizon
            minibatches = settings.pop("minibatches")
            settings["batch_size"] = -(-settings["n_steps"] * copies // minibatches)
        return cls(
            "MlpPolicy",
            env,
            seed=run.seed,
            device="cpu",
            policy_kwargs=_network(settings),
            **settings,
        )

    @staticmethod
    def inference(run: Run, weights: Mapping[str, torch.Tensor]) -> CentralController:
        """The policy of a finished run from its weights."""
        settings = dict(run.hyperparameters)
        game = envs.game(run.env_id)
        env = joint_env(run, game)
        network = ActorCriticPolicy(
            env.observation_space, env.action_space, lambda _: 0.0, **_network(settings)
        )
        network.load_state_dict(dict(weights))
        return CentralController(network, run)

    def controller(self, run: Run) -> CentralController:
        """The current policy, sharing the learner's weights."""
        return CentralController(self.policy, run)


class CentralController(Policy):
    """Plays all agents with one network.

    It may be played on another game than the one it was trained on, if the two have equally many
    agents and equally long observations.

    Args:
        network: actor and critic.
        run: run that it belongs to; its protocol decides the spaces.
        deterministic: play the mean of the Gaussian, else sample from the episode's stream.
    """

    def __init__(self, network: ActorCriticPolicy, run: Run, *, deterministic: bool = True) -> None:
        self.network, self.run, self.deterministic = network, run, deterministic
        self.name = run.policy
        self.raw = run.protocol == "as_published"
        self.observation = "published" if self.raw else "central"

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

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """The noise of an episode comes from its own seed."""
        return {"generators": generators(seeds)}

    def act(self, observations: Array | None) -> Array:
        """Joint actions [B, N] in payoff units."""
        with torch.no_grad():
            distribution = self.network.get_distribution(torch.as_tensor(observations)).distribution
        actions = distribution.mean.numpy()
        if not self.deterministic:
            streams = self.memory["generators"]
            noise = np.stack([g.standard_normal(self.game.n_agents) for g in streams])
            actions = actions + distribution.stddev.numpy() * noise
        if self.raw:
            return np.clip(actions, 0.0, self.game.endowments.max())
        return units_from_normalized(self.game, np.clip(actions, -1.0, 1.0))

    def predict(
        self,
        observation: Array,
        state: None = None,
        episode_start: Array | None = None,
        deterministic: bool = True,
    ) -> tuple[Array, None]:
        """See `Policy.predict`; here `deterministic` chooses, and is then kept."""
        self.deterministic = deterministic
        return super().predict(observation, state, episode_start, deterministic)

    def save(self, path: str | Path) -> None:
        """Write the run and its weights; `agents.load` reads the file."""
        write_models(Path(path), [(self.run, self.network.state_dict())])


def joint_env(run: Run, game: Game) -> VecEnv:
    """The environment of a run as its protocol wants it."""
    raw = run.protocol == "as_published"
    env: VecEnv = envs.vec_env(
        game,
        run.hyperparameters["copies"],
        reward_mode=run.reward_mode,
        seed=run.seed,
        joint=True,
        normalize=not raw,
    )
    return env if raw else FiniteHorizon(ScaledReward(env))


def _network(settings: dict[str, Any]) -> dict[str, Any]:
    """Take the network's settings out of the learner's."""
    hidden = list(settings.pop("hidden"))
    return {"net_arch": {"pi": hidden, "vf": hidden}, "log_std_init": settings.pop("log_std_init")}
