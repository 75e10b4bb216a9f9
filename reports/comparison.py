"""What the published documents say of the environments, beside what is measured.

The experiment registry, the benchmark pages, the analysis script and the environment pages of the
published study differ from its environment code, and from each other, in numbers of agents,
horizons and classes (study.md X06 to X09). The contract of this repository is measured by playing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from .sources import published

CODE = "environment code"
CONFIG = "experiments/config.py"
ANALYSE = "experiments/analyze.py"
BENCHMARKS = "docs/benchmarks/environment_analysis.md"
RANKINGS = "docs/benchmarks/algorithm_comparison.md"
TWO_AGENTS = "two agents"

# Column of the inventory -> what it is about, and which document says it.
INVENTORY = {
    "n_agents_code": ("agents", CODE),
    "n_agents_config": ("agents", CONFIG),
    "n_agents_benchmark_docs": ("agents", BENCHMARKS),
    "max_steps_code": ("horizon", CODE),
    "horizon_config": ("horizon", CONFIG),
    "tier_config_and_campaign": ("class", CONFIG),
    "tier_analyze_py": ("class", ANALYSE),
    "tier_benchmark_docs": ("class", BENCHMARKS),
    "tier_of_published_tables_reconstructed": ("class", RANKINGS),
}


def contract_comparison(contract: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `contract_comparison`, for the released environments of a contract."""
    released = contract[contract["edition"] == "v0"]
    measured = {f"{row['environment']}-v0": _measured(row) for row in released.to_dict("records")}
    order = {name: position for position, name in enumerate(measured)}
    rows = [
        {
            **{k: statement[k] for k in ("environment", "quantity")},
            "published": statement["value"],
            "measured": found,
            "equal": statement["value"] == found,
            **{k: statement[k] for k in ("source_doc", "source_place")},
        }
        for statement in _statements(list(measured))
        if (found := _found(measured, statement["environment"], statement["quantity"])) is not None
    ]
    return sorted(rows, key=lambda row: order.get(row["environment"], len(order)))


def _measured(row: dict[str, Any]) -> dict[str, str]:
    spread = row["constant_spread"]
    return {
        "agents": str(row["n_agents"]),
        "horizon": str(row["horizon"]),
        "class": row["mechanism_class"],
        "observation": str(row["observation_joint"]),
        "baselines": ", ".join(f"{b:g}" for b in row["baselines"]),
        "early termination": row["early_termination"] or "never",
        "spread of constants": f"{spread:.2g}",
    }


def _found(measured: dict[str, dict[str, str]], environment: str, quantity: str) -> str | None:
    """What is measured of an environment or of all with two agents; None if it is not there."""
    if environment != TWO_AGENTS:
        return measured[environment][quantity] if environment in measured else None
    values = {found[quantity] for found in measured.values() if found["agents"] == "2"}
    return ", ".join(sorted(values)) or None


def _statements(environments: list[str]) -> Iterator[dict[str, str]]:
    """What the documents say: environment, quantity, value, source_doc, source_place."""
    for row in published("environment_inventory").astype(str).to_dict("records"):
        for column, (quantity, document) in INVENTORY.items():
            yield {
                **{"environment": row["environment"], "quantity": quantity},
                **{"value": row[column], "source_doc": document, "source_place": column},
            }
    for environment in environments:
        yield {
            **{"environment": environment, "quantity": "spread of constants", "value": "0"},
            **{"source_doc": RANKINGS, "source_place": "constants are deterministic"},
        }
    yield from published("environment_documents").astype(str).to_dict("records")


def page_results(reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `page_results`: result tables of environment pages, recomputed.

    Rows that the run has no policy for are left out, as are those with a figure per agent.
    """
    rows = reference[
        (reference["edition"] == "v0")
        & (reference["action_basis"] == "own")
        & (reference["reward_mode"] == "integrated")
    ]
    found = {(f"{r.environment}-v0", r.policy): r for r in rows.itertuples()}
    compared = []
    for statement in published("inconsistent_illustrative_tables").to_dict("records"):
        policy = _policy(statement["policy"])
        row = found.get((statement["environment"], policy))
        if row is None or not _is_number(statement["value"]):
            continue
        compared.append(
            {
                **{k: statement[k] for k in ("environment", "source_doc", "source_table")},
                "policy": policy,
                "published": float(statement["value"]),
                "recomputed": row.mode_return,
                "ratio": row.mode_return / float(statement["value"]),
            }
        )
    return compared


def _policy(name: str) -> str:
    """Our name of a policy that a page calls Constant(0.35) or Tit-for-Tat."""
    if name.startswith("Constant(") and _is_number(name[9:-1]):
        return f"Constant_{100 * float(name[9:-1]):02.0f}"
    return name.replace("Tit-for-Tat", "TitForTat")


def _is_number(text: Any) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
