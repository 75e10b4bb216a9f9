"""What the rubrics of the App Store case measure, each [B]; a phase is a slice of its states."""

from __future__ import annotations

from functools import cache

import numpy as np

from .casefile import history, load
from .outcome import Array, Outcome
from .quantities import quantity, tau

LEAST_VARIATION = 1e-4  # of phase means, below which they have no slope
LEAST_SCALE = 1e-9  # of a correlation, below which only rounding errors vary


@cache
def phase_targets() -> Array:
    """Coded mean actions, [phases, N]."""
    rows = history("app_store_targets")
    table = rows.pivot(index="phase", columns="actor", values="value")
    return table.loc[rows["phase"].unique(), list(load("app_store").actors)].to_numpy()


@cache
def trajectory_points() -> tuple[Array, Array]:
    """Quarters [P] and coded actions [P, N] of the reference trajectory."""
    rows = history("app_store_trajectory")
    return rows["quarter"].to_numpy(), rows[list(load("app_store").actors)].to_numpy()


def within(outcome: Outcome, phase: str) -> Array:
    """Actions of a phase, [B, N, states], each actor's states side by side.

    Sums of numpy depend on the layout in the last digit, and the standard deviation of a constant
    decides five cells of the published rubric.
    """
    place = outcome.phase(phase)
    return np.ascontiguousarray(
        np.moveaxis(outcome.series["actions"][:, place.start : place.end], 1, 2)
    )


def phase_means(outcome: Outcome) -> Array:
    """Mean actions, [B, phases, N]."""
    return np.stack([within(outcome, p.name).mean(axis=-1) for p in outcome.phases], axis=1)


@quantity
def change_within_phase(outcome: Outcome, phase: str, of: str = "") -> Array:
    """Last minus first action of a phase, of one actor or the mean over actors."""
    actions = within(outcome, phase)
    gained = actions[..., -1] - actions[..., 0]
    return gained[:, outcome.actor(of)] if of else gained.mean(axis=-1)


@quantity
def drop_within_phase(outcome: Outcome, phase: str) -> Array:
    """First minus last action of a phase, mean over actors."""
    return -change_within_phase(outcome, phase)


@quantity
def phase_mean_error(outcome: Outcome, phase: str) -> Array:
    """Mean relative error of the mean actions of a phase."""
    place = [p.name for p in outcome.phases].index(phase)
    expected = phase_targets()[place]
    return (np.abs(within(outcome, phase).mean(axis=-1) - expected) / expected).mean(axis=-1)


@quantity
def phase_action_sd(outcome: Outcome, phase: str) -> Array:
    """Standard deviation of actions within a phase, mean over actors."""
    return within(outcome, phase).std(axis=-1).mean(axis=-1)


@quantity
def phase_action_variance(outcome: Outcome, phase: str) -> Array:
    """Variance of actions within a phase, mean over actors."""
    return within(outcome, phase).var(axis=-1).mean(axis=-1)


@quantity
def developer_sd(outcome: Outcome, phase: str) -> Array:
    """The larger standard deviation of the two developers within a phase."""
    return within(outcome, phase)[:, 1:].std(axis=-1).max(axis=-1)


@quantity
def largest_quarterly_jump(outcome: Outcome, phase: str) -> Array:
    """Largest change of any action from one quarter to the next."""
    return np.abs(np.diff(within(outcome, phase), axis=-1)).max(axis=(1, 2))


@quantity
def steady_share(outcome: Outcome, phase: str, above: float) -> Array:
    """Share of quarterly changes of the mean action that are larger than `above`."""
    return (np.diff(within(outcome, phase).mean(axis=1), axis=-1) > above).mean(axis=-1)


@quantity
def rmse_phase_means(outcome: Outcome) -> Array:
    """Root mean squared error of the 15 phase means."""
    return np.sqrt(((phase_means(outcome) - phase_targets()) ** 2).mean(axis=(1, 2)))


@quantity
def rmse_trajectory(outcome: Outcome) -> Array:
    """Root mean squared error at the 57 points of the reference trajectory."""
    quarters, points = trajectory_points()
    return np.sqrt(((outcome.series["actions"][:, quarters] - points) ** 2).mean(axis=(1, 2)))


@quantity
def rmse_held_out(outcome: Outcome) -> Array:
    """Root mean squared error of the last phase, forecast from phases 1 to 4.

    What the targets of an actor are is regressed on its predicted phase means in the first four
    phases, with an intercept per actor and one slope, and the regression is applied to the fifth.
    """
    means, expected = phase_means(outcome), phase_targets()
    level, usual = means[:, :-1].mean(axis=1, keepdims=True), expected[:-1].mean(axis=0)
    x, y = means - level, expected - usual
    variation = (x[:, :-1] ** 2).sum(axis=(1, 2))
    slope = (x[:, :-1] * y[:-1]).sum(axis=(1, 2)) / np.maximum(variation, LEAST_VARIATION)
    return np.sqrt(((slope[:, None] * x[:, -1] - y[-1]) ** 2).mean(axis=-1))


@quantity
def phase_level_error(outcome: Outcome, phase: str) -> Array:
    """Root mean squared error over actors of the mean actions of a phase."""
    place = [p.name for p in outcome.phases].index(phase)
    error = within(outcome, phase).mean(axis=-1) - phase_targets()[place]
    return np.sqrt((error**2).mean(axis=-1))


@quantity
def change_between_phases(outcome: Outcome, of: str, start: str, end: str) -> Array:
    """Mean action of an actor in a phase minus its mean action in an earlier one."""
    means = [within(outcome, p)[:, outcome.actor(of)].mean(axis=-1) for p in (start, end)]
    return means[1] - means[0]


@quantity
def regained_share(outcome: Outcome, before: str, low: str, after: str) -> Array:
    """How much of the fall of the mean action between two phases the third one regains."""
    first, lowest, last = (within(outcome, p).mean(axis=(1, 2)) for p in (before, low, after))
    fall = first - lowest
    return np.divide(last - lowest, fall, out=np.zeros(len(fall)), where=fall > LEAST_VARIATION)


@quantity
def gap_between_actors(outcome: Outcome, phase: str, above: str, below: str) -> Array:
    """Mean action of one actor minus that of another in a phase."""
    means = within(outcome, phase).mean(axis=-1)
    return means[:, outcome.actor(above)] - means[:, outcome.actor(below)]


@quantity
def order_of_phases(outcome: Outcome) -> Array:
    """Kendall's tau of the mean actions of the phases with the coded ones."""
    return tau(phase_means(outcome).mean(axis=-1), phase_targets().mean(axis=-1))


@quantity
def trajectory_correlation(outcome: Outcome, of: str) -> Array:
    """Pearson's r of an actor's actions with its reference trajectory; 0 for constants."""
    quarters, points = trajectory_points()
    actor = outcome.actor(of)
    x = outcome.series["actions"][:, quarters, actor]
    x, y = x - x.mean(axis=1, keepdims=True), points[:, actor] - points[:, actor].mean()
    scale = np.sqrt((x**2).sum(axis=1) * (y**2).sum())
    return np.divide((x * y).sum(axis=1), scale, out=np.zeros(len(x)), where=scale > LEAST_SCALE)
