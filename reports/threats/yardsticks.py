"""What learners are compared with: threats V04, V05, V15, V21, V25 and V26."""

from __future__ import annotations

import pandas as pd

from ..columns import CLASSES
from ..selection import named, own_basis
from ..sources import published
from .tables import Finding, Tables, classes_of_tables, listed, over

CROSSOVER = "AppleAppStore-v0"
EQUILIBRIA = ("Oracle_Equilibrium", "Oracle_ReciprocityEquilibrium", "Oracle_Nash")
# Share of random parameter sets from which a score is one that chance reaches.
CHANCE = 0.05
# Environments in the mean of a class.
CLASS_SIZE = 5


def loyalty_is_full_contribution(tables: Tables) -> list[Finding]:
    """V04: Oracle_Loyalty, the published ISAC, and constants on TR-3."""
    returns = tables.returns.get("integrated", pd.DataFrame())
    isac = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    here = [name for name in isac.index if name in returns.index]
    if "Oracle_Loyalty" not in returns or not here:
        return []
    own = returns.loc[here]
    same = int((own["Oracle_Loyalty"] == own["Constant_100"]).sum())
    best = tables.best.loc[here]
    excess = 100 * (best["return"] / isac[here] - 1)
    levels = listed([f"{level} %" for level in sorted({*best["level"]})])
    return [
        Finding(
            "Oracle_Loyalty equal to full contribution",
            same,
            "environments",
            f"Oracle_Loyalty returns exactly what Constant_100 does on {same} of {len(here)} "
            "environments of TR-3 in this run.",
            "reference",
        ),
        Finding(
            "best constant over published ISAC",
            float(excess.min()),
            "%",
            f"The best constants, of {levels}, return more than is published for ISAC on "
            f"{int((excess > 0).sum())} of {len(here)}, by {over(excess)}.",
            "reference",
        ),
    ]


def constants_above_learners(tables: Tables) -> list[Finding]:
    """V05: constants against published learners, and against those of this run."""
    return [*_class_leaders(tables), *_crossover(tables), *_own_learners(tables)]


def _class_leaders(tables: Tables) -> list[Finding]:
    ranking = published("ranking_integrated_by_tier")
    whole = ranking[ranking["n_envs_in_mean"] == CLASS_SIZE]
    maps, best, found = classes_of_tables(), tables.best, []
    for name in CLASSES:
        members = [env for env in maps.index[maps == name] if env in best.index]
        ranked = whole[whole["tier"] == name]
        learners = ranked[ranked["algorithm"].isin(published("algorithm_inventory")["algorithm"])]
        if len(members) < CLASS_SIZE or learners.empty:
            continue
        leader = learners.loc[learners["mean_return"].idxmax()]
        mean = best.loc[members, "return"].mean()
        gap = 100 * (leader["mean_return"] / mean - 1)
        text = (
            f"{name}: the leader of the published ranking, {leader['algorithm']} with "
            f"{leader['mean_return']:,.0f}, lies {abs(gap):.1f} % "
            f"{'below' if gap < 0 else 'above'} the mean of the best constants, {mean:,.0f}."
        )
        found.append(Finding(f"leader against constants, {name}", gap, "%", text, "reference"))
    return found


def _crossover(tables: Tables) -> list[Finding]:
    rows = published("crossover").dropna(subset=["ctde_return", "ind_return"])
    rows = rows[(rows["environment"] == CROSSOVER) & (rows["reward_mode"] == "integrated")]
    if CROSSOVER not in tables.best.index or rows.empty:
        return []
    best, row = tables.best.loc[CROSSOVER], rows.iloc[0]
    gaps = [100 * (1 - row[kind] / best["return"]) for kind in ("ctde_return", "ind_return")]
    text = (
        f"On {CROSSOVER} both sides of the published crossover under integrated reward, "
        f"{row['best_ctde']} with {row['ctde_return']:,.0f} and {row['best_ind']} with "
        f"{row['ind_return']:,.0f}, lie {min(gaps):.0f} and {max(gaps):.0f} % below "
        f"Constant_{best['level']:02d} with {best['return']:,.0f}."
    )
    return [Finding("crossover below a constant", min(gaps), "%", text, "reference")]


def _own_learners(tables: Tables) -> list[Finding]:
    reference = own_basis(tables.reference)
    constants = reference[reference["level"].notna()]
    best = constants.groupby(["environment", "edition"])["welfare"].max().rename("best")
    found = []
    for protocol, runs in tables.runs().groupby("protocol", sort=False):
        runs = runs.join(best, on=["environment", "edition"]).dropna(subset="best")
        if runs.empty:
            continue
        above = int((runs["welfare"] > runs["best"]).sum())
        share = above / len(runs)
        text = (
            f"{above} of {len(runs)} finished runs ({protocol}) exceed the welfare of the best "
            f"uniform constant of their environment ({100 * share:.0f} %)."
        )
        found.append(Finding(f"runs above constants, {protocol}", share, "share", text, "runs"))
    return found


def survival(tables: Tables) -> list[Finding]:
    """V15: environments that end early, and what that does to returns."""
    contracts, returns = tables.contracts(), tables.returns.get("integrated", pd.DataFrame())
    early = contracts[contracts["shortest_episode"] < contracts["horizon"]]
    here = [name for name in early.index if name in returns.index]
    if not here:
        return []
    ratio = returns.loc[here, "Constant_50"] / returns.loc[here, "Constant_00"]
    top = ratio.idxmax()
    low, high = returns.loc[top, ["Constant_00", "Constant_50"]]
    steps, whole = early.loc[top, ["shortest_episode", "horizon"]]
    per_step = (high / whole) / (low / steps)
    return [
        Finding(
            "environments that end early",
            len(early),
            "environments",
            f"{len(early)} of {len(contracts)} released environments of this run end early under "
            f"some constant: {listed(list(early.index))}.",
            "contract",
        ),
        Finding(
            "return of Constant_50 over Constant_00",
            float(ratio[top]),
            "ratio",
            f"On {top} no contribution ends the episode after {steps} of {whole} steps and returns "
            f"{low:,.0f}, half of the endowment {high:,.0f}: {ratio[top]:.0f} times as much, but "
            f"{per_step:.1f} times as much per step.",
            "reference",
        ),
    ]


