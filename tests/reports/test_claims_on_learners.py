"""Claims A on rankings: what corrected learners show, and what those as published decide."""

import pandas as pd
import pytest

from coopetition.reports.columns import CLASSES, MODES
from coopetition.reports.rules import RULES, members
from coopetition.reports.rules.members import environments_of, everywhere
from frames import campaign, evidence, policies, row

TEAM = ("IPPO", "ISAC", "MAPPO", "QMIX")
IND, CTDE = ("IPPO", "ISAC"), ("MAPPO", "QMIX")
CONTROLLERS = ("Central_PPO", "Central_A2C", "Central_SAC")


def rule(name, scores, **tables):
    return RULES[name](evidence(scores=scores, **tables))


def as_published(returns, environments, **changes):
    return campaign(
        returns,
        **{"learners": CONTROLLERS, "environments": environments, "protocol": "as_published"},
        **changes,
    )


# ---- who is who ---------------------------------------------------------------------------------


def test_the_published_tables_pool_each_environment_once():
    assert len(set(everywhere())) == 20
    assert {len(environments_of(group)) for group in CLASSES} == {5}
    assert {"SLCD", "SynergySearch"} <= set(environments_of("TR-1"))
    assert {"TrustDilemma", "RenaultNissan"} <= set(environments_of("TR-2"))


def test_published_learners_have_a_class_and_four_are_rebuilt():
    kinds = pd.Series(members.paradigms())
    assert kinds.value_counts().to_dict() == {"CTDE": 9, "independent": 7}
    assert members.rebuilt() == {
        **{"IPPO": "Central_PPO", "SelfPlay_PPO": "Central_PPO"},
        **{"IA2C": "Central_A2C", "ISAC": "Central_SAC"},
    }


# ---- A: gaps of the best members ----------------------------------------------------------------


def gap(returns, **about):
    scores = evidence(scores=campaign(returns, learners=TEAM, **about)).scores
    return members.best_gap(scores, tuple(about["environments"]), "training_return", 200)


def test_the_gap_is_between_the_best_members_over_all_environments():
    best = {"IPPO": 90.0, "ISAC": 110.0, "MAPPO": 100.0, "QMIX": 50.0}
    about = {"environments": ["SLCD", "TrustDilemma"], "modes": ["private"]}
    assert gap(lambda policy, *_: best[policy], **about) == pytest.approx((10.0, 10.0, 10.0))
    # ISAC is best on one environment and IPPO on average.
    other = {("IPPO", "SLCD"): 80.0, ("IPPO", "TrustDilemma"): 130.0}

    def returns(policy, environment, *_):
        return other.get((policy, environment), best[policy] - 10 * (policy == "ISAC"))

    assert gap(returns, **about)[0] == pytest.approx(5.0)


def test_the_choice_of_the_best_is_made_anew_in_every_resample():
    """Four alike learners: a maximum of two is as high on either side, whoever it is."""
    noise = {"IPPO": [0, 8], "ISAC": [8, 0], "MAPPO": [0, 8], "QMIX": [8, 0]}

    def returns(policy, environment, mode, seed):
        return 100.0 + noise[policy][seed]

    found = gap(returns, environments=["SLCD"], modes=["private"], seeds=(0, 1))
    assert found[0] == pytest.approx(0.0)
    assert found[1] < 0 < found[2]


def test_a_learner_without_an_environment_is_out_of_its_mean():
    scores = campaign(lambda *_: 1.0, learners=TEAM, environments=["SLCD", "TrustDilemma"])
    scores += campaign(lambda *_: 9.0, learners=["MADDPG"], environments=["SLCD"])
    found = evidence(scores=scores).scores
    means = members.resampled(found, ("SLCD", "TrustDilemma"), "training_return", 3)
    assert set(means) == set(TEAM)
    only = found[found["policy"].isin(IND)]
    assert members.best_gap(only, ("SLCD",), "training_return", 3) is None


def crossing(signs, environments, learners=TEAM, **changes):
    """Independent learners ahead or behind by 10 %, by environment and mode."""

    def returns(policy, environment, mode, seed):
        ahead = signs.get((environment, mode), signs.get(mode, 1))
        return 100.0 + 10 * (ahead * (policy in IND) > 0) + 10 * (ahead < 0) * (policy in CTDE)

    return campaign(returns, learners=learners, environments=environments, **changes)


