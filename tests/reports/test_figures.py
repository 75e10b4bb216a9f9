"""Figures: drawn from any tables, the same bytes for the same data, captions true of them."""

import io
import json
import re
from functools import cache

import matplotlib.image as mpimg
import matplotlib.pyplot as plt
import pandas as pd
import pytest
import typst
from campaign_frames import campaign_tables
from compared import comparisons, rivals

from coopetition.agents.appropriation import PLAYS
from coopetition.reports import columns, schema, statistics
from coopetition.reports.biaxial_figures import CLAIMED
from coopetition.reports.cases.study import tables as case_tables
from coopetition.reports.cell_curves import STEPS, thinned
from coopetition.reports.curves import environment_curves
from coopetition.reports.figures import FIGURES
from coopetition.reports.incentives import (
    LEAST_SPAN,
    edition_points,
    editions_summary,
    environment_incentives,
)
from coopetition.reports.theme import (
    FONTS,
    LEARNERS,
    WIDTH,
    apply,
    compact,
    learner_marker,
    save,
    save_all,
)
from frames import (
    NAN,
    audits_of,
    certificate,
    certificates_of,
    chain,
    corpus_reference,
    ended,
    learning,
    parts,
    released_of,
    replies_of,
    row,
    trained,
)

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def close():
    """Matplotlib keeps every figure until it is told not to."""
    yield
    plt.close("all")


def tables_of(reference, scores=None, curves=None):
    """Arguments of every figure; the formal edition is the released one by another name."""
    formal = reference.assign(edition="v1")
    scores = trained(reference) if scores is None else scores
    curves = learning(scores) if curves is None else curves
    aggregates = statistics.aggregates(scores, repetitions=20)
    certificates = certificates_of(reference)
    classes = dict(zip(certificates["environment"], certificates["mechanism_class"], strict=True))
    audits = audits_of([(environment, "v0") for environment in classes])
    several = comparisons(rivals(scores), reference, repetitions=5)
    performance = {name: several[name] for name in ("performance", "pools")}
    campaigns = campaign_tables()
    return {
        "editions": {"certificates": certificates_of(pd.concat([reference, formal]))},
        "response_curves": {"reference": reference, "scores": scores},
        "formal_response_curves": {"reference": formal, "scores": scores.assign(edition="v1")},
        "identity": {"reference": reference},
        "learning_curves": {"scores": scores, "curves": curves},
        "scores": {"aggregates": schema.table("aggregates", aggregates)},
        "learner_certificates": {
            "learner_certificates": schema.table("learner_certificates", [ended()])
        },
        **{
            name: {name: several[name], **performance}
            for name in ("performance_profiles", "improvement", "ranks")
        },
        **{name: {"class_gaps": several["class_gaps"]} for name in ("class_gaps", "crossovers")},
        "budgets": {"budgets": several["budgets"], "pools": several["pools"]},
        "released_audit": {"released_audit": released_of(classes)},
        "exploitability": {
            "audit_exploitability": audits["audit_exploitability"],
            "certificates": certificates,
        },
        "behaviour": {"audit_behaviour": audits["audit_behaviour"]},
        "case_scores": scored_case(),
        **biaxial_tables(),
        "capacity": {name: campaigns[name] for name in ("capacity", "capacity_agreement")},
        "critic_rates": {"critic_rates": campaigns["critic_rates"]},
        "mutuality": {name: campaigns[name] for name in ("mutuality", "mutuality_jumps")},
        "population": {"population": campaigns["population"]},
        "ablation_chain": {"ablations": chain(dict.fromkeys(classes, 0.2))},
    }


