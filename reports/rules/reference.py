"""Rules that constants, heuristics and oracles decide, or the contract of the environments."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..columns import CLASSES
from ..evidence import Decision, Evidence
from ..selection import own_basis
from ..sources import published
from ..statistics import IDENTITY_TOLERANCE, best_constants
from .learning import CLASS_SIZE, SMALLEST_PUBLISHED_BUDGET
from .members import PUBLISHED_SEEDS, as_published, interval, rebuilt, resampled


def isac_above_loyalty(evidence: Evidence) -> Decision:
    """B01: runs of the published ISAC against Oracle_Loyalty; its published returns beside them."""
    stated = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    returns = _returns(evidence)
    if "Oracle_Loyalty" not in returns:
        return Decision("not testable", "Oracle_Loyalty was not evaluated in this run.")
    oracle = returns["Oracle_Loyalty"].dropna().reindex(stated.index).dropna()
    if oracle.empty:
        return Decision("not testable", "No TR-3 environment of the claim is in this run.")
    gaps = 100 * (stated[oracle.index] / oracle - 1)
    levels = pd.Series([_level_of(evidence, name, stated[name]) for name in oracle.index]).dropna()
    reason = (
        f"The published ISAC returns lie {gaps.min():+.2f} to {gaps.max():+.2f} % from the "
        f"recomputed oracle on {len(oracle)} of {len(stated)} environments."
    )
    if len(levels):
        reason += f" A constant of {levels.min():.1f} to {levels.max():.1f} % returns as much."
    estimate = f"published ISAC {gaps.mean():+.2f} % on average"
    runs = as_published(evidence, "ISAC", mode="integrated")
    ends, missed, seeds = {}, 0, []
    for name in oracle.index:
        part = runs[runs["environment"] == name.removesuffix("-v0")]
        if len(part):
            means = resampled(
                part, (name.removesuffix("-v0"),), "training_return", evidence.repetitions
            )
            ends[name] = interval(next(iter(means.values())) / oracle[name] - 1)
            missed += int((part["training_return"] <= oracle[name]).sum())
            seeds.append(part["seed"].nunique())
    if not ends:
        reason += " No run of ISAC as published finished there, so no seed was tested."
        return Decision("inconclusive", reason, estimate, "reference")
    steps = int(runs["steps_planned"].min())
    above = sum(low > 0 for _, low, _ in ends.values())
    reason += (
        f" Runs as published lie above it on {above} of {len(ends)} environments with the whole "
        f"interval, {missed} runs at or below it; {min(seeds)} seeds, {steps:,} steps per run."
    )
    verdict = "inconclusive"
    if steps >= SMALLEST_PUBLISHED_BUDGET:
        whole = len(ends) == len(stated) and min(seeds) >= PUBLISHED_SEEDS
        if missed:
            verdict = "refuted"
        elif whole and above == len(ends):
            verdict = "confirmed"
    return Decision(verdict, reason, estimate, "as_published")


def _level_of(evidence: Evidence, name: str, value: float) -> float:
    """The highest constant, in %, that returns so much under integrated reward; NaN for none."""
    rows = own_basis(_released(evidence))
    rows = rows[(rows["environment"] + "-v0" == name) & (rows["reward_mode"] == "integrated")]
    surface = rows[rows["level"].notna()].set_index("level")["mode_return"].sort_index()
    levels, returns = surface.index.to_numpy(float), surface.to_numpy(float)
    crossed = np.flatnonzero((returns[:-1] - value) * (returns[1:] - value) <= 0)
    if not len(crossed):
        return float("nan")
    i = crossed[-1]
    rise = returns[i + 1] - returns[i]
    part = (value - returns[i]) / rise if rise else 1.0
    return float(levels[i] + part * (levels[i + 1] - levels[i]))


def published_isac_above_constants(evidence: Evidence) -> Decision:
    """B02: the published ISAC return against the best of 101 constants."""
    isac = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
    best = _best(evidence)
    common = [name for name in isac.index if name in best.index]
    if not common:
        return Decision(
            "not testable", "No TR-3 environment of the released edition is in this run."
        )
    gaps = {name: isac[name] / best["return"][name] - 1 for name in common}
    below = [name for name in common if gaps[name] < 0]
    worst = min(common, key=lambda name: gaps[name])
    estimate = (
        f"{worst}: {best['return'][worst]:,.0f} at level {best['level'][worst]} %, "
        f"ISAC {isac[worst]:,.0f} ({100 * gaps[worst]:+.1f} %)"
    )
    seen = f"{len(common)} TR-3 environments in this run (the claim names {len(isac)})"
    if below:
        size = [-100 * gaps[name] for name in below]
        levels = ", ".join(f"{best['level'][name]} % on {name}" for name in below)
        reason = (
            f"A constant policy exceeds the published ISAC return on {len(below)} of {seen}; ISAC "
            f"lies {min(size):.1f} to {max(size):.1f} % below it. The best constants: {levels}."
        )
        return Decision("refuted", reason + _loyalty(evidence), estimate, "reference")
    verdict = "confirmed" if len(common) == len(isac) else "inconclusive"
    return Decision(verdict, f"ISAC exceeds every constant on {seen}.", estimate, "reference")


def _loyalty(evidence: Evidence) -> str:
    """How Oracle_Loyalty compares with the constant of 100 %, where it was evaluated."""
    returns = _returns(evidence)
    if "Oracle_Loyalty" not in returns:
        return ""
    pair = returns[["Oracle_Loyalty", "Constant_100"]].dropna()
    same = int((pair["Oracle_Loyalty"] == pair["Constant_100"]).sum())
    return (
        f" Oracle_Loyalty returns exactly what full contribution does on {same} of {len(pair)} "
        "environments."
    )


def nothing_above_bounded_reciprocity(evidence: Evidence) -> Decision:
    """B03: constants and published learners against Oracle_BoundedReciprocity."""
    returns = _returns(evidence)
    if "Oracle_BoundedReciprocity" not in returns:
        return Decision("not testable", "Oracle_BoundedReciprocity was not evaluated in this run.")
    oracle = returns["Oracle_BoundedReciprocity"].dropna()
    best = _best(evidence).reindex(oracle.index)
    above = best.index[best["return"] > oracle]
    estimate = f"a constant above it on {len(above)} of {len(oracle)} environments"
    if len(above):
        gains = 100 * (best["return"] / oracle - 1)[above]
        levels = ", ".join(f"{best['level'][name]} % on {name}" for name in above)
        reason = (
            f"Of the policies of the study itself, a constant returns {gains.min():.2f} to "
            f"{gains.max():.2f} % more on {len(above)} of {len(oracle)} environments: {levels}."
        )
        return Decision("refuted", reason, estimate, "reference")
    runs = as_published(evidence, *rebuilt(), mode="integrated")
    runs = runs.assign(name=runs["environment"] + "-v0")
    runs = runs[runs["name"].isin(oracle.index)]
    higher = int((runs["training_return"] > oracle.reindex(runs["name"]).to_numpy()).sum())
    reason = (
        f"No constant exceeds it on {len(oracle)} environments; of {len(runs)} runs of learners "
        f"rebuilt as published {higher} do. The other learners cannot be tested."
    )
    return Decision("inconclusive", reason, estimate, "reference")


def learners_above_equilibrium(evidence: Evidence) -> Decision:
    """B04: the best learner rebuilt as published against Oracle_Equilibrium."""
    returns = _returns(evidence)
    if "Oracle_Equilibrium" not in returns:
        return Decision("not testable", "Oracle_Equilibrium was not evaluated in this run.")
    oracle = returns["Oracle_Equilibrium"].dropna()
    best, random = _best(evidence)["return"], returns["Random"].reindex(oracle.index)
    by_constants = int((best.reindex(oracle.index) > oracle).sum())
    runs = as_published(evidence, *rebuilt(), mode="integrated")
    runs = runs.assign(name=runs["environment"] + "-v0")
    runs = runs[runs["name"].isin(oracle.index)]
    learned = runs.groupby(["name", "policy"])["training_return"].mean().groupby("name").max()
    above = [name for name in learned.index if learned[name] > oracle[name]]
    lowest = oracle.idxmin()
    estimate = f"{lowest}: oracle {oracle[lowest]:,.0f}, best constant {best[lowest]:,.0f}"
    bar = (
        f"A constant exceeds the oracle on {by_constants} of {len(oracle)} environments, Random on "
        f"{int((random > oracle).sum())}."
    )
    if len(learned) < CLASS_SIZE:
        reason = (
            f"Learners rebuilt as published trained on {len(learned)} of {CLASS_SIZE} environments "
            f"of TR-1."
        )
        return Decision("inconclusive", f"{reason} {bar}", estimate, "reference")
    reason = (
        f"The best learner rebuilt as published exceeds the oracle on {len(above)} of "
        f"{len(learned)}. {bar}"
    )
    enough = runs["steps_planned"].min() >= SMALLEST_PUBLISHED_BUDGET
    # Where the best of some learners lies below, another one may lie above.
    verdict = "confirmed" if len(above) == len(learned) and enough else "inconclusive"
    return Decision(verdict, reason, estimate, "as_published")


def nash_below_loyalty(evidence: Evidence) -> Decision:
    """B05: are the oracles called lower and upper bound in that order, and bounds?"""
    returns = _returns(evidence)
    if not {"Oracle_Nash", "Oracle_Loyalty"} <= set(returns):
        return Decision("not testable", "The two oracles were not evaluated in this run.")
    pair = returns[["Oracle_Nash", "Oracle_Loyalty"]].dropna()
    nash, loyalty = pair["Oracle_Nash"], pair["Oracle_Loyalty"]
    above, equal = nash[nash > loyalty].index, nash[nash == loyalty].index
    best = _best(evidence)["return"].reindex(pair.index)
    exceeded = int((best > loyalty).sum())
    figures = [f"{name} {nash[name]:,.0f} against {loyalty[name]:,.0f}" for name in above]
    reason = (
        f"Oracle_Nash lies below Oracle_Loyalty on {int((nash < loyalty).sum())} of {len(pair)} "
        f"environments, above it on {len(above)}"
        + (f" ({'; '.join(figures)})" if figures else "")
        + (f", and is equal to it on {', '.join(equal)}" if len(equal) else "")
        + f". A constant exceeds Oracle_Loyalty on {exceeded}."
    )
    estimate = f"Nash above Loyalty on {len(above)} of {len(pair)}, a constant on {exceeded}"
    if len(above) or exceeded:
        return Decision("refuted", reason, estimate, "reference")
    complete = len(pair) == CLASS_SIZE and not len(equal)
    verdict = "confirmed" if complete else "inconclusive"
    return Decision(verdict, reason, estimate, "reference")


def constants_without_spread(evidence: Evidence) -> Decision:
    """B06: the spread of constants over seeds, measured by the contract."""
    released = evidence.contract[evidence.contract["edition"] == "v0"]
    if released.empty:
        return Decision("not testable", "No released environment is in this run.")
    spread = (
        (released["environment"] + "-v0")
        .to_frame("name")
        .assign(spread=released["constant_spread"])
    )
    varying = spread[spread["spread"] > 0]
    estimate = f"spread 0 on {len(spread) - len(varying)} of {len(spread)} environments"
    if len(varying):
        figures = ", ".join(f"{r.name} ({100 * r.spread:.1f} %)" for r in varying.itertuples(False))
        reason = (
            "Over seven seeds the welfare of a constant policy has a standard deviation above 0, "
            f"here in % of its mean, where the environment draws at reset: {figures}; elsewhere 0."
        )
        return Decision("refuted", reason, estimate, "contract")
    complete = len(spread) == CLASS_SIZE * len(CLASSES)
    return Decision(
        "confirmed" if complete else "inconclusive",
        f"Seven seeds give the same welfare of a constant policy: {estimate} in this run.",
        estimate,
        "contract",
    )


def integrated_equals_cooperative(evidence: Evidence) -> Decision:
    """N01: summed returns of constants under the two other-regarding modes, released edition."""
    rows = evidence.identity[evidence.identity["policy_set"] == "101 constants"]
    if rows.empty:
        return Decision("not testable", "No constant policy was evaluated in this run.")
    largest = rows["max_relative_difference"].max()
    estimate = f"largest relative difference {largest:.1e} over {101 * len(rows):,} policies"
    random = evidence.identity[evidence.identity["policy_set"] == "Random"]
    aside = (
        ""
        if random.empty
        else f" Under Random, whose agents act differently, the difference is at most "
        f"{random['max_relative_difference'].max():.1e}."
    )
    if largest < IDENTITY_TOLERANCE:
        reason = (
            f"On {len(rows)} released environments the summed returns of {101 * len(rows):,} "
            f"constants differ by at most {largest:.1e} of their size.{aside}"
        )
        complete = len(rows) == CLASS_SIZE * len(CLASSES)
        return Decision("confirmed" if complete else "inconclusive", reason, estimate, "reference")
    names = ", ".join(rows.loc[~rows["identical"].astype(bool), "environment"])
    return Decision("refuted", f"The {estimate}; not identical on {names}.", estimate, "reference")


def constants_above_oracles(evidence: Evidence) -> Decision:
    """N03: the best constant against every oracle, environment by environment."""
    returns = _returns(evidence)
    oracles = returns[[name for name in returns if name.startswith("Oracle_")]]
    oracles = oracles.dropna(how="all")
    if oracles.empty:
        return Decision("not testable", "No oracle was evaluated in this run.")
    best = _best(evidence)["return"].reindex(oracles.index)
    gaps = oracles.max(axis=1) / best - 1
    nearest = gaps.idxmax()
    behind = int((gaps < 0).sum())
    estimate = f"best oracle below best constant on {behind} of {len(gaps)} environments"
    reason = (
        f"The best constant returns more than the best oracle of its class on {behind} of "
        f"{len(gaps)} environments; the median gap of the oracle is {100 * gaps.median():+.1f} %. "
        f"The nearest is {oracles.loc[nearest].idxmax()} on {nearest} "
        f"({oracles.loc[nearest].max():,.0f} against {best[nearest]:,.0f})."
    )
    if behind < len(gaps):
        return Decision("refuted", reason, estimate, "reference")
    complete = len(gaps) == CLASS_SIZE * len(CLASSES)
    return Decision("confirmed" if complete else "inconclusive", reason, estimate, "reference")


def _best(evidence: Evidence) -> pd.DataFrame:
    """The best constant by integrated return, by environment with edition."""
    best = best_constants(_released(evidence))
    return best[best["reward_mode"] == "integrated"].set_index("environment")


def _returns(evidence: Evidence) -> pd.DataFrame:
    """Integrated returns: a row per environment with edition, a column per policy."""
    rows = _released(evidence)
    rows = rows[(rows["action_basis"] == "own") & (rows["reward_mode"] == "integrated")]
    rows = rows.assign(name=rows["environment"] + "-" + rows["edition"])
    return rows.pivot(index="name", columns="policy", values="mode_return")


def _released(evidence: Evidence) -> pd.DataFrame:
    return evidence.reference[evidence.reference["edition"] == "v0"]
