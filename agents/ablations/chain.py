"""The chain: PPO as the study published it, and one change after another until it is corrected.

The first step and the last two are runs of the study itself, of learners in the registry. Those
between are the library's PPO in other settings (`stepwise`), because neither protocol can be
changed in part. The list names what no step isolates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..registry import learner, learner_names, register_learner
from ..runs import Run

STEPWISE = "PPO_stepwise"
MODULE = f"{__package__}.stepwise"


@dataclass(frozen=True)
class Step:
    """One member of the chain.

    Attributes:
        name: short, for tables and figures.
        change: what is other than in the step before.
        policy: learner.
        protocol: of the learner.
        changed: settings that are other than in the step before; None for settings of the registry.
        isolated: whether nothing else changes.
    """

    name: str
    change: str
    policy: str
    protocol: str
    changed: Mapping[str, Any] | None = None
    isolated: bool = True

    @property
    def removed(self) -> set[str]:
        """Settings of the step before that others replace."""
        batches = {"n_steps", "batch_size"}
        return batches if "minibatches" in (self.changed or {}) else set()


def _stepwise(name: str, change: str, *, isolated: bool = True, **changed: Any) -> Step:
    return Step(name, change, STEPWISE, "as_published", changed, isolated)


CHAIN = (
    Step(
        "as published",
        "Central_PPO, as_published: one controller, raw actions, observations and rewards",
        "Central_PPO",
        "as_published",
    ),
    _stepwise(
        "actions",
        "actions in [-1, 1] of each agent's own endowment; the deviation of 1 is now half of it",
        scaled=["actions"],
    ),
    _stepwise(
        "observations",
        "observations in [-1, 1] by known scales, without what never changes",
        scaled=["actions", "observations"],
    ),
    _stepwise(
        "rewards",
        "rewards divided by a known constant",
        scaled=["actions", "observations", "rewards"],
    ),
    _stepwise(
        "centring",
        "rewards counted from what everybody at the baseline earns",
        scaled=["actions", "observations", "rewards", "centred"],
    ),
    _stepwise(
        "horizon",
        "the last step is terminal; values no longer go on beyond it, which matters to episodes "
        "that reach it",
        bootstrap_at_horizon=False,
    ),
    _stepwise(
        "batches",
        "whole episodes of 4 copies instead of 2,048 steps of one, an eighth of them per batch: "
        "more updates per step as well",
        isolated=False,
        copies=4,
        episodes_per_copy=1,
        minibatches=8,
    ),
    _stepwise("learning rate", "0.002 instead of 0.0003", learning_rate=2e-3),
    _stepwise("clipping", "ratios clipped at 0.1 instead of 0.2", clip_range=0.1),
    _stepwise("networks", "two layers of 64 units instead of 128", hidden=(64, 64)),
    _stepwise("deviation", "0.6 instead of 1 at the start", log_std_init=-0.5),
    _stepwise("entropy", "no bonus for entropy", ent_coef=0.0),
    Step(
        "implementation",
        "Central_PPO, corrected: the same settings in this package's own update, side by side for "
        "all seeds",
        "Central_PPO",
        "corrected",
    ),
    Step(
        "independent",
        "IPPO, corrected: a learner per agent, which sees and is paid its own. Whose actions, "
        "whose observations and whose rewards change together",
        "IPPO",
        "corrected",
        isolated=False,
    ),
)


def settings(index: int) -> dict[str, Any]:
    """Settings of the learner at a place of the chain."""
    step = CHAIN[index]
    if step.changed is None:
        return dict(learner(step.policy).hyperparameters[step.protocol])
    before = settings(index - 1)
    if CHAIN[index - 1].policy != STEPWISE:
        before |= {"scaled": [], "bootstrap_at_horizon": True}
    return {k: v for k, v in before.items() if k not in step.removed} | dict(step.changed)


def chain_runs(
    environment: str, *, reward_mode: str, seeds: Sequence[int], steps: int
) -> list[list[Run]]:
    """The runs of every step on a released environment, one per seed."""
    return [
        [
            Run(step.policy, step.protocol, environment, "v0", reward_mode, seed, steps, own)
            for seed in seeds
        ]
        for step, own in ((step, settings(i)) for i, step in enumerate(CHAIN))
    ]


def register_stepwise() -> None:
    """Make the steps between known to this process; no study lists them as a learner."""
    if STEPWISE not in learner_names():
        register_learner(Path(__file__).with_name("stepwise.py"), MODULE)
