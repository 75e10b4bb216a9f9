"""S-LCD: the released scores again, what the rubric cannot do, and our own."""

from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coopetition import envs
from coopetition.envs.mechanisms.value import ValueParameters, individual_value
from coopetition.reports import sources
from coopetition.reports.cases import lint, nulls, slcd, slcd_experiments
from coopetition.reports.cases.casefile import history, load
from coopetition.reports.cases.outcome import Outcome
from coopetition.reports.cases.quantities import measure
from coopetition.reports.cases.rubric import load as load_rubric
from coopetition.reports.cases.scoring import score

DATA = Path(__file__).parent / "data"
LEGACY, STRICT = (load_rubric("slcd", kind) for kind in ("legacy", "strict"))
BOTH = pytest.mark.parametrize("variant", slcd.FORMS)
RELEASED = {"logarithmic": 58, "power": 46}


def outcome(variant, draws=1, **changes):
    return slcd.simulate(variant, {**load("slcd").values(variant), **changes}, draws)


def legacy_score(variant, **changes):
    return score(LEGACY, outcome(variant, **changes)).total[0]


def entry(rubric, variant, name):
    return next(
        each
        for each in rubric.nulls
        if each["id"].startswith(name) and variant in each.get("variants", rubric.variants)
    )


def null_outcomes(rubric, variant, name):
    found = entry(rubric, variant, name)
    return nulls.outcomes("slcd", variant, found, rubric.model, found["draws"])


@pytest.fixture(scope="module")
def drawn():
    """Points [20000, items] of null models of the legacy rubric, by variant and id."""
    return {
        (variant, name): np.concatenate(
            [score(LEGACY, part).points for part in null_outcomes(LEGACY, variant, name)]
        )
        for variant in slcd.FORMS
        for name in ("dependence", "wide", "no_model")
    }


# The model


@BOTH
def test_equilibrium_is_that_of_the_released_code(variant):
    golden = pd.read_csv(DATA / "slcd_golden.csv").query("variant == @variant")
    found = outcome(variant)
    values = {name: each[0] for name, each in found.values.items()}
    ours = {
        "baseline action (each)": values["baseline_actions"][0],
        "equilibrium action Samsung": values["actions"][0],
        "equilibrium action Sony": values["actions"][1],
        "cooperation increase %": measure(found, {"name": "percent_gain", "of": "actions"})[0],
        "value increase %": measure(found, {"name": "percent_gain", "of": "total_value"})[0],
        "Samsung payoff share": measure(found, {"name": "payoff_share", "of": "Samsung"})[0],
        "asymmetry": measure(found, {"name": "action_asymmetry"})[0],
        "payoff Samsung": values["payoffs"][0],
        "payoff Sony": values["payoffs"][1],
        "value at equilibrium": values["total_value"],
        "value at baseline": values["baseline_total_value"],
    }
    assert len(golden) == len(ours)
    for row in golden.itertuples():
        assert ours[row.quantity] == pytest.approx(row.value, rel=1e-4), row.quantity


def test_baseline_in_closed_form():
    assert outcome("logarithmic").values["baseline_actions"] == pytest.approx(20 - 1)
    assert outcome("power").values["baseline_actions"] == pytest.approx(0.75**4)


@BOTH
def test_best_responses_in_turn_end_in_the_same_equilibrium(variant):
    rng = np.random.default_rng(1)
    changes = {
        "D": rng.uniform(0, 1, (200, 2, 2)),
        "alpha_Samsung": rng.uniform(0.3, 0.7, 200),
        "gamma": rng.uniform(0, 1, 200),
    }
    parameters = {**load("slcd").values(variant), **changes}
    starts = rng.uniform(0.1, 90, (200, 2))
    actions, settled = slcd_experiments.settle(variant, parameters, starts)
    ours = slcd.simulate(variant, parameters, 200).values
    assert settled.all() and ours["converged"].all()
    assert actions == pytest.approx(ours["actions"], abs=1e-5)
    # Each stops on its own account.
    first = {**parameters, **{name: values[:1] for name, values in changes.items()}}
    assert np.array_equal(slcd_experiments.settle(variant, first, starts[:1])[0], actions[:1])


def test_draws_do_not_meet():
    many = outcome("power", 3, gamma=np.array([0.2, 0.5, 0.9]))
    alone = outcome("power", gamma=0.9)
    for name, values in many.values.items():
        assert np.array_equal(values[2], alone.values[name][0]), name


