"""COMA: policy gradients for a team, each agent against its own counterfactual baseline.

For agent i with its own policy pi_i over K levels of action and a centralised critic
Q_i(s, u_-i, .) of the team's reward r, which sees the actions u_-i of the others and answers for
each own one,

    pi_i  = (1 - eps) softmax(z_i(o_i)) + eps / K
    y_t   = r_t + gamma (1 - d_t) ((1 - lambda) Qbar_i(s_t+1, u_t+1) + lambda y_t+1)
    L_Q   = E[(Q_i(s, u_-i, u_i) - y)^2]
    A_i   = Q_i(s, u_-i, u_i) - sum_a pi_i(a | o_i) Q_i(s, u_-i, a)
    L_pi  = -E[log pi_i(u_i | o_i) A_i]

(Foerster et al. 2018, Counterfactual Multi-Agent Policy Gradients). Agents act on their own
observations alone; state and others' actions serve the critics while they learn.

Details that matter:
- r is the mean of all agents' rewards, whatever they are paid: COMA is defined for a team;
- levels are evenly spaced shares of the own endowment; others' actions enter the critic as shares,
  the own place is empty;
- pi_i with its eps is the policy in everything: it draws, it is differentiated, and it weighs the
  baseline; eps falls along the budget, and play without noise takes the likeliest level;
- after every rollout of whole episodes the critic takes several passes over it in minibatches, then
  the actor a single one; Qbar is the critic as it was every few rollouts;
- critics are normalised by PopArt (van Hasselt et al. 2016), since what an action changes is small
  beside the return; nothing is shared between agents.

The published study standardises Monte-Carlo returns over windows that cross the ends of episodes,
without TD(lambda) or target network, and differentiates the softmax while actions are drawn from
the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import Schedule

from coopetition.envs.engine import Array

from ..slices.algorithm import SlicePolicy
from ..slices.buffers import Rollout
from ..slices.grid import GridActor, of_levels
from ..slices.layout import Layout, Streams
from ..slices.networks import adam_groups, orthogonal, uniform
from ..slices.on_policy import SliceOnPolicyAlgorithm
from ..slices.value_scale import PopArt

ENTRY = {
    "name": "COMA",
    "class_name": {"corrected": "COMA"},
    "paradigm": "ctde",
    "published_as": (),
    "hyperparameters": {
        "corrected": {
            "copies": 4,
            "episodes_per_copy": 1,
            "minibatches": 8,
            "n_epochs": 10,
            "learning_rate": 1e-3,
            "gamma": 0.99,
            "td_lambda": 0.8,
            "target_update_interval": 400,
            "exploration_initial_eps": 0.5,
            "exploration_final_eps": 0.02,
            "max_grad_norm": 0.5,
            "hidden": (64, 64),
            "levels": 11,
            "bootstrap_at_horizon": False,
        },
    },
}

CARD = {
    "paper": [
        "Foerster et al. 2018, Counterfactual Multi-Agent Policy Gradients, arXiv:1705.08926",
        "van Hasselt et al. 2016, Learning Values Across Many Orders of Magnitude, "
        "arXiv:1602.07714",
    ],
    "reward": "mean of all rewards",
    "actor": "own observation",
    "critic": "state and actions of the others",
    "sharing": "none",
    "head": "softmax over levels, mixed with uniform draws",
    "published": {
        "copies": 1,
        "n_steps": 128,
        "batch_size": 128,
        "n_epochs": 1,
        "learning_rate": 3e-4,
        "critic_learning_rate": 1e-3,
        "gamma": 0.99,
        "td_lambda": 1.0,
        "target_update_interval": None,
        "exploration_initial_eps": 0.3,
        "exploration_final_eps": 0.01,
        "ent_coef": 0.01,
        "max_grad_norm": None,
        "hidden": (128, 128),
        "levels": 11,
    },
    "why": {
        "copies, n_steps": "whole episodes from several copies, so that no return is cut",
        "batch_size, n_epochs": (
            "as in `IPPO`, of the critic; the actor sees every sample once, in an eighth of the "
            "rollout, whatever the horizon"
        ),
        "learning_rate, critic_learning_rate": "one for both, chosen with rollouts of 400 steps",
        "td_lambda": "that of the paper",
        "target_update_interval": (
            "a target network as in the paper, renewed every five rollouts of 80 updates"
        ),
        "exploration_initial_eps, exploration_final_eps": (
            "as in the paper, but along the budget, whatever it is"
        ),
        "ent_coef": "no bonus: it would bias where an agent ends",
        "max_grad_norm": "as in `IPPO`",
        "hidden": "as in all learners here, at a third of the cost",
    },
}


class MixedActor(GridActor):
    """Softmax of the scores, mixed with uniform draws of weight `epsilon`.

    Args: see `GridActor`.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.register_buffer("epsilon", torch.zeros(self.slices, 1, 1))

    def probabilities(self, scores: torch.Tensor) -> torch.Tensor:
        """Probabilities [slices, batch, K] of the levels."""
        return (1 - self.epsilon) * scores.softmax(2) + self.epsilon / self.levels

    def choose(self, scores: torch.Tensor, chance: torch.Tensor | None) -> torch.Tensor:
        """The likeliest level, or where the cumulated probabilities exceed `chance`."""
        if chance is None:
            return super().choose(scores, chance)
        reached = self.probabilities(scores).cumsum(2) <= chance.unsqueeze(2)
        return reached.sum(2).clamp(max=self.levels - 1)


