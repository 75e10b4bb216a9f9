"""Learners against oracles and constants: gaps by hand, published ones, and who is compared."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs

from coopetition.reports import schema
from coopetition.reports.oracle_gaps import (
    REFERENCE_ORACLES,
    exceedance_rows,
    exceedance_summary,
    gap_rows,
    gap_summary,
    rivals_of,
    shown_gaps,
)
from frames import NAN, row

GAMES = ("LoyaltyTeam", "PublicGoods")
# Return of every policy that is compared with.
RETURNS = {"Oracle_Loyalty": 120.0, "Constant_40": 160.0, "Constant_10": 50.0, "Oracle_Nash": -80.0}


def policies(*games, returns=RETURNS, **changes):
    rows = [
        row(
            "reference",
            **{"environment": game, "policy": policy, "mode_return": value},
            level=int(policy[-2:]) if policy.startswith("Constant") else None,
            **{"reward_mode": "integrated", "mechanism_class": "TR-3", **changes},
        )
        for game in games
        for policy, value in returns.items()
    ]
    return schema.table("reference", rows)


def gaps(scores, reference=None, **changes):
    """Of returns 100 (1 + score)."""
    runs = matrix_runs(scores, names=GAMES, **changes)
    reference = policies(*GAMES) if reference is None else reference
    return schema.table("oracle_gaps", gap_rows(runs, reference, repetitions=200))


def one(rows, **where):
    for key, value in where.items():
        rows = rows[rows[key] == value]
    (found,) = rows.to_dict("records")
    return found


def test_gaps_by_hand():
    """A mean return of 180 is 50 % above 120, 12.5 % above 160, and 260 above -80."""
    rows = gaps({"QMIX": [[0.7], [0.9]]})
    found = one(rows, environment="LoyaltyTeam-v0")
    assert found["mean_return"] == pytest.approx(180)
    assert (found["oracle"], found["constant"]) == ("Oracle_Loyalty", "Constant_40")
    assert found["oracle_gap"] == pytest.approx(50)
    assert found["constant_gap"] == pytest.approx(12.5)
    assert found["nash_gap"] == pytest.approx(325), "in % of its size"
    assert np.isnan(found["planner_gap"]), "it does not play"
    assert (found["oracle_low"], found["oracle_high"]) == pytest.approx((100 / 2.4, 70 / 1.2))


def test_the_mean_over_a_class_is_of_gaps_not_of_returns():
    reference = pd.concat(
        [policies("LoyaltyTeam"), policies("PublicGoods", returns={"Oracle_Loyalty": 12000.0})]
    )
    rows = gaps({"QMIX": [[0.2, 0.2]], "VDN": [[0.8, 0.8]]}, reference)
    found = one(rows, environment="", policy="QMIX")
    assert found["oracle_gap"] == pytest.approx((0 - 99) / 2)
    assert np.isnan(found["constant_gap"]), "no constant in one of them"
    assert found["environments"] == found["runs"] == 2
    assert rows.loc[rows["environment"] == "", "policy"].tolist() == ["VDN", "QMIX"]


def test_failed_runs_and_environments_without_reference_are_left_out():
    runs = matrix_runs({"QMIX": [[0.2, 0.2], [0.8, 0.8]]}, names=GAMES)
    runs.loc[0, ["status", "training_return"]] = ["failed", NAN]
    rows = pd.DataFrame(gap_rows(runs, policies("LoyaltyTeam"), repetitions=5))
    assert one(rows, environment="LoyaltyTeam-v0")["mean_return"] == pytest.approx(180)
    assert set(rows["environment"]) == {"LoyaltyTeam-v0", ""}


def test_every_class_has_the_oracle_of_the_published_analysis(recorded):
    """study.md 13.1, on the recorded policies of all environments."""
    rows = rivals_of(recorded["reference"])
    released = rows[rows["name"].str.endswith("-v0")].drop_duplicates("name").set_index("name")
    assert released["oracle"].value_counts().to_dict() == dict.fromkeys(
        REFERENCE_ORACLES.values(), 5
    )
    for game in ("RenaultNissan", "SynergySearch", "PartnerHoldUp"):
        assert released.loc[f"{game}-v0", "oracle"] == "Oracle_Equilibrium"
    assert released.loc["SLCD-v0", "oracle"] == "Oracle_TrustAware"
    assert released["oracle_return"].notna().all(), "it plays them"
    assert rows["planner_return"].notna().all()


def test_the_published_exceedance_is_recomputed_without_training(recorded):
    empty = schema.table("oracle_gaps", [])
    rows = schema.table("exceedances", exceedance_rows(empty, recorded["reference"]))
    assert len(rows) == 5
    assert rows["oracle_gap"].to_numpy() == pytest.approx(rows["published_gap"], abs=0.01)
    assert (rows["constant_gap"] < -1.5).all()
    assert set(rows["policy"]) == {""}
    said = exceedance_summary(rows)
    assert "The published mean gap over 5 environments is +0.88 %" in said
    assert "below the best constant on 5 of 5 environments, with a mean gap of −3.71 %" in said


def test_our_runs_of_the_published_learner_stand_beside():
    rows = gaps({"Central_SAC": [[0.5]], "Central_PPO": [[0.8]]}, protocol="as_published")
    found = pd.DataFrame(exceedance_rows(rows, policies(*GAMES)))
    ours = one(found, environment="LoyaltyTeam-v0")
    assert (ours["policy"], ours["runs"]) == ("Central_SAC", 1)
    assert ours["learner_gap"] == pytest.approx(25)
    assert one(found, environment="ApacheProject-v0")["policy"] == ""
    corrected = pd.DataFrame(exceedance_rows(gaps({"ISAC": [[0.5]]}), policies(*GAMES)))
    assert set(corrected["policy"]) == {""}, "our ISAC is another learner"


def test_the_report_shows_the_first_of_a_class_and_counts_those_above():
    names = ("IPPO", "IA2C", "LOLA", "FCP", "QMIX", "VDN", "COMA")
    rows = gaps({name: [[0.1 * number]] for number, name in enumerate(names)})
    assert [found["policy"] for found in shown_gaps(rows)] == ["COMA", "VDN", "QMIX", "FCP", "LOLA"]
    assert "4 of 7 pairs of learner and environment above the oracle and 0 above" in gap_summary(
        rows
    )


def test_nothing_trained_gives_empty_tables():
    scores, reference = (schema.table(name, []) for name in ("scores", "reference"))
    rows = schema.table("oracle_gaps", gap_rows(scores, reference, repetitions=5))
    assert rows.empty
    assert gap_summary(rows) == ""
    unknown = schema.table("exceedances", exceedance_rows(rows, reference))
    assert unknown["oracle_gap"].isna().all()
    assert exceedance_summary(unknown) == ""
