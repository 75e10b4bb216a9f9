"""What the report shows of the supplementary campaigns, in tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coopetition.agents.registry import learner

from .columns import MODES
from .mutuality import PARADIGMS
from .population import cost_exponents
from .selection import named
from .theme import signed

Row = dict[str, Any]
# Tables that the section shows, see `schema`; empty ones where a campaign has no runs.
TABLES = (
    *("capacity", "capacity_agreement", "critic_rates"),
    *("mutuality", "mutuality_jumps", "mutuality_crossovers"),
    *("population", "population_partners"),
)
ALL = "all"


def campaign_data(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Parts of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
    """
    along, jumps = tables["mutuality"], tables["mutuality_jumps"]
    return {
        "capacity": agreement_rows(tables["capacity_agreement"]),
        "critic_rates": rate_rows(tables["critic_rates"]),
        "mutuality": mode_rows(along),
        "mutuality_jumps": named(jumps).drop(columns="environment").to_dict("records"),
        "mutuality_crossovers": named(tables["mutuality_crossovers"]).to_dict("records"),
        "population": size_rows(tables["population"]),
        "population_partners": named(tables["population_partners"]).to_dict("records"),
        "campaigns": {"crossovers": crossover_summary(tables["mutuality_crossovers"], along)},
    }


# ---- capacity -----------------------------------------------------------------------------------


def agreement_rows(agreement: pd.DataFrame) -> list[Row]:
    """Pairs of different widths over as many environments as there are, all modes and each."""
    different = agreement[agreement["width"] != agreement["other_width"]]
    most = different.groupby("edition")["environments"].transform("max")
    return different[different["environments"] == most].to_dict("records")


def least_agreement(agreement: pd.DataFrame) -> pd.Series | None:
    """The pair of widths that agree least, of all environments and modes that there are."""
    rows = agreement[agreement["width"] != agreement["other_width"]].reset_index(drop=True)
    if rows.empty:
        return None
    rows = rows[rows["environments"] == rows["environments"].max()]
    rows = rows[rows["reward_mode"] == ALL] if (rows["reward_mode"] == ALL).any() else rows
    return rows.loc[rows["tau"].idxmin()]


def capacity_summary(capacity: pd.DataFrame, agreement: pd.DataFrame) -> str:
    """How far the rankings at the widths that agree least differ, beside what seeds do."""
    least = least_agreement(agreement)
    if least is None:
        return "" if capacity.empty else "One width alone was trained, or one learner alone."
    same = agreement[
        (agreement["width"] == agreement["other_width"])
        & (agreement["environment"] == least["environment"])
        & (agreement["reward_mode"] == least["reward_mode"])
        & (agreement["width"].isin([least["width"], least["other_width"]]))
    ]["tau"].mean()
    return (
        f"Rankings of {least['learners']} learners agree least between {least['width']} and "
        f"{least['other_width']} units, where Kendall's tau is {signed(least['tau'])} "
        f"[{signed(least['tau_low'])}, {signed(least['tau_high'])}]; between two draws of the same "
        f"seeds at one width it is {signed(same)} on average, which is what seeds alone leave of "
        f"it. Environments: {least['environments']}; seeds: {least['seeds']}."
    )


# ---- learning rates of critics ------------------------------------------------------------------


def rate_rows(rates: pd.DataFrame) -> list[Row]:
    """Every learner over all modes, and all learners together."""
    rows = named(rates[rates["reward_mode"] == ALL])
    return rows.assign(rate=rows["learning_rate"].map(decimal)).to_dict("records")


def decimal(rate: float) -> str:
    """A learning rate without powers of ten."""
    return f"{rate:.10f}".rstrip("0")


def critic_rates_summary(rates: pd.DataFrame) -> str:
    """How many runs broke down at every rate."""
    rows = rates[(rates["reward_mode"] == ALL) & (rates["policy"] == ALL)]
    said = []
    for name, part in named(rows).groupby("name", sort=False):
        counts = ", ".join(
            f"{row['broken']} of {row['runs']} at {decimal(row['learning_rate'])}"
            for row in part.to_dict("records")
        )
        said.append(f"On {name}, runs that broke down: {counts}.")
    return " ".join(said)


# ---- mutuality ----------------------------------------------------------------------------------


