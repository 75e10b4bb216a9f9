"""IA2C: every agent learns alone by advantage actor-critic, on its own reward.

For agent i with its own policy pi_i and value function V_i, and n-step returns G_i of its reward,

    L_i = -E[log pi_i(a_i | o_i) A_i] + c_v E[(G_i - V_i)^2] - c_H E[H(pi_i)],  A_i = G_i - V_i

(Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning, in its synchronous form;
Papoudakis et al. 2021, Benchmarking Multi-Agent Deep Reinforcement Learning Algorithms in
Cooperative Tasks). Nothing is shared between agents.

Details that matter:
- one update per rollout of 10 steps from 8 copies, RMSprop as TensorFlow defines it;
- generalised advantages with lambda 0.95, normalised per agent and replicate, since returns differ
  between games by orders of magnitude; actions, observations, rewards and horizon as in `IPPO`.

The published study reports under this name one A2C for all agents; see `Central_A2C`.
"""

from __future__ import annotations

from stable_baselines3 import A2C
from torch.nn.functional import mse_loss

from ..slices.on_policy import SliceOnPolicyAlgorithm

ENTRY = {
    "name": "IA2C",
    "class_name": {"corrected": "IA2C"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "copies": 8,
            "n_steps": 10,
            "learning_rate": 1e-3,
            "gamma": 0.99,
            "gae_lambda": 0.95,
            "normalize_advantage": True,
            "ent_coef": 0.0,
            "vf_coef": 0.5,
            "max_grad_norm": 0.5,
            "rms_prop_eps": 1e-5,
            "hidden": (64, 64),
            "log_std_init": -0.5,
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning, arXiv:1602.01783",
        "Papoudakis et al. 2021, Benchmarking Multi-Agent Deep RL Algorithms, arXiv:2006.07869",
    ],
    "reward": "own",
    "actor": "own observation",
    "critic": "own observation",
    "sharing": "none",
    "head": "Gaussian with a free deviation, clipped",
    "published": {"like": "Central_A2C"},
    "why": {
        "copies, n_steps": "batches of 80 in place of 5",
        "learning_rate": "chosen with the larger batches",
        "gae_lambda": "less variance; and advantages are normalised, since returns differ widely",
        "ent_coef": "no bonus: it would bias where an agent ends",
        "hidden": "no loss of score found with 64 units, at a third of the cost",
        "log_std_init": "0.6 of half the endowment, so that few samples are clipped",
    },
}


class IA2C(SliceOnPolicyAlgorithm, A2C):
    """`stable_baselines3.A2C` with a slice per agent and replicate."""

    def train(self) -> None:
        """Update every slice once on its own rollout."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        (batch,) = self.rollout_buffer.get(None, self.updating)
        values, log_prob, entropy = self.policy.evaluate_actions(
            batch.observations, batch.actions, batch.states
        )
        advantages = batch.advantages
        if self.normalize_advantage:
            deviation = advantages.std(1, keepdim=True)
            advantages = (advantages - advantages.mean(1, keepdim=True)) / (deviation + 1e-8)
        policy_loss = -(advantages * log_prob).mean(1)
        value_loss = mse_loss(values, batch.returns, reduction="none").mean(1)
        norm = self._descend(policy_loss - self.ent_coef * entropy + self.vf_coef * value_loss)
        self._n_updates += 1
        self.diagnostics.add(
            policy_loss=policy_loss,
            value_loss=value_loss,
            entropy=entropy,
            gradient_norm=norm,
            explained_variance=self._explained_variance(batch.old_values, batch.returns),
        )
        self._check(self.policy.parameters())
        self._log()
