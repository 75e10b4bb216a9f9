"""Side studies beside the twenty environments: the two-dimensional S-LCD."""

from __future__ import annotations

from coopetition.agents.appropriation import PLAYS

from .fields import Column

# match, mismatch: recomputed; setting: taken over; not trained: known by training alone; added: not
# published, found here.
BIAXIAL_RESULTS = ("match", "mismatch", "setting", "not trained", "added")

_SETTING = {
    "eta": Column("number", "part of the surplus that full appropriation takes"),
    "beta": Column("number", "part of the shared surplus that it destroys"),
    "kappa": Column("number", "cost per unit of appropriation; payoff units"),
    "xi": Column("number", "quadratic cost of appropriation; payoff units"),
}
_PLAY = {"play": Column("text", "how the game is played, see `agents.appropriation`", PLAYS)}
_TRUST = {
    "trust_first": Column("number", "mean trust after a quarter of the episode, 0 to 1"),
    "trust_second": Column("number", "after half of it"),
    "trust_third": Column("number", "after three quarters"),
    "trust_end": Column("number", "at its end"),
}

TABLES = {
    "biaxial": {
        "claim": Column("text", "claim that the row decides; empty for none"),
        "quantity": Column("text", "what is published, or added here"),
        "published": Column("text", "as published; empty for what is added here"),
        "recomputed": Column("numbers", "found here, one per agent where agents differ; or none"),
        "difference": Column("number", "largest distance from the published numbers", (), True),
        "tolerance": Column("number", "distance that counts as equal", (), True),
        "result": Column("text", "how the two compare", BIAXIAL_RESULTS),
        "note": Column("text", "what the row says; empty where the numbers do"),
        "source": Column("text", "document and place; empty for what is added here"),
    },
    "biaxial_outcomes": {
        **_SETTING,
        **_PLAY,
        "cooperation": Column("numbers", "c, one per agent; payoff units"),
        "appropriation": Column("numbers", "p, one per agent, 0 to 1"),
        "utility": Column("numbers", "U of a step with full trust, one per agent; payoff units"),
        "sweeps": Column("integer", "sweeps of best responses; 0 where none are made"),
        "returns": Column("numbers", "integrated reward of an episode, one per agent"),
        "payoffs": Column("numbers", "payoffs of an episode, one per agent; payoff units"),
        **_TRUST,
    },
    "biaxial_maps": {
        "plane": Column("text", "the two parameters that vary", ("eta, beta", "kappa, xi")),
        **_SETTING,
        **_PLAY,
        "cooperation": Column("number", "c, mean over agents; payoff units"),
        "appropriation": Column("number", "p, mean over agents, 0 to 1"),
        **_TRUST,
    },
    "biaxial_calibration": {
        **_PLAY,
        "objective": Column("text", "endpoint, or the name of a schedule of waypoints"),
        "round": Column("integer", "round of the descent, from 1"),
        "axis": Column("text", "parameter that varies", ("kappa", "xi")),
        "kappa": _SETTING["kappa"],
        "xi": _SETTING["xi"],
        "vertex": Column("flag", "vertex of the parabola, not a point of the sweep"),
        "kept": Column("flag", "smallest objective of its axis: the descent goes on from here"),
        "appropriation": Column("number", "p at the end, mean over agents, 0 to 1"),
        **_TRUST,
        "value": Column("number", "sum of squared distances from the targets"),
    },
}
