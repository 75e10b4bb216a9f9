"""Claims C on contributions and D on failures."""

import pytest

from coopetition.agents.threats.critics import half_precision
from coopetition.reports import schema
from coopetition.reports.columns import CLASSES
from coopetition.reports.rules import RULES
from coopetition.reports.rules.members import environments_of, everywhere
from coopetition.reports.sources import published
from frames import campaign, evidence, row, run


def rule(name, scores, **tables):
    return RULES[name](evidence(scores=scores, **tables))


# ---- C: contribution ----------------------------------------------------------------------------


def contributing(shares, learners=("MAPPO",), environments=None, **changes):
    """Integrated returns of 100 and private ones so that the ratio is the class's share, in %."""
    tier = {name: group for group in CLASSES for name in environments_of(group)}

    def returns(policy, environment, mode, seed):
        return 100.0 - shares[tier[environment]] * (mode == "private")

    names = environments or everywhere()
    rows = campaign(returns, learners=learners, environments=names, **changes)
    # What integrated runs earn in payoffs: 60 of their return is accounting.
    return [
        r | {"welfare": 40.0 if r["reward_mode"] == "integrated" else r["welfare"]} for r in rows
    ]


STATED = published("dij_contribution").set_index("tier")["median_pct"].to_dict()


def test_medians_are_split_into_accounting_and_behaviour():
    decision = rule("tier_medians", contributing(STATED))
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "corrected")
    assert "published median in 4 of 4 classes" in decision.reason
    assert "TR-1 60.0 %, TR-2 60.0 %, TR-3 60.0 %, TR-4 60.0 % are accounting" in decision.reason
    assert "TR-1 -29.9 %" in decision.reason
    assert decision.estimate.startswith("corrected learners TR-1 30.1 %, TR-2 23.5 %")


def test_medians_of_constants_are_those_of_the_recheck(recorded):
    decision = rule("tier_medians", [], reference=recorded["reference"])
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "reference")
    half = "constant of 50 % TR-1 41.9 %, TR-2 35.8 %, TR-3 67.8 %, TR-4 45.2 %"
    assert decision.estimate == half
    assert "constant of 0 % TR-1 2.2 %, TR-2 0.5 %, TR-3 2.2 %, TR-4 0.5 %" in decision.reason


def test_negative_pairs_are_counted_by_class():
    decision = rule("only_tr2_is_negative", contributing(STATED | {"TR-2": -600.0}))
    assert decision.verdict == "inconclusive"
    assert decision.estimate == "TR-1 0 of 5, TR-2 5 of 5, TR-3 0 of 5, TR-4 0 of 5"
    assert "the lowest is -600 % (MAPPO on " in decision.reason
    assert rule("only_tr2_is_negative", []).verdict == "not testable"


def test_the_order_of_classes_has_a_probability():
    decision = rule("order_of_classes", contributing(STATED))
    assert (decision.verdict, decision.estimate) == ("inconclusive", "TR-3 > TR-1 > TR-4 > TR-2")
    assert "a probability of 1.00 over seeds" in decision.reason
    other = rule("order_of_classes", contributing(STATED | {"TR-4": 40.0}))
    assert "a probability of 0.00 over seeds" in other.reason
    part = contributing(STATED, environments=environments_of("TR-1"))
    assert rule("order_of_classes", part).verdict == "not testable"


def controllers(share, **changes):
    return contributing(
        dict.fromkeys(CLASSES, share),
        **{"learners": ["Central_PPO", "Central_A2C"], "protocol": "as_published"} | changes,
    )


def test_small_contributions_of_the_controllers_as_published_decide():
    name = "low_at_zero_contribution"
    decision = rule(name, controllers(19.0))
    assert (decision.verdict, decision.decided_by) == ("confirmed", "as_published")
    assert decision.estimate == "IPPO and SelfPlay_PPO 19.0 %, IA2C 19.0 %"
    assert rule(name, controllers(21.0)).verdict == "refuted"
    for changes in (
        {"environments": everywhere()[:19]},
        {"steps_planned": 400_000},
        {"learners": ["Central_PPO"]},
    ):
        assert rule(name, controllers(19.0, **changes)).verdict == "inconclusive"
    assert rule(name, controllers(19.0, protocol="corrected")).verdict == "not testable"


# ---- D: failures --------------------------------------------------------------------------------


def failing(policy, environments, broken, count=4, **changes):
    """Runs of which so many diverged."""
    return [
        run(
            **{"policy": policy, "environment": environment, "seed": seed},
            **{"status": "diverged", "reason": "NaN"} if seed < broken else {},
            **changes,
        )
        for environment in environments
        for seed in range(count)
    ]


@pytest.mark.parametrize(
    ("name", "scores", "estimate"),
    [
        (
            "ddpg_fails_on_apache",
            failing("MADDPG", ["ApacheProject"], 3)
            + failing("MATD3", ["ApacheProject"], 0, reward_mode="private"),
            "diverged: integrated 3 of 4, private 0 of 4",
        ),
        (
            "masac_and_lola_finish_on_apache",
            failing("MASAC", ["ApacheProject"], 1),
            "3 of 4 finished",
        ),
        (
            "sporadic_failures",
            failing("M3DDPG", ["GiftExchange", "SLCD"], 1) + failing("MADDPG", ["LoyaltyTeam"], 0),
            "1 of 8 diverged",
        ),
        ("masac_overflows", failing("MASAC", ["PublicGoods", "SLCD"], 2), "2 of 4 diverged"),
    ],
)
def test_diverged_runs_are_counted_and_decide_nothing(name, scores, estimate):
    decision = rule(name, scores)
    assert (decision.verdict, decision.estimate) == ("inconclusive", estimate)
    for changes in ({"edition": "v1"}, {"status": "excluded"}):
        others = [r | changes | {"run_id": f"{i}"} for i, r in enumerate(scores)]
        assert rule(name, others).verdict == "not testable"


def test_one_update_in_half_precision_is_told_beside_runs_that_break_down():
    tried = schema.table("threat_experiments", half_precision())
    scores = failing("MADDPG", ["ApacheProject"], 3)
    for rows in (scores, []):
        reason = RULES["ddpg_fails_on_apache"](
            evidence(scores=rows, threat_experiments=tried)
        ).reason
        assert "in 1 of 4 cases: half precision, integrated reward." in reason


def test_published_counts_of_failures_contradict_each_other():
    decision = rule("records_without_a_return", [])
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "published")
    assert decision.estimate == "at least 83 by the other sentences"
    assert "The parts add up to 62, and the total is 62" in decision.reason
    assert "3 × 7 = 21 more" in decision.reason


def test_peaks_of_learning_curves_are_counted():
    scores = failing("MASAC", ["PartnerHoldUp"], 0, count=2)
    curves = [
        row("curves", run_id=r["run_id"], step=step, training_return=value)
        for r, values in zip(scores, ([1.0, 1.0, 6.0], [-1.0, -1.0, 4.0]), strict=True)
        for step, value in enumerate(values)
    ]
    decision = rule("masac_jumps", scores, curves=curves)
    assert (decision.verdict, decision.estimate) == ("inconclusive", "1 of 2 (50.0 %)")
    assert "on PartnerHoldUp" in decision.reason
    assert rule("masac_jumps", scores).verdict == "not testable"
    assert rule("masac_jumps", [], curves=curves).verdict == "not testable"
