"""Published counts: what can be made anew is made of the right parts."""

import re

import pandas as pd
import pytest

from coopetition.reports import schema
from coopetition.reports.counts import counts, design
from coopetition.reports.sources import published
from frames import corpus_reference

# Values of the specification (study.md, section 3) of counts that follow from the design.
RECOMPUTED = {
    ("training", "total (file sum)"): 25_708,
    ("training", "total (deployed, after deduplication)"): 21_735,
    ("training", "records removed as retry duplicates"): 9_683,
    ("training", "baseline_integrated"): 16_835,
    ("training", "baseline_integrated: constant-action records"): 14_140,
    ("training", "baseline_integrated: learner records"): 2_170,
    ("training", "baseline_integrated: heuristic records"): 280,
    ("training", "baseline_integrated: oracle records"): 245,
    ("training", "ablation_private"): 2_450,
    ("training", "ablation_cooperative"): 2_450,
    ("training", "network_sensitivity"): 1_600,
    ("training", "trained runs inside the 3-mode 7-seed factorial"): 6_510,
    (
        "training",
        "distinct cells of the 3-mode 7-seed factorial incl. constants and oracles",
    ): 21_735,
    ("training", "croissant file-set statement"): 7_350,
    ("training", "social-impact statement total"): 19_046,
    ("audit", "static"): 1_050,
    ("audit", "temporal"): 60,
    ("audit", "total"): 1_110,
    ("audit", "distinct static experiments"): 60,
    ("slcd_2d", "tier 1.5 records (current)"): 1_563,
    ("slcd_2d", "stage A per algorithm (record-set text)"): 750,
    ("slcd_2d", "planned runs"): 2_040,
    ("lr_ablation", "total"): 135,
    ("case_study_calibration", "total"): 4,
    ("policies", "total"): 126,
    ("policies", "total (older text)"): 126,
    ("withdrawn_2026_02", "experiments"): 760,
}
MISMATCHES = {
    ("training", "total (deployed, after deduplication)"),
    ("training", "network_sensitivity"),
    ("training", "croissant file-set statement"),
    ("audit", "static"),
    ("audit", "total"),
    ("slcd_2d", "stage A per algorithm (record-set text)"),
    ("slcd_2d", "planned runs"),
    ("policies", "total (older text)"),
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return schema.table("counts", counts(corpus_reference())).set_index(["corpus", "component"])


def test_every_published_count_is_listed_with_its_source(table):
    assert len(table) == len(published("corpus_counts"))
    assert (table["source"] != "").all()
    assert table["published"]["training", "croissant file-set statement"] == 10_800


def test_what_follows_from_the_design_is_recomputed(table):
    found = {key: int(value) for key, value in table["recomputed"].dropna().items()}
    assert found == RECOMPUTED
    assert {key for key, result in table["result"].items() if result == "mismatch"} == MISMATCHES
    assert (table["recomputed"].isna() == (table["result"] == "not derivable")).all()


def test_the_formula_gives_the_number(table):
    """Read as arithmetic, with what is said beside the factors left out."""
    for (_, component), row in table.dropna(subset=["recomputed"]).iterrows():
        text = row["formula"].replace(",", "").replace("×", "*").replace("stage C", "")
        arithmetic = re.sub(r"[A-Za-z]+", "", text).replace("( )", "").replace("(   )", "")
        arithmetic = re.sub(r"\(\s*\)", "", arithmetic).strip()
        assert eval(arithmetic) == row["recomputed"], component


def test_a_run_without_all_environments_gives_no_design():
    part = corpus_reference(environments=19)
    assert design(part) is None
    rows = schema.table("counts", counts(part)).set_index(["corpus", "component"])
    missing = rows[rows["formula"].str.contains("missing")]
    assert set(missing["result"]) == {"not derivable"}
    assert ("audit", "total") in missing.index
    assert rows.loc[("training", "total (file sum)"), "recomputed"] == 25_708


def test_environments_that_were_not_published_do_not_count():
    reference = corpus_reference()
    other = reference[reference["environment"] == "SLCD"].assign(environment="Mine")
    formal = reference.assign(edition="v1")
    assert design(pd.concat([reference, other, formal])) == design(reference)


def test_a_policy_that_is_missing_changes_the_counts():
    """The numbers are counted in the run, not written down."""
    reference = corpus_reference()
    fewer = reference[reference["policy"] != "Constant_50"]
    rows = schema.table("counts", counts(fewer)).set_index(["corpus", "component"])
    assert rows.loc[("policies", "total"), "recomputed"] == 125
    assert rows.loc[("training", "baseline_integrated"), "result"] == "mismatch"
