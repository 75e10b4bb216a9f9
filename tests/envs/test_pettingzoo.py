"""The PettingZoo views: conformance, equality with the other views and with recordings."""

import importlib
import os
import pickle
import subprocess
import sys
import warnings
from types import SimpleNamespace

import gymnasium
import numpy as np
import pettingzoo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pettingzoo.test import (
    api_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)
from pettingzoo.test.state_test import state_test
from pettingzoo.utils import aec_to_parallel, parallel_to_aec
from test_conformance import assert_as_recorded, recorded

from coopetition import envs
from coopetition.envs import pettingzoo as modules
from coopetition.envs import registry
from coopetition.envs.interfaces.released_wrappers import DIFFERENCES
from coopetition.envs.observations import PRESETS
from coopetition.envs.registry import pettingzoo_name

IDS = envs.ids()
__all__ = ["recorded"]  # a fixture
VIEWS = [envs.parallel_env, envs.aec_env]
# Bad actions, and what the error says of them.
BAD = [
    (np.array([np.nan], np.float32), "nan"),
    (float("inf"), "inf"),
    (1e300, "1e.300"),
    (None, "None"),
    (np.zeros(2), r"shape \(2,\)"),
    (np.zeros((1, 1)), r"shape \(1, 1\)"),
    ([], r"shape \(0,\)"),
    ("fifty", "'fifty'"),
    (True, "True"),
    (1j, "1j"),
]


@pytest.fixture(params=VIEWS, ids=["parallel", "aec"])
def view(request):
    return request.param


def random_actions(game, steps, seed=0, normalize=False):
    """[steps, N] float32, some of them out of bounds."""
    shares = np.random.default_rng(seed).uniform(-0.1, 1.1, (steps, game.n_agents))
    return (2 * shares - 1 if normalize else shares * game.endowments).astype(np.float32)


def by_agent(env, actions):
    return {agent: actions[i : i + 1] for i, agent in enumerate(env.possible_agents)}


def play_round(env, actions):
    """One step of the game in the AEC view; the rewards, flags and infos after it."""
    for i in range(len(actions)):
        env.step(actions[i : i + 1])
    return env.rewards, env.terminations, env.truncations, env.infos


def play(env, actions, seed):
    """Rewards [T, N], flags [T, 2] and observations [T + 1, N, d] of either view to its end."""
    parallel = isinstance(env, pettingzoo.ParallelEnv)
    env.reset(seed=seed)
    first = env.reset(seed=seed)
    seen = [list((first[0] if parallel else seen_by_all(env)).values())]
    rewards, flags = [], []
    for joint in actions:
        if parallel:
            observations, reward, terminated, truncated, _ = env.step(by_agent(env, joint))
        else:
            reward, terminated, truncated, _ = play_round(env, joint)
            observations = seen_by_all(env)
        rewards.append(list(reward.values()))
        flags.append([set(terminated.values()), set(truncated.values())])
        assert all(len(values) == 1 for values in flags[-1]), "flags are common to all agents"
        seen.append(list(observations.values()))
        if {True} in flags[-1]:
            break
    return np.array(rewards), [[flag.pop() for flag in pair] for pair in flags], np.array(seen)


def seen_by_all(env):
    """AEC observations without the slots of announced actions, which must be empty."""
    seen = {agent: env.observe(agent) for agent in env.possible_agents}
    n_agents = len(env.possible_agents)
    for observation in seen.values():
        np.testing.assert_array_equal(observation[-n_agents:], -1)
    return {agent: observation[:-n_agents] for agent, observation in seen.items()}


