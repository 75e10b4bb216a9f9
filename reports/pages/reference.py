"""Reference of the Python API, from signatures and docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from .markdown import Doc, fenced, parsed, table

# Page -> module whose public names it lists.
MODULES = {
    "envs": "coopetition.envs",
    "formal": "coopetition.envs.formal",
    "agents": "coopetition.agents",
    "audit": "coopetition.reports.audit",
}
# Public names of modules that have no list of their own.
NAMES = {"coopetition.reports.audit": ("audit_page", "PageError")}
# Modules of whose classes the methods are not listed: they are those of `Part`.
WITHOUT_METHODS = ("coopetition.envs.formal",)
WIDTH = 92
# An annotation, which a signature shows in quotes.
_ANNOTATION = re.compile(r"(: |-> )'([^']*)'")


def pages() -> dict[str, str]:
    """Path -> text."""
    made = {f"reference/{page}.md": _module(name) for page, name in MODULES.items()}
    rows = [
        (f"[`{name}`]({page}.md)", parsed(importlib.import_module(name)).summary)
        for page, name in MODULES.items()
    ]
    index = ["# Reference", "From the docstrings.", table(("module", "what it holds"), rows)]
    return {"reference/index.md": "\n\n".join(index)} | made


def _module(name: str) -> str:
    module = importlib.import_module(name)
    doc = parsed(module)
    parts = [f"# {name}", doc.summary, *map(_paragraph, doc.body)]
    for public in NAMES.get(name) or module.__all__:
        thing = getattr(module, public)
        parts += [f"## {public}", *_described(public, thing)]
        if inspect.isclass(thing) and name not in WITHOUT_METHODS:
            parts += _methods(public, thing)
    return "\n\n".join(parts)


def _described(name: str, thing: Any) -> Iterator[str]:
    """Signature and documentation of a class or function, or the value of a constant."""
    if not callable(thing):
        yield fenced(f"{name} = {thing!r}")
        return
    if not inspect.isclass(thing) or not issubclass(thing, Exception):
        yield fenced(_signature(name, thing))
    yield from _documented(parsed(thing))


def _methods(name: str, thing: type) -> Iterator[str]:
    """Public methods that the class itself defines."""
    for method, found in vars(thing).items():
        function = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if method.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        yield f"### {name}.{method}"
        yield fenced(_signature(method, function))
        yield from _documented(parsed(function))


def _signature(name: str, thing: Any) -> str:
    """Signature on one line, or with a parameter on each."""
    signature = inspect.signature(thing)
    if inspect.isclass(thing):
        signature = signature.replace(return_annotation=signature.empty)
    line = name + _ANNOTATION.sub(r"\1\2", str(signature))
    if len(line) <= WIDTH:
        return line
    bare = signature.replace(return_annotation=signature.empty)
    shown = _ANNOTATION.sub(r"\1\2", str(bare))
    end = "" if signature == bare else line.rpartition(" -> ")[2]
    listed = "".join(f"    {parameter},\n" for parameter in _split(shown[1:-1]))
    return f"{name}(\n{listed})" + (f" -> {end}" if end else "")


def _split(parameters: str) -> list[str]:
    """Parameters at the commas that no bracket encloses."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(parameters):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(parameters[start:place].strip())
            start = place + 1
    return [*parts, parameters[start:].strip()]


def _documented(doc: Doc) -> Iterator[str]:
    yield doc.summary
    yield from map(_paragraph, doc.body)
    for heading, entries in doc.sections.items():
        if "" in entries:
            yield f"**{heading}:** {entries['']}"
        else:
            title = {"Args": "argument", "Attributes": "attribute", "Raises": "error"}
            rows = [(f"`{name}`", text) for name, text in entries.items()]
            yield table((title.get(heading, heading.lower()), "meaning"), rows)
    yield from map(_paragraph, doc.after)


def _paragraph(text: str) -> str:
    """A paragraph, or as code what is indented."""
    if text.startswith("    "):
        return fenced(inspect.cleandoc("\n" + text))
    return text
