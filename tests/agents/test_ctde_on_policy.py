"""MAPPO and COMA: decentralised actors, centralised values, learned on policy."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from harness import (
    COPIES,
    HIDDEN,
    Disturbed,
    assert_alone_as_in_company,
    assert_finds_own_optimum,
    assert_goes_on,
    assert_mixed_motives,
    assert_public_goods,
    assert_unnoticed,
    build,
    falling,
    independent,
    joint,
    mixed_motives,
    trained,
)
from stable_baselines3 import PPO
from test_learners import Fed, library_state
from toys import Toy, constant, quadratic, short_runs

from coopetition import envs
from coopetition.agents import training
from coopetition.agents.learners.coma import COMA, MixedActor, counterfactual
from coopetition.agents.learners.ippo import IPPO
from coopetition.agents.learners.mappo import MAPPO
from coopetition.agents.slices.value_scale import PopArt
from coopetition.agents.training import train_runs
from coopetition.agents.wrappers import FiniteHorizon

LEARNERS = (MAPPO, COMA)
each_learner = pytest.mark.parametrize("algorithm", LEARNERS, ids=lambda a: a.__name__)

# Rollouts of 20 steps, three of them; episodes of 12 steps end in between.
STEPS = 240
ROLLOUT = {"n_steps": 20, "batch_size": 40, "n_epochs": 2}
PROXIMAL = {**ROLLOUT, "gae_lambda": 0.9, "ent_coef": 0.01, "clip_range_vf": 0.2}
SETTINGS = {MAPPO: PROXIMAL, COMA: {**ROLLOUT, "target_update_interval": 4}}


class TestMAPPOIsPPO:
    """With one agent and without normalisation, where the state is what the agent observes."""

    def test_one_agent_without_normalised_values_is_the_library(self, monkeypatch):
        env, (alone,) = joint([5], ["integrated"])
        model = build(MAPPO, env, normalize_value=False, **PROXIMAL)
        start = deepcopy(model)
        model.learn(STEPS)
        single = PPO(
            "MlpPolicy", alone, policy_kwargs={"net_arch": list(HIDDEN)}, device="cpu", **PROXIMAL
        )
        single.policy.load_state_dict(library_state(start.policy, 0))
        with monkeypatch.context() as patch:
            Fed(start, 0, patch)
            single.learn(STEPS)
        found = library_state(model.policy, 0)
        for name, expected in single.policy.state_dict().items():
            torch.testing.assert_close(found[name], expected, rtol=0, atol=1e-6, msg=name)

    def test_alone_it_is_ippo_to_the_bit(self):
        rewards = quadratic(np.array([[0.3], [0.8]]))
        models = [
            build(algorithm, Toy(rewards, 2, COPIES, 1, horizon=12), **PROXIMAL, **own).learn(STEPS)
            for algorithm, own in ((IPPO, {}), (MAPPO, {"normalize_value": False}))
        ]
        ippo, mappo = (dict(model.policy.named_parameters()) for model in models)
        assert ippo.keys() == mappo.keys()
        for name, parameter in ippo.items():
            assert torch.equal(mappo[name], parameter), name

    def test_values_are_of_the_state_and_of_every_agent(self):
        model = build(MAPPO, envs.vec_env("TrustDilemma-v0", 2, seed=1), **PROXIMAL)
        state, own = model.env.critic_state.shape[2], model.env.observation_space.shape[0]
        assert state != own
        first, value = model.actor.mean.layers[0], model.policy.value.layers[0]
        assert first.weight.shape[:2] == (2, own)
        assert value.weight.shape[:2] == (2, state)


class TestPopArt:
    """Normalised values."""

    SIZES = (3, 8, 1)

    def network(self, slices=2, seed=0):
        generator = torch.Generator().manual_seed(seed)
        network = PopArt(slices, self.SIZES, torch.tanh_)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        return network, generator

    def test_moments_are_exponential_averages(self):
        """Against weighted moments in double precision, of targets far from zero."""
        network, generator = self.network()
        batches = [
            1e4 + 100 * k + (1 + k) * torch.randn(2, 50, generator=generator) for k in range(7)
        ]
        for count, batch in enumerate(batches, start=1):
            network.rescale(batch)
            weights = PopArt.DECAY ** np.arange(count)[::-1]
            weights /= weights.sum()
            each = np.stack([part.double().numpy() for part in batches[:count]])
            mean = np.einsum("k,kj->j", weights, each.mean(2))
            second = np.einsum("k,kj->j", weights, ((each - mean[:, None]) ** 2).mean(2))
            np.testing.assert_allclose(network.mean.flatten(), mean, rtol=1e-6)
            np.testing.assert_allclose(network.deviation.flatten(), np.sqrt(second), rtol=1e-4)

    def test_no_answer_changes(self):
        network, generator = self.network()
        x = torch.randn(2, 20, 3, generator=generator)
        before = network(x)
        for scale in (0.1, 30.0):
            network.rescale(5 + scale * torch.randn(2, 40, generator=generator))
            assert network.deviation.min() < scale * 1.5
            torch.testing.assert_close(network(x), before, rtol=1e-5, atol=1e-5)

    def test_normalised_answers_are_those_of_the_plain_network(self):
        network, generator = self.network()
        network.rescale(7 + 3 * torch.randn(2, 40, generator=generator))
        x = torch.randn(2, 20, 3, generator=generator)
        plain = super(PopArt, network).forward(x).squeeze(2)
        torch.testing.assert_close(network.normalised(network(x).squeeze(2)), plain)

    def test_targets_that_do_not_vary_are_bounded(self):
        network, _ = self.network()
        network.rescale(torch.full((2, 5), 3.0))
        assert network.deviation.flatten().tolist() == [np.float32(PopArt.FLOOR)] * 2
        assert torch.isfinite(network(torch.ones(2, 1, 3))).all()

    def test_a_slice_does_not_know_the_others(self):
        (together, generator), (alone, _) = self.network(), self.network()
        targets = torch.randn(2, 40, generator=generator)
        together.rescale(targets)
        alone.rescale(torch.stack([targets[0], torch.full((40,), torch.nan)]))
        for mine, other in zip(
            together.state_dict().values(), alone.state_dict().values(), strict=True
        ):
            assert torch.equal(mine[0], other[0])


class TestLargeReturns:
    """Four rewards of 250 are 1,000 at the start."""

    def values(self, algorithm, **changes):
        """Values of the first step, of two agents."""
        env = FiniteHorizon(Toy(constant(250.0), 1, 8, 2, horizon=4))
        settings = {"n_steps": 4, "batch_size": 32, "gamma": 1.0, "learning_rate": falling(0.01)}
        if algorithm is COMA:
            settings["target_update_interval"] = 20
        network = {"hidden": (32,)}
        model = build(algorithm, env, network=network, **settings, **changes).learn(1600)
        rollout = model.rollout_buffer.by_slice()
        with torch.no_grad():
            found, _, _ = model.policy.evaluate_actions(*rollout[:2], rollout.states)
        return found[:, 0].numpy()

    @each_learner
    def test_critics_reach_them(self, algorithm):
        assert self.values(algorithm) == pytest.approx([1000, 1000], rel=0.05)

    def test_thanks_to_the_normalisation(self):
        assert self.values(MAPPO, normalize_value=False).max() < 500


class TestCounterfactual:
    """T10: the baseline is the average over the own policy."""

    LEVELS = 11

    def drawn(self, slices=6, batch=50):
        generator = torch.Generator().manual_seed(1)
        actor = MixedActor(slices, 2, self.LEVELS, HIDDEN)
        actor.epsilon.fill_(0.3)
        shape = (slices, batch, self.LEVELS)
        scores = 2 * torch.randn(shape, generator=generator)
        values = torch.randn(shape, generator=generator)
        return actor, scores, values

    def test_advantages_average_to_zero_under_the_policy(self):
        actor, scores, values = self.drawn()
        probabilities = actor.probabilities(scores)
        each = torch.stack(
            [
                counterfactual(values, probabilities, torch.full(values.shape[:2], level))
                for level in range(self.LEVELS)
            ],
            dim=2,
        )
        assert (probabilities * each).sum(2).abs().max() < 1e-6
        assert each.std(2).min() > 0.1
        baseline = (probabilities * values).sum(2)
        torch.testing.assert_close(each, values - baseline.unsqueeze(2))

    def test_the_gradient_has_the_same_mean_and_less_variance(self):
        """Of the scores of one decision, with and without baseline, over 20,000 draws."""
        actor, scores, values = self.drawn(1, 1)
        values = 3 + values
        draws = 20_000
        chance = (torch.rand(1, draws, generator=torch.Generator().manual_seed(2)),)
        many = scores.expand(1, draws, -1).clone().requires_grad_(True)
        index = actor.choose(many, *chance)
        probabilities = actor.probabilities(many)
        logarithms = probabilities.gather(2, index.unsqueeze(2)).log()
        (gradient,) = torch.autograd.grad(logarithms.sum(), many)
        each = values.expand(1, draws, -1)
        plain = gradient * each.gather(2, index.unsqueeze(2))
        with_baseline = gradient * counterfactual(each, probabilities, index).unsqueeze(2)
        error = ((plain.var(1) + with_baseline.var(1)) / draws).sqrt()
        assert ((plain.mean(1) - with_baseline.mean(1)).abs() < 3 * error).all()
        assert with_baseline.var(1).sum() < 0.5 * plain.var(1).sum()
        # The gradient of what the policy earns, exactly.
        one = scores.clone().requires_grad_(True)
        (actor.probabilities(one) * values).sum().backward()
        assert ((with_baseline.mean(1) - one.grad[0]).abs() < 4 * error).all()

    def test_the_policy_that_draws_is_the_one_that_is_weighed(self):
        """Frequencies of the levels, their probabilities, and the logarithms of the buffer."""
        model = build(COMA, independent()[0], **SETTINGS[COMA])
        actor, count = model.actor, 100_000
        observations = torch.rand(4, 1, 2, generator=torch.Generator().manual_seed(3))
        with torch.no_grad():
            for layer in actor.scores.layers:
                layer.weight *= 10
            probabilities = actor.probabilities(actor.scores(observations))
            quantiles = (torch.arange(count) + 0.5) / count
            noise = torch.special.ndtri(quantiles).expand(4, -1).unsqueeze(2)
            played = actor.act(observations.expand(-1, count, -1), noise)
            states = torch.zeros(2, count, 4)
            _, log_prob, _ = model.policy.evaluate_actions(
                observations.expand(-1, count, -1), played, states
            )
        assert actor.epsilon.unique().tolist() == [0.5]
        for index in range(4):
            share = torch.bincount(actor.index(played)[index], minlength=11) / count
            torch.testing.assert_close(share, probabilities[index, 0], atol=1e-4, rtol=0)
        expected = probabilities.expand(-1, count, -1).gather(2, actor.index(played).unsqueeze(2))
        torch.testing.assert_close(log_prob.exp(), expected.squeeze(2))
        assert probabilities.min() >= 0.5 / 11

    @pytest.mark.parametrize("budget", [240, 800])
    def test_exploration_falls_along_any_budget(self, budget):
        model = build(COMA, independent()[0], **SETTINGS[COMA])
        found = []

        def note(values, _):
            found.append(values["self"].actor.epsilon.unique().item())
            return True

        model.learn(budget, callback=note)
        rollouts = budget // 80
        expected = 0.5 - 0.48 * np.arange(rollouts) / rollouts
        assert found == pytest.approx(np.repeat(expected, 20))
        assert model.actor.epsilon.unique().item() == pytest.approx(0.02)


class TestCOMAAgainstItsDefinition:
    """Three updates of one team, by the equations, one agent after the other."""

    RATE, CLIP, GAMMA, LAMBDA = 0.01, 0.5, 0.9, 0.7

    def forward(self, layers, x):
        for weight, bias in layers[:-1]:
            x = torch.relu(x @ weight + bias)
        weight, bias = layers[-1]
        return x @ weight + bias

    def layers(self, network, index):
        return [
            (layer.weight[index].clone(), layer.bias[index, 0].clone()) for layer in network.layers
        ]

    def descend(self, loss, layers, optimizer):
        optimizer.zero_grad()
        loss.backward()
        parameters = [part for pair in layers for part in pair]
        torch.nn.utils.clip_grad_norm_(parameters, self.CLIP)
        optimizer.step()

    def targets(self, rewards, values, last):
        """TD(lambda) [copies, steps] of episodes of 12 steps that have ended."""
        found = torch.zeros_like(rewards)
        following = mixed = last
        for t in reversed(range(rewards.shape[1])):
            on = 0.0 if (t + 1) % 12 == 0 else 1.0
            mixed = (1 - self.LAMBDA) * following + self.LAMBDA * mixed
            found[:, t] = mixed = rewards[:, t] + self.GAMMA * on * mixed
            following = values[:, t]
        return found

    @pytest.mark.parametrize("agents", [1, 3])
    def test_updates_are_those_of_the_equations(self, agents, monkeypatch):
        """One batch per pass, and values as they are: the order of samples does not matter."""
        monkeypatch.setattr(PopArt, "rescale", lambda self, targets: None)
        optima = np.array([[0.2, 0.6, 0.9][:agents]])
        env = FiniteHorizon(Toy(quadratic(optima), 1, COPIES, agents, horizon=12))
        model = build(
            COMA,
            env,
            n_steps=24,
            batch_size=96,
            n_epochs=2,
            gamma=self.GAMMA,
            td_lambda=self.LAMBDA,
            learning_rate=self.RATE,
            target_update_interval=4,
            max_grad_norm=self.CLIP,
        )
        start, rollouts, original = deepcopy(model.policy), [], model.train

        def train():
            buffer = model.rollout_buffer
            epsilon = model.actor.epsilon[0].item()
            rollouts.append((buffer.observations.copy(), buffer.actions.copy(), epsilon))
            original()

        monkeypatch.setattr(model, "train", train)
        model.learn(3 * 96)
        for agent in range(agents):
            networks = [self.layers(net, agent) for net in (start.actor.scores, start.critic)]
            actor, critic = (
                [(w.detach().requires_grad_(), b.detach().requires_grad_()) for w, b in net]
                for net in networks
            )
            target = [(w.detach().clone(), b.detach().clone()) for w, b in critic]
            optimizers = [
                torch.optim.Adam([p for pair in net for p in pair], lr=self.RATE, eps=1e-5)
                for net in (actor, critic)
            ]
            for number, (observed, played, epsilon) in enumerate(rollouts, start=1):
                grid = (24, COPIES, agents)
                seen = torch.from_numpy(observed.reshape(*grid, 2)).transpose(0, 1)
                actions = torch.from_numpy(played.reshape(grid)).transpose(0, 1)
                share = (actions.double() + 1) / 2
                rewards = (1 - (share - torch.from_numpy(optima)) ** 2).mean(2).float()
                others = actions.clone()
                others[:, :, agent] = 0.0
                x = torch.cat([seen.flatten(2), others], dim=2)
                own = ((actions[:, :, agent] + 1) * 5).round().long().unsqueeze(2)
                with torch.no_grad():
                    values = self.forward(target, x).gather(2, own).squeeze(2)
                goals = self.targets(rewards, values, torch.zeros(COPIES))
                for _ in range(2):
                    q = self.forward(critic, x).gather(2, own).squeeze(2)
                    self.descend((q - goals).square().mean(), critic, optimizers[1])
                policy = torch.softmax(self.forward(actor, seen[:, :, agent]), 2)
                policy = (1 - epsilon) * policy + epsilon / 11
                with torch.no_grad():
                    q = self.forward(critic, x)
                    advantage = q.gather(2, own) - (policy * q).sum(2, keepdim=True)
                loss = -(policy.gather(2, own).log() * advantage).mean()
                self.descend(loss, actor, optimizers[0])
                if 2 * number % 4 == 0:
                    target = [(w.detach().clone(), b.detach().clone()) for w, b in critic]
            for net, found in ((actor, model.actor.scores), (critic, model.policy.critic)):
                expected = [part for pair in net for part in pair]
                parts = [part for pair in self.layers(found, agent) for part in pair]
                for mine, one in zip(parts, expected, strict=True):
                    torch.testing.assert_close(mine, one, rtol=0, atol=1e-6)
            moved = self.layers(model.policy.critic_target, agent)
            for (w, _), (one, _) in zip(moved, target, strict=True):
                torch.testing.assert_close(w, one, rtol=0, atol=1e-6)
                assert not torch.equal(w, start.critic.layers[-1].weight[agent])

    def test_critics_do_not_see_the_own_action(self):
        model = build(COMA, Toy(constant(1.0), 2, COPIES, 3), **SETTINGS[COMA])
        generator = torch.Generator().manual_seed(0)
        states = torch.rand(2, 5, 6, generator=generator)
        actions = 2 * torch.rand(6, 5, 1, generator=generator) - 1
        before = model.policy.critic(model.policy.seen(states, actions))
        actions[4] = -actions[4]  # the second agent of the second replicate
        after = model.policy.critic(model.policy.seen(states, actions))
        same = [torch.equal(*pair) for pair in zip(before, after, strict=True)]
        assert same == [True, True, True, False, True, False]

    def test_values_go_on_where_only_a_time_limit_ends_an_episode(self):
        """1 / (1 - gamma) then, and the sum of what is left if the end is terminal."""
        for wrap, expected in ((FiniteHorizon, 1 + 0.5 + 0.25), (lambda env: env, 2.0)):
            env = wrap(Toy(constant(1.0), 1, 8, 2, horizon=3))
            settings = {"n_steps": 3, "batch_size": 24, "gamma": 0.5, "target_update_interval": 10}
            model = build(COMA, env, learning_rate=falling(0.02), **settings).learn(960)
            found = model.rollout_buffer.by_slice().old_values[:, 0]
            assert found.tolist() == pytest.approx([expected] * 2, rel=0.05)


@each_learner
def test_a_replicate_does_not_notice_what_happens_to_another(algorithm):
    assert_unnoticed(algorithm, [2, 3], STEPS, **SETTINGS[algorithm])


def test_paid_for_itself_an_agent_learns_from_its_own_reward():
    """A reward of another agent changes nothing in MAPPO, and everything in COMA."""
    for algorithm in LEARNERS:
        models = [
            build(algorithm, env, **SETTINGS[algorithm]).learn(STEPS // 3)
            for env in (independent()[0], PaidMore(independent()[0], [1, 3]))
        ]
        first, second = (
            [p[0] for p in model.policy.parameters() if p.requires_grad] for model in models
        )
        same = [torch.equal(p, q) for p, q in zip(first, second, strict=True)]
        assert all(same) if algorithm is MAPPO else not any(same)


class PaidMore(Disturbed):
    """Rewards ten times as large in the rows of some slices; observations as they are."""

    def __init__(self, venv, others):
        rows = np.arange(venv.num_envs).reshape(2, COPIES, 2).swapaxes(1, 2).reshape(4, COPIES)
        super().__init__(venv, rows[others].ravel())

    def reset(self):
        return self.venv.reset()

    def step_wait(self):
        observations, rewards, dones, infos = self.venv.step_wait()
        rewards[self.rows] *= 10
        return observations, rewards, dones, infos


@pytest.mark.parametrize("policy", ["MAPPO", "COMA"])
def test_agents_act_on_their_own_observation_alone(policy):
    """Another one's observation leaves an action as it is, bit for bit; the own one does not."""
    (run,) = short_runs(policy, "TeamProduction-v0")
    (result,) = train_runs([run], checkpoints=1)
    controller = training.learner(policy).load("corrected").inference(run, result.weights)
    game = envs.game(run.env_id)
    controller.attach(game)
    generator = torch.Generator().manual_seed(0)
    observations = torch.rand(4, 64, controller.actor.length, generator=generator)
    noise = torch.randn(4, 64, 1, generator=generator)
    for draw in (None, noise):
        before = controller.actor.act(observations, draw)
        other = observations.clone()
        other[2] = 30 - 60 * other[2]  # far enough to change levels
        after = controller.actor.act(other, draw)
        assert torch.equal(after[[0, 1, 3]], before[[0, 1, 3]])
        assert not torch.equal(after[2], before[2])


