"""Scores and intervals: hand-computed values, other implementations, and simulated studies."""

import numpy as np
import pandas as pd
import pytest
from rliable import metrics
from scipy.stats import trim_mean

from coopetition.reports import columns, schema, statistics
from coopetition.reports.statistics import (
    IDENTITY_TOLERANCE,
    best_constants,
    interquartile_mean,
    iqm_interval,
    reference_scales,
    return_scales,
    with_scores,
)
from frames import NAN, certificate, policies, run, runs

# Level -> (return, welfare). The best level by return is 50, by welfare 0.
LEVELS = {0: (10.0, 300.0), 50: (30.0, 200.0), 100: (20.0, 250.0), None: (5.0, 100.0)}


def reference(*environments, **changes):
    return pd.concat(
        [
            policies(environment, LEVELS, mode=mode, **changes)
            for environment in environments
            for mode in columns.MODES
        ],
        ignore_index=True,
    )


def certified(*environments, **changes):
    return schema.table("certificates", [certificate(name, **changes) for name in environments])


# ---- scores -------------------------------------------------------------------------------------


def scored(**changes):
    training = schema.table("training", [run("training", **changes)])
    return with_scores(training, reference("Alpha"), certified("Alpha")).iloc[0]


def test_scores_by_hand():
    result = scored(welfare=150.0, training_return=30.0)
    assert (result["welfare_floor"], result["welfare_ceiling"]) == (100.0, 300.0)
    assert result["score"] == pytest.approx((150 - 100) / (300 - 100))
    assert result["training_score"] == pytest.approx((30 - 5) / (30 - 5))
    worse = scored(welfare=-100.0, training_return=-20.0)
    assert worse["score"] == pytest.approx(-1.0)
    assert worse["training_score"] == pytest.approx(-1.0)


@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_a_run_that_did_not_finish_scores_zero(status):
    result = scored(status=status, reason="why")
    assert result["score"] == 0.0
    assert result["training_score"] == 0.0
    assert np.isnan(result["welfare"])


def test_a_learner_that_is_not_defined_for_a_game_has_no_score():
    result = scored(status="excluded", reason="why")
    assert result[["score", "training_score"]].isna().all()


def test_each_environment_and_edition_has_its_own_scale():
    cells = [("Alpha", "v0", 10.0), ("Beta", "v0", 40.0), ("Beta", "v1", 80.0)]
    scales = [certificate(name, 0.0, top, edition=edition) for name, edition, top in cells]
    played = pd.concat(reference(name, edition=edition) for name, edition, _ in cells)
    training = [
        run("training", environment=name, edition=edition, reward_mode=mode, welfare=8.0)
        for name, edition, _ in cells
        for mode in ("private", "integrated")
    ]
    result = with_scores(
        schema.table("training", training), played, schema.table("certificates", scales)
    )
    assert result["score"].tolist() == pytest.approx([0.8, 0.8, 0.2, 0.2, 0.1, 0.1])
    assert result["run_id"].tolist() == [r["run_id"] for r in training]
    schema.table("scores", result)


def test_a_trained_environment_without_reference_or_certificate_is_an_error():
    training = [run("training", environment=name) for name in ("Alpha", "Beta")]
    two = schema.table("training", training)
    with pytest.raises(ValueError, match="no reference policies for Beta"):
        with_scores(two, reference("Alpha"), certified("Alpha", "Beta"))
    with pytest.raises(ValueError, match="no certificate for Beta"):
        with_scores(two, reference("Alpha", "Beta"), certified("Alpha"))
    with pytest.raises(ValueError, match="no reference policies for Alpha"):
        with_scores(two[:1], reference("Alpha", action_basis="max"), certified("Alpha"))


def test_no_runs_give_no_scores():
    result = with_scores(schema.table("training", []), reference("Alpha"), certified("Alpha"))
    assert schema.table("scores", result).empty


def test_without_a_scale_there_is_no_score_even_for_a_run_that_failed():
    training = [run("training", seed=1), run("training", seed=2, status="failed", reason="x")]
    flat = certified("Alpha", floor=50.0, ceiling=50.0)
    scores = with_scores(schema.table("training", training), reference("Alpha"), flat)
    assert schema.table("scores", scores)["score"].isna().all()
    rows = schema.table("aggregates", statistics.aggregates(scores, repetitions=5))
    assert rows["iqm"].isna().all()
    assert set(rows["planned"]) == {2}


