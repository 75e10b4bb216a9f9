"""Pages made from code: as they stand in docs/, complete, and true to the games."""

import dataclasses
import re

import pytest
from documents import ROOT, name

from coopetition import agents, envs
from coopetition.envs.contract import measure
from coopetition.envs.engine import Game
from coopetition.envs.formal import FormalGame
from coopetition.envs.formal.part import Part
from coopetition.envs.mechanisms import Mechanism
from coopetition.envs.registry import unregister
from coopetition.reports import pages
from coopetition.reports.pages import environments, equations, markdown, observed

SECTIONS = (
    *("Story", "Arguments", "Observations", "Actions", "Payoffs", "Rewards", "Termination"),
    *("Certificate", "Defects of the released edition", "References", "Versions"),
)
# Methods by which a part or a mechanism has an effect.
EFFECTS = ("prepare", "payoffs", "settle", "transform", "reset")


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages.pages()


def test_pages_in_docs_are_those_that_the_code_makes(made):
    """After a change that is meant: `make pages`."""
    kept = {
        path.relative_to(ROOT / "docs").as_posix(): path.read_text(encoding="utf-8")
        for folder in pages.MADE
        for path in (ROOT / "docs" / folder).rglob("*.md")
    }
    assert sorted(kept) == sorted(made)
    stale = [path for path, text in made.items() if kept[path] != text]
    assert stale == [], "make pages"


def test_there_is_a_card_for_every_environment_and_learner(made):
    cards = {path.removesuffix(".md").split("/")[1] for path in made if "/index" not in path}
    assert set(environments.built_in()) <= cards
    assert set(agents.learner_names()) <= cards
    assert len(environments.built_in()) == 40


def test_cards_have_their_sections_in_order(made):
    for id in environments.built_in():
        found = re.findall(r"^## (.*)$", made[f"environments/{id}.md"], re.MULTILINE)
        assert tuple(s for s in found if s != "Departures from the reports") == SECTIONS, id
        assert ("Departures from the reports" in found) == id.endswith("v1")


def test_cards_leave_no_cell_without_its_meaning(made):
    for id in environments.built_in():
        for line in made[f"environments/{id}.md"].splitlines():
            if line.startswith("| ") and line != "|  |  |" and "| what |" not in line:
                assert not line.endswith("|  |"), f"{id}: {line}"


@pytest.mark.parametrize("id", ["ApacheProject-v0", "SLCD-v0", "PlatformEcosystem-v1"])
def test_entries_of_observations_add_up(id):
    contract = measure(id)
    rows = observed.blocks(envs.game(id))
    assert sum(row[1] for row in rows) == contract["observation_joint"]
    assert sum(row[2] for row in rows) == contract["observation_realistic"]


def test_entries_of_observations_add_up_in_every_environment():
    for id in environments.built_in():
        game = envs.game(id)
        state = game.reset([0])
        joint, own = (sum(row[k] for row in observed.blocks(game)) for k in (1, 2))
        assert joint == game.joint_observation(state).shape[1], id
        assert own == game.agent_observation(state, "realistic", True).shape[2], id


def parts_of(game: Game) -> tuple[object, ...]:
    return game.parts if isinstance(game, FormalGame) else game.mechanisms


def test_every_part_that_has_an_effect_has_equations_and_none_is_idle():
    used = {}
    for id in environments.built_in():
        for part in parts_of(envs.game(id)):
            used.setdefault(isinstance(part, Part), {})[type(part).__name__] = type(part)
    for formal, written in ((True, equations.FORMAL), (False, equations.RELEASED)):
        base = Part if formal else Mechanism
        effective = {
            name
            for name, kind in used[formal].items()
            if any(getattr(kind, m, None) is not getattr(base, m, None) for m in EFFECTS)
        }
        assert effective - set(equations.DIAGNOSTIC) == set(written)


def test_names_in_equations_are_parameters():
    """Those of several letters with an underscore, but for subscripts."""
    kinds = {
        type(part).__name__: {f.name for f in dataclasses.fields(part)}
        for id in environments.built_in()
        for part in parts_of(envs.game(id))
        if dataclasses.is_dataclass(part)
    }
    for kind, lines in (equations.FORMAL | equations.RELEASED).items():
        words = re.findall(r"[a-z]{2,}_\w+", " ".join(lines))
        for word in words:
            if word.rpartition("_")[2] not in ("i", "j", "ij", "ji"):
                assert word in kinds[kind], (kind, word)


def test_an_environment_that_was_added_gets_no_card():
    @envs.register("Guest-v1", "TR-1")
    def guest(max_steps: int = 10) -> FormalGame:
        """Not of this package."""
        return envs.game("SLCD-v1", max_steps=max_steps)

    try:
        assert "Guest-v1" in envs.ids()
        assert "Guest-v1" not in environments.built_in()
    finally:
        unregister("Guest-v1")


def test_a_card_shows_the_recorded_certificate():
    """Formal edition, section 8: SLCD has a price of anarchy of 1.526."""
    row = environments.recorded("certificates")["SLCD-v1"]
    card = environments.card("SLCD-v1", None, row)
    assert "| price of anarchy | 1.5257 |" in card
    assert "| 1 | 224.49 | 157.41 |" in card
    assert "None is recorded." in environments.card("SLCD-v1", None, None)


class TestMarkdown:
    def test_docstrings_are_taken_apart(self):
        doc = markdown.parsed(
            """First line,
            broken.

            A paragraph.

            Attributes:
                one, other: both,
                    on two lines.
                third: alone.

            Raises:
                ValueError: a reason.

            An end.
            """
        )
        assert doc.summary == "First line, broken."
        assert (doc.body, doc.after) == (("A paragraph.",), ("An end.",))
        both = "both, on two lines"
        assert doc.entries("Attributes") == {"one": both, "other": both, "third": "alone"}
        assert doc.entries("Raises") == {"ValueError": "a reason"}

    def test_bars_in_cells_are_escaped(self):
        assert markdown.table(("a",), [("0|1",)]) == "| a |\n| --- |\n| 0\\|1 |"

    @pytest.mark.parametrize(
        ("content", "text"),
        [(0.1 + 0.2, "0.3"), (-0.0, "0"), ((0.25,) * 4, "4 times 0.25"), (True, "True")],
    )
    def test_values(self, content, text):
        assert markdown.value(content) == text


def test_pages_are_written_and_old_ones_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "pages", lambda: {"policies/New.md": "new\n"})
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "Old.md").write_text("old")
    (tmp_path / "own.md").write_text("kept")
    pages.write(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md"))
    assert left == ["own.md", "policies/New.md"]


def test_pages_of_the_guides_are_short():
    for page in (ROOT / "docs" / "guides").glob("*.md"):
        assert len(page.read_text(encoding="utf-8").splitlines()) <= 100, name(page)