def test_the_first_ratio_is_one_for_samples_beyond_the_bounds_as_well(monkeypatch):
    monkeypatch.setattr(MAPPO, "train", lambda self: None)
    model = build(MAPPO, independent()[0], **PROXIMAL).learn(STEPS)
    batch = model.rollout_buffer.by_slice()
    assert batch.actions.abs().max() > 1
    values, log_prob, _ = model.policy.evaluate_actions(*batch[:2], batch.states)
    assert (torch.exp(log_prob - batch.old_log_prob) - 1).abs().max() < 1e-5
    torch.testing.assert_close(values, batch.old_values)


# Copies, environment steps and settings; steps have no consequences, so values look no further.
SOLVED = {"gamma": 0.0, "n_steps": 20, "batch_size": 320, "learning_rate": falling(5e-3)}
TASK = {
    MAPPO: (*(32, 16_000), {**SOLVED, "network": {"hidden": (32,), "log_std_init": -1.0}}),
    # Neighbouring levels differ little, so that all must be tried to the end.
    COMA: (
        *(32, 25_600),
        {
            **SOLVED,
            "network": {"hidden": (64,)},
            "target_update_interval": 1,
            "exploration_initial_eps": 1.0,
            "exploration_final_eps": 0.5,
        },
    ),
}