class TestConformance:
    """PettingZoo's own suites; episodes of 4 steps, so that they see the end."""

    @pytest.mark.parametrize("normalize", [False, True], ids=["raw", "normalised"])
    def test_parallel_api(self, env_id, normalize):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            env = envs.parallel_env(env_id, normalize=normalize, max_steps=4)
            parallel_api_test(env, num_cycles=6)

    def test_aec_api_without_a_warning_in_the_normalised_view(self, env_id):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            api_test(envs.aec_env(env_id, normalize=True, max_steps=4), num_cycles=6)

    def test_aec_api_in_the_raw_view(self, env_id):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            api_test(envs.aec_env(env_id, max_steps=4), num_cycles=6)
        # Released observations have no bounds there, as published; nothing else may be said.
        assert all("infinity" in str(warning.message) for warning in caught)
        assert env_id.endswith("v0") or not caught

    def test_ordered_aec_api(self, env_id):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            env = pettingzoo.make("aec", env_id, normalize=True, max_steps=3)
            api_test(env, num_cycles=4)

    def test_seeds(self, env_id):
        parallel_seed_test(lambda: envs.parallel_env(env_id, max_steps=4), num_cycles=4)
        seed_test(lambda: envs.aec_env(env_id, max_steps=4), num_cycles=4)

    def test_state(self, env_id):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            state_test(
                envs.aec_env(env_id, normalize=True),
                envs.parallel_env(env_id, normalize=True),
                num_cycles=3,
            )

    def test_rendering(self, env_id):
        render_test(lambda render_mode: envs.aec_env(env_id, render_mode=render_mode))

    @pytest.mark.parametrize(
        "env_id", [i for i in IDS if not envs.game(i).termination_rule], ids=str
    )
    def test_number_of_cycles(self, env_id):
        max_cycles_test(
            SimpleNamespace(
                parallel_env=lambda max_cycles: envs.parallel_env(env_id, max_steps=max_cycles),
                env=lambda max_cycles: envs.aec_env(env_id, max_steps=max_cycles),
            )
        )

    def test_conversions_of_pettingzoo(self):
        actions = random_actions(envs.game("SLCD-v0"), 3, normalize=True)
        arguments = {"normalize": True, "max_steps": 3}
        expected = play(envs.parallel_env("SLCD-v0", **arguments), actions, 0)
        converted = aec_to_parallel(envs.aec_env("SLCD-v0", **arguments))
        converted.reset(seed=0)
        for t, joint in enumerate(actions):
            _, rewards, terminated, truncated, _ = converted.step(by_agent(converted, joint))
            assert list(rewards.values()) == expected[0][t].tolist()
            assert [set(terminated.values()), set(truncated.values())] == [
                {flag} for flag in expected[1][t]
            ]
        assert converted.agents == []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            api_test(parallel_to_aec(envs.parallel_env("SLCD-v0", **arguments)), num_cycles=4)