def test_actions_stay_within_open_bounds():
    # Here a partner would do without bound.
    actions = outcome("power", beta=0.95, gamma=1.0, D=[[0, 1], [1, 0]]).values["actions"]
    assert (actions < 100).all() and actions == pytest.approx(100)


def test_the_environment_pays_the_same_and_holds_the_same_equilibrium():
    case = outcome("logarithmic").values
    game = envs.game("SLCD-v0", trust_enabled=False)

    def step(actions):
        start = game.reset([0] * len(actions))
        return game.step(start, np.asarray(actions, np.float32))[1]

    for name in ("", "baseline_"):
        payoffs = step(case[f"{name}actions"]).payoffs
        assert payoffs == pytest.approx(case[f"{name}payoffs"], rel=1e-6)
    best = game.rewards(step(case["actions"]), "integrated")[0]
    for actor in (0, 1):
        tried = np.repeat(case["actions"], 99, axis=0)
        tried[:, actor] = np.arange(1, 100)
        assert (game.rewards(step(tried), "integrated")[:, actor] <= best[actor] + 1e-3).all()


@pytest.mark.parametrize("variant, parameter", [("logarithmic", 20.0), ("power", 0.75)])
def test_value_of_the_environments_is_ours(variant, parameter):
    form, actions = slcd.FORMS[variant], np.linspace(0.01, 99, 50)
    settings = ValueParameters(variant, **{form.parameter: parameter})
    assert form.value(actions, parameter) == pytest.approx(individual_value(settings, actions))
    slope = (form.value(actions + 1e-5, parameter) - form.value(actions - 1e-5, parameter)) / 2e-5
    assert form.at_slope(slope, parameter) == pytest.approx(actions, rel=1e-4)


def test_suite_and_environment_agree_in_what_both_have():
    for parameter in load("slcd").parameters.values():
        if parameter.game:
            assert parameter.value == pytest.approx(np.array(parameter.in_game), rel=1e-6)


# The legacy rubric


@BOTH
def test_legacy_score_item_by_item(variant):
    expected = pd.read_csv(DATA / "slcd_items.csv").query("variant == @variant")
    found = score(LEGACY, outcome(variant))
    assert [criterion.id for criterion in LEGACY.criteria] == list(expected["item"])
    assert [criterion.points for criterion in LEGACY.criteria] == list(expected["points_max"])
    assert list(found.points[0]) == list(expected["points"])
    assert found.measured[0] == pytest.approx(expected["measured"].to_numpy(), rel=1e-4)
    assert found.total[0] == RELEASED[variant]


@pytest.mark.parametrize(
    "name, logarithmic, power",
    [
        *(("inert", 28, 28), ("independent", 53, 54), ("fully_dependent", 56, 42)),
        *(("transposed", 58, 46), ("gamma_20", 44, 60), ("gamma_50", 53, 46)),
        *(("gamma_65", 58, 46), ("gamma_70", 60, 46)),
    ],
)
def test_legacy_score_without_a_part(name, logarithmic, power):
    override = next(each for each in LEGACY.ablations if each["id"] == name)["override"]
    found = [legacy_score(variant, **override) for variant in ("logarithmic", "power")]
    assert found == [logarithmic, power]


def test_null_models_score_as_published(drawn):
    expected = pd.read_csv(DATA / "slcd_nulls.csv").set_index(["variant", "null"])
    assert set(expected.index) == set(drawn)
    for key, points in drawn.items():
        row, totals = expected.loc[key], points.sum(axis=1)
        assert totals.mean() == pytest.approx(row["mean"], abs=0.1), key
        assert totals.std() == pytest.approx(row["sd"], abs=0.1), key
        reached = (totals >= RELEASED[key[0]]).mean()
        assert reached == pytest.approx(row["p_reached"], abs=0.015), key


@BOTH
def test_random_dependence_passes_items_as_often_as_published(drawn, variant):
    expected = pd.read_csv(DATA / "slcd_items.csv").query("variant == @variant")
    rates = (drawn[variant, "dependence"] > 0).mean(axis=0)
    assert rates == pytest.approx(expected["null_rate"].to_numpy(), abs=0.015)


def test_most_legacy_points_are_earned_by_any_parameters(drawn):
    assert drawn["logarithmic", "dependence"].sum(axis=1).min() == 45
    assert drawn["power", "dependence"].sum(axis=1).min() == 35


