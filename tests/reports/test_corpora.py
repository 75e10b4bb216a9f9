"""Corpora: packaged whole, checked rule by rule, and read as typed frames."""

import hashlib
import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from corpus_study import ABOUT, LEFT_OUT, PLACES, build, plan, tables

from coopetition.reports import datasets, schema
from coopetition.reports.columns import TABLES
from coopetition.reports.corpora import package
from coopetition.reports.corpora.catalogue import BOUNDS, CORPORA, OF_FINISHED
from coopetition.reports.corpora.integrity import SHOWN, integrity

ROOT = Path(__file__).parents[2]
KNOWN = [corpus for corpus in CORPORA.values() if corpus.table in TABLES]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("corpora")
    return folder, build(folder)


@pytest.fixture
def inventory(built) -> pd.DataFrame:
    return built[1].copy()


@pytest.fixture
def folder(built, tmp_path) -> Path:
    """A copy of the corpora, to be changed."""
    return Path(shutil.copytree(built[0], tmp_path / "corpora"))


def check(folder, inventory, **options):
    return integrity(folder, inventory, options.pop("plan", plan()), PLACES, **options)


def lines(checks) -> list[str]:
    return [line for found in checks for line in found.text()]


def rewrite(folder: Path, inventory: pd.DataFrame, name: str, change) -> pd.DataFrame:
    """A corpus changed; the inventory with its new checksum."""
    path = folder / CORPORA[name].file
    frame = change(pd.read_parquet(path).copy())
    frame.to_parquet(path, index=False)
    new = inventory.set_index("corpus")
    new.loc[name, "sha256"] = package.sha256(path)
    return new.reset_index()


class TestCatalogue:
    @pytest.mark.parametrize("corpus", KNOWN, ids=lambda corpus: corpus.name)
    def test_keys_and_references_are_columns(self, corpus):
        assert set(corpus.key) <= set(corpus.columns)
        if corpus.refers:
            column, other = corpus.refers
            assert column in corpus.columns
            assert column in CORPORA[other].columns

    def test_the_key_of_a_run_has_the_reward_mode(self):
        assert "reward_mode" in CORPORA["training_runs"].key

    def test_what_has_bounds_or_a_status_is_a_column_of_some_corpus(self):
        columns = {name for corpus in KNOWN for name in corpus.columns}
        assert set(BOUNDS) - {"p_null"} <= columns  # of the case studies
        assert set(OF_FINISHED) <= set(CORPORA["training_runs"].columns)


