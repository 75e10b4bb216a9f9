"""Learners of a population: one policy per run, in a seat drawn per episode, among frozen ones."""

import logging
from copy import deepcopy
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from harness import (
    Disturbed,
    assert_alone_as_in_company,
    assert_finds_own_optimum,
    assert_mixed_motives,
    assert_public_goods,
    build,
    falling,
    independent,
    played,
    poison,
    train_until_killed,
)
from stable_baselines3.common.callbacks import BaseCallback
from toys import Toy, assert_same, constant, quadratic, short_runs

from coopetition import agents, envs
from coopetition.agents import training
from coopetition.agents.learners.fcp import FCP, Course, partner_seeds
from coopetition.agents.learners.self_play_ppo import SelfPlayPPO
from coopetition.agents.models import save_models
from coopetition.agents.registry import learner
from coopetition.agents.slices.layout import Layout, Streams
from coopetition.agents.slices.population import Pool, PopulationVecEnv
from coopetition.agents.training import train_runs
from coopetition.agents.wrappers import FiniteHorizon

NAMES = ["SelfPlay_PPO", "FCP"]
MODES = ["integrated", "private", "cooperative"]
PARTNERS = 4
SETTINGS = {"n_steps": 20, "gae_lambda": 0.9, "ent_coef": 0.01, "batch_size": 40, "n_epochs": 2}


def fcp(policy, env, *, seed, **settings):
    """FCP on a toy, with four partners per replicate."""
    toy = env.unwrapped
    replicates, copies, seats = toy.grid

    def rewards(shares):
        of_runs = toy.rewards(shares.reshape(replicates, PARTNERS * copies, seats))
        return of_runs.reshape(shares.shape)

    stage = FiniteHorizon(Toy(rewards, PARTNERS * replicates, copies, seats, toy.horizon))
    seeds = [one for own in seed for one in partner_seeds(own, PARTNERS)]
    partners = SelfPlayPPO(policy, stage, seed=seeds, **{**settings, "n_epochs": 2})
    return FCP(policy, env, seed=seed, partners=partners, **settings)


each_learner = pytest.mark.parametrize("algorithm", [SelfPlayPPO, fcp], ids=NAMES)


class Numbered(Toy):
    """Every agent observes its number first, as a share of the number of agents."""

    def _observe(self):
        rows = super()._observe()
        rows[:, 0] = np.arange(self.num_envs) % self.grid[2] / self.grid[2]
        return rows


def own_number(shares):
    """Every agent is paid its number."""
    return np.broadcast_to(np.arange(shares.shape[2]), shares.shape)


