"""Data of the report's section on how learners compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .breakdowns import breakdown_summary, shown_breakdowns, shown_instability
from .class_gaps import change_summary, members_summary
from .class_rankings import ranking_summary, shown_rankings
from .columns import MODES
from .mode_effects import mode_summary
from .oracle_gaps import exceedance_summary, gap_summary, shown_gaps
from .performance_figures import main_pools
from .returns import ablation_summary
from .significance import POWER
from .sources import published
from .theme import between, signed

# Tables that the section shows, see `schema`.
TABLES: tuple[str, ...] = ("pools", "performance", "ranks", "paired_tests", "equivalence", "power")
TABLES += ("published_means", "class_rankings", "class_gaps", "oracle_gaps", "exceedances")
TABLES += ("contributions", "mode_effects", "breakdowns", "instability")
TABLES += ("reward_ablation_summary",)
PAIRED = ["environment", "edition", "protocol", "reward_mode"]
FORMS = ("return", "score")


def statistics_data(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
    """
    gaps, means = tables["class_gaps"], tables["published_means"]
    crossing = set(published("crossover")["environment"])
    # Of the published rankings the mode that they have, and what else is published.
    told = means[(means["reward_mode"] == "integrated") | means["published"].notna()]
    same = tables["equivalence"]
    return {
        "pools": pool_rows(tables["pools"]),
        "performance": performance_rows(tables["performance"], tables["ranks"], tables["pools"]),
        "paired_tests": test_rows(tables["paired_tests"]),
        "equivalence": same[same["reward_mode"] == "integrated"].to_dict("records"),
        "power": power_rows(tables["power"]),
        "published_means": told.to_dict("records"),
        "class_rankings": shown_rankings(tables["class_rankings"]),
        "class_gaps": gap_rows(gaps[gaps["environment"] == ""]),
        "environment_gaps": gap_rows(gaps[gaps["environment"].isin(crossing)]),
        "oracle_gaps": shown_gaps(tables["oracle_gaps"]),
        "exceedances": tables["exceedances"].to_dict("records"),
        "contributions": tables["contributions"].to_dict("records"),
        "mode_effects": tables["mode_effects"].to_dict("records"),
        "breakdowns": shown_breakdowns(tables["breakdowns"]),
        "instability": shown_instability(tables["instability"]),
        "statistics": {
            "returns": ablation_summary(tables["reward_ablation_summary"]),
            "rankings": ranking_summary(tables["class_rankings"]),
            "changes": change_summary(gaps),
            "members": members_summary(gaps),
            "oracles": gap_summary(tables["oracle_gaps"]),
            "exceedances": exceedance_summary(tables["exceedances"]),
            "contributions": contribution_summary(tables["contributions"]),
            "modes": mode_summary(tables["mode_effects"]),
            "breakdowns": breakdown_summary(tables["breakdowns"], tables["instability"]),
            "tests": test_summary(tables["paired_tests"]),
            "equivalence": equivalence_summary(tables["equivalence"]),
            "power": power_summary(tables["power"]),
        },
    }