class TestOneGame:
    @pytest.mark.parametrize("normalize", [False, True], ids=["raw", "normalised"])
    def test_every_view_plays_it(self, env_id, normalize):
        """Engine, Gymnasium, Parallel, AEC and VecEnv: bit for bit, in every mode, to the end."""
        horizon, seed = 6, np.random.SeedSequence(5)
        stream = np.random.SeedSequence(5).spawn(1)[0]
        game = envs.game(env_id, max_steps=horizon)
        actions = random_actions(game, horizon, 1, normalize)
        exact = actions.astype(game.action_dtype)
        units = game.endowments * (exact + 1) / 2 if normalize else exact
        for mode in envs.REWARD_MODES:
            arguments = {"reward_mode": mode, "normalize": normalize, "max_steps": horizon}
            parallel = play(envs.parallel_env(env_id, **arguments), actions, stream)
            aec = play(envs.aec_env(env_id, **arguments), actions, stream)
            joint = envs.make(env_id, **arguments)
            joint.np_random = np.random.default_rng(stream)
            joint.reset()
            state = game.reset([np.random.default_rng(stream)])
            seen = [game.agent_observation(state, "realistic", normalize)[0]]
            if normalize:
                venv = envs.vec_env(env_id, reward_mode=mode, seed=seed, max_steps=horizon)
                np.testing.assert_array_equal(venv.reset(), seen[0])
            length = len(parallel[0])
            for t in range(length):
                state, outcome = game.step(state, units[t][None])
                rewards = game.rewards(outcome, mode)[0]
                flags = [bool(outcome.terminated[0]), bool(outcome.truncated[0])]
                seen.append(game.agent_observation(state, "realistic", normalize)[0])
                *_, terminated, truncated, info = joint.step(actions[t])
                np.testing.assert_array_equal(info["rewards"], rewards)
                assert [terminated, truncated] == flags
                for view in (parallel, aec):
                    np.testing.assert_array_equal(view[0][t], rewards)
                    assert view[1][t] == flags
                if normalize:
                    observations, rewards_of_rows, dones, infos = venv.step(actions[t][:, None])
                    np.testing.assert_array_equal(rewards_of_rows, rewards.astype(np.float32))
                    assert set(dones) == {any(flags)}
                    if any(flags):
                        observations = [info["terminal_observation"] for info in infos]
                    np.testing.assert_array_equal(observations, seen[-1])
            assert len(aec[0]) == length
            assert any(parallel[1][-1])
            for view in (parallel, aec):
                np.testing.assert_array_equal(view[2], seen)

    def test_state_is_the_joint_observation(self, env_id, view):
        """But for a hidden gamma, which stands in the state instead of what is known of it."""
        hides = env_id == "SynergySearch-v1"
        for normalize in (False, True):
            env = view(env_id, normalize=normalize)
            joint = envs.make(env_id, normalize=normalize)
            assert (env.state_space == joint.observation_space) != hides
            env.reset(seed=3)
            shown = [joint.reset(seed=3)[0]]
            states = [env.state()]
            actions = random_actions(env.game, 1, 2, normalize)[0]
            if view is envs.parallel_env:
                env.step(by_agent(env, actions))
            else:
                play_round(env, actions)
            shown.append(joint.step(actions)[0])
            states.append(env.state())
            for state, observation in zip(states, shown, strict=True):
                assert env.state_space.contains(state)
                if hides:  # shares, surplus; then gamma or the posterior; then time
                    np.testing.assert_array_equal(state[[0, 1, 2, -1]], observation[[0, 1, 2, -1]])
                    gamma = (state[3] + 1) / 2 if normalize else state[3]
                    assert gamma == pytest.approx(env._state["gamma"][0])
                else:
                    np.testing.assert_array_equal(state, observation)

    def test_termination_of_the_game_ends_it_for_all(self, view):
        env = view("TrustDilemma-v0", normalize=True)
        rewards, flags, _ = play(env, np.full((9, 2), -1, np.float32), 0)
        assert len(rewards) == 3
        assert flags == [[False, False]] * 2 + [[True, False]]

    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from(IDS),
        st.sampled_from(PRESETS),
        st.booleans(),
        st.sampled_from(envs.REWARD_MODES),
        st.integers(0, 2**32 - 1),
        st.integers(1, 4),
    )
    def test_properties_under_any_actions(self, env_id, preset, normalize, mode, seed, horizon):
        arguments = {
            "reward_mode": mode,
            "normalize": normalize,
            "observation": preset,
            "max_steps": horizon,
        }
        parallel, aec = envs.parallel_env(env_id, **arguments), envs.aec_env(env_id, **arguments)
        n_agents = parallel.game.n_agents
        rng = np.random.default_rng(seed)
        observations, infos = parallel.reset(seed=seed)
        aec.reset(seed=seed)
        running = True
        while running:
            joint = rng.choice([-1e9, -1, -0.3, 0, 0.4, 1, 35, 1e9], n_agents).astype(np.float32)
            for i, agent in enumerate(aec.possible_agents):
                assert aec.agent_selection == agent
                seen = aec.observe(agent)
                assert aec.observation_space(agent).contains(seen)
                np.testing.assert_array_equal(seen[:-n_agents], observations[agent])
                revealed = seen[-n_agents:]
                np.testing.assert_array_equal(revealed[i:], -1)
                limits = np.ones(n_agents) if normalize else aec.game.endowments
                assert ((revealed[:i] >= 0) & (revealed[:i] <= limits[:i])).all()
                assert aec.infos == infos
                aec.step(joint[i])
            observations, rewards, terminations, truncations, infos = parallel.step(
                dict(zip(parallel.possible_agents, joint, strict=True))
            )
            for agent, observation in observations.items():
                assert parallel.observation_space(agent).contains(observation)
                assert type(rewards[agent]) is float
                assert type(terminations[agent]) is type(truncations[agent]) is bool
            assert (aec.rewards, aec.terminations, aec.truncations, aec.infos) == (
                rewards,
                terminations,
                truncations,
                infos,
            )
            running = bool(parallel.agents)
            assert running == (
                infos["agent_0"]["step"] < horizon and not any(terminations.values())
            )
        assert aec.agents == aec.possible_agents
        for _ in range(n_agents):
            aec.step(None)
        assert aec.agents == []