def biaxial_tables():
    """The same of the two-dimensional S-LCD, invented: appropriation rises with one parameter."""
    maps = [
        row("biaxial_maps", plane=plane, play=way, eta=x, beta=y, kappa=x, xi=y, appropriation=x)
        for plane in ("eta, beta", "kappa, xi")
        for way in PLAYS
        for x in (0.2, 0.4)
        for y in (0.3, 0.9)
    ]
    outcomes = [
        row("biaxial_outcomes", play=way, eta=eta, beta=beta, appropriation=[eta, 0.0])
        for way in PLAYS
        for eta, beta in CLAIMED.values()
    ]
    calibration = [
        row("biaxial_calibration", play=way, objective=name, xi=5.0, kappa=0.1)
        for way in PLAYS
        for name in ("endpoint", "A_rising")
    ]
    learned = [
        row("biaxial_trained", eta=eta, beta=beta, policy=policy, reward_mode="integrated")
        | {"finished": 2, "appropriation": eta, "cooperation": 40.0}
        for policy in ("IPPO", "ISAC")
        for eta, beta in CLAIMED.values()
    ]
    tables = {"biaxial_maps": maps, "biaxial_outcomes": outcomes}
    tables |= {"biaxial_calibration": calibration, "biaxial_trained": learned}
    made = {name: schema.table(name, rows) for name, rows in tables.items()}
    return {
        name: {"biaxial_maps": made["biaxial_maps"], other: made[other]}
        for name, other in (
            ("biaxial_phases", "biaxial_outcomes"),
            ("biaxial_trained", "biaxial_trained"),
            ("biaxial_calibration", "biaxial_calibration"),
        )
    }


@cache
def scored_case():
    """Tables of one case study."""
    made = case_tables("renault_nissan", 50)
    return {"case_scores": schema.table("case_scores", made["case_scores"])}


def draw(name, reference, *args):
    return FIGURES[name](**tables_of(reference, *args)[name])


@pytest.fixture(scope="module")
def tables(reference):
    return tables_of(reference)


def words(plot):
    """Text drawn in the panels of a figure."""
    return [text.get_text() for ax in plot.figure.axes for text in ax.texts]


def legend(plot):
    boxes = [box for part in parts(plot.figure) for box in part.legends]
    return [text.get_text() for box in boxes for text in box.get_texts()]


every_figure = pytest.mark.parametrize("name", FIGURES)


# ---- all figures --------------------------------------------------------------------------------


@every_figure
def test_a_figure_is_saved_with_its_data_and_its_words(name, tables, tmp_path):
    plot = FIGURES[name](**tables[name])
    paths = [tmp_path / "new" / f"{name}.{suffix}" for suffix in ("svg", "csv", "json")]
    save(plot, *paths, "c0ffee")
    assert sorted(paths) == sorted(paths[0].parent.iterdir())
    assert paths[0].read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert len(pd.read_csv(paths[1])) == len(plot.data) > 0
    assert "environment" in plot.data
    told = json.loads(paths[2].read_text(encoding="utf-8"))
    words = {"title": plot.title, "caption": plot.caption, "alt": plot.alt}
    assert told == {**words, "commit": "c0ffee", "sheets": plot.sheets}
    for text in words.values():
        assert text
        assert not re.search(r"\bnan\b|None|<NA>", text)


@every_figure
def test_the_same_data_give_the_same_bytes(name, tables, tmp_path):
    found = []
    for folder in (tmp_path / "1", tmp_path / "2"):
        paths = [folder / f"{name}.{suffix}" for suffix in ("svg", "csv", "json")]
        save(FIGURES[name](**tables[name]), *paths, "c0ffee")
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]


