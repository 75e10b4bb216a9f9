"""The gap between the two sides of the published tables on every environment, drawn.

The published figure has the gap in return on four environments of the case studies. These are
enlarged, in the published form; below them stands every environment, in score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from coopetition.envs import MECHANISM_CLASSES

from .class_gaps import change_summary
from .columns import MODES
from .comparison_figures import FORMS, gap_handles, published_mark
from .sheets import add_legend, in_sheets
from .sources import published
from .theme import EDITIONS, GREY, INK, MODE_COLOURS, Plot, apply, signed

# Inches: the panels of case studies; an environment in the others, and what stands around it.
CASES, ROW, AROUND = 1.5, 0.34, 0.55
# Gaps beyond are drawn at the edge, at an arrow.
REACH = {"return": 60.0, "score": 0.6}
# Where the marks of the three modes lie within the row of an environment.
OFFSETS = {"private": -0.22, "integrated": 0.0, "cooperative": 0.22}


def crossovers(class_gaps: pd.DataFrame) -> Plot:
    """Best independent less best CTDE learner on every environment, a panel per class."""
    apply()
    shown = class_gaps[class_gaps["environment"] != ""]
    editions = [*shown.groupby("edition")]
    rows = {edition: _longest(table) for edition, table in editions}
    # Case studies have a band of their own where one of them is compared.
    bands_of = [
        (edition, table, cases)
        for edition, table in editions
        for cases in ((True, False) if _compared(table) else (False,))
    ]
    heights = [CASES if cases else AROUND + ROW * rows[e] for e, _, cases in bands_of]
    fig, sheets = in_sheets(heights, len(MECHANISM_CLASSES))
    for part, bands in sheets:
        for band, axes in bands.items():
            edition, table, cases = bands_of[band]
            if cases:
                _draw_cases(axes, table[table["form"] == "return"], str(edition))
            else:
                _draw_classes(axes, table[table["form"] == "score"], rows[edition])
                axes[0].set_ylabel(f"{edition}, {EDITIONS[str(edition)]} edition", size=7)
        add_legend(part, gap_handles(shown))
    return Plot(
        fig,
        shown,
        "Gaps on every environment",
        _caption(shown),
        "Dot plots with a panel per case study, of the gap in return by reward mode beside the "
        "published gap, and with a panel per mechanism class, of the gap in score on every "
        "environment by reward mode.",
        max(1, len(sheets)),
    )


def case_games() -> list[str]:
    """The games of the published figure."""
    names = published("crossover")["environment"].str.rpartition("-")[0]
    return list(dict.fromkeys(names))


def _compared(table: pd.DataFrame) -> bool:
    """Whether a game of the published figure is among the environments."""
    return bool(table["environment"].str.rpartition("-")[0].isin(case_games()).any())


def _longest(table: pd.DataFrame) -> int:
    """Most environments of a class."""
    return int(table.groupby("mechanism_class")["environment"].nunique().max())


def _draw_cases(axes: Sequence[Axes], table: pd.DataFrame, edition: str) -> None:
    """Gap in return against the reward mode, joined by a line, beside the published one."""
    for game, ax in zip(case_games(), axes, strict=True):
        name = f"{game}-{edition}"
        found = table[table["environment"] == name].set_index("reward_mode")
        ax.axhline(0, color=GREY, lw=0.8, zorder=1)
        gaps = [found["gap"].get(mode, np.nan) for mode in MODES]
        ax.plot(range(len(MODES)), np.clip(gaps, *_ends("return")), color=INK, lw=0.8, zorder=2)
        for x, mode in enumerate(MODES):
            if mode in found.index:
                _mark(ax, x, found.loc[mode], MODE_COLOURS[mode], "return", upright=True)
                ax.plot(x + 0.25, found["published"][mode], zorder=5, **published_mark())
        if found.empty:
            ax.set_yticks([])
            style = {"transform": ax.transAxes, "size": 6, "color": GREY, "ha": "center"}
            ax.text(0.5, 0.05, "not trained by both sides", **style)
        ax.set_title(name, size=7.5)
        ax.set(xlim=(-0.5, len(MODES) - 0.3), xticks=range(len(MODES)))
        ax.set_xticklabels(MODES, size=4.9)
        ax.grid(axis="x", visible=False)
        ax.tick_params(axis="y", labelsize=6.5)
    axes[0].set_ylabel(FORMS["return"], size=7)


def _draw_classes(axes: Sequence[Axes], table: pd.DataFrame, rows: int) -> None:
    """A row per environment with its gap in score under every reward mode."""
    reach = _reach(table)
    for tier, ax in zip(MECHANISM_CLASSES, axes, strict=True):
        part = table[table["mechanism_class"] == tier]
        ax.axvline(0, color=GREY, lw=0.8, zorder=1)
        for y, (name, group) in enumerate(part.groupby("environment")):
            style = {"size": 5.8, "color": INK, "va": "center"}
            place = ax.get_yaxis_transform()
            ax.text(0.02, y - 0.42, str(name), transform=place, zorder=6, **style)
            for row in group.to_dict("records"):
                mode = row["reward_mode"]
                _mark(ax, y + OFFSETS[mode] + 0.1, row, MODE_COLOURS[mode], "score", reach=reach)
        ax.set_title(tier, size=7.5)
        ax.set(xlim=(-1.08 * reach, 1.08 * reach), ylim=(rows - 0.4, -0.65), yticks=[])
        ax.set_xlabel(FORMS["score"], size=7)
        ax.tick_params(axis="x", labelsize=6.5)


def _ends(form: str) -> tuple[float, float]:
    return -REACH[form], REACH[form]


def _reach(table: pd.DataFrame) -> float:
    largest = table[["low", "high", "gap"]].abs().max().max()
    return float(np.clip(1.05 * np.nan_to_num(largest), 0.1, REACH["score"]))


def _mark(
    ax: Axes,
    place: float,
    row: Any,
    colour: str,
    form: str,
    *,
    upright: bool = False,
    reach: float | None = None,
) -> None:
    """A gap with its interval; an arrow at the edge where it lies beyond."""
    most = REACH[form] if reach is None else reach
    low, high, gap = (np.clip(row[k], -most, most) for k in ("low", "high", "gap"))
    beyond = abs(row["gap"]) > most
    arrows = "v^" if upright else "<>"
    shape = arrows[int(row["gap"] > 0)] if beyond else "o"
    ends, places = [low, high], [place, place]
    spread, point = ((places, ends), (place, gap)) if upright else ((ends, places), (gap, place))
    ax.plot(*spread, color=colour, lw=1.4, solid_capstyle="butt", zorder=3)
    ax.plot(*point, shape, color=colour, ms=3.4, mec="white", mew=0.4, zorder=4)


def _caption(shown: pd.DataFrame) -> str:
    if shown.empty:
        return "No environment has learners of both sides."
    said = [
        "Best independent learner less the best with a central critic or mixer, with 95 % "
        "bootstrap intervals in which the best are chosen in every resample anew: by class the gap "
        "in score on every environment.",
        _cases(shown),
        change_summary(shown),
    ]
    return " ".join(part for part in said if part)


def _cases(shown: pd.DataFrame) -> str:
    """On how many rows of the published figure the sign is the published one."""
    if not _compared(shown):
        return ""
    enlarged = "Above them, the gap in return on the environments of the published figure."
    known = shown[shown["form"] == "return"].dropna(subset=["published", "gap"])
    if known.empty:
        return enlarged
    same = int((np.sign(known["published"]) == np.sign(known["gap"])).sum())
    least, most = (signed(known["gap"].agg(end), 0) for end in ("min", "max"))
    return (
        f"{enlarged} It lies between {least} and {most} %; the sign is that of the published gap "
        f"in {same} of {len(known)} pairs of environment and mode."
    )
