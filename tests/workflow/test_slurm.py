"""The workflow on a SLURM cluster of one node: the same tables as on this machine alone."""

import importlib.util
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import EMPTY, ROOT, TABLES, Checkout, checkout, read_table
from pandas.testing import assert_frame_equal

SCRIPT = ROOT / "tests" / "slurm" / "cluster.sh"
REFUSED = 3
CONFIGURATION = Path("/etc/slurm/slurm.conf")
# The profile as it is, on a cluster without accounting and for a test that does not like to wait.
PROFILE = ("--profile", "profiles/slurm", "--slurm-status-command", "squeue")
PROFILE += ("--slurm-init-seconds-before-status-checks", "2")
PROFILE += ("--seconds-between-status-checks", "2", "--latency-wait", "5")
SECONDS = 3600
# What differs between two calls: times and names of the studies, and so the corpus that has them.
DIFFERING = ["wall_seconds", "cpu_seconds", "study", "configuration_hash"]
TIMED, OF_FILE = "training_runs", ["bytes", "sha256"]
# Jobs of SLURM of the study; all other rules run on the head node.
JOBS = {"contract": 1, "solution": 8, "certificate": 8, "reference": 8, "case_study": 1}
JOBS |= {"case_rollouts": 2, "train": 12, "learner_certificate": 1, "signature": 1, "audit": 2}
JOBS |= {"trajectories": 2, "aggregates": 1, "budgets": 1, "performance": 1, "significance": 1}
JOBS |= {"published_forms": 1, "claims": 1}