def oracles_as_bounds(tables: Tables) -> list[Finding]:
    """V21: oracles against constants and Random."""
    returns = tables.returns.get("integrated", pd.DataFrame())
    oracles = returns[[name for name in returns if name.startswith("Oracle_")]].dropna(how="all")
    if oracles.empty:
        return []
    best = tables.best["return"].reindex(oracles.index)
    behind = int((oracles.max(axis=1) < best).sum())
    found = [
        Finding(
            "environments with a constant above every oracle",
            behind,
            "environments",
            f"The best constant returns more than every oracle on {behind} of {len(oracles)} "
            "environments of this run.",
            "reference",
        )
    ]
    bounds = returns.reindex(columns=["Oracle_Nash", "Oracle_Loyalty"]).dropna()
    if len(bounds):
        nash, loyalty = bounds["Oracle_Nash"], bounds["Oracle_Loyalty"]
        above = int((nash > loyalty).sum())
        text = (
            f"Oracle_Nash, called a lower bound, returns more than Oracle_Loyalty, called an upper "
            f"one, on {above} of {len(bounds)} environments, and as much on "
            f"{int((nash == loyalty).sum())}."
        )
        found.append(Finding("lower bound above upper", above, "environments", text, "reference"))
    equilibria = oracles.reindex(columns=EQUILIBRIA).min(axis=1).dropna()
    if equilibria.empty:
        return found
    best = best[equilibria.index]
    lowest = (equilibria / best).idxmin()
    share = float(equilibria[lowest] / best[lowest])
    text = (
        f"The lowest equilibrium oracle returns {equilibria[lowest]:,.0f} on {lowest}, where the "
        f"best constant returns {best[lowest]:,.0f}."
    )
    return [*found, Finding("lowest equilibrium oracle", share, "share", text, "reference")]


def rubrics_and_models(tables: Tables) -> list[Finding]:
    """V25: what the scores of case studies are worth, and whose model they are of."""
    found = []
    scores = tables.case_scores[tables.case_scores["rubric"] == "legacy"]
    if len(scores):
        chance = int((scores["p_null"] >= CHANCE).sum())
        said = "; ".join(
            f"{row.case} {row.variant} {row.score:g} of {row.max:g}, random {row.null_mean:.1f}"
            for row in scores.itertuples()
        )
        text = (
            f"Under the published rubrics random parameter sets of the first null model score as "
            f"much as the calibrated one in at least 5 % of draws for {chance} of {len(scores)} "
            f"scores: {said}."
        )
        found.append(Finding("scores within chance", chance, "scores", text, "case_studies"))
    changed = tables.case_ablations[tables.case_ablations["rubric"] == "legacy"]
    if len(changed):
        kept = int((changed["score"] >= changed["calibrated"]).sum())
        text = (
            f"{kept} of {len(changed)} variants of the models (a part taken out or altered, or no "
            "model at all) score as much as the calibrated one under the published rubric, or more."
        )
        quantity = "variants that lose no point"
        found.append(Finding(quantity, kept, "variants", text, "case_studies"))
    rows = tables.case_parameters
    shared = rows[rows["game"].str.endswith("-v0")]
    if len(shared):
        other = shared[~shared["equal"].astype(bool)]
        said = "; ".join(
            f"{case} {int((other['case'] == case).sum())} of {len(own)}"
            for case, own in shared.groupby("case")
        )
        text = (
            f"{len(other)} of {len(shared)} parameters that a case model and its released "
            f"environment both have differ: {said}."
        )
        quantity = "parameters that differ"
        found.append(Finding(quantity, len(other), "parameters", text, "case_studies"))
    played = tables.case_rollouts[tables.case_rollouts["kind"] == "script"]
    if len(played):
        met = played[played["points"] == played["points_max"]]
        on = played.groupby("environment").size().index
        text = (
            f"Played by hand on {len(on)} environments, the coded histories meet {len(met)} of "
            f"{len(played)} of their own expectations."
        )
        quantity = "expectations met by the history"
        found.append(Finding(quantity, len(met), "expectations", text, "case_studies"))
    return found


def correlations(tables: Tables) -> list[Finding]:
    """V26: trust and return of constants, pooled and within environments."""
    rows = named(own_basis(tables.reference))
    rows = rows[
        (rows["edition"] == "v0") & (rows["reward_mode"] == "integrated") & rows["level"].notna()
    ]
    groups = {name: part for name, part in rows.groupby("name") if part["trust"].nunique() > 1}
    if len(groups) < 2:
        return []
    within = pd.Series({n: part["trust"].corr(part["mode_return"]) for n, part in groups.items()})
    pooled = float(pd.concat(groups.values())[["trust", "mode_return"]].corr().iloc[0, 1])
    lowest, highest = within.idxmin(), within.idxmax()
    text = (
        f"Over constants, trust at the end and return correlate with {pooled:.2f} pooled over "
        f"{len(groups)} environments, and with {within.median():.2f} in the median within one: "
        f"{within[lowest]:.2f} on {lowest}, {within[highest]:.2f} on {highest}."
    )
    return [Finding("pooled correlation", pooled, "Pearson r", text, "reference")]
