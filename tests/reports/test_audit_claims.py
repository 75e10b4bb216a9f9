"""The published audit: what is derived from it, its records, and claims E01 to E06."""

import math

import pytest

from coopetition import envs
from coopetition.agents.audits import released
from coopetition.reports import released_audit as derived
from coopetition.reports import schema
from coopetition.reports.released_audit import PUBLISHED_UNIT, profile
from coopetition.reports.rules import RULES
from coopetition.reports.sources import published
from frames import evidence, row

PARTS = ("surface", "static", "temporal", "interior")
EXPLOITED_BY_RAMP = {
    *("DynamicPartnerSelection", "SynergySearch", "AppleAppStore"),
    *("GiftExchange", "GraduatedSanction", "IndirectReciprocity"),
}
CLAIMS = {
    "E01": "audit_is_the_same_for_all_labels",
    "E02": "late_defection_is_never_exploitative",
    "E03": "late_defection_cannot_pay",
    "E04": "ramp_exploits_six_environments",
    "E05": "team_environments_are_immune",
    "E06": "gains_far_below_losses",
}


@pytest.fixture(scope="module")
def parts():
    """The audit of all released environments."""
    return {
        part: schema.table(
            f"audit_{part}", [row for id in envs.ids("v0") for row in getattr(released, part)(id)]
        )
        for part in PARTS
    }


@pytest.fixture(scope="module")
def audit(parts):
    return schema.table("released_audit", derived.released_audit(**parts))


@pytest.fixture(scope="module")
def records(parts):
    known = {name: table for name, table in parts.items() if name != "interior"}
    return schema.table("released_audit_records", derived.released_audit_records(**known))


def decide(claim, audit, records=()):
    tables = {"released_audit": audit, "released_audit_records": records}
    return RULES[CLAIMS[claim]](evidence(**tables))


def integrated(audit):
    return audit[audit["unit"] == PUBLISHED_UNIT].set_index("environment")


def changed(audit, environment, **values):
    """The table with other values for an environment, in integrated reward."""
    found = audit.copy()
    place = (found["environment"] == environment) & (found["unit"] == PUBLISHED_UNIT)
    assert place.sum() == 1
    for name, value in values.items():
        found.loc[place, name] = value
    return found


def some(table, *environments):
    return table[table["environment"].isin(environments)]


# ---- what is derived ----------------------------------------------------------------------------


def late(*exploitative, length=100):
    """Rows of late deviations; those at these steps are exploitative."""
    starts = released.late_starts(length)
    assert set(exploitative) <= set(starts)
    rows = [
        row(
            "audit_temporal",
            start=start,
            start_fraction=start / length,
            exploitative=start in exploitative,
        )
        for start in starts
    ]
    return schema.table("audit_temporal", rows)


@pytest.mark.parametrize(
    ("exploitative", "onset", "kind"),
    [
        ((), None, "immune"),
        ((90, 99), 0.9, "terminal_only"),
        ((97,), 0.97, "terminal_only"),
        ((70, 80, 90, 95, 97, 99), 0.7, "late_vulnerable"),
        ((60, 80, 90, 95), 0.6, "broadly_vulnerable"),
        ((50, 80, 90), 0.5, "partially_vulnerable"),
    ],
)
def test_vulnerability_is_told_by_onset_and_number(exploitative, onset, kind):
    assert profile(late(*exploitative)) == (onset, kind)


def test_counts_by_class_are_those_of_the_published_code(audit):
    classes = schema.table("released_audit_classes", derived.released_audit_classes(audit))
    rows = classes[classes["unit"] == PUBLISHED_UNIT].set_index("mechanism_class")
    assert (rows["static_exploitative"] / 3).tolist() == [7, 9, 1, 11, 28]
    assert rows["static_rate"].tolist() == pytest.approx([0.35, 0.45, 0.05, 0.55, 0.35])
    assert rows["late_tests"].tolist() == [117, 123, 123, 129, 492]
    assert rows["ramp_environments"].tolist() == [2, 0, 0, 4, 6]
    assert rows["environments"].tolist() == [5, 5, 5, 5, 20]
    team = integrated(audit).query("mechanism_class == 'TR-3'")["last_step_cost"]
    found = rows.loc["TR-3", ["last_step_cost_low", "last_step_cost", "last_step_cost_high"]]
    assert found.tolist() == pytest.approx([team.min(), team.mean(), team.max()])
    assert found["last_step_cost_high"] == pytest.approx(1446.694, abs=0.001)


