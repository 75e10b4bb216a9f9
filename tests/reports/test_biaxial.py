"""The two-dimensional S-LCD study: solutions against closed forms, tables, verdicts, figures."""

import re
from types import SimpleNamespace

import biaxial_frames as frames
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from biaxial_frames import played

from coopetition import envs
from coopetition.agents import appropriation as solving
from coopetition.agents.descent import MOST_POINTS, descend
from coopetition.reports import biaxial, schema
from coopetition.reports.biaxial_comparison import at, comparison, ends
from coopetition.reports.biaxial_training import trained
from coopetition.reports.figures import FIGURES
from coopetition.reports.rules import biaxial as rules
from coopetition.reports.sources import published
from coopetition.reports.supplement_content import TABLES, supplement_data

ALPHA, D = np.array([0.55, 0.45]), np.array([[0.0, 0.64], [0.86, 0.0]])
DEFAULTS = {"kappa": 0.5, "beta": 0.6, "eta": 0.4, "xi": 15.0}
NOTHING = schema.table("biaxial_trained", [])
RULES = {
    "G02": rules.interior_equilibrium,
    "G03": rules.reduces_to_slcd,
    "G04": rules.oracle_episode,
    "G05": rules.unimodal_outcomes,
    "G06": rules.collapse_of_ippo,
}


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def outcomes(supplements):
    return supplements["biaxial_outcomes"]


@pytest.fixture(scope="module")
def calibration(supplements):
    return supplements["biaxial_calibration"]


@pytest.fixture(scope="module")
def compared(supplements):
    return supplements["biaxial"]


def payoffs(actions, kappa, beta, eta, xi):
    """Payoffs of a step, from the equation of the study."""
    c, p = actions[0::2], actions[1::2]
    surplus = 0.65 * np.sqrt(c.prod())
    shared = ALPHA * surplus * (1 - beta * p.mean())
    return 100 - c - kappa * p + 20 * np.log(1 + c) + shared + eta * p * surplus - xi * p**2


# ---- solutions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [{}, {"eta": 0.6, "beta": 0.3}, {"eta": 0.2}, {"kappa": 0.1, "xi": 5.0}]
)
@pytest.mark.parametrize(("way", "concern"), [("equilibrium", D), ("selfish", 0 * D)])
def test_no_agent_gains_by_another_action_in_an_equilibrium(change, way, concern):
    values = DEFAULTS | change
    actions = solving.play(solving.settings(**values), way).actions[0]
    generator = np.random.default_rng(0)
    weights = np.eye(2) + concern
    for agent in range(2):
        stay = (weights @ payoffs(actions, **values))[agent]
        for _ in range(300):
            tried = actions.copy()
            near = generator.random() < 0.5
            step = generator.normal(0, (0.5, 0.01)) if near else generator.random(2) * (100, 1)
            own = slice(2 * agent, 2 * agent + 2)
            tried[own] = np.clip(tried[own] + step if near else step, 0, (100, 1))
            assert (weights @ payoffs(tried, **values))[agent] <= stay + 1e-7


@pytest.mark.parametrize("way", ["equilibrium", "selfish"])
def test_appropriation_is_the_root_of_its_condition(way):
    """dU_i / dp_i = 0, cut to [0, 1], given what is created together."""
    eta, beta = (grid.ravel() for grid in np.meshgrid([0.2, 0.4, 0.6], [0.3, 0.6, 0.9]))
    profile = solving.play(solving.settings(eta=eta, beta=beta), way)
    surplus = 0.65 * np.sqrt(profile.cooperation.prod(axis=1, keepdims=True))
    concern = D if way == "equilibrium" else 0 * D
    felt = beta[:, None] / 2 * surplus * (ALPHA + concern @ ALPHA)
    expected = np.clip((eta[:, None] * surplus - 0.5 - felt) / 30, 0, 1)
    np.testing.assert_allclose(profile.appropriation, expected, atol=2e-6)
    assert (profile.appropriation[expected == 0] == 0).all()


def test_settings_do_not_touch_each_other():
    values = {"eta": np.array([0.2, 0.4, 0.6]), "xi": np.array([5.0, 15.0, 30.0])}
    together = solving.play(solving.settings(**values), "equilibrium")
    for i in range(3):
        alone = solving.settings(**{name: value[i] for name, value in values.items()})
        single = solving.play(alone, "equilibrium")
        np.testing.assert_array_equal(single.actions[0], together.actions[i])
        assert single.sweeps[0] == together.sweeps[i]


