"""Response curves: what constants earn, and where every other policy stands on the same axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from coopetition.agents import registry
from coopetition.envs import MECHANISM_CLASSES

from .cell_curves import STEPS, learning_caption, thinned, with_means
from .learning import along_training, draw_curves, limits
from .selection import learners, named, one_per_policy, own_basis
from .sources import published_learners
from .statistics import best_constants
from .theme import (
    CLASS_COLOURS,
    EDITIONS,
    GREY,
    HALO,
    INK,
    MODE_COLOURS,
    MODE_LINES,
    PUBLISHED_COLOUR,
    PUBLISHED_LINES,
    WIDTH,
    Plot,
    apply,
    learner_marker,
    policy_marks,
)

COLUMNS = 5  # as many as a mechanism class has environments


def response_curves(reference: pd.DataFrame, scores: pd.DataFrame) -> Plot:
    """Small multiples of the released edition: returns of constants, with every policy marked."""
    return _small_multiples(reference, scores, "v0")


def formal_response_curves(reference: pd.DataFrame, scores: pd.DataFrame) -> Plot:
    """The same of the formal edition."""
    return _small_multiples(reference, scores, "v1")


def _small_multiples(reference: pd.DataFrame, scores: pd.DataFrame, edition: str) -> Plot:
    """Returns relative to that of the best constant, a panel per environment of an edition."""
    apply()
    points = curve_points(reference[reference["edition"] == edition], scores)
    best = points[points["kind"] == "best constant"].set_index("environment")
    points["relative"] = points["mode_return"] / points["environment"].map(best["mode_return"])
    top = points[points["kind"] == "constant"].groupby("environment")["welfare"].max()
    points["relative_welfare"] = points["welfare"] / points["environment"].map(top)
    names, marks = list(dict.fromkeys(points["environment"])), _marks(points, edition)
    columns = COLUMNS if len(names) > 2 * COLUMNS else max(1, min(3, len(names)))
    rows = -(-len(names) // columns)
    fig, grid = plt.subplots(
        *(rows, columns),
        figsize=(WIDTH, 1.28 * rows + 0.4 + (0.5 if columns < COLUMNS else 0)),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for spare in grid.flat[len(names) :]:
        spare.remove()
    constants = points[points["kind"] == "constant"]
    classes = dict(zip(constants["environment"], constants["mechanism_class"], strict=True))
    for i, name in enumerate(names):
        ax = grid.flat[i]
        colour = CLASS_COLOURS[classes[name]]
        _draw_small(ax, points[points["environment"] == name], colour, marks)
        ax.set_title(name, size=5.9, weight="normal", color=colour, pad=2.5)
        ax.tick_params(labelsize=6.5, pad=1)
        if i + columns >= len(names):
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("action, %", size=6.5, labelpad=1)
        if i % columns == 0:
            in_row = {classes[other] for other in names[i : i + columns]}
            label = f"{classes[name]}\n{MECHANISM_CLASSES[classes[name]]}"
            ax.set_ylabel(label if len(in_row) == 1 else "", size=7)
    low = min(0.0, float(points["relative"].min()))
    grid.flat[0].set(xlim=(-4, 104), xticks=(0, 50, 100), ylim=(low - 0.03, 1.24))
    grid.flat[0].set_yticks((0, 0.5, 1))
    fig.supylabel("integrated return, best constant = 1", size=7.5)
    _add_legend(fig, list(_small_handles(points, marks)), 3, 6.5)
    return Plot(
        fig,
        points,
        f"Response curves of constant policies, {EDITIONS[edition]} edition",
        _caption(points, edition),
        "Line charts, one per environment in rows by mechanism class: integrated return of a "
        "constant policy against its level, relative to the best constant, with Random, TitForTat, "
        "oracles, trained policies and published learners marked.",
    )


def curve_points(reference: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Everything that a response curve shows, under integrated reward.

    Returns:
        Columns environment (with edition), mechanism_class, kind (constant, best constant, policy,
        learner, published), policy, protocol, seed, action (% of own endowment), mode_return,
        welfare, trust and episode_length; environments are in the order of the reference table.
    """
    rows = named(one_per_policy(reference))
    rows = rows[rows["reward_mode"] == "integrated"]
    constants = rows[rows["level"].notna()].assign(kind="constant")
    others = rows[rows["level"].isna()].assign(kind="policy")
    best = constants.loc[constants.groupby("name", sort=False)["mode_return"].idxmax()]
    runs = named(scores[(scores["status"] == "finished") & (scores["reward_mode"] == "integrated")])
    runs = runs[runs["name"].isin(rows["name"])].assign(kind="learner")
    runs = runs.rename(columns={"training_return": "mode_return"})
    stated = published_learners().rename(columns={"environment": "name"})
    stated = stated[(stated["reward_mode"] == "integrated") & stated["name"].isin(rows["name"])]
    classes = dict(zip(rows["name"], rows["mechanism_class"], strict=True))
    stated = stated.assign(kind="published", mechanism_class=stated["name"].map(classes))
    parts = [constants, best.assign(kind="best constant"), others, runs, stated]
    points = pd.concat([part for part in parts if len(part)], ignore_index=True)
    points["environment"], points["action"] = points["name"], 100 * points["cooperation"]
    columns = ["environment", "mechanism_class", "kind", "policy", "protocol", "seed", "action"]
    columns += ["mode_return", "welfare", "trust", "episode_length"]
    order = {name: i for i, name in enumerate(classes)}
    return points.reindex(columns=columns).sort_values(
        "environment", key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


def _marks(points: pd.DataFrame, edition: str) -> dict[str, dict[str, Any]]:
    """Marks of the policies that need no training."""
    return policy_marks(edition, points.loc[points["kind"] == "policy", "policy"])


def _draw_small(
    ax: Axes, points: pd.DataFrame, colour: str, marks: Mapping[str, Mapping[str, Any]]
) -> None:
    constants = points[points["kind"] == "constant"]
    ax.plot(constants["action"], constants["relative_welfare"], color=GREY, lw=0.9, ls=":")
    ax.plot(constants["action"], constants["relative"], color=colour, lw=1.5)
    points = points[points["policy"] != "TitForTat_released"]
    _draw_marks(ax, points, "relative", marks, small=True)


def _draw_marks(
    ax: Axes,
    points: pd.DataFrame,
    value: str,
    marks: Mapping[str, Mapping[str, Any]],
    *,
    small: bool,
    scale: float = 1.0,
) -> None:
    """Policies that have a mark, where they stand; the best constant with its level."""
    shrink = 0.8 if small else 1.0
    for row in points[points["kind"] == "published"].to_dict("records"):
        style = {"ls": PUBLISHED_LINES[row["policy"]], "lw": 1.1, "zorder": 2.5}
        ax.axhline(row[value] / scale, color=PUBLISHED_COLOUR, **style)
    policies = points[(points["kind"] == "policy") & points["policy"].isin(marks)]
    for row in policies.to_dict("records"):
        mark = {**marks[row["policy"]], "mew": 0.6, "ls": "", "zorder": 3.5}
        mark["ms"] *= shrink
        ax.plot(row["action"], row[value] / scale, **mark)
    runs = points[points["kind"] == "learner"]
    for policy, protocol, learner in learners(runs):
        mark = learner_marker(policy, protocol, 4.4 * shrink)
        ax.plot(learner["action"], learner[value] / scale, ls="", zorder=4, **mark)
    for row in points[points["kind"] == "best constant"].to_dict("records"):
        place = (row["action"], row[value] / scale)
        ax.plot(*place, "o", ms=6 * shrink, mfc="white", mec=INK, mew=0.9, zorder=3.2)
        ax.annotate(
            f"{row['policy'].removeprefix('Constant_').lstrip('0') or '0'} %",
            *(place, (0, 5)),
            textcoords="offset points",
            ha="center",
            fontsize=6 if small else 7.5,
            path_effects=HALO,
            zorder=5,
        )


def _add_legend(fig: Figure, handles: list[Line2D], columns: int, size: float) -> None:
    """A legend below the panels, for which the figure grows."""
    # Columns are filled one after the other; the longest one sets the height.
    lines = [1 + str(handle.get_label()).count("\n") for handle in handles]
    rows = -(-len(lines) // columns)
    longest = max(sum(lines[i : i + rows]) for i in range(0, len(lines), rows))
    fig.set_figheight(fig.get_figheight() + 1.6 * size / 72 * longest)
    style = {"ncols": columns, "fontsize": size, "columnspacing": 0.7, "handlelength": 1.4}
    fig.legend(handles=handles, loc="outside lower center", **style)


def _small_handles(
    points: pd.DataFrame, marks: Mapping[str, Mapping[str, Any]]
) -> Iterator[Line2D]:
    yield Line2D([], [], color=INK, lw=1.5, label="constants, return")
    yield Line2D([], [], color=GREY, lw=0.9, ls=":", label="constants, welfare, best = 1")
    yield _best_handle()
    yield from _mark_handles(points[points["policy"] != "TitForTat_released"], marks)


def _mark_handles(points: pd.DataFrame, marks: Mapping[str, Mapping[str, Any]]) -> Iterator[Line2D]:
    """One entry per marker, oracles of the same marker together."""
    present = points.loc[points["kind"] == "policy", "policy"].unique()
    together: dict[str, list[str]] = {}
    for policy in (name for name in marks if name in present):
        oracle = policy.startswith("Oracle_")
        key = marks[policy]["marker"] if oracle else policy
        together.setdefault(key, []).append(policy)
    for policies in together.values():
        first, *others = (policy.removeprefix("Oracle_") for policy in policies)
        label = policies[0] if not others else f"Oracle_{', _'.join([first, *others[:1]])}"
        if others[1:]:
            label += ",\n_" + ", _".join(others[1:])
        yield _handle(label, **marks[policies[0]])
    for policy, protocol, _ in learners(points[points["kind"] == "learner"]):
        yield _handle(f"{policy}, {protocol}", **learner_marker(policy, protocol, 4))
    stated = points.loc[points["kind"] == "published", "policy"].unique()
    for policy in (name for name in PUBLISHED_LINES if name in stated):
        style = {"ls": PUBLISHED_LINES[policy], "lw": 1.1, "color": PUBLISHED_COLOUR}
        yield Line2D([], [], label=f"published return of {policy}{_here(policy)}", **style)


def _here(published: str) -> str:
    """The learner that trains what the published study reports under this name."""
    names = [n for n in registry.learner_names() if published in registry.learner(n).published_as]
    return f"\n(here {names[0]})" if names else ""


def _best_handle() -> Line2D:
    return _handle("best constant and its level", marker="o", ms=5, mfc="white", mec=INK)


def _handle(label: str, **mark: Any) -> Line2D:
    return Line2D([], [], ls="", label=label, **{"mew": 0.6, **mark})


def _caption(points: pd.DataFrame, edition: str) -> str:
    best = points[points["kind"] == "best constant"].set_index("environment")
    full = int((best["policy"] == "Constant_100").sum())
    levels = best["action"].round().astype(int)
    said = [
        f"The best constant plays between {levels.min()} % ({levels.idxmin()}) and {levels.max()} "
        f"% ({levels.idxmax()}) of the endowment; full contribution is the best constant "
        + (f"on {full} of {len(best)} environments." if full else "nowhere.")
    ]
    said += _released_policies(points) if edition == "v0" else _formal_policies(points)
    said.append(
        "No training run under integrated reward finished."
        if points["kind"].eq("learner").sum() == 0
        else "Coloured markers are policies trained on integrated reward, at their mean action."
    )
    return " ".join(said)


def _released_policies(points: pd.DataFrame) -> Iterator[str]:
    """How the oracles and learners of the published study stand to the best constant."""
    oracles = points[points["policy"].str.startswith("Oracle_")]
    if len(oracles):
        nearest = oracles.groupby("environment")["relative"].max()
        yield f"The best oracle stays below it on {int((nearest < 1).sum())} of {len(nearest)}."
    stated = points[points["kind"] == "published"]
    if len(stated):
        below = stated.groupby("environment")["relative"].max() < 1
        yield (
            "Published learners, known by their return alone, are lines: they lie below the best "
            f"constant on {int(below.sum())} of {len(below)}."
        )


def _formal_policies(points: pd.DataFrame) -> Iterator[str]:
    """What the worst private equilibrium earns of the best constant."""
    nash = points[points["policy"] == "Oracle_Nash"]
    if len(nash):
        shares = 100 * nash.set_index("environment")["relative"]
        yield (
            f"The worst private equilibrium returns {shares.min():.0f} % ({shares.idxmin()}) to "
            f"{shares.max():.0f} % ({shares.idxmax()}) of it."
        )


def environment_curves(
    reference: pd.DataFrame, scores: pd.DataFrame, curves: pd.DataFrame
) -> Iterator[tuple[str, Plot]]:
    """One figure per environment: name with edition, and its plot."""
    apply()
    trained = along_training(scores[scores["reward_mode"] == "integrated"], curves)
    rows = named(own_basis(reference))
    points = curve_points(reference, scores)
    best = best_constants(reference)
    for name, constants in rows[rows["level"].notna()].groupby("name", sort=False):
        found = best[best["environment"] == name].set_index("reward_mode")
        here = points[points["environment"] == name]
        learning = thinned(trained[trained["name"] == name], STEPS)
        yield name, _environment(name, constants, here, found, learning)


def _environment(
    name: str,
    constants: pd.DataFrame,
    points: pd.DataFrame,
    best: pd.DataFrame,
    learning: pd.DataFrame,
) -> Plot:
    widths = (1.75, 1) if learning.empty else (1.6, 0.9, 1.1)
    fig, (left, right, *last) = plt.subplots(
        1, len(widths), figsize=(WIDTH, 1.75), width_ratios=widths, layout="constrained"
    )
    for ax in last:
        draw_curves(ax, learning)
        ax.set_ylim(limits(learning["score"]))
        ax.set(xlabel="thousand steps", ylabel="score in training")
    edition = constants["edition"].iloc[0]
    marks = _marks(points, edition)
    # In the formal edition cooperative reward is N times what private reward shows.
    modes = [mode for mode in MODE_COLOURS if edition == "v0" or mode != "cooperative"]
    for mode in modes:
        colour = MODE_COLOURS[mode]
        curve = constants[constants["reward_mode"] == mode]
        line = {**MODE_LINES[mode], "ls": "-"} if mode == "private" else MODE_LINES[mode]
        left.plot(curve["level"], curve["mode_return"] / 1000, color=colour, **line)
    _draw_marks(left, points, "mode_return", marks, small=False, scale=1000)
    left.margins(y=0.14)
    left.set(xlim=(-3, 103), ylabel="return, thousands", xlabel="action, % of own endowment")
    one = constants[constants["reward_mode"] == "integrated"]
    horizon = one["episode_length"].max()
    if one["trust"].notna().any():
        right.plot(one["level"], one["trust"], color=INK, lw=1.4, label="mean trust at the end")
    right.plot(
        *(one["level"], one["episode_length"] / horizon),
        **{"color": GREY, "ls": "--", "lw": 1.1, "label": f"steps played, of {horizon:.0f}"},
    )
    right.set(xlim=(-3, 103), ylim=(-0.04, 1.06), xlabel="constant level, %", ylabel="share")
    handles = [
        Line2D([], [], color=MODE_COLOURS["private"], lw=1.4, label="constants, private (welfare)"),
        *(
            Line2D([], [], color=MODE_COLOURS[m], **MODE_LINES[m], label=f"constants, {m}")
            for m in modes
            if m != "private"
        ),
        _best_handle(),
        *_mark_handles(points, marks),
        *right.get_legend_handles_labels()[0],
    ]
    _add_legend(fig, handles, 4, 6.3)
    return Plot(
        fig,
        with_means(points.assign(environment=name), learning),
        f"Response curve of {name}",
        f"{_environment_caption(best, one)} {learning_caption(learning)}",
        f"Line charts of {name}: returns in three reward modes against the level of a constant "
        "policy, with other policies marked; final trust and episode length against the level"
        + ("." if learning.empty else "; score of learners against training steps."),
    )


def _environment_caption(best: pd.DataFrame, one: pd.DataFrame) -> str:
    top, own = best.loc["integrated"], best.loc["private"]
    early = one.loc[one["episode_length"] < one["episode_length"].max(), "level"]
    ends = (
        f" Constants of {int(early.min())} to {int(early.max())} % end the game early."
        if len(early)
        else ""
    )
    return (
        f"The best constant under integrated reward plays {top['level']} % "
        f"({top['return']:,.0f}), under private reward {own['level']} % ({own['return']:,.0f}); "
        f"Random returns {top['random_return']:,.0f} integrated.{ends} Markers: integrated return."
    )
