"""One interface of all policies: predict in the vocabulary of stable-baselines3, save and load."""

import json

import numpy as np
import pytest
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecMonitor

from coopetition import agents, envs
from coopetition.agents.policy import Policy
from coopetition.envs.released import ReleasedGame

RULES = ["Constant_42", "Random", "TitForTat", "TitForTat_released"]


def raw(env_id, copies=3, **options):
    return envs.vec_env(env_id, copies, joint=True, normalize=False, seed=0, **options)


def rollout(policy, env, steps):
    """Actions [steps, copies, agents], telling of starts as evaluate_policy does."""
    observations, starts = env.reset(), np.ones(env.num_envs, bool)
    played = []
    for _ in range(steps):
        actions, state = policy.predict(observations, state=None, episode_start=starts)
        assert state is None
        played.append(actions)
        observations, _, starts, _ = env.step(actions)
    return np.array(played)


class TestPredict:
    @pytest.mark.parametrize("name", [*RULES[2:], "Constant_42", "Oracle_BoundedReciprocity"])
    def test_evaluate_policy_finds_the_returns_of_evaluate(self, name):
        policy, env = agents.make(name, "AppleAppStore-v0"), raw("AppleAppStore-v0", 2)
        found, lengths = evaluate_policy(
            policy, VecMonitor(env), n_eval_episodes=4, return_episode_rewards=True
        )
        expected = agents.evaluate(name, "AppleAppStore-v0", episodes=4).returns("integrated")
        assert sorted(found) == pytest.approx(sorted(expected), rel=1e-5)
        assert lengths == [66] * 4

    def test_random_is_within_the_returns_of_evaluate(self):
        policy, env = agents.make("Random", "SLCD-v0", seed=1), raw("SLCD-v0", 8)
        found, _ = evaluate_policy(
            policy, VecMonitor(env), n_eval_episodes=40, return_episode_rewards=True
        )
        expected = agents.evaluate("Random", "SLCD-v0", episodes=200).returns("integrated")
        error = expected.std() * (1 / 40 + 1 / 200) ** 0.5
        assert abs(np.mean(found) - expected.mean()) < 4 * error
        assert len(set(found)) == 40

    def test_one_copy_of_the_gymnasium_view(self):
        env, policy = envs.make("GiftExchange-v0"), agents.make("TitForTat", "GiftExchange-v0")
        observation, _ = env.reset(seed=0)
        actions, _ = policy.predict(observation)
        assert actions.shape == (2,)
        assert actions.dtype == np.float32
        assert actions.tolist() == [100, 80]
        observation, *_ = env.step([50, 80])
        assert policy.predict(observation)[0] == pytest.approx([100, 40])
        observation, _ = env.reset(seed=0)
        started, _ = policy.predict(observation, episode_start=np.array([True]))
        assert started.tolist() == [100, 80]

    def test_only_the_rows_that_start_are_started(self):
        policy, env = agents.make("TitForTat", "SLCD-v0"), raw("SLCD-v0", 3)
        seen = env.reset()
        policy.predict(seen, episode_start=np.ones(3, bool))
        seen, *_ = env.step(np.array([[10, 20], [30, 40], [50, 60]], np.float32))
        actions, _ = policy.predict(seen, episode_start=np.array([False, True, False]))
        assert actions == pytest.approx(np.array([[20, 10], [100, 100], [60, 50]]))

    def test_the_noise_of_a_row_does_not_depend_on_starts_of_others(self):
        plain, disturbed = (agents.make("Random", "SLCD-v0", seed=5) for _ in "ab")
        seen = raw("SLCD-v0", 2).reset()
        for policy in (plain, disturbed):
            policy.predict(seen)
        again, _ = plain.predict(seen, episode_start=np.array([False, False]))
        other, _ = disturbed.predict(seen, episode_start=np.array([False, True]))
        np.testing.assert_array_equal(again[0], other[0])
        assert (again[1] != other[1]).all()

    def test_seeds(self):
        a, b, c = (
            rollout(agents.make("Random", "SLCD-v0", seed=s), raw("SLCD-v0"), 5) for s in (1, 1, 2)
        )
        np.testing.assert_array_equal(a, b)
        assert (a != c).all()
        assert len(np.unique(a)) == a.size

    def test_an_evaluation_in_between_is_forgotten(self):
        policy, env = agents.make("TitForTat", "SLCD-v0"), raw("SLCD-v0")
        seen = env.reset()
        policy.predict(seen)
        agents.evaluate(policy, "TeamProduction-v0")
        with pytest.raises(ValueError, match="0 episodes are running, but 3 copies"):
            policy.predict(seen, episode_start=np.zeros(3, bool))
        assert policy.predict(seen)[0].tolist() == [[100, 100]] * 3

    def test_what_is_not_supported_raises(self):
        seen = raw("SLCD-v0").reset()
        with pytest.raises(ValueError, match=r"not bound.*agents.make\('TitForTat', ENV_ID\)"):
            agents.make("TitForTat").predict(seen)
        policy = agents.make("TitForTat", "SLCD-v0")
        with pytest.raises(ValueError, match="state must be None"):
            policy.predict(seen, state=(np.zeros(3),))
        with pytest.raises(ValueError, match=r"\(copies, 15\), got \(3, 53\).*normalize=False"):
            policy.predict(raw("TeamProduction-v0").reset())
        with pytest.raises(ValueError, match=r"got \(3, 7\)"):
            policy.predict(envs.vec_env("SLCD-v0", 3, joint=True).reset())
        with pytest.raises(ValueError, match=r"episode_start must have shape \(3,\), got \(2,\)"):
            policy.predict(seen, episode_start=np.ones(2, bool))
        policy.predict(seen)
        with pytest.raises(ValueError, match="3 episodes are running, but 2 copies"):
            policy.predict(seen[:2])

    def test_a_policy_of_single_agents_has_a_row_per_agent(self):
        class Own(Policy):
            name, observation = "Own", "minimal"

            def act(self, observations):
                assert observations.shape[1:] == (3, 3)
                return np.tile([100.0, 40.0, 0.0], (len(observations), 1))

        policy = Own()
        policy.bind("AppleAppStore-v0")
        view = envs.vec_env("AppleAppStore-v0", 2, observation="minimal")
        actions, _ = policy.predict(view.reset(), episode_start=np.ones(6, bool))
        assert actions[:, 0].tolist() == [1.0, 0.0, -1.0] * 2
        for wrong in (raw("AppleAppStore-v0").reset(), view.reset()[:4]):
            with pytest.raises(ValueError, match=r"\(3 agents x copies, 3\).*'minimal'"):
                policy.predict(wrong)


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "env", "options"),
        [
            ("Constant_07", "AppleAppStore-v0", {"action_basis": "max"}),
            ("Constant", "SLCD-v0", {"levels": [12.5, 30, 99]}),
            ("Random", "AppleAppStore-v0", {"action_basis": "max"}),
            ("TitForTat", "SLCD-v0", {"initial": "baseline"}),
            ("TitForTat_released", "AppleAppStore-v0", {}),
            ("Oracle_TrustAware", "SLCD-v0", {}),
            ("Oracle_BoundedReciprocity", "AppleAppStore-v0", {}),
        ],
    )
    def test_a_loaded_policy_acts_alike(self, name, env, options, tmp_path):
        policy = agents.make(name, env, seed=11, **options)
        policy.save(tmp_path / "policy.json")
        loaded = agents.load(tmp_path / "policy.json")
        assert type(loaded) is type(policy)
        assert loaded.name == policy.name
        assert loaded.parameters == policy.parameters
        np.testing.assert_array_equal(
            rollout(loaded, raw(env), 70),
            rollout(agents.make(name, env, seed=11, **options), raw(env), 70),
        )

    def test_running_episodes_are_not_saved(self, tmp_path):
        policy = agents.make("TitForTat", "SLCD-v0")
        seen = raw("SLCD-v0").reset()
        policy.predict(seen)
        policy.save(tmp_path / "policy.json")
        assert agents.load(tmp_path / "policy.json").predict(seen)[0].tolist() == [[100, 100]] * 3

    def test_parameters_of_the_environment_are_kept(self, tmp_path):
        agents.make("Random", envs.game("SLCD-v0", max_steps=7)).save(tmp_path / "policy.json")
        assert agents.load(tmp_path / "policy.json").bound.horizon == 7

    def test_an_unbound_policy_stays_unbound(self, tmp_path):
        agents.make("Constant_33").save(tmp_path / "policy.json")
        loaded = agents.load(str(tmp_path / "policy.json"))
        assert loaded.bound is None
        assert loaded.name == "Constant_33"
        assert json.loads((tmp_path / "policy.json").read_text()) == {
            "policy": "Constant",
            "parameters": {"levels": [33.0], "action_basis": "own"},
            "environment": None,
            "seed": 0,
        }
        assert [path.name for path in tmp_path.iterdir()] == ["policy.json"]

    def test_what_cannot_be_saved_raises(self, tmp_path):
        class Mine(Policy):
            name = "Mine"

            def act(self, observations):
                return observations

        with pytest.raises(ValueError, match="unknown policy 'Mine'"):
            Mine().save(tmp_path / "policy.json")
        like = envs.game("SLCD-v0")
        parts = ("endowments", "baselines", "horizon", "dependence", "value", "trust")
        by_hand = ReleasedGame("SLCD-v0", **{name: getattr(like, name) for name in parts})
        with pytest.raises(ValueError, match=r"not built by envs\.game"):
            agents.make("Random", by_hand).save(tmp_path / "policy.json")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("not json", "not a file that Policy.save has written"),
            ("[1, 2]", "not a file that Policy.save has written"),
            ('{"policy": "Random"}', "not a file that Policy.save has written"),
            (
                '{"policy": "os.system", "parameters": {}, "environment": null, "seed": 0}',
                "unknown policy 'os.system'",
            ),
            (
                '{"policy": "Random", "parameters": {"x": 1}, "environment": null, "seed": 0}',
                "Random: got an unexpected keyword argument 'x'",
            ),
            (
                '{"policy": "Oracle_Nash", "parameters": {}, "seed": 0, '
                '"environment": {"id": "SLCD-v0", "parameters": {}}}',
                "Oracle_Nash is defined for TR-3",
            ),
        ],
    )
    def test_a_bad_file_raises(self, content, message, tmp_path):
        path = tmp_path / "policy.json"
        path.write_text(content)
        with pytest.raises(ValueError, match=message):
            agents.load(path)

    def test_missing_files_and_needless_factors_raise(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"no file .*absent"):
            agents.load(tmp_path / "absent.json")
        agents.make("Random").save(tmp_path / "policy.json")
        with pytest.raises(ValueError, match="pass no factors"):
            agents.load(tmp_path / "policy.json", seed=99)


def test_sets_and_numpy_numbers_are_saved(tmp_path):
    game = envs.game("TrustDilemma-v1", without={"exit"}, params={"gamma": np.float32(0.5)})
    policy = agents.make("TitForTat", game, seed=np.int64(3), initial=np.int64(50))
    policy.save(tmp_path / "policy.json")
    again = agents.load(tmp_path / "policy.json")
    assert again.bound.identity == game.identity
    assert agents.evaluate(again, game).welfare == pytest.approx(
        agents.evaluate(policy, game).welfare
    )
    with pytest.raises(ValueError, match="the name says levels already"):
        agents.make("Constant_42", levels=7)
