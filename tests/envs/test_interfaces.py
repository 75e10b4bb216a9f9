"""The Gymnasium and stable-baselines3 views, and the renderer of all single-copy views.

The PettingZoo views are tested in `test_pettingzoo.py`, the SuperSuit bridge in
`test_supersuit.py`.
"""

import dataclasses
import pickle
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as gymnasium_check
from matplotlib import colormaps
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as sb3_check
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from coopetition import envs
from coopetition.envs.interfaces import render


def arrays(nested):
    """Every array in nested lists and dicts."""
    if isinstance(nested, np.ndarray):
        yield nested
    elif isinstance(nested, dict | list):
        for entry in nested.values() if isinstance(nested, dict) else nested:
            yield from arrays(entry)


def streams(venv):
    """The next draw of every copy's generator."""
    return [generator.random() for generator in venv._generators]


class TestGymnasium:
    def test_checkers_pass_in_the_raw_view(self, env_id):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gymnasium_check(envs.make(env_id), skip_render_check=True)
            sb3_check(envs.make(env_id))

    def test_checkers_pass_without_a_warning_in_the_normalised_view(self, env_id):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            # Gymnasium's advice to take the highest version: here `-v0` is another edition.
            warnings.filterwarnings("ignore", rf".*The environment {env_id[:-1]}0 is out of date")
            env = gymnasium.make(env_id, normalize=True, render_mode="rgb_array").unwrapped
            gymnasium_check(env)
            sb3_check(env)

    def test_gymnasium_make_gives_the_same_environment(self, env_id):
        ours, theirs = (
            envs.make(env_id, reward_mode="private"),
            gymnasium.make(env_id, reward_mode="private"),
        )
        a, _ = ours.reset(seed=4)
        b, _ = theirs.reset(seed=4)
        np.testing.assert_array_equal(a, b)
        action = np.full(ours.game.n_agents, 42.0, np.float32)
        np.testing.assert_array_equal(ours.step(action)[0], theirs.step(action)[0])

    def test_published_spaces(self):
        env = envs.make("TeamProduction-v0")
        assert env.action_space == gymnasium.spaces.Box(0, 50, (4,), np.float32)
        assert env.observation_space == gymnasium.spaces.Box(-np.inf, np.inf, (53,), np.float32)

    def test_normalised_actions_are_shares_of_the_own_endowment(self, env_id):
        env = envs.make(env_id, normalize=True)
        env.reset()
        shares = np.linspace(0, 1, env.game.n_agents)
        env.step((2 * shares - 1).astype(np.float32))
        assert env._state["actions"][0] == pytest.approx(shares * env.game.endowments, abs=1e-4)

    def test_info_carries_the_vectors_from_the_reset_on(self, env_id):
        env = envs.make(env_id)
        _, info = env.reset()
        n_agents = env.game.n_agents
        for step in (None, np.full(n_agents, 30.0, np.float32)):
            if step is not None:
                info = env.step(step)[4]
            assert info["payoffs"].shape == info["rewards"].shape == (n_agents,)
            assert set(info["rewards_by_mode"]) == set(envs.REWARD_MODES)
        assert info["payoffs"].sum() > 0
        np.testing.assert_array_equal(info["actions"], np.full(n_agents, 30.0))

    def test_reset_starts_a_fresh_episode_and_shows_it(self, env_id):
        env = envs.make(env_id)
        first, first_info = env.reset(seed=0)
        for _ in range(5):
            env.step(env.game.endowments)
        again, again_info = env.reset(options=None)
        np.testing.assert_array_equal(first, again)
        assert first_info["step"] == again_info["step"] == 0
        # Actions in payoff units as released, shares of the endowments in the formal edition.
        formal = env_id.endswith("v1")
        start = env.game.initial_shares if formal else env.game.baselines
        np.testing.assert_array_equal(again[: env.game.n_agents], start.astype(np.float32))

    def test_stepping_without_an_episode_raises(self, env_id):
        env = envs.make(env_id, max_steps=2)
        action = env.game.baselines
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(action)
        env.reset()
        env.step(action)
        assert env.step(action)[3]
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(action)

    def test_unknown_options_raise(self):
        with pytest.raises(ValueError, match="reset options"):
            envs.make("SLCD-v0").reset(options={"reset_reputation": True})

    @pytest.mark.parametrize("mode", envs.REWARD_MODES)
    def test_every_vector_in_info_is_an_array_of_its_own(self, env_id, mode):
        env = envs.make(env_id, reward_mode=mode)
        for info in (env.reset()[1], env.step(0.6 * env.game.endowments)[4]):
            engine = [] if env._outcome is None else arrays([env._outcome.terms, env._state])
            shown = list(arrays(info))
            assert len(shown) >= 5
            for i, one in enumerate(shown):
                for other in (*shown[:i], *engine):
                    assert not np.shares_memory(one, other)
        before = env._outcome.payoffs.copy()
        info["payoffs"] += 1
        info["rewards_by_mode"]["private"] *= 2
        np.testing.assert_array_equal(env._outcome.payoffs, before)

    def test_pickled_environments_go_on_alike(self, env_id):
        env = envs.make(env_id)
        env.reset(seed=0)
        env.step(env.game.endowments)
        twin = pickle.loads(pickle.dumps(env))
        a, b = env.step(env.game.endowments), twin.step(env.game.endowments)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1] == b[1]


