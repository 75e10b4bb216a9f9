"""The two-dimensional S-LCD study as far as it needs no training, and beside what is published.

* Stage A of the study trains IPPO and ISAC on a grid of eta and beta, 1,500 runs; stage B trains
  MADDPG and MASAC in its middle, 60 runs. Here the game is solved on the same grid in the three
  ways of `agents.appropriation`, and each solution plays the published 40 steps.
* Stage C calibrates kappa and xi by coordinate descent. Each value of its objective is published as
  a mean of ten trained runs; here it is that of a solution.

Trained runs of stages A and B are read in `biaxial_training`; stage C is solved only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from coopetition import envs
from coopetition.agents import appropriation as solving
from coopetition.agents.appropriation import ID, PLAYS, QUARTERS, Profile

from .sources import published

# eta and beta of stage B and C, and of the equilibrium that is published.
CENTRE = (0.40, 0.60)
MAP_POINTS = 25
BOX = {"kappa": (0.1, 2.0), "xi": (5.0, 30.0)}
START = {"kappa": 0.5, "xi": 15.0}
ROUNDS, SWEEP_POINTS, MOVED = 2, 5, 0.02
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
        {"play": way, "objective": name, **row}
        for way in PLAYS
        for name, wanted in targets().items()
        for row in descend(way, wanted)
    ]


def descend(way: str, wanted: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Coordinate descent on kappa and xi, as published, for one objective: every point tried.

    Along an axis five points are tried, then the vertex of the parabola that fits them best, if it
    is a minimum inside the box; the best of the six is kept. Two rounds, or fewer once neither
    parameter moves by more than 0.02. The start, the fit and the rule to keep the best of six are
    not published.

    Args:
        way: how the game is played.
        wanted: name of an outcome -> its target.
    """
    point = dict(START)
    for turn in range(1, ROUNDS + 1):
        before = dict(point)
        for axis, (low, high) in BOX.items():
            sweep = np.linspace(low, high, SWEEP_POINTS)
            tried = _tried(way, point | {axis: tuple(sweep.tolist())}, wanted)
            bend, slope, _ = np.polyfit(sweep, [row["value"] for row in tried], 2)
            vertex = -slope / (2 * bend) if bend > 0 else np.nan
            if low < vertex < high:
                tried += _tried(way, point | {axis: float(vertex)}, wanted)
            best = min(range(len(tried)), key=lambda i: tried[i]["value"])
            point = {name: tried[best][name] for name in BOX}
            for i, row in enumerate(tried):
                place = {"vertex": i >= SWEEP_POINTS, "kept": i == best}
                yield {"round": turn, "axis": axis, **place, **row}
        if all(abs(point[name] - before[name]) <= MOVED for name in BOX):
            break


def _tried(
    way: str, point: Mapping[str, Any], wanted: Mapping[str, float]
) -> list[dict[str, float]]:
    """Parameters, outcomes and objective at one point, or at several along an axis."""
    return [
        {**row, "value": sum((row[name] - target) ** 2 for name, target in wanted.items())}
        for row in _reached(way, **point)
    ]


@cache
def _reached(
    way: str, kappa: float | tuple[float, ...], xi: float | tuple[float, ...]
) -> list[dict[str, float]]:
    """Parameters and outcomes, which are the same for every objective."""
    game = solving.settings(eta=CENTRE[0], beta=CENTRE[1], kappa=np.array(kappa), xi=np.array(xi))
    profile = solving.play(game, way)
    played = solving.episodes(game, profile.actions)
    return [
        {name: _setting(game, i)[name] for name in BOX}
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
