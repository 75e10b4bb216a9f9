"""A study in which jobs are killed, once or always, and a learner raises on one environment."""

import contextlib
import html
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import torch
from checkouts import Checkout, checkout, read_table

from coopetition.agents.attempts import ATTEMPTS
from coopetition.agents.runs import cell_runs
from coopetition.agents.training import train_runs

STUDY = {
    "study": "broken",
    "editions": "[v1]",
    "environments": "[TrustDilemma, TeamProduction]",
    "train_on": "{v1: {IPPO: [TrustDilemma], QMIX: [TrustDilemma], IA2C: [TrustDilemma,"
    " TeamProduction]}}",
    "policies": "[IPPO, QMIX, IA2C]",
    "reward_modes": "[integrated]",
    "learner_certificates": "{}",
}
CONFIG = [f"{key}={value}" for key, value in STUDY.items()]
REPORT = "results/broken/report/report.html"
# Code added to learners: what their updates do besides.
KILLED_ONCE = """
import os, signal, sys
from pathlib import Path
_train = IPPO.train
# Jobs of other rules train IPPO as well: the one of rule train is to die.
_may_die = sys.argv[0].endswith(".train.py")
def _killed_once(model, **settings):
    if _may_die and model.num_timesteps > 1000 and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    _train(model, **settings)
IPPO.train = _killed_once
"""
KILLED_ALWAYS = """
import os, signal
_train = QMIX.train
def _killed(model, **settings):
    if model.num_timesteps > 1000:
        os.kill(os.getpid(), signal.SIGKILL)
    _train(model, **settings)
QMIX.train = _killed
"""
WRONG = """
_train = IA2C.train
def _wrong(model, **settings):
    if "TeamProduction-v1" in model.env.get_attr("id"):
        raise ZeroDivisionError("no team")
    _train(model, **settings)
IA2C.train = _wrong
"""


@dataclass(frozen=True)
class Broken(Checkout):
    """The study, when Snakemake has ended.

    Attributes:
        printed: what it printed.
    """

    printed: str

    @property
    def results(self) -> Path:
        return self.folder / "results" / "broken"

    def runs(self, policy: str, environment: str = "TrustDilemma") -> pd.DataFrame:
        rows = read_table(self.results, "scores")
        return rows[(rows["policy"] == policy) & (rows["environment"] == environment)]

    def log(self, policy: str) -> str:
        path = self.results / f"logs/training/v1/TrustDilemma/{policy}.log"
        return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Broken:
    copy = checkout(tmp_path_factory.mktemp("broken") / "checkout")
    often = ("agents/training.py", "CHECKPOINT_SECONDS = 120.0", "CHECKPOINT_SECONDS = -1.0")
    changes = [("ippo", KILLED_ONCE), ("qmix", KILLED_ALWAYS), ("ia2c", WRONG)]
    with contextlib.ExitStack() as edits:
        for edit in [often, *((f"agents/learners/{name}.py", "", code) for name, code in changes)]:
            edits.enter_context(copy.edited(*edit))
        printed = copy.smoke(REPORT, "--cores", "2", config=CONFIG)
    return Broken(copy.folder, printed)


@pytest.mark.study
class TestBrokenStudy:
    def test_a_killed_job_is_tried_again_and_goes_on(self, broken):
        """Its rows and curves are those of runs that nothing has interrupted."""
        assert "SIGKILL" in broken.printed
        log = broken.log("IPPO")
        assert re.search(r"goes on at step 800 of 2,048", log)
        torch.set_num_threads(1)
        seeds = [99, 100]
        runs = cell_runs(
            *("IPPO", "TrustDilemma", "v1"),
            protocols=["corrected"],
            reward_modes=["integrated"],
            seeds=seeds,
            steps=2048,
        )
        found = broken.runs("IPPO").set_index("run_id")
        curves = read_table(broken.results, "curves").set_index("run_id")
        for run, expected in zip(runs, train_runs(runs, checkpoints=2), strict=True):
            row = found.loc[run.run_id]
            for name, value in expected.row.items():
                if name == "run_id" or name.endswith("_seconds"):
                    continue
                one = list(row[name]) if isinstance(value, list) else row[name]
                assert one == value or (value != value and one != one), name
            points = curves.loc[run.run_id]
            for name in ("step", "welfare", "training_return", "cooperation"):
                assert points[name].tolist() == [point[name] for point in expected.curve]

    def test_what_kills_every_attempt_ends_as_rows(self, broken):
        assert broken.printed.count("Trying to restart job") == 1 + ATTEMPTS
        runs = broken.runs("QMIX")
        assert runs["status"].tolist() == ["failed"] * 2
        assert runs["reason"].str.startswith("the process of its job died in 3 attempts").all()
        assert runs["steps_done"].between(500, 1000).all()
        assert runs["score"].tolist() == [0, 0]
        assert "runs are given up" in broken.log("QMIX")

    def test_a_learner_that_raises_fails_on_its_environment_only(self, broken):
        failed = broken.runs("IA2C", "TeamProduction")
        assert failed["status"].tolist() == ["failed"] * 2
        assert failed["reason"].str.match(r"ZeroDivisionError at step \d+: no team").all()
        assert failed["score"].tolist() == [0, 0]
        assert broken.runs("IA2C")["status"].tolist() == ["finished"] * 2

    def test_aggregates_count_all_runs(self, broken):
        table = read_table(broken.results, "aggregates").set_index(["policy", "environment"])
        for policy, environment in (("QMIX", "TrustDilemma-v1"), ("IA2C", "TeamProduction-v1")):
            row = table.loc[(policy, environment)]
            assert (row["planned"], row["finished"], row["iqm"]) == (2, 0, 0)
        pooled = table.loc[("IA2C", "all v1")]
        scores = broken.runs("IA2C")["score"]
        assert (pooled["planned"], pooled["finished"]) == (4, 2)
        assert pooled["iqm"] == pytest.approx(min(scores) / 2)  # of 0, 0 and the two

    def test_the_report_names_the_runs_and_their_reasons(self, broken):
        page = (broken.folder / REPORT).read_text(encoding="utf-8")
        text = re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", "", page)))
        assert "ZeroDivisionError at step" in text
        assert text.count("the process of its job died in 3 attempts") == 2
        failed = pd.concat([broken.runs("QMIX"), broken.runs("IA2C", "TeamProduction")])
        for run in failed["run_id"]:
            assert run in re.sub(r"[\u200b\u00ad]", "", text)

    def test_what_was_given_up_is_kept_and_nothing_else(self, broken):
        work = broken.results / "work"
        [kept] = work.rglob("*.zip")
        assert kept.relative_to(work).parts[0] == "v1-TrustDilemma-QMIX"
        assert [path.name for path in work.iterdir()] == ["v1-TrustDilemma-QMIX"]
        assert not list(broken.results.rglob("*.pt"))
