"""S-LCD: the one-shot equilibrium of the panel joint venture of Samsung and Sony (TR-1).

Actor i chooses a_i and is paid pi_i = e - a_i + f(a_i) + alpha_i gamma g(a), with f(a) =
theta ln(1 + a) or a^beta and g the geometric mean of the actions. It maximises U_i = pi_i + D_ij
pi_j. The total value is V = f(a_0) + f(a_1) + gamma g(a). The baseline has D = 0 and gamma = 0.

The first-order condition is f'(a_i) = 1 - k_i sqrt(a_j / a_i), k_i = gamma/2 (alpha_i + D_ij
alpha_j). With r = sqrt(a_1 / a_0) it gives both actions; a_0 rises and a_1 falls in r, so that
a_1 / a_0 = r^2 has one solution: there is one equilibrium, found by one bisection for all draws.
The suite reaches it by best responses in turn, each a numerical search.

The environments value actions with one theta for all copies, and the released edition rounds
payoffs to float32, so that f and the payoffs are written out here in float64; tests compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from coopetition.envs.mechanisms.value import ValueParameters, synergy

from .casefile import history, load
from .outcome import Array, Outcome, batched
from .quantities import measure, quantity

ACTORS = ("Samsung", "Sony")
TOLERANCE = 1e-6  # largest distance of an equilibrium from the best responses to it
HALVINGS = 60  # from the whole range of ratios to float64
LEAST_SLOPE = 1e-9  # f is steeper everywhere within the bounds


@dataclass(frozen=True)
class Form:
    """A form of the individual value f.

    Attributes:
        parameter: name of its parameter.
        value: f of actions and parameter.
        at_slope: the action at which f has a slope, from slope and parameter.
    """

    parameter: str
    value: Callable[[Array, Array], Array]
    at_slope: Callable[[Array, Array], Array]


FORMS = {
    "logarithmic": Form(
        "theta",
        lambda actions, theta: theta * np.log1p(actions),
        lambda slope, theta: theta / slope - 1,
    ),
    "power": Form(
        "beta",
        lambda actions, beta: actions**beta,
        lambda slope, beta: (slope / beta) ** (1 / (beta - 1)),
    ),
}


def simulate(variant: str, parameters: Mapping[str, Any], draws: int) -> Outcome:
    """Equilibrium and baseline.

    Args:
        variant: `logarithmic` or `power`.
        parameters: see `slcd.yaml`; the diagonal of `D` is not read.
        draws: B.

    Returns:
        An outcome with the values `actions`, `payoffs` [B, 2], `total_value` and `converged` [B],
        and the first three of the baseline, `baseline_...`.
    """
    pull = pulls(parameters, draws)
    actions, converged = equilibrium(variant, parameters, pull)
    baseline, _ = equilibrium(variant, parameters, np.zeros_like(pull))
    return valued(variant, parameters, actions, baseline, converged)


def pulls(parameters: Mapping[str, Any], draws: int) -> Array:
    """k_i of the first-order condition, [B, 2]."""
    alpha, gamma = _alpha(parameters, draws), batched(parameters["gamma"], draws)
    dependence = batched(parameters["D"], draws, ndim=2)[:, [0, 1], [1, 0]]
    return gamma[:, None] / 2 * (alpha + dependence * alpha[:, ::-1])


def equilibrium(variant: str, parameters: Mapping[str, Any], pull: Array) -> tuple[Array, Array]:
    """Actions [B, 2], and whether they are the best responses to each other [B].

    Args:
        variant: form of f.
        parameters: of the case.
        pull: k_i, [B, 2].
    """
    low, high = batched(parameters["bounds"], len(pull), ndim=1).T
    widest = np.log(high / low) / 2
    below, above = -widest, widest
    for _ in range(HALVINGS):
        middle = (below + above) / 2
        actions = _at_ratio(variant, parameters, pull, np.exp(middle))
        rises = actions[:, 1] / actions[:, 0] > np.exp(2 * middle)
        below, above = np.where(rises, middle, below), np.where(rises, above, middle)
    actions = _at_ratio(variant, parameters, pull, np.exp(above))
    ratio = np.sqrt(actions[:, 1] / actions[:, 0])
    responses = _at_ratio(variant, parameters, pull, ratio)
    return actions, np.abs(responses - actions).max(axis=1) < TOLERANCE


def _at_ratio(variant: str, parameters: Mapping[str, Any], pull: Array, ratio: Array) -> Array:
    """Actions [B, 2] that fulfil the first-order condition at r = sqrt(a_1 / a_0) [B].

    The bounds are open, as in the search of the suite, which never returns one.
    """
    form = FORMS[variant]
    low, high = batched(parameters["bounds"], len(pull), ndim=1).T[..., None]
    slope = np.maximum(1 - pull * np.stack([ratio, 1 / ratio], axis=1), LEAST_SLOPE)
    actions = form.at_slope(slope, batched(parameters[form.parameter], len(pull))[:, None])
    return np.clip(actions, np.nextafter(low, high), np.nextafter(high, low))


def _alpha(parameters: Mapping[str, Any], draws: int) -> Array:
    samsung = batched(parameters["alpha_Samsung"], draws)
    return np.stack([samsung, 1 - samsung], axis=1)


def valued(
    variant: str, parameters: Mapping[str, Any], actions: Array, baseline: Array, converged: Array
) -> Outcome:
    """The outcome of given actions and baseline actions, [B, 2] each."""
    form, draws = FORMS[variant], len(actions)
    curve = batched(parameters[form.parameter], draws)[:, None]
    endowment = batched(parameters["endowment"], draws)[:, None]
    alpha, gamma = _alpha(parameters, draws), batched(parameters["gamma"], draws)
    values: dict[str, Array] = {"converged": np.asarray(converged, float)}
    for prefix, chosen in (("", actions), ("baseline_", baseline)):
        value = form.value(chosen, curve)
        surplus = synergy(ValueParameters(), chosen, gamma)
        values[f"{prefix}actions"] = chosen
        values[f"{prefix}payoffs"] = endowment - chosen + value + alpha * surplus[:, None]
        values[f"{prefix}total_value"] = value.sum(axis=1) + surplus
    return Outcome(ACTORS, values=values)


def _no_model(variant: str, rng: np.random.Generator, draws: int) -> Outcome:
    """Actions and one baseline for both drawn evenly from the bounds, with payoffs of the case."""
    parameters = load("slcd").values(variant)
    low, high = parameters["bounds"]
    actions = rng.uniform(low, high, (draws, 2))
    baseline = rng.uniform(low, high, (draws, 1)).repeat(2, axis=1)
    return valued(variant, parameters, actions, baseline, np.ones(draws))


OUTCOMES = {f"no_model_{variant}": partial(_no_model, variant) for variant in FORMS}


def _pair(outcome: Outcome, of: str) -> tuple[Array, Array]:
    """A value and its baseline, [B, n] each."""
    values = outcome.values
    return values[of].reshape(outcome.batch, -1), values[f"baseline_{of}"].reshape(
        outcome.batch, -1
    )


@quantity
def smallest(outcome: Outcome, of: str) -> Array:
    """Smallest of a value over actors."""
    return _pair(outcome, of)[0].min(axis=1)


@quantity
def largest(outcome: Outcome, of: str) -> Array:
    """Largest of a value over actors."""
    return _pair(outcome, of)[0].max(axis=1)


@quantity
def smallest_gain(outcome: Outcome, of: str) -> Array:
    """Smallest gain over the baseline of any actor."""
    value, baseline = _pair(outcome, of)
    return (value - baseline).min(axis=1)


@quantity
def mean_gain(outcome: Outcome, of: str) -> Array:
    """Mean gain over the baseline."""
    value, baseline = _pair(outcome, of)
    return value.mean(axis=1) - baseline.mean(axis=1)


@quantity
def percent_gain(outcome: Outcome, of: str) -> Array:
    """Mean gain in percent of the mean of the baseline."""
    value, baseline = _pair(outcome, of)
    return 100 * (value.mean(axis=1) - baseline.mean(axis=1)) / baseline.mean(axis=1)


@quantity
def payoff_share(outcome: Outcome, of: str) -> Array:
    """Share of one actor in the payoffs."""
    payoffs = outcome.values["payoffs"]
    return payoffs[:, outcome.actor(of)] / payoffs.sum(axis=1)


@quantity
def action_lead(outcome: Outcome, of: str) -> Array:
    """By how much one of two actors does more than the other, as a part of the mean action."""
    actions, i = outcome.values["actions"], outcome.actor(of)
    return (actions[:, i] - actions[:, 1 - i]) / actions.mean(axis=1)


@quantity
def action_asymmetry(outcome: Outcome) -> Array:
    """The same, whoever does more."""
    return np.abs(action_lead(outcome, of=outcome.actors[0]))


@quantity
def weaker_gain_share(outcome: Outcome) -> Array:
    """Part of the joint gain in payoff that goes to whom it serves less; NaN without a gain.

    It is positive if both gain, and one half at most.
    """
    gains = outcome.values["payoffs"] - outcome.values["baseline_payoffs"]
    joint = gains.sum(axis=1)
    return np.divide(gains.min(axis=1), joint, out=np.full(len(gains), np.nan), where=joint > 1e-9)


PROFILED = "increase over gamma (%)"
SERIES = {
    "cooperation increase": {"name": "percent_gain", "of": "actions"},
    "value increase": {"name": "percent_gain", "of": "total_value"},
    "weaker partner's part of the gain": {"name": "weaker_gain_share"},
    "Sony's lead": {"name": "action_lead", "of": "Sony"},
}


def series(outcome: Outcome) -> dict[str, Array]:
    """What a figure shows, [B, 1] each: the case has no time."""
    return {name: measure(outcome, wanted)[:, None] for name, wanted in SERIES.items()}


def targets() -> list[dict[str, Any]]:
    """Bands that the history gives to `series`, and to the profile at the two published gammas."""
    table = history("slcd_targets")
    scored = table[table["scored_by"].str.contains("strict")].assign(at=0.0)
    columns = ["series", "at", "value", "low", "high", "status", "source"]
    rows = scored[columns].to_dict("records")
    [increase] = [row for row in rows if row["series"] == "cooperation increase"]
    chosen = [load("slcd").values(variant)["gamma"] for variant in FORMS]
    return rows + [{**increase, "series": PROFILED, "at": gamma} for gamma in chosen]


def perfect() -> Outcome:
    """An outcome in the middle of every band of `targets`, a batch of one."""
    middle = {row["series"]: (row["low"] + row["high"]) / 2 for row in targets()}
    increase = 1 + middle["cooperation increase"] / 100
    half_lead = middle["Sony's lead"] / 2
    weaker = middle["weaker partner's part of the gain"]
    baseline_payoffs = np.array([[115.0, 85.0]])  # in proportion to the middle of the coded share
    return Outcome(
        ACTORS,
        values={
            "converged": np.ones(1),
            "actions": 20 * increase * np.array([[1 - half_lead, 1 + half_lead]]),
            "baseline_actions": np.full((1, 2), 20.0),
            "payoffs": baseline_payoffs + 30 * np.array([[1 - weaker, weaker]]),
            "baseline_payoffs": baseline_payoffs,
            "total_value": np.array([100 + middle["value increase"]]),
            "baseline_total_value": np.array([100.0]),
        },
    )


def fit(outcome: Outcome) -> dict[str, Array]:
    """No measure of misfit: the history gives bands, not values."""
    return {}


def predictors() -> dict[str, dict[str, float]]:
    """None, for the same reason."""
    return {}


def experiments() -> list[dict[str, Any]]:
    """Rows of `slcd_experiments`, which needs this module."""
    from . import slcd_experiments

    return slcd_experiments.experiments()


def profile() -> list[dict[str, Any]]:
    """Series over gamma, see `slcd_experiments`."""
    from . import slcd_experiments

    return slcd_experiments.profile_series()