@every_figure
def test_tables_are_not_changed(name, tables):
    before = {key: frame.copy(deep=True) for key, frame in tables[name].items()}
    FIGURES[name](**tables[name])
    for key, frame in tables[name].items():
        pd.testing.assert_frame_equal(frame, before[key])


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_any_number_of_environments(reference, count):
    small = reference[reference["level"].isna() | (reference["level"] % 25 == 0)]
    one = small[small["environment"] == "TrustDilemma"]
    names = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"][:count]
    many = pd.concat([one.assign(environment=name) for name in names], ignore_index=True)
    for name, arguments in tables_of(many).items():
        figure = FIGURES[name](**arguments).figure
        assert figure.get_size_inches()[0] == WIDTH, "legends need the width"
        edition = "v1" if name == "formal_response_curves" else "v0"
        if name in ("identity", "editions"):
            labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
            shown = names if name == "editions" else [f"{n}-v0" for n in names]
            assert sorted(labels) == sorted(shown)
        elif name.endswith("response_curves"):
            assert len(figure.axes) == count
            titles = [ax.get_title(loc="left").split(" ")[0] for ax in figure.axes]
            assert sorted(titles) == sorted(f"{n}-{edition}" for n in names)
            for column in range(min(3, count)):
                assert figure.axes[column::3][-1].get_xlabel(), "the lowest of a column"
        plt.close(figure)


@every_figure
def test_texts_lie_inside_the_picture(name, tables):
    assert_inside(FIGURES[name](**tables[name]).figure)


def test_twenty_learners_do_not_crowd_out_the_curves(reference):
    scores = trained(reference)
    many = pd.concat([scores.assign(policy=policy) for policy in LEARNERS], ignore_index=True)
    plots = [*environment_curves(reference, many, learning(many))]
    plots.append(("all", FIGURES["response_curves"](reference, many)))
    for _, plot in plots:
        assert_inside(plot.figure)
        for ax in plot.figure.axes:
            assert ax.get_window_extent().height / plot.figure.dpi > 0.8, "inches"


def assert_inside(figure):
    """No text of the figure is cut off."""
    figure.draw_without_rendering()
    for part in parts(figure):
        boxes = [legend.get_window_extent() for legend in part.legends]
        boxes += [ax.get_tightbbox() for ax in part.axes]
        for inner in boxes:
            assert inner.x0 >= part.bbox.x0 - 1
            assert inner.y0 >= part.bbox.y0 - 1
            assert inner.x1 <= part.bbox.x1 + 1
            assert inner.y1 <= part.bbox.y1 + 1


# ---- what the captions say ----------------------------------------------------------------------


def test_response_caption_names_the_best_levels(reference, tables):
    plot = FIGURES["response_curves"](**tables["response_curves"])
    for environment in ("TrustDilemma", "TeamProduction"):
        curve = reference[
            (reference["environment"] == environment)
            & (reference["reward_mode"] == "integrated")
            & reference["level"].notna()
        ]
        level = curve.loc[curve["mode_return"].idxmax(), "level"]
        assert f"{level} %" in words(plot)
    assert "full contribution is the best constant nowhere" in plot.caption
    assert "between 42 % (TrustDilemma-v0) and 47 % (TeamProduction-v0)" in plot.caption
    assert "The best oracle stays below it on 2 of 2." in plot.caption
    assert "they lie below the best constant on 1 of 1." in plot.caption
    assert "Coloured markers are policies trained on integrated reward" in plot.caption


def test_response_caption_follows_other_data(reference):
    other = reference.copy()
    full = (other["level"] == 100).fillna(False) & (other["environment"] == "TrustDilemma")
    other.loc[full & (other["policy"] == "Constant_100"), "mode_return"] = 1e6
    oracle = other["policy"] == "Oracle_Nash"
    other.loc[oracle, "mode_return"] = 1e6
    caption = draw("response_curves", other).caption
    assert "100 % (TrustDilemma-v0)" in caption
    assert "full contribution is the best constant on 1 of 2 environments" in caption
    assert "The best oracle stays below it on 1 of 2." in caption


