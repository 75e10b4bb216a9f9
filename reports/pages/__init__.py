"""Pages of the documentation that are made from code and records, as Markdown.

    python -m coopetition.reports.pages            # writes them into docs/
    python -m coopetition.reports.pages FOLDER

Cards of the environments and of the policies, and the reference of the Python API. A test fails
when a page in `docs` is not the one that the code makes.
"""

from __future__ import annotations

from pathlib import Path

from coopetition.agents.files import replacing

from . import environments, policies, reference

# Folders of `docs` in which every page is made here.
MADE = ("environments", "policies", "reference")
NOTICE = "<!-- Made by `python -m coopetition.reports.pages`: change the code, not this page. -->"


def pages() -> dict[str, str]:
    """Every page: path below the folder of the documentation -> text."""
    made = environments.pages() | policies.pages() | reference.pages()
    return {path: f"{NOTICE}\n\n{text.rstrip()}\n" for path, text in made.items()}


def write(folder: Path) -> None:
    """Write every page, and remove those of what is no more."""
    made = pages()
    for path, text in made.items():
        with replacing(folder / path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    for name in MADE:
        for page in (folder / name).glob("*.md"):
            if page.relative_to(folder).as_posix() not in made:
                page.unlink()
