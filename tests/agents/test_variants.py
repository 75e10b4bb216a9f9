"""Runs on variants of an environment: who they are, what they are paid, and how they train."""

import dataclasses

import numpy as np
import pytest

from coopetition import envs
from coopetition.agents.dial import dial_equilibria, size_scales
from coopetition.agents.runs import Run, cell_runs
from coopetition.agents.scores import scale
from coopetition.agents.training import train_cell
from coopetition.agents.variants import VariantRun, game_of, mutuality_of, variant_runs

pytestmark = pytest.mark.usefixtures("unregistered")

SEEDS = [99, 100]


def variants(env="TrustDilemma", edition="v1", modes=("private",), **changes):
    return variant_runs("IPPO", env, edition, reward_modes=modes, seeds=SEEDS, steps=400, **changes)


class TestIdentity:
    def test_without_changes_is_that_of_the_study(self):
        modes = ["private", "integrated", "cooperative"]
        study = cell_runs(
            *("IPPO", "TrustDilemma", "v1"),
            **{"protocols": ["corrected"], "reward_modes": modes, "seeds": SEEDS, "steps": 400},
        )
        for given in (modes, [0, 1.0, 2]):
            found = variants(modes=given)
            assert found == study
            assert [run.run_id for run in found] == [run.run_id for run in study]
        default = study[0].hyperparameters["hidden"]
        same = variants(settings={"hidden": [*default]})
        assert [run.run_id for run in same] == [run.run_id for run in study[:2]]

    def test_is_another_with_any_change(self):
        runs = [
            *variants(modes=["integrated", 0.5, 0.25]),
            *variants(settings={"hidden": [128, 128]}),
            *variants(settings={"learning_rate": 1e-5}),
            *variants("TeamProduction", parameters={"n_agents": 3}),
            *variants("TeamProduction", parameters={"n_agents": 4}),
            *variants("TeamProduction", parameters={"n_agents": 4}, modes=[1.5]),
        ]
        assert len({run.run_id for run in runs}) == len(runs)
        assert len({run.env_id for run in runs}) == 6

    def test_asks_for_no_environment(self):
        before = envs.ids()
        run = variants("TeamProduction", modes=[0.5], parameters={"n_agents": 3})[0]
        assert game_of(run) == ("TeamProduction-v1", {"n_agents": 3})
        assert (mutuality_of(run), run.run_id) == (0.5, dataclasses.replace(run).run_id)
        assert envs.ids() == before
        assert mutuality_of(variants(edition="v0")[0]) is None
        assert mutuality_of(variants(modes=[2])[0]) == 2.0

    def test_of_what_cannot_be_is_refused(self):
        with pytest.raises(ValueError, match="IPPO has no setting radius"):
            variants(settings={"radius": 1})
        with pytest.raises(ValueError, match="the released edition has no mutualities"):
            variants(edition="v0", modes=[0.5])
        with pytest.raises(ValueError, match="between 0 and 2"):
            variants(modes=[2.5])


class TestGame:
    @pytest.mark.parametrize("dial", [0.25, 1.5])
    def test_pays_the_mutuality_and_is_the_same_for_the_rest(self, dial):
        run = variants(modes=[dial])[0]
        own, usual = envs.game(run.env_id), envs.game("TrustDilemma-v1")
        actions = np.array([[60.0, 20.0]])
        outcomes = []
        for game in (own, usual):
            state = game.reset([0])
            for _ in range(3):
                state, outcome = game.step(state, actions)
            outcomes.append(outcome)
        assert np.array_equal(outcomes[0].payoffs, outcomes[1].payoffs)
        paid = own.rewards(outcomes[0], "integrated")
        assert np.array_equal(paid, usual.rewards(outcomes[1], dial))
        assert not np.allclose(paid, usual.rewards(outcomes[1], "integrated"))
        for mode in ("private", "cooperative"):
            ends = (game.rewards(outcomes[0], mode) for game in (own, usual))
            assert np.array_equal(*ends)

    def test_has_as_many_agents_as_asked(self):
        run = variants("TeamProduction", parameters={"n_agents": 7})[0]
        assert envs.game(run.env_id).n_agents == 7
        assert envs.game("TeamProduction-v1").n_agents == 4


def test_variants_train_like_any_run(tmp_path):
    rows = {}
    for name, runs in {
        "dial": variants(modes=[0.5]),
        "size": variants("TeamProduction", parameters={"n_agents": 3}),
    }.items():
        results = train_cell(runs, checkpoints=1, work=tmp_path / name, provenance={})
        rows[name] = [result.row for result in results]
        assert {row["status"] for row in rows[name]} == {"finished"}
        assert [row["run_id"] for row in rows[name]] == [run.run_id for run in runs]
    dial, size = rows["dial"][0], rows["size"][0]
    # Half of what dependence and trust add to the payoffs is paid.
    assert (dial["environment"], dial["n_agents"]) == ("TrustDilemma", 2)
    assert dial["welfare"] < dial["training_return"] < 2 * dial["welfare"]
    assert (size["environment"], size["edition"]) == ("TeamProduction", "v1")
    assert size["n_agents"] == len(size["payoff_per_agent"]) == 3
    assert size["training_return"] == pytest.approx(size["welfare"])
    assert all(type(run) is VariantRun and isinstance(run, Run) for run in variants(modes=[0.5]))


class TestTheory:
    def test_equilibria_rise_with_mutuality_to_the_certified_ones(self):
        rows = dial_equilibria("TeamProduction-v1", [0, 0.5, 1, 2])
        shares = {row["mutuality"]: row["cooperation"] for row in rows}
        # Formal edition, section 8: .05, .34 and .78 under the three modes.
        assert shares[0] == pytest.approx(0.05, abs=0.011)
        assert shares[1] == pytest.approx(0.34, abs=0.011)
        assert shares[2] == pytest.approx(0.78, abs=0.011)
        assert shares[0] < shares[0.5] < shares[1] < shares[2]
        welfare = [row["welfare"] for row in rows]
        assert welfare == sorted(welfare)

    def test_scales_of_sizes_are_those_of_the_games(self):
        small, usual = size_scales("TeamProduction-v1", [2, 4])
        found = scale("TeamProduction-v1")
        assert (usual["welfare_floor"], usual["welfare_ceiling"]) == (found.floor, found.ceiling)
        assert small["welfare_ceiling"] < usual["welfare_ceiling"]
