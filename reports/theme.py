"""One look for all figures: theme, colours, and how a figure is saved with its data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from coopetition.agents.files import replacing

mpl.use("Agg")

PROTOCOL_COLOURS = {"as_published": "#D55E00", "corrected": "#0072B2"}
MODE_COLOURS = {"private": "#009E73", "integrated": "#56B4E9", "cooperative": "#222222"}
# Integrated is broad and pale, cooperative thin and dashed: where they coincide both are seen.
MODE_LINES = {
    "private": {"ls": ":", "lw": 1.4, "zorder": 2.2},
    "integrated": {"ls": "-", "lw": 3, "alpha": 0.55, "zorder": 2.1, "solid_capstyle": "butt"},
    "cooperative": {"ls": (0, (3, 2)), "lw": 1.1, "zorder": 2.3},
}
CLASS_COLOURS = {"TR-1": "#0072B2", "TR-2": "#D55E00", "TR-3": "#009E73", "TR-4": "#CC79A7"}
EDITIONS = {"v0": "released", "v1": "formal"}
EDITION_COLOURS = {"v0": "#999999", "v1": "#332288"}
STRATEGY_COLOURS = {"cooperator": "#0072B2", "defector": "#D55E00"}
ROLE_COLOURS = ("#332288", "#DDAA33", "#117733")
WIDTH = 6.8  # inches, the width of the text
GREY = "#666666"
INK = "#222222"
# Policies that are not trained, as points of a response curve: marker, face and edge.
POLICY_MARKS = {
    "Random": {"marker": "X", "ms": 5.5, "mfc": GREY, "mec": "white"},
    "TitForTat": {"marker": "s", "ms": 4.5, "mfc": "white", "mec": INK},
    "TitForTat_released": {"marker": "p", "ms": 5, "mfc": "white", "mec": INK},
    "Planner": {"marker": "*", "ms": 8, "mfc": INK, "mec": "white"},
    **{
        f"Oracle_{name}": {"marker": marker, "ms": 5.5, "mfc": INK, "mec": "white"}
        for marker, names in {
            "^": ("Equilibrium", "TrustAware", "Nash", "ReciprocityEquilibrium"),
            "v": ("SocialOptimum", "BoundedReciprocity"),
            ">": ("Loyalty",),
        }.items()
        for name in names
    },
}
# In the formal edition every oracle plays every game; those that say most are marked.
FORMAL_MARKS = {name: POLICY_MARKS[name] for name in ("Random", "TitForTat", "Planner")} | {
    "Oracle_Nash": {"marker": "v", "ms": 5.5, "mfc": INK, "mec": "white"},
    "Oracle_Equilibrium": {"marker": "^", "ms": 5.5, "mfc": INK, "mec": "white"},
}
MARKS = {"v0": POLICY_MARKS, "v1": FORMAL_MARKS}
# Published learners are known by their return alone: lines across the panel.
PUBLISHED_LINES = {"ISAC": "--", "COMA": ":"}
PUBLISHED_COLOUR = "#AA4499"


@dataclass(frozen=True)
class Plot:
    """A figure, the data it shows, and what it says.

    Attributes:
        figure: the drawing.
        data: its CSV twin.
        title, caption, alt: heading, the finding with its number, description in words.
    """

    figure: Figure
    data: pd.DataFrame
    title: str
    caption: str
    alt: str


def apply() -> None:
    """Set the theme. Output is the same bytes for the same data."""
    sns.set_theme(context="paper", style="whitegrid", font="DejaVu Sans")
    mpl.rcParams.update(
        {
            "svg.hashsalt": "coopetition",
            "axes.titlesize": 10,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.labelsize": 9,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
            "legend.fontsize": 8.5,
            "grid.color": "#E5E5E5",
            "legend.frameon": False,
            "figure.constrained_layout.use": True,
        }
    )


def save_all(plots: Iterable[tuple[str, Plot]], svgs: Iterable[str], commit: str) -> None:
    """Save named figures under the paths of their names, data and texts beside the picture.

    Raises:
        KeyError: there is no path for a figure.
    """
    paths = {Path(svg).stem: Path(svg) for svg in svgs}
    for name, plot in plots:
        path = paths[name]
        save(plot, path, path.with_suffix(".csv"), path.with_suffix(".json"), commit)
        plt.close(plot.figure)


def save(plot: Plot, svg: Path, csv: Path, text: Path, commit: str) -> None:
    """Write the figure, its data, and its texts with the commit that drew it."""
    words = {"title": plot.title, "caption": plot.caption, "alt": plot.alt, "commit": commit}
    with replacing(svg) as temporary:
        plot.figure.savefig(temporary, format="svg", metadata={"Date": None})
    with replacing(csv) as temporary:
        plot.data.to_csv(temporary, index=False)
    with replacing(text) as temporary:
        temporary.write_text(json.dumps(words, indent=1), encoding="utf-8")