def test_all_environments_are_those_with_a_score():
    scored = runs({"Alpha": [1.0, 2.0, 3.0]})
    flat = runs({"Beta": [0.0, 0.0, 0.0]}).assign(score=NAN)
    rows = statistics.aggregates(pd.concat([scored, flat]), repetitions=5)
    found = {row["environment"]: row["iqm"] for row in rows}
    assert found["all v0"] == found["Alpha-v0"] == 2.0
    assert np.isnan(found["Beta-v0"])
    assert [row["environments"] for row in rows] == [1, 0, 1]


# ---- reference ----------------------------------------------------------------------------------


def test_the_floor_is_the_lower_of_random_and_the_worst_equilibrium():
    """Welfare per agent and step, here of 2 agents and 10 steps, becomes that of an episode."""
    rows = [
        certificate("Alpha", 100.0, 300.0, welfare_nash_worst=6.0),
        certificate("Beta", 100.0, 300.0, welfare_nash_worst=4.0),
        certificate("Gamma", 100.0, 90.0),
        certificate("Delta", 100.0, 300.0, welfare_nash_worst=None),
    ]
    scales = reference_scales(schema.table("certificates", rows)).set_index("environment")
    assert scales["welfare_floor"].tolist()[:2] == [100.0, 80.0]
    assert scales["welfare_ceiling"].tolist()[:2] == [300.0, 300.0]
    assert (scales.loc[["Alpha", "Beta"], "no_scale"] == "").all()
    assert np.isnan(scales.loc["Gamma", ["welfare_floor", "welfare_ceiling"]].astype(float)).all()
    assert "no more than the floor" in scales.loc["Gamma", "no_scale"]
    assert scales.loc["Delta", "welfare_floor"] == 100.0, "without an equilibrium that of Random"


def test_returns_lie_between_random_and_the_best_constant_of_the_own_endowment():
    others = policies("Alpha", {100: (999.0, 999.0)}, action_basis="max")
    scales = return_scales(pd.concat([reference("Alpha", "Beta"), others]))
    assert len(scales) == 6
    for _, scale in scales.iterrows():
        assert (scale["mode_return_floor"], scale["mode_return_ceiling"]) == (5.0, 30.0)


def test_best_constants_by_hand():
    others = policies("Alpha", {100: (999.0, 999.0)}, action_basis="max")
    best = best_constants(pd.concat([reference("Alpha", "Beta"), others]))
    assert best[["environment", "reward_mode"]].to_numpy().tolist() == [
        [f"{environment}-v0", mode]
        for environment in ("Alpha", "Beta")
        for mode in sorted(columns.MODES)
    ]
    for found in best.to_dict("records"):
        assert (
            found.items()
            >= {
                "level": 50,
                "return": 30.0,
                "welfare_level": 0,
                "welfare": 300.0,
                "random_welfare": 100.0,
                "random_return": 5.0,
            }.items()
        )


def test_best_constants_where_others_do_not_play():
    alone = best_constants(policies("Alpha", {50: (30.0, 200.0)}))
    assert alone["level"].tolist() == [50]
    assert alone[["random_welfare", "random_return"]].isna().all(axis=None)
    played = reference("Alpha")
    assert best_constants(played[played["level"].isna()]).empty


def test_best_constants_of_nothing_have_the_same_columns():
    empty = best_constants(schema.table("reference", []))
    assert empty.empty
    assert list(empty.columns) == list(best_constants(reference("Alpha")).columns)


# ---- interquartile means ------------------------------------------------------------------------


def test_interquartile_mean_by_hand():
    frame = runs({"Alpha": [-100, 1, 2, 3, 4, 5, 6, 1000]})
    assert interquartile_mean(frame) == pytest.approx((2 + 3 + 4 + 5) / 4)
    assert interquartile_mean(frame, "training_score") == interquartile_mean(frame)
    assert interquartile_mean(frame, "welfare_floor") == 100.0


def test_interquartile_mean_against_other_implementations():
    values = np.random.default_rng(1).normal(size=(6, 3))
    frame = runs(dict(zip("ABC", values.T, strict=True)))
    assert interquartile_mean(frame) == pytest.approx(trim_mean(values.ravel(), 0.25))
    assert interquartile_mean(frame) == pytest.approx(metrics.aggregate_iqm(values))
    assert iqm_interval(frame, repetitions=2)[0] == pytest.approx(interquartile_mean(frame))


