"""A short readable episode of an environment, as text: what a reader sees and a test compares.

python -m coopetition.envs.playthrough FOLDER      writes FOLDER/{edition}/{environment}.txt
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import ids, make, spec
from .engine import Game
from .rewards import REWARD_MODES

SEED = 0
SHOWN_STEPS = 6
REST = 0.6  # share that everybody plays after the shown steps
LONGEST_LIST = 8


def playthrough(id: str) -> str:
    """The text: card, reset, six steps of seeded play, and the sums at the end of the episode.

    The last two shown steps repeat one action, so that what remembers shows itself.
    """
    env, entry = make(id), spec(id)
    game = env.game
    lines = _card(game, entry.mechanism_class, entry.summary)
    observation, info = env.reset(seed=SEED)
    lines += ["", f"reset(seed={SEED})", *_entries({"observation": observation, **info})]
    generator = np.random.default_rng(SEED)
    shares = generator.uniform(0, 1, (SHOWN_STEPS, game.n_agents))
    shares[-1] = shares[-2]
    totals = {mode: np.zeros(game.n_agents) for mode in REWARD_MODES}
    done = False
    while not done:
        step = info["step"]
        played = shares[step] if step < SHOWN_STEPS else np.full(game.n_agents, REST)
        observation, reward, terminated, truncated, info = env.step(played * game.endowments)
        done = terminated or truncated
        for mode, rewards in info["rewards_by_mode"].items():
            totals[mode] += rewards
        if step < SHOWN_STEPS:
            entries = {"observation": observation, "reward": reward, **info}
            lines += ["", f"step {step + 1}", *_entries(entries)]
    ending = "terminated" if terminated else "truncated"
    lines += ["", f"{ending} after {info['step']} steps, the rest at {REST:.0%} of the endowments"]
    lines += [f"  sum of {mode} rewards  {_text(total)}" for mode, total in totals.items()]
    return "\n".join(lines) + "\n"


def _card(game: Game, mechanism_class: str, summary: str) -> list[str]:
    return [
        f"{game.id} ({mechanism_class})",
        summary,
        "",
        f"agents      {_text(game.display_names)}",
        f"endowments  {_text(game.endowments)}",
        f"baselines   {_text(game.baselines)}",
        f"horizon     {game.horizon}",
        f"ends early  {game.termination_rule or 'never'}",
    ]


def _entries(values: Mapping[str, Any], indent: str = "  ") -> Iterable[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}"
            yield from _entries(value, indent + "  ")
        else:
            yield f"{indent}{name}  {_text(value)}"


def _text(value: Any) -> str:
    """Numbers with six digits; long lists by their ends, length and sum."""
    if isinstance(value, np.ndarray | list | tuple):
        items = list(value)
        if len(items) > LONGEST_LIST:
            texts = [_text(item) for item in items]
            ends = f"{' '.join(texts[:3])} ... {' '.join(texts[-2:])}  ({len(items)} entries"
            numeric = all(isinstance(item, int | float | np.number) for item in items)
            return ends + (f", sum {_text(float(np.sum(items)))})" if numeric else ")")
        comma = ", " if any(isinstance(item, str) for item in items) else " "
        return comma.join(_text(item) for item in items) or "none"
    if isinstance(value, bool | np.bool_) or value is None:
        return str(value).lower()
    if isinstance(value, float | np.floating):
        return f"{float(value):.6g}"
    return str(value)


def write(folder: Path) -> None:
    """Write the playthrough of every registered environment."""
    for id in ids():
        entry = spec(id)
        path = folder / entry.edition / f"{entry.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(playthrough(id), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Path(sys.argv[1]))
