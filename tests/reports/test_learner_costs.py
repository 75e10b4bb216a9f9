"""What learners cost: rows of the table, and the projected hours of the published study."""

import pytest

from coopetition.reports import schema
from coopetition.reports.learner_costs import cost_rows, cost_summary
from coopetition.reports.sources import published
from frames import NAN, row

SIXTEEN = list(published("algorithm_inventory")["algorithm"])


def costs(*changes):
    base = {"protocol": "corrected", "machine": "a core", "hours_v0": 10.0, "hours_v1": 5.0}
    base["hours_crowd"] = 4.0
    return schema.table("learner_costs", [row("learner_costs", **base | each) for each in changes])


def test_figures_of_two_and_six_agents_are_pairs():
    only_six = {"ms_alone_2": NAN, "ms_alone_6": 0.5, "updates_library_2": 7.0}
    (found,) = cost_rows(costs({"policy": "MeanFieldAC", **only_six}))
    assert (found["policy"], found["hours_v0"], found["hours_v1"]) == ("MeanFieldAC", 10.0, 5.0)
    assert found["ms_alone"] == [pytest.approx(NAN, nan_ok=True), 0.5]
    assert found["updates_library"][0] == 7.0


def test_hours_are_those_of_the_published_learners_in_their_corrected_form():
    others = [{"policy": name} for name in ("IQL", "Central_PPO")]
    joint = [
        {"policy": name, "protocol": "as_published", "hours_v0": hours, "hours_v1": NAN}
        for name, hours in (("Central_PPO", 20.0), ("Central_SAC", 30.0))
    ]
    every = [{"policy": name} for name in SIXTEEN]
    assert cost_summary(costs(*every, *others, *joint)) == (
        "In their corrected form the 16 learners of the published study would take 160 CPU-hours "
        "on the released edition (at most 450 were aimed for) and 80 CPU-hours on the formal "
        "edition (at most 300 were aimed for). Of the former 64 are for the one game of forty "
        "agents. Central_PPO, Central_SAC as published are apart from these, with 50 CPU-hours on "
        "the released edition. The published study states 3,400 GPU-hours. Measured on: a core."
    )


def test_what_is_not_whole_is_not_compared_with_the_aim():
    text = cost_summary(costs({"policy": "IPPO"}, {"policy": "ISAC"}))
    assert text.startswith(
        "In their corrected form 2 of the 16 learners of the published study, which is as many as "
        "are recorded, would take 20 CPU-hours on the released edition and 10 CPU-hours on"
    )
    assert "aimed" not in text
    assert "as published" not in text
    assert cost_summary(costs({"policy": "IQL"})) == cost_summary(costs()) == ""
