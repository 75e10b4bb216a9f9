"""FCP: fictitious co-play, the best response to a frozen population of self-play partners.

Stage 1 trains P partners per run by `SelfPlay_PPO`, which differ in their seeds only, and freezes
each at three times: untrained, half-way and trained. Stage 2 trains the learner pi(a | o_i, i) by
the update of `SelfPlay_PPO`, while in every episode of every copy one of the 3 P frozen policies,
all equally likely, plays all seats but the learner's seat i.

(Strouse et al. 2021, Collaborating with Humans without Human Data).

Details that matter:
- the seeds of the partners follow from the run's seed, so that a run shares nothing with others;
- half-way is the first snapshot from which on training rewards have covered half of the way from
  the first to the last twentieth of the partner's training;
- one member plays all other seats: partners who learned together meet the learner together;
- each partner gets as many environment steps as the learner, so that a run costs 1 + P times the
  data that it is said to learn from; the learner's steps alone count;
- members never learn in stage 2 and sample their actions; the policy is evaluated in all seats.

The published study trains no partners: policies of the learner itself, from 50,000 steps on, are
played in all other seats, the latest with probability 0.5. Its ratio compares the density of the
learner with the mean over all agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from coopetition.envs.engine import Array

from ..runs import Run
from ..slices.algorithm import Breakdown
from ..slices.population import PopulationAlgorithm
from .ippo import IPPO
from .self_play_ppo import SelfPlayPPO

ENTRY = {
    "name": "FCP",
    "class_name": {"corrected": "FCP"},
    "paradigm": "population",
    "published_as": (),
    "min_agents": 2,
    "hyperparameters": {
        "corrected": {
            "like": "SelfPlay_PPO",
            "partners": 4,
        },
    },
}

CARD = {
    "paper": [
        "Strouse et al. 2021, Collaborating with Humans without Human Data, arXiv:2110.08176",
        "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv:1707.06347",
    ],
    "reward": "own, of the learner's seat",
    "actor": "own observation and number of the seat",
    "critic": "own observation and number of the seat",
    "sharing": "one policy for all seats; data of the partners: 4 times those of the learner",
    "head": "Gaussian with a free deviation, clipped",
    "published": {
        "partners": 0,
        "snapshots": 10,
        "latest": 0.5,
        "copies": 1,
        "n_steps": 2048,
        "batch_size": 2048,
        "n_epochs": 10,
        "learning_rate": 3e-4,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "clip_range": 0.2,
        "ent_coef": 0.01,
        "vf_coef": 0.5,
        "max_grad_norm": None,
        "hidden": (128, 128),
        "log_std_init": 0.0,
    },
    "why": {
        "like": "SelfPlay_PPO",
        "partners": "the population is what the method is about; 4 where the paper has 32, "
        "each frozen at 3 times, so that a run costs 5 times its own data and not 33",
        "snapshots": "every twentieth of the budget, whatever the budget",
        "max_grad_norm": "as in all learners of the family",
    },
}

# A branch of a run's seed from which neither its copies nor its learner spawn.
_PARTNERS = 2**32 - 2


class FCP(PopulationAlgorithm, IPPO):
    """`IPPO` with one policy per replicate, against a frozen population.

    The first call of `learn` trains the partners before, for as many steps each.

    Args: those of `stable_baselines3.PPO`, and
        partners: their untrained learner, P replicates for each of this one's, ordered (replicate,
            partner), with networks of the same size; not needed once there is a pool.
    """

    def __init__(self, *args: Any, partners: SelfPlayPPO | None = None, **kwargs: Any) -> None:
        self.partners = partners
        super().__init__(*args, **kwargs)

    @classmethod
    def for_runs(cls, runs: Sequence[Run], *, device: str = "cpu") -> FCP:
        """See `SliceAlgorithm`; partners are runs of `SelfPlayPPO` with the same settings."""
        settings = dict(runs[0].hyperparameters)
        count = settings.pop("partners")
        partners = [
            replace(run, seed=seed, hyperparameters=settings)
            for run in runs
            for seed in partner_seeds(run.seed, count)
        ]
        own = {name: settings[name] for name in settings if name not in ("snapshots", "latest")}
        learners = [replace(run, hyperparameters=own) for run in runs]
        model = super().for_runs(learners, device=device)
        model.partners = SelfPlayPPO.for_runs(partners, device=device)
        return model

    def learn(self, total_timesteps: int, *args: Any, **kwargs: Any) -> FCP:
        """See the library.

        Raises:
            ValueError: there are neither partners nor a pool.
        """
        if not len(self.pool):
            if self.partners is None:
                raise ValueError("FCP learns against partners: give their learner as `partners`")
            self._train_partners(self.partners, total_timesteps)
        return super().learn(total_timesteps, *args, **kwargs)

    def _train_partners(self, partners: SelfPlayPPO, steps: int) -> None:
        """Stage 1: train the partners, and freeze each at three times."""
        course = Course()
        learner = partners.learn(steps, callback=course)
        middle = course.half_way()
        each = np.arange(len(middle))
        final = dict(learner.actor.named_parameters())
        for name, history in learner.pool.weights.items():
            times = history[:, 0], history[each, middle], final[name].detach()
            members = torch.stack(times, dim=1)
            self.pool.weights[name] = members.view(self.layout.replicates, -1, *members.shape[2:])
        count = learner.layout.replicates // self.layout.replicates
        for index, end in learner.breakdowns.items():
            replicate, partner = divmod(index, count)
            cause = f"partner {partner}, its step {end.step}: {end.cause}"
            self.breakdowns.setdefault(replicate, Breakdown(self.num_timesteps, cause))
        self.partners = None

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "partners"]


class Course(BaseCallback):
    """Mean rewards of self-play between any two snapshots."""

    def __init__(self) -> None:
        super().__init__()
        # Sum over rollouts [replicates], and their number, by snapshots taken before.
        self.totals: list[Array] = []
        self.counts: list[int] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        replicates = self.model.layout.replicates
        if len(self.model.pool) > len(self.totals):
            self.totals.append(np.zeros(replicates))
            self.counts.append(0)
        rewards = np.ascontiguousarray(self.model.rollout_buffer.rewards.T)
        self.totals[-1] += rewards.reshape(replicates, -1).mean(axis=1, dtype=float)
        self.counts[-1] += 1

    def half_way(self) -> Array:
        """Index of the snapshot from which on half of the gain, or loss, was made; [replicates].

        The middle one where rewards ended as they had begun.
        """
        means = np.stack(self.totals, axis=1) / self.counts
        gained = means - means[:, :1]
        final = gained[:, -1]
        reached = gained * np.sign(final)[:, None] >= np.abs(final)[:, None] / 2
        return np.where(final == 0, len(self.totals) // 2, reached.argmax(axis=1))


def partner_seeds(seed: int, count: int) -> list[int]:
    """Seeds of the partners of a run, of which no other run has any."""
    return (
        np.random.SeedSequence(seed, spawn_key=(_PARTNERS,))
        .generate_state(count, np.uint64)
        .tolist()
    )
