"""The two-dimensional S-LCD: payoffs, reduction to SLCD-v0, views, its place as a supplement."""

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pettingzoo.test import api_test, parallel_api_test

from coopetition import agents, envs
from coopetition.agents import registry
from coopetition.envs.pettingzoo import slcd_appropriation_v0

ID = "SLCDAppropriation-v0"
MODES = ("private", "integrated", "cooperative")
ALPHA = np.array([0.55, 0.45])
share = st.floats(0, 1, width=32)


def played(game, actions):
    """One step from the start, and what it yields."""
    actions = np.atleast_2d(np.asarray(actions, np.float32))
    return game.step(game.reset([0] * len(actions)), actions)


def payoffs(c, p, kappa=0.5, beta=0.6, eta=0.4, xi=15.0):
    """The equation of the study, one agent after the other."""
    surplus = 0.65 * (c[0] * c[1]) ** 0.5
    kept = 1 - beta * (p[0] + p[1]) / 2
    return [
        100 - c[i] - kappa * p[i] + 20 * np.log(1 + c[i])
        + ALPHA[i] * surplus * kept + eta * p[i] * surplus - xi * p[i] ** 2
        for i in range(2)
    ]  # fmt: skip


# ---- a supplement -------------------------------------------------------------------------------


def test_it_is_made_by_name_and_not_one_of_the_twenty():
    assert ID not in envs.ids()
    assert len(envs.ids("v0")) == 20
    assert set(envs.ids(supplements=True)) - set(envs.ids()) == {ID}
    assert envs.spec(ID).supplement
    assert not envs.spec("SLCD-v0").supplement
    assert gymnasium.make(ID, eta=0.3).unwrapped.game.appropriation.eta == 0.3


def test_learners_and_rules_of_one_number_per_agent_are_refused_in_words():
    game = envs.game(ID)
    for name in ("MAPPO", "QMIX"):
        assert "one number per agent" in registry.learner(name).exclusion(game)
    with pytest.raises(envs.ActionError, match=r"\(1, 4\) \(copies, 2 numbers of each agent\)"):
        agents.evaluate("Constant_42", ID)


