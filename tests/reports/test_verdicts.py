"""Claims: every verdict of every rule is reached, and missing data never confirm one."""

import re
from itertools import chain

import pandas as pd
import pytest
import yaml

from coopetition.reports import columns, schema, verdicts
from coopetition.reports.figures import FIGURES
from coopetition.reports.verdicts import CLASSES, RULES, Evidence, decide, load_claims, published
from frames import policies, row, run

KEYS = {"id", "group", "statement", "source", "published", "rule", "figure", "decide", "headlines"}
PUBLISHED_ISAC = published("oracle_exceedance_tr3").set_index("environment")["isac_return"]
BUDGET = 500_000


def evidence(*, reference=None, scores=(), identity=()):
    empty = schema.table("reference", [])
    return Evidence(
        reference=empty if reference is None else reference,
        scores=schema.table("scores", scores),
        identity=schema.table("identity", identity),
        repetitions=50,
    )


# ---- the list of claims -------------------------------------------------------------------------


def test_every_claim_is_complete():
    claims = load_claims()
    assert [claim["id"] for claim in claims] == ["A11", "B02", "N01", "N02"]
    for claim in claims:
        assert set(claim) == KEYS
        assert claim["figure"] in FIGURES
        assert claim["group"] in ("published", "own")
        assert set(claim["headlines"]) <= set(columns.VERDICTS)
        assert claim["statement"].endswith(".")
        assert claim["rule"].endswith(".")
        for key in ("source", "published"):
            assert bool(claim[key]) == (claim["group"] == "published")


def test_every_rule_decides_a_claim():
    assert {claim["decide"] for claim in load_claims()} == set(RULES)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"id": "A11"}, "an id occurs twice"), ({"decide": "guess"}, "claim N01: no rule 'guess'")],
)
def test_a_duplicate_id_and_an_unknown_rule_are_refused(tmp_path, monkeypatch, change, message):
    claims = load_claims()
    claims[2] |= change
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump(claims), encoding="utf-8")
    monkeypatch.setattr(verdicts, "HERE", tmp_path)
    with pytest.raises(ValueError, match=message):
        load_claims()


def test_decided_claims_are_a_table():
    rows = schema.table("claims", decide(evidence()))
    assert rows["claim_id"].tolist() == [claim["id"] for claim in load_claims()]
    assert set(rows["verdict"]) == {"not testable"}


# ---- published tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["oracle_exceedance_tr3", "ranking_integrated_by_tier"])
def test_published_figures_name_their_source(name):
    table = published(name)
    assert table[["source_doc", "source_table"]].notna().all(axis=None)


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
    return verdicts.published_isac_above_constants(evidence(reference=constants(gaps)))


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
    for reference in (other, formal, private, None):
        decision = verdicts.published_isac_above_constants(evidence(reference=reference))
        assert decision.verdict == "not testable"


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
    return verdicts.published_ippo_below_random(given)


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
    return verdicts.integrated_equals_cooperative(evidence(identity=chain(*rows)))


def test_small_differences_confirm():
    decision = same_objective(
        compared({"Alpha": 0.0, "Beta": 4.5e-8}), compared({"Alpha": 2e-3}, "Random")
    )
    assert decision.verdict == "confirmed"
    assert "4.5e-08 over 202 policies" in decision.estimate
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
    decision = same_objective(compared({"Alpha": 0.0}))
    assert decision.verdict == "confirmed"
    assert "Random" not in decision.reason
    assert "nan" not in decision.reason


# ---- N02: scaling -------------------------------------------------------------------------------


def scaling(as_published, corrected, **changes):
    """Scores per environment and seed under both protocols; None is a run that failed."""
    rows = [
        run(
            environment=environment,
            protocol=protocol,
            seed=seed,
            **{"status": "failed"} if score is None else {"score": float(score)},
            untrained_score=-3.0 if protocol == "as_published" else 0.5,
            **changes,
        )
        for protocol, cells in (("as_published", as_published), ("corrected", corrected))
        for environment, scores in cells.items()
        for seed, score in enumerate(scores)
    ]
    return verdicts.protocol_effect(evidence(scores=rows))


