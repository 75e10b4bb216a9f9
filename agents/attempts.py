"""Attempts at a training job whose process dies, because it is killed or out of memory.

A killed process cannot say so. It leaves a mark for the batch that it was training, which every
other end removes: success, an error, an interrupt by the user. Snakemake tries again and counts;
the attempt after the last one trains nothing that has ended all others, so that the study goes on
without it. A new call of Snakemake starts at the first attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .files import replacing

# Attempts that train; see `retries` in workflow/rules/training.smk.
ATTEMPTS = 3


class Attempts:
    """Marks of the attempts at one job.

    Args:
        folder: where they are kept.
        number: of this attempt, from 1.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self.folder, self.number = folder, number
        if number == 1:
            for mark in folder.glob("*.attempt"):
                mark.unlink(missing_ok=True)

    @contextmanager
    def marked(self, batch: str) -> Iterator[None]:
        """While a batch trains."""
        mark = self._mark(batch, self.number)
        with replacing(mark) as temporary:
            temporary.touch()
        try:
            yield
        except MemoryError:
            raise
        except BaseException:
            mark.unlink(missing_ok=True)
            raise
        mark.unlink(missing_ok=True)

    def exhausted(self, batch: str) -> bool:
        """Has this batch ended every attempt that trains?"""
        if self.number <= ATTEMPTS:
            return False
        return all(self._mark(batch, n).exists() for n in range(1, ATTEMPTS + 1))

    def _mark(self, batch: str, number: int) -> Path:
        return self.folder / f"{batch}-{number}.attempt"
