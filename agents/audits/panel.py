"""Who is audited: reference policies of an environment, and trained learners from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coopetition import envs
from coopetition.envs import REWARD_MODES
from coopetition.envs.engine import Game

from ..evaluation import play, streams
from ..models import load, saved_runs
from ..policy import Policy, UnsolvedError
from ..progress import log
from ..registry import make, names
from ..runs import Run

LEVELS = (0, 25, 50, 75, 100)
# It plays its first episode unlike all others, and so differently alone and in a batch.
RELEASED = "TitForTat_released"
# Of the formal edition: the constants, and what answers to trust or loyalty where that matters.
_CONSTANTS = ("Oracle_Equilibrium", "Oracle_Nash", "Oracle_SocialOptimum")
_ANSWERS = {"TR-1": "Oracle_TrustAware", "TR-2": "Oracle_TrustAware", "TR-3": "Oracle_Loyalty"}


@dataclass(frozen=True)
class Auditee:
    """A policy under audit: what plays, and the labels of its rows.

    Attributes:
        policy: plays all agents.
        name: such as `IPPO`, `Constant_50`, `Oracle_Nash`, or the stem of a user's file.
        kind: `learner`, `constant`, `heuristic`, `oracle`, `planner` or `own`.
        protocol: of a learner; empty for others.
        reward_mode: that a learner was trained on; empty for others.
        seed: of a learner's run; None for others.
    """

    policy: Policy
    name: str
    kind: str
    protocol: str = ""
    reward_mode: str = ""
    seed: int | None = None


def references(game: Game) -> list[Auditee]:
    """Policies that do not learn: five constants, heuristics, oracles of the class, the Planner.

    In the formal edition, in which every oracle plays every game, those that hold constants and
    the one that answers to trust (TR-1, TR-2) or loyalty (TR-3). Left out are the Planner under
    another name and the oracle of myopic play, which solves every copy anew in every step: a
    thousand deviations from it would take hours. An oracle that has nothing to play, as without an
    equilibrium, is left out too.

    Args:
        game: a registered environment.
    """
    edition, tier = envs.spec(game.id).edition, envs.spec(game.id).mechanism_class
    oracles = names(game.id, kind="oracle")
    if edition == "v1":
        apt = (*_CONSTANTS, _ANSWERS.get(tier))
        oracles = [name for name in oracles if name in apt]
    kinds = {
        "constant": [f"Constant_{level:02d}" for level in LEVELS],
        "heuristic": [n for n in names(game.id, kind="heuristic") if n != RELEASED],
        "oracle": oracles,
        "planner": names(game.id, kind="planner"),
    }
    found = []
    for kind, chosen in kinds.items():
        for name in chosen:
            policy = make(name, game)
            try:
                play(policy, game, streams(0, 1))
            except UnsolvedError as error:
                log.warning("%s is not audited: %s", name, error)
                continue
            found.append(Auditee(policy, name, kind))
    return found


def learners(
    path: str | Path, seeds: int, reward_modes: Sequence[str] = REWARD_MODES
) -> list[Auditee]:
    """Trained learners of a cell, of each protocol and reward mode the first runs by seed.

    Args:
        path: models of a cell, such as `results/quick/models/v1/SLCD/IPPO.zip`.
        seeds: how many runs of each; fewer where fewer have finished.
        reward_modes: that they were trained on.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a file of trained runs.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in saved_runs(path):
        if run.reward_mode not in reward_modes:
            continue
        groups.setdefault((run.protocol, run.reward_mode), []).append(run)
    chosen = [
        run for runs in groups.values() for run in sorted(runs, key=lambda run: run.seed)[:seeds]
    ]
    found = []
    for run in chosen:
        policy = load(path, protocol=run.protocol, reward_mode=run.reward_mode, seed=run.seed)
        found.append(
            Auditee(policy, run.policy, "learner", run.protocol, run.reward_mode, run.seed)
        )
    return found
