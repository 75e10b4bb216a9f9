"""What every table holds: names, types, units and allowed values. Nothing but declarations.

One module per family of tables; each has a dictionary `TABLES`, and this one has all of them.
"""

from __future__ import annotations

import hashlib

from . import (
    audits,
    campaigns,
    cases,
    corpora,
    environments,
    learning,
    released_audits,
    statistics,
    study,
    supplements,
    threats,
)
from .audits import DISTURBED
from .campaigns import CAMPAIGNS
from .fields import CLASSES, MODES, PROTOCOLS, STATUSES, Column
from .released_audits import AUDIT_UNITS, RECORD_ORIGINS
from .study import CHECKS, GROUPS, VERDICTS

__all__ = [
    "AUDIT_UNITS",
    "CAMPAIGNS",
    "CHECKS",
    "CLASSES",
    "DISTURBED",
    "GROUPS",
    "MODES",
    "PROTOCOLS",
    "RECORD_ORIGINS",
    "STATUSES",
    "TABLES",
    "VERDICTS",
    "Column",
    "columns_hash",
]

FAMILIES = (
    *(environments, learning, statistics, campaigns, released_audits, audits, cases),
    *(supplements, threats, corpora, study),
)
TABLES: dict[str, dict[str, Column]] = {
    name: columns for family in FAMILIES for name, columns in family.TABLES.items()
}


def columns_hash(*tables: str) -> str:
    """Hash of the columns of some tables, whatever is said about them.

    Raises:
        KeyError: no such table.
    """
    content = [
        (table, name, column.kind, column.allowed, column.optional)
        for table in tables
        for name, column in TABLES[table].items()
    ]
    return hashlib.sha256(repr(content).encode()).hexdigest()[:16]
