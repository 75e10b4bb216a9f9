"""Figures of learning: who is who, what stands where, and what lies beyond an axis."""

import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from coopetition import agents
from coopetition.reports import schema, statistics, theme
from coopetition.reports.learning import learner_certificates, learning_curves, score_intervals
from coopetition.reports.sheets import AROUND, PAGE
from frames import ended, parts, run, runs

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def aggregates(scores):
    return schema.table("aggregates", statistics.aggregates(scores, repetitions=20))


def study(cells, *, modes=("integrated",), **changes):
    """Runs of two seeds: (environment, edition, policy, protocol) -> score."""
    rows = [
        run(
            **dict(zip(("environment", "edition", "policy", "protocol"), cell, strict=True)),
            **{"reward_mode": mode, "seed": seed, "score": score + 0.02 * seed},
            **{"welfare": 100.0 * (score + 0.02 * seed), "untrained_score": 0.2},
            **{"welfare_floor": 0.0, "welfare_ceiling": 100.0, **changes},
        )
        for cell, score in cells.items()
        for mode in modes
        for seed in (0, 1)
    ]
    return schema.table("scores", rows)


def along(scores):
    """Curves from 0 to the score of every run."""
    rows = [
        {**dict.fromkeys(("training_return", "trust", "cooperation", "episode_length"), 0.0)}
        | {"run_id": row["run_id"], "step": step, "welfare": row["welfare"] * step / 100}
        for row in scores.to_dict("records")
        for step in (0, 50, 100)
    ]
    return schema.table("curves", rows)


QUICK = {
    ("Alpha", "v0", "Central_PPO", "as_published"): -5.6,
    ("Alpha", "v0", "Central_PPO", "corrected"): 0.9,
    ("Beta", "v0", "Central_PPO", "as_published"): -0.1,
    ("Beta", "v0", "Central_PPO", "corrected"): 0.8,
    ("Alpha", "v1", "IPPO", "corrected"): 0.7,
    ("Alpha", "v1", "Central_PPO", "corrected"): 0.5,
    ("Beta", "v1", "IPPO", "corrected"): 0.6,
    ("Beta", "v1", "IA2C", "corrected"): 0.95,
    ("Beta", "v1", "Central_PPO", "corrected"): 0.3,
}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def panels(plot):
    """Title of a panel -> its axes."""
    found = {ax.get_title(loc="left"): ax for ax in plot.figure.axes}
    return {name: ax for name, ax in found.items() if name}


def handles(part):
    return {text.get_text(): line for box in part.legends for text, line in _entries(box)}


def _entries(box):
    return zip(box.get_texts(), box.legend_handles, strict=True)


# ---- who is who ---------------------------------------------------------------------------------

