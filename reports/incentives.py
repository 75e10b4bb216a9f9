"""What certificates say, drawn: Schelling diagrams, best replies, and the two editions compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from coopetition.agents.certificates import LEAST_PRICE

from .profiles import mean_share, of_agents, profiles, role_names, roles
from .selection import named
from .theme import (
    CLASS_COLOURS,
    EDITION_COLOURS,
    EDITIONS,
    GREY,
    INK,
    ROLE_COLOURS,
    STRATEGY_COLOURS,
    WIDTH,
    Plot,
    apply,
)

# Smallest height of a Schelling diagram, as a share of the payoff at the joint optimum: lines that
# nearly coincide look as they are.
LEAST_SPAN = 0.25
MOST_MARKERS = 10


def environment_incentives(
    certificates: pd.DataFrame, best_replies: pd.DataFrame
) -> Iterator[tuple[str, Plot]]:
    """One figure per environment and edition: name with edition, and its plot."""
    apply()
    curves = dict(list(named(best_replies).groupby("name")))
    for row in named(certificates).to_dict("records"):
        yield row["name"], _incentives(row, curves[row["name"]])


def _incentives(row: dict[str, Any], replies: pd.DataFrame) -> Plot:
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 1.75), width_ratios=(1.25, 1))
    schelling = _schelling_points(row)
    _draw_schelling(left, schelling, row)
    marks = _profile_points(row)
    _draw_replies(right, replies, marks, row)
    name = row["name"]
    parts = [schelling, replies.assign(kind="best reply")[["kind", "role", "others", "reply"]]]
    data = pd.concat([part for part in [*parts, marks] if len(part)], ignore_index=True)
    return Plot(
        fig,
        data.assign(environment=name),
        f"Incentives in {name}",
        _incentives_caption(row),
        f"Two line charts of {name}: payoff of a cooperator and of a defector against the number "
        "of other cooperators, and the best constant reply to a share that all others play, with "
        "equilibria and joint optimum.",
    )


def _schelling_points(row: dict[str, Any]) -> pd.DataFrame:
    """Columns kind (cooperator, defector), cooperators (others) and payoff; empty without D."""
    found = {
        "cooperator": row["schelling_cooperator"],
        "defector": row["schelling_defector"],
    }
    points = [
        {"kind": kind, "cooperators": others, "payoff": payoff}
        for kind, payoffs in found.items()
        for others, payoff in enumerate([] if payoffs is None else payoffs)
    ]
    return pd.DataFrame(points, columns=["kind", "cooperators", "payoff"])


def _draw_schelling(ax: Axes, points: pd.DataFrame, row: dict[str, Any]) -> None:
    marker = "o" if row["n_agents"] <= MOST_MARKERS else ""
    for kind, plays in (("cooperator", "C"), ("defector", "D")):
        line = points[points["kind"] == kind]
        style = {"color": STRATEGY_COLOURS[kind], "marker": marker, "ms": 3.5, "lw": 1.5}
        ax.plot(line["cooperators"], line["payoff"], label=f"{kind}, plays {plays}", **style)
    ax.set(xlabel="other cooperators", ylabel="payoff per step")
    if points.empty:
        ax.set_axis_off()
        ax.text(0.5, 0.5, "no equilibrium in constants", ha="center", va="center", color=GREY)
        return
    ax.xaxis.get_major_locator().set_params(integer=True)
    low, high = points["payoff"].min(), points["payoff"].max()
    missing = max(0.0, LEAST_SPAN * abs(row["R"]) - (high - low))
    pad = 0.06 * (high - low + missing) + missing / 2
    ax.set_ylim(low - pad, high + pad)
    ax.legend(loc="best", fontsize=7)


def _profile_points(row: dict[str, Any]) -> pd.DataFrame:
    """Equilibria and optimum of every role as points: mean share of the others, own share."""
    parts = roles(row["roles"])
    found = [("equilibrium", profile) for profile in profiles(row["nash"])]
    found.append(("joint optimum", list(row["optimum"])))
    points = []
    for kind, profile in found:
        shares = of_agents(profile, parts)
        for role, agents in enumerate(parts):
            # Agents of one role may differ where no equilibrium treats them alike.
            for own in dict.fromkeys(shares[agents]):
                others = (shares.sum() - own) / (len(shares) - 1)
                points.append({"kind": kind, "role": role, "others": others, "reply": own})
    return pd.DataFrame(points)


def _draw_replies(
    ax: Axes, replies: pd.DataFrame, marks: pd.DataFrame, row: dict[str, Any]
) -> None:
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.9, ls=":")
    for role, label in enumerate(role_names(row["name"], row["roles"])):
        colour = ROLE_COLOURS[role % len(ROLE_COLOURS)]
        curve = replies[replies["role"] == role]
        ax.plot(curve["others"], curve["reply"], color=colour, lw=1.5, label=label)
        own = marks[marks["role"] == role]
        rest, best = (own[own["kind"] == kind] for kind in ("equilibrium", "joint optimum"))
        ax.plot(rest["others"], rest["reply"], "o", mfc=colour, mec="white", ms=6, mew=0.8)
        ax.plot(best["others"], best["reply"], "*", mfc="white", mec=colour, ms=9, mew=1.0)
    marker = {"ls": "", "mec": INK, "mew": 0.8}
    handles = [
        *(line for line in ax.get_lines() if not line.get_label().startswith("_")),
        Line2D([], [], marker="o", mfc=INK, ms=5, label="stable equilibrium", **marker),
        Line2D([], [], marker="*", mfc="white", ms=8, label="joint optimum", **marker),
    ]
    ticks = {"xticks": (0, 0.5, 1), "yticks": (0, 0.5, 1)}
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.05), xlabel="share that all others play", **ticks)
    ax.set_ylabel("best reply")
    ax.figure.legend(handles=handles, loc="outside right center", fontsize=7)


def _incentives_caption(row: dict[str, Any]) -> str:
    if row["schelling_cooperator"] is None:
        return "No equilibrium in constants was found, so there is no Schelling diagram."
    some = "is" if row["is_dilemma"] else "is not"
    price = row["price_of_anarchy"]
    said = "there is no price" if pd.isna(price) else f"the price of anarchy is {price:.2f}"
    return (
        f"Among cooperators a cooperator earns {row['R']:.1f} and a lone defector "
        f"{row['T_temptation']:.1f}; among defectors a defector earns {row['P']:.1f} and a lone "
        f"cooperator {row['S']:.1f}. The best reply to the joint optimum gains "
        f"{max(row['greed']):.1f}, and {said}: this {some} a dilemma."
    )


def editions(certificates: pd.DataFrame) -> Plot:
    """Worst equilibrium, joint optimum and price of anarchy, a row per game."""
    apply()
    data = edition_points(certificates)
    games = list(dict.fromkeys(data["environment"]))
    present = [edition for edition in EDITIONS if edition in set(data["edition"])]
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 1.2 + 0.24 * len(games)), sharey=True, width_ratios=(1.5, 1)
    )
    for place, edition in enumerate(present):
        rows = data[data["edition"] == edition]
        y = rows["environment"].map(games.index) + (place - (len(present) - 1) / 2) * 0.34
        colour = EDITION_COLOURS[edition]
        left.hlines(y, rows["nash"], rows["optimum"], color=colour, lw=2)
        left.plot(rows["nash"], y, "o", mfc="white", mec=colour, ms=5, mew=1.2)
        left.plot(rows["optimum"], y, "o", color=colour, ms=5)
        right.plot(rows["price_of_anarchy"], y, "D", color=colour, ms=4.5)
    left.set_yticks(range(len(games)), games)
    classes = dict(zip(data["environment"], data["mechanism_class"], strict=True))
    for label in left.get_yticklabels():
        label.set_color(CLASS_COLOURS[classes[label.get_text()]])
    left.set(xlim=(-0.04, 1.04), ylim=(len(games) - 0.4, -0.6))
    left.set_xlabel("mean share of the endowment")
    right.axvline(LEAST_PRICE, color=GREY, ls="--", lw=1)
    right.set_xlabel("price of anarchy")
    dot = {"marker": "o", "ls": "", "ms": 5, "mec": INK}
    handles = [
        *(
            Line2D(
                [],
                [],
                color=EDITION_COLOURS[edition],
                lw=3,
                label=f"-{edition} {EDITIONS[edition]}",
            )
            for edition in present
        ),
        Line2D([], [], mfc="white", label="worst private equilibrium", **dot),
        Line2D([], [], mfc=INK, label="joint optimum", **dot),
    ]
    fig.legend(handles=handles, loc="outside lower center", ncols=4)
    return Plot(
        fig,
        data,
        "Two editions of every game",
        editions_summary(certificates),
        "Dumbbell chart with a row per game and a line per edition from the share played in the "
        "worst private equilibrium to that of the joint optimum, and a dot plot of the price of "
        "anarchy.",
    )


def edition_points(certificates: pd.DataFrame) -> pd.DataFrame:
    """Per game and edition the mean shares of the worst equilibrium and of the joint optimum."""
    rows = [
        {
            **{key: row[key] for key in ("environment", "edition", "mechanism_class")},
            **{key: row[key] for key in ("is_dilemma", "price_of_anarchy")},
            "nash": mean_share(row, row["nash_worst"]),
            "optimum": mean_share(row, row["optimum"]),
        }
        for row in certificates.to_dict("records")
    ]
    columns = ["environment", "edition", "mechanism_class", "is_dilemma", "price_of_anarchy"]
    points = pd.DataFrame(rows, columns=[*columns, "nash", "optimum"])
    return points.sort_values(["mechanism_class", "environment", "edition"], ignore_index=True)


def editions_summary(certificates: pd.DataFrame) -> str:
    """How many environments of each edition are dilemmas, and what is lost in them, in words."""
    said = []
    for edition, label in EDITIONS.items():
        rows = certificates[certificates["edition"] == edition]
        if rows.empty:
            continue
        text = f"Of {len(rows)} {label} environments, {int(rows['is_dilemma'].sum())} are dilemmas"
        known = edition_points(rows).dropna(subset="nash")
        if len(known):
            apart, prices = 100 * (known["optimum"] - known["nash"]), known["price_of_anarchy"]
            text += (
                f": in the median the joint optimum lies {apart.median():.0f} points of the "
                "endowment above the worst private equilibrium and earns "
                f"{prices.median():.3f} times as much (at most {prices.max():.3f})"
            )
        said.append(f"{text}.")
    return " ".join(said)
