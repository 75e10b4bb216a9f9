"""The layout of the published corpus: one JSON per run, the reward mode in the name of its folder.

`read` turns a folder of such files into the tables of a study, `write` does the reverse. A run of
our own has more columns than the layout; they go into a key `extra` of the record, and come back
from it. What the layout has and the tables have not is kept as text beside them, so that nothing is
lost.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from coopetition import agents, envs
from coopetition.agents.files import replacing
from coopetition.agents.registry import learner
from coopetition.envs import REWARD_MODES

from .. import schema
from ..columns import TABLES
from ..columns.corpora import NO_LEARNER

FOLDERS = {
    "integrated": "baseline_integrated",
    "private": "ablation_private",
    "cooperative": "ablation_cooperative",
}
NEEDED = ("algorithm", "environment", "training_seed", "status", "metrics")
CURVE, CURVE_COLUMN = ("training_timesteps", "training_returns"), "training_return"
NAN = float("nan")


@dataclass(frozen=True)
class Corpus:
    """A released corpus in our tables.

    Attributes:
        runs: table `training_runs`, one row per run.
        curves: table `curves`; of measures only the training return is known.
        records: table `released_records`, in the order of the runs.
        problems: one line for every file that is no run, or could not be attributed.
        retries: records that are left out, because a later or a finished one has the same key.
    """

    runs: pd.DataFrame
    curves: pd.DataFrame
    records: pd.DataFrame
    problems: list[str]
    retries: int


def read(folder: Path) -> Corpus:
    """Read a released corpus: `*.json`, one record each, and `*.jsonl`, one per line.

    Of records with equal policy, environment, reward mode, seed and network the last finished one
    counts, or the last if none has finished.

    Raises:
        FileNotFoundError: no folder, or no such files in it.
    """
    problems: list[str] = []
    kept: dict[str, tuple[tuple[bool, str], dict[str, Any], dict[str, Any], str]] = {}
    retries = files = 0
    for place, record in _records(folder, problems):
        files += 1
        try:
            row = _row(place.relative_to(folder), record)
        except ValueError as error:
            problems.append(f"{place.relative_to(folder)}: {error}")
            continue
        rank = (row["status"] == "finished", str(record.get("timestamp") or ""))
        before = kept.get(row["run_id"])
        retries += before is not None
        if before is None or rank >= before[0]:
            kept[row["run_id"]] = rank, row, record, place.relative_to(folder).parent.as_posix()
    if not files:
        raise FileNotFoundError(
            f"no records (*.json, *.jsonl) in {folder}: name the folder that holds the released "
            "training runs, with --config corpus=FOLDER"
        )
    entries = list(kept.values())
    return Corpus(
        schema.table("training_runs", [row for _, row, _, _ in entries]),
        schema.table("curves", [p for _, row, record, _ in entries for p in _curve(row, record)]),
        schema.table(
            "released_records",
            [
                {"run_id": row["run_id"], "folder": where, "content": json.dumps(_rest(record))}
                for _, row, record, where in entries
            ],
        ),
        problems,
        retries,
    )


def _records(folder: Path, problems: list[str]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.jsonl")]):
        text = path.read_text(encoding="utf-8")
        for number, part in enumerate(text.splitlines() if path.suffix == ".jsonl" else [text], 1):
            where = f"{path.relative_to(folder)}, record {number}"
            try:
                record = json.loads(part)
            except ValueError as error:
                problems.append(f"{where}: no JSON ({error})")
                continue
            lacking = [key for key in NEEDED if not isinstance(record, dict) or key not in record]
            if lacking:
                problems.append(f"{where}: no run, it lacks {', '.join(lacking)}")
                continue
            yield path, record


def _row(path: Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `training_runs`.

    Raises:
        ValueError: the environment is unknown, or nothing says which reward mode it was.
    """
    environment = str(record["environment"]).partition("-v")[0]
    extra, metrics = record.get("extra", {}), record["metrics"] or {}
    edition = extra.get("edition", "v0")
    spec = envs.spec(f"{environment}-{edition}")  # an unknown name raises with the known ones
    n_agents = envs.game(spec.id).n_agents
    mode, policy = _mode(path, record), str(record["algorithm"])
    status, reason = _status(record, metrics)
    done = int((metrics.get("training_timesteps") or [0])[-1])
    finished = status == "finished"
    mean = _number(metrics, "mean_return") if finished else NAN
    key = [policy, environment, mode, record["training_seed"], record.get("net_arch_tag", "")]
    row = {
        **dict.fromkeys(("study", "configuration_hash", "version", "commit"), ""),
        "hyperparameter_hash": "",
        "run_id": hashlib.sha256(json.dumps(key).encode()).hexdigest()[:16],
        **{"environment": environment, "edition": edition, "n_agents": n_agents},
        "mechanism_class": spec.mechanism_class,
        **{"policy": policy, "paradigm": _paradigm(policy), "protocol": "as_published"},
        **{"reward_mode": mode, "seed": int(record["training_seed"])},
        **{"steps_planned": done, "steps_done": done, "status": status, "reason": reason},
        "training_return": mean,
        "welfare": mean if mode == "private" else NAN,
        "trust": _number(metrics, "mean_final_trust") if finished else NAN,
        "cooperation": _share(spec.id, _number(metrics, "mean_cooperation_rate"), finished),
        "episode_length": _number(metrics, "mean_episode_length") if finished else NAN,
        **dict.fromkeys(("untrained_welfare", "deviation_gain", "cpu_seconds"), NAN),
        **dict.fromkeys(("payoff_per_agent", "share_per_agent"), [NAN] * n_agents),
        "wall_seconds": _number(record, "training_time_seconds"),
        **dict.fromkeys(("welfare_floor", "welfare_ceiling", "score"), NAN),
        **dict.fromkeys(("training_score", "untrained_score"), NAN),
    }
    return row | extra


