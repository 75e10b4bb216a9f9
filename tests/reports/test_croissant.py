"""Metadata of the corpora: valid, loadable without a network, true of the files."""

import json
import shutil
import socket
from pathlib import Path

import pandas as pd
import pytest
import yaml
from corpus_study import ABOUT, PLACES, build, plan, scores

from coopetition.reports import schema
from coopetition.reports.columns import TABLES
from coopetition.reports.corpora import croissant, facts
from coopetition.reports.corpora.catalogue import CORPORA
from coopetition.reports.corpora.documents import documents
from coopetition.reports.corpora.integrity import integrity
from coopetition.reports.corpora.validation import MetadataError, validate

ROOT = Path(__file__).parents[2]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# All fields of Croissant RAI 1.0, and the flag that venues ask for.
RAI = {
    *("dataCollection", "dataCollectionType", "dataCollectionMissingData", "dataBiases"),
    *("dataCollectionRawData", "dataCollectionTimeframe", "dataImputationProtocol"),
    *("dataPreprocessingProtocol", "dataManipulationProtocol", "dataAnnotationProtocol"),
    *("dataAnnotationPlatform", "dataAnnotationAnalysis", "annotationsPerItem"),
    *("annotatorDemographics", "machineAnnotationTools", "dataReleaseMaintenancePlan"),
    *("personalSensitiveInformation", "dataSocialImpact", "dataLimitations", "dataUseCases"),
    "hasSyntheticData",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder of corpora with metadata and documents, and the inventory."""
    folder = tmp_path_factory.mktemp("corpora")
    inventory = build(folder)
    checks = integrity(folder, inventory, plan(), PLACES)
    table = schema.table("corpus_integrity", [check.row() for check in checks])
    runs = schema.read("training_runs", folder / "training_runs.parquet")
    about = {**ABOUT, "scale": "smoke", "date": "2026-01-31", "version": "9.8.7"}
    found = facts.gather(inventory, runs, table, CITATION, **about)
    texts = documents(inventory, found, CITATION)
    texts["croissant.json"] = json.dumps(croissant.metadata(inventory, found), indent=1)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder, inventory


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "copy"))


@pytest.fixture(scope="module")
def metadata(made):
    return json.loads((made[0] / "croissant.json").read_text(encoding="utf-8"))


def rewritten(folder: Path, change) -> Path:
    path = folder / "croissant.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def only(*names: str):
    """Leaves some record sets and their files."""

    def change(content):
        content["recordSet"] = [r for r in content["recordSet"] if r["@id"] in names]
        kept = {CORPORA[name].file for name in names}
        content["distribution"] = [f for f in content["distribution"] if f["@id"] in kept]

    return change


class TestMetadata:
    def test_every_record_is_loaded_and_equal_without_a_network(self, made, monkeypatch):
        def refuse(*_, **__):
            raise AssertionError("a network connection was opened")

        monkeypatch.setattr(socket, "create_connection", refuse)
        monkeypatch.setattr(socket.socket, "connect", refuse)
        folder, inventory = made
        found = validate(folder / "croissant.json").set_index("corpus")
        there = inventory[inventory["file"] != ""].set_index("corpus")
        assert found["ok"].all()
        assert found["loaded"].to_dict() == there["rows"].to_dict()
        columns = {name: len(CORPORA[name].columns) for name in found.index}
        assert (found["compared"] == found["loaded"] * pd.Series(columns)).all()

    def test_files_have_real_checksums_and_keys_and_references_are_fields(self, made, metadata):
        inventory = made[1].set_index("file")
        for file in metadata["distribution"]:
            assert file["sha256"] == inventory.loc[file["contentUrl"], "sha256"]
            assert file["contentSize"] == f"{inventory.loc[file['contentUrl'], 'bytes']} B"
        fields = {f["@id"]: f for r in metadata["recordSet"] for f in r["field"]}
        keys = {key["@id"] for r in metadata["recordSet"] for key in r.get("key", [])}
        assert "training_runs/reward_mode" in keys
        assert keys <= set(fields)
        referred = {
            k: f["references"]["field"]["@id"] for k, f in fields.items() if "references" in f
        }
        assert referred == {
            "learning_curves/run_id": "training_runs/run_id",
            "evaluation_episodes/run_id": "training_runs/run_id",
            "trajectories/set_id": "trajectory_sets/set_id",
        }
        assert fields["training_runs/payoff_per_agent"]["repeated"] is True
        assert all(field["description"] for field in fields.values())

    def test_all_fields_on_responsible_ai_are_filled(self, metadata):
        found = {k.removeprefix("rai:"): v for k, v in metadata.items() if k.startswith("rai:")}
        assert set(found) == RAI
        assert all(found.values())
        assert "$" not in json.dumps(found)
        assert (
            "10 training runs were planned, of which 4 finished, 2 diverged, 2 failed and 2 "
            in (found["dataCollection"])
        )
        assert found["dataCollectionTimeframe"] == ["2026-01-31"]

    def test_what_is_mandatory_is_there(self, metadata):
        assert "http://mlcommons.org/croissant/1.0" in metadata["conformsTo"]
        for key in ("name", "description", "license", "url", "creator", "datePublished", "citeAs"):
            assert metadata[key]
        assert metadata["version"] == "9.8.7"

    def test_a_wrong_checksum_is_found(self, folder):
        path = folder / "certificates.parquet"
        pd.read_parquet(path).to_parquet(path, compression="gzip")
        with pytest.raises(
            MetadataError, match=r"certificates.parquet cannot be loaded: .*[Hh]ash"
        ):
            validate(rewritten(folder, only("certificates")))

    def test_a_field_that_loads_another_column_is_found(self, folder):
        def swap(content):
            only("certificates")(content)
            [records] = content["recordSet"]
            field = next(f for f in records["field"] if f["name"] == "greed")
            field["source"]["extract"]["column"] = "best_reply_to_C"
            field = next(f for f in records["field"] if f["name"] == "R")
            field["source"]["extract"]["column"] = "n_agents"

        found = validate(rewritten(folder, swap))
        assert found["different"].tolist() == [1]
        assert not found["ok"].any()

    def test_a_field_that_loads_nothing_is_found(self, folder):
        """The validator accepts a field without a source."""

        def empty(content):
            only("certificates")(content)
            del content["recordSet"][0]["field"][0]["source"]

        found = validate(rewritten(folder, empty))
        assert found[["different", "ok"]].values.tolist() == [[1, False]]

    def test_a_reference_to_nothing_is_no_valid_metadata(self, folder):
        def lose(content):
            only("learning_curves")(content)

        with pytest.raises(MetadataError, match="is not valid Croissant"):
            validate(rewritten(folder, lose))

    def test_of_long_corpora_the_first_records_are_loaded(self, folder):
        found = validate(rewritten(folder, only("response_surfaces")), records=10)
        assert found[["planned", "loaded", "ok"]].values.tolist() == [[202, 10, True]]


class TestDocuments:
    def test_the_card_configures_every_corpus(self, made):
        head, text = (made[0] / "README.md").read_text(encoding="utf-8").split("---\n")[1:3]
        front = yaml.safe_load(head)
        there = made[1][made[1]["file"] != ""]
        listed = {c["config_name"]: c["data_files"][0]["path"] for c in front["configs"]}
        assert listed == dict(zip(there["corpus"], there["file"], strict=True))
        assert [c["config_name"] for c in front["configs"] if c.get("default")] == ["training_runs"]
        assert (front["license"], front["size_categories"]) == ("cc-by-4.0", ["n<1K"])
        assert "| 10 | 4 | 2 | 2 | 2 |" in text

    def test_numbers_of_the_datasheet_are_counted(self, made):
        text = (made[0] / "DATASHEET.md").read_text(encoding="utf-8")
        rows = int(made[1]["rows"].sum())
        assert f"{rows:,} records in {(made[1]['file'] != '').sum()} files" in text
        assert "| 10 | 4 | 2 | 2 | 2 |" in text
        assert f"{scores()['cpu_seconds'].sum() / 3600:.2f} CPU-hours" in text
        for part in ("Motivation", "Composition", "Collection", "Preprocessing", "Uses"):
            assert f"## {part}" in text
        assert "$" not in text

    def test_a_text_that_asks_for_an_unknown_number_fails(self):
        with pytest.raises(KeyError, match="unknown"):
            facts.Facts({"known": "1"}).filled("$known $unknown")

    def test_licence_and_citation(self, made):
        assert "CC BY 4.0" in (made[0] / "LICENSE").read_text(encoding="utf-8")
        citation = yaml.safe_load((made[0] / "CITATION.cff").read_text(encoding="utf-8"))
        assert (citation["type"], citation["license"]) == ("dataset", "CC-BY-4.0")
        assert citation["authors"] == CITATION["authors"]

    def test_a_left_out_corpus_is_named_with_its_reason(self, made):
        left = made[1][made[1]["left_out"] != ""]["corpus"].tolist()
        text = (made[0] / "README.md").read_text(encoding="utf-8")
        assert all(f"Left out, {name}: no such table" in text for name in left)
        assert {name for name in left if CORPORA[name].table in TABLES} == set()
