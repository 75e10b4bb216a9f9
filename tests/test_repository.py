"""The repository as a whole: one list of dependencies, layers, light imports, style."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from coopetition import agents
from study import resolve

ROOT = Path(__file__).parents[1]
PACKAGES = ("envs", "agents", "reports")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LIBRARY = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def module(path: Path) -> str:
    parts = ["coopetition", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Absolute names that a file imports, wherever in the file."""
    package = module(path) if path.name == "__init__.py" else module(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, package) if node.level else name
            yield from (f"{base}.{alias.name}" for alias in node.names)


def loaded(program: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded after a program."""
    result = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "workflow")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


class TestDependencies:
    def test_environment_yml_repeats_those_of_pyproject(self):
        content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
        assert content["name"] == PROJECT["project"]["name"]
        assert content["channels"] == ["conda-forge", "nodefaults"]
        python, pip, pinned = content["dependencies"]
        assert (python, pip, list(pinned)) == ("python=3.11", "pip", ["pip"])
        assert pinned["pip"] == [*PROJECT["project"]["dependencies"], "-e ."]

    def test_are_pinned(self):
        project = PROJECT["project"]
        for listed in (project["dependencies"], *project["optional-dependencies"].values()):
            for requirement in listed:
                assert requirement.count("==") == 1, requirement

    def test_are_the_packages_that_are_imported(self):
        """Nothing beyond them and the standard library, and none of them in vain."""
        names = {
            "pyyaml": "yaml",
            "sb3-contrib": "sb3_contrib",
            "stable-baselines3": "stable_baselines3",
        }
        known = {r.partition("==")[0] for r in PROJECT["project"]["dependencies"]}
        known = {names.get(name, name) for name in known}
        # The command itself, what its report highlights code with, and how pandas reads Parquet.
        others = {"snakemake", "pygments", "pyarrow"}
        own = {"coopetition", "study", "common"}
        files = [*LIBRARY, *(ROOT / "workflow").rglob("*.py")]
        found = {name.partition(".")[0] for path in files for name in imports(path)}
        assert found - own - set(sys.stdlib_module_names) == known - others


class TestPackages:
    def test_are_the_folders_with_python_files(self):
        folders = {
            ".".join(["coopetition", *path.parent.relative_to(ROOT).parts]) for path in LIBRARY
        }
        assert sorted(PROJECT["tool"]["setuptools"]["packages"]) == sorted(folders)

    def test_each_has_an_init_file(self):
        assert all((path.parent / "__init__.py").is_file() for path in LIBRARY)

    def test_data_files_of_the_reports_are_packaged(self):
        patterns = PROJECT["tool"]["setuptools"]["package-data"]["coopetition.reports"]
        folder = ROOT / "reports"
        packaged = {path for pattern in patterns for path in folder.glob(pattern)}
        data = {p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
        unread = {*(folder / "recorded" / "standard").iterdir()}  # megabytes, for who looks
        assert data - packaged == {folder / "README.md"} | unread


class TestLayers:
    @pytest.mark.parametrize(
        ("package", "forbidden"),
        [
            ("envs", ("coopetition.agents", "coopetition.reports", "study")),
            ("agents", ("coopetition.reports", "study")),
            ("reports", ("study",)),
        ],
    )
    def test_a_package_knows_only_those_below_it(self, package, forbidden):
        for path in sorted((ROOT / package).rglob("*.py")):
            for name in imports(path):
                below = not any(f"{name}.".startswith(f"{other}.") for other in forbidden)
                assert below, f"{path.relative_to(ROOT)} imports {name}"

    def test_no_library_module_knows_snakemake(self):
        for path in LIBRARY:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
            names |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
            names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
            names |= {name.partition(".")[0] for name in imports(path)}
            assert "snakemake" not in names, path.relative_to(ROOT)

    def test_a_script_does_not_import_another(self):
        scripts = ROOT / "workflow" / "scripts"
        others = {path.stem for path in scripts.glob("*.py")} - {"common"}
        for path in scripts.glob("*.py"):
            assert not others & {name.partition(".")[0] for name in imports(path)}, path.name


class TestLightImports:
    """Planning and playing must not wait for torch."""

    @pytest.mark.parametrize(
        ("program", "absent"),
        [
            ("from coopetition import envs; envs.make('SLCD-v0')", {"torch", "pandas"}),
            (
                "from coopetition import agents; agents.make('Constant_42'); agents.names()",
                {"torch", "pandas", "scipy"},
            ),
            ("from coopetition.agents import runs, reference", {"torch", "pandas"}),
            (
                "from pathlib import Path; import study;"
                "study.resolve({}, Path('config')).plan();"
                "study.code_hash('coopetition.agents.training')",
                {"torch", "pandas", "stable_baselines3", "matplotlib"},
            ),
        ],
        ids=["envs", "agents", "runs", "study"],
    )
    def test_load_nothing_heavy(self, program, absent):
        modules = loaded(program)
        assert "coopetition" in modules
        assert modules & absent == set()

    def test_a_learner_does_load_torch(self):
        """The check above can see torch."""
        program = (
            "from coopetition.agents.registry import learner;"
            "learner('Central_PPO').load('corrected')"
        )
        assert "torch" in loaded(program)


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff is not installed")
@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_style(arguments):
    result = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr


class TestReadme:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    def test_the_python_blocks_run_one_after_the_other(self):
        names = {}
        blocks = re.findall(r"```python\n(.*?)```", self.text, re.DOTALL)
        assert len(blocks) == 4
        for block in blocks:
            exec(block, names)

    def test_counts_are_those_of_the_default_study(self):
        study = resolve({}, ROOT / "config")
        ids = [f"{environment}-{edition}" for edition, environment in study.environments]
        policies = sum(len(agents.names(i)) - len(agents.learner_names()) for i in ids)
        assert f"{len(study.plan())} training runs, {policies} reference policies" in self.text

    def test_no_placeholder_is_left(self):
        assert not re.search(r"\b[A-Z]+_(TIME|ENGINE|GYM)\b", self.text)

    def test_links_and_pictures_exist(self):
        for target in re.findall(r"\]\(((?!http)[^)#]+)\)", self.text):
            assert (ROOT / target).exists(), target
