"""Findings N05, N06, N07, N09 and N11 to N14 on learners of our own."""

import numpy as np
import pandas as pd
import pytest

from coopetition.reports import schema
from coopetition.reports.columns import CLASSES, MODES
from coopetition.reports.rules import RULES
from coopetition.reports.rules.members import everywhere, steps_of
from frames import campaign, chain, evidence, row, untrained

ALL = everywhere()
# One environment of every mechanism class.
FOUR = ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "ReciprocalDilemma")
CONTROLLERS = ("Central_PPO", "Central_A2C", "Central_SAC")


def rule(name, scores, **tables):
    return RULES[name](evidence(scores=scores, **tables))


def formal(returns, learners, environments=ALL, **changes):
    about = {"edition": "v1", "seeds": (1, 2, 3), "steps_planned": 10_000} | changes
    return campaign(returns, learners=learners, environments=environments, **about)


@pytest.mark.parametrize(
    ("steps", "words"),
    [([3000, 3000], "3,000 steps per run"), ([3000, 1500], "1,500 to 3,000 steps per run")],
)
def test_budgets_that_differ_by_environment_are_told_as_a_range(steps, words):
    assert steps_of(pd.DataFrame({"steps_planned": steps})) == words


# ---- N05: joint control -------------------------------------------------------------------------


def joint(ahead, environments=ALL, learners=("Central_PPO", "IPPO", "Central_SAC", "ISAC")):
    """Scores of controllers and independent learners, under private reward so far apart."""

    def returns(policy, environment, mode, seed):
        return 0.5 + ahead * policy.startswith("Central") * (mode == "private") + 0.01 * seed

    return formal(returns, learners, environments)


def test_controllers_ahead_of_independent_learners_confirm_and_behind_refute():
    decision = rule("joint_control_effect", joint(0.3))
    assert (decision.verdict, decision.decided_by) == ("confirmed", "corrected")
    assert decision.estimate == "+0.30 in score"
    assert decision.interval[0] > 0
    assert "20 of 20 formal environments, 2 algorithms, 10,000 steps per run" in decision.reason
    assert rule("joint_control_effect", joint(-0.3)).verdict == "refuted"
    assert rule("joint_control_effect", joint(0.0)).verdict == "inconclusive"


def test_the_released_edition_is_told_beside_and_decides_nothing():
    other = [r | {"edition": "v0", "run_id": r["run_id"] + "v0"} for r in joint(-0.3)]
    assert rule("joint_control_effect", other).verdict == "not testable"
    decision = rule("joint_control_effect", joint(0.3) + other)
    assert decision.verdict == "confirmed"
    assert "released edition -0.30" in decision.reason


def test_only_equal_algorithms_budgets_and_environments_are_compared():
    part = rule("joint_control_effect", joint(0.3, ALL[:19]))
    assert part.verdict == "inconclusive"
    assert part.estimate == "+0.30 in score"
    assert "19 of 20 formal environments" in part.reason
    unequal = joint(0.3, learners=("Central_PPO", "ISAC"))
    assert rule("joint_control_effect", unequal).verdict == "not testable"
    longer = [r | ({"steps_planned": 20_000} if r["policy"] == "IPPO" else {}) for r in joint(0.3)]
    assert "20 of 20 formal environments, 1 algorithm," in (
        rule("joint_control_effect", longer).reason
    )


def test_a_learner_that_lacks_a_seed_on_an_environment_is_left_out_there():
    """Its other seeds, however far off, say nothing then."""
    scores = [
        r | ({"score": 9.0} if (r["policy"], r["environment"]) == ("ISAC", FOUR[0]) else {})
        for r in joint(0.3)
        if (r["policy"], r["environment"], r["seed"]) != ("ISAC", FOUR[0], 2)
    ]
    decision = rule("joint_control_effect", scores)
    assert decision.interval == pytest.approx((0.3, 0.3))
    assert "20 of 20 formal environments, 2 algorithms" in decision.reason


def test_a_learner_that_never_finished_is_not_compared():
    broken = [
        r | ({"status": "diverged", "score": 0.0} if r["policy"].endswith("PPO") else {})
        for r in joint(0.3)
    ]
    assert "1 algorithm," in rule("joint_control_effect", broken).reason