def test_the_crossover_is_told_and_stays_inconclusive():
    signs = dict(zip(MODES, (1, -1, -1), strict=True))
    decision = rule("crossover_on_app_store", crossing(signs, ["AppleAppStore"]))
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "corrected")
    assert "3 of 3 gaps have the published sign" in decision.reason
    assert "neither confirms nor refutes" in decision.reason
    assert "private +10.0 % [10.0, 10.0]" in decision.estimate
    against = rule("crossover_on_app_store", crossing({"private": -1}, ["AppleAppStore"]))
    assert "0 of 3 gaps" in against.reason
    elsewhere = rule("crossover_on_app_store", crossing(signs, ["SLCD"]))
    assert elsewhere.verdict == "not testable"


def test_both_published_learners_of_the_crossover_may_lie_below_a_constant():
    rows = pd.concat(
        policies("AppleAppStore", {40: (level, 1.0), None: (1.0, 1.0)}, mode=mode)
        for mode, level in zip(MODES, (24_000.0, 41_000.0, 50_000.0), strict=True)
    )
    decision = rule("crossover_on_app_store", [], reference=rows)
    assert decision.verdict == "not testable"
    said = "more than both published learners under integrated and cooperative reward."
    assert decision.reason.endswith(said)


def test_case_studies_are_counted_by_environment():
    signs = {("SLCD", "cooperative"): -1, ("RenaultNissan", "cooperative"): -1}
    names = ["SLCD", "RenaultNissan", "ApacheProject"]
    decision = rule("crossover_on_case_studies", crossing(signs, names))
    assert "9 of 9 gaps" in decision.reason
    few = rule("crossover_on_case_studies", crossing(signs, names[:1]))
    assert (few.verdict, "3 of 3 gaps" in few.reason) == ("inconclusive", True)
    assert "Environments with a gap: 1 of 3." in few.reason
    one_class = crossing(signs, names, learners=IND)
    assert rule("crossover_on_case_studies", one_class).verdict == "not testable"


SPLIT = {"TR-1": -1, "TR-2": 1, "TR-3": 1, "TR-4": -1}


def split(mode, names=None):
    signs = {(n, mode): s for group, s in SPLIT.items() for n in environments_of(group)}
    return crossing(signs, names or everywhere())


@pytest.mark.parametrize(
    ("name", "mode"),
    [("leaders_under_integrated", "integrated"), ("leaders_under_cooperative", "cooperative")],
)
def test_the_split_of_classes_is_told(name, mode):
    decision = rule(name, split(mode))
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "corrected")
    assert "4 of 4 have the published sign" in decision.reason
    assert "TR-1 -10.00 [-10.00, -10.00] (-9.1 %)" in decision.estimate
    other = rule(name, split("private"))
    assert "2 of 4 have the published sign" in other.reason
    four = rule(name, split(mode, environments_of("TR-1")[:4]))
    assert four.verdict == "not testable"


def test_agreement_of_two_modes_is_told_beside_the_split():
    same = [row("identity", environment="SLCD-v0", policy_set="101 constants", identical=True)]
    decision = rule("leaders_under_cooperative", split("cooperative"), identity=same)
    assert "identical on 1 of 1 environments (N01)" in decision.reason


def test_the_leader_of_tr1_under_private_reward():
    names = environments_of("TR-1")
    decision = rule("independent_leads_tr1_under_private", crossing({"private": 1}, names))
    assert (decision.verdict, decision.estimate) == (
        *("inconclusive", "+10.00 in normalised return"),
    )
    assert decision.interval == pytest.approx((10.0, 10.0))
    assert "independent, at" in decision.reason
    behind = rule("independent_leads_tr1_under_private", crossing({"private": -1}, names))
    assert "CTDE, at" in behind.reason
    few = crossing({"private": 1}, names[:4])
    assert rule("independent_leads_tr1_under_private", few).verdict == "not testable"


