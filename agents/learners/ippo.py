"""IPPO: every agent learns alone by proximal policy optimisation, on its own reward.

For agent i with its own policy pi_i(a_i | o_i) and its own value function V_i(o_i),

    delta_t = r_i,t + gamma (1 - d_t) V_i(o_i,t+1) - V_i(o_i,t)
    A_t     = sum_l (gamma lambda)^l delta_t+l
    rho_t   = pi_i(a_i,t | o_i,t) / pi_i^old(a_i,t | o_i,t)
    L_i     = -E[min(rho A, clip(rho, 1 - eps, 1 + eps) A)] + c_v E[(V_i - R)^2] - c_H E[H(pi_i)]

(Schulman et al. 2017, Proximal Policy Optimization Algorithms; de Witt et al. 2020, Is Independent
Learning All You Need in the StarCraft Multi-Agent Challenge?). Nothing is shared between agents.

Details that matter:
- actions in [-1, 1] of the own endowment; the buffer keeps the unclipped sample with its
  log-density, the environment gets the clipped one;
- observations and rewards are shifted and scaled by known constants, whole episodes per rollout
  from several copies, the last step is terminal (t/T is observed);
- advantages are normalised, and gradients clipped, per agent and replicate.

The published study reports under this name one PPO for all agents; see `Central_PPO`.
"""

from __future__ import annotations

import torch
from stable_baselines3 import PPO
from torch.nn.functional import mse_loss

from ..slices.buffers import Rollout
from ..slices.on_policy import SliceOnPolicyAlgorithm

ENTRY = {
    "name": "IPPO",
    "class_name": {"corrected": "IPPO"},
    "paradigm": "independent",
    "published_as": (),
    "vector_actions": True,
    "hyperparameters": {
        "corrected": {
            "copies": 4,
            "episodes_per_copy": 1,
            "minibatches": 8,
            "n_epochs": 10,
            "learning_rate": 2e-3,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "clip_range": 0.1,
            "ent_coef": 0.0,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "hidden": (64, 64),
            "log_std_init": -0.5,
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
        "de Witt et al. 2020, Is Independent Learning All You Need?, arXiv:2011.09533",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "own observation",
    "sharing": "none",
    "head": "Gaussian with a free deviation, clipped",
    "published": {"like": "Central_PPO"},
    "why": {
        "copies, n_steps": "whole episodes from several copies, so that no return is cut",
        "batch_size": "an eighth of the rollout, whatever the horizon",
        "learning_rate": "chosen with rollouts a fifth as long as the published ones",
        "clip_range": "rollouts a fifth as long: with 0.2 shares are carried past the best one",
        "ent_coef": "no bonus: it would bias where an agent ends",
        "hidden": "no loss of score found with 64 units, at a third of the cost",
        "log_std_init": "0.6 of half the endowment, so that few samples are clipped",
    },
}


class IPPO(SliceOnPolicyAlgorithm, PPO):
    """`stable_baselines3.PPO` with a slice per agent and replicate."""

    def train(self) -> None:
        """Update every slice on its own samples."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        clip = self.clip_range(self._current_progress_remaining)
        for _ in range(self.n_epochs):
            for batch in self.rollout_buffer.get(self.batch_size, self.updating):
                values, log_prob, entropy = self.policy.evaluate_actions(
                    batch.observations, batch.actions, batch.states
                )
                advantages = batch.advantages
                if self.normalize_advantage and advantages.shape[1] > 1:
                    deviation = advantages.std(1, keepdim=True)
                    advantages = (advantages - advantages.mean(1, keepdim=True)) / (
                        deviation + 1e-8
                    )
                log_ratio = log_prob - batch.old_log_prob
                ratio = log_ratio.exp()
                clipped = advantages * ratio.clamp(1 - clip, 1 + clip)
                policy_loss = -torch.min(advantages * ratio, clipped).mean(1)
                value_loss = self._value_loss(values, batch)
                loss = policy_loss - self.ent_coef * entropy + self.vf_coef * value_loss
                norm = self._descend(loss)
                with torch.no_grad():
                    self.diagnostics.add(
                        policy_loss=policy_loss,
                        value_loss=value_loss,
                        entropy=entropy,
                        approx_kl=(ratio - 1 - log_ratio).mean(1),
                        clip_fraction=((ratio - 1).abs() > clip).float().mean(1),
                        gradient_norm=norm,
                    )
            self._n_updates += 1
        collected = self.rollout_buffer.by_slice()
        explained = self._explained_variance(collected.old_values, collected.returns)
        self.diagnostics.add(explained_variance=explained)
        self._check(self.policy.parameters())
        self._log()

    def _value_loss(self, values: torch.Tensor, batch: Rollout) -> torch.Tensor:
        """Squared error [slices] of values [slices, batch], which move no further than allowed."""
        if self.clip_range_vf is not None:
            bound = self.clip_range_vf(self._current_progress_remaining)
            values = batch.old_values + (values - batch.old_values).clamp(-bound, bound)
        return mse_loss(values, batch.returns, reduction="none").mean(1)