class TestPackage:
    def test_files_hold_the_tables_and_the_inventory_their_checksums(self, folder, inventory):
        there = inventory[inventory["file"] != ""].set_index("corpus")
        for name, table in tables().items():
            path = folder / f"{name}.parquet"
            assert there.loc[name, "sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            assert there.loc[name, "bytes"] == path.stat().st_size
            assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
            found = schema.read(CORPORA[name].table, path)
            assert len(found) == there.loc[name, "rows"]
            if name not in ("training_runs", "response_surfaces", "reference_policies"):
                pd.testing.assert_frame_equal(found, table)

    def test_runs_say_of_which_study_they_are(self, folder):
        runs = schema.read("training_runs", folder / "training_runs.parquet")
        assert {*runs["study"]} == {ABOUT["study"]}
        assert {*runs["configuration_hash"]} == {ABOUT["configuration_hash"]}

    def test_constants_are_the_response_surface_and_others_are_not(self, folder):
        surfaces, others = (
            schema.read("reference", folder / f"{name}.parquet")
            for name in ("response_surfaces", "reference_policies")
        )
        assert len(surfaces) == 202
        assert others["policy"].tolist() == ["Random"]

    def test_what_is_left_out_has_a_reason_and_no_file(self, tmp_path):
        made = tables()
        del made["cross_play"]
        reasons = {**LEFT_OUT, "cross_play": "nobody met anybody"}
        found = package.package(made, reasons, tmp_path, **ABOUT).set_index("corpus")
        assert found.loc["cross_play", "left_out"] == "nobody met anybody"
        assert (found.loc["cross_play", "file"], found.loc["cross_play", "rows"]) == ("", 0)
        assert not (tmp_path / "cross_play.parquet").exists()

    @pytest.mark.parametrize("both", [True, False])
    def test_a_corpus_is_given_or_left_out(self, tmp_path, both):
        made, reasons = tables(), dict(LEFT_OUT)
        if both:
            reasons["cross_play"] = "?"
        else:
            del made["cross_play"]
        with pytest.raises(ValueError, match="corpus cross_play must be given or left out"):
            package.package(made, reasons, tmp_path, **ABOUT)

    def test_equal_results_give_equal_bytes(self, inventory, tmp_path):
        again = build(tmp_path / "again")
        assert again["sha256"].tolist() == inventory["sha256"].tolist()


def drop(column, value):
    return lambda frame: frame[frame[column] != value]


def put(column, value, where=0):
    def change(frame):
        values = frame[column].tolist()
        values[where] = value
        return frame.assign(**{column: values})

    return change


def twice(frame):
    return pd.concat([frame, frame.iloc[:1]], ignore_index=True)


FIRST = "Alpha-v0-Central_PPO-corrected-private-0"
BROKEN = "Alpha-v0-Central_PPO-corrected-private-2"
# Corpus, how it is changed, and the one line that says so.
CHANGES = {
    "missing run": ("training_runs", drop("run_id", BROKEN), f"{BROKEN} .* is planned and missing"),
    "unplanned run": ("training_runs", put("run_id", "x", 2), "run x .* is not planned"),
    "run twice": ("training_runs", twice, f"run {FIRST} .* stands there twice"),
    "other factor": ("training_runs", put("n_agents", 7), "has n_agents 7; planned is 2"),
    "other status": ("training_runs", put("status", "odd"), r"column status holds \['odd'\]"),
    "no column": ("training_runs", lambda f: f.drop(columns="welfare"), r"missing \['welfare'\]"),
    "wrong type": (
        "training_runs",
        lambda f: f.astype({"seed": str}),
        "column seed must hold integer",
    ),
    "no reason": ("training_runs", put("reason", "", 2), "has not finished and gives no reason"),
    "a reason": ("training_runs", put("reason", "x"), "has finished and gives a reason why not"),
    "few steps": ("training_runs", put("steps_done", 1), "with fewer steps than planned"),
    "silent NaN": ("training_runs", put("welfare", np.nan), "has finished without welfare"),
    "silent list": (
        *("training_runs", put("payoff_per_agent", [np.nan] * 2)),
        "has finished without payoff_per_agent",
    ),
    "imputed": ("training_runs", put("welfare", 1.0, 2), "has a welfare and has not finished"),
    "lost trust": ("training_runs", put("trust", np.nan), "has no trust, which other runs there"),
    "lost scale": (
        *("training_runs", put("welfare_floor", np.nan)),
        "has no welfare_floor, which other runs there have",
    ),
    "no score": ("training_runs", put("score", np.nan), "has no score and is not excluded"),
    "out of bounds": ("training_runs", put("trust", 1.5), r"column trust holds 1.5 \(1 values\)"),
    "infinite": ("training_runs", put("welfare", np.inf), "column welfare holds inf"),
    "infinite in a list": (
        *("training_runs", put("payoff_per_agent", [1.0, np.inf])),
        "column payoff_per_agent holds inf",
    ),
    "negative": ("training_runs", put("seed", -1, 0), "column seed holds -1"),
    "orphan point": ("learning_curves", put("run_id", "x", 0), "run_id x is not in training_runs"),
    "short curve": (
        "learning_curves",
        drop("step", 50),
        "a curve that is not from step 0 to the l",
    ),
    "no curve": ("learning_curves", drop("run_id", FIRST), "has finished without a learning curve"),
    "point twice": ("learning_curves", twice, "a row stands there twice: run_id"),
    "lost evaluation": (
        *("evaluation_episodes", drop("kind", "stochastic")),
        "has finished without all 3 evaluations",
    ),
    "stray evaluation": (
        *("evaluation_episodes", put("run_id", BROKEN)),
        "has evaluations and has not finished",
    ),
    "lost level": ("response_surfaces", drop("level", 7), "private: 100 levels of 101"),
    "lost place": ("certificates", put("environment", "Beta"), "Alpha-v0 has no row"),
    "lost step": ("trajectories", drop("step", 1), "has 3 transitions of 5"),
    "no end": ("trajectories", put("truncated", False, 2), "episode 0 is not whole"),
    "orphan set": ("trajectories", put("set_id", "x"), "set_id x is not in trajectory_sets"),
}


class TestIntegrity:
    def test_finds_nothing_in_whole_corpora(self, folder, inventory):
        checks = check(folder, inventory)
        assert lines(checks) == []
        assert all(found.row()["ok"] for found in checks)
        assert {found.corpus for found in checks} >= {corpus.name for corpus in KNOWN}
        table = schema.table("corpus_integrity", [found.row() for found in checks])
        assert table["checked"].sum() > 1000

    @pytest.mark.parametrize(("name", "change", "message"), CHANGES.values(), ids=CHANGES)
    def test_names_what_is_wrong(self, folder, inventory, name, change, message):
        kept = inventory[inventory["corpus"].isin([name, "training_runs", "trajectory_sets"])]
        for file in set(inventory["file"]) - set(kept["file"]) - {""}:
            (folder / file).unlink()
        changed = rewrite(folder, kept, name, change)
        found = lines(check(folder, changed))
        assert any(pd.Series([line]).str.contains(message).all() for line in found), found
        assert any(line.startswith(f"{name}: ") for line in found)

    def test_a_file_that_was_changed_is_missing_or_is_no_corpus(self, folder, inventory):
        (folder / "certificates.parquet").unlink()
        (folder / "old.parquet").write_bytes(b"?")
        put_in = folder / "cross_play.parquet"
        pd.read_parquet(put_in).to_parquet(put_in, compression="gzip")
        text = "\n".join(lines(check(folder, inventory)))
        assert "certificates.parquet is missing" in text
        assert f"{folder / 'old.parquet'} is no corpus of this study: remove it" in text
        assert "cross_play.parquet has another content than when it was written" in text

    def test_a_result_that_nobody_planned_is_named(self, folder, inventory, tmp_path):
        ours, orphan = tmp_path / "IPPO.parquet", tmp_path / "Old.parquet"
        found = check(folder, inventory, results=[ours, orphan], expected=[ours])
        assert len(lines(found)) == 1
        assert f"{orphan} belongs to no planned run" in lines(found)[0]

    def test_many_lines_are_counted(self, folder, inventory):
        longer = pd.concat([plan(), plan().assign(run_id=[f"new {k}" for k in range(10)])])
        [broken] = [found for found in check(folder, inventory, plan=longer) if found.lines]
        assert (broken.row()["violations"], broken.row()["ok"]) == (10, False)
        assert len(broken.text()) == SHOWN + 1
        assert broken.text()[-1] == "training_runs: and 5 more like this"


class TestDatasets:
    def test_frames_are_typed(self, folder):
        runs = datasets.load("training_runs", folder)
        assert runs["status"].dtype == "category"
        assert list(runs["status"].cat.categories) == list(TABLES["training"]["status"].allowed)
        assert runs["run_id"].dtype == object
        assert runs["seed"].dtype == "int64"
        assert runs["welfare"].dtype == "float64"
        assert isinstance(runs["payoff_per_agent"][0], np.ndarray)
        assert runs["payoff_per_agent"][0].sum() == 4.0
        assert datasets.load("response_surfaces", folder)["level"].dtype == "Int64"

    @pytest.mark.parametrize("corpus", KNOWN, ids=lambda corpus: corpus.name)
    def test_every_corpus_loads_from_its_folder_and_its_file(self, folder, corpus):
        from_folder = datasets.load(corpus.name, folder)
        from_file = datasets.load(corpus.name, str(folder / corpus.file))
        pd.testing.assert_frame_equal(from_folder, from_file)
        assert list(from_folder) == list(datasets.about(corpus.name).index)

    def test_errors_say_what_there_is(self, tmp_path):
        with pytest.raises(ValueError, match="no corpus 'runs'; there are training_runs, learn"):
            datasets.load("runs", tmp_path)
        with pytest.raises(FileNotFoundError, match="name the folder of the corpora"):
            datasets.load("training_runs", tmp_path)

    def test_the_notebook_answers_its_question(self, folder, tmp_path, monkeypatch, capsys):
        beside = tmp_path / "examples"
        beside.mkdir()
        (tmp_path / "results" / "quick").mkdir(parents=True)
        (tmp_path / "results" / "quick" / "corpora").symlink_to(folder.resolve())
        monkeypatch.chdir(beside)
        notebook = json.loads((ROOT / "examples" / "corpora.ipynb").read_text(encoding="utf-8"))
        found: dict = {}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), found)
        assert "score under integrated reward less that under private reward" in (
            capsys.readouterr().out
        )
        # Two finished seeds and two that broke in each mode, all with the scores of the frames.
        assert found["answer"]["size"].tolist() == [4]
        assert found["gain"].abs().max() == 0.0


def test_a_small_benchmark_is_whole_and_compact(tmp_path):
    path = ROOT / "tests" / "benchmarks" / "corpus.py"
    spec = importlib.util.spec_from_file_location("corpus_benchmark", path)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    inventory, checks, seconds = benchmark.measure(105, 3, tmp_path)
    assert [line for found in checks for line in found.text()] == []
    assert list(seconds) == ["packaging", "integrity", "metadata", "validation"]
    sizes = inventory.set_index("corpus")["bytes"]
    # 200 MB hold 25,000 runs with 101 points: 8 kB for each run, 50 bytes for each point.
    assert sizes["learning_curves"] / (102 * 3) < 80
    assert (sizes["training_runs"] + sizes["evaluation_episodes"]) / 105 < 2000
