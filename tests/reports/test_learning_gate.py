"""How much of the gain of the best constant learners attain: rows and sentence."""

import pytest

from coopetition.reports import learning_gate, schema
from coopetition.reports.learning_gate import gate_rows, gate_summary, noise_rows
from frames import row

# Returns of everybody at 50 % and of the best constant.
HALF, BEST = 100.0, 200.0


def cell(policy, curves, environment="Alpha-v0"):
    """Rows of a learner whose seeds attain these shares, a checkpoint every 10 steps."""
    return [
        row(
            "learning_gate",
            **{"policy": policy, "environment": environment, "seed": seed, "step": 10 * i},
            **{"return_half": HALF, "return_best": BEST, "cpu_seconds": float(seed)},
            training_return=HALF + share * (BEST - HALF),
        )
        for seed, curve in enumerate(curves, start=1)
        for i, share in enumerate(curve)
    ]


def measured(*cells):
    return gate_rows(schema.table("learning_gate", [row for cell in cells for row in cell]))


def test_shares_are_means_over_seeds_between_half_and_the_best_constant():
    (found,) = measured(cell("IPPO", [(-1.0, 0.9, 0.5), (0.0, 0.8, 0.7)]))
    assert found == {
        **{"environment": "Alpha-v0", "policy": "IPPO", "seeds": 2, "steps": 20},
        **{"untrained": pytest.approx(-0.5), "attained": pytest.approx(0.6)},
        **{"least": pytest.approx(0.5), "peak": pytest.approx(0.85), "peak_step": 10},
        **{"passed": False, "cpu_seconds": 1.5},
        **dict.fromkeys(("longer", "longer_steps", "reached")),
    }


def test_what_a_learner_attains_untrained_is_no_peak():
    (found,) = measured(cell("IPPO", [(0.95, 0.1, 0.3)]))
    assert (found["peak"], found["peak_step"]) == (pytest.approx(0.3), 20)


def test_what_comes_after_the_budget_is_told_apart(monkeypatch):
    monkeypatch.setattr(learning_gate, "BUDGET", 20)
    late = cell("IPPO", [(0.0, 0.5, 0.6, 0.7, 0.9, 0.8)])
    (found,) = measured(late)
    assert (found["steps"], found["attained"], found["peak"]) == (20, pytest.approx(0.6), 0.6)
    assert (found["longer_steps"], found["longer"]) == (50, pytest.approx(0.8))
    assert found["reached"] == 40
    assert found["cpu_seconds"] == pytest.approx(1.0 * 20 / 50)
    assert "after 20 steps; 0.80 after 50, past 20 0.80 first after 40)" in gate_summary([found])
    (never,) = measured(cell("IPPO", [(0.0, 0.5, 0.6, 0.7)]))
    assert "0.70 after 30, past 20 never 0.80)" in gate_summary([never])


def test_environments_stand_together_however_they_were_measured():
    cells = [cell(p, [(0, 1)], e) for p in ("IPPO", "ISAC") for e in ("B-v0", "A-v0")]
    assert [(found["environment"], found["policy"]) for found in measured(*cells)] == [
        *(("A-v0", "IPPO"), ("A-v0", "ISAC"), ("B-v0", "IPPO"), ("B-v0", "ISAC"))
    ]


def test_the_summary_counts_who_attains_enough_and_names_who_does_not():
    good, late = cell("IPPO", [(0.0, 0.5, 0.8)]), cell("ISAC", [(0.0, 0.9, 0.79)])
    never = cell("MAPPO", [(0.0, -2.0, -3.0)])
    assert gate_summary(measured(good, late, never)) == (
        "At the end 1 of 3 learners on an environment attain 0.80 or more, at some checkpoint "
        "along the way 2. Missed at the end: ISAC on Alpha-v0 (0.79; at most 0.90, after 10 "
        "steps); MAPPO on Alpha-v0 (-3.00; at most -2.00, after 10 steps)."
    )
    assert "Missed" not in gate_summary(measured(good))
    assert gate_summary(measured()) == ""


def test_what_noise_earns_counts_on_the_same_scale():
    table = schema.table(
        "noise_response",
        [
            row(
                "noise_response",
                **{"environment": "Alpha-v0", "deviation": 0.6, "best_mean": 1.5},
                **{"return_half": HALF, "return_best": BEST},
                **{"noisy_return": 150.0, "training_return": 90.0},
            )
        ],
    )
    (found,) = noise_rows(table)
    assert (found["noisy"], found["evaluated"]) == (0.5, -0.1)
    assert found["best_mean"] == 1.5
    assert noise_rows(table.iloc[:0]) == []