def test_solved_utilities_are_payoffs_of_the_game():
    """In the first step trust is known: the game pays what the solver maximises."""
    actions = np.array([[26.0, 0.1, 40.0, 0.7]])
    _, outcome = envs.game(solving.ID).step(envs.game(solving.ID).reset([0]), actions)
    found = solving.utilities(solving.settings(), actions, np.zeros((2, 2)))
    np.testing.assert_allclose(outcome.payoffs, found, rtol=1e-6)


@pytest.mark.parametrize("values", [{}, {"eta": 0.6, "beta": 0.3}])
def test_no_constants_on_the_grid_earn_more_than_the_joint_plan(values):
    """By playing whole episodes: near the plan, and anywhere."""
    plan = solving.play(solving.settings(**values), "team").actions[0]
    generator = np.random.default_rng(1)
    far = generator.random((1500, 4)) * (100, 1, 100, 1)
    near = plan + generator.normal(0, (2, 0.02, 2, 0.02), (1500, 4))
    tried = np.clip(np.concatenate([[plan], near, far]), 0, (100, 1, 100, 1))
    tried[1:, ::2] = np.round(tried[1:, ::2])
    many = solving.settings(**{k: np.full(len(tried), v) for k, v in (DEFAULTS | values).items()})
    total = solving.episodes(many, tried).returns.sum(axis=1)
    assert total.argmax() == 0 or total.max() <= total[0] * (1 + 1e-7)


def test_to_appropriate_nothing_is_optimal_in_every_state_at_the_collapse():
    """The summed reward falls in each p_i for any trust, at eta 0.2 and beta 0.6 (claim G06)."""
    generator = np.random.default_rng(2)
    eta, beta = biaxial.COLLAPSE
    values = DEFAULTS | {"eta": eta, "beta": beta}
    for _ in range(300):
        actions = generator.random(4) * (100, 1, 100, 1)
        weights = np.eye(2) + D * generator.random((2, 2))
        for number in (1, 3):
            none = actions.copy()
            none[number] = 0
            gain = (weights @ (payoffs(none, **values) - payoffs(actions, **values))).sum()
            assert gain >= 0


# ---- tables -------------------------------------------------------------------------------------


def test_the_published_equilibrium_is_found(outcomes):
    """c*, p*, U* of the published oracle, its sweeps, and the episode that it plays."""
    found = at(outcomes, biaxial.CENTRE, "equilibrium")
    np.testing.assert_allclose(found["cooperation"], [26.77, 27.55], atol=1e-2)
    np.testing.assert_allclose(found["appropriation"], [0.071, 0.056], atol=1e-3)
    np.testing.assert_allclose(found["utility"], [243.80, 275.96], atol=1e-2)
    np.testing.assert_allclose(found["returns"], [6066.37, 6012.89], atol=1e-2)
    assert found["sweeps"] == 7
    assert found["trust_end"] < 1e-6


def test_the_oracle_returns_at_least_what_it_does_without_appropriation(outcomes):
    found = at(outcomes, biaxial.CENTRE, "equilibrium")
    actions = np.stack([found["cooperation"], [0, 0]], axis=1).reshape(1, 4)
    without = solving.episodes(solving.settings(), actions).returns[0]
    assert (np.array(found["returns"]) >= without - 0.5).all()
    assert sum(found["returns"]) > without.sum()


def test_the_grid_is_whole_and_appropriation_monotone(outcomes):
    assert len(outcomes) == 75
    for _, rows in outcomes.groupby("play"):
        taken = rows.assign(p=rows["appropriation"].map(np.mean))
        wide = taken.pivot(index="eta", columns="beta", values="p").to_numpy()
        assert wide.shape == (5, 5)
        assert (np.diff(wide, axis=0) >= -1e-9).all()
        assert (np.diff(wide, axis=1) <= 1e-9).all()


def test_there_is_nothing_interior_at_the_collapse(outcomes):
    for way in ("equilibrium", "team"):
        assert list(at(outcomes, biaxial.COLLAPSE, way)["appropriation"]) == [0, 0]
    selfish = at(outcomes, biaxial.COLLAPSE, "selfish")["appropriation"]
    np.testing.assert_allclose(selfish, [0.00068, 0.01554], atol=1e-4)