@pytest.mark.parametrize("generator", range(3))
def test_the_interval_contains_the_estimate(generator):
    draws = np.random.default_rng(generator)
    for seeds in (2, 3, 10):
        frame = runs({name: draws.exponential(size=seeds) for name in "ABCD"})
        estimate, low, high = iqm_interval(frame, repetitions=200)
        assert low <= estimate <= high
        assert low < high


def test_one_seed_or_equal_scores_have_no_width():
    assert iqm_interval(runs({"A": [0.25]}), repetitions=20) == (0.25, 0.25, 0.25)
    assert iqm_interval(runs({"A": [2, 2, 2], "B": [2, 2, 2]}), repetitions=20) == (2, 2, 2)


def test_the_interval_is_that_of_a_bootstrap_stratified_by_environment():
    """Environments differ far more than seeds: resampling across them would be far wider."""
    draws = np.random.default_rng(5)
    values = draws.normal([0, 10, 20, 30], size=(8, 4))
    columns = np.arange(values.shape[1])
    resampled = [
        trim_mean(values[draws.integers(len(values), size=values.shape), columns], 0.25, axis=None)
        for _ in range(2000)
    ]
    low, high = np.percentile(resampled, [2.5, 97.5])
    found = iqm_interval(runs(dict(zip("ABCD", values.T, strict=True))), repetitions=2000)
    assert found[1:] == pytest.approx((low, high), abs=0.1 * (high - low))
    assert high - low < 2


def test_equal_calls_give_equal_intervals_and_leave_the_generator_alone():
    draws = np.random.default_rng(2)
    a, b = (runs({"A": draws.normal(size=5), "B": draws.normal(size=5)}) for _ in range(2))
    for baseline in (None, b):
        np.random.seed(7)
        first = iqm_interval(a, repetitions=50, baseline=baseline)
        after = np.random.random()
        np.random.seed(99)
        assert iqm_interval(a, repetitions=50, baseline=baseline) == first
        np.random.seed(7)
        assert np.random.random() == after


def test_unequal_seeds_are_an_error():
    with pytest.raises(ValueError, match="needs the same seeds"):
        iqm_interval(runs({"A": [1, 2, 3], "B": [1, 2]}), repetitions=10)
    whole = runs({"A": [1, 2, 3]})
    gap = whole.assign(score=[1.0, NAN, 3.0])
    for scores, baseline in ((gap, None), (whole, gap)):
        with pytest.raises(ValueError, match="needs the same seeds"):
            iqm_interval(scores, repetitions=10, baseline=baseline)


# ---- differences --------------------------------------------------------------------------------


def study(draws, shift=0.0, seeds=10):
    """Three environments of different levels, scores with a spread of 1 over seeds."""
    return runs({name: draws.normal(i + shift, size=seeds) for i, name in enumerate("ABC")})


def test_a_difference_by_hand():
    a, b = runs({"A": [5, 5, 5]}), runs({"A": [3, 3]})
    assert iqm_interval(a, repetitions=10, baseline=b) == (2, 2, 2)
    assert iqm_interval(b, repetitions=10, baseline=a) == (-2, -2, -2)


def test_a_planted_difference_is_found():
    draws = np.random.default_rng(3)
    estimate, low, high = iqm_interval(study(draws, 1.5), repetitions=300, baseline=study(draws))
    assert low > 0
    assert low < 1.5 < high
    assert estimate == pytest.approx(1.5, abs=0.8)


def test_no_difference_is_covered_in_about_95_percent_of_studies():
    """With 20 seeds and 200 repetitions 94 % are expected; the bounds are 3 standard errors off."""
    draws = np.random.default_rng(4)
    frame = study(draws, seeds=20)
    covered, studies = 0, 80
    for _ in range(studies):
        a, b = (frame.assign(score=draws.normal(size=len(frame))) for _ in range(2))
        _, low, high = iqm_interval(a, repetitions=200, baseline=b)
        covered += low <= 0 <= high
    assert 0.86 * studies <= covered < studies


# ---- aggregates ---------------------------------------------------------------------------------


