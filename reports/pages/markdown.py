"""Markdown from tables, numbers and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# A heading of a docstring's section, and the first line of an entry in it.
_HEADING = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")
_ENTRY = re.compile(r"^    (\*{0,2}\w[\w.]*(?:, \w+)*): (.*)$")


@dataclass(frozen=True)
class Doc:
    """A docstring in Google's style.

    Attributes:
        summary: its first paragraph.
        body: the paragraphs up to the sections, as written.
        sections: heading -> entries, name -> text; the text of a section without entries is
            under "".
        after: paragraphs after the sections.
    """

    summary: str = ""
    body: tuple[str, ...] = ()
    sections: Mapping[str, dict[str, str]] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    def entries(self, heading: str) -> dict[str, str]:
        """Entries of a section, those with several names once for each."""
        rows = self.sections.get(heading, {}).items()
        return {name: text for names, text in rows for name in names.split(", ")}


def parsed(documented: Any) -> Doc:
    """The docstring of an object, or a docstring."""
    text = documented if isinstance(documented, str) else inspect.getdoc(documented) or ""
    before: list[str] = []
    after: list[str] = []
    sections: dict[str, dict[str, str]] = {}
    for part in inspect.cleandoc(text).split("\n\n"):
        first, *rest = part.split("\n")
        heading = _HEADING.match(first)
        if heading:
            sections[heading[1]] = _section(rest)
        else:
            (after if sections else before).append(part)
    summary, *body = before or [""]
    return Doc(" ".join(summary.split()), tuple(body), sections, tuple(after))


def _section(lines: Sequence[str]) -> dict[str, str]:
    entries: dict[str, str] = {}
    name = ""
    for line in lines:
        entry = _ENTRY.match(line)
        if entry:
            name, text = entry.groups()
            entries[name] = text
        else:
            entries[name] = f"{entries.get(name, '')} {line.strip()}".strip()
    return {name: text.removesuffix(".") for name, text in entries.items()}


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(content: Any) -> str:
    return " ".join(str(content).split()).replace("|", "\\|")


def fenced(text: str, language: str = "text") -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def number(value: Any, digits: int = 5) -> str:
    """A number with so many digits at most; a dash for none."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "–"
    return f"{float(value) + 0.0:.{digits}g}"


def value(content: Any) -> str:
    """A parameter: numbers without noise digits, arrays as lists."""
    if isinstance(content, bool | np.bool_) or content is None:
        return str(content)
    if isinstance(content, int | float | np.number):
        return number(content, 6)
    if isinstance(content, np.ndarray):
        return value(content.tolist())
    if isinstance(content, list | tuple | set | frozenset):
        entries = [value(entry) for entry in content]
        if len(entries) > 2 and len(set(entries)) == 1:
            return f"{len(entries)} times {entries[0]}"
        return f"[{', '.join(entries)}]"
    if isinstance(content, Mapping):
        return ", ".join(f"{name}: {value(entry)}" for name, entry in content.items()) or "{}"
    return str(content)
