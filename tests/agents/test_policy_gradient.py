"""IndependentREINFORCE and LOLA: whole episodes, exact gradients, reciprocity in the dilemma."""

from itertools import product

import numpy as np
import pytest
import torch
from gymnasium import spaces
from harness import (
    assert_alone_as_in_company,
    assert_finds_own_optimum,
    assert_goes_on,
    assert_mixed_motives,
    assert_public_goods,
    assert_unnoticed,
    build,
    falling,
    mixed_motives,
)
from stable_baselines3.common.vec_env import VecEnvWrapper
from toys import Toy, quadratic, short_runs

from coopetition.agents import training
from coopetition.agents.learners.independent_reinforce import IndependentREINFORCE
from coopetition.agents.learners.lola import LOLA
from coopetition.agents.slices.dice import lola_gradients, surrogate
from coopetition.agents.wrappers import FiniteHorizon
from coopetition.envs import REWARD_MODES

BOTH = [IndependentREINFORCE, LOLA]
each_learner = pytest.mark.parametrize("algorithm", BOTH, ids=lambda a: a.__name__)
# Gradients are seen as they are, and nothing moves.
STILL = {"learning_rate": 0.0, "max_grad_norm": float("inf")}


class TestTasks:
    """What any learner is put through."""

    @staticmethod
    def task(horizon):
        """Copies, environment steps and settings; steps have no consequences."""
        network = {"hidden": (32,), "log_std_init": -1.5}
        settings = {"gamma": 0.0, "network": network, "learning_rate": falling(1e-2)}
        return 8, 24_000, {**settings, "n_steps": horizon}

    @each_learner
    def test_public_goods_are_provided_only_under_cooperative_reward(self, algorithm):
        assert_public_goods(algorithm, self.task(10))

    @each_learner
    def test_every_agent_finds_its_own_optimum(self, algorithm):
        assert_finds_own_optimum(algorithm, self.task(20))

    @pytest.mark.parametrize("agents", [2, 5])
    @each_learner
    def test_own_reward_leads_to_the_equilibrium(self, algorithm, agents):
        assert_mixed_motives(algorithm, self.task(20), agents)

    @pytest.mark.parametrize("env_id", ["TrustDilemma-v1", "TeamProduction-v1"])
    @each_learner
    def test_a_run_is_the_same_alone_and_in_company(self, algorithm, env_id):
        assert_alone_as_in_company(algorithm.__name__, env_id)

    @pytest.mark.parametrize(
        ("policy", "env_id"),
        [
            ("IndependentREINFORCE", "SynergySearch-v0"),
            ("LOLA", "SynergySearch-v0"),
            ("LOLA", "TeamProduction-v1"),
        ],
    )
    def test_a_killed_job_goes_on_as_if_nothing_had_happened(
        self, policy, env_id, tmp_path, monkeypatch, caplog
    ):
        """SynergySearch draws its episodes; of the others in TeamProduction LOLA draws some."""
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
        runs = short_runs(policy, env_id, modes=REWARD_MODES)
        assert_goes_on(runs, tmp_path / "batch.zip", caplog)


class Early(VecEnvWrapper):
    """Ends the first episode of every copy after so many steps; another one follows.

    Args:
        toy: of one replicate.
        lengths: steps per copy.
        later: factor of the rewards after the first episode.
    """

    def __init__(self, toy, lengths, later=1.0):
        super().__init__(toy)
        self.lengths, self.later = np.repeat(lengths, toy.grid[2]), later

    def reset(self):
        self.t = 0
        return self.venv.reset()

    def step_wait(self):
        observations, rewards, dones, infos = self.venv.step_wait()
        rewards[self.lengths <= self.t] *= self.later
        self.t += 1
        ended = self.lengths == self.t
        for row in np.flatnonzero(ended):
            infos[row] |= {"terminal_observation": observations[row], "TimeLimit.truncated": False}
        return observations, rewards, dones | ended, infos