class TestSeats:
    def test_rows_are_copies(self):
        env = PopulationVecEnv(envs.vec_env("TeamProduction-v0", 3, reward_mode=MODES[:2]))
        assert Layout.of(env) == Layout(2, 3, 1)
        assert env.get_attr("reward_mode", [2, 3]) == MODES[:2]
        assert env.get_attr("copy") == [0, 1, 2] * 2
        assert env.get_attr("agent") == [None] * 6
        assert env.observation_space.shape[0] == env.venv.observation_space.shape[0] + 4

    def test_the_learner_gets_observations_and_rewards_of_its_own_seat_only(self, monkeypatch):
        monkeypatch.setattr(SelfPlayPPO, "train", lambda self: None)
        env = FiniteHorizon(Numbered(own_number, 2, 8, 3, horizon=5))
        model = build(SelfPlayPPO, env, **SETTINGS).learn(160)
        batch = model.rollout_buffer.by_slice()
        assert batch.observations.shape == (2, 160, 5)
        own, seats = batch.observations[:, :, 0] * 3, batch.observations[:, :, 2:]
        assert torch.equal(seats.sum(2), torch.ones(2, 160))
        assert torch.equal(seats.argmax(2), own.round().long())
        paid = torch.from_numpy(model.rollout_buffer.rewards.T.copy()).view(2, 160)
        assert torch.equal(paid, seats.argmax(2).float())
        # One seat for an episode; in the next ones, others.
        by_episode = seats.argmax(2).view(2 * 8 * 4, 5)
        assert (by_episode == by_episode[:, :1]).all()
        assert set(by_episode[:, 0].tolist()) == {0, 1, 2}

    def test_actions_reach_the_seat_and_the_last_observation_bears_its_number(self):
        env = Numbered(constant(1.0), 2, 4, 3, horizon=2)
        view = build(SelfPlayPPO, env, **SETTINGS).env
        view.reset()
        for step in range(20):
            seat = view.seat.copy()
            view.step_async(np.linspace(-1, 1, 8, dtype=np.float32)[:, None])
            _, _, dones, infos = view.step_wait()
            shares = env.shares.reshape(8, 3)
            assert shares[range(8), seat] == pytest.approx(np.linspace(0, 1, 8), abs=1e-6)
            others = np.delete(shares, np.arange(8) * 3 + seat)
            assert 0.1 < others.mean() < 0.9
            assert others.std() > 0.1  # every one draws its own
            assert dones.all() == (step % 2 == 1)
            for copy in np.flatnonzero(dones):
                last = infos[copy]["terminal_observation"]
                assert last.dtype == np.float32
                assert last.tolist() == pytest.approx([seat[copy] / 3, 1, *np.eye(3)[seat[copy]]])

    def test_seats_are_drawn_uniformly_and_by_every_replicate_for_itself(self):
        view = build(SelfPlayPPO, Toy(constant(1.0), 2, 100, 4), **SETTINGS).env
        drawn = []
        for _ in range(40):
            view.reset()
            drawn.append(view.seat.reshape(2, 100).copy())
        drawn = np.stack(drawn, axis=1).reshape(2, -1)
        for replicate in drawn:
            # 4,000 draws: five standard deviations are 0.034.
            assert np.bincount(replicate) / 4000 == pytest.approx([0.25] * 4, abs=0.034)
        assert (drawn[0] != drawn[1]).mean() > 0.7

    @pytest.mark.parametrize(
        ("latest", "expected"), [(0.5, [1 / 6, 1 / 6, 1 / 6, 1 / 2]), (None, [1 / 4] * 4)]
    )
    def test_members_are_drawn_as_often_as_they_should_be(self, latest, expected):
        pool = Pool(latest)
        streams = Streams([np.random.SeedSequence(seed) for seed in (1, 2)])
        for members in range(1, 5):
            pool.add(torch.nn.Linear(1, 2), keep=4)
            drawn = pool.draw(streams, 4000)
            assert drawn.shape == (2, 4000)
            assert drawn.min() == 0
            assert drawn.max() == members - 1
        for replicate in drawn:
            assert np.bincount(replicate) / 4000 == pytest.approx(expected, abs=0.04)


class Watch(BaseCallback):
    """Compares what plays the other seats with the pool, at every step."""

    def __init__(self):
        super().__init__()
        self.seen, self.sizes, self.members = {}, [], set()

    def _on_step(self):
        pool, env, layout = self.model.pool, self.model.env, self.model.layout
        replicates = np.arange(env.num_envs) // layout.copies
        for name, playing in env._partners.actor.named_parameters():
            assert torch.equal(playing, pool.weights[name][replicates, env.member])
            for k in range(len(pool)):
                member = pool.weights[name][:, k]
                assert torch.equal(self.seen.setdefault((name, k), member.clone()), member)
        self.sizes.append(len(pool))
        self.members |= set(env.member.tolist())
        return True


class TestSnapshots:
    def test_opponents_are_frozen_between_snapshots_and_differ_from_the_learner(self):
        model = build(SelfPlayPPO, Toy(quadratic(np.full((2, 3), 0.3)), 2, 4, 3), **SETTINGS)
        start = deepcopy(dict(model.actor.named_parameters()))
        watch = Watch()
        # 10 rollouts of 80 steps; a fifth of the budget is two of them.
        model.snapshots = 5
        model.learn(800, callback=watch)
        assert watch.sizes == [k for k in range(1, 6) for _ in range(40)]
        assert watch.members == {0, 1, 2, 3, 4}
        final = dict(model.actor.named_parameters())
        name = "mean.layers.0.weight"
        versions = [*model.pool.weights[name].unbind(1), final[name]]
        assert torch.equal(versions[0], start[name])
        for one, other in combinations(versions, 2):
            assert (one != other).flatten(1).any(1).all()

    def test_a_run_that_broke_down_has_partners_that_play_on(self, monkeypatch):
        """Snapshots of it are broken as well; the other runs do not notice."""
        short = short_runs("SelfPlay_PPO", modes=MODES)
        runs = [replace(run, steps=800) for run in short]
        expected = train_runs(runs, checkpoints=2)
        poison("SelfPlay_PPO", monkeypatch, [1])
        results = train_runs(runs, checkpoints=2)
        assert [r.row["status"] for r in results] == ["finished", "diverged", "finished"]
        assert results[1].row["steps_done"] == 400
        for index in (0, 2):
            assert_same(results[index], expected[index])

    def test_the_oldest_go_when_there_are_too_many(self):
        pool = Pool()
        layers = [torch.nn.Linear(1, 2) for _ in range(4)]
        for layer in layers:
            pool.add(layer, keep=3)
        assert len(pool) == 3
        assert torch.equal(pool.weights["weight"][:, 0], layers[1].weight)
        assert torch.equal(pool.weights["weight"][:, 2], layers[3].weight)

    def test_a_game_of_opposed_interests_is_played_evenly_on_average(self):
        """The equilibrium is (0.3, 0.7); the best replies (0.1, 0.5) to the untrained are not."""

        def rewards(shares):
            x, y = shares[..., 0] - 0.3, shares[..., 1] - 0.7
            gain = x * y + (y**2 - x**2) / 2
            return np.stack([gain, -gain], axis=2)

        copies, steps, settings = TASK
        toy = Toy(rewards, 2, copies, 2, horizon=5)
        model = build(SelfPlayPPO, FiniteHorizon(toy), **settings).learn(steps)
        shares = []
        for k in range(len(model.pool)):
            with torch.no_grad():
                for name, parameter in model.actor.named_parameters():
                    parameter.copy_(model.pool.weights[name][:, k])
            shares.append(played(model, toy).mean(axis=0))
        assert len(shares) == 20
        assert np.mean(shares, axis=0) == pytest.approx(np.array([[0.3, 0.7]] * 2), abs=0.1)
        # On the way round, first one and then the other is beyond it.
        assert np.min(shares, axis=0)[:, 0].max() < 0.2
        assert np.max(shares, axis=0)[:, 1].min() > 0.7


