"""What a case model predicts, for a batch of parameter sets at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Phase:
    """A phase of a case.

    Attributes:
        name: as the rubrics call it.
        start, end: its first state, and the state in which the next phase starts.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Outcome:
    """Predictions of B parameter sets.

    Attributes:
        actors: names, in the order of the axes of agents.
        phases: in order; empty for a case without time.
        series: name -> [B, T, ...], one entry per state: `actions` [B, T, N], `trust` and
            `damage` [B, T, N, N], or what the case has.
        values: name -> [B, ...], quantities without time.
    """

    actors: tuple[str, ...]
    phases: tuple[Phase, ...] = ()
    series: Mapping[str, Array] = field(default_factory=dict)
    values: Mapping[str, Array] = field(default_factory=dict)

    @property
    def batch(self) -> int:
        """B."""
        return len(next(iter((self.series or self.values).values())))

    def phase(self, name: str) -> Phase:
        """The phase of that name.

        Raises:
            KeyError: there is none.
        """
        for phase in self.phases:
            if phase.name == name:
                return phase
        raise KeyError(f"no phase {name!r}; there are {[phase.name for phase in self.phases]}")

    def actor(self, name: str) -> int:
        """Place of an actor.

        Raises:
            KeyError: there is none of that name.
        """
        if name not in self.actors:
            raise KeyError(f"no actor {name!r}; there are {list(self.actors)}")
        return self.actors.index(name)

    def select(self, rows: Array | slice) -> Outcome:
        """Some of the parameter sets."""
        return replace(
            self,
            series={name: values[rows] for name, values in self.series.items()},
            values={name: values[rows] for name, values in self.values.items()},
        )


def batched(value: object, draws: int, ndim: int = 0) -> Array:
    """A parameter as float64 [draws, ...]: `value` has `ndim` axes, or one more if it was drawn.

    Raises:
        ValueError: it has neither.
    """
    array = np.asarray(value, np.float64)
    if array.ndim == ndim:
        return np.broadcast_to(array, (draws, *array.shape))
    if array.ndim == ndim + 1 and len(array) == draws:
        return array
    raise ValueError(f"a parameter of {ndim} axes and {draws} draws cannot be {array.shape}")