def test_a_place_that_is_not_on_the_grid_is_an_error(outcomes):
    with pytest.raises(ValueError, match=r"eta=0.25"):
        at(outcomes, (0.25, 0.6), "team")


def test_rewards_are_those_of_slcd_without_appropriation(monkeypatch):
    assert biaxial.reduction() == 0
    changed = envs.game(solving.ID, trust_enabled=False)
    games = {"SLCD-v0": envs.game("SLCD-v0"), solving.ID: changed}
    monkeypatch.setattr(biaxial.envs, "game", games.get)
    assert biaxial.reduction() > 1


# ---- calibration --------------------------------------------------------------------------------


def test_targets_are_those_published():
    wanted = biaxial.targets()
    assert list(wanted) == ["endpoint", "A_flat_peak", "A_rising", "B_monotonic"]
    assert wanted["endpoint"] == {"trust_end": 0.0, "appropriation": 0.3}
    assert list(wanted["B_monotonic"].values()) == [0.6, 0.4, 0.15, 0.0, 0.3]


def reaching(outcome):
    """A game with these outcomes of kappa and xi."""
    return lambda kappa, xi: [outcome(k, x) for k, x in zip(kappa, xi, strict=True)]


def quadratic(kappa, xi):
    return {"a": kappa - 0.7, "b": (xi - 12.3) / 10}


def test_a_perfect_trajectory_has_an_objective_of_zero():
    wanted = biaxial.targets()["A_rising"]
    rows = descend(reaching(lambda kappa, xi: wanted), wanted)
    assert {row["value"] for row in rows} == {0.0}


def test_the_descent_finds_a_quadratic_minimum_by_the_vertex():
    """Distances in kappa and xi: five points do not hit 0.7 and 12.3, the parabola does."""
    rows = list(descend(reaching(quadratic), {"a": 0.0, "b": 0.0}))
    assert len(rows) == MOST_POINTS
    last = [row for row in rows if row["kept"]][-1]
    assert (last["kappa"], last["xi"]) == pytest.approx((0.7, 12.3))
    assert last["vertex"]
    assert [row["round"] for row in rows] == [1] * 12 + [2] * 12
    assert [row["axis"] for row in rows] == [*["kappa"] * 6, *["xi"] * 6] * 2


def test_the_points_tried_do_not_depend_on_the_last_bits_of_outcomes():
    """These differ between processors, and so do those of the fitted parabola."""
    rng = np.random.default_rng(0)

    def points(reached):
        rows = descend(reaching(reached), {"a": 0.0, "b": 0.0})
        return [(row["kappa"], row["xi"]) for row in rows]

    def rounded(kappa, xi):
        return {
            k: v * (1 + rng.integers(-2, 3) * 2.0**-52) for k, v in quadratic(kappa, xi).items()
        }

    assert all(points(rounded) == points(quadratic) for _ in range(20))


def test_a_minimum_at_the_edge_stays_in_the_box():
    rows = descend(reaching(lambda kappa, xi: {"a": kappa + xi}), {"a": 0.0})
    last = [row for row in rows if row["kept"]][-1]
    assert (last["kappa"], last["xi"]) == (0.1, 5.0)


def test_a_point_without_outcomes_is_passed_over():
    """Two of the five points along kappa have none: the parabola through the others is the same."""

    def reached(kappa, xi):
        found = quadratic(kappa, xi)
        return dict.fromkeys(found, np.nan) if kappa in (0.1, 2.0) else found

    rows = list(descend(reaching(reached), {"a": 0.0, "b": 0.0}))
    assert sum(np.isnan(row["value"]) for row in rows) == 4
    last = [row for row in rows if row["kept"]][-1]
    assert (last["kappa"], last["xi"]) == pytest.approx((0.7, 12.3))


def test_a_descent_without_any_outcome_stays_where_it_starts_and_keeps_nothing():
    rows = list(descend(reaching(lambda kappa, xi: {"a": np.nan}), {"a": 0.0}))
    assert len(rows) == 10
    assert not any(row["kept"] for row in rows)
    assert {row["kappa"] for row in rows if row["axis"] == "xi"} == {0.5}


