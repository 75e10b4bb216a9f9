"""Policies in files.

A trained cell is a zip with `index.json` (the identity of every run) and one `RUN_ID.pt` per
finished run. A policy that does not learn is a small JSON file: its name, its parameters and the
environment that it is bound to. Weights are loaded as tensors only, names are looked up in the
registry; nothing in a file is executed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coopetition import envs
from coopetition.envs.engine import choose

from .files import replacing
from .policy import Policy
from .registry import learner, make, spec
from .runs import Run

if TYPE_CHECKING:
    import torch

    from .records import RunResult


WEIGHTS = Path(__file__).parent / "weights"


def with_weights() -> list[tuple[str, str]]:
    """Learner and environment of the weights that come with the package.

    They are of one seed of the `standard` study, whose budgets are small (`agents.keep`).
    """
    return [(path.stem, path.parent.name) for path in sorted(WEIGHTS.glob("*/*.zip"))]


def save_models(path: Path, runs: Sequence[Run], results: Sequence[RunResult]) -> None:
    """Write the weights of every finished run."""
    pairs = zip(runs, results, strict=True)
    write_models(path, [(run, result.weights) for run, result in pairs if result.weights])


def write_models(path: Path, models: Iterable[tuple[Run, Mapping[str, torch.Tensor]]]) -> None:
    """Write runs and their weights, to a temporary name first."""
    import torch

    kept = list(models)
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("index.json", json.dumps([asdict(run) for run, _ in kept], indent=1))
        for run, weights in kept:
            buffer = io.BytesIO()
            torch.save(dict(weights), buffer)
            archive.writestr(f"{run.run_id}.pt", buffer.getvalue())


def save_policy(path: Path, policy: Policy) -> None:
    """Write a policy that does not learn, to a temporary name first.

    Raises:
        ValueError: `agents.make` does not know it, or it is bound to a game without an id.
    """
    spec(policy.family)
    environment = None
    if policy.bound is not None:
        if policy.bound.parameters is None:
            raise ValueError(
                f"{policy.name} is bound to a game that was not built by envs.game: "
                "bind it to one that was, or save it before binding"
            )
        environment = {"id": policy.bound.id, "parameters": policy.bound.parameters}
    content = {
        "policy": policy.family,
        "parameters": policy.parameters,
        "environment": environment,
        "seed": policy.seed,
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, default=_plain) + "\n", encoding="utf-8")


def _plain(value: Any) -> Any:
    """What JSON writes of sets and of NumPy's numbers and arrays.

    Raises:
        ValueError: it cannot be written.
    """
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise ValueError(f"{value!r} cannot be saved: use numbers, text, lists and mappings")


def load(path: str | Path, env_id: str | None = None, **factors: Any) -> Policy:
    """A policy from a file: one run of a trained cell, or one that does not learn.

    It is bound to the environment of its run, or to the one that it was saved with.

    Args:
        path: a file such as `results/quick/models/v0/SLCD/Central_PPO.zip`, or one that
            `Policy.save` has written; with an environment, the name of a learner.
        env_id: environment on which weights of the learner come with the package, see
            `with_weights`; trained on integrated reward, unless `reward_mode` says otherwise.
        **factors: fields of `Run` that name a run among several, such as `protocol="corrected"`,
            `reward_mode="integrated"`, `seed=99`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a file of a policy; or the factors fit no run, or more than one, in which
            case the text lists the runs; or no such weights.
    """
    if env_id is not None:
        known = with_weights()
        if (path, env_id) not in known:
            listing = ", ".join(f"{name} on {place}" for name, place in known) or "none"
            raise ValueError(f"the package has no weights of {path} on {env_id}, but of {listing}")
        path, factors = WEIGHTS / env_id / f"{path}.zip", {"reward_mode": "integrated"} | factors
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}")
    if zipfile.is_zipfile(path):
        return _load_trained(path, factors)
    if factors:
        raise ValueError(f"{path} holds one policy that was not trained: pass no factors")
    return _load_rule(Path(path))


def saved_runs(path: str | Path) -> list[Run]:
    """The finished runs of a trained cell.

    Raises:
        FileNotFoundError: no such file.
        ValueError: not a file of trained runs.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"no file {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            return [Run(**entry) for entry in json.loads(archive.read("index.json"))]
    except (zipfile.BadZipFile, KeyError) as error:
        raise ValueError(f"{path} does not hold trained runs: {error}") from None


def saved_weights(path: str | Path, run: Run) -> dict[str, torch.Tensor]:
    """The weights of one of the `saved_runs` of a file."""
    import torch

    with zipfile.ZipFile(path) as archive:
        buffer = io.BytesIO(archive.read(f"{run.run_id}.pt"))
    return torch.load(buffer, weights_only=True, map_location="cpu")


def _load_trained(path: str | Path, factors: Mapping[str, Any]) -> Policy:
    runs = saved_runs(path)
    fitting = [r for r in runs if all(getattr(r, k, None) == v for k, v in factors.items())]
    if len(fitting) != 1:
        listing = "\n".join(
            f"  protocol={r.protocol!r}, reward_mode={r.reward_mode!r}, seed={r.seed}" for r in runs
        )
        raise ValueError(f"{len(fitting)} runs fit {factors}; the file holds:\n{listing}")
    [run] = fitting
    weights = saved_weights(path, run)
    policy = learner(run.policy).load(run.protocol).inference(run, weights)
    policy.bind(run.env_id, seed=run.seed)
    return policy


def untrained(policy: str, env_id: str, *, protocol: str = "corrected", seed: int = 0) -> Policy:
    """A learner before its first update: what training has to improve on.

    Args:
        policy: name of the learner.
        env_id: registered id of the environment that it would train on.
        protocol: `corrected`, or `as_published` where the learner has it.
        seed: of the initial weights, as in a run of a study.

    Raises:
        ValueError: no such learner, protocol or environment, or a game that the learner is not
            defined for.
    """
    entry, game = learner(policy), envs.game(env_id)
    choose("protocol", protocol, tuple(entry.hyperparameters))
    if reason := entry.exclusion(game):
        raise ValueError(reason)
    settings = entry.hyperparameters[protocol]
    place = envs.spec(env_id)
    run = Run(policy, protocol, place.name, place.edition, "integrated", seed, 0, settings)
    algorithm = entry.load(protocol)
    found = algorithm.inference(run, algorithm.for_runs([run]).inference_weights(0))
    found.bind(env_id, seed=seed)
    return found


def _load_rule(path: Path) -> Policy:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name, parameters = content["policy"], content["parameters"]
        environment, seed = content["environment"], content["seed"]
        bound = None if environment is None else (environment["id"], environment["parameters"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a file that Policy.save has written: {error!r}") from None
    game = None if bound is None else envs.game(bound[0], **bound[1])
    return make(name, game, seed=seed, **parameters)
