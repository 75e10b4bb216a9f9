"""Returns per policy and environment: by hand, without constants, and differences of modes."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs

from coopetition.reports import schema
from coopetition.reports.columns import MODES
from coopetition.reports.published_means import mean_rows
from coopetition.reports.returns import ablation_rows, ablation_summary, return_rows
from frames import NAN, row

EMPTY = schema.table("reference", [])


def returns(scores, reference=EMPTY):
    return schema.table("returns_summary", return_rows(scores, reference))


def rule(policy, value, **changes):
    level = {"level": int(policy[-2:]) if policy.startswith("Constant") else None}
    about = {"environment": "SLCD", "policy": policy, "mode_return": value, **level}
    return row("reference", **(about | {"reward_mode": "integrated"} | changes))


def test_runs_are_summed_up_by_hand():
    """Returns 110, 120 and 160 of three seeds; one that failed has none."""
    scores = matrix_runs({"QMIX": [[0.1], [0.2], [0.6], [0.9]]}, names=("SLCD",))
    scores.loc[3, ["status", "training_return"]] = ["failed", NAN]
    (found,) = returns(scores).to_dict("records")
    assert (found["n"], found["mean"]) == (3, pytest.approx(130))
    assert found["sd"] == pytest.approx(np.std([110, 120, 160], ddof=1))
    assert found["sem"] == pytest.approx(found["sd"] / np.sqrt(3))
    assert (found["min"], found["max"]) == pytest.approx((110, 160))
    assert found["mechanism_class"] == "TR-1"
    (one,) = returns(matrix_runs({"QMIX": [[0.1]]}, names=("SLCD",))).to_dict("records")
    assert np.isnan([one["sd"], one["sem"]]).all()


def test_heuristics_and_oracles_are_there_and_constants_are_not():
    reference = schema.table(
        "reference",
        [
            rule("Random", 10.0, episodes=100, mode_return_std=5.0),
            rule("Oracle_TrustAware", 30.0, episodes=1, mode_return_std=0.0),
            rule("Constant_50", 20.0),
            rule("Random", 9.0, action_basis="max"),
        ],
    )
    rows = returns(schema.table("scores", []), reference).set_index("policy")
    assert rows.index.tolist() == ["Random", "Oracle_TrustAware"]
    assert rows.loc["Random", ["n", "mean", "sem"]].tolist() == [100, 10.0, 0.5]
    assert np.isnan(rows.loc["Oracle_TrustAware", "sd"])


def test_differences_of_modes_need_all_of_them():
    values = {"private": 0.1, "integrated": 0.6, "cooperative": 0.5}
    parts = [
        matrix_runs({"QMIX": [[value]]}, names=("SLCD",), reward_mode=mode)
        for mode, value in values.items()
    ]
    lacking = matrix_runs({"VDN": [[0.5]]}, names=("SLCD",))
    table = returns(pd.concat([*parts, lacking]))
    rows = schema.table("reward_ablation_summary", ablation_rows(table))
    (found,) = rows.to_dict("records")
    assert [found[f"return_{mode}"] for mode in MODES] == pytest.approx([110, 160, 150])
    assert found["integrated_less_private"] == pytest.approx(50)
    assert found["cooperative_less_integrated"] == pytest.approx(-10)
    said = ablation_summary(rows)
    assert "45.5 % from private to integrated and −6.2 % from integrated" in said
    assert ablation_summary(rows[:0]) == ""


def test_oracles_stand_in_the_means_without_a_published_value():
    scores = matrix_runs({"QMIX": [[0.1, 0.1]]}, names=("SLCD", "PartnerHoldUp"))
    rules = [
        rule("Oracle_Equilibrium", 50.0, environment=game) for game in ("SLCD", "PartnerHoldUp")
    ]
    reference = schema.table("reference", [*rules, rule("Oracle_Nash", 20.0, environment="Other")])
    rows = schema.table("published_means", mean_rows(scores, reference)).set_index("policy")
    assert set(rows.index) == {"QMIX", "Oracle_Equilibrium"}, "where something trained"
    found = rows.loc["Oracle_Equilibrium"]
    assert (found["mean_return"], found["environments"], found["published_as"]) == (50.0, 2, "")
    assert np.isnan(found["published"])
