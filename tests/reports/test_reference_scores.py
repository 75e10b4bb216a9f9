"""Scores of all policies, kept for comparison."""

import pandas as pd
import pytest

from coopetition import agents
from coopetition.reports import columns, reference_scores, schema
from coopetition.reports.reference_scores import main, standings
from coopetition.reports.statistics import with_scores
from frames import certificate, policies, run

LEVELS = {0: (10.0, 300.0), 45: (30.0, 200.0), 100: (20.0, 250.0), None: (5.0, 100.0)}


@pytest.fixture(scope="module")
def table():
    reference = pd.concat([policies("Alpha", LEVELS, mode=mode) for mode in columns.MODES])
    certificates = schema.table("certificates", [certificate("Alpha")])
    modes = {"private": 150.0, "cooperative": 250.0}
    rows = [
        run("training", reward_mode=mode, seed=seed, welfare=welfare + 10 * seed)
        for mode, welfare in modes.items()
        for seed in (0, 1)
    ]
    rows[0] |= {"status": "failed", "reason": "x", "welfare": float("nan")}
    rows.append(run("training", policy="Crowd", status="excluded", reason="x"))
    scores = with_scores(schema.table("training", rows), reference, certificates)
    found = reference_scores.reference_scores(scores, reference, certificates)
    return schema.table("reference_scores", found)


def test_learners_have_a_row_per_mode_and_other_policies_one(table):
    learners = table[table["protocol"] != ""]
    assert list(learners["reward_mode"]) == ["private", "cooperative"]
    assert set(table["policy"]) == {*learners["policy"], "Constant_00", "Constant_100", "Random"}
    assert not table.duplicated(["policy", "reward_mode"]).any()


def test_scores_are_means_in_which_a_broken_run_counts_as_zero(table):
    private, cooperative = (
        table[table["reward_mode"] == m].iloc[0] for m in ("private", "cooperative")
    )
    # The scale goes from 100 to 300.
    assert private["score"] == pytest.approx((0 + 0.3) / 2)
    assert cooperative["score"] == pytest.approx((0.75 + 0.8) / 2)
    assert (private["runs"], private["welfare"]) == (2, 160.0)
    rules = table.set_index("policy")["score"]
    assert (rules["Constant_00"], rules["Random"]) == (1.0, 0.0)


@pytest.fixture
def stored(table, tmp_path, monkeypatch):
    """The table as the one that is kept, on an environment that exists."""
    path = tmp_path / "reference_scores.csv"
    schema.write("reference_scores", table.assign(environment="TrustDilemma"), path)
    monkeypatch.setattr(reference_scores, "PATH", path)


def test_standings_are_sorted_and_place_a_policy_among_the_others(stored):
    scores = standings("TrustDilemma-v0")["score"]
    assert list(scores) == sorted(scores, reverse=True)
    mine = standings("TrustDilemma-v0", agents.make("Constant_40"))
    assert len(mine) == len(scores) + 1
    row = mine[mine["policy"] == "Constant_40 (yours)"].iloc[0]
    expected = agents.evaluate("Constant_40", "TrustDilemma-v0")
    assert row["score"] == pytest.approx(expected.score[0])
    assert standings("SLCD-v0").empty


def test_the_command_prints_them(stored, capsys, tmp_path):
    agents.make("TitForTat", "TrustDilemma-v0").save(tmp_path / "mine.json")
    main(["TrustDilemma-v0", str(tmp_path / "mine.json")])
    assert "TitForTat (yours)" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="python -m coopetition"):
        main([])


@pytest.mark.skipif(not reference_scores.PATH.exists(), reason="no table is kept")
def test_the_table_that_is_kept_covers_the_study():
    kept = schema.read("reference_scores", reference_scores.PATH)
    assert kept.groupby("edition")["environment"].nunique().to_dict() == {"v0": 20, "v1": 20}
    trained = set(kept.loc[kept["protocol"] == "corrected", "policy"])
    assert trained == set(agents.learner_names())
