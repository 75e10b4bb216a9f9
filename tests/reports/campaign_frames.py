"""Invented runs of the supplementary campaigns with known effects, and their tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from coopetition.reports import campaign_content, schema
from coopetition.reports.capacity import capacity, capacity_agreement
from coopetition.reports.critic_rates import critic_rates
from coopetition.reports.mutuality import crossovers, jumps, mutuality
from coopetition.reports.population import partners, population
from frames import audits_of, row, run

SEEDS = range(5)
OWN = ("campaign", "variant", "width", "learning_rate", "mutuality", "score")
OWN += ("welfare_floor", "welfare_ceiling")
DIALS = (0.0, 0.5, 1.0, 1.5, 2.0)
# Shares jump between 0.5 and 1; the independent learner leads up to 1.25.
SHARES = (0.1, 0.12, 0.6, 0.64, 0.7)
LEAD = (0.3, 0.25, 0.1, -0.1, -0.3)
NOTHING = {name: schema.table(name, []) for name in campaign_content.TABLES}


def frame(rows: Iterable[dict[str, Any]], table: str = "campaign_runs") -> pd.DataFrame:
    """Rows as a table of that schema."""
    return schema.table(table, rows)


def one(**changes: Any) -> dict[str, Any]:
    """A run of a campaign; without score and share if it did not finish."""
    made = run("training", **{k: v for k, v in changes.items() if k not in OWN})
    own = {name: changes[name] for name in OWN if name in changes}
    broken = {"score": 0.0} if made["status"] != "finished" else {}
    keys = ("environment", "policy", "reward_mode", "seed")
    made["run_id"] = "-".join(str({**made, **own}[key]) for key in (*keys, *sorted(own)))
    return row("campaign_runs", **{**made, **own, **broken})


def wide() -> pd.DataFrame:
    """Three learners on two environments: order A > B > C at 64 and 128, B > A > C at 256."""
    worth = {64: (0.9, 0.5, 0.1), 128: (0.8, 0.6, 0.2), 256: (0.5, 0.9, 0.1)}
    return frame(
        one(
            **{"campaign": "capacity", "width": width, "policy": policy, "seed": seed},
            **{"environment": environment, "reward_mode": mode, "mutuality": None},
            score=score + 0.01 * seed,
        )
        for width, scores in worth.items()
        for policy, score in zip(("IPPO", "MAPPO", "ISAC"), scores, strict=True)
        for environment in ("Alpha", "Beta")
        for mode in ("private", "integrated")
        for seed in SEEDS
    )


def slow() -> pd.DataFrame:
    """Ten runs of each of two learners per rate: 8, 2 and 0 of MADDPG's break down."""
    return frame(
        one(
            **{"campaign": "critic_rate", "learning_rate": rate, "policy": policy, "seed": seed},
            **{"environment": "ApacheProject", "reward_mode": "private", "mutuality": None},
            steps_done=100 * (seed + 1),
            status="diverged" if policy == "MADDPG" and seed < broken else "finished",
            score=0.5,
        )
        for rate, broken in ((1e-5, 0), (1e-3, 8), (1e-4, 2))
        for policy in ("MADDPG", "MATD3")
        for seed in range(10)
    )


def turned() -> pd.DataFrame:
    """Two learners along the dial: where they jump and who leads is known."""
    names = ("private", "0.5", "integrated", "1.5", "cooperative")
    return frame(
        one(
            **{"campaign": "mutuality", "mutuality": dial, "edition": "v1", "seed": seed},
            **{"policy": policy, "paradigm": paradigm},
            reward_mode=name,
            cooperation=share + 0.01 * seed,
            payoff_per_agent=[1.0 + dial, 3.0],
            score=0.5 + (lead if paradigm == "independent" else 0) + 0.001 * seed,
        )
        for dial, name, share, lead in zip(DIALS, names, SHARES, LEAD, strict=True)
        for policy, paradigm in (("IPPO", "independent"), ("MAPPO", "ctde"))
        for seed in SEEDS
    )


def equilibria() -> pd.DataFrame:
    """Equilibria along the same dial, of which the highest jumps between 1 and 1.5."""
    shares = {0.0: (0.1, 0.2), 0.5: (0.1, 0.2), 1.0: (0.3,), 1.5: (0.8,), 2.0: (0.9,)}
    return frame(
        (
            row(
                "dial_equilibria",
                **{"environment": "Alpha", "edition": "v1", "mutuality": dial},
                **{"number": number, "cooperation": share},
            )
            for dial, found in shares.items()
            for number, share in enumerate(found)
        ),
        "dial_equilibria",
    )


def grown() -> pd.DataFrame:
    """CPU time grows with the square of the number of agents."""
    return frame(
        one(
            **{"campaign": "population", "n_agents": size, "seed": seed, "policy": "IPPO"},
            **{"environment": "TrustDilemma", "edition": "v0", "mutuality": None},
            **{"reward_mode": "integrated", "welfare": 10.0 * size, "steps_done": 1000},
            cpu_seconds=0.5 * size**2,
            score=1 / size,
        )
        for size in (2, 4, 8)
        for seed in SEEDS
    )


def campaign_tables() -> dict[str, pd.DataFrame]:
    """The tables that follow from all these runs."""
    audits = audits_of([("TrustDilemma", "v0")])
    met, mixed = audits["audit_cross_play"], audits["audit_mixture"]
    rows = {
        "capacity": capacity(wide()),
        "capacity_agreement": capacity_agreement(wide(), repetitions=50),
        "critic_rates": critic_rates(slow()),
        "mutuality": mutuality(turned(), equilibria()),
        "mutuality_jumps": jumps(turned(), equilibria(), repetitions=50),
        "mutuality_crossovers": crossovers(turned(), repetitions=50),
        "population": population(grown()),
        "population_partners": partners(met, mixed, grown()),
    }
    return {name: frame(found, name) for name, found in rows.items()}