def trained_descents(lost=()):
    """A learner whose appropriation falls with both costs, and which fails at some kappa."""

    def reached(kappa, xi):
        ends = {"appropriation": 0.6 - kappa / 10 - xi / 100, "trust_end": 0.9}
        quarters = dict.fromkeys(("trust_first", "trust_second", "trust_third"), 0.9) | ends
        if kappa in lost:
            quarters = dict.fromkeys(quarters, np.nan)
        return {"runs": 3, "finished": 0 if kappa in lost else 3, "steps": 2400, **quarters}

    rows = [
        row
        for objective in ("endpoint", "A_rising")
        for row in biaxial.calibrated("IPPO", objective, reaching(reached))
    ]
    return schema.table("biaxial_calibration", rows)


def with_solved(calibration, trained_rows):
    return schema.table("biaxial_calibration", pd.concat([calibration, trained_rows]))


@pytest.mark.parametrize("lost", [(), (0.1,)])
def test_a_trained_calibration_is_shown_beside_those_solved(supplements, calibration, lost):
    both = with_solved(calibration, trained_descents(lost))
    plot = FIGURES["biaxial_calibration"](supplements["biaxial_maps"], both)
    titles = [ax.get_title() or ax.get_title(loc="left") for ax in plot.figure.axes]
    assert "IPPO,\ntrained" in titles
    last = ends(both).query("play == 'IPPO'")
    assert f"κ = {last['kappa'].iloc[0]:.2f}, ξ = {last['xi'].iloc[0]:.2f} (endpoint)" in (
        plot.caption
    )
    assert ("no run finished" in plot.caption) == bool(lost)
    tables = {name: supplements[name] for name in TABLES} | {"biaxial_calibration": both}
    rows = supplement_data(tables)["biaxial_calibration"]
    assert [row["title"] for row in rows[-2:]] == ["IPPO, trained"] * 2
    assert [(row["finished"], row["runs"]) for row in rows] == [(0, 0)] * 12 + [(3, 3)] * 2


def test_how_far_trained_calibrations_lie_apart_is_a_row_of_its_own(
    outcomes, calibration, compared
):
    both = with_solved(calibration, trained_descents())
    rows = schema.table("biaxial", comparison(outcomes, both, 0.0, NOTHING)).set_index("quantity")
    name = "largest distance of the calibrations of one play (kappa, xi)"
    assert rows.loc[name, "recomputed"] == pytest.approx(
        compared.set_index("quantity").loc[name, "recomputed"]
    )
    own = rows.loc["largest distance of the calibrations trained with IPPO (kappa, xi)"]
    last = ends(both).query("play == 'IPPO'")
    assert own["recomputed"] == pytest.approx([np.ptp(last["kappa"]), np.ptp(last["xi"])])
    assert own["note"] == "endpoint, A_rising"


def test_the_calibrations_of_a_play_agree_because_trust_does_not_answer(calibration):
    last = ends(calibration)
    assert len(last) == 12
    for _, rows in last.groupby("play"):
        assert np.ptp(rows["kappa"]) < 1e-4
        assert np.ptp(rows["xi"]) < 1e-4
    for _, rows in calibration.groupby("play"):
        assert np.ptp(rows["trust_first"]) < 1e-3
        assert np.ptp(rows["appropriation"]) > 0.1
    reached = last.groupby("play")["appropriation"].max()
    assert reached["selfish"] == pytest.approx(0.3, abs=1e-4)
    assert reached.drop("selfish").max() < 0.25


# ---- comparison and verdicts --------------------------------------------------------------------


def test_every_published_quantity_has_a_row_and_a_result(compared):
    said = published("slcd_2d_published")
    assert list(compared["quantity"][: len(said)]) == list(said["quantity"])
    count = compared["result"].value_counts().to_dict()
    assert count == {
        **{"setting": 14, "match": 7, "added": 4, "mismatch": 1},
        **{"trained": 4, "not trained": 1},
    }
    told = compared.set_index("quantity")
    outcome = told.loc["IPPO outcome at eta=0.20, beta=0.60"]
    assert list(outcome["recomputed"]) == pytest.approx([0.35])
    assert outcome["note"] == "p of the last step; IPPO, 2 seeds of 4,000 steps"
    dip = told.loc["Hartigan dip test p at eta=0.40, beta=0.90"]
    assert (dip["result"], len(dip["recomputed"])) == ("not trained", 0)
    wrong = compared[compared["result"] == "mismatch"]
    assert wrong["quantity"].tolist() == ["beta grid (croissant text)"]
    assert (compared["difference"].dropna() <= compared["tolerance"].dropna()).all()


def evidence(table, learned=NOTHING):
    return SimpleNamespace(biaxial=table, biaxial_trained=learned)