class TestRecordings:
    """Against the episode recorded through the released Parallel wrapper, every reward mode."""

    # Of the recorded patterns: uniform actions in [0.35, 1], and its reset seed.
    PATTERN, SEED = 9, 2001

    def played(self, env_id, mode, actions):
        env = envs.parallel_env(env_id, reward_mode=mode, observation="full")
        return play(env, actions, self.SEED)

    @pytest.mark.parametrize("env_id", [i for i in envs.ids("v0") if i not in DIFFERENCES])
    def test_observations_rewards_and_flags_are_equal(self, env_id, recorded):
        for m, mode in enumerate(envs.REWARD_MODES):
            length = recorded["parallel_length"][m]
            actions = recorded["parallel_actions"][:length]
            rewards, flags, seen = self.played(env_id, mode, actions)
            assert_as_recorded(rewards, recorded["parallel_rewards"][m, :length])
            assert_as_recorded(seen, recorded["parallel_obs"][: length + 1])
            for column, flag in enumerate(("parallel_terminated", "parallel_truncated")):
                np.testing.assert_array_equal(
                    np.array(flags)[:, column], recorded[flag][m, :length]
                )

    @pytest.mark.parametrize("env_id", DIFFERENCES)
    def test_where_the_released_wrappers_left_something_out_we_play_the_joint_game(
        self, env_id, recorded
    ):
        for m, mode in enumerate(envs.REWARD_MODES):
            length = recorded["length"][m, self.PATTERN]
            actions = recorded["actions"][self.PATTERN, :length]
            rewards, flags, _ = self.played(env_id, mode, actions)
            assert_as_recorded(rewards, recorded["rewards"][m, self.PATTERN, :length])
            for column, flag in enumerate(("terminated", "truncated")):
                np.testing.assert_array_equal(
                    np.array(flags)[:, column], recorded[flag][m, self.PATTERN, :length]
                )
            bypassed = recorded["parallel_rewards"][m]
            assert abs(np.nansum(bypassed) - rewards.sum()) > 1e-4 * rewards.sum()

    def test_the_differences_are_about_environments_that_exist(self):
        assert set(DIFFERENCES) <= set(IDS)
        assert all(text.endswith(".") for text in DIFFERENCES.values())


