"""Learners that do worse than Random, and what their learning curves say about why."""

import math

import pandas as pd
import pytest

from coopetition.reports import schema
from coopetition.reports.exceptions import (
    CAUSES,
    exception_summary,
    exceptions,
    gains_summary,
    longer_gains,
    longer_summary,
    shares_of_random,
)
from frames import policies, row, run

# Of Random: the reward of an episode, and what an agent gains by leaving for a constant.
EARNS, GAIN = 50.0, 10.0
MODES = ("private", "integrated", "cooperative")


@pytest.fixture(scope="module")
def reference():
    return pd.concat(
        policies("Alpha", {None: (EARNS, 1.0)}, mode=mode, deviation_gain=GAIN) for mode in MODES
    )


def trained(policy, mode, *, rewards=(40.0,) * 6, shares=(0.5,) * 6, gain=GAIN + 5, **changes):
    """A run with its learning curve."""
    factors = {"policy": policy, "reward_mode": mode, "deviation_gain": gain, **changes}
    one = run(**{"protocol": "corrected", "training_return": rewards[-1], **factors})
    curve = [
        row("curves", run_id=one["run_id"], step=i, training_return=reward, cooperation=share)
        for i, (reward, share) in enumerate(zip(rewards, shares, strict=True))
    ]
    return one, curve


def found(reference, *runs):
    scores = schema.table("scores", [one for one, _ in runs])
    curves = schema.table("curves", [point for _, curve in runs for point in curve])
    return scores, exceptions(scores, reference, curves)


def why(reference, *runs):
    _, rows = found(reference, *runs)
    return [row["why"] for row in rows]


def test_exceptions_are_learners_that_do_worse_than_random(reference):
    runs = [
        trained(name, mode, rewards=(45.0, earned), shares=(0.5, 0.5), gain=gain, seed=seed)
        for name, mode, earned, gain in (
            ("IPPO", "cooperative", 60.0, 99.0),
            ("ISAC", "cooperative", 40.0, 0.0),
            ("IPPO", "private", 0.0, 9.0),
            ("ISAC", "private", 0.0, 12.0),
        )
        for seed in (1, 2)
    ]
    scores, rows = found(reference, *runs)
    assert [(row["policy"], row["reward_mode"], row["value"]) for row in rows] == [
        ("ISAC", "cooperative", 40.0),
        ("ISAC", "private", 12.0),
    ]
    assert [row["of_random"] for row in rows] == [EARNS, GAIN]
    assert rows[0]["untrained"] == 45.0
    assert math.isnan(rows[1]["untrained"]), "the gain of the untrained copy is not measured"
    text = exception_summary(scores, rows)
    assert "1 of 2 learners on an environment earn less" in text
    assert "1 of 2 leave an agent more to gain" in text


def test_published_settings_and_undefined_games_are_no_exceptions(reference):
    published = trained("Central_PPO", "cooperative", protocol="as_published")
    undefined = trained("MeanFieldAC", "cooperative", status="excluded")
    scores, rows = found(reference, published, undefined)
    assert rows == []
    assert "0 of 0" in exception_summary(scores, rows)


@pytest.mark.parametrize(
    ("policy", "cause"), [("Central_PPO", "joint controller"), ("QMIX", "paid a team reward")]
)
def test_who_is_not_paid_its_own_reward_does_not_look_at_its_gains(reference, policy, cause):
    rising = {"rewards": (10.0, 15.0, 20.0, 25.0, 30.0, 40.0)}
    assert why(reference, trained(policy, "private", **rising)) == [cause]
    assert why(reference, trained(policy, "integrated", **rising)) == [cause]
    assert why(reference, trained(policy, "cooperative", **rising)) == ["still learning"]


def test_a_learner_of_which_runs_broke_down_diverged(reference):
    runs = [trained("IPPO", "cooperative", seed=1)]
    runs.append(trained("IPPO", "cooperative", seed=2, status="diverged"))
    assert why(reference, *runs) == ["diverged"]


