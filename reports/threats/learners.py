"""How learners compute: threats V06, V07, V08, V16 and V17."""

from __future__ import annotations

import math

import pandas as pd

from coopetition.agents.threats import UPDATES

from ..ablations import largest, plus
from ..experiments import half_precision, untrained
from ..sources import published
from ..theme import signed
from .tables import Finding, Tables


def action_units(tables: Tables) -> list[Finding]:
    """V06: what controllers in raw and in own units play before and after training."""
    found, starts = [], untrained(tables.threat_experiments)
    if len(starts):
        parts = dict(list(starts.groupby(["policy", "protocol"])))
        raw, squashed = (parts[policy, "as_published"] for policy in ("Central_PPO", "Central_SAC"))
        own = parts["Central_PPO", "corrected"]
        text = (
            f"Before training, with {raw['seed'].nunique()} seeds on each of "
            f"{raw['environment'].nunique()} released environments, the published PPO controller "
            f"plays {_percent(raw['share'], 2)} of the endowment and {_percent(raw['clipped'])} of "
            f"its sampled actions are cut off at zero; SAC, which rescales, plays "
            f"{_percent(squashed['share'])}. In [-1, 1] of the own endowment PPO plays "
            f"{_percent(own['share'])}."
        )
        share, quantity = 100 * raw["share"].max(), "first action of the published PPO"
        found.append(Finding(quantity, share, "% of endowment", text, "experiment"))
    runs = tables.runs(policy="Central_PPO", protocol="as_published")
    if len(runs):
        share, steps = 100 * runs["cooperation"].median(), int(runs["steps_done"].max())
        text = (
            f"After {steps:,} steps of training {len(runs)} runs of it play "
            f"{share:.1f} % of the endowment in the median."
        )
        found.append(Finding("share after training", share, "% of endowment", text, "runs"))
    for name, rows in tables.ablations.groupby("environment", sort=False):
        rows = rows[rows["effect"].notna()]
        if rows.empty:
            continue
        step = rows[rows["step"] == "actions"].iloc[0]
        top = largest(rows)
        text = (
            f"On {name}-v0 acting in own units alone changes the score of the published PPO by "
            f"{plus(step['effect'])} (from {signed(step['score'] - step['effect'])} to "
            f"{signed(step['score'])}); the largest of all {len(rows)} changes up to independent "
            f"learners is '{top['step']}' with {plus(top['effect'])}."
        )
        quantity = f"effect of own units on {name}-v0"
        found.append(Finding(quantity, float(step["effect"]), "score", text, "ablations"))
    return found


def _percent(shares: pd.Series, digits: int = 0) -> str:
    """The range of some shares, in words."""
    low, high = (f"{100 * end:.{digits}f}" for end in (shares.min(), shares.max()))
    return f"{low} %" if low == high else f"{low} to {high} %"


def implementations(tables: Tables) -> list[Finding]:
    """V07: a critic that saturates, a squashing twice, and self-play without opponents."""
    found, left = [], tables.measured("saturation")
    games = sorted({setting.partition(", ")[2] for setting, _ in left.index})
    for game in games:
        full = 100 * left[f"tanh, {game}", "values at 1"]
        bounded, linear = (left[f"{head}, {game}", "gradient left"] for head in ("tanh", "linear"))
        text = (
            f"A critic that ends in tanh, with rewards of {game}: after {UPDATES} updates "
            f"{full:.0f} % of its values are exactly 1, and its gradient is {_part(bounded)} the "
            f"first; without tanh it is {_part(linear)} the first."
        )
        found.append(Finding(f"values at 1 on {game}", full, "%", text, "experiment"))
    twice = math.tanh(1)
    text = (
        f"Squashed twice in training, MASAC's mean action stays between {50 * (1 - twice):.0f} and "
        f"{50 * (1 + twice):.0f} % of the endowment; squashed once, as in its evaluation, it "
        "reaches all of it."
    )
    found.append(Finding("largest mean action of MASAC", twice, "of 1", text, "published"))
    ranking = published("ranking_integrated_by_tier")
    means = ranking.pivot(index="tier", columns="algorithm", values="mean_return")
    gaps = 100 * (means["SelfPlay_PPO"] / means["IPPO"] - 1).abs()
    text = (
        f"The published means of SelfPlay_PPO, whose opponents are not used, and of IPPO differ by "
        f"{gaps.min():.1f} to {gaps.max():.1f} % in the {len(gaps)} classes."
    )
    return [*found, Finding("SelfPlay_PPO against IPPO", gaps.max(), "%", text, "published")]


