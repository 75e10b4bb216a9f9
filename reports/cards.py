"""What the report shows of each environment, and of the policies that need no training."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coopetition import envs
from coopetition.agents.registry import rule
from coopetition.envs.formal.changes import CHANGES
from coopetition.envs.interfaces.released_wrappers import DIFFERENCES

from .columns import MODES
from .profiles import role_names, shown
from .selection import learners, named, one_per_policy
from .statistics import CELL, best_constants, normalised, reference_scales

HEURISTICS = ("Random", "TitForTat", "TitForTat_released")
ORACLE = "Oracle_"
PLANNER = "Planner"
# How the paragraph on an edition begins.
EDITIONS = {"v0": "Released edition:", "v1": "Formal edition:"}


def scored(reference: pd.DataFrame, certificates: pd.DataFrame) -> pd.DataFrame:
    """Reference rows with the columns `name` and `score`."""
    scales = reference_scales(certificates).drop(columns="no_scale")
    merged = named(reference).merge(scales, on=CELL, how="left", validate="many_to_one")
    return merged.assign(score=normalised(merged, "welfare"))


def _integrated(reference: pd.DataFrame) -> pd.DataFrame:
    return reference[reference["reward_mode"] == "integrated"]


def policy_overview(reference: pd.DataFrame, certificates: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment: the best constants, and how other policies compare.

    `relative` is the integrated return over that of the best constant; `score` is in welfare.
    """
    best = best_constants(reference)
    best = best[best["reward_mode"] == "integrated"].set_index("environment")
    rows = []
    rows_of = one_per_policy(_integrated(scored(reference, certificates)))
    for name, group in rows_of.groupby("name", sort=False):
        top = best.loc[name]
        group = group.assign(relative=group["mode_return"] / top["return"]).set_index("policy")
        kept = (*HEURISTICS, PLANNER, "Constant_100")
        measures = {
            measure: {
                **{policy: group[measure].get(policy) for policy in kept},
                "best": group[measure].get(f"Constant_{top['welfare_level']:02d}"),
                "oracles": {
                    policy.removeprefix(ORACLE): value
                    for policy, value in group[measure].items()
                    if policy.startswith(ORACLE)
                },
            }
            for measure in ("relative", "score")
        }
        shown_keys = ("level", "return", "welfare_level", "welfare", "random_welfare")
        rows.append(
            {
                "environment": name,
                "edition": group["edition"].iloc[0],
                **{key: top[key] for key in shown_keys},
                **measures,
            }
        )
    return rows


def oracle_cards(reference: pd.DataFrame) -> list[dict[str, str]]:
    """The card of every oracle of the released edition that was played, by class."""
    rows = []
    for name in _played(reference, "v0", ORACLE):
        entry = rule(name, "v0")
        oracle: Any = entry.load()
        rows.append(
            {
                "policy": name,
                "mechanism_class": entry.mechanism_class,
                **{key: getattr(oracle.card, key) for key in ("equation", "role", "here")},
            }
        )
    return sorted(rows, key=lambda row: row["mechanism_class"])


def formal_oracles(reference: pd.DataFrame) -> list[dict[str, str]]:
    """What the oracles and the planner of the formal edition solve, one sentence each."""
    names = [*_played(reference, "v1", ORACLE), *_played(reference, "v1", PLANNER)]
    return [{"policy": name, "summary": rule(name, "v1").summary} for name in names]


def _played(reference: pd.DataFrame, edition: str, opening: str) -> list[str]:
    """Policies of an edition whose names begin so."""
    names = reference.loc[reference["edition"] == edition, "policy"].unique()
    return sorted(name for name in names if name.startswith(opening))