def verdicts(table):
    return {claim: rule(evidence(table)).verdict for claim, rule in RULES.items()}


def test_verdicts(compared):
    assert verdicts(compared) == {
        **{"G02": "confirmed", "G03": "confirmed", "G04": "confirmed"},
        **{"G05": "not testable", "G06": "inconclusive"},
    }
    collapse = rules.collapse_of_ippo(evidence(compared))
    assert "the optimum of that reward" in collapse.reason
    assert "no interior equilibrium" in collapse.reason
    assert "(0.001, 0.016)" in collapse.reason
    assert collapse.reason.startswith("Neither was trained.")
    found = rules.interior_equilibrium(evidence(compared))
    assert found.estimate == "c* = (26.77, 27.55); p* = (0.071, 0.056); U* = (243.80, 275.96)"


@pytest.mark.parametrize("claim", ["G02", "G03", "G04"])
def test_a_claim_is_refuted_by_a_mismatch(compared, claim):
    changed = compared.copy()
    changed.loc[changed["claim"] == claim, "result"] = "mismatch"
    assert verdicts(changed)[claim] == "refuted"
    assert verdicts(changed) | {claim: "confirmed"} == verdicts(compared)


def test_an_equilibrium_at_the_border_is_not_interior(compared):
    changed = compared.copy()
    [row] = changed.index[changed["quantity"] == "p* agent 0 / agent 1"]
    changed.at[row, "recomputed"] = [0.07, 0.0]
    decision = rules.interior_equilibrium(evidence(changed))
    assert decision.verdict == "refuted"
    assert "not inside" in decision.reason


def test_what_a_joint_controller_should_take_is_told_as_it_is(compared):
    changed = compared.copy()
    for row in changed.index[changed["result"].eq("added") & changed["claim"].eq("G06")]:
        changed.at[row, "recomputed"] = [0.1, 0.2]
    reason = rules.collapse_of_ippo(evidence(changed)).reason
    assert "not the optimum" in reason
    assert "has an interior equilibrium" in reason


def test_without_the_study_nothing_is_testable():
    assert set(verdicts(schema.table("biaxial", [])).values()) == {"not testable"}


# ---- trained runs -------------------------------------------------------------------------------


def learned(rows, repetitions=200):
    found = trained(frames.table(rows), repetitions=repetitions)
    return schema.table("biaxial_trained", found)


def many(policy, point, finals, steps=500_000):
    return [played(policy, point, 200 + i, final, steps) for i, final in enumerate(finals)]


def test_runs_are_summed_up_by_point_and_learner(supplements):
    rows = supplements["biaxial_trained"]
    assert rows[["policy", "eta", "runs", "finished"]].to_numpy().tolist() == [
        *[["IPPO", 0.2, 2, 2], ["IPPO", 0.4, 2, 2]],
        *[["ISAC", 0.2, 2, 2], ["ISAC", 0.4, 2, 1]],
    ]
    assert rows["cooperation"].tolist() == [35.0] * 4
    assert rows["final_appropriation"].tolist() == pytest.approx([0.35, 0.35, 0.05, 0.05])
    # What solves the game there, as the table of solutions has it.
    for way in ("equilibrium", "selfish", "team"):
        for row in rows.to_dict("records"):
            solved = at(supplements["biaxial_outcomes"], (row["eta"], row["beta"]), way)
            expected = np.mean(solved["appropriation"])
            assert row[f"{way}_appropriation"] == pytest.approx(expected, abs=1e-6)
    assert rows["dip_p"].isna().all()


def test_seeds_that_end_in_two_camps_have_a_small_p():
    point, generator = (0.4, 0.9), np.random.default_rng(0)
    near = generator.normal(0.3, 0.02, 30)
    split = np.concatenate([near[:15], near[15:] + 0.5])
    [one] = learned(many("IPPO", point, near))["dip_p"]
    [two] = learned(many("IPPO", point, split))["dip_p"]
    assert one > 0.05
    assert two == 0.0


