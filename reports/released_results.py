"""The published audit as the report shows it: beside what is published, by class and by figure."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import AUDIT_UNITS, RECORD_ORIGINS
from .released_audit import PUBLISHED_UNIT, released_audit_classes
from .selection import named
from .sources import published
from .theme import CLASS_COLOURS, GREY, HALO, MODE_COLOURS, WIDTH, Plot, apply, signed

UNIT_MARKS = {
    "integrated": {"marker": "o", "color": MODE_COLOURS["integrated"], "ms": 5},
    "payoffs": {"marker": "D", "color": MODE_COLOURS["private"], "ms": 4},
}
# Gains by the ramp below are told in numbers, at an arrow: most lose much, and gains are small.
LOWEST = -0.6
PALE = "#E3E3E3"
NO_AUDIT = "No released environment was audited in this run."


def released_audit_figure(released_audit: pd.DataFrame) -> Plot:
    """Exploitative levels, gain by the ramp and by partial deviation, a row per environment."""
    apply()
    order = ["mechanism_class", "environment", "unit"]
    data = named(released_audit).sort_values(order, ignore_index=True)
    data["static_per_seed"] = data["static_exploitative"] / data["seeds"]
    names = list(dict.fromkeys(data["name"]))
    fig, axes = plt.subplots(
        1, 3, figsize=(WIDTH, 1.5 + 0.19 * len(names)), sharey=True, width_ratios=(1, 1.25, 1.1)
    )
    low, high = _published_ramp()
    axes[1].axvspan(low, high, color=PALE, lw=0, zorder=0)
    axes[1].axvline(0, color=GREY, lw=0.8, zorder=1)
    axes[2].axvline(0, color=GREY, ls=":", lw=1, zorder=1)
    # What the other unit shows at the same place stays in sight.
    for unit, offset in zip(AUDIT_UNITS, (-0.17, 0.17), strict=True):
        rows = data[data["unit"] == unit]
        y, style = rows["name"].map(names.index) + offset, UNIT_MARKS[unit] | {"ls": ""}
        axes[0].plot(rows["static_per_seed"], y, **style)
        shown = rows["ramp_gain"] >= LOWEST
        axes[1].plot(rows["ramp_gain"][shown], y[shown], **style)
        for gain, place in zip(rows["ramp_gain"][~shown], y[~shown], strict=True):
            _tell(axes[1], gain, place, unit)
        axes[2].plot(rows["partial_gain"], y, **style)
        for place in y[rows["partial_gain"].isna()]:
            axes[2].text(0, place, " none", size=6, va="center", color=style["color"])
    _name_rows(axes[0], data, names)
    axes[0].set(xlim=(-0.3, 4.3), xticks=range(5), xlabel="exploitative levels,\nof four")
    axes[1].set(xlim=(LOWEST - 0.45, None), xlabel="gain by the ramp,\n% of the mean return")
    axes[2].set(xlabel="largest late partial\nexploit, % of the return")
    fig.legend(handles=_handles(), loc="outside upper center", ncols=2, fontsize=7.5)
    return Plot(
        fig,
        data.drop(columns="name").assign(environment=data["name"]),
        "The published audit of the released environments, recomputed",
        _caption(data),
        "Three dot plots with a row per environment, in integrated reward and in payoffs: number "
        "of exploitative levels, gain by a ramp at the end with the published range, and largest "
        "gain of a late partial deviation that costs the others.",
    )


def _published_ramp() -> tuple[float, float]:
    """The published range of gains by the ramp, %."""
    stated = published("audit").set_index("quantity")["value"]
    return float(stated["smallest ramp-down gain"]), float(stated["largest ramp-down gain"])


def _tell(ax: Axes, gain: float, y: float, unit: str) -> None:
    style = {"color": UNIT_MARKS[unit]["color"], "size": 6, "va": "center", "path_effects": HALO}
    ax.text(LOWEST - 0.42, y, f"◂ {signed(gain, 1)}", **style)


def _name_rows(ax: Axes, data: pd.DataFrame, names: list[str]) -> None:
    classes = dict(zip(data["name"], data["mechanism_class"], strict=True))
    ax.set_yticks(range(len(names)), names)
    for label in ax.get_yticklabels():
        label.set_color(CLASS_COLOURS[classes[label.get_text()]])
    ax.set_ylim(max(len(names), 1) - 0.4, -0.6)


def _handles() -> list[Line2D | Patch]:
    said = {"integrated": "integrated reward, as published", "payoffs": "payoffs"}
    marks = [Line2D([], [], ls="", label=said[unit], **style) for unit, style in UNIT_MARKS.items()]
    stated = [
        Patch(color=PALE, label="published: gains by the ramp"),
        Line2D([], [], color=GREY, ls=":", lw=1, label="published: late defection gains nothing"),
    ]
    return [*marks, *stated]


def _caption(data: pd.DataFrame) -> str:
    if data.empty:
        return NO_AUDIT
    units = {unit: data[data["unit"] == unit] for unit in AUDIT_UNITS}
    ours, paid = units[PUBLISHED_UNIT], units["payoffs"]

    def found(column: str, rows: pd.DataFrame) -> int:
        return int(rows[column].sum())

    best = {unit: _largest(rows) for unit, rows in units.items()}
    return (
        "Late defection to nothing, the only late share that the published audit tries, is "
        f"exploitative in {found('late_exploitative', ours)} of {found('late_tests', ours)} tests; "
        f"late deviations to 10 to 40 % are in {found('partial_exploitative', ours)} of "
        f"{found('partial_tests', ours)} in integrated reward{best['integrated']} and in "
        f"{found('partial_exploitative', paid)} in payoffs{best['payoffs']}. The ramp is on "
        f"{int((ours['ramp_exploitative'] > 0).sum())} of {len(ours)} environments with at least "
        "one seed. Levels are means over seeds; the published study tells no result per "
        "environment, its range of gains by the ramp is shaded."
    )


def _largest(rows: pd.DataFrame) -> str:
    gains = rows["partial_gain"].dropna()
    if gains.empty:
        return ""
    return f" (up to {gains.max():.2f} %, {rows.loc[gains.idxmax(), 'name']})"


def released_class_rows(released_audit: pd.DataFrame) -> list[dict[str, Any]]:
    """What the audit finds per mechanism class and unit; see the schema `released_audit_classes`.

    Classes of which no environment was audited have no row.
    """
    rows = released_audit_classes(released_audit)
    return [row for row in rows if row["environments"]]


def record_rows(released_audit_records: pd.DataFrame) -> list[dict[str, Any]]:
    """How the number of records comes about: part of the audit and origin, with a total."""
    rows = []
    for origin in RECORD_ORIGINS:
        made = released_audit_records[released_audit_records["origin"] == origin]
        for audit, part in made.groupby("audit", sort=False):
            rows.append({"audit": audit, "origin": origin, **_sizes(part)})
    if rows:
        rows.append({"audit": "all", "origin": "", **_sizes(released_audit_records)})
    return rows


def _sizes(records: pd.DataFrame) -> dict[str, int]:
    return {
        "records": len(records),
        "labels": records.loc[records["policy"] != "", "policy"].nunique(),
        "environments": records.loc[records["environment"] != "", "environment"].nunique(),
        "seeds": records["seed"].nunique(),
        "experiments": int((~records["replicate"]).sum()),
    }
