"""The published tables from runs: hand-computed values, the choice of the best, missing sides."""

import numpy as np
import pandas as pd
import pytest
from compared import matrix_runs
from rliable import metrics

from coopetition.reports import schema
from coopetition.reports.budgets import budget_rows
from coopetition.reports.class_gaps import gap_rows, members_summary
from coopetition.reports.contribution import contribution_rows
from coopetition.reports.mode_effects import mode_rows, mode_summary
from coopetition.reports.published_means import mean_rows, published_name
from coopetition.reports.sources import published
from coopetition.reports.tiers import in_order, with_tiers
from frames import NAN, policies, row

SIDES = {"IPPO": "independent", "FCP": "population", "QMIX": "ctde", "VDN": "ctde"}
GAMES = ("PartnerHoldUp", "SLCD")
NO_REFERENCE = schema.table("reference", [])


def gaps(scores, repetitions=200, **changes):
    changes = {"names": GAMES, **changes}
    runs = matrix_runs(scores, paradigms=SIDES, **changes)
    return schema.table("class_gaps", gap_rows(runs, repetitions=repetitions))


def one(rows, **where):
    kept = rows
    for key, value in where.items():
        kept = kept[kept[key] == value]
    (found,) = kept.to_dict("records")
    return found


# ---- classes ------------------------------------------------------------------------------------


def test_classes_are_those_that_reproduce_the_published_tables():
    names = ["SLCD", "RenaultNissan", "SynergySearch", "Mine"]
    runs = pd.DataFrame({"environment": names, "mechanism_class": "TR-4"})
    assert with_tiers(runs)["tier"].tolist() == ["TR-1", "TR-2", "TR-1", "TR-4"]
    assert in_order(pd.Series(["TR-3", "TR-1", "TR-3"])) == ["TR-1", "TR-3"]


# ---- gaps ---------------------------------------------------------------------------------------


def test_gaps_by_hand():
    """Returns 150 and 180 on average against 140: the better one leads by 40 of 140."""
    scores = {"IPPO": [[0.4, 0.6]], "FCP": [[0.8, 0.8]], "QMIX": [[0.4, 0.4]], "VDN": [[0.1, 0.5]]}
    rows = gaps(scores)
    found = one(rows, environment="", form="return")
    assert (found["independent"], found["ctde"]) == ("FCP", "QMIX")
    assert (found["independent_value"], found["ctde_value"]) == pytest.approx((180.0, 140.0))
    assert found["gap"] == pytest.approx(100 * 40 / 140)
    assert (found["low"], found["high"]) == pytest.approx((found["gap"],) * 2), "one seed"
    assert (found["lowest_without"], found["highest_without"]) == pytest.approx(
        (100 * (150 - 140) / 140, 100 * (180 - 130) / 130)
    )
    score = one(rows, environment="", form="score")
    assert score["gap"] == pytest.approx(0.4)
    assert (score["independent_members"], score["ctde_members"]) == (2, 2)
    assert set(rows["environment"]) == {"", "PartnerHoldUp-v0", "SLCD-v0"}
    assert set(rows["mechanism_class"]) == {"TR-1"}


def test_the_published_gap_stands_beside_that_of_the_released_edition():
    scores = {"IPPO": [[0.5, 0.5]], "QMIX": [[0.4, 0.4]]}
    rows = gaps(scores, reward_mode="private")
    found = one(rows, environment="", form="return")
    assert (found["published"], found["published_leaders"]) == (4.2, "ISAC against QMIX")
    assert np.isnan(one(rows, environment="", form="score")["published"])
    case = one(rows, environment="SLCD-v0", form="return")
    assert (case["published"], case["published_leaders"]) == (7.0, "")
    assert gaps(scores, reward_mode="private", edition="v1")["published"].isna().all()
    store = gaps({p: [[0.5]] for p in scores}, names=("AppleAppStore",), reward_mode="private")
    crossing = one(store, environment="AppleAppStore-v0", form="return")
    assert (crossing["published"], crossing["published_leaders"]) == (7.2, "ISAC against COMA")