@pytest.mark.parametrize(
    "wrong", [{"beta": 1.1}, {"kappa": -1.0}, {"xi": 0.0}, {"eta": 2.0}, {"gamma": 0.5}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(envs.ParameterError, match=next(iter(wrong))):
        envs.make(ID, **wrong)


# ---- dynamics -----------------------------------------------------------------------------------


def test_parameters_are_those_of_the_study():
    appropriation = envs.game(ID).appropriation
    assert vars(appropriation) == {"kappa": 0.5, "beta": 0.6, "eta": 0.4, "xi": 15.0}
    assert envs.game(ID).action_high.tolist() == [100, 1, 100, 1]


@settings(max_examples=60, deadline=None)
@given(st.tuples(share, share), st.tuples(share, share), share, share, share)
def test_payoffs_follow_the_equation(c, p, beta, eta, kappa):
    game = envs.game(ID, beta=beta, eta=eta, kappa=kappa)
    c = 100 * np.array(c)
    _, outcome = played(game, [c[0], p[0], c[1], p[1]])
    expected = payoffs(c, p, kappa=kappa, beta=beta, eta=eta)
    # A share so small that its logarithm is cut counts as no cooperation at all.
    np.testing.assert_allclose(outcome.payoffs[0], expected, rtol=1e-5, atol=1e-3)


def test_without_appropriation_it_is_slcd_bit_for_bit():
    plain, extended = envs.game("SLCD-v0"), envs.game(ID)
    generator = np.random.default_rng(1)
    one, other = plain.reset([0] * 9), extended.reset([0] * 9)
    for _ in range(plain.horizon):
        c = generator.uniform(-5, 110, (9, 2)).astype(np.float32)
        c[:2] = [[0, 0], [100, 0]]
        one, first = plain.step(one, c)
        none = np.zeros_like(c)
        other, second = extended.step(other, np.stack([c, none], axis=2).reshape(9, 4))
        for mode in MODES:
            assert (plain.rewards(first, mode) == extended.rewards(second, mode)).all()
        assert (plain.joint_observation(one) == extended.joint_observation(other)).all()
        assert (first.truncated == second.truncated).all()


def test_trust_and_observations_do_not_answer_to_appropriation():
    game = envs.game(ID)
    levels = np.linspace(0, 1, 6)
    state = game.reset([0] * 6)
    for _ in range(5):
        actions = np.stack([np.full(6, 60), levels, np.full(6, 20), 1 - levels], axis=1)
        state, _ = game.step(state, actions)
    for name in ("trust", "damage", "actions"):
        assert (state[name] == state[name][:1]).all()
    assert len(np.unique(state["appropriation"][:, 0])) == 6
    seen = game.joint_observation(state)
    assert seen.shape == (6, 15)
    assert (seen == seen[:1]).all()


def test_nothing_is_diluted_without_beta():
    """Then the payoff of the other does not depend on what is taken."""
    _, outcome = played(envs.game(ID, beta=0.0), [[50, p, 50, 0.2] for p in (0, 0.5, 1)])
    assert (outcome.payoffs[:, 1] == outcome.payoffs[0, 1]).all()
    _, diluted = played(envs.game(ID), [[50, p, 50, 0.2] for p in (0, 0.5, 1)])
    assert (np.diff(diluted.payoffs[:, 1]) < 0).all()


def test_what_is_out_of_bounds_is_cut():
    game = envs.game(ID)
    (_, beyond), (_, at_the_end) = played(game, [130, 4, -3, -1]), played(game, [100, 1, 0, 0])
    assert (beyond.payoffs == at_the_end.payoffs).all()


def test_a_batch_is_its_copies():
    game = envs.game(ID)
    actions = np.random.default_rng(2).random((7, 4)) * game.action_high
    _, together = played(game, actions)
    for copy, single in enumerate(actions):
        _, alone = played(game, single)
        for mode in MODES:
            assert (game.rewards(alone, mode)[0] == game.rewards(together, mode)[copy]).all()


@pytest.mark.parametrize("actions", [[[1, 0, 1]], [[50.0, 50.0]], [[1, np.nan, 1, 0]], [["a"] * 4]])
def test_wrong_actions_are_refused(actions):
    game = envs.game(ID)
    with pytest.raises(envs.ActionError, match=ID):
        game.step(game.reset([0]), np.array(actions))


def test_the_action_of_the_second_agent_is_named():
    game = envs.game(ID)
    with pytest.raises(envs.ActionError, match="action of agent_1 in copy 0 is nan"):
        game.step(game.reset([0]), [[1.0, 0.0, 1.0, np.nan]])


# ---- views --------------------------------------------------------------------------------------


def test_all_views_play_the_same_game():
    actions = np.array([40.0, 0.3, 20.0, 0.9], np.float32)
    single = envs.make(ID, reward_mode="private")
    single.reset(seed=1)
    _, reward, _, _, info = single.step(actions)
    np.testing.assert_array_equal(info["appropriation"], actions[1::2])
    np.testing.assert_array_equal(info["actions"], actions[0::2])
    assert info["agent_names"] == ["Samsung", "Sony"]
    expected = dict(zip(("agent_0", "agent_1"), info["rewards"].tolist(), strict=True))
    assert reward == pytest.approx(sum(expected.values()))

    pairs = {"agent_0": actions[:2], "agent_1": actions[2:]}
    parallel = envs.parallel_env(ID, reward_mode="private")
    parallel.reset(seed=1)
    assert parallel.step(pairs)[1] == expected

    aec = envs.aec_env(ID, reward_mode="private")
    aec.reset(seed=1)
    aec.step(pairs["agent_0"])
    np.testing.assert_array_equal(aec.observe("agent_1")[-4:], [*actions[:2], -1, -1])
    aec.step(pairs["agent_1"])
    assert aec.rewards == expected

    rows = envs.vec_env(ID, copies=2, reward_mode="private", seed=1)
    rows.reset()
    scaled = 2 * actions / single.game.action_high - 1
    _, rewards, _, _ = rows.step(np.tile(scaled.reshape(2, 2), (2, 1)))
    np.testing.assert_allclose(rewards, [*expected.values()] * 2, rtol=1e-6)


@pytest.mark.parametrize("normalize", [False, True])
def test_spaces_have_two_numbers_per_agent(normalize):
    high = [1, 1] if normalize else [100, 1]
    low = -1 if normalize else 0
    joint = envs.make(ID, normalize=normalize).action_space
    assert (joint.high.tolist(), joint.low.tolist()) == (2 * high, [low] * 4)
    parallel = envs.parallel_env(ID, normalize=normalize)
    for agent in parallel.possible_agents:
        assert parallel.action_space(agent).high.tolist() == high


@pytest.mark.parametrize("wrong", [0.5, [0.5], [0.1, 0.2, 0.3], [0.1, np.inf]])
def test_pettingzoo_refuses_other_actions(wrong):
    env = envs.parallel_env(ID)
    env.reset(seed=0)
    with pytest.raises(envs.ActionError, match="agent_1"):
        env.step({"agent_0": [1.0, 0.0], "agent_1": wrong})


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_it_conforms_to_pettingzoo():
    parallel_api_test(slcd_appropriation_v0.parallel_env(max_steps=5), num_cycles=12)
    api_test(slcd_appropriation_v0.env(max_steps=5), num_cycles=12)
