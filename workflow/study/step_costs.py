"""What further environment steps cost, from learners that were measured by themselves.

Short runs do not tell: off-policy learners first fill their buffers, and evaluations and start-up
are most of what a short run takes.
"""

from __future__ import annotations

import csv
from functools import cached_property
from itertools import pairwise
from pathlib import Path

# Agents of the measured games; between two, and beyond the last, costs are taken to be linear.
AGENTS = (2, 6, 40)


class StepCosts:
    """Estimates from the table `learner_costs`.

    Args:
        path: CSV file. If it is not there no learner is known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, str]]:
        if not self._path.exists():
            return {}
        with self._path.open(newline="", encoding="utf-8") as file:
            return {(row["policy"], row["protocol"]): row for row in csv.DictReader(file)}

    def seconds(self, policy: str, protocol: str, agents: int, runs: int) -> float | None:
        """CPU-seconds of one environment step of every run, None if the learner was not measured.

        Args:
            policy: learner.
            protocol: of its runs.
            agents: of the game.
            runs: side by side; as published, one after another.
        """
        row = self._rows.get((policy, protocol))
        if row is None:
            return None
        # A learner that takes three agents at least was not measured with two.
        known = [(n, _of_runs(row, n, runs)) for n in AGENTS if row[f"ms_together_{n}"]]
        below, above = next((pair for pair in pairwise(known) if agents <= pair[1][0]), known[-2:])
        per_agent = (above[1] - below[1]) / (above[0] - below[0])
        return (below[1] + per_agent * (agents - below[0])) / 1000


def _of_runs(row: dict[str, str], agents: int, runs: int) -> float:
    """Milliseconds of a step of so many runs, on the game of so many agents."""
    together, many = float(row[f"ms_together_{agents}"]), int(row["replicates"])
    # Of forty agents no run was measured alone: the first is taken to cost what another does.
    alone = float(row.get(f"ms_alone_{agents}") or together)
    return alone + (runs - 1) * (many * together - alone) / (many - 1)
