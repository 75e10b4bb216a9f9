"""The supplementary campaigns, drawn: what widths, learning rates, mutuality and size do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .campaign_content import (
    capacity_summary,
    critic_rates_summary,
    decimal,
    mutuality_summary,
    population_summary,
)
from .selection import named
from .theme import GREY, INK, WIDTH, Plot, apply, learner_colour, learner_marker

HEIGHT = 1.75
# Column of the table `mutuality` -> what its panels are called.
MEASURES = {
    "score": "score",
    "cooperation": "share played",
    "trust": "trust",
    "jain": "equality (Jain)",
}
EQUILIBRIUM = {"color": INK, "ls": (0, (2, 1.5)), "lw": 0.9, "zorder": 2}


def capacity(capacity: pd.DataFrame, capacity_agreement: pd.DataFrame) -> Plot:
    """Mean score of every learner by the width of its networks, a panel per reward mode."""
    apply()
    data = _widest(capacity)
    if data.empty:
        return _nothing(capacity)
    modes = list(dict.fromkeys(data["reward_mode"]))
    fig, axes = _panels(1, modes, {mode: f"{mode} reward" for mode in modes}, sharey=True)
    for mode, ax in zip(modes, axes[0], strict=True):
        here = data[data["reward_mode"] == mode]
        _draw(ax, here, "width", "score")
        widths = sorted(here["width"].unique())
        ax.set_xscale("log", base=2)
        ax.set_xticks(widths, [str(width) for width in widths])
        ax.minorticks_off()
        ax.set_xlabel("units of a hidden layer")
    _limit(axes[0], data["score"])
    axes[0][0].set_ylabel("score")
    _legend(fig, data["policy"])
    return Plot(
        fig,
        capacity,
        "Scores by width of the networks",
        capacity_summary(capacity, capacity_agreement),
        "Line plots, a panel per reward mode: mean score of each learner, with its interval over "
        "seeds, by the number of units in a hidden layer.",
    )


def critic_rates(critic_rates: pd.DataFrame) -> Plot:
    """Runs that broke down, and scores, by the learning rate of critics."""
    apply()
    data = critic_rates[(critic_rates["reward_mode"] == "all") & (critic_rates["policy"] != "all")]
    if data.empty:
        return _nothing(critic_rates)
    heads = {"broken": "runs that broke down", "score": "score"}
    fig, axes = _panels(1, list(heads), heads)
    shares = data.drop(columns="broken").rename(columns={"broken_share": "broken"})
    _draw(axes[0][0], shares, "learning_rate", "broken")
    _draw(axes[0][1], data, "learning_rate", "score")
    _limit(axes[0], data["score"])
    axes[0][0].set_ylim(-0.04, 1.04)
    rates = sorted(data["learning_rate"].unique())
    for ax in axes[0]:
        ax.set_xscale("log")
        ax.set_xticks(rates, [decimal(rate) for rate in rates])
        ax.minorticks_off()
        ax.set_xlabel("learning rate of the critics")
    axes[0][0].set_ylabel("share of the runs")
    _legend(fig, data["policy"])
    return Plot(
        fig,
        critic_rates,
        "Learning rate of critics",
        critic_rates_summary(critic_rates),
        "Two line plots by the learning rate of the critics, a line per learner with its interval: "
        "share of the runs that broke down, and mean score.",
    )


def mutuality(mutuality: pd.DataFrame, mutuality_jumps: pd.DataFrame) -> Plot:
    """Score, shares, trust and equality along the dial, a row of panels per environment."""
    apply()
    data = named(mutuality.dropna(subset="mutuality")).sort_values("mutuality", kind="stable")
    if data.empty:
        return _nothing(mutuality)
    names = list(dict.fromkeys(data["name"].sort_values()))
    known = [name for name in MEASURES if data[name].notna().any()]
    fig, grid = _panels(len(names), known, MEASURES, height=1.05)
    for name, axes in zip(names, grid, strict=True):
        here = data[data["name"] == name]
        for measure, ax in zip(known, axes, strict=True):
            _draw(ax, here, "mutuality", measure, size=2.6)
            ax.tick_params(labelsize=6.5, pad=1)
            ax.set_xticks([0, 1, 2], ["0", "1", "2"])
            if here[measure].isna().all():
                ax.text(0.5, 0.5, "none", transform=ax.transAxes, ha="center", color=GREY, size=7)
        _limit(axes[:1], here["score"])
        for measure in {"cooperation", "trust"} & {*known}:
            axes[known.index(measure)].set_ylim(-0.05, 1.05)
        if "jain" in known:
            axes[known.index("jain")].set_ylim(min(0.9, here["jain"].min()) - 0.01, 1.01)
        _draw_equilibria(axes[known.index("cooperation")], here)
        axes[0].set_ylabel(name, size=6.5)
    for ax in grid[-1]:
        ax.set_xlabel("mutuality of the reward", size=7)
    mark = Line2D([], [], **EQUILIBRIUM, label="lowest and highest equilibrium")
    _legend(fig, data["policy"], [mark])
    return Plot(
        fig,
        mutuality,
        "Along the dial of mutuality",
        mutuality_summary(mutuality, mutuality_jumps),
        "Line plots, a row of panels per environment of the formal edition: score, mean share of "
        "the endowment beside equilibria in constants, trust and equality of payoffs of each "
        "learner, by the mutuality of the reward: 0 private, 1 integrated, 2 cooperative.",
    )


def population(population: pd.DataFrame) -> Plot:
    """Score and CPU time by the number of agents, a row of panels per environment."""
    apply()
    data = named(population).sort_values("n_agents", kind="stable")
    if data.empty:
        return _nothing(population)
    names, modes = list(dict.fromkeys(data["name"])), list(dict.fromkeys(data["reward_mode"]))
    heads = {mode: f"score, {mode} reward" for mode in modes}
    heads |= {"cpu": "CPU time per 1,000 steps, s"}
    fig, grid = _panels(len(names), list(heads), heads, height=1.45)
    for name, axes in zip(names, grid, strict=True):
        here = data[data["name"] == name]
        for mode, ax in zip(modes, axes, strict=False):
            _draw(ax, here[here["reward_mode"] == mode], "n_agents", "score", size=3)
        means = here.groupby(["policy", "n_agents"], sort=False)["cpu_per_step"].mean()
        _draw(axes[-1], means.rename("cpu").reset_index(), "n_agents", "cpu", size=3)
        _limit(axes[:-1], here["score"])
        ends = [means.min(), means.max()]
        axes[-1].set_yscale("log")
        axes[-1].set_yticks(ends, [f"{end:.2g}" for end in ends])
        sizes = sorted(here["n_agents"].unique())
        for ax in axes:
            ax.set_xscale("log")
            ax.set_xticks(sizes, [str(size) for size in sizes])
            ax.minorticks_off()
            ax.tick_params(labelsize=6.5, pad=1)
        axes[0].set_ylabel(name, size=7)
    for ax in grid[-1]:
        ax.set_xlabel("agents", size=7)
    _legend(fig, data["policy"])
    return Plot(
        fig,
        population,
        "By the number of agents",
        population_summary(population),
        "Line plots by the number of agents, a row of panels per environment and a line per "
        "learner: mean score in each reward mode with its interval, and CPU time per 1,000 "
        "environment steps on a logarithmic axis.",
    )


def _nothing(table: pd.DataFrame) -> Plot:
    """A campaign of which no run can be drawn."""
    fig, ax = plt.subplots(figsize=(WIDTH, 0.8))
    ax.set_axis_off()
    ax.text(0.5, 0.5, "no runs", ha="center", color=GREY)
    said = "No run of this campaign can be drawn."
    return Plot(fig, table, "A campaign without runs", said, said)


def _widest(capacity: pd.DataFrame) -> pd.DataFrame:
    """Rows of single modes: of all environments of an edition, or of the only one."""
    single = capacity[capacity["reward_mode"] != "all"]
    single = capacity if single.empty else single
    pooled = single[single["environment"] == "all"]
    return single if pooled.empty else pooled


def _panels(
    rows: int,
    columns: Sequence[str],
    heads: dict[str, str],
    *,
    height: float = HEIGHT,
    sharey: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A grid of panels with heads over the first row."""
    fig, grid = plt.subplots(
        *(rows, len(columns)),
        figsize=(WIDTH, height * rows + 0.75),
        squeeze=False,
        sharey=sharey,
    )
    for name, ax in zip(columns, grid[0], strict=True):
        ax.set_title(heads[name], size=8)
    return fig, grid


