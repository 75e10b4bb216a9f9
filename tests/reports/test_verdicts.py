"""Claims on constants, oracles, corpora and dilemmas, and on the two protocols of training."""

import re
from itertools import chain, cycle

import pandas as pd
import pytest

from coopetition.reports import columns, counts, schema
from coopetition.reports.columns import CLASSES
from coopetition.reports.rules import RULES
from coopetition.reports.sources import FOLDER, published
from coopetition.reports.verdicts import load_claims
from frames import certificate, corpus_reference, evidence, policies, row, run

PUBLISHED_ISAC = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
BUDGET = 500_000


# ---- published tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.csv")))
def test_published_figures_name_their_source(name):
    assert published(name)["source_doc"].notna().all()


def test_published_figures_are_those_that_the_claims_quote():
    quoted = {claim["id"]: claim["published"].replace(",", "") for claim in load_claims()}
    isac = published("oracle_exceedance_tr3").set_index("environment")
    assert len(isac) == 5
    assert (isac["isac_return"] > isac["oracle_loyalty_return"]).all()
    team = isac.loc["TeamProduction-v0"]
    assert f"{team['isac_return']} against {team['oracle_loyalty_return']} " in quoted["B02"]

    ranking = published("ranking_integrated_by_tier").set_index(["tier", "algorithm"])
    means = ranking["mean_return"]
    pairs = re.findall(r"(TR-\d) (\d+) < (\d+)", quoted["A11"])
    assert [tier for tier, *_ in pairs] == list(CLASSES)
    for tier, ippo, random in pairs:
        assert (means[tier, "IPPO"], means[tier, "Random"]) == (int(ippo), int(random))
        assert means[tier, "IPPO"] < means[tier, "Random"]


# ---- B02: ISAC against constants ----------------------------------------------------------------


def constants(gaps):
    """Reference in which the best constant lies so much above the published ISAC return."""
    return pd.concat(
        policies(
            name.removesuffix("-v0"),
            {
                7: (PUBLISHED_ISAC[name] * (1 + gap), 1.0),
                100: (PUBLISHED_ISAC[name] * 0.5, 1.0),
                None: (1.0, 1.0),
            },
        )
        for name, gap in gaps.items()
    )


def isac(gaps):
    return RULES["published_isac_above_constants"](evidence(reference=constants(gaps)))


def test_one_constant_above_isac_refutes():
    decision = isac({**dict.fromkeys(PUBLISHED_ISAC.index, -0.1), "LoyaltyTeam-v0": 0.1})
    assert decision.verdict == "refuted"
    assert "on 1 of 5 TR-3 environments in this run" in decision.reason
    assert "LoyaltyTeam-v0: 136,532 at level 7 %, ISAC 124,120 (-9.1 %)" in decision.estimate
    assert isac({"TeamProduction-v0": 0.01}).verdict == "refuted"


def test_isac_above_all_constants_everywhere_confirms():
    assert isac(dict.fromkeys(PUBLISHED_ISAC.index, -0.1)).verdict == "confirmed"


def test_isac_above_all_constants_on_some_environments_is_inconclusive():
    assert isac(dict.fromkeys(PUBLISHED_ISAC.index[:4], -0.1)).verdict == "inconclusive"


def test_without_its_environments_the_claim_on_isac_is_not_testable():
    other = policies("SLCD", {0: (1e9, 1.0), None: (0.0, 0.0)})
    formal = constants(dict.fromkeys(PUBLISHED_ISAC.index, -0.1)).assign(edition="v1")
    private = constants(dict.fromkeys(PUBLISHED_ISAC.index, -0.1)).assign(reward_mode="private")
    for reference in (other, formal, private, ()):
        decision = RULES["published_isac_above_constants"](evidence(reference=reference))
        assert decision.verdict == "not testable"


def test_the_reason_tells_how_far_isac_lies_below_and_what_oracle_loyalty_plays():
    reference = constants(dict.fromkeys(PUBLISHED_ISAC.index, 0.25) | {"PublicGoods-v0": 1.0})
    full = reference[reference["level"] == 100].set_index("environment")["mode_return"]
    full["PublicGoods"] += 1
    oracle = [
        policies(name, {None: (value, 1.0)}).assign(policy="Oracle_Loyalty")
        for name, value in full.items()
    ]
    decision = RULES["published_isac_above_constants"](
        evidence(reference=pd.concat([reference, *oracle]))
    )
    assert "ISAC lies 20.0 to 50.0 % below it" in decision.reason
    assert "what full contribution does on 4 of 5 environments" in decision.reason


