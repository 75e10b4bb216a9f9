"""ISAC: every agent learns alone by soft actor-critic, on its own reward.

For agent i with its own actor pi_i, twin critics Q_i,1, Q_i,2, their targets and temperature,

    y     = r_i + gamma (1 - d) (min_k Qbar_i,k(o_i', a') - alpha_i log pi_i(a' | o_i')),  a' ~ pi_i
    J_Q   = 1/2 sum_k E[(Q_i,k(o_i, a_i) - y)^2]
    J_pi  = E[alpha_i log pi_i(a | o_i) - min_k Q_i,k(o_i, a)],  a ~ pi_i
    J_al  = -E[log alpha_i (log pi_i(a | o_i) + H)],  H = -dim(a_i)

(Haarnoja et al. 2018, Soft Actor-Critic, and Soft Actor-Critic Algorithms and Applications; Tan
1993 for independent learners). Nothing is shared between agents.

Details that matter:
- actions in [-1, 1] of the own endowment, which is also what the replay buffer keeps;
- observations and rewards are shifted and scaled by known constants, the last step is terminal (t/T
  is observed);
- four updates of 64 transitions per 16 environment steps: as many updates as the published learners
  of the MADDPG family make (one per 4 steps, of 256 transitions).

The published study reports under this name one SAC for all agents; see `Central_SAC`.
"""

from __future__ import annotations

import torch
from stable_baselines3 import SAC
from torch.nn.functional import mse_loss

from ..slices.off_policy import SliceOffPolicyAlgorithm, adam

ENTRY = {
    "name": "ISAC",
    "class_name": {"corrected": "ISAC"},
    "paradigm": "independent",
    "published_as": (),
    "vector_actions": True,
    "hyperparameters": {
        "corrected": {
            "copies": 16,
            "steps_per_update": 16,
            "gradient_steps": 4,
            "batch_size": 64,
            "buffer_size": 100_000,
            "learning_starts": 1000,
            "learning_rate": 3e-3,
            "gamma": 0.99,
            "tau": 0.005,
            "ent_coef": "auto",
            "target_entropy": "auto",
            "hidden": (64, 64),
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Haarnoja et al. 2018, Soft Actor-Critic Algorithms and Applications, arXiv:1812.05905",
        "Tan 1993, Multi-Agent Reinforcement Learning: Independent vs. Cooperative Agents, ICML",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "own observation",
    "sharing": "none",
    "head": "squashed Gaussian",
    "published": {"like": "Central_SAC"},
    "why": {
        "copies, train_freq, gradient_steps, batch_size": (
            "as many updates per step as the published learners of the MADDPG family, each of 64 "
            "transitions in place of 256"
        ),
        "learning_starts": "60 uniform steps in each of 16 copies",
        "learning_rate": "chosen with a quarter of the updates per step",
        "hidden": "no loss of score found with 64 units, at a third of the cost",
    },
}


class ISAC(SliceOffPolicyAlgorithm, SAC):
    """`stable_baselines3.SAC` with a slice per agent and replicate."""

    log_ent_coef: torch.Tensor
    ent_coef_optimizer: torch.optim.Adam | None

    def _setup_model(self) -> None:
        super()._setup_model()
        if self.ent_coef_optimizer is not None:
            initial = self.log_ent_coef.detach().repeat(self.layout.slices)
            self.log_ent_coef = initial.requires_grad_(True)
            self.ent_coef_optimizer = adam([self.log_ent_coef], self.lr_schedule(1))

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Update every slice on its own transitions."""
        self.policy.set_training_mode(True)
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        if self.ent_coef_optimizer is not None:
            optimizers.append(self.ent_coef_optimizer)
        self._update_learning_rate(optimizers)
        for step in range(gradient_steps):
            batch = self.replay_buffer.sample(batch_size, self.updating)
            noise, next_noise = self._update_noise(2, batch_size)
            actions, log_prob = self.actor.sample(batch.observations, noise)
            temperature = self._temperature(log_prob)

            with torch.no_grad():
                next_actions, next_log_prob = self.actor.sample(batch.next_observations, next_noise)
                following = self.critic_target(
                    *self._judged(batch.next_observations, batch.next_states, next_actions)
                ).amin(0)
                following = following - temperature * next_log_prob
                target = batch.rewards + batch.continues * self.gamma * following
            values = self.critic(*self._judged(batch.observations, batch.states, batch.actions))
            errors = mse_loss(values, target.expand_as(values), reduction="none")
            critic_loss = 0.5 * errors.mean(2).sum(0)
            self.critic.optimizer.zero_grad()
            critic_loss.sum().backward()
            self.critic.optimizer.step()

            self.critic.requires_grad_(False)
            value = self.critic(*self._judged(batch.observations, batch.states, actions)).amin(0)
            self.critic.requires_grad_(True)
            actor_loss = (temperature * log_prob - value).mean(1)
            self.actor.optimizer.zero_grad()
            actor_loss.sum().backward()
            self.actor.optimizer.step()

            if step % self.target_update_interval == 0:
                self._track(self.critic, self.critic_target)
            self.diagnostics.add(
                actor_loss=actor_loss,
                critic_loss=critic_loss,
                value=value.mean(1),
                entropy=-log_prob.mean(1),
                temperature=temperature.squeeze(1),
            )
        self._n_updates += gradient_steps
        self._check([*self.actor.parameters(), *self.critic.parameters()])

    def _judged(
        self, observations: torch.Tensor, states: torch.Tensor | None, actions: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the critics of a slice judge: here its own observations and actions.

        Args:
            observations: [slices, batch, d].
            states: [replicates, batch, S] for centralised critics.
            actions: [slices, batch, A] of all agents, each with the gradient of its own slice.
        """
        return observations, actions

    def _temperature(self, log_prob: torch.Tensor) -> torch.Tensor:
        """Temperatures [slices, 1] before they take a step towards the entropy target."""
        if self.ent_coef_optimizer is None:
            return self.ent_coef_tensor.expand(self.layout.slices, 1)
        temperature = self.log_ent_coef.detach().exp().unsqueeze(1)
        gap = (log_prob.detach() + self.target_entropy).mean(1)
        self.ent_coef_optimizer.zero_grad()
        (-self.log_ent_coef * gap).sum().backward()
        self.ent_coef_optimizer.step()
        return temperature