class TestIndependentREINFORCE:
    """Returns, baseline and gradient."""

    HORIZON, LENGTHS = 6, (2, 5, 3, 6, 5)

    def model(self, later=1.0, updates=1, **settings):
        """Five copies of two agents; from the sixth step on only one copy plays."""
        toy = Toy(mixed_motives(0.3), 1, len(self.LENGTHS), 2, self.HORIZON)
        env = Early(toy, self.LENGTHS, later)
        settings = {"gamma": 0.9, "n_steps": self.HORIZON, **settings}
        model = build(IndependentREINFORCE, env, **settings)
        return model.learn(updates * self.HORIZON * len(self.LENGTHS))

    def test_no_return_crosses_the_end_of_an_episode(self):
        model = self.model()
        rewards = model.rollout_buffer.rewards
        for row in range(10):
            length = self.LENGTHS[row // 2]
            for first, end in ((0, length), (length, self.HORIZON)):
                for t in range(first, end):
                    weights = 0.9 ** np.arange(end - t)
                    expected = (weights * rewards[t:end, row]).sum()
                    found = model.rollout_buffer.returns[t, row]
                    assert found == pytest.approx(expected, abs=1e-6)

    def test_what_a_copy_plays_after_an_early_end_is_left_out(self):
        model, other = self.model(updates=3), self.model(later=1000.0, updates=3)
        assert not np.allclose(model.rollout_buffer.returns, other.rollout_buffer.returns)
        for p, q in zip(model.policy.parameters(), other.policy.parameters(), strict=True):
            assert torch.equal(p, q)
        used = model.take_diagnostics()["samples_used"]
        assert used == pytest.approx(sum(self.LENGTHS) / (5 * self.HORIZON))

    def test_the_baseline_is_the_mean_of_the_other_copies_at_the_same_step(self):
        model = self.model()
        returns = model.rollout_buffer.returns
        expected = np.zeros((2, 5, self.HORIZON))
        for agent, copy, t in np.ndindex(expected.shape):
            playing = [c for c in range(5) if t < self.LENGTHS[c]]
            if copy in playing and len(playing) > 1:
                others = [returns[t, 2 * c + agent] for c in playing if c != copy]
                expected[agent, copy, t] = returns[t, 2 * copy + agent] - np.mean(others)
        square = (expected**2).sum((1, 2), keepdims=True) / sum(self.LENGTHS)
        played = model._played()
        grid = model.rollout_buffer.by_slice().returns.view(played.shape)
        found = model._advantages(grid, played)
        np.testing.assert_allclose(found, expected / np.sqrt(square), rtol=1e-3, atol=1e-5)

    def test_equal_returns_teach_nothing(self):
        """Not even their rounding errors, which scaling would blow up."""
        env = Toy(lambda shares: np.full(shares.shape, 0.1), 1, 7, 2, self.HORIZON)
        model = build(IndependentREINFORCE, env, n_steps=self.HORIZON).learn(7 * self.HORIZON)
        assert all((p.grad == 0).all() for p in model.policy.parameters())

    def test_gradient_of_a_bandit(self):
        """E[1 - (share - c)^2] with share = (a + 1) / 2 and a normal: 64 estimates of both."""
        agents, copies, optimum, mean, log_std = 64, 256, 0.3, 0.2, -2.0
        env = Toy(quadratic(np.full((1, agents), optimum)), 1, copies, agents, horizon=1)
        network = {"log_std_init": log_std}
        model = build(IndependentREINFORCE, env, n_steps=1, network=network, **STILL)
        last = model.actor.mean.layers[-1]
        with torch.no_grad():
            last.weight.zero_()
            last.bias.fill_(np.arctanh(mean))
        model.learn(copies)
        returns = model.rollout_buffer.returns.reshape(copies, agents)
        scale = returns.std(0) * copies / (copies - 1)
        slope = -((1 + mean) / 2 - optimum) * (1 - mean**2)
        width = -np.exp(2 * log_std) / 2
        for parameter, expected in ((last.bias, slope), (model.actor.log_std, width)):
            found = -parameter.grad.flatten().numpy() * scale
            error = found.std(ddof=1) / np.sqrt(agents)
            assert error < 0.2 * abs(expected)
            assert abs(found.mean() - expected) < 3 * error

    @pytest.mark.parametrize("others", [[1], [2, 3]], ids=["another agent", "another replicate"])
    def test_a_slice_does_not_notice_what_happens_to_the_others(self, others):
        assert_unnoticed(IndependentREINFORCE, others, 144, n_steps=12)

    def test_there_is_nothing_to_train_but_actors(self):
        policy = self.model().policy
        assert [*map(id, policy.parameters())] == [*map(id, policy.actor.parameters())]

    def test_an_episode_longer_than_a_rollout_is_an_error(self):
        with pytest.raises(ValueError, match="n_steps=5: an episode is longer"):
            self.model(n_steps=5)

    def test_a_single_copy_has_no_baseline(self):
        with pytest.raises(ValueError, match="copies=1"):
            build(IndependentREINFORCE, Toy(mixed_motives(0.3), 1, 1, 2))


# Rewards of a dilemma after [own cooperates, the other cooperates].
DILEMMA = np.array([[-2.0, 0.0], [-3.0, -1.0]])
# An agent has one logit of cooperating for each of: both did, it did, the other did, none, start.
OF_OTHER = [0, 2, 1, 3, 4]
GAMMA = 0.96


def dilemma(theta):
    """Normalised values [B, 2] of the repeated dilemma for logits [B, 2, 5]."""
    first, second = torch.sigmoid(theta[:, 0]), torch.sigmoid(theta[:, 1])[:, OF_OTHER]
    pairs = ((first, second), (first, 1 - second), (1 - first, second), (1 - first, 1 - second))
    joint = torch.stack([p * q for p, q in pairs], dim=2)
    moves, start = joint[:, :4], joint[:, 4]
    system = torch.eye(4, dtype=theta.dtype) - GAMMA * moves.transpose(1, 2)
    visits = (1 - GAMMA) * torch.linalg.solve(system, start)
    rewards = torch.tensor([[-1, -1], [-3, 0], [0, -3], [-2, -2]], dtype=theta.dtype)
    return visits @ rewards


def pennies(theta):
    """Values [B, 2] of matching pennies for one logit each."""
    first, second = (2 * torch.sigmoid(theta[:, agent, 0]) - 1 for agent in range(2))
    return torch.stack([first * second, -first * second], dim=1)


def learned(values, eta, width):
    """Parameters [200, 2, width] after 400 steps of length 1."""
    theta = torch.randn(200, 2, width, generator=torch.Generator().manual_seed(0))
    for _ in range(400):
        theta = theta + lola_gradients(values, theta, eta)
    return theta


class Enumerated:
    """All courses of three steps of the dilemma, each weighted with its probability."""

    def __init__(self, theta):
        """Logits [2, 5]."""
        self.steps = 3
        both = np.array(list(product(product((0, 1), repeat=2), repeat=self.steps)))
        played = torch.from_numpy(both).permute(2, 0, 1)  # [agents, courses, steps]
        before = torch.full_like(played, 4)
        before[:, :, 1:] = 3 - 2 * played[:, :, :-1] - played.flip(0)[:, :, :-1]
        logits = theta.unsqueeze(1).expand(-1, len(both), -1).gather(2, before)
        self.log_prob = torch.nn.functional.logsigmoid(logits * (2 * played - 1))
        self.rewards = torch.from_numpy(DILEMMA)[played, played.flip(0)]
        self.probability = self.log_prob.sum((0, 2)).exp()

    def values(self):
        """Discounted values [2]."""
        discounted = self.rewards * GAMMA ** torch.arange(self.steps)
        return (discounted.sum(2) * self.probability).sum(1)

    def surrogate(self):
        """The same from the sampled objective, where a baseline is taken off the returns."""
        weights = GAMMA ** torch.arange(self.steps, dtype=torch.float64)
        later = (weights * self.rewards).flip(2).cumsum(2).flip(2) / weights
        baseline = torch.tensor([[[-4.0, 1.0, 3.0]], [[2.0, -5.0, 0.5]]])
        count = len(self.probability)
        sampled = (later - baseline) * count * self.probability.detach().view(1, -1, 1)
        return surrogate(self.log_prob, sampled, GAMMA)


class TestLOLA:
    """Exact games, the sampled objective, and the closed form of its derivatives."""

    def test_exact_dilemma(self):
        """Five logits per agent, 200 starts: reciprocity with LOLA, defection without."""
        naive = dilemma(learned(dilemma, 0.0, 5))
        assert naive.mean() < -1.9
        values = dilemma(learned(dilemma, 10.0, 5))
        assert values.mean() > -1.3
        assert (values.mean(1) > -1.3).float().mean() >= 0.8

    def test_exact_matching_pennies(self):
        """Naive learners circle around p = 0.5; LOLA ends there."""
        off = {eta: (torch.sigmoid(learned(pennies, eta, 1)) - 0.5).abs() for eta in (0.0, 10.0)}
        assert off[0.0].amax((1, 2)).mean() > 0.3
        assert off[10.0].max() < 0.1

    def test_derivatives_of_the_sampled_objective_are_those_of_the_values(self):
        """First and second ones of the expectation, against finite differences of the values."""
        theta = torch.randn(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
        unit = 1e-3 * torch.eye(10, dtype=torch.float64).view(10, 2, 5)
        for agent in range(2):

            def value(at, agent=agent):
                return Enumerated(at).values()[agent]

            def sampled(at, agent=agent):
                return Enumerated(at).surrogate()[agent]

            slope = [(value(theta + u) - value(theta - u)) / 2e-3 for u in unit]
            gradient = torch.autograd.functional.jacobian(sampled, theta)
            torch.testing.assert_close(gradient.flatten(), torch.stack(slope), rtol=1e-3, atol=1e-6)
            signs = [(1, 1), (-1, -1), (1, -1), (-1, 1)]
            curvature = [
                sum(s * r * value(theta + s * u + r * v) for s, r in signs) / 4e-6
                for u in unit
                for v in unit
            ]
            hessian = torch.autograd.functional.hessian(sampled, theta).flatten()
            torch.testing.assert_close(hessian, torch.stack(curvature), rtol=1e-3, atol=1e-6)
            assert hessian.view(2, 5, 2, 5)[0, :, 1].abs().max() > 0.01

    def model(self, algorithm=LOLA, agents=3, **settings):
        """Two replicates with rewards in which all agents meet."""

        def rewards(shares):
            return shares.prod(2, keepdims=True) * (1 + np.arange(agents)) - shares**2

        env = Toy(rewards, 2, 6, agents, horizon=5)
        return build(algorithm, env, n_steps=5, gamma=0.9, **settings)

    def test_the_closed_form_is_the_derivative_of_the_sampled_objective(self):
        """Gradients that give a direction come from every second episode, then from the others."""
        eta = 3.0  # of each of the two others
        model = self.model(eta=2 * eta, **STILL).learn(30)
        batch, played = model.rollout_buffer.by_slice(), model._played()
        advantages = model._advantages(batch.returns.view(played.shape), played)
        log_prob = model.actor.log_prob(model.actor.mean(batch.observations), batch.actions)
        grid = (2, 3, 6, 5)
        pair = log_prob.view(grid), advantages.reshape(grid)
        halves = [
            surrogate(*(part[:, :, half::2] for part in pair), gamma=0.9) / 5 for half in (0, 1)
        ]
        weights = list(model.actor.parameters())

        def gradients(total, **options):
            """[replicates, agents, ...] of every parameter."""
            found = torch.autograd.grad(total, weights, retain_graph=True, **options)
            return [part.reshape(2, 3, -1) for part in found]

        first = [
            [gradients(half[:, agent].sum(), create_graph=True) for agent in range(3)]
            for half in halves
        ]
        naive = gradients((pair[0] * pair[1]).mean((2, 3)).sum())
        shaped = 0
        for agent in range(3):
            gain = sum(
                (direction.detach()[:, other] * own[:, other]).sum() / 2
                for other in {0, 1, 2} - {agent}
                for mine, theirs in ((0, 1), (1, 0))
                for direction, own in zip(first[mine][agent], first[theirs][other], strict=True)
            )
            for p, plain, shaping in zip(weights, naive, gradients(gain), strict=True):
                found = -p.grad.view(2, 3, -1)[:, agent]
                expected = plain[:, agent] + eta * shaping[:, agent]
                torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)
                shaped += (eta * shaping[:, agent]).norm() / plain[:, agent].norm()
        assert shaped > 1

    def test_without_a_step_of_the_others_it_is_independent_reinforce(self):
        """The same bits, though all that it takes is computed."""
        plain, shaping, without = (
            self.model(algorithm, **settings).learn(150).policy.parameters()
            for algorithm, settings in (
                (IndependentREINFORCE, {}),
                (LOLA, {}),
                (LOLA, {"eta": 0.0, "opponents": 1}),
            )
        )
        for p, q, r in zip(plain, shaping, without, strict=True):
            assert torch.equal(p, r)
            assert not torch.equal(p, q)

    def test_drawn_opponents_stand_for_all_others(self, monkeypatch):
        """The mean over all draws is that of all others."""
        settings = {"eta": 1.0, "agents": 4, **STILL}

        def gradient(shift=None, **opponents):
            model = self.model(**settings, **opponents)
            if shift is not None:
                shifts = np.array([[shift], [1 + shift % 3]])
                monkeypatch.setattr(model, "_shifts", lambda: shifts)
            model.learn(30)
            return torch.cat([p.grad.flatten() for p in model.policy.parameters()])

        each = [gradient(shift, opponents=1) for shift in (1, 2, 3)]
        assert not torch.allclose(each[0], each[1], rtol=1e-2, atol=1e-6)
        torch.testing.assert_close(sum(each) / 3, gradient(), rtol=1e-3, atol=1e-6)

    def test_opponents_are_drawn_by_replicate_and_without_repetition(self):
        model = self.model(agents=8, opponents=3)
        drawn = np.stack([model._shifts() for _ in range(50)])
        assert drawn.shape == (50, 2, 3)
        assert (np.sort(drawn, axis=2)[:, :, 1:] > np.sort(drawn, axis=2)[:, :, :-1]).all()
        assert set(drawn.flat) == set(range(1, 8))
        assert (drawn[:, 0] != drawn[:, 1]).any()
        own = torch.arange(16)
        assert (model._shifted(drawn[0, :, 0]) // 8 == own // 8).all()
        assert (model._shifted(drawn[0, :, 0])[model._shifted(-drawn[0, :, 0])] == own).all()

    def test_another_replicate_goes_unnoticed_but_not_another_agent(self):
        assert_unnoticed(LOLA, [2, 3], 144, n_steps=12)
        with pytest.raises(AssertionError):
            assert_unnoticed(LOLA, [1], 144, n_steps=12)

    @pytest.mark.parametrize(("eta", "low", "high"), [(0.0, -2.1, -1.95), (10.0, -1.6, -0.9)])
    def test_reciprocity_is_learned_from_episodes(self, eta, low, high):
        """The repeated dilemma, played by the sign of an action that follows the last ones."""
        env = FiniteHorizon(RepeatedDilemma(8, 64, 2, horizon=20))
        model = build(
            LOLA,
            env,
            eta=eta,
            n_steps=20,
            gamma=GAMMA,
            learning_rate=0.03,
            max_grad_norm=float("inf"),
            network={"hidden": (), "log_std_init": -0.5},
        )
        model.learn(100 * 64 * 20)
        assert low < model.rollout_buffer.rewards.mean() < high


class RepeatedDilemma(Toy):
    """An action above zero cooperates; an agent observes its own last move and the other's."""

    def __init__(self, *grid, horizon):
        super().__init__(self.played, *grid, horizon=horizon)
        self.observation_space = spaces.Box(0.0, 1.0, (5,), np.float32)

    def played(self, shares):
        self.own = (shares > 0.5).astype(int)
        self.other = self.own[:, :, ::-1]
        return DILEMMA[self.own, self.other]

    def _observe(self):
        if self.t == 0 or self.t == self.horizon:
            return np.tile(np.eye(5, dtype=np.float32)[4], (self.num_envs, 1))
        return np.eye(5, dtype=np.float32)[(3 - 2 * self.own - self.other).reshape(-1)]
