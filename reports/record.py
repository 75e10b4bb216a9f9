"""Record what `snakemake verify` compares with.

    python -m coopetition.reports.record results/standard
    python -m coopetition.reports.record                      keeps the actions that are recorded

Everything but the actions of trained policies is computed here and now, in about three minutes, so
that what is recorded belongs to this code and this machine; the policies are those of a finished
study. Without one, the actions that are recorded are played again. The files in `verification` are
written when all is done.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from coopetition import agents, envs
from coopetition.agents.certificates import certificate
from coopetition.agents.files import replacing
from coopetition.agents.models import saved_runs
from coopetition.agents.recall import recalled, solution_rows
from coopetition.agents.runs import Run
from coopetition.agents.traces import traced
from coopetition.envs.contract import measure

from . import schema
from .columns import CHECKS, MODES
from .machine import machine
from .recomputed import PARTS, subjects
from .verify import FOLDER, reference, replayed, trace_rows, unstable

# Solves every step of a hundred episodes, as the game draws: nine seconds. One episode is a trace.
SLOW = {"CoalitionFormation-v1": ("Oracle_ReciprocityEquilibrium",)}
# Learners per environment, in turn, so that with all environments all learners have their place.
LEARNERS = 3
EPISODE_SEED = 0
# Id of an environment and its place among all -> rows of episodes of trained policies there.
Trained = Callable[[str, int], Iterable[dict[str, Any]]]


def record(
    study: Path | None, folder: Path = FOLDER, wanted: Sequence[str] | None = None
) -> list[str]:
    """Write the tables that `verify` reads.

    Args:
        study: results of a study, such as `results/standard`, with models of some environments;
            None to play again what trained policies are recorded to do in the folder.
        folder: where to.
        wanted: environments, and other subjects of `recomputed`; by default all.

    Returns:
        Environments without a trained policy.

    Raises:
        FileNotFoundError: the study has no models, or nothing is recorded; nothing is written.
    """
    ids = envs.ids() if wanted is None else [id for id in wanted if id in envs.ids()]
    trained = _played_again(folder) if study is None else _of_study(study, ids)
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in CHECKS}
    for place, id in enumerate(ids):
        with recalled(id):  # solved anew, whatever this process has solved before
            tables["contract"].append(measure(id))
            tables["solutions"] += solution_rows(id)
            tables["certificates"].append(certificate(id))
            tables["reference"] += reference(id, without=SLOW.get(id, ()))
            for name in (*SLOW.get(id, ()), *sorted(unstable(id))):
                tables["traces"] += _episode(id, agents.make(name, id))
        tables["traces"] += trained(id, place)
    for part in PARTS:
        for subject in part.subjects():
            if wanted is None or subject in wanted:
                for name, rows in part.rows(subject).items():
                    tables[name] += rows
    for name, rows in tables.items():
        schema.write(name, rows, folder / f"{name}.parquet")
    with replacing(folder / "machine.json") as temporary:
        temporary.write_text(json.dumps(machine(), indent=1) + "\n", encoding="utf-8")
    traced = {f"{row['environment']}-{row['edition']}" for row in tables["traces"] if row["run_id"]}
    return [id for id in ids if id not in traced]


def _played_again(folder: Path) -> Trained:
    """The recorded episodes of trained policies, with what their actions yield now."""
    recorded = schema.read("traces", folder / "traces.parquet")
    by_learners = recorded[recorded["run_id"] != ""]
    return lambda id, place: replayed(id, by_learners[subjects(by_learners) == id])


def _of_study(study: Path, ids: Sequence[str]) -> Trained:
    """Episodes of policies that a study has trained."""
    models = {id: _models(study, id) for id in ids}
    if not any(models.values()):
        raise FileNotFoundError(
            f"no models of {', '.join(ids[:3])} or others in {study / 'models'}: "
            "name the results of a finished study, such as results/standard"
        )
    return lambda id, place: _trained(id, models[id], place)


def _models(study: Path, id: str) -> dict[Path, list[Run]]:
    """Files of learners with finished runs on an environment, and these runs."""
    place = envs.spec(id)
    found = {}
    for path in sorted((study / "models" / place.edition / place.name).glob("*.zip")):
        if runs := saved_runs(path):
            found[path] = runs
    return found


def _trained(id: str, models: dict[Path, list[Run]], place: int) -> Iterator[dict[str, Any]]:
    """One episode each of some learners: as published where they are, reward modes in turn."""
    paths = list(models)
    first = place * LEARNERS
    for turn in range(first, first + min(LEARNERS, len(paths))):
        path, mode = paths[turn % len(paths)], MODES[turn % len(MODES)]
        run = min(models[path], key=lambda run: (run.protocol, run.reward_mode != mode, run.seed))
        factors = {"protocol": run.protocol, "reward_mode": run.reward_mode}
        yield from _episode(id, agents.load(path, **factors, seed=run.seed), run)


def _episode(id: str, policy: agents.Policy, run: Run | None = None) -> list[dict[str, Any]]:
    """Rows of one episode of a policy, trained or not."""
    place = envs.spec(id)
    identity = {
        "environment": place.name,
        "edition": place.edition,
        "policy": policy.name if run is None else run.policy,
        **{name: getattr(run, name, "") for name in ("protocol", "reward_mode", "run_id")},
    }
    return trace_rows(identity, traced(policy, envs.game(id), seed=EPISODE_SEED))


def main(arguments: list[str]) -> None:
    """Record with the models of the study whose results are named."""
    if len(arguments) > 1:
        sys.exit((__doc__ or "").partition("\n\n")[2].partition("\n\n")[0].strip())
    try:
        without = record(Path(arguments[0]) if arguments else None)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"recorded in {FOLDER}")
    if without:
        print(f"no trained policies of {', '.join(without)}")


if __name__ == "__main__":
    main(sys.argv[1:])
