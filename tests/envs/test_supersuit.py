"""The SuperSuit bridge: its mends, one by one, on games of ours and on environments of others."""

import gymnasium
import numpy as np
import pettingzoo
import pytest
import supersuit
from gymnasium import spaces
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from coopetition import envs


class Foreign(pettingzoo.ParallelEnv):
    """An environment of somebody else: noisy observations, spaces of unequal size, three steps.

    Agent b sees one number more than agent a, and acts in two dimensions instead of one.
    """

    metadata = {"name": "foreign_v0"}  # noqa: RUF012
    render_mode = None

    def __init__(self, equal=True):
        self.possible_agents = ["a", "b"]
        self.size = {"a": 2, "b": 2 if equal else 3}
        self.width = {"a": 1, "b": 1 if equal else 2}
        self.generator = np.random.default_rng(0)
        self.played = []

    def observation_space(self, agent):
        return spaces.Box(-9, 9, (self.size[agent],), np.float32)

    def action_space(self, agent):
        return spaces.Box(-1, 1, (self.width[agent],), np.float32)

    def observations(self):
        return {
            agent: self.generator.uniform(-9, 9, self.size[agent]).astype(np.float32)
            for agent in self.possible_agents
        }

    def infos(self, kind):
        return {agent: {"kind": kind, "t": self.t} for agent in self.possible_agents}

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.generator = np.random.default_rng(seed)
        self.t, self.agents, self.options = 0, self.possible_agents[:], options
        return self.observations(), self.infos("reset")

    def step(self, actions):
        self.t += 1
        self.played.append(actions)
        over = self.t == 3
        rewards = {"a": 1.0, "b": 10.0}
        # Agent b has reached its goal where agent a has run out of time.
        terminated, truncated = {"a": False, "b": over}, {"a": over, "b": over}
        self.agents = [] if over else self.agents
        return self.observations(), rewards, terminated, truncated, self.infos("step")

    def describe(self, word):
        self.described = getattr(self, "described", 0) + 1
        return f"{word} {self.t}"


def zeros(venv):
    return np.zeros((venv.num_envs, *venv.action_space.shape), np.float32)


class TestEquality:
    @pytest.mark.parametrize(
        "env_id",
        ["TeamProduction-v0", "TrustDilemma-v0", "SynergySearch-v0", "SynergySearch-v1"],
        ids=str,
    )
    def test_rows_are_those_of_our_own_vec_env(self, env_id):
        """Equal streams, equal bits, over ends of episodes; seed + k here is stream k there."""
        mode, copies, seed = "integrated", 3, 40
        view = envs.parallel_env(env_id, reward_mode=mode, normalize=True, max_steps=4)
        bridge = envs.supersuit_vec_env(view, copies, seed=seed)
        ours = envs.vec_env(env_id, copies, reward_mode=mode, max_steps=4)
        ours._generators = [np.random.default_rng(seed + copy) for copy in range(copies)]
        assert bridge.num_envs == ours.num_envs
        assert bridge.observation_space == ours.observation_space
        assert bridge.action_space == ours.action_space
        np.testing.assert_array_equal(bridge.reset(), ours.reset())
        rng = np.random.default_rng(0)
        for _ in range(10):
            actions = rng.uniform(-1, 0.9, zeros(ours).shape).astype(np.float32)
            actions[:2] = -1
            theirs, expected = bridge.step(actions), ours.step(actions)
            for a, b in zip(theirs[:3], expected[:3], strict=True):
                np.testing.assert_array_equal(a, b)
                assert a.dtype == b.dtype
            for a, b in zip(theirs[3], expected[3], strict=True):
                assert a.get("TimeLimit.truncated") == b.get("TimeLimit.truncated")
                np.testing.assert_array_equal(
                    a.get("terminal_observation"), b.get("terminal_observation")
                )

    def test_every_game_passes_through(self, env_id):
        view = envs.parallel_env(env_id, normalize=True, max_steps=2)
        venv = envs.supersuit_vec_env(view, 2, seed=0)
        assert venv.num_envs == 2 * view.game.n_agents
        venv.reset()
        venv.step(zeros(venv))
        seen, _, dones, infos = venv.step(zeros(venv))
        assert dones.dtype == bool
        assert dones.all()
        assert all(venv.observation_space.contains(row) for row in seen)
        assert all(info["TimeLimit.truncated"] is True for info in infos)


