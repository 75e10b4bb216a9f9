"""What chance, a model without its mechanism, and a slightly different calibration would score.

A null model is an entry of a rubric: `vary` draws every element of a parameter uniformly between
two bounds, `permute` gives the elements of a parameter (along its first axis) a random order,
`override` sets parameters, `outcome` names a function of the case that draws outcomes without a
model. An ablation is an entry with `override`, or with `outcome`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import model
from .casefile import load
from .outcome import Array, Outcome

CHUNK = 4000  # parameter sets simulated at once: series of all draws need not fit in memory


def parameters(
    case: str, variant: str, entry: Mapping[str, Any], base: Mapping[str, Any], draws: int
) -> dict[str, Any]:
    """Parameters of an entry: [draws, ...] where drawn, otherwise as calibrated.

    Args:
        case: case study.
        variant: specification of the model.
        entry: `seed`, and `vary`, `permute` and `override`.
        base: parameters that the rubric sets.
        draws: number of parameter sets.

    Raises:
        ValueError: the entry names a parameter that the case has not.
    """
    values = {**load(case).values(variant), **base}
    for kind in ("vary", "permute", "override"):
        unknown = set(entry.get(kind, ())) - set(values)
        if unknown:
            raise ValueError(f"{case}: {entry.get('id')}: {kind} of unknown {sorted(unknown)}")
    values |= entry.get("override", {})
    children = np.random.SeedSequence(entry.get("seed", 0)).spawn(2)
    drawn, ordered = map(np.random.default_rng, children)
    for name, (low, high) in entry.get("vary", {}).items():
        values[name] = drawn.uniform(low, high, (draws, *np.shape(values[name])))
    for name in entry.get("permute", ()):
        rows = np.tile(np.asarray(values[name], float), (draws, *[1] * np.ndim(values[name])))
        values[name] = (
            ordered.permuted(rows, axis=1) if rows.ndim == 2 else _shuffled(ordered, rows)
        )
    return values


def _shuffled(rng: np.random.Generator, rows: Array) -> Array:
    order = rng.permuted(np.tile(np.arange(rows.shape[1]), (len(rows), 1)), axis=1)
    return np.take_along_axis(rows, order.reshape(*order.shape, *[1] * (rows.ndim - 2)), axis=1)


def outcomes(
    case: str, variant: str, entry: Mapping[str, Any], base: Mapping[str, Any], draws: int
) -> list[Outcome]:
    """Outcomes of an entry, in parts of at most `CHUNK`; arguments as in `parameters`."""
    module = model(case)
    if "outcome" in entry:
        rng = np.random.default_rng(np.random.SeedSequence(entry.get("seed", 0)))
        return [module.OUTCOMES[entry["outcome"]](rng, draws)]
    values = parameters(case, variant, entry, base, draws)
    drawn = {*entry.get("vary", ()), *entry.get("permute", ())}
    parts = []
    for first in range(0, draws, CHUNK):
        size = min(CHUNK, draws - first)
        part = {
            name: value[first : first + size] if name in drawn else value
            for name, value in values.items()
        }
        parts.append(module.simulate(variant, part, size))
    return parts
