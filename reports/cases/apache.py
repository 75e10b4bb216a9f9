"""Apache HTTP Server (TR-3): efforts of the core team in four phases of the project.

Every phase is one equilibrium of `apache_team`, which see, and one state of an outcome. A phase
has a size of its team and a multiplier of the founders' base loyalties; a larger team repeats the
list of founders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from .apache_team import TEAMMATES, equilibrium, worth
from .casefile import history, load
from .outcome import Array, Outcome, Phase, batched
from .quantities import quantity

PHASES = tuple(
    Phase(name, at, at + 1)
    for at, name in enumerate(("Formation", "Growth", "Maturation", "Evolution"))
)
NAMES = tuple(phase.name for phase in PHASES)
GAINS = ("omega", "beta", "c", "phi_B", "phi_C")
AT_BOUND = 1e-6  # an effort this close to a bound is at it, as the released search stops there


def simulate(variant: str, parameters: Mapping[str, Any], draws: int) -> Outcome:
    """Efforts in equilibrium, one state per phase.

    Args:
        variant: specification of the model; there is one.
        parameters: of the parameter file; fractional team sizes are rounded down.
        draws: B.

    Returns:
        Outcome with the series of `_outcome`, and `mean_loyalty` and `cohesion` [B, 4].

    Raises:
        ValueError: parameters for which the model is not defined.
    """
    values = {
        name: batched(parameters[name], draws)[:, None, None]
        for name in (*GAINS, "a_min", "a_max", "cost_exponent")
    }
    base = batched(parameters["base_loyalty"], draws, 1)
    weights = batched(parameters["dependency_weight"], draws, 1)
    multiplier = batched(parameters["loyalty_multiplier"], draws, 1)
    sizes = np.floor(batched(parameters["team_size"], draws, 1))
    _check(values, parameters["teammates"], sizes, base[..., None] * multiplier[:, None])

    places = np.arange(int(sizes.max()))
    present = places < sizes[..., None]
    loyalty = base[:, places % base.shape[1]][:, None] * multiplier[..., None]
    weight = np.where(
        places < weights.shape[1],
        weights[:, places % weights.shape[1]][:, None],
        1 / sizes[..., None],
    )
    ordered = -np.sort(-np.where(present, loyalty, -np.inf), axis=2)
    gains = {name: values[name] for name in GAINS}
    sought = worth(
        sizes[..., None], np.where(present, ordered, 0.0), parameters["teammates"], **gains
    )
    sought = np.where(present, sought / values["cost_exponent"], 0.0)
    contributions = np.where(present, equilibrium(values, sizes, sought), 0.0)
    least, most = values["a_min"][:, 0, 0], values["a_max"][:, 0, 0]
    efforts = _means(contributions, sizes, least if parameters["exact_ties"] else None)
    outcome = _outcome(efforts, contributions, sizes, least, most)
    weight = np.where(present, weight, 0.0)
    reported = {
        "mean_loyalty": np.where(present, loyalty, 0.0).sum(axis=2) / sizes,
        "cohesion": (weight * loyalty).sum(axis=2) / weight.sum(axis=2),
    }
    return replace(outcome, series={**outcome.series, **reported})


def _check(values: Mapping[str, Array], teammates: str, sizes: Array, loyalty: Array) -> None:
    """Refuse parameters for which there is no equilibrium of this form."""
    if teammates not in TEAMMATES:
        raise ValueError(f"teammates={teammates!r}: choose one of {', '.join(TEAMMATES)}")
    beta, exponent = values["beta"], values["cost_exponent"]
    if not ((beta > 0) & (beta < 1)).all():
        raise ValueError("beta must lie between 0 and 1, without the ends: returns diminish")
    if not (exponent >= 1).all():
        raise ValueError("cost_exponent must be at least 1: costs are not concave")
    if not (sizes >= 2).all():
        raise ValueError("team_size must be at least 2: a member has teammates")
    if not ((values["phi_B"] >= 0) & (values["phi_C"] >= 0)).all():
        raise ValueError("phi_B and phi_C must not be negative: who is more loyal works first")
    if not ((values["c"] > 0) & (values["phi_C"] * loyalty < 1)).all():
        raise ValueError("c must be positive and phi_C times loyalty below 1: effort costs")
    if not ((values["a_min"] > 0) & (values["a_max"] > values["a_min"])).all():
        raise ValueError("efforts need bounds 0 < a_min < a_max")


def _means(contributions: Array, sizes: Array, least: Array | None) -> Array:
    """Mean efforts [B, 4]; with their `least` effort [B], teams at it are equal to the last digit.

    Without it, means round as one team's array does in the released code, and so do ties.
    """
    if least is not None:
        above = np.maximum(contributions - least[:, None, None], 0.0).sum(axis=2)
        return least[:, None] + above / sizes
    efforts = np.empty(sizes.shape)
    for size in np.unique(sizes):
        teams = sizes == size
        members = np.ascontiguousarray(contributions[teams][:, : int(size)])
        efforts[teams] = members.mean(axis=1)
    return efforts


def _outcome(
    efforts: Array, contributions: Array, sizes: Array, least: Array, most: Array
) -> Outcome:
    """Outcome of given efforts.

    Args:
        efforts: means per phase, [B, 4].
        contributions: [B, 4, M], in falling order, 0 beyond the size of a team.
        sizes: [B, 4].
        least: lower bound of an effort, [B].
        most: upper bound, [B].
    """
    return Outcome(
        actors=load("apache").actors,
        phases=PHASES,
        series={"efforts": efforts, "contributions": contributions, "sizes": sizes},
        values={"least_effort": least, "largest_effort": most},
    )


@quantity
def team_effort(outcome: Outcome) -> Array:
    """Mean effort of the core, per phase."""
    return outcome.series["efforts"]


def _of_phase(outcome: Outcome, phase: str, series: str = "efforts") -> Array:
    return outcome.series[series][:, outcome.phase(phase).start]


@quantity
def effort_fraction(outcome: Outcome, phase: str, of: float | None = None) -> Array:
    """Mean effort as a part of a number; without one, of the largest effort of a member."""
    return _of_phase(outcome, phase) / (outcome.values["largest_effort"] if of is None else of)


@quantity
def relative_effort(outcome: Outcome, phase: str, to: str) -> Array:
    """Mean effort in one phase over that in another."""
    return _of_phase(outcome, phase) / _of_phase(outcome, to)


@quantity
def effort_over_largest(outcome: Outcome, phase: str) -> Array:
    """Mean effort over that of the phase with the largest."""
    return _of_phase(outcome, phase) / outcome.series["efforts"].max(axis=1)


@quantity
def effort_growth(outcome: Outcome, phase: str) -> Array:
    """Relative change of mean effort since the phase before."""
    at = outcome.phase(phase).start
    efforts = outcome.series["efforts"]
    return (efforts[:, at] - efforts[:, at - 1]) / efforts[:, at - 1]


@quantity
def rank_distance(outcome: Outcome, phase: str) -> Array:
    """How far a phase's rank by effort is from its place in time; equal phases keep their order."""
    order = np.argsort(-outcome.series["efforts"], axis=1, kind="stable")
    at = outcome.phase(phase).start
    return np.abs((order == at).argmax(axis=1) - at)