def mode_rows(mutuality: pd.DataFrame) -> list[Row]:
    """Per environment and mode that has a name: means over learners, and who leads."""
    rows = []
    for (name, mode), part in named(mutuality).groupby(["name", "reward_mode"], sort=False):
        if mode not in MODES:
            continue
        known = part.dropna(subset="score").reset_index(drop=True)
        best = known.loc[known["score"].idxmax()] if len(known) else None
        rows.append(
            {
                "environment": name,
                "reward_mode": mode,
                **{key: part[key].mean() for key in ("score", "cooperation", "trust", "jain")},
                "equilibrium_low": part["equilibrium_low"].iloc[0],
                "equilibrium_high": part["equilibrium_high"].iloc[0],
                "leader": "" if best is None else best["policy"],
                "leader_score": None if best is None else best["score"],
                "learners": len(part),
            }
        )
    order = {mode: place for place, mode in enumerate(MODES)}
    return sorted(rows, key=lambda row: (row["environment"], order[row["reward_mode"]]))


def mutuality_summary(mutuality: pd.DataFrame, jumps: pd.DataFrame) -> str:
    """What mutuality does to shares, and the most abrupt change."""
    dial = mutuality.dropna(subset=["mutuality", "cooperation"])
    if dial.empty:
        return ""
    ends = dial.groupby("mutuality")["cooperation"].mean()
    said = [
        f"The mean share of the endowment, over learners and environments, goes from "
        f"{ends.iloc[0]:.2f} at mutuality {ends.index[0]:g} to {ends.iloc[-1]:.2f} at "
        f"{ends.index[-1]:g}."
    ]
    if len(jumps):
        rows = named(jumps).reset_index(drop=True)
        most = rows.loc[rows["jump"].abs().idxmax()]
        known = pd.notna(most["jump_low"])
        ends = f" [{signed(most['jump_low'])}, {signed(most['jump_high'])}]" if known else ""
        said.append(
            f"The largest change between neighbours is that of {most['policy']} on {most['name']}, "
            f"by {signed(most['jump'])}{ends} from {most['dial_low']:g} to "
            f"{most['dial_high']:g}, where a typical one is {most['typical']:.2f}."
        )
    return " ".join(said)


def crossover_summary(crossovers: pd.DataFrame, mutuality: pd.DataFrame) -> str:
    """How many changes of the leading paradigm lie where dependence is as calibrated."""
    dial = named(mutuality.dropna(subset="mutuality"))
    dial = dial.assign(paradigm=[learner(policy).paradigm for policy in dial["policy"]])
    both = dial[dial["paradigm"].isin(PARADIGMS)].groupby("name")["paradigm"].nunique() == 2
    if not both.any():
        return ""
    places = f"{both.sum()} environment{'s' if both.sum() > 1 else ''}"
    if crossovers.empty:
        return f"No change of the leading paradigm was found on {places}."
    at = int(crossovers["calibrated"].sum())
    certain = int((crossovers["dial_high"] - crossovers["dial_low"] <= 0.5).sum())
    return (
        f"{len(crossovers)} changes of the leading paradigm were found on {places}. "
        f"The intervals of {at} hold 1, where dependence is as calibrated; an interval of at most "
        f"half a unit, which says where a change lies, have {certain}."
    )


# ---- population ---------------------------------------------------------------------------------


def size_rows(population: pd.DataFrame) -> list[Row]:
    """Every learner in a mode with the fewest and with the most agents."""
    exponents, rows = cost_exponents(population), []
    keys = ["name", "policy", "reward_mode"]
    for (name, policy, mode), part in named(population).groupby(keys, sort=False):
        ends = part.sort_values("n_agents").iloc[[0, -1]].to_dict("records")
        row = {"environment": name, "policy": policy, "reward_mode": mode}
        for place, end in zip(("few", "many"), ends, strict=True):
            row[place] = end["n_agents"]
            for key in ("score", "score_low", "score_high", "cooperation", "cpu_per_step"):
                row[f"{place}_{key}"] = end[key]
        rows.append({**row, "exponent": exponents.get((name, policy))})
    return rows


def population_summary(population: pd.DataFrame) -> str:
    """How the cost of learning and scores change with the number of agents."""
    exponents = pd.Series(cost_exponents(population), dtype=float)
    if exponents.empty:
        return "" if population.empty else "One number of agents alone was trained."
    scores = population.groupby("n_agents")["score"].mean()
    ends = dict.fromkeys((exponents.idxmin(), exponents.idxmax()))
    powers = [f"{exponents[end]:.2f} ({end[1]} on {end[0]})" for end in ends]
    return (
        f"CPU time per step grows with the number of agents to the power of {' to '.join(powers)}. "
        f"The mean score is {signed(scores.iloc[0])} with {scores.index[0]} agents and "
        f"{signed(scores.iloc[-1])} with {scores.index[-1]}."
    )