def _part(share: float) -> str:
    """A share in words, to be followed by what it is of."""
    if share == 0:
        return "0 % of"
    return f"{100 * share:.2g} % of" if share < 1 else f"{share:,.0f} times"


def number_format(tables: Tables) -> list[Finding]:
    """V08: one update of the same critic in half and in single precision."""
    found, tried = [], half_precision(tables.threat_experiments)
    if len(tried):
        rewards = tried.groupby("reward_mode")["reward per step"].first()
        broken = tried[tried["weights finite"] == 0]
        names = "; ".join(f"{row.number_format}, {row.reward_mode}" for row in broken.itertuples())
        text = (
            f"One update of the released critic for 40 agents at {rewards['integrated']:,.0f} per "
            f"step (integrated) and at {rewards['private']:,.0f} (private), in half and in single "
            f"precision: weights are no longer finite in {len(broken)} of {len(tried)} cases"
            + (f" ({names})." if names else ".")
        )
        quantity = "cases with weights not finite"
        found.append(Finding(quantity, len(broken), "of 4 cases", text, "experiment"))
    runs = tables.scores[tables.scores["status"] != "excluded"]
    if len(runs):
        diverged = int((runs["status"] == "diverged").sum())
        text = f"In single precision throughout, {diverged} of {len(runs)} runs here diverged."
        found.append(Finding("diverged runs", diverged, "runs", text, "runs"))
    return found


def training_settings(tables: Tables) -> list[Finding]:
    """V16: how often data are used, and what lies beyond the last step."""
    found = []
    for protocol, cards in tables.learner_cards.groupby("protocol", sort=False):
        if len(cards) < 2:
            continue
        used = cards.set_index("policy")["samples_per_transition"].sort_values()
        ratio = float(used.iloc[-1] / used.iloc[0])
        text = (
            f"Under {protocol} a transition is used {used.iloc[0]:.3g} times by {used.index[0]} "
            f"and {used.iloc[-1]:.3g} times by {used.index[-1]}, {ratio:,.0f} times as often "
            f"({len(used)} learners)."
        )
        found.append(Finding(f"use of data, {protocol}", ratio, "ratio", text, "cards"))
    beyond = tables.measured("horizon")
    if len(beyond):
        published_form, ours = (
            beyond[protocol, "steps beyond the last"] for protocol in ("as_published", "corrected")
        )
        text = (
            f"The published PPO values the last step of an episode as if {published_form:.0f} "
            f"more steps, discounted, came after it; in the corrected protocol it is {ours:.0f}."
        )
        quantity = "steps beyond the horizon"
        found.append(Finding(quantity, published_form, "discounted steps", text, "experiment"))
    return found


def resumed_runs(tables: Tables) -> list[Finding]:
    """V17: what resuming with a part of a run's state changes in what is played in the end."""
    found, tried = [], tables.measured("interruption")
    learners = dict.fromkeys(setting.split(", ")[0] for setting, _ in tried.index)
    for policy in learners:
        change = {
            kept: tried[f"{policy}, {kept}", "change"] for kept in ("weights alone", "nothing")
        }
        same = int(tried[f"{policy}, everything", "runs changed"]) == 0
        text = (
            f"{policy}, interrupted half way through a short training, plays in the end "
            f"{100 * change['weights alone']:.1f} points of the endowment away from the "
            f"uninterrupted run if it resumes with weights alone, "
            f"{100 * change['nothing']:.1f} without them, and "
            f"{'the same' if same else 'something else'} if it resumes as runs do here."
        )
        quantity = f"change by resuming with weights alone, {policy}"
        share = "share of endowment"
        found.append(Finding(quantity, change["weights alone"], share, text, "experiment"))
    return found