@each_learner
def test_public_goods_are_provided_under_cooperative_reward_and_always_by_a_team(algorithm):
    assert_public_goods(algorithm, TASK[algorithm], team=algorithm is COMA)


def test_every_agent_finds_its_own_optimum():
    assert_finds_own_optimum(MAPPO, TASK[MAPPO])


def test_every_agent_of_a_team_finds_its_own_level():
    """The next level, a tenth beside it, costs the team 0.0025 of a reward of 1."""
    optima = np.array([[0.2, 0.4, 0.7, 0.8]])
    shares = trained(COMA, TASK[COMA], quadratic(optima), 1, 4, 20)
    assert np.abs(shares - optima).max() < 0.03


@pytest.mark.parametrize("agents", [2, 5])
def test_own_reward_leads_to_the_equilibrium(agents):
    assert_mixed_motives(MAPPO, TASK[MAPPO], agents)


@pytest.mark.parametrize(("agents", "factor"), [(2, 0.3), (5, 0.15)])
def test_a_team_finds_its_optimum(agents, factor):
    """Next to an optimum between two levels either is as good as the other."""
    shares = trained(COMA, TASK[COMA], mixed_motives(factor), 1, agents, 20)
    assert np.abs(shares - agents * factor).max() < 0.05 + 1e-6


@pytest.mark.parametrize("env_id", ["TrustDilemma-v1", "TeamProduction-v1"])
@pytest.mark.parametrize("policy", ["MAPPO", "COMA"])
def test_a_run_is_the_same_bits_alone_and_in_company(policy, env_id):
    assert_alone_as_in_company(policy, env_id)


@pytest.mark.parametrize("policy", ["MAPPO", "COMA"])
def test_a_killed_job_goes_on_as_if_nothing_had_happened(policy, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
    runs = short_runs(policy, "SynergySearch-v0", modes=["integrated", "private"])
    assert_goes_on(runs, tmp_path / "batch.zip", caplog)
