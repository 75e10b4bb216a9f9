"""Runs that break down or are unstable: counts by hand, and what is published beside them."""

import pytest

from coopetition.reports import schema
from coopetition.reports.breakdowns import (
    breakdown_rows,
    breakdown_summary,
    instability_rows,
    peak_over_median,
    shown_breakdowns,
    shown_instability,
)
from coopetition.reports.sources import published
from frames import row, run


def scores(*rows):
    return schema.table("scores", [run(**{"policy": "MASAC", **changes}) for changes in rows])


def curves(returns):
    rows = [
        row("curves", run_id=run_id, step=step, training_return=float(value))
        for run_id, values in returns.items()
        for step, value in enumerate(values)
    ]
    return schema.table("curves", rows)


@pytest.fixture
def runs():
    """Two seeds on two environments: one diverged, one failed, one with a peak."""
    return scores(
        {"environment": "ApacheProject", "seed": 1, "run_id": "calm"},
        {"environment": "ApacheProject", "seed": 2, "run_id": "gone"}
        | {"status": "diverged", "steps_done": 2048},
        {"environment": "SLCD", "seed": 1, "run_id": "peak"},
        {"environment": "SLCD", "seed": 2, "run_id": "lost"} | {"status": "failed"},
        {"environment": "SLCD", "seed": 3, "run_id": "none"} | {"status": "excluded"},
    )


@pytest.fixture
def along():
    return curves({"calm": [1, 1, 4], "gone": [1, 2, 3], "peak": [-1, 2, 1, 20, -1]})


def made(runs, along):
    broken = schema.table("breakdowns", breakdown_rows(runs))
    return broken, schema.table("instability", instability_rows(runs, along))


def test_cells_count_runs_that_broke_with_the_first_step(runs, along):
    broken, _ = made(runs, along)
    ours = broken[broken["source"] == "this study"].set_index("environment")
    columns = ["runs", "broken", "first_step", "precision"]
    assert ours.loc["ApacheProject", columns].tolist() == [2, 1, 2048, "single"]
    found = ours.loc["SLCD"]
    assert (found["runs"], found["broken"]) == (2, 1), "the excluded run counts nowhere"
    assert found.isna()["first_step"], "a run that failed for another reason has no such step"


def test_published_cells_have_the_precision_of_the_released_code(runs, along):
    broken, _ = made(runs, along)
    stated = broken[broken["source"] == "published"]
    assert len(stated) == len(published("nan_cells"))
    half = stated[stated["precision"] == "half"]
    assert set(half["policy"]) == {"MADDPG", "MATD3", "M3DDPG", "MADDPG/MATD3/M3DDPG"}
    assert int(stated.loc[stated["policy"] == "(total)", "broken"].iloc[0]) == 62


def test_unstable_by_every_definition(runs, along):
    assert peak_over_median(along).to_dict() == {"calm": 4.0, "gone": 1.5, "peak": 20.0}
    _, found = made(runs, along)
    rows = found.set_index("criterion")
    assert rows["runs"].to_dict() == {"peak": 3, "loss": 4, "return": 4}
    assert rows["unstable"].to_dict() == {"peak": 1, "loss": 1, "return": 2}
    assert rows["environments"].to_dict() == {
        **{"peak": "SLCD", "loss": "ApacheProject"},
        "return": "ApacheProject, SLCD",
    }
    assert rows["published_unstable"].to_dict() == {"peak": 41, "loss": 8, "return": 21}
    assert rows["published_runs"].dropna().to_dict() == {"peak": 600, "loss": 60}


def test_the_report_sets_our_runs_beside_the_published_cells(runs, along):
    broken, unstable = made(runs, along)
    rows = {(r["policy"], r["environment"], r["reward_mode"]): r for r in shown_breakdowns(broken)}
    cell = rows["MASAC", "ApacheProject", "all three"]
    assert (cell["published_broken"], cell["precision"]) == (0, "single")
    assert cell["v0"] == {"broken": 1, "runs": 2, "first_step": 2048}
    assert cell["v1"] is None
    assert rows["MASAC", "TR-3 (unspecified)", "integrated (baseline)"]["v0"]["runs"] == 2
    assert rows["MADDPG", "ApacheProject", "private"]["v0"] is None
    other = rows["MASAC", "SLCD", "integrated"]
    assert other["published_broken"] is None
    assert other["v0"]["broken"] == 1
    peak, loss, _ = shown_instability(unstable)
    assert (peak["published_unstable"], peak["published_total"]) == (41, 600)
    assert (peak["v0"]["unstable"], loss["v0"]["unstable"]) == (1, 1)
    assert peak["v1"] is None


def test_a_calm_cell_that_is_not_published_is_not_listed():
    broken, _ = made(scores({"policy": "VDN", "environment": "SLCD"}), curves({}))
    assert "VDN" not in {r["policy"] for r in shown_breakdowns(broken)}


def test_summaries(runs, along):
    said = breakdown_summary(*made(runs, along))
    assert said == (
        "2 of 4 runs broke down, in 2 of 2 cells, the first of them MASAC on ApacheProject-v0 at "
        "step 2,048. By the peak of returns 1 of 3 runs of all learners are unstable, most often "
        "those of MASAC (corrected, v0: 1 of 3)."
    )
    calm = made(scores({}), curves({}))
    assert breakdown_summary(*calm) == "No run broke down, of 1."
    assert breakdown_summary(*made(scores(), curves({}))) == ""
