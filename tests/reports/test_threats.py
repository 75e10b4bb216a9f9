"""Threats to validity: all are there, and their evidence follows from the tables of a study."""

import re
from dataclasses import fields, replace

import pandas as pd
import pytest

from coopetition.agents.threats import experiments
from coopetition.envs.contract import measure
from coopetition.reports import schema, threats
from coopetition.reports.comparison import contract_comparison, page_results
from coopetition.reports.counts import counts
from coopetition.reports.sources import published
from coopetition.reports.statistics import identity
from coopetition.reports.threats import EVIDENCE, Tables, load_threats, threat_rows
from frames import IDS, chain, corpus_reference, released_of, row, run, trained

# Evidence that the published figures give alone, whatever a run has.
ALWAYS = {"V01", "V02", "V07", "V09", "V12", "V18", "V20"}


@pytest.fixture(scope="module")
def nothing():
    return Tables(**{part.name: schema.table(part.name, []) for part in fields(Tables)})


@pytest.fixture(scope="module")
def tables(reference):
    """Real tables of two environments, and invented runs."""
    contract = schema.table("contract", [measure(id) for id in IDS])
    scores = trained(reference)
    records = [row("released_audit_records", replicate=n > 0) for n in range(3)]
    cards = [
        row("learner_cards", policy=policy, samples_per_transition=uses)
        for policy, uses in (("Central_PPO", 10.0), ("Central_SAC", 256.0))
    ]
    made = {
        "reference": reference,
        "contract": contract,
        "contract_comparison": contract_comparison(contract),
        "counts": counts(corpus_reference()),
        "page_results": page_results(reference),
        "identity": identity(reference),
        "scores": scores,
        "released_audit": released_of({"TrustDilemma": "TR-2", "TeamProduction": "TR-3"}),
        "released_audit_records": records,
        "learner_cards": cards,
        "threat_experiments": experiments(),
        "ablations": chain({"TrustDilemma": 0.2}),
        **cases(),
    }
    return Tables(**{name: schema.table(name, rows) for name, rows in made.items()})


def cases():
    """Invented tables of two cases, of which the first scores no more than chance."""
    scores = [
        row("case_scores", **case, max=60.0, null_mean=45.5)
        for case in (
            {"case": "slcd", "variant": "power", "score": 46.0, "p_null": 0.5},
            {"case": "apache", "variant": "released", "score": 59.0, "p_null": 0.01},
        )
    ]
    changed = [row("case_ablations", score=score, calibrated=46.0) for score in (45, 46, 47)]
    values = [("slcd", "SLCD-v0", True), ("slcd", "SLCD-v1", False), ("slcd", "", False)]
    values += [("apache", "ApacheProject-v0", equal) for equal in (False, False, True)]
    played = [
        row("case_rollouts", kind=kind, points=points, points_max=2.0)
        for kind, points in (("script", 2.0), ("script", 0.0), ("constant", 2.0))
    ]
    return {
        "case_scores": [*scores, row("case_scores", rubric="strict", p_null=0.9)],
        "case_ablations": changed,
        "case_parameters": [
            row("case_parameters", case=case, game=game, equal=equal)
            for case, game, equal in values
        ],
        "case_rollouts": played,
    }


def found(name, tables):
    """Quantity -> finding."""
    return {finding.quantity: finding for finding in EVIDENCE[name](tables)}


# ---- the list -----------------------------------------------------------------------------------


def test_all_threats_are_there_with_a_function():
    listed = load_threats()
    assert [threat["id"] for threat in listed] == [f"V{number:02d}" for number in range(1, 27)]
    assert sorted(threat["evidence"] for threat in listed) == sorted(EVIDENCE)
    for threat in listed:
        for key in ("title", "statement", "place", "treatment"):
            assert threat[key].strip(), (threat["id"], key)


def test_claims_that_threats_touch_exist():
    known = {*published("claims")["claim_id"]}
    for threat in load_threats():
        strange = {c for c in threat["affects"] if c not in known and not c.startswith("N")}
        assert not strange, threat["id"]


def test_claims_that_name_a_threat_are_named_by_it():
    touched = {threat["id"]: threat["affects"] for threat in load_threats()}
    for claim in threats_of_claims():
        for id in claim["threats"]:
            assert claim["id"] in touched[id], f"{id} does not name {claim['id']}"