def test_figures_by_environment(audit):
    rows = integrated(audit)
    assert set(rows.index[rows["ramp_exploitative"] > 0]) == EXPLOITED_BY_RAMP
    assert set(rows["vulnerability"]) == {"immune"}
    assert rows["onset"].isna().all()
    assert not rows["static_varies"].any()
    assert rows["played"].to_dict() == {**dict.fromkeys(rows.index, 1), "SynergySearch": 3}
    assert rows.loc["AppleAppStore", "ramp_gain_high"] == pytest.approx(0.3536, abs=5e-5)
    assert rows.loc["TrustDilemma", "ramp_gain"] == pytest.approx(-0.1374, abs=5e-5)
    assert math.isnan(rows.loc["TrustDilemma", "ramp_gain_high"])
    assert rows.loc["TeamProduction", "partial_gain"] == pytest.approx(0.03, abs=5e-4)
    assert rows.loc["TeamProduction", "partial_exploitative"] == 8
    # Nothing pays agent 0 more than what may start at once, which late deviations are not.
    assert (rows["best_gain"] >= rows["partial_gain"].fillna(0)).all()
    assert rows.loc["TrustDilemma", ["best_share", "best_start"]].tolist() == [0.3, 0.0]


def test_seeds_that_differ_are_told(parts):
    parts = {name: some(table, "SLCD") for name, table in parts.items()}
    temporal = parts["temporal"].copy()
    place = (temporal["seed"] == 100) & (temporal["start"] == 97)
    temporal.loc[place & (temporal["strategy"] == "late"), "exploitative"] = True
    static = parts["static"].copy()
    static.loc[static["seed"] == 101, "exploitative"] = True
    rows = derived.released_audit(**{**parts, "temporal": temporal, "static": static})
    assert [row["vulnerability"] for row in rows] == ["immune; terminal_only"] * 2
    assert [row["onset"] for row in rows] == [0.97] * 2
    assert [row["static_varies"] for row in rows] == [True, True]
    assert [row["late_exploitative"] for row in rows] == [1, 1]


def test_published_results_are_found_again(audit, records):
    rows = derived.released_audit_figures(audit, records)
    table = schema.table("released_audit_figures", rows).set_index("quantity")
    other = table.query("result == 'mismatch'")["recomputed"]
    assert other.to_dict() == {
        "static audit experiments": "1050",
        "binary late-defection tests": "492",
    }
    assert (table.drop(other.index)["result"] == "match").all()
    assert set(table.index) <= set(published("audit")["quantity"])


def test_nothing_is_compared_while_environments_are_missing(audit, records):
    rows = derived.released_audit_figures(audit[audit["environment"] != "SLCD"], records)
    assert {row["result"] for row in rows} == {"not derivable"}
    assert {row["recomputed"] for row in rows} == {""}


# ---- records ------------------------------------------------------------------------------------


def test_records_are_as_many_as_published_and_as_the_released_code_makes(records):
    numbers = records.groupby(["audit", "origin"]).size().to_dict()
    assert numbers == {
        ("static", "released code"): 1050,
        ("static", "three agents or more"): 3,
        ("static", "stated number"): 3,
        ("temporal", "released code"): 60,
    }
    assert len(records) == 1116
    # 19 environments draw nothing, one is played with three seeds.
    assert (~records["replicate"]).groupby(records["audit"]).sum().tolist() == [22, 22]
    made = records[(records["origin"] == "released code") & (records["audit"] == "static")]
    assert not made.duplicated(["policy", "environment", "seed"]).any()
    assert made["policy"].nunique() == 18
    assert made.loc[made["policy"] == "MeanFieldAC", "environment"].nunique() == 10
    added = records[records["origin"] == "three agents or more"]
    assert set(added["environment"]) == {"ReputationMarket"}