def test_response_curves_are_relative_to_the_best_constant(tables):
    data = FIGURES["response_curves"](**tables["response_curves"]).data
    constants = data[data["kind"] == "constant"].groupby("environment")
    assert (constants["relative"].max() == 1).all()
    assert (constants["relative_welfare"].max() == 1).all()
    marks = data[data["kind"] != "constant"].set_index("policy")["relative"]
    assert marks["ISAC"] == pytest.approx(90_548 / 97_144, abs=1e-4)
    assert marks["Oracle_TrustAware"] == pytest.approx(40_304 / 46_830, abs=1e-4)


def test_formal_response_curves_mark_the_worst_equilibrium_and_the_planner(both):
    plot = FIGURES["formal_response_curves"](both, schema.table("scores", []))
    assert set(plot.data["environment"]) == {"TeamProduction-v1"}
    assert {"Oracle_Nash", "Oracle_Equilibrium", "Planner"} <= set(legend(plot))
    assert not {"Oracle_Loyalty", "TitForTat_released"} & set(legend(plot))
    assert "The worst private equilibrium returns 44 % (TeamProduction-v1)" in plot.caption
    assert "oracle stays below" not in plot.caption


def untrained():
    """No runs and no learning curves."""
    return [schema.table(name, []) for name in ("scores", "curves")]


def test_learning_curves_stand_beside_the_response_curve(curves, both):
    plot = curves["TeamProduction-v0"]
    assert len(plot.figure.axes) == 3
    learned = plot.data[plot.data["kind"] == "learning curve"]
    assert {"policy", "protocol", "step", "score", "score_min", "score_max"} <= set(learned)
    assert learned.groupby(["policy", "protocol"]).size().max() <= STEPS
    assert "has the highest, " in plot.caption
    alone = dict(environment_curves(both, *untrained()))["TeamProduction-v1"]
    assert len(alone.figure.axes) == 2
    assert "No run under integrated reward finished on it" in alone.caption


def test_thinned_curves_keep_both_ends():
    steps = pd.DataFrame({"step": [*range(0, 100, 5)] * 2, "policy": "IPPO", "protocol": "x"})
    assert thinned(steps, 5)["step"].tolist() == [0, 25, 50, 70, 95] * 2
    assert thinned(steps[:3], 5)["step"].tolist() == [0, 5, 10]


def test_curves_of_a_game_without_trust_show_none(both):
    plot = dict(environment_curves(both, *untrained()))["TeamProduction-v1"]
    assert "mean trust at the end" not in legend(plot)
    assert "constants, cooperative" not in legend(plot), "it is N times the private return"
    assert "steps played, of 100" in legend(plot)


def test_twenty_environments_stand_in_rows_of_a_class():
    reference = corpus_reference().assign(reward_mode="integrated")
    plot = FIGURES["response_curves"](reference, schema.table("scores", []))
    axes = plot.figure.axes
    assert len(axes) == 20
    assert [ax.get_ylabel().split("\n")[0] for ax in axes[::5]] == list(columns.CLASSES)
    assert axes[0].get_title(loc="left") == "PartnerHoldUp-v0"


@pytest.fixture(scope="module")
def curves(tables):
    along = tables["learning_curves"]["curves"]
    return dict(environment_curves(**tables["response_curves"], curves=along))


def test_every_environment_has_a_figure_of_its_own(curves, tmp_path):
    assert list(curves) == ["TrustDilemma-v0", "TeamProduction-v0"]
    plot = curves["TeamProduction-v0"]
    save(plot, *(tmp_path / f"plot.{suffix}" for suffix in ("svg", "csv", "json")), "c0ffee")
    assert set(plot.data["environment"]) == {"TeamProduction-v0"}
    assert "plays 47 % (97,144)" in plot.caption
    assert "early" not in plot.caption
    assert "Constants of 0 to 39 % end the game early." in curves["TrustDilemma-v0"].caption
    shown = legend(plot)
    for policy in ("Random", "TitForTat", "TitForTat_released", "Oracle_Nash", "Oracle_Loyalty"):
        assert policy in shown
    assert "published return of ISAC\n(here Central_SAC)" in shown
    assert {"steps played, of 100", "best constant and its level"} <= set(shown)
    assert len(shown) == len(set(shown))