def test_declared_implications_hold(drawn):
    place = {criterion.id: i for i, criterion in enumerate(LEGACY.criteria)}
    passed = np.concatenate([lint.passes(LEGACY, points) for points in drawn.values()])
    for criterion in LEGACY.criteria:
        for other in criterion.implied_by:
            assert passed[passed[:, place[other]], place[criterion.id]].all(), (criterion.id, other)


def test_the_payoff_share_tests_an_input():
    rng = np.random.default_rng(3)
    alpha, D = rng.uniform(0.3, 0.7, 4000), rng.uniform(0, 1, (4000, 2, 2))
    for variant in slcd.FORMS:
        found = outcome(variant, 4000, alpha_Samsung=alpha, D=D)
        share = measure(found, {"name": "payoff_share", "of": "Samsung"})
        assert share.min() > 0.485 and share.max() < 0.515
        assert ((share >= 0.5) == (alpha >= 0.5)).mean() > 0.93


def imagined():
    """Outcomes of every combination of what the legacy rubric looks at, ends of bands included."""
    rows = np.array(
        list(
            product(
                (-50, 0, 5, 10, 12, 15, 30, 60, 70, 80, 90, 100, 150),  # increase in percent
                (0, 0.02, 0.1, 0.3, 0.6, 2.5),  # asymmetry
                (-5, 0, 5, 10, 12, 15, 30, 50, 70, 100, 120),  # value increase in percent
                (0.4, 0.5, 0.6, 0.65, 0.7),  # share of Samsung
                (200.0, -200.0, np.nan),  # joint payoff
                (1.0, -1.0),  # gain of Sony
                (0.0, 1.0),  # convergence
                (20.0, 90.0),  # baseline
                (1.0, np.nan),  # whether the value is finite
            )
        )
    ).T
    increase, asymmetry, value, share, joint, gain, converged, baseline, finite = rows
    mean = baseline * (1 + increase / 100)
    payoffs = (joint * np.stack([share, 1 - share])).T
    return Outcome(
        slcd.ACTORS,
        values={
            "converged": converged,
            "actions": (mean * np.stack([1 - asymmetry / 2, 1 + asymmetry / 2])).T,
            "baseline_actions": np.stack([baseline, baseline], axis=1),
            "payoffs": payoffs,
            "baseline_payoffs": payoffs - np.stack([np.ones_like(gain), gain], axis=1),
            "total_value": (100 + value) * finite,
            "baseline_total_value": np.full_like(value, 100.0),
        },
    )


def test_59_of_60_cannot_be_reached():
    found = score(LEGACY, imagined())
    totals = set(found.total)
    assert {60.0, 58.0, 57.0} <= totals
    assert 59.0 not in totals
    # Every item can be won and lost here, so that nothing but the implications rules it out.
    assert np.array_equal(found.points.max(axis=0), [c.points for c in LEGACY.criteria])
    assert not found.points.min(axis=0).any()
    # 59 would need the loss of the one item of one point alone.
    assert [c.id for c in LEGACY.criteria if c.points == 1] == ["SL-C2.1"]


def test_known_failures_of_the_legacy_rubric(drawn):
    assert legacy_score("logarithmic", gamma=0.0) > 0.2 * LEGACY.ceiling
    for variant in slcd.FORMS:
        assert len(lint.findings(LEGACY, drawn[variant, "dependence"])) > 12


# The strict rubric


@BOTH
def test_strict_items_say_something(variant):
    parts = null_outcomes(STRICT, variant, "wide")
    points = np.concatenate([score(STRICT, part).points for part in parts])
    assert lint.findings(STRICT, points) == []


@BOTH
def test_strict_gives_nothing_for_nothing_and_all_for_the_targets(variant):
    [inert] = nulls.outcomes("slcd", variant, entry(STRICT, variant, "inert"), STRICT.model, 1)
    assert score(STRICT, inert).total[0] == 0
    assert score(STRICT, slcd.perfect()).total[0] == STRICT.max_points == STRICT.ceiling


def test_strict_score_at_one_gamma():
    found = {v: score(STRICT, outcome(v, **STRICT.model)) for v in slcd.FORMS}
    assert list(found["logarithmic"].points[0]) == [6, 5, 5, 4]
    assert list(found["power"].points[0]) == [0, 0, 0, 4]


def test_strict_lead_has_a_sign():
    # Partners changed: Samsung does more, and only the legacy rubric does not mind.
    swapped = outcome("logarithmic", alpha_Samsung=0.45, D=[[0.0, 0.86], [0.64, 0.0]])
    for rubric, item, points in ((STRICT, "SL-lead", 0), (LEGACY, "SL-C5.3", 4)):
        place = [criterion.id for criterion in rubric.criteria].index(item)
        assert score(rubric, swapped).points[0, place] == points


