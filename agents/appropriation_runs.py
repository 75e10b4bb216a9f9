"""What trained runs on the two-dimensional S-LCD play: cooperation and appropriation.

The rows of training hold cooperation alone, as those of every game do. The game and the policies
draw nothing, so one episode of the mean actions says all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Outcome, State

from .appropriation import QUARTERS, Played
from .assessment import EVALUATION_SEED
from .evaluation import play, streams
from .records import RunResult
from .registry import learner
from .variants import VariantRun


def appropriation_rows(
    runs: Sequence[VariantRun], results: Sequence[RunResult]
) -> list[dict[str, Any]]:
    """Rows of the table `biaxial_runs`, one per run.

    Args:
        runs: on `SLCDAppropriation-v0`, with eta and beta among their parameters.
        results: what they have left, in order; a run that did not finish has NaN for what it plays.
    """
    return [
        {
            **{name: float(run.parameters[name]) for name in ("eta", "beta")},
            **{name: getattr(run, name) for name in ("policy", "reward_mode", "seed")},
            "steps": run.steps,
            "status": result.row["status"],
            **_played(run, result),
            "cpu_seconds": result.row["cpu_seconds"],
        }
        for run, result in zip(runs, results, strict=True)
    ]


def _played(run: VariantRun, result: RunResult) -> dict[str, Any]:
    game = envs.game(run.env_id)
    if not result.weights:
        nothing = [float("nan")] * game.n_agents
        lists = ("cooperation", "appropriation", "final_appropriation", "returns", "payoffs")
        return dict.fromkeys(lists, nothing) | dict.fromkeys(QUARTERS, float("nan"))
    taken: list[Array] = []
    trust: list[Array] = []

    def watch(rows: Array, state: State, outcome: Outcome) -> None:
        taken.append(state["appropriation"][0])
        trust.append(game.mean_trust(state))

    controller = learner(run.policy).load(run.protocol).inference(run, result.weights)
    episode = play(controller, game, streams(EVALUATION_SEED, 1), watch=watch)
    played = Played(episode.rewards["integrated"], episode.payoffs, np.stack(trust, axis=1))
    return {
        "cooperation": (episode.shares[0] * game.endowments).tolist(),
        "appropriation": np.mean(taken, axis=0).tolist(),
        "final_appropriation": taken[-1].tolist(),
        "returns": played.returns[0].tolist(),
        "payoffs": played.payoffs[0].tolist(),
        **played.quarters(0),
    }