def test_markers_of_learners_are_finished_runs_on_integrated_reward(reference):
    scores = trained(reference)
    failed = scores.index[scores["reward_mode"] == "integrated"][0]
    plot = draw("response_curves", reference, trained(reference, broken={failed: "diverged"}))
    marked = {}
    for line in (line for ax in plot.figure.axes for line in ax.lines):
        for protocol in columns.PROTOCOLS:
            style = learner_marker("Central_PPO", protocol, 4)
            look = (line.get_marker(), line.get_markerfacecolor(), line.get_markeredgecolor())
            if look == (style["marker"], style["mfc"], style["mec"]):
                marked.setdefault(protocol, []).append(len(line.get_xdata()))
    assert sorted(marked["as_published"]) == [2, 3]
    assert sorted(marked["corrected"]) == [3, 3]
    assert (plot.data["kind"] == "learner").sum() == 2 * 2 * 3 - 1
    assert legend(plot)[-3:] == [
        *("Central_PPO, as_published", "Central_PPO, corrected"),
        "published return of ISAC\n(here Central_SAC)",
    ]


def test_identity_caption_names_the_largest_difference(reference):
    other = reference.copy()
    one = (other["level"] == 42).fillna(False) & (other["environment"] == "TeamProduction")
    one &= other["action_basis"] == "own"
    value = other.loc[one & (other["reward_mode"] == "integrated"), "mode_return"].item()
    for factor, size, how in ((3e-6, "3.0e-06", "rounding"), (0.02, "2.0e-02", "tolerance")):
        changed = one & (other["reward_mode"] == "cooperative")
        other.loc[changed, "mode_return"] = (1 + factor) * value
        plot = FIGURES["identity"](other)
        assert f"at most {size} of their size (TeamProduction-v0, level 42 %)" in plot.caption
        assert how in plot.caption.replace("rounding of", "rounding")
        assert size in plot.alt
        assert plot.data["relative_difference"].max() == pytest.approx(factor)
        drawn = plot.figure.axes[0].get_xlim()
        assert drawn[0] < 0 < factor < drawn[1], "every point is in sight"


def test_identity_caption_of_equal_returns(reference):
    shared = reference[reference["reward_mode"] == "integrated"]
    same = pd.concat([shared, shared.assign(reward_mode="cooperative")])
    assert FIGURES["identity"](same).caption == (
        "The summed returns are equal for all 202 constants."
    )


# ---- no runs ------------------------------------------------------------------------------------


@pytest.fixture(params=["no run finished", "no runs"])
def without_runs(request, reference):
    """Arguments of every figure for studies in which nothing was learned."""
    if request.param == "no runs":
        return tables_of(reference, schema.table("scores", []), schema.table("curves", []))
    scores = trained(reference, broken=dict.fromkeys(range(100), "failed"))
    return tables_of(reference, scores)


@pytest.mark.parametrize("name", ["learning_curves", "scores"])
def test_figures_of_learning_say_that_there_are_no_runs(name, without_runs, tmp_path):
    plot = FIGURES[name](**without_runs[name])
    assert words(plot) == ["no runs"]
    assert legend(plot) == []
    assert re.match("No training run (under integrated reward )?finished", plot.caption)
    save(plot, *(tmp_path / f"plot.{suffix}" for suffix in ("svg", "csv", "json")), "c0ffee1234+")


def test_response_curves_without_diamonds(without_runs, reference, tmp_path):
    plot = FIGURES["response_curves"](**without_runs["response_curves"])
    assert "No training run under integrated reward finished." in plot.caption
    assert "Coloured" not in plot.caption
    assert not (plot.data["kind"] == "learner").any()
    assert not [label for label in legend(plot) if "PPO" in label]
    save(plot, *(tmp_path / f"plot.{suffix}" for suffix in ("svg", "csv", "json")), "c0ffee1234+")


