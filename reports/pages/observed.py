"""What an observation holds, entry by entry."""

from __future__ import annotations

from coopetition.envs.engine import Game
from coopetition.envs.formal import FormalGame
from coopetition.envs.formal.part import BLOCKS
from coopetition.envs.observations import LARGEST_LISTED
from coopetition.envs.released import ReleasedGame

Row = tuple[str, int, int, str]
# What a block of the formal edition is; in the order of an observation.
MEANINGS = {
    "shares": "last share of every agent",
    "trust": "trust of the row in the column; per agent the own row",
    "damage": "damage that the row holds against the column; per agent the own row",
    "loyalty": "loyalty; per agent the own",
    "standing": "public standing of every agent",
    "window": "remembered shares of every agent, oldest first",
    "links": "whose relation or membership holds",
    "cooldowns": "steps left before readmission",
    "capital": "stock of specific capital",
    "contract": "level of the contract, and what is left of it",
    "strikes": "strikes; per agent the own",
    "stock": "the common stock",
    "phase": "phase, one-hot",
    "surplus": "last surplus",
    "posterior": "mean and deviation of the hidden gamma, under `full` only",
    "gamma": "the hidden gamma, in the state vector only",
    "time": "steps played, as a share of the horizon",
}


def blocks(game: Game) -> list[Row]:
    """Rows: name, entries in the joint observation and in `realistic`, meaning."""
    if isinstance(game, FormalGame):
        return _formal(game)
    return _released(game) if isinstance(game, ReleasedGame) else []


def _formal(game: FormalGame) -> list[Row]:
    n_agents, state = game.n_agents, game.reset([0])
    rows = [
        ("shares", n_agents, n_agents, MEANINGS["shares"]),
        ("time", 1, 1, MEANINGS["time"]),
    ]
    for part in game.parts:
        for block in part.blocks(game, state):
            width = block.values.shape[-1]
            listed = n_agents - (block.exclude is not None)
            joint, own = {
                "agents": (listed * width, listed * width),
                "own": (n_agents * width, width),
                "pairs": (n_agents * (n_agents - 1), n_agents - 1),
                "public": (width, width),
                "full": (width, 0),
                "hidden": (0, 0),
            }[block.who]
            meaning = MEANINGS[block.name]
            if (block.low, block.high) != (0.0, 1.0):
                meaning += f", raw in [{block.low:g}, {block.high:g}]"
            rows.append((block.name, joint, own, meaning))
    return sorted(rows, key=lambda row: BLOCKS.index(row[0]))


def _released(game: ReleasedGame) -> list[Row]:
    """As published; per agent scaled and without constants, beyond 8 agents as moments."""
    n_agents, state = game.n_agents, game.reset([0])
    square, others = n_agents**2, n_agents - 1
    rows = [
        ("actions", n_agents, n_agents, "last actions, payoff units; per agent shares, own first"),
        ("trust", square, others, "trust of the row in the column; per agent the own row"),
        ("damage", square, others, "damage held against the column; per agent the own row"),
        ("public damage", 0, others, "mean damage that each other agent holds"),
        ("interdependence", square, 0, "D, a constant"),
        ("time", 1, 1, "steps played; per agent as a share of the horizon"),
    ]
    if n_agents > LARGEST_LISTED:
        compact = {
            "actions": (4, "last actions; per agent the own share, and mean, least and largest"),
            "trust": (2, "trust; per agent means given and received"),
            "damage": (2, "damage; per agent means held and suffered"),
            "public damage": (0, ""),
        }
        rows = [
            (name, joint, *compact.get(name, (own, meaning))) for name, joint, own, meaning in rows
        ]
        rows = [row for row in rows if row[1] or row[2]]
    for mechanism in game.mechanisms:
        shown = mechanism.observation(game, state, False)
        if shown is not None:
            rows.append((type(mechanism).__name__, shown.shape[1], 0, "what the mechanism shows"))
    return rows