class TestMends:
    def test_flags_are_booleans_and_say_which_end_it_was(self):
        venv = envs.supersuit_vec_env(Foreign(), 2, seed=0)
        venv.reset()
        for step in range(7):
            _, rewards, dones, infos = venv.step(zeros(venv))
            assert dones.tolist() == [step % 3 == 2] * 4
            assert rewards.tolist() == [1, 10, 1, 10]
        venv.step(zeros(venv))
        _, _, dones, infos = venv.step(zeros(venv))
        assert [info["TimeLimit.truncated"] for info in infos] == [True, False, True, False]

    def test_infos_of_the_last_step_and_of_the_reset_are_kept_apart(self):
        venv = envs.supersuit_vec_env(Foreign(), 1, seed=0)
        venv.reset()
        assert venv.reset_infos == [{"kind": "reset", "t": 0}] * 2
        for _ in range(2):
            venv.step(zeros(venv))
        seen, _, _, infos = venv.step(zeros(venv))
        assert [(info["kind"], info["t"]) for info in infos] == [("step", 3)] * 2
        assert venv.reset_infos == [{"kind": "reset", "t": 0}] * 2
        assert all(
            (info["terminal_observation"] != row).any()
            for info, row in zip(infos, seen, strict=True)
        )

    def test_vec_normalize_resets_the_returns_of_the_rows_that_ended(self):
        """Numbers in place of booleans would index: row 1 at the end of an episode, else row 0."""
        view = envs.parallel_env("TrustDilemma-v0", normalize=True)
        venv = VecNormalize(envs.supersuit_vec_env(view, 2, seed=0), gamma=1.0)
        venv.reset()
        actions = np.array([[-1], [-1], [1], [1]], np.float32)
        for step in range(3):
            expected = venv.returns.copy()
            _, _, dones, _ = venv.step(actions)
            if step < 2:
                assert (venv.returns > expected).all()
        assert dones.tolist() == [True, True, False, False]
        assert (venv.returns == 0).tolist() == [True, True, False, False]

    def test_copy_k_plays_what_seed_plus_k_plays(self):
        env = Foreign()
        env.reset(seed=99)
        expected = []
        for seed in (7, 8, 9):
            alone = Foreign()
            first = list(alone.reset(seed=seed)[0].values())
            for _ in range(3):
                alone.step({})
            expected.append([first, list(alone.reset()[0].values())])
        late = envs.supersuit_vec_env(env, 3, seed=1)
        assert late.seed(7) == [7, 7, 8, 8, 9, 9]
        for venv in (envs.supersuit_vec_env(env, 3, seed=7), late):
            rows = venv.reset().reshape(3, 2, 2)
            np.testing.assert_array_equal(rows, [pair[0] for pair in expected])
            for _ in range(3):
                rows = venv.step(zeros(venv))[0].reshape(3, 2, 2)
            np.testing.assert_array_equal(rows, [pair[1] for pair in expected])

    def test_without_a_seed_copies_still_differ(self):
        env = Foreign()
        env.reset(seed=99)
        rows = [envs.supersuit_vec_env(env, 2).reset() for _ in range(2)]
        assert len({row.tobytes() for row in np.concatenate(rows)}) == 8

    def test_a_second_reset_goes_on_with_the_generators(self):
        venv = envs.supersuit_vec_env(Foreign(), 1, seed=3)
        assert (venv.reset() != venv.reset()).any()

    def test_attributes_methods_and_options_reach_the_copies(self):
        venv = envs.supersuit_vec_env(Foreign(), 2, seed=0)
        venv.set_options({"level": 3})
        venv.reset()
        assert venv.get_attr("options") == [{"level": 3}] * 4
        assert venv.get_attr("options", [0]) == [{"level": 3}]
        assert venv.env_method("describe", "step") == ["step 0"] * 4
        assert venv.get_attr("described") == [1] * 4
        venv.set_attr("mark", 5, indices=[3])
        assert venv.get_attr("mark", 2) == [5]
        with pytest.raises(AttributeError):
            venv.get_attr("mark", 0)
        assert venv.env_is_wrapped(gymnasium.Wrapper) == [False] * 4
        venv.close()

    def test_the_environment_itself_is_never_stepped(self):
        env = Foreign()
        venv = envs.supersuit_vec_env(env, 1, seed=0)
        venv.reset()
        venv.step(zeros(venv))
        assert env.played == []

    def test_pictures_of_the_copies_are_tiled(self):
        view = envs.parallel_env("SLCD-v0", normalize=True, render_mode="rgb_array")
        venv = envs.supersuit_vec_env(view, 2, seed=0)
        venv.reset()
        assert [picture.shape for picture in venv.get_images()] == [(540, 960, 3)] * 2
        assert venv.render().shape[0] * venv.render().shape[1] == 2 * 540 * 960


