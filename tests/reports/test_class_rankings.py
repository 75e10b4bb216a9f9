"""Rankings by class in score: hand-computed values, what is compared, and the published order."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs
from rliable import metrics

from coopetition.reports import schema
from coopetition.reports.class_rankings import ranking_rows, ranking_summary, shown_rankings
from coopetition.reports.columns import MODES
from frames import run

TR_1, TR_2 = ("PartnerHoldUp", "SLCD"), ("TrustDilemma",)


def ranked(scores, repetitions=300):
    return schema.table("class_rankings", ranking_rows(scores, repetitions=repetitions))


@pytest.fixture
def scores():
    generator = np.random.default_rng(2)
    means = {"IPPO": 0.2, "ISAC": 0.21, "QMIX": 0.9, "VDN": 0.5}
    tables = {p: generator.normal(mean, 0.05, (4, 2)) for p, mean in means.items()}
    return tables, matrix_runs(tables, names=TR_1)


def test_learners_go_by_interquartile_mean_with_the_ranks_of_resamples(scores):
    tables, runs = scores
    rows = ranked(runs).set_index("policy")
    assert rows["rank"].tolist() == [1, 2, 3, 4]
    assert rows.index.tolist()[:2] == ["QMIX", "VDN"]
    for policy, matrix in tables.items():
        row = rows.loc[policy]
        assert row["iqm"] == pytest.approx(metrics.aggregate_iqm(matrix))
        assert row["low"] <= row["iqm"] <= row["high"]
        assert sum(row["rank_shares"]) == pytest.approx(1)
        assert row["mean_rank"] == pytest.approx(np.dot(row["rank_shares"], [1, 2, 3, 4]))
    ends = [rows.loc[p, ["rank_low", "rank_high"]].tolist() for p in ("QMIX", "VDN", "IPPO")]
    assert ends == [[1, 1], [2, 2], [3, 4]], "IPPO and ISAC differ by less than their seeds"
    assert set(rows["mechanism_class"]) == {"TR-1"}
    assert set(rows["environments"]) == {2}


def test_classes_are_ranked_apart_and_only_over_common_environments(scores):
    _, runs = scores
    narrow = matrix_runs({"MeanFieldAC": np.ones((4, 1))}, names=TR_1[:1])
    other = matrix_runs({"QMIX": np.zeros((4, 1)), "VDN": np.ones((4, 1))}, names=TR_2)
    rows = ranked(pd.concat([runs, narrow, other]))
    first = rows[rows["rank"] == 1].set_index("mechanism_class")["policy"]
    assert first.to_dict() == {"TR-1": "QMIX", "TR-2": "VDN"}
    assert "MeanFieldAC" not in set(rows["policy"])


def test_equal_learners_share_a_rank_and_failed_runs_count_as_zero():
    runs = matrix_runs({"IPPO": [[0.5]], "ISAC": [[0.5]]}, names=TR_2)
    rows = ranked(runs)
    assert rows["rank"].tolist() == [1, 1]
    assert rows["mean_rank"].tolist() == [1.5, 1.5]
    assert rows["rank_shares"].tolist() == [[0.5, 0.5]] * 2
    failed = run(policy="QMIX", environment="TrustDilemma", seed=0, status="failed")
    last = ranked(pd.concat([runs, schema.table("scores", [failed])])).iloc[-1]
    assert (last["policy"], last["rank"], last["iqm"]) == ("QMIX", 3, 0.0)


def test_the_published_rank_is_that_of_the_released_edition_and_of_the_mode(scores):
    tables, runs = scores
    rows = ranked(runs).set_index("policy")
    assert rows["published_rank"].dropna().to_dict() == {"QMIX": 1, "VDN": 5}
    assert rows.loc["QMIX", "published_as"] == "QMIX"
    joint = matrix_runs({"Central_PPO": [[0.1]]}, names=TR_1[:1], protocol="as_published")
    (found,) = ranked(joint).to_dict("records")
    assert found["published_rank"] == 17.5, "two names share the code: ranks 17 and 18"
    for changes in ({"edition": "v1"}, {"reward_mode": "private"}):
        assert ranked(matrix_runs(tables, names=TR_1, **changes))["published_rank"].isna().all()


def test_orders_are_compared_by_kendalls_tau():
    means = {"QMIX": 0.1, "COMA": 0.5, "VDN": 0.9}
    runs = matrix_runs({p: np.full((2, 2), mean) for p, mean in means.items()}, names=TR_1)
    said = ranking_summary(ranked(runs))
    assert said.endswith("both have: −1.00 in TR-1 (3 learners, corrected).")
    few = ranked(matrix_runs({"QMIX": [[0.1]], "VDN": [[0.2]]}, names=TR_2))
    assert ranking_summary(few).startswith("Fewer than 3 learners")


def test_the_report_shows_first_places_by_mode(scores):
    tables, runs = scores
    private = matrix_runs({"IPPO": tables["IPPO"]}, names=TR_1, reward_mode="private")
    rows = shown_rankings(ranked(pd.concat([runs, private])))
    assert [row["place"] for row in rows] == [1, 2, 3, 4]
    assert [row["published"] for row in rows] == ["QMIX", "COMA", "MeanFieldAC", "ISAC"]
    first, second, *_ = rows
    assert [first[mode] and first[mode]["policy"] for mode in MODES] == ["IPPO", "QMIX", None]
    assert second["private"] is None
    formal = shown_rankings(ranked(matrix_runs(tables, names=TR_1, edition="v1")))
    assert {row["published"] for row in formal} == {""}


def test_no_runs_give_no_ranking():
    rows = ranked(schema.table("scores", []))
    assert rows.empty
    assert shown_rankings(rows) == []