def test_a_record_holds_the_experiment_that_it_repeats(records):
    apple = records[(records["environment"] == "AppleAppStore") & (records["audit"] == "static")]
    assert set(apple["exploitative"]) == {2}
    assert set(apple["optimal_level"]) == {0.35}
    unknown = records[records["origin"] == "stated number"]
    assert unknown["exploitative"].isna().all()
    assert set(unknown["environment"]) == {""}
    temporal = records[records["audit"] == "temporal"]
    assert set(temporal["vulnerability"]) == {"immune"}
    ramps = temporal[temporal["exploitative"] > 0]
    assert set(ramps["environment"]) == EXPLOITED_BY_RAMP


def test_a_part_of_the_environments_has_its_own_records_only(parts):
    few = {n: some(t, "SLCD", "AppleAppStore") for n, t in parts.items() if n != "interior"}
    rows = schema.table("released_audit_records", derived.released_audit_records(**few))
    assert set(rows["origin"]) == {"released code"}
    # MeanFieldAC has no record of the two agents of SLCD.
    assert rows.groupby(["audit", "environment"]).size().tolist() == [54, 51, 3, 3]


def test_without_audits_there_is_nothing():
    empty = {part: schema.table(f"audit_{part}", []) for part in PARTS}
    assert derived.released_audit(**empty) == []
    empty.pop("interior")
    assert derived.released_audit_records(**empty) == []
    audit = schema.table("released_audit", [])
    assert derived.released_audit_classes(audit) == []
    records = schema.table("released_audit_records", [])
    rows = derived.released_audit_figures(audit, records)
    assert {row["result"] for row in rows} == {"not derivable"}


# ---- claims -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "verdict", "said"),
    [
        ("E01", "confirmed", "TR-1 7 of 20, TR-2 9 of 20, TR-3 1 of 20, TR-4 11 of 20"),
        ("E02", "confirmed", "Not one of 492 late defections"),
        ("E03", "refuted", "313 of 820 late deviations to 10 to 40 % are exploitative"),
        ("E04", "confirmed", "GiftExchange-v0 0.004 % (3 of 3 seeds)"),
        ("E05", "refuted", "TeamProduction-v0: 8 of 40 exploitative, gain of up to 0.03 %"),
        ("E06", "refuted", "0.0007 to 0.268 in the temporal audit"),
    ],
)
def test_verdicts_on_the_published_audit(audit, records, claim, verdict, said):
    decision = decide(claim, audit, records)
    assert (decision.verdict, decision.decided_by) == (verdict, "audits")
    assert said in decision.reason


@pytest.mark.parametrize("claim", CLAIMS)
def test_without_an_audit_no_claim_on_it_is_testable(audit, claim):
    assert decide(claim, audit[:0]).verdict == "not testable"


@pytest.mark.parametrize("claim", ["E01", "E02", "E04"])
def test_missing_environments_confirm_nothing(audit, records, claim):
    decision = decide(claim, some(audit, "SLCD", "GiftExchange"), records)
    assert decision.verdict == "inconclusive"


def test_a_label_that_differs_refutes_e01(audit, records):
    other = records.copy()
    place = (other["policy"] == "QMIX") & (other["environment"] == "SLCD") & (other["seed"] == 100)
    other.loc[place, "exploitative"] += 1
    decision = decide("E01", audit, other)
    assert decision.verdict == "refuted"
    assert decision.estimate == "spread 1 over 18 labels"
    assert "Labels differ on SLCD" in decision.reason


def test_one_late_defection_refutes_e02(audit):
    found = changed(audit, "SLCD", late_exploitative=1)
    decision = decide("E02", found)
    assert (decision.verdict, decision.estimate) == ("refuted", "1 of 492")
    assert "on SLCD-v0" in decision.reason


