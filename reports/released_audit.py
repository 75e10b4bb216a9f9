"""The published audit of the environments: what is derived from it, and the records it expands to.

The audit itself is `agents.audits.released`. Numbers of tests are over all seeds, replicates
included, as the published study counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .columns import AUDIT_UNITS, CLASSES
from .selection import CELL
from .sources import published

PUBLISHED_UNIT = "integrated"
# Late deviations that the published audit does not try.
PARTIAL = (0.1, 0.2, 0.25, 0.3, 0.4)
# Earliest onset of a class of vulnerability.
TERMINAL, LATE = 0.9, 0.7
# The learner that the released code leaves out of environments with few agents.
EXCLUDED_LEARNER, LEAST_AGENTS = "MeanFieldAC", 3

Row = dict[str, Any]


def released_audit(
    surface: pd.DataFrame, static: pd.DataFrame, temporal: pd.DataFrame, interior: pd.DataFrame
) -> list[Row]:
    """Rows of the table `released_audit`, one per environment and unit.

    Args:
        surface: table `audit_surface`.
        static: table `audit_static` of the same environments.
        temporal: table `audit_temporal`.
        interior: table `audit_interior`.
    """
    tables = (surface, static, temporal, interior)
    key = [*CELL, "unit"]
    parts = [dict(list(table.groupby(key))) for table in tables]
    cells = surface[CELL].drop_duplicates().itertuples(index=False, name=None)
    return [
        _summary(*(part[(*cell, unit)] for part in parts)) for cell in cells for unit in AUDIT_UNITS
    ]


def _summary(
    surface: pd.DataFrame, static: pd.DataFrame, temporal: pd.DataFrame, interior: pd.DataFrame
) -> Row:
    """The same of one environment in one unit."""
    first = surface.iloc[0]
    strategies = dict(list(temporal.groupby("strategy")))
    late, ramp = strategies["late"], strategies["ramp"]
    profiles = [profile(rows) for _, rows in late.groupby("seed")]
    best = interior.loc[interior["gain"].idxmax()]
    last = late[late["start"] == late["episode_length"] - 1]
    ramp_gain = 100 * ramp["gain"] / ramp["baseline_return"]
    static_ratio, temporal_ratio = _ratio(static), _ratio(temporal)
    partial = interior[(interior["start"] > 0) & interior["share"].isin(PARTIAL)]
    return {
        **{name: first[name] for name in (*CELL, "mechanism_class", "n_agents", "unit")},
        "seeds": surface["seed"].nunique(),
        "played": surface.loc[~surface["replicate"], "seed"].nunique(),
        "episode_length": int(late["episode_length"].iloc[0]),
        "optimal_level": float(np.median([*optimal_levels(surface).values()])),
        "static_tests": len(static),
        "static_exploitative": int(static["exploitative"].sum()),
        "static_varies": static.groupby("seed")["exploitative"].sum().nunique() > 1,
        "late_tests": len(late),
        **{
            f"{name}_exploitative": int(rows["exploitative"].sum())
            for name, rows in strategies.items()
        },
        "onset": min((onset for onset, _ in profiles if onset is not None), default=np.nan),
        "vulnerability": "; ".join(dict.fromkeys(kind for _, kind in profiles)),
        "last_step_cost": float(-last["gain"].mean()),
        "ramp_gain": float(ramp_gain.mean()),
        "ramp_gain_low": float(ramp_gain[ramp["exploitative"]].min()),
        "ramp_gain_high": float(ramp_gain[ramp["exploitative"]].max()),
        "ramp_by_chance": float(ramp["by_chance"].iloc[0]),
        "static_ratio_low": float(static_ratio.min()),
        "static_ratio_high": float(static_ratio.max()),
        "temporal_ratio_low": float(temporal_ratio.min()),
        "temporal_ratio_high": float(temporal_ratio.max()),
        "partial_tests": len(partial),
        "partial_exploitative": int(partial["exploitative"].sum()),
        "partial_gain": float(partial.loc[partial["exploitative"], "gain_percent"].max()),
        "best_gain": float(best["gain_percent"]),
        "best_share": float(best["share"]),
        "best_start": float(best["start_fraction"]),
    }


def _ratio(tests: pd.DataFrame) -> pd.Series:
    """Gain over mean loss of the others, of the exploitative tests."""
    found = tests[tests["exploitative"]]
    return found["gain"] / -found["others_change"]


def optimal_levels(surface: pd.DataFrame) -> dict[int, float]:
    """Seed -> level with the highest mean return, of one environment in one unit."""
    best = surface.loc[surface.groupby("seed")["mean_return"].idxmax()]
    return dict(zip(best["seed"], best["level"], strict=True))


def profile(late: pd.DataFrame) -> tuple[float | None, str]:
    """Onset and class of vulnerability, of the late deviations in one environment and seed."""
    found = late[late["exploitative"]]
    if found.empty:
        return None, "immune"
    onset = float(found["start_fraction"].min())
    if onset >= TERMINAL:
        return onset, "terminal_only"
    if onset >= LATE:
        return onset, "late_vulnerable"
    half = 2 * len(found) >= len(late)
    return onset, "broadly_vulnerable" if half else "partially_vulnerable"


# How the figures of environments make one of a class.
_POOLED = {
    **dict.fromkeys(
        [
            *("static_tests", "static_exploitative", "late_tests", "late_exploitative"),
            *("early_exploitative", "full_exploitative", "ramp_exploitative"),
            *("partial_tests", "partial_exploitative"),
        ],
        "sum",
    ),
    **dict.fromkeys(["ramp_gain_low", "static_ratio_low", "temporal_ratio_low"], "min"),
    **dict.fromkeys(
        ["ramp_gain_high", "static_ratio_high", "temporal_ratio_high", "partial_gain"], "max"
    ),
    "last_step_cost": "mean",
}


def released_audit_classes(audit: pd.DataFrame) -> list[Row]:
    """Rows of the table `released_audit_classes`, of the table `released_audit`."""
    groups = [(name, audit[audit["mechanism_class"] == name]) for name in CLASSES]
    return [
        {
            "mechanism_class": name,
            "unit": unit,
            "environments": len(rows),
            **rows.agg(_POOLED).to_dict(),
            **{column: int(rows[column].sum()) for column, how in _POOLED.items() if how == "sum"},
            "static_rate": float(rows["static_exploitative"].sum() / rows["static_tests"].sum()),
            "last_step_cost_low": float(rows["last_step_cost"].min()),
            "last_step_cost_high": float(rows["last_step_cost"].max()),
            "ramp_environments": int((rows["ramp_exploitative"] > 0).sum()),
        }
        for name, group in [*groups, ("all", audit)]
        for unit, rows in group.groupby("unit")
    ]


def released_audit_records(
    surface: pd.DataFrame, static: pd.DataFrame, temporal: pd.DataFrame
) -> list[Row]:
    """Rows of the table `released_audit_records`: the published records, by expansion.

    The label of a policy enters no computation, so a record of any label but the first repeats
    another one. The released code makes 1,050 static records; six more are stated. Three of them
    can be MeanFieldAC on the one environment of three agents or more that the code leaves it out
    of, the last three fit no environment. They are listed if all environments are there.
    """
    parts = [table[table["unit"] == PUBLISHED_UNIT] for table in (surface, static, temporal)]
    experiments = [*_experiments(*parts)]
    inventory = published("environment_inventory").set_index("environment")
    runs = {name.removesuffix("-v0"): run for name, run in inventory["mean_field_ac_run"].items()}
    rows = [
        _static(policy, experiment, "released code")
        for policy in _labels()
        for experiment in experiments
        if policy != EXCLUDED_LEARNER or runs.get(experiment["environment"]) != "no"
    ]
    if {experiment["environment"] for experiment in experiments} >= set(runs):
        rows += [
            _static(EXCLUDED_LEARNER, experiment, "three agents or more")
            for experiment in experiments
            if runs.get(experiment["environment"]) == "no"
            and experiment["n_agents"] >= LEAST_AGENTS
        ]
        seeds = sorted({experiment["seed"] for experiment in experiments})
        for number in range(int(_stated()["static audit experiments"]) - len(rows)):
            unknown = {"environment": "", "seed": seeds[number % len(seeds)], "replicate": True}
            rows.append(_static(EXCLUDED_LEARNER, unknown, "stated number"))
    return rows + [_temporal(experiment) for experiment in experiments]


def _experiments(
    surface: pd.DataFrame, static: pd.DataFrame, temporal: pd.DataFrame
) -> Iterator[Row]:
    """What was found on every environment with every seed."""
    for cell, levels in surface.groupby(CELL, sort=False):
        best = optimal_levels(levels)
        tests = static[(static[CELL] == cell).all(axis=1)]
        changes = temporal[(temporal[CELL] == cell).all(axis=1)]
        for seed, own in tests.groupby("seed", sort=False):
            defections = changes[changes["seed"] == seed]
            yield {
                "environment": cell[0],
                "n_agents": int(own["n_agents"].iloc[0]),
                "seed": seed,
                "replicate": bool(own["replicate"].iloc[0]),
                "optimal_level": best[seed],
                "static": int(own["exploitative"].sum()),
                "temporal": int(defections["exploitative"].sum()),
                "vulnerability": profile(defections[defections["strategy"] == "late"])[1],
            }


def _labels() -> list[str]:
    return [*published("algorithm_inventory")["algorithm"], "Random", "TitForTat"]


def _static(policy: str, experiment: Row, origin: str) -> Row:
    return {
        "audit": "static",
        "policy": policy,
        **{name: experiment[name] for name in ("environment", "seed")},
        "origin": origin,
        "replicate": experiment["replicate"] or policy != _labels()[0],
        "optimal_level": experiment.get("optimal_level"),
        "exploitative": experiment.get("static"),
        "vulnerability": "",
    }


def _temporal(experiment: Row) -> Row:
    return {
        "audit": "temporal",
        "policy": "",
        **{name: experiment[name] for name in ("environment", "seed", "replicate")},
        "origin": "released code",
        "optimal_level": None,
        "exploitative": experiment["temporal"],
        "vulnerability": experiment["vulnerability"],
    }


def label_spread(records: pd.DataFrame) -> int:
    """Largest difference between labels in the number of exploitative levels, for one experiment.

    Args:
        records: table `released_audit_records`, with static records.
    """
    rows = records[(records["audit"] == "static") & records["exploitative"].notna()]
    counts = rows.groupby(["environment", "seed"])["exploitative"]
    return int((counts.max() - counts.min()).max())


def is_complete(audit: pd.DataFrame) -> bool:
    """Are all environments of the published study in the table `released_audit`?"""
    return set(published("environment_inventory")["environment"]) <= set(
        audit["environment"] + "-" + audit["edition"]
    )


def released_audit_figures(audit: pd.DataFrame, records: pd.DataFrame) -> list[Row]:
    """Rows of the table `released_audit_figures`: published results, and ours."""
    stated = published("audit").set_index("quantity")
    recomputed = _recomputed(audit, records) if is_complete(audit) else {}
    rows = []
    for quantity, note in NOTES.items():
        row, value = stated.loc[quantity], recomputed.get(quantity)
        digits = len(row["value"].partition(".")[2])
        if value is None:
            result, text = "not derivable", ""
        else:
            equal = round(value, digits) == float(row["value"])
            result, text = "match" if equal else "mismatch", f"{value:.4g}"
        rows.append(
            {
                "quantity": quantity,
                "published": f"{row['value']} {row['unit']}",
                "recomputed": text,
                "result": result,
                "note": note,
                "source": f"{row['source_doc']}, {row['source_table']}",
            }
        )
    return rows


# Published results that are recomputed, with what explains the comparison.
NOTES = {
    "static audit experiments": (
        "18 labels on 20 environments with 3 seeds; the released code leaves MeanFieldAC out of 10 "
        "environments, the stated number of 8. The label enters no computation"
    ),
    "temporal audit experiments": "20 environments with 3 seeds",
    "binary late-defection tests": (
        "switch points that coincide are one test, which leaves 164 of 180 per seed"
    ),
    "exploitative binary late-defection tests": "the only share tried is 0",
    "environments with exploitative ramp-down": "in at least one seed",
    "smallest ramp-down gain": "",
    "largest ramp-down gain": "",
    "TR-3 environments immune to every temporal strategy": "of the strategies of the audit",
    "static exploitation count spread across the 18 policy labels": (
        "by construction: the label enters no computation"
    ),
}


def _recomputed(audit: pd.DataFrame, records: pd.DataFrame) -> dict[str, float]:
    integrated = audit[audit["unit"] == PUBLISHED_UNIT]
    team = integrated[integrated["mechanism_class"] == "TR-3"]
    made = records.loc[records["origin"] == "released code", "audit"].value_counts()
    values: Sequence[float] = (
        made["static"],
        made["temporal"],
        integrated["late_tests"].sum(),
        integrated["late_exploitative"].sum(),
        (integrated["ramp_exploitative"] > 0).sum(),
        integrated["ramp_gain_low"].min(),
        integrated["ramp_gain_high"].max(),
        (temporal_exploitative(team) == 0).sum(),
        label_spread(records),
    )
    return dict(zip(NOTES, map(float, values), strict=True))


def temporal_exploitative(audit: pd.DataFrame) -> pd.Series:
    """Exploitative tests of the published temporal audit, by row of the table `released_audit`."""
    names = [f"{name}_exploitative" for name in ("late", "early", "full", "ramp")]
    return audit[names].sum(axis=1)


def _stated() -> dict[str, str]:
    stated = published("audit")
    return dict(zip(stated["quantity"], stated["value"], strict=True))