class TestReset:
    def test_starts_a_fresh_episode_and_shows_it(self, env_id, view):
        env = view(env_id)
        first = play(env, random_actions(env.game, 3), 7)
        again = play(env, random_actions(env.game, 3), 7)
        for a, b in zip(first, again, strict=True):
            np.testing.assert_array_equal(a, b)
        fresh = view(env_id)
        for each in (env, fresh):
            each.reset(seed=7)
        assert env._infos() == fresh._infos()
        assert env._infos()["agent_0"]["payoff"] == 0.0
        assert env.agents == env.possible_agents
        assert env.agents is not env.possible_agents

    def test_seeds_always_apply_and_without_one_the_generator_goes_on(self, view):
        """SynergySearch draws its hidden gamma at every reset, which the payoffs show."""

        def drawn(env, seed):
            env.reset(seed=seed)
            return env._state["gamma"][0]

        env, stream = view("SynergySearch-v0"), np.random.default_rng(3)
        expected = [stream.uniform(0.2, 0.9) for _ in range(3)]
        for _ in range(2):
            assert [drawn(env, seed) for seed in (3, None, None)] == pytest.approx(expected)
        assert drawn(env, 4) == pytest.approx(np.random.default_rng(4).uniform(0.2, 0.9))
        joint = envs.make("SynergySearch-v0")
        joint.reset(seed=3)
        assert joint._state["gamma"][0] == pytest.approx(expected[0])
        assert drawn(view("SynergySearch-v0"), None) != drawn(view("SynergySearch-v0"), None)

    def test_options_are_ignored(self, view):
        env = view("SLCD-v0")
        env.reset(seed=1, options={"anything": 1})
        env.reset(options=None)


class TestActions:
    @pytest.mark.parametrize("normalize", [False, True], ids=["raw", "normalised"])
    @pytest.mark.parametrize(("bad", "said"), BAD, ids=[said for _, said in BAD])
    def test_bad_ones_raise_before_anything_changes(self, normalize, bad, said):
        env = envs.parallel_env("TeamProduction-v0", normalize=normalize)
        good = dict.fromkeys(env.possible_agents, 0.5)
        env.reset()
        env.step(good)
        before = pickle.dumps(env)
        with pytest.raises(envs.ActionError, match=f"agent_2.*{said}"):
            env.step(good | {"agent_2": bad})
        assert pickle.dumps(env) == before
        aec = envs.aec_env("TeamProduction-v0", normalize=normalize)
        aec.reset()
        aec.step(0.5)
        before = pickle.dumps(aec)
        with pytest.raises(envs.ActionError, match=f"agent_1.*{said}"):
            aec.step(bad)
        assert pickle.dumps(aec) == before
        aec.step(0.5)
        assert aec.agent_selection == "agent_2"

    def test_missing_and_unknown_agents_raise(self):
        env = envs.parallel_env("SLCD-v0")
        env.reset()
        for actions, said in (
            ({"agent_0": 1.0}, "no action for agent_1"),
            ({"agent_0": 1.0, "agent_1": 1.0, "agent_2": 1.0}, "no agent 'agent_2'"),
            ({}, "no action for agent_0"),
            (np.zeros(2), "must be a dict"),
        ):
            with pytest.raises(envs.ActionError, match=said):
                env.step(actions)
        assert env.state()[-1] == 0

    def test_numbers_and_arrays_of_any_real_type_are_the_same_action(self):
        rewards = []
        for action in (40, 40.0, np.float64(40), np.array(40), np.array([40], np.int16), [40]):
            env = envs.parallel_env("SLCD-v0")
            env.reset()
            rewards.append(env.step({"agent_0": action, "agent_1": action})[1])
        assert all(reward == rewards[0] for reward in rewards)

    def test_stepping_without_an_episode_raises(self, view):
        env = view("SLCD-v0", max_steps=1)
        actions = {"agent_0": 1.0, "agent_1": 1.0} if view is envs.parallel_env else 1.0
        for query in (env.state, env._frame):
            with pytest.raises(gymnasium.error.ResetNeeded):
                query()
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(actions)
        env.reset()
        if view is envs.parallel_env:
            env.step(actions)
        else:
            for action in (1.0, 1.0, None, None):
                env.step(action)
        assert env.agents == []
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(actions)

    def test_unknown_arguments_raise(self, view):
        with pytest.raises(envs.ParameterError, match="reward_type"):
            view("SLCD-v0", reward_type="private")
        with pytest.raises(ValueError, match="full, realistic, minimal"):
            view("SLCD-v0", observation="everything")
        with pytest.raises(ValueError, match="ansi, human, rgb_array"):
            view("SLCD-v0", render_mode="rgb")


