"""The pages of the documentation and their blocks of code."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
_BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>.*?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, and why it is not run; empty if it is."""

    language: str
    code: str
    reason: str


def blocks(page: Path, language: str) -> Iterator[Block]:
    """Blocks of a language in a page, in order."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        if found["language"] == language:
            yield Block(language, textwrap.dedent(found["code"]), found["reason"] or "")


def name(page: Path) -> str:
    """Path below the repository."""
    return page.relative_to(ROOT).as_posix()
