"""The page to explore results: what it is given, and what a browser makes of it."""

from __future__ import annotations

import html
import re
import shutil
import subprocess

import pandas as pd
import pytest

from coopetition.reports import columns, schema
from coopetition.reports.explorer import explorer_data
from coopetition.reports.report import compile_page
from frames import row, run

NOTHING = schema.table("audit_cross_play", [])
UNTRAINED = {"kind": "heuristic", "protocol": "", "reward_mode": "", "seed": None}
TRAINED = {"kind": "learner", "protocol": "corrected", "reward_mode": "private", "seed": 1}


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    """Two private runs of IPPO on one environment, of which one did not finish."""
    told = {"environment": "TrustDilemma", "policy": "IPPO", "reward_mode": "private"}
    other = {"seed": 2, "status": "diverged", "reason": "NaN"}
    return schema.table("scores", [run(**told), run(**told, **other)])


def met(policy: str, partner: str, payoff: float) -> dict:
    """A row of cross-play of an untrained policy or of IPPO."""
    kinds = [TRAINED if name == "IPPO" else UNTRAINED for name in (policy, partner)]
    theirs = {f"partner_{key}": value for key, value in kinds[1].items()}
    return row(
        "audit_cross_play",
        **{"environment": "TrustDilemma", "edition": "v0", "role": "0|1", "seat": 0},
        **{"policy": policy, **kinds[0], "partner": partner, **theirs, "payoff": payoff},
    )


@pytest.fixture(scope="module")
def explored(reference, certificates, runs) -> dict:
    cells = {("Random", "Random"): 1.0, ("Random", "IPPO"): 2.0}
    cells |= {("IPPO", "Random"): 3.0, ("IPPO", "IPPO"): 4.0}
    cross_play = schema.table("audit_cross_play", [met(*pair, v) for pair, v in cells.items()])
    return explorer_data(reference, certificates, runs, cross_play)


def test_curves_are_those_of_the_reference_table(explored, reference):
    assert list(explored["environments"]) == ["TrustDilemma-v0", "TeamProduction-v0"]
    found = explored["environments"]["TrustDilemma-v0"]
    rows = reference[(reference["environment"] == "TrustDilemma") & reference["level"].notna()]
    rows = rows[rows["action_basis"] == "own"]
    for mode in columns.MODES:
        stated = rows[rows["reward_mode"] == mode].set_index("level")["mode_return"]
        drawn = dict(zip(found["levels"], found["modes"][mode]["curve"], strict=True))
        assert drawn == pytest.approx(stated.to_dict(), rel=1e-4)


def test_learners_stand_with_the_mode_that_they_train_on(explored):
    modes = explored["environments"]["TrustDilemma-v0"]["modes"]
    [learner] = [p for p in modes["private"]["points"] if p["kind"] == "learner"]
    assert (learner["name"], learner["runs"]) == ("IPPO", "1 of 2")
    assert not [p for p in modes["cooperative"]["points"] if p["kind"] == "learner"]
    assert {p["kind"] for p in modes["cooperative"]["points"]} >= {"heuristic", "oracle"}


def test_cross_play_has_a_row_per_policy_of_the_mode(explored):
    modes = explored["environments"]["TrustDilemma-v0"]["modes"]
    assert modes["private"]["cross_play"] == {
        "names": ["IPPO", "Random"],
        "payoffs": [[4.0, 3.0], [2.0, 1.0]],
    }
    assert modes["integrated"]["cross_play"] == {"names": ["Random"], "payoffs": [[1.0]]}
    assert explored["environments"]["TeamProduction-v0"]["modes"]["private"]["cross_play"] is None


@pytest.fixture
def page(tmp_path, explored):
    """A function that opens the page in a browser and gives what stands there."""
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        pytest.skip("neither chromium nor google-chrome is installed")
    data = {"study": {"commit": "0"}, "counts": {}, "explorer": explored, "figures": []}
    compile_page("explorer.typ", data, {}, {"html": tmp_path / "page.html"})

    def opened(choice: str, script: str = "") -> str:
        file = tmp_path / "opened.html"
        after = f"<script type=module>{script}</script></body>"
        file.write_text((tmp_path / "page.html").read_text().replace("</body>", after))
        address = f"{file.as_uri()}#explore={choice}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options += ["--virtual-time-budget=4000"]
        made = subprocess.run(
            [browser, *options, f"--user-data-dir={tmp_path}/profile", "--dump-dom", address],
            capture_output=True,
            text=True,
            timeout=120,
        )
        return html.unescape(made.stdout)

    return opened


def test_a_browser_shows_what_is_chosen(page):
    shown = page("TrustDilemma-v0,private")
    assert "TrustDilemma-v0: private reward" in shown
    assert shown.count("<circle") > 5
    assert re.search(r"<td[^>]*>IPPO</td><td>learner</td><td>1 of 2</td>", shown)
    assert 'title="IPPO among Random: 3"' in shown


def test_a_choice_that_the_study_lacks_is_said(page):
    assert "TeamProduction-v1 is not part of this study." in page("TeamProduction-v1,private")


@pytest.mark.parametrize(("clicks", "order"), [(1, -1), (2, 1)])
def test_headings_sort(page, clicks, order):
    click = "document.querySelectorAll('th button')[4].click();"
    shown = page("TeamProduction-v0,cooperative", click * clicks)
    cells = re.findall(r"<tr><td class=\"name\">.*?</tr>", shown)
    rewards = [re.findall(r"<td class=\"num\">(.*?)</td>", row)[1] for row in cells]
    numbers = [float(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) for text in rewards]
    assert len(numbers) > 5
    assert numbers == sorted(numbers, reverse=order < 0)
