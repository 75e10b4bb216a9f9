"""The list of claims is complete, and missing data confirm none of them."""

import re

import pandas as pd
import pytest
import yaml

from coopetition.reports import columns, counts, schema, statistics, verdicts
from coopetition.reports.columns import MODES
from coopetition.reports.figures import FIGURES
from coopetition.reports.report import CONTRACT, TEMPLATES
from coopetition.reports.rules import RULES
from coopetition.reports.sources import published
from coopetition.reports.verdicts import decide, load_claims
from frames import campaign, evidence, released_of

KEYS = {"id", "group", "statement", "source", "published", "rule", "threats", "figure", "table"}
KEYS |= {"decide", "headlines"}
OWN = [f"N{i:02d}" for i in range(1, 15)]
# What published figures say of each other needs no run.
WITHOUT_A_RUN = {"A10": "refuted", "D03": "inconclusive"}


def test_every_published_claim_is_there_once_and_word_for_word():
    listed = published("claims").set_index("claim_id")
    claims = {claim["id"]: claim for claim in load_claims()}
    assert list(claims) == [*listed.index, *OWN]
    assert len(listed) == 57
    for name, row in listed.iterrows():
        assert claims[name]["statement"] == row["statement"]


def test_every_claim_is_complete():
    for claim in load_claims():
        assert set(claim) - {"unlinked"} == KEYS
        shown = bool(claim["figure"] or claim["table"])
        assert shown != bool(claim.get("unlinked")), claim["id"]
        assert claim["figure"] in ("", *FIGURES)
        assert claim["table"] in ("", *CONTRACT)
        assert claim["group"] == ("own" if claim["id"] in OWN else "published")
        assert claim["statement"].endswith(".")
        assert claim["rule"].endswith(".")
        assert claim["threats"] == sorted(set(claim["threats"]))
        assert all(re.fullmatch(r"V(0[1-9]|1\d|2[0-6])", threat) for threat in claim["threats"])
        assert claim["threats"]
        for key in ("source", "published"):
            assert bool(claim[key]) == (claim["group"] == "published")


def test_tables_of_claims_have_a_name_in_the_report():
    text = (TEMPLATES / "common.typ").read_text(encoding="utf-8")
    named = set(re.findall(r'^  "(\w+)": \[', text, flags=re.MULTILINE))
    assert {claim["table"] for claim in load_claims()} - {""} <= named


def test_only_what_published_figures_decide_alone_links_to_nothing():
    assert {claim["id"] for claim in load_claims() if "unlinked" in claim} == {"A10", "F04"}


def test_every_threat_to_rankings_and_oracles_bears_on_a_claim():
    """All but those on dependence of results on hardware, information and metrics."""
    found = {threat for claim in load_claims() for threat in claim["threats"]}
    assert {f"V{i:02d}" for i in range(1, 27)} - found == {"V22", "V23"}


def test_every_rule_decides_a_claim():
    assert {claim["decide"] for claim in load_claims()} == set(RULES)


def test_headlines_are_one_sentence_each_and_have_an_order():
    priorities = {}
    for claim in load_claims():
        assert set(claim["headlines"]) <= set(columns.VERDICTS)
        for headline in claim["headlines"].values():
            assert set(headline) == {"priority", "title", "text"}
            priorities.setdefault(headline["priority"], set()).add(claim["id"])
            assert not headline["title"].endswith(".")
            text = headline["text"].format(estimate="2.5 %", interval="[1.0, 2.0]")
            assert "2.5 %" in text
            assert re.search(r"\.( |$)", text).end() == len(text)
    assert sorted(priorities) == list(range(1, len(priorities) + 1))
    assert all(len(ids) == 1 for ids in priorities.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "A01"}, "an id occurs twice: A01"),
        ({"decide": "guess"}, "claim A03: no rule 'g"),
        ({"figure": "", "table": ""}, "claim A03: it needs a figure or a table"),
    ],
)
def test_an_id_twice_an_unknown_rule_and_no_link_are_refused(
    tmp_path, monkeypatch, change, message
):
    claims = load_claims()
    claims[2] |= change
    for part, name in ((claims[:5], "a.yaml"), (claims[5:], "b.yaml")):
        (tmp_path / name).write_text(yaml.safe_dump(part), encoding="utf-8")
    monkeypatch.setattr(verdicts, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match=message):
        load_claims()


def test_without_any_data_no_claim_is_decided_but_by_published_figures():
    rows = schema.table("claims", decide(evidence()))
    assert rows["claim_id"].tolist() == [claim["id"] for claim in load_claims()]
    found = rows.set_index("claim_id")["verdict"]
    assert found[list(WITHOUT_A_RUN)].to_dict() == WITHOUT_A_RUN
    assert set(found.drop(list(WITHOUT_A_RUN))) == {"not testable"}
    assert rows["reason"].str.endswith(".").all()
    assert not rows["reason"].str.contains("nan").any()