def pool_rows(pools: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per pool, whatever the reward mode."""
    keys = ["environment", "edition", "protocol"]
    return pools.drop_duplicates(keys).drop(columns="reward_mode").to_dict("records")


def performance_rows(
    performance: pd.DataFrame, ranks: pd.DataFrame, pools: pd.DataFrame
) -> list[dict[str, Any]]:
    """Learners of the main pools, the best first: measures with intervals, and ranks."""
    found = main_pools(performance, pools)
    keys = [*PAIRED, "policy"]
    expected = ranks.assign(part=ranks["rank"] * ranks["probability"])
    means = expected.groupby(keys)["part"].sum()
    first = ranks[ranks["rank"] == 1].set_index(keys)["probability"]
    rows = []
    for names, part in found.groupby(keys, sort=False):
        row = dict(zip(keys, names, strict=True)) | {"seeds": int(part["seeds"].iloc[0])}
        row["environments"] = int(part["environments"].iloc[0])
        for measured in part.to_dict("records"):
            name = measured["measure"]
            row |= {name: measured["value"], f"{name}_low": measured["low"]}
            row[f"{name}_high"] = measured["high"]
        row["first"] = float(first.get(names, np.nan))
        row["mean_rank"] = float(means.get(names, np.nan))
        rows.append(row)
    place = {mode: number for number, mode in enumerate(MODES)}
    return sorted(
        rows,
        key=lambda r: (r["edition"], r["protocol"], place[r["reward_mode"]], -r["iqm"]),
    )


def test_rows(tests: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per pool and reward mode: how many pairs differ, and which one most."""
    rows = []
    for names, part in tests.groupby(PAIRED, sort=False):
        largest = part.loc[part["difference"].abs().idxmax()]
        better = [largest["policy"], largest["compared_with"]]
        if largest["difference"] < 0:
            better.reverse()
        told = f"{better[0]} over {better[1]} ({signed(abs(largest['difference']))})"
        rows.append(
            {
                **dict(zip(PAIRED, names, strict=True)),
                **{key: part[key].iloc[0] for key in ("unit", "pairs", "tests")},
                "possible": bool(part["possible"].iloc[0]),
                "different": int(part["different"].sum()),
                "unadjusted": int((part["p"] < 0.05).sum()),
                "largest": told,
            }
        )
    return rows


def test_summary(tests: pd.DataFrame) -> str:
    """How many pairs differ, and where no pair could have."""
    rows = test_rows(tests)
    able = [row for row in rows if row["possible"]]
    said = []
    if able:
        different, of = (sum(row[key] for row in able) for key in ("different", "tests"))
        said.append(f"After that {different} of {of:,} pairs differ at 5 %.")
    if len(able) < len(rows):
        said.append(
            f"In {len(rows) - len(able)} of {len(rows)} families no pair could have: even if one "
            "learner always scored more, so few pairs would not give an adjusted p below 5 %."
        )
    return " ".join(said)


def equivalence_summary(equivalence: pd.DataFrame) -> str:
    """In how many tests the two learners of a claim are the same."""
    rows = equivalence[(equivalence["mechanism_class"] != "all") & equivalence["same"].notna()]
    if rows.empty:
        return ""
    said = []
    for (one, other), part in rows.groupby(["policy", "compared_with"]):
        same = int(part["same"].astype(bool).sum())
        said.append(
            f"{one} and {other} are the same within the margin in {same} of {len(part)} tests of a "
            "class, reward mode and measure"
        )
    return f"{'; '.join(said)}. Where they are not, a difference need not be shown either."


def power_rows(power: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per edition and number of seeds; over modes and protocols the least and the most."""
    rows = []
    for (edition, protocol, seeds), part in power.groupby(["edition", "protocol", "seeds"]):
        ends = {"score_least": part["score"].min(), "score_most": part["score"].max()}
        about = {"edition": edition, "protocol": protocol, "seeds": int(seeds)}
        rows.append({**about, "effect": part["effect"].iloc[0], "seen": part["seen"].any(), **ends})
    return rows


def power_summary(power: pd.DataFrame) -> str:
    """What the seeds of this study can show."""
    seen = power[power["seen"].astype(bool) & power["effect"].notna()]
    if seen.empty:
        return "One seed shows no difference between two learners."
    row = seen.iloc[0]
    text = (
        f"With {row['seeds']} seeds a paired t test on one environment has {100 * POWER:.0f} % "
        f"power for differences of {row['effect']:.2f} standard deviations or more"
    )
    known = seen.dropna(subset="score")
    known = known[known["protocol"] == "corrected"]
    if known.empty:
        return f"{text}."
    said = ", ".join(
        f"{signed(part['score'].min())} to {signed(part['score'].max())} in {edition}"
        for edition, part in known.groupby("edition")
    )
    return f"{text}: in score, with the spread seen here under corrected, {said}."


def gap_rows(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per class or environment and mode, with both forms."""
    keys = ["edition", "mechanism_class", "environment", "reward_mode"]
    numbers = ("gap", "low", "high", "lowest_without", "highest_without")
    gap = dict.fromkeys((*numbers, "members_gap", "members_low", "members_high"), np.nan)
    empty = {**gap, "leaders": "", "chosen": np.nan, "environments": None, "unfinished": 0}
    rows = []
    for names, part in gaps.groupby(keys, sort=False):
        row = dict(zip(keys, names, strict=True)) | {"published": np.nan, "published_leaders": ""}
        row |= {form: dict(empty) for form in FORMS}
        for found in part.to_dict("records"):
            row[found["form"]] = {key: found[key] for key in empty if key in found} | {
                "leaders": f"{found['independent']} – {found['ctde']}",
                "chosen": min(found["independent_chosen"], found["ctde_chosen"]),
            }
            if found["form"] == "return":
                row |= {key: found[key] for key in ("published", "published_leaders")}
        rows.append(row)
    return rows


def contribution_summary(contributions: pd.DataFrame) -> str:
    """What a constant policy contributes, beside learners."""
    known = contributions.dropna(subset="fixed")
    if known.empty:
        return ""
    said = []
    for (edition, protocol), part in known.groupby(["edition", "protocol"]):
        said.append(
            f"{edition}, {protocol}: {between(part['median'], 0)} % for learners, of which other "
            f"play is {between(part['policy_effect'], 0)} %, and {between(part['fixed'], 0)} % for "
            "the constant"
        )
    return f"Medians by class, {'; '.join(said)}."
