"""The workflow end to end: one smoke study, killed and resumed, and what would run again."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from checkouts import EMPTY, GAMES, TABLES, Checkout, checkout, read_table

from coopetition import agents
from coopetition.agents import training
from coopetition.agents.progress import Progress
from coopetition.agents.runs import Run, cell_runs
from coopetition.agents.training import RunResult, train_cell
from coopetition.reports import columns, schema

RESULTS = "results/smoke"
EDITIONS = ("v0", "v1")
LEARNERS = ("IPPO", "IA2C", "ISAC", "QMIX", "MeanFieldAC", "FCP", "RecurrentPPO")
LEARNERS += ("Central_PPO", "Central_A2C", "Central_SAC")
EXCLUDED = "MeanFieldAC"  # the game has two agents
# Edition, game and learner of every training job.
TRAINED = (
    ("v0", "TrustDilemma", "Central_PPO"),
    ("v0", "TeamProduction", "Central_PPO"),
    *(("v1", "TrustDilemma", policy) for policy in LEARNERS),
)
LEARNED = tuple(cell for cell in TRAINED if cell[2] != EXCLUDED)
# The same of the jobs that train for the certificate of a learner.
CERTIFIED = (("v1", "TeamProduction", "IPPO"),)
FIGURES = ("editions", "response_curves", "formal_response_curves", "identity")
FIGURES += ("learning_curves", "scores", "learner_certificates")
FIGURES += ("performance_profiles", "improvement", "ranks", "class_gaps", "crossovers", "budgets")
KINDS = ("svg", "csv", "json")


def train(*policies: str) -> set[str]:
    """The training jobs of some learners."""
    return {
        f"train {game}-{edition} {policy}"
        for edition, game, policy in TRAINED
        if policy in policies
    }


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
        return read_table(self.results, name)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Finished:
    copy = checkout(tmp_path_factory.mktemp("finished") / "checkout")
    target = f"{RESULTS}/training/v0/TeamProduction/Central_PPO.parquet"
    first = copy.start(target, "--cores", "2", "--config", "scale=smoke")
    work = copy.folder / RESULTS / "work"
    while first.poll() is None and not any(work.rglob("*.pt")):
        time.sleep(0.1)
    assert first.poll() is None, first.communicate()[0]
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    kept = [torch.load(path, weights_only=True)["row"] for path in work.rglob("*.pt")]
    return Finished(copy.folder, kept, copy.smoke("--cores", "2", "--nolock"))


@pytest.mark.study
class TestFinishedStudy:
    def test_has_every_file_of_the_contract(self, finished):
        files = [
            *("plan/configuration.yaml", "report/provenance.json"),
            *(f"corpora/{name}" for name in ("croissant.json", "README.md", "DATASHEET.md")),
            *(f"corpora/{name}" for name in ("LICENSE", "CITATION.cff")),
            *("report/report.html", "report/report.pdf"),
            *(
                f"{kind}/{edition}/{game}.parquet"
                for kind in ("reference", "certificates")
                for edition in EDITIONS
                for game in GAMES
            ),
            *(f"models/{edition}/{game}/{policy}.zip" for edition, game, policy in TRAINED),
            *(
                f"training/{edition}/{game}/{policy}{part}.parquet"
                for edition, game, policy in TRAINED
                for part in ("", ".curves", ".diagnostics", ".evaluations")
            ),
            *(f"learner_certificates/{e}/{game}/{policy}.parquet" for e, game, policy in CERTIFIED),
            *(
                f"audits/{name}/v0/{game}.parquet"
                for name in ("surface", "static", "temporal", "interior")
                for game in GAMES
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
        assert (len(table) > 0) == (name not in EMPTY)
        assert list(table.columns) == list(columns.TABLES[name])

    def test_every_planned_run_is_finished(self, finished):
        plan, trained = finished.table("plan"), finished.table("training")
        # One learner in two protocols on two released games, all in one on a formal game.
        assert len(plan) == (2 * 2 + len(LEARNERS)) * 2 * 2
        assert sorted(plan["run_id"]) == sorted(trained["run_id"])
        excluded = trained["policy"] == EXCLUDED
        assert set(trained.loc[excluded, "status"]) == {"excluded"}
        assert set(trained.loc[~excluded, "status"]) == {"finished"}
        done = trained[~excluded]
        assert (done["steps_done"] >= done["steps_planned"]).all()
        assert set(trained["commit"]) == {"unknown"}
        curves = finished.table("curves").groupby("run_id")["step"].agg(list)
        assert sorted(curves.index) == sorted(done["run_id"])
        assert all(steps[0] == 0 and steps == sorted(set(steps)) for steps in curves)

    def test_diagnostics_belong_to_points_of_the_curves(self, finished):
        diagnostics, trained = finished.table("diagnostics"), finished.table("training")
        place = ["run_id", "step"]
        points = {*finished.table("curves")[place].itertuples(index=False, name=None)}
        # Nothing was updated before the first point.
        updated = {point for point in points if point[1] > 0}
        assert {*diagnostics[place].itertuples(index=False, name=None)} == updated
        assert not diagnostics.duplicated([*place, "agent", "measure"]).any()
        agents = diagnostics.groupby("run_id")["agent"].nunique()
        trained = trained[trained["policy"] != EXCLUDED].set_index("run_id")
        several = trained["paradigm"].isin(["independent", "ctde"])
        several &= trained["policy"] != "RecurrentPPO"  # one network for all agents
        numbers = trained["n_agents"].where(several, 1)
        assert agents.sort_index().tolist() == numbers.sort_index().tolist()
        assert {"value_loss", "entropy"} <= set(diagnostics["measure"])
        assert diagnostics["value"].notna().all()

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
        cells = {tuple(path.relative_to(folder).parts) for path in folder.glob("*/*")}
        assert cells == {cell[:2] for cell in TRAINED}
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

    def test_learners_are_certified_in_both_modes(self, finished):
        [path] = (finished.results / "learner_certificates").rglob("*.parquet")
        trained = schema.read("training", path)
        assert trained["run_id"].nunique() == len(trained) == 2 * 2
        assert set(trained["status"]) == {"finished"}
        assert (trained["edition"] + trained["protocol"]).unique().tolist() == ["v1corrected"]
        assert not {*trained["run_id"]} & {*finished.table("plan")["run_id"]}
        table = finished.table("learner_certificates").set_index("reward_mode")
        certified = finished.table("certificates").query(
            "environment == 'TeamProduction' and edition == 'v1'"
        )
        [nash], [optimum] = certified["nash"], certified["optimum"].iloc[0]
        for mode, target in (("private", float(nash)), ("cooperative", optimum)):
            row, runs = table.loc[mode], trained.query("reward_mode == @mode")
            assert (row["finished"], row["role"]) == (2, "0|1|2|3")
            assert row["target_share"] == pytest.approx(target)
            assert row["share"] == pytest.approx(runs["cooperation"].mean())

    @pytest.mark.parametrize(("edition", "game", "policy"), LEARNED)
    def test_logs_progress_with_rate_and_time_left(self, finished, edition, game, policy):
        log = finished.results / "logs" / "training" / edition / game / f"{policy}.log"
        last = log.read_text(encoding="utf-8").splitlines()[-1]
        steps = f"{2048 * (8 if edition == 'v0' else 4):,}"
        assert re.search(
            rf"100\.00 % \| {steps}/{steps} steps \| \d+ steps/s \| ETA 00:00:00 \| "
            rf"{policy} {game}-{edition} corrected cooperative seed 100: finished, welfare [\d,]+$",
            last,
        )

    def test_every_job_has_a_log_and_a_benchmark(self, finished):
        logs, benchmarks = (
            {p.relative_to(folder).with_suffix("") for p in folder.rglob("*") if p.is_file()}
            for folder in (finished.results / "logs", finished.results / "benchmarks")
        )
        assert logs == benchmarks
        # 8 solutions, references and certificates, 4 released and 2 other audits, 13 trainings,
        # 2 environments with trajectories, a case in 2 editions, and figures and rules of one job.
        assert len(logs) == 101

    def test_records_where_it_comes_from(self, finished):
        provenance = json.loads((finished.results / "report/provenance.json").read_text())
        assert (provenance["name"], provenance["scale"]) == ("smoke", "smoke")
        assert (provenance["commit"], provenance["dirty"]) == ("unknown", False)
        assert re.fullmatch("[0-9a-f]{16}", provenance["configuration_hash"])

    @pytest.mark.parametrize(("edition", "game", "policy"), LEARNED)
    def test_a_loaded_policy_earns_what_its_row_says(self, finished, edition, game, policy):
        torch.set_num_threads(1)
        rows = finished.table("training").query(
            "environment == @game and edition == @edition and policy == @policy"
        )
        assert len(rows) == (8 if edition == "v0" else 4)
        for row in rows.itertuples():
            trained = agents.load(
                finished.results / "models" / edition / game / f"{policy}.zip",
                protocol=row.protocol,
                reward_mode=row.reward_mode,
                seed=row.seed,
            )
            episodes = agents.evaluate(trained, f"{game}-{edition}", seed=0)
            assert episodes.welfare.mean() == row.welfare
            assert episodes.shares.mean(axis=0).tolist() == [*row.share_per_agent]
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


CERTIFY = {f"learner_certificate {game}-{edition} {policy}" for edition, game, policy in CERTIFIED}
AGGREGATED = {"scores", "aggregates", "claims", "figure", "environment_figures", "report"}
AGGREGATED |= {
    "reference_scores",
    "threats",
    "performance",
    "significance",
    "published_forms",
    "budgets",
}
DOCUMENTED = {"corpus_integrity", "croissant", "croissant_validation"}
PACKAGED = {"corpora"} | DOCUMENTED
AGGREGATED |= PACKAGED
# What a learner changes besides the jobs that train it; and what its signature does.
DESCRIBED = {"design", "learner_cards"} | AGGREGATED
SIGNED = {"signature", "learner_signatures"}
REFERENCE = {"comparison", "identity"} | AGGREGATED
CERTIFICATES = {"certificates", "incentive_figures", "learner_certificates"}
ADDED = "\n_ADDED = 1\n"


def both(rule: str, game: str) -> list[str]:
    """A step of both editions of a game."""
    return [f"{rule} {game}-{edition}" for edition in EDITIONS]


GATHERED = {"audit_tables", "audit_figures"}
AUDITS = {*both("audit", "TrustDilemma"), *both("trajectories", "TrustDilemma"), *GATHERED}


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
                    *("design", "contract"),
                    *(f"train TrustDilemma-{e} {p}" for e, g, p in TRAINED if g == "TrustDilemma"),
                    *both("reference", "TrustDilemma"),
                    *both("certificate", "TrustDilemma"),
                    *both("solution", "TrustDilemma"),
                    *("released_audit TrustDilemma-v0", "released_audit_tables"),
                    "threat_experiments",
                }
                | CERTIFICATES
                | REFERENCE
                | AUDITS
                | SIGNED,
            ),
            (
                *("envs/games/interdependence/partner_hold_up.py", "", ADDED),
                {
                    "contract",
                    *both("reference", "PartnerHoldUp"),
                    *both("certificate", "PartnerHoldUp"),
                    *both("solution", "PartnerHoldUp"),
                    *("released_audit PartnerHoldUp-v0", "released_audit_tables"),
                    "threat_experiments",
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
                train("Central_PPO") | AUDITS | DESCRIBED | {"threat_experiments"},
            ),
            (
                *("agents/learners/ippo.py", "", ADDED),
                {"learner_certificates", "threat_experiments"}
                | train("IPPO", "Central_PPO", "FCP")
                | CERTIFY
                | SIGNED
                | AUDITS
                | DESCRIBED,
            ),
            (
                *("agents/slices/off_policy.py", "", ADDED),
                train("ISAC", "MeanFieldAC", "QMIX", "Central_SAC")
                | {"audit TrustDilemma-v1", "trajectories TrustDilemma-v1", "threat_experiments"}
                | GATHERED
                | DESCRIBED,
            ),
            (
                *("reports/statistics.py", "", ADDED),
                {"identity", "learner_certificates", "learner_signatures", "learner_cards"}
                | {"campaign_tables", "biaxial_comparison"}
                | AGGREGATED,
            ),
            (
                *("reports/convergence.py", "", ADDED),
                {"learner_certificates", "learner_signatures", "learner_cards"}
                | {"figure", "environment_figures", "report", "threats"},
            ),
            (
                *("agents/audits/released.py", "", ADDED),
                {f"released_audit {game}-v0" for game in GAMES}
                | {"released_audit_tables", "claims", "threats", "figure", "report"}
                | PACKAGED,
            ),
            ("reports/claims/A_rankings.yaml", "", "\n# changed\n", {"claims", "report"}),
            (
                *("reports/published/corpus_counts.csv", "25708", "25709"),
                {"design", "comparison", "claims", "figure", "environment_figures", "report"}
                | {"published_forms", "significance", "threats"}
                | DOCUMENTED,
            ),
            ("reports/cards.py", "", ADDED, {"report"}),
            (
                *("config/scales/smoke.yaml", "repetitions: 100", "repetitions: 50"),
                {"design", "aggregates", "campaign_tables", "claims", "figure", "report"}
                | {"performance", "published_forms", "budgets", "biaxial_comparison"}
                | PACKAGED,
            ),
            (
                *("config/scales/smoke.yaml", "random_episodes: 10", "random_episodes: 11"),
                {"design", *(s for game in GAMES for s in both("reference", game))} | REFERENCE,
            ),
            (
                *("config/scales/smoke.yaml", "Central_PPO: [TrustDilemma, ", "Central_PPO: ["),
                {"design", "audit TrustDilemma-v0", "trajectories TrustDilemma-v0"}
                | GATHERED
                | AGGREGATED,
            ),
            (
                *("config/scales/smoke.yaml", "v1: [TrustDilemma]", "v1: {IPPO: [TrustDilemma]}"),
                {"audit TrustDilemma-v1", "trajectories TrustDilemma-v1"} | GATHERED | DESCRIBED,
            ),
            (
                *("config/scales/smoke.yaml", "seeds: [99, 100]", "seeds: [99, 101]"),
                {"design"} | train(*LEARNERS) | AUDITS | AGGREGATED,
            ),
            (
                *("config/scales/smoke.yaml", "checkpoints: 2", "checkpoints: 3"),
                {"design"} | train(*LEARNERS) | AUDITS | AGGREGATED,
            ),
            (
                *("config/scales/smoke.yaml", "steps: 800", "steps: 801"),
                {"design", "learner_certificates", "figure", "report"}
                | CERTIFY
                | SIGNED
                | PACKAGED,
            ),
            (
                *("config/scales/smoke.yaml", "{signatures: [held_out], policies", "{} # policies"),
                {"design", "report"} | PACKAGED,
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
            "biaxial": "1",
            "biaxial_comparison": "1",
            "case_study": "1",
            "case_tables": "1",
            "certificate": "8",
            "certificates": "1",
            "claims": "1",
            "comparison": "1",
            "contract": "1",
            "identity": "1",
            "reference": "8",
            "released_audit": "4",
            "released_audit_tables": "1",
            "scores": "1",
            "solution": "8",
            "threat_experiments": "1",
            "train": "12",
            "total": "52",
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

    def test_a_gpu_is_asked_for_by_what_trains_and_missed_before_any_job(self, fresh, monkeypatch):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
        target = "results/gpu/training/v1/TrustDilemma/IPPO.parquet"
        config = ("--config", "scale=smoke", "device=cuda", "study=gpu")
        code, printed = fresh.snakemake("-n", target, *config)
        assert code == 0, printed
        code, printed = fresh.snakemake("--cores", "1", target, *config)
        assert code == 1
        assert "device = 'cuda' cannot be used" in printed
        assert "sees 0 GPUs here. Train on the CPU (device=cpu)" in printed
        assert "Traceback" not in printed
        assert not (fresh.folder / "results" / "gpu" / "logs" / "training").exists()

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
        self.trained: list[list[int]] = []

        def train_runs(
            runs: Sequence[Run], *, checkpoints: int, progress: Progress, resume: Path, device: str
        ) -> list[RunResult]:
            self.trained.append([run.seed for run in runs])
            resume.touch()
            progress.advance(sum(run.steps for run in runs))
            return [self.result(run) for run in runs]

        monkeypatch.setattr(training, "train_runs", train_runs)

    @staticmethod
    def result(run: Run) -> RunResult:
        return RunResult(
            row={"run_id": run.run_id, "status": "finished", "welfare": float(run.seed)},
            curve=[{"step": 0}],
            diagnostics=[{"measure": "entropy", "value": 0.5}],
            evaluations=[{"kind": "deterministic"}],
            weights={"w": torch.full((2,), float(run.seed))},
        )

    def train(self, work: Path, runs: list[Run], checkpoints: int = 1) -> list[RunResult]:
        self.trained.clear()
        stamp = {"version": "1", "commit": "unknown"}
        results = train_cell(runs, checkpoints=checkpoints, work=work, provenance=stamp)
        assert not list(work.glob("*.zip")), "files of running batches go when these end"
        return results

    def test_trains_what_is_missing_only(self, tmp_path, caplog):
        caplog.set_level("INFO", "coopetition")
        [first] = self.train(tmp_path / "work", self.RUNS[:1])
        assert self.trained == [[1]]
        again, second = self.train(tmp_path / "work", self.RUNS)
        assert self.trained == [[2]]
        assert again.row == first.row == {**again.row, "commit": "unknown", "welfare": 1.0}
        for part in ("curve", "diagnostics", "evaluations"):
            assert getattr(again, part) == getattr(first, part) != []
        assert torch.equal(again.weights["w"], first.weights["w"])
        assert second.row["welfare"] == 2.0
        assert "100.00 % | 100/100 steps" in caplog.messages[0]
        assert "100.00 % | 200/200 steps" in caplog.messages[-1]
        self.train(tmp_path / "work", self.RUNS[::-1])
        assert self.trained == []

    def test_trains_side_by_side_what_shares_a_protocol(self, tmp_path):
        both = cell_runs(
            *("Central_PPO", "TrustDilemma", "v0"),
            protocols=["corrected", "as_published"],
            reward_modes=["private", "integrated"],
            seeds=[1, 2],
            steps=100,
        )
        results = self.train(tmp_path, both)
        # The published learner trains one run at a time.
        assert self.trained == [[1, 2, 1, 2], [1], [2], [1], [2]]
        assert [result.row["run_id"] for result in results] == [run.run_id for run in both]

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
        assert self.trained == [[1]]
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
        assert self.trained == [[1, 2]]

    def test_other_identities_share_a_folder(self, tmp_path):
        self.train(tmp_path, self.RUNS)
        longer = [dataclasses.replace(run, steps=101) for run in self.RUNS[:1]]
        self.train(tmp_path, longer)
        assert self.trained == [[1]]

    def test_a_work_folder_that_cannot_be_written_is_an_error(self, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OSError):
            self.train(tmp_path / "file" / "work", self.RUNS)
