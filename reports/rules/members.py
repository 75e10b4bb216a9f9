"""Whom a published claim speaks of: learners by class, environments by class of its tables.

The published learners that are joint controllers are rebuilt as released (`as_published`); the
other twelve exist in a corrected form only, whose runs say what a claim is worth but never decide
it for the published code.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coopetition.agents import registry

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from ..sources import published
from ..tiers import tiers

PUBLISHED_SEEDS = 7
Value = Literal["training_return", "training_score"]
# Estimate, lower and upper end.
Interval = tuple[float, float, float]
Array = npt.NDArray[np.float64]

ONLY_CORRECTED = (
    "The published code of these learners is not rebuilt, so what their corrected forms do neither "
    "confirms nor refutes the claim."
)


@cache
def paradigms() -> dict[str, str]:
    """Published learner -> `independent` or `CTDE`, as the study classes them."""
    inventory = published("algorithm_inventory").set_index("algorithm")["published_class"]
    return {name: group.partition(" ")[0] for name, group in inventory.items()}


@cache
def rebuilt() -> dict[str, str]:
    """Published learner -> the joint controller that it is, where it is one."""
    return {
        name: learner
        for learner in registry.learner_names()
        for name in registry.learner(learner).published_as
    }


@cache
def environments_of(mechanism_class: str) -> tuple[str, ...]:
    """The five environments that the published tables pool under a class."""
    return tuple(name for name, tier in tiers().items() if tier == mechanism_class)


def everywhere() -> tuple[str, ...]:
    """All twenty environments."""
    return tuple(name for group in CLASSES for name in environments_of(group))


def corrected(evidence: Evidence, mode: str) -> pd.DataFrame:
    """Runs of the sixteen published learners in their corrected form, on released environments."""
    return _runs(evidence, "corrected", list(paradigms()), mode)


def as_published(evidence: Evidence, *learners: str, mode: str) -> pd.DataFrame:
    """Finished runs of published learners as released, by the names of their controllers."""
    names = [rebuilt()[learner] for learner in learners]
    runs = _runs(evidence, "as_published", names, mode)
    return runs[runs["status"] == "finished"]


def _runs(evidence: Evidence, protocol: str, policies: list[str], mode: str) -> pd.DataFrame:
    runs = evidence.scores
    return runs[
        (runs["edition"] == "v0")
        & (runs["protocol"] == protocol)
        & (runs["reward_mode"] == mode)
        & runs["policy"].isin(policies)
    ]


def resampled(
    runs: pd.DataFrame, environments: tuple[str, ...], value: Value, repetitions: int
) -> dict[str, Array]:
    """Mean over environments of the mean over seeds, per policy that has runs on all of them.

    Returns:
        Policy -> [1 + repetitions]: the runs as they are, then with the seeds of every environment
        resampled.
    """
    rng, found = np.random.default_rng(0), {}
    known = runs[runs["environment"].isin(environments) & runs[value].notna()]
    for policy, part in known.groupby("policy"):
        cells = [cell.to_numpy(float) for _, cell in part.groupby("environment")[value]]
        if len(cells) == len(environments):
            found[str(policy)] = np.mean([means(rng, c, repetitions) for c in cells], axis=0)
    return found


def means(rng: np.random.Generator, values: Array, repetitions: int) -> Array:
    """Mean of some values, then of as many resamples of them, [1 + repetitions]."""
    picks = rng.integers(len(values), size=(repetitions, len(values)))
    return np.concatenate([[values.mean()], values[picks].mean(axis=1)])


def interval(values: Array) -> Interval:
    """The first value, and the 2.5 and 97.5 % quantiles of the others."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return float(values[0]), float(low), float(high)


def best_gap(
    runs: pd.DataFrame, environments: tuple[str, ...], value: Value, repetitions: int
) -> Interval | None:
    """Best independent learner less best CTDE learner, both chosen anew in every resample.

    Returns:
        The gap, of returns in % of the CTDE learner's, with its interval; None where one of the
        classes has no learner with runs on all of the environments.
    """
    best: dict[str, Array] = {}
    for policy, found in resampled(runs, environments, value, repetitions).items():
        group = paradigms()[policy]
        best[group] = np.maximum(best[group], found) if group in best else found
    if len(best) < 2:
        return None
    gap = best["independent"] - best["CTDE"]
    return interval(100 * gap / best["CTDE"] if value == "training_return" else gap)


def percent(found: Interval) -> str:
    """An interval of percentages in words."""
    return f"{found[0]:+.1f} % [{found[1]:.1f}, {found[2]:.1f}]"


def sign(found: Interval) -> int:
    """1 or -1 where the interval lies on one side of 0, else 0."""
    return int(found[1] > 0) - int(found[2] < 0)


def steps_of(runs: pd.DataFrame) -> str:
    """The budget of some runs, which may differ by environment, in words."""
    low, high = int(runs["steps_planned"].min()), int(runs["steps_planned"].max())
    return f"{low:,} steps per run" if low == high else f"{low:,} to {high:,} steps per run"


def examined(reason: str, estimate: str, found: Interval | None = None) -> Decision:
    """What corrected learners show of a claim about published ones."""
    ends = (found[1], found[2]) if found else (float("nan"), float("nan"))
    return Decision("inconclusive", f"{reason} {ONLY_CORRECTED}", estimate, "corrected", ends)


def not_trained(who: str, where: str) -> Decision:
    """Nothing of what a claim speaks of was trained."""
    return Decision("not testable", f"{who} did not train on {where} in this run.")
