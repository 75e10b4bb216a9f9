"""The chain from the published PPO to independent learners: what every change is worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from coopetition.agents.ablations.chain import CHAIN, Step

from . import theme
from .statistics import mean_interval
from .theme import Plot, signed

_UNKNOWN = float("nan")


def ablation_rows(parts: Sequence[pd.DataFrame]) -> list[dict[str, Any]]:
    """Rows of the table `ablations` of one environment.

    Args:
        parts: table `scores` of the runs of every step of the chain.
    """
    rows, before = [], None
    for place, (step, runs) in enumerate(zip(CHAIN, parts, strict=True)):
        scores = runs.set_index("seed")["score"]
        rows.append(_row(place, step, runs, scores, before))
        before = scores
    return rows


def _row(
    place: int, step: Step, runs: pd.DataFrame, scores: pd.Series, before: pd.Series | None
) -> dict[str, Any]:
    finished = runs[runs["status"] == "finished"]
    score = _interval(scores)
    effect = [_UNKNOWN] * 3 if before is None else _interval(scores - before)
    return {
        **{k: runs[k].iloc[0] for k in ("environment", "edition", "mechanism_class", "n_agents")},
        "place": place,
        **{"step": step.name, "change": step.change, "isolated": step.isolated},
        **{k: runs[k].iloc[0] for k in ("policy", "protocol", "reward_mode")},
        "steps": int(runs["steps_planned"].max()),
        "seeds": len(runs),
        "finished": len(finished),
        **{k: finished[k].mean() for k in ("welfare", "cooperation", "episode_length")},
        **dict(zip(("score", "score_low", "score_high"), score, strict=True)),
        **dict(zip(("effect", "effect_low", "effect_high"), effect, strict=True)),
        "untrained": runs["untrained_score"].mean(),
    }


def _interval(values: pd.Series) -> Sequence[float]:
    return [_UNKNOWN] * 3 if values.isna().any() else mean_interval(values)


def largest(rows: pd.DataFrame) -> pd.Series:
    """The step of one environment with the largest effect, by size."""
    return rows.loc[rows["effect"].abs().idxmax()]


def ablation_chain(ablations: pd.DataFrame) -> Plot:
    """Scores along the chain, one panel per environment that has a scale.

    Args:
        ablations: see `schema`.

    Raises:
        ValueError: no environment has one.
    """
    scored = ablations[ablations["score"].notna()]
    if scored.empty:
        raise ValueError("no environment of the chain has a scale for scores")
    theme.apply()
    parts = list(scored.groupby("environment", sort=False))
    columns = min(2, len(parts))
    lines = -(-len(parts) // columns)
    fig, axes = plt.subplots(
        lines, columns, figsize=(theme.WIDTH, 0.6 + 2.7 * lines), squeeze=False
    )
    for ax in axes.flat[len(parts) :]:
        ax.set_visible(False)
    for i, (ax, (name, rows)) in enumerate(zip(axes.flat, parts, strict=False)):
        _panel(ax, rows, labelled=i % columns == 0)
        ax.set_title(f"{name}-v0")
    fig.supxlabel("mean score, with 95 % interval over seeds; hollow: before training", fontsize=9)
    return Plot(
        fig, scored, "From the published PPO to independent learners", _caption(parts), _alt(parts)
    )


def _panel(ax: plt.Axes, rows: pd.DataFrame, *, labelled: bool) -> None:
    places, score = rows["place"], rows["score"]
    colour = theme.CLASS_COLOURS[rows["mechanism_class"].iloc[0]]
    ax.plot(score, places, color=colour, lw=1, alpha=0.6, zorder=2)
    ax.hlines(places, rows["score_low"], rows["score_high"], color=colour, lw=2, zorder=2.5)
    ax.plot(score, places, "o", color=colour, ms=5, mec="white", mew=0.5, zorder=3)
    ax.plot(rows["untrained"], places, "o", ms=4, mfc="none", mec=theme.GREY, zorder=2.2)
    # Intervals of two seeds are wider than all that is to be seen.
    seen = pd.concat([score, rows["untrained"]]).dropna()
    margin = 0.12 * max(seen.max() - seen.min(), 0.1)
    ax.set_xlim(seen.min() - margin, seen.max() + margin)
    top = largest(rows)
    if pd.notna(top["effect"]):
        middle = (top["score"] - top["effect"] / 2, top["place"] - 0.5)
        style = {"ha": "center", "va": "center", "fontsize": 8, "path_effects": theme.HALO}
        ax.text(*middle, plus(top["effect"]), color=theme.INK, **style)
    names = rows["step"].where(rows["isolated"], rows["step"] + " *")
    ax.set_yticks(places, names if labelled else [""] * len(rows))
    ax.set_ylim(places.max() + 0.6, places.min() - 0.6)


def plus(value: float) -> str:
    """A difference with its sign."""
    return f"{'+' if value > 0 else ''}{signed(value)}"


def chain_sentence(rows: pd.DataFrame) -> str:
    """What the chain shows on one environment."""
    first, last, top = rows.iloc[0], rows.iloc[-1], largest(rows)
    return (
        f"{first['environment']}-v0: {signed(first['score'])} as published, "
        f"{signed(last['score'])} at the end; the largest change is '{top['step']}' with "
        f"{plus(top['effect'])}{_bounds(top)}, to {signed(top['score'])} from "
        f"{signed(top['untrained'])} before training"
    )


def _bounds(row: pd.Series) -> str:
    if pd.isna(row["effect_low"]):
        return ""
    return f" [{signed(row['effect_low'])}, {signed(row['effect_high'])}]"


def _caption(parts: list[tuple[str, pd.DataFrame]]) -> str:
    sentences = ". ".join(chain_sentence(rows) for _, rows in parts)
    rows = parts[0][1]
    return (
        f"{sentences}. Each row changes one thing more than the row above; a star marks changes "
        f"that come together. {int(rows['seeds'].iloc[0])} seeds, "
        f"{int(rows['steps'].iloc[0]):,} steps per run, {rows['reward_mode'].iloc[0]} reward. "
        "Intervals may reach beyond the axis."
    )


def _alt(parts: list[tuple[str, pd.DataFrame]]) -> str:
    places = len(CHAIN)
    return (
        f"Dot plots, one per environment, of the score after each of {places} steps from the "
        f"published PPO to independent learners. {'. '.join(chain_sentence(r) for _, r in parts)}."
    )
