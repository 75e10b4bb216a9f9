"""What a run leaves behind: rows of the tables of a study, weights, and a file of both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from coopetition import envs

from .evaluation import Episodes
from .files import replacing
from .progress import log
from .registry import learner
from .runs import Run

Rows = list[dict[str, Any]]


@dataclass
class RunResult:
    """What a run leaves behind: plain numbers, text and tensors.

    Attributes:
        row: one row of the training table.
        curve: deterministic evaluations while training, one row each.
        diagnostics: means over the updates between two evaluations, one row per agent and measure.
        evaluations: evaluations of the final policy, one row per kind.
        weights: inference weights; empty if the run did not finish.
    """

    row: dict[str, Any]
    curve: Rows
    diagnostics: Rows
    evaluations: Rows
    weights: dict[str, torch.Tensor]

    def save(self, path: Path) -> None:
        """Write it, to a temporary name first."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            torch.save(vars(self), file)

    @classmethod
    def load(cls, path: Path) -> RunResult | None:
        """A finished run of an earlier job; an unreadable file is trained again."""
        if not path.exists():
            return None
        try:
            return cls(**torch.load(path, weights_only=True))
        except MemoryError:
            raise
        except Exception as error:
            log.warning("%s cannot be read (%s): its run is trained again", path, error)
            return None


def measures(run: Run, episodes: Episodes | None) -> dict[str, Any]:
    """Means over episodes; NaN marks a run without a policy and goes with its status."""
    if episodes is None:
        nan = float("nan")
        keys = ("training_return", "welfare", "trust", "cooperation", "episode_length")
        return dict.fromkeys(keys, nan)
    return {
        "training_return": float(episodes.returns(run.reward_mode).mean()),
        "welfare": float(episodes.welfare.mean()),
        "trust": float(episodes.trust.mean()),
        "cooperation": float(episodes.cooperation.mean()),
        "episode_length": float(episodes.length.mean()),
    }


def training_row(
    run: Run,
    curve: Rows,
    step: int,
    status: str,
    reason: str = "",
    final: Episodes | None = None,
) -> dict[str, Any]:
    """The row of a run, but for times and provenance.

    Args:
        run: the run.
        curve: its points so far.
        step: environment steps done.
        status: how it ended.
        reason: why it did not finish.
        final: episodes of the final policy of a run that finished.
    """
    spec = envs.spec(run.env_id)
    n_agents = envs.game(run.env_id).n_agents
    payoffs = shares = [float("nan")] * n_agents
    if final is not None:
        payoffs, shares = (part.mean(axis=0).tolist() for part in (final.payoffs, final.shares))
    return {
        "run_id": run.run_id,
        "environment": run.environment,
        "edition": run.edition,
        "mechanism_class": spec.mechanism_class,
        "n_agents": n_agents,
        "policy": run.policy,
        "paradigm": learner(run.policy).paradigm,
        "protocol": run.protocol,
        "reward_mode": run.reward_mode,
        "seed": run.seed,
        "steps_planned": run.steps,
        "steps_done": step,
        "status": status,
        "reason": reason,
        **measures(run, final),
        "untrained_welfare": curve[0]["welfare"] if curve else float("nan"),
        "payoff_per_agent": payoffs,
        "share_per_agent": shares,
        "deviation_gain": float("nan"),
        "hyperparameter_hash": run.hyperparameter_hash,
    }


def evaluation_rows(run: Run, final: Episodes, sampled: Episodes, curve: Rows) -> Rows:
    """The final policy with its mean actions, with sampled ones, and over the last checkpoints."""
    last = curve[-5:]
    smoothed = {name: sum(row[name] for row in last) / len(last) for name in measures(run, None)}
    kinds = [
        ("deterministic", len(final.length), measures(run, final)),
        ("stochastic", len(sampled.length), measures(run, sampled)),
        ("last_five_checkpoints", len(last), smoothed),
    ]
    return [
        {"run_id": run.run_id, "kind": kind, "episodes": episodes, **means}
        for kind, episodes, means in kinds
    ]