def test_the_choice_of_the_best_is_inside_the_interval():
    """Of members that are alike but noisy the best is overrated; a resample may choose others."""
    noise = np.random.default_rng(8).normal(0.5, 0.2, (6, 2))
    scores = {"IPPO": noise, "FCP": noise[::-1] * 0.98, "QMIX": np.full((6, 2), 0.5)}
    found = one(gaps(scores, 500), environment="", form="score")
    assert 0.3 < found["independent_chosen"] < 1
    assert found["ctde_chosen"] == 1.0
    alone = one(
        gaps({k: v for k, v in scores.items() if k != "FCP"}, 500), environment="", form="score"
    )
    assert found["low"] > alone["low"]


def test_a_planted_gap_is_found_and_none_is_not_invented():
    generator = np.random.default_rng(6)
    clear = {0.0: 0, 0.4: 0}
    for planted in clear:
        for _ in range(8):
            a, b = generator.normal(0.5, 0.15, (2, 7, 2))
            found = one(gaps({"IPPO": a + planted, "QMIX": b}, 100), environment="", form="score")
            clear[planted] += found["low"] > 0 or found["high"] < 0
    assert clear[0.4] == 8
    assert clear[0.0] <= 2


def test_members_train_on_all_environments_of_the_class():
    narrow = matrix_runs({"FCP": [[9.0]]}, paradigms=SIDES, names=GAMES[:1])
    wide = matrix_runs({"IPPO": [[0.5, 0.5]], "QMIX": [[0.4, 0.4]]}, paradigms=SIDES, names=GAMES)
    rows = pd.DataFrame(gap_rows(pd.concat([narrow, wide]), repetitions=5))
    assert one(rows, environment="", form="score")["independent"] == "IPPO"
    assert one(rows, environment="PartnerHoldUp-v0", form="score")["independent"] == "FCP"


def test_the_gap_of_all_members_chooses_none():
    """Interquartile means of all runs of a side: 0.5 of 0.4, 0.6, 0.2, 0.8, and 0.4 of QMIX."""
    scores = {"IPPO": [[0.4, 0.6]], "FCP": [[0.2, 0.8]], "QMIX": [[0.4, 0.4]]}
    rows = gaps(scores)
    score = one(rows, environment="", form="score")
    assert score["members_gap"] == pytest.approx(0.1)
    assert (score["members_low"], score["members_high"]) == pytest.approx((0.1, 0.1)), "one seed"
    returns = one(rows, environment="", form="return")
    assert returns["members_gap"] == pytest.approx(100 * (150 - 140) / 140)
    generator = np.random.default_rng(4)
    noisy = {p: generator.normal(0.5, 0.2, (6, 2)) for p in ("IPPO", "FCP", "QMIX")}
    found = one(gaps(noisy), environment="", form="score")
    pooled = metrics.aggregate_iqm(np.concatenate([noisy["IPPO"], noisy["FCP"]]))
    assert found["members_gap"] == pytest.approx(pooled - metrics.aggregate_iqm(noisy["QMIX"]))
    assert found["members_low"] < found["members_gap"] < found["members_high"]


def test_all_members_may_lead_where_the_best_one_does_not():
    """Best independent learner above the best other, both together below."""
    scores = {"IPPO": [[0.9, 0.9]], "FCP": [[0.0, 0.0]], "QMIX": [[0.8, 0.8]]}
    rows = gaps(scores)
    found = one(rows, environment="", form="score")
    assert found["gap"] == pytest.approx(0.1)
    assert found["members_gap"] == pytest.approx(0.45 - 0.8)
    assert "side of the best member in 0 of 1 classes" in members_summary(rows)
    assert members_summary(rows[:0]) == ""