class TestRendering:
    """One renderer; the PettingZoo suite asks every view for every mode."""

    def test_text(self, env_id, capsys):
        env = envs.make(env_id, render_mode="ansi")
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.render()
        env.reset(seed=0)
        env.step(env.game.baselines)
        text = env.render()
        assert f"{env_id}  step 1/{env.game.horizon}" in text
        assert all(name in text for name in env.game.display_names)
        human = envs.make(env_id, render_mode="human")
        human.reset(seed=0)
        human.step(human.game.baselines)
        assert capsys.readouterr().out == text + "\n"
        assert human.render() is None

    def test_views_show_the_same(self):
        pictures, texts = [], []
        for view in (envs.make, envs.parallel_env, envs.aec_env):
            for mode, shown in (("rgb_array", pictures), ("ansi", texts)):
                env = view("SLCD-v0", render_mode=mode)
                env.reset()
                if view is envs.make:
                    env.step(np.array([70, 20], np.float32))
                elif view is envs.parallel_env:
                    env.step({"agent_0": 70.0, "agent_1": 20.0})
                else:
                    env.step(70.0)
                    env.step(20.0)
                shown.append(env.render())
        assert texts[0] == texts[1] == texts[2]
        for picture in pictures:
            np.testing.assert_array_equal(picture, pictures[0])

    def frame(self, env_id):
        env = envs.make(env_id)
        env.reset(seed=0)
        env.step(0.3 * env.game.endowments)
        return env._frame()

    @pytest.mark.parametrize("env_id", ["PlatformEcosystem-v0", "ApacheProject-v0"])
    def test_pictures_show_what_is_in_the_frame(self, env_id):
        """Each quantity changes its own panel and no other; areas have the size of what they show.

        `PlatformEcosystem-v0` has 5 agents of unequal endowments, `ApacheProject-v0` has 40.
        """
        frame = self.frame(env_id)
        picture = render.picture(frame)
        assert picture.shape == (render.HEIGHT, render.WIDTH, 3)
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, render.picture(frame))

        def changed(**fields):
            """Columns and rows of the pixels that differ once the frame has these fields."""
            other = render.picture(dataclasses.replace(frame, **fields))
            return np.argwhere((other != picture).any(axis=2)).T

        rows, columns = changed(trust=1 - frame.trust)
        assert columns.min() >= render.TRUST
        rows, columns = changed(actions=0.9 * frame.actions)
        assert columns.max() < render.ACTIONS[1]
        # More reward stretches the scale of its panel, and the heading says the total.
        rows, columns = changed(rewards=2 * frame.rewards)
        panel = columns[rows >= render.TOP - 20]
        assert render.ACTIONS[1] < panel.min() <= panel.max() < render.TRUST

    def area(self, picture, colour, x):
        """Pixels of a colour between two abscissas."""
        wanted = np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)
        return int((picture[render.TOP :, slice(*x)] == wanted).all(axis=2).sum())

    def test_bars_are_as_long_as_the_actions(self):
        frame = self.frame("TeamProduction-v0")
        game = frame.game
        areas = []
        for share in (0.0, 0.5, 1.0):
            shown = dataclasses.replace(frame, actions=share * game.endowments)
            areas.append(self.area(render.picture(shown), render.ACTION, render.ACTIONS))
        assert areas[0] == 0
        # The line of the baseline (40 %) covers two columns of the longer bars.
        assert areas[1] / areas[2] == pytest.approx(0.5, abs=0.01)

    def test_trust_of_the_row_is_in_the_column(self):
        frame = self.frame("SLCD-v0")
        trust = np.array([[1.0, 1.0], [0.0, 1.0]])
        picture = render.picture(dataclasses.replace(frame, trust=trust))
        most, least = (
            "#" + bytes(colormaps[render.TRUST_MAP](value, bytes=True)[:3]).hex()
            for value in (1.0, 0.0)
        )
        left, middle = render.TRUST, render.TRUST + render.TALL // 2
        assert self.area(picture, most, (left, middle)) == 0
        assert self.area(picture, least, (left, middle)) > 0.9 * (render.TALL // 2) ** 2
        assert self.area(picture, most, (middle, middle + render.TALL // 2)) > 0

    def test_a_game_without_trust_shows_none(self):
        frame = self.frame("TeamProduction-v1")
        assert (self.frame("SLCD-v1").trust is None, frame.trust is None) == (False, True)
        picture = render.picture(frame)
        assert (picture[render.TOP :, render.TRUST :] == 255).all()
        assert "trust" not in render.text(frame)
        assert "nan" not in render.text(frame)

    def test_negative_rewards_point_to_the_left(self):
        frame = self.frame("TeamProduction-v0")
        picture = render.picture(
            dataclasses.replace(frame, rewards=np.array([-100.0] * 4), payoffs=np.full(4, 100.0))
        )
        left, right = render.REWARDS
        middle = (left + right) // 2
        assert self.area(picture, render.REWARD, (left, middle)) > 0
        assert self.area(picture, render.REWARD, (middle + 1, right)) == 0
        assert self.area(picture, render.PAYOFF, (middle + 1, right)) > 0

    def test_pictures_leave_pyplot_alone(self):
        program = (
            "from coopetition import envs; import sys;"
            "env = envs.make('SLCD-v0', render_mode='rgb_array'); env.reset();"
            "assert 'matplotlib' not in sys.modules; env.render();"
            "assert 'matplotlib' in sys.modules; assert 'matplotlib.pyplot' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


class TestVecEnv:
    def test_rows_are_replicate_copy_agent(self):
        venv = envs.vec_env(
            "TeamProduction-v0", 3, reward_mode=["private", "integrated"], seed=[1, 2]
        )
        assert venv.num_envs == 2 * 3 * 4
        order = [(row.replicate, row.copy, row.agent) for row in venv.rows]
        assert order == sorted(order)
        assert venv.get_attr("reward_mode")[:12] == ["private"] * 12
        assert venv.get_attr("id", [0, 5]) == ["TeamProduction-v0"] * 2
        assert venv.env_method("describe", indices=[13])[0].endswith("replicate 1 copy 0 agent_1")
        assert venv.env_is_wrapped(gymnasium.Wrapper) == [False] * 24
        assert venv.get_attr("endowments", 0)[0] == pytest.approx([50.0])

    @pytest.mark.parametrize("joint", [False, True])
    @pytest.mark.parametrize("observation", ["full", "realistic", "minimal"])
    def test_observations_stay_in_their_space(self, env_id, joint, observation):
        venv = envs.vec_env(env_id, 4, joint=joint, observation=observation, seed=0)
        rng = np.random.default_rng(0)
        seen = venv.reset()
        for _ in range(120):
            assert seen.shape == (venv.num_envs, *venv.observation_space.shape)
            assert seen.dtype == np.float32
            assert (np.abs(seen) <= 1).all()
            actions = rng.uniform(-1.2, 1.2, (venv.num_envs, *venv.action_space.shape))
            seen, rewards, dones, infos = venv.step(actions.astype(np.float32))
            assert rewards.shape == dones.shape == (venv.num_envs,)
            assert (rewards.dtype, dones.dtype) == (np.float32, bool)
            assert len(infos) == venv.num_envs

    def test_rows_equal_the_gymnasium_view(self, env_id):
        """Same actions and stream: joint rows give the scalar reward, agent rows its parts."""
        env = envs.make(env_id, normalize=True, reward_mode="cooperative")
        joint = envs.vec_env(env_id, 2, joint=True, reward_mode="cooperative", seed=7)
        agents = envs.vec_env(env_id, 2, reward_mode="cooperative", seed=7)
        env.np_random = np.random.default_rng(np.random.SeedSequence(7).spawn(2)[1])
        seen = env.reset()[0]
        np.testing.assert_array_equal(joint.reset()[1], seen)
        agents.reset()
        rng = np.random.default_rng(5)
        for _ in range(20):
            u = rng.uniform(-0.2, 1, env.game.n_agents).astype(np.float32)
            seen, reward, terminated, truncated, info = env.step(u)
            rows, rewards, _, _ = joint.step(np.stack([u, u]))
            parts = agents.step(np.concatenate([u, u])[:, None])[1]
            if terminated or truncated:
                break
            np.testing.assert_array_equal(rows[1], seen)
            assert rewards[1] == pytest.approx(reward, rel=1e-6)
            own = info["rewards"].astype(np.float32)
            np.testing.assert_array_equal(parts[env.game.n_agents :], own)
            np.testing.assert_array_equal(agents.payoffs[0, 1], info["payoffs"])
            np.testing.assert_array_equal(agents.agent_rewards[0, 1], info["rewards"])
            trust = info.get("mean_trust", np.nan)  # not in a game without trust
            assert joint.mean_trust[0, 1] == pytest.approx(trust, nan_ok=True)

    @pytest.mark.parametrize("id", ["SLCD-v0", "PartnerHoldUp-v1"])
    def test_raw_joint_rows_are_the_gymnasium_view(self, id):
        env, venv = envs.make(id), envs.vec_env(id, joint=True, normalize=False)
        assert venv.action_space == env.action_space
        assert venv.observation_space == env.observation_space
        np.testing.assert_array_equal(venv.reset()[0], env.reset()[0])
        action = np.array([55.0, 20.0], np.float32)
        rows, rewards, *_ = venv.step(action[None])
        seen, reward, *_ = env.step(action)
        np.testing.assert_array_equal(rows[0], seen)
        assert rewards[0] == pytest.approx(reward)

    def test_same_step_reset_at_the_horizon(self):
        venv = envs.vec_env("SLCD-v0", 2, max_steps=3)
        first = venv.reset()
        for step in range(3):
            seen, _, dones, infos = venv.step(np.zeros((4, 1), np.float32))
            assert dones.all() == (step == 2)
        np.testing.assert_array_equal(seen, first)
        for info in infos:
            assert info["TimeLimit.truncated"] is True
            assert info["terminal_observation"][-1] == pytest.approx(1.0)

    def test_termination_is_not_a_time_limit(self):
        venv = envs.vec_env("TrustDilemma-v0", 2, joint=True)
        venv.reset()
        defect = np.array([[-1.0, -1.0], [1.0, 1.0]], np.float32)
        for _ in range(3):
            seen, _, dones, infos = venv.step(defect)
        assert dones.tolist() == [True, False]
        assert infos[0]["TimeLimit.truncated"] is False
        assert infos[1] == {}
        assert seen[0][-1] == pytest.approx(-1.0)
        assert seen[1][-1] == pytest.approx(2 * 3 / 100 - 1)

    def test_a_replicate_is_the_same_in_any_company(self):
        alone = envs.vec_env("TeamProduction-v0", 2, reward_mode="integrated", seed=7)
        modes = ["private", "cooperative", "integrated", "integrated"]
        company = envs.vec_env("TeamProduction-v0", 2, reward_mode=modes, seed=[1, 2, 7, 9])
        rows = slice(2 * 2 * 4, 3 * 2 * 4)
        np.testing.assert_array_equal(company.reset()[rows], alone.reset())
        rng = np.random.default_rng(0)
        for _ in range(10):
            actions = rng.uniform(-1, 1, (company.num_envs, 1)).astype(np.float32)
            seen, rewards, *_ = company.step(actions)
            mine, own, *_ = alone.step(actions[rows])
            np.testing.assert_array_equal(seen[rows], mine)
            np.testing.assert_array_equal(rewards[rows], own)

    def test_seeds_reach_every_copy(self):
        one, same = (envs.vec_env("SLCD-v0", 3, seed=[5, 6]) for _ in range(2))
        first = streams(one)
        assert len(set(first)) == 6
        assert first == streams(same)

    def test_a_seed_sequence_is_not_changed(self):
        sequence = np.random.SeedSequence(9).spawn(2)[1]
        first, second = (streams(envs.vec_env("SLCD-v0", 3, seed=sequence)) for _ in range(2))
        assert first == second
        assert sequence.n_children_spawned == 0
        assert streams(envs.vec_env("SLCD-v0", 3, seed=[sequence, 1]))[:3] == first

    @pytest.mark.parametrize("seed", [5, np.int64(5), np.random.SeedSequence(5)])
    def test_one_seed_is_that_of_every_mode(self, seed):
        modes = list(envs.REWARD_MODES)
        together = streams(envs.vec_env("SLCD-v0", 2, reward_mode=modes, seed=seed))
        for i, mode in enumerate(modes):
            alone = envs.vec_env("SLCD-v0", 2, reward_mode=mode, seed=seed)
            assert together[2 * i : 2 * i + 2] == streams(alone)
        fresh = streams(envs.vec_env("SLCD-v0", 2, reward_mode=modes))
        assert len(set(fresh)) == 6

    def test_seeding_later_is_seeding_at_construction(self):
        modes = ["private", "integrated"]
        for arguments in ({}, {"reward_mode": modes}):
            late = envs.vec_env("SLCD-v0", 3, **arguments)
            assert late.seed() == [None] * late.num_envs
            assert late.seed(7) == [7] * late.num_envs
            assert streams(late) == streams(envs.vec_env("SLCD-v0", 3, seed=7, **arguments))
        again = envs.vec_env("SLCD-v0", 3, seed=1)
        again.seed(7)
        assert streams(again) == streams(envs.vec_env("SLCD-v0", 3, seed=7))

    def test_an_algorithm_leaves_the_seeds_of_replicates_alone(self):
        one, same = (envs.vec_env("SLCD-v0", 2, seed=[5, 6]) for _ in range(2))
        PPO("MlpPolicy", one, n_steps=8, batch_size=8, seed=99)
        assert one.seed(99) == [5] * 4 + [6] * 4
        assert streams(one) == streams(same)

    @pytest.mark.parametrize("joint", [False, True])
    def test_actions_of_another_shape_raise(self, joint):
        venv = envs.vec_env("SLCD-v0", 2, joint=joint, seed=0)
        venv.reset()
        rows, width = venv.num_envs, venv.action_space.shape[0]
        good = np.zeros((rows, width), np.float32)
        venv.step(good)
        before = {name: array.copy() for name, array in venv._state.items()}
        for shape in ((width, rows + 1), (rows * width,), (rows // 2, 2 * width), ()):
            with pytest.raises(envs.ActionError) as error:
                venv.step(np.zeros(shape, np.float32))
            assert f"shape {(rows, width)}" in str(error.value)
            assert f"got {shape}" in str(error.value)
        for name, array in before.items():
            np.testing.assert_array_equal(venv._state[name], array)
        venv.step(good)

    @pytest.mark.parametrize("mode", ["private", ["private", "integrated"]])
    def test_payoffs_and_rewards_are_arrays_of_their_own(self, mode):
        venv = envs.vec_env("SLCD-v0", 2, reward_mode=mode, seed=0)
        venv.reset()
        for _ in range(2):
            assert not np.shares_memory(venv.payoffs, venv.agent_rewards)
            rewards = venv.step(np.zeros((venv.num_envs, 1), np.float32))[1]
            payoffs = venv.payoffs.copy()
            venv.agent_rewards += 1
            rewards += 1
            np.testing.assert_array_equal(venv.payoffs, payoffs)

    def test_wrong_arguments_raise(self):
        with pytest.raises(ValueError, match="2 reward modes but 3 seeds"):
            envs.vec_env("SLCD-v0", reward_mode=["private", "integrated"], seed=[1, 2, 3])
        with pytest.raises(ValueError, match="joint=True"):
            envs.vec_env("SLCD-v0", normalize=False)
        with pytest.raises(ValueError, match="copies=0"):
            envs.vec_env("SLCD-v0", 0)
        with pytest.raises(ValueError, match="full, realistic, minimal"):
            envs.vec_env("SLCD-v0", observation="everything")
        with pytest.raises(envs.ActionError):
            venv = envs.vec_env("SLCD-v0")
            venv.reset()
            venv.step(np.full((2, 1), np.nan, np.float32))
        with pytest.raises(AttributeError, match="rows are fixed"):
            venv.set_attr("reward_mode", "private")

    @pytest.mark.parametrize("id", ["ReciprocalDilemma-v0", "ReciprocalDilemma-v1"])
    def test_stable_baselines3_trains_and_evaluates_on_it(self, id):
        venv = VecNormalize(VecMonitor(envs.vec_env(id, 4, seed=0, max_steps=8)))
        model = PPO("MlpPolicy", venv, n_steps=16, batch_size=32, n_epochs=1, seed=0)
        model.learn(256)
        mean, _ = evaluate_policy(model, venv, n_eval_episodes=8, warn=False)
        assert np.isfinite(mean)
        assert len(model.ep_info_buffer) > 0


class TestObservationPresets:
    @pytest.mark.parametrize("env_id", envs.ids("v0"))
    def test_lengths_of_the_published_record(self, env_id):
        game = envs.game(env_id)
        n = game.n_agents
        state = game.reset([0])
        lengths = {"full": n * n + 4 * n, "realistic": 5 * n, "minimal": 1 + n}
        for preset, length in lengths.items():
            assert game.agent_observation(state, preset, False).shape == (1, n, length)

    def test_blocks_of_the_realistic_preset(self):
        game = envs.game("TeamProduction-v0")
        state, _ = game.step(game.reset([0]), np.array([[10, 20, 30, 40]]))
        seen = game.agent_observation(state, "realistic", False)[0, 1]
        trust, damage = state["trust"][0], state["damage"][0]
        expected = np.concatenate(
            [
                [20, 10, 30, 40],
                trust[1],
                damage[1],
                damage[[0, 2, 3]].mean(axis=1),
                game.dependence[1],
                [1 / 100],
            ]
        )
        assert seen == pytest.approx(expected, rel=1e-6)
        normal = game.agent_observation(state, "realistic", True)[0, 1]
        unit = np.concatenate(
            [
                np.array([20, 10, 30, 40]) / 50,
                trust[1, [0, 2, 3]],
                damage[1, [0, 2, 3]],
                damage[[0, 2, 3]].mean(axis=1),
                [1 / 100],
            ]
        )
        assert normal == pytest.approx(2 * unit - 1, abs=1e-6)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasium_makes_vectors_of_environments(mode):
    vector = gymnasium.make_vec("TrustDilemma-v1", num_envs=2, vectorization_mode=mode)
    observations, _ = vector.reset(seed=0)
    assert observations.shape == (2, 8)
    assert vector.step(np.full((2, 2), 60.0, np.float32))[1].shape == (2,)
    vector.close()


@pytest.mark.parametrize("env_id", ["ApacheProject-v0", "PlatformEcosystem-v0"])
def test_a_large_group_sees_the_same_in_any_company(env_id):
    """Nine entries for each of more than eight agents, bit for bit whatever plays beside."""
    params = {"n_developers": 9} if env_id.startswith("Platform") else {}
    alone, company = (envs.vec_env(env_id, seed=seeds, **params) for seeds in ([1], [1, 2, 3]))
    assert alone.observation_space.shape == (9,)
    generator = np.random.default_rng(0)
    mine, all_rows = alone.reset(), company.reset()
    for _ in range(5):
        np.testing.assert_array_equal(mine, all_rows[: len(mine)])
        assert np.abs(mine).max() <= 1
        actions = generator.uniform(-1, 1, (company.num_envs, 1)).astype(np.float32)
        mine, all_rows = alone.step(actions[: len(mine)])[0], company.step(actions)[0]


def test_something_else_than_a_game_is_named():
    with pytest.raises(TypeError, match="an id or a game is needed, got 3"):
        envs.make(3)
