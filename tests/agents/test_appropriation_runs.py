"""Learners with two numbers per agent: what they see, play and learn, and what is kept of them."""

import numpy as np
import pytest
from harness import assert_alone_as_in_company

from coopetition import agents, envs
from coopetition.agents import registry
from coopetition.agents.appropriation import ID
from coopetition.agents.appropriation_runs import appropriation_rows
from coopetition.agents.evaluation import evaluate
from coopetition.agents.models import untrained
from coopetition.agents.slices.controller import SliceController
from coopetition.agents.training import train_runs
from coopetition.agents.variants import variant_runs
from coopetition.envs.rewards import reward_scale
from coopetition.reports import schema

pytestmark = pytest.mark.usefixtures("unregistered")

ONE_EACH = ("IPPO", "ISAC", "MADDPG", "MASAC")
JOINT = ("Central_PPO", "Central_SAC")
# An appropriation that costs so much that a small budget shows its end.
DEAR = {"max_steps": 40, "eta": 0.2, "beta": 0.9, "xi": 300.0}


def runs_of(policy, steps=160, seeds=(1, 2), **changes):
    common = {"reward_modes": ["integrated"], "seeds": seeds, "steps": steps}
    parameters = DEAR | changes
    return variant_runs(policy, "SLCDAppropriation", "v0", **common, parameters=parameters)


def observed(game, copies=3):
    state = game.reset([0] * copies)
    return game.agent_observation(state, "realistic", normalize=True)


def test_these_learners_take_several_numbers_and_the_others_say_why_not():
    game = envs.game(ID)
    taking = [name for name in agents.learner_names() if not registry.learner(name).exclusion(game)]
    assert sorted(taking) == sorted((*ONE_EACH, *JOINT))
    assert "plays one number per agent" in registry.learner("QMIX").exclusion(game)


def test_a_network_has_the_numbers_of_its_agent_or_of_all():
    game, plain = envs.game(ID), envs.game("SLCD-v0")
    assert SliceController.shape(game, joint=False)[1:] == (2, 2)
    assert SliceController.shape(game, joint=True)[1:] == (4, 1)
    assert SliceController.shape(plain, joint=False)[1:] == (1, 2)
    assert SliceController.shape(plain, joint=True)[1:] == (2, 1)


@pytest.mark.parametrize("policy", [*ONE_EACH, *JOINT])
def test_actions_are_cooperation_and_appropriation_in_their_units(policy):
    game = envs.game(ID)
    controller = untrained(policy, ID, seed=3)
    controller.deterministic = False
    episodes = evaluate(controller, game, episodes=20, seed=1)
    assert episodes.shares.shape == (20, 2)
    controller.reset(game, [np.random.SeedSequence(i) for i in range(400)])
    state = game.reset([0] * 400)
    actions = controller.act(agents.policy.observe(controller, game, state))
    assert actions.shape == (400, 4)
    assert (actions >= 0).all()
    assert (actions <= game.action_high).all()
    # Both numbers of both agents are drawn: over the whole of their own range, and independently.
    assert (actions.std(axis=0) > 0.04 * game.action_high).all()
    assert (np.abs(np.corrcoef(actions.T) - np.eye(4)) < 0.25).all()


@pytest.mark.parametrize("policy", ONE_EACH)
def test_an_agent_acts_on_its_own_observation_alone(policy):
    game = envs.game(ID)
    controller = untrained(policy, ID, seed=3)
    seen = observed(game)
    other = seen.copy()
    other[:, 1] += 0.3
    played = []
    for rows in (seen, other):
        controller.reset(game, [np.random.SeedSequence(i) for i in range(3)])
        played.append(controller.act(rows))
    assert (played[0][:, :2] == played[1][:, :2]).all()
    assert (played[0][:, 2:] != played[1][:, 2:]).any(axis=0).all()


@pytest.mark.parametrize("policy", ["IPPO", "Central_PPO"])
def test_a_view_is_played_as_the_game_is(policy):
    """`predict` gives the normalised action of every row, of which the view makes payoff units."""
    controller = untrained(policy, ID, seed=3)
    joint = policy == "Central_PPO"
    view = envs.vec_env(ID, 2, joint=joint, seed=5)
    rows, _ = controller.predict(view.reset())
    assert rows.shape == ((2, 4) if joint else (4, 2))
    controller.reset(view.game, [np.random.SeedSequence(i) for i in range(2)])
    state = view.game.reset([0, 0])
    expected = controller.act(agents.policy.observe(controller, view.game, state))
    units = view.game.action_high * (rows.reshape(2, 4) + 1) / 2
    np.testing.assert_allclose(units, expected, rtol=1e-5, atol=1e-6)


def test_rewards_are_scaled_by_the_norm_of_cooperation_without_appropriation():
    for mode in envs.REWARD_MODES:
        assert reward_scale(envs.game(ID), mode) == reward_scale(envs.game("SLCD-v0"), mode)


@pytest.mark.parametrize("policy", ["IPPO", "ISAC"])
def test_a_run_is_the_same_bits_alone_and_in_company(policy):
    assert_alone_as_in_company(policy, ID)


@pytest.mark.parametrize("policy", ["MADDPG", "MASAC", "Central_PPO"])
def test_what_is_kept_of_runs(policy):
    runs = runs_of(policy, steps=1120 if policy.startswith("MA") else 160)
    results = train_runs(runs, checkpoints=1)
    rows = schema.table("biaxial_runs", appropriation_rows(runs, results))
    assert rows["status"].tolist() == ["finished"] * 2
    assert rows["eta"].tolist() == [0.2] * 2
    for row, result in zip(rows.to_dict("records"), results, strict=True):
        assert np.isnan(result.row["deviation_gain"])
        assert np.mean(row["cooperation"]) / 100 == pytest.approx(result.row["cooperation"])
        assert row["payoffs"] == pytest.approx(result.row["payoff_per_agent"])
        assert row["trust_end"] == pytest.approx(result.row["trust"])
        assert len(row["appropriation"]) == len(row["final_appropriation"]) == 2
    # Seeds start elsewhere, and so do both numbers of both agents.
    numbers = np.array([[*r["cooperation"], *r["appropriation"]] for r in rows.to_dict("records")])
    assert len(np.unique(numbers)) == numbers.size


def test_a_run_that_broke_down_keeps_its_row():
    runs = runs_of("IPPO", seeds=(1,))
    [result] = train_runs(runs, checkpoints=1)
    result.weights, result.row["status"] = {}, "diverged"
    [row] = schema.table("biaxial_runs", appropriation_rows(runs, [result])).to_dict("records")
    assert np.isnan(row["appropriation"]).all()
    assert np.isnan(row["trust_end"])


@pytest.mark.parametrize(("policy", "steps", "end"), [("IPPO", 3200, 0.35), ("ISAC", 4800, 0.15)])
def test_learners_give_up_an_appropriation_that_costs_much(policy, steps, end):
    """From half of the range towards the equilibrium, which takes next to nothing; c stays."""
    runs = runs_of(policy, steps)
    rows = appropriation_rows(runs, train_runs(runs, checkpoints=1))
    taken = np.mean([row["appropriation"] for row in rows])
    assert taken < end
    assert np.mean([row["cooperation"] for row in rows]) > 20
