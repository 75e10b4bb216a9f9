"""All audits of policies on one environment."""

from __future__ import annotations

from collections.abc import Sequence

from coopetition.envs.engine import Game

from ..progress import Progress
from . import AUDITS
from .behaviour import behaviour, trajectories
from .cross_play import cross_play, schelling
from .deviations import deviations
from .exploitability import DEFAULT, Budget, exploitability
from .mixture import mixture
from .panel import Auditee
from .robustness import robustness
from .tables import Row


def audit(
    auditees: Sequence[Auditee],
    game: Game,
    *,
    episodes: int,
    budget: Budget = DEFAULT,
    seed: int = 0,
) -> dict[str, list[Row]]:
    """Audit policies on an environment.

    Args:
        auditees: policies, which are one another's partners.
        game: the environment.
        episodes: of everything, where the game or a policy draws.
        budget: of the search for best replies.
        seed: of all episodes and searches.

    Returns:
        Name, one of `AUDITS`, -> rows of the table `audit_` and that name.
    """
    progress, how = Progress(len(AUDITS), "audits"), {"episodes": episodes, "seed": seed}
    found: dict[str, list[Row]] = {}
    for name in AUDITS:
        if name == "cross_play":
            found[name] = cross_play(auditees, game, **how)
        elif name == "robustness":
            found[name] = robustness(auditees, game, **how, met=found["cross_play"])
        elif name == "exploitability":
            found[name] = exploitability(auditees, game, **how, budget=budget)
        else:
            found[name] = _OTHERS[name](auditees, game, **how)
        progress.advance(1, f"{name}, {len(found[name]):,} rows")
    return found


_OTHERS = {
    "mixture": mixture,
    "schelling": schelling,
    "behaviour": behaviour,
    "trajectories": trajectories,
    "deviations": deviations,
}
