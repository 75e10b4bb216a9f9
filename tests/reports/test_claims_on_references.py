"""Claims that constants, oracles, the contract and published returns decide, by recorded tables."""

import pandas as pd
import pytest

from coopetition.reports.rules import RULES
from coopetition.reports.rules.members import environments_of, everywhere
from coopetition.reports.sources import published
from frames import campaign, certificate, evidence

ISAC = published("oracle_exceedance_tr3").set_index("environment")
TEAM = [name.removesuffix("-v0") for name in ISAC.index]
TEN = environments_of("TR-1") + environments_of("TR-2")


@pytest.fixture(scope="module")
def released(recorded):
    """The part of the recorded reference that these claims look at."""
    rows = recorded["reference"]
    return rows[(rows["edition"] == "v0") & (rows["reward_mode"] == "integrated")]


def some(table, environments):
    return table[table["environment"].isin(environments)]


def rule(name, **tables):
    return RULES[name](evidence(**tables))


# ---- B: oracles ---------------------------------------------------------------------------------


def isac(factor, environments=TEAM, steps=1_000_000, seeds=range(7)):
    """Runs of the published ISAC that return so many times what Oracle_Loyalty is said to."""
    stated = ISAC["oracle_loyalty_return"]
    return campaign(
        lambda policy, environment, mode, seed: factor(seed) * stated[f"{environment}-v0"],
        **{"learners": ["Central_SAC"], "environments": environments, "modes": ["integrated"]},
        **{"protocol": "as_published", "seeds": seeds, "steps_planned": steps},
    )


def test_published_returns_of_isac_are_those_of_a_constant_near_the_corner(released):
    decision = rule("isac_above_loyalty", reference=released)
    assert (decision.verdict, decision.decided_by) == ("inconclusive", "reference")
    assert decision.estimate == "published ISAC +0.88 % on average"
    assert "+0.62 to +1.29 % from the recomputed oracle on 5 of 5" in decision.reason
    assert "A constant of 94.8 to 95.7 % returns as much." in decision.reason
    assert "No run of ISAC as published finished there" in decision.reason


def test_runs_of_isac_as_published_decide_at_the_published_budget(released):
    def above(**changes):
        scores = isac(lambda seed: 1.01 + 0.001 * seed, **changes)
        return rule("isac_above_loyalty", reference=released, scores=scores).verdict

    assert above() == "confirmed"
    assert above(environments=TEAM[:4]) == "inconclusive"
    assert above(seeds=range(6)) == "inconclusive"
    assert above(steps=400_000) == "inconclusive"
    below = isac(lambda seed: 1.01 - 0.02 * (seed == 3))
    decision = rule("isac_above_loyalty", reference=released, scores=below)
    assert (decision.verdict, decision.decided_by) == ("refuted", "as_published")
    assert "5 runs at or below it" in decision.reason
    small = isac(lambda seed: 0.9, steps=400_000)
    assert rule("isac_above_loyalty", reference=released, scores=small).verdict == "inconclusive"


def test_a_return_that_no_constant_has_is_not_compared_with_one(released):
    oracles = released[released["policy"].str.startswith(("Oracle_", "Random"))]
    decision = rule("isac_above_loyalty", reference=oracles)
    assert decision.verdict == "inconclusive"
    assert "constant" not in decision.reason


def test_without_the_oracle_or_its_environments_b01_is_not_testable(released):
    assert rule("isac_above_loyalty").verdict == "not testable"
    other = some(released, ["SLCD"])
    assert rule("isac_above_loyalty", reference=other).verdict == "not testable"


def test_a_constant_exceeds_bounded_reciprocity(released):
    decision = rule("nothing_above_bounded_reciprocity", reference=released)
    assert (decision.verdict, decision.decided_by) == ("refuted", "reference")
    assert decision.estimate == "a constant above it on 5 of 5 environments"
    assert "33 % on AppleAppStore-v0" in decision.reason


