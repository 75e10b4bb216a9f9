"""Gaps between the two sides of the published tables, and rankings along training, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .columns import MODES
from .performance_figures import main_pools, pool_parts
from .sheets import add_heads, add_legend, in_sheets, name_rows, number_columns
from .theme import (
    EDITIONS,
    GREY,
    INK,
    MODE_COLOURS,
    PUBLISHED_COLOUR,
    Plot,
    apply,
    between,
    learner_colour,
    signed,
)

# Inches: a row of a dot plot and what stands around; the panels of tau; a row of ranks.
ROW, AROUND, TAU, RANK = 0.19, 0.62, 0.95, 0.115
FORMS = {"return": "gap in mean return, %", "score": "gap in score"}
# Least and most that a panel shows; gaps beyond are told in numbers, at an arrow.
REACH = {"return": (10.0, 60.0), "score": (0.1, 0.6)}


def class_gaps(class_gaps: pd.DataFrame) -> Plot:
    """Best independent less best CTDE learner: a row per class and mode, both forms beside."""
    apply()
    shown = class_gaps[class_gaps["environment"] == ""]
    bands_of = [*shown.groupby("edition")]
    rows_of = [
        [*part[["mechanism_class", "reward_mode"]].drop_duplicates().itertuples(index=False)]
        for _, part in bands_of
    ]
    heights = [AROUND + ROW * len(rows) for rows in rows_of]
    fig, sheets = in_sheets(heights, len(FORMS), sharey="row")
    for part, bands in sheets:
        for band, axes in bands.items():
            edition, table = bands_of[band]
            rows = rows_of[band]
            for form, ax in zip(FORMS, axes, strict=True):
                of_form = shown[shown["form"] == form]
                _draw_gaps(ax, table[table["form"] == form], rows, _reach(of_form, form))
                ax.set_xlabel(FORMS[form], size=7.5)
            name_rows(axes, [f"{tier}, {mode}" for tier, mode in rows])
            axes[0].set_title(f"{edition}, {EDITIONS[str(edition)]} edition", size=8)
        add_legend(part, gap_handles(shown))
    return Plot(
        fig,
        shown,
        "Independent learners against learners with a central critic",
        _gaps_caption(shown),
        "Dot plots with a row per mechanism class and reward mode: gap between the best "
        "independent learner and the best one with a central critic or mixer, with its interval, "
        "in return and in score, beside the published gap.",
        max(1, len(sheets)),
    )


def _draw_gaps(ax: Axes, table: pd.DataFrame, rows: Sequence[Any], reach: float) -> None:
    found = table.set_index(["mechanism_class", "reward_mode"])
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    for y, (tier, mode) in enumerate(rows):
        if (tier, mode) not in found.index:
            continue
        row, colour = found.loc[(tier, mode)], MODE_COLOURS[mode]
        low, high, gap = (np.clip(row[k], -reach, reach) for k in ("low", "high", "gap"))
        ax.plot([low, high], [y, y], color=colour, lw=1.6, solid_capstyle="butt", zorder=3)
        beyond = abs(row["gap"]) > reach
        shape = ("<" if row["gap"] < 0 else ">") if beyond else "o"
        ax.plot(gap, y, shape, color=colour, ms=4, mec="white", mew=0.4, zorder=4)
        if np.isfinite(row["published"]):
            ax.plot(row["published"], y, zorder=5, **published_mark())
        said = f"{row['independent']} – {row['ctde']}"
        said += f" ({signed(row['gap'], 0)})" if beyond else ""
        style = {"size": 5.3, "color": GREY, "va": "center", "ha": "left"}
        ax.text(1.01, y, said, transform=ax.get_yaxis_transform(), **style)
    ax.set_xlim(-1.08 * reach, 1.08 * reach)


def _reach(table: pd.DataFrame, form: str) -> float:
    """How far the panels of a form reach to either side of zero."""
    largest = table[["low", "high", "gap", "published"]].abs().max().max()
    return float(np.clip(1.05 * np.nan_to_num(largest), *REACH[form]))


def published_mark() -> dict[str, Any]:
    """How published gaps are drawn."""
    return {"marker": "D", "ms": 4, "mfc": "none", "mec": PUBLISHED_COLOUR, "mew": 1.0, "ls": ""}


def gap_handles(shown: pd.DataFrame) -> list[Line2D]:
    """Legend of the gaps of some rows of `class_gaps`."""
    handles = [
        Line2D([], [], color=MODE_COLOURS[mode], marker="o", ms=4, lw=1.6, label=f"{mode} reward")
        for mode in MODES
        if mode in set(shown["reward_mode"])
    ]
    if shown["published"].notna().any():
        handles.append(Line2D([], [], **published_mark(), label="published"))
    return handles


def _gaps_caption(shown: pd.DataFrame) -> str:
    if shown.empty:
        return "No class of environments has learners of both sides."
    said = []
    for form, words in (("return", "in return"), ("score", "in score")):
        rows = shown[shown["form"] == form]
        above, below = int((rows["low"] > 0).sum()), int((rows["high"] < 0).sum())
        said.append(
            f"{words} the independent one leads in {above} of {len(rows)} rows, the other in "
            f"{below}, and {len(rows) - above - below} intervals include zero"
        )
    known = shown.dropna(subset=["published", "gap"])
    beside = ""
    if len(known):
        same = int((np.sign(known["published"]) == np.sign(known["gap"])).sum())
        beside = f" The sign is that of the published gap in {same} of {len(known)} rows."
    return (
        "Best independent learner less the best with a central critic or mixer (named at the "
        f"right): {'; '.join(said)}. In the 95 % bootstrap intervals the best are chosen in every "
        f"resample anew.{beside}"
    )


def budgets(budgets: pd.DataFrame, pools: pd.DataFrame) -> Plot:
    """Kendall's tau of the ranking along training with the last one, and the ranks themselves."""
    apply()
    shown = main_pools(budgets, pools)
    parts = [*pool_parts(shown, shown)]
    modes = [mode for mode in MODES if mode in set(shown["reward_mode"])]
    heights = [
        h for _, _, policies in parts for h in (TAU + 0.3, 0.35 + RANK * (len(policies) + 2))
    ]
    fig, sheets = in_sheets(heights, len(modes))
    for part, bands in sheets:
        for band, axes in bands.items():
            title, rows, policies = parts[band // 2]
            for mode, ax in zip(modes, axes, strict=True):
                here = rows[rows["reward_mode"] == mode]
                if band % 2:
                    _draw_ranks(ax, here, len(policies))
                else:
                    _draw_tau(ax, here)
            if not band % 2:
                axes[0].set_title(title, size=8)
            axes[0].set_ylabel("rank" if band % 2 else "Kendall's tau", size=7.5)
        add_heads(bands, [f"{mode} reward" for mode in modes])
        number_columns(bands, "part of the steps trained")
        add_legend(part, _tau_handles())
    return Plot(
        fig,
        shown,
        "Rankings along training",
        _budgets_caption(shown),
        "Line charts, a column per reward mode: Kendall's tau between the ranking of learners at a "
        "checkpoint and at the end, and the rank of every learner along training.",
        max(1, len(sheets)),
    )


def _draw_tau(ax: Axes, rows: pd.DataFrame) -> None:
    line = rows.drop_duplicates("part")
    if not line.empty:
        ax.fill_between(line["part"], line["low"], line["high"], color=INK, alpha=0.15, lw=0)
        ax.plot(line["part"], line["tau"], "o-", color=INK, ms=2.5, lw=1.2)
        ax.axhline(line["tau_seeds"].iloc[0], color=PUBLISHED_COLOUR, ls="--", lw=1)
    ax.axhline(0, color=GREY, lw=0.6)
    ax.set(xlim=(-0.03, 2.0), xticks=(0, 0.5, 1), ylim=(-1.05, 1.08), yticks=(-1, 0, 1))


def _draw_ranks(ax: Axes, rows: pd.DataFrame, learners: int) -> None:
    """A line per learner, named at its end; learners of equal score one below the other."""
    last = rows[rows["part"] == rows["part"].max()].sort_values(["rank", "policy"])
    for place, policy in enumerate(last["policy"], start=1):
        line, colour = rows[rows["policy"] == policy], learner_colour(policy)
        ax.plot(line["part"], line["rank"], color=colour, lw=1.0)
        ax.plot(line["part"].iloc[-1], line["rank"].iloc[-1], "o", color=colour, ms=2.5)
        ax.text(1.05, place, policy, size=5.3, color=colour, va="center_baseline")
    ticks = sorted({1, *range(5, learners, 5), learners})
    ax.set(xlim=(-0.03, 2.0), xticks=(0, 0.5, 1), ylim=(learners + 0.8, 0.2), yticks=ticks)
    ax.grid(axis="y", visible=False)


def _tau_handles() -> list[Line2D]:
    return [
        Line2D([], [], color=INK, marker="o", ms=2.5, label="with the last ranking, 95 % interval"),
        Line2D([], [], color=PUBLISHED_COLOUR, ls="--", label="last ranking, other seeds"),
    ]


def _budgets_caption(shown: pd.DataFrame) -> str:
    known = shown.dropna(subset="tau")
    if known.empty:
        return "No two learners with learning curves trained on the same environments."
    said = []
    for title, part, _ in pool_parts(known, known):
        lines = part.drop_duplicates(["reward_mode", "part"])
        half = lines.loc[(lines["part"] - 0.5).abs().groupby(lines["reward_mode"]).idxmin()]
        start = lines[lines["part"] == 0]
        said.append(
            f"{title}: {between(start['tau'])} before training, {between(half['tau'])} after "
            f"{100 * half['part'].iloc[0]:.0f} % of the steps, and {between(half['tau_seeds'])} "
            "for the last ranking and that of resampled seeds"
        )
    return (
        "Kendall's tau of the ranking of learners by interquartile mean with the ranking at the "
        f"end, over reward modes. {'; '.join(said)}. Below, the rank of every learner."
    )
