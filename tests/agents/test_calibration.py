"""Points of a calibration that are reached by training."""

import numpy as np
import pytest

from coopetition.agents import calibration
from coopetition.agents.appropriation_runs import appropriation_rows
from coopetition.agents.calibration import TrainedPoints
from coopetition.agents.training import train_runs
from coopetition.agents.variants import variant_runs

pytestmark = pytest.mark.usefixtures("unregistered")

STAMP = {"version": "0", "commit": "none"}


def runs_of(**changes):
    return variant_runs(
        "IPPO",
        "SLCDAppropriation",
        "v0",
        reward_modes=["integrated"],
        seeds=[1, 2],
        steps=160,
        parameters={"max_steps": 40, "eta": 0.4, "beta": 0.6} | changes,
    )


def test_outcomes_are_means_of_what_runs_at_the_point_play(tmp_path):
    points = TrainedPoints(runs_of(), tmp_path, STAMP)
    low, high = points((0.1, 2.0), (5.0, 30.0))
    runs = runs_of(kappa=2.0, xi=30.0)
    rows = appropriation_rows(runs, train_runs(runs, checkpoints=1))
    assert high["appropriation"] == pytest.approx(
        np.mean([row["final_appropriation"] for row in rows])
    )
    assert high["trust_first"] == pytest.approx(np.mean([row["trust_first"] for row in rows]))
    assert (high["runs"], high["finished"], high["steps"]) == (2, 2, 160)
    assert low["appropriation"] != high["appropriation"]
    assert len(points.results) == 4
    assert {run.run_id for run in runs} < {*points.results}


def test_a_killed_descent_goes_on_at_the_point_where_it_was(tmp_path, monkeypatch):
    first = TrainedPoints(runs_of(), tmp_path, STAMP)((0.5,), (15.0,))

    def again(runs, **given):
        raise AssertionError(f"{runs} are trained again")

    monkeypatch.setattr("coopetition.agents.training.train_runs", again)
    points = TrainedPoints(runs_of(), tmp_path, STAMP)
    assert points((0.5,), (15.0,)) == first
    with pytest.raises(AssertionError, match="trained again"):
        points((0.6,), (15.0,))


@pytest.mark.parametrize("left", [0, 1])
def test_runs_that_fail_are_left_out_and_counted(left, tmp_path, monkeypatch, caplog):
    real = calibration.train_cell

    def failing(runs, **given):
        results = real(runs, **given)
        for result in results[left:]:
            result.weights, result.row["status"] = {}, "failed"
        return results

    monkeypatch.setattr(calibration, "train_cell", failing)
    [found] = TrainedPoints(runs_of(), tmp_path, STAMP)((0.5,), (15.0,))
    assert (found["runs"], found["finished"]) == (2, left)
    assert np.isnan(found["appropriation"]) == (left == 0)
    assert ("none of 2 runs at kappa 0.5, xi 15 finished" in caplog.text) == (left == 0)
