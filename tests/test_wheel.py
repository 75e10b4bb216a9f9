"""The package as others install it: built as a wheel, used without this checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys
from coopetition import agents, envs
assert envs.__file__.startswith(sys.argv[1]), envs.__file__
assert len(envs.ids()) == 40
print(agents.evaluate("Oracle_SocialOptimum", "PublicGoods-v1").score[0])
assert "torch" not in sys.modules
from coopetition.reports import datasets, sources, verdicts
assert len(verdicts.load_claims()) > 57 and len(sources.published("claims"))
assert datasets.about("training_runs").loc["score", "kind"] == "number"
agents.load("IPPO", "TrustDilemma-v1")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Folder that holds the installed package and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in ("agents", "envs", "reports"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, source / package, ignore=skipped)
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    made = ["wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    found = subprocess.run([sys.executable, "-m", "pip", *made], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    [wheel] = folder.glob("coopetition-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_holds_the_package_and_its_data_alone(installed):
    assert sorted(path.name for path in installed.iterdir() if path.suffix == "") == ["coopetition"]
    names = {path.relative_to(installed).as_posix() for path in installed.rglob("*.*")}
    for kept in (
        "reports/templates/report.typ",
        "reports/claims/A_rankings.yaml",
        "envs/engine.py",
    ):
        assert f"coopetition/{kept}" in names
    assert not [name for name in names if "/tests/" in name or name.endswith(".pyc")]


def test_it_works_without_the_checkout(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(installed)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert float(found.stdout) == pytest.approx(1, abs=0.01)
