"""Tests of learners: scipy's values, hand-computed ones, published tables of power, simulations."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs
from scipy import stats

from coopetition.reports import schema
from coopetition.reports.significance import (
    ENVIRONMENTS,
    equivalence,
    equivalence_tests,
    holm,
    paired_differences,
    paired_tests,
    power_rows,
    signed_rank,
    smallest_effect,
)
from frames import NAN


def compare(scores, **changes):
    return schema.table("paired_tests", paired_tests(matrix_runs(scores, **changes)))


def test_pairs_are_environments_where_there_are_enough_of_them():
    one, other = np.arange(14.0).reshape(2, 7), np.zeros((2, 7))
    unit, gaps = paired_differences(one, other)
    assert unit == "environments"
    assert gaps.tolist() == [3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
    unit, gaps = paired_differences(one[:, : ENVIRONMENTS - 1], other[:, : ENVIRONMENTS - 1])
    assert (unit, len(gaps)) == ("runs", 2 * (ENVIRONMENTS - 1))


def test_signed_rank_by_hand():
    """All of six differences on one side: 2 of 64 signs are as extreme."""
    assert signed_rank(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])) == pytest.approx(2 / 64)
    assert signed_rank(np.zeros(6)) == 1.0
    gaps = np.array([0.3, -0.1, 0.25, 0.7, -0.05, 0.4, 0.2])
    assert signed_rank(gaps) == pytest.approx(stats.wilcoxon(gaps).pvalue)


def test_holm_by_hand():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])) == pytest.approx([1.0, 1.0])
    assert holm(np.array([])).tolist() == []


def test_equivalence_against_two_tests_of_scipy():
    gaps = np.array([0.01, -0.02, 0.015, 0.0, -0.005, 0.02])
    p, low, high = equivalence(gaps, 0.02)
    lower = stats.ttest_1samp(gaps, -0.02, alternative="greater")
    upper = stats.ttest_1samp(gaps, 0.02, alternative="less")
    assert p == pytest.approx(max(lower.pvalue, upper.pvalue))
    theirs = stats.ttest_1samp(gaps, 0.0).confidence_interval(0.90)
    assert (low, high) == pytest.approx((theirs.low, theirs.high))
    assert (p < 0.05) == (low > -0.02 and high < 0.02)


def test_equivalence_of_equal_values_and_of_one():
    assert equivalence(np.zeros(3), 0.02) == (0.0, 0.0, 0.0)
    assert equivalence(np.full(3, 0.02), 0.02)[0] == 1.0
    assert np.isnan(equivalence(np.array([0.0]), 0.02)).all()


@pytest.mark.parametrize(("pairs", "effect"), [(5, 1.68), (10, 0.996), (20, 0.660), (34, 0.495)])
def test_smallest_effect_is_that_of_tables_of_power(pairs, effect):
    """34 pairs find a medium effect of one half, as in Cohen (1988)."""
    assert smallest_effect(pairs) == pytest.approx(effect, abs=0.005)


def test_the_smallest_effect_is_found_in_80_percent_of_simulated_studies():
    generator = np.random.default_rng(7)
    for pairs in (3, 7):
        gaps = generator.normal(smallest_effect(pairs), 1.0, (20_000, pairs))
        found = stats.ttest_1samp(gaps, 0.0, axis=1).pvalue < 0.05
        assert found.mean() == pytest.approx(0.80, abs=0.01)
    assert np.isnan(smallest_effect(1))
    assert smallest_effect(2) > smallest_effect(3) > smallest_effect(7)


def test_power_is_told_in_score_with_the_spread_seen():
    """Differences by seed are -0.1 and 0.1 on A, and 0.3 twice on B: variances 0.02 and 0."""
    scores = {"IPPO": [[0.5, 0.8], [0.7, 0.8]], "ISAC": [[0.6, 0.5], [0.6, 0.5]]}
    rows = schema.table("power", power_rows(matrix_runs(scores)))
    seen = rows[rows["seen"]].iloc[0]
    assert seen["seeds"] == 2
    assert seen["sd"] == pytest.approx(0.1)
    assert seen["score"] == pytest.approx(0.1 * smallest_effect(2))
    assert rows["seeds"].tolist() == [2, 3, 5, 7, 10, 20]


def test_power_without_a_second_seed_or_learner_is_empty():
    (one,) = [r for r in power_rows(matrix_runs({"IPPO": [[0.5]], "ISAC": [[0.6]]})) if r["seen"]]
    assert np.isnan([one["effect"], one["sd"], one["score"]]).all()
    rows = power_rows(matrix_runs({"IPPO": [[0.5], [0.7]]}))
    assert all(np.isnan(row["sd"]) for row in rows)


def test_a_planted_difference_is_found_and_none_is_not_invented():
    """Twenty studies of twenty environments and three seeds, three pairs of learners each."""
    generator, found = np.random.default_rng(11), {"planted": 0, "null": 0}
    for _ in range(20):
        a, b, c = generator.normal(0.5, 0.15, (3, 3, 20))
        rows = compare({"IPPO": a + 0.15, "ISAC": b, "QMIX": c})
        assert set(rows["unit"]) == {"environments"}
        different = rows.set_index(["policy", "compared_with"])["different"]
        found["planted"] += different["IPPO", "ISAC"]
        found["null"] += different["ISAC", "QMIX"]
    assert found["planted"] >= 18
    assert found["null"] <= 3


def test_runs_of_one_environment_do_not_stand_for_others():
    """Learners that differ on half of the environments, either way, are not different."""
    gaps = np.where(np.arange(20) % 2, 0.3, -0.3) + np.zeros((7, 20))
    noise = np.random.default_rng(2).normal(0, 0.01, (2, 7, 20))
    rows = compare({"IPPO": 0.5 + gaps + noise[0], "ISAC": 0.5 + noise[1]})
    assert not rows["different"].any()
    assert rows["pairs"].tolist() == [20]


def test_tests_of_a_pool_are_one_family_and_say_what_is_possible():
    scores = {p: np.full((3, 1), v) for p, v in (("IPPO", 0.1), ("ISAC", 0.5), ("QMIX", 0.9))}
    rows = compare(scores)
    assert rows["p"].tolist() == pytest.approx([0.25] * 3)
    assert rows["p_holm"].tolist() == pytest.approx([0.75] * 3)
    assert set(rows["tests"]) == {3}
    assert not rows["possible"].any(), "three pairs give no p below one quarter"
    assert rows["difference"].tolist() == pytest.approx([-0.4, -0.8, -0.4])
    assert paired_tests(schema.table("scores", [])) == []


GAMES = ("PartnerHoldUp", "SLCD", "TrustDilemma")


def same(scores, **changes):
    changes = {"names": GAMES, **changes}
    return schema.table("equivalence", equivalence_tests(matrix_runs(scores, **changes)))


def test_learners_that_a_claim_calls_the_same_are_tested_by_class_and_together():
    noise = np.random.default_rng(4).normal(0, 0.002, (2, 5, 3))
    rows = same({"IPPO": 0.5 + noise[0], "SelfPlay_PPO": 0.5 + noise[1]})
    # Without a class of their own column the frames say TR-1; SLCD is of TR-1 in the tables.
    assert set(rows["mechanism_class"]) == {"TR-1", "TR-2", "all"}
    counts = rows.drop_duplicates("mechanism_class").set_index("mechanism_class")["environments"]
    assert counts.to_dict() == {"TR-1": 2, "TR-2": 1, "all": 3}
    assert set(rows["claim"]) == {"A12"}
    assert rows["same"].all()
    assert rows["margin"].tolist() == [0.02, 2.0] * 3
    far = same({"IPPO": 0.5 + noise[0], "SelfPlay_PPO": 0.6 + noise[1]})
    assert not far["same"].any()
    returns = far[far["measure"] == "return"]
    assert returns["difference"].to_numpy() == pytest.approx(np.full(3, 100 * 0.1 / 1.5), abs=0.5)


def test_equivalence_is_open_with_one_pair_and_absent_without_the_learners():
    rows = same({"IPPO": [[0.5]], "SelfPlay_PPO": [[0.5]]})
    assert rows["same"].isna().all()
    assert same({"IPPO": [[0.5]], "ISAC": [[0.5]]}).empty
    assert equivalence_tests(schema.table("scores", [])) == []


def test_runs_that_failed_have_no_return_to_be_the_same():
    scores = matrix_runs(
        {"IPPO": np.full((3, 1), 0.5), "SelfPlay_PPO": np.full((3, 1), 0.5)}, names=GAMES[:1]
    )
    scores.loc[0, ["status", "score", "training_return"]] = ["failed", 0.0, NAN]
    rows = pd.DataFrame(equivalence_tests(scores)).set_index(["mechanism_class", "measure"])
    assert rows.loc[("TR-1", "score"), "pairs"] == 3
    assert rows.loc[("TR-1", "return"), "pairs"] == 2
