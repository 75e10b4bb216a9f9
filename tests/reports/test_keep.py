"""Tables of a study that are kept with the code."""

import pytest

from coopetition.reports.keep import LEFT_OUT, keep


@pytest.fixture
def study(tmp_path):
    """Folder of a finished study, every file with its own name inside."""
    folder = tmp_path / "results" / "standard"
    tables = [f"tables/{name}" for name in ("aggregates.csv", "reference_scores.csv", *LEFT_OUT)]
    for name in ("claims.csv", "certificates.csv", "report/provenance.json", *tables):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_tables_are_copied_and_reference_scores_go_where_they_are_read(study, tmp_path):
    scores = tmp_path / "package" / "reference_scores.csv"
    made = keep(study, tmp_path / "recorded", scores)
    kept = tmp_path / "recorded" / "standard"
    assert {path.name for path in kept.iterdir()} == {
        *("claims.csv", "certificates.csv", "provenance.json", "aggregates.csv"),
    }
    assert (kept / "aggregates.csv").read_text() == "tables/aggregates.csv"
    assert made[-1] == scores and scores.read_text() == "tables/reference_scores.csv"


def test_tables_that_are_no_more_are_removed(study, tmp_path):
    old = tmp_path / "recorded" / "standard" / "old.csv"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    keep(study, tmp_path / "recorded", tmp_path / "reference_scores.csv")
    assert not old.exists()


def test_a_study_without_a_report_is_refused(study, tmp_path):
    (study / "report" / "provenance.json").unlink()
    with pytest.raises(FileNotFoundError, match="run the study first"):
        keep(study, tmp_path / "recorded", tmp_path / "reference_scores.csv")
    assert not (tmp_path / "recorded").exists()
