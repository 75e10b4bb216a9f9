"""Figures of many panels: panels in bands, bands in sheets of a page each.

Panels keep their size however many environments and learners a study has. A report cuts a figure
into its sheets, which have equal heights and a legend each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .theme import GREY, WIDTH

# Inches: what the bands of a sheet may take, and what stands around them.
PAGE, AROUND = 7.6, 0.9
# Number of a band -> its panels from left to right.
Bands = dict[int, list[Axes]]


def in_sheets(
    heights: Sequence[float], columns: int, **shared: bool | str
) -> tuple[Figure, list[tuple[SubFigure, Bands]]]:
    """A figure of sheets: each with its bands, number of a band -> axes from left to right.

    Without bands there is no sheet, and the figure says that there are no runs.
    """
    if not heights:
        fig, ax = plt.subplots(figsize=(WIDTH, 1))
        ax.set_axis_off()
        ax.text(0.5, 0.5, "no runs", ha="center", va="center", color=GREY)
        return fig, []
    packed = _packed(heights)
    most = max(sum(heights[band] for band in bands) for bands in packed)
    fig = plt.figure(figsize=(WIDTH, len(packed) * (most + AROUND)))
    sheets = []
    for part, bands in zip(fig.subfigures(len(packed), squeeze=False).flat, packed, strict=True):
        ratios = [heights[band] for band in bands]
        # A last row without panels keeps those of a shorter sheet at their size.
        rest = most - sum(ratios)
        rows = len(bands) + (rest > 0.01)
        ratios = [*ratios, rest][:rows]
        grid = part.subplots(rows, columns, height_ratios=ratios, squeeze=False, **shared)
        for spare in grid[len(bands) :].flat:
            spare.remove()
        sheets.append((part, dict(zip(bands, grid[: len(bands)].tolist(), strict=True))))
        for ax in grid[: len(bands)].flat:
            ax.tick_params(labelsize=7, pad=1)
    return fig, sheets


def _packed(heights: Sequence[float]) -> list[list[int]]:
    """Numbers of the bands of every sheet: as few sheets as fit a page, as even as can be."""

    def fill(most: float) -> list[list[int]]:
        sheets: list[list[int]] = [[]]
        for band, height in enumerate(heights):
            if sheets[-1] and sum(heights[i] for i in sheets[-1]) + height > most + 1e-9:
                sheets.append([])
            sheets[-1].append(band)
        return sheets

    fewest = len(fill(PAGE))
    ends = range(len(heights) + 1)
    sums = sorted({sum(heights[i:j]) for j in ends for i in range(j)})
    return next(sheets for sheets in map(fill, sums) if len(sheets) <= fewest)


def add_heads(bands: Bands, heads: Iterable[str]) -> None:
    """Headings of the columns of a sheet, above the titles of its first panels."""
    style = {"xytext": (0, 17), "textcoords": "offset points", "ha": "center", "weight": "bold"}
    for head, ax in zip(heads, bands[min(bands)], strict=True):
        ax.annotate(head, (0.5, 1), xycoords="axes fraction", size=8.5, **style)


def number_columns(bands: Bands, label: str) -> None:
    """Numbers below the last panel of every column of a sheet, the label below the last band."""
    for column in range(max(map(len, bands.values()))):
        [*_, ax] = (axes[column] for axes in bands.values() if column < len(axes))
        ax.tick_params(labelbottom=True)
    for ax in bands[max(bands)]:
        ax.set_xlabel(label, size=7.5)


def name_rows(axes: Sequence[Axes], labels: Sequence[str]) -> None:
    """A line per label in every panel of a band, named at the first panel."""
    axes[0].set_yticks(range(len(labels)), labels)
    for ax in axes:
        ax.set_ylim(len(labels) - 0.5, -0.5)
        ax.grid(axis="y", visible=False)


def add_legend(part: SubFigure, handles: Sequence[Line2D | Patch]) -> None:
    """The legend of a sheet, at its top."""
    style = {"ncols": min(4, len(handles)), "fontsize": 7, "columnspacing": 1.2}
    style |= {"handlelength": 1.6, "handletextpad": 0.5}  # four learners side by side fit
    part.legend(handles=handles, loc="outside upper center", **style)
