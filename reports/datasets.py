"""Corpora as typed frames, for analyses of one's own.

    from coopetition.reports import datasets
    runs = datasets.load("training_runs", "results/quick/corpora")
    datasets.names()                                       # what there may be
    datasets.about("training_runs")                        # its columns, with units

A run that did not finish is a row with a status, a reason and empty measures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from . import schema
from .columns import TABLES
from .corpora.catalogue import CORPORA, FREE_TEXT, Corpus


def names() -> list[str]:
    """Names of all corpora; a study may leave some out."""
    return [name for name, corpus in CORPORA.items() if corpus.table in TABLES]


def about(name: str) -> pd.DataFrame:
    """Columns of a corpus: kind, meaning with unit, allowed values, whether they may be empty.

    Raises:
        ValueError: no such corpus.
    """
    rules = _corpus(name).columns
    rows = {k: (rule.kind, rule.about, rule.allowed, rule.optional) for k, rule in rules.items()}
    return pd.DataFrame.from_dict(rows, "index", columns=["kind", "about", "allowed", "optional"])


def load(name: str, path: str | Path) -> pd.DataFrame:
    """A corpus as a frame.

    Text with few values is categorical, with the allowed values in their order where there are
    such; whole numbers that may be empty are `Int64`; lists are NumPy arrays.

    Args:
        name: of the corpus, see `names`.
        path: the folder of the corpora, or the file itself.

    Raises:
        ValueError: no such corpus.
        FileNotFoundError: no such file.
        SchemaError: the file does not hold this corpus.
    """
    corpus, path = _corpus(name), Path(path)
    file = path / corpus.file if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"no file {file}: name the folder of the corpora, such as results/quick/corpora; the "
            "README.md in it says what a study leaves out"
        )
    frame = schema.read(corpus.table, file)
    for column, rule in corpus.columns.items():
        if rule.kind == "text" and column not in FREE_TEXT:
            frame[column] = pd.Categorical(frame[column], categories=rule.allowed or None)
        elif rule.kind == "numbers":
            frame[column] = frame[column].map(np.asarray, na_action="ignore")
    return frame


def _corpus(name: str) -> Corpus:
    if name not in names():
        raise ValueError(f"no corpus {name!r}; there are {', '.join(names())}")
    return CORPORA[name]
