"""Verification: what is recorded is computed again, and whatever differs is found and named."""

import dataclasses
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from coopetition import agents, envs
from coopetition.agents import solutions
from coopetition.agents.certificates import certificate
from coopetition.agents.models import write_models
from coopetition.agents.recall import recalled, solution_rows
from coopetition.agents.registry import learner
from coopetition.agents.runs import cell_runs
from coopetition.agents.solutions import solution
from coopetition.agents.traces import replay, traced
from coopetition.envs.games.collective_action import team_production
from coopetition.reports import record, schema
from coopetition.reports import verify as verification
from coopetition.reports.cases import study
from coopetition.reports.columns import CHECKS
from coopetition.reports.differences import difference
from coopetition.reports.machine import machine
from coopetition.reports.recomputed import PARTS, subjects
from coopetition.reports.verify import SEARCHED, load, summary, verify
from frames import NAN, row

# One that is searched for again and one that is not; both are cheap.
FORMAL, RELEASED = "TeamProduction-v1", "TrustDilemma-v0"
# Subjects of parts: the case with least to compute, and the game beside the environments.
CASE, TWO_DIMENSIONAL = "apache", "SLCDAppropriation-v0"


@pytest.fixture(scope="session")
def recorded():
    return load()


@pytest.fixture(scope="session")
def traced_id(recorded):
    """The first environment with actions of trained policies."""
    traces = recorded.tables["traces"]
    return subjects(traces[traces["run_id"] != ""]).iloc[0]


def changed(recorded, table, id, column, change, place=0):
    """What is recorded, with one value of an environment replaced."""
    rows = recorded.tables[table].copy()
    index = rows.index[subjects(rows) == id][place]
    rows[column] = rows[column].astype(object)
    rows.at[index, column] = change(rows.at[index, column])
    return dataclasses.replace(recorded, tables={**recorded.tables, table: rows})


def elsewhere(recorded):
    """The same, recorded on another kind of machine."""
    return dataclasses.replace(recorded, machine={**machine(), "libc": "another"})


def failures(table):
    return table.loc[~table["ok"], "check"].tolist()


