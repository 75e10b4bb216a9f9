"""Secondary experiments of the suite of TR-2: its parameter sweep and its tests on the case.

The sweep gives signals directly, so that kappa reaches no metric and only a fifth of its rows
differ. Rows are for comparison with `published/case_experiments.csv`, to the digits shown there.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import stats

from .outcome import Array, Outcome
from .quantities import measure
from .renault_nissan_dynamics import step

GRID = MappingProxyType(
    {
        "lambda_plus": (0.05, 0.08, 0.10, 0.12, 0.15),
        "lambda_minus": (0.15, 0.23, 0.30, 0.38, 0.45),
        "mu_R": (0.50, 0.55, 0.60, 0.65, 0.70),
        "delta_R": (0.01, 0.02, 0.03, 0.04, 0.05),
        "xi": (0.30, 0.40, 0.50, 0.60, 0.70),
        "kappa": (0.50, 0.75, 1.00, 1.25, 1.50),
    }
)
DEPENDENCE = 0.5
IDEAL = {"negativity_ratio": 3.0, "hysteresis_recovery_35": 0.55, "cumulative_amplification": 1.5}

Rows = list[dict[str, Any]]


def configurations() -> dict[str, Array]:
    """Parameter -> values of all configurations of the sweep, [C]."""
    return dict(zip(GRID, np.array(list(product(*GRID.values()))).T, strict=True))


@cache
def sweep() -> MappingProxyType[str, Array]:
    """Metric -> value of every configuration, [C]."""
    rates = configurations()
    good, bad = np.tanh(2.0), -np.tanh(2.0)
    building = _run(rates, 0.5, [good] * 50)
    erosion = _run(rates, 0.8, [bad] * 2)
    first, second = erosion[0] - erosion[1], erosion[1] - erosion[2]
    mixed = _run(rates, 0.7, [np.tanh(1.0), np.tanh(-0.5)] * 15)
    return MappingProxyType(
        {
            "negativity_ratio": rates["lambda_minus"] / rates["lambda_plus"],
            **_hysteresis(rates),
            "cumulative_amplification": _loss(rates, [np.tanh(-1.0)] * 4)
            / _loss(rates, [np.tanh(-4.0)]),
            "dependency_amplification": _loss(rates, [bad], 0.8) / _loss(rates, [bad], 0.2),
            "trust_final_50": building[50],
            "trust_at_10": building[10],
            "trust_at_25": building[25],
            "building_rate": (building[10] - building[0]) / 10,
            "erosion_single_period": first,
            "erosion_two_periods": first + second,
            "erosion_acceleration": second / first,
            "stability_mean": mixed.mean(axis=0),
            "stability_std": mixed.std(axis=0),
            "stability_range": np.ptp(mixed, axis=0),
            **_recovery(rates),
        }
    )


def _run(
    rates: dict[str, Array], start: float, signals: list[float], dependence: float = DEPENDENCE
) -> Array:
    """Trust of one firm in another under given signals, [len(signals) + 1, C]."""
    trust = np.full(len(rates["xi"]), start)
    damage = np.zeros_like(trust)
    levels = [trust]
    for signal in signals:
        trust, damage = step(trust, damage, np.asarray(signal), np.asarray(dependence), rates)
        levels.append(trust)
    return np.stack(levels)


def _loss(rates: dict[str, Array], signals: list[float], dependence: float = DEPENDENCE) -> Array:
    levels = _run(rates, 0.8, signals, dependence)
    return levels[0] - levels[-1]


def _hysteresis(rates: dict[str, Array]) -> dict[str, Array]:
    """Trust regained after a violation, as a part of trust before it."""
    levels = _run(rates, 0.85, [np.tanh(-3.0)] + [np.tanh(2.0)] * 100) / 0.85
    after = levels[2:]  # the first is trust itself, the second what the violation leaves
    return {
        "hysteresis_recovery_35": after[:35].max(axis=0),
        "hysteresis_recovery_10": after[9],
        "hysteresis_recovery_100": after.max(axis=0),
    }


def _recovery(rates: dict[str, Array]) -> dict[str, Array]:
    """Steps until half of what a violation took is regained, at most 100, and trust at the end."""
    levels = _run(rates, 0.8, [np.tanh(-3.0)] + [np.tanh(2.0)] * 100)
    low, after = levels[1], levels[2:]
    reached = after >= low + 0.5 * (levels[0] - low)
    steps = np.where(reached.any(axis=0), reached.argmax(axis=0) + 1, len(after))
    return {"time_to_50pct_recovery": steps.astype(float), "final_recovery_level": after[-1]}


def most_influential(metric: str) -> tuple[str, float]:
    """Parameter with the largest absolute correlation with a metric, and that correlation."""
    outcome = sweep()[metric]
    found = {
        name: abs(float(np.corrcoef(values, outcome)[0, 1]))
        for name, values in configurations().items()
    }
    name = max(found, key=found.__getitem__)
    return name, found[name]


def pareto() -> Array:
    """Which configurations no other one beats in the three distances from the ideal, [C] bool."""
    distances = np.stack([abs(sweep()[name] - ideal) for name, ideal in IDEAL.items()], axis=1)
    distinct, place = np.unique(distances, axis=0, return_inverse=True)
    beaten = np.zeros(len(distinct), bool)
    for other in distinct:
        beaten |= (other <= distinct).all(axis=1) & (other < distinct).any(axis=1)
    return ~beaten[place.reshape(-1)]


def of_sweep() -> Rows:
    """Rows of the parameter sweep."""
    metrics, best = sweep(), pareto()
    table = np.stack(list(metrics.values()), axis=1)
    total, distinct = len(table), len(np.unique(table, axis=0))
    kept = len(np.unique(table[best], axis=0))
    median = {name: float(np.median(values)) for name, values in metrics.items()}
    amplified = float(metrics["dependency_amplification"].mean())
    rows = [
        ("configurations", total, f"{total:,} ({len(next(iter(GRID.values())))}^{len(GRID)})"),
        (
            "distinct configurations (kappa, and formerly rho, have no effect)",
            distinct,
            f"{distinct:,}",
        ),
        (
            "negativity ratio median [range]",
            median["negativity_ratio"],
            "{:.1f} [{:.0f}, {:.0f}]".format(*_spread("negativity_ratio")),
        ),
        (
            "hysteresis recovery after 35 steps, median [range]",
            median["hysteresis_recovery_35"],
            "{:.3f} [{:.3f}, {:.3f}]".format(*_spread("hysteresis_recovery_35")),
        ),
        (
            "cumulative amplification median [range]",
            median["cumulative_amplification"],
            "{:.3f} [{:.3f}, {:.3f}]".format(*_spread("cumulative_amplification")),
        ),
        ("dependency amplification mean", amplified, f"{amplified:.3f}"),
        (
            "time to 50% recovery median",
            median["time_to_50pct_recovery"],
            f"{median['time_to_50pct_recovery']:.0f}",
        ),
        ("Pareto-optimal configurations (distinct)", best.sum(), f"{best.sum()} ({kept})"),
    ]
    for name, metric in (
        ("hysteresis", "hysteresis_recovery_35"),
        ("cumulative amplification", "cumulative_amplification"),
        ("building rate", "building_rate"),
    ):
        parameter, r = most_influential(metric)
        rows.append((f"most influential on {name}", r, f"{parameter} |r| {r:.3f}"))
    return [_row("parameter sweep", *row) for row in rows]


def _spread(metric: str) -> tuple[float, float, float]:
    values = sweep()[metric]
    return float(np.median(values)), float(values.min()), float(values.max())


def of_case(outcome: Outcome) -> Rows:
    """Rows of the tests on the case, for a batch of one.

    States are treated as the suite treats them: every entry of the trust matrix, its constant
    diagonal included, as an independent observation of its phase.
    """
    trust, damage = outcome.series["trust"][0], outcome.series["damage"][0]
    groups = [trust[phase.start : phase.end].ravel() for phase in outcome.phases]
    found, p = map(float, stats.f_oneway(*groups))
    ends = [trust[-1, 0, 1], trust[-1, 1, 0]], [damage[-1, 0, 1], damage[-1, 1, 0]]
    rows = [
        _row("case", "phase ANOVA F", found, f"{found:.2f}"),
        _row("case", "ANOVA p", p, _power(p)),
        _row(
            "case",
            "final trust Renault-Nissan / Nissan-Renault",
            ends[0][0],
            "{:.3f} / {:.3f}".format(*ends[0]),
        ),
        _row("case", "final reputation damage", ends[1][0], "{:.3f} / {:.3f}".format(*ends[1])),
    ]
    mean = measure(outcome, {"name": "trust_matrix_mean"})[0]
    for phase in outcome.phases:
        line = stats.linregress(np.arange(phase.end - phase.start), mean[phase.start : phase.end])
        slope, explained = float(line.slope), float(line.rvalue**2)
        rows.append(
            _row(
                "case: trend of the matrix mean within the phase",
                f"{phase.name}: slope; R2; p",
                slope,
                f"{slope:.6f}; {explained:.4f}; {_power(float(line.pvalue))}",
            )
        )
    return rows


def _power(value: float) -> str:
    """Two digits and a power of ten without leading zeros: 8.9e-11, 1.6e-2."""
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def _row(experiment: str, name: str, value: float, text: str) -> dict[str, Any]:
    return {"experiment": experiment, "quantity": name, "value": float(value), "text": text}