# ---- oracles: B04, B05, N03 ---------------------------------------------------------------------

TR1 = [f"One{i}" for i in range(5)]


def with_oracles(returns, *, best=100.0, random=10.0):
    """Reference with a best constant, Random, and oracles per environment: name -> return."""
    parts = []
    for environment, oracles in returns.items():
        parts.append(policies(environment, {30: (best, 1.0), 70: (5.0, 1.0), None: (random, 1.0)}))
        for name, value in oracles.items():
            parts.append(policies(environment, {None: (value, 1.0)}).assign(policy=name))
    return pd.concat(parts)


def equilibrium(learned=None, *, oracle=50.0, steps=BUDGET, protocol="as_published", **changes):
    scores = [
        run(
            **{"environment": environment, "training_return": value},
            **{"steps_planned": steps, "protocol": protocol},
        )
        for environment, value in (learned or {}).items()
    ]
    reference = with_oracles({name: {"Oracle_Equilibrium": oracle} for name in TR1}, **changes)
    return RULES["learners_above_equilibrium"](evidence(reference=reference, scores=scores))


def test_learners_above_the_equilibrium_on_all_five_confirm():
    decision = equilibrium(dict.fromkeys(TR1, 51.0))
    assert (decision.verdict, decision.decided_by) == ("confirmed", "as_published")
    assert "exceeds the oracle on 5 of 5" in decision.reason


def test_smaller_budgets_corrected_learners_and_lower_returns_do_not_confirm():
    returns = dict.fromkeys(TR1, 51.0)
    assert equilibrium(returns, steps=BUDGET - 1).verdict == "inconclusive"
    assert "trained on 0 of 5" in equilibrium(returns, protocol="corrected").reason
    decision = equilibrium(returns | {"One3": 49.0})
    assert decision.verdict == "inconclusive"
    assert "exceeds the oracle on 4 of 5" in decision.reason


def test_without_learners_the_equilibrium_is_compared_with_constants_and_random():
    decision = equilibrium({"One0": 1e9, "Other": 1e9}, oracle=50.0, random=60.0)
    assert decision.verdict == "inconclusive"
    assert "trained on 1 of 5 environments of TR-1" in decision.reason
    assert "A constant exceeds the oracle on 5 of 5 environments, Random on 5." in decision.reason
    assert "A constant exceeds the oracle on 0 of 5" in equilibrium(oracle=500.0).reason
    assert RULES["learners_above_equilibrium"](evidence()).verdict == "not testable"


def bounds(nash, loyalty, best=1.0, count=5):
    returns = {
        f"Three{i}": {"Oracle_Nash": low, "Oracle_Loyalty": high}
        for i, (low, high) in enumerate(zip(nash, loyalty, strict=True))
    }
    reference = with_oracles(dict(list(returns.items())[:count]), best=best)
    return RULES["nash_below_loyalty"](evidence(reference=reference))


def test_bounds_in_order_confirm_and_out_of_order_refute():
    assert bounds([10] * 5, [20] * 5).verdict == "confirmed"
    decision = bounds([10, 10, 25, 10, 20], [20] * 5)
    assert decision.verdict == "refuted"
    assert "below Oracle_Loyalty on 3 of 5 environments, above it on 1" in decision.reason
    assert "Three2-v0 25 against 20" in decision.reason
    assert "equal to it on Three4-v0" in decision.reason


def test_a_constant_above_the_upper_bound_refutes():
    decision = bounds([10] * 5, [20] * 5, best=21.0)
    assert decision.verdict == "refuted"
    assert "A constant exceeds Oracle_Loyalty on 5." in decision.reason


def test_equal_bounds_and_missing_environments_confirm_nothing():
    assert bounds([10, 10, 10, 10, 20], [20] * 5).verdict == "inconclusive"
    assert bounds([10] * 5, [20] * 5, count=4).verdict == "inconclusive"
    assert RULES["nash_below_loyalty"](evidence()).verdict == "not testable"


def above_oracles(count=20, **changed):
    returns = {f"Env{i}": {"Oracle_Nash": 90.0, "Oracle_Loyalty": 95.0} for i in range(count)}
    reference = with_oracles({name: changed.get(name, r) for name, r in returns.items()})
    return RULES["constants_above_oracles"](evidence(reference=reference))