# ---- N06 and N14: action units -----------------------------------------------------------------


CLEAR = {"Central_PPO": [0.0, 0.001], "Central_A2C": [0.0, 0.002], "Central_SAC": [0.5, 0.1]}


def at_start(**shares):
    given = evidence(threat_experiments=untrained(CLEAR | shares))
    return RULES["action_units_at_the_start"](given)


def test_unscaled_controllers_start_at_zero_contribution_and_sac_does_not():
    decision = at_start()
    assert (decision.verdict, decision.decided_by) == ("confirmed", "experiment")
    assert decision.estimate == "PPO and A2C at most 0.20 %, SAC 10 to 50 % of the endowment"
    assert "With 2 seeds on each of 4 released environments" in decision.reason
    # Of SAC's two starts per environment one plays too little to last.
    assert "4 of its 8 episodes end within 10 steps, as do 16 of 16" in decision.reason


@pytest.mark.parametrize(
    "change", [{"Central_PPO": [0.0, 0.02]}, {"Central_A2C": [0.3]}, {"Central_SAC": [0.5, 0.04]}]
)
def test_one_other_start_refutes(change):
    assert at_start(**change).verdict == "refuted"


def test_without_the_experiment_nothing_is_said_of_starts():
    assert RULES["action_units_at_the_start"](evidence()).verdict == "not testable"


def isolated(effects, **changes):
    """What acting in own units adds, of environments of the classes in their order."""
    steps = schema.table("ablations", [*chain(effects).to_dict("records")])
    classes = dict(zip(effects, CLASSES, strict=False))
    steps = steps.assign(mechanism_class=steps["environment"].map(classes), **changes)
    return RULES["own_units_raise_the_score"](evidence(ablations=steps))


def test_the_step_to_own_units_alone_decides_what_it_adds():
    decision = isolated(dict(zip(FOUR, (0.2, 0.9, 0.3, 0.4), strict=True)))
    assert (decision.verdict, decision.decided_by) == ("confirmed", "ablations")
    assert decision.estimate == "+0.20 to +0.90 in score"
    assert "TrustDilemma-v0 +0.90 [0.90, 0.90]" in decision.reason
    assert isolated(dict.fromkeys(FOUR, 0.2) | {FOUR[2]: -0.1}).verdict == "refuted"
    wide = isolated(dict.fromkeys(FOUR, 0.2), effect_low=-0.1)
    assert wide.verdict == "inconclusive"


def test_three_classes_or_none_do_not_decide_what_own_units_add():
    three = isolated(dict.fromkeys(FOUR[:3], 0.2))
    assert three.verdict == "inconclusive"
    assert "classes are missing" in three.reason
    assert RULES["own_units_raise_the_score"](evidence()).verdict == "not testable"
    unscaled = isolated(dict.fromkeys(FOUR, 0.2), effect=np.nan)
    assert unscaled.verdict == "not testable"


# ---- N07: the best constant ---------------------------------------------------------------------


def trained(score, environments=None, **changes):
    """Training scores, in which the best constant has 1."""
    about = {"environments": environments or everywhere(), "seeds": (1,), **changes}
    return campaign(lambda *_: score, learners=["IPPO", "QMIX"], **about)


def test_no_run_above_the_best_constant_confirms_and_one_refutes():
    decision = rule("learners_against_best_constant", trained(0.99))
    assert decision.verdict == "confirmed"
    assert decision.estimate == "released edition 0 of 120 runs (20 environments)"
    one = trained(0.99)
    one[5]["training_score"] = 1.01
    decision = rule("learners_against_best_constant", one)
    assert decision.verdict == "refuted"
    assert f"Released ones: {one[5]['environment']}." in decision.reason


def test_runs_of_the_formal_edition_are_counted_beside():
    scores = trained(0.99) + trained(1.5, FOUR, edition="v1")
    decision = rule("learners_against_best_constant", scores)
    assert decision.verdict == "confirmed"
    assert "formal edition 24 of 24 runs (4 environments)" in decision.estimate
    only = trained(0.5, FOUR, edition="v1")
    assert rule("learners_against_best_constant", only).verdict == "not testable"
    assert rule("learners_against_best_constant", trained(0.9, FOUR)).verdict == "inconclusive"