# Linear RGB as seen by people without one kind of cones (Machado et al. 2009, severity 1).
VISION = {
    "all cones": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(colour, vision):
    """CIE L*a*b* of a colour as seen so."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = to_xyz @ np.clip(np.array(VISION[vision]) @ linear, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, visions=VISION):
    """Smallest difference of the colours of two learners; 2 is just noticeable."""
    colours = [theme.learner_colour(policy) for policy in (one, other)]
    return min(np.linalg.norm(lab(colours[0], v) - lab(colours[1], v)) for v in visions)


def test_every_learner_has_a_look_of_its_own():
    assert set(agents.learner_names()) <= set(theme.LEARNERS), "append it to theme.LEARNERS"
    shapes = {p: theme.learner_marker(p, "corrected", 4)["marker"] for p in theme.LEARNERS}
    for one, other in itertools.combinations(theme.LEARNERS, 2):
        assert distance(one, other, ["all cones"]) > 15, (one, other)
        if shapes[one] == shapes[other]:
            assert distance(one, other) > 15, (one, other)
    for one, other in itertools.combinations(theme.LEARNERS[:9], 2):
        assert distance(one, other) > 15, "those of the smaller studies need no shape"


def test_another_learner_looks_like_none_of_the_known():
    def look(policy):
        style = theme.learner_marker(policy, "corrected", 4)
        return style["marker"], theme.learner_colour(policy)

    known = [look(policy) for policy in theme.LEARNERS]
    for name in map("Mine_{}".format, range(200)):
        assert look(name) == look(name)
        assert look(name) not in known


def test_the_look_of_a_learner_is_that_of_no_company():
    alone = {cell: score for cell, score in QUICK.items() if cell[2] == "Central_PPO"}
    for cells in (QUICK, alone):
        scores = study(cells)
        (part,) = parts(learning_curves(scores, along(scores)).figure)
        corrected, published = (
            handles(part)[f"Central_PPO, {protocol}"] for protocol in ("corrected", "as_published")
        )
        assert corrected.get_color() == published.get_color() == theme.learner_colour("Central_PPO")
        assert corrected.get_linestyle() == "-"
        assert published.get_linestyle() == "--"
        assert published.get_markerfacecolor() == "white"


def test_a_legend_names_learners_in_the_order_of_the_study():
    scores = study(QUICK)
    (part,) = parts(learning_curves(scores, along(scores)).figure)
    assert list(handles(part)) == [
        *("IPPO, corrected", "IA2C, corrected"),
        *("Central_PPO, as_published", "Central_PPO, corrected"),
    ]


# ---- learning curves ----------------------------------------------------------------------------


def test_learning_curves_stand_by_environment_and_mode():
    scores = study(QUICK, modes=("integrated", "private"))
    plot = learning_curves(scores, along(scores))
    assert list(panels(plot)) == ["Alpha-v0", "Beta-v0", "Alpha-v1", "Beta-v1"]
    assert len(plot.figure.axes) == 2 * 4
    assert [texts(ax)[-1:] for ax in plot.figure.axes[:2]] == [
        ["private reward"],
        ["integrated reward"],
    ]
    assert [bool(ax.get_xlabel()) for ax in plot.figure.axes] == [False] * 6 + [True] * 2


def test_a_bad_run_does_not_flatten_the_others():
    scores = study(QUICK)
    plot = learning_curves(scores, along(scores))
    found = panels(plot)
    low, high = found["Alpha-v0"].get_ylim()
    assert -0.6 < low < 0
    assert high > 1
    assert "▾ −5.6" in texts(found["Alpha-v0"])
    assert "▾ −5.6" not in texts(found["Beta-v0"])
    assert "An arrow names a score below −0.5." in plot.caption
    calm = scores[scores["score"] > -0.5]
    assert "arrow" not in learning_curves(calm, along(calm)).caption


def test_learning_caption_names_the_largest_changes():
    scores = study(QUICK)
    assert learning_curves(scores, along(scores)).caption.startswith(
        "From the untrained policy to the end of training the mean score rises most for IA2C, "
        "corrected, on Beta-v1 under integrated reward (0.00 to 0.96) and falls most for "
        "Central_PPO, as_published, on Alpha-v0 under integrated reward (0.00 to −5.59). "
    )
    rising = scores[scores["score"] > 0]
    assert "and rises least for Central_PPO, corrected, on Beta-v1" in (
        learning_curves(rising, along(rising)).caption
    )


def test_learning_curves_leave_out_runs_that_did_not_finish():
    scores = study(QUICK)
    broken = scores["run_id"].isin(scores["run_id"].iloc[[0, 5]])
    lost = scores.assign(status=scores["status"].mask(broken, "failed"))
    plot = learning_curves(lost, along(scores))
    assert "Runs that did not finish are left out: 2." in plot.caption
    assert set(plot.data["run_id"]) == set(scores.loc[~broken, "run_id"])


# ---- scores -------------------------------------------------------------------------------------


def test_scores_have_a_row_per_learner_and_environments_of_the_same_ones_stand_together():
    plot = score_intervals(aggregates(study(QUICK)))
    found = panels(plot)
    assert list(found) == [
        *("Alpha-v0", "Beta-v0", "all v0: 2 environments"),
        *("Alpha-v1", "all v1: 2 environments", "Beta-v1"),
    ]
    rows = {
        name: [label.get_text() for label in found[name].get_yticklabels()]
        for name in ("Alpha-v0", "Alpha-v1", "Beta-v1")
    }
    assert rows == {
        "Alpha-v0": ["Central_PPO, as_published", "Central_PPO, corrected"],
        "Alpha-v1": ["IPPO, corrected", "Central_PPO, corrected"],
        "Beta-v1": ["IPPO, corrected", "IA2C, corrected", "Central_PPO, corrected"],
    }


def dots(ax):
    """Row and score of every learner in a panel."""
    points = [line for line in ax.lines if line.get_marker() in ("D", "P", "o", "s")]
    points = [line for line in points if line.get_zorder() == 4]
    return {
        (int(line.get_ydata()[0]), round(float(line.get_xdata()[0]), 3), line.get_color())
        for line in points
    }


def test_rows_do_not_share_a_line():
    found = panels(score_intervals(aggregates(study(QUICK))))
    places = {name: {(y, x) for y, x, _ in dots(ax)} for name, ax in found.items()}
    assert places["Beta-v1"] == {(0, 0.61), (1, 0.96), (2, 0.31)}
    assert places["Alpha-v1"] == {(0, 0.71), (1, 0.51)}
    # IA2C lacks an environment, so that its mean is not that of the others.
    assert {y for y, _ in places["all v1: 2 environments"]} == {0, 1}


def test_a_score_far_below_is_an_arrow_with_its_number():
    plot = score_intervals(aggregates(study(QUICK)))
    found = panels(plot)
    assert texts(found["Alpha-v0"]) == [" ◂ −5.59"]
    assert {y for y, *_ in dots(found["Alpha-v0"])} == {1}
    low, high = found["Alpha-v0"].get_xlim()
    assert -0.6 < low < -0.1
    assert high > 1
    assert (low, high) == found["Beta-v1"].get_xlim()


def test_scores_caption_names_mode_extremes_and_what_is_pooled():
    table = aggregates(study(QUICK, modes=("integrated", "private")))
    plot = score_intervals(table)
    assert set(plot.data["reward_mode"]) == {"integrated"}
    assert plot.caption.startswith("Policies trained on integrated reward: interquartile mean")
    assert (
        "between −5.59 (Central_PPO, as_published, on Alpha-v0) and 0.96 (IA2C, corrected, on "
        "Beta-v1)"
    ) in plot.caption
    assert "only learners that train on all of them" in plot.caption
    assert "count as 0" not in plot.caption
    assert len(re.findall(r"\d\.\d\d", plot.caption)) == 2, "the table has the others"
    single = score_intervals(table[table["environment"] == "Beta-v1"])
    assert "pool" not in single.caption


def test_scores_caption_counts_runs_that_did_not_finish():
    scores = runs({"Alpha": [0.5, 0.6, 0.7]}, policy="IPPO")
    failed = scores.assign(status=["finished", "failed", "finished"], score=[0.5, 0.0, 0.7])
    plot = score_intervals(aggregates(failed))
    assert "Runs that did not finish count as 0: 1 of 3." in plot.caption


# ---- where learners end -------------------------------------------------------------------------


def certified(*rows):
    return schema.table("learner_certificates", rows)


TWO_ROLES = [
    ended(0.5, 0.45, environment="PartnerHoldUp", role="0", policy="IPPO"),
    ended(0.2, 0.60, environment="PartnerHoldUp", role="1", policy="IPPO"),
    ended(0.9, 0.95, environment="PartnerHoldUp", role="0", reward_mode="cooperative"),
    ended(0.3, 0.95, environment="PartnerHoldUp", role="1", reward_mode="cooperative"),
    ended(0.4, 0.45, environment="PartnerHoldUp", role="0", policy="ISAC"),
    ended(0.7, 0.60, environment="PartnerHoldUp", role="1", policy="ISAC"),
]


def test_ends_stand_beside_their_targets_by_role_and_learner():
    plot = learner_certificates(certified(*TWO_ROLES, ended(environment="SLCD")))
    private, cooperative, single, _ = plot.figure.axes
    assert private.get_title(loc="left") == "PartnerHoldUp-v1"
    assert single.get_title(loc="left") == "SLCD-v1"
    assert [label.get_text() for label in private.get_yticklabels()] == [
        *("IPPO, Strong", "ISAC, Strong", "IPPO, Weak", "ISAC, Weak"),
    ]
    assert [label.get_text() for label in single.get_yticklabels()] == ["IPPO"]
    assert {(y, x) for y, x, _ in dots(private)} == {(0, 0.5), (1, 0.4), (2, 0.2), (3, 0.7)}
    assert {(y, x) for y, x, _ in dots(cooperative)} == {(0, 0.9), (2, 0.3)}
    targets = [line for line in cooperative.lines if line.get_marker() == "|"]
    assert [line.get_xdata()[0] for line in targets if line.get_markersize() > 5] == [0.95, 0.95]
    assert (texts(private), texts(cooperative)) == (
        ["private reward: equilibrium"],
        ["cooperative reward: optimum"],
    )


def test_ends_caption_names_the_nearest_and_the_farthest():
    caption = learner_certificates(certified(*TWO_ROLES)).caption
    assert "farthest IPPO on PartnerHoldUp-v1 under cooperative reward (0.30 instead of 0.95)" in (
        caption
    )
    unknown = dict.fromkeys(("share", "share_low", "share_high", "gap"), float("nan"))
    lost = learner_certificates(certified(ended(environment="SLCD", finished=0) | unknown))
    assert lost.caption == ("No independent learner finished under private or cooperative reward.")
    nothing = learner_certificates(certified())
    assert texts(nothing.figure.axes[0]) == ["no runs"]


# ---- many environments --------------------------------------------------------------------------


def test_twenty_learners_on_twenty_environments_fill_pages_and_keep_their_size():
    names = [f"Game{i:02d}" for i in range(20)]
    cells = {(name, "v1", p, "corrected"): 0.5 for name in names for p in theme.LEARNERS}
    table = aggregates(study(cells))
    plot = score_intervals(table)
    sheets = parts(plot.figure)
    assert plot.sheets == len(sheets) > 2
    height = plot.figure.get_figheight() / plot.sheets
    assert height <= PAGE + AROUND
    plot.figure.draw_without_rendering()
    for number, sheet in enumerate(sheets, start=1):
        # A report cuts the picture there.
        low, high = (
            plot.figure.bbox.y1 * (plot.sheets - part) / plot.sheets
            for part in (number, number - 1)
        )
        boxes = [box.get_window_extent() for box in sheet.legends]
        boxes += [ax.get_tightbbox() for ax in sheet.axes]
        assert sheet.legends
        assert all(low < box.y0 < box.y1 < high for box in boxes)
    inch = plot.figure.dpi * len(theme.LEARNERS)
    rows = [ax.get_window_extent().height / inch for ax in plot.figure.axes]
    assert min(rows) > 0.11, "height of a line"
    assert max(rows) < 1.2 * min(rows)
    shown = [title for ax in plot.figure.axes if (title := ax.get_title(loc="left"))]
    assert shown == [*(f"{name}-v1" for name in names), "all v1: 20 environments"]


@pytest.mark.parametrize(("count", "sheets"), [(8, 1), (9, 2), (20, 3)])
def test_learning_curves_take_as_many_sheets_as_they_need(count, sheets):
    scores = study({(f"Game{i:02d}", "v1", "IPPO", "corrected"): 0.5 for i in range(count)})
    plot = learning_curves(scores, along(scores))
    assert plot.sheets == sheets
    rows = [len(part.axes) for part in parts(plot.figure)]
    assert sum(rows) == count
    assert max(rows) - min(rows) <= 2
