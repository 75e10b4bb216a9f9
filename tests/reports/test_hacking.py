"""Reward hacking: planted and aligned learning curves."""

import numpy as np
import pandas as pd
import pytest

from coopetition.reports import schema
from coopetition.reports.hacking import reward_hacking
from frames import row, run

STEPS = np.arange(11) * 100
RISING = np.linspace(100.0, 300.0, 11)
# Up to step 400 payoffs rise with the reward, then they fall.
HACKED = np.array([100, 120, 140, 160, 180, 170, 150, 140, 130, 120, 110], float)


def found(reward, welfare, **changes):
    """The row of one run with these evaluations."""
    runs = schema.table("training", [run("training", run_id="one", **changes)])
    curves = [
        row("curves", run_id="one", step=int(step), training_return=float(r), welfare=float(w))
        for step, r, w in zip(STEPS, reward, welfare, strict=False)
    ]
    table = schema.table("audit_reward_hacking", reward_hacking(runs, pd.DataFrame(curves)))
    [only] = table.to_dict("records")
    return only


def test_a_planted_break_is_found_where_it_is():
    only = found(RISING, HACKED)
    assert only["breaks"] and only["break_step"] == 400
    assert (only["peak_welfare"], only["last_welfare"]) == (180.0, 115.0)
    assert (only["peak_return"], only["last_return"]) == (180.0, 290.0)
    assert only["evaluations"] == 11
    assert only["correlation"] == pytest.approx(np.corrcoef(RISING, HACKED)[0, 1])


def test_an_opposite_reward_breaks_at_once():
    only = found(RISING, -RISING)
    assert only["breaks"] and only["break_step"] == 0
    assert only["correlation"] == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("reward", "welfare"),
    [
        (RISING, 5 * RISING + 7),
        (HACKED, HACKED),  # both fall: training went wrong, but nothing is hacked
        (HACKED[::-1], RISING),  # payoffs rise without the reward
        (RISING, np.where(STEPS == 1000, 0.0, RISING)),  # a single evaluation of chance
        (RISING, 1000 + HACKED / 100),  # a fall below 1 % of the size
        (1000 + RISING / 100, HACKED),  # a rise below 1 % of the size
    ],
)
def test_no_break(reward, welfare):
    only = found(reward, welfare)
    assert not only["breaks"] and pd.isna(only["break_step"])


def test_a_fall_is_measured_against_the_range_of_the_run():
    """From 300 at its peak to 291 is 3 %, but less than a tenth of the way that it rose."""
    welfare = np.concatenate([RISING[:9] + 40, [291.0, 291.0]])
    assert welfare.max() == 300.0
    assert not found(RISING, welfare)["breaks"]
    welfare[-2:] = 270.0
    assert found(RISING, welfare)["break_step"] == 800


def test_private_reward_is_welfare():
    assert found(HACKED, HACKED, reward_mode="private")["correlation"] == pytest.approx(1.0)


def test_what_does_not_move_has_no_correlation():
    only = found(np.zeros(11), HACKED)
    assert pd.isna(only["correlation"]) and not only["breaks"]
    assert pd.isna(found(RISING[:2], HACKED[:2])["correlation"])


def test_the_order_of_evaluations_does_not_matter():
    runs = schema.table("training", [run("training", run_id="one")])
    curves = pd.DataFrame(
        row("curves", run_id="one", step=int(s), training_return=r, welfare=w)
        for s, r, w in zip(STEPS, RISING, HACKED, strict=True)
    )
    assert reward_hacking(runs, curves) == reward_hacking(runs, curves[::-1])


def test_only_finished_runs_count_and_each_has_its_own_curve():
    runs = pd.DataFrame(
        [
            run("training", run_id="one", seed=1),
            run("training", run_id="two", seed=2),
            run("training", run_id="gone", seed=3, status="diverged", reason="NaN"),
        ]
    )
    runs = schema.table("training", runs)
    curves = pd.DataFrame(
        row("curves", run_id=name, step=int(s), training_return=r, welfare=w)
        for name, payoffs in (("one", HACKED), ("two", RISING), ("gone", RISING))
        for s, r, w in zip(STEPS, RISING, payoffs, strict=True)
    )
    rows = reward_hacking(runs, curves)
    assert [(one["run_id"], one["breaks"]) for one in rows] == [("one", True), ("two", False)]
    with pytest.raises(ValueError, match="no curves of the runs one"):
        reward_hacking(runs, curves[curves["run_id"] != "one"])


def test_no_runs():
    runs = schema.table("training", [])
    curves = schema.table("curves", [])
    assert schema.table("audit_reward_hacking", reward_hacking(runs, curves)).empty
