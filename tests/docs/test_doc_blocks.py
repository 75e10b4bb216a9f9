"""Code in the documentation: Python runs, commands exist; links lead somewhere."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from documents import PAGES, ROOT, blocks, name
from snakemake.cli import parse_config

from coopetition import envs
from coopetition.agents import extensions
from coopetition.envs.registry import unregister
from study import resolve

WITH_PYTHON = [
    page
    for page in PAGES
    # The blocks of the README run in tests/test_repository.py.
    if any(blocks(page, "python")) and page.name != "README.md"
]
SHELL = [(page, k) for page in PAGES for k, _ in enumerate(blocks(page, "bash"))]
# Commands of the system, of which nothing here says what they may be given.
SYSTEM = ("source", "pip", "conda")
FLAGS = ("-n", "--report", "--profile", "--forcerun", "--unlock", "--config", "--cores")


@pytest.fixture
def _as_before(monkeypatch):
    """Run in the repository; forget what a page registers."""
    monkeypatch.chdir(ROOT)
    known = set(envs.ids())
    yield
    for extension in extensions.loaded():
        extensions.forget(extension)
    for id in set(envs.ids()) - known:
        unregister(id)


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_python_runs(page):
    """One block after the other, in one namespace per page."""
    names = {"__name__": page.stem}
    for block in blocks(page, "python"):
        assert not block.reason
        exec(compile(block.code, name(page), "exec"), names)


@pytest.mark.parametrize(("page", "number"), SHELL, ids=[f"{name(p)}-{k}" for p, k in SHELL])
def test_commands_exist_and_fast_ones_run(page, number):
    block = [*blocks(page, "bash")][number]
    code = block.code.replace("\\\n", " ")
    for line in code.splitlines():
        words = shlex.split(line, comments=True)
        if words:
            check(words)
    if block.reason:
        pytest.skip(f"not run: {block.reason}")
    for line in code.splitlines():
        words = shlex.split(line, comments=True)
        assert words[0] == "python", "a block that runs has commands of Python alone"
        subprocess.run([sys.executable, *words[1:]], cwd=ROOT, check=True, capture_output=True)


def check(words: list[str]) -> None:
    """Raise if a command names what does not exist."""
    command, *rest = words
    if command == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in rest if "=" not in word} <= set(targets)
    elif command == "snakemake":
        check_snakemake(rest)
    elif command == "python":
        check_python(rest)
    else:
        assert command in SYSTEM, command


def check_python(words: list[str]) -> None:
    if words[0] == "-m":
        assert importlib.util.find_spec(words[1]), words
    else:
        assert (ROOT / words[0]).is_file(), words


def check_snakemake(words: list[str]) -> None:
    """Flags, files, rules, profiles and the configuration."""
    rules = {
        rule
        for path in (ROOT / "workflow" / "rules").glob("*.smk")
        for rule in re.findall(r"^rule (\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    given = [word for word in words if re.match(r"\w+=", word)]
    for before, word in zip(["", *words], words, strict=False):
        if word.startswith("-"):
            assert word in FLAGS
        elif before == "--profile":
            assert (ROOT / word / "config.yaml").is_file()
        elif before != "--report" and word not in given:
            assert word.startswith("results/") or word in rules, word
    config = parse_config(given)
    if "extend" in config:  # their commands are tested with the extensions
        assert all((ROOT / path).is_file() for path in config["extend"])
    else:
        resolve({"scale": "quick", **config}, ROOT / "config")


@pytest.mark.parametrize("command", ["make sudy", "snakemake no_rule", "python -m coopetition.no"])
def test_a_wrong_command_is_noticed(command):
    with pytest.raises((AssertionError, ModuleNotFoundError)):
        check(shlex.split(command))


def anchors(page: Path) -> set[str]:
    """Anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links(page):
    """Files and anchors exist; addresses of the web are well formed."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme == "https", target
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), target
            continue
        place = page.parent / parts.path if parts.path else page
        assert place.exists(), target
        if parts.fragment:
            assert parts.fragment in anchors(place), target