def test_an_oracle_above_all_constants_confirms_nothing(released):
    high = released.copy()
    oracle = high["policy"] == "Oracle_BoundedReciprocity"
    high.loc[oracle, "mode_return"] *= 2
    scores = campaign(
        lambda *_: 1e9,
        **{"learners": ["Central_PPO"], "environments": environments_of("TR-4")},
        **{"protocol": "as_published", "modes": ["integrated"]},
    )
    decision = rule("nothing_above_bounded_reciprocity", reference=high, scores=scores)
    assert decision.verdict == "inconclusive"
    assert "of 10 runs of learners rebuilt as published 10 do" in decision.reason
    without = released[released["policy"] != "Oracle_BoundedReciprocity"]
    decision = rule("nothing_above_bounded_reciprocity", reference=without)
    assert decision.verdict == "not testable"


# ---- F: conduct of the study --------------------------------------------------------------------


def test_two_prices_cannot_both_hold():
    decision = rule("cost_of_the_campaign")
    assert (decision.verdict, decision.estimate) == (
        *("not testable", "2.38 or 3.09 USD per GPU hour"),
    )
    assert "differ by 30 %" in decision.reason


def test_draws_of_an_environment_refute_determinism(recorded):
    contract = recorded["contract"]
    decision = rule("deterministic_given_the_seed", contract=contract)
    assert (decision.verdict, decision.decided_by) == ("refuted", "contract")
    assert decision.estimate == "draws worth 7.9 % on SynergySearch-v0"
    fixed = contract[contract["environment"] != "SynergySearch"]
    assert rule("deterministic_given_the_seed", contract=fixed).verdict == "inconclusive"
    formal = contract[contract["edition"] == "v1"]
    assert rule("deterministic_given_the_seed", contract=formal).verdict == "not testable"


def test_means_of_tit_for_tat_are_those_of_fifty_episodes(released):
    decision = rule("evaluated_on_a_hundred_episodes", reference=released)
    assert (decision.verdict, decision.estimate) == (
        *("refuted", "50 episodes match 3 of 3 class means"),
    )
    assert "TR-3 published 610,835, 50 episodes 610,835, 100 episodes 604,357" in decision.reason
    one = some(released, environments_of("TR-2"))
    assert rule("evaluated_on_a_hundred_episodes", reference=one).verdict == "refuted"
    part = some(released, environments_of("TR-2")[:4])
    assert rule("evaluated_on_a_hundred_episodes", reference=part).verdict == "not testable"


def tit_for_tat(released, change):
    """The table with other means of TitForTat, made of those recorded and of the first return."""
    found = released.copy()
    half = found[found["level"] == 50].sort_values("action_basis")
    first = half.groupby("environment")["mode_return"].first()
    place = found["policy"] == "TitForTat_released"
    mean = found.loc[place, "mode_return"]
    found.loc[place, "mode_return"] = change(mean, found.loc[place, "environment"].map(first))
    return found


def test_means_of_a_hundred_episodes_confirm_and_others_decide_nothing(released):
    name = "evaluated_on_a_hundred_episodes"
    # The mean of 50 episodes where that of 100 would be what is published.
    fits = tit_for_tat(released, lambda mean, first: (first + 49 * (100 * mean - first) / 99) / 50)
    decision = rule(name, reference=fits)
    assert (decision.verdict, decision.estimate) == (
        *("confirmed", "50 episodes match 0 of 3 class means"),
    )
    two = some(fits, environments_of("TR-2") + environments_of("TR-3"))
    assert rule(name, reference=two).verdict == "inconclusive"
    neither = tit_for_tat(released, lambda mean, first: 2 * mean)
    assert rule(name, reference=neither).verdict == "inconclusive"


def test_spread_over_seeds_refutes_at_the_published_budget():
    def spread(size, **changes):
        scores = campaign(
            lambda policy, environment, mode, seed: 100.0 + size * seed,
            **{"learners": ["Central_PPO"], "environments": ["SLCD"]},
            **{"protocol": "as_published", "seeds": (-1, 0, 1)} | changes,
        )
        return rule("seeds_change_returns", scores=scores)

    decision = spread(21.0)
    assert (decision.verdict, decision.estimate) == ("refuted", "up to 21.0 %")
    assert spread(19.0).verdict == "inconclusive"
    assert spread(21.0, steps_planned=400_000).verdict == "inconclusive"
    assert spread(21.0, protocol="corrected").verdict == "not testable"
    assert spread(21.0, seeds=(1,)).verdict == "not testable"