def _draw(ax: Axes, rows: pd.DataFrame, x: str, y: str, *, size: float = 3.6) -> None:
    """A line per learner along `x`, with a band where `y` has an interval."""
    for policy, part in rows.groupby("policy", sort=False):
        line = part.sort_values(x).dropna(subset=y)
        colour = learner_colour(policy)
        mark: dict[str, Any] = learner_marker(policy, "corrected", size)
        ax.plot(line[x], line[y], color=colour, lw=1.1, **mark)
        if f"{y}_low" in line:
            ends = line[f"{y}_low"], line[f"{y}_high"]
            ax.fill_between(line[x], *ends, color=colour, alpha=0.15, lw=0)


def _limit(axes: Sequence[Axes], scores: pd.Series) -> None:
    """Show 0, 1 and all means; bands of few seeds may go on beyond."""
    for ax in axes:
        ax.set_ylim(min(0.0, scores.min()) - 0.05, max(1.0, scores.max()) + 0.05)


def _draw_equilibria(ax: Axes, rows: pd.DataFrame) -> None:
    """Mean shares of the lowest and of the highest equilibrium."""
    dial = rows.drop_duplicates("mutuality")
    for end in ("equilibrium_low", "equilibrium_high"):
        ax.plot(dial["mutuality"], dial[end], **EQUILIBRIUM)


def _legend(fig: Figure, policies: Iterable[str], more: Sequence[Line2D] = ()) -> None:
    """Learners above the panels."""
    handles = [
        Line2D([], [], color=learner_colour(p), **learner_marker(p, "corrected", 3.6), label=p)
        for p in dict.fromkeys(policies)
    ]
    fig.legend(handles=[*handles, *more], loc="outside upper center", ncols=6, fontsize=7)