def test_a_study_without_integrated_reward(reference):
    scores = trained(reference)
    scores = scores[scores["reward_mode"] == "private"]
    tables = tables_of(reference, scores)
    assert words(FIGURES["scores"](**tables["scores"])) == ["no runs"]
    plot = FIGURES["learning_curves"](**tables["learning_curves"])
    assert set(plot.data["reward_mode"]) == {"private"}
    assert len(plot.figure.axes) == 2, "a column of reward modes, a row per environment"
    assert "No training run" in FIGURES["response_curves"](**tables["response_curves"]).caption


# ---- certificates -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def incentives(certificates, replies):
    return dict(environment_incentives(certificates, replies))


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_every_environment_has_a_figure_of_its_incentives(incentives, tmp_path):
    assert list(incentives) == ["TrustDilemma-v0", "TeamProduction-v0", "TeamProduction-v1"]
    svgs = [str(tmp_path / f"{name}.svg") for name in incentives]
    save_all(incentives.items(), svgs, "c0ffee")
    assert (
        sorted(p.suffix for p in tmp_path.iterdir()) == [".csv"] * 3 + [".json"] * 3 + [".svg"] * 3
    )


def test_a_schelling_diagram_shows_payoffs_by_number_of_cooperators(incentives):
    """TeamProduction-v1, figures of the specification (formal edition, 8.2)."""
    left, right = incentives["TeamProduction-v1"].figure.axes
    drawn = lines(left)
    assert list(drawn["cooperator, plays C"].get_xdata()) == [0, 1, 2, 3]
    assert drawn["cooperator, plays C"].get_ydata() == pytest.approx([4, 18, 29, 39], abs=0.6)
    assert drawn["defector, plays D"].get_ydata() == pytest.approx([17, 40, 54, 66], abs=0.6)
    reply = lines(right)["every agent"]
    found = dict(zip(reply.get_xdata(), reply.get_ydata(), strict=True))
    assert found[0.5] == found[1.0] == 0.0, "who has contributing teammates rides free"
    assert found[0.0] > 0.1
    caption = incentives["TeamProduction-v1"].caption
    assert "gains 28.5, and the price of anarchy is 2.26: this is a dilemma." in caption
    assert "this is not a dilemma" in incentives["TrustDilemma-v0"].caption


def test_nearly_equal_payoffs_look_so(incentives):
    left = incentives["TrustDilemma-v0"].figure.axes[0]
    low, high = left.get_ylim()
    assert high - low > LEAST_SPAN * 140


def test_equilibria_and_optimum_lie_at_the_mean_of_the_others(incentives):
    data = incentives["TrustDilemma-v0"].data
    found = data[data["kind"] == "equilibrium"][["others", "reply"]].drop_duplicates()
    # Two equilibria in which the same two agents play 0.25 and 0.40.
    assert sorted(found.itertuples(index=False, name=None)) == [(0.25, 0.4), (0.4, 0.25)]
    best = data[data["kind"] == "joint optimum"].iloc[0]
    assert (best["others"], best["reply"]) == (0.4, 0.4)


def test_without_an_equilibrium_there_is_no_schelling_diagram():
    lacking = ("nash_worst", "welfare_nash_worst", "price_of_anarchy", "S", "P", "T_temptation")
    lacking += ("fear", "fear_by_role", "schelling_cooperator", "schelling_defector")
    row = {**certificate("Alpha", nash="", is_dilemma=False), **dict.fromkeys(lacking)}
    table = schema.table("certificates", [row])
    [(_, plot)] = environment_incentives(table, replies_of(table))
    assert "no equilibrium in constants" in words(plot)
    assert plot.caption.startswith("No equilibrium in constants was found")
    points = edition_points(table).iloc[0]
    assert points["nash"] != points["nash"]
    FIGURES["editions"](table).figure.draw_without_rendering()


