"""Copies of this checkout in which tests run the workflow, and the tables that it makes there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coopetition.agents.audits import AUDITS
from coopetition.reports import schema
from coopetition.reports.cases import TABLES as CASE_TABLES

ROOT = Path(__file__).parents[2]
GAMES = ("PartnerHoldUp", "TrustDilemma", "TeamProduction", "AppleAppStore")
# Files of every table, below the folder of a study.
TABLES = {
    "plan": "plan/runs.parquet",
    "contract": "contract.parquet",
    "contract_comparison": "tables/contract_comparison.csv",
    "counts": "tables/counts.csv",
    "page_results": "tables/page_results.csv",
    "certificates": "certificates.csv",
    "solutions": "solutions/*/*.parquet",
    "best_replies": "certificates/*/*.replies.parquet",
    "reference": "reference/*/*.parquet",
    "training": "training/*/*/*[!s].parquet",  # no learner ends in s, all other tables do
    "curves": "training/*/*/*.curves.parquet",
    "diagnostics": "training/*/*/*.diagnostics.parquet",
    "evaluations": "training/*/*/*.evaluations.parquet",
    "scores": "scores.parquet",
    "aggregates": "tables/aggregates.csv",
    "identity": "tables/identity.csv",
    "reference_scores": "tables/reference_scores.csv",
    **{
        name: f"tables/{name}.csv"
        for name in (
            *("pools", "performance", "performance_profiles", "improvement", "ranks"),
            *("paired_tests", "equivalence", "power", "published_means", "class_gaps"),
            *(
                "class_rankings",
                "oracle_gaps",
                "exceedances",
                "contributions",
                "mode_effects",
                "budgets",
                "breakdowns",
                "returns_summary",
                "reward_ablation_summary",
                "instability",
            ),
        )
    },
    "learner_cards": "tables/learner_cards.csv",
    "setting_differences": "tables/setting_differences.csv",
    "signature_runs": "learner_certificates/signatures/*.csv",
    "learner_signatures": "tables/learner_signatures.csv",
    "learner_certificates": "tables/learner_certificates.csv",
    **{
        f"audit_{name}": f"audits/{name}/v0/*.parquet"
        for name in ("surface", "static", "temporal", "interior")
    },
    **{f"audit_{name}": f"audits/{name}/*/*.parquet" for name in AUDITS},
    "audit_cross_play_summary": "tables/cross_play_summary.csv",
    "audit_reward_hacking": "tables/reward_hacking.csv",
    "released_audit": "tables/released_audit.csv",
    "released_audit_classes": "tables/released_audit_classes.csv",
    "released_audit_figures": "tables/released_audit_figures.csv",
    "released_audit_records": "tables/released_audit_records.csv",
    **{name: f"case_studies/*/{name.removeprefix('case_')}.parquet" for name in CASE_TABLES},
    "case_claims": "case_studies/claims.csv",
    "case_rollouts": "case_studies/*/rollouts.*.parquet",
    "biaxial": "supplements/biaxial/comparison.csv",
    "biaxial_trained": "supplements/biaxial/trained.csv",
    "biaxial_outcomes": "supplements/biaxial/outcomes.parquet",
    "biaxial_maps": "supplements/biaxial/maps.parquet",
    "biaxial_calibration": "supplements/biaxial/calibration.parquet",
    "transition_sets": "trajectories/*/*.sets.parquet",
    "transitions": "trajectories/*/*.transitions.parquet",
    "training_runs": "corpora/training_runs.parquet",
    "corpora": "tables/corpora.csv",
    "corpus_integrity": "tables/corpus_integrity.csv",
    "croissant_records": "tables/croissant_records.csv",
    "claims": "claims.csv",
    "threats": "tables/threats.csv",
    "threat_experiments": "tables/threat_experiments.csv",
}
# What the learners and modes of the smoke study have nothing for.
EMPTY = ("equivalence", "contributions", "mode_effects", "reward_ablation_summary")
EMPTY += ("biaxial_trained", "audit_mixture")


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

    def snakemake(self, *arguments: str, seconds: float | None = None) -> tuple[int, str]:
        """Exit code and all that was printed; killed, as code -9, if it takes longer."""
        process = self.start(*arguments)
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
        return process.returncode, printed

    def smoke(self, *arguments: str, config: Sequence[str] = ()) -> str:
        """What a successful call on the smoke study printed."""
        code, printed = self.snakemake(*arguments, "--config", "scale=smoke", *config)
        assert code == 0, printed
        return printed

    def pending(self) -> set[str]:
        """Steps that would run now, such as `train TrustDilemma-v0 IPPO` or `claims`."""
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
    if row["rule"] in ("environment_figures", "incentive_figures", "audit_figures"):  # one for all
        return row["rule"]
    found = re.search(rf"/(v\d)/({'|'.join(GAMES)})(?:/(\w+))?", row["output_file"])
    cell = [f"{found[2]}-{found[1]}", found[3] or ""] if found else []
    return " ".join([row["rule"], *cell]).strip()


def checkout(folder: Path) -> Checkout:
    listed = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    ignored = shutil.ignore_patterns(".git", *(pattern.rstrip("/") for pattern in listed))
    shutil.copytree(ROOT, folder, ignore=ignored)
    (folder / ".path" / "coopetition").mkdir(parents=True)
    for package in ("envs", "agents", "reports"):
        (folder / ".path" / "coopetition" / package).symlink_to(folder / package)
    return Checkout(folder)


def read_table(results: Path, name: str) -> pd.DataFrame:
    """All rows of a table of the study in a folder."""
    return schema.read(name, sorted(results.glob(TABLES[name])))