def threats_of_claims():
    from coopetition.reports.verdicts import load_claims

    return [claim for claim in load_claims() if "threats" in claim]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("evidence: survival", "evidence: survivals", "no function 'survivals'"),
        ("group: yardsticks", "group: yards", "group 'yards' is none of"),
        ("id: V02", "id: V01", "occurs twice"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path, monkeypatch, old, new, message):
    text = threats.FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "threats.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(threats, "FILE", path)
    with pytest.raises(ValueError, match=message):
        load_threats()


# ---- evidence on the tables of a study ----------------------------------------------------------


def test_tables_of_two_environments_bear_on_all_threats(tables):
    rows = schema.table("threats", threat_rows(tables))
    assert {*rows["threat"]} == {f"V{n:02d}" for n in range(1, 27)}
    assert not rows.duplicated(["threat", "quantity"]).any()
    for text in rows["text"]:
        assert re.fullmatch(r"[A-Z0-9].*\.", text), text
        assert not re.search(r"\bnan\b|None|<NA>|\binf\b", text), text
        assert re.search(r"\d", text), text


def test_empty_tables_leave_what_is_published(nothing):
    rows = schema.table("threats", threat_rows(nothing))
    assert {*rows["threat"]} == ALWAYS
    assert set(rows["decided_by"]) <= {"published", "documents"}


@pytest.mark.parametrize("missing", [part.name for part in fields(Tables)])
def test_a_table_that_is_missing_leaves_the_others(tables, nothing, missing):
    rows = threat_rows(replace(tables, **{missing: getattr(nothing, missing)}))
    assert len(schema.table("threats", rows)) < len(threat_rows(tables))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("environment", ["TrustDilemma", "TeamProduction", "none"])
def test_tables_of_one_environment_are_enough(tables, environment):
    def kept(table):
        if "environment" not in table:
            return table
        return table[table["environment"].str.partition("-")[0] == environment]

    part = Tables(**{field.name: kept(getattr(tables, field.name)) for field in fields(Tables)})
    rows = schema.table("threats", threat_rows(part))
    assert {*rows["threat"]} >= ALWAYS
    assert not rows["text"].str.contains(r"\b(?:nan|inf)\b").any()
    # The oracle of an equilibrium is that of a class; TrustDilemma's has none.
    lowest = (rows["quantity"] == "lowest equilibrium oracle").any()
    assert lowest == (environment == "TeamProduction")


def test_objectives(tables):
    modes = found("same_objective", tables)
    assert modes["learners paid the sum of rewards"].value == 14
    assert modes["difference of the two modes"].value < 1e-5
    assert found("joint_controllers", tables)["independent learners paid the sum"].value == 5
    # Recheck: constant 50 % contributes 36.8 % on TrustDilemma and 61.2 % on TeamProduction.
    contribution = found("arithmetic_contribution", tables)
    shares = [contribution[f"contribution of Constant_50, {c}"].value for c in ("TR-2", "TR-3")]
    assert shares == pytest.approx([36.83, 61.18], abs=0.01)


def test_pairs_of_runs_are_those_of_one_seed(tables):
    scores = tables.scores[tables.scores["protocol"] == "as_published"]
    cooperative = scores["reward_mode"] == "cooperative"
    shifted = scores.assign(welfare=scores["welfare"].where(~cooperative, 1.1 * scores["welfare"]))
    pairs = found("same_objective", replace(tables, scores=shifted))["difference of paired runs"]
    assert pairs.value == pytest.approx(0.1)


def test_joint_less_independent_is_paired(nothing):
    rows = [
        run(policy=policy, reward_mode="private", seed=seed, score=score)
        for policy, scores in (("Central_PPO", (0.9, 0.7)), ("IPPO", (0.4, 0.6, 0.0)))
        for seed, score in enumerate(scores)
    ]
    tables = replace(nothing, scores=schema.table("scores", rows))
    gap = found("joint_controllers", tables)["joint less independent"]
    assert gap.value == pytest.approx(0.3)
    assert "(2 pairs" in gap.text


def test_yardsticks(tables):
    loyalty = found("loyalty_is_full_contribution", tables)
    assert loyalty["Oracle_Loyalty equal to full contribution"].value == 1
    # The best constant of TeamProduction returns 97,144, the published ISAC 90,548.
    excess = loyalty["best constant over published ISAC"]
    assert excess.value == pytest.approx(7.284, abs=1e-3)
    early = found("survival", tables)
    assert early["environments that end early"].value == 1
    assert "3 of 100 steps and returns 636, half of the endowment 46,267" in " ".join(
        finding.text for finding in early.values()
    )
    oracles = found("oracles_as_bounds", tables)
    assert oracles["environments with a constant above every oracle"].value == 2
    assert oracles["lower bound above upper"].value == 1
    assert -1 <= found("correlations", tables)["pooled correlation"].value <= 1


