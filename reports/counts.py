"""Every published count of records, with its arithmetic, beside the same count made anew.

A count is made from the tables of this run (environments, constants, heuristics, oracles) and from
what only the documents say (learners, seeds, parts of the corpus), or it cannot be made at all. The
numbers of learners and of environments that MeanFieldAC runs on are counted in the inventories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coopetition.envs import REWARD_MODES

from .sources import published

SEEDS = 7  # 99 to 105
AUDIT_SEEDS = 3  # 99 to 101
PARTS = (
    *("baseline_integrated", "ablation_private", "ablation_cooperative", "case_study"),
    *("france_bonus_isac_integrated", "local_bonus", "network_sensitivity"),
)


@dataclass(frozen=True)
class Design:
    """How many of each there are.

    Attributes:
        environments: released environments.
        learners: learning algorithms of the published study.
        excluded: environments on which MeanFieldAC does not run.
        heuristics: Random and TitForTat.
        constants: constant policies.
        oracle_names: oracles.
        oracles: pairs of an oracle and an environment of its class.
        modes: reward modes.
    """

    environments: int
    learners: int
    excluded: int
    heuristics: int
    constants: int
    oracle_names: int
    oracles: int
    modes: int = len(REWARD_MODES)

    @property
    def learner_cells(self) -> int:
        """Pairs of a learner and an environment."""
        return self.learners * self.environments - self.excluded

    @property
    def cells(self) -> int:
        """The same with the heuristics."""
        return self.learner_cells + self.heuristics * self.environments

    @property
    def constant_cells(self) -> int:
        """Pairs of a constant and an environment."""
        return self.constants * self.environments

    @property
    def baseline(self) -> int:
        """Runs of every policy on every environment with every seed, in one mode."""
        return SEEDS * (self.cells + self.oracles + self.constant_cells)


def design(reference: pd.DataFrame) -> Design | None:
    """The design of the published study; None unless all its environments are in the run."""
    inventory = published("environment_inventory")
    names = reference["environment"] + "-" + reference["edition"]
    rows = reference[names.isin(inventory["environment"])]
    environments = rows["environment"].nunique()
    if environments < len(inventory):
        return None
    oracles = rows[rows["policy"].str.startswith("Oracle_")]
    return Design(
        environments=environments,
        learners=len(published("algorithm_inventory")),
        excluded=int((inventory["mean_field_ac_run"] == "no").sum()),
        heuristics=rows.loc[rows["policy"].isin(["Random", "TitForTat"]), "policy"].nunique(),
        constants=rows.loc[rows["level"].notna(), "policy"].nunique(),
        oracle_names=oracles["policy"].nunique(),
        oracles=len(oracles[["policy", "environment"]].drop_duplicates()),
    )


def counts(reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `counts`."""
    design_ = design(reference)
    table = published("corpus_counts").fillna("").astype(str)
    stated = {
        (row["corpus"], row["component"]): _number(row["published_count"], row["arithmetic"])
        for row in table.to_dict("records")
    }
    rows = []
    for row in table.to_dict("records"):
        key = (row["corpus"], row["component"])
        recomputed, formula = _recomputed(key, stated, design_)
        result = "match" if recomputed == stated[key] else "mismatch"
        rows.append(
            {
                "corpus": row["corpus"],
                "component": row["component"],
                "published": stated[key],
                "arithmetic": row["arithmetic"].removeprefix("= "),
                "recomputed": recomputed,
                "formula": formula,
                "result": "not derivable" if recomputed is None else result,
                "note": row["note"],
                "source": f"{row['source_doc']}, {row['source_place']}".rstrip(", "),
            }
        )
    return rows


def _number(count: str, arithmetic: str) -> int:
    """The published count; one is published as a product, with its value as the arithmetic."""
    return int(count) if count.isdigit() else int(arithmetic.removeprefix("= "))


def _recomputed(
    key: tuple[str, str], stated: dict[tuple[str, str], int], design_: Design | None
) -> tuple[int | None, str]:
    """A count made anew and its factors; None and why not where that is impossible."""
    if key in _FROM_DOCUMENTS:
        return _FROM_DOCUMENTS[key](stated)
    if key in _FROM_RUN:
        return (
            (None, "environments are missing from this run")
            if design_ is None
            else (_FROM_RUN[key](design_))
        )
    return None, ""


def _sum(*keys: tuple[str, str]) -> Callable[[dict[tuple[str, str], int]], tuple[int, str]]:
    """The sum of published counts."""

    def add(stated: dict[tuple[str, str], int]) -> tuple[int, str]:
        parts = [stated[key] for key in keys]
        return sum(parts), " + ".join(f"{part:,}" for part in parts)

    return add


def _given(value: int, formula: str) -> Callable[[Any], tuple[int, str]]:
    """A product of factors that only the documents or released scripts give."""
    return lambda _: (value, formula)


_BEFORE = ("training", "records before deduplication")
_REMOVED = ("training", "records removed as retry duplicates")
_DEPLOYED = ("training", "total (deployed, after deduplication)")

