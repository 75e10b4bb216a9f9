"""Hash of the project code behind a result, so that editing it reruns what depends on it.

Snakemake sees edits to scripts but not to what they import. The hash covers the syntax trees,
without docstrings and comments, of the given modules and of every project module that they
import, directly or not. Games and learners are found at run time, so one of them is in the hash
only where it is named. An extension is a module like any other.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from coopetition.agents.extensions import file_of
from coopetition.agents.files import replacing

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "coopetition"
# Beside what Snakemake remembers.
MEMO = Path(".snakemake") / "code_hashes.json"


def code_hash(*modules: str) -> str:
    """Hash of modules such as `coopetition.agents.training` and of all they import.

    Raises:
        ModuleNotFoundError: a module is not part of the project.
    """
    digest = hashlib.sha256()
    for module in sorted(set().union(*map(_closure, modules))):
        digest.update(f"{module} {_facts(module)[0]}".encode())
    return digest.hexdigest()[:16]


def data_hash(*paths: str) -> str:
    """Hash of data files, given as files or folders relative to the root of the checkout.

    Raises:
        FileNotFoundError: a path that does not exist.
    """
    digest = hashlib.sha256()
    for path in map(ROOT.joinpath, paths):
        files = sorted(filter(Path.is_file, path.rglob("*"))) if path.is_dir() else [path]
        for file in files:
            digest.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _closure(module: str) -> frozenset[str]:
    if _path(module) is None:
        raise ModuleNotFoundError(f"{module} is not a module of this project")
    found: set[str] = set()
    pending = [module]
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending.extend(_imports(current))
    return frozenset(found)


def _path(module: str) -> Path | None:
    if (file := file_of(module)) is not None:
        return file
    base = ROOT.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if module.startswith(PACKAGE + ".") and path.is_file():
            return path
    return None


@cache
def _imports(module: str) -> frozenset[str]:
    return frozenset(name for name in _facts(module)[1] if _path(name) is not None)


@cache
def _facts(module: str) -> tuple[str, list[str]]:
    """Digest of the syntax tree of a module without docstrings, and names that it may import.

    Parsing all modules takes over a second, so what was found in a file is remembered on disk.
    """
    path = _path(module)
    assert path is not None
    text = path.read_bytes()
    is_package = path.name == "__init__.py"
    about = f"{sys.version_info[:2]} {module} {is_package} ".encode()
    key = hashlib.sha256(about + text).hexdigest()
    memo = _memo(ROOT)
    if key not in memo:
        tree = ast.parse(text)
        package = module if is_package else module.rpartition(".")[0]
        names = _imported(tree, package)
        memo[key] = (hashlib.sha256(_bare(tree).encode()).hexdigest(), names)
    return memo[key]


def _imported(tree: ast.Module, package: str) -> list[str]:
    """Names in imports and of the packages around them, modules or not."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return sorted({".".join(n.split(".")[:k]) for n in names for k in range(2, n.count(".") + 2)})


def _bare(tree: ast.Module) -> str:
    """A syntax tree without docstrings, as text."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:]  # type: ignore[attr-defined]
    return ast.dump(tree)


@cache
def _memo(root: Path) -> dict[str, tuple[str, list[str]]]:
    """What was found in files, by their content; written when the process ends."""
    file = root / MEMO
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    atexit.register(_write, file, known, len(known))
    return known


def _write(file: Path, known: dict[str, tuple[str, list[str]]], before: int) -> None:
    if len(known) > before:
        with suppress(OSError):  # a checkout that is read only is parsed every time
            file.parent.mkdir(exist_ok=True)
            with replacing(file) as temporary:
                temporary.write_text(json.dumps(known), encoding="utf-8")


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
