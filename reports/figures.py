"""The figures of the report: each function turns tables into a `Plot`."""

from __future__ import annotations

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .statistics import IDENTITY_TOLERANCE, best_constants
from .theme import CLASS_COLOURS, GREY, MODE_COLOURS, PROTOCOL_COLOURS, Plot, apply

PER_ROW = 2


def response_curves(reference: pd.DataFrame, scores: pd.DataFrame) -> Plot:
    """Return of every constant level per reward mode, with Random and the learners marked."""
    apply()
    reference = _named(reference)
    constants = reference[reference["level"].notna()]
    random = reference[reference["policy"] == "Random"]
    learned = _named(scores[scores["status"] == "finished"])
    learned = learned[learned["reward_mode"] == "integrated"]
    best = best_constants(reference.rename(columns={"name": "_"}))
    fig, panels = _panels(constants["name"].unique(), height=2.9)
    for name, ax in panels.items():
        for mode, style in (("private", "-"), ("integrated", "-"), ("cooperative", "--")):
            curve = constants[(constants["name"] == name) & (constants["reward_mode"] == mode)]
            ax.plot(
                curve["level"], curve["mode_return"] / 1000, style, color=MODE_COLOURS[mode], lw=1.6
            )
            top = best[(best["environment"] == name) & (best["reward_mode"] == mode)].iloc[0]
            if mode != "cooperative":
                ax.plot(top["level"], top["return"] / 1000, "o", ms=4, color=MODE_COLOURS[mode])
                ax.annotate(
                    f"{top['level']} %",
                    (top["level"], top["return"] / 1000),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7,
                )
        floor = random[(random["name"] == name) & (random["reward_mode"] == "integrated")]
        ax.axhline(floor["mode_return"].iloc[0] / 1000, color=GREY, ls=":", lw=1.2)
        for protocol, colour in PROTOCOL_COLOURS.items():
            runs = learned[(learned["name"] == name) & (learned["protocol"] == protocol)]
            ax.plot(
                100 * runs["cooperation"],
                runs["training_return"] / 1000,
                "D",
                ms=5,
                mfc=colour,
                mec="white",
                mew=0.6,
                alpha=0.9,
            )
        ax.margins(y=0.12)
        ax.set(title=name, xlim=(-3, 103), xlabel="action, % of own endowment")
        ax.set_ylabel("return, thousands")
    handles = [
        *(Line2D([], [], color=MODE_COLOURS[m], label=f"constants, {m}") for m in ("private",)),
        Line2D([], [], color=MODE_COLOURS["integrated"], label="constants, integrated"),
        Line2D([], [], color=MODE_COLOURS["cooperative"], ls="--", label="constants, cooperative"),
        Line2D([], [], color=GREY, ls=":", label="Random, integrated"),
        *(
            Line2D([], [], marker="D", ls="", color=colour, label=f"Central_PPO, {protocol}")
            for protocol, colour in PROTOCOL_COLOURS.items()
            if protocol in set(learned["protocol"])
        ),
    ]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    integrated = best[best["reward_mode"] == "integrated"]
    levels = ", ".join(f"{r.environment} {r.level} %" for r in integrated.itertuples())
    data = pd.concat(
        [
            reference[["name", "policy", "level", "reward_mode", "cooperation", "mode_return"]],
            learned.rename(columns={"training_return": "mode_return"})[
                ["name", "policy", "protocol", "reward_mode", "seed", "cooperation", "mode_return"]
            ],
        ]
    )
    return Plot(
        fig,
        data.rename(columns={"name": "environment"}),
        "Response curves of constant policies",
        f"The best constant under integrated reward plays {levels}; full contribution is the best "
        "constant nowhere. The cooperative curve lies on the integrated one. Diamonds are trained "
        "policies, placed at their mean action.",
        "Line charts, one per environment: summed episode return against the level of a constant "
        "policy for three reward modes, with the best levels, Random and trained policies marked.",
    )


def identity(reference: pd.DataFrame) -> Plot:
    """Relative difference of integrated and cooperative summed return per constant level."""
    apply()
    constants = _named(reference[reference["level"].notna()])
    wide = constants.pivot(
        index=["name", "mechanism_class", "level"], columns="reward_mode", values="mode_return"
    ).reset_index()
    gap = (wide["cooperative"] - wide["integrated"]).abs() / wide["integrated"].abs()
    wide["relative_difference"] = gap
    fig, ax = plt.subplots(figsize=(6.4, 2.9))
    shown = wide.assign(relative_difference=np.maximum(gap, 1e-12))
    for (name, group), part in shown.groupby(["name", "mechanism_class"]):
        ax.plot(
            part["level"].astype(float),
            part["relative_difference"],
            ".",
            ms=4,
            color=CLASS_COLOURS[group],
            label=f"{name} ({group})",
        )
    ax.axhline(IDENTITY_TOLERANCE, color=GREY, ls="--", lw=1)
    ax.text(100, IDENTITY_TOLERANCE * 1.4, "tolerance", ha="right", color=GREY, fontsize=7)
    ax.set(
        yscale="log",
        ylim=(5e-13, 1e-3),
        xlabel="constant level, % of own endowment",
        ylabel="relative difference",
    )
    fig.legend(loc="outside lower center", ncols=2)
    worst = wide.loc[gap.idxmax()]
    return Plot(
        fig,
        wide.rename(columns={"name": "environment"}),
        "Integrated against cooperative return",
        f"The summed returns differ by at most {gap.max():.1e} of their size "
        f"({worst['name']}, level {int(worst['level'])} %), the rounding of single precision. "
        "Values below 1e-12 are drawn at 1e-12.",
        "Scatter plot of the relative difference between summed cooperative and integrated "
        "return for 101 constant levels per environment, all far below the tolerance of 1e-5.",
    )


