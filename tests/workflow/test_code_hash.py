"""The code hash changes with the code that a cell runs, and with nothing else."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coopetition import envs
from coopetition.agents.registry import learner, learner_names
from study import code_hash, data_hash

ROOT = Path(__file__).parents[2]
# `study.code_hash` is the function; the module of that name is found by its full name.
MODULE = importlib.import_module("study.code_hash")
GAMES = sorted({envs.spec(env_id).module for env_id in envs.ids()})
ENGINE = """
'''Module.'''
from math import pi  # a comment


class Game:
    '''Class.'''

    def step(self, x):
        '''Function.'''
        return pi * x
"""


def use(monkeypatch, root: Path) -> None:
    monkeypatch.setattr(MODULE, "ROOT", root)
    forget()


def forget() -> None:
    for cached in (MODULE._closure, MODULE._imports, MODULE._facts, MODULE._memo):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def _clean_caches():
    yield
    forget()


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """A project of a few modules: game a -> kit -> engine, game b alone."""
    files = {
        "envs/__init__.py": "",
        "envs/engine.py": ENGINE,
        "envs/kit.py": "from . import engine\n",
        "envs/games/__init__.py": "",
        "envs/games/a.py": "from ..kit import engine\n",
        "envs/games/b.py": "LEVEL = 1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    use(monkeypatch, tmp_path)
    return tmp_path


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    forget()


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("'''Module.'''", "'''Another text.\n\nOf two paragraphs.\n'''"),
            ("'''Module.'''", ""),
            ("'''Class.'''", "'''Another.'''"),
            ("'''Function.'''", "'Another.'"),
            ("        '''Function.'''\n", ""),
            ("  # a comment", ""),
            ("return pi * x", "return (pi\n                * x)"),
            ("\n\n\n", "\n"),
        ],
    )
    def test_texts_comments_and_layout_do_not(self, small, old, new):
        before = code_hash("coopetition.envs.engine")
        rewrite(small / "envs/engine.py", old, new)
        assert code_hash("coopetition.envs.engine") == before

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("return pi * x", "return pi + x"),
            ("return pi * x", "return x * pi"),
            ("return pi * x", "return pi * x * 1"),
            ("def step", "def leap"),
            ("class Game:", "class Game(dict):"),
            ("def step(self, x)", "def step(self, x=1)"),
            ("def step(self, x)", "def step(self, x: '''Typed.''')"),
            ("        return pi * x\n", "        return '''Text.'''\n"),
        ],
    )
    def test_code_does(self, small, old, new):
        before = code_hash("coopetition.envs.engine")
        rewrite(small / "envs/engine.py", old, new)
        assert code_hash("coopetition.envs.engine") != before

    def test_the_name_of_a_module_does(self, small):
        shutil.copy(small / "envs/games/b.py", small / "envs/games/c.py")
        assert code_hash("coopetition.envs.games.b") != code_hash("coopetition.envs.games.c")

    def test_the_order_and_repetition_of_modules_do_not(self, small):
        a, b = "coopetition.envs.games.a", "coopetition.envs.games.b"
        assert code_hash(a, b) == code_hash(b, a, b) != code_hash(a)


class TestImports:
    @pytest.mark.parametrize("edited", ["envs/engine.py", "envs/kit.py", "envs/__init__.py"])
    def test_an_edit_reaches_those_that_import_it_indirectly(self, small, edited):
        before = code_hash("coopetition.envs.games.a")
        (small / edited).write_text("from math import e as engine\n", encoding="utf-8")
        forget()
        assert code_hash("coopetition.envs.games.a") != before

    @pytest.mark.parametrize("edited", ["envs/games/b.py", "envs/kit.py"])
    def test_an_edit_reaches_no_other(self, small, edited):
        before = code_hash("coopetition.envs.engine")
        (small / edited).write_text("LEVEL = 2\n", encoding="utf-8")
        forget()
        assert code_hash("coopetition.envs.engine") == before

    @pytest.mark.parametrize(
        "statement",
        [
            "import coopetition.envs.engine",
            "import coopetition.envs.engine as e",
            "from coopetition.envs import engine",
            "from coopetition.envs.engine import Game",
            "from .. import engine",
            "from ..engine import Game as G",
            "def late():\n    from ..engine import Game",
            "if False:\n    from .. import kit",
        ],
    )
    def test_are_seen_in_every_form(self, small, statement):
        (small / "envs/games/b.py").write_text(statement + "\n", encoding="utf-8")
        forget()
        before = code_hash("coopetition.envs.games.b")
        rewrite(small / "envs/engine.py", "pi * x", "pi + x")
        assert code_hash("coopetition.envs.games.b") != before

    def test_in_a_circle_end(self, small):
        rewrite(small / "envs/engine.py", "from math import pi", "from .kit import pi")
        assert code_hash("coopetition.envs.engine") == code_hash("coopetition.envs.kit")

    def test_relative_ones_of_a_package_start_at_the_package(self, small):
        (small / "envs/games/__init__.py").write_text("from .b import LEVEL\n", encoding="utf-8")
        forget()
        before = code_hash("coopetition.envs.games")
        (small / "envs/games/b.py").write_text("LEVEL = 2\n", encoding="utf-8")
        forget()
        assert code_hash("coopetition.envs.games") != before

    @pytest.mark.parametrize(
        "unknown", ["coopetition.envs.games.z", "coopetition", "numpy", "envs.engine", ""]
    )
    def test_of_an_unknown_module_raise(self, unknown):
        with pytest.raises(ModuleNotFoundError, match=f"^{unknown} is not a module"):
            code_hash("coopetition.envs.engine", unknown)


class TestThisProject:
    """What the rules hash, on a copy of the packages."""

    @pytest.fixture
    def copy(self, tmp_path, monkeypatch) -> Path:
        for package in ("envs", "agents", "reports"):
            skip = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, tmp_path / package, ignore=skip)
        use(monkeypatch, tmp_path)
        return tmp_path

    @staticmethod
    def hashes() -> dict[str, str]:
        """Hash of every training cell and every reference cell, as in workflow/rules."""
        found = {}
        for env_id in envs.ids():
            game = envs.spec(env_id).module
            ppo = learner("Central_PPO").module
            found[f"train {env_id}"] = code_hash("coopetition.agents.training", game, ppo)
            found[f"reference {env_id}"] = code_hash("coopetition.envs.contract", game)
        return found

    def changed(self, copy: Path, module: str) -> set[str]:
        """Cells whose hash an added statement in a module changes."""
        before = self.hashes()
        with copy.joinpath(*module.split(".")[1:]).with_suffix(".py").open("a") as file:
            file.write("\n_ADDED = 1\n")
        forget()
        after = self.hashes()
        return {cell for cell in before if before[cell] != after[cell]}

    def test_a_copy_has_the_same_hashes(self, copy, monkeypatch):
        there = self.hashes()
        use(monkeypatch, ROOT)
        assert self.hashes() == there
        assert len(set(there.values())) == 2 * len(GAMES)

    @pytest.mark.parametrize("game", GAMES, ids=lambda module: module.rpartition(".")[2])
    def test_a_game_changes_its_own_cells(self, copy, game):
        """Those of every edition, which share a file."""
        own = [env_id for env_id in envs.ids() if envs.spec(env_id).module == game]
        changed = self.changed(copy, game)
        assert changed == {f"{rule} {env_id}" for rule in ("train", "reference") for env_id in own}

    def test_the_learner_changes_training(self, copy):
        assert self.changed(copy, learner("Central_PPO").module) == {
            f"train {env_id}" for env_id in envs.ids()
        }

    @pytest.mark.parametrize(
        ("module", "learners"),
        [
            ("agents.learners.central_ppo", {"Central_PPO"}),
            ("agents.learners.lola", {"LOLA"}),
            ("agents.learners.self_play_ppo", {"SelfPlay_PPO", "FCP"}),
            ("agents.slices.central", {"MADDPG", "MATD3", "M3DDPG"}),
            ("agents.learners.ippo", {"IPPO", "Central_PPO", "MAPPO", "SelfPlay_PPO", "FCP"}),
            ("agents.slices.grid", {"COMA", "IQL", "QMIX", "VDN"}),
        ],
    )
    def test_a_learner_changes_those_that_are_built_on_it(self, copy, module, learners):
        def hashes() -> dict[str, str]:
            return {name: code_hash(learner(name).module) for name in learner_names()}

        before = hashes()
        with copy.joinpath(*module.split(".")).with_suffix(".py").open("a") as file:
            file.write("\n_ADDED = 1\n")
        forget()
        after = hashes()
        assert {name for name in before if before[name] != after[name]} == learners

    def test_the_engine_changes_every_cell(self, copy):
        assert self.changed(copy, "coopetition.envs.engine") == set(self.hashes())

    @pytest.mark.parametrize(
        "module", ["reports.schema", "reports.statistics", "reports.figures", "reports.verdicts"]
    )
    def test_reports_change_no_cell(self, copy, module):
        assert self.changed(copy, f"coopetition.{module}") == set()


class TestData:
    @pytest.fixture
    def data(self, tmp_path, monkeypatch) -> Path:
        (tmp_path / "tables" / "inner").mkdir(parents=True)
        (tmp_path / "tables" / "a.csv").write_text("x\n1\n", encoding="utf-8")
        (tmp_path / "tables" / "inner" / "b.csv").write_text("x\n2\n", encoding="utf-8")
        (tmp_path / "claims.yaml").write_text("- id: 1\n", encoding="utf-8")
        use(monkeypatch, tmp_path)
        return tmp_path

    def test_changes_with_content_names_and_number_of_files(self, data):
        seen = [data_hash("tables", "claims.yaml")]
        for change in (
            lambda: (data / "tables/a.csv").write_text("x\n3\n"),
            lambda: (data / "tables/inner/b.csv").write_text("x\n2\n\n"),
            lambda: (data / "claims.yaml").write_text("- id: 2\n"),
            lambda: (data / "tables/a.csv").rename(data / "tables/c.csv"),
            lambda: (data / "tables/d.csv").touch(),
        ):
            change()
            seen.append(data_hash("tables", "claims.yaml"))
        assert len(set(seen)) == len(seen)

    def test_does_not_change_with_other_files(self, data):
        before = data_hash("tables")
        (data / "claims.yaml").write_text("[]")
        os.utime(data / "tables/a.csv", (0, 0))
        assert data_hash("tables") == before

    def test_of_a_missing_path_raises(self, data):
        with pytest.raises(FileNotFoundError, match="nothing"):
            data_hash("tables", "nothing.yaml")


def test_is_the_same_in_every_process():
    program = (
        "from study import code_hash, data_hash;"
        "print(code_hash('coopetition.agents.training'), data_hash('config'))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "workflow")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{code_hash('coopetition.agents.training')} {data_hash('config')}\n"}
