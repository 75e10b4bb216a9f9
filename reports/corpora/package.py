"""Writes corpora: one compressed Parquet file each, and an inventory with sizes and checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coopetition.agents.files import replacing

from .. import schema
from .catalogue import CORPORA, RUNS, SURFACES, Corpus

# Corpus -> table of the study that it is made of, where the two have different names.
SOURCES = {
    RUNS: "scores",
    "learning_curves": "curves",
    "evaluation_episodes": "evaluations",
    SURFACES: "reference",
    "reference_policies": "reference",
}


def source(corpus: Corpus) -> str:
    """Schema of the table of the study that a corpus is made of."""
    return SOURCES.get(corpus.name, corpus.table)


def package(
    tables: Mapping[str, pd.DataFrame],
    left_out: Mapping[str, str],
    folder: Path,
    *,
    study: str,
    configuration_hash: str,
) -> pd.DataFrame:
    """Write every corpus of a study.

    Args:
        tables: corpus -> the table that it is made of, with the schema `source` names.
        left_out: corpus -> why this study has no results for it.
        folder: where the files go.
        study: name of the study.
        configuration_hash: of its configuration.

    Returns:
        The table `corpora`, in the order of the catalogue.

    Raises:
        ValueError: a corpus of the catalogue is neither given nor left out, or both.
        SchemaError: a table does not keep its schema.
    """
    for name in CORPORA:
        if (name in tables) == (name in left_out):
            raise ValueError(
                f"corpus {name} must be given or left out with a reason, and not both: "
                f"{'both' if name in tables else 'neither'} is the case"
            )
    rows = []
    for name, corpus in CORPORA.items():
        if name in left_out:
            rows.append(_entry(corpus, left_out=left_out[name]))
            continue
        frame = _made(corpus, tables[name], study, configuration_hash)
        path = folder / corpus.file
        write(corpus, frame, path)
        rows.append(_entry(corpus, path, len(frame)))
    return schema.table("corpora", rows)


def _made(corpus: Corpus, table: pd.DataFrame, study: str, configuration_hash: str) -> pd.DataFrame:
    if corpus.name == RUNS:
        return table.assign(study=study, configuration_hash=configuration_hash)
    if source(corpus) == "reference":
        return table[table["level"].notna() == (corpus.name == SURFACES)]
    return table


def write(corpus: Corpus, frame: pd.DataFrame, path: Path) -> None:
    """Write a corpus, to a temporary name first.

    Raises:
        SchemaError: it does not keep its schema; nothing is written.
    """
    checked = schema.table(corpus.table, frame)
    with replacing(path) as temporary:
        checked.to_parquet(temporary, index=False, compression="zstd")


def _entry(
    corpus: Corpus, path: Path | None = None, rows: int = 0, left_out: str = ""
) -> dict[str, Any]:
    return {
        "corpus": corpus.name,
        "about": corpus.about,
        "file": path.name if path else "",
        "rows": rows,
        "columns": len(corpus.columns) if path else 0,
        "bytes": path.stat().st_size if path else 0,
        "sha256": sha256(path) if path else "",
        "left_out": left_out,
    }


def sha256(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def present(inventory: pd.DataFrame) -> list[Corpus]:
    """The corpora that a study has, in the order of the catalogue."""
    return [CORPORA[name] for name in inventory.loc[inventory["file"] != "", "corpus"]]