def test_failed_runs_count_in_score_and_have_no_return():
    scores = matrix_runs(
        {"IPPO": np.full((2, 2), 0.5), "QMIX": np.full((2, 2), 0.5)}, paradigms=SIDES, names=GAMES
    )
    scores.loc[0, ["status", "score", "training_return"]] = ["failed", 0.0, NAN]
    rows = pd.DataFrame(gap_rows(scores, repetitions=20))
    assert one(rows, environment="", form="return")["gap"] == pytest.approx(0.0)
    assert one(rows, environment="SLCD-v0", form="score")["gap"] == pytest.approx(0.0)
    assert one(rows, environment="PartnerHoldUp-v0", form="score")["gap"] == pytest.approx(-0.25)


def test_there_is_no_gap_without_both_sides():
    assert gaps({"IPPO": [[0.5, 0.5]]}).empty
    assert gaps({"IPPO": [[0.5]], "QMIX": [[0.5]]}, protocol="as_published", names=GAMES[:1]).empty
    assert gap_rows(schema.table("scores", []), repetitions=5) == []


# ---- means --------------------------------------------------------------------------------------


def test_names_of_learners_in_the_published_tables():
    assert published_name("Central_PPO", "as_published") == ["IPPO", "SelfPlay_PPO"]
    assert published_name("Central_PPO", "corrected") == []
    assert published_name("QMIX", "corrected") == ["QMIX"]
    assert published_name("IPPO", "corrected") == []
    assert published_name("IQL", "corrected") == []


def test_means_of_a_class_beside_the_published_ones():
    runs = matrix_runs({"QMIX": [[0.0, 1.0], [0.2, 1.0]]}, names=GAMES)
    played = policies("SLCD", {None: (70.0, 1.0)}, mechanism_class="TR-2")
    rows = schema.table("published_means", mean_rows(runs, played))
    found = one(rows, policy="QMIX")
    assert (found["mechanism_class"], found["environments"]) == ("TR-1", 2)
    assert found["mean_return"] == pytest.approx((110 + 200) / 2)
    assert (found["published"], found["published_environments"]) == (69630, 5)
    assert np.isnan(found["deviation_percent"]), "two environments are not the five"
    private = mean_rows(runs.assign(reward_mode="private", environment="GiftExchange"), played)
    assert one(pd.DataFrame(private), policy="QMIX")["published_environments"] is None
    assert one(rows, policy="Random")["mean_return"] == 70.0


def test_the_deviation_is_over_equally_many_environments():
    inventory = published("environment_inventory")
    here = inventory.loc[inventory["tier_of_published_tables_reconstructed"] == "TR-1"]
    names = tuple(here["environment"].str.removesuffix("-v0"))
    runs = matrix_runs({"QMIX": [[0.0] * 5]}, names=names)
    found = one(pd.DataFrame(mean_rows(runs, NO_REFERENCE)), policy="QMIX")
    assert found["deviation_percent"] == pytest.approx(100 * (100 - 69630) / 69630)
    assert mean_rows(schema.table("scores", []), NO_REFERENCE) == []
    assert mean_rows(matrix_runs({"QMIX": [[0.5]]}, edition="v1"), NO_REFERENCE) == []


# ---- contribution of interdependence ------------------------------------------------------------


def contributed(integrated, private, factor=2.0, repetitions=100):
    """The integrated return is so many times the welfare of the same play."""
    parts = []
    for mode, scores, times in (("integrated", integrated, factor), ("private", private, 1.0)):
        part = matrix_runs({"IPPO": scores}, names=GAMES, reward_mode=mode)
        parts.append(part.assign(training_return=times * part["welfare"]))
    played = [
        policies(GAMES[0], {50: (returned, 50.0)}, mode=mode)
        for mode, returned in (("integrated", 100.0), ("private", 60.0))
    ]
    rows = contribution_rows(pd.concat(parts), pd.concat(played), repetitions=repetitions)
    return schema.table("contributions", rows)


