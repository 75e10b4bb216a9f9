"""What untrained controllers play, what an object remembers, and where an episode ends."""

from __future__ import annotations

from itertools import product

import numpy as np

from coopetition import envs
from coopetition.envs.engine import Array, Outcome, State

from ..assessment import assess
from ..evaluation import play, streams
from ..heuristics import TitForTatReleased
from ..policy import Sampling
from ..registry import learner
from ..runs import Run
from . import Row, row

GAME, LEAKING_GAME = "TrustDilemma", "PartnerHoldUp-v0"
# One environment of every mechanism class, and seeds of the networks.
GAMES = ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "ReciprocalDilemma")
SEEDS = (99, 100, 101)
# The published joint controllers, each as the study has it and as we correct it.
CONTROLLERS = ("Central_PPO", "Central_A2C", "Central_SAC")
SAMPLED_EPISODES = 20


def untrained() -> list[Row]:
    """First actions of the joint controllers in both protocols, before any training."""
    rows = []
    for game, policy, seed in product(GAMES, CONTROLLERS, SEEDS):
        for protocol, settings in learner(policy).hyperparameters.items():
            run = Run(policy, protocol, game, "v0", "integrated", seed, 1, settings)
            controller = learner(policy).load(protocol).for_runs([run]).controller([run])
            (played,) = assess(controller, [run])
            setting = f"{policy}, {protocol}, {run.env_id}, {seed}"
            rows += [
                row("untrained", setting, "share", played.cooperation[0], "share of endowment"),
                row("untrained", setting, "length", played.length[0], "steps"),
                row("untrained", setting, "return", played.returns("integrated")[0], "reward"),
                row("untrained", setting, "clipped", _clipped(controller, run), "share of actions"),
            ]
    return rows


def _clipped(controller: Sampling, run: Run) -> float:
    """Share of a controller's sampled actions that the game cuts off at zero."""
    controller.deterministic = False
    silent: list[float] = []

    def watch(running: Array, state: State, outcome: Outcome) -> None:
        silent.append(float((state["actions"] == 0).mean()))

    play(controller, envs.game(run.env_id), streams(0, SAMPLED_EPISODES), watch=watch)
    return float(np.mean(silent))


def state_leak() -> list[Row]:
    """Returns of two episodes in a row of the released tit for tat, which are the same game."""
    policy, game = TitForTatReleased(), envs.game(LEAKING_GAME)
    return [
        row(
            "state_leak",
            LEAKING_GAME,
            f"{which} episode",
            play(policy, game, streams(0, 1)).returns("integrated")[0],
            "reward",
        )
        for which in ("first", "second")
    ]


def horizon() -> list[Row]:
    """Further steps that the value of an episode's last step stands for, by protocol."""
    rows = []
    for protocol, settings in learner("Central_PPO").hyperparameters.items():
        run = Run("Central_PPO", protocol, GAME, "v0", "integrated", SEEDS[0], 1, settings)
        env = learner("Central_PPO").load(protocol).for_runs([run]).env
        env.reset()
        half = (env.action_space.low + env.action_space.high) / 2
        actions = np.tile(half, (env.num_envs, 1)).astype(np.float32)
        ended, truncated = False, False
        while not ended:
            _, _, dones, infos = env.step(actions)
            ended, truncated = bool(dones[0]), infos[0].get("TimeLimit.truncated", False)
        gamma = settings["gamma"]
        beyond = gamma / (1 - gamma) if truncated else 0.0
        rows.append(row("horizon", protocol, "steps beyond the last", beyond, "discounted steps"))
    return rows
