"""Renault-Nissan (TR-2): trust between two firms through five phases of their alliance.

The history enters as input: both firms repeat one action per phase. Trust of i in j and the damage
that i holds against j follow from the signal of j (see `renault_nissan_dynamics`); trust of a firm
in itself never changes. States 0 to 79 lie between 79 steps; action t leads from state t to t + 1,
and that of the last state is never used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from . import casefile, rubric, scoring
from .outcome import Array, Outcome, Phase, batched
from .quantities import over_time, quantity
from .renault_nissan_dynamics import step
from .renault_nissan_experiments import of_case, of_sweep

FIRMS = ("Renault", "Nissan")
PAIRS = ((0, 1), (1, 0))
RATES = ("lambda_plus", "lambda_minus", "mu_R", "delta_R", "xi")


@cache
def phases() -> tuple[Phase, ...]:
    """The phases of the suite."""
    table = casefile.history("renault_nissan_phases")
    table = table[table["coding"] == "suite"]
    return tuple(Phase(row.phase, int(row.start), int(row.end)) for row in table.itertuples())


@cache
def anchors() -> pd.DataFrame:
    """Six coded levels of trust: columns actor, partner, at, value and others of the targets."""
    table = casefile.history("renault_nissan_targets")
    return table[table["quantity"] == "trust"].astype({"at": int})


def simulate(variant: str, parameters: Mapping[str, Any], draws: int) -> Outcome:
    """Trust through the history.

    Args:
        variant: `released`, the only one.
        parameters: by name, see `renault_nissan.yaml`; `actions` [phases, firms], `self_trust`
            [firms], others scalars; each [draws, ...] where drawn.
        draws: number of parameter sets, B.

    Returns:
        Series `actions` [B, T, 2], `trust` and `damage` [B, T, 2, 2]; value `negativity_ratio` [B].

    Raises:
        ValueError: a parameter has another shape.
    """
    given = {
        name: batched(value, draws, {"actions": 2, "self_trust": 1}.get(name, 0))
        for name, value in parameters.items()
    }
    if given["actions"].shape[1:] != (len(phases()), len(FIRMS)):
        raise ValueError(
            f"actions {given['actions'].shape[1:]}: give one row per phase, one column per firm"
        )
    actions = np.repeat(given["actions"], _states(), axis=1)
    deviations = actions - given["baseline"][:, None, None]
    signals = np.tanh(given["kappa"][:, None, None] * deviations)[..., ::-1]  # of the partner
    dependence = np.stack([given["dependence_RN"], given["dependence_NR"]], axis=1)
    rates = {name: given[name][:, None] for name in RATES}

    levels = np.empty((*signals.shape[:2], len(PAIRS)))
    damages = np.empty_like(levels)
    levels[:, 0] = np.stack([given["trust_RN"], given["trust_NR"]], axis=1)
    damages[:, 0] = given["initial_damage"][:, None]
    for t in range(levels.shape[1] - 1):
        levels[:, t + 1], damages[:, t + 1] = step(
            levels[:, t], damages[:, t], signals[:, t], dependence, rates
        )
    trust, damage = _matrices(levels), _matrices(damages)
    for firm in range(len(FIRMS)):
        trust[:, :, firm, firm] = given["self_trust"][:, firm, None]
    return Outcome(
        FIRMS,
        phases(),
        {"actions": actions, "trust": trust, "damage": damage},
        {"negativity_ratio": _negativity_ratio(dependence, rates)},
    )


def _states() -> list[int]:
    """States of each phase; the last one also holds the final state."""
    *others, last = (phase.end - phase.start for phase in phases())
    return [*others, last + 1]


def _matrices(pairs: Array) -> Array:
    """[B, T, 2, 2] with zeros on the diagonal, from values of the ordered pairs [B, T, 2]."""
    matrices = np.zeros((*pairs.shape[:2], len(FIRMS), len(FIRMS)))
    for place, (i, j) in enumerate(PAIRS):
        matrices[:, :, i, j] = pairs[..., place]
    return matrices


def _negativity_ratio(dependence: Array, rates: Mapping[str, Array]) -> Array:
    """What a violation takes over what cooperation gives at equal exposure, mean over firms.

    Equal exposure: signals of equal strength, trust half way between its two bounds.
    """
    half, whole = np.full(dependence.shape, 0.5), np.ones(dependence.shape)
    undamaged = np.zeros(dependence.shape)
    gained = step(half, undamaged, whole, dependence, rates)[0] - half
    lost = half - step(half, undamaged, -whole, dependence, rates)[0]
    return _ratio(lost.mean(axis=1), gained.mean(axis=1))


def _ratio(above: Array, below: Array) -> Array:
    """A ratio [B]; NaN, which earns no points, where nothing stands below."""
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)


# Quantities of the rubrics of this case.


def _signals(outcome: Outcome, baseline: float) -> Array:
    """Mean signal of the firms per phase, [B, phases], as the suite scores it: without kappa."""
    starts = [phase.start for phase in outcome.phases]
    return np.tanh(outcome.series["actions"][:, starts] - baseline).mean(axis=2)


def _changes(outcome: Outcome, of: Any) -> Array:
    """What a quantity gains over each phase, [B, phases]."""
    series = over_time(outcome, of)
    bounds = [phase.start for phase in outcome.phases] + [outcome.phases[-1].end]
    return np.diff(series[:, bounds], axis=1)


@quantity
def change_along_signal(outcome: Outcome, of: Any, phase: str, baseline: float) -> Array:
    """Change over a phase, positive where its sign is that of the mean signal of the firms."""
    place = outcome.phases.index(outcome.phase(phase))
    return _changes(outcome, of)[:, place] * np.sign(_signals(outcome, baseline)[:, place])


@quantity
def erosion_over_building(outcome: Outcome, of: Any, baseline: float) -> Array:
    """Mean absolute change per step of phases with a negative signal over that of the others."""
    signals = _signals(outcome, baseline)
    steps = np.array([phase.end - phase.start for phase in outcome.phases])
    rates = np.abs(_changes(outcome, of)) / steps
    erosion, building = (
        _ratio((rates * chosen).sum(axis=1), chosen.sum(axis=1))
        for chosen in (signals < 0, signals > 0)
    )
    return _ratio(erosion, building)


@quantity
def left_after_crisis(outcome: Outcome, of: Any, baseline: float, clear: float) -> Array:
    """A quantity after a recovery over what it was one step before the crisis.

    A crisis is the first phase with a signal below -clear that one above clear follows; without
    one the quantity is NaN.
    """
    series, signals = over_time(outcome, of), _signals(outcome, baseline)
    found = np.full(outcome.batch, np.nan)
    pairs = list(zip(outcome.phases, outcome.phases[1:], strict=False))
    for place in reversed(range(len(pairs))):
        crisis, recovery = pairs[place]
        ratio = _ratio(series[:, recovery.end], series[:, max(crisis.start - 1, 0)])
        is_crisis = (signals[:, place] < -clear) & (signals[:, place + 1] > clear)
        found = np.where(is_crisis, ratio, found)
    return found


@quantity
def clear_transitions(outcome: Outcome, of: Any, threshold: float) -> Array:
    """Number of phases that end with a jump: the step before against the step after."""
    series = over_time(outcome, of)
    ends = np.array([phase.end for phase in outcome.phases[:-1]])
    return (np.abs(series[:, ends + 1] - series[:, ends - 1]) > threshold).sum(axis=1)


@quantity
def recovered_share(outcome: Outcome, of: Any, before: int, low: int, after: int) -> Array:
    """Part of what was lost between two states that a third one has again."""
    series = over_time(outcome, of)
    return _ratio(series[:, after] - series[:, low], series[:, before] - series[:, low])


@quantity
def damage_left(outcome: Outcome, before: int, after: int) -> Array:
    """Mean reputation damage of the pairs in one state over that in an earlier one."""
    damage = np.stack([outcome.series["damage"][:, :, i, j] for i, j in PAIRS]).mean(axis=0)
    return _ratio(damage[:, after], damage[:, before])


@quantity
def loss_gap(outcome: Outcome, pair: list[str], start: int, end: int) -> Array:
    """Part of its trust that the first actor loses in the second, less that of the second."""
    i, j = map(outcome.actor, pair)
    trust = outcome.series["trust"]
    kept = [_ratio(trust[:, end, a, b], trust[:, start, a, b]) for a, b in ((i, j), (j, i))]
    return kept[1] - kept[0]


# Fit, figures, experiments.


def _at_anchors(outcome: Outcome) -> Array:
    """Trust where the anchors are, [B, anchors]."""
    rows, trust = anchors(), outcome.series["trust"]
    firms = [[outcome.actor(name) for name in rows[column]] for column in ("actor", "partner")]
    return trust[:, rows["at"], *firms]


def fit(outcome: Outcome) -> dict[str, Array]:
    """Continuous misfit, [B]: root mean square error at the six anchors of trust."""
    errors = _at_anchors(outcome) - anchors()["value"].to_numpy()
    return {"rmse_anchors": np.sqrt(np.mean(errors**2, axis=1))}


def predictors() -> dict[str, dict[str, float]]:
    """The same of predictors without dynamics."""
    values = anchors()["value"].to_numpy()
    given = casefile.load("renault_nissan").values("released")
    initial = np.where(anchors()["actor"] == "Renault", given["trust_RN"], given["trust_NR"])
    return {
        name: {"rmse_anchors": float(np.sqrt(np.mean((guess - values) ** 2)))}
        for name, guess in (
            ("constant at the mean of the anchors", values.mean()),
            ("initial trust kept", initial),
        )
    }


def series(outcome: Outcome) -> dict[str, Array]:
    """What a figure shows, each [B, T]: trust, its mean ceiling, and the action that drives it."""
    trust, damage = outcome.series["trust"], outcome.series["damage"]
    names = [f"trust of {FIRMS[i]} in {FIRMS[j]}" for i, j in PAIRS]
    return {
        **{name: trust[:, :, i, j] for name, (i, j) in zip(names, PAIRS, strict=True)},
        "ceiling of trust": 1.0 - np.mean([damage[:, :, i, j] for i, j in PAIRS], axis=0),
        "mean action": outcome.series["actions"].mean(axis=2),
    }


def targets() -> list[dict[str, Any]]:
    """Points of the figure: the anchors, with the band in which the strict rubric is content."""
    columns = ["series", "at", "value", "low", "high", "status", "source"]
    return anchors()[columns].to_dict("records")


def perfect() -> Outcome:
    """An outcome that meets every target, without a model.

    Where targets are ratios, levels follow from those of the anchors.
    """
    table = casefile.history("renault_nissan_targets").set_index("quantity")["value"]
    of = {name: table[name] for name in table.index if name != "trust"}
    given = casefile.load("renault_nissan").values("released")
    known = {0: np.array([given["trust_RN"], given["trust_NR"]])}
    for at, rows in anchors().groupby("at"):
        known[at] = rows.set_index("actor")["value"][list(FIRMS)].to_numpy()
    crisis, recovery, current = phases()[2:]
    before, low = known[crisis.start].mean(), known[crisis.end].mean()
    share = of["share of the lost trust that is recovered"]
    known[recovery.end] = np.full(2, low + share * (before - low))
    known[current.end] = np.full(2, before * of["trust at the end over trust before the crisis"])

    states, ends = np.arange(current.end + 1), sorted(known)
    levels = [np.interp(states, ends, [known[at][pair] for at in ends]) for pair in range(2)]
    kept = of["reputation damage at the end of the recovery over that at its start"]
    bounds = [crisis.start, crisis.end, recovery.end]
    damage = np.interp(states, bounds, [0.0, 0.5, 0.5 * kept])  # only its fading is a target
    actions = np.repeat(given["actions"], _states(), axis=0)
    trust = _matrices(np.stack(levels, axis=1)[None])
    trust[:, :, [0, 1], [0, 1]] = 1.0
    return Outcome(
        FIRMS,
        phases(),
        {
            "actions": actions[None],
            "trust": trust,
            "damage": _matrices(np.stack([damage, damage], axis=1)[None]),
        },
        {"negativity_ratio": np.array([of["erosion over building at equal exposure"]])},
    )


def random_levels(rng: np.random.Generator, draws: int) -> Outcome:
    """No model: every level of trust and damage uniform between 0 and 1, actions of the case."""
    calibrated = simulate("released", casefile.load("renault_nissan").values("released"), 1)
    shape = (draws, *calibrated.series["trust"].shape[1:3])
    trust, damage = (_matrices(rng.uniform(size=shape)) for _ in range(2))
    trust[:, :, [0, 1], [0, 1]] = 1.0
    actions = np.broadcast_to(calibrated.series["actions"], shape)
    rates = rng.uniform(size=(2, draws))
    return Outcome(
        FIRMS,
        phases(),
        {"actions": actions, "trust": trust, "damage": damage},
        {"negativity_ratio": rates[0] / rates[1]},
    )


OUTCOMES: dict[str, Callable[[np.random.Generator, int], Outcome]] = {
    "random_levels": random_levels
}


def experiments() -> list[dict[str, Any]]:
    """Rows experiment, quantity, value and text of the secondary experiments of the suite."""
    legacy = rubric.load("renault_nissan", "legacy")
    given = casefile.load("renault_nissan").values("released")
    as_coded = simulate("released", {**given, **legacy.model}, 1)
    intended = simulate("released", given, 1)
    points = float(scoring.score(legacy, as_coded).total[0])
    score = {
        "experiment": "case",
        "quantity": "score",
        "value": points,
        "text": f"{points:g}/{legacy.max_points}",
    }
    fits = [
        _fit_row("RMSE to the six disabled trust anchors, initial trust as coded", as_coded),
        _fit_row("same, initial trust as intended", intended),
    ]
    return [*of_sweep(), score, *of_case(as_coded), *fits]


def _fit_row(name: str, outcome: Outcome) -> dict[str, Any]:
    values = anchors()["value"].to_numpy()
    rmse = float(fit(outcome)["rmse_anchors"][0])
    explained = 1.0 - rmse**2 / values.var()
    return {
        "experiment": "goodness of fit the suite can compute but does not (extra)",
        "quantity": name,
        "value": rmse,
        "text": f"{rmse:.4f} (R2 {explained:.3f})",
    }
