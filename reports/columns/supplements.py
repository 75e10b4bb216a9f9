"""Side studies beside the twenty environments: the two-dimensional S-LCD."""

from __future__ import annotations

from dataclasses import replace

from coopetition.agents.appropriation import PLAYS

from .campaigns import COUNTS, mean_over_seeds
from .fields import MODES, STATUSES, Column

# match, mismatch: recomputed; setting: taken over; trained, not trained: known by training alone;
# added: not published, found here.
BIAXIAL_RESULTS = ("match", "mismatch", "setting", "trained", "not trained", "added")

_SETTING = {
    "eta": Column("number", "part of the surplus that full appropriation takes"),
    "beta": Column("number", "part of the shared surplus that it destroys"),
    "kappa": Column("number", "cost per unit of appropriation; payoff units"),
    "xi": Column("number", "quadratic cost of appropriation; payoff units"),
}
_PLAY = {"play": Column("text", "how the game is played, see `agents.appropriation`", PLAYS)}
_TRAINED = {
    "eta": _SETTING["eta"],
    "beta": _SETTING["beta"],
    "policy": Column("text", "learner"),
    "reward_mode": Column("text", "mode trained on", MODES),
}
_TRUST = {
    "trust_first": Column("number", "mean trust after a quarter of the episode, 0 to 1"),
    "trust_second": Column("number", "after half of it"),
    "trust_third": Column("number", "after three quarters"),
    "trust_end": Column("number", "at its end"),
}
# Of runs, which may not have finished.
_ANY_TRUST = {name: replace(column, optional=True) for name, column in _TRUST.items()}

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
    "biaxial_runs": {
        **_TRAINED,
        "seed": Column("integer", "of everything random in the run"),
        "steps": Column("integer", "environment steps planned"),
        "status": Column("text", "how the run ended", STATUSES),
        "cooperation": Column("numbers", "c, one per agent, mean of an episode; payoff units"),
        "appropriation": Column("numbers", "p, one per agent, mean of an episode, 0 to 1"),
        "final_appropriation": Column("numbers", "p of the last step, one per agent, 0 to 1"),
        "returns": Column("numbers", "integrated reward of an episode, one per agent"),
        "payoffs": Column("numbers", "payoffs of an episode, one per agent; payoff units"),
        **_ANY_TRUST,
        "cpu_seconds": Column("number", "CPU time of the run; s"),
    },
    "biaxial_trained": {
        **_TRAINED,
        **COUNTS,
        "steps": Column("integer", "environment steps planned"),
        **mean_over_seeds("cooperation", "c, mean over agents and an episode; payoff units"),
        **mean_over_seeds("appropriation", "p, mean over agents and an episode, 0 to 1"),
        **mean_over_seeds("final_appropriation", "p of the last step, mean over agents, 0 to 1"),
        "trust_end": Column("number", "mean trust at the end, 0 to 1", (), True),
        "dip": Column("number", "Hartigan's dip of the final appropriation", (), True),
        "dip_p": Column("number", "share of uniform samples with a dip as large", (), True),
        **{
            f"{way}_{name}": Column("number", f"{name}, mean over agents, of this way to play")
            for way in PLAYS
            for name in ("cooperation", "appropriation")
        },
    },
    "biaxial_calibration": {
        "play": Column("text", "one of `agents.appropriation`, or a learner that was trained"),
        "objective": Column("text", "endpoint, or the name of a schedule of waypoints"),
        "round": Column("integer", "round of the descent, from 1"),
        "axis": Column("text", "parameter that varies", ("kappa", "xi")),
        "kappa": _SETTING["kappa"],
        "xi": _SETTING["xi"],
        "vertex": Column("flag", "vertex of the parabola, not a point of the sweep"),
        "kept": Column("flag", "smallest objective of its axis: the descent goes on from here"),
        "runs": Column("integer", "runs trained at this point; 0 where the game is solved"),
        "finished": Column("integer", "runs that finished: what follows is their mean"),
        "steps": Column("integer", "environment steps planned of each; 0 where the game is solved"),
        "appropriation": Column("number", "p at the end, mean over agents, 0 to 1", (), True),
        **_ANY_TRUST,
        "value": Column("number", "sum of squared distances from the targets", (), True),
    },
}