def test_learners_against_constants_are_counted_in_welfare(tables):
    # Invented runs earn 0.91 to 0.93 times what Random or the best constant does.
    above = found("constants_above_learners", tables)
    assert above["runs above constants, corrected"].value == 0
    rich = replace(tables, scores=tables.scores.assign(welfare=1e9))
    found_rich = found("constants_above_learners", rich)
    assert found_rich["runs above constants, corrected"].value == 1


def test_all_environments_of_a_class_are_needed_for_its_leader(tables):
    assert not any("leader" in quantity for quantity in found("constants_above_learners", tables))


def test_learners(tables):
    first = found("action_units", tables)
    assert first["first action of the published PPO"].value < 0.1
    assert first["effect of own units on TrustDilemma-v0"].value == pytest.approx(0.2)
    assert found("implementations", tables)["SelfPlay_PPO against IPPO"].value < 1.5
    settings = found("training_settings", tables)
    assert settings["use of data, as_published"].value == pytest.approx(25.6)
    assert settings["steps beyond the horizon"].value == pytest.approx(99)
    format = found("number_format", tables)
    assert format["cases with weights not finite"].value == 1
    assert "(half, integrated)" in format["cases with weights not finite"].text


def test_a_run_that_diverges_is_counted(tables):
    rows = schema.table("scores", [run(status="diverged", seed=1), run(seed=2, score=0.6)])
    broken = replace(tables, scores=rows)
    assert found("number_format", broken)["diverged runs"].value == 1
    dropped = found("dropped_failures", broken)["runs not finished"]
    assert dropped.value == 1
    assert "mean score of 0.300; left out they would leave 0.600" in dropped.text


def test_accounting(tables):
    scales = found("mixed_scales", tables)
    # 5,539,736 of 6,362,336.
    assert scales["largest environment in a mean"].value == pytest.approx(87.07, abs=0.01)
    assert scales["means over fewer environments"].value == 5
    noise = found("replication_noise", tables)
    assert noise["gap between equal modes"].value == pytest.approx(7.1)
    assert noise["spread over seeds"].value > 0
    dropped = found("dropped_failures", tables)
    assert dropped["ISAC on the same environments"].value == pytest.approx(205_650)
    assert found("choices_of_maps", tables)["environments in several classes"].value == 4
    assert found("units_of_cooperation", tables)["half of the endowment"].value == 2


def test_records(tables):
    stated = tables.contract_comparison
    differ = found("documented_environments", tables)["statements that differ"]
    others = stated[stated["source_doc"] != "environment code"]
    assert differ.value == (~others["equal"]).sum()
    assert found("records_without_mode", tables)["missing cells"].value == 3805
    repeated = found("repeated_episodes", tables)
    assert repeated["deterministic environments"].value == 2
    assert repeated["first over next episode"].value == pytest.approx(26.52, abs=0.01)
    scope = found("audit_scope", tables)
    assert scope["distinct experiments"].value == 1
    assert scope["exploitative partial deviations, payoffs"].value == 0.5
    assert found("pages_without_data", tables)["recomputed over shown"].value > 100


def test_what_scores_of_case_studies_are_worth(tables):
    worth = found("rubrics_and_models", tables)
    assert worth["scores within chance"].value == 1
    assert "slcd power 46 of 60, random 45.5" in worth["scores within chance"].text
    assert worth["variants that lose no point"].value == 2
    differ = worth["parameters that differ"]
    assert differ.value == 2
    assert "2 of 4 parameters" in differ.text
    assert "apache 2 of 3; slcd 0 of 1." in differ.text
    assert worth["expectations met by the history"].value == 1
    assert "meet 1 of 2 of their own expectations" in worth["expectations met by the history"].text


def test_counts_that_nothing_leads_to_are_counted(tables):
    stated = tables.counts[tables.counts["result"] == "not derivable"]
    missing = found("counts_without_a_source", tables)["counts that cannot be derived"]
    assert missing.value == len(stated) > 1
    assert f"{stated['published'].max():,.0f}" in missing.text


def test_words_fit_one_environment_and_many():
    from coopetition.reports.threats.tables import listed, over

    one = pd.Series({"SLCD-v0": 12.34})
    assert over(one) == "12.3 % on SLCD-v0"
    many = pd.Series({"a": 1.0, "b": 2.0, "c": 6.0})
    assert over(many) == "2.0 % in the median of 3 environments (1.0 to 6.0 %)"
    assert (listed(["a"]), listed(["a", "b", "c"])) == ("a", "a, b and c")
