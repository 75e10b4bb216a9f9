"""Tables are checked against `columns` when they are written, and read back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types as kinds

from coopetition.agents.files import replacing

from .columns import TABLES, Column


class SchemaError(ValueError):
    """A table does not have the columns, types or values that its schema promises."""


# Types that `infer_dtype` may find in a column of each kind.
_INFERRED = {
    "text": ("string",),
    "integer": ("integer",),
    "number": ("floating", "integer", "mixed-integer-float"),
    "flag": ("boolean",),
}
_STORED = {"text": object, "integer": "int64", "number": float, "flag": bool, "numbers": object}
_NULLABLE = {"integer": "Int64", "flag": "boolean"}


def table(name: str, rows: Iterable[dict[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Rows as a table with the columns of its schema, in order.

    Raises:
        SchemaError: a missing or unknown column, a wrong type, a value not allowed, an empty cell.
    """
    schema = TABLES[name]
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    if not len(frame):
        frame = pd.DataFrame(columns=list(schema))
    missing, unknown = set(schema) - set(frame.columns), set(frame.columns) - set(schema)
    if missing or unknown:
        raise SchemaError(f"table {name}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    frame = frame[list(schema)].copy()
    for column, rule in schema.items():
        frame[column] = _checked(name, column, rule, frame[column])
    return frame


def _checked(name: str, column: str, rule: Column, values: pd.Series) -> pd.Series:
    if not rule.optional and values.isna().any():
        raise SchemaError(f"table {name}: column {column} has empty cells")
    if not _holds(rule, values.dropna()):
        raise SchemaError(f"table {name}: column {column} must hold {rule.kind}")
    if rule.kind == "text":
        values = values.astype(object).fillna("")
    # Only the nullable types keep whole numbers whole and flags flags beside empty cells.
    nullable = rule.kind in _NULLABLE and (rule.optional or values.empty)
    values = values.astype((_NULLABLE if nullable else _STORED)[rule.kind])
    strange = set(values) - set(rule.allowed) if rule.allowed else set()
    if strange:
        raise SchemaError(
            f"table {name}: column {column} holds {sorted(strange)}; allowed: {rule.allowed}"
        )
    return values


def _holds(rule: Column, values: pd.Series) -> bool:
    if values.empty:
        return True
    if rule.kind == "numbers":
        return bool(values.map(kinds.is_list_like).all())
    if rule.kind == "integer" and rule.optional and kinds.is_float_dtype(values.dtype):
        return bool((values % 1 == 0).all())
    return kinds.infer_dtype(values) in _INFERRED[rule.kind]


def write(name: str, rows: Iterable[dict[str, Any]] | pd.DataFrame, path: str | Path) -> None:
    """Check a table and write it as Parquet or CSV, to a temporary name first.

    Raises:
        SchemaError: the table does not keep its schema; nothing is written.
    """
    frame, path = table(name, rows), Path(path)
    with replacing(path) as temporary:
        if path.suffix == ".csv":
            for column in _of_kind(name, "numbers"):
                frame[column] = frame[column].map(_as_text, na_action="ignore")
            frame.to_csv(temporary, index=False)
        else:
            frame.to_parquet(temporary, index=False)


def _as_text(row: Iterable[float]) -> str:
    return json.dumps([*map(float, row)])


def read(name: str, paths: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """One table from one file or from many of the same schema."""
    many = [paths] if isinstance(paths, str | Path) else list(paths)
    frames = [_read_one(name, Path(path)) for path in many]
    frames = [frame for frame in frames if not frame.empty]
    return table(name, pd.concat(frames, ignore_index=True) if frames else [])


def _read_one(name: str, path: Path) -> pd.DataFrame:
    if path.suffix != ".csv":
        return pd.read_parquet(path)
    texts, lists = _of_kind(name, "text"), _of_kind(name, "numbers")
    # Text stays text even if it reads 12 or NA; numbers come back to the last digit.
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        converters=dict.fromkeys(lists, lambda text: json.loads(text) if text else None),
        keep_default_na=False,
        na_values={c: [""] for c in TABLES[name] if c not in texts + lists},
        float_precision="round_trip",
    )


def _of_kind(name: str, kind: str) -> list[str]:
    return [column for column, rule in TABLES[name].items() if rule.kind == kind]