# ---- I: the first study -------------------------------------------------------------------------


def test_a_constant_of_half_the_endowment_beats_the_first_study(released):
    decision = rule("half_above_every_learner", reference=released)
    assert (decision.verdict, decision.estimate) == (
        *("confirmed", "constant 72,492, ISAC 65,563"),
    )
    assert "more than 15 of 15 published means of learners" in decision.reason
    by_environment = rule("half_beats_isac", reference=released)
    assert by_environment.verdict == "confirmed"
    assert by_environment.estimate == "10 of 10, by +1.5 to +31.5 %"


@pytest.mark.parametrize("name", ["half_above_every_learner", "half_beats_isac"])
def test_lower_constants_refute_and_missing_environments_confirm_nothing(released, name):
    low = released.assign(mode_return=0.8 * released["mode_return"])
    assert rule(name, reference=low).verdict == "refuted"
    nine = some(released, TEN[:9])
    assert rule(name, reference=nine).verdict == "inconclusive"
    other = some(released, environments_of("TR-3"))
    assert rule(name, reference=other).verdict == "not testable"


def ippo(value, environments=TEN, **changes):
    return campaign(
        lambda policy, environment, *_: value * (TEN.index(environment) != 3),
        **{"learners": ["Central_PPO"], "environments": environments, "modes": ["integrated"]},
        **{"protocol": "as_published"} | changes,
    )


def test_ippo_below_random_on_nine_of_ten_confirms(released):
    def verdict(value, **changes):
        return rule("random_beats_ippo", reference=released, scores=ippo(value, **changes)).verdict

    assert verdict(1.0) == "confirmed"
    assert verdict(1e9) == "refuted"
    assert verdict(1.0, environments=TEN[:9]) == "inconclusive"
    assert verdict(1.0, steps_planned=400_000) == "inconclusive"
    assert verdict(1.0, protocol="corrected") == "not testable"


def test_a_pooled_correlation_differs_from_those_within_environments():
    scores = campaign(
        lambda policy, environment, mode, seed: 1000.0 * TEN.index(environment) - seed,
        **{"learners": ["IPPO"], "environments": TEN[:4], "modes": ["integrated"]},
        seeds=(1, 2, 3),
    )
    for r in scores:
        r["trust"] = 0.2 * TEN.index(r["environment"]) + 0.01 * r["seed"]
    decision = rule("trust_and_return_correlate", scores=scores)
    assert (decision.verdict, decision.estimate) == ("inconclusive", "pooled r = 1.00")
    assert "within environments -1.00 in the median" in decision.reason
    level = [r | {"trust": 0.5} for r in scores]
    assert rule("trust_and_return_correlate", scores=level).verdict == "not testable"


def test_four_learners_are_compared_in_every_table():
    family = ("MADDPG", "MATD3", "MASAC", "M3DDPG")
    scores = campaign(
        lambda policy, *_: 100.0 + family.index(policy), learners=family, environments=["SLCD"]
    )
    decision = rule("four_learners_are_alike", scores=scores)
    assert (decision.verdict, decision.estimate) == ("inconclusive", "corrected 3.0 %")
    assert "differ by 0.026 % in the first study" in decision.reason
    three = [r for r in scores if r["policy"] != "MASAC"]
    assert rule("four_learners_are_alike", scores=three).verdict == "not testable"


# ---- N08: what equilibria cost ------------------------------------------------------------------


def test_equilibria_cost_in_the_formal_edition_only(recorded):
    name = "equilibria_cost_only_in_the_formal_edition"
    decision = rule(name, certificates=recorded["certificates"])
    assert (decision.verdict, decision.decided_by) == ("confirmed", "certificates")
    assert decision.estimate == (
        "costly equilibria: released 0, formal 20; Random above them: 0 and 9"
    )
    few = some(recorded["certificates"], everywhere()[:19])
    assert rule(name, certificates=few).verdict == "inconclusive"
    released = recorded["certificates"].query("edition == 'v0'")
    assert rule(name, certificates=released).verdict == "not testable"
    # A released environment with a costly equilibrium.
    other = pd.concat([few, pd.DataFrame([certificate("Alpha", edition="v0")])])
    assert rule(name, certificates=other).verdict == "refuted"