@quantity
def bound_share(outcome: Outcome) -> Array:
    """Share of a team's members at a bound of their effort, in the phase where it is largest."""
    efforts = outcome.series["contributions"]
    sizes = outcome.series["sizes"]
    low, high = (outcome.values[name][:, None, None] for name in ("least_effort", "largest_effort"))
    bound = (efforts <= low + AT_BOUND) | (efforts >= high - AT_BOUND)
    bound &= np.arange(efforts.shape[2]) < sizes[..., None]
    return (bound.sum(axis=2) / sizes).max(axis=1)


@quantity
def contribution_ratio(outcome: Outcome, phase: str) -> Array:
    """Largest over smallest contribution in a phase."""
    efforts = _of_phase(outcome, phase, "contributions")
    last = _of_phase(outcome, phase, "sizes").astype(int) - 1
    return efforts[:, 0] / np.take_along_axis(efforts, last[:, None], axis=1)[:, 0]


@quantity
def top_share(outcome: Outcome, phase: str, members: int) -> Array:
    """Share of a phase's effort that comes from the members who do most."""
    efforts = _of_phase(outcome, phase, "contributions")
    return efforts[:, :members].sum(axis=1) / efforts.sum(axis=1)


def _expected() -> Array:
    """Effort that the suite expects, [4], on its scale of 0 to 10."""
    return _targets().query("quantity == 'effort'").set_index("phase").value[list(NAMES)].to_numpy()


@cache
def _targets() -> pd.DataFrame:
    """What the suite and the public record say, without the environment's own expectations."""
    targets = history("apache_targets")
    return targets[targets.coding != "environment"]


def _given(efforts: Array | Sequence[float], draws: int = 1) -> Outcome:
    """Outcome of mean efforts [4] or [B, 4], shared equally by teams of the coded sizes."""
    values = load("apache").values("released")
    sizes = batched(values["team_size"], draws, 1)
    present = np.arange(int(sizes.max())) < sizes[..., None]
    means = batched(efforts, draws, 1)
    equal = np.where(present, means[..., None], 0.0)
    bounds = batched(values["a_min"], draws), batched(values["a_max"], draws)
    return _outcome(means, equal, sizes, *bounds)


def _random_teams(rng: np.random.Generator, draws: int) -> Outcome:
    """Members with exponential efforts about means that are random in every phase."""
    values = load("apache").values("released")
    sizes = batched(values["team_size"], draws, 1)
    least, most = batched(values["a_min"], draws), batched(values["a_max"], draws)
    means = rng.uniform(0, most[:, None], (draws, len(PHASES)))[..., None]
    drawn = means * rng.exponential(size=(draws, len(PHASES), int(sizes.max())))
    present = np.arange(drawn.shape[2]) < sizes[..., None]
    members = np.where(present, np.clip(drawn, least[:, None, None], most[:, None, None]), 0.0)
    members = -np.sort(-members, axis=2)
    return _outcome(_means(members, sizes, least), members, sizes, least, most)