class TestSpacesAndInfos:
    def test_published_spaces(self):
        env = envs.parallel_env("PartnerHoldUp-v0", observation="full")
        highs = [env.action_space(agent).high.item() for agent in env.possible_agents]
        assert highs == [120.0, 80.0]
        assert env.observation_space("agent_1").shape == (12,)
        assert not env.observation_space("agent_1").is_bounded()

    def test_normalised_spaces_are_equal_for_all_agents(self, env_id, view):
        env = view(env_id, normalize=True)
        for spaces in (env.observation_spaces, env.action_spaces):
            first, *others = spaces.values()
            assert all(other == first and other is not first for other in others)
        box = env.action_space("agent_0")
        assert (box.low.item(), box.high.item(), box.shape) == (-1, 1, (1,))

    def test_normalised_actions_are_shares_of_the_own_endowment(self, env_id):
        env = envs.parallel_env(env_id, normalize=True)
        env.reset()
        shares = np.linspace(0, 1, env.game.n_agents)
        infos = env.step(dict(zip(env.agents, 2 * shares - 1, strict=True)))[4]
        for i, agent in enumerate(env.possible_agents):
            assert infos[agent]["own_action"] == pytest.approx(
                shares[i] * env.game.endowments[i], abs=1e-4
            )
            assert infos[agent]["cooperation_rate"] == pytest.approx(shares[i], abs=1e-6)

    def test_infos(self):
        env = envs.parallel_env("TrustDilemma-v0", reward_mode="cooperative")
        _, infos = env.reset()
        assert infos["agent_1"] == pytest.approx(
            {
                "step": 0,
                "own_action": 40.0,
                "own_trust_mean": 0.75,
                "cooperation_rate": 0.4,
                "payoff": 0.0,
            }
        )
        _, rewards, *_, infos = env.step({"agent_0": 60.0, "agent_1": 30.0})
        assert rewards["agent_0"] == rewards["agent_1"]
        # Trust of agent 0 falls to .194 and that of agent 1 rises to .575 (episode anchors).
        assert infos["agent_0"]["own_trust_mean"] == pytest.approx((1 + 0.194) / 2, abs=1e-5)
        assert infos["agent_1"]["own_trust_mean"] == pytest.approx((1 + 0.575) / 2, abs=1e-5)
        for i, agent in enumerate(env.possible_agents):
            assert infos[agent]["payoff"] == float(env._outcome.payoffs[0, i])
        assert all(type(value) in (int, float) for value in infos["agent_0"].values())

    def test_a_game_without_trust_has_none_in_its_infos(self):
        env = envs.parallel_env("SLCD-v0")
        env.reset()
        with_trust = set(env._infos()["agent_0"])
        del env._state["trust"]
        assert with_trust - set(env._infos()["agent_0"]) == {"own_trust_mean"}