class COMAPolicy(SlicePolicy):
    """For every slice an actor over levels, and a critic of state and actions of the others.

    Args:
        observation_space, action_space: of one row.
        lr_schedule: its value at 1 is the initial learning rate.
        layout: slices.
        seeds: of the initial weights, one per replicate.
        state_length: length of the state.
        hidden: widths of the hidden layers of either network.
        levels: levels K of action.
        use_sde: must be False; the library passes it.
    """

    def __init__(
        self,
        observation_space: spaces.Box,
        action_space: spaces.Box,
        lr_schedule: Schedule,
        *,
        layout: Layout,
        seeds: Sequence[np.random.SeedSequence],
        state_length: int,
        hidden: Sequence[int] = (64, 64),
        levels: int = 11,
        use_sde: bool = False,
    ) -> None:
        super().__init__(observation_space, action_space)
        self.layout, self.seeds, self.hidden = layout, list(seeds), tuple(hidden)
        length, width = observation_space.shape[0], action_space.shape[0]
        self.actor = self.make_actor(layout, length, width, self.hidden, levels)
        sizes = (state_length + layout.agents, *self.hidden, levels)
        self.critic, self.critic_target = (
            PopArt(layout.slices, sizes, torch.relu_) for _ in range(2)
        )
        streams = Streams(seeds)
        self.actor.initialise(streams, orthogonal(0.01))
        self.critic.initialise(streams, uniform, uniform)
        self.critic_target.load_state_dict(self.critic.state_dict())
        self.critic_target.requires_grad_(False)
        # One for both: a network without gradients stays as it is.
        parameters = [*self.actor.parameters(), *self.critic.parameters()]
        self.optimizer = torch.optim.Adam(adam_groups(parameters), lr=lr_schedule(1), eps=1e-5)

    @staticmethod
    def make_actor(
        layout: Layout, observation: int, actions: int, hidden: Sequence[int], levels: int
    ) -> MixedActor:
        """The network that acts."""
        return MixedActor(layout.slices, observation, levels, hidden)

    def seen(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """What critics see, [slices, batch, S + N]: state and actions, the own one blank.

        Args:
            states: [replicates, batch, S].
            actions: of each slice, [slices, batch, 1].
        """
        others = self.layout.replaced(self.layout.joint(actions), torch.zeros_like(actions))
        return torch.cat([self.layout.spread(states), others], dim=2)

    def values(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """Target values [slices, batch] of the actions of all agents; see `seen`."""
        return of_levels(self.critic_target(self.seen(states, actions)), self.actor.index(actions))

    def evaluate_actions(
        self, observations: torch.Tensor, actions: torch.Tensor, states: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Target values and logarithms of probabilities [slices, batch], and entropy [slices]."""
        probabilities = self.actor.probabilities(self.actor.scores(observations))
        log_prob = of_levels(probabilities, self.actor.index(actions)).log()
        entropy = torch.special.entr(probabilities).sum(2).mean(1)
        return self.values(states, actions), log_prob, entropy


def counterfactual(
    values: torch.Tensor, probabilities: torch.Tensor, index: torch.Tensor
) -> torch.Tensor:
    """Advantages [...] of the levels played over what the policy would play on average.

    Args:
        values: [..., K] of all own levels, given state and actions of the others.
        probabilities: [..., K] of the policy.
        index: [...] of the levels played.
    """
    return of_levels(values, index) - (probabilities * values).sum(-1)


class COMA(SliceOnPolicyAlgorithm):
    """Counterfactual multi-agent policy gradients on `OnPolicyAlgorithm`.

    Args:
        policy, env, learning_rate, n_steps, gamma, max_grad_norm: see `OnPolicyAlgorithm`; one
            learning rate for actors and critics.
        batch_size: samples per slice of an update of the critics.
        n_epochs: passes over a rollout in which critics are updated.
        td_lambda: weight of longer returns in the critics' targets.
        target_update_interval: updates after which the target network is renewed, at the next end
            of a rollout.
        exploration_initial_eps, exploration_final_eps: share of uniform draws at the start and at
            the end of the budget.
        kwargs: further ones of `OnPolicyAlgorithm`.
    """

    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = {"MlpPolicy": COMAPolicy}
    central_critic = True

    def __init__(
        self,
        policy: Any,
        env: Any,
        learning_rate: float | Schedule = 5e-4,
        n_steps: int = 100,
        batch_size: int = 64,
        n_epochs: int = 10,
        gamma: float = 0.99,
        td_lambda: float = 0.8,
        target_update_interval: int = 200,
        exploration_initial_eps: float = 0.5,
        exploration_final_eps: float = 0.02,
        max_grad_norm: float = 0.5,
        **kwargs: Any,
    ) -> None:
        self.batch_size, self.n_epochs = batch_size, n_epochs
        self.target_update_interval = target_update_interval
        self.exploration_initial_eps = exploration_initial_eps
        self.exploration_final_eps = exploration_final_eps
        super().__init__(
            policy,
            env,
            learning_rate=learning_rate,
            n_steps=n_steps,
            gamma=gamma,
            # With values of the actions taken, generalised advantages add up to TD(lambda).
            gae_lambda=td_lambda,
            ent_coef=0.0,
            vf_coef=0.0,
            max_grad_norm=max_grad_norm,
            use_sde=False,
            sde_sample_freq=-1,
            **kwargs,
        )

    def _setup_model(self) -> None:
        super()._setup_model()
        self._explore()

    def _explore(self) -> None:
        """Set the share of uniform draws of the rollouts to come."""
        first, last = self.exploration_initial_eps, self.exploration_final_eps
        self.actor.epsilon.fill_(last + (first - last) * self._current_progress_remaining)

    @classmethod
    def _network(cls, settings: dict[str, Any]) -> dict[str, Any]:
        return {"hidden": tuple(settings.pop("hidden")), "levels": settings.pop("levels")}

    def _bootstrapped(self, rewards: Array, dones: Array, infos: list[dict[str, Any]]) -> Array:
        """See the base class; rewards become those of the team."""
        team = rewards.reshape(-1, self.layout.agents).mean(1)
        return super()._bootstrapped(team.repeat(self.layout.agents), dones, infos)

    def _values(self, rows: Array, *, last: bool = False) -> torch.Tensor:
        """Target values [rows] of observations [rows, d], of actions drawn there."""
        states = torch.as_tensor(self._states(rows, last=last), device=self.device)
        actions = self.actor.act(self._slices(rows), self._noise())
        return self.layout.by_row(self.policy.values(states, actions)).flatten()

    def train(self) -> None:
        """Several passes over the rollout for the critics, then one for the actors."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        updates, collected = self._n_updates, self.rollout_buffer.by_slice()
        self.policy.critic.rescale(collected.returns)
        for _ in range(self.n_epochs):
            for batch in self.rollout_buffer.get(self.batch_size, self.updating):
                self._update_critics(batch)
                self._n_updates += 1
        for batch in self.rollout_buffer.get(self.batch_size, self.updating):
            self._update_actors(batch)
        interval = self.target_update_interval
        if self._n_updates // interval > updates // interval:
            self.policy.critic_target.load_state_dict(self.policy.critic.state_dict())
        self._explore()
        explained = self._explained_variance(collected.old_values, collected.returns)
        self.diagnostics.add(explained_variance=explained)
        self._check([*self.actor.parameters(), *self.policy.critic.parameters()])
        self._log()

    def _update_critics(self, batch: Rollout) -> None:
        """One step towards the targets of the actions taken."""
        critic = self.policy.critic
        values = critic(self.policy.seen(batch.states, batch.actions))
        found = critic.normalised(of_levels(values, self.actor.index(batch.actions)))
        value_loss = (found - critic.normalised(batch.returns)).square().mean(1)
        self.diagnostics.add(value_loss=value_loss, value_gradient_norm=self._descend(value_loss))

    def _update_actors(self, batch: Rollout) -> None:
        """One step along the policy gradient."""
        index = self.actor.index(batch.actions)
        probabilities = self.actor.probabilities(self.actor.scores(batch.observations))
        with torch.no_grad():
            values = self.policy.critic(self.policy.seen(batch.states, batch.actions))
            advantages = counterfactual(values, probabilities, index)
        policy_loss = -(advantages * of_levels(probabilities, index).log()).mean(1)
        self.diagnostics.add(
            policy_loss=policy_loss,
            entropy=torch.special.entr(probabilities).sum(2).mean(1),
            gradient_norm=self._descend(policy_loss),
        )