# ---- N09: rewards in payoffs --------------------------------------------------------------------


def rewarded(gain, learners=("IPPO", "QMIX"), environments=ALL, **changes):
    """Scores that cooperative reward raises by so much, and integrated reward by half of it."""

    def returns(policy, environment, mode, seed):
        # What seeds and learners differ by is far larger, and cancels in pairs.
        level = 5.0 * seed + 3.0 * (policy == "QMIX")
        return level + gain * {"private": 0, "integrated": 0.5, "cooperative": 1}[mode]

    return formal(returns, learners, environments, **changes)


def test_pairs_with_a_gain_confirm_and_with_a_loss_refute():
    decision = rule("reward_changes_welfare", rewarded(0.2))
    assert (decision.verdict, decision.decided_by) == ("confirmed", "corrected")
    assert decision.estimate == "+0.20 in score"
    assert decision.interval == pytest.approx((0.2, 0.2))
    assert "integrated formal edition +0.10 [0.10, 0.10]" in decision.reason
    assert rule("reward_changes_welfare", rewarded(-0.2)).verdict == "refuted"
    assert rule("reward_changes_welfare", rewarded(0.0)).verdict == "inconclusive"


def test_joint_controllers_other_editions_and_modes_have_no_part_in_the_gain():
    assert rule("reward_changes_welfare", rewarded(0.2, CONTROLLERS)).verdict == "not testable"
    assert rule("reward_changes_welfare", rewarded(0.2, edition="v0")).verdict == "not testable"
    both = rewarded(0.2) + rewarded(-0.4, edition="v0")
    decision = rule("reward_changes_welfare", both)
    assert decision.verdict == "confirmed"
    assert "cooperative released edition -0.40 [-0.40, -0.40]" in decision.reason
    two = rewarded(0.2, modes=MODES[:2])
    assert rule("reward_changes_welfare", two).verdict == "not testable"
    part = rule("reward_changes_welfare", rewarded(0.2, environments=ALL[:19]))
    assert (part.verdict, part.estimate) == ("inconclusive", "+0.20 in score")


def test_every_environment_counts_once_however_many_learners_it_has():
    """Ten learners lose on one environment, one gains on each of the others."""
    many = ("IPPO", "IA2C", "ISAC", "LOLA", "MAPPO", "MADDPG", "MATD3", "MASAC", "VDN", "COMA")
    scores = rewarded(0.2, ["QMIX"], ALL[1:]) + rewarded(-0.4, many, ALL[:1])
    decision = rule("reward_changes_welfare", scores)
    assert decision.verdict == "confirmed"
    assert decision.estimate == "+0.20 in score"
    assert "20 of 20 formal environments, 11 learners" in decision.reason


# ---- supplementary campaigns --------------------------------------------------------------------


def dial(changes, **more):
    """Rows of `mutuality`: IPPO on one environment per change of the score from 0 to 2."""
    return schema.table(
        "mutuality",
        [
            row(
                "mutuality",
                **{"environment": f"E{i}", "edition": "v1", "policy": "IPPO"},
                **{"mutuality": mutuality, "score": 0.5 + mutuality / 2 * change, **more},
            )
            for i, change in enumerate(changes)
            for mutuality in (0.0, 1.0, 2.0)
        ],
    )


def crossings(held, width=0.2):
    """Rows of `mutuality_crossovers`, one per environment, with intervals of this width."""
    return schema.table(
        "mutuality_crossovers",
        [
            row("mutuality_crossovers", environment=f"E{i}", edition="v1", calibrated=one)
            | {"dial_low": 1.2 - width / 2, "dial_high": 1.2 + width / 2}
            for i, one in enumerate(held)
        ],
    )


