"""Training: a run depends on its identity alone; breakdowns are rows; weights come back."""

import dataclasses
import logging

import numpy as np
import pytest
import torch

from coopetition import agents, envs
from coopetition.agents.files import replacing
from coopetition.agents.learners.central_ppo import CentralPPO, joint_env
from coopetition.agents.models import save_models
from coopetition.agents.progress import Progress, clock
from coopetition.agents.registry import learner
from coopetition.agents.runs import cell_runs
from coopetition.agents.training import train_run
from coopetition.agents.wrappers import FiniteHorizon, ScaledReward
from coopetition.envs.rewards import reward_scale

SMALL = {"steps": 512, "seeds": [1], "reward_modes": ["integrated"]}


def runs(environment="TrustDilemma", protocols=("as_published", "corrected"), **changes):
    many = cell_runs("Central_PPO", environment, "v0", protocols=protocols, **{**SMALL, **changes})
    # Short rollouts keep the tests quick; hyperparameters are part of a run's identity.
    short = {"as_published": {"n_steps": 256, "n_epochs": 2}, "corrected": {"n_epochs": 2}}
    return [
        dataclasses.replace(run, hyperparameters={**run.hyperparameters, **short[run.protocol]})
        for run in many
    ]


def same(a, b):
    for name, tensor in a.weights.items():
        assert torch.equal(tensor, b.weights[name]), name
    assert a.curve == b.curve
    assert a.evaluations == b.evaluations


@pytest.mark.parametrize("protocol", ["as_published", "corrected"])
def test_a_run_does_not_depend_on_what_ran_before_it(protocol):
    run, other = runs(protocols=[protocol], seeds=[1, 2])
    first = train_run(run, checkpoints=2)
    train_run(other, checkpoints=3)
    torch.manual_seed(77)
    np.random.seed(77)
    again = train_run(run, checkpoints=2)
    same(first, again)
    assert first.row["status"] == "finished"
    assert any(
        (first.weights[n] != t).any() for n, t in train_run(other, checkpoints=2).weights.items()
    )


def test_modes_with_the_same_sum_train_to_the_same_weights():
    """TrustDilemma played jointly: integrated and cooperative are one objective, bit for bit."""
    integrated, cooperative = runs(
        protocols=["as_published"], reward_modes=["integrated", "cooperative"]
    )
    a, b = train_run(integrated, checkpoints=1), train_run(cooperative, checkpoints=1)
    for name, tensor in a.weights.items():
        torch.testing.assert_close(tensor, b.weights[name], rtol=1e-3, atol=1e-5)
    assert a.row["welfare"] == pytest.approx(b.row["welfare"], rel=1e-4)


def test_the_published_form_starts_at_zero_contribution():
    """Findings V06: the deterministic action before training is 0 of 100 units."""
    run = runs(protocols=["as_published"])[0]
    start = train_run(run, checkpoints=1).curve[0]
    assert start["step"] == 0
    assert start["cooperation"] < 0.001
    assert start["episode_length"] == 3


def test_saved_weights_play_as_recorded(tmp_path):
    cell = runs("TeamProduction")
    results = [train_run(run, checkpoints=1) for run in cell]
    path = tmp_path / "models.zip"
    save_models(path, cell, results)
    for run, result in zip(cell, results, strict=True):
        policy = agents.load(path, protocol=run.protocol)
        episodes = agents.evaluate(policy, run.env_id)
        assert episodes.welfare[0] == result.row["welfare"]
        assert episodes.returns("integrated")[0] == result.row["training_return"]
    with pytest.raises(ValueError, match="2 runs fit"):
        agents.load(path, seed=1)
    with pytest.raises(ValueError, match="protocol='corrected', reward_mode='integrated', seed=1"):
        agents.load(path, seed=5)


@pytest.mark.parametrize("protocol", ["as_published", "corrected"])
def test_a_trained_policy_predicts_and_is_saved_like_any_other(protocol, tmp_path):
    """It plays what the algorithm of stable-baselines3 predicts in its own environment."""
    run = runs("AppleAppStore", protocols=[protocol])[0]
    model = CentralPPO.for_run(run)
    with torch.no_grad():
        model.policy.action_net.bias.add_(torch.tensor([0.3, 40.0, -0.2]))
    model.controller(run).save(tmp_path / "policy.zip")
    loaded = agents.load(tmp_path / "policy.zip")
    normalize = protocol == "corrected"
    env = envs.vec_env(run.env_id, 3, joint=True, normalize=normalize, seed=0)
    seen = env.reset()
    starts = np.ones(3, bool)
    for _ in range(3):
        expected, _ = model.predict(seen, deterministic=True)
        found, _ = loaded.predict(seen, episode_start=starts)
        assert found == pytest.approx(expected, abs=1e-5)
        seen, _, starts, _ = env.step(found)
    noisy, _ = loaded.predict(seen, episode_start=starts, deterministic=False)
    assert (noisy != loaded.predict(seen, episode_start=starts)[0]).any()
    other = envs.vec_env(run.env_id, 3, joint=True, normalize=not normalize).reset()
    with pytest.raises(ValueError, match=f"normalize={normalize}"):
        loaded.predict(other)


