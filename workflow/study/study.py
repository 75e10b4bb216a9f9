"""A study, resolved: which jobs it has, and the runs of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coopetition import envs
from coopetition.agents.ablations.chain import chain_runs
from coopetition.agents.extensions import module_of
from coopetition.agents.runs import Run, cell_runs

from .code_hash import code_hash
from .train_on import among, places

BUILT_IN = "coopetition.envs.games."
# Where theory says how learners should end, unless one controller plays all agents.
CERTIFIED_EDITION, CERTIFIED_PROTOCOL = "v1", "corrected"
CERTIFIED_MODES = ("private", "cooperative")
# Rules with a job per environment -> folder of their results, and of their benchmarks.
PARTS = {
    "solution": "solutions",
    "certificate": "certificates",
    "reference": "reference",
    "released_audit": "released_audit",
    "audit": "audits",
    "trajectories": "trajectories",
}


@dataclass(frozen=True)
class Study:
    """A resolved configuration.

    Attributes:
        name: folder of the results below `results/`.
        scale: scale that it started from.
        factors: every factor with its value (see config/README.md).
    """

    name: str
    scale: str
    factors: Mapping[str, Any]

    def __getitem__(self, factor: str) -> Any:
        return self.factors[factor]

    @property
    def hash(self) -> str:
        """Short hash of name, scale and factors, and of the code of extensions."""
        code = [code_hash(module_of(path)) for path in self["extend"]]
        content = json.dumps([self.name, self.scale, dict(self.factors), code], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def environments(self) -> list[tuple[str, str]]:
        """(edition, environment) pairs that exist, in registry order."""
        return [
            (spec.edition, spec.name)
            for spec in map(envs.spec, envs.ids())
            if spec.edition in self["editions"] and among(spec.name, self["environments"])
        ]

    @property
    def audited_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` on which policies are audited."""
        wanted = self["audits"].get("environments", [])
        return [place for place in self.environments if among(place[1], wanted)]

    def audit_settings(self, environment: str) -> dict[str, Any]:
        """How policies are audited on an environment, given without edition."""
        wanted = {key: value for key, value in self["audits"].items() if key != "environments"}
        return {**wanted, "seeds": of_environment(wanted["seeds"], environment)}

    @property
    def trajectory_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` on which trajectories are recorded."""
        wanted = self["trajectories"].get("environments", [])
        return [place for place in self.environments if among(place[1], wanted)]

    @property
    def published_environments(self) -> list[tuple[str, str]]:
        """Those that the published audit is of: released ones that no extension adds."""
        return [
            (edition, env)
            for edition, env in self.environments
            if edition == "v0" and envs.spec(f"{env}-v0").module.startswith(BUILT_IN)
        ]

    @property
    def ablated_environments(self) -> list[tuple[str, str]]:
        """Those of `published_environments` that the chain of ablations trains on."""
        wanted = self["ablations"].get("environments", [])
        return [place for place in self.published_environments if among(place[1], wanted)]

    def ablation_runs(self, environment: str) -> list[list[Run]]:
        """The runs of every step of the chain on an environment, given without edition."""
        wanted = self["ablations"]
        steps = of_environment(wanted["steps"], environment)
        mode, seeds = wanted["reward_mode"], wanted["seeds"]
        return chain_runs(environment, reward_mode=mode, seeds=seeds, steps=steps)

    def places(self, part: str) -> list[tuple[str, str]]:
        """(edition, environment) of the jobs of a part, one of the values of `PARTS`."""
        some = {
            "audits": self.audited_environments,
            "trajectories": self.trajectory_environments,
            "released_audit": self.published_environments,
        }
        return some.get(part, self.environments)

    @property
    def training_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every training job."""
        return [
            (edition, environment, policy)
            for edition, environment in self.environments
            for policy in self["policies"]
            if among(environment, places(self["train_on"], edition, policy))
        ]

    @property
    def trained_environments(self) -> list[tuple[str, str]]:
        """Those of `environments` that learners train on."""
        return [*dict.fromkeys(cell[:2] for cell in self.training_cells)]

    def learners_on(self, edition: str, environment: str) -> list[str]:
        """Learners that train on an environment."""
        return [cell[2] for cell in self.training_cells if cell[:2] == (edition, environment)]

    def cell(self, edition: str, environment: str, policy: str) -> list[Run]:
        """The runs of one training job."""
        return cell_runs(
            policy,
            environment,
            edition,
            protocols=self["protocols"],
            reward_modes=self["reward_modes"],
            seeds=self["seeds"],
            steps=self.steps(environment),
        )

    def steps(self, environment: str) -> int:
        """Environment steps of a run on an environment, given without edition."""
        return of_environment(self["steps"], environment)

    def plan(self) -> list[Run]:
        """Every run of `training_cells`."""
        return [run for cell in self.training_cells for run in self.cell(*cell)]

    @property
    def certified_cells(self) -> list[tuple[str, str, str]]:
        """(edition, environment, policy) of every job that trains for a learner's certificate."""
        wanted = self["learner_certificates"]
        return [
            (CERTIFIED_EDITION, environment, policy)
            for environment in wanted.get("environments", [])
            for policy in wanted["policies"]
        ]

    def certified_cell(self, edition: str, environment: str, policy: str) -> list[Run]:
        """The runs of one such job."""
        wanted = self["learner_certificates"]
        return cell_runs(
            policy,
            environment,
            edition,
            protocols=[CERTIFIED_PROTOCOL],
            reward_modes=CERTIFIED_MODES,
            seeds=wanted["seeds"],
            steps=wanted["steps"],
        )

    @property
    def signatures(self) -> list[str]:
        """Names of the signatures of learners to put to the test."""
        return self["learner_certificates"].get("signatures", [])

    @property
    def signature_size(self) -> tuple[int, int]:
        """Training runs of a signature, two learners for every seed, and steps of each."""
        wanted = self["learner_certificates"]
        return 2 * len(wanted["seeds"]), wanted["steps"]


def of_environment(value: int | Mapping[str, int], environment: str) -> int:
    """Steps or seeds on an environment, of a factor that may name environments."""
    return value.get(environment, value["others"]) if isinstance(value, Mapping) else value
