"""Learners that are algorithms of sb3-contrib as they are: RecurrentPPO and Central_ARS."""

from dataclasses import replace

import numpy as np
import pytest
import sb3_contrib
import torch
from harness import assert_goes_on, falling, mixed_motives
from stable_baselines3.common.callbacks import BaseCallback
from test_training import untrained
from toys import Toy, assert_same, public_goods, quadratic, short_runs

from coopetition import agents, envs
from coopetition.agents import training
from coopetition.agents.evaluation import play, streams
from coopetition.agents.learners.central_ars import CentralARS
from coopetition.agents.learners.recurrent_ppo import Numbered, RecurrentPPO
from coopetition.agents.models import save_models
from coopetition.agents.training import train_cell, train_runs
from coopetition.agents.wrappers import FiniteHorizon, ScaledReward

NAMES = ["RecurrentPPO", "Central_ARS"]
LIBRARY = {"RecurrentPPO": sb3_contrib.RecurrentPPO, "Central_ARS": sb3_contrib.ARS}

each_learner = pytest.mark.parametrize("policy", NAMES)


def recurrent(env, **settings):
    """RecurrentPPO with small networks."""
    network = {"net_arch": [16], "lstm_hidden_size": 16, "enable_critic_lstm": False}
    return RecurrentPPO(
        "MlpLstmPolicy", env, seed=0, policy_kwargs=network, device="cpu", **settings
    )


def ars(env, **settings):
    """ARS over linear policies."""
    return CentralARS("MlpPolicy", env, seed=0, policy_kwargs={"net_arch": []}, **settings)


