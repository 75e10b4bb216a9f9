"""How learners perform on common environments, drawn: profiles, improvement, and ranks.

Each figure has a part per edition and protocol, of the pool with the most runs; the tables hold the
other pools.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .columns import MODES
from .selection import policy_order
from .sheets import add_heads, add_legend, in_sheets, name_rows, number_columns
from .theme import GREY, INK, MODE_COLOURS, MODE_LINES, Plot, apply, signed

POOL = ["environment", "edition", "protocol"]
# Inches: a panel of a profile, a row of a learner, and what stands around rows.
PROFILE, ROW, AROUND = 0.95, 0.135, 0.62
PER_BAND = 5
# A score that is close to the dynamic optimum; the captions say how many runs exceed it.
CLOSE = 0.9
# Where the panels of the profiles begin.
LEAST = -0.5
# Probability of improvement: ends of the shades, and shades from worse to better.
SHADES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SHADE_COLOURS = ("#B35806", "#F1A340", "#FEE0B6", "#D8DAEB", "#998EC3", "#542788")
# Ranks that share a shade.
RANKS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 15), (16, 999))
# Up to so many learners a cell has its number.
NUMBERED = 8


def performance_profiles(
    performance_profiles: pd.DataFrame, performance: pd.DataFrame, pools: pd.DataFrame
) -> Plot:
    """Share of runs above every score: a panel per learner, best first, a line per reward mode."""
    apply()
    shown = main_pools(performance_profiles, pools)
    bands_of = [
        (title if number == 0 else "", part, policies[i : i + PER_BAND])
        for title, part, found in pool_parts(shown, main_pools(performance, pools))
        for policies in [found]
        for number, i in enumerate(range(0, len(policies), PER_BAND))
    ]
    heights = [PROFILE + 0.2 * bool(title) for title, _, _ in bands_of]
    fig, sheets = in_sheets(heights, PER_BAND, sharex=True, sharey=True)
    for part, bands in sheets:
        for band, axes in bands.items():
            title, rows, policies = bands_of[band]
            for policy, ax in zip(policies, axes, strict=False):
                _draw_profile(ax, rows, policy)
                # The empty line is that of the heading, which is wider than the panel.
                ax.set_title("\n" * bool(title) + policy, size=6.5, weight="normal", pad=2)
            while len(axes) > len(policies):
                axes.pop().remove()
            style = {"xytext": (0, 11), "textcoords": "offset points", "size": 8, "weight": "bold"}
            head = axes[0].annotate(title, (0, 1), xycoords="axes fraction", **style)
            head.set_in_layout(False)
        number_columns(bands, "score")
        part.supylabel("share of runs above it", size=8)
        add_legend(part, _profile_handles(shown))
    return Plot(
        fig,
        shown.drop(columns=["main"], errors="ignore"),
        "Performance profiles",
        _profile_caption(shown),
        "Line charts, one per learner: the share of its runs that score more than a value, by "
        "reward mode, before those of all others in grey.",
        max(1, len(sheets)),
    )


def _draw_profile(ax: Axes, rows: pd.DataFrame, policy: str) -> None:
    """A learner's profiles with their intervals, those of the others under the same reward."""
    mode = _leading(rows)
    for other, line in rows[rows["reward_mode"] == mode].groupby("policy"):
        if other != policy:
            ax.plot(line["threshold"], line["share"], color="#DADADA", lw=0.5, zorder=1)
    for name, line in rows[rows["policy"] == policy].groupby("reward_mode"):
        colour = MODE_COLOURS[str(name)]
        ax.fill_between(
            line["threshold"], line["low"], line["high"], color=colour, alpha=0.12, lw=0
        )
        ax.plot(line["threshold"], line["share"], color=colour, **MODE_LINES[str(name)])
    ax.axvline(1, color=GREY, lw=0.6, zorder=1)
    ax.set(xlim=(LEAST, 1.2), xticks=(0, 0.5, 1), ylim=(-0.03, 1.03), yticks=(0, 0.5, 1))
    ax.tick_params(labelsize=6)


def _profile_handles(shown: pd.DataFrame) -> list[Line2D]:
    return [
        Line2D([], [], color=MODE_COLOURS[mode], **MODE_LINES[mode], label=f"{mode} reward")
        for mode in MODES
        if mode in set(shown["reward_mode"])
    ] + [Line2D([], [], color="#CCCCCC", lw=1, label=f"others, {_leading(shown)} reward")]


def _profile_caption(shown: pd.DataFrame) -> str:
    if shown.empty:
        return "No learner has a score."
    said = []
    at = shown.loc[(shown["threshold"] - CLOSE).abs() < 1e-9]
    for title, part, _ in pool_parts(at, at):
        rows = part.reset_index(drop=True)
        best, worst = rows.loc[rows["share"].idxmax()], rows.loc[rows["share"].idxmin()]
        text = f"{title}: {_share(best)}"
        said.append(text if best["share"] == worst["share"] else f"{text}, {_share(worst)}")
    start = shown[(shown["threshold"] - LEAST).abs() < 1e-9]
    aside = f" Scores below {signed(LEAST, 1)} lie left of the panels."
    beyond = aside if start["share"].min() < 1 else ""
    return (
        f"Share of runs with a score above {CLOSE}, highest and lowest. {'; '.join(said)}. Bands "
        f"are 95 % stratified bootstrap intervals; panels go by interquartile mean.{beyond}"
    )


