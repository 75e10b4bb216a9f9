"""The two-dimensional S-LCD study as far as it needs no training, and beside what is published.

* Stage A of the study trains IPPO and ISAC on a grid of eta and beta, 1,500 runs; stage B trains
  MADDPG and MASAC in its middle, 60 runs. Here the game is solved on the same grid in the three
  ways of `agents.appropriation`, and each solution plays the published 40 steps.
* Stage C calibrates kappa and xi by coordinate descent. Each value of its objective is published as
  a mean of ten trained runs; here it is that of a solution, and of trained runs where a study has
  them.

Trained runs of stages A and B are read in `biaxial_training`.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from coopetition import envs
from coopetition.agents import appropriation as solving
from coopetition.agents.appropriation import ID, PLAYS, QUARTERS, Profile
from coopetition.agents.descent import BOX, Reached, descend

from .sources import published

# eta and beta of stage B and C, and of the equilibrium that is published.
CENTRE = (0.40, 0.60)
MAP_POINTS = 25
# Where the published diagnostic finds IPPO without appropriation.
COLLAPSE = (0.20, 0.60)
MODES = ("private", "integrated", "cooperative")


def grid() -> tuple[list[float], list[float]]:
    """The published values of eta and of beta."""
    said = _values()
    return numbers_in(said["eta grid"]), numbers_in(said["beta grid"])


def outcomes() -> list[dict[str, Any]]:
    """Rows of the table `biaxial_outcomes`: stage A, with stage B in the middle of its grid."""
    eta, beta = _crossed(*grid())
    game = solving.settings(eta=eta, beta=beta)
    dependence = game.dependence.astype(np.float64)
    rows = []
    for way in PLAYS:
        profile = solving.play(game, way)
        played = solving.episodes(game, profile.actions)
        utility = solving.utilities(game, profile.actions, dependence)
        for row in range(len(eta)):
            rows.append(
                {
                    **_setting(game, row),
                    "play": way,
                    "cooperation": profile.cooperation[row].tolist(),
                    "appropriation": profile.appropriation[row].tolist(),
                    "utility": utility[row].tolist(),
                    "sweeps": int(profile.sweeps[row]),
                    "returns": played.returns[row].tolist(),
                    "payoffs": played.payoffs[row].tolist(),
                    **played.quarters(row),
                }
            )
    return rows


def maps(points: int = MAP_POINTS) -> list[dict[str, Any]]:
    """Rows of the table `biaxial_maps`: finer grids, of eta and beta and of the calibrated box.

    Args:
        points: values of each parameter.
    """
    eta, beta = _crossed(*(np.linspace(values[0], values[-1], points) for values in grid()))
    kappa, xi = _crossed(*(np.linspace(*BOX[name], points) for name in BOX))
    planes = {
        "eta, beta": solving.settings(eta=eta, beta=beta),
        "kappa, xi": solving.settings(eta=CENTRE[0], beta=CENTRE[1], kappa=kappa, xi=xi),
    }
    rows = []
    for plane, game in planes.items():
        for way in PLAYS:
            profile = solving.play(game, way)
            played = solving.episodes(game, profile.actions)
            for row in range(len(profile.actions)):
                rows.append(
                    {"plane": plane, **_setting(game, row), "play": way}
                    | _means(profile, row)
                    | played.quarters(row)
                )
    return rows


def targets() -> dict[str, dict[str, float]]:
    """Objective -> targets of trust and of the final appropriation, as published.

    The endpoint objective has no target for trust before the end; the waypoints are at the quarters
    of the episode.
    """
    said = _values()
    trust_end, taken = numbers_in(said["endpoint targets (trust_T, p_T)"])
    found = {"endpoint": {"trust_end": trust_end, "appropriation": taken}}
    for name in said.index[said.index.str.startswith("waypoint targets")]:
        schedule = name.split()[2]
        found[schedule] = dict(
            zip((*QUARTERS, "appropriation"), numbers_in(said[name]), strict=True)
        )
    return found


def calibration() -> list[dict[str, Any]]:
    """Rows of the table `biaxial_calibration`: stage C for every play and objective."""
    return [
        row
        for way in PLAYS
        for name in targets()
        for row in calibrated(way, name, partial(_solved, way))
    ]


def calibrated(play: str, objective: str, reached: Reached) -> list[dict[str, Any]]:
    """Rows of the table `biaxial_calibration`: every point that one descent tried.

    Args:
        play: how the game is played, or the learner that is trained at every point.
        objective: a key of `targets`.
        reached: outcomes at points of kappa and xi.
    """
    rows = descend(reached, targets()[objective])
    return [{"play": play, "objective": objective, **row} for row in rows]


@cache
def _solved(way: str, kappa: tuple[float, ...], xi: tuple[float, ...]) -> list[dict[str, float]]:
    """Outcomes at several points, which are the same for every objective."""
    game = solving.settings(eta=CENTRE[0], beta=CENTRE[1], kappa=np.array(kappa), xi=np.array(xi))
    profile = solving.play(game, way)
    played = solving.episodes(game, profile.actions)
    return [
        {"runs": 0, "finished": 0, "steps": 0}
        | {"appropriation": _means(profile, i)["appropriation"], **played.quarters(i)}
        for i in range(len(profile.actions))
    ]


def reduction() -> float:
    """Largest difference in reward from SLCD-v0 without appropriation, over all reward modes.

    Compared on equal levels, on cooperation that varies at random, and in the corners.
    """
    plain, extended = envs.game("SLCD-v0"), envs.game(ID)
    levels = np.repeat(np.linspace(0, 1, 11)[:, None], 2, axis=1)
    corners = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
    held = np.concatenate([levels, corners])
    varied = np.random.default_rng(0).random((plain.horizon, 10, 2))
    shares = np.concatenate([np.tile(held, (plain.horizon, 1, 1)), varied], axis=1)
    seeds = [0] * shares.shape[1]
    one, other, largest = plain.reset(seeds), extended.reset(seeds), 0.0
    for actions in shares * plain.endowments:
        one, first = plain.step(one, actions)
        pairs = np.stack([actions, np.zeros_like(actions)], axis=2)
        other, second = extended.step(other, pairs.reshape(len(seeds), -1))
        for mode in MODES:
            gap = plain.rewards(first, mode) - extended.rewards(second, mode)
            largest = max(largest, float(np.abs(gap).max()))
    return largest


def _values() -> pd.Series:
    """What is published, by quantity."""
    return published("slcd_2d_published").set_index("quantity")["value"].astype(str)


def numbers_in(text: str) -> list[float]:
    """The numbers of a published cell, separated by ; or /."""
    return [float(part) for part in text.replace("/", ";").split(";")]


def _crossed(first: Any, second: Any) -> tuple[np.ndarray, np.ndarray]:
    """All pairs, [pairs] each."""
    one, other = np.meshgrid(first, second, indexing="ij")
    return one.ravel(), other.ravel()


def _setting(game: solving.AppropriationGame, row: int) -> dict[str, float]:
    values = vars(game.appropriation).items()
    return {name: float(array[row, 0]) for name, array in values}


def _means(profile: Profile, row: int) -> dict[str, float]:
    return {
        "cooperation": float(profile.cooperation[row].mean()),
        "appropriation": float(profile.appropriation[row].mean()),
    }
