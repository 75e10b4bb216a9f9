"""Inference weights of all runs of a cell in one file, and policies loaded from it.

The file is a zip with `index.json` (the identity of every run) and one `RUN_ID.pt` per finished
run. Weights are loaded as tensors only; nothing in the file is executed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import replacing
from .policy import Policy
from .registry import learner
from .runs import Run

if TYPE_CHECKING:
    from .training import RunResult


def save_models(path: Path, runs: Sequence[Run], results: Sequence[RunResult]) -> None:
    """Write the weights of every finished run, to a temporary name first."""
    import torch

    kept = [(run, r.weights) for run, r in zip(runs, results, strict=True) if r.weights]
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr("index.json", json.dumps([asdict(run) for run, _ in kept], indent=1))
        for run, weights in kept:
            buffer = io.BytesIO()
            torch.save(weights, buffer)
            archive.writestr(f"{run.run_id}.pt", buffer.getvalue())


def load(path: str | Path, **factors: Any) -> Policy:
    """The policy of one run.

    Args:
        path: a file such as `results/quick/models/v0/SLCD/Central_PPO.zip`.
        **factors: fields of `Run` that name the run, such as `protocol="corrected"`,
            `reward_mode="integrated"`, `seed=99`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the factors fit no run, or more than one; the text lists the runs.
    """
    import torch

    with zipfile.ZipFile(path) as archive:
        runs = [Run(**entry) for entry in json.loads(archive.read("index.json"))]
        fitting = [r for r in runs if all(getattr(r, k, None) == v for k, v in factors.items())]
        if len(fitting) != 1:
            listing = "\n".join(
                f"  protocol={r.protocol!r}, reward_mode={r.reward_mode!r}, seed={r.seed}"
                for r in runs
            )
            raise ValueError(f"{len(fitting)} runs fit {factors}; the file holds:\n{listing}")
        run = fitting[0]
        buffer = io.BytesIO(archive.read(f"{run.run_id}.pt"))
    weights = torch.load(buffer, weights_only=True, map_location="cpu")
    return learner(run.policy).load().inference(run, weights)