def environment_cards(
    contract: pd.DataFrame,
    reference: pd.DataFrame,
    certificates: pd.DataFrame,
    figures: Sequence[Mapping[str, Mapping[str, str]]],
    audits: Mapping[str, list[dict[str, Any]]],
    learned: Mapping[str, list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """One card per game of the contract, with a part for each of its editions.

    Args:
        contract: see `schema`, as are the following.
        reference: policies that need no training.
        certificates: equilibria, optima and incentives.
        figures: of every kind, name with edition -> title, caption, alt, provenance and data.
        audits: name with edition -> audited policies.
        learned: name with edition -> scores of learners, see `learned_scores`.
    """
    policies = dict(list(_integrated(scored(reference, certificates)).groupby("name")))
    certified = named(certificates).set_index("name").to_dict("index")
    cards = []
    for environment, rows in contract.groupby("environment", sort=False):
        spec = envs.spec(f"{environment}-{rows['edition'].iloc[0]}")
        title, story = told(spec.module)
        editions = []
        for row in rows.sort_values("edition").to_dict("records"):
            name = f"{environment}-{row['edition']}"
            editions.append(
                {
                    **_edition(row, name, story.get(row["edition"], [])),
                    "certificate": _certificate(name, certified[name]),
                    "policies": _policies(policies[name]) if name in policies else [],
                    "figures": [drawn[name] for drawn in figures if name in drawn],
                    "audits": audits.get(name, []),
                    "scores": learned.get(name, []),
                }
            )
        cards.append(
            {
                "environment": environment,
                "title": title,
                "mechanism_class": spec.mechanism_class,
                "class_name": envs.MECHANISM_CLASSES[spec.mechanism_class],
                "story": story.get("", []),
                "editions": editions,
            }
        )
    order = {name: place for place, name in enumerate(envs.MECHANISM_CLASSES)}
    return sorted(cards, key=lambda card: (order[card["mechanism_class"]], card["environment"]))


def learned_scores(aggregates: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Environment with edition -> a row per learner with its score under every reward mode.

    Rows go by the score under integrated reward, which is also the mode of trust and share.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name, part in aggregates.groupby("environment"):
        rows = []
        for policy, protocol, own in learners(part):
            modes = own.set_index("reward_mode").to_dict("index")
            shown_mode = modes.get("integrated", {})
            single = own[own["reward_mode"] != "all"]
            rows.append(
                {
                    **{"policy": policy, "protocol": protocol},
                    **{key: int(single[key].sum()) for key in ("planned", "finished")},
                    **{mode: _score(modes[mode]) if mode in modes else None for mode in MODES},
                    **{key: shown_mode.get(key) for key in ("trust", "cooperation")},
                }
            )
        found[str(name)] = sorted(rows, key=_by_integrated_score)
    return found


def _score(row: Mapping[str, Any]) -> dict[str, float]:
    return {key: row[key] for key in ("iqm", "low", "high")}


def _by_integrated_score(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Best first; those without a score last."""
    value = row["integrated"]["iqm"] if row["integrated"] else np.nan
    return bool(np.isnan(value)), -value


def _edition(row: dict[str, Any], name: str, story: list[str]) -> dict[str, Any]:
    """What one edition of a game is."""
    spec = envs.spec(name)
    kept = ("edition", "n_agents", "horizon", "action_high", "deterministic")
    sizes = ("joint", "full", "realistic", "minimal")
    return {
        "id": name,
        **{key: row[key] for key in (*kept, "shortest_episode", "early_termination", "parameters")},
        "summary": spec.summary,
        "story": story,
        **{key: numbers(row[key]) for key in ("endowments", "baselines")},
        "observations": {size: row[f"observation_{size}"] for size in sizes},
        "views": DIFFERENCES.get(name, ""),
        "changes": [
            {
                "number": number,
                **{key: getattr(CHANGES[number], key) for key in ("what", "reported", "here")},
                **{key: getattr(CHANGES[number], key) for key in ("why", "ours")},
            }
            for number in spec.changes
        ],
        "switches": _switches(name),
    }


def _switches(name: str) -> str:
    """Mechanisms that can be switched off, with the parameters that do it."""
    switches = getattr(envs.game(name), "switches", {})
    return "; ".join(
        f"{mechanism} ({', '.join(f'{key} = {value}' for key, value in values.items())})"
        for mechanism, values in switches.items()
    )


def _certificate(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate as a card shows it."""
    kept = ("is_dilemma", "price_of_anarchy", "price_of_stability", "fear", "tft_wins_field")
    welfare = ("random", "nash_worst", "myopic", "best_uniform_constant", "optimum")
    return {
        **{key: None if row[key] is pd.NA else row[key] for key in kept},
        "roles": role_names(name, row["roles"]),
        **{key: shown(row[key]) for key in ("nash", "nash_integrated", "nash_cooperative")},
        "optimum": shown(row["optimum"]),
        "greed": ", ".join(f"{gain:.1f}" for gain in row["greed"]),
        "welfare": {key: row[f"welfare_{key}"] for key in (*welfare, "dynamic_optimum")},
    }


def numbers(values: Any) -> str:
    """Numbers of agents as a list in words."""
    return ", ".join(f"{value:g}" for value in values)


def told(module: str) -> tuple[str, dict[str, list[str]]]:
    """Title and paragraphs of the module that defines a game, by edition; "" is about all."""
    doc = inspect.getdoc(sys.modules[module]) or ""
    texts = [part for part in doc.split("\n\n") if not part.startswith(" ")]  # no commands
    title, *parts = (" ".join(part.split()) for part in texts)
    story: dict[str, list[str]] = {}
    for part in parts:
        found = [edition for edition, opening in EDITIONS.items() if part.startswith(opening)]
        key = found[0] if found else ""
        text = part.removeprefix(EDITIONS.get(key, "")).lstrip()
        story.setdefault(key, []).append(text[:1].upper() + text[1:])
    return title.removesuffix("."), story


def _policies(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The best constants by return and by welfare, heuristics, oracles and the planner."""
    constants = rows[rows["level"].notna()]
    best = [
        constants.index.isin(group[["mode_return", "welfare"]].idxmax())
        for _, group in constants.groupby("action_basis")
    ]
    chosen = constants[np.logical_or.reduce(best)] if best else constants
    kept = ["policy", "action_basis", "cooperation", "mode_return", "welfare", "score"]
    kept += ["trust", "episode_length"]
    shown_rows = pd.concat([chosen, rows[rows["level"].isna()]]).sort_index()
    return shown_rows[kept].to_dict("records")