class TestWhatIsRecorded:
    def test_is_every_built_in_environment(self, recorded):
        program = "from coopetition import envs; print(*envs.ids())"
        listed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert sorted(recorded.ids) == sorted(listed.stdout.split())
        for check in ("solutions", "certificates", "reference"):
            assert all(len(recorded.of(check, id)) for id in recorded.ids), check
        assert {*SEARCHED} <= {*recorded.ids}

    def test_is_every_part_of_all_its_subjects(self, recorded):
        of_environments = {"contract", "solutions", "certificates", "reference", "traces"}
        assert {*CHECKS} == of_environments.union(*(part.keys for part in PARTS))
        for part in PARTS:
            assert recorded.of_part(part) == [*part.subjects()], part.name

    def test_is_small(self):
        assert sum(path.stat().st_size for path in verification.FOLDER.iterdir()) < 5e6

    def test_names_what_bits_depend_on(self, recorded):
        assert recorded.machine.keys() == machine().keys()
        assert all(recorded.machine[name] for name in ("system", "architecture", "numpy", "scipy"))

    def test_equilibria_are_equilibria(self, recorded):
        """No constant of a single agent pays more than the tolerance of the search."""
        rows = recorded.tables["solutions"]
        assert rows.loc[rows["solution"] != "plan", "gain"].max() <= 1e-3
        assert rows.loc[rows["solution"] == "optimum", "gain"].max() <= 1e-9

    def test_is_computed_again(self, recorded, traced_id):
        ids = [*dict.fromkeys([FORMAL, RELEASED, traced_id])]
        table = verify(recorded, ids)
        assert table["ok"].all(), table["worst"].tolist()
        there = set(table.loc[table["subject"] == traced_id, "check"])
        assert there >= {"contract", "solutions", "certificates", "reference", "traces"}
        assert (table.loc[table["check"] == "reference", "compared"] > 5000).all()
        assert (table["identical"] == (table["worst"] == "")).all()
        text = summary(recorded, table)
        assert f"reference              {len(ids)} of {len(ids)} environments" in text
        assert text.endswith("All verified")
        assert "SLCD-v1: not recorded" not in text

    def test_parts_are_computed_again(self, recorded):
        """The case with least to compute, and the others but for the environments above."""
        table = verify(recorded, [FORMAL, RELEASED, CASE, TWO_DIMENSIONAL])
        assert table["ok"].all(), table["worst"].tolist()
        assert {*table["check"]} >= {*CHECKS} - {"traces"}
        text = summary(recorded, table)
        assert "released audit         1 of 1 environments" in text
        assert "dial of mutuality      1 of 1 environments" in text
        assert "case studies           1 of 1 cases" in text
        assert "two-dimensional S-LCD  1 of 1 game" in text

    def test_needs_no_torch(self):
        wanted = [FORMAL, CASE, TWO_DIMENSIONAL]
        program = (
            "import sys; from coopetition.reports.verify import load, verify;"
            f"assert len(verify(load(), {wanted})); print('torch' in sys.modules)"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert result.stdout.split() == ["False"], result.stderr


class TestFinds:
    def test_a_changed_game(self, recorded, monkeypatch):
        solution(envs.game(FORMAL))  # of the game as it was, which must not be taken
        before = team_production.at_team_size
        monkeypatch.setattr(team_production, "at_team_size", lambda *a: before(*a) * (1 + 1e-4))
        table = verify(elsewhere(recorded), [FORMAL, "PublicGoods-v1"])
        wrong = table[~table["ok"]]
        assert set(wrong["subject"]) == {FORMAL}
        assert {"contract", "solutions", "certificates", "reference"} <= set(wrong["check"])
        text = summary(elsewhere(recorded), table)
        assert "DIFFERS contract TeamProduction-v1: reward_scale_" in text
        assert f"{len(wrong)} of {len(table)} checks differ" in text

    @pytest.mark.parametrize(
        ("table", "column", "change", "said"),
        [
            ("contract", "horizon", lambda x: x + 1, "horizon: recorded 101.0, found 100.0"),
            ("contract", "parameters", lambda x: x + "!", "parameters: recorded n_agents"),
            ("certificates", "is_dilemma", lambda x: not x, "is_dilemma: recorded 0.0, found 1.0"),
            ("certificates", "fear", lambda x: x * (1 + 1e-4), "fear: recorded"),
            ("reference", "welfare", lambda x: x * (1 + 1e-5), "Constant_50 own private welfare:"),
            (
                "reference",
                "policy",
                lambda x: "Constant_50x",
                "Constant_50x own private recorded, and not there",
            ),
            (
                *("reference", "payoff_per_agent"),
                lambda x: [*x[:2], x[2] * 1.1, *x[3:]],
                "Constant_50 own private payoff_per_agent[2]",
            ),
            ("solutions", "shares", lambda x: np.asarray(x) + 0.01, "private 0 shares[0]"),
        ],
    )
    def test_a_changed_record(self, recorded, table, column, change, said):
        place = 3 * 50 if table == "reference" else 0
        other = changed(recorded, table, FORMAL, column, change, place)
        found = verify(elsewhere(other), [FORMAL])
        assert failures(found) == [table]
        assert said in found.set_index("check").loc[table, "worst"]

    def test_a_solution_that_is_none(self, recorded):
        """Where nothing is searched for again, what is recorded shows itself in what it pays."""
        worse = changed(recorded, "solutions", RELEASED, "shares", lambda x: np.asarray(x) - 0.01)
        assert {"solutions", "certificates"} <= set(failures(verify(elsewhere(worse), [RELEASED])))

    @pytest.mark.parametrize("column", ["payoffs", "actions"])
    def test_another_trace(self, recorded, traced_id, column):
        def half(values):
            return np.asarray(values) / 2

        other = elsewhere(changed(recorded, "traces", traced_id, column, half, place=3))
        found = verify(other, [traced_id])
        assert failures(found) == ["traces"]
        step = recorded.of("traces", traced_id).loc[3]
        assert (
            f"{step['policy']} {step['protocol']}"
            in found.set_index("check").loc["traces", "worst"]
        )

    def test_an_episode_that_goes_on(self, recorded, traced_id):
        ended = changed(recorded, "traces", traced_id, "ended", lambda x: not x)
        assert failures(verify(elsewhere(ended), [traced_id])) == ["traces"]

    @pytest.mark.parametrize("table", ["solutions", "certificates", "reference"])
    def test_what_is_not_recorded_of_an_environment(self, recorded, table):
        rows = recorded.tables[table]
        kept = rows[subjects(rows) != RELEASED]
        other = dataclasses.replace(recorded, tables={**recorded.tables, table: kept})
        assert table in failures(verify(elsewhere(other), [RELEASED]))

    @pytest.mark.parametrize(
        ("table", "subject", "column", "change", "said"),
        [
            ("audit_temporal", RELEASED, "gain", lambda x: x + 1.0, "99 integrated full 0 gain:"),
            ("audit_interior", RELEASED, "exploitative", lambda x: not x, "exploitative: recorded"),
            ("dial_equilibria", FORMAL, "welfare", lambda x: x * (1 + 1e-5), "0.5 0 welfare:"),
            ("case_scores", CASE, "score", lambda x: x - 1, "score: recorded"),
            ("case_experiments", CASE, "recomputed", lambda x: x + "!", "recomputed: recorded"),
            ("biaxial_maps", TWO_DIMENSIONAL, "appropriation", lambda x: x + 1e-5, "appropriation"),
        ],
    )
    def test_a_changed_part(self, recorded, table, subject, column, change, said):
        other = changed(recorded, table, subject, column, change)
        found = verify(elsewhere(other), [subject])
        assert failures(found) == [table]
        assert said in found.set_index("check").loc[table, "worst"]

    def test_a_changed_case(self, recorded, monkeypatch):
        """All tables that follow from what is changed, and those of no other case."""
        monkeypatch.setattr(study, "SHIFTS", (0.7, 0.9, 1.1, 1.2))
        found = verify(recorded, [CASE])
        assert failures(found) == ["case_sensitivity"]
        assert "DIFFERS case_sensitivity apache: " in summary(recorded, found)

    def test_a_part_that_is_not_recorded(self, recorded):
        rows = recorded.tables["case_scores"]
        others = {name: recorded.tables[name] for name in CHECKS}
        others |= {
            name: table[subjects(table) != CASE]
            for name, table in others.items()
            if name.startswith("case_")
        }
        other = dataclasses.replace(recorded, tables=others)
        assert len(rows) > len(other.tables["case_scores"])
        assert len(verify(other, [CASE])) == 0
        assert "  apache: not recorded" in summary(other, verify(other, [FORMAL]))

    def test_what_cannot_be_computed(self, recorded, monkeypatch):
        def broken(id):
            raise ZeroDivisionError("no payoffs")

        monkeypatch.setattr(verification, "measure", broken)
        table = verify(recorded, [FORMAL])
        assert failures(table) == ["contract"]
        assert table["worst"][0] == "ZeroDivisionError: no payoffs"

    def test_an_environment_that_is_gone(self, recorded):
        rows = {
            name: table.replace({"environment": {"TeamProduction": "Gone"}})
            for name, table in recorded.tables.items()
        }
        table = verify(dataclasses.replace(recorded, tables=rows), ["Gone-v1"])
        assert not table["ok"].any()
        assert "unknown environment 'Gone-v1'" in table["worst"][0]


class TestOtherMachine:
    @pytest.mark.parametrize(("change", "close"), [(1e-9, True), (1e-5, False)])
    def test_bits_may_differ_there_and_no_more(self, recorded, change, close):
        here = dataclasses.replace(recorded, machine=machine())
        for kept, ok in ((here, False), (elsewhere(recorded), close)):
            other = changed(kept, "certificates", FORMAL, "R", lambda x: x * (1 + change))
            table = verify(other, [FORMAL])
            row = table.set_index("check").loc["certificates"]
            assert (row["ok"], row["identical"]) == (ok, False)
            assert row["difference"] == pytest.approx(change, rel=1e-3)
        assert "within 1e-06" in summary(other, table)

    def test_oracles_of_a_numerical_search_are_replayed_there(self, recorded):
        id, oracle = "PartnerHoldUp-v0", "Oracle_Equilibrium"
        here = dataclasses.replace(recorded, machine=machine())
        assert here.unplayed(id) == []
        assert elsewhere(recorded).unplayed(id) == [oracle]
        assert oracle in set(recorded.of("traces", id)["policy"])
        table = verify(elsewhere(recorded), [id])
        rows = verify(here, [id])
        fewer = rows.set_index("check")["compared"] - table.set_index("check")["compared"]
        assert fewer["reference"] > 0
        assert fewer.drop("reference").eq(0).all()
        said = f"{oracle} on {id}: one recorded episode is played again"
        assert said in summary(elsewhere(recorded), table)
        assert said not in summary(here, rows)


def test_missing_files_are_named_with_the_mend(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks contract\.parquet.*make record SCALE"):
        load(tmp_path)


class TestTraces:
    def test_a_replay_yields_what_was_played(self):
        """In a batch with others, of which one ends after a few steps."""
        game = envs.game("PartnerHoldUp-v0")
        names = ("Random", "Oracle_Equilibrium", "Constant_60")
        given = [traced(agents.make(n, game), game, seed=s) for s, n in enumerate(names)]
        lengths = [len(trace.actions) for trace in given]
        assert lengths[1] < lengths[2] == game.horizon
        for trace, again in zip(given, replay(game, given), strict=True):
            for name in ("actions", "payoffs", "trust", "ended"):
                assert np.array_equal(getattr(trace, name), getattr(again, name)), name
            assert again.ended.tolist() == [False] * (len(again.ended) - 1) + [True]

    @pytest.mark.parametrize("id", ["SynergySearch-v0", "SynergySearch-v1", "ApacheProject-v0"])
    def test_is_an_episode_of_an_evaluation(self, id):
        trace = traced(agents.make("Random", id), envs.game(id), seed=5)
        episodes = agents.evaluate("Random", id, seed=5)
        assert trace.payoffs.sum(axis=0) == pytest.approx(episodes.payoffs[0], rel=1e-12)
        assert np.array_equal(trace.trust[-1:], episodes.trust, equal_nan=True)
        [again] = replay(envs.game(id), [trace])
        assert np.array_equal(again.payoffs, trace.payoffs)

    def test_ends_with_the_episode(self):
        game = envs.game("PartnerHoldUp-v0")
        short = traced(agents.make("Oracle_Equilibrium", game), game)
        longer = dataclasses.replace(short, actions=np.repeat(short.actions, 2, axis=0))
        [again] = replay(game, [longer])
        assert len(again.payoffs) == len(short.payoffs)


class TestRecall:
    def test_takes_the_place_of_the_search(self, monkeypatch):
        rows, expected = solution_rows(FORMAL), certificate(FORMAL)

        def searched(*args, **kwargs):
            raise AssertionError("searched")

        monkeypatch.setattr(solutions, "equilibria", searched)
        monkeypatch.setattr(solutions, "block_plan", searched)
        with recalled(FORMAL, rows):
            assert certificate(FORMAL) == expected
            assert solution_rows(FORMAL) == rows
        with pytest.raises(AssertionError, match="searched"), recalled(FORMAL):
            certificate(FORMAL)

    def test_ends(self):
        solved = solution(envs.game(FORMAL))
        optimum = solved.optimum
        rows = [{**r, "shares": [0.5] * 4} for r in solution_rows(FORMAL)]
        with recalled(FORMAL, rows):
            assert solution(envs.game(FORMAL)).optimum.tolist() == [0.5] * 4
        assert solution(envs.game(FORMAL)) is solved
        assert solved.optimum is optimum

    def test_needs_an_optimum_and_a_plan(self):
        rows = [r for r in solution_rows(FORMAL) if r["solution"] == "private"]
        with (
            pytest.raises(ValueError, match="no optimum and no plan to recall"),
            recalled(FORMAL, rows),
        ):
            pass

    def test_gain_is_that_of_the_best_deviator(self):
        """An agent that alone contributes more than the equilibrium share pays for it."""
        with recalled(FORMAL):
            rows = solution_rows(FORMAL)
            found = next(r for r in rows if r["solution"] == "private")
            values = solution(envs.game(FORMAL)).values
            tried = np.tile(found["shares"], (21, 1))
            tried[:, 0] = np.arange(21) / 20
            best = values(tried)["private"][:, 0].max()
        here = found["payoffs"][0]
        assert found["gain"] == pytest.approx((best - here) / here, abs=1e-12)
        worse = [{**r, "shares": [0.5] * 4} if r is found else r for r in rows]
        with recalled(FORMAL, worse):
            assert solution_rows(FORMAL)[0]["gain"] > 0.01


class TestRecord:
    def test_is_what_verify_reads(self, tmp_path):
        runs = cell_runs(
            *("Central_PPO", "TeamProduction", "v1"),
            protocols=["corrected"],
            reward_modes=["private", "integrated"],
            seeds=[7, 8],
            steps=10,
        )
        algorithm = learner("Central_PPO").load("corrected").for_runs(runs[:1])
        models = tmp_path / "study" / "models" / "v1" / "TeamProduction" / "Central_PPO.zip"
        models.parent.mkdir(parents=True)
        write_models(models, [(run, algorithm.inference_weights(0)) for run in runs])
        wanted = [FORMAL, RELEASED, CASE]
        lacking = record.record(tmp_path / "study", tmp_path / "kept", wanted)
        assert lacking == [RELEASED]
        kept = load(tmp_path / "kept")
        assert kept.ids == [FORMAL, RELEASED]
        traces = kept.of("traces", FORMAL)
        assert traces["run_id"].unique().tolist() == [runs[0].run_id]
        assert traces["step"].tolist() == list(range(100))
        table = verify(kept)
        assert table["identical"].all(), table["worst"].tolist()
        text = summary(kept, table)
        assert "actions of trained policies in 1 environments: none recorded" in text
        assert "SLCD-v1: not recorded" in text
        before = {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
        assert record.record(None, tmp_path / "kept", wanted) == lacking
        assert {path.name: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before

    def test_a_study_without_models_is_named(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no models of TeamProduction-v1"):
            record.record(tmp_path, tmp_path / "kept", [FORMAL])
        assert not (tmp_path / "kept").exists()
        with pytest.raises(SystemExit, match="finished study"):
            record.main([str(tmp_path)])
        with pytest.raises(SystemExit, match=r"python -m coopetition\.reports\.record"):
            record.main(["results/quick", "results/standard"])
        with pytest.raises(FileNotFoundError, match=r"traces\.parquet"):
            record.record(None, tmp_path / "kept", [FORMAL])


class TestDifference:
    """Of rows of table `curves`: texts, whole numbers, and numbers of which some are optional."""

    def of(self, one, other, sizes=None):
        frames = [
            schema.table("curves", [row("curves", **{"step": k, **r}) for k, r in enumerate(rows)])
            for rows in (one, other)
        ]
        return difference("curves", *frames, keys=("run_id", "step"), sizes=sizes or {})

    def test_is_relative_to_the_larger_value_or_to_the_size(self):
        found = self.of([{"welfare": 100.0}], [{"welfare": 101.0}])
        assert found.largest == pytest.approx(1 / 101)
        assert found.worst == "word 0 welfare: recorded 100.0, found 101.0"
        assert (found.compared, found.equal) == (5, 4)
        found = self.of([{"trust": 0.0}], [{"trust": 1e-9}], {"trust": lambda rows: 1.0})
        assert found.largest == pytest.approx(1e-9)
        found = self.of([{"trust": 0.0}], [{"trust": 1e-9}])
        assert found.largest == 1.0

    def test_nothing_is_no_number(self):
        assert self.of([{"trust": NAN}], [{"trust": NAN}]).compared == 4
        found = self.of([{"trust": NAN}], [{"trust": 0.5}])
        assert (found.compared, found.equal, found.largest) == (5, 4, np.inf)

    def test_rows_are_told_apart_by_their_keys(self):
        found = self.of([{}, {"welfare": 2.0}], [{"step": 1, "welfare": 2.0}, {"step": 0}])
        assert (found.largest, found.worst) == (0.0, "")
        found = self.of([{}, {}], [{}])
        assert (found.largest, found.worst) == (np.inf, "word 1 recorded, and not there")
        found = self.of([{}], [{}, {}])
        assert (found.largest, found.worst) == (np.inf, "word 1 new")

    def test_lists_are_compared_entry_by_entry(self):
        frames = [
            pd.DataFrame([row("contract", endowments=values)])
            for values in ([1.0, 2.0, 3.0], [1.0, 2.5])
        ]
        found = difference("contract", *frames, sizes={})
        assert found.worst == "endowments[2]: recorded 3.0, found nan"
        assert found.compared - found.equal == 2
