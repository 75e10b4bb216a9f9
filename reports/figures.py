"""The figures of the report: each function turns tables into a `Plot`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .curves import formal_response_curves, response_curves
from .incentives import editions
from .selection import is_pooled, learners, named, own_basis
from .statistics import IDENTITY_TOLERANCE, interquartile_mean, normalised, relative_gap
from .theme import CLASS_COLOURS, GREY, MODE_LINES, PROTOCOL_COLOURS, WIDTH, Plot, apply

PER_ROW = 2


def identity(reference: pd.DataFrame) -> Plot:
    """Relative difference of integrated and cooperative summed return, a row per environment."""
    apply()
    released = reference[reference["edition"] == "v0"]
    constants = named(own_basis(released[released["level"].notna()]))
    wide = _by_mode(constants).reset_index()
    gap = wide["relative_difference"] = relative_gap(wide)
    names = list(dict.fromkeys(constants["name"]))
    fig, ax = plt.subplots(figsize=(WIDTH, 0.9 + 0.19 * len(names)))
    for (name, group), part in wide.groupby(["name", "mechanism_class"]):
        values = part["relative_difference"].unique()
        style = {"color": CLASS_COLOURS[group], "ms": 3.5, "alpha": 0.5, "mew": 0}
        ax.plot(values, [names.index(name)] * len(values), "o", **style)
    ax.axvline(IDENTITY_TOLERANCE, color=GREY, ls="--", lw=1)
    ax.set_xscale("symlog", linthresh=1e-10)
    ax.set_xticks([0, 1e-9, 1e-7, 1e-5], ["0", "1e-9", "1e-7", "1e-5\ntolerance"])
    ax.minorticks_off()
    ax.set_xlim(-3e-11, max(1e-4, 3 * gap.max()))
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlabel="relative difference of summed returns")
    return Plot(
        fig,
        wide.rename(columns={"name": "environment"}),
        "Integrated against cooperative return",
        _identity_caption(wide),
        "Dot plot with a row per environment of the relative difference between summed cooperative "
        f"and integrated return for 101 constant levels: at most {gap.max():.1e}, where "
        f"{IDENTITY_TOLERANCE:.0e} is tolerated.",
    )


def _identity_caption(wide: pd.DataFrame) -> str:
    gap = wide["relative_difference"]
    if (gap == 0).all():
        return f"The summed returns are equal for all {len(gap)} constants."
    worst = wide.loc[gap.idxmax()]
    size = (
        "the rounding of single precision"
        if gap.max() < IDENTITY_TOLERANCE
        else f"more than the tolerance of {IDENTITY_TOLERANCE:.0e}"
    )
    return (
        f"The summed returns differ by at most {gap.max():.1e} of their size "
        f"({worst['name']}, level {int(worst['level'])} %), {size}; they are equal for "
        f"{int((gap == 0).sum())} of {len(gap)} constants. The axis is linear below 1e-10."
    )


def learning_curves(scores: pd.DataFrame, curves: pd.DataFrame) -> Plot:
    """Normalised score along training, per environment and protocol."""
    apply()
    keys = ["run_id", "protocol", "reward_mode", "seed"]
    runs = named(scores[scores["status"] == "finished"])
    runs = runs[["name", "edition", "policy", *keys, "welfare_floor", "welfare_ceiling"]]
    data = curves[["run_id", "step", "welfare"]].merge(runs, on="run_id")
    data["score"] = normalised(data, "welfare")
    fig, panels = _panels(data["name"].unique(), height=2.2)
    for name, ax in panels.items():
        for _, protocol, learner in learners(data[data["name"] == name]):
            for mode, part in learner.groupby("reward_mode"):
                seeds = part.groupby("step")["score"].agg(["mean", "min", "max"])
                steps, colour = seeds.index.to_numpy(float) / 1000, PROTOCOL_COLOURS[protocol]
                ax.fill_between(steps, seeds["min"], seeds["max"], color=colour, alpha=0.15, lw=0)
                ax.plot(steps, seeds["mean"], color=colour, **MODE_LINES[mode])
        ax.axhline(1, color=GREY, lw=1, zorder=1)
        ax.axhline(0, color=GREY, lw=1.2, ls=":", zorder=1)
        ax.margins(y=0.1)
        ax.set(title=name)
    _label(panels, "thousand environment steps", "score in welfare")
    handles = [
        *(
            Line2D([], [], color=PROTOCOL_COLOURS[protocol], lw=3, label=f"{policy}, {protocol}")
            for policy, protocol, _ in learners(data)
        ),
        *(
            Line2D([], [], color=GREY, **line, label=f"{mode} reward")
            for mode, line in MODE_LINES.items()
            if mode in set(data["reward_mode"])
        ),
    ]
    if handles:
        fig.legend(handles=handles, loc="outside lower center", ncols=3)
    return Plot(
        fig,
        data[["name", *keys, "step", "welfare", "score"]].rename(columns={"name": "environment"}),
        "Learning curves",
        _learning_caption(data, left_out=int((scores["status"] != "finished").sum())),
        "Line charts, one per environment: normalised score in welfare against training steps for "
        "each protocol and reward mode.",
    )


def _learning_caption(data: pd.DataFrame, left_out: int) -> str:
    aside = f" Runs that did not finish are left out: {left_out}." if left_out else ""
    if data.empty:
        return f"No training run finished.{aside}"
    said = []
    for edition, part in data.sort_values("step").groupby("edition"):
        for policy, protocol, learner in learners(part.dropna(subset="score")):
            ends = learner.groupby("run_id")["score"].agg(["first", "last"])
            first, last = (interquartile_mean(ends, end) for end in ("first", "last"))
            said.append(f"{policy} {protocol} {edition} from {first:.2f} to {last:.2f}")
    return (
        "Interquartile mean of the score over environments of an edition, reward modes and seeds, "
        f"before and after training: {'; '.join(said)}. Lines are means over seeds, bands their "
        "range; 0 is the lower of Random and the worst equilibrium (dotted), 1 the dynamic "
        f"optimum.{aside}"
    )


def score_intervals(aggregates: pd.DataFrame) -> Plot:
    """IQM of the score with its interval, per environment and protocol."""
    apply()
    shown = aggregates[aggregates["reward_mode"] == "integrated"]
    # Scores of a study without a finished run are zero by definition and show nothing.
    drawn = shown if shown["finished"].sum() else shown.iloc[:0]
    names = sorted(drawn["environment"].unique(), key=lambda name: (is_pooled(name), name))
    fig, panels = _panels(["scores"] if names else [], height=0.7 + 0.42 * len(names))
    drawn_learners = list(learners(drawn))
    for ax in panels.values() if names else ():
        _draw_intervals(ax, names, drawn_learners)
    if names:
        handles = [
            Line2D([], [], marker="o", ms=5, color=PROTOCOL_COLOURS[protocol], label=label)
            for label, protocol in (
                (f"{p}, {protocol}", protocol) for p, protocol, _ in drawn_learners
            )
        ]
        ring = {"marker": "o", "ls": "", "ms": 8, "mfc": "none"}
        handles.append(Line2D([], [], color=GREY, **ring, label="before training"))
        fig.legend(handles=handles, loc="outside lower center", ncols=3)
    return Plot(
        fig,
        shown.copy(),
        "Scores with intervals",
        _scores_caption(shown),
        "Dot plot of the interquartile mean score with its interval for each environment and "
        "protocol, before and after training.",
    )


def _draw_intervals(ax: Axes, names: list[str], drawn: list[tuple[str, str, pd.DataFrame]]) -> None:
    """One line per name, the learners side by side on it."""
    for offset, (_, protocol, learner) in enumerate(drawn):
        rows = learner.set_index("environment").reindex(names)
        y = np.arange(len(names)) + (offset - (len(drawn) - 1) / 2) * 0.6 / len(drawn)
        colour = PROTOCOL_COLOURS[protocol]
        ax.plot(rows["untrained"], y, "o", mfc="none", mec=colour, ms=8, mew=1)
        ax.hlines(y, rows["low"], rows["high"], color=colour, lw=2.2)
        ax.plot(rows["iqm"], y, "o", color=colour, ms=5)
    ax.axvline(0, color=GREY, ls=":", lw=1.2, zorder=1)
    ax.axvline(1, color=GREY, lw=1, zorder=1)
    pooled = [name for name in names if is_pooled(name)]
    ax.axhline(len(names) - len(pooled) - 0.5, color=GREY, lw=0.8)
    ax.set_yticks(range(len(names)), names)
    for label in ax.get_yticklabels()[-len(pooled) :]:
        label.set_fontweight("bold")
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.04)
    ax.set(
        ylim=(len(names) - 0.5, -0.5),
        xlabel="score in welfare: 0 = no cooperation, 1 = dynamic optimum (integrated reward)",
    )


def _scores_caption(shown: pd.DataFrame) -> str:
    overall = shown[shown["environment"].map(is_pooled).astype(bool)]
    planned, finished = int(overall["planned"].sum()), int(overall["finished"].sum())
    if not finished:
        return f"No training run under integrated reward finished, of {planned} planned."
    said = "; ".join(
        f"{r.policy} {r.protocol} {r.environment.removeprefix('all ')} {r.iqm:.2f} "
        f"[{r.low:.2f}, {r.high:.2f}]"
        for r in overall.dropna(subset="iqm").itertuples()
    )
    aside = (
        f" Runs that did not finish count as 0: {planned - finished} of {planned}."
        if finished < planned
        else ""
    )
    return (
        f"Interquartile mean over all environments of an edition: {said} (95 % stratified "
        f"bootstrap interval). Rings are the policies before training.{aside}"
    )


FIGURES: dict[str, Callable[..., Plot]] = {
    "editions": editions,
    "response_curves": response_curves,
    "formal_response_curves": formal_response_curves,
    "identity": identity,
    "learning_curves": learning_curves,
    "scores": score_intervals,
}


def _by_mode(constants: pd.DataFrame) -> pd.DataFrame:
    """Returns of constants, one column per reward mode."""
    keys = ["name", "mechanism_class", "level"]
    return constants.pivot(index=keys, columns="reward_mode", values="mode_return")


def _panels(names: Iterable[str], height: float) -> tuple[plt.Figure, dict[str, Axes]]:
    """A grid with one panel per name; without names one panel says that there are no runs."""
    names = list(names)
    columns = max(1, min(PER_ROW, len(names)))
    rows = max(1, -(-len(names) // columns))
    fig, grid = plt.subplots(rows, columns, figsize=(WIDTH, height * rows + 0.5), squeeze=False)
    axes = list(grid.flat)
    if not names:
        axes[0].set_axis_off()
        axes[0].text(0.5, 0.5, "no runs", ha="center", va="center", color=GREY)
    for spare in axes[max(1, len(names)) :]:
        spare.remove()
    return fig, dict(zip(names, axes, strict=False))


def _label(panels: dict[str, Axes], x: str, y: str) -> None:
    """Label the axes once per column and row of the grid."""
    axes = list(panels.values())
    for i, ax in enumerate(axes):
        if i + PER_ROW >= len(axes):
            ax.set_xlabel(x)
        if i % PER_ROW == 0:
            ax.set_ylabel(y)
    if axes:
        axes[0].figure.align_ylabels(axes)
