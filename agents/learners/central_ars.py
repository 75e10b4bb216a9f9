"""Central_ARS: random search for the weights of one controller that plays all agents.

With weights theta, directions delta_k ~ N(0, 1) and R(theta) the return of an episode,

    R_k+-  = R(theta +- nu delta_k),  k = 1 .. n
    K      = the b directions with the largest max(R_k+, R_k-)
    theta += alpha / (b sigma_R) sum_{k in K} (R_k+ - R_k-) delta_k

where sigma_R is the standard deviation of the 2 b returns (Mania, Guy and Recht 2018, augmented
random search). The controller sees the joint observation and is paid the sum of all rewards. This
is `sb3_contrib.ARS`; one run trains at a time.

Details that matter:
- a = tanh(W o + c) with all weights zero at first: every agent plays the middle of its range. The
  search is over weights, so that actions need no noise;
- the 2 n candidates of an update play side by side, each in a copy of its own; steps count until
  the episode of their copy ends;
- observations are in [-1, 1] by known scales, where the paper's second version estimates them;
- a return is that of a whole episode, undiscounted: no value function, no time-limit rule.

The published study has no learner without gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sb3_contrib
import torch
from sb3_contrib.common.vec_env import AsyncEval
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv
from torch.func import functional_call, vmap
from torch.nn.utils import parameters_to_vector

from coopetition.envs.engine import Array

from ..library import LibraryAlgorithm, LibraryController
from ..runs import Run

ENTRY = {
    "name": "Central_ARS",
    "class_name": {"corrected": "CentralARS"},
    "paradigm": "joint",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "n_delta": 8,
            "n_top": 4,
            "n_eval_episodes": 1,
            "learning_rate": 0.1,
            "delta_std": 0.1,
            "zero_policy": True,
            "hidden": (),
        },
    },
}

CARD = {
    "paper": [
        "Mania, Guy and Recht 2018, Simple random search provides a competitive approach to RL, "
        "arXiv:1803.07055",
    ],
    "reward": "sum of all rewards",
    "actor": "observations of all agents",
    "critic": "none",
    "sharing": "one controller for all agents",
    "head": "deterministic, squashed",
    "published": {},
    "why": {},
}


class ARSController(LibraryController):
    """Plays all agents, always without noise."""

    observation = "central"

    def _gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Actions, and no deviation."""
        actions = self.network(observations)
        return actions, torch.zeros_like(actions)


class CentralARS(LibraryAlgorithm, sb3_contrib.ARS):
    """`sb3_contrib.ARS` on the joint view; candidates play side by side.

    Rows of the environment are ordered (candidate, episode): 2 `n_delta` `n_eval_episodes` copies.
    """

    CONTROLLER = ARSController
    joint = True

    @classmethod
    def environment(cls, run: Run, settings: dict[str, Any]) -> VecEnv:
        """A copy per candidate and episode; there are no values to bootstrap, and no discount."""
        copies = 2 * settings["n_delta"] * settings["n_eval_episodes"]
        own = {"copies": copies, "bootstrap_at_horizon": True, "gamma": 1.0}
        return super().environment(run, own)

    @classmethod
    def build_policy(cls, env: VecEnv, network: dict[str, Any]) -> BasePolicy:
        """It has no learning rate."""
        policy = cls.policy_aliases[cls.POLICY]
        return policy(env.observation_space, env.action_space, **network)

    def _do_one_update(self, callback: BaseCallback, async_eval: AsyncEval | None) -> None:
        """See the library; callbacks come first, so that what they save can draw the same again."""
        callback.on_rollout_start()
        with self._noticed():
            super()._do_one_update(callback, async_eval)

    def evaluate_candidates(
        self,
        candidate_weights: torch.Tensor,
        callback: BaseCallback,
        async_eval: AsyncEval | None,
    ) -> torch.Tensor:
        """Returns [candidates] of weights [candidates, parameters], summed over episodes.

        Raises:
            ValueError: a pool of processes was given; or copies that cannot be shared out.
        """
        if async_eval is not None:
            raise ValueError("async_eval: candidates play side by side in one process")
        if self.n_envs != self.pop_size * self.n_eval_episodes:
            raise ValueError(
                f"{self.n_envs} copies for {self.pop_size} candidates with {self.n_eval_episodes} "
                "episodes each: give one to each"
            )
        returns, lengths = np.zeros(self.n_envs), np.zeros(self.n_envs, np.int64)
        running = np.ones(self.n_envs, bool)
        observations = self.env.reset()
        while running.any():
            actions = self._act(candidate_weights, observations)
            observations, rewards, dones, _ = self.env.step(actions)
            returns[running] += rewards[running]
            lengths += running
            self.num_timesteps += int(running.sum())
            callback.on_step()
            running &= ~dones
        self.ep_info_buffer: list[dict[str, Any]] = []
        self._mimic_monitor_wrapper(returns, lengths)
        callback.on_rollout_end()
        scores = (returns + self.alive_bonus_offset * lengths).reshape(self.pop_size, -1)
        return torch.as_tensor(scores.sum(axis=1), dtype=torch.float32, device=self.device)

    def _act(self, candidate_weights: torch.Tensor, observations: Array) -> Array:
        """Actions [rows, N], each by the weights of its candidate."""
        shapes = {name: p.shape for name, p in self.policy.named_parameters()}

        def act(weights: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
            parts = weights.split([shape.numel() for shape in shapes.values()])
            named = zip(shapes.items(), parts, strict=True)
            own = {name: part.view(shape) for (name, shape), part in named}
            return functional_call(self.policy, own, seen)

        rows = torch.as_tensor(observations, device=self.device)
        actions = vmap(act)(candidate_weights, rows.view(self.pop_size, -1, rows.shape[1]))
        space = self.action_space
        return np.clip(actions.flatten(0, 1).cpu().numpy(), space.low, space.high)

    def set_parameters(self, *args: Any, **kwargs: Any) -> None:
        """See `BaseAlgorithm`; that of ARS would execute what it reads, for the sake of old files.

        The library searches around a copy of the policy's weights.
        """
        super(sb3_contrib.ARS, self).set_parameters(*args, **kwargs)
        self.weights = parameters_to_vector(self.policy.parameters()).detach()
