"""Reads the corpora back through their Croissant metadata, record by record, without a network.

Metadata may pass the validator and still load nothing, or load something else; so every record that
is loaded is compared with the row of the file, value by value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import schema
from .catalogue import CORPORA, Corpus

# Loading is slow, some hundred records a second of wide tables: of a longer corpus the first ones.
RECORDS = 20_000


class MetadataError(ValueError):
    """The metadata are not valid Croissant, or do not load what is in the files."""


def validate(path: Path, *, records: int = RECORDS) -> pd.DataFrame:
    """Validate metadata and load what they describe.

    Args:
        path: `croissant.json`; the files lie beside it.
        records: of each corpus, at most so many are loaded and compared; all are counted.

    Returns:
        The table `croissant_records`, one row per record set.

    Raises:
        MetadataError: the validator finds an error, or a corpus has no record set.
    """
    dataset = _dataset(path)
    rows = []
    for record_set in dataset.metadata.record_sets:
        corpus = CORPORA[record_set.uuid]
        frame = schema.read(corpus.table, path.parent / corpus.file)
        loaded = itertools.islice(_records(dataset, corpus), records)
        found, compared, different = _compare(corpus, frame, loaded)
        rows.append(
            {
                "corpus": corpus.name,
                "planned": len(frame),
                "loaded": found,
                "compared": compared,
                "different": different,
                "ok": found == min(len(frame), records) and different == 0,
            }
        )
    return schema.table("croissant_records", rows)


def _dataset(path: Path) -> Any:
    import mlcroissant

    try:
        dataset = mlcroissant.Dataset(jsonld=str(path))
    except mlcroissant.ValidationError as error:
        raise MetadataError(f"{path} is not valid Croissant: {error}") from error
    if issues := dataset.metadata.ctx.issues.errors:
        raise MetadataError(f"{path} is not valid Croissant: {'; '.join(map(str, issues))}")
    files = {file.uuid for file in dataset.metadata.distribution}
    described = {CORPORA[record_set.uuid].file for record_set in dataset.metadata.record_sets}
    if files != described:
        raise MetadataError(f"{path} has files without records: {sorted(files ^ described)}")
    return dataset


def _records(dataset: Any, corpus: Corpus) -> Iterator[dict[str, Any]]:
    import mlcroissant

    try:
        yield from dataset.records(record_set=corpus.name)
    except mlcroissant.GenerationError as error:
        why = error.__cause__ or error
        raise MetadataError(f"{corpus.file} cannot be loaded: {why}") from error


def _compare(
    corpus: Corpus, frame: pd.DataFrame, records: Iterator[dict[str, Any]]
) -> tuple[int, int, int]:
    """Records loaded, values compared, values that differ."""
    columns, found, different = list(corpus.columns), 0, 0
    rows = frame.itertuples(index=False, name=None)
    for record in records:
        row = next(rows, None)
        found += 1
        if row is None:
            different += len(columns)
            continue
        different += sum(
            not _same(record.get(f"{corpus.name}/{name}"), value)
            for name, value in zip(columns, row, strict=True)
        )
    return found, found * len(columns), different


def _same(loaded: Any, value: Any) -> bool:
    """Equal values; text is loaded as bytes, an empty cell as None, a list as a list."""
    if isinstance(value, list | np.ndarray):
        if loaded is None:
            return False
        return np.array_equal(np.asarray(loaded, float), np.asarray(value, float), equal_nan=True)
    if isinstance(loaded, bytes):
        loaded = loaded.decode()
    empty = value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
    if empty or loaded is None:
        return empty and loaded is None
    return bool(loaded == value)
