"""Training: a run depends on its identity alone; breakdowns are rows; weights come back."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from harness import assert_goes_on, poison, train_until_killed
from toys import assert_same, short_runs

from coopetition import agents, envs
from coopetition.agents import training
from coopetition.agents.evaluation import play, streams
from coopetition.agents.files import replacing
from coopetition.agents.models import save_models
from coopetition.agents.progress import Progress, clock
from coopetition.agents.registry import learner
from coopetition.agents.runs import cell_runs
from coopetition.agents.training import train_cell, train_runs
from coopetition.agents.wrappers import CentredReward, FiniteHorizon, ScaledReward
from coopetition.envs.interfaces.vec_env import GameVecEnv
from coopetition.envs.rewards import reward_scale

MODES = ["integrated", "private", "cooperative"]
# One learner of each kind: on-policy, off-policy, joint, and as published on either side.
KINDS = [
    ("IPPO", "corrected"),
    ("ISAC", "corrected"),
    ("Central_PPO", "corrected"),
    ("Central_PPO", "as_published"),
    ("Central_SAC", "as_published"),
]
# Where no cooperation ends an episode before the horizon.
ENDING = ["PartnerHoldUp-v0", "PlatformEcosystem-v0"]


# What a policy's `predict` plays.
VIEWS = {
    ("IPPO", "corrected"): {},
    ("Central_PPO", "corrected"): {"joint": True},
    ("Central_PPO", "as_published"): {"joint": True, "normalize": False},
}


def untrained(run):
    return learner(run.policy).load(run.protocol).for_runs([run])


@pytest.mark.parametrize("protocol", ["as_published", "corrected"])
def test_a_run_does_not_depend_on_what_ran_before_it(protocol):
    run, other = short_runs("Central_PPO", protocol=protocol, seeds=[1, 2])
    (first,) = train_runs([run], checkpoints=2)
    (different,) = train_runs([other], checkpoints=3)
    torch.manual_seed(77)
    np.random.seed(77)
    assert_same(train_runs([run], checkpoints=2)[0], first)
    assert first.row["status"] == "finished"
    assert any((first.weights[n] != t).any() for n, t in different.weights.items())


def test_modes_with_the_same_sum_train_to_the_same_weights():
    """TrustDilemma played jointly: integrated and cooperative are one objective."""
    integrated, cooperative = (
        train_runs([run], checkpoints=1)[0]
        for run in short_runs(
            "Central_PPO", protocol="as_published", modes=["integrated", "cooperative"]
        )
    )
    for name, tensor in integrated.weights.items():
        torch.testing.assert_close(tensor, cooperative.weights[name], rtol=1e-3, atol=1e-5)
    assert integrated.row["welfare"] == pytest.approx(cooperative.row["welfare"], rel=1e-4)


def test_the_published_form_starts_at_zero_contribution():
    """Findings V06: the deterministic action before training is 0 of 100 units."""
    runs = short_runs("Central_PPO", protocol="as_published")
    start = train_runs(runs, checkpoints=1)[0].curve[0]
    assert start["step"] == 0
    assert start["cooperation"] < 0.001
    assert start["episode_length"] == 3


def learned(policy, modes):
    """Curves of 6,400 steps on TeamProduction-v1, whose agents gain by leaving work to others."""
    runs = cell_runs(
        policy,
        "TeamProduction",
        "v1",
        protocols=["corrected"],
        reward_modes=modes,
        seeds=[1],
        steps=6400,
    )
    settings = {
        "copies": 8,
        "minibatches": 4,
        "learning_rate": 3e-3,
        "gamma": 0.9,
        "clip_range": 0.2,
    }
    runs = [replace(run, hyperparameters={**run.hyperparameters, **settings}) for run in runs]
    return [result.curve for result in train_runs(runs, checkpoints=1)]


def test_agents_learn_to_shirk_for_private_and_to_work_for_common_reward():
    private, cooperative = learned("IPPO", ["private", "cooperative"])
    for curve in (private, cooperative):
        assert curve[0]["cooperation"] == pytest.approx(0.5, abs=0.01)
    assert private[-1]["cooperation"] < 0.2
    assert private[-1]["welfare"] < 0.8 * private[0]["welfare"]
    assert cooperative[-1]["cooperation"] > 0.65
    assert cooperative[-1]["welfare"] > 1.02 * cooperative[0]["welfare"]


def test_one_controller_for_all_agents_learns_welfare():
    """It is paid the sum of private rewards."""
    (curve,) = learned("Central_PPO", ["private"])
    assert curve[-1]["welfare"] > 1.02 * curve[0]["welfare"]


class TestPolicies:
    @pytest.mark.parametrize(("policy", "protocol"), KINDS)
    def test_weights_in_a_file_play_as_recorded(self, policy, protocol, tmp_path):
        runs = short_runs(policy, "TeamProduction-v0", protocol, seeds=[1, 2])
        batches = [[run] for run in runs] if protocol == "as_published" else [runs]
        results = [result for batch in batches for result in train_runs(batch, checkpoints=1)]
        save_models(tmp_path / "models.zip", runs, results)
        for run, result in zip(runs, results, strict=True):
            loaded = agents.load(tmp_path / "models.zip", seed=run.seed)
            episodes = agents.evaluate(loaded, run.env_id)
            assert episodes.welfare[0] == result.row["welfare"]
            assert episodes.returns(run.reward_mode)[0] == result.row["training_return"]
            assert episodes.payoffs[0].tolist() == result.row["payoff_per_agent"]
            loaded.deterministic = False
            sampled = agents.evaluate(loaded, run.env_id, episodes=training.STOCHASTIC_EPISODES)
            assert sampled.welfare.mean() == pytest.approx(result.evaluations[1]["welfare"])
        with pytest.raises(ValueError, match="2 runs fit"):
            agents.load(tmp_path / "models.zip", reward_mode="integrated")
        names = f"protocol='{protocol}', reward_mode='integrated', seed=1"
        with pytest.raises(ValueError, match=names):
            agents.load(tmp_path / "models.zip", seed=5)

    @pytest.mark.parametrize(("policy", "protocol"), VIEWS)
    def test_a_trained_policy_predicts_and_is_saved_like_any_other(
        self, policy, protocol, tmp_path
    ):
        """It plays what the algorithm of stable-baselines3 predicts in its own environment."""
        (run,) = short_runs(policy, "AppleAppStore-v0", protocol)
        model = untrained(run)
        published = protocol == "as_published"
        last = model.policy.action_net if published else model.actor.mean.layers[-1]
        with torch.no_grad():
            # Other actions of other agents, one of them beyond its bound.
            change = (
                torch.tensor([0.3, 40.0, -0.2]) if published else torch.tensor([0.3, 2.0, -0.2])
            )
            last.bias.add_(change.view(last.bias.shape))
        model.controller([run]).save(tmp_path / "policy.zip")
        loaded = agents.load(tmp_path / "policy.zip")
        env = envs.vec_env(run.env_id, 3, seed=0, **VIEWS[policy, protocol])
        seen = env.reset()
        starts = np.ones(env.num_envs, bool)
        for _ in range(3):
            expected, _ = model.predict(seen, deterministic=True)
            found, _ = loaded.predict(seen, episode_start=starts)
            low, high = env.action_space.low, env.action_space.high
            assert found == pytest.approx(np.clip(expected, low, high), abs=1e-5)
            seen, _, starts, _ = env.step(found)
        noisy, _ = loaded.predict(seen, episode_start=starts, deterministic=False)
        assert (noisy != loaded.predict(seen, episode_start=starts)[0]).any()
        other = VIEWS["Central_PPO", "corrected" if published else "as_published"]
        with pytest.raises(ValueError, match=r"needs observations of shape.*envs\.vec_env"):
            loaded.predict(envs.vec_env(run.env_id, 3, **other).reset())

    @pytest.mark.parametrize(("policy", "protocol"), VIEWS)
    def test_an_untrained_copy_is_where_training_starts(self, policy, protocol):
        (run,) = short_runs(policy, "AppleAppStore-v0", protocol, seeds=[7])
        start = train_runs([run], checkpoints=1)[0].curve[0]
        copy = agents.untrained(policy, run.env_id, protocol=protocol, seed=7)
        assert agents.evaluate(copy, run.env_id).welfare[0] == pytest.approx(start["welfare"])

    def test_an_untrained_copy_needs_a_game_that_its_learner_is_defined_for(self):
        with pytest.raises(ValueError, match=r"MeanFieldAC needs 3 agents or more; SLCD-v1 has 2"):
            agents.untrained("MeanFieldAC", "SLCD-v1")
        with pytest.raises(ValueError, match="as_published"):
            agents.untrained("IPPO", "SLCD-v0", protocol="as_published")

    def stochastic(self, env_id="TeamProduction-v0"):
        runs = short_runs("Central_PPO", env_id)
        policy = untrained(runs[0]).controller(runs)
        policy.deterministic = False
        return policy

    def test_a_stochastic_episode_does_not_depend_on_how_many_are_played(self):
        policy = self.stochastic()

        def payoffs(episodes):
            return agents.evaluate(policy, "TeamProduction-v0", episodes=episodes, seed=3).payoffs

        # Matrix products of other sizes may round the mean action otherwise.
        assert payoffs(4)[:1] == pytest.approx(payoffs(1), rel=1e-6)
        assert len(set(payoffs(4)[:, 0])) == 4
        with torch.no_grad():
            policy.actor.mean.layers[-1].weight.zero_()
        np.testing.assert_array_equal(payoffs(4)[:1], payoffs(1))

    def test_a_policy_plays_games_of_its_shape_only(self):
        policy = self.stochastic("SLCD-v0")
        assert agents.evaluate(policy, "TrustDilemma-v0").length[0] > 0
        sizes = "TeamProduction-v0 has 1 networks.*length 29.*trained on SLCD-v0, with 1.*length 7"
        with pytest.raises(ValueError, match=sizes):
            agents.evaluate(policy, "TeamProduction-v0")

    def test_runs_play_on_where_others_have_ended(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        runs = short_runs("IPPO", seeds=[1, 2, 3])
        model = learner("IPPO").load("corrected").for_runs(runs)
        with torch.no_grad():
            model.actor.mean.layers[-1].bias[2:4] = -10.0
        game = envs.game(runs[0].env_id)
        together = play(model.controller(runs), game, streams(0, 2) * 3)
        assert together.length.tolist() == [100, 100, 3, 3, 100, 100]
        alone = learner("IPPO").load("corrected").inference(runs[2], model.inference_weights(2))
        episodes = play(alone, game, streams(0, 2))
        np.testing.assert_array_equal(episodes.payoffs, together.payoffs[4:])
        with pytest.raises(ValueError, match="4 episodes for 3 runs"):
            play(model.controller(runs), game, streams(0, 4))


class TestResuming:
    @pytest.fixture(autouse=True)
    def keep_after_every_rollout(self, monkeypatch):
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)

    @pytest.mark.parametrize(("policy", "protocol"), KINDS)
    def test_a_killed_job_goes_on_as_if_nothing_had_happened(
        self, policy, protocol, tmp_path, caplog
    ):
        """Episodes of SynergySearch are drawn, so the environment has its own stream as well."""
        modes = MODES[: learner(policy).load(protocol).BATCH]
        runs = short_runs(policy, "SynergySearch-v0", protocol, modes=modes)
        assert_goes_on(runs, tmp_path / "batch.zip", caplog)

    def test_a_stopped_run_stays_stopped(self, tmp_path, monkeypatch):
        runs = [replace(run, steps=192) for run in short_runs("IA2C", modes=MODES)]
        poison("IA2C", monkeypatch, [1])
        expected = train_runs(runs, checkpoints=4)
        assert expected[1].row["steps_done"] == 64
        path = tmp_path / "batch.zip"
        train_until_killed(runs, path)
        for found, one in zip(train_runs(runs, checkpoints=4, resume=path), expected, strict=True):
            assert_same(found, one)

    @pytest.mark.parametrize("damage", ["truncated", "text", "no curve"])
    def test_an_unreadable_file_is_trained_anew(self, damage, tmp_path, caplog):
        runs = short_runs("IA2C", modes=MODES[:2])
        path = tmp_path / "batch.zip"
        train_until_killed(runs, path)
        if damage == "truncated":
            path.write_bytes(path.read_bytes()[:2000])
        elif damage == "text":
            path.write_text("no archive")
        else:
            untrained(runs[0]).save(path)
        again = train_runs(runs, checkpoints=4, resume=path)
        assert "its runs start anew" in caplog.text
        for found, expected in zip(again, train_runs(runs, checkpoints=4), strict=True):
            assert_same(found, expected)

    @pytest.mark.parametrize(("policy", "protocol"), KINDS)
    def test_save_and_load_of_the_library_do_the_same(self, policy, protocol, tmp_path):
        (run,) = short_runs(policy, "SynergySearch-v0", protocol)
        model, path = untrained(run), tmp_path / "model.zip"
        half = run.steps // 2
        model.learn(half).save(path)
        rest = run.steps - model.num_timesteps
        model.learn(rest, reset_num_timesteps=False)
        loaded = type(model).load(path, env=untrained(run).env, force_reset=False, device="cpu")
        assert loaded.num_timesteps < run.steps
        loaded.learn(rest, reset_num_timesteps=False)
        for name, tensor in model.policy.state_dict().items():
            assert torch.equal(loaded.policy.state_dict()[name], tensor), name

    def test_finished_runs_of_a_cell_are_kept(self, tmp_path, monkeypatch, caplog):
        runs = short_runs("IA2C", modes=MODES)
        arguments = {"checkpoints": 1, "work": tmp_path, "provenance": {"version": "1"}}
        first = train_cell(runs, **arguments)
        assert first[0].row["version"] == "1"
        monkeypatch.setattr(training, "train_runs", None)
        for found, expected in zip(train_cell(runs, **arguments), first, strict=True):
            assert_same(found, expected)
        monkeypatch.undo()
        (tmp_path / f"{runs[1].run_id}-1.pt").write_text("no archive")
        again = train_cell(runs, **arguments)
        assert "its run is trained again" in caplog.text
        assert_same(again[1], first[1])


class TestExclusion:
    def test_runs_on_a_game_that_a_learner_is_not_defined_for_are_rows(self, monkeypatch):
        monkeypatch.setattr(training, "_start", None)  # nothing is built
        progress = Progress(0, "steps")
        runs = short_runs("MeanFieldAC", "TrustDilemma-v1", modes=MODES)
        results = train_runs(runs, checkpoints=2, progress=progress)
        assert [r.row["status"] for r in results] == ["excluded"] * 3
        assert results[0].row["reason"] == (
            "MeanFieldAC needs 3 agents or more; TrustDilemma-v1 has 2"
        )
        assert results[0].row["steps_done"] == 0
        assert np.isnan(results[0].row["welfare"])
        assert (results[0].weights, results[0].curve) == ({}, [])
        assert progress.done == sum(run.steps for run in runs)


class TestBreakdowns:
    @pytest.mark.parametrize("policy", ["IPPO", "IA2C", "ISAC", "Central_PPO"])
    def test_a_diverged_run_is_stopped_at_once_and_the_others_do_not_notice(
        self, policy, monkeypatch
    ):
        short = short_runs(policy, "SynergySearch-v0", modes=MODES)
        runs = [replace(run, steps=run.steps * 3 // 2) for run in short]
        expected = train_runs(runs, checkpoints=4)
        updates = poison(policy, monkeypatch, [1])
        results = train_runs(runs, checkpoints=4)
        for i in (0, 2):
            assert_same(results[i], expected[i])
        row = results[1].row
        assert row["status"] == "diverged"
        assert row["steps_done"] == updates[1] < runs[1].steps
        agent = 0 if policy == "Central_PPO" else 1
        assert f"_loss not finite, agent {agent}, update" in row["reason"]
        assert np.isnan(row["welfare"])
        assert results[1].weights == {}
        assert results[1].evaluations == []
        assert all(point["step"] < updates[1] for point in results[1].curve)
        assert str(results[1].curve) == str(expected[1].curve[: len(results[1].curve)])

    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
    def test_infinite_rewards_stop_their_own_run_only(self, monkeypatch):
        runs = short_runs("IPPO", modes=MODES)
        expected = train_runs(runs, checkpoints=2)
        original, steps = ScaledReward.step_wait, []

        def step_wait(self):
            observations, rewards, dones, infos = original(self)
            steps.append(None)
            if len(steps) > 100:
                rewards[np.array(self.get_attr("reward_mode")) == "private"] = np.inf
            return observations, rewards, dones, infos

        monkeypatch.setattr(ScaledReward, "step_wait", step_wait)
        results = train_runs(runs, checkpoints=2)
        assert [r.row["status"] for r in results] == ["finished", "diverged", "finished"]
        assert results[1].row["steps_done"] == 400
        assert "agent 0, 1" in results[1].row["reason"]
        for i in (0, 2):
            assert_same(results[i], expected[i])

    def test_training_ends_when_no_run_is_left(self, monkeypatch):
        runs = short_runs("IA2C", modes=MODES[:2])
        updates = poison("IA2C", monkeypatch, [0, 1])
        results = train_runs(runs, checkpoints=2)
        assert [r.row["status"] for r in results] == ["diverged"] * 2
        assert len(updates) == 2

    @pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
    @pytest.mark.parametrize("policy", ["Central_PPO", "Central_SAC"])
    def test_infinite_rewards_stop_a_published_learner(self, policy, monkeypatch):
        (run,) = short_runs(policy, protocol="as_published")
        original, steps = GameVecEnv.step_wait, []

        def step_wait(self):
            observations, rewards, dones, infos = original(self)
            steps.append(None)
            return observations, rewards * (np.inf if len(steps) > 30 else 1), dones, infos

        monkeypatch.setattr(GameVecEnv, "step_wait", step_wait)
        (result,) = train_runs([run], checkpoints=2)
        assert result.row["status"] == "diverged"
        assert 30 < result.row["steps_done"] < run.steps
        assert "parameter not finite" in result.row["reason"]
        assert result.weights == {}

    def test_an_error_takes_down_only_the_run_that_it_belongs_to(self, monkeypatch, caplog):
        runs = short_runs("IPPO", modes=MODES)
        expected = train_runs(runs, checkpoints=2)
        algorithm = learner("IPPO").load("corrected")
        original = algorithm.train

        def train(self):
            if "private" in self.env.get_attr("reward_mode"):
                raise ZeroDivisionError("no data")
            original(self)

        monkeypatch.setattr(algorithm, "train", train)
        results = train_runs(runs, checkpoints=2)
        assert "trained one by one after ZeroDivisionError" in caplog.text
        assert [r.row["status"] for r in results] == ["finished", "failed", "finished"]
        assert results[1].row["reason"] == "ZeroDivisionError at step 200: no data"
        assert results[1].row["steps_done"] == 200
        for i in (0, 2):
            assert_same(results[i], expected[i])

    def test_a_full_disk_is_an_error(self, monkeypatch):
        def no_space(self):
            raise OSError("No space left on device")

        monkeypatch.setattr(learner("IA2C").load("corrected"), "train", no_space)
        with pytest.raises(OSError, match="No space"):
            train_runs(short_runs("IA2C", modes=MODES), checkpoints=2)


class TestProtocols:
    def test_as_published_is_the_raw_environment(self):
        (run,) = short_runs("Central_PPO", protocol="as_published")
        model = untrained(run)
        assert model.env.action_space.high.tolist() == [100, 100]
        assert model.env.num_envs == 1
        assert (model.n_steps, model.batch_size, model.ent_coef) == (128, 64, 0.01)
        assert torch.equal(model.policy.log_std, torch.zeros(2))
        assert model.policy.mlp_extractor.value_net[0].out_features == 128

    @pytest.mark.parametrize("policy", ["IPPO", "Central_PPO"])
    def test_corrected_is_scaled_and_finite(self, policy):
        """Where all play their baseline, the mean reward is 0; and the last step is terminal."""
        (run,) = short_runs(policy)
        game, model = envs.game(run.env_id), untrained(run)
        width = model.env.action_space.shape[0]
        actions = np.tile(2 * game.baselines / game.endowments - 1, 2).reshape(-1, width)
        model.env.reset()
        for _ in range(game.horizon):
            _, rewards, dones, infos = model.env.step(actions.astype(np.float32))
            assert rewards.mean() == pytest.approx(0.0, abs=1e-6)
        assert dones.all()
        assert not any(info["TimeLimit.truncated"] for info in infos)
        assert (model.n_steps, model.batch_size, model.layout.copies) == (100, 50, 2)

    def test_reward_scaling_divides_by_the_known_constant(self):
        game = envs.game("TeamProduction-v0")
        modes = ["private", "integrated"]
        plain = envs.vec_env(game, 2, reward_mode=modes, seed=[1, 2])
        scaled = ScaledReward(FiniteHorizon(envs.vec_env(game, 2, reward_mode=modes, seed=[1, 2])))
        plain.reset(), scaled.reset()
        action = np.full((plain.num_envs, 1), 0.3, np.float32)
        a, b = plain.step(action)[1], scaled.step(action)[1]
        scale = np.repeat([reward_scale(game, mode) for mode in modes], 8)
        assert a / scale == pytest.approx(b, rel=1e-6)

    @pytest.mark.parametrize("joint", [False, True])
    @pytest.mark.parametrize("env_id", [*ENDING, "GiftExchange-v1"])
    def test_centring_moves_the_returns_of_all_policies_by_the_same(self, env_id, joint):
        """Also where an episode ends before the horizon, which other policies do not reach."""
        game, gamma, moved, lengths = envs.game(env_id), 0.97, [], set()
        for share in (0.0, 0.4, 1.0):
            plain, centred = (
                wrapped(ScaledReward(envs.vec_env(game, reward_mode="private", joint=joint)))
                for wrapped in (lambda env: env, lambda env: CentredReward(env, gamma=gamma))
            )
            returns = []
            for venv in (plain, centred):
                venv.reset()
                action = np.full((venv.num_envs, *venv.action_space.shape), 2 * share - 1)
                total, step, done = 0.0, 0, False
                while not done:
                    _, rewards, dones, _ = venv.step(action.astype(np.float32))
                    total = total + gamma**step * rewards.astype(float)
                    step, done = step + 1, dones.all()
                returns.append(total)
                lengths.add(step)
            moved.append(returns[1] - returns[0])
        whole = sum(gamma**step for step in range(game.horizon))
        assert np.array(moved) == pytest.approx(-whole, rel=1e-5)
        assert (len(lengths) > 1) == (env_id in ENDING)


class TestRegistry:
    def test_entries_name_existing_classes(self):
        for name in agents.learner_names():
            spec = learner(name)
            for protocol in spec.hyperparameters:
                assert spec.load(protocol).__name__ == spec.class_name[protocol]
            assert set(spec.hyperparameters) <= {"as_published", "corrected"}

    def test_unknown_learner_raises_with_the_list(self):
        with pytest.raises(ValueError, match="Central_PPO"):
            learner("IPPOO")


def test_two_processes_never_write_to_one_temporary_file(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    with replacing(path) as ours:
        monkeypatch.setattr("os.getpid", lambda: -1)
        with replacing(path) as theirs:
            theirs.write_text("theirs")
        assert ours != theirs
        ours.write_text("ours")
    assert path.read_text() == "ours"
    assert list(tmp_path.iterdir()) == [path]


def test_progress_lines_have_rate_and_eta(caplog):
    caplog.set_level(logging.INFO, "coopetition")
    progress = Progress(100, "steps", every=0)
    progress.advance(25)
    progress.skip(25)
    progress.advance(0, "half way")
    assert "25.00 %" in caplog.messages[0]
    assert "steps/s | ETA" in caplog.messages[0]
    assert caplog.messages[1].endswith("| half way")
    assert "50/100" in caplog.messages[1]
    assert (clock(3661), clock(float("inf"))) == ("01:01:01", "unknown")