class TestPadding:
    def test_unequal_spaces_are_padded(self):
        venv = envs.supersuit_vec_env(Foreign(equal=False), 1, seed=4)
        assert (venv.observation_space.shape, venv.action_space.shape) == ((3,), (2,))
        alone = Foreign(equal=False).reset(seed=4)[0]
        rows = venv.reset()
        np.testing.assert_array_equal(rows[0], [*alone["a"], 0])
        np.testing.assert_array_equal(rows[1], alone["b"])
        venv.step(np.array([[0.25, 0.5], [0.75, 1.0]], np.float32))
        played = venv.get_attr("unwrapped")[0].played[0]
        np.testing.assert_array_equal(played["a"], [0.25])
        np.testing.assert_array_equal(played["b"], [0.75, 1.0])

    def test_raw_views_share_the_box_of_the_largest_endowment(self):
        view = envs.parallel_env("PartnerHoldUp-v0")
        venv = envs.supersuit_vec_env(view, 1, seed=0)
        assert venv.action_space == spaces.Box(0, 120, (1,), np.float32)
        venv.reset()
        _, rewards, _, infos = venv.step(np.array([[120.0], [120.0]], np.float32))
        assert [info["own_action"] for info in infos] == [120.0, 80.0]
        joint = envs.make("PartnerHoldUp-v0")
        joint.reset()
        np.testing.assert_array_equal(rewards, joint.step([120.0, 120.0])[4]["rewards"])


class TestErrors:
    def test_other_things_than_parallel_environments(self):
        for wrong in (envs.aec_env("SLCD-v0"), envs.make("SLCD-v0")):
            with pytest.raises(TypeError, match="aec_to_parallel"):
                envs.supersuit_vec_env(wrong)
        with pytest.raises(ValueError, match="copies=0"):
            envs.supersuit_vec_env(Foreign(), 0)

    def test_actions_for_another_number_of_rows(self):
        venv = envs.supersuit_vec_env(Foreign(), 2, seed=0)
        venv.reset()
        for actions in (np.zeros((3, 1)), np.zeros((5, 1)), np.float32(0)):
            with pytest.raises(envs.ActionError, match="4 rows"):
                venv.step(actions)


class TestLearning:
    @pytest.mark.parametrize(
        "make_model",
        [
            lambda venv: PPO("MlpPolicy", venv, n_steps=8, batch_size=16, n_epochs=1, seed=1),
            lambda venv: SAC("MlpPolicy", venv, learning_starts=8, batch_size=8, seed=1),
        ],
        ids=["PPO", "SAC"],
    )
    def test_stable_baselines3_learns_and_evaluates(self, make_model):
        view = envs.parallel_env("ReciprocalDilemma-v0", normalize=True, max_steps=5)
        venv = VecMonitor(envs.supersuit_vec_env(supersuit.frame_stack_v1(view, 2), 2))
        model = make_model(venv)
        before = [p.detach().clone() for p in model.policy.parameters()]
        model.learn(64)
        assert any((p != q).any() for p, q in zip(before, model.policy.parameters(), strict=True))
        assert {episode["l"] for episode in model.ep_info_buffer} == {5}
        mean, _ = evaluate_policy(model, venv, n_eval_episodes=4, warn=False)
        assert mean > 0

    def test_a_seeded_model_is_reproducible(self):
        def weights():
            view = envs.parallel_env("SynergySearch-v0", normalize=True, max_steps=4)
            venv = envs.supersuit_vec_env(view, 2)
            model = PPO("MlpPolicy", venv, n_steps=8, batch_size=16, n_epochs=1, seed=5)
            return model.learn(64).policy.state_dict()

        first, second = weights(), weights()
        assert all((first[name] == second[name]).all() for name in first)
