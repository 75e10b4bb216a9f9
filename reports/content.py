"""Turns the tables of a study into the data that the report template shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coopetition.agents.registry import learner

from .audit_content import audit_data, audited
from .campaign_content import campaign_data
from .cards import (
    environment_cards,
    formal_oracles,
    learned_scores,
    numbers,
    oracle_cards,
    policy_overview,
)
from .case_content import case_data
from .claim_content import claim_data
from .columns import MODES, PROTOCOLS, STATUSES
from .comparison import ANALYSE, BENCHMARKS, CODE, CONFIG, INVENTORY, RANKINGS
from .corpus_content import corpus_data
from .definitions import DEFINITIONS
from .editions import edition_rows, without_scale
from .exceptions import (
    exception_summary,
    exceptions,
    gains_summary,
    longer_gains,
    longer_summary,
    shares_of_random,
)
from .explorer import explorer_data
from .incentives import editions_summary
from .learner_costs import cost_rows, cost_summary
from .learners import (
    certificate_rows,
    certificate_summary,
    change_rows,
    learner_rows,
    setting_rows,
    size_rows,
    size_summary,
)
from .learning_gate import gate_rows, gate_summary, noise_rows
from .selection import is_pooled, learners, named, policy_order
from .sources import recorded
from .statistics_content import statistics_data
from .supplement_content import supplement_data
from .threat_content import threat_data


def report_data(
    *,
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
    plan: pd.DataFrame,
    contract: pd.DataFrame,
    certificates: pd.DataFrame,
    contract_comparison: pd.DataFrame,
    counts: pd.DataFrame,
    page_results: pd.DataFrame,
    reference: pd.DataFrame,
    scores: pd.DataFrame,
    learning_curves: pd.DataFrame,
    aggregates: pd.DataFrame,
    identity: pd.DataFrame,
    learner_cards: pd.DataFrame,
    setting_differences: pd.DataFrame,
    learner_certificates: pd.DataFrame,
    learner_signatures: pd.DataFrame,
    claims: pd.DataFrame,
    statistics: Mapping[str, pd.DataFrame],
    threats: Mapping[str, pd.DataFrame],
    audits: Mapping[str, pd.DataFrame],
    cases: Mapping[str, pd.DataFrame],
    supplements: Mapping[str, pd.DataFrame],
    campaigns: Mapping[str, pd.DataFrame],
    corpora: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Path],
    curves: Mapping[str, Path],
    incentives: Mapping[str, Path],
    audit_figures: Mapping[str, Path],
    case_figures: Mapping[str, Path],
) -> dict[str, Any]:
    """Data of the report; see `report.CONTRACT` for its shape.

    Args:
        study: name, scale, description, date, configuration_hash.
        provenance: of `provenance.describe`.
        plan: table of the schema of its name, as are the following.
        contract: see `schema`.
        certificates: see `schema`.
        contract_comparison: see `schema`.
        counts: see `schema`.
        page_results: see `schema`.
        reference: see `schema`.
        scores: see `schema`.
        learning_curves: schema `curves`.
        aggregates: see `schema`.
        identity: see `schema`.
        learner_cards: see `schema`.
        setting_differences: see `schema`.
        learner_certificates: see `schema`.
        learner_signatures: see `schema`.
        claims: see `schema`.
        statistics: the tables of `statistics_content.TABLES`.
        threats: the tables of `threat_content.TABLES`.
        audits: the tables of `audit_content.TABLES`.
        cases: the tables of `case_content.TABLES`.
        supplements: the tables of `supplement_content.TABLES`.
        campaigns: those of `campaign_content.TABLES`.
        corpora: the tables of `corpus_content.TABLES`.
        figures: figure id -> JSON file with its texts; the CSV twin lies beside it.
        curves: environment with edition -> JSON file of its response curve, likewise.
        incentives: the same of its incentives.
        audit_figures: the same of its audits, where policies are audited.
        case_figures: case -> JSON file of its sheet, likewise.
    """
    policies = policy_overview(reference, certificates)
    ends, sizes = certificate_rows(learner_certificates), recorded("learner_settings")
    gate = gate_rows(recorded("learning_gate"))
    longer, probes = map(shares_of_random, map(recorded, ("longer_training", "exception_probes")))
    unexpected = exceptions(scores, reference, learning_curves)
    sheets = {"environments": curves, "incentives": incentives, "audits": audit_figures}
    drawn = [
        {name: _of_folder(kind, name, path) for name, path in paths.items()}
        for kind, paths in sheets.items()
    ]
    return {
        "study": {**study, **provenance, "training_commits": _commits(scores)},
        "counts": _counts(plan, scores, contract, reference),
        **claim_data(claims),
        "contract": [_contract(row) for row in contract.to_dict("records")],
        "comparison": _comparison(contract_comparison),
        "agreement": _agreement(contract_comparison),
        "documents": _documents(contract_comparison),
        "page_results": page_results.to_dict("records"),
        "editions": edition_rows(reference, certificates),
        "editions_summary": {"text": editions_summary(certificates)},
        "without_scale": without_scale(certificates),
        "policies": [row for row in policies if row["edition"] == "v0"],
        "policies_formal": [row for row in policies if row["edition"] == "v1"],
        "oracles": oracle_cards(reference),
        "formal_oracles": formal_oracles(reference),
        "identity": _identity(identity, list(named(contract)["name"])),
        "scores": _scores(aggregates),
        "learners": learner_rows(plan),
        "hyperparameters": setting_rows(plan),
        "learner_cards": learner_cards.to_dict("records"),
        "setting_differences": change_rows(setting_differences),
        "learner_certificates": ends.to_dict("records"),
        "exceptions": unexpected,
        "longer_training": [row for row in longer if row["reward_mode"] == "cooperative"],
        "longer_gains": longer_gains(longer, probes),
        "exception_probes": [row for row in probes if row["reward_mode"] == "cooperative"],
        "learner_signatures": learner_signatures.to_dict("records"),
        "learner_settings": size_rows(sizes),
        "learning_gate": gate,
        "learning_noise": noise_rows(recorded("noise_response")),
        "learning_steps": recorded("step_gains").to_dict("records"),
        "learning": {
            "ends": certificate_summary(ends),
            "sizes": size_summary(sizes),
            "exceptions": exception_summary(scores, unexpected),
            "longer": longer_summary(longer),
            "gains": gains_summary(longer, probes),
            "gate": gate_summary(gate),
            "costs": cost_summary(recorded("learner_costs")),
        },
        "cells": _cells(plan, scores),
        "part_costs": _part_costs(recorded("costs")),
        "learner_costs": cost_rows(recorded("learner_costs")),
        "failures": _failures(scores),
        "excluded": _excluded(scores),
        "records": counts.to_dict("records"),
        "figures": [_figure(name, path) for name, path in figures.items()],
        **statistics_data(statistics),
        **threat_data(threats),
        **audit_data(audits, certificates),
        **case_data(
            cases, {name: _of_folder("cases", name, path) for name, path in case_figures.items()}
        ),
        **supplement_data(supplements),
        **campaign_data(campaigns),
        **corpus_data(corpora),
        "explorer": explorer_data(reference, certificates, scores, audits["audit_cross_play"]),
        "cards": environment_cards(
            *(contract, reference, certificates, drawn),
            *(audited(audits, certificates), learned_scores(aggregates)),
        ),
        "definitions": [{"term": term, "text": text} for term, text in DEFINITIONS.items()],
    }


def _part_costs(costs: pd.DataFrame) -> list[dict[str, Any]]:
    """What the parts of recorded studies took, the most expensive first."""
    parts = costs.groupby("part")[["cpu_seconds", "memory_mb"]]
    found = parts.agg({"cpu_seconds": "sum", "memory_mb": "max"}).assign(jobs=parts.size())
    rows = found.sort_values("cpu_seconds", ascending=False).reset_index()
    return rows.assign(part=rows["part"].str.replace("_", " ")).to_dict("records")


def _commits(scores: pd.DataFrame) -> str:
    return ", ".join(sorted({short(commit) for commit in scores["commit"]})) or "none"


def _counts(
    plan: pd.DataFrame, scores: pd.DataFrame, contract: pd.DataFrame, reference: pd.DataFrame
) -> dict[str, Any]:
    return {
        "planned": len(plan),
        **_statuses(scores),
        "cpu_seconds": float(scores["cpu_seconds"].sum()),
        "environments": len(contract),
        "policies": reference["policy"].nunique() + plan["policy"].nunique(),
        "seeds": plan["seed"].nunique(),
    }


def _statuses(runs: pd.DataFrame) -> dict[str, int]:
    return {status: int((runs["status"] == status).sum()) for status in STATUSES}


def _contract(row: dict[str, Any]) -> dict[str, Any]:
    listed = {k: numbers(row[k]) for k in ("endowments", "baselines")}
    return {
        **{k: row[k] for k in ("mechanism_class", "n_agents", "horizon", "action_high")},
        **listed,
        "environment": f"{row['environment']}-{row['edition']}",
        "observation": row["observation_joint"],
        "deterministic": bool(row["deterministic"]),
        "early_termination": row["early_termination"],
    }


# Column of the comparison in the report -> quantity, and which document speaks of it.
COMPARED = {
    "agents_config": ("agents", CONFIG),
    "agents_docs": ("agents", BENCHMARKS),
    "horizon_config": ("horizon", CONFIG),
    "class_config": ("class", CONFIG),
    "class_analyse": ("class", ANALYSE),
    "class_docs": ("class", BENCHMARKS),
    "class_rankings": ("class", RANKINGS),
    "spread_docs": ("spread of constants", RANKINGS),
}


def _comparison(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment: what is measured, and what each document says."""
    wide = []
    stated = rows[rows["source_doc"].isin([CODE, CONFIG, ANALYSE, BENCHMARKS, RANKINGS])]
    for environment, group in stated.groupby("environment", sort=False):
        found = group.set_index(["quantity", "source_doc"])
        measured = dict(zip(group["quantity"], group["measured"], strict=True))
        wide.append(
            {
                "environment": environment,
                "measured": {key.split()[0]: value for key, value in measured.items()},
                "stated": {name: found.loc[key, "published"] for name, key in COMPARED.items()},
            }
        )
    return wide