# Copies, environment steps and settings; steps have no consequences, so values look no further.
TASK = (
    *(32, 16_000),
    {
        "network": {"hidden": (32,), "log_std_init": -1.0},
        "gamma": 0.0,
        "learning_rate": falling(5e-3),
        "n_steps": 10,
        "batch_size": 320,
    },
)
# Five agents: each has a fifth of the samples of the one policy, and four others to add noise.
FIVE = {"network": {"hidden": (32,), "log_std_init": -1.5}, "batch_size": 1280}
MIXED = {
    2: TASK,
    5: (128, 64_000, {**TASK[2], **FIVE, "learning_rate": falling(2e-3)}),
}


@each_learner
def test_public_goods_are_provided_only_under_cooperative_reward(algorithm):
    assert_public_goods(algorithm, TASK)


@each_learner
def test_one_policy_finds_the_optimum_of_every_seat(algorithm):
    assert_finds_own_optimum(algorithm, TASK)


@pytest.mark.parametrize("agents", [2, 5])
@each_learner
def test_own_reward_leads_to_the_equilibrium(algorithm, agents):
    assert_mixed_motives(algorithm, MIXED[agents], agents)


class Shortened(Disturbed):
    """And episodes of seven steps in these rows."""

    def reset(self):
        self.steps = 0
        return super().reset()

    def step_wait(self):
        observations, rewards, dones, infos = super().step_wait()
        self.steps += 1
        if self.steps % 7 == 0:
            dones[self.rows] = True
            for row in self.rows:
                infos[row].setdefault("terminal_observation", observations[row])
        return observations, rewards, dones, infos


@each_learner
def test_a_replicate_does_not_notice_what_happens_to_another(algorithm):
    """Its gradients, parameters and partners are the same bits.

    Clipping, for one, would carry over, and so would seats drawn where any episode ends.
    """
    model = build(algorithm, independent()[0], **SETTINGS)
    rows = np.arange(model.env.venv.num_envs).reshape(2, -1)[1]
    disturbed = build(algorithm, Shortened(independent()[0], rows), **SETTINGS)
    with torch.no_grad():
        for parameter in disturbed.policy.parameters():
            parameter[1] += 0.1
    for one in (model, disturbed):
        one.learn(320)
    pairs = list(zip(model.policy.parameters(), disturbed.policy.parameters(), strict=True))
    pairs += [(p.grad, q.grad) for p, q in pairs]
    for p, q in pairs:
        assert torch.equal(p[0], q[0])
        assert not torch.equal(p[1], q[1])
    for name, members in model.pool.weights.items():
        assert torch.equal(members[0], disturbed.pool.weights[name][0])
    for drawn in ("member", "seat"):
        both = [getattr(one.env, drawn).reshape(2, -1) for one in (model, disturbed)]
        assert (both[0] == both[1]).all(axis=1).tolist() == [True, False]


