"""What learners reached, drawn: learning curves, scores, and where independent learners end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import MODES
from .convergence import TOLERANCE
from .learners import certificate_rows
from .selection import edition_of, is_pooled, learners, named
from .sheets import add_heads, add_legend, in_sheets, name_rows, number_columns
from .statistics import normalised
from .theme import (
    GREY,
    HALO,
    INK,
    PROTOCOL_LINES,
    Plot,
    apply,
    learner_colour,
    learner_marker,
    signed,
)

# Heights in inches: a band of learning curves; a row of a dot plot, and its band without rows.
CURVES, ROW, BAND = 0.95, 0.16, 0.4
PER_BAND = 3
# Scores below are told in numbers, at an arrow: one bad run would flatten all others.
LOWEST, MARGIN = -0.5, 0.07
PALE = "#E3E3E3"
INTERVAL = {"fmt": "none", "elinewidth": 1.5, "capsize": 2.4, "capthick": 1.0}


def learning_curves(scores: pd.DataFrame, curves: pd.DataFrame) -> Plot:
    """Normalised score along training: a band per environment, a column per reward mode."""
    apply()
    data = along_training(scores, curves)
    names = list(dict.fromkeys(data.sort_values(["edition", "environment"])["name"]))
    modes = [mode for mode in MODES if mode in set(data["reward_mode"])]
    fig, sheets = in_sheets([CURVES] * len(names), len(modes), sharex=True, sharey="row")
    for part, bands in sheets:
        for band, axes in bands.items():
            rows = data[data["name"] == names[band]]
            for mode, ax in zip(modes, axes, strict=True):
                draw_curves(ax, rows[rows["reward_mode"] == mode])
            axes[0].set_ylim(limits(rows["score"]))
            axes[0].set_title(names[band], size=8)
        add_heads(bands, [f"{mode} reward" for mode in modes])
        number_columns(bands, "thousand environment steps")
        part.supylabel("score in welfare", size=8)
        shown = data[data["name"].isin([names[band] for band in bands])]
        handles = [_learner_handle(policy, protocol) for policy, protocol, _ in learners(shown)]
        add_legend(part, handles)
    kept = ["policy", "protocol", "reward_mode", "seed", "run_id", "step", "welfare", "score"]
    return Plot(
        fig,
        data[["name", *kept]].rename(columns={"name": "environment"}),
        "Learning curves",
        _learning_caption(data, left_out=int((scores["status"] != "finished").sum())),
        "Line charts, a row per environment and a column per reward mode: normalised score in "
        "welfare against training steps of every learner.",
        max(1, len(sheets)),
    )


def along_training(scores: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Learning curves of finished runs with factors, name and score."""
    keys = ["run_id", "environment", "edition", "policy", "protocol", "reward_mode", "seed"]
    runs = scores.loc[scores["status"] == "finished", [*keys, "welfare_floor", "welfare_ceiling"]]
    data = named(runs.merge(curves[["run_id", "step", "welfare"]], on="run_id"))
    return data.assign(score=normalised(data, "welfare")).dropna(subset="score")


