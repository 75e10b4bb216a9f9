"""What the rows of all audits share: who was audited where, and intervals over episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from coopetition.envs.engine import Array, Game

if TYPE_CHECKING:
    from .panel import Auditee

Row = dict[str, Any]
# Values of the columns that tell one auditee from another in an environment.
Key = tuple[Any, ...]
AUDITEE = ("policy", "kind", "protocol", "reward_mode", "seed")


def identity(auditee: Auditee, game: Game) -> Row:
    """First columns of a row."""
    environment, _, edition = game.id.rpartition("-")
    own = dict(zip(AUDITEE, key_of(auditee), strict=True))
    return {"environment": environment, "edition": edition, **own}


def key_of(auditee: Auditee) -> Key:
    """Values of `AUDITEE`."""
    return auditee.name, *(getattr(auditee, column) for column in AUDITEE[1:])


def label(key: Key) -> str:
    """An auditee in words, such as `IPPO corrected integrated 99`."""
    policy, _, protocol, mode, seed = key
    return " ".join(str(part) for part in (policy, protocol, mode, seed) if part not in ("", None))


def role_text(agents: Sequence[int]) -> str:
    """Interchangeable agents: `1|2`."""
    return "|".join(map(str, agents))


def interval(name: str, values: Array) -> Row:
    """Columns `name`, `name_low` and `name_high`: mean and 95 % interval, Student's t.

    Args:
        name: first column.
        values: one per episode; a single one has no interval.
    """
    count, mean = len(values), float(np.mean(values))
    half = None
    if count > 1:
        half = float(stdtrit(count - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(count))
    ends = (None, None) if half is None else (mean - half, mean + half)
    return {name: mean, f"{name}_low": ends[0], f"{name}_high": ends[1]}
