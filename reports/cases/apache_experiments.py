"""Secondary experiments of the TR-3 suite: a sweep of symmetric teams, its statistics, Monte Carlo.

All members of a team have the same loyalty, so that a team's mean effort has a closed form. The
generators are those of the suite: its digits depend on the draws.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from . import apache
from .apache_team import worth
from .casefile import load
from .outcome import Array
from .quantities import measure
from .rubric import load as load_rubric
from .scoring import score

GRID = {
    "omega": (10, 15, 20, 25, 30),
    "beta": (0.40, 0.45, 0.50, 0.55, 0.60),
    "c": (1.5, 2.0, 2.5, 3.0, 3.5),
    "size": (3, 4, 5, 6, 8),
    "loyalty": (0.0, 0.3, 0.5, 0.7, 0.9),
}
PHI_B, PHI_C = 0.8, 0.3
LEAST, MOST = 0.01, 50.0
SEED = 42
SWEEP = "sweep and robustness (reproduced with the closed-form best response)"

Entry = tuple[float, str]


def experiments() -> list[dict[str, Any]]:
    """Rows with experiment, quantity, value and text, as the published table writes it."""
    found = {
        **{(SWEEP, name): entry for name, entry in (_sweep() | _monte_carlo()).items()},
        **{("case", name): entry for name, entry in _case().items()},
    }
    return [
        {"experiment": experiment, "quantity": quantity, "value": float(value), "text": text}
        for (experiment, quantity), (value, text) in found.items()
    ]


def mean_effort(
    omega: Any,
    beta: Any,
    c: Any,
    size: Any,
    loyalty: Any,
    phi_B: Any = PHI_B,
    phi_C: Any = PHI_C,
    teammates: str = "mean",
) -> Array:
    """Mean effort of a team with equal loyalties; numbers and arrays broadcast.

    The last two numbers weigh the teammates' payoff and the own cost; see `apache_team.worth`.
    """
    total = worth(
        size, loyalty, teammates, omega=omega, beta=beta, c=c, phi_B=phi_B, phi_C=phi_C
    ) ** (1 / (1 - beta))
    return np.clip(total / size, LEAST, MOST)


@cache
def sweep(teammates: str = "mean") -> pd.DataFrame:
    """One row per configuration of `GRID`, the last factor varying fastest.

    Args:
        teammates: `mean`, or `aggregate` as before 2026-02-16.

    Returns:
        Factors; `free_riding_eq` and `equilibrium_effort`, mean efforts without and with loyalty;
        `free_riding_error`, percent, of the first against its unclipped formula;
        `effort_increase_pct` and `output_increase_pct` over no loyalty; `effort_differentiation`,
        effort at loyalty 0.9 over that at 0.1; `mechanism_synergy`, effect at loyalty 0.7 of both
        weights over the sum of their effects alone, 1 if there is none.
    """
    axes = np.meshgrid(*GRID.values(), indexing="ij")
    found = pd.DataFrame({name: axis.ravel() for name, axis in zip(GRID, axes, strict=True)})
    omega, beta, c, size, loyalty = (found[name].to_numpy() for name in GRID)

    def effort(of_loyalty: Any, phi_B: float = PHI_B, phi_C: float = PHI_C) -> Array:
        return mean_effort(omega, beta, c, size, of_loyalty, phi_B, phi_C, teammates)

    free, ours = effort(0.0), effort(loyalty)
    formula = (omega * beta / (c * size ** (2 - beta))) ** (1 / (1 - beta))
    both, *alone = (
        effort(0.7, phi_B, phi_C) - free
        for phi_B, phi_C in ((PHI_B, PHI_C), (PHI_B, 0), (0, PHI_C))
    )
    moved = sum(alone) > 0
    return found.assign(
        free_riding_eq=free,
        free_riding_error=100 * np.abs(free - formula) / formula,
        equilibrium_effort=ours,
        effort_increase_pct=100 * (ours / free - 1),
        output_increase_pct=100 * ((ours / free) ** beta - 1),
        effort_differentiation=effort(0.9) / effort(0.1),
        mechanism_synergy=np.where(moved, both / np.where(moved, sum(alone), 1), 1.0),
    )


def sweep_summary(teammates: str = "mean") -> pd.DataFrame:
    """Mean, sd, min, quartiles and max of each metric of `sweep`, one row per metric.

    Differentiation does not depend on loyalty and is summarised over the 625 teams.
    """
    rows = sweep(teammates).drop(columns=list(GRID))
    summary = rows.describe()
    summary["effort_differentiation"] = rows["effort_differentiation"][_at_loyalty(0.9)].describe()
    summary = summary.drop("count").T.rename(columns={"25%": "q1", "50%": "median", "75%": "q3"})
    return summary.rename_axis("metric").reset_index()


def _at_loyalty(loyalty: float) -> Array:
    return (sweep()["loyalty"] == loyalty).to_numpy()


def _percent(share: float, digits: int | None = None) -> Entry:
    value = 100 * float(share)
    return value, f"{value:.{digits}f}" if digits is not None else f"{value:.3g}"


def _sweep() -> dict[str, Entry]:
    """The six targets of the sweep, and the statistics on it."""
    rows = sweep()
    efforts = rows["equilibrium_effort"].to_numpy().reshape([len(v) for v in GRID.values()])
    of_teams = rows[_at_loyalty(0.9)]
    ratio = of_teams["effort_differentiation"].to_numpy()
    rising = (np.diff(efforts, axis=-1) >= 0).all(axis=-1).mean()
    falling = (np.diff(efforts[..., 0], axis=-1) <= 0).all(axis=-1).mean()
    median = float(np.median(ratio))
    gained = of_teams["equilibrium_effort"].to_numpy() - of_teams["free_riding_eq"].to_numpy()
    d = gained.mean() / gained.std()
    t = stats.ttest_1samp(gained, 0).statistic
    low, high = _bootstrap(ratio)
    return {
        "configurations": (len(rows), f"{len(rows):,}"),
        "free-riding baseline within 5% (%)": _percent(
            (of_teams["free_riding_error"] < 5).mean(), 1
        ),
        "loyalty monotone (%)": _percent(rising),
        "effort differentiation median": (
            median,
            f"{median:.2f} [{ratio.min():.2f}, {ratio.max():.2f}]",
        ),
        "effort differentiation > 2 (%)": _percent((ratio > 2).mean()),
        "team size effect (%)": _percent(falling),
        "mechanism synergy > 1.1 (%)": _percent((of_teams["mechanism_synergy"] > 1.1).mean(), 1),
        "bounded (%)": _percent(((efforts >= 0) & (efforts <= MOST)).mean()),
        "Cohen d": (d, f"{d:.2f}"),
        "paired t": (t, f"{t:.2f}"),
        "bootstrap 95% CI of mean differentiation": (low, f"[{low:.2f}, {high:.2f}]"),
    }


def _bootstrap(values: Array) -> tuple[float, float]:
    """95 percent interval of the mean of resampled values."""
    rng = np.random.RandomState(SEED)
    means = [rng.choice(values, len(values)).mean() for _ in range(10_000)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _monte_carlo() -> dict[str, Entry]:
    """Teams of five with parameters disturbed by up to 15 percent."""
    factors = 1 + np.random.RandomState(SEED).uniform(-0.15, 0.15, (2000, 4))
    omega, c = 25 * factors[:, 0], factors[:, 2]
    beta, phi_B = (0.7 * factors[:, 1]).clip(0.3, 0.95), (0.8 * factors[:, 3]).clip(0.2, 1)
    efforts = [mean_effort(omega, beta, c, 5, at, phi_B) for at in (0, 0.1, 0.3, 0.6, 0.9)]
    rising = (np.diff([efforts[at] for at in (0, 2, 3, 4)], axis=0) >= 0).all(axis=0)
    ratio = efforts[-1] / efforts[1]
    return {
        "Monte Carlo: loyalty monotone (%)": _percent(rising.mean(), 1),
        "Monte Carlo: differentiation > 2 (%)": _percent((ratio > 2).mean(), 1),
        "Monte Carlo: mean differentiation": (
            ratio.mean(),
            f"{ratio.mean():.2f} +/- {ratio.std():.2f}",
        ),
    }


def _case() -> dict[str, Entry]:
    """What the suite reports of the case beside its score."""
    rubric = load_rubric("apache", "legacy")
    outcome = apache.simulate("released", load("apache").values("released"), 1)
    total = score(rubric, outcome).total[0]
    fits = {name: values[0] for name, values in apache.fit(outcome).items()}
    expected = [row["value"] for row in apache.targets() if row["series"] == "effort"]
    r, p = stats.pearsonr(measure(outcome, {"name": "team_effort"})[0], expected)
    searched = by_search("Formation")
    ratio = searched.max() / searched.min()
    return {
        "score": (total, f"{total:g}/{rubric.max_points:g}"),
        "Pearson r of phase efforts": (r, f"{r:.3f} (p {p:.3f}, n {len(expected)})"),
        "RMSE": (fits["rmse"], f"{fits['rmse']:.3f}"),
        "MAPE (%)": (fits["mape"], f"{fits['mape']:.1f}"),
        "top/bottom contribution ratio (observed 4.2)": (ratio, f"{ratio:.2f}"),
    }


def by_search(phase: str) -> Array:
    """Efforts of the members of a phase as the suite finds them: one bounded search after another.

    A search stops up to 1e-5 short of a bound, so the ratio of the most to the least active member
    is 4997 here and 5000 in the closed form.
    """
    values = load("apache").values("released")
    at = apache.NAMES.index(phase)
    size = values["team_size"][at]
    base = np.asarray(values["base_loyalty"])
    loyalty = base[np.arange(size) % len(base)] * values["loyalty_multiplier"][at]
    bounds = (values["a_min"], values["a_max"])
    efforts = np.full(size, values["a_max"] / 2)

    def loss(effort: float, rest: float, theta: float) -> float:
        share = values["omega"] * (effort + rest) ** values["beta"] / size
        of_others = share - values["c"] * rest / (size - 1)
        kept = 1 - theta * values["phi_C"]
        return -(share - kept * values["c"] * effort + theta * values["phi_B"] * of_others)

    for _ in range(1000):
        before = efforts.copy()
        for member, theta in enumerate(loyalty):
            rest = efforts.sum() - efforts[member]
            found = optimize.minimize_scalar(loss, bounds, bounds, (rest, theta), "bounded")
            efforts[member] = found.x
        if np.abs(efforts - before).max() < 1e-6:
            return efforts
    raise RuntimeError(f"the best responses of {phase} do not settle")