def learning_curves(scores: pd.DataFrame, curves: pd.DataFrame) -> Plot:
    """Normalised score along training, per environment and protocol."""
    apply()
    keys = ["run_id", "protocol", "reward_mode", "seed", "welfare_floor", "welfare_ceiling"]
    runs = _named(scores)[["name", *keys]]
    data = curves.merge(runs, on="run_id")
    span = data["welfare_ceiling"] - data["welfare_floor"]
    data["score"] = (data["welfare"] - data["welfare_floor"]) / span
    fig, panels = _panels(data["name"].unique(), height=2.4)
    for name, ax in panels.items():
        sns.lineplot(
            data[data["name"] == name],
            x="step",
            y="score",
            hue="protocol",
            style="reward_mode",
            palette=PROTOCOL_COLOURS,
            errorbar=("pi", 100),
            legend=ax is next(iter(panels.values())),
            ax=ax,
        )
        ax.axhline(1, color=GREY, lw=0.8)
        ax.axhline(0, color=GREY, lw=0.8, ls=":")
        ax.set(title=name, xlabel="environment steps", ylabel="score in welfare")
    first = next(iter(panels.values()))
    handles, labels = first.get_legend_handles_labels()
    first.get_legend().remove()
    fig.legend(handles, labels, loc="outside lower center", ncols=4)
    start = data[data["step"] == 0].groupby("protocol")["score"].mean()
    end = data.loc[data.groupby("run_id")["step"].idxmax()].groupby("protocol")["score"].mean()
    said = "; ".join(f"{p} from {start[p]:.2f} to {end[p]:.2f}" for p in end.index)
    return Plot(
        fig,
        data[["name", *keys[:4], "step", "welfare", "score"]].rename(
            columns={"name": "environment"}
        ),
        "Learning curves",
        f"Mean score over environments before and after training: {said}. Lines are means, bands "
        "the range over seeds; 0 is Random (dotted), 1 the best constant.",
        "Line charts, one per environment: normalised score in welfare against training steps for "
        "the two protocols and each reward mode.",
    )


def score_intervals(aggregates: pd.DataFrame) -> Plot:
    """IQM of the score with its interval, per environment and protocol."""
    apply()
    shown = aggregates[aggregates["reward_mode"] == "integrated"]
    names = [*sorted(set(shown["environment"]) - {"all"}), "all"]
    fig, ax = plt.subplots(figsize=(6.4, 0.9 + 0.45 * len(names)))
    protocols = [p for p in PROTOCOL_COLOURS if p in set(shown["protocol"])]
    for offset, protocol in enumerate(protocols):
        rows = shown[shown["protocol"] == protocol].set_index("environment").loc[names]
        y = np.arange(len(names)) + (offset - (len(protocols) - 1) / 2) * 0.28
        colour = PROTOCOL_COLOURS[protocol]
        ax.hlines(y, rows["low"], rows["high"], color=colour, lw=2.2)
        ax.plot(rows["iqm"], y, "o", color=colour, label=f"{protocol}, trained")
        ax.plot(
            rows["untrained"], y, "o", mfc="white", mec=colour, ms=5, label=f"{protocol}, untrained"
        )
    ax.axvline(0, color=GREY, ls=":", lw=1)
    ax.axvline(1, color=GREY, lw=1)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set(xlabel="score in welfare: 0 = Random, 1 = best constant (integrated reward)")
    fig.legend(loc="outside lower center", ncols=2)
    overall = shown[shown["environment"] == "all"]
    said = "; ".join(
        f"{r.protocol} {r.iqm:.2f} [{r.low:.2f}, {r.high:.2f}]" for r in overall.itertuples()
    )
    return Plot(
        fig,
        shown.copy(),
        "Scores with intervals",
        f"Interquartile mean over all environments of this run: {said} (95 % stratified bootstrap "
        "interval). Open circles are the untrained policies.",
        "Dot plot of the interquartile mean score with its interval for each environment and "
        "protocol, trained and untrained.",
    )


FIGURES: dict[str, Callable[..., Plot]] = {
    "response_curves": response_curves,
    "identity": identity,
    "learning_curves": learning_curves,
    "scores": score_intervals,
}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(name=frame["environment"] + "-" + frame["edition"])


def _panels(names: np.ndarray, height: float) -> tuple[plt.Figure, dict[str, Axes]]:
    """A grid with one panel per name, unused panels removed."""
    rows = -(-len(names) // PER_ROW)
    columns = min(PER_ROW, len(names))
    fig, grid = plt.subplots(
        rows, columns, figsize=(3.4 * columns, height * rows + 0.5), squeeze=False
    )
    axes = list(grid.flat)
    for spare in axes[len(names) :]:
        spare.remove()
    return fig, dict(zip(names, axes, strict=False))
