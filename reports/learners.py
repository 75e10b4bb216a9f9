"""What the report says of learners in tables and sentences: who learns what, how, and where to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from coopetition.agents.registry import learner

from .columns import PROTOCOLS
from .convergence import TOLERANCE
from .profiles import role_names
from .selection import named, policy_order

# Rows of `learner_settings` in which nothing differs from the learner's defaults.
DEFAULTS = "default"
# How many roles that miss their target a sentence names.
NAMED = 3


def learner_rows(plan: pd.DataFrame) -> list[dict[str, str]]:
    """One row per learner: its kind, its published name, and where it trains in each protocol."""
    rows = []
    for policy in policy_order(plan):
        runs = plan[plan["policy"] == policy]
        names = learner(policy).published_as
        trained = {
            protocol: ", ".join(
                f"{part['environment'].nunique()} of {edition}"
                for edition, part in runs[runs["protocol"] == protocol].groupby("edition")
            )
            for protocol in PROTOCOLS
        }
        kind = runs["paradigm"].iloc[0]
        rows.append({"policy": policy, "kind": kind, "published_as": ", ".join(names), **trained})
    return rows


def card_rows(cards: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the table `learner_cards`: one per learner and protocol."""
    of_protocol: tuple[str, ...] = ("base", "data", "parameters", "steps_between_updates")
    of_protocol += ("updates_per_step", "samples_per_transition", "hyperparameter_hash")
    return [
        {
            "policy": card["name"],
            "protocol": protocol,
            **{key: card[key] for key in ("reward", "actor", "critic", "sharing", "head")},
            **{key: content[key] for key in of_protocol},
        }
        for card in cards
        for protocol, content in card["protocols"].items()
    ]


def difference_rows(cards: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Rows of the table `setting_differences`, values as text."""
    return [
        {
            "policy": card["name"],
            **row,
            **{key: "" if row[key] is None else str(row[key]) for key in ("published", "ours")},
        }
        for card in cards
        for row in card["differences"]
    ]


def change_rows(differences: pd.DataFrame) -> list[dict[str, str]]:
    """`setting_differences` with a row for every set of learners that share changes and reason."""
    sharing: dict[tuple[str, str], list[str]] = {}
    for row in differences.fillna("").to_dict("records"):
        change = f"{row['setting']} {row['published']} → {row['ours'] or '–'}"
        sharing.setdefault((row["why"], change), []).append(row["policy"])
    together: dict[tuple[str, str], list[str]] = {}
    for (why, change), policies in sharing.items():
        together.setdefault((", ".join(policies), why), []).append(change)
    return [
        {"policies": policies, "changes": "; ".join(changes), "why": why}
        for (policies, why), changes in together.items()
    ]


def setting_rows(plan: pd.DataFrame) -> list[dict[str, str]]:
    """One row per protocol and set of learners: the settings whose values they share.

    Settings that all learners of a protocol share come first.
    """
    rows = []
    first = plan.drop_duplicates(["policy", "protocol"]).set_index(["protocol", "policy"])
    for protocol in PROTOCOLS:
        policies = [p for p in policy_order(plan) if (protocol, p) in first.index]
        sharing: dict[str, list[str]] = {}
        for policy in policies:
            settings = json.loads(first.loc[(protocol, policy), "hyperparameters"])
            for setting, value in settings.items():
                text = json.dumps(value).strip('"')
                sharing.setdefault(f"{setting} = {text}", []).append(policy)
        together: dict[tuple[str, ...], list[str]] = {}
        for setting, names in sharing.items():
            together.setdefault(tuple(names), []).append(setting)
        for users in sorted(together, key=lambda users: len(users) < len(policies)):
            row = {"policies": ", ".join(users), "settings": "; ".join(together[users])}
            rows.append({"protocol": protocol, **row})
    return rows


def certificate_rows(table: pd.DataFrame) -> pd.DataFrame:
    """`learner_certificates` by environment, role and learner, with names instead of numbers."""
    parts = []
    for name, rows in named(table).groupby("name"):
        roles, policies = list(dict.fromkeys(rows["role"])), policy_order(rows)
        said = dict(zip(roles, role_names(name, ";".join(roles)), strict=True))
        places = {
            "_role": rows["role"].map(roles.index),
            "_policy": rows["policy"].map(policies.index),
        }
        rows = rows.assign(environment=name, role=rows["role"].map(said), **places)
        parts.append(rows.sort_values(list(places), kind="stable")[list(table)])
    return pd.concat(parts, ignore_index=True) if parts else table


def certificate_summary(rows: pd.DataFrame) -> str:
    """How many roles end at their target, by reward mode, and which ones end farthest from it."""
    known = rows.dropna(subset="gap")
    if known.empty:
        return ""
    said = [
        f"under {mode} reward {int(part['within'].sum())} of {len(part)} roles end within "
        f"{TOLERANCE:.2f} of the {part['target'].iloc[0]}"
        for mode, part in known.groupby("reward_mode", sort=False)
    ]
    least, most = known["steps"].min(), known["steps"].max()
    budget = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    text = f"After {budget} steps, {' and '.join(said)}."
    missed = known[~known["within"]].sort_values("gap", key=abs, ascending=False, kind="stable")
    if missed.empty:
        return text
    names = "; ".join(
        "{policy} on {environment}, {role}, {reward_mode} reward ({share:.2f} instead of "
        "{target_share:.2f})".format(**row)
        for row in missed.head(NAMED).to_dict("records")
    )
    others = f"; and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    return f"{text} Not reached with this budget, farthest first: {names}{others}."


def size_rows(settings: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `learner_settings`; the defaults have no advantage over themselves."""
    table = settings.copy()
    gains = ["advantage", "advantage_low", "advantage_high"]
    table.loc[table["setting"] == DEFAULTS, gains] = float("nan")
    return table.to_dict("records")


def size_summary(settings: pd.DataFrame) -> str:
    """In how many rows the defaults score less, or more, than a larger setting."""
    larger = settings[settings["setting"] != DEFAULTS]
    if larger.empty:
        return ""
    below = int((larger["advantage_high"] < 0).sum())
    above = int((larger["advantage_low"] > 0).sum())
    return (
        f"In {below} of {len(larger)} rows the interval of the advantage of the defaults lies "
        f"below zero, so that they score less than the larger setting; in {above} it lies above "
        "zero."
    )