def script(*arguments: str | Path, path: Path | None = None) -> tuple[int, str]:
    """Exit code and messages of the script that starts and stops clusters."""
    bash = shutil.which("bash")
    result = subprocess.run(
        [bash, SCRIPT, *arguments],
        env=None if path is None else {"PATH": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return result.returncode, result.stdout


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Path]:
    """Folder of a running cluster."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("the extra `slurm` is not installed: pip install -e '.[slurm]'")
    code, printed = script("check")
    if code == REFUSED:
        pytest.skip(printed.strip())
    folder = tmp_path_factory.mktemp("slurm")
    code, printed = script("start", folder)
    assert code == 0, printed
    yield folder
    code, printed = script("stop", folder)
    assert code == 0, printed
    assert not CONFIGURATION.is_symlink()


@pytest.fixture(scope="module")
def copy(cluster, tmp_path_factory) -> Checkout:
    return checkout(tmp_path_factory.mktemp("cluster") / "checkout")


def submit(copy: Checkout, *arguments: str) -> tuple[int, str]:
    """Exit code and all that Snakemake printed on the cluster."""
    return copy.snakemake(*PROFILE, *arguments, seconds=SECONDS)


def slurm_jobs(printed: str) -> list[tuple[str, str]]:
    """What SLURM says of the jobs of a call of Snakemake: rule and state, in order of submission.

    Also that they are the jobs whose submission Snakemake has printed.
    """
    [run] = re.findall(r"SLURM run ID: (\S+)", printed)
    listed = subprocess.run(
        ["squeue", "--states=all", "--noheader", f"--name={run}", "--format=%A %T %k"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    jobs = sorted(
        (int(job), state, rule) for job, state, rule in map(str.split, listed.split("\n")[:-1])
    )
    submitted = re.findall(r"has been submitted with SLURM jobid (\d+)", printed)
    assert [job for job, _, _ in jobs] == sorted(map(int, submitted))
    return [(re.match(r"rule_([a-z_]+?)(_wildcards|$)", rule)[1], state) for _, state, rule in jobs]


@dataclass(frozen=True)
class Both(Checkout):
    """A checkout in which a study was made twice: on the cluster as `slurm`, without as `local`.

    Attributes:
        jobs: rule and state of the jobs on the cluster.
    """

    jobs: list[tuple[str, str]]

    @property
    def results(self) -> tuple[Path, Path]:
        """Folders of the study on the cluster, and of the other."""
        return self.folder / "results" / "slurm", self.folder / "results" / "local"


@pytest.fixture(scope="module")
def both(copy) -> Both:
    code, printed = submit(copy, "--config", "scale=smoke", "study=slurm")
    assert code == 0, printed
    jobs = slurm_jobs(printed)
    config = ("--config", "scale=smoke", "study=local")
    code, printed = copy.snakemake("--cores", "2", *config, seconds=SECONDS)
    assert code == 0, printed
    return Both(copy.folder, jobs)


@pytest.mark.study
@pytest.mark.slurm
class TestStudyOnACluster:
    @pytest.mark.parametrize("name", TABLES)
    def test_tables_are_those_of_one_machine_but_for_times(self, both, name):
        on_cluster, alone = (
            read_table(folder, name).drop(columns=DIFFERING, errors="ignore")
            for folder in both.results
        )
        if name == "corpora":
            for table in (on_cluster, alone):
                table.loc[table["corpus"] == TIMED, OF_FILE] = None
        assert (len(alone) > 0) == (name not in EMPTY)
        assert_frame_equal(on_cluster, alone, rtol=0, atol=0)

    def test_files_are_those_of_one_machine_the_report_among_them(self, both):
        on_cluster, alone = (
            {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
            for folder in both.results
        )
        assert on_cluster == alone >= {"report/report.html", "report/report.pdf", "claims.csv"}

    def test_figures_are_those_of_one_machine(self, both):
        drawn = [path.relative_to(both.results[0]) for path in both.results[0].rglob("*.svg")]
        assert len(drawn) > 20
        for path in drawn:
            on_cluster, alone = ((folder / path).read_bytes() for folder in both.results)
            assert on_cluster == alone, path

    def test_rules_that_are_worth_it_ran_as_jobs_of_slurm(self, both):
        assert Counter(rule for rule, _ in both.jobs) == JOBS
        assert {state for _, state in both.jobs} == {"COMPLETED"}

    def test_training_asks_for_a_gpu_which_the_node_does_not_have(self, copy):
        gpu = ("--config", "scale=smoke", "study=gpu", "device=cuda")
        trained, contract = (
            f"results/gpu/{name}" for name in ("training/v1/TrustDilemma/IA2C.parquet", "contract")
        )
        code, printed = submit(copy, trained, f"{contract}.parquet", *gpu)
        assert code == 1, printed
        assert "sbatch: error: Invalid generic resource (gres) specification" in printed
        refused = re.findall(r"sbatch .*--comment (rule_[a-z]+)_.*", printed)
        assert {*refused} == {"rule_train"}
        assert "--gpus=1" in printed
        assert slurm_jobs(printed) == [("contract", "COMPLETED")]

    def test_a_failing_job_is_tried_again_and_reported_and_others_finish(self, copy):
        script = "workflow/scripts/reference.py"
        broken = 'if snakemake.wildcards.env == "SLCD":\n        raise ValueError("On purpose.")'
        targets = [
            f"results/broken/reference/v0/{game}.parquet" for game in ("SLCD", "PublicGoods")
        ]
        with copy.edited(script, "start(snakemake)\n", f"start(snakemake)\n    {broken}\n"):
            code, printed = submit(
                *(copy, *targets, "--retries", "1", "--config", "scale=smoke", "study=broken"),
                *("environments=[SLCD,PublicGoods]", "train_on=[]", "learner_certificates={}"),
            )
        assert code == 1, printed
        jobs = [job for job in slurm_jobs(printed) if job[0] == "reference"]
        assert Counter(jobs) == {("reference", "FAILED"): 2, ("reference", "COMPLETED"): 1}
        assert "Error in rule reference" in printed
        assert "ValueError: On purpose." in printed
        assert [(copy.folder / target).exists() for target in targets] == [False, True]


class TestScript:
    def test_says_what_is_missing(self, tmp_path):
        code, printed = script("check", path=tmp_path)
        assert code == REFUSED
        assert "slurmd is missing" in printed
        assert "apt-get install -y --no-install-recommends slurm-wlm munge" in printed

    @pytest.mark.parametrize("arguments", [(), ("start",), ("check", "x"), ("restart", "x")])
    def test_explains_its_use(self, arguments):
        code, printed = script(*arguments)
        assert code == 2
        assert "usage: cluster.sh check | start FOLDER | stop FOLDER" in printed

    @pytest.mark.slurm
    def test_leaves_a_cluster_alone_that_is_there(self, cluster, tmp_path):
        code, printed = script("start", tmp_path / "second")
        assert code == REFUSED
        assert f"cluster.sh stop {cluster}" in printed
        assert not (tmp_path / "second").exists()
        assert script("stop", tmp_path)[0] == 0
        assert CONFIGURATION.resolve() == (cluster / "slurm.conf").resolve()
        subprocess.run(["sinfo"], check=True, timeout=30, capture_output=True)
