"""Data of the report's section on corpora."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

# Tables that the section shows, see `schema`.
TABLES = ("corpora", "corpus_integrity", "croissant_records")


def corpus_data(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sections of the report, by key; see `report.CONTRACT`.

    Args:
        tables: those of `TABLES`.
    """
    loaded = tables["croissant_records"].set_index("corpus")["loaded"]
    return {
        "corpora": [
            {
                **{k: row[k] for k in ("corpus", "about", "rows", "bytes", "sha256", "left_out")},
                "loaded": int(loaded.get(row["corpus"], 0)),
            }
            for row in tables["corpora"].to_dict("records")
        ],
        "corpus_checks": [
            {k: row[k] for k in ("corpus", "check", "checked", "violations")}
            for row in tables["corpus_integrity"].to_dict("records")
        ],
    }