@each_learner
def test_collected_densities_are_those_of_the_policy(algorithm, monkeypatch):
    """The ratio of the first epoch is 1, for samples beyond the bounds as well."""
    model = build(algorithm, independent()[0], **SETTINGS)
    monkeypatch.setattr(type(model), "train", lambda self: None)
    batch = model.learn(240).rollout_buffer.by_slice()
    assert batch.actions.abs().max() > 1
    _, log_prob, _ = model.policy.evaluate_actions(batch.observations, batch.actions)
    assert (torch.exp(log_prob - batch.old_log_prob) - 1).abs().max() < 1e-5


class TestCoPlay:
    def test_the_pool_is_complete_and_its_members_differ(self):
        model = build(fcp, Toy(quadratic(np.full((2, 3), 0.3)), 2, 4, 3), **SETTINGS)
        partners = model.partners
        start = deepcopy(dict(partners.actor.named_parameters()))
        model.learn(240)
        final = dict(partners.actor.named_parameters())
        assert len(model.pool) == 3 * PARTNERS
        assert partners.num_timesteps == model.num_timesteps == 240
        for name, members in model.pool.weights.items():
            times = members.unflatten(1, (PARTNERS, 3)).flatten(0, 1)
            assert torch.equal(times[:, 0], start[name])
            assert torch.equal(times[:, 2], final[name])
        weights = model.pool.weights["mean.layers.0.weight"]
        for one, other in combinations([*weights.unbind(1), model.actor.mean.layers[0].weight], 2):
            assert (one != other).flatten(1).any(1).all()

    def test_members_are_frozen_and_all_of_them_play(self):
        model = build(fcp, Toy(constant(1.0), 2, 16, 3, horizon=5), **SETTINGS)
        watch = Watch()
        model.learn(1600, callback=watch)
        assert set(watch.sizes) == {12}
        assert watch.members == set(range(12))

    def test_half_way_is_half_of_the_gain_or_of_the_loss(self):
        course = Course()
        rewards = [[0, 9, 1], [1, 8, 1], [3, 4, 1], [2, 3, 1], [4, 1, 1]]
        course.totals = [2 * np.array(row, float) for row in rewards]
        course.counts = [2] * 5
        # A loss of 8 is half made at the third; rewards that do not change have a middle as well.
        assert course.half_way().tolist() == [2, 2, 2]

    def test_half_way_is_measured_between_snapshots(self):
        """Rewards of the learner's seats, by snapshot; here they grow with the steps taken."""
        toy = Toy(lambda shares: np.full(shares.shape, float(model.num_timesteps)), 2, 4, 3)
        model = build(SelfPlayPPO, FiniteHorizon(toy), **SETTINGS)
        model.snapshots = 3
        course = Course()
        model.learn(480, callback=course)  # 6 rollouts of 80 steps
        assert course.counts == [2, 2, 2]
        means = np.stack(course.totals, axis=1) / course.counts
        assert np.diff(means) == pytest.approx(np.full((2, 2), 160.0))
        assert course.half_way().tolist() == [1, 1]

    def test_partners_are_of_the_run_alone(self):
        seeds = [partner_seeds(seed, PARTNERS) for seed in range(50)]
        assert len({one for own in seeds for one in own}) == 200
        runs = short_runs("FCP", seeds=[3, 4], modes=MODES[:2])
        partners = learner("FCP").load("corrected").for_runs(runs).partners
        assert partners.layout.replicates == 4 * PARTNERS
        assert partners.env.get_attr("reward_mode")[:: 2 * 2 * PARTNERS] == MODES[:2]
        first = partners.actor.mean.layers[0].weight.view(2, 2, PARTNERS, -1)
        # Equal seeds start from equal weights, in another mode.
        assert torch.equal(first[0], first[1])
        assert len({weights.sum().item() for weights in first[0].flatten(0, 1)}) == 2 * PARTNERS

    def test_without_partners_nothing_is_learned(self):
        model = build(FCP, Toy(constant(1.0), 1, 4, 2), **SETTINGS)
        with pytest.raises(ValueError, match="FCP learns against partners"):
            model.learn(80)

    def test_a_partner_that_breaks_down_takes_its_run_along_and_no_other(self, monkeypatch):
        runs = short_runs("FCP", modes=MODES)
        expected = train_runs(runs, checkpoints=2)
        original = SelfPlayPPO.learn

        def learn(self, *args, **kwargs):
            with torch.no_grad():
                self.actor.mean.layers[0].weight[PARTNERS + 2] = float("nan")
            return original(self, *args, **kwargs)

        monkeypatch.setattr(SelfPlayPPO, "learn", learn)
        results = train_runs(runs, checkpoints=2)
        assert [r.row["status"] for r in results] == ["finished", "diverged", "finished"]
        assert results[1].row["steps_done"] == 0
        assert results[1].row["reason"].startswith("partner 2, its step 0: action not finite")
        assert results[1].weights == {}
        for index in (0, 2):
            assert_same(results[index], expected[index])