def _share(row: pd.Series) -> str:
    return f"{100 * row['share']:.0f} % of {row['policy']} under {row['reward_mode']} reward"


def improvement(improvement: pd.DataFrame, performance: pd.DataFrame, pools: pd.DataFrame) -> Plot:
    """Heat maps of the probability that a learner's run scores more than another one's."""
    apply()
    shown = main_pools(improvement, pools)
    bands_of = [*pool_parts(shown, main_pools(performance, pools))]
    modes = [mode for mode in MODES if mode in set(shown["reward_mode"])]
    heights = [_height(policies) for _, _, policies in bands_of]
    fig, sheets = in_sheets(heights, len(modes))
    for part, bands in sheets:
        for band, axes in bands.items():
            title, rows, policies = bands_of[band]
            for mode, ax in zip(modes, axes, strict=True):
                _draw_improvement(ax, rows[rows["reward_mode"] == mode], policies)
            _name_numbered(axes, policies)
            axes[0].set_title(title, size=8)
        add_heads(bands, [f"{mode} reward" for mode in modes])
        add_legend(part, _shade_handles())
    return Plot(
        fig,
        shown,
        "Probability of improvement",
        _improvement_caption(shown),
        "Heat maps, one per reward mode: for every pair of learners the probability that a run of "
        "the learner of the row scores more than one of the learner of the column.",
        max(1, len(sheets)),
    )


def _draw_improvement(ax: Axes, rows: pd.DataFrame, policies: Sequence[str]) -> None:
    """Cells in shades; white where the interval of the probability includes one half."""
    ax.grid(visible=False)
    if rows.empty:
        return
    cells = rows.assign(open=(rows["low"] <= 0.5) & (rows["high"] >= 0.5))
    wide = cells.pivot(index="policy", columns="compared_with", values="probability")
    undecided = cells.pivot(index="policy", columns="compared_with", values="open")
    values, open_cells = (
        part.reindex(index=policies, columns=policies).to_numpy(float) for part in (wide, undecided)
    )
    open_cells = open_cells == 1
    shades = ListedColormap(SHADE_COLOURS)
    colours = shades(BoundaryNorm(SHADES, len(SHADE_COLOURS))(np.nan_to_num(values)))[..., :3]
    colours[open_cells] = 1.0
    colours[np.isnan(values)] = 0.87
    ax.imshow(colours, aspect="auto")
    if len(policies) <= NUMBERED:
        for (row, column), value in np.ndenumerate(values):
            if np.isfinite(value):
                dark = not open_cells[row, column] and not 0.05 <= value <= 0.95
                style = {"ha": "center", "va": "center", "size": 6.5}
                ax.text(column, row, f"{100 * value:.0f}", color="white" if dark else INK, **style)


def _name_numbered(axes: Sequence[Axes], policies: Sequence[str]) -> None:
    """Rows named and numbered at the first panel, columns numbered below each."""
    numbers = [str(number) for number in range(1, len(policies) + 1)]
    name_rows(axes, [f"{p}  {n}" for p, n in zip(policies, numbers, strict=True)])
    for ax in axes:
        every = 2 if len(policies) > NUMBERED else 1
        ax.set_xticks(range(0, len(policies), every), numbers[::every])
        ax.tick_params(axis="x", labelbottom=True)
        ax.tick_params(labelsize=5.5 if len(policies) > 12 else 6.5, length=0, pad=1)
        if ax is not axes[0]:
            ax.set_yticks([])


def _shade_handles() -> list[Patch]:
    named = ["below 5 %", "5 to 25 %", "25 to 50 %", "50 to 75 %", "75 to 95 %", "above 95 %"]
    handles = [
        Patch(fc=colour, ec="#BBBBBB", lw=0.4, label=label)
        for colour, label in zip(SHADE_COLOURS, named, strict=True)
    ]
    return [*handles, Patch(fc="white", ec="#BBBBBB", lw=0.4, label="interval includes 50 %")]


def _improvement_caption(shown: pd.DataFrame) -> str:
    if shown.empty:
        return "No two learners trained on the same environments."
    said = []
    for title, part, _ in pool_parts(shown, shown):
        pairs = part[part["policy"] < part["compared_with"]]
        decided = int(((pairs["low"] > 0.5) | (pairs["high"] < 0.5)).sum())
        said.append(f"{decided} of {len(pairs)} on {title}")
    return (
        "Probability that a run of the learner of the row scores more than one of the learner of "
        "the column, mean over environments; columns have the numbers of the rows. Pairs of which "
        f"the 95 % bootstrap interval says which one is better: {'; '.join(said)}, over all reward "
        "modes."
    )


