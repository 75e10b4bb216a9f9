"""The tables on how learners compare, of invented scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from coopetition.reports import schema, statistics_content
from coopetition.reports.breakdowns import breakdown_rows, instability_rows
from coopetition.reports.budgets import budget_rows
from coopetition.reports.class_gaps import gap_rows
from coopetition.reports.class_rankings import ranking_rows
from coopetition.reports.contribution import contribution_rows
from coopetition.reports.mode_effects import mode_rows
from coopetition.reports.oracle_gaps import exceedance_rows
from coopetition.reports.oracle_gaps import gap_rows as oracle_gap_rows
from coopetition.reports.performance import performance_tables
from coopetition.reports.pools import pool_rows
from coopetition.reports.published_means import mean_rows
from coopetition.reports.returns import ablation_rows, return_rows
from coopetition.reports.significance import equivalence_tests, paired_tests, power_rows
from frames import learning, run

# Learners of either side of the published tables, and those that a claim calls the same.
RIVALS = {"IPPO": "independent", "SelfPlay_PPO": "population", "QMIX": "ctde"}


def comparisons(
    scores: pd.DataFrame,
    reference: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    repetitions: int = 20,
) -> dict[str, pd.DataFrame]:
    """Every table of the family `statistics`."""
    curves = learning(scores[scores["status"] == "finished"]) if curves is None else curves
    against = oracle_gap_rows(scores, reference, repetitions=repetitions)
    returns = return_rows(scores, reference)
    rows = {
        "returns_summary": returns,
        "reward_ablation_summary": ablation_rows(schema.table("returns_summary", returns)),
        "oracle_gaps": against,
        "exceedances": exceedance_rows(schema.table("oracle_gaps", against), reference),
        "pools": pool_rows(scores),
        **performance_tables(scores, repetitions=repetitions),
        "paired_tests": paired_tests(scores),
        "equivalence": equivalence_tests(scores),
        "power": power_rows(scores),
        "published_means": mean_rows(scores, reference),
        "class_rankings": ranking_rows(scores, repetitions=repetitions),
        "class_gaps": gap_rows(scores, repetitions=repetitions),
        "contributions": contribution_rows(scores, reference, repetitions=repetitions),
        "mode_effects": mode_rows(scores, repetitions=repetitions),
        "breakdowns": breakdown_rows(scores),
        "instability": instability_rows(scores, curves),
        "budgets": budget_rows(scores, curves, repetitions=repetitions),
    }
    return {name: schema.table(name, found) for name, found in rows.items()}


def of_report(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Those that the report shows."""
    return {name: tables[name] for name in statistics_content.TABLES}


def rivals(scores: pd.DataFrame) -> pd.DataFrame:
    """These runs as those of several learners, the later ones a little better."""
    parts = []
    for number, (policy, paradigm) in enumerate(RIVALS.items()):
        part = scores[scores["protocol"] == "corrected"]
        finished = part["status"] == "finished"
        better = part["score"] + 0.03 * number
        welfare = part["welfare_floor"] + better * (part["welfare_ceiling"] - part["welfare_floor"])
        parts.append(
            part.assign(
                policy=policy,
                paradigm=paradigm,
                run_id=part["run_id"] + f"-{policy}",
                score=better.where(finished, part["score"]),
                welfare=welfare.where(finished, part["welfare"]),
            )
        )
    return pd.concat([scores, *parts], ignore_index=True)


def matrix_runs(
    scores: Mapping[str, np.ndarray],
    *,
    paradigms: Mapping[str, str] | None = None,
    names: tuple[str, ...] | None = None,
    **changes: str,
) -> pd.DataFrame:
    """Finished runs: learner -> scores [seeds, environments]; W and return are 100 (1 + score)."""
    rows = []
    for policy, matrix in scores.items():
        for (seed, column), score in np.ndenumerate(np.asarray(matrix, float)):
            name = (names or "ABCDEFGHIJKLMNOPQRST")[column]
            worth = {"welfare_floor": 100.0, "welfare_ceiling": 200.0}
            worth |= {"welfare": 100 * (1 + score), "training_return": 100 * (1 + score)}
            about = {"policy": policy, "environment": name, "seed": seed, "score": float(score)}
            about["paradigm"] = (paradigms or {}).get(policy, "independent")
            rows.append(run(**{**about, **worth, **changes}))
    return schema.table("scores", rows)