def draw_curves(ax: Axes, panel: pd.DataFrame) -> None:
    """Mean and range over seeds of every learner; what ends below the axis is told in numbers."""
    _references(ax.axhline)
    below = []
    for policy, protocol, learner in learners(panel):
        seeds = learner.groupby("step")["score"].agg(["mean", "min", "max"])
        steps, colour = seeds.index.to_numpy(float) / 1000, learner_colour(policy)
        ax.fill_between(steps, seeds["min"], seeds["max"], color=colour, alpha=0.13, lw=0)
        ax.plot(steps, seeds["mean"], color=colour, ls=PROTOCOL_LINES[protocol], lw=1.3)
        end = seeds["mean"].iloc[-1]
        ax.plot(steps[-1], end, zorder=4, **learner_marker(policy, protocol, 3.8))
        if end < LOWEST:
            below.append((end, colour))
    for place, (end, colour) in enumerate(below):
        style = {"color": colour, "size": 6.5, "ha": "right", "path_effects": HALO, "zorder": 5}
        corner = (0.98 - 0.16 * (place % 6), 0.06 + 0.16 * (place // 6))
        ax.text(*corner, f"▾ {signed(end, 1)}", transform=ax.transAxes, **style)
    ax.tick_params(labelsize=7, pad=1)


def _learning_caption(data: pd.DataFrame, left_out: int) -> str:
    aside = f" Runs that did not finish are left out: {left_out}." if left_out else ""
    if data.empty:
        return f"No training run finished.{aside}"
    keys = ["name", "policy", "protocol", "reward_mode"]
    steps = data.groupby([*keys, "step"], sort=False)["score"].mean()
    ends = steps.groupby(keys, sort=False).agg(["first", "last"]).round(2)
    change = (ends["last"] - ends["first"]).round(2)
    found = {"rises most" if change.max() > 0 else "falls least": change.idxmax()}
    found["falls most" if change.min() < 0 else "rises least"] = change.idxmin()
    said = " and ".join(
        f"{verb} for {policy}, {protocol}, on {name} under {mode} reward "
        f"({signed(ends['first'][name, policy, protocol, mode])} to "
        f"{signed(ends['last'][name, policy, protocol, mode])})"
        for verb, (name, policy, protocol, mode) in found.items()
    )
    return (
        f"From the untrained policy to the end of training the mean score {said}. Lines are means "
        "over seeds, bands their range; 0 is the lower of Random and the worst equilibrium "
        f"(dotted), 1 the dynamic optimum.{_about_arrows(ends['last'])}{aside}"
    )


def score_intervals(aggregates: pd.DataFrame) -> Plot:
    """IQM of the score with its interval: a panel per environment, a row per learner."""
    apply()
    shown = aggregates[aggregates["reward_mode"] == "integrated"]
    # Scores of a study without a finished run are zero by definition and show nothing.
    drawn = shown.dropna(subset="iqm") if shown["finished"].sum() else shown.iloc[:0]
    bands_of = [
        (names, rows)
        for _, part in drawn.groupby(drawn["environment"].map(edition_of))
        for rows, alike in _by_learners(part).items()
        for names in _in_bands(alike)
    ]
    heights = [BAND + ROW * len(rows) for _, rows in bands_of]
    columns = max((len(names) for names, _ in bands_of), default=0)
    fig, sheets = in_sheets(heights, columns, sharex=True, sharey="row")
    shared = limits(pd.concat([drawn[end] for end in ("low", "high", "untrained")]))
    for part, bands in sheets:
        for band, axes in bands.items():
            names, rows = bands_of[band]
            for name, ax in zip(names, axes, strict=False):
                panel = drawn[drawn["environment"] == name]
                _draw_intervals(ax, panel.set_index(["policy", "protocol"]), rows, shared)
                weight = "bold" if is_pooled(name) else "normal"
                ax.set_title(_panel_title(name, panel), size=7.5, weight=weight)
            while len(axes) > len(names):
                axes.pop().remove()
            name_rows(axes, [", ".join(row) for row in rows])
        number_columns(bands, "score in welfare")
        add_legend(part, _interval_handles())
    return Plot(
        fig,
        shown.copy(),
        "Scores with intervals",
        _scores_caption(shown, drawn),
        "Dot plots, one per environment with a row per learner: interquartile mean score with its "
        "interval, and the score before training.",
        max(1, len(sheets)),
    )


def _by_learners(part: pd.DataFrame) -> dict[tuple[tuple[str, str], ...], list[str]]:
    """Learners in the order of the study -> environments that have these and no others."""
    order = [(policy, protocol) for policy, protocol, _ in learners(part)]
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name in sorted(part["environment"].unique(), key=_pooled_last):
        here = part[part["environment"] == name]
        found = set(zip(here["policy"], here["protocol"], strict=True))
        alike.setdefault(tuple(row for row in order if row in found), []).append(name)
    return alike


def _pooled_last(name: str) -> tuple[bool, str]:
    return is_pooled(name), name


def _in_bands(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[i : i + PER_BAND] for i in range(0, len(names), PER_BAND)]


def _panel_title(name: str, panel: pd.DataFrame) -> str:
    return f"{name}: {panel['environments'].iloc[0]} environments" if is_pooled(name) else name


def _draw_intervals(
    ax: Axes, found: pd.DataFrame, rows: Sequence[tuple[str, str]], ends: tuple[float, float]
) -> None:
    """A row per learner: score before and after training; an arrow where it lies below."""
    _references(ax.axvline)
    for y, learner in enumerate(rows):
        if learner not in found.index:
            continue
        row, colour = found.loc[learner], learner_colour(learner[0])
        if row["iqm"] < LOWEST:
            text = f" ◂ {signed(row['iqm'])}"
            style = {"color": colour, "size": 7, "va": "center_baseline", "path_effects": HALO}
            ax.text(ends[0], y, text, **style)
            continue
        ax.plot(row["untrained"], y, "o", mfc="none", mec=GREY, ms=6, mew=0.8)
        _dot(ax, y, row["iqm"], (row["low"], row["high"]), *learner)
    ax.set(xlim=ends)


def _interval_handles() -> list[Line2D]:
    line = {"color": GREY, "marker": "o", "ms": 4}
    return [
        Line2D([], [], **line, label="corrected, 95 % interval"),
        Line2D([], [], **line, mfc="white", label="as_published, 95 % interval"),
        Line2D([], [], **{**line, "ms": 6}, mfc="none", ls="", label="before training"),
    ]


def _scores_caption(shown: pd.DataFrame, drawn: pd.DataFrame) -> str:
    single = shown[~shown["environment"].map(is_pooled).astype(bool)]
    planned, finished = int(single["planned"].sum()), int(single["finished"].sum())
    if drawn.empty:
        return f"No training run under integrated reward finished, of {planned} planned."
    scores = single.dropna(subset="iqm").reset_index(drop=True)
    worst, best = (
        "{0:} ({policy}, {protocol}, on {environment})".format(
            signed(scores["iqm"][i]), **scores.loc[i]
        )
        for i in (scores["iqm"].idxmin(), scores["iqm"].idxmax())
    )
    said = [
        "Policies trained on integrated reward: interquartile mean of the score with its 95 % "
        f"stratified bootstrap interval. It lies between {worst} and {best}. Rings are the policies"
        " before training."
        f"{_about_arrows(scores['iqm'])}"
    ]
    if len(scores) < len(drawn):
        said.append(
            "Bold panels pool all environments of an edition that learners train on; only learners "
            "that train on all of them are comparable there and shown."
        )
    if finished < planned:
        said.append(f"Runs that did not finish count as 0: {planned - finished} of {planned}.")
    return " ".join(said)


def learner_certificates(learner_certificates: pd.DataFrame) -> Plot:
    """Final shares of independent learners beside what theory says: a band per environment."""
    apply()
    table = certificate_rows(learner_certificates)
    modes = [mode for mode in MODES if mode in set(table["reward_mode"])]
    bands_of = [(name, *_by_row(part)) for name, part in table.groupby("environment")]
    heights = [BAND + ROW * len(labels) for _, labels, _ in bands_of]
    fig, sheets = in_sheets(heights, len(modes), sharex=True, sharey="row")
    targets = dict(zip(table["reward_mode"], table["target"], strict=True))
    for part, bands in sheets:
        for band, axes in bands.items():
            name, labels, rows = bands_of[band]
            for mode, ax in zip(modes, axes, strict=True):
                _draw_ends(ax, rows[rows["reward_mode"] == mode])
            name_rows(axes, labels)
            axes[0].set_title(name, size=8)
        add_heads(bands, [f"{mode} reward: {targets[mode]}" for mode in modes])
        number_columns(bands, "share of the own endowment")
        add_legend(part, _end_handles())
    return Plot(
        fig,
        table,
        "Where independent learners end",
        _ends_caption(table),
        "Dot plots, a row of panels per environment and a column per reward mode: mean share of "
        "the endowment after training with its interval, beside the equilibrium or the optimum of "
        "the environment's certificate.",
        max(1, len(sheets)),
    )


def _by_row(table: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Labels of all roles and learners of an environment, and its table with the column `row`."""
    several = table["role"].nunique() > 1
    said = table["policy"] + (", " + table["role"] if several else "")
    labels = list(dict.fromkeys(said))
    return labels, table.assign(row=said.map(labels.index))


def _draw_ends(ax: Axes, ends: pd.DataFrame) -> None:
    """A row per learner and role: target with its tolerance, mean share with its interval."""
    for row in ends.to_dict("records"):
        y, target = row["row"], row["target_share"]
        ax.barh(y, 2 * TOLERANCE, left=target - TOLERANCE, height=0.72, color=PALE)
        ax.plot(target, y, **_target_mark())
        reached = (row["share_low"], row["share_high"])
        _dot(ax, y, row["share"], reached, row["policy"], "corrected")
    ax.set(xlim=(-0.05, 1.05), xticks=(0, 0.25, 0.5, 0.75, 1))


def _target_mark() -> dict[str, Any]:
    return {"ls": "", "marker": "|", "ms": 9, "mew": 1.6, "mec": INK}


def _end_handles() -> list[Line2D | Patch]:
    return [
        Line2D([], [], **_target_mark(), label="equilibrium or optimum"),
        Patch(color=PALE, label=f"within {TOLERANCE:.2f} of it"),
        Line2D([], [], color=GREY, marker="o", ms=4, label="learner, 95 % interval"),
    ]


def _ends_caption(table: pd.DataFrame) -> str:
    ends = table.dropna(subset="gap").reset_index(drop=True)
    if ends.empty:
        return "No independent learner finished under private or cooperative reward."
    gaps = ends["gap"].abs()
    nearest, farthest = (
        "{policy} on {environment} under {reward_mode} reward ({share:.2f} instead of "
        "{target_share:.2f})".format(**ends.loc[i])
        for i in (gaps.idxmin(), gaps.idxmax())
    )
    return (
        f"Nearest to its target ends {nearest}, farthest {farthest}. Shares are means over an "
        "episode, the agents of a role and seeds. Of several equilibria the one nearest to where "
        "the learner ended is shown."
    )


def _dot(
    ax: Axes, y: float, value: float, ends: tuple[float, float], policy: str, protocol: str
) -> None:
    """A learner's value with its interval on a line of a dot plot; without ends only the value."""
    colour = learner_colour(policy)
    if np.isfinite(ends).all():
        arms = [[max(0.0, value - ends[0])], [max(0.0, ends[1] - value)]]
        ax.errorbar(value, y, xerr=arms, ecolor=colour, **INTERVAL)
    ax.plot(value, y, zorder=4, **learner_marker(policy, protocol, 3.8))


def _learner_handle(policy: str, protocol: str) -> Line2D:
    line = {"color": learner_colour(policy), "ls": PROTOCOL_LINES[protocol], "lw": 1.3}
    mark = learner_marker(policy, protocol, 3.8)
    return Line2D([], [], **line, **mark, label=f"{policy}, {protocol}")


def _references(line: Any) -> None:
    """Lines at 0 and 1, along the given axis."""
    line(0, color=GREY, ls=":", lw=1, zorder=1)
    line(1, color=GREY, lw=0.8, zorder=1)


def limits(scores: pd.Series) -> tuple[float, float]:
    """Ends of an axis that shows 0, 1 and all scores but those at arrows."""
    shown = [0.0, 1.0, *scores[scores >= LOWEST]]
    return min(shown) - MARGIN, max(shown) + MARGIN


def _about_arrows(scores: pd.Series) -> str:
    """What arrows mean, where there are some."""
    if scores.min() >= LOWEST:
        return ""
    return f" An arrow names a score below {signed(LOWEST, 1)}."
