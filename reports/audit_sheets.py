"""The audits of one environment in one figure: deviations, replies, cross-play, play over time."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from coopetition.agents.audits.cross_play import matrices

from .audit_panels import (
    RUN,
    among_cooperators,
    draw_among_cooperators,
    draw_over_time,
    over_time,
    said_of_position,
    same_run,
)
from .auditees import OWN_COLOUR, WHO, colour, in_mode, in_order, names, with_interval
from .selection import named
from .theme import GREY, HALO, INK, WIDTH, Plot, apply, short

# Whose deviations are drawn where no learner is: half of every endowment.
FALLBACK = "Constant_50"
# Heights in inches: heat maps, a row of bars and of the matrix, what stands around these, and the
# panels below.
MAPS, ROW, AROUND, PANELS = 1.95, 0.145, 1.75, 1.75
UNITS = {"gain": "payoffs", "gain_integrated": "integrated reward"}
LOSS, BARE = "vlag", "none"
# Smallest scale of gains, as a share of the largest loss; room for whiskers beyond the bars.
LEAST_SIZE, WHISKERS, TINY = 0.01, 1.25, 1e-9
THOUSANDS = StrMethodFormatter("{x:,.0f}")


def environment_audits(
    audit_deviations: pd.DataFrame,
    audit_exploitability: pd.DataFrame,
    audit_cross_play: pd.DataFrame,
    audit_behaviour: pd.DataFrame,
    audit_schelling: pd.DataFrame,
    audit_trajectories: pd.DataFrame,
) -> Iterator[tuple[str, Plot]]:
    """One figure per environment and edition: name with edition, and its plot.

    A user's own policy, of kind `own`, is highlighted, and its deviations are the ones drawn.

    Args:
        audit_deviations: see `schema`, as are the following, of the same environments.
        audit_exploitability: see `schema`.
        audit_cross_play: see `schema`.
        audit_behaviour: see `schema`; for the learner of the highest welfare.
        audit_schelling: see `schema`.
        audit_trajectories: see `schema`.
    """
    apply()
    tables = (
        *(audit_deviations, audit_exploitability, audit_cross_play, audit_behaviour),
        *(audit_schelling, audit_trajectories),
    )
    parts = [dict(list(named(table).groupby("name", sort=False))) for table in tables]
    for name in parts[1]:
        yield name, _sheet(name, *(part[name] for part in parts))


def _sheet(
    name: str,
    deviations: pd.DataFrame,
    exploitability: pd.DataFrame,
    cross_play: pd.DataFrame,
    behaviour: pd.DataFrame,
    schelling: pd.DataFrame,
    trajectories: pd.DataFrame,
) -> Plot:
    left = chosen(deviations, behaviour)
    run = left.iloc[0]
    bars = total_gains(exploitability)
    matrix = mean_matrix(cross_play, bars)
    among = among_cooperators(schelling, run, run["agent"])
    steps = over_time(trajectories, run)
    heights = (MAPS, AROUND + ROW * len(bars), PANELS)
    fig = plt.figure(figsize=(WIDTH, sum(heights)))
    above, below, last = fig.subfigures(3, 1, height_ratios=heights)
    who = names(left).iloc[0]
    above.suptitle(f"Agent {left['agent'].iloc[0]} alone leaves {who}", size=8.5, weight="bold")
    for ax, (column, unit) in zip(above.subplots(1, 2), UNITS.items(), strict=True):
        _draw_gains(ax, left, column, unit)
    # Bars and matrix have the same rows.
    one, other = below.subplots(1, 2, sharey=True, width_ratios=(1, 1.7))
    _draw_bars(one, bars)
    _draw_matrix(other, matrix, bars)
    one, other = last.subfigures(1, 2, width_ratios=(1, 1.2))
    draw_among_cooperators(one.subplots(), among, names(among, modes=False).iloc[0])
    draw_over_time(other.subplots(2, 1, sharex=True, height_ratios=(1.4, 1)), steps)
    data = [
        left.assign(part="deviation"),
        bars.assign(part="exploitability"),
        _long(matrix, bars).assign(part="cross-play"),
        among.assign(part="among cooperators"),
        steps.assign(part="over time"),
    ]
    kept = ["part", *RUN, "agent", "agents", "share", "start", "start_fraction", "payoff"]
    kept += ["gain", "gain_low", "gain_high", "gain_integrated", "others_change", "exploitative"]
    kept += ["runs", "family", "partner", "cooperators", "cooperator_payoff", "defector_payoff"]
    kept += ["position", "step", "welfare", "trust"]
    return Plot(
        fig,
        pd.concat(data, ignore_index=True).reindex(columns=kept).assign(environment=name),
        f"Audits of policies on {name}",
        _caption(left, bars, matrix, among),
        f"Audits on {name}: two heat maps of what one agent gains by leaving {who} for a share, by "
        "share and start; a bar chart of the sum of gains of best replies found, a row per policy; "
        "and, with the same rows, a matrix of the payoff of one agent among others who play "
        "another policy; below, the payoff of a cooperator, of a defector and of the policy by the "
        "number of cooperators among the others, and welfare and trust in every step.",
    )


# ---- whose deviations ---------------------------------------------------------------------------


def chosen(deviations: pd.DataFrame, behaviour: pd.DataFrame) -> pd.DataFrame:
    """The deviations that are drawn, of one run and of the agent that gains most.

    That is a user's own policy; else the learner's run of the highest welfare; else half of the
    endowment, or what is audited first.
    """
    found = behaviour[behaviour["kind"].isin(["own", "learner"])]
    best = in_order(found.sort_values("welfare", ascending=False, kind="stable"))
    # Of the user's own policy there is one, and it comes first.
    if len(best) and best["kind"].iloc[0] == "learner":
        best = best.loc[[best["welfare"].idxmax()]]
    if best.empty:
        best = pd.concat([behaviour[behaviour["policy"] == FALLBACK], behaviour])
    own = best[RUN].iloc[[0]]
    rows = deviations[same_run(deviations, own.iloc[0])]
    return rows[rows["agent"] == rows.loc[rows["gain"].idxmax(), "agent"]]


def _draw_gains(ax: Axes, left: pd.DataFrame, column: str, unit: str) -> None:
    """Gains by share and start; the largest is told in numbers."""
    wide = left.pivot(index="share", columns="start_fraction", values=column)
    gains = wide.to_numpy()
    # Losses may be far larger than gains, which are what is asked for: they fade out below.
    size = max(gains.max(), LEAST_SIZE * np.abs(gains).max()) or 1.0
    style = {"origin": "lower", "aspect": "auto", "interpolation": BARE}
    image = ax.imshow(wide, cmap=LOSS, vmin=-size, vmax=size, **style)
    starts = [f"{start:.2f}".rstrip("0").rstrip(".") for start in wide.columns]
    ax.set_xticks(range(len(starts)), [*starts[:-1], "last"])
    ax.set_yticks(range(0, len(wide), 2), [f"{share:.1f}" for share in wide.index[::2]])
    ax.set_xlabel("starts at, part of the episode", size=7.5)
    ax.set_ylabel("share that it plays", size=7.5)
    ax.set_title(unit, size=8, weight="normal")
    ax.grid(visible=False)
    row, place = np.unravel_index(gains.argmax(), gains.shape)
    if gains[row, place] > 0:
        frame = {"fill": False, "ec": INK, "lw": 1, "clip_on": False}
        ax.add_patch(Rectangle((place - 0.5, row - 0.5), 1, 1, **frame))
        label = {"size": 6, "color": INK, "ha": "center", "va": "center", "path_effects": HALO}
        ax.text(place, row, short(gains[row, place]), **label)
    _colour_bar(ax, image, "gain per episode", extend="min" if gains.min() < -size else "neither")
    ax.tick_params(labelsize=7, pad=1)


def _colour_bar(ax: Axes, image: AxesImage, label: str, **options: str) -> None:
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, format=THOUSANDS, **options)
    bar.ax.tick_params(labelsize=6.5)
    bar.locator = MaxNLocator(5)
    bar.set_label(label, size=7)


# ---- exploitability -----------------------------------------------------------------------------


def total_gains(exploitability: pd.DataFrame) -> pd.DataFrame:
    """Sums of gains over agents, a row per policy that is shown, in order, over seeds."""
    total = in_mode(exploitability[exploitability["agents"] == "all"])
    family = total.groupby(WHO, sort=False)["family"].agg(_one_of).reset_index()
    payoff = total.groupby(WHO, sort=False)["payoff"].mean().reset_index()
    return with_interval(total, "gain").merge(family, on=WHO).merge(payoff, on=WHO)


def _one_of(values: pd.Series) -> str:
    return values.iloc[0] if values.nunique() == 1 else "several"


def _draw_bars(ax: Axes, bars: pd.DataFrame) -> None:
    y = np.arange(len(bars))
    ax.barh(y, bars["gain"], height=0.7, color=[colour(row) for row in bars.to_dict("records")])
    arms = [bars["gain"] - bars["gain_low"], bars["gain_high"] - bars["gain"]]
    style = {"fmt": "none", "ecolor": INK, "elinewidth": 0.8, "capsize": 1.5, "capthick": 0.8}
    ax.errorbar(bars["gain"], y, xerr=np.clip(np.nan_to_num(arms), 0, None), **style)
    ax.axvline(0, color=GREY, lw=0.8)
    ax.set_yticks(y, names(bars, modes=False))
    for label, kind in zip(ax.get_yticklabels(), bars["kind"], strict=True):
        if kind == "own":
            label.set(color=OWN_COLOUR, weight="bold")
    # A whisker over few runs may be far longer than all bars.
    low, high = min(0.0, bars["gain"].min()), max(bars["gain"].max(), TINY)
    ax.set(xlim=(low - 0.03 * high, WHISKERS * high), ylim=(len(bars) - 0.5, -0.5))
    ax.xaxis.set(major_locator=MaxNLocator(4), major_formatter=THOUSANDS)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("sum of gains per episode,\npayoffs", size=7.5)
    ax.set_title("Best replies found", size=8)
    ax.tick_params(labelsize=6.5, pad=1)


# ---- cross-play ---------------------------------------------------------------------------------


def mean_matrix(cross_play: pd.DataFrame, shown: pd.DataFrame) -> np.ndarray:
    """Payoff of one agent [P, P] of each policy that is shown among others of another one.

    Means over seats and runs; on the diagonal all agents play the same run.
    """
    places = {who: place for place, who in enumerate(map(tuple, shown[WHO].to_numpy()))}
    sums, counts = (np.zeros((len(places), len(places))) for _ in range(2))
    [found] = matrices(cross_play.to_dict("records")).values()
    for (a, b), cell in found.items():
        row, column = places.get(a[:-1]), places.get(b[:-1])
        if row is None or column is None or (row == column and a != b):
            continue
        sums[row, column] += cell["payoff"]
        counts[row, column] += 1
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


def _draw_matrix(ax: Axes, matrix: np.ndarray, shown: pd.DataFrame) -> None:
    image = ax.imshow(matrix, cmap="viridis", aspect="auto", interpolation=BARE)
    labels = names(shown, modes=False)
    ax.set_xticks(range(len(labels)), labels, rotation=90)
    ax.tick_params(labelsize=6.5, pad=1, labelleft=False)
    ax.grid(visible=False)
    for place in np.flatnonzero(shown["kind"] == "own"):
        ax.get_xticklabels()[place].set(color=OWN_COLOUR, weight="bold")
        frame = {"fill": False, "ec": OWN_COLOUR, "lw": 1.4, "clip_on": False}
        ax.add_patch(Rectangle((-0.5, place - 0.5), len(labels), 1, **frame))
        ax.add_patch(Rectangle((place - 0.5, -0.5), 1, len(labels), **frame))
    ax.set_title("Payoff of one agent (row) among others (column)", size=8)
    _colour_bar(ax, image, "payoff per episode")


def _long(matrix: np.ndarray, shown: pd.DataFrame) -> pd.DataFrame:
    """A row per cell."""
    partners = names(shown, modes=False).tolist()
    parts = [
        shown[WHO].assign(partner=partner, payoff=matrix[:, place])
        for place, partner in enumerate(partners)
    ]
    return pd.concat(parts, ignore_index=True)


# ---- what it says -------------------------------------------------------------------------------


def _caption(
    left: pd.DataFrame, bars: pd.DataFrame, matrix: np.ndarray, among: pd.DataFrame
) -> str:
    best = left.loc[left["gain"].idxmax()]
    integrated = left["gain_integrated"].max()
    labels = names(bars, modes=False)
    low, high = bars["gain"].idxmin(), bars["gain"].idxmax()
    said = [_gained(best, names(left).iloc[0], integrated)]
    said += [position] if (position := said_of_position(among)) else []
    said.append(
        "Of all policies the best replies found to "
        f"{labels[high]} gain most ({short(bars['gain'][high])} over all agents) and those to "
        f"{labels[low]} least ({short(bars['gain'][low])})."
    )
    said.append(_met(matrix, labels.tolist()))
    learned = bars[bars["kind"] == "learner"]
    if len(learned):
        mode = learned["reward_mode"].iloc[0]
        said.append(
            f"Learners are those trained on {mode} reward, means over "
            f"{learned['runs'].max()} run{'s' if learned['runs'].max() > 1 else ''}."
        )
    return " ".join(said)


def _gained(best: pd.Series, who: str, integrated: float) -> str:
    if best["gain"] <= 0:
        return f"No agent gains by leaving {who} alone for any of the shares."
    part = 100 * best["gain"] / abs(best["payoff"]) if best["payoff"] else np.nan
    own = "" if np.isnan(part) else f", {part:.1f} % of its payoff"
    change = best["others_change"]
    others = f"others lose {short(-change)} each" if change < 0 else "others lose nothing"
    step = f"from step {best['start']}" if best["start"] else "throughout"
    return (
        f"An agent that alone leaves {who} gains at most {short(best['gain'])} in payoffs{own}, "
        f"by playing a share of {best['share']:.1f} {step}, while {others}; in integrated reward "
        f"{'at most ' + short(integrated) if integrated > 0 else 'none gains'}."
    )


def _met(matrix: np.ndarray, labels: list[str]) -> str:
    """Among whose policies an agent earns most and least, all policies in its place."""
    partners = np.nanmean(matrix, axis=0)
    most, least = int(np.nanargmax(partners)), int(np.nanargmin(partners))
    return (
        f"Among agents who play {labels[most]} one agent earns most, {short(partners[most])} on "
        f"average over what it plays, and among {labels[least]} least, "
        f"{short(partners[least])}."
    )