def test_a_policy_that_does_not_react_contributes_by_arithmetic_alone():
    found = one(contributed(np.full((2, 2), 0.5), np.full((2, 2), 0.5)))
    assert found["median"] == found["accounting"] == pytest.approx(50.0)
    assert found["policy_effect"] == pytest.approx(0.0)
    assert (found["score_effect"], found["score_low"], found["score_high"]) == (0.0, 0.0, 0.0)
    assert found["fixed"] == pytest.approx(40.0)
    assert (found["pairs"], found["negative"]) == (2, 0)
    assert (found["published"], found["published_pairs"]) == (30.1, 77)


def test_both_parts_add_up_to_the_contribution():
    """On each: R_int = 2 * 180, R_priv = 150: (360 - 150) / 360, of which (360 - 180) / 360."""
    found = one(contributed(np.full((3, 2), 0.8), np.full((3, 2), 0.5)))
    assert found["median"] == pytest.approx(100 * 210 / 360)
    assert found["accounting"] == pytest.approx(50.0)
    assert found["policy_effect"] == pytest.approx(100 * 30 / 360)
    assert found["score_effect"] == pytest.approx(0.3)
    worse = one(contributed(np.full((1, 2), -0.8), np.full((1, 2), 0.5)))
    assert worse["negative"] == 2


def test_the_effect_in_score_has_an_interval_over_seeds():
    generator = np.random.default_rng(9)
    a, b = generator.normal(0.5, 0.1, (2, 7, 2))
    same, more = one(contributed(a, b)), one(contributed(a + 0.3, b))
    assert same["score_low"] <= same["score_effect"] <= same["score_high"]
    assert more["score_low"] > 0.15
    assert contribution_rows(matrix_runs({"IPPO": a}), NO_REFERENCE, repetitions=5) == []


# ---- budgets ------------------------------------------------------------------------------------


def along(scores, ends, steps=(0, 50, 100)):
    """Curves from scores in the first row to the ends; learner -> scores at the checkpoints."""
    rows = []
    for found in scores.to_dict("records"):
        for step, score in zip(steps, ends[found["policy"]], strict=True):
            rows.append(row("curves", run_id=found["run_id"], step=step, welfare=100 * (1 + score)))
    return schema.table("curves", rows)


def ranked(ends, repetitions=50, **changes):
    runs = matrix_runs({policy: [[found[-1]]] * 2 for policy, found in ends.items()})
    rows = budget_rows(runs, along(runs, ends, **changes), repetitions=repetitions)
    return schema.table("budgets", rows)


def test_tau_of_rankings_along_training_by_hand():
    ends = {"IPPO": (0.3, 0.2, 0.1), "ISAC": (0.2, 0.3, 0.5), "QMIX": (0.1, 0.1, 0.9)}
    rows = ranked(ends)
    taus = rows.drop_duplicates("part").set_index("part")["tau"]
    assert taus.to_dict() == pytest.approx({0.0: -1.0, 0.5: -1 / 3, 1.0: 1.0})
    ranks = rows.pivot(index="policy", columns="part", values="rank")
    assert ranks.loc["ISAC"].tolist() == [2, 1, 2]
    assert rows["score"].max() == pytest.approx(0.9)
    assert set(rows["tau_seeds"]) == {1.0}, "seeds that are alike"


def test_checkpoints_of_other_steps_are_read_at_equal_parts_of_the_budget():
    ends = {"IPPO": (0.0, 0.4, 0.8), "ISAC": (0.2, 0.3, 0.4)}
    rows = ranked(ends, steps=(0, 75, 100)).set_index(["policy", "part"])["score"]
    assert rows["IPPO", 0.5] == pytest.approx(0.4 * 50 / 75)
    assert rows["ISAC", 0.5] == pytest.approx(0.2 + 0.1 * 50 / 75)


def test_rankings_need_two_learners_and_their_curves():
    runs = matrix_runs({"IPPO": [[0.5]], "ISAC": [[0.6]]})
    assert budget_rows(runs, schema.table("curves", []), repetitions=5) == []
    assert ranked({"IPPO": (0.0, 0.1, 0.2)}).empty
    tied = ranked({"IPPO": (0.1, 0.1, 0.1), "ISAC": (0.1, 0.1, 0.1)})
    assert tied["tau"].isna().all()
    assert set(tied["rank"]) == {1.5}