@pytest.mark.parametrize("mode", MODES)
def test_a_reward_that_rises_above_the_untrained_copy_is_learning(reference, mode):
    rising = (20.0, 10.0, 15.0, 25.0, 28.0, 30.0)
    assert why(reference, trained("IPPO", mode, rewards=rising)) == ["still learning"]


def test_a_reward_that_rises_back_to_the_untrained_copy_is_none(reference):
    back = (40.0, 10.0, 15.0, 25.0, 30.0, 35.0)
    assert why(reference, trained("IPPO", "cooperative", rewards=back)) == [
        "no better than untrained"
    ]


def test_shares_that_move_are_learning_unless_all_are_paid_the_same(reference):
    moving = {"shares": (0.5, 0.5, 0.5, 0.5, 0.4, 0.3)}
    assert why(reference, trained("IPPO", "private", **moving)) == ["still learning"]
    assert why(reference, trained("IPPO", "integrated", **moving)) == ["still learning"]
    assert why(reference, trained("IPPO", "cooperative", **moving)) == ["no better than untrained"]


def test_learners_that_rest_above_the_untrained_copy_are_unexplained(reference):
    rests = (20.0, 30.0, 40.0, 40.0, 40.0, 40.0)
    for mode in MODES:
        assert why(reference, trained("IPPO", mode, rewards=rests)) == ["unexplained"]


def test_under_private_reward_less_than_untrained_explains_nothing(reference):
    falls = (40.0, 30.0, 20.0, 20.0, 20.0, 20.0)
    assert why(reference, trained("IPPO", "private", rewards=falls)) == ["unexplained"]
    assert why(reference, trained("IPPO", "integrated", rewards=falls)) == [
        "no better than untrained"
    ]


def test_only_the_runs_that_are_worse_than_random_are_asked(reference):
    rests = trained("IPPO", "private", seed=1, gain=0.0)
    moves = trained("IPPO", "private", seed=2, gain=99.0, shares=(0.5, 0.5, 0.5, 0.9, 0.7, 0.5))
    _, (row,) = found(reference, rests, moves)
    assert (row["worse"], row["runs"], row["why"]) == (1, 2, "still learning")


def test_a_curve_of_one_evaluation_is_unexplained_or_no_better(reference):
    short = {"rewards": (40.0,), "shares": (0.5,)}
    assert why(reference, trained("IPPO", "private", **short)) == ["unexplained"]
    assert why(reference, trained("IPPO", "cooperative", **short)) == ["no better than untrained"]


def test_the_summary_counts_causes_and_what_is_not_the_budget(reference):
    runs = [
        trained("IPPO", "cooperative", rewards=(60.0,) + (40.0,) * 5),
        trained("ISAC", "cooperative", rewards=(10.0, 15.0, 20.0, 25.0, 30.0, 40.0)),
        *(
            trained("MAPPO", "private", gain=gain, seed=seed)
            for seed, gain in enumerate((0, 0, 99))
        ),
        trained("QMIX", "private"),
    ]
    scores, rows = found(reference, *runs)
    assert {row["why"] for row in rows} < set(CAUSES)
    assert exception_summary(scores, rows) == (
        "Under cooperative reward 2 of 2 learners on an environment earn less of it than Random; "
        "under the other modes 2 of 2 leave an agent more to gain by holding a constant than "
        "Random does. These 4 by cause: paid a team reward 1, still learning 1, no better than "
        "untrained 1, unexplained 1. In 1 of them fewer than half of the runs are worse than "
        "Random. Of the 2 "
        "under cooperative reward, 1 started from an untrained copy that earns as much as Random, "
        "so that training took them below it."
    )