LOW = {"Alpha": [-3.1, -3.0, -2.9], "Beta": [-0.3, -0.2, -0.1]}
HIGH = {"Alpha": [0.8, 0.9, 1.0], "Beta": [0.7, 0.8, 0.9]}
BROKEN = {"Alpha": [None] * 3, "Beta": [None] * 3}


def test_better_everywhere_confirms():
    decision = scaling(LOW, HIGH)
    assert decision.verdict == "confirmed"
    assert 0 < decision.interval[0] < decision.interval[1]
    assert "positive on 2 of 2 environments" in decision.reason
    # The interquartile mean of six scores is the mean of the middle four.
    assert "Score -1.60 as published, 0.85 corrected" in decision.reason
    assert "Before any training the scores are -3.00 and 0.50" in decision.reason
    assert decision.estimate == "2.45 in score"
    assert "did not finish" not in decision.reason


def test_worse_refutes():
    decision = scaling(HIGH, LOW)
    assert decision.verdict == "refuted"
    assert decision.interval[1] < 0


def test_better_on_average_but_not_everywhere_is_inconclusive():
    decision = scaling(LOW, {**HIGH, "Beta": [-0.4, -0.3, -0.35]})
    assert decision.verdict == "inconclusive"
    assert "positive on 1 of 2" in decision.reason


def test_an_interval_around_zero_is_inconclusive():
    wide = {"Alpha": [-1.0, 0.0, 1.2], "Beta": [-1.0, 0.0, 1.2]}
    decision = scaling({"Alpha": [-1, 0, 1], "Beta": [-1, 0, 1]}, wide)
    assert decision.verdict == "inconclusive"
    assert decision.interval[0] < 0 < decision.interval[1]


def test_a_few_runs_that_did_not_finish_are_named():
    decision = scaling(LOW, {**HIGH, "Beta": [0.7, None, 0.9]})
    assert decision.verdict == "confirmed"
    assert "1 of 12 runs did not finish and count as 0" in decision.reason


def test_runs_that_failed_never_confirm():
    """A failed run scores 0, which is far above what a finished one may reach."""
    assert scaling(LOW, BROKEN).verdict == "not testable"
    assert scaling(BROKEN, HIGH).verdict == "not testable"
    assert scaling(LOW, {**HIGH, "Beta": [None] * 3}).verdict == "inconclusive"
    assert scaling({**HIGH, "Beta": [None] * 3}, LOW).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("as_published", "corrected"),
    [
        (LOW, {"Alpha": HIGH["Alpha"]}),
        ({"Alpha": LOW["Alpha"]}, HIGH),
        (LOW, {**HIGH, "Beta": HIGH["Beta"][:2]}),
    ],
    ids=["environment", "published environment", "seed"],
)
def test_missing_runs_are_inconclusive(as_published, corrected):
    assert scaling(as_published, corrected).verdict == "inconclusive"


def test_editions_are_environments_of_their_own():
    rows = [
        run(environment="Alpha", edition=edition, protocol=protocol, seed=seed, score=score)
        for edition, protocol, score in (
            ("v0", "as_published", -3.0),
            ("v0", "corrected", 3.0),
            ("v1", "as_published", 0.9),
            ("v1", "corrected", 0.8),
        )
        for seed in (1, 2)
    ]
    decision = verdicts.protocol_effect(evidence(scores=rows))
    assert decision.verdict == "inconclusive"
    assert "positive on 1 of 2 environments" in decision.reason


def test_without_both_protocols_scaling_is_not_testable():
    for given in ((LOW, {}), ({}, HIGH), ({}, {})):
        assert scaling(*given).verdict == "not testable"
    assert scaling(LOW, HIGH, reward_mode="private").verdict == "not testable"
    assert scaling(LOW, HIGH, policy="Other").verdict == "not testable"
