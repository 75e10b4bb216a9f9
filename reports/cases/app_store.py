"""Apple's App Store (TR-4): a platform and two groups of developers over 66 quarters.

Actors answer each other's deviations from slowly moving baselines, weighted by trust; shocks at the
start of three phases are part of the input. An entry of the history is a quarter; quarter 0 is the
third of 2008 if the crisis is to fall on the suit of August 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from . import app_store_experiments as secondary
from . import app_store_quantities as measures
from .app_store_dynamics import RATES, dynamics, noise
from .casefile import history, load
from .outcome import Array, Outcome, Phase, batched
from .quantities import quantity

CASE = "app_store"
NOISE_SEEDS = range(2000)  # those of the published range of scores
WALK_START, WALK_SD = 0.7, 0.05
RIPPLE, RIPPLE_PERIOD = 1e-9, 10  # quarters


def simulate(variant: str, parameters: Mapping[str, Any], draws: int) -> Outcome:
    """The released model.

    Args:
        variant: there is one, `released`.
        parameters: as in `app_store.yaml`, or one value per draw.
        draws: number of parameter sets.
    """

    def last(name: str, ndim: int = 0) -> Array:
        return np.moveaxis(batched(parameters[name], draws, ndim), 0, -1)

    steps = _quarters()
    quarters, shocks = last("shock_quarters", 1), last("shocks", 2)
    initial = last("initial_actions", 1)

    def intervene(t: int, actions: Array) -> Array:
        struck = quarters == t
        if not struck.any():
            return actions
        return np.clip(actions + (struck[:, None] * shocks).sum(axis=0), 0.0, 1.0)

    actions, trust, damage = dynamics(
        {name: last(name) for name in RATES},
        last("D", 2),
        last("T0", 2),
        initial,
        last("initial_baselines", 1),
        steps,
        intervene,
        last("noise_sd") * noise(last("noise_seed"), steps, len(initial)),
    )
    series = {"actions": actions, "trust": trust, "damage": damage}
    return Outcome(load(CASE).actors, phases(bool(parameters["shared_boundaries"])), series)


def with_noise(parameters: Mapping[str, Any], seeds: Sequence[int]) -> Outcome:
    """The model under the noise of several seeds, one per draw."""
    changed = {**parameters, "noise_seed": np.asarray(seeds, float)}
    return simulate("released", changed, len(seeds))


def phases(shared: bool) -> tuple[Phase, ...]:
    """The five phases; shared, each also holds the first state of the next one, as released."""
    rows = history("app_store_phases")
    return tuple(Phase(row.phase, row.start, row.end + int(shared)) for row in rows.itertuples())


def _quarters() -> int:
    """Number of quarters; there is one state more, which exclusive phases leave out."""
    return phases(False)[-1].end


def _outcome(actions: Array, shared: bool = True) -> Outcome:
    """An outcome of actions [B, T, N] alone."""
    return Outcome(load(CASE).actors, phases(shared), {"actions": actions})


def _constant(actions: Array, shared: bool = True) -> Outcome:
    """Actions [B, N] kept for all quarters."""
    return _outcome(np.repeat(actions[:, None], _quarters() + 1, axis=1), shared)


def _initial(draws: int) -> Array:
    return batched(load(CASE).values("released")["initial_actions"], draws, 1)


def uniform(rng: np.random.Generator, draws: int) -> Outcome:
    """Every action of every quarter uniform in [0, 1]."""
    return _outcome(rng.uniform(size=(draws, _quarters() + 1, len(load(CASE).actors))))


def walks(rng: np.random.Generator, draws: int) -> Outcome:
    """Random walks that stay in [0, 1]."""
    shape = (draws, _quarters() + 1, len(load(CASE).actors))
    actions = rng.normal(0.0, WALK_SD, shape)
    actions[:, 0] = WALK_START
    for t in range(1, shape[1]):
        actions[:, t] = np.clip(actions[:, t - 1] + actions[:, t], 0.0, 1.0)
    return _outcome(actions)


def constants(rng: np.random.Generator, draws: int) -> Outcome:
    """Each actor keeps one uniform action."""
    return _constant(rng.uniform(size=(draws, len(load(CASE).actors))))


def initial_kept(rng: np.random.Generator, draws: int) -> Outcome:
    """Each actor keeps its initial action."""
    return _constant(_initial(draws))


def initial_rippled(rng: np.random.Generator, draws: int) -> Outcome:
    """The same, with a wave of 1e-9 in the actions of developers."""
    actions = initial_kept(rng, draws).series["actions"].copy()
    wave = np.sin(2 * np.pi * np.arange(actions.shape[1]) / RIPPLE_PERIOD)
    actions[..., 1:] += RIPPLE * wave[:, None]
    return _outcome(actions)


def reference(rng: np.random.Generator, draws: int) -> Outcome:
    """The reference trajectory, straight between its points."""
    return _outcome(np.repeat(interpolated()[None], draws, axis=0))


def calibrated_noise(rng: np.random.Generator, draws: int) -> Outcome:
    """The calibrated model under noise of the seeds 0 to `draws` - 1."""
    return with_noise(load(CASE).values("released"), range(draws))


OUTCOMES = {
    function.__name__: function
    for function in (
        *(uniform, walks, constants, initial_kept, initial_rippled, reference),
        calibrated_noise,
    )
}


@cache
def interpolated() -> Array:
    """The reference trajectory in every quarter, [T, N]."""
    quarters, points = measures.trajectory_points()
    states = np.arange(_quarters() + 1)
    return np.stack([np.interp(states, quarters, column) for column in points.T], axis=1)


def perfect() -> Outcome:
    """An outcome that meets phase means and reference trajectory, with exclusive phases.

    The two codings nearly agree: between the points of the trajectory, the actions of a phase are
    moved by what its means lack.
    """
    actions = interpolated().copy()
    quarters, _ = measures.trajectory_points()
    free = ~np.isin(np.arange(len(actions)), quarters)
    for phase, targets in zip(phases(False), measures.phase_targets(), strict=True):
        part = np.arange(phase.start, phase.end)
        moved = part[free[part]]
        lacking = (targets - actions[part].mean(axis=0)) * len(part) / len(moved)
        actions[moved] += lacking
    return _outcome(actions[None], shared=False)


def fit(outcome: Outcome) -> dict[str, Array]:
    """Misfits, [B] each: roots of mean squared errors, shares of full cooperation."""
    return {
        "rmse_phase_means": measures.rmse_phase_means(outcome),
        "rmse_trajectory": measures.rmse_trajectory(outcome),
        "rmse_held_out": measures.rmse_held_out(outcome),
    }


def predictors(shared: bool = False) -> dict[str, dict[str, float]]:
    """The same of predictors without a model, with exclusive or shared phases."""
    targets, (_, points) = measures.phase_targets(), measures.trajectory_points()
    n = len(load(CASE).actors)
    found = {
        "initial actions kept": _constant(_initial(1), shared),
        "shocks without dynamics": _outcome(shocks_alone()[None], shared),
    }
    rows = {
        name: {measure: float(values[0]) for measure, values in fit(outcome).items()}
        for name, outcome in found.items()
    }
    constant = {
        "rmse_phase_means": targets.mean(),
        "rmse_trajectory": points.mean(),
        "rmse_held_out": targets.mean(),  # whatever it is, the regression makes it the usual action
    }
    rows["one constant"] = {
        measure: float(fit(_constant(np.full((1, n), level), shared))[measure][0])
        for measure, level in constant.items()
    }
    kept = measures.phase_targets()[-2] - targets[-1]
    rows["crisis kept"] = {"rmse_held_out": float(np.sqrt((kept**2).mean()))}
    return rows


@cache
def _best_predictors() -> dict[str, float]:
    """Measure -> misfit of the best predictor without a model, with exclusive phases."""
    found = predictors().values()
    return {
        measure: min(misfits[measure] for misfits in found if measure in misfits)
        for misfits in found
        for measure in misfits
    }


@quantity
def skill_over_predictors(outcome: Outcome, of: str) -> Array:
    """1 - misfit / misfit of the best predictor without a model: 0 is as good, 1 is perfect."""
    return 1 - fit(outcome)[of] / _best_predictors()[of]


def shocks_alone() -> Array:
    """Initial actions moved by the shocks and by nothing else, [T, N]."""
    still = {"lambda_R": 0.0, "decay": 0.0, "noise_sd": 0.0}
    outcome = simulate("released", {**load(CASE).values("released"), **still}, 1)
    return outcome.series["actions"][0]


def series(outcome: Outcome) -> dict[str, Array]:
    """What a figure shows: name -> [B, T]."""
    actions = outcome.series["actions"]
    return {name: actions[..., i] for i, name in enumerate(outcome.actors)} | {
        "mean": actions.mean(axis=-1)
    }


def targets() -> list[dict[str, Any]]:
    """Points and phase means that a figure shows beside `series`; bands are one coded sd."""
    found = []
    middle = {phase.name: (phase.start + phase.end - 1) / 2 for phase in phases(False)}
    for row in history("app_store_targets").itertuples():
        found.append(
            {
                "series": row.actor,
                "at": middle[row.phase],
                "value": row.value,
                "low": row.value - row.sd,
                "high": row.value + row.sd,
                "status": row.status,
                "source": row.source,
            }
        )
    for row in history("app_store_trajectory").to_dict("records"):
        found += [
            {
                "series": actor,
                "at": row["quarter"],
                "value": row[actor],
                "low": np.nan,
                "high": np.nan,
                "status": row["status"],
                "source": row["source"],
            }
            for actor in load(CASE).actors
        ]
    return found


def experiments() -> list[dict[str, Any]]:
    """Rows of the secondary experiments of the suite, see `app_store_experiments`."""
    values = load(CASE).values("released")
    return secondary.experiments(
        simulate("released", values, 1), simulate("released", {**values, **secondary.MILDER}, 1)
    )