def _agreement(rows: pd.DataFrame) -> dict[str, int]:
    """How many statements of the code and of the documents are what is measured."""
    code = rows["source_doc"] == CODE
    return {
        "code": int(code.sum()),
        "code_equal": int(rows.loc[code, "equal"].sum()),
        "documents": int((~code).sum()),
        "documents_equal": int(rows.loc[~code, "equal"].sum()),
    }


def _documents(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Statements that are not in the comparison table."""
    others = ~rows["source_place"].isin(list(INVENTORY)) & (
        rows["quantity"] != "spread of constants"
    )
    return rows[others].to_dict("records")


def _identity(rows: pd.DataFrame, order: list[str]) -> list[dict[str, Any]]:
    """One row per environment, in that order: the largest difference of each set of policies."""
    rows = rows.sort_values("environment", key=lambda names: names.map(order.index), kind="stable")
    return [
        {
            "environment": environment,
            "differences": dict(
                zip(group["policy_set"], group["max_relative_difference"], strict=True)
            ),
        }
        for environment, group in rows.groupby("environment", sort=False)
    ]


def _scores(aggregates: pd.DataFrame) -> list[dict[str, Any]]:
    """By environment, learner, protocol and mode; all environments of an edition come last."""
    order = {
        "policy": policy_order(aggregates),
        "protocol": list(PROTOCOLS),
        "reward_mode": [*MODES, "all"],
    }
    keys = {name: aggregates[name].map(names.index) for name, names in order.items()}
    names = {"last": aggregates["environment"].map(is_pooled), "name": aggregates["environment"]}
    sorting = pd.DataFrame({**names, **keys})
    rows = aggregates.loc[sorting.sort_values(list(sorting)).index]
    return [_score(row) for row in rows.to_dict("records")]


def _score(row: dict[str, Any]) -> dict[str, Any]:
    kept = "environment environments protocol policy reward_mode iqm low high training_iqm"
    kept += " untrained trust"
    welfare = None if is_pooled(row["environment"]) else row["welfare"]
    return {
        **{k: row[k] for k in kept.split()},
        "welfare": welfare,
        "runs": row["planned"],
        "finished": row["finished"],
        "action_share": row["cooperation"],
    }


def _cells(plan: pd.DataFrame, scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Runs by environment and learner, in the order of the scores."""
    cells = []
    for environment, group in named(plan).groupby("name"):
        for policy, protocol, planned in learners(group):
            runs = scores[scores["run_id"].isin(planned["run_id"])]
            cells.append(
                {
                    "environment": environment,
                    "policy": policy,
                    "protocol": protocol,
                    "planned": len(planned),
                    **_statuses(runs),
                    "cpu_seconds": float(runs["cpu_seconds"].sum()),
                }
            )
    return cells


def _failures(scores: pd.DataFrame) -> list[dict[str, Any]]:
    broken = scores[scores["status"].isin(["diverged", "failed"])]
    named = broken.assign(environment=broken["environment"] + "-" + broken["edition"])
    keys = ["run_id", "environment", "policy", "protocol", "reward_mode"]
    keys += ["seed", "status", "reason"]
    return named[keys].to_dict("records")


def _excluded(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per learner that is not defined for some games."""
    runs = named(scores[scores["status"] == "excluded"])
    return [
        {
            "policy": policy,
            "min_agents": learner(policy).min_agents,
            "environments": ", ".join(dict.fromkeys(group["name"])),
            "runs": len(group),
        }
        for policy, group in runs.groupby("policy", sort=False)
    ]


def _figure(name: str, text: Path) -> dict[str, str]:
    words = json.loads(text.read_text(encoding="utf-8"))
    made_by = f"rule figure, reports/figures.py, entry {name}, commit {short(words.pop('commit'))}"
    return {"id": name, **words, "provenance": made_by, "data": f"figures/{name}.csv"}


# Folder of figures of single environments or cases -> rule and module that draw them.
MAKERS = {
    "environments": "rule environment_figures, reports/curves.py",
    "incentives": "rule incentive_figures, reports/incentives.py",
    "audits": "rule audit_figures, reports/audit_sheets.py",
    "cases": "rule case_figures, reports/case_figures.py",
}


def _of_folder(folder: str, name: str, text: Path) -> dict[str, str]:
    words = json.loads(text.read_text(encoding="utf-8"))
    made_by = f"{MAKERS[folder]}, commit {short(words.pop('commit'))}"
    path = f"{folder}/{name}"
    return {"id": path, **words, "provenance": made_by, "data": f"figures/{path}.csv"}


def short(commit: str) -> str:
    """First letters of a commit, with the mark of a changed checkout."""
    return commit[:7] + ("+" if commit.endswith("+") else "")
