"""How much of the gain of the best constant over half the endowment learners attain.

    attained = (J - J_50) / (J_best - J_50)

J is the cooperative return of a trained policy, J_50 that of everybody at 50 % of the own
endowment, J_best that of the best constant; likewise of the share that earns most under noise.
Recorded by `tests/benchmarks/learning_gate.py`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

# Least share that a learner should attain, within so many environment steps.
LEAST, BUDGET = 0.8, 50_000


def gate_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per environment and learner of `learning_gate`, means over seeds.

    Returns:
        Rows with the number of seeds, the share before training (`untrained`), at the last
        checkpoint of the budget (`attained`, after `steps`; `least` of any seed) and at the best
        one (`peak`, after `peak_step`), whether the last one is enough (`passed`), the CPU-seconds
        of a run up to there, and of learners that were trained for longer what they attain in the
        end (`longer`, after `longer_steps`) and when first enough past the budget (`reached`).
    """
    shares = table.assign(attained=_share(table, "training_return"))
    shares = shares.sort_values("environment", kind="stable")
    rows = []
    for (environment, policy), cell in shares.groupby(["environment", "policy"], sort=False):
        grid = cell.pivot(index="step", columns="seed", values="attained")
        whole = grid.mean(axis=1)
        grid, along = grid.loc[:BUDGET], whole.loc[:BUDGET]
        trained, later = along.iloc[1:], whole.loc[BUDGET + 1 :]
        enough = later.index[later >= LEAST]
        cpu = float(cell.groupby("seed")["cpu_seconds"].first().mean())
        rows.append(
            {
                "environment": environment,
                "policy": policy,
                "seeds": grid.shape[1],
                "steps": int(along.index[-1]),
                "untrained": float(along.iloc[0]),
                "attained": float(along.iloc[-1]),
                "least": float(grid.iloc[-1].min()),
                "peak": float(trained.max()),
                "peak_step": int(trained.idxmax()),
                "passed": bool(along.iloc[-1] >= LEAST),
                "cpu_seconds": cpu * float(along.index[-1] / whole.index[-1]),
                "longer": float(later.iloc[-1]) if len(later) else None,
                "longer_steps": int(later.index[-1]) if len(later) else None,
                "reached": int(enough[0]) if len(enough) else None,
            }
        )
    return rows


def noise_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of `noise_response`: what the best mean attains with the noise and without it."""
    shown = table.assign(
        noisy=_share(table, "noisy_return"), evaluated=_share(table, "training_return")
    )
    kept = ["environment", "deviation", "best_mean", "noisy", "evaluated"]
    return shown[kept].to_dict("records")


def _share(table: pd.DataFrame, column: str) -> pd.Series:
    """Returns between those of everybody at 50 % (0) and of the best constant (1)."""
    half = table["return_half"]
    return (table[column] - half) / (table["return_best"] - half)


def gate_summary(rows: list[dict[str, Any]]) -> str:
    """How many attain enough at the end, how many at a checkpoint, and who misses by how much."""
    if not rows:
        return ""
    passed = sum(row["passed"] for row in rows)
    once = sum(row["peak"] >= LEAST for row in rows)
    text = (
        f"At the end {passed} of {len(rows)} learners on an environment attain {LEAST:.2f} or "
        f"more, at some checkpoint along the way {once}."
    )
    missed = "; ".join(_missed(row) for row in rows if not row["passed"])
    return f"{text} Missed at the end: {missed}." if missed else text


def _missed(row: dict[str, Any]) -> str:
    """Who misses by how much, and what longer training changes."""
    text = (
        "{policy} on {environment} ({attained:.2f}; at most {peak:.2f}, after {peak_step:,} steps"
    ).format(**row)
    if row["longer"] is not None:
        text += "; {longer:.2f} after {longer_steps:,}".format(**row)
        first = row["reached"]
        when = f"{LEAST:.2f} first after {first:,}" if first else f"never {LEAST:.2f}"
        text += f", past {BUDGET:,} {when}"
    return f"{text})"