@pytest.fixture
def small_study():
    """Two environments, two protocols, two modes, two seeds; one run of the sixteen failed."""
    rows = []
    for environment in ("Alpha", "Beta"):
        for protocol in columns.PROTOCOLS:
            for mode in ("private", "integrated"):
                for seed in (1, 2):
                    score = seed + 10 * (protocol == "corrected") + 100 * (environment == "Beta")
                    factors = {"environment": environment, "protocol": protocol}
                    factors |= {"reward_mode": mode, "seed": seed}
                    one = run(**factors, score=float(score), training_score=2.0 * score)
                    one |= {"welfare_floor": 100.0, "welfare_ceiling": 200.0}
                    one |= {"welfare": 100.0 + 100 * score, "trust": seed / 10}
                    if factors == {**factors, **FAILED}:
                        one = run(
                            **factors,
                            **{"status": "failed", "reason": "x"},
                            **{"welfare_floor": 100.0, "welfare_ceiling": 200.0},
                        )
                    rows.append(one)
    return schema.table("scores", rows)


FAILED = {"environment": "Beta", "protocol": "corrected", "reward_mode": "private", "seed": 2}


def aggregated(scores):
    rows = statistics.aggregates(scores, repetitions=20)
    keys = ["environment", "protocol", "reward_mode"]
    return schema.table("aggregates", rows).set_index(keys, verify_integrity=True)


def test_aggregates_have_a_row_for_every_environment_and_mode_and_for_all(small_study):
    found = aggregated(small_study)
    assert set(found.index) == {
        (environment, protocol, mode)
        for environment in ("Alpha-v0", "Beta-v0", "all v0")
        for protocol in columns.PROTOCOLS
        for mode in ("private", "integrated", "all")
    }
    one_mode = small_study[small_study["reward_mode"] == "integrated"]
    assert set(aggregated(one_mode).reset_index()["reward_mode"]) == {"integrated"}


def test_intervals_of_groups_resampled_together_are_those_of_each_alone(small_study):
    runs = small_study[small_study["protocol"] == "as_published"]
    runs = runs.assign(score=np.random.default_rng(0).normal(size=len(runs)))
    groups = [part for _, part in runs.groupby("environment")] + [runs]
    together = statistics.iqm_intervals(runs, groups, repetitions=4000)
    alone = [statistics.iqm_interval(part, repetitions=4000) for part in groups]
    assert together[-1] == pytest.approx(alone[-1], rel=1e-12)  # equal draws
    assert [found[0] for found in together] == pytest.approx([found[0] for found in alone])
    assert np.array(together) == pytest.approx(np.array(alone), abs=0.05)


def test_aggregates_by_hand(small_study):
    found = aggregated(small_study)
    cell = found.loc[("Alpha-v0", "as_published", "integrated")]
    assert (cell["planned"], cell["finished"]) == (2, 2)
    assert cell["iqm"] == 1.5
    assert (cell["low"], cell["high"]) == (1.0, 2.0)
    assert cell["training_iqm"] == 3.0
    assert cell["untrained"] == pytest.approx(0.1 + 0.2)
    assert cell["welfare"] == 250.0
    assert cell["trust"] == pytest.approx(0.15)
    everything = found.loc[("all v0", "as_published", "all")]
    assert (everything["planned"], everything["finished"]) == (8, 8)
    assert everything["iqm"] == trim_mean([1, 1, 2, 2, 101, 101, 102, 102], 0.25)


def test_a_failed_run_is_planned_scores_zero_and_has_no_welfare(small_study):
    found = aggregated(small_study)
    cell = found.loc[("Beta-v0", "corrected", "private")]
    assert (cell["planned"], cell["finished"]) == (2, 1)
    assert cell["iqm"] == (111 + 0) / 2
    assert cell["welfare"] == 100 + 100 * 111
    assert cell["trust"] == 0.1
    assert found.loc[("all v0", "corrected", "private"), "finished"] == 3


def test_games_that_a_learner_is_not_defined_for_have_no_row(small_study):
    alpha = small_study["environment"] == "Alpha"
    without = small_study.assign(status=small_study["status"].mask(alpha, "excluded"))
    assert {environment for environment, *_ in aggregated(without).index} == {"Beta-v0"}


def test_untrained_is_the_mean_score_before_training(small_study):
    scores = small_study.assign(untrained_score=0.2)
    assert aggregated(scores)["untrained"].tolist() == pytest.approx([0.2] * 18)
    assert aggregated(scores.assign(untrained_score=float("nan")))["untrained"].isna().all()


