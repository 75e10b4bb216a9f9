"""Bring your own: a Python file that adds environments, rules or a learner.

    agents.extend("my_game.py")

The file registers what it adds as the modules of this package do: `@envs.register` and
`@envs.register_parallel` for environments, `@agents.register` for rules. Or it describes one
learner by the literals `ENTRY` and `CARD` (see `registry`); such a file is imported when the
learner is, so that planning a study never imports torch, and adds nothing else.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from coopetition import envs
from coopetition.envs.registry import unregister as unregister_environment

from .registry import names, register_learner, spec, unregister
from .specs import LearnerSpec, RuleSpec

# Of the names under which files are imported, here and in every job.
PREFIX = "coopetition_extension_"
# Environments of the released edition are those of the published study.
EDITION = "v1"


class ExtensionError(ValueError):
    """A file cannot be used as an extension; the text names it and says how to mend it."""


@dataclass(frozen=True)
class Extension:
    """What a file has added.

    Attributes:
        path: the file, absolute.
        module: name under which it is imported.
        text: its content when it was loaded.
        environments: ids.
        rules: names of policies that do not learn.
        learner: name of the learner, or empty.
    """

    path: Path
    module: str
    text: str
    environments: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    learner: str = ""

    @property
    def names(self) -> set[str]:
        """Names of its environments, without edition, and of its policies."""
        policies = {*self.rules, *([self.learner] if self.learner else [])}
        return {envs.spec(id).name for id in self.environments} | policies


_loaded: dict[str, Extension] = {}
_files: dict[str, Path] = {}


class _Source(SourceFileLoader):
    """Compiles the file itself: no bytecode is kept, so that every edit counts."""

    def path_stats(self, path: str) -> dict[str, float]:
        """There is nothing to compare bytecode with."""
        raise OSError


class _Finder(MetaPathFinder):
    """Finds extensions by their module names, wherever in a program they are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = _files.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=_Source(fullname, str(file)))


sys.meta_path.append(_Finder())


def extend(path: str | Path) -> Extension:
    """Add what a file registers; a file that was added before and has changed is added anew.

    Raises:
        ExtensionError: no such file, not Python, an error while it is imported, a name that is
            taken, or nothing registered. Nothing has been added then.
    """
    file = Path(path).resolve()
    module = PREFIX + file.stem
    if not file.is_file():
        raise ExtensionError(f"{path}: no such file, looked for as {file}: check the path")
    if file.suffix != ".py" or not file.stem.isidentifier():
        raise ExtensionError(
            f"{path}: an extension is a Python file with a name like my_game.py: rename it"
        )
    known = _loaded.get(module)
    if known is not None and known.path != file:
        raise ExtensionError(
            f"{path}: {known.path} has the same name, and files are told apart by it: rename one"
        )
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExtensionError(f"{path} is not Python: {error}") from error
    if known is not None:
        if known.text == text:
            return known
        forget(known)
    _files[module] = file
    try:
        found = _learner if _describes_learner(tree) else _registered
        _loaded[module] = found(Extension(file, module, text), tree)
    except BaseException:
        _drop(module)
        raise
    return _loaded[module]


def loaded() -> list[Extension]:
    """All that were added, in order."""
    return list(_loaded.values())


def file_of(module: str) -> Path | None:
    """The file of a module that is an extension; None for any other."""
    return _files.get(module)


def module_of(path: str | Path) -> str:
    """Name under which a file is imported."""
    return PREFIX + Path(path).stem


def forget(extension: Extension) -> None:
    """Take back what a file has added."""
    del _loaded[extension.module]
    _drop(extension.module)


def _drop(module: str) -> None:
    """Take back all that a module has registered."""
    for id in envs.ids():
        if envs.spec(id).module == module:
            unregister_environment(id)
    for name in names():
        if spec(name).module == module:
            unregister(name)
    _files.pop(module, None)
    sys.modules.pop(module, None)


def _describes_learner(tree: ast.Module) -> bool:
    targets = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    return any(getattr(target, "id", None) == "ENTRY" for target in targets)


def _learner(extension: Extension, tree: ast.Module) -> Extension:
    calls = {getattr(node, "attr", None) for node in ast.walk(tree)}
    if calls & {"register", "register_parallel"}:
        raise ExtensionError(
            f"{extension.path}: a file that describes a learner (ENTRY) is not imported before the "
            "learner is, so it cannot register anything else: put that into another file"
        )
    try:
        name = register_learner(extension.path, extension.module)
    except ValueError as error:
        raise ExtensionError(f"{extension.path}: {error}") from error
    return Extension(extension.path, extension.module, extension.text, learner=name)


def _registered(extension: Extension, tree: ast.Module) -> Extension:
    module, path = extension.module, extension.path
    try:
        importlib.import_module(module)
    except Exception as error:
        place = _line(error, path)
        raise ExtensionError(f"{path}{place}: {type(error).__name__}: {error}") from error
    ids = tuple(id for id in envs.ids() if envs.spec(id).module == module)
    entries: list[RuleSpec | LearnerSpec] = [spec(name) for name in names()]
    rules = tuple(entry.name for entry in entries if entry.module == module)
    if not ids and not rules:
        raise ExtensionError(
            f"{path} registers nothing: decorate a game with @envs.register('MyGame-v1', 'TR-2'), "
            "an environment with @envs.register_parallel, a rule with @agents.register, or "
            "describe a learner by ENTRY and CARD"
        )
    for id in ids:
        _check_environment(path, id)
    return Extension(path, module, extension.text, ids, rules)


def _check_environment(path: Path, id: str) -> None:
    """It is of the open edition, and can be built."""
    place = envs.spec(id)
    if place.edition != EDITION:
        raise ExtensionError(
            f"{path}: {id}: v0 is the released edition of the published study; an environment of "
            f"your own is {place.name}-{EDITION}"
        )
    try:
        place.create()
    except Exception as error:
        raise ExtensionError(
            f"{path}{_line(error, path)}: {id} cannot be built: {error}"
        ) from error


def _line(error: Exception, path: Path) -> str:
    """Where in the file an error was raised."""
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else f", line {line}"