class TestTheLibrary:
    """Ours are those of sb3-contrib, but faster, and count environment steps."""

    @staticmethod
    def assert_equal(model, single):
        for name, expected in single.policy.state_dict().items():
            found = model.policy.state_dict()[name]
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5, msg=name)

    @pytest.mark.parametrize("critic_lstm", [False, True])
    @pytest.mark.parametrize("truncated", [False, True])
    def test_recurrent_ppo_learns_the_same_as_the_librarys(self, critic_lstm, truncated):
        """Rollouts of 30 steps hold whole episodes of 12 steps and parts of others."""
        found = []
        for algorithm in (RecurrentPPO, sb3_contrib.RecurrentPPO):
            env = Numbered(envs.vec_env("TrustDilemma-v1", 3, seed=1, max_steps=12))
            model = algorithm(
                "MlpLstmPolicy",
                env if truncated else FiniteHorizon(env),
                n_steps=30,
                batch_size=50,
                n_epochs=2,
                seed=3,
                device="cpu",
                policy_kwargs={"lstm_hidden_size": 8, "enable_critic_lstm": critic_lstm},
            )
            start = model.policy.state_dict()["lstm_actor.weight_hh_l0"].clone()
            rows = 2 if algorithm is RecurrentPPO else 1  # per counted step
            found.append(model.learn(3 * 30 * 6 // rows))
            assert (model.policy.state_dict()["lstm_actor.weight_hh_l0"] != start).any()
        ours, theirs = found
        assert (ours.num_timesteps, theirs.num_timesteps) == (270, 540)
        self.assert_equal(ours, theirs)

    @pytest.mark.parametrize("hidden", [[], [8]])
    def test_candidates_side_by_side_are_those_of_the_library_one_by_one(self, hidden):
        settings = {
            **{"n_delta": 3, "n_top": 2, "learning_rate": 0.3, "delta_std": 0.2, "seed": 4},
            **{"zero_policy": not hidden, "policy_kwargs": {"net_arch": hidden}},
        }
        ours, theirs = (
            algorithm(
                "MlpPolicy",
                envs.vec_env("TeamProduction-v1", copies, joint=True, max_steps=12),
                **settings,
            ).learn(200)
            for algorithm, copies in ((CentralARS, 6), (sb3_contrib.ARS, 1))
        )
        assert ours.num_timesteps == theirs.num_timesteps == 216
        assert torch.equal(ours.weights, torch.cat([p.flatten() for p in ours.policy.parameters()]))
        self.assert_equal(ours, theirs)

    def test_steps_of_candidates_count_until_their_episode_ends(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        env = envs.vec_env("TrustDilemma-v0", 2, joint=True, seed=0, max_steps=20)
        model = ars(env, n_delta=1, delta_std=1.0, zero_policy=False)
        weights = torch.zeros(2, model.n_params)
        weights[1, -2:] = -10.0

        class Silent(BaseCallback):
            def _on_step(self):
                return True

        model._setup_learn(100, None)
        callback = Silent()
        callback.init_callback(model)
        with torch.no_grad():
            returns = model.evaluate_candidates(weights, callback, None)
        assert model.num_timesteps == 20 + 3
        expected = agents.evaluate("Constant_50", envs.game("TrustDilemma-v0", max_steps=20))
        assert returns[0].item() == pytest.approx(expected.returns("integrated").sum(), rel=1e-5)
        assert returns[1] < returns[0] / 3

    def test_what_candidates_cannot_have_raises(self):
        env = envs.vec_env("SLCD-v1", 3, joint=True, seed=0)
        with pytest.raises(ValueError, match="3 copies for 4 candidates with 1 episodes each"):
            ars(env, n_delta=2).learn(10)
        with pytest.raises(ValueError, match="async_eval"):
            ars(env, n_delta=2).learn(10, async_eval=object())

    @each_learner
    def test_a_learner_is_the_librarys_class(self, policy):
        (run,) = short_runs(policy, "TeamProduction-v0")
        model = untrained(run)
        assert isinstance(model, LIBRARY[policy])
        assert model.env.action_space.shape == ((1,) if policy == "RecurrentPPO" else (4,))
        if policy == "RecurrentPPO":
            assert (model.n_steps, model.batch_size, model.env.num_envs) == (100, 400, 8)
        else:
            assert (model.env.num_envs, model.weights.abs().max()) == (4, 0)


class TestNumbers:
    def test_rows_end_with_the_one_hot_number_of_their_agent(self):
        plain = envs.vec_env("AppleAppStore-v0", 2, seed=0, max_steps=2)
        env = Numbered(envs.vec_env("AppleAppStore-v0", 2, seed=0, max_steps=2))
        assert env.observation_space.shape == (plain.observation_space.shape[0] + 3,)
        expected = np.hstack([plain.reset(), np.tile(np.eye(3), (2, 1))])
        np.testing.assert_array_equal(env.reset(), expected)
        for _ in range(2):
            action = np.full((6, 1), 0.4, np.float32)
            seen, _, dones, infos = env.step(action)
            own, _, _, plain_infos = plain.step(action)
            assert env.observation_space.contains(seen[4])
            np.testing.assert_array_equal(seen[:, :-3], own)
        assert dones.all()
        for row, role in enumerate(np.tile(np.eye(3), (2, 1))):
            last = infos[row]["terminal_observation"]
            np.testing.assert_array_equal(last[-3:], role)
            np.testing.assert_array_equal(last[:-3], plain_infos[row]["terminal_observation"])


class TestRuns:
    @each_learner
    def test_a_run_is_its_seed_and_nothing_else(self, policy, tmp_path):
        """Whatever the process has drawn; alone or as one of a cell."""
        run, other = short_runs(policy, seeds=[1, 2])
        (first,) = train_runs([run], checkpoints=2)
        assert first.row["status"] == "finished"
        assert first.row["steps_done"] == run.steps
        assert [point["step"] for point in first.curve] == [0, run.steps // 2, run.steps]
        assert all(np.isfinite(row["value"]) for row in first.diagnostics)
        torch.manual_seed(77)
        np.random.seed(77)
        cell = train_cell([other, run], checkpoints=2, work=tmp_path, provenance={})
        assert_same(cell[1], first)
        assert any((cell[0].weights[n] != t).any() for n, t in first.weights.items())

    def test_measures_of_the_updates(self):
        measures = {
            policy: {row["measure"] for row in result.diagnostics}
            for policy in NAMES
            for result in train_runs(short_runs(policy), checkpoints=2)
        }
        assert measures["Central_ARS"] == {"step_size"}
        assert {"policy_loss", "value_loss", "entropy", "approx_kl"} < measures["RecurrentPPO"]

    @each_learner
    def test_a_killed_job_goes_on_as_if_nothing_had_happened(
        self, policy, tmp_path, caplog, monkeypatch
    ):
        """Episodes of SynergySearch are drawn, so the environment has its own stream as well."""
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
        assert_goes_on(short_runs(policy, "SynergySearch-v0"), tmp_path / "batch.zip", caplog)

    @pytest.mark.parametrize("critic_lstm", [False, True])
    def test_save_and_load_keep_the_memory_of_running_episodes(self, critic_lstm, tmp_path):
        def build():
            env = Numbered(envs.vec_env("SynergySearch-v0", 2, seed=0))
            network = {"lstm_hidden_size": 8, "enable_critic_lstm": critic_lstm}
            settings = {"n_steps": 16, "batch_size": 32, "seed": 1, "device": "cpu"}
            return RecurrentPPO("MlpLstmPolicy", env, policy_kwargs=network, **settings)

        model, path = build().learn(64), tmp_path / "model.zip"
        model.save(path)
        assert model._last_lstm_states.pi[0].abs().min() > 0
        model.learn(64, reset_num_timesteps=False)
        loaded = RecurrentPPO.load(path, env=build().env, force_reset=False, device="cpu")
        loaded.learn(64, reset_num_timesteps=False)
        for name, tensor in model.policy.state_dict().items():
            assert torch.equal(loaded.policy.state_dict()[name], tensor), name

    @pytest.mark.parametrize("loading", ["load", "set_parameters"])
    def test_save_and_load_of_the_library_do_the_same_for_ars(self, loading, tmp_path):
        """It searches around a copy of the policy's weights."""
        (run,) = short_runs("Central_ARS", "SynergySearch-v0")
        network = {"hidden": (8,), "zero_policy": False}
        run = replace(run, hyperparameters=run.hyperparameters | network)
        model, path = untrained(run), tmp_path / "model.zip"
        model.learn(run.steps // 2).save(path)
        model.learn(run.steps // 2, reset_num_timesteps=False)
        resumed = untrained(run)
        if loading == "load":
            resumed = CentralARS.load(path, env=resumed.env, force_reset=False, device="cpu")
        else:
            resumed.set_parameters(path, device="cpu")
        resumed.learn(run.steps // 2, reset_num_timesteps=False)
        assert torch.equal(resumed.weights, model.weights)

    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
    @each_learner
    def test_infinite_rewards_stop_a_run(self, policy, monkeypatch):
        (run,) = short_runs(policy)
        original, steps = ScaledReward.step_wait, []

        def step_wait(self):
            observations, rewards, dones, infos = original(self)
            steps.append(None)
            return observations, rewards * (np.inf if len(steps) > 130 else 1), dones, infos

        monkeypatch.setattr(ScaledReward, "step_wait", step_wait)
        (result,) = train_runs([run], checkpoints=2)
        assert result.row["status"] == "diverged"
        assert result.row["steps_done"] == (400 if policy == "RecurrentPPO" else 800)
        assert "parameter not finite, update" in result.row["reason"]
        assert result.weights == {}
        assert result.evaluations == []
        assert result.curve[0]["step"] == 0


def shaken(run):
    """An untrained learner whose agents play differently, and react to what they see."""
    model = untrained(run)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            if parameter.ndim > 1:
                generator = torch.Generator().manual_seed(parameter.numel())
                noise = torch.randn(parameter.shape, generator=generator)
                parameter += noise / parameter.shape[-1] ** 0.5
    return model


class TestPolicies:
    @each_learner
    def test_weights_in_a_file_play_as_recorded(self, policy, tmp_path):
        (run,) = short_runs(policy, "TeamProduction-v0")
        (result,) = train_runs([run], checkpoints=1)
        save_models(tmp_path / "models.zip", [run], [result])
        loaded = agents.load(tmp_path / "models.zip")
        episodes = agents.evaluate(loaded, run.env_id)
        assert episodes.welfare[0] == result.row["welfare"]
        assert episodes.payoffs[0].tolist() == result.row["payoff_per_agent"]
        loaded.deterministic = False
        sampled = agents.evaluate(loaded, run.env_id, episodes=training.STOCHASTIC_EPISODES)
        assert sampled.welfare.mean() == pytest.approx(result.evaluations[1]["welfare"])
        # Without noise rows differ by how their products are rounded, which the game magnifies.
        spread = np.ptp(sampled.welfare) / sampled.welfare.mean()
        assert (spread < 1e-3) == (policy == "Central_ARS")

    @each_learner
    def test_predict_plays_what_the_library_predicts(self, policy, tmp_path):
        """Episodes start at different times; the library passes its memory around."""
        (run,) = short_runs(policy, "AppleAppStore-v0")
        model = shaken(run)
        model.controller([run]).save(tmp_path / "policy.zip")
        loaded = agents.load(tmp_path / "policy.zip")
        joint = policy == "Central_ARS"
        env = envs.vec_env(run.env_id, 3, seed=0, joint=joint)
        seen, state, played = env.reset(), None, []
        starts = np.ones(env.num_envs, bool)
        for step in range(6):
            roles = np.zeros((3, 0)) if joint else np.tile(np.eye(3), (3, 1))
            rows = np.hstack([seen, roles.astype(np.float32)])
            expected, state = model.predict(rows, state, starts, deterministic=True)
            found, nothing = loaded.predict(seen, episode_start=starts)
            assert nothing is None
            assert found == pytest.approx(expected, abs=1e-5)
            played.append(found)
            seen, _, starts, _ = env.step(found)
            starts = np.repeat([False, step == 2, False], env.num_envs // 3)
        assert len(np.unique(played)) > 9
        noisy, _ = loaded.predict(seen, episode_start=starts, deterministic=False)
        if not joint:
            assert (noisy != loaded.predict(seen, episode_start=starts)[0]).any()

    def test_memory_matters_and_is_empty_when_an_episode_starts(self):
        (run,) = short_runs("RecurrentPPO", "AppleAppStore-v0")
        policy = shaken(run).controller([run])
        policy.bind(run.env_id)
        seen = envs.vec_env(run.env_id, 3, seed=0).reset()
        first, _ = policy.predict(seen)
        second, _ = policy.predict(seen)
        assert (first != second).all()
        third, _ = policy.predict(seen, episode_start=np.repeat([False, True, False], 3))
        np.testing.assert_allclose(third[3:6], first[3:6], rtol=0, atol=1e-6)
        policy.predict(seen, episode_start=np.ones(9, bool))
        for expected in (second, third):
            found, _ = policy.predict(seen)
            np.testing.assert_allclose(found[:3], expected[:3], rtol=0, atol=1e-6)

    def test_memories_stay_apart_when_episodes_end_at_different_times(self):
        (run,) = short_runs("RecurrentPPO", "TrustDilemma-v0")
        model = shaken(run)
        with torch.no_grad():
            model.policy.action_net.bias.fill_(0.2)
        policy, game = model.controller([run]), envs.game(run.env_id)
        policy.deterministic = False
        seeds = streams(3, 8)
        together = play(policy, game, seeds)
        assert len(set(together.length)) > 3
        for index, seed in enumerate(seeds):
            alone = play(policy, game, [seed])
            assert alone.length[0] == together.length[index]
            np.testing.assert_allclose(alone.payoffs[0], together.payoffs[index], rtol=1e-5)

    @each_learner
    def test_a_policy_plays_games_of_its_shape_only(self, policy):
        (run,) = short_runs(policy, "SLCD-v0")
        controller = untrained(run).controller([run])
        assert agents.evaluate(controller, "TrustDilemma-v0").length[0] > 0
        with pytest.raises(ValueError, match=r"TeamProduction-v0 has 4 agents.*SLCD-v0, with 2"):
            agents.evaluate(controller, "TeamProduction-v0")


class Recall(Toy):
    """The first observation of an episode says what to play in all later ones: 0.2 or 0.8.

    An agent observes the signal, or 0 later on, and t/T. `played` are the signals of the episodes
    that ended last.
    """

    def __init__(self, copies, horizon=6):
        self.generator, self.signal = np.random.default_rng(0), None
        super().__init__(self.score, 1, copies, 1, horizon)

    def reset(self):
        self.played, self.signal = self.signal, self.generator.choice([-1.0, 1.0], self.num_envs)
        return super().reset()

    def _observe(self):
        rows = super()._observe()
        rows[:, 0] = self.signal * (self.t == 0)
        return rows

    def score(self, shares):
        optimum = 0.5 + 0.3 * self.signal.reshape(self.grid)
        return 1 - (shares - optimum) ** 2 * (self.t > 0)


def played(model, env):
    """Shares [T, rows] of an episode without noise."""
    seen, state, starts, shares = env.reset(), None, np.ones(env.num_envs, bool), []
    for _ in range(env.unwrapped.horizon):
        actions, state = model.predict(seen, state, starts, deterministic=True)
        seen, _, starts, _ = env.step(actions)
        shares.append(env.unwrapped.shares.reshape(-1))
    return np.stack(shares)


# Steps of rollouts are those of an episode.
PPO = {"n_epochs": 10, "learning_rate": falling(1e-2), "gamma": 0.9}


class TestTasks:
    def test_recurrent_ppo_remembers_what_it_saw_at_the_start(self):
        """Without a memory the best is 0.5 in all later steps, at a loss of 0.09 each."""
        env = FiniteHorizon(Recall(32))
        model = recurrent(env, n_steps=6, batch_size=96, **PPO).learn(32 * 6 * 30)
        shares, signal = played(model, env), env.unwrapped.played
        assert set(signal) == {-1.0, 1.0}
        losses = (shares[1:] - (0.5 + 0.3 * signal)) ** 2
        assert losses.mean() < 0.01

    def solve(self, rewards, agents, horizon=10, rollouts=40):
        """Shares [T, N] of RecurrentPPO, trained on 8 copies."""
        env = Numbered(FiniteHorizon(Toy(rewards, 1, 8, agents, horizon)))
        batch = horizon * 8 * agents // 2
        model = recurrent(env, n_steps=horizon, batch_size=batch, **PPO)
        return played(model.learn(8 * horizon * rollouts), env)[:, :agents]

    def test_agents_of_one_network_find_their_own_optimum(self):
        optima = np.random.default_rng(0).uniform(0.2, 0.8, (1, 4))
        assert np.abs(self.solve(quadratic(optima), 4, rollouts=60) - optima).max() < 0.03

    @pytest.mark.parametrize("mode", ["private", "cooperative"])
    def test_public_goods_are_provided_for_common_reward_only(self, mode):
        shares = self.solve(public_goods(1.6, [mode]), 4, rollouts=25)
        assert shares.min() > 0.95 if mode == "cooperative" else shares.max() < 0.05

    def test_own_reward_leads_to_the_equilibrium(self):
        assert np.abs(self.solve(mixed_motives(0.3), 2) - 0.3).max() < 0.05

    def test_ars_finds_an_optimum(self):
        env = Toy(quadratic(np.array([[0.7]])), 1, 16, 1)
        model = ars(env, n_delta=8, n_top=4, learning_rate=falling(0.1), delta_std=0.1)
        model.learn(16 * 10 * 40)
        assert np.abs(played(model, env)[:, 0] - 0.7).max() < 0.03

    @pytest.mark.parametrize(
        ("policy", "steps", "changes"),
        [("RecurrentPPO", 4000, {"gamma": 0.9}), ("Central_ARS", 8000, {})],
    )
    def test_a_team_learns_to_work(self, policy, steps, changes):
        """TeamProduction-v1: score 0.93 untrained, 1 for the best plan."""
        (run,) = short_runs(policy, "TeamProduction-v1", modes=["cooperative"])
        settings = agents.spec(policy).hyperparameters["corrected"] | changes
        run = replace(run, steps=steps, hyperparameters=settings)
        (result,) = train_runs([run], checkpoints=1)
        scale = agents.scale("TeamProduction-v1")
        start, end = (
            (welfare - scale.floor) / (scale.ceiling - scale.floor)
            for welfare in (result.row["untrained_welfare"], result.row["welfare"])
        )
        assert start < 0.94
        assert end > 0.98
