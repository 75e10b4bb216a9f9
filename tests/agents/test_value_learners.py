"""IQL, VDN and QMIX: Q-learning on levels, alone and as a team."""

from copy import deepcopy
from itertools import product

import numpy as np
import pytest
import torch
from gymnasium import spaces
from harness import (
    COPIES,
    HIDDEN,
    Disturbed,
    assert_alone_as_in_company,
    assert_goes_on,
    assert_unnoticed,
    build,
    falling,
    independent,
    mixed_motives,
    played,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from stable_baselines3 import DQN
from stable_baselines3.common.vec_env import VecEnvWrapper
from torch.nn.functional import smooth_l1_loss
from toys import Toy, constant, public_goods, quadratic, short_runs

from coopetition.agents import training
from coopetition.agents.learners.iql import IQL
from coopetition.agents.learners.qmix import QMIX
from coopetition.agents.learners.vdn import VDN
from coopetition.agents.slices.grid import EpsilonGreedyActor
from coopetition.agents.slices.layout import Streams
from coopetition.agents.slices.mixing import MonotonicMixer
from coopetition.agents.wrappers import FiniteHorizon
from coopetition.envs import REWARD_MODES

LEARNERS = (IQL, VDN, QMIX)
each_learner = pytest.mark.parametrize("algorithm", LEARNERS, ids=lambda a: a.__name__)
each_team = pytest.mark.parametrize("algorithm", [VDN, QMIX], ids=lambda a: a.__name__)

# Three updates in 96 environment steps, at which episodes of 12 steps have ended.
STEPS = 96
UPDATES = {"train_freq": 8, "gradient_steps": 2, "batch_size": 32, "learning_starts": 0}


def seeds(*numbers):
    return [np.random.SeedSequence(number) for number in numbers]


def learned(algorithm, replicates=2, agents=3, **changes):
    """A learner after three updates on a game in which every agent has its own optimum."""
    optima = np.random.default_rng(0).uniform(0.1, 0.9, (replicates, agents))
    env = FiniteHorizon(Toy(quadratic(optima), replicates, COPIES, agents, horizon=12))
    return build(algorithm, env, **{**UPDATES, **changes}).learn(STEPS)


class TestExploration:
    """Which levels are played."""

    CHANCES = (torch.arange(100_000) + 0.5) / 100_000

    def choices(self, epsilon):
        """How often each of 4 levels is played of which the third is the best."""
        actor = EpsilonGreedyActor(1, 2, 4, HIDDEN)
        actor.epsilon.fill_(epsilon)
        scores = torch.tensor([0.0, 1.0, 2.0, -1.0]).expand(1, len(self.CHANCES), 4)
        chosen = actor.choose(scores, self.CHANCES.unsqueeze(0))
        return torch.bincount(chosen.flatten(), minlength=4) / len(self.CHANCES)

    @pytest.mark.parametrize("epsilon", [0.0, 0.05, 0.6, 1.0])
    def test_one_number_says_whether_to_explore_and_what(self, epsilon):
        expected = torch.full((4,), epsilon / 4)
        expected[2] += 1 - epsilon
        torch.testing.assert_close(self.choices(epsilon), expected, atol=2e-5, rtol=0)

    def test_the_ends_of_the_range_of_chance_are_levels(self):
        """The normal distribution function is exactly 0 or 1 far out."""
        actor = EpsilonGreedyActor(1, 2, 11, HIDDEN)
        noise = torch.tensor([-40.0, 40.0]).view(1, 2, 1)
        lowest, other = actor.act(torch.rand(1, 2, 2), noise).flatten().tolist()
        assert lowest == -1.0
        assert -1 <= other <= 1

    @each_learner
    @pytest.mark.parametrize("budget", [200, 2000])
    def test_epsilon_falls_over_a_fifth_of_any_budget(self, algorithm, budget):
        model = build(algorithm, independent()[0], train_freq=1, learning_starts=budget)
        found = {}

        def note(values, _):
            found[values["self"].num_timesteps - COPIES] = model.actor.epsilon.unique().item()
            return True

        model.learn(budget, callback=note)
        assert found[0] == 1.0
        assert found[budget // 10] == pytest.approx((1 + 0.05) / 2, abs=1e-6)
        assert {found[step] for step in found if step > budget // 5} == {np.float32(0.05)}

    def test_agents_explore_by_themselves(self):
        """Whether one plays its best level says nothing about the other."""
        model = build(
            VDN,
            independent()[0],
            train_freq=1,
            learning_starts=10_000,
            exploration_initial_eps=0.5,
            exploration_final_eps=0.5,
        ).learn(400)
        buffer = model.replay_buffer
        observed, stored = (
            part[: buffer.pos].permute(1, 3, 0, 2, 4).reshape(4, 400, -1)
            for part in (buffer.observations, buffer.actions)
        )
        best = (stored == model.actor.act(observed, None)).view(2, 2, 400)
        share = 0.5 + 0.5 / 11
        assert best.float().mean().item() == pytest.approx(share, abs=0.06)
        assert best.all(1).float().mean().item() == pytest.approx(share**2, abs=0.06)

    @each_learner
    def test_only_levels_are_played_and_stored(self, algorithm):
        model = learned(algorithm, network={"levels": 5})
        stored = model.replay_buffer.actions[: model.replay_buffer.pos]
        assert stored.unique().tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]


class Levels(VecEnvWrapper):
    """Levels as the library wants them, by number."""

    def __init__(self, venv, levels=11):
        super().__init__(venv, action_space=spaces.Discrete(levels))

    def reset(self):
        return self.venv.reset()

    def step_async(self, actions):
        self.venv.step_async(2 * actions[:, None] / (self.action_space.n - 1) - 1)

    def step_wait(self):
        return self.venv.step_wait()


class OneSlice(DQN):
    """The library's own, which explores where a slice of `model` does.

    It tosses one coin for all copies, here each has its own.
    """

    def follow(self, model, index, patch):
        self.acting, self.updating = deepcopy(model.acting), deepcopy(model.updating)
        self.grid, (self.replicate, self.agent) = model.layout, divmod(index, model.layout.agents)
        self.of_copies = None
        patch.setattr(np.random, "randint", self.draw)

    def predict(self, observation, *args, **kwargs):
        noise = self.acting.normal(self.grid.copies, self.grid.agents, 1)
        chance = torch.special.ndtr(torch.from_numpy(noise[self.replicate, :, self.agent, 0]))
        chance, epsilon = (
            chance.numpy(),
            self.exploration_schedule(self._current_progress_remaining),
        )
        best, state = self.policy.predict(observation, deterministic=True)
        explored = np.floor(chance / np.float32(epsilon) * self.action_space.n)
        return np.where(chance < np.float32(epsilon), explored, best).astype(int), state

    def draw(self, low, high=None, size=None):
        """Positions in the replay buffer, and at the next call the copies that go with them."""
        if self.of_copies is not None:
            found, self.of_copies = self.of_copies, None
            return found
        drawn = self.updating.integers(high * self.grid.copies, size)[self.replicate]
        self.of_copies = drawn % self.grid.copies
        return drawn // self.grid.copies


def library_state(policy, index):
    """Parameters of one slice as the library's own policy has them."""
    state = {}
    for name, actor in (("q_net", policy.actor), ("q_net_target", policy.target[0])):
        for place, layer in enumerate(actor.scores.layers):
            state[f"{name}.q_net.{2 * place}.weight"] = layer.weight[index].T
            state[f"{name}.q_net.{2 * place}.bias"] = layer.bias[index, 0]
    return state


def single_agents():
    """Two replicates of a team of one, and each of them alone."""
    optima = np.array([[0.1], [0.8]])
    alone = [Toy(quadratic(one.reshape(1, 1)), 1, COPIES, 1, horizon=12) for one in optima]
    return Toy(quadratic(optima), 2, COPIES, 1, horizon=12), alone


@pytest.mark.parametrize(
    ("algorithm", "case"), [(IQL, independent), (VDN, single_agents)], ids=["IQL", "VDN"]
)
def test_slices_are_those_of_the_library_side_by_side(algorithm, case, monkeypatch):
    """Single Q-learning: three rollouts and updates later parameters agree to 1e-6.

    The first two updates share a target, which was renewed before the third.
    """
    together, alone = case()
    options = {**UPDATES, "max_grad_norm": 0.1, "exploration_fraction": 0.5}
    model = build(
        algorithm,
        together,
        double_q=False,
        target_update_interval=4,
        replay_buffer_kwargs={"terminal": True},
        **options,
    )
    start = deepcopy(model)
    model.learn(STEPS)
    for index, env in enumerate(alone):
        single = OneSlice(
            "MlpPolicy",
            Levels(env),
            learning_rate=1e-3,
            target_update_interval=STEPS,
            policy_kwargs={"net_arch": list(HIDDEN)},
            device="cpu",
            **options,
        )
        single.policy.load_state_dict(library_state(start.policy, index))
        with monkeypatch.context() as patch:
            single.follow(start, index, patch)
            single.learn(STEPS)
        found = library_state(model.policy, index)
        before = library_state(start.policy, index)
        for name, expected in single.policy.state_dict().items():
            torch.testing.assert_close(found[name], expected, rtol=0, atol=1e-6, msg=name)
            assert not torch.equal(found[name], before[name]), name


class TestLoss:
    """What the parameters are fitted to."""

    def batch(self, model):
        return model.replay_buffer.sample(8, Streams(seeds(1, 2)))

    def loss(self, model, batch):
        values, targets = model._values(batch), model._targets(batch)
        return smooth_l1_loss(values, targets, reduction="none").mean(1)

    @each_learner
    def test_it_depends_on_which_action_was_played(self, algorithm):
        """With the largest utility in its place, the order of stored actions would not matter."""
        model = learned(algorithm)
        batch = self.batch(model)
        shuffled = batch._replace(actions=batch.actions.roll(1, dims=1))
        assert (self.loss(model, batch) != self.loss(model, shuffled)).all()

    @each_learner
    def test_only_levels_that_were_played_are_fitted(self, algorithm):
        model = learned(algorithm)
        batch = self.batch(model)
        model.policy.zero_grad()
        self.loss(model, batch).sum().backward()
        gradient = model.actor.scores.layers[-1].bias.grad[:, 0]
        indices = model.actor.index(batch.actions)
        for own, levels in zip(gradient, indices, strict=True):
            assert own.nonzero().flatten().tolist() == levels.unique().tolist()

    @each_learner
    def test_the_online_network_chooses_and_the_target_judges(self, algorithm):
        model = learned(algorithm, target_update_interval=1000)
        batch = self.batch(model)
        online = model.actor.scores(batch.next_observations)
        target = model.policy.target[0].scores(batch.next_observations)
        own, other = target.gather(2, online.argmax(2, keepdim=True)).squeeze(2), target.amax(2)
        assert (own != other).any()
        for double, utilities in ((True, own), (False, other)):
            model.double_q = double
            following = model._total(model.policy.target, utilities, batch.next_states)
            kept = batch.continues[:: model.layout.slices // len(following)]
            expected = model._reward(batch.rewards) + 0.99 * kept * following
            torch.testing.assert_close(model._targets(batch), expected)

    @each_team
    def test_a_team_is_paid_the_mean_of_its_agents(self, algorithm):
        model = learned(algorithm)
        batch = self.batch(model)
        last = batch._replace(continues=torch.zeros_like(batch.continues))
        expected = batch.rewards.view(2, 3, 8).mean(1)
        torch.testing.assert_close(model._targets(last), expected)

    def test_the_value_of_vdn_is_the_sum_of_the_utilities(self):
        model = learned(VDN)
        batch = self.batch(model)
        utilities = model.actor.scores(batch.observations)
        chosen = model.actor.index(batch.actions)
        expected = sum(
            utilities.view(2, 3, 8, 11)[:, i].gather(2, chosen.view(2, 3, 8, 1)[:, i])[:, :, 0]
            for i in range(3)
        )
        torch.testing.assert_close(model._values(batch), expected)

    @each_learner
    def test_targets_are_renewed_now_and_then(self, algorithm):
        """Six updates, a copy after the fourth."""
        model = learned(algorithm, target_update_interval=4)
        for target, network in zip(model.policy.target, model.policy.online, strict=True):
            pairs = zip(target.parameters(), network.parameters(), strict=True)
            assert any(not torch.equal(own, current) for own, current in pairs)
        copied = learned(algorithm, target_update_interval=6)
        for target, network in zip(copied.policy.target, copied.policy.online, strict=True):
            for own, current in zip(target.parameters(), network.parameters(), strict=True):
                assert torch.equal(own, current)

    @each_learner
    def test_gradients_are_clipped_per_loss(self, algorithm):
        """Per agent where each has its own loss, else per team."""
        bound = 0.01
        model = learned(algorithm, max_grad_norm=bound)
        groups = model.layout.slices if algorithm is IQL else model.layout.replicates
        gradients = [p.grad.view(groups, -1) for p in model.policy.trained]
        norms = torch.cat(gradients, dim=1).norm(dim=1)
        torch.testing.assert_close(norms, torch.full((groups,), bound), rtol=1e-3, atol=0)


def mixers(seed, replicates=1, state=3, agents=3, spread=1.0):
    """Mixers of weights drawn at random."""
    mixer = MonotonicMixer(replicates, state, agents, width=8)
    mixer.initialise(Streams(seeds(*range(seed, seed + replicates))))
    with torch.no_grad():
        for parameter in mixer.parameters():
            parameter.mul_(spread)
    return mixer


class TestMixer:
    @settings(max_examples=100, deadline=None)
    @given(
        seed=st.integers(0, 2**31),
        agents=st.integers(1, 6),
        spread=st.floats(0.1, 10),
        size=st.floats(0.1, 100),
    )
    def test_the_value_falls_in_no_utility(self, seed, agents, spread, size):
        mixer = mixers(seed, replicates=2, agents=agents, spread=spread)
        generator = torch.Generator().manual_seed(seed)
        states = size * torch.randn(2, 10, 3, generator=generator)
        utilities = (size * torch.randn(2, 10, agents, generator=generator)).requires_grad_(True)
        (slopes,) = torch.autograd.grad(mixer(utilities, states).sum(), utilities)
        assert slopes.min() >= 0
        assert slopes.max() > 0

    @pytest.mark.parametrize("seed", range(20))
    def test_the_best_levels_of_the_agents_are_the_best_joint_action(self, seed):
        mixer, generator = mixers(seed), torch.Generator().manual_seed(seed)
        utilities = torch.randn(3, 4, generator=generator)
        joint = list(product(range(4), repeat=3))
        chosen = utilities[torch.arange(3), torch.tensor(joint)].unsqueeze(0)
        state = torch.randn(3, generator=generator).expand(1, len(joint), 3)
        best = mixer(chosen, state)[0].argmax().item()
        assert joint[best] == tuple(utilities.argmax(1).tolist())

    def test_it_is_the_formula_of_the_paper_with_weights_from_the_state(self):
        mixer = mixers(3, replicates=2)
        states, utilities = torch.randn(2, 5, 3), torch.randn(2, 5, 3)
        found = mixer(utilities, states)
        for r, b in product(range(2), range(5)):
            s = states[r, b]

            def hyper(mlp, r=r, s=s):
                first, last = mlp.layers
                hidden = torch.relu(s @ first.weight[r] + first.bias[r, 0])
                return hidden @ last.weight[r] + last.bias[r, 0]

            bias = s @ mixer.inner_bias.weight[r] + mixer.inner_bias.bias[r, 0]
            inner = hyper(mixer.inner).abs().view(8, 3) @ utilities[r, b] + bias
            total = hyper(mixer.outer).abs() @ torch.nn.functional.elu(inner)
            torch.testing.assert_close(found[r, b], total + hyper(mixer.outer_bias)[0])


class TwoSteps(Toy):
    """The game of Rashid et al. (2018), payoffs divided by 10.

    The first agent's action leads to a game that pays 7, or to one that pays 0, 1, 1 or 8. All
    agents observe which of the three games is on.
    """

    SECOND = np.array([[0, 1], [1, 8]]) / 10

    def __init__(self, replicates, copies):
        super().__init__(self.pay, replicates, copies, 2, horizon=2)
        self.observation_space = spaces.Box(0.0, 1.0, (3,), np.float32)

    def reset(self):
        self.on = np.zeros(self.grid[:2], int)
        return super().reset()

    def _observe(self):
        return np.eye(3, dtype=np.float32)[self.on].repeat(2, axis=1).reshape(-1, 3)

    def pay(self, shares):
        first, second = np.moveaxis(shares.round().astype(int), 2, 0)
        paid = np.choose(self.on, [np.zeros_like(shares[:, :, 0]), 0.7, self.SECOND[first, second]])
        self.on = np.where(self.on == 0, 1 + first, self.on)
        return paid[:, :, None].repeat(2, axis=2)


@pytest.mark.parametrize(("algorithm", "expected"), [(VDN, 0.7), (QMIX, 0.8)])
def test_the_two_step_game_tells_qmix_from_vdn(algorithm, expected):
    """A sum of utilities cannot tell that 8 is to be had; all actions are explored throughout."""
    env = FiniteHorizon(TwoSteps(3, 16))
    model = build(
        algorithm,
        env,
        network={"hidden": (32,), "levels": 2},
        learning_rate=falling(5e-3),
        batch_size=64,
        train_freq=1,
        target_update_interval=50,
        exploration_initial_eps=1.0,
        exploration_final_eps=1.0,
    ).learn(16 * 600)
    first, second = played(model, env).round().astype(int)
    earned = np.where(first[:, 0] == 0, 0.7, TwoSteps.SECOND[second[:, 0], second[:, 1]])
    assert earned.tolist() == [expected] * 3


# Steps have no consequences, so values look no further.
TASK = {
    "gamma": 0.0,
    "network": {"hidden": (32,)},
    "learning_rate": falling(1e-2),
    "train_freq": 1,
}
# Little is forgotten of how the others played before.
RECENT = (
    *(16, 9600),
    {**TASK, "batch_size": 64, "buffer_size": 3200, "exploration_final_eps": 0.3},
)
# Every level is seen equally often, so that those next to each other can be told apart.
EXPLORED = (*(64, 44_800), {**TASK, "batch_size": 128, "exploration_final_eps": 1.0})
# To agents that learn alone, what the others explore is noise.
NOISY = (*(256, 153_600), {**EXPLORED[2], "batch_size": 512})


def tenfold(rewards):
    """Larger differences between levels, of which some cost less than 0.01."""
    return lambda shares: 10 * rewards(shares)


@each_learner
def test_public_goods_are_provided_by_teams_and_under_cooperative_reward(algorithm):
    shares = trained(algorithm, RECENT, public_goods(1.6, ["private", "cooperative"]), 2, 4, 10)
    assert (shares[:, 1] == 1.0).all()
    assert (shares[:, 0] == (0.0 if algorithm is IQL else 1.0)).all()


@each_learner
def test_every_agent_finds_its_own_optimum(algorithm):
    """That on the grid exactly, and next to any other the nearest level."""
    generator = np.random.default_rng(0)
    on_grid = generator.integers(2, 9, (2, 2)) / 10
    optima = np.concatenate([on_grid, on_grid + generator.uniform(-0.02, 0.02, (2, 2))])
    shares = trained(algorithm, EXPLORED, tenfold(quadratic(optima)), 4, 2, 2)
    np.testing.assert_allclose(shares, np.tile(on_grid, (2, 2, 1)), atol=1e-6)


@pytest.mark.parametrize(("agents", "factor"), [(2, 0.3), (5, 0.15)])
@each_learner
def test_own_reward_leads_to_the_equilibrium_and_team_reward_to_the_optimum(
    algorithm, agents, factor
):
    """Where that lies between two levels, either is as good as the other.

    For two agents that learn alone the noise is 20 times what one level more or less costs: some
    end a level beside the equilibrium, to either side.
    """
    task = NOISY if algorithm is IQL else EXPLORED
    rewards = tenfold(mixed_motives(factor))
    shares = trained(algorithm, task, rewards, 8 if agents == 2 else 2, agents, 2)
    errors = shares - (factor if algorithm is IQL else agents * factor)
    noisy = algorithm is IQL and agents == 2
    assert np.abs(errors).max() < (0.1 if noisy else 0.05) + 1e-6
    assert np.abs(errors.mean((0, 1))).max() < 0.05 + 1e-6


class Timeless(Toy):
    """Nobody observes the time.

    With the time, nothing says what a last observation is worth at which values go on.
    """

    def _observe(self):
        return np.ones((self.num_envs, 2), np.float32)


def values(model, observations):
    """Values [agents or teams, T] of the best levels, where all agents observe the same."""
    seen = torch.tensor(observations)
    with torch.no_grad():
        utilities = model.actor.scores(seen.expand(model.layout.slices, -1, -1)).amax(2)
        return model._total(model.policy.online, utilities, seen.repeat(1, 2).unsqueeze(0))


@pytest.mark.parametrize("finite", [True, False], ids=["the end is terminal", "values go on"])
@each_learner
def test_value_of_a_constant_reward(algorithm, finite):
    """The finite sum; or 1 / (1 - gamma) where values go on after the last step."""
    env = (Toy if finite else Timeless)(constant(1.0), 1, 16, 2, horizon=5)
    model = build(
        algorithm,
        FiniteHorizon(env) if finite else env,
        network={"hidden": (32, 32), "levels": 3},
        gamma=0.8,
        learning_rate=falling(0.01),
        batch_size=64,
        train_freq=1,
        target_update_interval=15,
        exploration_final_eps=1.0,
        replay_buffer_kwargs={"terminal": True},
    ).learn(16 * 500)
    left = np.arange(5, 0, -1)
    expected = (1 - 0.8**left) / 0.2 if finite else np.full(5, 5.0)
    found = values(model, [[1.0, t / 5 if finite else 1.0] for t in range(5)])
    np.testing.assert_allclose(found, [expected] * len(found), atol=0.05 * expected[0])


@each_learner
def test_values_reach_large_returns(algorithm):
    """Four rewards of 250 are 1,000 at the start, though gradients of the loss are bounded."""
    model = build(
        algorithm,
        FiniteHorizon(Toy(constant(250.0), 1, 8, 2, horizon=4)),
        network={"hidden": (32,), "levels": 3},
        gamma=1.0,
        learning_rate=falling(0.25),
        batch_size=128,
        train_freq=1,
        target_update_interval=30,
        exploration_final_eps=1.0,
    ).learn(4000)
    np.testing.assert_allclose(values(model, [[1.0, 0.0]]), 1000, rtol=0.05)


class TestCompany:
    """Nobody notices the others unless they are of one team."""

    @pytest.mark.parametrize("others", [[1], [2, 3]], ids=["another agent", "another replicate"])
    def test_an_agent_that_learns_alone_does_not_notice_the_others(self, others):
        assert_unnoticed(IQL, others, STEPS, **UPDATES, target_update_interval=4)

    @each_team
    def test_a_team_does_not_notice_other_teams(self, algorithm):
        rows = np.arange(2 * COPIES, 4 * COPIES)
        model, disturbed = (
            build(algorithm, env, **UPDATES, target_update_interval=4)
            for env in (independent()[0], Disturbed(independent()[0], rows))
        )
        with torch.no_grad():
            for p in disturbed.policy.parameters():
                p[len(p) // 2 :] += 0.1
        for learner in (model, disturbed):
            learner.learn(STEPS)
        pairs = list(zip(model.policy.parameters(), disturbed.policy.parameters(), strict=True))
        pairs += [(p.grad, q.grad) for p, q in pairs if p.grad is not None]
        for p, q in pairs:
            (p, changed), (q, other) = p.chunk(2), q.chunk(2)
            assert torch.equal(p, q)
            assert not torch.equal(changed, other)

    @each_learner
    @pytest.mark.parametrize("env_id", ["TrustDilemma-v1", "TeamProduction-v1"])
    def test_a_run_is_the_same_alone_and_in_company(self, algorithm, env_id):
        assert_alone_as_in_company(algorithm.__name__, env_id)

    @each_learner
    def test_actors_see_nothing_but_their_own_observation(self, algorithm):
        """And what a run needs to act holds no mixer."""
        model = learned(algorithm)
        seen = torch.rand(6, 4, 2)
        other = seen.clone()
        other[1:] += 0.5
        own, changed = model.actor.scores(seen), model.actor.scores(other)
        assert torch.equal(own[0], changed[0])
        assert (own[1:] != changed[1:]).any(2).all()
        names = {name.partition(".")[0] for name in model.inference_weights(0)}
        assert names == {"scores", "epsilon"}

    @each_learner
    def test_a_killed_job_goes_on_as_if_nothing_had_happened(
        self, algorithm, tmp_path, monkeypatch, caplog
    ):
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
        runs = short_runs(algorithm.__name__, "SynergySearch-v0", modes=REWARD_MODES)
        assert_goes_on(runs, tmp_path / "batch.zip", caplog)