def ranks(ranks: pd.DataFrame, performance: pd.DataFrame, pools: pd.DataFrame) -> Plot:
    """Bars of the share of resamples in which a learner has each rank."""
    apply()
    shown = main_pools(ranks, pools)
    bands_of = [*pool_parts(shown, main_pools(performance, pools))]
    modes = [mode for mode in MODES if mode in set(shown["reward_mode"])]
    heights = [_height(policies) for _, _, policies in bands_of]
    fig, sheets = in_sheets(heights, len(modes), sharex=True, sharey="row")
    for part, bands in sheets:
        most = 1
        for band, axes in bands.items():
            title, rows, policies = bands_of[band]
            most = max(most, len(policies))
            for mode, ax in zip(modes, axes, strict=True):
                _draw_ranks(ax, rows[rows["reward_mode"] == mode], policies)
            name_rows(axes, policies)
            axes[0].tick_params(axis="y", labelsize=6 if len(policies) > 12 else 7)
            axes[0].set_title(title, size=8)
        add_heads(bands, [f"{mode} reward" for mode in modes])
        number_columns(bands, "share of resamples")
        handles = [
            Patch(
                color=_rank_colour(low), label=f"rank {low}" + (f" to {end}" if end > low else "")
            )
            for low, high in RANKS
            if low <= most
            for end in [min(high, most)]
        ]
        add_legend(part, handles)
    return Plot(
        fig,
        shown,
        "Ranks",
        _ranks_caption(shown),
        "Stacked bars, a row per learner and a panel per reward mode: the share of bootstrap "
        "resamples in which the learner has each rank.",
        max(1, len(sheets)),
    )


def _draw_ranks(ax: Axes, rows: pd.DataFrame, policies: Sequence[str]) -> None:
    wide = rows.pivot(index="policy", columns="rank", values="probability")
    for y, policy in enumerate(policies):
        if policy not in wide.index:
            continue
        left = 0.0
        for low, high in RANKS:
            here = [rank for rank in wide if low <= rank <= high]
            width = float(wide.loc[policy, here].sum())
            ax.barh(y, width, left=left, height=0.78, color=_rank_colour(low), lw=0)
            left += width
    ax.set(xlim=(0, 1), xticks=(0, 0.5, 1))
    ax.tick_params(labelsize=7)


def _rank_colour(low: int) -> str:
    place = [first for first, _ in RANKS].index(low)
    return mpl.colors.to_hex(mpl.colormaps["viridis"](place / (len(RANKS) - 1)))


def _ranks_caption(shown: pd.DataFrame) -> str:
    if shown.empty:
        return "No two learners trained on the same environments, so that none has a rank."
    said = []
    for title, part, _ in pool_parts(shown, shown):
        first = part[part["rank"] == 1]
        found = [
            f"{best['policy']} under {mode} reward ({100 * best['probability']:.0f} %)"
            for mode, rows in _by_mode(first)
            for best in [rows.loc[rows["probability"].idxmax()]]
        ]
        said.append(f"{title}: {', '.join(found)}")
    return (
        "Learners that are most often the first by interquartile mean, with the share of stratified"
        f" bootstrap resamples. {'; '.join(said)}."
    )


def _by_mode(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    parts: Mapping[str, pd.DataFrame] = {str(m): part for m, part in rows.groupby("reward_mode")}
    return ((mode, parts[mode]) for mode in MODES if mode in parts)


def main_pools(table: pd.DataFrame, pools: pd.DataFrame) -> pd.DataFrame:
    """Rows of the pools that figures show."""
    main = pools.loc[pools["main"].astype(bool), [*POOL, "reward_mode"]].drop_duplicates()
    return table.merge(main, on=[*POOL, "reward_mode"])


def pool_parts(
    shown: pd.DataFrame, ordered_by: pd.DataFrame
) -> Iterator[tuple[str, pd.DataFrame, list[str]]]:
    """What a pool is called, its rows, and its learners, the best first where that is known."""
    for (environment, _, protocol), part in shown.groupby(POOL, sort=False):
        count = int(part["environments"].iloc[0])
        several = f" ({count} environments)" if count > 1 else ""
        title = f"{environment}{several}, {protocol}"
        order = policy_order(part)
        known = ordered_by
        if "measure" in ordered_by:
            same = (ordered_by["environment"] == environment) & (ordered_by["protocol"] == protocol)
            known = ordered_by[same & (ordered_by["measure"] == "iqm")]
            value = known[known["reward_mode"] == _leading(known)].set_index("policy")["value"]
            order = sorted(order, key=lambda policy: -value.get(policy, -np.inf))
        yield title, part, order


def _leading(rows: pd.DataFrame) -> str:
    """The reward mode that learners are ordered by: integrated, or the first that there is."""
    there = set(rows["reward_mode"])
    return next((mode for mode in ("integrated", *MODES) if mode in there), "integrated")


def _height(policies: Sequence[str]) -> float:
    return AROUND + max(ROW * len(policies), 0.5)