class TestAEC:
    """The table of events of the published AEC wrapper."""

    def test_a_round(self):
        env = envs.aec_env("TrustDilemma-v0")
        env.reset()
        env.step(60.0)
        assert env.agent_selection == "agent_1"
        assert env.rewards == {"agent_0": 0.0, "agent_1": 0.0}
        np.testing.assert_array_equal(env.observe("agent_1")[-2:], [60, -1])
        np.testing.assert_array_equal(env.observe("agent_0")[-2:], [60, -1])
        env.step(np.array([30.0]))
        expected = {"agent_0": 154.93748, "agent_1": 200.817}
        assert env.agent_selection == "agent_0"
        assert env.rewards == pytest.approx(expected, rel=1e-6)
        assert env.last()[1] == env.rewards["agent_0"]
        first = env.rewards
        env.step(60.0)
        # Agent 0 has taken its reward; agent 1 still finds the one of the round before.
        assert env._cumulative_rewards == {"agent_0": 0.0, "agent_1": first["agent_1"]}
        assert env.last()[1] == first["agent_1"]
        env.step(60.0)
        assert env._cumulative_rewards == env.rewards
        assert env.infos["agent_0"]["step"] == 2

    def test_announced_actions_are_shown_clipped_and_never_look_like_none(self):
        raw, normal = envs.aec_env("SLCD-v0"), envs.aec_env("SLCD-v0", normalize=True)
        for env, plays in (
            (raw, [(500.0, 100.0), (-7.0, 0.0), (30.0, 30.0)]),
            (normal, [(5.0, 1.0), (-1.0, 0.0), (0.5, 0.75)]),
        ):
            for action, shown in plays:
                env.reset()
                env.step(action)
                assert env.observe("agent_1")[-2:].tolist() == [shown, -1.0]

    def test_finished_agents_leave_one_by_one(self):
        env = envs.aec_env("SLCD-v0", max_steps=1)
        env.reset()
        env.step(10.0)
        env.step(10.0)
        assert env.truncations == {"agent_0": True, "agent_1": True}
        before = pickle.dumps(env)
        with pytest.raises(envs.ActionError, match="agent_0 has finished"):
            env.step(10.0)
        assert pickle.dumps(env) == before
        reward = env.rewards["agent_1"]
        env.step(None)
        assert env.agents == ["agent_1"] == list(env.rewards)
        assert env.last()[1] == reward
        assert env.rewards["agent_1"] == 0
        env.step(None)
        assert env.agents == []

    def test_a_reset_in_the_middle_of_a_round_or_of_the_leaving_is_clean(self):
        env = envs.aec_env("SLCD-v0", max_steps=1)
        for actions in ((10.0,), (10.0, 10.0, None)):
            env.reset()
            for action in actions:
                env.step(action)
            env.reset()
            assert env.agent_selection == "agent_0"
            assert env.observe("agent_0")[-2:].tolist() == [-1.0, -1.0]
            play_round(env, np.array([10, 10], np.float32))
            assert len(env.agents) == 2


