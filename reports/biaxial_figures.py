"""Figures and summaries of the two-dimensional S-LCD study."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coopetition.agents.appropriation import ID, PLAYS
from coopetition.agents.descent import START

from .biaxial import COLLAPSE, targets
from .biaxial_comparison import at, ends
from .theme import HALO, INK, WIDTH, Plot, apply, between

TITLES = {
    "equilibrium": "published equilibrium",
    "selfish": "selfish equilibrium",
    "team": "joint plan",
}
# Points of the grid that claims speak of.
CLAIMED = {"G02": (0.40, 0.60), "G05": (0.40, 0.90), "G06": COLLAPSE}
# Below it nobody appropriates: the search is as exact as that. At BORDER a line is drawn, as the
# grid is too coarse for one at zero.
NONE, BORDER = 1e-6, 0.01
Grid = tuple[np.ndarray, np.ndarray, np.ndarray]
STEP, LINES = 0.02, (0.1, 0.2, 0.3)  # of the colours, and lines between them


def biaxial_phases(biaxial_maps: pd.DataFrame, biaxial_outcomes: pd.DataFrame) -> Plot:
    """Appropriation over eta and beta under each play, with the border of the equilibrium."""
    apply()
    data = _plane(biaxial_maps, "eta, beta")
    border = _grid(data, "equilibrium", "beta", "eta")
    fig, axes = _panels()
    for ax, way in zip(axes, PLAYS, strict=True):
        colours = _field(ax, data, way, "beta", "eta")
        _line(ax, border, BORDER, linestyles="--", linewidths=1.2)
        _mark(ax, biaxial_outcomes[biaxial_outcomes["play"] == way])
        ax.set_title(TITLES[way], size=9)
        ax.set(xlabel="dilution β", xticks=(0.3, 0.45, 0.6, 0.75, 0.9))
        ax.set(xticklabels=("0.3", "", "0.6", "", "0.9"), yticks=(0.2, 0.3, 0.4, 0.5, 0.6))
    axes[0].set_ylabel("appropriable part η")
    _finish(fig, axes, colours, _phase_handles())
    return Plot(
        fig,
        data,
        "Appropriation in the two-dimensional S-LCD",
        _phase_caption(biaxial_outcomes),
        "Three maps of mean appropriation over beta and eta, one per way of playing, with lines of "
        "equal appropriation, the border beyond which the published equilibrium appropriates "
        "nothing, and the 25 points of the published grid. Appropriation rises with eta and falls "
        "with beta in all three.",
    )


def biaxial_trained(biaxial_maps: pd.DataFrame, biaxial_trained: pd.DataFrame) -> Plot:
    """What learners end with over eta and beta, on the map of the published equilibrium."""
    apply()
    maps = _plane(biaxial_maps, "eta, beta")
    data = biaxial_trained[biaxial_trained["reward_mode"] == "integrated"]
    data = data[data["finished"] > 0].reset_index(drop=True)
    data.insert(0, "environment", ID)
    points = data.groupby("policy", sort=False).size()
    learners = [*points.index[points == points.max()]]
    size = (WIDTH, 0.8 + 2.2 * max(len(learners), 1))
    fig, axes = plt.subplots(
        max(len(learners), 1), 2, figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for column, (name, (step, label)) in enumerate(_LEVELS.items()):
        top = max(maps[name].max(), data[name].max() if len(data) else 0)
        levels = np.arange(np.ceil(top / step) + 1) * step
        palette = sns.light_palette("#0072B2", as_cmap=True)
        for ax, policy in zip(axes[:, column], learners or [""], strict=True):
            grid = _grid(maps, "equilibrium", "beta", "eta", name)
            colours = ax.contourf(*grid, levels=levels, cmap=palette)
            ax.grid(False)
            for row in data[data["policy"] == policy].itertuples():
                value = getattr(row, name)
                face = palette(colours.norm(value))
                ax.plot(row.beta, row.eta, "o", ms=9, mfc=face, mec=INK, clip_on=False, zorder=5)
                ax.annotate(
                    num_text(value, step),
                    (row.beta, row.eta),
                    (0, 6) if row.eta < 0.5 else (0, -7),
                    textcoords="offset points",
                    ha="center",
                    va="bottom" if row.eta < 0.5 else "top",
                    size=6.5,
                    path_effects=HALO,
                )
            ax.set_title(f"{policy}, {name}" if policy else name, size=9)
            ax.set(xticks=(0.3, 0.45, 0.6, 0.75, 0.9), yticks=(0.2, 0.3, 0.4, 0.5, 0.6))
            ax.set(xlim=(0.27, 0.93), ylim=(0.17, 0.63))
        axes[-1, column].set_xlabel("dilution β")
        bar = fig.colorbar(colours, ax=axes[:, column], label=label, pad=0.01)
        bar.outline.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel("appropriable part η")
    return Plot(
        fig,
        data,
        "Learners on the two-dimensional S-LCD",
        _trained_caption(data),
        "Two maps over beta and eta per learner, of cooperation and of appropriation. The ground "
        "is the published equilibrium; discs in the same colours, with numbers, are what the "
        "learner ends with at the points where it was trained.",
    )


# What trained runs show -> steps of its colours, and its name.
_LEVELS = {
    "cooperation": (5.0, "cooperation c of 100,\nmean over agents"),
    "appropriation": (0.05, "appropriation p,\nmean over agents"),
}


def num_text(value: float, step: float) -> str:
    """A value beside its disc, as exact as the colours need."""
    return f"{value:.0f}" if step >= 1 else f"{value:.2f}"


def _trained_caption(data: pd.DataFrame) -> str:
    if data.empty:
        return "No learner was trained on the two-dimensional S-LCD in this run."
    parts = []
    for policy, rows in data.groupby("policy", sort=False):
        parts.append(
            f"{policy} ({len(rows)} points, {rows['finished'].max()} seeds of "
            f"{rows['steps'].max():,} steps) ends with c of {between(rows['cooperation'], 0)} and "
            f"p of {between(rows['appropriation'])}, where the published equilibrium has p of "
            f"{between(rows['equilibrium_appropriation'])} and the joint plan "
            f"{between(rows['team_appropriation'])}"
        )
    return (
        f"{'; '.join(parts)}. Means over an episode, agents and seeds of corrected learners on "
        "integrated reward; an untrained policy starts near c = 50 and p = 0.5."
    )


def biaxial_calibration(biaxial_maps: pd.DataFrame, biaxial_calibration: pd.DataFrame) -> Plot:
    """Appropriation over kappa and xi under each play, with where the descents end.

    A learner that was trained has a panel of the points that its descents tried.
    """
    apply()
    data = _plane(biaxial_maps, "kappa, xi")
    wanted = targets()["endpoint"]["appropriation"]
    trained = biaxial_calibration[~biaxial_calibration["play"].isin(PLAYS)]
    shown = [*PLAYS, *trained["play"].unique()]
    top = max(data["appropriation"].max(), trained["appropriation"].max())
    fig, axes = _panels(len(shown))
    for ax, way in zip(axes, shown, strict=True):
        rows = biaxial_calibration[biaxial_calibration["play"] == way]
        if way in PLAYS:
            colours = _field(ax, data, way, "xi", "kappa", top)
            _line(ax, _grid(data, way, "xi", "kappa"), wanted, linewidths=1.6)
        else:
            _discs(ax, rows, colours.norm, colours.cmap)
        _descents(ax, rows)
        ax.set_title(play_title(way).replace(" ", "\n"), size=9)
        ax.set(xlabel="quadratic cost ξ", xticks=(5, 15, 25), xlim=(4, 30))
        ax.set(yticks=(0.1, 0.5, 1.0, 1.5, 2.0), ylim=(0.0, 2.0))
    axes[0].set_ylabel("linear cost κ")
    _finish(fig, axes, colours, _descent_handles(wanted))
    return Plot(
        fig,
        data,
        "Calibration of the two-dimensional S-LCD",
        _calibration_caption(data, biaxial_calibration, wanted),
        "Three maps of mean appropriation over xi and kappa, one per way of playing, with the line "
        "on which the target is met where there is one, and the paths of the coordinate descents "
        "from the published parameters; for a learner that was trained, discs in the same colours "
        "at the points that were tried.",
    )


def _plane(maps: pd.DataFrame, plane: str) -> pd.DataFrame:
    rows = maps[maps["plane"] == plane].drop(columns="plane").reset_index(drop=True)
    rows.insert(0, "environment", ID)
    return rows


def _grid(data: pd.DataFrame, way: str, x: str, y: str, value: str = "appropriation") -> Grid:
    """Values of x and of y, and what is played [y, x]."""
    wide = data[data["play"] == way].pivot(index=y, columns=x, values=value)
    return wide.columns.to_numpy(), wide.index.to_numpy(), wide.to_numpy()


def play_title(play: str) -> str:
    """Name of a way to play, or of a learner that was trained."""
    return TITLES.get(play, f"{play}, trained")


def _panels(count: int = len(PLAYS)) -> tuple[Figure, np.ndarray]:
    return plt.subplots(1, count, figsize=(WIDTH, 3.0), sharex=True, sharey=True)


def _field(
    ax: Axes, data: pd.DataFrame, way: str, x: str, y: str, top: float | None = None
) -> QuadContourSet:
    """Appropriation under a play as colour, in steps up to `top` that panels share, and `LINES`."""
    grid, top = _grid(data, way, x, y), top or data["appropriation"].max()
    steps = np.arange(np.ceil(top / STEP) + 1) * STEP
    colours = ax.contourf(*grid, levels=steps, cmap=sns.light_palette("#0072B2", as_cmap=True))
    for level in LINES:
        _line(ax, grid, level, colors="white", linewidths=1)
    ax.grid(False)
    return colours


def _line(ax: Axes, grid: Grid, level: float, **style: Any) -> None:
    """Where appropriation is at a level, if it is somewhere on the grid."""
    if grid[2].min() < level < grid[2].max():
        ax.contour(*grid, levels=[level], **{"colors": INK, **style})


def _discs(ax: Axes, rows: pd.DataFrame, norm: Normalize, palette: Colormap) -> None:
    """What a learner appropriates at the points of its descents."""
    style = {"c": rows["appropriation"], "norm": norm, "cmap": palette}
    ax.scatter(rows["xi"], rows["kappa"], s=50, edgecolors=INK, linewidths=0.5, **style)


def _mark(ax: Axes, rows: pd.DataFrame) -> None:
    """The points of the published grid: hollow where nobody appropriates."""
    taken = rows["appropriation"].map(max) > NONE
    for part, face in ((rows[taken], INK), (rows[~taken], "white")):
        # The layout would make room for an unclipped line without points.
        if len(part):
            style = {"ls": "", "marker": "o", "ms": 3.4, "mfc": face, "mec": INK, "mew": 0.7}
            ax.plot(part["beta"], part["eta"], clip_on=False, zorder=5, **style)
    for claim, (eta, beta) in CLAIMED.items():
        offset = (-4, 4) if beta > 0.8 else (4, 4)
        side = "right" if beta > 0.8 else "left"
        ax.annotate(
            claim,
            (beta, eta),
            offset,
            textcoords="offset points",
            ha=side,
            size=6.5,
            path_effects=HALO,
        )


def _descents(ax: Axes, rows: pd.DataFrame) -> None:
    """Path of the endpoint descent, and where the descents on the schedules end."""
    kept = rows[rows["kept"] & (rows["objective"] == "endpoint")]
    path = np.array([[START["xi"], START["kappa"]], *kept[["xi", "kappa"]].to_numpy()])
    ax.plot(*path.T, color=INK, lw=1, ls=":", zorder=4)
    ax.plot(*path[0], **_MARKS["start"], zorder=5)
    for row in ends(rows).itertuples():
        kind = "endpoint" if row.objective == "endpoint" else "schedule"
        ax.plot(row.xi, row.kappa, **_MARKS[kind], zorder=5)


_MARKS = {
    "start": {"ls": "", "marker": "X", "ms": 6, "mfc": INK, "mec": "white"},
    "endpoint": {"ls": "", "marker": "o", "ms": 4, "mfc": INK, "mec": INK},
    "schedule": {"ls": "", "marker": "s", "ms": 8, "mfc": "none", "mec": INK, "mew": 1},
}


def _finish(fig: Figure, axes: np.ndarray, colours: QuadContourSet, handles: list[Line2D]) -> None:
    label = "appropriation p,\nmean over agents"
    bar = fig.colorbar(colours, ax=axes, label=label, pad=0.01, ticks=(0, *LINES))
    bar.ax.hlines(LINES, 0, 1, color="white", lw=1)
    bar.outline.set_visible(False)
    fig.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=7.5)


def _phase_handles() -> list[Line2D]:
    point = {"ls": "", "marker": "o", "ms": 3.4, "mec": INK, "mew": 0.7}
    return [
        Line2D([], [], color=INK, ls="--", lw=1.2, label=f"p = {BORDER}, published equilibrium"),
        Line2D([], [], mfc=INK, label="published grid, p > 0", **point),
        Line2D([], [], mfc="white", label="published grid, p = 0 for both", **point),
    ]


def _descent_handles(wanted: float) -> list[Line2D]:
    return [
        Line2D([], [], color=INK, lw=1.6, label=f"target p = {wanted:.2f}"),
        Line2D([], [], label="published values", **_MARKS["start"]),
        Line2D([], [], label="end, endpoint objective", **_MARKS["endpoint"]),
        Line2D([], [], label="ends, schedules", **_MARKS["schedule"]),
    ]


def _phase_caption(outcomes: pd.DataFrame) -> str:
    found = {way: at(outcomes, COLLAPSE, way)["appropriation"] for way in PLAYS}
    taken = {way: ", ".join(f"{p:.3f}" for p in values) for way, values in found.items()}
    without = {way: _count(outcomes, way) for way in PLAYS}
    cooperation = {way: _range(outcomes, way) for way in PLAYS}
    trusting = {way: _trusting(outcomes, way) for way in PLAYS}
    return (
        f"Of {len(outcomes) // len(PLAYS)} points nobody appropriates on {without['equilibrium']} "
        f"in the published equilibrium, on {without['selfish']} in the selfish one and on "
        f"{without['team']} in the joint plan. At η = {COLLAPSE[0]:.2f}, β = {COLLAPSE[1]:.2f} "
        f"(G06) p is ({taken['equilibrium']}), ({taken['selfish']}) and ({taken['team']}). "
        f"Cooperation is {cooperation['equilibrium']}, {cooperation['selfish']} and "
        f"{cooperation['team']} of 100, and trust, which needs 30, ends above 0.5 on "
        f"{trusting['equilibrium']}, {trusting['selfish']} and {trusting['team']} of the points."
    )


def _count(outcomes: pd.DataFrame, way: str) -> int:
    taken = outcomes.loc[outcomes["play"] == way, "appropriation"].map(max)
    return int((taken <= NONE).sum())


def _range(outcomes: pd.DataFrame, way: str) -> str:
    """Mean cooperation over the grid."""
    return between(outcomes.loc[outcomes["play"] == way, "cooperation"].map(np.mean), 1)


def _trusting(outcomes: pd.DataFrame, way: str) -> int:
    rows = outcomes[outcomes["play"] == way]
    return int((rows["trust_end"] > 0.5).sum())


def _calibration_caption(data: pd.DataFrame, calibration: pd.DataFrame, wanted: float) -> str:
    reached = {way: data.loc[data["play"] == way, "appropriation"] for way in PLAYS}
    said = [f"{between(v, 3)} ({TITLES[way]})" for way, v in reached.items()]
    solved = calibration["play"].isin(PLAYS)
    last = ends(calibration[solved])
    apart = last.groupby("play")[["kappa", "xi"]].agg(np.ptp).to_numpy().max()
    moved = _trust_range(data)
    met = [TITLES[way] for way, v in reached.items() if v.min() <= wanted <= v.max()]
    return (
        f"Over the whole box appropriation is {'; '.join(said)}; the target of {wanted:.2f} can be "
        f"met by: {', '.join(met) or 'none'}. Trust at the quarters of the episode moves by at "
        f"most {moved:.0e} over the box, because it does not answer to appropriation; so the "
        "waypoints add next to a constant to the objective. The four descents of one play end "
        f"within {apart:.0e} of each other in κ and ξ. One target cannot tell two parameters "
        "apart: where it can be met, it is met on a whole line."
        f"{_trained_descents(calibration[~solved])}"
    )


def _trained_descents(rows: pd.DataFrame) -> str:
    """Where the descents of trained learners end, and how many of their points have no run."""
    said = []
    for policy, tried in rows.groupby("play", sort=False):
        places = [
            f"κ = {row.kappa:.2f}, ξ = {row.xi:.2f} ({row.objective})"
            for row in ends(tried).itertuples()
        ]
        lost = int((tried["finished"] == 0).sum())
        passed = f"; at {lost} of {len(tried)} points no run finished, and they are passed over"
        said.append(
            f" Where {policy} is trained at every point, {tried['runs'].max()} seeds of "
            f"{tried['steps'].max():,} steps, the descents end at {'; '.join(places) or 'no point'}"
            f", and final appropriation is {tried['appropriation'].min():.3f} to "
            f"{tried['appropriation'].max():.3f}{passed if lost else ''}."
        )
    return "".join(said)


def _trust_range(data: pd.DataFrame) -> float:
    """Largest range of trust over the box, over quarters and plays."""
    columns = [name for name in data if name.startswith("trust_")]
    spread = data.groupby("play")[columns].agg(np.ptp)
    return float(spread.to_numpy().max())