def perfect() -> Outcome:
    """The targets themselves: coded efforts, and teams that share them as the record says."""
    values = load("apache").values("released")
    sizes = np.asarray(values["team_size"])
    efforts = _expected() / 10 * values["a_max"]
    target = _targets().set_index(["quantity", "phase"]).value
    contributions = _given(efforts).series["contributions"].copy()
    first, growth = contributions[0, 0], contributions[0, 1]
    first[0] = 0.99 * values["a_max"]
    first[sizes[0] - 1] = first[0] / target["contribution_ratio", "Formation"]
    first[1 : sizes[0] - 1] = (sizes[0] * efforts[0] - first[0] - first[sizes[0] - 1]) / (
        sizes[0] - 2
    )
    share, total = target["top_share", "Growth"], sizes[1] * efforts[1]
    growth[:15] = share * total / 15
    growth[15 : sizes[1]] = (1 - share) * total / (sizes[1] - 15)
    bounds = np.array([values["a_min"]]), np.array([values["a_max"]])
    return _outcome(efforts[None], contributions, batched(sizes, 1, 1), *bounds)


OUTCOMES: dict[str, Callable[[np.random.Generator, int], Outcome]] = {
    "uniform_50": lambda rng, draws: _given(rng.uniform(0, 50, (draws, 4)), draws),
    "uniform_10": lambda rng, draws: _given(rng.uniform(0, 10, (draws, 4)), draws),
    "falling_50": lambda rng, draws: _given(-np.sort(-rng.uniform(0, 50, (draws, 4))), draws),
    "rising_50": lambda rng, draws: _given(np.sort(rng.uniform(0, 50, (draws, 4))), draws),
    "random_teams": _random_teams,
    "least_effort": lambda rng, draws: _given([0.01] * 4, draws),
    "effort_5": lambda rng, draws: _given([5.0] * 4, draws),
    "effort_25": lambda rng, draws: _given([25.0] * 4, draws),
    "expected": lambda rng, draws: _given(_expected(), draws),
    "expected_times_5": lambda rng, draws: _given(5 * _expected(), draws),
}


def fit(outcome: Outcome) -> dict[str, Array]:
    """Distance from the expected efforts, each [B].

    `mape` (percent) and `rmse` compare efforts as they are, although the suite expects them on a
    scale of 0 to 10; `relative_rmse` compares Growth, Maturation and Evolution as parts of
    Formation.
    """
    return _distances(outcome.series["efforts"])


def _distances(efforts: Array) -> dict[str, Array]:
    expected = _expected()
    errors = efforts - expected
    relative = efforts[:, 1:] / efforts[:, :1] - expected[1:] / expected[0]
    return {
        "mape": 100 * np.abs(errors / expected).mean(axis=1),
        "rmse": np.sqrt((errors**2).mean(axis=1)),
        "relative_rmse": np.sqrt((relative**2).mean(axis=1)),
    }


def predictors() -> dict[str, dict[str, float]]:
    """What predictions without a model would have as distances."""
    expected = _expected()
    multiplier = np.asarray(load("apache").values("released")["loyalty_multiplier"])
    predictions = {
        "constant 5": np.full(4, 5.0),
        "loyalty multiplier times the effort of Formation": expected[0] * multiplier,
        "effort of the phase before": expected[[0, 0, 1, 2]],
    }
    return {
        name: {measure: float(value[0]) for measure, value in _distances(efforts[None]).items()}
        for name, efforts in predictions.items()
    }


def series(outcome: Outcome) -> dict[str, Array]:
    """What figures show: `effort` and `relative_effort` [B, 4], and contributions per phase.

    `contributions: <phase>` are those of as many members as the suite has, [B, M], in falling
    order; 0 where the team of a draw is smaller.
    """
    efforts = outcome.series["efforts"]
    shown = {"effort": efforts, "relative_effort": efforts / efforts[:, :1]}
    for phase, size in zip(NAMES, load("apache").values("released")["team_size"], strict=True):
        members = _of_phase(outcome, phase, "contributions")[:, :size]
        missing = size - members.shape[1]
        shown[f"contributions: {phase}"] = np.pad(members, ((0, 0), (0, missing)))
    return shown


def targets() -> list[dict[str, Any]]:
    """Points beside `series`: series, at (place of the phase), value, low, high, status, source.

    `contribution_ratio` and `top_share` say something of the contributions of their phase. Without
    a band, low and high are NaN.
    """
    rows = _targets().rename(columns={"quantity": "series"})
    rows["at"] = rows.phase.map(NAMES.index)
    return rows[["series", "at", "value", "low", "high", "status", "source"]].to_dict("records")


def experiments() -> list[dict[str, Any]]:
    """Rows of `apache_experiments`, which needs this module."""
    from . import apache_experiments

    return apache_experiments.experiments()