class TestRegistration:
    def test_pettingzoo_makes_every_environment(self, env_id):
        parallel = pettingzoo.make("parallel", env_id, reward_mode="private", max_steps=2)
        assert type(parallel) is envs.ParallelEnv
        assert (parallel.game.id, parallel.reward_mode, parallel.game.horizon) == (
            env_id,
            "private",
            2,
        )
        aec = pettingzoo.make("aec", env_id, normalize=True)
        assert type(aec.unwrapped) is envs.AECEnv
        assert aec.unwrapped.normalize
        assert str(aec) == str(parallel) == pettingzoo_name(env_id)

    @pytest.mark.parametrize(
        ("id", "name"),
        [
            ("TrustDilemma-v0", "trust_dilemma_v0"),
            ("SLCD-v0", "slcd_v0"),
            ("SLCDAppropriation-v0", "slcd_appropriation_v0"),
            ("RenaultNissan-v1", "renault_nissan_v1"),
            ("AppleAppStore-v12", "apple_app_store_v12"),
            ("Game2x2-v0", "game2x2_v0"),
            ("chicken-v0", "chicken_v0"),
        ],
    )
    def test_names(self, id, name):
        assert pettingzoo_name(id) == name

    def test_a_module_per_environment(self, env_id):
        name = pettingzoo_name(env_id)
        module = importlib.import_module(f"coopetition.envs.pettingzoo.{name}")
        assert getattr(modules, name) is module
        assert name in dir(modules)
        assert module.__all__ == ["env", "parallel_env", "raw_env"]
        assert env_id in module.__doc__
        assert type(module.parallel_env(max_steps=3)) is envs.ParallelEnv
        assert type(module.raw_env()) is envs.AECEnv
        ordered = module.env(reward_mode="cooperative")
        assert type(ordered.unwrapped) is envs.AECEnv
        assert ordered.unwrapped.reward_mode == "cooperative"
        for constructor in (module.env, module.parallel_env, module.raw_env):
            assert pickle.loads(pickle.dumps(constructor)) is constructor

    def test_plain_imports_in_a_fresh_python_stay_light(self):
        program = (
            "import coopetition.envs.pettingzoo.slcd_v0 as slcd;"
            "from coopetition.envs.pettingzoo import renault_nissan_v0, trust_dilemma_v0;"
            "slcd.parallel_env().reset(); trust_dilemma_v0.env().reset();"
            "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
        )
        output = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        heavy = {"torch", "pandas", "matplotlib", "supersuit", "stable_baselines3", "pygame"}
        assert "pettingzoo" in output
        assert heavy & set(output) == set()

    def test_unknown_modules_do_not_exist(self):
        with pytest.raises(ImportError, match="no_game_v0"):
            importlib.import_module("coopetition.envs.pettingzoo.no_game_v0")
        with pytest.raises(AttributeError, match="no_game_v0"):
            _ = modules.no_game_v0

    @pytest.fixture
    def own_id(self):
        id = "OwnGame-v3"
        yield id
        registry._specs.pop(id, None)
        for known in (
            gymnasium.registry,
            pettingzoo.parallel_registry,
            pettingzoo.aec_registry,
        ):
            known.pop(id, None)
        sys.modules.pop("coopetition.envs.pettingzoo.own_game_v3", None)

    def test_a_game_that_is_registered_later_has_all_of_it(self, own_id):
        @envs.register(own_id, "TR-2")
        def factory(max_steps: int = 3):
            """A small game."""
            return envs.game("SLCD-v0", max_steps=max_steps)

        from coopetition.envs.pettingzoo import own_game_v3

        assert own_game_v3.__doc__.startswith("A small game.")
        for env in (
            own_game_v3.parallel_env(max_steps=2),
            pettingzoo.make("parallel", "OwnGame_v3", max_steps=2),
        ):
            env.reset()
            assert env.game.horizon == 2
        assert "own_game_v3" in dir(modules)

    def test_a_name_that_is_taken_is_refused_everywhere(self, own_id):
        pettingzoo.register("aec", own_id, entry_point="elsewhere:env")
        with pytest.raises(ValueError, match=f"{own_id} .*PettingZoo.*elsewhere:env"):
            envs.register(own_id, "TR-2")(lambda: None)
        assert own_id not in {*envs.ids(), *gymnasium.registry, *pettingzoo.parallel_registry}
        with pytest.raises(ValueError, match="SLCD-v0 would both be slcd_v0"):
            envs.register("Slcd-v0", "TR-2")(lambda: None)
        assert "Slcd-v0" not in gymnasium.registry


class TestPickling:
    def test_copies_go_on_alike(self, env_id, view):
        env = view(env_id, normalize=True)
        env.reset(seed=1)
        actions = random_actions(env.game, 2, normalize=True)
        if view is envs.parallel_env:
            env.step(by_agent(env, actions[0]))
            twin = pickle.loads(pickle.dumps(env))
            ours, theirs = (e.step(by_agent(e, actions[1])) for e in (env, twin))
            assert ours[1:] == theirs[1:]
        else:
            env.step(actions[0][:1])
            twin = pickle.loads(pickle.dumps(env))
            for e in (env, twin):
                for action in actions[0][1:]:
                    e.step(action)
            assert env.rewards == twin.rewards
            np.testing.assert_array_equal(env.observe("agent_0"), twin.observe("agent_0"))
        np.testing.assert_array_equal(env.state(), twin.state())

    def test_ordered_environments_too(self):
        env = modules.trust_dilemma_v0.env()
        env.reset(seed=1)
        env.step(np.array([50.0], np.float32))
        twin = pickle.loads(pickle.dumps(env))
        assert twin.agent_selection == "agent_1"
        np.testing.assert_array_equal(twin.observe("agent_1"), env.observe("agent_1"))
