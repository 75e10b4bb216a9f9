"""RecurrentPPO: one network with a memory plays every agent, which is paid its own reward.

For agent i with observation o_i and number e_i (one-hot), memory h and parameters of all agents,

    h_i,t   = LSTM(h_i,t-1, (o_i,t, e_i)),  h_i,0 = 0 at the start of an episode
    delta_t = r_i,t + gamma (1 - d_t) V(o_i,t+1, e_i) - V(o_i,t, e_i)
    A_t     = sum_l (gamma lambda)^l delta_t+l
    rho_t   = pi(a_i,t | h_i,t) / pi_old(a_i,t | h_i,t)
    L       = -E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] + c_v E[(V - R)^2] - c_H E[H(pi)]

with means over the agents too (Schulman et al. 2017 for the objective; Ni et al. 2022 for recurrent
model-free learning; Terry et al. 2020 for parameters that all agents share, told apart by number).
This is `sb3_contrib.RecurrentPPO`; one run trains at a time.

Details that matter:
- memory follows an agent through an episode, and is empty at its start; batches are sequences,
  each with the memory that it began with when it was collected;
- values are of the present observation, number included: with a second LSTM in their place the
  critic lags behind, and a team of four did not learn from its common reward in 16,000 steps;
- a sequence that starts an episode passes through the LSTM in one go, as any other does, instead
  of step by step: the same numbers, and updates in a tenth of the time;
- the library counts rows as environment steps; here a step is one of a whole copy;
- advantages are normalised, and gradients clipped, over all agents together;
- actions, observations, rewards and the last step as in `IPPO`.

The published study has no learner with a memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import sb3_contrib
import torch
from gymnasium import spaces
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from sb3_contrib.ppo_recurrent.policies import MlpLstmPolicy
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from torch import nn

from coopetition.envs.engine import Array, State

from ..library import LibraryAlgorithm, LibraryController
from ..runs import Run
from ..slices.layout import Layout
from ..slices.networks import numbered

ENTRY = {
    "name": "RecurrentPPO",
    "class_name": {"corrected": "RecurrentPPO"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "copies": 4,
            "episodes_per_copy": 1,
            "minibatches": 4,
            "n_epochs": 10,
            "learning_rate": 2e-3,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "clip_range": 0.2,
            "ent_coef": 0.0,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "lstm_hidden_size": 64,
            "enable_critic_lstm": False,
            "hidden": (64,),
            "log_std_init": -0.5,
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
        "Ni et al. 2022, Recurrent Model-Free RL Can Be a Strong Baseline, arXiv:2110.05038",
        "Terry et al. 2020, Revisiting Parameter Sharing in Multi-Agent RL, arXiv:2005.13625",
    ],
    "reward": "own",
    "actor": "own observations so far, number of the agent",
    "critic": "own observation, number of the agent",
    "sharing": "all agents",
    "head": "Gaussian with a free deviation, clipped",
    "published": {},
    "why": {},
}


class Numbered(VecEnvWrapper):
    """Appends to the observation of every row the one-hot number of its agent."""

    def __init__(self, venv: VecEnv) -> None:
        self.agents = Layout.of(venv).agents
        seen, zeros = venv.observation_space, np.zeros(self.agents, np.float32)
        low, high = np.append(seen.low, zeros), np.append(seen.high, zeros + 1)
        super().__init__(venv, observation_space=spaces.Box(low, high, dtype=np.float32))

    def reset(self) -> Array:
        """Number the rows."""
        return self._numbered(self.venv.reset())

    def step_wait(self) -> tuple[Array, Array, Array, list[dict[str, Any]]]:
        """Number the rows, and the last observations of episodes that ended."""
        observations, rewards, dones, infos = self.venv.step_wait()
        roles = np.eye(self.agents, dtype=np.float32)
        for row in np.flatnonzero(dones):
            last, role = infos[row]["terminal_observation"], roles[row % self.agents]
            infos[row]["terminal_observation"] = np.append(last, role)
        return self._numbered(observations), rewards, dones, infos

    def _numbered(self, rows: Array) -> Array:
        return numbered(torch.from_numpy(rows).unsqueeze(1), self.agents).squeeze(1).numpy()


class ByCopy(VecEnvWrapper):
    """Says how many copies of the game a step advances where the library asks for rows."""

    def __init__(self, venv: VecEnv) -> None:
        super().__init__(venv)
        self.num_envs = Layout.of(venv).copies

    def reset(self) -> Any:
        """Pass through."""
        return self.venv.reset()

    def step_wait(self) -> tuple[Any, Array, Array, list[dict[str, Any]]]:
        """Pass through."""
        return self.venv.step_wait()


class SequencePolicy(MlpLstmPolicy):
    """The library's policy; sequences that start an episode are not taken apart."""

    @staticmethod
    def _process_sequence(
        features: torch.Tensor,
        lstm_states: tuple[torch.Tensor, torch.Tensor],
        episode_starts: torch.Tensor,
        lstm: nn.LSTM,
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        """See the library, which takes steps one by one wherever an episode starts.

        The buffer cuts sequences at starts, so that only a first step can be one: it is enough to
        forget before the sequence.
        """
        starts = episode_starts.reshape(lstm_states[0].shape[1], -1)
        if not starts[:, 1:].any():
            kept = (1.0 - starts[:, 0]).view(1, -1, 1)
            lstm_states = (kept * lstm_states[0], kept * lstm_states[1])
            episode_starts = torch.zeros_like(episode_starts)
        return MlpLstmPolicy._process_sequence(features, lstm_states, episode_starts, lstm)


class RecurrentController(LibraryController):
    """Plays every agent on its own observations, which it remembers by episode and agent."""

    observation = "realistic"

    def begin(self, seeds: Sequence[np.random.SeedSequence]) -> State:
        """The noise of new episodes, and an empty memory [B, N, layers, width]."""
        layers, _, width = self.network.lstm_hidden_state_shape
        shape = (len(seeds), self.game.n_agents, layers, width)
        memory = {name: np.zeros(shape, np.float32) for name in ("hidden", "cell")}
        return {**super().begin(seeds), **memory}

    def _gaussian(self, observations: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation [B, N] for observations [B, N, d]; remembers them."""
        copies, agents, _ = observations.shape
        rows = numbered(observations.flatten(0, 1).unsqueeze(1), agents).squeeze(1)
        memory = [
            torch.as_tensor(self.memory[name], device=rows.device) for name in ("hidden", "cell")
        ]
        before = [part.flatten(0, 1).transpose(0, 1).contiguous() for part in memory]
        no_start = torch.zeros(len(rows), device=rows.device)
        distribution, after = self.network.get_distribution(rows, tuple(before), no_start)
        for name, part in zip(("hidden", "cell"), after, strict=True):
            self.memory[name] = part.transpose(0, 1).unflatten(0, (copies, agents)).cpu().numpy()
        gaussian = distribution.distribution
        return gaussian.mean.view(copies, agents), gaussian.stddev.view(copies, agents)


class RecurrentPPO(LibraryAlgorithm, sb3_contrib.RecurrentPPO):
    """`sb3_contrib.RecurrentPPO` with agents as rows; `batch_size` counts samples of all agents."""

    POLICY = "MlpLstmPolicy"
    CONTROLLER = RecurrentController
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {POLICY: SequencePolicy}

    @classmethod
    def environment(cls, run: Run, settings: dict[str, Any]) -> VecEnv:
        """Rows of agents, which are numbered."""
        return Numbered(super().environment(run, settings))

    @classmethod
    def fit(cls, settings: dict[str, Any], env: VecEnv) -> None:
        """Whole episodes per rollout, and batches as a share of it."""
        (game,) = env.get_attr("game", 0)
        settings["n_steps"] = settings.pop("episodes_per_copy") * game.horizon
        samples = settings["n_steps"] * env.num_envs
        settings["batch_size"] = -(-samples // settings.pop("minibatches"))

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """See the library; `num_timesteps` counts steps of copies."""
        return super().collect_rollouts(ByCopy(env), callback, rollout_buffer, n_rollout_steps)

    def random_state(self) -> dict[str, Any]:
        """Also the memory of the running episodes."""
        memory = self._last_lstm_states
        return {**super().random_state(), "memory": [*memory.pi, *memory.vf]}

    def load_random_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().load_random_state(state)
        actor, actor_cell, critic, critic_cell = (
            torch.as_tensor(part, device=self.device) for part in state["memory"]
        )
        self._last_lstm_states = RNNStates((actor, actor_cell), (critic, critic_cell))
