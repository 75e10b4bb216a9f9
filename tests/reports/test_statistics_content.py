"""What the report says of how learners compare, of full, partial and empty results."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from compared import comparisons, matrix_runs, of_report

from coopetition.reports import schema, statistics_content
from coopetition.reports.crossovers import case_games
from coopetition.reports.figures import FIGURES
from coopetition.reports.report import CONTRACT
from coopetition.reports.statistics_content import statistics_data
from frames import parts, row

PARADIGMS = {"IPPO": "independent", "SelfPlay_PPO": "population", "QMIX": "ctde"}
DRAWN = {
    "performance_profiles": ("performance_profiles", "performance", "pools"),
    "improvement": ("improvement", "performance", "pools"),
    "ranks": ("ranks", "performance", "pools"),
    "class_gaps": ("class_gaps",),
    "crossovers": ("class_gaps",),
    "budgets": ("budgets", "pools"),
}
SECTIONS = ("pools", "performance", "paired_tests", "equivalence", "power", "published_means")
SECTIONS += ("class_rankings", "class_gaps", "environment_gaps", "oracle_gaps", "contributions")
SECTIONS += ("mode_effects", "exceedances", "breakdowns", "instability")
# What is published needs no run.
PUBLISHED = ("exceedances", "breakdowns", "instability")


def study(learners, environments=3, modes=("private", "integrated"), seeds=3, seed=1):
    """Scores and curves of learners on environments, the later learners the better ones."""
    generator = np.random.default_rng(seed)
    scores, curves = [], []
    for mode in modes:
        found = {
            policy: generator.normal(0.2 + 0.1 * number, 0.03, (seeds, environments))
            for number, policy in enumerate(learners)
        }
        names = ("SLCD", "AppleAppStore", "TrustDilemma", "A", "B", "C", "D")[:environments]
        runs = matrix_runs(found, paradigms=PARADIGMS, names=names, reward_mode=mode)
        scores += runs.to_dict("records")
        for run in runs.to_dict("records"):
            for step in (0, 50, 100):
                welfare = 100 + step * run["score"]
                curves.append(row("curves", run_id=run["run_id"], step=step, welfare=welfare))
    table = schema.table("scores", scores)
    return comparisons(table, schema.table("reference", []), schema.table("curves", curves))


@pytest.fixture(scope="module")
def full():
    return study(("IPPO", "SelfPlay_PPO", "QMIX"))


@pytest.fixture(scope="module")
def nothing():
    empty = schema.table("scores", [])
    return comparisons(empty, schema.table("reference", []), schema.table("curves", []))


def test_every_section_has_the_keys_of_the_report(full):
    data = statistics_data(of_report(full))
    assert set(data) == {*SECTIONS, "statistics"}
    for section in SECTIONS:
        if section not in ("contributions", "mode_effects", "oracle_gaps"):
            assert data[section], section
        for found in data[section]:
            assert set(CONTRACT[section].split()) <= set(found), section
    assert set(data["statistics"]) == set(CONTRACT["statistics"].split())


def test_nothing_trained_gives_empty_sections(nothing):
    data = statistics_data(of_report(nothing))
    assert all(data[section] == [] for section in SECTIONS if section not in PUBLISHED)
    said = dict(data["statistics"])
    assert said.pop("power") == "One seed shows no difference between two learners."
    assert said.pop("rankings").startswith("Fewer than 3 learners of a published ranking")
    assert set(said.values()) == {""}


def test_learners_go_by_score_with_ranks(full):
    rows = statistics_data(of_report(full))["performance"]
    private = [r for r in rows if r["reward_mode"] == "private"]
    assert [r["policy"] for r in private] == ["QMIX", "SelfPlay_PPO", "IPPO"]
    assert [r["first"] for r in private] == [1.0, 0.0, 0.0]
    assert [r["mean_rank"] for r in private] == [1.0, 2.0, 3.0]
    for found in rows:
        assert found["iqm_low"] <= found["iqm"] <= found["iqm_high"]


def test_one_learner_has_no_rank():
    (found,) = statistics_data(of_report(study(("IPPO",), modes=("private",))))["performance"]
    assert np.isnan([found["first"], found["mean_rank"]]).all()


def test_both_forms_of_a_gap_stand_in_one_row(full):
    data = statistics_data(of_report(full))
    gaps = {(r["mechanism_class"], r["reward_mode"]): r for r in data["class_gaps"]}
    assert set(gaps) == {
        (c, m) for c in ("TR-1", "TR-2", "TR-4") for m in ("private", "integrated")
    }
    found = gaps["TR-1", "private"]
    assert found["return"]["leaders"] == found["score"]["leaders"] == "SelfPlay_PPO – QMIX"
    assert found["return"]["gap"] < 0
    assert found["published"] == 4.2
    assert {r["environment"] for r in data["environment_gaps"]} == {
        "SLCD-v0",
        "AppleAppStore-v0",
    }
    assert (
        "changes between private and integrated reward on 0 of 3" in data["statistics"]["changes"]
    )


def test_summaries_say_what_was_found(full):
    said = statistics_data(of_report(full))["statistics"]
    assert said["tests"] == "After that 6 of 6 pairs differ at 5 %."
    assert "are the same within the margin in 0 of 12 tests" in said["equivalence"]
    assert "With 3 seeds" in said["power"]
    assert "3.26 standard deviations" in said["power"]
    (tested, _) = statistics_data(of_report(full))["paired_tests"]
    assert tested["largest"].startswith("QMIX over IPPO (0.")
    few = statistics_data(of_report(study(("IPPO", "QMIX"), environments=1, seeds=2)))["statistics"]
    assert few["tests"].startswith("In 2 of 2 families no pair could have")


# ---- figures ------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def draw(name, tables):
    return FIGURES[name](**{table: tables[table] for table in DRAWN[name]})


def labels(figure):
    return [tick.get_text() for ax in figure.axes for tick in ax.get_yticklabels()]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWN)
def test_figures_without_runs_say_so(name, nothing):
    plot = draw(name, nothing)
    assert [t.get_text() for ax in plot.figure.axes for t in ax.texts] == ["no runs"]
    assert plot.caption.startswith("No ")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWN)
def test_figures_of_a_single_run(name):
    plot = draw(name, study(("IPPO",), environments=1, modes=("private",), seeds=1))
    assert "nan" not in plot.caption


def test_profiles_have_a_panel_per_learner_best_first(full):
    plot = draw("performance_profiles", full)
    titles = [ax.get_title(loc="left").strip() for ax in plot.figure.axes]
    assert titles == ["QMIX", "SelfPlay_PPO", "IPPO"]
    assert "0 % of" in plot.caption
    assert set(plot.data["threshold"]) >= {0.0, 0.9, 1.0}


def test_improvement_numbers_the_cells_of_few_learners(full):
    plot = draw("improvement", full)
    cells = [text.get_text() for text in plot.figure.axes[0].texts]
    assert sorted(c for c in cells if c.isdigit()) == ["0"] * 3 + ["100"] * 3
    assert "6 of 6 on all v0 (3 environments), corrected" in plot.caption
    assert labels(plot.figure)[0].startswith("QMIX")


def test_many_learners_are_named_and_their_cells_not_numbered():
    names = ("IPPO", "IA2C", "ISAC", "LOLA", "FCP", "QMIX", "VDN", "COMA", "MAPPO", "MASAC")
    tables = study(names, environments=1, modes=("integrated",), seeds=2)
    plot = draw("improvement", tables)
    assert not [t for t in plot.figure.axes[0].texts if t.get_text().isdigit()]
    for name in ("ranks", "budgets"):
        figure = draw(name, tables).figure
        said = labels(figure) + [t.get_text() for ax in figure.axes for t in ax.texts]
        assert set(names) <= set(said)
    assert len(draw("performance_profiles", tables).figure.axes) == len(names)


def test_the_caption_of_ranks_names_the_first(full):
    caption = draw("ranks", full).caption
    assert "QMIX under private reward (100 %), QMIX under integrated reward (100 %)" in caption


def test_gaps_show_the_published_ones_and_name_the_best(full):
    plot = draw("class_gaps", full)
    boxes = [box for part in parts(plot.figure) for box in part.legends]
    assert "published" in [t.get_text() for box in boxes for t in box.get_texts()]
    assert "SelfPlay_PPO – QMIX" in [t.get_text() for ax in plot.figure.axes for t in ax.texts]
    assert "in score the independent one leads in 0 of 6 rows, the other in 6" in plot.caption
    # Published: above zero on TR-1 private, both of TR-2; the others, and all of ours, below.
    assert "The sign is that of the published gap in 3 of 6 rows." in plot.caption


def test_gaps_beyond_the_axis_are_told_in_numbers(full):
    wide = full["class_gaps"].assign(gap=-400.0, low=-500.0, high=-300.0)
    plot = draw("class_gaps", full | {"class_gaps": wide})
    said = [t.get_text() for t in plot.figure.axes[0].texts]
    assert said[0].endswith("(−400)")


def test_every_environment_has_its_gaps_and_case_studies_are_enlarged(full):
    plot = draw("crossovers", full)
    cases, classes = plot.figure.axes[:4], plot.figure.axes[4:]
    titles = [ax.get_title(loc="left") for ax in cases]
    assert titles == [f"{game}-v0" for game in case_games()]
    assert set(titles) == {"AppleAppStore-v0", "SLCD-v0", "RenaultNissan-v0", "ApacheProject-v0"}
    empty = [ax for ax in cases if "not trained by both sides" in [t.get_text() for t in ax.texts]]
    assert len(empty) == 2
    assert [ax.get_title(loc="left") for ax in classes] == ["TR-1", "TR-2", "TR-3", "TR-4"]
    named = {t.get_text() for ax in classes for t in ax.texts}
    assert named == {"SLCD-v0", "AppleAppStore-v0", "TrustDilemma-v0"}
    assert "the sign is that of the published gap in 1 of 4 pairs" in plot.caption
    assert "changes between private and integrated reward on 0 of 3" in plot.caption
    assert set(plot.data["environment"]) == named


def test_published_gaps_of_case_studies_stand_beside_ours(full):
    store = draw("crossovers", full).figure.axes[0]
    diamonds = [line.get_ydata()[0] for line in store.lines if line.get_marker() == "D"]
    assert diamonds == [7.2, -1.8]


def test_the_caption_of_budgets_tells_tau(full):
    caption = draw("budgets", full).caption
    assert "all v0 (3 environments), corrected:" in caption
    assert "1.00 after 50 % of the steps" in caption


def test_tables_of_the_report_are_those_of_the_family():
    assert set(statistics_content.TABLES) <= set(schema.TABLES)
