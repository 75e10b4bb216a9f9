"""The identity of a training run, and nothing else: equal identity, equal result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from .registry import learner


@dataclass(frozen=True, repr=False)
class Run:
    """One training run.

    Attributes:
        policy: name of the learner.
        protocol: `as_published` or `corrected`.
        environment: name without edition, such as `SLCD`.
        edition: `v0` or `v1`.
        reward_mode: mode that the learner is trained on.
        seed: seed of everything random in the run.
        steps: planned environment steps, over all copies.
        hyperparameters: settings of the learner.
    """

    policy: str
    protocol: str
    environment: str
    edition: str
    reward_mode: str
    seed: int
    steps: int
    hyperparameters: dict[str, Any] = field(hash=False)

    def __repr__(self) -> str:
        """Short: Snakemake prints the runs of every job that they make run again."""
        return (
            f"<{self.policy} {self.protocol} {self.environment}-{self.edition} {self.reward_mode}"
            f" seed {self.seed}, {self.steps} steps, {self.run_id}>"
        )

    @property
    def env_id(self) -> str:
        """Registered id of the environment."""
        return f"{self.environment}-{self.edition}"

    @cached_property
    def run_id(self) -> str:
        """Short hash of every field."""
        return _digest(asdict(self))

    @property
    def hyperparameter_hash(self) -> str:
        """Short hash of the hyperparameters."""
        return _digest(self.hyperparameters)


def protocols_of(policy: str, edition: str) -> list[str]:
    """Protocols in which a learner trains on an edition.

    `as_published` is what the published study did on the environments that it released, so it is
    defined for the released edition only.
    """
    released = edition == "v0"
    return [p for p in learner(policy).hyperparameters if released or p != "as_published"]


def cell_runs(
    policy: str,
    environment: str,
    edition: str,
    *,
    protocols: Sequence[str],
    reward_modes: Sequence[str],
    seeds: Sequence[int],
    steps: int,
) -> list[Run]:
    """All runs of one learner on one environment, in the order in which they are trained.

    Protocols that the learner does not have in the edition are left out; see `protocols_of`.
    """
    settings = learner(policy).hyperparameters
    return [
        Run(policy, protocol, environment, edition, mode, seed, steps, settings[protocol])
        for protocol in protocols
        if protocol in protocols_of(policy, edition)
        for mode in reward_modes
        for seed in seeds
    ]


def _digest(content: Any) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