def crowds(changes):
    """Rows of `population`: environment and learner -> change of the score from 2 to 20 agents."""
    return schema.table(
        "population",
        [
            row(
                "population",
                **{"environment": environment, "edition": "v1", "policy": policy},
                **{"n_agents": n_agents, "score": 0.6 + (change if n_agents == 20 else 0)},
            )
            for (environment, policy), change in changes.items()
            for n_agents in (20, 2)
        ],
    )


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ([0.2, 0.25, 0.3, 0.2, 0.22, 0.21, 0.3, 0.28], "confirmed"),
        ([-0.2, -0.25, -0.3, -0.2, -0.22, -0.21, -0.3, -0.28], "refuted"),
        ([-0.2, 0.25, -0.3, 0.2, -0.22, 0.21, -0.3, 0.28], "inconclusive"),
        ([0.2, 0.25, 0.3], "inconclusive"),  # too few environments
    ],
)
def test_the_score_along_the_dial(changes, verdict):
    found = RULES["score_rises_along_the_dial"](evidence(mutuality=dial(changes)))
    assert found.verdict == verdict
    assert found.estimate == f"{np.mean(changes):+.2f} in score"
    assert RULES["score_rises_along_the_dial"](evidence()).verdict == "not testable"
    released = dial(changes).assign(edition="v0")
    found = RULES["score_rises_along_the_dial"](evidence(mutuality=released))
    assert found.verdict == "not testable"


@pytest.mark.parametrize(
    ("held", "environments", "verdict"),
    [
        ([False, False, True], 8, "confirmed"),
        ([True, False], 8, "refuted"),
        ([False, False], 5, "inconclusive"),
        ([], 8, "inconclusive"),
    ],
)
def test_crossings_on_the_dial(held, environments, verdict):
    tables = {"mutuality": dial([0.1] * environments), "mutuality_crossovers": crossings(held)}
    found = RULES["crossings_are_not_calibrated"](evidence(**tables))
    assert found.verdict == verdict
    assert RULES["crossings_are_not_calibrated"](evidence()).verdict == "not testable"


@pytest.mark.parametrize(
    ("widths", "verdict"),
    [
        *[([0.5] * 3, "refuted"), ([0.4, 0.5, 1.9], "refuted")],
        # Few seeds: intervals hold 1 because they hold most of the dial.
        *[([0.6] * 3, "inconclusive"), ([0.4, 0.7, 1.9], "inconclusive")],
    ],
)
def test_wide_intervals_say_nothing_of_crossings(widths, verdict):
    parts = [crossings([True], width) for width in widths]
    tables = {"mutuality": dial([0.1] * 8), "mutuality_crossovers": pd.concat(parts)}
    found = RULES["crossings_are_not_calibrated"](evidence(**tables))
    assert found.verdict == verdict
    assert f"in the median an interval is {np.median(widths):.2f} wide" in found.reason


def test_many_cells_of_an_environment_are_one_in_the_effect_of_size():
    """Nine cells fall, but all of the effect is that of one environment."""
    fall = {"A": -0.6, "B": -0.04, "C": -0.02}
    cells = {(e, p): fall[e] for e in fall for p in ("IPPO", "MAPPO", "ISAC")}
    found = RULES["score_falls_with_agents"](evidence(population=crowds(cells)))
    assert found.verdict == "inconclusive"
    assert found.interval[0] < -0.6
    assert found.interval[1] > 0
    even = {(e, p): -0.3 - 0.01 * i for i, (e, p) in enumerate(cells)}
    assert (
        RULES["score_falls_with_agents"](evidence(population=crowds(even))).verdict == "confirmed"
    )


def test_the_score_of_crowds():
    rule = RULES["score_falls_with_agents"]
    cells = [(e, p) for e in ("A", "B", "C") for p in ("IPPO", "MAPPO", "ISAC")]
    falling = {cell: -0.2 - 0.01 * i for i, cell in enumerate(cells)}
    found = rule(evidence(population=crowds(falling)))
    assert (found.verdict, found.estimate) == ("confirmed", "-0.24 in score")
    rising = {cell: -change for cell, change in falling.items()}
    assert rule(evidence(population=crowds(rising))).verdict == "refuted"
    two = {cell: change for cell, change in falling.items() if cell[0] != "C"}
    assert rule(evidence(population=crowds(two))).verdict == "inconclusive"
    assert rule(evidence()).verdict == "not testable"
