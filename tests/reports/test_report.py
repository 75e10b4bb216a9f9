"""The report: both files, their content, and what happens when data are missing or hostile."""

import copy
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import matplotlib.image as mpimg
import pikepdf
import pytest
import typst
from report_sample import FOLDERS, sample

from coopetition.reports import report
from coopetition.reports.report import CONTRACT, FIGURES, SINGLE, TEMPLATES, build_report

HEADINGS = (
    "What this run shows",
    "Claims",
    "Threats to validity",
    "Environments",
    "Two editions",
    "Reference policies",
    "Two of three reward modes add up to the same sum",
    "Learning",
    "How learners compare",
    "Supplementary campaigns",
    "Behavioural audits",
    "Case studies",
    "The two-dimensional S-LCD",
    "Corpora",
    "Runs",
    "Published counts",
    "Definitions",
    "Provenance",
    "Environment cards",
    "Explore",
)
HOSTILE = r'#panic("x") *bold* _it_ <b>tag</b> $x^2$ @nowhere \ `raw` [x] // -- "q" ~ &amp; #'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40">'
    '<rect width="{width}" height="20"/></svg>'
)


@pytest.fixture
def sample_data() -> dict:
    """Data of a small study in which every table has at least one row."""
    return sample()


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, Path]:
    """One small SVG file per figure, no two alike."""
    drawn = (f"{folder}/TrustDilemma-{v}" for v in ("v0", "v1") for folder in FOLDERS)
    paths = {
        name: tmp_path / "svg" / f"{name}.svg"
        for name in (*FIGURES, *drawn, "cases/renault_nissan")
    }
    for i, path in enumerate(paths.values()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SVG.format(width=10 + i))
    return paths