@pytest.mark.parametrize(
    ("shift", "seeds", "steps", "verdict"),
    [
        *[(0.0, 30, 500_000, "confirmed"), (0.5, 30, 500_000, "refuted")],
        *[(0.0, 29, 500_000, "inconclusive"), (0.5, 29, 500_000, "inconclusive")],
        *[(0.0, 30, 4000, "inconclusive"), (0.0, 3, 4000, "inconclusive")],
    ],
)
def test_one_mode_needs_the_published_design(compared, shift, seeds, steps, verdict):
    finals = np.random.default_rng(0).normal(0.2, 0.02, seeds)
    finals[: seeds // 2] += shift
    table = learned(many("IPPO", (0.4, 0.9), finals, steps))
    found = rules.unimodal_outcomes(evidence(compared, table))
    assert (found.verdict, found.decided_by) == (verdict, "corrected")
    assert ("too few runs" in found.reason) == (seeds == 3)


@pytest.mark.parametrize(
    ("ippo", "isac", "seeds", "verdict"),
    [
        *[(-0.05, 0.3, 30, "confirmed"), (0.3, 0.3, 30, "refuted"), (-0.05, -0.05, 30, "refuted")],
        (-0.05, 0.3, 5, "inconclusive"),
    ],
)
def test_the_collapse_is_decided_by_both_learners(compared, ippo, isac, seeds, verdict):
    """The two agents differ by a tenth: -0.05 is a mean of nothing."""
    rows = [
        *many("IPPO", biaxial.COLLAPSE, [ippo] * seeds),
        *many("ISAC", biaxial.COLLAPSE, [isac] * seeds),
    ]
    found = rules.collapse_of_ippo(evidence(compared, learned(rows)))
    assert found.verdict == verdict
    assert f"IPPO ({seeds} seeds, 500,000 steps)" in found.reason
    alone = rules.collapse_of_ippo(evidence(compared, learned(rows[:seeds])))
    assert alone.verdict == "inconclusive"
    assert alone.reason.startswith("Of the two, IPPO was trained here")


def test_a_learner_that_is_not_apart_from_the_border_decides_nothing(compared):
    spread = np.linspace(-0.6, 0.55, 30)
    rows = [*many("IPPO", biaxial.COLLAPSE, spread), *many("ISAC", biaxial.COLLAPSE, [0.3] * 30)]
    found = rules.collapse_of_ippo(evidence(compared, learned(rows)))
    assert found.verdict == "inconclusive"


def test_the_figure_has_a_disc_per_point_and_learner(supplements):
    plot = FIGURES["biaxial_trained"](supplements["biaxial_maps"], supplements["biaxial_trained"])
    assert len(plot.data) == 4
    panels = [ax for ax in plot.figure.axes if ax.get_title(loc="left") or ax.get_title()]
    assert len(panels) == 4
    assert [len(ax.lines) for ax in panels] == [2] * 4
    said = "IPPO (2 points, 2 seeds of 4,000 steps) ends with c of 35 and p of 0.30, where"
    assert said in plot.caption  # not 35 to 35
    nothing = schema.table("biaxial_trained", [])
    empty = FIGURES["biaxial_trained"](supplements["biaxial_maps"], nothing)
    assert empty.caption.startswith("No learner was trained")


# ---- report -------------------------------------------------------------------------------------


def test_the_section_has_its_rows(supplements):
    data = supplement_data({name: supplements[name] for name in TABLES})
    assert [len(data[name]) for name in data] == [17, 9, 4, 12]
    assert {row["claim"] for row in data["biaxial_points"]} == {"G02", "G05", "G06"}
    assert all(isinstance(row["recomputed"], list) for row in data["biaxial"])
    nothing = supplement_data({name: schema.table(name, []) for name in TABLES})
    assert nothing == {name: [] for name in data}


def test_captions_tell_the_numbers_of_the_tables(supplements, outcomes):
    maps = supplements["biaxial_maps"]
    caption = FIGURES["biaxial_phases"](maps, outcomes).caption
    assert caption.startswith("Of 25 points nobody appropriates on 7 in the published equilibrium")
    assert "(0.000, 0.000), (0.001, 0.016) and (0.000, 0.000)" in caption
    assert caption.endswith("ends above 0.5 on 0, 0 and 25 of the points.")
    drawn = FIGURES["biaxial_calibration"](maps, supplements["biaxial_calibration"])
    low, high = re.search(
        r"appropriation is ([\d.]+) to ([\d.]+) \(published", drawn.caption
    ).groups()
    rows = maps[(maps["plane"] == "kappa, xi") & (maps["play"] == "equilibrium")]
    assert (float(low), float(high)) == pytest.approx(
        (rows["appropriation"].min(), rows["appropriation"].max()), abs=5e-4
    )
    assert "can be met by: selfish equilibrium." in drawn.caption