def stochastic_controller(env_id="TeamProduction-v0"):
    policy = CentralPPO.for_run(run := runs(env_id.removesuffix("-v0"))[1]).controller(run)
    policy.deterministic = False
    return policy


def test_a_stochastic_episode_does_not_depend_on_how_many_are_played():
    policy = stochastic_controller()
    alone, four = (agents.evaluate(policy, "TeamProduction-v0", episodes=e, seed=3) for e in (1, 4))
    # Matrix products of other sizes may round the mean action otherwise.
    assert four.payoffs[:1] == pytest.approx(alone.payoffs, rel=1e-6)
    assert len(set(four.welfare)) == 4
    with torch.no_grad():
        policy.network.action_net.weight.zero_()
    alone, four = (agents.evaluate(policy, "TeamProduction-v0", episodes=e, seed=3) for e in (1, 4))
    np.testing.assert_array_equal(four.payoffs[:1], alone.payoffs)


def test_a_controller_plays_games_of_its_shape_only():
    policy = stochastic_controller("SLCD-v0")
    assert agents.evaluate(policy, "TrustDilemma-v0").length[0] > 0
    sizes = "TeamProduction-v0 has 4 agents.*length 29.*trained on SLCD-v0, with 2 agents.*length 7"
    with pytest.raises(ValueError, match=sizes):
        agents.evaluate(policy, "TeamProduction-v0")


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


def test_a_diverged_run_is_a_row_with_a_reason(monkeypatch):
    run = runs(protocols=["corrected"])[0]

    def poison(self):
        with torch.no_grad():
            next(self.policy.parameters()).fill_(float("nan"))

    monkeypatch.setattr(CentralPPO, "train", poison)
    result = train_run(run, checkpoints=2)
    assert result.row["status"] == "diverged"
    assert "not finite after the update at step 800" in result.row["reason"]
    assert np.isnan(result.row["welfare"])
    assert result.weights == {}


def test_a_failing_learner_is_a_row_and_a_full_disk_is_an_error(monkeypatch, caplog):
    run = runs(protocols=["corrected"])[0]

    def fail(self):
        raise ZeroDivisionError("no data")

    monkeypatch.setattr(CentralPPO, "train", fail)
    result = train_run(run, checkpoints=2)
    assert result.row["status"] == "failed"
    assert result.row["reason"].startswith("ZeroDivisionError at step 800: no data")

    def no_space(self):
        raise OSError("No space left on device")

    monkeypatch.setattr(CentralPPO, "train", no_space)
    with pytest.raises(OSError, match="No space"):
        train_run(run, checkpoints=2)


def test_a_corrected_controller_learns():
    """SLCD under private reward is memoryless: the optimum contributes 29 %, the start 50 %."""
    run = cell_runs(
        "Central_PPO",
        "SLCD",
        "v0",
        protocols=["corrected"],
        reward_modes=["private"],
        seeds=[1],
        steps=12_000,
    )[0]
    curve = train_run(run, checkpoints=1).curve
    assert curve[0]["cooperation"] == pytest.approx(0.5, abs=0.01)
    assert 0.286 < curve[-1]["cooperation"] < 0.45
    assert curve[-1]["welfare"] > curve[0]["welfare"] + 200


class TestProtocols:
    def test_as_published_is_the_raw_environment(self):
        run = runs(protocols=["as_published"])[0]
        env = joint_env(run, envs.game(run.env_id))
        assert env.action_space.high.tolist() == [100, 100]
        assert env.num_envs == 1
        model = CentralPPO.for_run(run)
        assert (model.n_steps, model.batch_size, model.ent_coef) == (256, 64, 0.01)
        assert torch.equal(model.policy.log_std, torch.zeros(2))
        assert model.policy.mlp_extractor.value_net[0].out_features == 128

    def test_corrected_is_scaled_and_finite(self):
        run = runs(protocols=["corrected"])[0]
        env = joint_env(run, envs.game(run.env_id, max_steps=2))
        env.reset()
        env.step(np.zeros((8, 2), np.float32))
        _, rewards, dones, infos = env.step(np.zeros((8, 2), np.float32))
        assert dones.all()
        assert not any(info["TimeLimit.truncated"] for info in infos)
        assert rewards == pytest.approx(np.full(8, 1.0), abs=0.2)
        model = CentralPPO.for_run(run)
        assert (model.n_steps, model.batch_size, model.n_envs) == (100, 200, 8)

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


class TestRegistry:
    def test_entries_name_existing_classes(self):
        for name in agents.learner_names():
            spec = learner(name)
            assert spec.load().__name__ == spec.class_name
            assert set(spec.hyperparameters) <= {"as_published", "corrected"}

    def test_unknown_learner_raises_with_the_list(self):
        with pytest.raises(ValueError, match="Central_PPO"):
            learner("IPPOO")


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