class Page(HTMLParser):
    """What the tests ask of an HTML file."""

    VOID = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self, source: str):
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.rows: dict[str, list[list[str]]] = {}
        self.images: dict[str, str] = {}
        self.links: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.attributes: dict[str, list[dict]] = {}
        self.text = ""
        self.code: list[str] = []
        self.title = ""
        self.table = ""
        self.feed(source)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.attributes.setdefault(tag, []).append(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        else:
            self.loads += [attrs[key] for key in ("src", "href", "data", "srcset") if key in attrs]
        if tag == "img":
            self.images[attrs["alt"]] = attrs["src"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append("")
        if tag == "table":
            self.table = attrs["id"].removeprefix("table-")
            self.rows[self.table] = []
        if tag == "tr" and "tbody" in self.open:
            self.rows[self.table].append([])
        if tag == "td":
            self.rows[self.table][-1].append("")

    def handle_endtag(self, tag):
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open}"
        self.open.pop()

    def handle_data(self, data):
        if "style" in self.open or "script" in self.open:
            return
        if "title" in self.open:
            self.title += data
            return
        self.text += data
        if "code" in self.open:
            self.code.append(data)
        if any(re.fullmatch("h[1-6]", tag) for tag in self.open):
            self.headings[-1] += data
        if "td" in self.open:
            self.rows[self.table][-1][-1] += data


@pytest.fixture
def build(tmp_path: Path, figures: dict[str, Path]):
    """A function that builds the report of some data and gives its page and its PDF."""

    def run(data: dict) -> tuple[Page, bytes]:
        html, pdf = tmp_path / "out" / "report.html", tmp_path / "out" / "report.pdf"
        build_report(data, figures, html, pdf)
        assert sorted(path.name for path in html.parent.iterdir()) == ["report.html", "report.pdf"]
        return Page(html.read_text(encoding="utf-8")), pdf.read_bytes()

    return run


def test_html_is_one_complete_document(build, sample_data, figures, tmp_path):
    page, _ = build(sample_data)
    source = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert source.lower().startswith("<!doctype html>")
    assert page.attributes["html"] == [{"lang": "en"}]
    assert [m["content"] for m in page.attributes["meta"] if m.get("name") == "viewport"]
    assert "Coopetition-Gym v1" in page.title
    for number, heading in enumerate(HEADINGS, start=1):
        assert f"{number} {heading}" in page.headings
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_html_loads_nothing_from_elsewhere(build, sample_data, figures, tmp_path):
    page, _ = build(sample_data)
    source = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert all(load.startswith("data:") for load in page.loads)
    assert not re.search(r"@import|url\(|<link|<iframe|<object|fetch\(|import ", source)
    assert [{*script} for script in page.attributes["script"]] == [{"type", "id"}, {"type"}]
    for name, path in figures.items():
        head, content = page.images[f"Alternative of {name}"].split(",", 1)
        assert head == "data:image/svg+xml"
        assert unquote(content).replace("'", '"') == path.read_text()


def test_tables_show_every_row_with_formatted_numbers(build, sample_data):
    rows = build(sample_data)[0].rows
    assert {name: len(table) for name, table in rows.items()} == {
        "verdicts": 5,
        "claims-published": 3,
        "claims-own": 1,
        "threat-groups": 2,
        "untrained": 1,
        "half-precision": 1,
        "ablations": 2,
        "contract": 2,
        "comparison": 2,
        "documents": 1,
        "page-results": 1,
        "editions": 2,
        "policies": 2,
        "policies-welfare": 2,
        "policies-formal": 1,
        "oracles": 1,
        "formal-oracles": 1,
        "identity": 2,
        "scores": 3,
        "learners": 1,
        "hyperparameters": 1,
        "learner-cards": 1,
        "setting-differences": 2,
        "learner-certificates": 3,
        "exceptions": 1,
        "learner-signatures": 1,
        "learner-settings": 2,
        "learning-gate": 2,
        "learning-noise": 2,
        "learning-steps": 2,
        "longer-training": 2,
        "longer-gains": 1,
        "exception-probes": 1,
        "pools": 2,
        "performance": 1,
        "published-means": 2,
        "class-rankings": 2,
        **{"oracle-gaps": 1, "exceedances": 2},
        "class-gaps": 2,
        "environment-gaps": 1,
        "part-costs": 1,
        "learner-costs": 2,
        "contributions": 2,
        "mode-effects": 2,
        "paired-tests": 1,
        "equivalence": 2,
        "power": 2,
        "released-audit-figures": 3,
        "released-audit-records": 1,
        "released-audit": 2,
        "exploitability": 2,
        "cross-play": 2,
        "worst-case-training": 1,
        "robustness": 2,
        "behaviour": 1,
        "reward-hacking": 1,
        "case-scores": 2,
        "case-claims": 1,
        "case-rollouts": 1,
        **{f"case-{name}-renault_nissan": 1 for name in ("items", "nulls", "fit", "sensitivity")},
        **{"case-parameters-renault_nissan": 1, "case-experiments-renault_nissan": 2},
        "biaxial": 2,
        "biaxial-points": 1,
        "biaxial-trained": 1,
        "biaxial-calibration": 1,
        **{"capacity": 9, "critic-rates": 9, "mutuality": 3, "mutuality-jumps": 2},
        **{"mutuality-crossovers": 1, "population": 1, "population-partners": 12},
        "corpora": 1,
        "left-out": 1,
        "corpus-checks": 1,
        "cells": 2,
        "failures": 1,
        **{"breakdowns": 3, "instability": 1},
        "excluded": 1,
        "records": 3,
        "packages": 3,
        **{f"card-{game}-v{k}": 2 for game in ("TrustDilemma", "LoyaltyTeam") for k in (0, 1)},
        **{f"scores-{game}-v1": 1 for game in ("TrustDilemma", "LoyaltyTeam")},
        **{f"audits-{game}-v1": 2 for game in ("TrustDilemma", "LoyaltyTeam")},
        **{f"changes-{game}-v1": 2 for game in ("TrustDilemma", "LoyaltyTeam")},
    }
    assert rows["verdicts"] == [
        ["confirmed", "1", "0"],
        ["refuted", "1", "0"],
        ["inconclusive", "0", "1"],
        ["not testable", "1", "0"],
        ["Total", "3", "1"],
    ]
    assert rows["comparison"][0][1:] == [
        *("4", "4", "≠ 3", "100", "100", "TR-2", "TR-2", "≠ TR-1", "TR-2", "TR-2", "0"),
    ]
    assert rows["policies"][0][1:] == [
        *("42", "46,830", "86.0\xa0%", "7.8\xa0%", "86.0\xa0%", "–"),
        "Nash\xa0<\xa0100\xa0%, Loyalty\xa086.0\xa0%",
    ]
    assert rows["policies-welfare"][0][1:] == [
        *("41", "−29,600", "1.00", "0.86", "0.86", "–", "Nash\xa01.00, Loyalty\xa00.86"),
    ]
    assert [row[2:4] for row in rows["records"]] == [
        *(["≠ 1,110", "mismatch"], ["1,116", "match"], ["–", "not\xa0derivable"]),
    ]
    assert rows["card-TrustDilemma-v0"] == [
        ["Constant_42", "own endowment", "0.50", "46,830", "29,654", "−1.50", "1.00", "99.5"],
        ["TitForTat_released", "released rule", *rows["card-TrustDilemma-v0"][0][2:]],
    ]
    assert rows["card-TrustDilemma-v1"][0][6] == "–", "no trust in this game"
    assert rows["editions"][0][1:] == [
        *("no", "0.35, 0.29", "0.36", "1.00", "0.9", "0.5", "11.4", "–", "146.6"),
        *("1.00", "–", "−0.02"),
    ]
    assert rows["policies-formal"][0][1:] == [
        *("94", "1.00", "0.00", "1.00", "0.19", "–", "–", "0.99", "–", "–", "–", "1.00"),
    ]
    assert rows["scores-TrustDilemma-v1"] == [
        ["QMIX", "corrected", "8 of 9", *["0.91 [0.90, 1.00]"] * 2, "–", "0.50", "–"],
    ]
    assert [row[0] for row in rows["changes-TrustDilemma-v1"]] == ["Product G (ours)", "Product G"]
    assert rows["contract"][0][4:6] == ["150, 80 × 3", "40 × 4"]
    assert rows["identity"][0][1:] == ["1.2 × 10−8", "0"]
    assert rows["scores"][1][4:] == [
        *("2 of 3", "0.93", "[0.90, 0.95]", "0.90", "–", "0.41", "–", "29,000"),
    ]
    assert [row[0] for row in rows["scores"]][:2] == ["all v0 (2)", "TrustDilemma-v0"]
    assert [row[2] for row in rows["released-audit-figures"]] == ["504", "≠ 492", "–"]
    assert rows["released-audit"][0][2:] == [
        *("27 of 60", "0 of 123", "67 of 205", "1.30\xa0%", "2 of 5", "[1.303, 1.303]"),
        "[0.003, 0.300]",
    ]
    assert rows["exploitability"][0][1:] == [
        *("14", "8,719", "Oracle_Nash 0", "0.0\xa0%", "–", "–", "Constant_100 15,263"),
        "175.0\xa0%",
    ]
    assert rows["robustness"][0][4:] == ["0.1\xa0%", "Planner, TrustDilemma-v0 103.0\xa0%"]
    assert rows["audits-TrustDilemma-v1"][0] == [
        *("mine", "26,779", "20,106", "−8", "−8", "1,234", "7.2\xa0%", "0.0\xa0%", "71.2\xa0%"),
        *("1.00", "–", "−0.30", "0.50", "1.00", "–"),
    ]
    assert rows["behaviour"][0][7:] == ["0.994", "0.012", "97.5\xa0%", "1.04"]
    assert rows["cross-play"][0][4:7] == ["–", "–", "Planner 4"]
    assert [row[0] for row in rows["pools"]] == ["all v0 (shown)", "LoyaltyTeam-v0"]
    assert rows["performance"][0][4:] == [*["0.50 [0.25, 0.75]"] * 4, "1.3", "75 %"]
    assert [row[5:] for row in rows["published-means"]] == [
        ["22,762", "Random", "22,762", "5", "0.0 %"],
        ["22,762", "–", "–", "–", "–"],
    ]
    assert [row[5:] for row in rows["class-rankings"]] == [
        ["QMIX 0.91 [0.90, 0.93], rank 1", "QMIX 0.91 [0.90, 0.93], ranks 1 to 3", "–", name]
        for name in ("QMIX", "–")
    ]
    assert rows["class-gaps"][0][3:] == [
        *("private", "−4.3 [−5.3, −3.3], without 2", "IPPO – QMIX", "4.2 (ISAC against QMIX)"),
        *("0.13 [−0.87, 1.13]", "IPPO – QMIX", "[0.00, 0.20]", "−0.02 [−0.10, 0.06]"),
    ]
    assert rows["oracle-gaps"][0][3:] == [
        *("QMIX", "5", "250.0 [249.0, 251.0]", "−4.8 [−5.8, −3.8]", "– –", "−6.0 [−7.0, −5.0]"),
    ]
    assert [row[4:] for row in rows["exceedances"]] == [
        [
            "5,484,826",
            "1.00",
            "−4.84 (Constant_60)",
            "Central_SAC (3 runs)",
            "−2.50 [−2.50, −2.50]",
        ],
        ["5,484,826", "1.00", "−4.84 (Constant_60)", "–", "– –"],
    ]
    assert rows["environment-gaps"][0][2:5] == ["– –", "–", "7.0"]
    assert rows["contributions"][0][6:8] == ["1", "30.1 (0 of 77 below 0)"]
    assert [row[-2:] for row in rows["equivalence"]] == [["0.02", "yes"], ["0.02", "–"]]
    assert rows["mode-effects"][0][4:6] == ["4", "1"]
    assert [row[2:] for row in rows["power"]] == [
        ["1", "–", "–"],
        ["3 (here)", "3.26", "[0.33, 0.65]"],
    ]
    assert [row[3:] for row in rows["breakdowns"]] == [
        ["0 of 13", "half", "1 of 3, from step 1,024", "–"],
        ["3", "half", "1 of 3, from step 1,024", "–"],
        ["–", "–", "1 of 3, from step 1,024", "–"],
    ]
    assert rows["instability"][0][1:] == ["8 of 60", "ApacheProject", "1 of 9: SLCD", "–"]
    assert rows["learners"] == [["Central_PPO", "joint", "IPPO", "2 of v0", "–"]]
    assert rows["hyperparameters"][0][1:] == [
        *("IPPO, Central_PPO", "n_steps = 2048; hidden = [64, 64]"),
    ]
    assert [row[5:] for row in rows["learner-certificates"]] == [
        ["0.25", "0.20", "[0.10, 0.30]", "16,000", "4 of 5"],
        ["0.25", "≠ 0.50", "[0.40, 0.30]", "16,000", "4 of 5"],
        ["0.25", "–", "–", "16,000", "4 of 5"],
    ]
    assert [row[5:] for row in rows["learner-settings"]] == [
        ["0.70", "[0.60, 0.80]", "–", "–", "12.3"],
        ["0.70", "[0.60, 0.80]", "−0.10", "[−0.10, −0.10]", "12.3"],
    ]


def test_facts_and_highlights(build, sample_data):
    sample_data["study"]["dirty"] = True
    page, _ = build(sample_data)
    assert "1,234 planned: 1,232 finished, 1 diverged, 1 failed, 0 excluded" in page.text
    assert "Of 2 released environments, 0 are dilemmas." in page.text
    assert "no score on LoyaltyTeam-v0 (the plan earns nothing)" in page.text
    assert "2 environments, 1 policy, 3 seeds" in page.text
    assert "6.9 min" in page.text
    assert "Of 4 numbers of the released environment code 4 are what is measured" in page.text
    assert "of 14 statements of the other documents, 10 are" in page.text
    assert sample_data["study"]["commit"] + " with uncommitted changes" in page.text
    assert sample_data["study"]["configuration_hash"] in page.text
    assert "made at commit 0123456, fedcba9+" in page.text
    assert "After 16,000 steps, 1 of 2." in page.text
    assert "In 1 of 1 rows." in page.text
    assert page.links.count("#claim-N01") == 2, "from the table and from the highlight"


def test_every_claim_has_verdict_entry_and_figure(build, sample_data):
    page, _ = build(sample_data)
    rows = {row[0]: row for name in ("published", "own") for row in page.rows[f"claims-{name}"]}
    for claim in sample_data["claims"]:
        assert claim["verdict"] in rows[claim["id"]]
        assert f"claim-{claim['id']}" in page.ids
        assert f"{claim['id']} {claim['verdict']}" in page.headings
        assert claim["rule"] in page.text
        assert claim["reason"] in page.text
        if claim["figure"]:
            assert f"#figure-{claim['figure']}" in page.links
        if claim["table"]:
            assert f"#table-{claim['table']}" in page.links
        assert claim["unlinked"] in page.text
    assert page.text.count("V01, V26") == 3
    classes = {span.get("class") for span in page.attributes["span"]}
    assert {f"badge {c}" for c in ("confirmed", "refuted", "inconclusive", "not-testable")} <= (
        classes
    )


def test_threats_are_shown_with_evidence_or_the_reason_for_none(build, sample_data):
    page, _ = build(sample_data)
    assert page.rows["threat-groups"] == [
        ["Objectives", "V01", "2", "1", "1"],
        ["Total", "", "2", "1", "1"],
    ]
    for text in ("It is 0. (identity)", "Nothing of it was released.", "no single claim"):
        assert text in page.text
    assert "#claim-B01" in page.links
    assert "#claim-Z99" not in page.links
    assert {"V01 One objective twice", "V02 Silent changes"} <= set(page.headings)


def test_small_experiments_are_shown(build, sample_data):
    page, _ = build(sample_data)
    [start] = page.rows["untrained"]
    assert start[3:] == ["3", "0.000 to 0.001", "3 to 100", "0.47"]
    assert page.rows["half-precision"] == [["half", "integrated", "93,000", "no", "no"]]


def test_the_chain_marks_what_does_not_change_alone(build, sample_data):
    page, _ = build(sample_data)
    first, second = page.rows["ablations"]
    assert first[:3] == ["TrustDilemma", "as published", "actions in own units"]
    assert first[3:] == ["0.50", "0.90", "[0.80, 1.00]", "–", "–"]
    assert (second[1], second[-2:]) == ("batches *", ["0.70", "[0.70, 0.70]"])


def test_pdf_has_pages_and_bookmarks(build, sample_data):
    _, made = build(sample_data)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert len(pdf.pages) > 1
        found = "\n".join(_bookmarks(pdf.open_outline().root))
        # Screen readers are told what is a heading and what a table.
        assert "/StructTreeRoot" in pdf.Root and pdf.Root.Lang == "en"
    # The last section is for the screen alone.
    for bookmark in (*HEADINGS[:-1], "B02 refuted", "LoyaltyTeam: title of LoyaltyTeam"):
        assert bookmark in found


def _bookmarks(items):
    for item in items:
        yield " ".join(item.title.split())
        yield from _bookmarks(item.children)


def test_the_structure_of_a_pdf_is_compressed_and_equal_reports_are_equal_files(build, sample_data):
    made = [build(sample_data)[1] for _ in range(2)]
    assert made[0] == made[1]
    assert b"/StructElem" not in made[0]


def test_a_table_of_many_pages_is_brief_in_print_and_whole_on_screen(build, sample_data):
    (cell,) = sample_data["cells"][:1]
    whole = {**cell, "planned": 9, "finished": 9}
    pages = {}
    for name, cells in (
        ("brief", [whole] * 600 + [{**whole, "finished": 8}] * 2),
        ("all finished", [whole] * 600),
    ):
        page, made = build({**sample_data, "cells": cells})
        assert len(page.rows["cells"]) == len(cells)
        with pikepdf.open(io.BytesIO(made)) as pdf:
            pages[name] = len(pdf.pages)
    assert pages["brief"] < pages["all finished"] - 5, "with nothing to name, all are printed"


def test_a_figure_of_several_sheets_is_cut_into_pages(tmp_path):
    """Three sheets of one colour each: every colour has its page, and no page shows two."""
    colours = ("#ff0000", "#00ff00", "#0000ff")
    parts = "".join(
        f'<rect y="{600 * i}" width="480" height="600" fill="{colour}"/>'
        for i, colour in enumerate(colours)
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="480" height="1800">{parts}</svg>'
    (tmp_path / "tall.svg").write_text(svg)
    shutil.copy(TEMPLATES / "lib.typ", tmp_path)
    source = tmp_path / "page.typ"
    source.write_text(
        '#import "lib.typ": *\n'
        "#show figure: set block(breakable: true)\n"
        '#figure(fitted("tall.svg", "", 3))'
    )
    pages = typst.compile(source, root=tmp_path, format="png", ppi=20)
    shown = []
    for page in pages:
        pixels = mpimg.imread(io.BytesIO(page), format="png")[..., :3].reshape(-1, 3)
        saturated = pixels[(pixels.max(axis=1) > 0.99) & (pixels.min(axis=1) < 0.01)]
        shown.append({tuple(pixel) for pixel in saturated.round().astype(int).tolist()})
    assert shown == [{(1, 0, 0)}, {(0, 1, 0)}, {(0, 0, 1)}]


def test_every_environment_has_a_card_that_is_linked(build, sample_data):
    page, _ = build(sample_data)
    games = ["TrustDilemma", "LoyaltyTeam"]
    assert [c["id"] for c in page.attributes["details"]] == [f"card-{game}" for game in games]
    for folder in FOLDERS:
        for edition in ("v0", "v1"):
            assert f"Alternative of {folder}/TrustDilemma-{edition}" in page.images
    for game in games:
        # From the contract and from the comparison of the editions.
        assert page.links.count(f"#card-{game}") == 2
        assert f"{game}: title of {game}" in page.text
        assert f"Common story of {game}." in page.text
        for edition, label in (("v0", "Released edition"), ("v1", "Formal edition")):
            assert f"{label}, {game}-{edition}" in page.headings
            assert f"Story of {game}-{edition}." in page.text
    assert "info" in [code.strip() for code in page.code]
    assert page.text.count("max_steps = 100; phase = mature") == 4
    assert page.text.count("The released wrappers played another game.") == 2
    said = " ".join(page.text.split())
    assert "without: exit (exit_threshold = -1.0)" in said
    assert (
        "a dilemma; roles: Strong, Weak; private equilibria 0.35, 0.27, integrated –, cooperative "
        "0.90; joint optimum 0.60, 0.77; price of anarchy 2.35, of stability 1.20; greed 10.6, "
        "3.0, fear 108.0"
    ) in said
    assert "no dilemma; roles" in said
    for game in games:
        assert f"No learner was trained on {game}-v0 in this study." in said


def test_a_page_that_is_too_large_is_written_with_a_warning(build, sample_data, monkeypatch):
    monkeypatch.setattr(report, "LARGEST", 1000)
    with pytest.warns(UserWarning, match=r"report.html has \d+\.\d MB, more than 0 MB; figures"):
        page, _ = build(sample_data)
    assert page.headings


def test_a_part_of_a_card_must_be_complete(sample_data, figures, tmp_path):
    del sample_data["cards"][1]["editions"][0]["certificate"]
    with pytest.raises(ValueError, match=r"card of LoyaltyTeam, editions\[0\] lacks 'certificate'"):
        build_report(sample_data, figures, tmp_path / "a.html", tmp_path / "a.pdf")


def test_text_is_never_evaluated(build, sample_data, tmp_path):
    data = copy.deepcopy(sample_data)
    fixed = {"version", "commit", "id", "claim", "group", "verdict", "figure", "table"}
    fixed |= {"environment", "result", "edition"}

    def poison(value, key=""):
        if isinstance(value, dict):
            return {k: poison(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [poison(v, key) for v in value]
        return HOSTILE if isinstance(value, str) and key not in fixed else value

    data = poison(data)
    data["study"]["packages"] = {HOSTILE: HOSTILE}
    page, pdf = build(data)
    assert HOSTILE in page.title
    assert page.rows["packages"] == [[HOSTILE, HOSTILE]]
    assert page.rows["claims-published"][0][1] == HOSTILE
    assert page.rows["contract"][0][4] == HOSTILE
    assert set(page.images) == {HOSTILE}
    assert "b" not in page.attributes
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert str(opened.docinfo.Title).endswith(HOSTILE)
    if shutil.which("pdftotext"):
        path = tmp_path / "out" / "report.pdf"
        text = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True)
        assert HOSTILE in re.sub(r"\s+", " ", text.stdout)


def test_empty_lists_become_sentences(build, sample_data):
    for section, keys in CONTRACT.items():
        if section not in SINGLE:
            assert keys
            sample_data[section] = []
    sample_data["study"]["packages"] = {}
    page, pdf = build(sample_data)
    assert pdf.startswith(b"%PDF")
    assert page.rows == {}
    for number, heading in enumerate(HEADINGS, start=1):
        assert f"{number} {heading}" in page.headings
    for sentence in (
        "No highlights were recorded for this run.",
        "No claim was examined in this run.",
        "No threat was examined in this run.",
        "The chain was not trained in this run.",
        "No environment was part of this run.",
        "This run has no figure of the editions.",
        "No environment was certified in this run.",
        "This run has no figure of released response curves.",
        "This run has no figure of response curves of the formal edition.",
        "No released environment was part of this run.",
        "No released environment was evaluated in this run.",
        "No environment of the formal edition was scored in this run.",
        "No oracle of the released edition was evaluated in this run.",
        "No oracle of the formal edition was evaluated in this run.",
        "No count was recomputed in this run.",
        "The two modes were not compared in this run.",
        "This run has no learning curves.",
        "This run has no figure of where learners end.",
        "No learner was planned.",
        "No learner was trained for this test in this run.",
        "No other settings were measured.",
        "No policy was trained in this run.",
        "No learner has a score in this run.",
        "This run has no performance profiles.",
        "This run has no figure of the probability of improvement.",
        "This run has no figure of ranks.",
        "No learner finished on a released environment in this run.",
        "This run has no figure of gaps.",
        "No class has learners of both sides in this run.",
        "No environment with a published gap has learners of both sides in this run.",
        "No learner trained under both private and integrated reward in this run.",
        "No two learners trained on the same environments in this run.",
        "The learners that a claim calls the same did not both train in this run.",
        "This run has no figure of rankings along training.",
        "No released environment was audited in this run.",
        "No records were expanded in this run.",
        "This run has no figure of the published audit.",
        "This run has no figure of exploitability.",
        "This run has no figure of behaviour.",
        "No policy was audited in this run.",
        "MADDPG and M3DDPG were not both audited on an environment of this run.",
        "No training run finished in this run.",
        "No corpus was made in this run.",
        "No corpus was left out.",
        "Nothing was checked in this run.",
        "No training run was planned.",
        "No run failed or diverged.",
        "No terms are defined.",
    ):
        assert sentence in page.text


def test_missing_values_are_left_out(build, sample_data):
    for key in ("source", "published", "estimate", "interval", "decided_by", "figure"):
        sample_data["claims"][0][key] = float("nan")
    page, _ = build(sample_data)
    assert page.rows["claims-published"][0][2:] == ["–", "–", "confirmed", "–"]
    assert "nan" not in page.text.lower().split()


def test_claim_may_point_to_an_absent_figure(build, sample_data):
    sample_data["figures"] = [f for f in sample_data["figures"] if f["id"] != "scores"]
    page, _ = build(sample_data)
    assert "not part of this run" in page.text
    assert "#figure-scores" not in page.links


def test_missing_keys_are_named(sample_data, figures, tmp_path):
    html = tmp_path / "report.html"
    html.write_text("earlier report")
    for section, keys in CONTRACT.items():
        data = copy.deepcopy(sample_data)
        del data[section]
        with pytest.raises(ValueError, match=f"lack the key '{section}'"):
            build_report(data, figures, html, tmp_path / "report.pdf")
        for key in keys.split():
            data = copy.deepcopy(sample_data)
            row = data[section] if isinstance(data[section], dict) else data[section][-1]
            del row[key]
            with pytest.raises(ValueError, match=rf"{section}.* lacks '{key}'"):
                build_report(data, figures, html, tmp_path / "report.pdf")
    assert html.read_text() == "earlier report"
    assert not (tmp_path / "report.pdf").exists()


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("claims", "verdict", "true", r"claims\[0\] has verdict 'true'; allowed are 'confirmed'"),
        ("claims", "figure", "curves", r"claims\[0\] has figure 'curves'"),
        ("claims", "table", "costs", r"claims\[0\] has table 'costs'"),
        ("claims", "id", "B02", "claims has 'B02' twice"),
        ("highlights", "claim", "Z99", r"highlights\[0\] has claim 'Z99'"),
        ("figures", "id", "curves", r"figures\[0\] has id 'curves'"),
    ],
)
def test_wrong_values_are_named(sample_data, figures, tmp_path, section, key, value, message):
    sample_data[section][0][key] = value
    with pytest.raises(ValueError, match=message):
        build_report(sample_data, figures, tmp_path / "a.html", tmp_path / "a.pdf")


def test_missing_figures_are_named(sample_data, figures, tmp_path):
    outputs = tmp_path / "a.html", tmp_path / "a.pdf"
    figures["scores"].unlink()
    with pytest.raises(ValueError, match="figure 'scores': there is no file"):
        build_report(sample_data, figures, *outputs)
    del figures["scores"]
    with pytest.raises(ValueError, match="figure 'scores', but no SVG"):
        build_report(sample_data, figures, *outputs)


def test_same_data_same_bytes(sample_data, figures, tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        build_report(sample_data, figures, folder / "r.html", folder / "r.pdf")
    assert (first / "r.html").read_bytes() == (second / "r.html").read_bytes()
    pdf = (first / "r.pdf").read_bytes()
    assert pdf == (second / "r.pdf").read_bytes()
    assert b"CreationDate" not in pdf
