"""Invented runs on the two-dimensional S-LCD."""

import pandas as pd

from coopetition.reports import schema

POINTS = ((0.20, 0.60), (0.40, 0.90))


def played(policy="IPPO", point=POINTS[0], seed=200, final=0.1, steps=4000, **changes):
    """One run, whose agents appropriate `final` and a tenth more at the end."""
    eta, beta = point
    row = {
        **{"eta": eta, "beta": beta, "policy": policy, "reward_mode": "integrated"},
        **{"seed": seed, "steps": steps, "status": "finished"},
        **{"cooperation": [30.0, 40.0], "appropriation": [0.2, 0.4]},
        **{"final_appropriation": [final, final + 0.1]},
        **{"returns": [9000.0, 9900.0], "payoffs": [5800.0, 5700.0]},
        **{"trust_first": 0.8, "trust_second": 0.9, "trust_third": 0.95, "trust_end": 0.99},
        "cpu_seconds": 2.0,
    }
    return row | changes


def broken(**changes):
    """One run that broke down."""
    nan = [float("nan")] * 2
    lists = ("cooperation", "appropriation", "final_appropriation", "returns", "payoffs")
    trust = dict.fromkeys(("trust_first", "trust_second", "trust_third", "trust_end"))
    return played(status="diverged", **dict.fromkeys(lists, nan), **trust, **changes)


def table(rows) -> pd.DataFrame:
    """Rows as the table `biaxial_runs`."""
    return schema.table("biaxial_runs", rows)


def played_runs() -> pd.DataFrame:
    """Two learners at two points with two seeds; one run broke down."""
    rows = [
        played(policy, point, seed, final)
        for policy, final in (("IPPO", 0.3), ("ISAC", 0.0))
        for point in POINTS
        for seed in (200, 201)
    ]
    return table([*rows[:-1], broken(policy="ISAC", point=POINTS[1], seed=201)])
