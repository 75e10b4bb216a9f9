"""Figures of the case studies: all scores beside chance, and one sheet per case."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .cases import ENVIRONMENTS
from .cases.casefile import load
from .cases.study import QUANTILES
from .theme import GREY, INK, WIDTH, Plot, apply, signed

COLOURS = ("#332288", "#D55E00")  # of the variants of a model, in order
RUBRIC_COLOURS = {"legacy": "#999999", "strict": "#332288"}
TARGET, NULL = "#DDAA33", "#D9D9D9"
# Heights in inches: a row of panels, a bar of an item, a row of an ablation, and around them.
PANEL, ITEM, AROUND = 1.5, 0.135, 0.75
PAGE = 7.2  # the height that leaves room for heading and caption on the page
COLUMNS = 3
STRIP = "contributions"  # series of this name are drawn as the contributions of members


def case_scores(case_scores: pd.DataFrame) -> Plot:
    """Every score on the axis from chance to the ceiling, with what random parameters reach."""
    apply()
    names = list(dict.fromkeys(_label(row) for row in case_scores.itertuples()))
    fig, ax = plt.subplots(figsize=(WIDTH, 1.1 + 0.32 * max(len(names), 1)))
    data = []
    for row in case_scores.itertuples():
        y = names.index(_label(row)) + (0.17 if row.rubric == "strict" else -0.17)
        scale = row.ceiling - row.null_mean
        low, high, inert = (
            (value - row.null_mean) / scale for value in (row.null_low, row.null_high, row.inert)
        )
        colour = RUBRIC_COLOURS[row.rubric]
        ax.plot([low, high], [y, y], color=colour, lw=5, alpha=0.25, solid_capstyle="butt")
        ax.plot(inert, y, "x", color=colour, ms=4)
        ax.plot(row.kappa, y, "o", color=colour, ms=5)
        told = {"environment": ENVIRONMENTS[row.case], **row._asdict()}
        data.append({**told, "kappa_low": low, "kappa_high": high, "kappa_inert": inert})
    ax.axvline(0, color=GREY, lw=1)
    ax.axvline(1, color=GREY, lw=1, ls="--")
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(max(len(names), 1) - 0.5, -0.5), xlabel="κ: 0 is chance, 1 the attainable ceiling")
    fig.legend(handles=_score_handles(), loc="outside lower center", ncols=4, fontsize=7.5)
    frame = pd.DataFrame(data).drop(columns="Index", errors="ignore")
    return Plot(
        fig,
        frame,
        "Case studies beside chance",
        _scores_caption(case_scores),
        "Dot plot with two rows per case, legacy and strict rubric: the score of the calibrated "
        "model, the range of 95 % of random parameters, and the score of a model in which nothing "
        "happens, on an axis from chance to the attainable ceiling.",
    )


def _label(row: pd.Series) -> str:
    return load(row.case).title + ("" if row.variant == "released" else f", {row.variant}")


def _score_handles() -> list[Line2D | Patch]:
    legacy, strict = RUBRIC_COLOURS.values()
    marks = {"color": INK, "ls": ""}
    return [
        Line2D([], [], marker="o", color=legacy, ls="", label="legacy rubric"),
        Line2D([], [], marker="o", color=strict, ls="", label="strict rubric"),
        Patch(color=NULL, label="95 % of random parameters"),
        Line2D([], [], marker="x", label="nothing happens", **marks),
    ]


def _scores_caption(scores: pd.DataFrame) -> str:
    if scores.empty:
        return "No case study is part of this run."
    parts = []
    for rubric, group in scores.groupby("rubric", sort=False):
        beyond = int((group["p_null"] < 0.05).sum())
        listed = ", ".join(f"{_label(row)} {signed(row.kappa)}" for row in group.itertuples())
        parts.append(
            f"{rubric.capitalize()} rubrics: {beyond} of {len(group)} calibrated models score more "
            f"than 95 % of random parameter sets (κ: {listed})"
        )
    return ". ".join(parts) + "."


def case_sheets(
    case_scores: pd.DataFrame,
    case_nulls: pd.DataFrame,
    case_items: pd.DataFrame,
    case_ablations: pd.DataFrame,
    case_series: pd.DataFrame,
    case_targets: pd.DataFrame,
) -> Iterator[tuple[str, Plot]]:
    """One sheet per case: what its model does, what it scores for, beside chance and ablations.

    Args:
        case_scores: see `schema`, as are the following.
        case_nulls: see `schema`.
        case_items: see `schema`.
        case_ablations: see `schema`.
        case_series: see `schema`.
        case_targets: see `schema`.
    """
    apply()
    for case in dict.fromkeys(case_scores["case"]):
        tables = (case_scores, case_nulls, case_items, case_ablations, case_series, case_targets)
        yield case, _sheet(case, *(table[table["case"] == case] for table in tables))


def _sheet(
    case: str,
    scores: pd.DataFrame,
    nulls: pd.DataFrame,
    items: pd.DataFrame,
    ablations: pd.DataFrame,
    series: pd.DataFrame,
    targets: pd.DataFrame,
) -> Plot:
    names = list(dict.fromkeys(series["series"]))
    rows = -(-len(names) // COLUMNS)
    strict = items[items["rubric"] == "strict"]
    changed = ablations[ablations["rubric"] == "legacy"]
    wanted = (
        AROUND + PANEL * rows,
        AROUND + 1.2 * PANEL,
        AROUND + ITEM * max(strict["item"].nunique(), 1.4 * changed["label"].nunique()),
    )
    heights = np.array(wanted) * min(1.0, PAGE / sum(wanted))
    fig = plt.figure(figsize=(WIDTH, sum(heights)))
    above, middle, below = fig.subfigures(3, 1, height_ratios=heights)
    _draw_series(above, names, series, targets)
    _draw_nulls(middle, scores, nulls)
    left, right = below.subplots(1, 2)
    _draw_items(left, strict)
    _draw_ablations(right, changed)
    data = pd.concat(
        [
            series.assign(part="series"),
            targets.assign(part="target"),
            items.assign(part="item"),
            nulls.drop(columns="quantiles").assign(part="null"),
            ablations.assign(part="ablation"),
        ]
    )
    return Plot(
        fig,
        data,
        f"{load(case).title}: model, scores and chance",
        _sheet_caption(scores, changed),
        "From above: panels of what the calibrated model does with targets and the range of random "
        "parameters; distributions of null scores with the calibrated score; bars of points per "
        "item of the strict rubric, and dots of legacy scores after changes of the model.",
    )


def _draw_series(
    part: SubFigure, names: list[str], series: pd.DataFrame, targets: pd.DataFrame
) -> None:
    rows = -(-len(names) // COLUMNS)
    axes = part.subplots(rows, COLUMNS, squeeze=False)
    variants = list(dict.fromkeys(series["variant"]))
    for ax in axes.flat[len(names) :]:
        ax.axis("off")
    for ax, name in zip(axes.flat, names, strict=False):
        shown = series[series["series"] == name]
        for variant, colour in zip(variants, COLOURS, strict=False):
            _draw_one(ax, shown[shown["variant"] == variant], colour, variants.index(variant))
        for row in targets[targets["series"] == name].itertuples():
            _draw_target(ax, row, len(shown) > len(variants))
        ax.set_title(name.replace("_", " "), fontsize=7.5)
        ax.tick_params(labelsize=6.5)
        if name.startswith(STRIP):
            ax.set_yscale("log")
        elif len(shown) == len(variants):
            ax.set_xticks(range(len(variants)), variants)
            ax.set_xlim(-0.6, len(variants) - 0.4)
        _keep_in_sight(ax, shown, targets[targets["series"] == name])
        _name_phases(ax, shown)
    handles = [
        Line2D([], [], color=colour, label="calibrated" if len(variants) == 1 else variant)
        for variant, colour in zip(variants, COLOURS, strict=False)
    ]
    handles += [
        Patch(color=NULL, label="95 % of random parameters"),
        Line2D([], [], marker="_", color=TARGET, ls="", mew=2, label="target"),
    ]
    part.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7)


def _keep_in_sight(ax: Axes, shown: pd.DataFrame, targets: pd.DataFrame) -> None:
    """Let the range of random parameters leave the panel where it dwarfs everything else."""
    if ax.get_yscale() == "log":
        return
    seen = pd.concat([shown["value"], targets["value"], targets["low"], targets["high"]]).dropna()
    low, high = min(seen.min(), 0.0), seen.max()
    room = 0.35 * (high - low)
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, low - room), min(top, high + room))


def _name_phases(ax: Axes, shown: pd.DataFrame) -> None:
    """Bands and names of phases under a series in time; names as ticks of one with a value each."""
    phases = shown.loc[shown["phase"] != "", ["at", "phase"]].drop_duplicates()
    if phases.empty or ax.get_yscale() == "log":
        return
    starts = phases.groupby("phase", sort=False)["at"].min()
    if len(starts) == len(phases):
        ax.set_xticks(starts, [name[:7] for name in starts.index], fontsize=6)
        return
    ends = [*starts.iloc[1:], phases["at"].max()]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if number % 2:
            ax.axvspan(start, end, color=INK, alpha=0.05, lw=0, zorder=0)
    middles = [(start + end) / 2 for start, end in zip(starts, ends, strict=True)]
    ax.set_xticks(middles, [name[:3] for name in starts.index], fontsize=6)
    ax.grid(axis="x", visible=False)


def _draw_one(ax: Axes, shown: pd.DataFrame, colour: str, place: int) -> None:
    """One series of one variant: a line, or a point where it has a single value."""
    if shown.empty:
        return
    if len(shown) == 1:
        row = shown.iloc[0]
        ax.bar(place, row.null_high - row.null_low, 0.5, row.null_low, color=NULL, zorder=1)
        ax.plot(place, row["value"], "o", color=colour, ms=5, zorder=3)
        return
    at = shown["at"].to_numpy()
    if shown["null_low"].notna().any():
        ax.fill_between(at, shown["null_low"], shown["null_high"], color=NULL, lw=0, zorder=1)
    if shown["low"].notna().any():
        ax.fill_between(at, shown["low"], shown["high"], color=colour, alpha=0.25, lw=0, zorder=2)
    ax.plot(at, shown["value"], "o-" if len(at) < 8 else "-", color=colour, ms=3, lw=1.3, zorder=3)


def _draw_target(ax: Axes, row: pd.Series, over_time: bool) -> None:
    if not over_time:
        low = row.low if np.isfinite(row.low) else ax.get_ylim()[0]
        high = row.high if np.isfinite(row.high) else ax.get_ylim()[1]
        ax.axhspan(low, high, color=TARGET, alpha=0.25, lw=0, zorder=0)
        return
    if np.isfinite(row.low) and np.isfinite(row.high):
        ax.plot([row.at, row.at], [row.low, row.high], color=TARGET, lw=1.5, zorder=2.5)
    ax.plot(row.at, row.value, "_", color=TARGET, ms=6, mew=2, zorder=2.6)


def _draw_nulls(part: SubFigure, scores: pd.DataFrame, nulls: pd.DataFrame) -> None:
    """Distribution functions of null scores, one panel per rubric and variant."""
    panels = list(scores.itertuples())
    axes = part.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, row in zip(axes, panels, strict=True):
        drawn = nulls[(nulls["rubric"] == row.rubric) & (nulls["variant"] == row.variant)]
        drawn = drawn[drawn["draws"] > 1]
        for number, null in enumerate(drawn.itertuples()):
            style = {"color": GREY, "alpha": 1 - 0.75 * number / max(len(drawn), 1)}
            ax.step(null.quantiles, QUANTILES, where="post", lw=1.2, **style)
        ax.axvline(row.score, color=COLOURS[0], lw=1.5)
        ax.axvline(row.inert, color=INK, lw=1, ls=":")
        ax.axvline(row.ceiling, color=GREY, lw=1, ls="--")
        model = "" if row.variant == "released" else f", {row.variant[:3]}"
        ax.set_title(f"{row.rubric}{model}: {row.score:g} of {row.ceiling:g}", fontsize=7.5)
        ax.set_xlabel("points", fontsize=7)
        ax.tick_params(labelsize=6.5)
    axes[0].set_ylabel("share of null scores\nat most", fontsize=7)
    handles = [
        Line2D([], [], color=COLOURS[0], label="calibrated"),
        Line2D([], [], color=GREY, label="null models"),
        Line2D([], [], color=INK, ls=":", label="nothing happens"),
        Line2D([], [], color=GREY, ls="--", label="ceiling"),
    ]
    part.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=7)


def _draw_items(ax: Axes, items: pd.DataFrame) -> None:
    variants = list(dict.fromkeys(items["variant"]))
    names = list(dict.fromkeys(items["item"]))
    for variant, colour in zip(variants, COLOURS, strict=False):
        shift = 0.2 * (variants.index(variant) - (len(variants) - 1) / 2)
        for row in items[items["variant"] == variant].itertuples():
            y = names.index(row.item) + shift
            ax.plot([0, row.points_max], [y, y], color=NULL, lw=5, solid_capstyle="butt", zorder=1)
            ax.plot([0, row.points], [y, y], color=colour, lw=3, solid_capstyle="butt", zorder=2)
            ax.plot(row.null_mean, y, "|", color=INK, ms=6, zorder=3)
    ax.set_yticks(range(len(names)), names, fontsize=6.5)
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
    ax.set_title("strict rubric: points, | chance", fontsize=7.5)
    ax.tick_params(axis="x", labelsize=6.5)
    ax.grid(axis="y", visible=False)


def _draw_ablations(ax: Axes, changed: pd.DataFrame) -> None:
    names = list(dict.fromkeys(changed["label"]))
    variants = list(dict.fromkeys(changed["variant"]))
    for variant, colour in zip(variants, COLOURS, strict=False):
        rows = changed[changed["variant"] == variant]
        if rows.empty:
            continue
        ax.axvline(rows["calibrated"].iloc[0], color=colour, lw=1, alpha=0.5)
        ax.plot(rows["score"], [names.index(n) for n in rows["label"]], "o", color=colour, ms=4)
    ax.set_yticks(range(len(names)), [textwrap.fill(name, 36) for name in names], fontsize=5.5)
    ax.yaxis.tick_right()
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)
    ax.set_title("legacy score after a change", fontsize=7.5)
    ax.tick_params(axis="x", labelsize=6.5)


def _sheet_caption(scores: pd.DataFrame, changed: pd.DataFrame) -> str:
    said = []
    for row in scores.itertuples():
        model = "" if row.variant == "released" else f", {row.variant}"
        said.append(
            f"{row.rubric}{model}: {row.score:g} of {row.ceiling:g} attainable points where chance "
            f"earns {row.null_mean:.1f} (P = {row.p_null:.3f}, κ = {signed(row.kappa)})"
        )
    gaining = changed[changed["score"] > changed["calibrated"]]
    more = (
        f" {len(gaining)} of {len(changed)} changes of the model raise the legacy score."
        if len(changed)
        else ""
    )
    text = "; ".join(said)
    return text[:1].upper() + text[1:] + "." + more
