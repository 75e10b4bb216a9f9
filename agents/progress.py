"""Progress of long work as plain lines, readable in a log file."""

from __future__ import annotations

import logging
import time

log = logging.getLogger("coopetition")


class Progress:
    """Counts units of work and says, at most every few seconds, how far it is.

    Args:
        total: units of work in all.
        unit: their name in the plural.
        every: seconds between two lines.
    """

    def __init__(self, total: int, unit: str, every: float = 10.0) -> None:
        self.total, self.unit, self.every = total, unit, every
        self.done = 0
        self._start = self._last = time.monotonic()
        self._skipped = 0

    def skip(self, units: int) -> None:
        """Count work that an earlier, interrupted job has done."""
        self.done += units
        self._skipped += units

    def advance(self, units: int, message: str = "") -> None:
        """Count work; a message is always written, a bare count only now and then."""
        self.done += units
        now = time.monotonic()
        if not message and now - self._last < self.every:
            return
        self._last = now
        elapsed = max(now - self._start, 1e-9)
        rate = (self.done - self._skipped) / elapsed
        left = (self.total - self.done) / rate if rate > 0 else float("inf")
        log.info(
            "%6.2f %% | %s/%s %s | %.0f %s/s | ETA %s%s",
            100 * self.done / max(self.total, 1),
            f"{self.done:,}",
            f"{self.total:,}",
            self.unit,
            rate,
            self.unit,
            clock(left),
            f" | {message}" if message else "",
        )


class Stopwatch:
    """Wall and CPU seconds of a piece of work, those of interrupted jobs included."""

    def __init__(self) -> None:
        self._earlier = (0.0, 0.0)
        self._start = (time.monotonic(), time.process_time())

    def read(self) -> tuple[float, float]:
        """Wall and CPU seconds so far."""
        now = (time.monotonic(), time.process_time())
        wall, cpu = (e + n - s for e, n, s in zip(self._earlier, now, self._start, strict=True))
        return wall, cpu

    def add(self, wall: float, cpu: float) -> None:
        """Count seconds of an earlier, interrupted job."""
        self._earlier = (self._earlier[0] + wall, self._earlier[1] + cpu)


def clock(seconds: float) -> str:
    """Seconds as hh:mm:ss."""
    if seconds == float("inf"):
        return "unknown"
    whole = max(round(seconds), 0)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
