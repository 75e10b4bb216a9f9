"""HuberPPO: IPPO with a value loss that large errors pull at less.

    snakemake --config extend='[examples/extend_learner.py]' environments='[TrustDilemma]' \
        policies='[IPPO, HuberPPO]' train_on=all steps=4096 study=huber

ENTRY says what a study has to know, CARD what the constructor does not say; both are read without
importing the file. The classes are stable-baselines3 algorithms with a slice of parameters per
agent and replicate; `agents/learners` holds one file per learner to start from.
"""

import torch
from torch.nn.functional import smooth_l1_loss

from coopetition.agents.learners.ippo import IPPO
from coopetition.agents.slices.buffers import Rollout

ENTRY = {
    "name": "HuberPPO",
    "class_name": {"corrected": "HuberPPO"},
    "paradigm": "independent",
    "published_as": (),
    "hyperparameters": {"corrected": {"like": "IPPO", "gamma": 1.0}},
}

CARD = {
    "paper": ["Huber 1964, Robust Estimation of a Location Parameter"],
    "reward": "own",
    "actor": "own observation",
    "critic": "own observation",
    "sharing": "none",
    "head": "Gaussian with a free deviation, clipped",
    "published": {},  # not part of the published study
    "why": {},
}


class HuberPPO(IPPO):
    """`IPPO` with another value loss."""

    def _value_loss(self, values: torch.Tensor, batch: Rollout) -> torch.Tensor:
        """Huber's error [slices] of values [slices, batch]."""
        return smooth_l1_loss(values, batch.returns, reduction="none").mean(1)