def test_editions_are_never_pooled():
    """The protocol of the published study exists in one edition only."""
    released, formal = ({"Alpha": [s, s], "Beta": [s, s]} for s in (1.0, 5.0))
    both = pd.concat([runs(released), runs(formal, edition="v1")])
    rows = statistics.aggregates(both, repetitions=5)
    pooled = {r["environment"]: r["iqm"] for r in rows if r["environment"].startswith("all")}
    assert pooled == {"all v0": 1.0, "all v1": 5.0}
    assert {r["environments"] for r in rows} == {1, 2}


def test_only_learners_of_all_environments_are_pooled():
    """The mean of a learner over fewer environments would be one over other games."""
    two, one = {"Alpha": [1.0, 1.0], "Beta": [3.0, 3.0]}, {"Beta": [9.0, 9.0]}
    scores = pd.concat([runs(two, policy="IPPO"), runs(one, policy="IA2C")])
    rows = statistics.aggregates(scores, repetitions=5)
    assert {r["policy"] for r in rows if r["environment"] == "all v0"} == {"IPPO"}
    rows = statistics.aggregates(scores[scores["policy"] == "IA2C"], repetitions=5)
    assert [r["environment"] for r in rows] == ["Beta-v0"], "one environment is not pooled"


def test_aggregates_follow_the_order_of_the_study():
    cells = [("Alpha", "v0", ["C"]), ("Alpha", "v1", ["A", "C"]), ("Beta", "v1", ["A", "B", "C"])]
    scores = pd.concat(
        runs({name: [1.0]}, edition=edition, policy=policy, protocol=protocol)
        for name, edition, policies in cells
        for policy in policies
        for protocol in (("corrected", "as_published") if edition == "v0" else ("corrected",))
    )
    rows = statistics.aggregates(scores, repetitions=5)
    learners = dict.fromkeys((r["policy"], r["protocol"]) for r in rows)
    assert list(learners) == [
        *(("A", "corrected"), ("B", "corrected")),
        *(("C", "as_published"), ("C", "corrected")),
    ]


def test_no_runs_give_no_aggregates():
    assert statistics.aggregates(runs({}), repetitions=5) == []


# ---- identity -----------------------------------------------------------------------------------


def compared(*, constant=1.0, random=1.0):
    """Identity rows when one constant and Random return so much more under cooperative."""
    returns = {0: 0.0, 1: -40.0, 2: 50.0, None: 60.0}
    factors = {2: constant, None: random}
    frame = pd.concat(
        policies(
            "Alpha",
            {
                k: (v * (factors.get(k, 1.0) if mode == "cooperative" else 1.0), 0.0)
                for k, v in returns.items()
            },
            mode=mode,
        )
        for mode in columns.MODES
    )
    rows = schema.table("identity", statistics.identity(frame))
    assert rows["environment"].tolist() == ["Alpha-v0"] * 2
    return rows.set_index("policy_set")


def test_equal_returns_are_identical():
    rows = compared()
    assert rows["max_relative_difference"].tolist() == [0.0, 0.0]
    assert rows["identical"].all()
    close = compared(constant=1 + 0.5 * IDENTITY_TOLERANCE)
    assert close["identical"].all()


@pytest.mark.parametrize("factor", [1.01, 0.99])
def test_a_planted_difference_is_not_identical(factor):
    rows = compared(constant=factor)
    assert rows["max_relative_difference"]["101 constants"] == pytest.approx(0.01)
    assert rows["identical"].to_dict() == {"101 constants": False, "Random": True}
    rows = compared(random=factor)
    assert rows["identical"].to_dict() == {"101 constants": True, "Random": False}


def test_the_formal_edition_is_not_compared():
    frames = [
        policies("Alpha", LEVELS, mode=mode, edition=edition)
        for mode in columns.MODES
        for edition in ("v0", "v1")
    ]
    rows = statistics.identity(pd.concat(frames))
    assert {row["environment"] for row in rows} == {"Alpha-v0"}


def test_a_missing_return_is_not_identical():
    rows = statistics.identity(
        pd.concat(
            policies("Alpha", levels, mode=mode)
            for mode, levels in (
                ("integrated", {0: (1.0, 1.0), 1: (1.0, 1.0), None: (1.0, 1.0)}),
                ("cooperative", {0: (1.0, 1.0), None: (1.0, 1.0)}),
            )
        )
    )
    with pytest.raises(schema.SchemaError, match="max_relative_difference has empty cells"):
        schema.table("identity", rows)
