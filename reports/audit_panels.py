"""Two panels of an audit sheet: cooperating or defecting among cooperators, and play over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from .auditees import WHO, in_order, names
from .theme import GREY, INK, STRATEGY_COLOURS

RUN = [*WHO, "seed"]
# Policies that are drawn over time beside the one in question, as far as they are audited.
BESIDE = {
    "TitForTat": {"color": "#009E73", "ls": "--"},
    "TitForTat_released": {"color": "#009E73", "ls": "--"},
    "Planner": {"color": "#CC79A7", "ls": ":"},
}
# Points of a line over time, and policies of a group that are told apart by marks.
POINTS, MOST_MARKS = 21, 9
THOUSANDS = StrMethodFormatter("{x:,.0f}")


def same_run(rows: pd.DataFrame, run: pd.Series) -> pd.Series:
    """The rows of a run; a policy that is not trained has no seed."""
    same = (rows[WHO] == run[WHO]).all(axis=1)
    return same if pd.isna(run["seed"]) else same & (rows["seed"] == run["seed"]).fillna(False)


def among_cooperators(schelling: pd.DataFrame, run: pd.Series, agent: int) -> pd.DataFrame:
    """What a run earns in the seat of an agent's role, by cooperators among the others.

    Args:
        schelling: table `audit_schelling` of one environment.
        run: columns `RUN`.
        agent: one of the role that is taken.
    """
    rows = schelling[same_run(schelling, run)]
    role = [str(agent) in agents.split("|") for agents in rows["role"]]
    return rows[role].sort_values("cooperators")


def draw_among_cooperators(ax: Axes, rows: pd.DataFrame, who: str) -> None:
    """Payoffs of C, of D and of a policy against the number of cooperators among the others."""
    marked = "o" if len(rows) <= MOST_MARKS else ""
    for kind, plays in (("cooperator", "C"), ("defector", "D")):
        style = {"color": STRATEGY_COLOURS[kind], "marker": marked, "ms": 3, "lw": 1.2}
        ax.plot(rows["cooperators"], rows[f"{kind}_payoff"], label=f"plays {plays}", **style)
    style = {"color": INK, "marker": "s", "ms": 3.5, "mfc": "white", "lw": 0.8, "ls": "--"}
    ax.plot(rows["cooperators"], rows["payoff"], label=who, **style)
    ax.xaxis.set(major_locator=MaxNLocator(4, integer=True))
    ax.yaxis.set(major_locator=MaxNLocator(3), major_formatter=THOUSANDS)
    ax.set_xlabel("cooperators among the others", size=7.5)
    ax.set_ylabel("payoff", size=7.5)
    ax.set_title("One agent among k cooperators", size=8)
    ax.tick_params(labelsize=6.5, pad=1)
    ax.legend(fontsize=6, frameon=False)


def said_of_position(rows: pd.DataFrame) -> str:
    """Whether it plays like a defector or like a cooperator, in words."""
    position = rows["position"].mean()
    if pd.isna(position):
        return ""
    return (
        f"Among cooperators and defectors it plays {position:.2f} of the way from a defector's "
        "share (0) to a cooperator's (1)."
    )


def over_time(trajectories: pd.DataFrame, run: pd.Series) -> pd.DataFrame:
    """Steps of a run and of the policies of `BESIDE`, thinned to the points that are drawn.

    Args:
        trajectories: table `audit_trajectories` of one environment.
        run: columns `RUN`.
    """
    own = trajectories[same_run(trajectories, run)]
    rest = trajectories[
        trajectories["policy"].isin([*BESIDE]) & (trajectories["policy"] != run["policy"])
    ]
    last = int(trajectories["step"].max())
    steps = np.unique(np.linspace(0, last, min(POINTS, last + 1)).round().astype(int))
    rows = pd.concat([own, in_order(rest)], ignore_index=True)
    return rows[rows["step"].isin(steps)]


def draw_over_time(axes: tuple[Axes, Axes], rows: pd.DataFrame) -> None:
    """Welfare of a step above, trust below; the first policy is the one in question."""
    labels = names(rows, modes=False)
    first = labels.iloc[0]
    for who, line in rows.groupby(labels, sort=False):
        known = BESIDE.get(line["policy"].iloc[0], {})
        style = {"color": INK, "lw": 1.2} if who == first else {"lw": 1, **known}
        for ax, column in zip(axes, ("welfare", "trust"), strict=True):
            ax.plot(line["step"], line[column].astype(float), label=who, **style)
    above, below = axes
    above.set_title("An episode among its like", size=8)
    above.legend(fontsize=6, frameon=False)
    above.yaxis.set(major_locator=MaxNLocator(2), major_formatter=THOUSANDS)
    above.xaxis.set(major_locator=MaxNLocator(4, integer=True))
    below.set_ylim(-0.05, 1.05)
    below.set_yticks((0, 1))
    below.set_xlabel("step", size=7.5)
    for ax, label in zip(axes, ("welfare", "trust"), strict=True):
        ax.set_ylabel(label, size=7.5)
        ax.tick_params(labelsize=6.5, pad=1)
    if rows["trust"].isna().all():
        about = {"ha": "center", "va": "center", "size": 7, "color": GREY}
        below.text(0.5, 0.5, "this environment has no trust", transform=below.transAxes, **about)
