"""The analysis of a study, applied to a released corpus: scores, interquartile means, a summary."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import schema
from ..columns import STATUSES
from ..columns.corpora import NO_LEARNER
from ..columns.fields import TRAINING
from ..sources import published
from ..statistics import aggregates, with_scores
from .released import Corpus

CELL = ["environment", "edition"]
TOLERANCE = 1e-5


def scored(corpus: Corpus, reference: pd.DataFrame, certificates: pd.DataFrame) -> pd.DataFrame:
    """Table `training_runs` with scores, of the environments that the study has certified.

    Welfare, and so the score, is known where the reward trained on is the payoff.
    """
    known = corpus.runs[CELL].apply(tuple, axis=1).isin(certificates[CELL].apply(tuple, axis=1))
    runs = corpus.runs[known]
    added = [name for name in corpus.runs if name not in TRAINING]
    new = with_scores(runs.drop(columns=added), reference, certificates)
    # A run without welfare has no score; a run that broke down has one, which is 0.
    kept = [name for name in added if name not in new]
    joined = new.merge(runs[["run_id", *kept]], on="run_id", validate="one_to_one")
    return schema.table("training_runs", joined)


def learners_of(runs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Runs of learners with seeds that every cell of the learner has, and how many others."""
    learners = runs[runs["paradigm"] != NO_LEARNER]
    cell = ["policy", "protocol"]
    place = learners[[*CELL, "reward_mode"]].apply(tuple, axis=1)
    cells = place.groupby([learners[name] for name in cell]).transform("nunique")
    seeded = place.groupby([learners[name] for name in [*cell, "seed"]]).transform("nunique")
    whole = learners[cells == seeded]
    return whole, len(learners) - len(whole)


def aggregated(runs: pd.DataFrame, repetitions: int) -> list[dict[str, Any]]:
    """Rows of the table `aggregates`."""
    whole, _ = learners_of(runs)
    return aggregates(whole, repetitions=repetitions) if len(whole) else []


def summary(corpus: Corpus, runs: pd.DataFrame, reference: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table `released_summary`.

    Args:
        corpus: as it was read.
        runs: of `scored`.
        reference: table `reference` of the study.
    """
    statuses = corpus.runs["status"].value_counts()
    corpora = published("corpus_counts").set_index("component")["published_count"]
    stated = corpora["total (deployed, after deduplication)"]
    compared, equal = _constants(corpus.runs, reference)
    _, uneven = learners_of(runs)
    rows = [
        ("runs", len(corpus.runs), f"distinct with the reward mode in the key; stated: {stated}"),
        *((f"runs, {name}", int(statuses.get(name, 0)), "") for name in STATUSES),
        ("records left out as retries", corpus.retries, "of equal key, reward mode included"),
        ("records that are no attributable run", len(corpus.problems), "see the log"),
        ("runs on environments of this study", len(runs), "the others are not scored"),
        ("runs of seeds that some cell lacks", uneven, "left out of interquartile means"),
        ("returns of constants compared", compared, "with those of this study, same mode"),
        ("returns of constants that are equal", equal, f"to {TOLERANCE:g}"),
    ]
    return [{"quantity": name, "value": float(n), "note": note} for name, n, note in rows]


def _constants(runs: pd.DataFrame, reference: pd.DataFrame) -> tuple[int, int]:
    """Finished runs of constants that the study has too, and those with the same return."""
    level = runs["policy"].str.extract(r"^[Cc]onstant\w*?_?(\d{1,3})$")[0]
    known = runs.assign(level=level.astype("Int64"))[level.notna() & (runs["status"] == "finished")]
    # The released rule takes the largest endowment for all; where all are equal it is the own one.
    keys = [*CELL, "reward_mode", "level"]
    ours = reference[reference["level"].notna()].drop_duplicates(keys, keep="last")
    both = known.merge(ours[[*keys, "mode_return"]], on=keys)
    gap = (both["training_return"] - both["mode_return"]).abs()
    return len(both), int((gap <= TOLERANCE * both["mode_return"].abs()).sum())
