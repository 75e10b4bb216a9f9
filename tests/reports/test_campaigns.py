"""Supplementary campaigns: tables from invented runs with a known effect, figures and verdicts."""

import campaign_frames
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from campaign_frames import DIALS, NOTHING, SHARES, frame

from coopetition.reports import campaign_content, schema
from coopetition.reports.campaigns import campaign_runs, grid
from coopetition.reports.capacity import capacity, capacity_agreement, tau
from coopetition.reports.critic_rates import critic_rates
from coopetition.reports.evidence import Evidence
from coopetition.reports.figures import FIGURES
from coopetition.reports.mutuality import crossovers, jain, jumps, mutuality
from coopetition.reports.population import cost_exponents, partners, population
from coopetition.reports.rules import campaigns as rules
from frames import audits_of, certificate, row, run


@pytest.fixture(autouse=True)
def close():
    """Matplotlib keeps every figure until it is told not to."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def wide():
    return campaign_frames.wide()


class TestCapacity:
    def test_agreement_is_that_of_the_rankings(self, wide):
        rows = frame(capacity_agreement(wide, repetitions=50), "capacity_agreement")
        found = {
            (r["environment"], r["reward_mode"], r["width"], r["other_width"]): r["tau"]
            for r in rows.to_dict("records")
        }
        assert found["all", "all", 64, 128] == 1
        # One pair of three is turned round.
        assert found["all", "all", 64, 256] == pytest.approx(1 / 3)
        assert found["Alpha", "private", 128, 256] == pytest.approx(1 / 3)
        assert found["all", "all", 64, 64] == 1
        assert len(rows) == 3 * 3 * 6  # places, modes, pairs of widths

    def test_noise_widens_the_interval(self, wide):
        noise = np.random.default_rng(0).normal(0, 2.0, len(wide))
        rows = frame(
            capacity_agreement(wide.assign(score=wide["score"] + noise), repetitions=200),
            "capacity_agreement",
        ).query("environment == 'all' and reward_mode == 'all' and width == 64")
        assert (rows["tau_high"] - rows["tau_low"] > 0.6).all()
        assert rows.loc[rows["other_width"] == 64, "tau"].iloc[0] < 0.9

    def test_scores_are_means_over_environments_by_seed(self, wide):
        rows = frame(capacity(wide), "capacity")
        best = rows.query("environment == 'all' and reward_mode == 'all' and width == 256")
        assert best.set_index("policy")["rank"].to_dict() == {"MAPPO": 1, "IPPO": 2, "ISAC": 3}
        first = best.set_index("policy").loc["MAPPO"]
        assert first["score"] == pytest.approx(0.92)
        assert first["score_low"] < 0.92 < first["score_high"]
        assert first["runs"] == 20

    def test_a_tie_counts_nothing(self):
        assert tau(np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 3)
        assert tau(np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0])) == -1

    def test_seeds_that_some_lack_are_left_out(self, wide):
        less = wide[(wide["seed"] < 4) | (wide["policy"] != "ISAC")]
        axes = ["policy", "width", "environment", "reward_mode"]
        scores, levels = grid(less, "score", axes)
        assert scores.shape == (3, 3, 2, 2, 4)
        assert levels[1] == [64, 128, 256]


@pytest.fixture(scope="module")
def slow():
    return campaign_frames.slow()


class TestCriticRates:
    def test_counts_what_broke_down(self, slow):
        rows = frame(critic_rates(slow), "critic_rates")
        of_all = rows.query("policy == 'all' and reward_mode == 'all'")
        assert of_all["learning_rate"].tolist() == [1e-3, 1e-4, 1e-5]
        assert of_all["broken"].tolist() == [8, 2, 0]
        own = rows.query("policy == 'MADDPG' and reward_mode == 'private'")
        assert own["score"].tolist() == pytest.approx([0.1, 0.4, 0.5])
        assert own["first_step"].dropna().tolist() == [100, 100]
        assert ((own["broken_low"] <= own["broken_share"]) & (own["broken_high"] <= 1)).all()

    def test_excluded_runs_count_nowhere(self, slow):
        left_out = slow.assign(status=slow["status"].where(slow["policy"] == "MADDPG", "excluded"))
        rows = frame(critic_rates(left_out), "critic_rates")
        assert set(rows["policy"]) == {"all", "MADDPG"}
        assert (rows["runs"] == 10).all()


@pytest.fixture(scope="module")
def turned():
    return campaign_frames.turned()


@pytest.fixture(scope="module")
def equilibria():
    return campaign_frames.equilibria()


class TestMutuality:
    def test_measures_along_the_dial(self, turned, equilibria):
        rows = frame(mutuality(turned, equilibria), "mutuality")
        own = rows[rows["policy"] == "IPPO"].sort_values("mutuality")
        assert own["cooperation"].tolist() == pytest.approx([s + 0.02 for s in SHARES])
        assert own["jain"].tolist() == pytest.approx([jain([1 + d, 3.0]) for d in DIALS])
        assert own["rank"].tolist() == [1, 1, 1, 2, 2]
        assert own["equilibrium_high"].tolist() == [0.2, 0.2, 0.3, 0.8, 0.9]
        assert own["nearest_equilibrium"].tolist() == [0.1, 0.1, 0.3, 0.8, 0.9]

    def test_equality_is_one_for_equals_and_the_least_for_one_who_has_all(self):
        assert jain([2.0, 2.0, 2.0]) == 1
        assert jain([0.0, 5.0, 0.0, 0.0]) == 0.25
        assert np.isnan(jain([0.0, 0.0]))

    def test_the_jump_is_found_where_it_is(self, turned, equilibria):
        rows = frame(jumps(turned, equilibria, repetitions=100), "mutuality_jumps")
        assert (rows["dial_low"] == 0.5).all()
        assert (rows["dial_high"] == 1.0).all()
        assert rows["jump"].tolist() == pytest.approx([0.48, 0.48])
        assert (rows["located"] == 1).all()
        assert (rows["typical"] < 0.1).all()
        assert rows["equilibrium_dial_low"].tolist() == [1.0, 1.0]
        assert rows["equilibrium_jump"].tolist() == pytest.approx([0.5, 0.5])

    def test_the_crossover_is_found_and_is_not_where_dependence_is_calibrated(self, turned):
        [found] = frame(crossovers(turned, repetitions=200), "mutuality_crossovers").to_dict(
            "records"
        )
        assert found["dial"] == pytest.approx(1.25)
        assert found["dial_low"] <= 1.25 <= found["dial_high"] < 1.3
        assert (found["leader_below"], found["leader_above"]) == ("independent", "ctde")
        assert not found["calibrated"]

    def test_a_crossover_at_one_is_calibrated_and_noise_locates_none(self, turned):
        here = turned["paradigm"] == "independent"
        leads = dict(zip(DIALS, (0.2, 0.1, 0.0041, -0.1, -0.2), strict=True))
        lead = turned["mutuality"].map(leads)
        moved = turned.assign(score=0.5 + lead.where(here, 0.0) - 0.002 * turned["seed"] * here)
        [found] = crossovers(moved, repetitions=200)
        assert found["calibrated"]
        noisy = turned.assign(score=np.random.default_rng(1).normal(size=len(turned)))
        assert all(
            row["dial_high"] - row["dial_low"] > 0.2 for row in crossovers(noisy, repetitions=200)
        )

    def test_a_class_alone_has_no_crossover(self, turned):
        assert crossovers(turned[turned["policy"] == "IPPO"], repetitions=10) == []


@pytest.fixture(scope="module")
def grown():
    return campaign_frames.grown()


class TestPopulation:
    def test_scores_and_costs_by_size(self, grown):
        rows = frame(population(grown), "population")
        assert rows["n_agents"].tolist() == [2, 4, 8]
        assert rows["score"].tolist() == [0.5, 0.25, 0.125]
        assert rows["payoff"].tolist() == [10.0, 10.0, 10.0]
        assert rows["cpu_per_step"].tolist() == [2.0, 8.0, 32.0]
        assert cost_exponents(rows) == {("TrustDilemma-v0", "IPPO"): pytest.approx(2.0)}

    def test_partners_are_those_of_the_audit(self, grown):
        audits = audits_of([("TrustDilemma", "v0"), ("SLCD", "v0")])
        met, mixed = audits["audit_cross_play"], audits["audit_mixture"]
        rows = frame(partners(met, mixed, grown), "population_partners")
        found = rows[rows["reward_mode"] == "integrated"].set_index("partners")
        assert set(found.index) == {"itself", "learner", "heuristic", "oracle", "constant", "mixed"}
        # Two runs of the same learner: among its like 10 more, among the other 1 more or 100 less.
        assert found.loc["itself", "payoff"] == pytest.approx((10 + 111) / 2)
        assert found.loc["constant", "policies"] == 2
        # The first and the second run, in companies drawn from all seven.
        assert found.loc["mixed", "payoff"] == pytest.approx((0 + 50) / 2)
        assert found.loc["mixed", "policies"] == 7
        assert frame(partners(met, mixed[:0], grown), "population_partners").equals(
            rows[rows["partners"] != "mixed"].reset_index(drop=True)
        )
        assert set(rows["environment"]) == {"TrustDilemma"}


class TestRuns:
    def trained(self, **changes):
        return schema.table("training", [run("training", environment="Alpha", **changes)])

    def plan(self, **changes):
        return schema.table("plan_supplements", [row("plan_supplements", **changes)])

    def runs(self, training, scales=(), **factors):
        plan = self.plan(run_id=training["run_id"].iloc[0], **factors)
        certificates = schema.table("certificates", [certificate("Alpha", 100.0, 300.0)])
        return campaign_runs(
            plan, training, certificates, schema.table("campaign_scales", [*scales])
        ).to_dict("records")[0]

    def test_have_the_mode_of_the_plan_and_the_scale_of_the_certificate(self):
        other = {"environment": "Alpha", "edition": "v0", "n_agents": 2}
        other |= {"welfare_floor": 0.0, "welfare_ceiling": 1.0}
        training = self.trained(n_agents=2, welfare=150.0)
        found = self.runs(training, [other], reward_mode="0.25", mutuality=0.25)
        assert (found["reward_mode"], found["mutuality"]) == ("0.25", 0.25)
        assert found["score"] == pytest.approx(0.25)
        schema.table("campaign_runs", [found])

    def test_of_another_size_have_its_own_scale(self):
        scaled = {"environment": "Alpha", "edition": "v0", "n_agents": 8}
        scaled |= {"welfare_floor": 0.0, "welfare_ceiling": 1000.0}
        found = self.runs(self.trained(n_agents=8, welfare=150.0), [scaled])
        assert found["score"] == pytest.approx(0.15)

    def test_that_broke_down_score_nothing_and_those_without_a_scale_have_none(self):
        assert self.runs(self.trained(n_agents=2, status="diverged"))["score"] == 0
        assert np.isnan(self.runs(self.trained(n_agents=8, welfare=1.0))["score"])

    def test_that_nobody_planned_are_an_error(self):
        training = self.trained(n_agents=2)
        with pytest.raises(ValueError, match="1 runs were not planned"):
            campaign_runs(self.plan(run_id="other"), training, pd.DataFrame(), pd.DataFrame())


@pytest.fixture(scope="module")
def tables():
    found = campaign_frames.campaign_tables()
    assert tuple(found) == campaign_content.TABLES
    return found


DRAWN = {
    "capacity": ("capacity", "capacity_agreement"),
    "critic_rates": ("critic_rates",),
    "mutuality": ("mutuality", "mutuality_jumps"),
    "population": ("population",),
}


def drawn(tables):
    """Arguments of the figures."""
    return {name: {key: tables[key] for key in keys} for name, keys in DRAWN.items()}


class TestReport:
    def test_says_what_is_found(self, tables):
        data = campaign_content.campaign_data(tables)
        assert {(row["width"], row["other_width"]) for row in data["capacity"]} == {
            (64, 128),
            (64, 256),
            (128, 256),
        }
        said = {name: FIGURES[name](**parts).caption for name, parts in drawn(tables).items()}
        assert "least between 64 and 256 units, where Kendall's tau is 0.33" in said["capacity"]
        assert "8 of 20 at 0.001, 2 of 20 at 0.0001, 0 of 20 at 0.00001" in said["critic_rates"]
        assert "by 0.48 [0.48, 0.48] from 0.5 to 1" in said["mutuality"]
        assert "The intervals of 0 hold 1" in data["campaigns"]["crossovers"]
        assert "to the power of 2.00" in said["population"]
        [sizes] = data["population"]
        assert (sizes["few"], sizes["many"], sizes["many_score"]) == (2, 8, 0.125)
        assert [row["leader"] for row in data["mutuality"]] == ["IPPO", "IPPO", "MAPPO"]

    def test_says_nothing_of_what_was_not_trained(self):
        data = campaign_content.campaign_data(NOTHING)
        assert set(data.pop("campaigns").values()) == {""}
        assert not any(data.values())

    @pytest.mark.parametrize("name", DRAWN)
    def test_figures_show_their_tables(self, tables, name):
        plot = FIGURES[name](**drawn(tables)[name])
        pd.testing.assert_frame_equal(plot.data, tables[name])
        lines = [line for ax in plot.figure.axes for line in ax.get_lines()]
        assert len(lines) >= tables[name]["policy"].nunique()

    @pytest.mark.parametrize("name", DRAWN)
    def test_figures_say_that_there_are_no_runs(self, name):
        plot = FIGURES[name](**drawn(NOTHING)[name])
        assert "No run" in plot.caption
        assert [text.get_text() for text in plot.figure.axes[0].texts] == ["no runs"]

    def test_lines_of_learners_are_what_broke_down(self, tables):
        plot = FIGURES["critic_rates"](**drawn(tables)["critic_rates"])
        lines = [list(line.get_ydata()) for line in plot.figure.axes[0].get_lines()]
        assert lines == [[0.0, 0.2, 0.8], [0.0, 0.0, 0.0]]


def evidence(**tables):
    names = ("reference", "contract", "certificates", "counts", "identity", "scores")
    names += ("released_audit", "released_audit_records", "threat_experiments", "ablations")
    empty = dict.fromkeys(names, pd.DataFrame())
    return Evidence(**empty, repetitions=10, **tables)


class TestVerdicts:
    def test_without_runs_nothing_is_decided(self):
        for tables in ({}, {"capacity_agreement": NOTHING["capacity_agreement"]}):
            assert rules.width_changes_no_ranking(evidence(**tables)).verdict == "not testable"
        for tables in ({}, {"critic_rates": NOTHING["critic_rates"]}):
            found = rules.critic_rate_changes_breakdowns(evidence(**tables))
            assert found.verdict == "not testable"

    def test_width_is_never_decided_by_corrected_learners(self, tables):
        found = rules.width_changes_no_ranking(
            evidence(capacity_agreement=tables["capacity_agreement"])
        )
        assert (found.verdict, found.decided_by) == ("inconclusive", "corrected")
        assert found.estimate == "tau 0.33"
        assert found.interval == (pytest.approx(1 / 3), pytest.approx(1 / 3))
        assert "is below 0.8" in found.reason
        assert "3 of 5 learners, 2 of 8 environments" in found.reason

    def test_rates_are_told_with_their_direction(self, tables):
        found = rules.critic_rate_changes_breakdowns(evidence(critic_rates=tables["critic_rates"]))
        assert (found.verdict, found.decided_by) == ("inconclusive", "corrected")
        assert found.estimate == "8 of 20 at 0.001, 2 of 20 at 0.0001, 0 of 20 at 0.00001"
        assert found.reason.startswith("The share of runs that break down falls")
        assert "20 of 45 runs per rate" in found.reason

    def test_rates_without_effect_or_order_are_told_as_such(self, slow):
        whole = slow.assign(status="finished")
        found = rules.critic_rate_changes_breakdowns(
            evidence(critic_rates=frame(critic_rates(whole), "critic_rates"))
        )
        assert "stays the same" in found.reason
        turned = slow.assign(learning_rate=1e-8 / slow["learning_rate"])
        found = rules.critic_rate_changes_breakdowns(
            evidence(critic_rates=frame(critic_rates(turned), "critic_rates"))
        )
        assert "does not fall step by step" in found.reason
