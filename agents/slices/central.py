"""Off-policy learners whose critics see the state and the actions of all agents."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

import torch
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import FloatSchedule, update_learning_rate
from torch.nn.functional import mse_loss

from .buffers import Transitions
from .layout import Layout
from .networks import Critics, TanhActor
from .off_policy import SliceActorQPolicy, SliceOffPolicyAlgorithm


class SliceDeterministicPolicy(SliceActorQPolicy):
    """Deterministic actors, action values, and slowly moving copies of both.

    Args: see `SliceActorQPolicy`; settings of the actor are
        exploration_noise: standard deviation, in units of [-1, 1].
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.actor_target = deepcopy(self.actor).requires_grad_(False)
        del self.actor_target.optimizer

    @staticmethod
    def make_actor(
        layout: Layout,
        observation: int,
        actions: int,
        hidden: Sequence[int],
        exploration_noise: float = 0.1,
    ) -> TanhActor:
        """The network that acts."""
        return TanhActor(layout.slices, observation, actions, hidden, exploration_noise)


class CentralTD3(SliceOffPolicyAlgorithm):
    """Mixin, left of `TD3` or `DDPG`, with the multi-agent update of Lowe et al. (2017).

    An actor takes its own agent's observation; its critics the state and all actions.

    Args: those of the algorithm, and
        actor_learning_rate: that of the actors, a number or a function of the progress remaining;
            None for that of the critics.
    """

    central_critic = True
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": SliceDeterministicPolicy}

    def __init__(
        self, *args: Any, actor_learning_rate: float | Schedule | None = None, **kwargs: Any
    ) -> None:
        self.actor_learning_rate = actor_learning_rate
        super().__init__(*args, **kwargs)

    def _update_learning_rate(self, optimizers: Any) -> None:
        super()._update_learning_rate(optimizers)
        if self.actor_learning_rate is not None:
            schedule = FloatSchedule(self.actor_learning_rate)
            update_learning_rate(self.actor.optimizer, schedule(self._current_progress_remaining))

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        own = {"exploration_noise": settings.pop("exploration_noise")}
        return {**super()._network(settings), **own}

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Update the critics of every slice, and at every `policy_delay`-th time its actor."""
        self.policy.set_training_mode(True)
        self._update_learning_rate([self.actor.optimizer, self.critic.optimizer])
        for _ in range(gradient_steps):
            self._n_updates += 1
            batch = self.replay_buffer.sample(batch_size, self.updating)
            states, played = self.layout.spread(batch.states), self.layout.joint(batch.actions)
            target = self._target(batch)
            values = self.critic(states, played)
            errors = mse_loss(values, target.expand_as(values), reduction="none")
            critic_loss = errors.mean(2).sum(0)
            self.critic.optimizer.zero_grad()
            critic_loss.sum().backward()
            self.critic.optimizer.step()
            self.diagnostics.add(critic_loss=critic_loss, value=values[0].mean(1))
            if self._n_updates % self.policy_delay == 0:
                self._improve(batch.observations, states, played)
        self._check([*self.actor.parameters(), *self.critic.parameters()])

    @torch.no_grad()
    def _target(self, batch: Transitions) -> torch.Tensor:
        """What values should be, [slices, batch]: the lowest of the target critics looks ahead."""
        actions = self.actor_target(batch.next_observations)
        if self.target_noise_clip > 0:
            (noise,) = self._update_noise(1, actions.shape[1])
            noise = (self.target_policy_noise * noise).clamp(
                -self.target_noise_clip, self.target_noise_clip
            )
            actions = (actions + noise).clamp(-1, 1)
        states = self.layout.spread(batch.next_states)
        joint = self._expected(self.critic_target, states, self.layout.joint(actions), actions)
        following = self.critic_target(states, joint).amin(0)
        return batch.rewards + batch.continues * self.gamma * following

    def _improve(
        self, observations: torch.Tensor, states: torch.Tensor, played: torch.Tensor
    ) -> None:
        """A step of the actors up their first critic, and of the targets towards both."""
        actions = self.actor(observations)
        self.critic.requires_grad_(False)
        joint = self._expected(self.critic, states, played, actions)
        actor_loss = -self.critic(states, joint)[0].mean(1)
        self.critic.requires_grad_(True)
        self.actor.optimizer.zero_grad()
        actor_loss.sum().backward()
        self.actor.optimizer.step()
        self._track(self.critic, self.critic_target)
        self._track(self.actor, self.actor_target)
        self.diagnostics.add(actor_loss=actor_loss)

    def _expected(
        self, critic: Critics, states: torch.Tensor, joint: torch.Tensor, own: torch.Tensor
    ) -> torch.Tensor:
        """Joint actions that an agent reckons with when it plays `own`.

        Args:
            critic: its values.
            states: [slices, batch, S].
            joint: [slices, batch, N A], what the others play.
            own: [slices, batch, A].

        Returns:
            [slices, batch, N A].
        """
        return self.layout.replaced(joint, own)