@pytest.mark.parametrize(
    ("name", "better"),
    [("PartnerHoldUp", "CTDE"), ("ApacheProject", "independent"), ("AppleAppStore", "CTDE")],
)
def test_one_environment_never_confirms_a_claim(recorded, name, better):
    """However clear it is: at the published budget, with many seeds and every learner."""
    tables = {key: t[t["environment"] == name] for key, t in recorded.items()}
    group = tables["contract"]["mechanism_class"].iloc[0]
    inventory = published("algorithm_inventory").set_index("algorithm")["published_class"]
    levels = {n: 2.0 + kind.startswith(better) for n, kind in inventory.items()}
    controllers = ("Central_PPO", "Central_A2C", "Central_SAC")

    def returns(policy, environment, mode, seed):
        return levels.get(policy, 1.0) + MODES.index(mode) + 0.01 * seed

    about = {"environments": [name], "seeds": range(8)}
    scores = [
        row
        for edition in ("v0", "v1")
        for row in campaign(returns, learners=[*levels, *controllers], edition=edition, **about)
    ]
    scores += campaign(returns, learners=controllers, protocol="as_published", **about)
    given = evidence(
        **tables,
        scores=scores,
        counts=counts.counts(tables["reference"]),
        identity=statistics.identity(tables["reference"]),
        released_audit=released_of({name: group}),
        repetitions=20,
    )
    rows = pd.DataFrame(decide(given)).set_index("claim_id")
    schema.table("claims", rows.reset_index())
    assert list(rows.index[rows["verdict"] == "confirmed"]) == []
    assert {"A09", "B01" if group == "TR-3" else "A07", "N05", "N09"} <= set(rows.index)
    assert not rows["reason"].str.contains(r"\bnan\b").any()


def test_corrected_learners_alone_decide_no_published_claim(recorded):
    """On all environments, at the published budget, and none as published."""
    names = sorted(set(recorded["contract"]["environment"]))
    learners = list(published("algorithm_inventory")["algorithm"])
    scores = campaign(
        lambda policy, *_: 1.0 + learners.index(policy), learners=learners, environments=names
    )
    rows = pd.DataFrame(decide(evidence(scores=scores, repetitions=5)))
    decided = rows[(rows["group"] == "published") & rows["verdict"].isin(["confirmed", "refuted"])]
    assert decided["claim_id"].tolist() == ["A10"]
    assert (rows.loc[rows["decided_by"] == "corrected", "verdict"] == "inconclusive").all()
    examined = set(rows.loc[rows["decided_by"] == "corrected", "claim_id"])
    assert {"A01", "A02", "A03", "A04", "A05", "A06", "A08", "A09", "C01", "C02"} <= examined
    assert {"D01", "D02", "D04", "D06", "I04"} <= examined


# ---- H: case studies ----------------------------------------------------------------------------

SCORES = {
    ("slcd", "logarithmic"): (58, 60),
    ("slcd", "power"): (46, 60),
    ("renault_nissan", "released"): (49, 60),
    ("apache", "released"): (45, 60),
    ("app_store", "released"): (43, 51),
}
CASES = {"H01": "slcd", "H02": "renault_nissan", "H03": "apache", "H04": "app_store"}


def scored(**changed):
    """Verdicts on the rubrics, with other scores for some cases; None leaves the row out."""
    rows = [
        {"case": case, "rubric": rubric, "variant": variant, "score": float(value), "max": most}
        for (case, variant), (score, most) in SCORES.items()
        for rubric, value in (("legacy", changed.get(f"{case}_{variant}", score)), ("strict", 1))
        if value is not None
    ]
    given = evidence(case_scores=pd.DataFrame(rows))
    rules = {claim["id"]: RULES[claim["decide"]] for claim in load_claims()}
    return {name: rules[name](given) for name in CASES}


def test_published_scores_of_the_case_studies_confirm():
    found = scored()
    assert {decision.verdict for decision in found.values()} == {"confirmed"}
    assert found["H01"].estimate == "logarithmic 58 of 60; power 46 of 60"
    assert found["H04"].estimate == "released 43 of 51"


@pytest.mark.parametrize("key", [f"{case}_{variant}" for case, variant in SCORES])
def test_another_score_refutes_its_case_only(key):
    found = scored(**{key: 40})
    refuted = [name for name, decision in found.items() if decision.verdict == "refuted"]
    assert [CASES[name] for name in refuted] == [key.rpartition("_")[0]]


def test_missing_scores_confirm_nothing():
    assert scored(slcd_power=None)["H01"].verdict == "inconclusive"
    assert scored(apache_released=None)["H03"].verdict == "not testable"
