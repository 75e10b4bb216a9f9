"""The columns of every table: names, types, units, allowed values. Tables are checked on write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types as kinds

from coopetition.agents.files import replacing

MODES = ("private", "integrated", "cooperative")
PROTOCOLS = ("as_published", "corrected")
STATUSES = ("finished", "diverged", "failed", "excluded")
VERDICTS = ("confirmed", "refuted", "inconclusive", "not testable")
CLASSES = ("TR-1", "TR-2", "TR-3", "TR-4")


class SchemaError(ValueError):
    """A table does not have the columns, types or values that its schema promises."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        kind: `text`, `integer`, `number`, `flag` or `numbers` (a list per row).
        about: meaning and unit.
        allowed: allowed values; empty for any.
        optional: may be empty (NaN); without it an empty cell is an error.
    """

    kind: str
    about: str
    allowed: tuple[str, ...] = ()
    optional: bool = False


_CELL = {
    "environment": Column("text", "name without edition"),
    "edition": Column("text", "v0 released, v1 formal", ("v0", "v1")),
    "mechanism_class": Column("text", "technical report of the mechanism", CLASSES),
    "n_agents": Column("integer", "number of agents N"),
}
_MEASURES = {
    "welfare": Column("number", "W, payoffs summed over steps and agents; payoff units", (), True),
    "trust": Column("number", "mean trust at the end of an episode, 0 to 1", (), True),
    "cooperation": Column("number", "mean share of own endowment, 0 to 1", (), True),
    "episode_length": Column("number", "steps", (), True),
}
_RUN = {
    "run_id": Column("text", "hash of all factors and hyperparameters"),
    **_CELL,
    "policy": Column("text", "learner"),
    "paradigm": Column("text", "joint, independent, ctde or population"),
    "protocol": Column("text", "as_published or corrected", PROTOCOLS),
    "reward_mode": Column("text", "mode trained on", MODES),
    "seed": Column("integer", "seed of everything random in the run"),
    "steps_planned": Column("integer", "environment steps over all copies"),
}
_TRAINING = {
    **_RUN,
    "steps_done": Column("integer", "environment steps over all copies"),
    "status": Column("text", "how the run ended", STATUSES),
    "reason": Column("text", "why it did not finish; empty otherwise"),
    "training_return": Column("number", "summed reward of the mode trained on", (), True),
    **_MEASURES,
    "untrained_welfare": Column("number", "W of the policy before training", (), True),
    "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
    "wall_seconds": Column("number", "wall time of the run; s"),
    "cpu_seconds": Column("number", "CPU time of the run; s"),
    "hyperparameter_hash": Column("text", "hash of the hyperparameters"),
    "version": Column("text", "version of this package"),
    "commit": Column("text", "commit that trained the run, + if files were changed"),
}
_SCALE = {
    "welfare_floor": Column("number", "W of Random"),
    "welfare_ceiling": Column("number", "W of the best constant"),
    "score": Column("number", "(W - floor) / (ceiling - floor); 0 for a run that did not finish"),
    "training_score": Column("number", "the same in the return of the mode trained on"),
    "untrained_score": Column("number", "score of the policy before training", (), True),
}

TABLES: dict[str, dict[str, Column]] = {
    "plan": {**_RUN, "hyperparameters": Column("text", "JSON")},
    "contract": {
        **_CELL,
        "horizon": Column("integer", "steps after which an episode is truncated"),
        "endowments": Column("numbers", "upper bound of each agent's action; payoff units"),
        "baselines": Column("numbers", "action at which the trust signal is zero"),
        "action_high": Column("number", "bound of the published joint action box"),
        "observation_joint": Column("integer", "length of the published joint observation"),
        "observation_central": Column("integer", "length of the normalised joint observation"),
        "observation_full": Column("integer", "length per agent, preset full, normalised"),
        "observation_realistic": Column("integer", "length per agent, preset realistic"),
        "observation_minimal": Column("integer", "length per agent, preset minimal"),
        "deterministic": Column("flag", "equal actions and other seed: equal trajectory"),
        "shortest_episode": Column("integer", "shortest episode among 101 constants; steps"),
        "early_termination": Column("text", "rule; empty for never"),
        "reward_scale_private": Column("number", "mean reward per agent and step at baseline"),
        "reward_scale_integrated": Column("number", "the same, integrated reward"),
        "reward_scale_cooperative": Column("number", "the same, cooperative reward"),
        "parameters": Column("text", "constructor parameters"),
    },
    "reference": {
        **_CELL,
        "policy": Column("text", "Constant_00 to Constant_100, Random"),
        "level": Column("integer", "percent of the endowment; empty for Random", (), True),
        "action_basis": Column("text", "whose endowment a level refers to", ("own", "max")),
        "reward_mode": Column("text", "mode of mode_return", MODES),
        "episodes": Column("integer", "episodes averaged"),
        "mode_return": Column("number", "rewards of the mode, summed over steps and agents"),
        "mode_return_std": Column("number", "its standard deviation over episodes"),
        **_MEASURES,
        "welfare_std": Column("number", "standard deviation of W over episodes"),
        "payoff_per_agent": Column("numbers", "payoffs summed over steps, one per agent"),
        "terminated_share": Column("number", "share of episodes that the game ended early"),
    },
    "training": _TRAINING,
    "curves": {
        "run_id": Column("text", "run"),
        "step": Column("integer", "environment steps trained; 0 is the untrained policy"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **_MEASURES,
    },
    "evaluations": {
        "run_id": Column("text", "run"),
        "kind": Column("text", "how", ("deterministic", "stochastic", "last_five_checkpoints")),
        "episodes": Column("integer", "episodes or checkpoints averaged"),
        "training_return": Column("number", "summed reward of the mode trained on"),
        **_MEASURES,
    },
    "scores": {**_TRAINING, **_SCALE},
    "aggregates": {
        "environment": Column("text", "name with edition, or all"),
        "policy": Column("text", "learner"),
        "protocol": Column("text", "as_published or corrected", PROTOCOLS),
        "reward_mode": Column("text", "mode trained on, or all", (*MODES, "all")),
        "planned": Column("integer", "runs planned"),
        "finished": Column("integer", "runs finished"),
        "iqm": Column("number", "interquartile mean of the score"),
        "low": Column("number", "lower end of the 95 % stratified bootstrap interval"),
        "high": Column("number", "upper end"),
        "training_iqm": Column("number", "interquartile mean of the training score"),
        "untrained": Column("number", "mean score before training", (), True),
        **_MEASURES,
    },
    "identity": {
        "environment": Column("text", "name with edition"),
        "policy_set": Column("text", "which policies"),
        "max_relative_difference": Column(
            "number", "largest |cooperative - integrated| / |integrated| of summed returns"
        ),
        "identical": Column("flag", "below 1e-5, float32 rounding"),
    },
    "claims": {
        "claim_id": Column("text", "id; N for our own findings"),
        "group": Column("text", "whose claim", ("published", "own")),
        "statement": Column("text", "the claim"),
        "source": Column("text", "where it is published"),
        "published": Column("text", "published value", (), True),
        "verdict": Column("text", "what this study says", VERDICTS),
        "estimate": Column("text", "our value"),
        "low": Column("number", "lower end of the interval", (), True),
        "high": Column("number", "upper end", (), True),
        "decided_by": Column(
            "text", "results that decide", ("reference", "as_published", "corrected", "both", "")
        ),
        "reason": Column("text", "why this verdict"),
        "rule": Column("text", "when it counts as confirmed or refuted"),
        "figure": Column("text", "figure that shows it"),
    },
}

# Types that `infer_dtype` may find in a column of each kind.
_INFERRED = {
    "text": ("string",),
    "integer": ("integer",),
    "number": ("floating", "integer", "mixed-integer-float"),
    "flag": ("boolean",),
}
_STORED = {"text": object, "integer": "int64", "number": float, "flag": bool, "numbers": object}


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
    # Only the nullable type keeps whole numbers whole beside empty cells.
    nullable = rule.kind == "integer" and (rule.optional or values.empty)
    values = values.astype("Int64" if nullable else _STORED[rule.kind])
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
                frame[column] = frame[column].map(lambda row: json.dumps([*map(float, row)]))
            frame.to_csv(temporary, index=False)
        else:
            frame.to_parquet(temporary, index=False)


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
        converters=dict.fromkeys(lists, json.loads),
        keep_default_na=False,
        na_values={c: [""] for c in TABLES[name] if c not in texts + lists},
        float_precision="round_trip",
    )


def _of_kind(name: str, kind: str) -> list[str]:
    return [column for column, rule in TABLES[name].items() if rule.kind == kind]