# ---- reward modes -------------------------------------------------------------------------------


def by_mode(scores, **changes):
    """Runs of IPPO by mode; two agents, of whom the second is paid three times as much."""
    parts = [
        matrix_runs({"IPPO": np.array(matrix)}, reward_mode=mode, names=GAMES, **changes)
        for mode, matrix in scores.items()
    ]
    runs = pd.concat(parts, ignore_index=True)
    return runs.assign(payoff_per_agent=[[0.25 * w, 0.75 * w] for w in runs["welfare"]])


def test_modes_are_compared_in_payoffs_on_what_has_all_of_them():
    scores = {
        "private": [[0.0, 0.2], [0.2, 0.4]],
        "integrated": [[0.1, 0.2], [0.3, 0.4]],
        "cooperative": [[0.6, 0.8], [0.8, 1.0]],
    }
    rows = schema.table("mode_effects", mode_rows(by_mode(scores), repetitions=500))
    private = one(rows, mechanism_class="all", reward_mode="private")
    assert (private["cells"], private["environments"]) == (2, 2)
    assert private["score"] == pytest.approx(0.2)
    assert np.isnan(private["change"])
    # Payoffs of 25 and 75 %: half of |1 - 3| / 4; the least of a ceiling of 200 for two.
    assert private["gini"] == pytest.approx(0.25)
    assert private["worst_off"] == pytest.approx(0.25 * 120 / 100)
    integrated = one(rows, mechanism_class="all", reward_mode="integrated")
    assert integrated["change"] == pytest.approx(0.05)
    cooperative = one(rows, mechanism_class="all", reward_mode="cooperative")
    assert cooperative["change"] == pytest.approx(0.6)
    assert 0 < cooperative["change_low"] < 0.6 < cooperative["change_high"]
    assert set(rows["mechanism_class"]) == {"all", "TR-1"}
    assert "v0, corrected, cooperative: 0.60" in mode_summary(rows)


def test_runs_that_did_not_finish_are_counted_beside_what_leaves_them_out():
    same = [[0.0, 0.2], [0.2, 0.4], [0.1, 0.3]]
    runs = by_mode(dict.fromkeys(("private", "integrated", "cooperative"), same))
    lost = runs.index[runs["reward_mode"] == "private"][:2]
    runs.loc[lost, "status"] = ["failed", "diverged"]
    rows = schema.table("mode_effects", mode_rows(runs, repetitions=5))
    counted = rows[rows["mechanism_class"] == "all"].set_index("reward_mode")["unfinished"]
    assert counted.to_dict() == {"private": 2, "integrated": 0, "cooperative": 0}
    sides = pd.concat([runs, runs.assign(policy="QMIX", paradigm="ctde")])
    gaps = pd.DataFrame(gap_rows(sides, repetitions=5))
    of_class = gaps[(gaps["environment"] == "") & (gaps["reward_mode"] == "private")]
    assert of_class.set_index("form")["unfinished"].to_dict() == {"return": 4, "score": 0}


def test_a_learner_that_lacks_a_mode_is_not_compared():
    rows = mode_rows(by_mode({"private": [[0.0, 0.2]], "integrated": [[0.1, 0.2]]}), repetitions=5)
    assert rows == []
    assert mode_summary(schema.table("mode_effects", rows)) == ""


def test_equal_modes_show_no_change():
    same = [[0.0, 0.2], [0.2, 0.4]]
    runs = by_mode(dict.fromkeys(("private", "integrated", "cooperative"), same))
    rows = schema.table("mode_effects", mode_rows(runs, repetitions=500))
    found = one(rows, mechanism_class="all", reward_mode="cooperative")
    assert found["change"] == 0
    assert found["change_low"] < 0 < found["change_high"]