def test_bands_are_those_of_the_history():
    table = history("slcd_targets").set_index("series")
    bands = {c.id: c.band for c in LEGACY.criteria + STRICT.criteria}
    for item, series, place in (
        ("SL-increase", "cooperation increase", 0),
        ("SL-C2.6", "cooperation increase", 1),
        ("SL-value", "value increase", 0),
        ("SL-C3.5", "value increase", 0),
        ("SL-C4.3", "Samsung's share of payoffs", 0),
        ("SL-C5.3", "asymmetry", 0),
        ("SL-lead", "Sony's lead", 0),
    ):
        row = table.loc[[series]].iloc[place]
        assert (bands[item]["low"], bands[item]["high"]) == (row["low"], row["high"]), item
    assert bands["SL-pareto"]["low"] == table.loc["weaker partner's part of the gain", "low"]
    assert {row["series"] for row in slcd.targets()} == {*slcd.SERIES, slcd.PROFILED}


def test_no_gain_earns_no_share():
    found = Outcome(
        slcd.ACTORS,
        values={
            "payoffs": np.array([[3.0, 1.0], [2.0, 0.0], [0.5, 0.5], [1.0, 1.0]]),
            "baseline_payoffs": np.ones((4, 2)) * [1.0, 0.5],
        },
    )
    share = measure(found, {"name": "weaker_gain_share"})
    assert share == pytest.approx([0.2, -1.0, np.nan, 0.0], nan_ok=True)


# Secondary experiments


@pytest.fixture(scope="module")
def experiments():
    return slcd.experiments()


def test_secondary_experiments_to_the_digits_shown(experiments):
    known = sources.published("case_experiments").query("suite == 'TR-1'")
    ours = {(r["experiment"], r["quantity"]): r["text"] for r in experiments}
    assert len(known) == 57
    for row in known.itertuples():
        assert ours[row.experiment, row.quantity] == row.reproduced, row


def test_equal_partners_lose_an_item_to_the_end_of_the_iteration(experiments):
    ours = {(r["experiment"], r["quantity"]): r["text"] for r in experiments}
    name = "Symmetric High Interdependence: log / power"
    assert ours["E5 other cases", name] == "56 / 38"
    assert ours["E5 other cases, exact equilibrium", name] == "56 / 42"


def test_one_gamma_for_both_forms(experiments):
    found = {r["quantity"]: r["value"] for r in experiments if r["experiment"].endswith("forms")}
    expected = {"logarithmic > power (%)": 48.9, "logarithmic < power (%)": 40.8, "tie (%)": 10.3}
    assert found == pytest.approx(expected, abs=0.7)


def test_gamma_alone_decides_which_form_wins():
    profile = pd.DataFrame(slcd_experiments.profile())
    assert len(profile) == 40 and profile["used"].sum() == 2
    winner = profile.groupby(profile["gamma"].round(2))["winner"].first()
    assert set(winner[winner == "power"].index) == {0.1, 0.15, 0.2, 0.25, 0.3, 0.35}
    assert set(winner[winner == "tie"].index) == {0.05, 0.4}
    assert (winner[winner.index >= 0.45] == "logarithmic").all()
    full = profile[profile["legacy"] == 60].groupby("variant")["gamma"].agg(["min", "max"])
    assert full.loc["power"].tolist() == pytest.approx([0.15, 0.25])
    assert full.loc["logarithmic"].tolist() == pytest.approx([0.70, 0.80])
    at_own = profile[profile["used"]].set_index("variant")["legacy"]
    assert at_own.to_dict() == RELEASED
    # Either form is given all strict points by some gamma.
    assert (profile.groupby("variant")["strict"].max() == STRICT.max_points).all()


# The history


def test_waypoints_lie_on_linear_time():
    waypoints = history("slcd_phases").query("coding == 'waypoints'")

    def day(text):
        return date(*map(int, [*text.split("-"), "1"][:3])).toordinal()

    days = waypoints["date"].map(day).to_numpy()
    expected = (days - days[0]) / (days[-1] - days[0])
    assert waypoints["position"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert list(waypoints["steps"]) == list((100 * expected).round())
    assert set(waypoints["status"]) == {"documented"}
    trust = history("slcd_trust").query("quantity == 'mean trust'")
    assert (trust.groupby("schedule")["waypoint"].apply(list).map(len) == 4).all()
    assert set(trust["waypoint"]) <= set(waypoints["no"])