def test_mean_field_is_compared_on_common_environments():
    names = ["IndirectReciprocity", "GraduatedSanction", "AppleAppStore"]

    def returns(policy, environment, *_):
        return 120.0 if policy == "MeanFieldAC" else 100.0

    scores = campaign(returns, learners=["MeanFieldAC", "ISAC"], environments=names)
    decision = rule("mean_field_above_isac", scores)
    assert (decision.verdict, decision.estimate) == (
        "inconclusive",
        "MeanFieldAC over ISAC +20.0 %",
    )
    few = campaign(returns, learners=["MeanFieldAC", "ISAC"], environments=names[:2])
    assert rule("mean_field_above_isac", few).verdict == "not testable"


def test_isac_below_another_controller_refutes_at_the_published_budget():
    names = environments_of("TR-2")
    first = {"Central_SAC": 3.0, "Central_PPO": 1.0, "Central_A2C": 2.0}
    decision = rule(
        "isac_is_the_best_independent_learner", as_published(lambda p, *_: first[p], everywhere())
    )
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "as_published")
    assert "in 12 of 12 pairs of class and mode" in decision.reason
    behind = first | {"Central_A2C": 4.0}
    scores = as_published(lambda p, *_: behind[p], names)
    decision = rule("isac_is_the_best_independent_learner", scores)
    assert decision.verdict == "refuted"
    assert "TR-2 private, TR-2 integrated, TR-2 cooperative" in decision.reason
    small = as_published(lambda p, *_: behind[p], names, steps_planned=499_999)
    assert rule("isac_is_the_best_independent_learner", small).verdict == "inconclusive"
    two = [r for r in scores if r["policy"] != "Central_A2C"]
    assert rule("isac_is_the_best_independent_learner", two).verdict == "not testable"


def test_top_fives_are_counted():
    ranks = [*("ISAC", "COMA", "VDN", "QMIX", "MASAC"), "IPPO", "MAPPO"]
    scores = campaign(
        lambda policy, *_: -float(ranks.index(policy)),
        **{"learners": ranks, "environments": everywhere(), "modes": ["integrated"]},
    )
    decision = rule("isac_and_coma_in_every_top_five", scores)
    assert decision.verdict == "inconclusive"
    assert "it is known: COMA, ISAC, MASAC, QMIX, VDN." in decision.reason
    assert "TR-4 ISAC 1.00, COMA 1.00" in decision.estimate
    none = rule("isac_and_coma_in_every_top_five", [])
    assert none.verdict == "not testable"
    assert "as printed COMA, ISAC; without heuristics COMA, ISAC, VDN." in none.reason


def test_changes_of_the_leader_are_counted():
    names = everywhere()[:12]
    signs = {(name, "private"): 1 for name in names} | {(name, "integrated"): -1 for name in names}
    decision = rule("leader_changes_on_most_environments", crossing(signs, everywhere()))
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "corrected")
    assert "changes on 12 of 20 environments" in decision.reason
    assert "on 12, of which 12 from independent to CTDE" in decision.reason
    one_mode = crossing(signs, everywhere(), modes=["private"])
    assert rule("leader_changes_on_most_environments", one_mode).verdict == "not testable"


def test_the_published_rankings_put_ia2c_higher():
    decision = rule("three_learners_at_the_bottom", [])
    assert (decision.verdict, decision.decided_by) == ("refuted", "published")
    assert "IA2C is number 11 of 18 on TR-3; IA2C is number 15 of 18 on TR-4." in decision.reason


def noisy(size):
    return lambda policy, environment, mode, seed: 100.0 + size * (seed % 2)


def test_two_groups_of_runs_of_one_controller_are_equivalent_or_not():
    about = {"modes": ["integrated"], "seeds": range(8)}
    close = as_published(noisy(0.5), everywhere(), **about)
    decision = rule("self_play_equals_ippo", close)
    assert (decision.verdict, decision.decided_by) == ("confirmed", "as_published")
    assert "differ by 0.1 to 1.4 %" in decision.reason
    assert rule(
        "self_play_equals_ippo", as_published(noisy(50), everywhere(), **about)
    ).verdict == ("inconclusive")
    part = as_published(noisy(0.5), everywhere()[:19], **about)
    assert rule("self_play_equals_ippo", part).verdict == "inconclusive"
    small = as_published(noisy(0.5), everywhere(), steps_planned=400_000, **about)
    assert rule("self_play_equals_ippo", small).verdict == "inconclusive"
    once = as_published(noisy(0.5), everywhere(), modes=["integrated"], seeds=[1])
    assert rule("self_play_equals_ippo", once).verdict == "not testable"
