"""How numbers are summed up: threats V09, V12, V18, V20 and V23."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..selection import own_basis
from ..sources import published
from .tables import Finding, Tables

LARGEST = "ApacheProject-v0"
TEAM_CLASS = "TR-3"
# Columns of the inventory that say where a document counts an environment.
MAPS: tuple[str, ...] = ("tier_config_and_campaign", "tier_analyze_py", "tier_benchmark_docs")
MAPS += ("tier_of_published_tables_reconstructed",)
WHOLE_MEAN = 5


def mixed_scales(tables: Tables) -> list[Finding]:
    """V09: means over environments of unlike size, and over unlike sets of them."""
    isac = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    share = 100 * isac[LARGEST] / isac.sum()
    text = (
        f"{LARGEST} supplies {share:.0f} % of the published {TEAM_CLASS} mean of ISAC, one of "
        f"{len(isac)} environments in it."
    )
    found = [Finding("largest environment in a mean", share, "%", text, "published")]
    ranking = published("ranking_integrated_by_tier")
    fewer = ranking[ranking["n_envs_in_mean"] < WHOLE_MEAN]
    text = (
        f"{len(fewer)} of {len(ranking)} published class means are over fewer environments than "
        f"those they are ranked with: {_counted(fewer)}."
    )
    found.append(Finding("means over fewer environments", len(fewer), "means", text, "published"))
    best = tables.best["return"]
    if len(best) > 1:
        ratio = float(best.max() / best.min())
        text = (
            f"The best constant returns {best.min():,.0f} on {best.idxmin()} and "
            f"{best.max():,.0f} on {best.idxmax()}, {ratio:,.0f} times as much."
        )
        found.append(Finding("span of returns", ratio, "ratio", text, "reference"))
    return found


def _counted(rows: pd.DataFrame) -> str:
    sets = rows.groupby(["tier", "n_envs_in_mean"], sort=False)["algorithm"]
    return "; ".join(f"{', '.join(names)} over {n} on {tier}" for (tier, n), names in sets)


def replication_noise(tables: Tables) -> list[Finding]:
    """V12: how far published gaps move between two modes that are one, and scores between seeds."""
    gaps = published("crossover")
    gaps = gaps[gaps["source_doc"].str.endswith("crossover_all_casestudies.png")]
    column = "gap_pct_ind_minus_ctde_over_ctde"
    wide = gaps.pivot(index="environment", columns="reward_mode", values=column)
    noise = (wide["integrated"] - wide["cooperative"]).abs()
    changed = int((np.sign(wide["integrated"]) != np.sign(wide["cooperative"])).sum())
    text = (
        f"Between integrated and cooperative reward, one objective for the learners compared, the "
        f"published gaps of four case studies move by {noise.min():.1f} to {noise.max():.1f} "
        f"points, and {changed} of {len(wide)} change sign; the crossover rests on a gap of "
        f"{wide.loc['AppleAppStore-v0', 'integrated']:.1f} %."
    )
    found = [Finding("gap between equal modes", noise.max(), "points", text, "published")]
    keys = ["environment", "edition", "policy", "protocol", "reward_mode"]
    runs = tables.runs()
    spread = runs.groupby(keys)["score"].agg(["std", "count"])
    spread = spread[spread["count"] > 1]["std"].dropna()
    if len(spread):
        top = spread.idxmax()
        text = (
            f"Over {len(spread)} sets of runs that differ in the seed alone, the standard "
            f"deviation of the score is {spread.median():.3f} in the median and at most "
            f"{spread.max():.2f} ({top[2]} on {top[0]}-{top[1]})."
        )
        quantity = "spread over seeds"
        found.append(Finding(quantity, float(spread.median()), "score", text, "runs"))
    return found


def dropped_failures(tables: Tables) -> list[Finding]:
    """V18: what a mean loses with the environments that it leaves out."""
    isac = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    ranking = published("ranking_integrated_by_tier")
    team = ranking[ranking["tier"] == TEAM_CLASS]
    failing = team[team["n_envs_in_mean"] < WHOLE_MEAN]
    kept = isac.drop(LARGEST).mean()
    text = (
        f"{', '.join(failing['algorithm'])} are ranked on {TEAM_CLASS} by means over "
        f"{failing['n_envs_in_mean'].min()} environments of at most "
        f"{failing['mean_return'].max():,.0f}; over the same four ISAC has {kept:,.0f}, and "
        f"{isac.mean():,.0f} is printed next to them."
    )
    found = [Finding("ISAC on the same environments", kept, "reward", text, "published")]
    runs = tables.scores[tables.scores["status"] != "excluded"]
    if len(runs):
        broken = int((runs["status"] != "finished").sum())
        with_zero = runs["score"].mean()
        without = runs.loc[runs["status"] == "finished", "score"].mean()
        text = (
            f"{broken} of {len(runs)} runs of this study did not finish. Counted as 0 they leave a "
            f"mean score of {with_zero:.3f}; left out they would leave {without:.3f}."
        )
        if pd.notna(with_zero) and pd.notna(without):
            found.append(Finding("runs not finished", broken, "runs", text, "runs"))
    return found


def choices_of_maps(tables: Tables) -> list[Finding]:
    """V20: classes of environments by document, and what they do to a class mean."""
    inventory = published("environment_inventory").set_index("environment")
    maps = inventory[[*MAPS]]
    differ = maps[maps.nunique(axis=1) > 1]
    text = (
        f"Config, analysis script, pages and tables put {len(differ)} of {len(maps)} environments "
        f"into different classes: {', '.join(differ.index)}."
    )
    found = [
        Finding("environments in several classes", len(differ), "environments", text, "documents")
    ]
    best = tables.best["return"]
    if set(maps.index) <= set(best.index):
        means = {name: [*_class_means(best, maps, name)] for name in ("TR-1", "TR-2")}
        spans = {name: 100 * (max(m) / min(m) - 1) for name, m in means.items()}
        top = max(spans, key=lambda name: spans[name])
        text = (
            f"Under the four maps the mean of the best constants of {top} lies between "
            f"{min(means[top]):,.0f} and {max(means[top]):,.0f}, {spans[top]:.0f} % apart."
        )
        found.append(Finding("class mean over maps", spans[top], "%", text, "reference"))
    return found


def _class_means(best: pd.Series, maps: pd.DataFrame, name: str) -> Iterable[float]:
    """The mean of a class under every map."""
    return (float(best[maps.index[maps[column] == name]].mean()) for column in MAPS)


def units_of_cooperation(tables: Tables) -> list[Finding]:
    """V23: what half of the endowment is in raw units, and who gets what."""
    contracts, found = tables.contracts(), []
    if len(contracts):
        halves = contracts["endowments"].map(lambda amounts: float(np.mean(amounts)) / 2)
        low, high = halves.idxmin(), halves.idxmax()
        text = (
            f"Half of the endowment, which is one cooperation rate, is {halves[low]:.0f} units per "
            f"agent on {low} and {halves[high]:.0f} on {high}."
        )
        ratio = float(halves[high] / halves[low])
        found.append(Finding("half of the endowment", ratio, "ratio", text, "contract"))
    rows = own_basis(tables.reference)
    rows = rows[
        (rows["edition"] == "v0")
        & (rows["policy"] == "Constant_50")
        & (rows["reward_mode"] == "private")
    ].set_index("environment")
    if len(rows):
        shares = rows["payoff_per_agent"].map(lambda paid: min(paid) / max(paid))
        lowest = shares.idxmin()
        text = (
            f"A sum hides who gets it: if all give half, the agent paid least gets "
            f"{100 * shares[lowest]:.0f} % of what the one paid most gets on {lowest}-v0, and less "
            f"than 90 % on {int((shares < 0.9).sum())} of {len(shares)} environments."
        )
        found.append(
            Finding("least over most paid", float(shares[lowest]), "share", text, "reference")
        )
    return found
