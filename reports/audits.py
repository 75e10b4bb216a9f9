"""Audits of policies over all environments, drawn: who can be exploited, and how they behave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy.special import stdtrit

from .auditees import WHO, colour, in_order, in_words, names, over_seeds
from .selection import CELL, named
from .statistics import reference_scales
from .theme import (
    CLASS_COLOURS,
    EDITIONS,
    GREY,
    INK,
    MODE_COLOURS,
    POLICY_MARKS,
    WIDTH,
    Plot,
    apply,
    learner_marker,
    short,
)

# Inches of a row with one bar, and of every further bar in it.
ROW, BAR, AROUND = 0.135, 0.075, 1.2
# From which on a gain is told in numbers, as a share of what cooperation is worth.
MOST = 2.0
# Environments from which on a mean has an interval.
FEWEST = 4
# Forgiveness of one who does not mind, and the ends of what is drawn; the least range of equality.
UNMOVED, FORGIVING, EQUAL = -0.35, (-0.1, 1.25), 0.9
# Here all oracles stand side by side.
ORACLE_SHAPES = {
    **{"Nash": "v", "Equilibrium": "^", "TrustAware": "<", "Loyalty": ">", "SocialOptimum": "d"},
    **{"ReciprocityEquilibrium": "P", "BoundedReciprocity": "H"},
}
CONSTANT_MARKS = {"marker": "o", "ms": 4.5, "mec": "white", "mew": 0.5}
BEHAVIOUR = ["slope", "forgiveness", "jain", "efficiency", "end_game", "share"]
BEHAVIOUR += ["gini", "sustainability"]
NOBODY = "No policy was audited in this run."


# ---- exploitability -----------------------------------------------------------------------------


def relative_gains(audit_exploitability: pd.DataFrame, certificates: pd.DataFrame) -> pd.DataFrame:
    """Sums of gains over agents as a share of what cooperation is worth, over seeds.

    That is the range of scores of the environment, from the lower of Random and the worst
    equilibrium to the dynamic optimum.

    Returns:
        Columns environment, edition, who plays, `gain` and `payoff` (sums over agents, payoff
        units), `runs`, `mechanism_class`, `worth` and `relative`; the last two are NaN in an
        environment without a scale.
    """
    total = audit_exploitability[audit_exploitability["agents"] == "all"]
    found = over_seeds(total, ["gain", "payoff"])
    scales = reference_scales(certificates)
    scales = scales.assign(worth=scales["welfare_ceiling"] - scales["welfare_floor"])
    found = found.merge(scales[[*CELL, "worth"]], on=CELL, how="left")
    found = found.merge(certificates[[*CELL, "mechanism_class"]], on=CELL, how="left")
    return found.assign(relative=found["gain"] / found["worth"])


def exploitability(audit_exploitability: pd.DataFrame, certificates: pd.DataFrame) -> Plot:
    """Gains of the best replies found, a row per policy and a panel per edition."""
    apply()
    data = relative_gains(audit_exploitability, certificates)
    means = over_environments(data.dropna(subset="relative"), "relative")
    editions = [edition for edition in EDITIONS if edition in set(means["edition"])]
    rows = in_order(means.drop_duplicates(["policy", "protocol"]))
    labels = names(rows, modes=False).tolist() if len(rows) else []
    fig = _panels(_heights(means, labels), len(editions), means.empty)
    for ax, edition in zip(fig.axes, editions, strict=False):
        here = data[data["edition"] == edition]
        _draw_gains(ax, means[means["edition"] == edition], here, labels)
        ax.set_title(f"-{edition}, {EDITIONS[edition]} edition", size=8.5)
    _name_rows(fig.axes, labels)
    if len(means):
        fig.supxlabel("sum of gains, share of what cooperation is worth", size=8.5)
        fig.legend(handles=_gain_handles(data), loc="outside upper center", ncols=4, fontsize=7)
    return Plot(
        fig,
        named(data).drop(columns=CELL).rename(columns={"name": "environment"}),
        "Exploitability of policies",
        _exploitability_caption(data, means),
        "Bar charts, one per edition with a row per policy: mean over environments of the sum of "
        "the gains of best replies, as a share of what cooperation is worth, with its interval and "
        "a dot per environment.",
    )


def over_environments(data: pd.DataFrame, value: str) -> pd.DataFrame:
    """Mean of a column over the environments of an edition, in order.

    Returns:
        Columns edition, who plays, the value with `_low` and `_high` (95 % interval of the mean,
        Student's t; NaN of one environment), `environments`.
    """
    groups = data.groupby(["edition", *WHO], sort=False)[value]
    found = groups.agg(["mean", "sem", "size"]).reset_index()
    half = stdtrit(np.maximum(found["size"] - 1, 1), 0.975) * found["sem"]
    found = found.assign(**{f"{value}_low": found["mean"] - half})
    found[f"{value}_high"] = found["mean"] + half
    renamed = {"mean": value, "size": "environments"}
    return in_order(found.rename(columns=renamed).drop(columns="sem"))


def _heights(means: pd.DataFrame, labels: list[str]) -> list[float]:
    """Inches of every row: as many bars as reward modes."""
    bars = means.groupby(["policy", "protocol"])["reward_mode"].nunique()
    most = int(bars.max()) if len(bars) else 1
    learned = int((bars > 1).sum())
    return [ROW * len(labels) + BAR * (most - 1) * learned]


def _panels(heights: list[float], columns: int, empty: bool) -> Any:
    if not empty:
        size = (WIDTH, sum(heights) + AROUND)
        return plt.subplots(1, columns, figsize=size, sharey=True, squeeze=False)[0]
    fig, ax = plt.subplots(figsize=(WIDTH, 1))
    ax.set_axis_off()
    ax.text(0.5, 0.5, "no audits", ha="center", va="center", color=GREY)
    return fig


def _draw_gains(ax: Axes, means: pd.DataFrame, data: pd.DataFrame, labels: list[str]) -> None:
    for row, y, height in _places(means, labels):
        ax.barh(y, row["relative"], height=height, color=colour(row), zorder=2)
        ends = (row["relative_low"], row["relative_high"])
        if row["environments"] >= FEWEST:
            ax.hlines(y, max(ends[0], 0.0), ends[1], color=INK, lw=0.8, zorder=2.5)
        own = data[(data[WHO] == pd.Series({key: row[key] for key in WHO})).all(axis=1)]
        dots = own["mechanism_class"].map(CLASS_COLOURS)
        style = {"s": 9, "edgecolors": "white", "linewidths": 0.4, "zorder": 3}
        ax.scatter(own["relative"], [y] * len(own), c=dots, **style)
        if (beyond := int((own["relative"] > MOST).sum())) > 0:
            style = {"size": 6, "ha": "right", "va": "center", "color": INK, "zorder": 5}
            style["bbox"] = {"fc": "white", "ec": "none", "pad": 0.5}
            ax.text(MOST * 1.02, y, f"{beyond} beyond ▸", **style)
    limit = min(MOST, 1.05 * data["relative"].max())
    ax.set(xlim=(-0.015 * limit, max(limit, 0.01) * 1.03))
    ax.grid(axis="y", visible=False)
    ax.tick_params(labelsize=7, pad=1)


def _places(
    means: pd.DataFrame, labels: list[str]
) -> Iterator[tuple[dict[str, Any], float, float]]:
    """Rows with place and height of their bars: the modes of a learner share a line."""
    said = names(means, modes=False) if len(means) else []
    for label, part in means.groupby(said, sort=False) if len(means) else []:
        height = 0.76 / len(part)
        for number, row in enumerate(part.to_dict("records")):
            yield row, labels.index(label) - 0.38 + height * (number + 0.5), height * 0.92


def _name_rows(axes: list[Axes], labels: list[str]) -> None:
    if labels:
        axes[0].set_yticks(range(len(labels)), labels)
        axes[0].set_ylim(len(labels) - 0.5, -0.5)


def _gain_handles(data: pd.DataFrame) -> list[Line2D | Patch]:
    dot = {"marker": "o", "ls": "", "ms": 3.5, "mew": 0}
    modes = [mode for mode in MODE_COLOURS if mode in set(data["reward_mode"])]
    classes = [name for name in CLASS_COLOURS if name in set(data["mechanism_class"])]
    return [
        *(Patch(color=MODE_COLOURS[mode], label=f"trained on {mode} reward") for mode in modes),
        Patch(color=GREY, label="not trained"),
        *(
            Line2D([], [], color=CLASS_COLOURS[c], label=f"a {c} environment", **dot)
            for c in classes
        ),
    ]


def _exploitability_caption(data: pd.DataFrame, means: pd.DataFrame) -> str:
    if means.empty:
        return NOBODY
    said = []
    for edition, part in means.groupby("edition"):
        rows, labels = _everywhere(part)
        low, high = rows["relative"].idxmin(), rows["relative"].idxmax()
        count = rows["environments"].max()
        said.append(
            f"In the {EDITIONS[edition]} edition best replies gain most from {labels[high]} "
            f"({_percent(rows['relative'][high])} of what cooperation is worth) and least from "
            f"{labels[low]} ({_percent(rows['relative'][low])}), of the policies audited on "
            f"{'all ' if count > 1 else ''}{count} environment{'s' if count > 1 else ''}."
        )
    learned = means[means["kind"] == "learner"]
    if learned["reward_mode"].nunique() > 1:
        modes = [m for m in MODE_COLOURS if m in set(learned["reward_mode"])]
        parts = [
            f"{_percent(learned.loc[learned['reward_mode'] == m, 'relative'].median())} on {m}"
            for m in modes
        ]
        said.append(f"In the median of learners it is {in_words(parts)} reward.")
    said.append(
        "Gains are summed over agents, in payoffs; cooperation is worth what lies between the "
        "lower of Random and the worst equilibrium and the dynamic optimum. A gain found is a "
        "lower bound. Dots are environments, of which learners have those that they train on; "
        f"lines are 95 % intervals of means over {FEWEST} environments or more."
    )
    if lacking := sorted(set(named(data[data["relative"].isna()])["name"])):
        said.append(f"Left out, without a scale: {', '.join(lacking)}.")
    return " ".join(said)


def _everywhere(part: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The policies with most environments, whose means can be compared, and their names."""
    rows = part[part["environments"] == part["environments"].max()].reset_index(drop=True)
    return rows, names(rows).tolist()


def _percent(value: float) -> str:
    return f"{short(100 * value)} %"


# ---- behaviour ----------------------------------------------------------------------------------


def mean_behaviour(audit_behaviour: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, then over the environments of an edition; a row per policy and mode."""
    seeds = over_seeds(audit_behaviour, BEHAVIOUR)
    groups = seeds.groupby(["edition", *WHO], sort=False)
    means = groups[BEHAVIOUR].mean().assign(environments=groups.size()).reset_index()
    return in_order(means)


def behaviour(audit_behaviour: pd.DataFrame) -> Plot:
    """Slope against forgiveness and equality against efficiency, a row of panels per edition."""
    apply()
    data, means = over_seeds(audit_behaviour, BEHAVIOUR), mean_behaviour(audit_behaviour)
    editions = [edition for edition in EDITIONS if edition in set(means["edition"])]
    if not editions:
        fig = _panels([], 0, empty=True)
    else:
        size = (WIDTH, 2.5 * len(editions) + 1.2)
        fig, grid = plt.subplots(len(editions), 2, figsize=size, squeeze=False, sharex="col")
        for edition, axes in zip(editions, grid, strict=True):
            dots, marks = (table[table["edition"] == edition] for table in (data, means))
            _draw_points(axes[0], _drawn(dots), _drawn(marks), "slope", "forgiveness")
            _draw_points(axes[1], dots, marks, "efficiency", "jain")
            axes[0].set_title(f"-{edition}, {EDITIONS[edition]} edition", size=8.5)
            axes[0].set_yticks((UNMOVED, 0, 0.5, 1), ("does not\nmind", "0", "0.5", "1"))
            axes[0].set_ylim(UNMOVED - 0.1, FORGIVING[1] + 0.1)
            axes[0].set_ylabel("forgiveness, part given back", size=8)
            axes[1].set_ylabel("equality of payoffs, Jain's index", size=8)
            axes[1].set_ylim(min(EQUAL, data["jain"].min() - 0.01), 1.01)
        grid[-1, 0].set_xlabel("conditional cooperation, slope", size=8)
        grid[-1, 1].set_xlabel("efficiency, share of the dynamic optimum", size=8)
        handles = _point_handles(means)
        fig.legend(handles=handles, loc="outside lower center", ncols=5, fontsize=6.5)
    return Plot(
        fig,
        named(data).drop(columns=CELL).rename(columns={"name": "environment"}),
        "How policies behave",
        _behaviour_caption(means),
        "Scatter plots, a row per edition: forgiveness against the slope of conditional "
        "cooperation, and Jain's index of payoffs against efficiency, a large mark per policy for "
        "the mean over environments and a small dot per environment.",
    )


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    """With the place of forgiveness in the figure."""
    return table.assign(forgiveness=table["forgiveness"].clip(*FORGIVING).fillna(UNMOVED))


def _draw_points(ax: Axes, data: pd.DataFrame, means: pd.DataFrame, x: str, y: str) -> None:
    ax.scatter(data[x], data[y], s=5, color=GREY, alpha=0.25, lw=0, zorder=2)
    for row in means.dropna(subset=[x, y]).to_dict("records"):
        ax.plot(row[x], row[y], ls="", zorder=4, **_mark(row))
    ax.tick_params(labelsize=7, pad=1)


def _mark(row: dict[str, Any]) -> dict[str, Any]:
    """Of a policy; learners of one algorithm share it, whatever they are trained on."""
    if row["kind"] == "learner":
        return learner_marker(row["policy"], row["protocol"], 4.5)
    if row["policy"] in POLICY_MARKS:
        shape = ORACLE_SHAPES.get(row["policy"].removeprefix("Oracle_"))
        return POLICY_MARKS[row["policy"]] | ({"marker": shape} if shape else {})
    if row["kind"] == "constant":
        level = int(row["policy"].rpartition("_")[2]) / 100
        return CONSTANT_MARKS | {"mfc": plt.get_cmap("viridis")(level)}
    return {"marker": "h", "ms": 5.5, "mfc": "white", "mec": INK}


def _point_handles(means: pd.DataFrame) -> list[Line2D]:
    rows = in_order(means.drop_duplicates(["policy", "protocol"]))
    return [
        Line2D([], [], ls="", label=label, **_mark(row))
        for label, row in zip(names(rows, modes=False), rows.to_dict("records"), strict=True)
    ]


def _behaviour_caption(means: pd.DataFrame) -> str:
    if means.empty:
        return NOBODY
    said = []
    for edition, part in means.groupby("edition"):
        rows, labels = _everywhere(part)
        slope, welfare = rows["slope"].idxmax(), rows["efficiency"].idxmax()
        unequal = rows["jain"].idxmin()
        said.append(
            f"In the {EDITIONS[edition]} edition {labels[slope]} follows the others most closely "
            f"(slope {short(rows['slope'][slope])}), {labels[welfare]} comes nearest to the "
            f"dynamic optimum ({_percent(rows['efficiency'][welfare])}), and payoffs are least "
            f"equal under {labels[unequal]} (Jain's index {rows['jain'][unequal]:.3f})."
        )
    followers = means[(means["kind"] == "learner") & (means["slope"] > 0.5)]
    learned = means[means["kind"] == "learner"]
    if len(learned):
        said.append(
            f"Of {len(learned)} learners and modes {len(followers)} follow with a slope above one "
            "half."
        )
    said.append(
        "Marks are means over environments, dots environments; of a learner there is a mark per "
        "mode. Whom no slip of a partner makes contribute less does not mind; who never "
        f"contributes forgives 0. Forgiveness beyond {FORGIVING[1]} is drawn there."
    )
    return " ".join(said)