def test_constants_above_every_oracle_on_twenty_environments_confirm():
    decision = above_oracles()
    assert decision.verdict == "confirmed"
    assert "median gap of the oracle is -5.0 %" in decision.reason
    assert above_oracles(19).verdict == "inconclusive"


@pytest.mark.parametrize("value", [100.0, 120.0])
def test_one_oracle_that_reaches_the_best_constant_refutes(value):
    decision = above_oracles(Env7={"Oracle_Equilibrium": value})
    assert decision.verdict == "refuted"
    assert f"Oracle_Equilibrium on Env7-v0 ({value:,.0f} against 100)" in decision.reason


def test_without_oracles_nothing_is_said_of_them():
    assert RULES["constants_above_oracles"](evidence()).verdict == "not testable"


# ---- B06: spread over seeds ---------------------------------------------------------------------


def spread(values, edition="v0"):
    rows = [
        row("contract", environment=f"Env{i}", edition=edition, constant_spread=value)
        for i, value in enumerate(values)
    ]
    return RULES["constants_without_spread"](evidence(contract=rows))


def test_no_spread_on_twenty_environments_confirms_and_any_refutes():
    assert spread([0.0] * 20).verdict == "confirmed"
    assert spread([0.0] * 19).verdict == "inconclusive"
    decision = spread([0.0] * 2 + [0.079])
    assert decision.verdict == "refuted"
    assert "Env2-v0 (7.9 %)" in decision.reason
    assert decision.estimate == "spread 0 on 2 of 3 environments"
    assert spread([]).verdict == spread([0.0] * 20, "v1").verdict == "not testable"


# ---- F01 to F03: sizes of the corpora -----------------------------------------------------------

CORPUS = ("training_corpus_size", "deduplicated_corpus_size", "audit_corpus_size")


def sizes(rule, rows, **changed):
    """A rule on counts, of which some are changed: component -> columns."""
    rows = [found | changed.get(found["component"], {}) for found in rows]
    return RULES[rule](evidence(counts=rows))


@pytest.fixture(scope="module")
def whole():
    return counts.counts(corpus_reference())


def test_the_sizes_of_the_corpora(whole):
    training, deduplicated, audit = (sizes(rule, whole) for rule in CORPUS)
    assert training.verdict == "confirmed"
    assert "The design gives 21,735 of the records, 14,140 of them constant" in training.reason
    assert "6,510 trained runs; the other 3,973" in training.reason
    assert deduplicated.verdict == "refuted"
    assert "21,735 distinct cells" in deduplicated.reason
    assert "3,805 more than the unique records" in deduplicated.reason
    assert (audit.verdict, audit.estimate) == ("refuted", "1,110 = 1,050 + 60")


def test_sizes_that_fit_confirm(whole):
    total = "total (deployed, after deduplication)"
    fits = {"published": 21735, "result": "match"}
    assert sizes(CORPUS[1], whole, **{total: fits}).verdict == "confirmed"
    more = {"published": 30000, "result": "mismatch"}
    assert sizes(CORPUS[1], whole, **{total: more}).verdict == "inconclusive"
    assert sizes(CORPUS[2], whole, total={"result": "match"}).verdict == "confirmed"


def test_a_sum_that_does_not_hold_refutes_and_another_folder_size_confirms_nothing(whole):
    wrong = {"result": "mismatch"}
    assert sizes(CORPUS[0], whole, **{"total (file sum)": wrong}).verdict == "refuted"
    decision = sizes(CORPUS[0], whole, ablation_private=wrong)
    assert decision.verdict == "inconclusive"
    assert "ablation_private" in decision.reason


def test_sizes_are_inconclusive_while_environments_are_missing():
    part = counts.counts(corpus_reference(environments=19))
    assert {sizes(rule, part).verdict for rule in CORPUS} == {"inconclusive"}
    assert {sizes(rule, []).verdict for rule in CORPUS} == {"not testable"}


# ---- A11: IPPO against Random -------------------------------------------------------------------

RANDOM = 100.0
TWENTY = [(group, f"Env{group[-1]}{i}") for group in CLASSES for i in range(5)]