def test_the_editions_are_summed_up_in_numbers():
    rows = [
        certificate("Alpha", is_dilemma=False, price_of_anarchy=1.0, optimum=[0.3]),
        certificate("Beta", is_dilemma=True, price_of_anarchy=1.2, optimum=[0.3]),
        certificate("Alpha", edition="v1", price_of_anarchy=2.5),
        certificate("Beta", edition="v1", price_of_anarchy=NAN, is_dilemma=True),
    ]
    table = schema.table("certificates", rows)
    assert editions_summary(table).split(". ") == [
        "Of 2 released environments, 1 are dilemmas: in the median the joint optimum lies 10 "
        "points of the endowment above the worst private equilibrium and earns 1.100 times as much "
        "(at most 1.200)",
        "Of 2 formal environments, 2 are dilemmas: in the median the joint optimum lies 70 points "
        "of the endowment above the worst private equilibrium and earns 2.500 times as much (at "
        "most 2.500).",
    ]
    assert editions_summary(table[:1]).startswith("Of 1 released environments, 0 are")
    assert "formal" not in editions_summary(table[:1])
    assert FIGURES["editions"](table).caption == editions_summary(table)


# ---- size ---------------------------------------------------------------------------------------


def test_a_compact_picture_is_smaller_and_looks_the_same(tmp_path):
    """Text, markers, a clipped line and a filled band, and the same with letters as outlines."""
    apply()
    fig, ax = plt.subplots(figsize=(3, 2))
    ax.plot(range(20), [x % 7 for x in range(20)], "o-", label="a line of text")
    ax.fill_between(range(20), 1, 3, alpha=0.2)
    ax.set(xlim=(2, 12), title="Title, of 12.5 %")
    ax.set_xticks([3, 8], ["turned", r"$\beta_{ij}$ < 2"], rotation=40, ha="right")
    ax.legend()
    pictures = {}
    for letters in ("path", "none"):
        with plt.rc_context({"svg.fonttype": letters}):
            fig.savefig(raw := io.StringIO(), format="svg", metadata={"Date": None})
        pictures[letters] = raw.getvalue()
    pictures["compact"] = compact(pictures["none"])
    assert len(pictures["compact"]) < 0.6 * len(pictures["none"])
    assert "Verdana" in pictures["compact"], "no font of the same widths without DejaVu Sans"
    drawn = []
    for name, svg in pictures.items():
        (tmp_path / f"{name}.svg").write_text(svg)
        page = tmp_path / f"{name}.typ"
        page.write_text(f'#set page(width: auto, height: auto)\n#image("{name}.svg")')
        fonts = {"ignore_system_fonts": True, "font_paths": [FONTS]}
        drawn.append(mpimg.imread(io.BytesIO(typst.compile(page, format="png", **fonts))))
    outlines, text, small = drawn
    assert outlines.shape == text.shape == small.shape
    assert abs(text - small).mean() < 1e-3
    assert abs(outlines - text).mean() < 3e-3, "letters that are missing, or of another font"
    assert small.std() > 0.05, "not an empty picture"


def test_names_in_a_compact_picture_are_those_that_are_referred_to():
    svg = compact(
        '<g id="figure_1"><defs><path id="DejaVuSans-41" d="M 1 2.34567"/></defs>'
        '<use xlink:href="#DejaVuSans-41" transform="translate(61.083984 0) scale(0.015625)"/>'
        '<g clip-path="url(#p1)" style="fill: none; stroke: red"/><clipPath id="p1"/></g>'
    )
    assert svg == (
        '<g><defs><path id="_0" d="M1 2.35"/></defs>'
        '<use href="#_0" transform="translate(61.08 0) scale(0.015625)"/>'
        '<g clip-path="url(#_1)" style="fill:none;stroke:red"/>'
        '<clipPath id="_1"/></g>'
    )