_FROM_DOCUMENTS: dict[tuple[str, str], Callable[[dict[tuple[str, str], int]], tuple[int, str]]] = {
    ("training", "total (file sum)"): _sum(*(("training", part) for part in PARTS)),
    _REMOVED: lambda stated: (
        stated[_BEFORE] - stated[_DEPLOYED],
        f"{stated[_BEFORE]:,} - {stated[_DEPLOYED]:,}",
    ),
    ("training", "network_sensitivity"): _given(
        5 * 8 * 4 * 2 * 5, "5 learners × 8 environments × 4 widths × 2 modes × 5 seeds"
    ),
    ("training", "social-impact statement total"): _sum(_DEPLOYED, ("audit", "total")),
    ("slcd_2d", "tier 1.5 records (current)"): _given(
        25 * 2 * 30 + 60 + 3, "25 cells × 2 learners × 30 seeds + 60 + 3"
    ),
    ("slcd_2d", "stage A per algorithm (record-set text)"): _given(25 * 30, "25 cells × 30 seeds"),
    ("slcd_2d", "planned runs"): _given(
        25 * 2 * 30 + 60 + 2 * 2 * 2 * 6 * 10, "1,500 + 60 + 480 (stage C by the released script)"
    ),
    ("lr_ablation", "total"): _given(
        3 * 3 * 3 * 5, "3 learners × 3 modes × 3 critic rates × 5 seeds"
    ),
    ("case_study_calibration", "total"): _given(4, "4 cases"),
    ("withdrawn_2026_02", "experiments"): _given(
        5 * 10 + 14 * 10 * 5 + 2 * 5,
        "5 policies × 10 environments + 14 learners × 10 × 5 seeds + 2 × 5",
    ),
}


def _audit_static(d: Design) -> tuple[int, str]:
    return AUDIT_SEEDS * d.cells, f"{d.cells} cells × {AUDIT_SEEDS} seeds"


def _audit_temporal(d: Design) -> tuple[int, str]:
    return AUDIT_SEEDS * d.environments, f"{d.environments} environments × {AUDIT_SEEDS} seeds"


def _policies(d: Design) -> tuple[int, str]:
    parts = (d.learners, d.oracle_names, d.heuristics, d.constants)
    return sum(parts), " + ".join(map(str, parts))


def _one_mode(d: Design) -> tuple[int, str]:
    return SEEDS * d.cells, f"{d.cells} cells × {SEEDS} seeds"


def _factorial(d: Design) -> tuple[int, str]:
    value = d.baseline + (d.modes - 1) * SEEDS * d.cells
    return value, f"{d.baseline:,} + {d.modes - 1} modes × {SEEDS * d.cells:,}"


_FROM_RUN: dict[tuple[str, str], Callable[[Design], tuple[int, str]]] = {
    _DEPLOYED: _factorial,
    ("training", "baseline_integrated"): lambda d: (
        d.baseline,
        f"{SEEDS} seeds × ({d.cells} + {d.oracles} + {d.constant_cells:,} cells)",
    ),
    ("training", "baseline_integrated: constant-action records"): lambda d: (
        SEEDS * d.constant_cells,
        f"{d.constants} constants × {d.environments} environments × {SEEDS} seeds",
    ),
    ("training", "baseline_integrated: learner records"): lambda d: (
        SEEDS * d.learner_cells,
        f"({d.learners} × {d.environments} - {d.excluded}) × {SEEDS} seeds",
    ),
    ("training", "baseline_integrated: heuristic records"): lambda d: (
        SEEDS * d.heuristics * d.environments,
        f"{d.heuristics} × {d.environments} × {SEEDS} seeds",
    ),
    ("training", "baseline_integrated: oracle records"): lambda d: (
        SEEDS * d.oracles,
        f"{d.oracles} oracle cells × {SEEDS} seeds",
    ),
    ("training", "ablation_private"): _one_mode,
    ("training", "ablation_cooperative"): _one_mode,
    ("training", "trained runs inside the 3-mode 7-seed factorial"): lambda d: (
        d.modes * SEEDS * d.learner_cells,
        f"{d.learner_cells} cells × {d.modes} modes × {SEEDS} seeds",
    ),
    (
        "training",
        "distinct cells of the 3-mode 7-seed factorial incl. constants and oracles",
    ): _factorial,
    ("training", "croissant file-set statement"): lambda d: (
        d.modes * SEEDS * d.cells,
        f"{d.cells} cells × {d.modes} modes × {SEEDS} seeds",
    ),
    ("audit", "static"): _audit_static,
    ("audit", "temporal"): _audit_temporal,
    ("audit", "total"): lambda d: (
        _audit_static(d)[0] + _audit_temporal(d)[0],
        f"{_audit_static(d)[0]:,} + {_audit_temporal(d)[0]}",
    ),
    ("audit", "distinct static experiments"): _audit_temporal,
    ("policies", "total"): _policies,
    ("policies", "total (older text)"): _policies,
}