def ippo(*, published=50.0, corrected=150.0, without=(), steps=BUDGET, only=TWENTY, **changes):
    """All runs of two seeds with these returns; `without` names (protocol, environment)."""
    returns = {"as_published": published, "corrected": corrected}
    rows = [
        run(
            environment=environment,
            mechanism_class=group,
            protocol=protocol,
            seed=seed,
            training_return=value,
            steps_planned=steps,
            status="failed" if (protocol, environment) in without else "finished",
            **changes,
        )
        for group, environment in only
        for protocol, value in returns.items()
        if value is not None
        for seed in (1, 2)
    ]
    reference = pd.concat(policies(name, {None: (RANDOM, 1.0)}) for _, name in TWENTY)
    return evidence(reference=reference, scores=rows)


def below(given):
    return RULES["published_ippo_below_random"](given)


def test_published_below_and_corrected_above_random_confirm():
    decision = below(ippo())
    assert decision.verdict == "confirmed"
    assert decision.estimate == (
        "as_published below Random on 20 of 20; corrected below Random on 0 of 20"
    )
    assert decision.decided_by == "both"


def test_a_class_mean_above_random_refutes():
    given = ippo()
    one = given.scores["environment"].isin(["Env30", "Env31", "Env32"])
    given.scores.loc[one & (given.scores["protocol"] == "as_published"), "training_return"] = 200.0
    decision = below(given)
    assert decision.verdict == "refuted"
    assert "as_published below Random on 17 of 20" in decision.estimate


def test_both_protocols_below_random_is_inconclusive():
    assert below(ippo(corrected=50.0)).verdict == "inconclusive"


@pytest.mark.parametrize(
    "changes",
    [
        {"only": TWENTY[:19]},
        {"only": TWENTY[:1]},
        {"steps": BUDGET - 1},
        {"corrected": None},
        {"without": [("as_published", "Env10")]},
        {"without": [("corrected", "Env10")]},
        {"without": [(p, "Env10") for p in columns.PROTOCOLS]},
        {"without": [("as_published", name) for _, name in TWENTY[:19]]},
    ],
    ids=str,
)
def test_an_incomplete_study_of_ippo_is_inconclusive(changes):
    decision = below(ippo(**changes))
    assert decision.verdict == "inconclusive"
    assert decision.reason
    assert decision.decided_by == ("as_published" if "corrected" in changes else "both")


def test_the_reason_says_how_much_is_missing():
    few = below(ippo(only=TWENTY[:4], steps=20_480))
    assert "4 of 20 environments and 20,480 of 500,000 or 1,000,000" in few.reason
    assert few.reason.startswith("The direction is as published")
    against = below(ippo(published=150.0, only=TWENTY[:4]))
    assert against.reason.startswith("Not on every environment")


def test_ippo_without_random_is_inconclusive():
    given = ippo()
    for reference in (
        schema.table("reference", []),
        given.reference[given.reference["environment"] != "Env10"],
    ):
        lacking = evidence(reference=reference, scores=given.scores)
        assert below(lacking).verdict == "inconclusive"


