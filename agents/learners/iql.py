"""IQL: every agent learns alone by deep Q-learning on levels of its action, on its own reward.

For agent i with its own utilities Q_i(o_i, .) of K evenly spaced levels, and their target Qbar_i,

    a*  = argmax_a Q_i(o_i', a)
    y   = r_i + gamma (1 - d) Qbar_i(o_i', a*)
    L_i = E[huber(Q_i(o_i, a_i) - y)],  a_i as it was played

(Tan 1993 for independent learners; Mnih et al. 2015 for Q-learning with networks; van Hasselt et
al. 2016 for the double estimator, in which the online network chooses a*). Nothing is shared
between agents.

Details that matter:
- every agent explores by itself: with probability epsilon it plays any of its levels; epsilon
  falls linearly from 1 over the first fifth of the budget, whatever the budget;
- the utility in the loss is that of the level that was played, not of the best one;
- the target is a copy of the network, renewed every `target_update_interval` updates;
- gradients are clipped per agent and replicate;
- utilities are feed-forward: observations include the last actions, trust and t/T, and the last
  step is terminal;
- replay as in ISAC: four updates of 64 transitions per 16 environment steps.

The published study has no learner of this kind; it is the classical baseline of QMIX and VDN.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecEnv
from torch import nn
from torch.nn.functional import smooth_l1_loss

from coopetition.envs.engine import Array

from ..slices.algorithm import SlicePolicy
from ..slices.buffers import Transitions
from ..slices.grid import EpsilonGreedyActor, of_levels
from ..slices.layout import Layout, Streams
from ..slices.networks import clip_gradients
from ..slices.off_policy import SliceOffPolicyAlgorithm, adam

ENTRY = {
    "name": "IQL",
    "class_name": {"corrected": "IQL"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "like": "ISAC",
            "without": ("tau", "ent_coef", "target_entropy"),
            "learning_rate": 1e-3,
            "target_update_interval": 200,
            "double_q": True,
            "exploration_fraction": 0.2,
            "exploration_initial_eps": 1.0,
            "exploration_final_eps": 0.05,
            "max_grad_norm": 10.0,
            "levels": 11,
        },
    },
}

CARD = {
    "paper": [
        "Tan 1993, Multi-Agent Reinforcement Learning: Independent vs. Cooperative Agents, ICML",
        "Mnih et al. 2015, Human-level control through deep reinforcement learning, Nature 518",
        "van Hasselt et al. 2016, Deep Reinforcement Learning with Double Q-learning, "
        "arXiv:1509.06461",
    ],
    "reward": "own",
    "actor": "own observation, with the last actions and the time: no recurrence",
    "critic": "own observation",
    "sharing": "none",
    "head": "utilities of 11 levels, epsilon-greedy",
    "published": {},
    "why": {},
}


class UtilityPolicy(SlicePolicy):
    """Utilities of the levels of every slice, and a target of all that is learned.

    Args:
        observation_space, action_space: of one row; the action is one number in [-1, 1].
        lr_schedule: its value at 1 is the initial learning rate.
        layout: slices.
        seeds: of the initial weights, one per replicate.
        hidden: widths of the hidden layers.
        levels: levels K of the action.
        further: arguments of `_add_networks`.
    """

    def __init__(
        self,
        observation_space: spaces.Box,
        action_space: spaces.Box,
        lr_schedule: Schedule,
        *,
        layout: Layout,
        seeds: Sequence[np.random.SeedSequence],
        hidden: Sequence[int] = (64, 64),
        levels: int = 11,
        **further: Any,
    ) -> None:
        super().__init__(observation_space, action_space, squash_output=True)
        self.layout, self.seeds, self.hidden = layout, list(seeds), tuple(hidden)
        length, (width,) = observation_space.shape[0], action_space.shape
        self.actor = self.make_actor(layout, length, width, self.hidden, levels)
        self._add_networks(**further)
        streams = Streams(seeds)
        for network in self.online:
            network.initialise(streams)
        self.target = nn.ModuleList(deepcopy(self.online)).requires_grad_(False)
        self.optimizer = adam(self.trained, lr_schedule(1))

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int], levels: int = 11
    ) -> EpsilonGreedyActor:
        """The network that acts.

        Raises:
            ValueError: an action of several numbers.
        """
        if actions != 1:
            raise ValueError(f"actions of {actions} numbers: levels are of one")
        return EpsilonGreedyActor(layout.slices, observation, levels, hidden)

    def _add_networks(self) -> None:
        """Build what is learned besides the utilities."""

    @property
    def online(self) -> list[nn.Module]:
        """Networks that are learned, in the order of their `target`."""
        return [self.actor]

    @property
    def trained(self) -> list[nn.Parameter]:
        """Their parameters."""
        return [parameter for network in self.online for parameter in network.parameters()]

    def renew_target(self) -> None:
        """Copy what was learned."""
        for target, network in zip(self.target, self.online, strict=True):
            target.load_state_dict(network.state_dict())


class IQL(SliceOffPolicyAlgorithm):
    """`stable_baselines3.DQN` with a slice per agent and replicate, and double Q-learning.

    Options are those of `DQN`. It is not a base class, as it insists on a `Discrete` space: here
    environment and buffers see levels as numbers in [-1, 1].

    Args:
        policy, env: see `SliceAlgorithm`.
        target_update_interval: updates between two copies of the networks to their targets.
        exploration_fraction: share of the budget over which epsilon falls.
        exploration_initial_eps: epsilon at the start.
        exploration_final_eps: epsilon from then on.
        max_grad_norm: bound of the gradient of each loss.
        double_q: the online network chooses the next action; else the target does.
        others: see `SliceAlgorithm` and `OffPolicyAlgorithm`.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": UtilityPolicy}

    def __init__(
        self,
        policy: Any,
        env: VecEnv | None,
        learning_rate: float | Schedule = 1e-3,
        *,
        target_update_interval: int = 200,
        exploration_fraction: float = 0.2,
        exploration_initial_eps: float = 1.0,
        exploration_final_eps: float = 0.05,
        max_grad_norm: float = 10.0,
        double_q: bool = True,
        _init_setup_model: bool = True,
        **others: Any,
    ) -> None:
        super().__init__(
            policy,
            env,
            learning_rate=learning_rate,
            sde_support=False,
            support_multi_env=True,
            supported_action_spaces=(spaces.Box,),
            **others,
        )
        self.target_update_interval = target_update_interval
        self.exploration_fraction = exploration_fraction
        self.exploration_initial_eps = exploration_initial_eps
        self.exploration_final_eps = exploration_final_eps
        self.max_grad_norm, self.double_q = max_grad_norm, double_q
        if _init_setup_model:
            self._setup_model()

    def _setup_model(self) -> None:
        super()._setup_model()
        self.exploration_schedule = LinearSchedule(
            self.exploration_initial_eps, self.exploration_final_eps, self.exploration_fraction
        )

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return {**super()._network(settings), "levels": settings.pop("levels")}

    def _explore(self, learning_starts: int) -> Array:
        """Levels [rows, 1] by epsilon-greedy choice, also before learning starts."""
        self.actor.epsilon.fill_(self.exploration_schedule(self._current_progress_remaining))
        return super()._explore(0)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Update on stored transitions; every loss has parameters of its own."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        parameters = self.policy.trained
        for _ in range(gradient_steps):
            batch = self.replay_buffer.sample(batch_size, self.updating)
            values = self._values(batch)
            loss = smooth_l1_loss(values, self._targets(batch), reduction="none").mean(1)
            self.policy.optimizer.zero_grad()
            loss.sum().backward()
            norm = clip_gradients(parameters, len(loss), self.max_grad_norm)
            self.policy.optimizer.step()
            self._n_updates += 1
            if self._n_updates % self.target_update_interval == 0:
                self.policy.renew_target()
            self.diagnostics.add(
                loss=self._by_slice(loss),
                value=self._by_slice(values.mean(1)),
                gradient_norm=self._by_slice(norm),
                epsilon=self.actor.epsilon.squeeze(1),
            )
        self._check(parameters)

    def _values(self, batch: Transitions) -> torch.Tensor:
        """Values [losses, batch] of the actions that were played."""
        played = self.actor.index(batch.actions)
        utilities = of_levels(self.actor.scores(batch.observations), played)
        return self._total(self.policy.online, utilities, batch.states)

    @torch.no_grad()
    def _targets(self, batch: Transitions) -> torch.Tensor:
        """What the values should be, [losses, batch]."""
        scores = self.policy.target[0].scores(batch.next_observations)
        choosing = self.actor.scores(batch.next_observations) if self.double_q else scores
        utilities = of_levels(scores, self.actor.choose(choosing, None))
        following = self._total(self.policy.target, utilities, batch.next_states)
        continues = batch.continues.view(len(following), -1, following.shape[1])[:, 0]
        return self._reward(batch.rewards) + continues * self.gamma * following

    def _reward(self, rewards: torch.Tensor) -> torch.Tensor:
        """Rewards [losses, batch] of the rewards [slices, batch]; here the own."""
        return rewards

    def _total(
        self, networks: Sequence[nn.Module], utilities: torch.Tensor, states: torch.Tensor | None
    ) -> torch.Tensor:
        """Values [losses, batch] of the utilities [slices, batch] of actions; here the same.

        Args:
            networks: online or target.
            utilities: of one level of each agent.
            states: [replicates, batch, S]; None without a centralised critic.
        """
        return utilities

    def _by_slice(self, values: torch.Tensor) -> torch.Tensor:
        """[losses] for the agents that they belong to, [slices]."""
        return values.repeat_interleave(self.layout.slices // len(values))

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        states, tensors = super()._get_torch_save_params()
        return [*states, "policy.optimizer"], tensors