def longer(policy, value, longer_value, reward_mode="cooperative", **changes):
    measured = {"untrained": 100.0, "value": value, "longer_value": longer_value, "lowest": 50.0}
    fixed = {"policy": policy, "environment": "Alpha-v1", "of_random": 200.0, "runs": 3}
    fixed |= {"steps": 3000, "worse": 3, "longer_steps": 16_000, "longer_worse": 1}
    fixed |= {"lowest_step": 2000, "reward_mode": reward_mode, "why": "unexplained", **measured}
    return row("longer_training", **fixed | changes)


def test_longer_training_is_told_beside_what_random_earns():
    table = schema.table(
        "longer_training",
        [
            longer("IPPO", 100.0, 220.0),
            longer("COMA", 150.0, 190.0),
            longer("QMIX", 180.0, 120.0),
            longer("IPPO", 300.0, 100.0, "private"),
        ],
    )
    rows = shares_of_random(table)
    assert [found["longer_value"] for found in rows] == [1.1, 0.95, 0.6, 0.5]
    assert rows[0]["lowest"] == 0.25
    assert longer_summary(rows) == (
        "Trained for 16,000 steps instead of 3,000, 1 of 3 exceptions under cooperative reward of "
        "a study earn at least as much as Random, and 1 come nearer to it. For these it is not a "
        "matter of so few steps: QMIX on Alpha-v1 (0.90 of Random, then 0.60)."
    )
    assert longer_summary(shares_of_random(table.iloc[:0])) == ""
    assert longer_summary(rows[3:]) == ""


def test_gains_after_longer_training_are_told_by_learner_and_by_cause():
    gains = {"untrained": None, "lowest": None, "lowest_step": None}
    table = schema.table(
        "longer_training",
        [
            longer("IPPO", 300.0, 100.0, "private", **gains),
            longer("IPPO", 400.0, 360.0, "integrated", why="no better than untrained", **gains),
            longer("IPPO", 300.0, 320.0, "integrated", environment="Beta-v1", **gains),
            longer("IA2C", 300.0, 200.0, "private", steps=1500, **gains),
            longer("IA2C", 100.0, 220.0),
        ],
    )
    rows = shares_of_random(table)
    probe = {"policy": "IPPO", "environment": "Beta-v1", "reward_mode": "integrated"}
    probe |= {"change": "gamma = 0", "of_random": 200.0, "value": 200.0}
    probes = shares_of_random(schema.table("exception_probes", [row("exception_probes", **probe)]))
    assert longer_gains(rows, probes) == [
        {
            **{"policy": "IA2C", "exceptions": 1, "removed": 1, "nearer": 0, "no_nearer": 0},
            **{"value": 1.5, "longer_value": 1.0, "remaining": [], "myopic": 0},
        },
        {
            **{"policy": "IPPO", "exceptions": 3, "removed": 1, "nearer": 1, "no_nearer": 1},
            **{"value": 1.5, "longer_value": 1.6, "remaining": ["Beta-v1 integrated"]},
            "myopic": 1,
        },
    ]
    text = (
        "Trained for 16,000 steps instead of 1,500 to 3,000, 2 of 4 exceptions in gains leave an "
        "agent no more to gain than Random does, 1 less than before, and 1 as much or more. By "
        "what their curves in the study told: no better than untrained: 0, 1 and 0 of 1; "
        "unexplained: 2, 0 and 1 of 3."
    )
    assert gains_summary(rows, []) == text
    assert gains_summary(rows, probes) == text + (
        " Of the 1 last, 1 leave no more than Random does if agents look no step ahead "
        "(gamma = 0), and 1 less than they do if they look ahead."
    )
    assert longer_gains(rows, [])[1]["myopic"] == 0, "what was not probed is not counted"
    assert longer_gains(rows[-1:], []) == []
    assert gains_summary(rows[-1:], []) == ""


def test_probes_are_told_beside_what_random_earns_there():
    probe = row("exception_probes", of_random=200.0, value=210.0, change="gamma = 0")
    (found,) = shares_of_random(schema.table("exception_probes", [probe]))
    assert (found["value"], found["change"]) == (1.05, "gamma = 0")
    assert "of_random" not in found