@pytest.mark.parametrize(
    "changes",
    [
        {"published": None},
        {"without": [(p, name) for p in columns.PROTOCOLS for _, name in TWENTY]},
        {"without": [("as_published", name) for _, name in TWENTY]},
        {"edition": "v1"},
        {"reward_mode": "private"},
        {"policy": "Other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_without_runs_of_its_kind_the_claim_on_ippo_is_not_testable(changes):
    assert below(ippo(**changes)).verdict == "not testable"


def test_without_any_run_the_claim_on_ippo_is_not_testable():
    assert below(evidence(reference=ippo().reference)).verdict == "not testable"
    assert below(evidence()).verdict == "not testable"


# ---- N01: two modes, one objective --------------------------------------------------------------


EVERYWHERE = dict.fromkeys(["Beta", *(f"Env{i}" for i in range(19))], 0.0)


def compared(differences, policy_set="101 constants"):
    return [
        row(
            "identity",
            environment=f"{name}-v0",
            policy_set=policy_set,
            max_relative_difference=difference,
            identical=difference < 1e-5,
        )
        for name, difference in differences.items()
    ]


def same_objective(*rows):
    return RULES["integrated_equals_cooperative"](evidence(identity=chain(*rows)))


def test_small_differences_confirm():
    decision = same_objective(
        compared(EVERYWHERE | {"Beta": 4.5e-8}), compared({"Alpha": 2e-3}, "Random")
    )
    assert decision.verdict == "confirmed"
    assert "4.5e-08 over 2,020 policies" in decision.estimate
    few = same_objective(compared({"Alpha": 0.0, "Beta": 4.5e-8}))
    assert few.verdict == "inconclusive"
    assert (
        "Under Random, whose agents act differently, the difference is at most 2.0e-03"
        in decision.reason
    )


@pytest.mark.parametrize("difference", [1e-5, 0.3])
def test_one_difference_refutes(difference):
    decision = same_objective(compared({"Alpha": 0.0, "Beta": difference}))
    assert decision.verdict == "refuted"
    assert "not identical on Beta-v0." in decision.reason
    assert "Alpha" not in decision.reason


def test_nothing_compared_is_not_testable():
    assert same_objective([]).verdict == "not testable"
    assert same_objective(compared({"Alpha": 0.0}, "Random")).verdict == "not testable"


def test_without_random_nothing_is_said_about_it():
    decision = same_objective(compared(EVERYWHERE))
    assert decision.verdict == "confirmed"
    assert "Random" not in decision.reason
    assert "nan" not in decision.reason


# ---- N02: scaling -------------------------------------------------------------------------------


def scaling(as_published, corrected, classes=CLASSES, **changes):
    """Scores per environment and seed under both protocols; None is a run that failed.

    Environments are of these classes in turn.
    """
    rows = [
        run(
            environment=environment,
            protocol=protocol,
            seed=seed,
            mechanism_class=group,
            **{"status": "failed"} if score is None else {"score": float(score)},
            untrained_score=-3.0 if protocol == "as_published" else 0.5,
            **changes,
        )
        for protocol, cells in (("as_published", as_published), ("corrected", corrected))
        for group, (environment, scores) in zip(cycle(classes), cells.items(), strict=False)
        for seed, score in enumerate(scores)
    ]
    return RULES["protocol_effect"](evidence(scores=rows))


LOW = {"Alpha": [-3.1, -3.0, -2.9], "Beta": [-0.3, -0.2, -0.1]}
LOW |= {"Gamma": LOW["Alpha"], "Delta": LOW["Beta"]}
HIGH = {"Alpha": [0.8, 0.9, 1.0], "Beta": [0.7, 0.8, 0.9]}
HIGH |= {"Gamma": HIGH["Alpha"], "Delta": HIGH["Beta"]}
BROKEN = {name: [None] * 3 for name in LOW}


def test_better_everywhere_confirms():
    decision = scaling(LOW, HIGH)
    assert decision.verdict == "confirmed"
    assert 0 < decision.interval[0] < decision.interval[1]
    assert "positive on 4 of 4 environments" in decision.reason
    # The interquartile mean of twelve scores is the mean of the middle six.
    assert "Score -1.60 as published, 0.85 corrected" in decision.reason
    assert "Before any training the scores are -3.00 and 0.50" in decision.reason
    assert decision.estimate == "2.45 in score"
    assert "did not finish" not in decision.reason


def test_without_all_mechanism_classes_nothing_is_confirmed_of_the_settings():
    decision = scaling(LOW, HIGH, classes=CLASSES[:3])
    assert decision.verdict == "inconclusive"
    assert "Some mechanism classes are missing" in decision.reason


def test_worse_refutes():
    decision = scaling(HIGH, LOW)
    assert decision.verdict == "refuted"
    assert decision.interval[1] < 0


def test_better_on_average_but_not_everywhere_is_inconclusive():
    decision = scaling(LOW, {**HIGH, "Beta": [-0.4, -0.3, -0.35]})
    assert decision.verdict == "inconclusive"
    assert "positive on 3 of 4" in decision.reason


def test_an_interval_around_zero_is_inconclusive():
    narrow, wide = ([-1.0, 0.0, end] for end in (1.0, 1.2))
    decision = scaling(dict.fromkeys(LOW, narrow), dict.fromkeys(LOW, wide))
    assert decision.verdict == "inconclusive"
    assert decision.interval[0] < 0 < decision.interval[1]


def test_a_few_runs_that_did_not_finish_are_named():
    decision = scaling(LOW, {**HIGH, "Beta": [0.7, None, 0.9]})
    assert decision.verdict == "confirmed"
    assert "1 of 24 runs did not finish and count as 0" in decision.reason


def test_runs_that_failed_never_confirm():
    """A failed run scores 0, which is far above what a finished one may reach."""
    assert scaling(LOW, BROKEN).verdict == "not testable"
    assert scaling(BROKEN, HIGH).verdict == "not testable"
    assert scaling(LOW, {**HIGH, "Beta": [None] * 3}).verdict == "inconclusive"
    assert scaling({**HIGH, "Beta": [None] * 3}, LOW).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("as_published", "corrected"),
    [
        (LOW, {name: HIGH[name] for name in ("Alpha", "Beta", "Gamma")}),
        ({name: LOW[name] for name in ("Alpha", "Beta", "Gamma")}, HIGH),
        (LOW, {**HIGH, "Beta": HIGH["Beta"][:2]}),
    ],
    ids=["environment", "published environment", "seed"],
)
def test_missing_runs_are_inconclusive(as_published, corrected):
    assert scaling(as_published, corrected).verdict == "inconclusive"


def test_the_formal_edition_says_nothing_of_the_published_settings():
    rows = [
        run(
            **{"environment": f"Alpha{group}", "edition": edition, "mechanism_class": group},
            **{"protocol": protocol, "seed": seed, "score": score},
        )
        for group in CLASSES
        for edition, protocol, score in (
            ("v0", "as_published", -3.0),
            ("v0", "corrected", 3.0),
            ("v1", "corrected", -9.0),
        )
        for seed in (1, 2)
    ]
    decision = RULES["protocol_effect"](evidence(scores=rows))
    assert (decision.verdict, decision.estimate) == ("confirmed", "6.00 in score")
    assert "positive on 4 of 4 environments" in decision.reason
    formal = [row for row in rows if row["edition"] == "v1"]
    assert RULES["protocol_effect"](evidence(scores=formal)).verdict == "not testable"


def test_the_score_of_the_best_constant_is_beside_that_of_the_learners():
    reference = policies("Alpha", {40: (1.0, 190.0), 90: (2.0, 150.0), None: (0.0, 100.0)})
    rows = [
        run(
            **{"environment": "Alpha", "protocol": protocol, "seed": seed, "score": score},
            **{"welfare_floor": 100.0, "welfare_ceiling": 200.0},
        )
        for protocol, score in (("as_published", 0.1), ("corrected", 0.8))
        for seed in (1, 2)
    ]
    reason = RULES["protocol_effect"](evidence(scores=rows, reference=reference)).reason
    assert "Score 0.10 as published, 0.80 corrected, 0.90 the best constants on average;" in reason
    without = RULES["protocol_effect"](evidence(scores=rows)).reason
    assert "0.80 corrected; the difference" in without


def test_runs_without_a_scale_decide_nothing():
    rows = [
        run(protocol=protocol, seed=seed, score=float("nan"))
        for protocol in columns.PROTOCOLS
        for seed in (1, 2)
    ]
    assert RULES["protocol_effect"](evidence(scores=rows)).verdict == "not testable"


def test_without_both_protocols_scaling_is_not_testable():
    for given in ((LOW, {}), ({}, HIGH), ({}, {})):
        assert scaling(*given).verdict == "not testable"
    assert scaling(LOW, HIGH, reward_mode="private").verdict == "not testable"
    assert scaling(LOW, HIGH, policy="Other").verdict == "not testable"


# ---- N04: dilemmas ------------------------------------------------------------------------------


def dilemmas(released, formal, count=20):
    """So many dilemmas among so many environments of each edition."""
    rows = [
        certificate(
            f"Env{i}",
            **{"edition": edition, "is_dilemma": i < found},
            price_of_anarchy=2.0 if i < found else 1.001,
        )
        for edition, found in (("v0", released), ("v1", formal))
        for i in range(count)
    ]
    return RULES["only_formal_dilemmas"](evidence(certificates=rows))


def test_dilemmas_in_the_formal_edition_only_confirm():
    decision = dilemmas(0, 20)
    assert (decision.verdict, decision.decided_by) == ("confirmed", "certificates")
    assert decision.estimate == "0 of 20 released and 20 of 20 formal environments are dilemmas"
    said = "0 of 20 released environments are dilemmas, with prices of anarchy of 1.0010 to 1.0010"
    assert decision.reason.startswith(said)
    assert dilemmas(0, 19, count=19).verdict == "inconclusive"


def test_one_environment_on_the_other_side_refutes():
    assert dilemmas(1, 20).verdict == "refuted"
    assert dilemmas(0, 19).verdict == "refuted"


def test_without_both_editions_nothing_is_said_of_dilemmas():
    rows = [certificate("Alpha", is_dilemma=False)]
    decision = RULES["only_formal_dilemmas"](evidence(certificates=rows))
    assert decision.verdict == "not testable"