def _mode(path: Path, record: Mapping[str, Any]) -> str:
    told = record.get("reward_mode", record.get("reward_type"))
    named = {mode for mode in REWARD_MODES if mode in path.parent.as_posix()}
    if told in REWARD_MODES:
        return str(told)
    if len(named) != 1:
        raise ValueError(
            "neither the record nor its folder says which reward mode it was trained on: put it "
            f"into a folder such as {FOLDERS['private']}"
        )
    return named.pop()


def _status(record: Mapping[str, Any], metrics: Mapping[str, Any]) -> tuple[str, str]:
    """Status and reason; a success without a return is a run that diverged."""
    if record["status"] != "success":
        return "failed", str(record.get("error_message") or f"status {record['status']}")
    if math.isnan(_number(metrics, "mean_return")):
        return "diverged", "the mean return is not a number"
    return "finished", ""


def _paradigm(policy: str) -> str:
    for name in agents.learner_names():
        if policy in learner(name).published_as:
            return learner(name).paradigm
    return learner(policy).paradigm if policy in agents.learner_names() else NO_LEARNER


def _number(values: Mapping[str, Any], key: str) -> float:
    value = values.get(key)
    return NAN if value is None else float(value)


def _share(id: str, rate: float, finished: bool) -> float:
    """The published rate is in units of actions: a share only where endowments are equal."""
    endowments = set(envs.game(id).endowments.tolist())
    return rate / endowments.pop() if finished and len(endowments) == 1 else NAN


def _curve(row: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if not _is_curve(record):
        return
    measures = [name for name in TABLES["curves"] if name not in ("run_id", "step")]
    for step, value in zip(*(record["metrics"][name] for name in CURVE), strict=True):
        empty = dict.fromkeys(measures, NAN)
        yield {"run_id": row["run_id"], "step": step, **empty, CURVE_COLUMN: float(value)}


def _is_curve(record: Mapping[str, Any]) -> bool:
    """Whether the table `curves` can hold the curve: numbers, one for each step."""
    steps, returns = ((record["metrics"] or {}).get(name) or [] for name in CURVE)
    numbers = [value for value in returns if value is not None and math.isfinite(value)]
    return 0 < len(steps) == len(numbers) == len(returns) == len(set(steps))


def _rest(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without the curve that the table `curves` holds."""
    if not _is_curve(record):
        return dict(record)
    kept = {k: v for k, v in record["metrics"].items() if k not in CURVE}
    return {**record, "metrics": kept}


def write(
    folder: Path,
    runs: pd.DataFrame,
    curves: pd.DataFrame,
    records: pd.DataFrame | None = None,
) -> list[Path]:
    """Write runs in the released layout.

    Args:
        folder: where the folders of the reward modes go.
        runs: table `training_runs`.
        curves: table `curves`.
        records: table `released_records`, for runs that come from a released corpus.

    Returns:
        The files, one per run.
    """
    points = {
        run_id: part[["step", CURVE_COLUMN]]
        for run_id, part in curves.groupby("run_id", sort=False)
    }
    known = {} if records is None else records.set_index("run_id").to_dict("index")
    paths = []
    for row in runs.to_dict("records"):
        origin = known.get(row["run_id"])
        record = json.loads(origin["content"]) if origin else _record(row)
        if row["run_id"] in points:
            part = points[row["run_id"]]
            record["metrics"] |= dict(
                zip(CURVE, (part["step"].tolist(), part[CURVE_COLUMN].tolist()), strict=True)
            )
        place = origin["folder"] if origin else f"{row['protocol']}/{FOLDERS[row['reward_mode']]}"
        tag = f"_{record['net_arch_tag']}" if record.get("net_arch_tag") else ""
        name = f"{record['algorithm']}_{record['environment']}_{record['training_seed']}{tag}.json"
        paths.append(folder / place / name)
        with replacing(paths[-1]) as temporary:
            temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return paths


# Columns that the layout states by keys of its own.
_STATED = ("environment", "policy", "seed", "training_return", "trust", "episode_length")


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """A run of ours as a record; what the layout has no key for is in `extra`."""
    finished = row["status"] == "finished"
    endowment = float(envs.game(f"{row['environment']}-{row['edition']}").endowments.mean())
    return {
        "algorithm": row["policy"],
        "environment": f"{row['environment']}-{row['edition']}",
        "training_seed": row["seed"],
        "status": "success" if finished else "failed",
        "error_message": row["reason"] or None,
        "training_time_seconds": row["wall_seconds"],
        "metrics": {
            "mean_return": row["training_return"],
            "mean_final_trust": row["trust"],
            "mean_cooperation_rate": row["cooperation"] * endowment,
            "mean_episode_length": row["episode_length"],
        },
        "extra": {k: _plain(v) for k, v in row.items() if k not in _STATED},
    }


def _plain(value: Any) -> Any:
    """What JSON writes of an array."""
    return value.tolist() if hasattr(value, "tolist") else value