def immune(audit):
    """The table without an exploitative partial deviation in integrated reward."""
    found = audit.copy()
    place = found["unit"] == PUBLISHED_UNIT
    found.loc[place, "partial_exploitative"] = 0
    found.loc[place, "partial_gain"] = float("nan")
    return found


def test_no_late_deviation_confirms_e03_and_one_refutes_it(audit):
    none = immune(audit)
    assert decide("E03", none).verdict == "confirmed"
    assert decide("E03", some(none, "SLCD")).verdict == "inconclusive"
    one = changed(none, "SLCD", partial_exploitative=1, partial_gain=1.5)
    decision = decide("E03", some(one, "SLCD", "TrustDilemma"))
    assert decision.verdict == "refuted"
    assert "on 1 of 2 environments, with gains of up to 1.5 % (SLCD-v0)" in decision.reason
    full = decide("E03", changed(none, "SLCD", late_exploitative=2))
    assert full.verdict == "refuted"
    assert "0 of 820 late deviations" in full.reason
    assert "on 0 of 20 environments; in payoffs 488 are, with gains of up to 5.3 %" in full.reason
    assert "Of those to 0, the only share that the published audit tries, 2 are." in full.reason


@pytest.mark.parametrize(
    ("environment", "values"),
    [
        # A seventh; five; another range; as many, but not mostly of TR-4.
        ("SLCD", {"ramp_exploitative": 1, "ramp_gain_low": 0.1, "ramp_gain_high": 0.1}),
        ("SynergySearch", {"ramp_exploitative": 0}),
        ("GiftExchange", {"ramp_gain_low": 0.002}),
        ("DynamicPartnerSelection", {"ramp_gain_high": 0.42}),
        ("AppleAppStore", {"mechanism_class": "TR-2"}),
    ],
)
def test_other_ramps_refute_e04(audit, records, environment, values):
    found = changed(audit, environment, **values)
    assert decide("E04", found, records).verdict == "refuted"


def test_the_reason_of_e04_tells_what_draws_decide(audit, records):
    reason = decide("E04", audit, records).reason
    assert "SynergySearch-v0 0.083 % (1 of 3 seeds)" in reason
    assert "SynergySearch-v0 draws" in reason
    assert reason.count("draws:") == 1


def test_immune_team_environments_confirm_e05(audit):
    none = immune(audit)
    assert decide("E05", none).verdict == "confirmed"
    assert decide("E05", some(none, "TeamProduction", "SLCD")).verdict == "inconclusive"
    assert decide("E05", some(none, "SLCD")).verdict == "not testable"
    for name in ("late", "early", "full", "ramp"):
        found = changed(none, "LoyaltyTeam", **{f"{name}_exploitative": 1})
        assert decide("E05", found).verdict == "refuted"
    assert decide("E05", changed(none, "SLCD", ramp_exploitative=1)).verdict == "confirmed"


def test_small_gains_confirm_e06(audit):
    found = audit.copy()
    for name in ("static", "temporal"):
        found[f"{name}_ratio_low"] = found[f"{name}_ratio_high"] = 0.019
    assert decide("E06", found).verdict == "confirmed"
    assert decide("E06", some(found, "SLCD")).verdict == "inconclusive"
    assert decide("E06", changed(found, "SLCD", temporal_ratio_high=0.02)).verdict == "refuted"
    for name in ("static", "temporal"):
        found[f"{name}_ratio_low"] = found[f"{name}_ratio_high"] = float("nan")
    assert decide("E06", found).verdict == "inconclusive"


def test_quoted_figures_are_those_of_the_published_table():
    stated = published("audit").set_index("quantity")["value"]
    assert stated["binary late-defection tests"] == "504"
    assert stated["environments with exploitative ramp-down"] == "6"
    assert (stated["smallest ramp-down gain"], stated["largest ramp-down gain"]) == (
        *("0.004", "0.41"),
    )
