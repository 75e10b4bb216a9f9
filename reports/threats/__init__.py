"""Threats to the validity of the published study, and what bears on them in a run.

`threats.yaml` describes them; a function per threat computes its evidence from the tables of the
study. What a run lacks leaves a threat without evidence, and changes nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .accounting import (
    choices_of_maps,
    dropped_failures,
    mixed_scales,
    replication_noise,
    units_of_cooperation,
)
from .learners import (
    action_units,
    implementations,
    number_format,
    resumed_runs,
    training_settings,
)
from .objectives import (
    arithmetic_contribution,
    full_observation,
    joint_controllers,
    same_objective,
)
from .records import (
    audit_scope,
    counts_without_a_source,
    documented_environments,
    pages_without_data,
    records_without_mode,
    repeated_episodes,
)
from .tables import Evidence, Finding, Tables
from .yardsticks import (
    constants_above_learners,
    correlations,
    loyalty_is_full_contribution,
    oracles_as_bounds,
    rubrics_and_models,
    survival,
)

__all__ = ["EVIDENCE", "GROUPS", "Evidence", "Finding", "Tables", "load_threats", "threat_rows"]

FILE = Path(__file__).parents[1] / "threats.yaml"
# What a threat is about -> heading.
GROUPS = {
    "objectives": "What learners are paid for and see",
    "yardsticks": "What results are compared with",
    "learners": "How learners compute",
    "accounting": "How numbers are summed up",
    "records": "What was recorded and said",
}
EVIDENCE: dict[str, Evidence] = {
    function.__name__: function
    for function in (
        same_objective,
        joint_controllers,
        arithmetic_contribution,
        full_observation,
        loyalty_is_full_contribution,
        constants_above_learners,
        survival,
        oracles_as_bounds,
        rubrics_and_models,
        correlations,
        action_units,
        implementations,
        number_format,
        training_settings,
        resumed_runs,
        mixed_scales,
        replication_noise,
        dropped_failures,
        choices_of_maps,
        units_of_cooperation,
        documented_environments,
        records_without_mode,
        repeated_episodes,
        audit_scope,
        counts_without_a_source,
        pages_without_data,
    )
}


def load_threats() -> list[dict[str, Any]]:
    """The threats, in order.

    Raises:
        ValueError: an id occurs twice, or a threat names an unknown group or function.
    """
    threats = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    ids = [threat["id"] for threat in threats]
    if len(set(ids)) < len(ids):
        raise ValueError(f"{FILE.name}: an id occurs twice")
    for threat in threats:
        place = f"{FILE.name}: threat {threat['id']}"
        if threat["group"] not in GROUPS:
            raise ValueError(f"{place}: group {threat['group']!r} is none of {', '.join(GROUPS)}")
        if threat["evidence"] not in EVIDENCE:
            raise ValueError(f"{place}: no function {threat['evidence']!r} in reports/threats")
    return threats


def threat_rows(tables: Tables) -> list[dict[str, Any]]:
    """Rows of the table `threats`: a piece of evidence each."""
    return [
        {"threat": threat["id"], **vars(finding)}
        for threat in load_threats()
        for finding in EVIDENCE[threat["evidence"]](tables)
    ]
