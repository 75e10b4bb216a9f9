"""Performance of learners: rliable's values, hand-computed ones, and incomplete studies."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs
from rliable import library, metrics

from coopetition.reports import performance, schema
from coopetition.reports.performance import MEASURES, performance_tables
from coopetition.reports.pools import pool_rows, pools
from coopetition.reports.resampling import (
    draws,
    ends,
    interquartile_means,
    rank_shares,
    resampled_means,
    taken,
    weights,
)
from frames import NAN, run, runs


@pytest.fixture
def generator():
    return np.random.default_rng(3)


def tables(scores, repetitions=200):
    found = performance_tables(scores, repetitions=repetitions)
    return {name: schema.table(name, rows) for name, rows in found.items()}


# ---- resamples ----------------------------------------------------------------------------------


def test_resamples_take_seeds_of_the_same_environment(generator):
    scores = np.arange(15.0).reshape(5, 3)
    drawn = draws(scores.shape, 100, generator)
    samples = taken(scores, drawn)
    assert samples.shape == (100, 5, 3)
    assert ((samples % 3) == np.arange(3)).all()
    assert weights(drawn).sum(axis=1) == pytest.approx(np.full((100, 3), 5.0))
    means = (weights(drawn) * scores).sum(axis=1) / 5
    assert means == pytest.approx(samples.mean(axis=1))


@pytest.mark.parametrize("measure", MEASURES)
def test_measures_and_their_intervals_are_those_of_rliable(measure, generator):
    scores = generator.normal(0.8, 0.3, (5, 4))
    of_one = getattr(metrics, f"aggregate_{measure}")
    assert MEASURES[measure](scores[None])[0] == pytest.approx(of_one(scores))
    np.random.seed(1)
    _, theirs = library.get_interval_estimates(
        {"x": scores}, lambda x: np.array([of_one(x)]), reps=2000
    )
    ours = ends(MEASURES[measure](taken(scores, draws(scores.shape, 4000, generator))))
    assert ours == pytest.approx(theirs["x"][:, 0], abs=0.02)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 5), (7, 3)])
def test_interquartile_means_of_any_shape(shape, generator):
    scores = generator.normal(size=(6, *shape))
    theirs = [metrics.aggregate_iqm(sample) for sample in scores]
    assert interquartile_means(scores) == pytest.approx(theirs)


def test_ranks_by_hand():
    shares = rank_shares(np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [2.0, 2.0, 1.0]]))
    assert shares == pytest.approx(
        np.array([[1.5, 0.5, 1.0], [0.5, 2.5, 0.0], [1.0, 0.0, 2.0]]) / 3
    )
    assert rank_shares(np.zeros((4, 2))) == pytest.approx(np.full((2, 2), 0.5))


def test_means_of_unequally_many_runs(generator):
    means = resampled_means([np.array([1.0, 3.0]), np.array([5.0])], 500, generator)
    assert set(means[:, 0]) == {1.0, 2.0, 3.0}
    assert set(means[:, 1]) == {5.0}


def test_intervals_leave_out_what_is_no_number():
    assert ends(np.array([NAN, 1.0, 1.0])) == (1.0, 1.0)
    assert np.isnan(ends(np.array([NAN]))).all()


# ---- pools --------------------------------------------------------------------------------------


def found(scores):
    return {pool.environment: (pool.names, [*pool.scores], pool.main) for pool in pools(scores)}


def test_learners_are_compared_where_all_of_them_trained():
    wide, narrow = np.ones((2, 3)), np.ones((2, 1))
    both = matrix_runs({"IPPO": wide, "ISAC": wide, "QMIX": narrow, "VDN": narrow})
    assert found(both) == {
        "all v0": (("A-v0", "B-v0", "C-v0"), ["IPPO", "ISAC"], True),
        "A-v0": (("A-v0",), ["IPPO", "ISAC", "QMIX", "VDN"], False),
    }
    (every, alone) = pool_rows(both)
    assert (every["names"], alone["policies"]) == ("A, B, C", "IPPO, ISAC, QMIX, VDN")


def test_pools_of_equal_size_have_letters():
    parts = [
        matrix_runs({"IPPO": np.ones((1, 2))}),
        matrix_runs({"ISAC": np.ones((1, 2))}, names=("C", "D")),
    ]
    assert {name: names for name, (names, _, _) in found(pd.concat(parts)).items()} == {
        "2 of v0 (a)": ("A-v0", "B-v0"),
        "2 of v0 (b)": ("C-v0", "D-v0"),
    }


def test_one_learner_alone_is_not_what_figures_show():
    parts = [
        matrix_runs({"IPPO": np.ones((2, 3))}),
        matrix_runs({"ISAC": np.ones((2, 1)), "QMIX": np.ones((2, 1))}),
    ]
    main = {name: main for name, (_, _, main) in found(pd.concat(parts)).items()}
    assert main == {"all v0": False, "A-v0": True}


def test_failed_and_lost_runs_count_as_zero_and_excluded_ones_nowhere():
    scores = matrix_runs({"IPPO": np.full((2, 2), 0.5), "ISAC": np.full((2, 2), 0.7)})
    failed = scores["policy"].eq("ISAC") & scores["environment"].eq("B") & scores["seed"].eq(1)
    scores.loc[failed, ["status", "score"]] = ["failed", 0.0]
    lost = scores.drop(index=scores.index[0])
    excluded = run(policy="VDN", environment="A", status="excluded") | {"score": NAN}
    (pool,) = pools(pd.concat([lost, schema.table("scores", [excluded])]))
    assert pool.scores["ISAC"].tolist() == [[0.7, 0.7], [0.7, 0.0]]
    assert pool.scores["IPPO"].tolist() == [[0.0, 0.5], [0.5, 0.5]]
    assert [*pool.scores] == ["IPPO", "ISAC"]


def test_editions_protocols_and_modes_are_kept_apart():
    one = matrix_runs({"IPPO": np.ones((1, 1))})
    other = matrix_runs({"IPPO": np.ones((1, 1))}, protocol="as_published")
    third = matrix_runs({"IPPO": np.ones((1, 1))}, edition="v1", reward_mode="private")
    keys = [pool.key for pool in pools(pd.concat([one, other, third]))]
    assert [(k["edition"], k["protocol"], k["reward_mode"]) for k in keys] == [
        *(("v0", "as_published", "integrated"), ("v0", "corrected", "integrated")),
        ("v1", "corrected", "private"),
    ]


# ---- tables -------------------------------------------------------------------------------------


def test_estimates_are_rliable_and_lie_within_their_intervals(generator):
    scores = {policy: generator.normal(0.5, 0.2, (4, 3)) for policy in ("IPPO", "ISAC")}
    rows = tables(matrix_runs(scores))["performance"].set_index(["policy", "measure"])
    for policy, matrix in scores.items():
        for measure in MEASURES:
            row = rows.loc[(policy, measure)]
            assert row["value"] == pytest.approx(getattr(metrics, f"aggregate_{measure}")(matrix))
            assert row["low"] <= row["value"] <= row["high"]


def test_profiles_are_shares_of_runs_as_in_rliable(generator):
    matrix = generator.normal(0.5, 0.3, (6, 4))
    rows = tables(matrix_runs({"IPPO": matrix}), 500)["performance_profiles"]
    taus = rows["threshold"].to_numpy()
    theirs, intervals = library.create_performance_profile({"x": matrix}, taus, reps=500)
    assert rows["share"].to_numpy() == pytest.approx(theirs["x"])
    assert rows["low"].to_numpy() == pytest.approx(intervals["x"][0], abs=0.07)
    assert rows["high"].to_numpy() == pytest.approx(intervals["x"][1], abs=0.07)


def test_probability_of_improvement_is_that_of_rliable(generator):
    scores = {p: generator.integers(0, 6, (5, 3)) / 5 for p in ("IPPO", "ISAC", "QMIX")}
    rows = tables(matrix_runs(scores), 2000)["improvement"]
    assert len(rows) == 6
    pairs = rows.set_index(["policy", "compared_with"])
    for (one, other), row in pairs.iterrows():
        theirs = metrics.probability_of_improvement(scores[one], scores[other])
        assert row["probability"] == pytest.approx(theirs)
        assert pairs.loc[(other, one), "probability"] == pytest.approx(1 - theirs)
    np.random.seed(2)
    _, intervals = library.get_interval_estimates(
        {"x": (scores["IPPO"], scores["ISAC"])},
        lambda x, y: np.array([metrics.probability_of_improvement(x, y)]),
        reps=300,
    )
    found = pairs.loc[("IPPO", "ISAC"), ["low", "high"]]
    assert found.tolist() == pytest.approx(intervals["x"][:, 0], abs=0.08)


def test_a_planted_difference_is_found_and_none_is_not_invented():
    """Over 25 studies of five seeds and four environments: how often an interval is clear."""
    generator, clear = np.random.default_rng(5), {"planted": 0, "null": 0}
    for _ in range(25):
        a, b, c = generator.normal(0.5, 0.1, (3, 5, 4))
        rows = tables(matrix_runs({"IPPO": a + 0.2, "ISAC": b, "QMIX": c}), 100)["improvement"]
        pairs = rows.set_index(["policy", "compared_with"])
        clear["planted"] += pairs.loc[("IPPO", "ISAC"), "low"] > 0.5
        null = pairs.loc[("ISAC", "QMIX")]
        clear["null"] += null["low"] > 0.5 or null["high"] < 0.5
    assert clear["planted"] >= 24
    assert clear["null"] <= 5, "nominal 1.3, more with few seeds"


def test_ranks_sum_to_one_both_ways(generator):
    scores = {p: generator.normal(0.5, 0.1, (3, 2)) for p in ("IPPO", "ISAC", "QMIX")}
    rows = tables(matrix_runs(scores | {"VDN": np.full((3, 2), 9.0)}))["ranks"]
    for by in ("policy", "rank"):
        assert rows.groupby(by)["probability"].sum().to_numpy() == pytest.approx(np.ones(4))
    best = rows[(rows["policy"] == "VDN") & (rows["rank"] == 1)]
    assert best["probability"].tolist() == [1.0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1)])
def test_one_seed_or_one_environment(shape):
    both = {"IPPO": np.full(shape, 0.4), "ISAC": np.full(shape, 0.6)}
    made = tables(matrix_runs(both))
    found = made["performance"].set_index(["policy", "measure"])
    assert found.loc[("IPPO", "iqm"), ["value", "low", "high"]].tolist() == pytest.approx([0.4] * 3)
    pairs = made["improvement"].set_index(["policy", "compared_with"])
    assert pairs.loc[("ISAC", "IPPO"), ["probability", "low", "high"]].tolist() == [1.0] * 3
    assert len(made["ranks"]) == 4


def test_one_learner_has_performance_and_no_rank():
    made = tables(runs({"Alpha": [0.1, 0.2]}))
    assert len(made["performance"]) == len(MEASURES)
    assert made["improvement"].empty
    assert made["ranks"].empty


def test_no_runs_give_empty_tables():
    assert all(table.empty for table in tables(schema.table("scores", [])).values())
    assert pool_rows(schema.table("scores", [])) == []


def test_the_same_scores_give_the_same_intervals(generator):
    scores = matrix_runs({p: generator.normal(size=(3, 2)) for p in ("IPPO", "ISAC")})
    first, second = (performance.performance_tables(scores, repetitions=50) for _ in range(2))
    assert first == second