@pytest.mark.parametrize("env_id", ["TrustDilemma-v1", "TeamProduction-v1"])
@pytest.mark.parametrize("policy", NAMES)
def test_a_run_is_the_same_alone_and_in_company(policy, env_id):
    assert_alone_as_in_company(policy, env_id)


class TestResuming:
    """Episodes of SynergySearch are drawn, so the environment has its own stream as well."""

    @pytest.fixture(autouse=True)
    def keep_after_every_rollout(self, monkeypatch):
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)

    @pytest.mark.parametrize("policy", NAMES)
    def test_a_killed_job_goes_on_as_if_nothing_had_happened(
        self, policy, tmp_path, monkeypatch, caplog
    ):
        caplog.set_level(logging.INFO, "coopetition")
        runs = short_runs(policy, "SynergySearch-v0", modes=MODES[1:], seeds=[1, 2])
        # Rollouts end, and snapshots come and go, while episodes are running.
        settings = {**runs[0].hyperparameters, "n_steps": 15, "batch_size": 15, "snapshots": 4}
        del settings["episodes_per_copy"], settings["minibatches"]
        runs = [replace(run, hyperparameters=settings) for run in runs]
        expected = train_runs(runs, checkpoints=4)
        path = tmp_path / "batch.zip"
        train_until_killed(runs, path)
        torch.manual_seed(77)
        np.random.seed(77)
        if policy == "FCP":
            monkeypatch.setattr(FCP, "_train_partners", None)
        resumed = train_runs(runs, checkpoints=4, resume=path)
        assert "goes on at step 2" in caplog.text  # of 400
        for found, one in zip(resumed, expected, strict=True):
            assert found.row["status"] == "finished"
            assert_same(found, one)

    @pytest.mark.parametrize("policy", NAMES)
    def test_save_and_load_of_the_library_do_the_same(self, policy, tmp_path):
        (run,) = short_runs(policy, "SynergySearch-v0")

        def untrained():
            return learner(policy).load("corrected").for_runs([run])

        model, path = untrained(), tmp_path / "model.zip"
        model.learn(run.steps // 2).save(path)
        model.learn(run.steps // 2, reset_num_timesteps=False)
        loaded = type(model).load(path, env=untrained().env, force_reset=False, device="cpu")
        loaded.learn(run.steps // 2, reset_num_timesteps=False)
        assert loaded.num_timesteps == run.steps
        for name, tensor in model.policy.state_dict().items():
            assert torch.equal(loaded.policy.state_dict()[name], tensor), name
        without = type(model).load(path, device="cpu")
        without.set_env(untrained().env)
        without.learn(run.steps // 2, reset_num_timesteps=False)
        assert len(without.pool) == len(model.pool)


@pytest.mark.parametrize("policy", NAMES)
class TestPolicies:
    def test_weights_in_a_file_play_as_recorded(self, policy, tmp_path):
        runs = short_runs(policy, "TeamProduction-v0", seeds=[1, 2])
        results = train_runs(runs, checkpoints=1)
        save_models(tmp_path / "models.zip", runs, results)
        for run, result in zip(runs, results, strict=True):
            loaded = agents.load(tmp_path / "models.zip", seed=run.seed)
            episodes = agents.evaluate(loaded, run.env_id)
            assert episodes.welfare[0] == result.row["welfare"]
            assert episodes.payoffs[0].tolist() == result.row["payoff_per_agent"]
            # One policy per run, which plays all four seats.
            assert {len(weights) for weights in result.weights.values()} == {1}

    def test_the_policy_predicts_for_every_seat(self, policy, tmp_path):
        (run,) = short_runs(policy, "AppleAppStore-v0")
        model = learner(policy).load("corrected").for_runs([run])
        with torch.no_grad():
            # Other actions in other seats.
            model.actor.mean.layers[-1].weight.mul_(30)
        model.controller([run]).save(tmp_path / "policy.zip")
        loaded = agents.load(tmp_path / "policy.zip")
        env = envs.vec_env(run.env_id, 3, seed=0)
        seen, starts = env.reset(), np.ones(9, bool)
        for _ in range(3):
            expected, _ = model.predict(seen, deterministic=True)
            assert len(np.unique(expected.round(4))) >= 3
            found, _ = loaded.predict(seen, episode_start=starts)
            assert found == pytest.approx(np.clip(expected, -1, 1), abs=1e-5)
            seen, _, starts, _ = env.step(found)
