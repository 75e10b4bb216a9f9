"""The workflow end to end: one smoke study, killed and resumed, and what would run again."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from coopetition import agents
from coopetition.agents import training
from coopetition.agents.runs import Run, cell_runs
from coopetition.agents.training import RunResult, train_cell
from coopetition.reports import columns, schema

ROOT = Path(__file__).parents[2]
RESULTS = "results/smoke"
GAMES = ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "AppleAppStore")
EDITIONS = ("v0", "v1")
# Edition and game of every training job.
TRAINED = (("v0", "TrustDilemma"), ("v0", "TeamProduction"), ("v1", "TrustDilemma"))
FIGURES = ("editions", "response_curves", "formal_response_curves", "identity")
FIGURES += ("learning_curves", "scores")
KINDS = ("svg", "csv", "json")
TABLES = {
    "plan": "plan/runs.parquet",
    "contract": "contract.parquet",
    "contract_comparison": "tables/contract_comparison.csv",
    "counts": "tables/counts.csv",
    "page_results": "tables/page_results.csv",
    "certificates": "certificates.csv",
    "best_replies": "certificates/*/*.replies.parquet",
    "reference": "reference/*/*.parquet",
    "training": "training/*/*/Central_PPO.parquet",
    "curves": "training/*/*/Central_PPO.curves.parquet",
    "evaluations": "training/*/*/Central_PPO.evaluations.parquet",
    "scores": "scores.parquet",
    "aggregates": "tables/aggregates.csv",
    "identity": "tables/identity.csv",
    "claims": "claims.csv",
}


@dataclass(frozen=True)
class Checkout:
    """A copy of the files of this checkout, imported instead of the installed ones."""

    folder: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SNAKEMAKE", "GIT_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=self.folder,
            env={
                **kept,
                "PYTHONPATH": str(self.folder / ".path"),
                "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def snakemake(self, *arguments: str) -> tuple[int, str]:
        """Exit code and all that was printed."""
        process = self.start(*arguments)
        printed, _ = process.communicate()
        return process.returncode, printed

    def smoke(self, *arguments: str, config: Sequence[str] = ()) -> str:
        """What a successful call on the smoke study printed."""
        code, printed = self.snakemake(*arguments, "--config", "scale=smoke", *config)
        assert code == 0, printed
        return printed

    def pending(self) -> set[str]:
        """Steps that would run now, such as `train TrustDilemma-v0` or `claims`."""
        rows = [line.split("\t") for line in self.smoke("--summary").splitlines() if "\t" in line]
        header, *files = rows
        table = [dict(zip(header, row, strict=True)) for row in files]
        return {step(row) for row in table if row["plan"] != "no update"}

    @contextlib.contextmanager
    def edited(self, name: str, old: str, new: str) -> Iterator[None]:
        """A file with a text replaced once (or added, if `old` is empty) for a while."""
        path = self.folder / name
        before = path.read_text(encoding="utf-8")
        assert old in before
        after = before.replace(old, new, 1) if old else before + new
        path.write_text(after, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")


def step(row: dict[str, str]) -> str:
    if row["rule"] in ("environment_figures", "incentive_figures"):  # one job for all
        return row["rule"]
    found = re.search(rf"/(v\d)/({'|'.join(GAMES)})", row["output_file"])
    return " ".join([row["rule"], *([f"{found[2]}-{found[1]}"] if found else [])])


def checkout(folder: Path) -> Checkout:
    listed = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ignored = shutil.ignore_patterns(".git", *(pattern.rstrip("/") for pattern in listed))
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".path" / "coopetition").mkdir(parents=True)
    for package in ("envs", "agents", "reports"):
        (folder / ".path" / "coopetition" / package).symlink_to(folder / package)
    return Checkout(folder)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Checkout:
    """A checkout in which nothing has run."""
    return checkout(tmp_path_factory.mktemp("fresh") / "checkout")


@dataclass(frozen=True)
class Finished(Checkout):
    """A finished smoke study, killed once while it trained.

    Attributes:
        kept: rows of the runs that were finished when it was killed.
        printed: what the call that finished it printed.
    """

    kept: list[dict[str, Any]]
    printed: str

    @property
    def results(self) -> Path:
        return self.folder / RESULTS

    def table(self, name: str) -> pd.DataFrame:
        return schema.read(name, sorted(self.results.glob(TABLES[name])))


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Finished:
    copy = checkout(tmp_path_factory.mktemp("finished") / "checkout")
    target = f"{RESULTS}/training/v0/TeamProduction/Central_PPO.parquet"
    first = copy.start(target, "--cores", "2", "--config", "scale=smoke")
    work = copy.folder / RESULTS / "work"
    while first.poll() is None and not any(work.glob("*/*/*.pt")):
        time.sleep(0.1)
    assert first.poll() is None, first.communicate()[0]
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    kept = [torch.load(path, weights_only=True)["row"] for path in work.glob("*/*/*.pt")]
    return Finished(copy.folder, kept, copy.smoke("--cores", "2", "--nolock"))


@pytest.mark.study
class TestFinishedStudy:
    def test_has_every_file_of_the_contract(self, finished):
        files = [
            *("plan/configuration.yaml", "report/provenance.json"),
            *("report/report.html", "report/report.pdf"),
            *(
                f"{kind}/{edition}/{game}.parquet"
                for kind in ("reference", "certificates")
                for edition in EDITIONS
                for game in GAMES
            ),
            *(f"models/{edition}/{game}/Central_PPO.zip" for edition, game in TRAINED),
            *(
                f"training/{edition}/{game}/Central_PPO{part}.parquet"
                for edition, game in TRAINED
                for part in ("", ".curves", ".evaluations")
            ),
            *(path for path in TABLES.values() if "*" not in path),
            *(f"figures/{name}.{kind}" for name in FIGURES for kind in KINDS),
            *(
                f"figures/{folder}/{game}-{edition}.{kind}"
                for folder in ("environments", "incentives")
                for game in GAMES
                for edition in EDITIONS
                for kind in KINDS
            ),
        ]
        empty = [name for name in files if not (finished.results / name).stat().st_size]
        assert not empty
        assert (finished.results / "report/report.pdf").read_bytes().startswith(b"%PDF")
        assert "(100%) done" in finished.printed

    @pytest.mark.parametrize("name", TABLES)
    def test_every_table_keeps_its_schema(self, finished, name):
        table = finished.table(name)
        assert len(table) > 0
        assert list(table.columns) == list(columns.TABLES[name])

    def test_every_planned_run_is_finished(self, finished):
        plan, trained = finished.table("plan"), finished.table("training")
        # Two protocols on two released games, one on one of the formal edition.
        assert len(plan) == (2 * 2 + 1) * 2 * 2
        assert sorted(plan["run_id"]) == sorted(trained["run_id"])
        assert set(trained["status"]) == {"finished"}
        assert (trained["steps_done"] >= trained["steps_planned"]).all()
        assert set(trained["commit"]) == {"unknown"}
        curves = finished.table("curves").groupby("run_id")["step"].agg(list)
        assert sorted(curves.index) == sorted(plan["run_id"])
        assert all(steps[0] == 0 and steps == sorted(set(steps)) for steps in curves)

    def test_was_resumed_without_training_a_finished_run_again(self, finished):
        assert finished.kept
        trained = finished.table("training").set_index("run_id")
        for row in finished.kept:
            for column in ("wall_seconds", "cpu_seconds", "welfare"):
                assert trained.loc[row["run_id"], column] == row[column]

    def test_leaves_no_partial_results(self, finished):
        assert not list((finished.results / "work").rglob("*"))
        assert not list(finished.results.rglob("*.tmp"))

    def test_trains_on_some_of_its_environments(self, finished):
        folder = finished.results / "training"
        assert {tuple(path.relative_to(folder).parts) for path in folder.glob("*/*")} == set(
            TRAINED
        )
        every = {(game, edition) for game in GAMES for edition in EDITIONS}
        for name in ("reference", "contract", "certificates", "best_replies"):
            table = finished.table(name)
            assert set(zip(table["environment"], table["edition"], strict=True)) == every

    def test_protocols_are_those_of_the_edition(self, finished):
        trained = finished.table("training").groupby("edition")["protocol"].agg(set)
        assert trained.to_dict() == {"v0": {"as_published", "corrected"}, "v1": {"corrected"}}

    def test_a_game_without_trust_has_none(self, finished):
        rows = finished.table("reference").query("environment == 'TeamProduction'")
        assert rows.groupby("edition")["trust"].count().to_dict()["v1"] == 0

    @pytest.mark.parametrize(("edition", "game"), TRAINED)
    def test_logs_progress_with_rate_and_time_left(self, finished, edition, game):
        log = finished.results / "logs" / "training" / edition / game / "Central_PPO.log"
        last = log.read_text(encoding="utf-8").splitlines()[-1]
        count = 8 if edition == "v0" else 4
        steps = f"{2048 * count:,}"
        assert re.search(
            rf"100\.00 % \| {steps}/{steps} steps \| [\d,]+ steps/s \| ETA 00:00:00 "
            rf"\| run {count}/{count}",
            last,
        )
        assert f"{game}-{edition} corrected cooperative seed 100: finished, welfare" in last

    def test_every_job_has_a_log_and_a_benchmark(self, finished):
        logs, benchmarks = (
            {p.relative_to(folder).with_suffix("") for p in folder.rglob("*") if p.is_file()}
            for folder in (finished.results / "logs", finished.results / "benchmarks")
        )
        assert logs == benchmarks
        # 8 references, 8 certificates, 3 trainings, 6 figures, and 11 rules of one job.
        assert len(logs) == 36

    def test_records_where_it_comes_from(self, finished):
        provenance = json.loads((finished.results / "report/provenance.json").read_text())
        assert (provenance["name"], provenance["scale"]) == ("smoke", "smoke")
        assert (provenance["commit"], provenance["dirty"]) == ("unknown", False)
        assert re.fullmatch("[0-9a-f]{16}", provenance["configuration_hash"])

    @pytest.mark.parametrize(("edition", "game"), TRAINED)
    def test_a_loaded_policy_earns_what_its_row_says(self, finished, edition, game):
        torch.set_num_threads(1)
        rows = finished.table("training").query("environment == @game and edition == @edition")
        assert len(rows) == (8 if edition == "v0" else 4)
        for row in rows.itertuples():
            policy = agents.load(
                finished.results / "models" / edition / game / "Central_PPO.zip",
                protocol=row.protocol,
                reward_mode=row.reward_mode,
                seed=row.seed,
            )
            episodes = agents.evaluate(policy, f"{game}-{edition}", seed=0)
            assert episodes.welfare.mean() == row.welfare
            assert episodes.returns(row.reward_mode).mean() == row.training_return

    def test_makes_a_workflow_report_that_needs_no_network(self, finished, tmp_path):
        path = tmp_path / "workflow.html"
        finished.smoke("--report", str(path))
        page = path.read_text(encoding="utf-8")
        assert len(page) > 1_000_000
        for name in ("claims and verdicts", "scores with intervals", "learning_curves"):
            assert name in page
        assert not re.search(r"<(script|img|iframe)[^>]*\ssrc=[\"']?(https?:)?//", page)
        assert not re.search(r"<link[^>]*\shref=[\"']?(https?:)?//", page)


AGGREGATED = {"scores", "aggregates", "claims", "figure", "environment_figures", "report"}
REFERENCE = {"comparison", "identity"} | AGGREGATED
CERTIFICATES = {"certificates", "incentive_figures"}
ADDED = "\n_ADDED = 1\n"


def both(rule: str, game: str) -> list[str]:
    """A step of both editions of a game."""
    return [f"{rule} {game}-{edition}" for edition in EDITIONS]


@pytest.mark.study
class TestRunsAgain:
    def test_nothing_after_no_change_but_comments_and_texts(self, finished):
        with contextlib.ExitStack() as edits:
            for package in ("envs", "agents", "reports"):
                for path in (finished.folder / package).rglob("*.py"):
                    name = str(path.relative_to(finished.folder))
                    edits.enter_context(finished.edited(name, "", "\n# A comment.\n"))
                    edits.enter_context(finished.edited(name, '"""', '"""Another text. '))
            assert "Nothing to be done" in finished.smoke("-n")

    @pytest.mark.parametrize(
        ("name", "old", "new", "steps"),
        [
            (
                *("envs/games/trust/trust_dilemma.py", "", ADDED),
                {
                    *("plan", "contract", "train TrustDilemma-v0", "train TrustDilemma-v1"),
                    *both("reference", "TrustDilemma"),
                    *both("certificate", "TrustDilemma"),
                }
                | CERTIFICATES
                | REFERENCE,
            ),
            (
                *("envs/games/interdependence/partner_hold_up.py", "", ADDED),
                {
                    "contract",
                    *both("reference", "PartnerHoldUp"),
                    *both("certificate", "PartnerHoldUp"),
                }
                | CERTIFICATES
                | REFERENCE,
            ),
            (
                *("agents/replies.py", "", ADDED),
                {step for game in GAMES for step in both("certificate", game)}
                | CERTIFICATES
                | AGGREGATED,
            ),
            (
                *("agents/learners/central_ppo.py", "", ADDED),
                {"plan", *(f"train {game}-{edition}" for edition, game in TRAINED)} | AGGREGATED,
            ),
            ("reports/statistics.py", "", ADDED, {"identity"} | AGGREGATED),
            ("reports/claims.yaml", "", "\n# changed\n", {"claims", "report"}),
            (
                *("reports/published/corpus_counts.csv", "25708", "25709"),
                {"comparison", "claims", "figure", "environment_figures", "report"},
            ),
            ("reports/cards.py", "", ADDED, {"report"}),
            (
                *("config/scales/smoke.yaml", "repetitions: 100", "repetitions: 50"),
                {"plan", "aggregates", "claims", "figure", "report"},
            ),
            (
                *("config/scales/smoke.yaml", "random_episodes: 10", "random_episodes: 11"),
                {"plan", *(s for game in GAMES for s in both("reference", game))} | REFERENCE,
            ),
            (
                *("config/scales/smoke.yaml", "v0: [TrustDilemma, ", "v0: ["),
                {"plan"} | AGGREGATED,
            ),
            (
                *("config/scales/smoke.yaml", "seeds: [99, 100]", "seeds: [99, 101]"),
                {"plan", *(f"train {game}-{edition}" for edition, game in TRAINED)} | AGGREGATED,
            ),
        ],
    )
    def test_what_depends_on_a_change(self, finished, name, old, new, steps):
        with finished.edited(name, old, new):
            assert finished.pending() == steps


class TestPartialTargets:
    def test_one_file_runs_what_it_needs_and_nothing_else(self, fresh):
        printed = fresh.smoke("-n", f"{RESULTS}/claims.csv")
        counts = dict(re.findall(r"^(\w+) +(\d+)$", printed, re.MULTILINE))
        assert counts == {
            "certificate": "8",
            "certificates": "1",
            "claims": "1",
            "comparison": "1",
            "contract": "1",
            "identity": "1",
            "reference": "8",
            "scores": "1",
            "train": "3",
            "total": "25",
        }

    def test_a_typo_in_a_name_fails_with_a_message(self, fresh):
        target = f"{RESULTS}/reference/v0/TrustDilema.parquet"
        code, printed = fresh.snakemake("-n", target, "--config", "scale=smoke")
        assert code == 1
        assert f"No rule to produce {target}" in printed

    def test_a_bad_configuration_fails_with_the_line_to_write(self, fresh):
        code, printed = fresh.snakemake("-n", "--config", "scale=smoke", "seeds=[7, 8]")
        assert code == 1
        assert "snakemake --config scale=smoke seeds='[7, 8]' study=my_smoke" in printed
        assert "Traceback" not in printed

    def test_another_design_goes_to_a_folder_of_its_own(self, fresh):
        printed = fresh.smoke("-n", "results/two/scores.parquet", config=["study=two"])
        assert "results/two/training/v0/TrustDilemma/Central_PPO.parquet" in printed

    def test_lint_finds_nothing(self, fresh):
        code, printed = fresh.snakemake("--lint")
        assert code == 0
        assert "Congratulations, your workflow is in a good condition!" in printed


class TestResumedCell:
    """`train_cell` with a work folder that an earlier job has left."""

    RUNS = cell_runs(
        *("Central_PPO", "TrustDilemma", "v0"),
        protocols=["corrected"],
        reward_modes=["private"],
        seeds=[1, 2],
        steps=100,
    )

    @pytest.fixture(autouse=True)
    def _count(self, monkeypatch):
        self.trained: list[int] = []

        def train_run(run: Run, *, checkpoints: int, progress: Any) -> RunResult:
            self.trained.append(run.seed)
            progress.advance(run.steps)
            row = {"run_id": run.run_id, "status": "finished", "welfare": float(run.seed)}
            weights = {"w": torch.full((2,), float(run.seed))}
            return RunResult(row, [{"step": 0}], [{"kind": "deterministic"}], weights)

        monkeypatch.setattr(training, "train_run", train_run)

    def train(self, work: Path, runs: list[Run], checkpoints: int = 1) -> list[RunResult]:
        self.trained.clear()
        stamp = {"version": "1", "commit": "unknown"}
        return train_cell(runs, checkpoints=checkpoints, work=work, provenance=stamp)

    def test_trains_what_is_missing_only(self, tmp_path, caplog):
        caplog.set_level("INFO", "coopetition")
        [first] = self.train(tmp_path / "work", self.RUNS[:1])
        assert self.trained == [1]
        again, second = self.train(tmp_path / "work", self.RUNS)
        assert self.trained == [2]
        assert again.row == first.row == {**again.row, "commit": "unknown", "welfare": 1.0}
        assert (again.curve, again.evaluations) == (first.curve, first.evaluations)
        assert torch.equal(again.weights["w"], first.weights["w"])
        assert second.row["welfare"] == 2.0
        assert " 50.00 % | 100/200 steps" in caplog.messages[-2]
        assert "100.00 % | 200/200 steps" in caplog.messages[-1]
        self.train(tmp_path / "work", self.RUNS[::-1])
        assert self.trained == []

    @pytest.mark.parametrize("damage", ["empty", "cut", "junk", "fields"])
    def test_trains_again_with_a_warning_what_cannot_be_read(self, tmp_path, caplog, damage):
        self.train(tmp_path, self.RUNS)
        path = next(tmp_path.glob(f"{self.RUNS[0].run_id}*.pt"))
        if damage == "fields":
            torch.save({"row": {}}, path)
        else:
            whole = path.read_bytes()
            path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "junk": b"?"}[damage])
        results = self.train(tmp_path, self.RUNS)
        assert self.trained == [1]
        assert [result.row["welfare"] for result in results] == [1.0, 2.0]
        warnings = [r.message for r in caplog.records if r.levelname == "WARNING"]
        assert len(warnings) == 1
        assert f"{path} cannot be read" in warnings[0]
        self.train(tmp_path, self.RUNS)
        assert self.trained == []

    def test_trains_again_for_other_checkpoints(self, tmp_path):
        """A curve has as many points as checkpoints, so a kept run serves one number of them."""
        self.train(tmp_path, self.RUNS, checkpoints=1)
        self.train(tmp_path, self.RUNS, checkpoints=2)
        assert self.trained == [1, 2]

    def test_other_identities_share_a_folder(self, tmp_path):
        self.train(tmp_path, self.RUNS)
        longer = cell_runs(
            *("Central_PPO", "TrustDilemma", "v0"),
            protocols=["corrected"],
            reward_modes=["private"],
            seeds=[1],
            steps=101,
        )
        self.train(tmp_path, longer)
        assert self.trained == [1]

    def test_a_work_folder_that_cannot_be_written_is_an_error(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OSError):
            self.train(tmp_path / "file" / "work", self.RUNS)
