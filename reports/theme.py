"""One look for all figures: theme, colours, and how a figure is saved with its data."""

from __future__ import annotations

import io
import itertools
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from coopetition.agents.files import replacing

mpl.use("Agg")

# Colour and marker belong to the learner, whatever else a study trains; a new learner goes to the
# end. Learners of one marker have colours that differ in any colour vision.
LEARNERS = (
    *("IPPO", "IA2C", "ISAC", "Central_PPO", "Central_A2C", "Central_SAC"),
    *("MAPPO", "MADDPG", "QMIX", "MASAC", "MATD3", "M3DDPG", "VDN", "COMA", "MeanFieldAC"),
    *("IndependentREINFORCE", "LOLA", "SelfPlay_PPO", "FCP"),
    *("IQL", "RecurrentPPO", "Central_ARS"),
)
LEARNER_COLOURS = (
    *("#332288", "#0072B2", "#D55E00", "#009E73", "#B2A4D4", "#E69F00", "#661100", "#1B4F72"),
    *("#222222", "#CC6677", "#117733", "#7FBC41", "#F4A582", "#8C510A", "#44AA99", "#4D4D4D"),
    *("#C51B7D", "#56B4E9", "#882255", "#CC79A7", "#A50DFD", "#5008B3"),
)
# Shape, and the size at which it looks as large as the others.
LEARNER_MARKERS = (("D", 1.0), ("P", 1.4), ("o", 1.15), ("s", 1.1))
# Of the two protocols, as_published has dashed lines and hollow markers.
PROTOCOL_LINES = {"as_published": (0, (3, 1.5)), "corrected": "-"}
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
FONT = "DejaVu Sans"
FONTS = Path(mpl.get_data_path()) / "fonts" / "ttf"  # where its files lie
WIDTH = 6.8  # inches, the width of the text
GREY = "#666666"
INK = "#222222"
HALO = [withStroke(linewidth=2.0, foreground="white")]
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
# Of rules that an extension adds, by name.
ADDED_MARKERS = ("h", "d", "<", "P", "8")
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
        sheets: parts of equal height, one below the other, each of at most a page.
    """

    figure: Figure
    data: pd.DataFrame
    title: str
    caption: str
    alt: str
    sheets: int = 1


def learner_colour(policy: str) -> str:
    """The colour of a learner."""
    return LEARNER_COLOURS[_place(policy) % len(LEARNER_COLOURS)]


def learner_marker(policy: str, protocol: str, size: float) -> dict[str, Any]:
    """Style of a learner's marker in a protocol; size in points."""
    place, colour = _place(policy), learner_colour(policy)
    cycle = place // len(LEARNER_COLOURS)
    shape, scale = LEARNER_MARKERS[(place + cycle) % len(LEARNER_MARKERS)]
    hollow = protocol == "as_published"
    face, edge, width = ("white", colour, 0.9) if hollow else (colour, "white", 0.4)
    return {"marker": shape, "ms": size * scale, "mfc": face, "mec": edge, "mew": width}


def policy_marks(edition: str, policies: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Marks of the policies that a response curve of an edition shows, those added included."""
    added = sorted({*policies} - POLICY_MARKS.keys())
    shapes = zip(added, itertools.cycle(ADDED_MARKERS))
    own = {"ms": 5.5, "mfc": "white", "mec": INK}
    return {**MARKS[edition], **{name: {"marker": shape, **own} for name, shape in shapes}}


def signed(value: float, digits: int = 2) -> str:
    """A number with a minus sign instead of a hyphen, and none before zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def between(values: pd.Series, digits: int = 2) -> str:
    """From the least to the most of numbers, or the one that both are as they are written."""
    least, most = signed(values.min(), digits), signed(values.max(), digits)
    return least if least == most else f"{least} to {most}"


def short(value: float) -> str:
    """A number with as many digits as its size needs."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _place(policy: str) -> int:
    """Place in `LEARNERS`; of a name that is not in it, one that none of them has."""
    if policy in LEARNERS:
        return LEARNERS.index(policy)
    taken = len(LEARNER_COLOURS)
    return taken + zlib.crc32(policy.encode()) % (taken * (len(LEARNER_MARKERS) - 1))


def apply() -> None:
    """Set the theme. Output is the same bytes for the same data."""
    sns.set_theme(context="paper", style="whitegrid", font=FONT)
    mpl.rcParams.update(
        {
            "svg.fonttype": "none",  # letters as text, not as outlines
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


def compact(svg: str) -> str:
    """The same picture in fewer bytes: hundredths of a point, no comments, no white space.

    What many elements look like is told once, as a class. Scales of outlines are left as they are.
    """
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' transform="rotate\(-0 [^)]*\)"', "", svg)
    placed = r'\b(?:d|x|y|points)="[^"]*"|\b(?:translate|rotate)\([^)]*\)'
    svg = re.sub(placed, lambda place: _rounded(place[0]), svg)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"\s*([A-Za-z])\s+", r"\1", path[0]), svg)
    svg = re.sub(r"\s+", " ", _classed(svg)).replace("> <", "><")
    return _renamed(svg.replace("xlink:href", "href"))


def _rounded(numbers: str) -> str:
    return re.sub(r"-?\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", numbers)


def _classed(svg: str) -> str:
    """Styles that several elements share as classes; text falls back on fonts as wide."""
    styles = Counter(re.findall(r' style="([^"]*)"', svg))
    names = {style: f"s{n}" for n, (style, k) in enumerate(styles.items()) if k > 1}
    rules = "".join(f".{name}{{{_written(style)}}}" for style, name in names.items())

    def told(element: re.Match[str]) -> str:
        style = element[1]
        return f' class="{names[style]}"' if style in names else f' style="{_written(style)}"'

    svg = re.sub(r' style="([^"]*)"', told, svg)
    return svg.replace("</style>", f"{rules}</style>", 1)


def _written(style: str) -> str:
    return re.sub(r"([:;]) ", r"\1", style).replace(f"'{FONT}'", f"'{FONT}',Verdana,sans-serif")


def _renamed(svg: str) -> str:
    """Short names for what is referred to, and none for what is not."""
    reference = re.compile(r'(href="#|url\(#)([^")]+)')
    found = dict.fromkeys(name for _, name in reference.findall(svg))
    names = {name: f"{number:x}" for number, name in enumerate(found)}
    svg = reference.sub(lambda place: f"{place[1]}_{names[place[2]]}", svg)

    def renamed(place: re.Match[str]) -> str:
        return f' id="_{names[place[1]]}"' if place[1] in names else ""

    return re.sub(r' id="([^"]*)"', renamed, svg)


def save(plot: Plot, svg: Path, csv: Path, text: Path, commit: str) -> None:
    """Write the figure, its data, and its texts with the commit that drew it."""
    words = {"title": plot.title, "caption": plot.caption, "alt": plot.alt}
    about = {**words, "commit": commit, "sheets": plot.sheets}
    drawn = io.StringIO()
    plot.figure.savefig(drawn, format="svg", metadata={"Date": None})
    with replacing(svg) as temporary:
        temporary.write_text(compact(drawn.getvalue()), encoding="utf-8")
    with replacing(csv) as temporary:
        plot.data.to_csv(temporary, index=False)
    with replacing(text) as temporary:
        temporary.write_text(json.dumps(about, indent=1), encoding="utf-8")
