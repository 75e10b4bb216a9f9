"""A small invented study whose corpora are whole: every table, one run of each status."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coopetition.reports import schema
from coopetition.reports.columns import TABLES
from coopetition.reports.corpora import package
from coopetition.reports.corpora.catalogue import CORPORA
from frames import NAN, row, run

STATUSES = ("finished", "finished", "diverged", "failed", "excluded")
MODES = ("private", "integrated")
KINDS = TABLES["evaluations"]["kind"].allowed
LEFT_OUT = {name: "no such table" for name, c in CORPORA.items() if c.table not in TABLES}
PLACES = [("v0", "Alpha")]
ABOUT = {"study": "tiny", "configuration_hash": "c0ffee"}


def scores() -> pd.DataFrame:
    """Ten runs, two modes, with fifty steps planned."""
    rows = []
    for mode in MODES:
        for seed, status in enumerate(STATUSES):
            done = status == "finished"
            values = [1.5, 2.5] if done else [NAN, NAN]
            found = run(
                **{"reward_mode": mode, "seed": seed, "status": status, "n_agents": 2},
                **{"reason": "" if done else f"it {status}", "steps_planned": 50},
                **{"steps_done": 50 if done else 0, "trust": 0.5, "cooperation": 0.25},
                **{"payoff_per_agent": values, "share_per_agent": [v / 10 for v in values]},
                **{"cpu_seconds": 1.0, "wall_seconds": 2.0, "deviation_gain": NAN},
            )
            if not done:
                found |= {"trust": NAN, "cooperation": NAN, "untrained_welfare": NAN}
            if status == "excluded":
                found["score"] = NAN
            rows.append(found)
    return schema.table("scores", rows)


def plan() -> pd.DataFrame:
    """The plan of these runs."""
    factors = [name for name in TABLES["plan"] if name != "hyperparameters"]
    return schema.table("plan", scores()[factors].assign(hyperparameters="{}"))


def trajectory() -> dict[str, pd.DataFrame]:
    """One data set of two episodes, of three steps and of two."""
    lengths, name = (3, 2), "Alpha-v0/Random"
    steps = [
        row(
            "transitions",
            **{"set_id": name, "episode": episode, "step": step, "trust": None},
            **{"terminated": False, "truncated": step == length - 1},
        )
        for episode, length in enumerate(lengths)
        for step in range(length)
    ]
    one = row("transition_sets", set_id=name, transitions=sum(lengths), episodes=2)
    return {
        "trajectories": schema.table("transitions", steps),
        "trajectory_sets": schema.table("transition_sets", [one]),
    }


def tables() -> dict[str, pd.DataFrame]:
    """Corpus -> the table that it is made of."""
    made = {"training_runs": scores(), **trajectory()}
    finished = made["training_runs"].query("status == 'finished'")["run_id"]
    place = {"environment": "Alpha", "edition": "v0", "trust": 0.5, "cooperation": 0.5}
    curves = [
        row("curves", run_id=i, step=s, trust=0.1, cooperation=0.3)
        for i in finished
        for s in (0, 50)
    ]
    evaluated = [
        row("evaluations", run_id=i, kind=kind, trust=0.1, cooperation=0.3)
        for i in finished
        for kind in KINDS
    ]
    surface = [
        row(
            "reference",
            **{"level": level, "policy": f"Constant_{level:02d}", "reward_mode": mode, **place},
            mode_return=10.0 * level,
        )
        for level in range(101)
        for mode in MODES
    ]
    others = [row("reference", level=None, policy="Random", mode_return=1.0, **place)]
    made |= {
        "learning_curves": schema.table("curves", curves),
        "evaluation_episodes": schema.table("evaluations", evaluated),
        "certificates": schema.table(
            "certificates", [row("certificates", environment="Alpha", edition="v0")]
        ),
        **dict.fromkeys(
            ("response_surfaces", "reference_policies"),
            schema.table("reference", [*surface, *others]),
        ),
    }
    for name, corpus in CORPORA.items():
        if name not in made and name not in LEFT_OUT:
            # Shares and probabilities of the invented rows lie within their bounds.
            one = {k: 0.3 if v == 0.1 + 0.2 else v for k, v in row(corpus.table).items()}
            made[name] = schema.table(corpus.table, [one])
    return made


def build(folder: Path) -> pd.DataFrame:
    """Writes its corpora; returns the inventory."""
    return package.package(tables(), LEFT_OUT, folder, **ABOUT)
