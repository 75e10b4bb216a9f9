"""MeanFieldAC: shared parameters, and critics to whom only the others' mean action counts."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from harness import (
    COPIES,
    Disturbed,
    assert_alone_as_in_company,
    assert_finds_own_optimum,
    assert_goes_on,
    assert_mixed_motives,
    assert_public_goods,
    build,
    falling,
    trained,
)
from toys import Toy, constant, quadratic, short_runs

from coopetition import envs
from coopetition.agents import training
from coopetition.agents.learners.mean_field_ac import MeanFieldAC, mean_of_others
from coopetition.agents.wrappers import FiniteHorizon
from coopetition.envs import REWARD_MODES

REPLICATES, AGENTS, BATCH = 2, 5, 7
# Copies, environment steps and settings; steps have no consequences, so values look no further.
TASK = (
    *(16, 16_000),
    {
        "gamma": 0.0,
        "network": {"hidden": (64, 64)},
        "learning_rate": falling(5e-3),
        "batch_size": 64,
        "train_freq": 1,
        "tau": 0.05,
        "ent_coef": "auto_0.07",
        "target_entropy": -3.0,
    },
)


@pytest.fixture
def model():
    """Untrained, of two replicates of five agents who observe two numbers."""
    return build(MeanFieldAC, Toy(constant(1.0), REPLICATES, COPIES, AGENTS))


def drawn(seed, width):
    """Something of every agent, [slices, batch, width] in [-1, 1]."""
    shape = (REPLICATES * AGENTS, BATCH, width)
    return torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32))


class TestMeanField:
    """What actor and critic make of the other agents."""

    ORDER = torch.tensor([3, 0, 4, 1, 2])

    def permuted(self, values):
        """[slices, ...] with the agents of each replicate in another order."""
        return values.unflatten(0, (REPLICATES, AGENTS))[:, self.ORDER].flatten(0, 1)

    def renumbered(self, network, first, permute):
        """The network for agents in another order; or both, when no number has a weight.

        Args:
            network: MLP whose inputs from `first` on are the numbers of the agents.
            first: see there.
            permute: give each agent's weights to its new number, else take them from all.
        """
        other = deepcopy(network)
        with torch.no_grad():
            if permute:
                rows = other.layers[0].weight[:, first : first + AGENTS]
                rows.copy_(rows[:, self.ORDER].clone())
            else:
                for one in (network, other):
                    one.layers[0].weight[:, first : first + AGENTS] = 0.0
        return other

    @pytest.mark.parametrize("permute", [True, False], ids=["renumbered", "without numbers"])
    def test_agents_in_another_order_act_and_are_valued_as_before(self, model, permute):
        """Up to the order in which the others' actions are added."""
        actor, critic = model.policy.actor, model.policy.critic
        seen, noise, played = drawn(1, 2), drawn(2, 1), drawn(3, 1)
        other_actor, other_critic = deepcopy(actor), deepcopy(critic)
        other_actor.actor.parameters_of = self.renumbered(actor.actor.parameters_of, 2, permute)
        other_critic.critics.values = self.renumbered(critic.critics.values, 3, permute)
        with torch.no_grad():
            before = *actor.sample(seen, noise), *critic(seen, played)
            seen, noise, played = map(self.permuted, (seen, noise, played))
            after = *other_actor.sample(seen, noise), *other_critic(seen, played)
        for old, new in zip(before, after, strict=True):
            torch.testing.assert_close(new, self.permuted(old), rtol=0, atol=1e-6)
            assert (new - old).abs().max() > 0.01

    def test_agents_are_told_apart_by_their_number(self, model):
        """All see and play the same, and so do the others."""
        alike, played = (drawn(seed, width)[:1] for seed, width in ((1, 2), (2, 1)))
        alike, played = (part.expand(REPLICATES * AGENTS, -1, -1) for part in (alike, played))
        with torch.no_grad():
            results = model.actor.act(alike, None)[:, 0, 0], model.critic(alike, played)[0, :, 0]
        for each in results:
            assert len(each.unique()) == REPLICATES * AGENTS

    def test_of_the_others_only_the_mean_action_counts(self, model):
        """Numbers that add up without rounding: the value is the same to the last bit."""
        seen, played = drawn(1, 2), torch.zeros(REPLICATES * AGENTS, BATCH, 1)
        played[1:5] = torch.tensor([0.5, -0.25, 0.75, 0.0]).view(4, 1, 1)
        same_mean, other_mean = played.clone(), played.clone()
        same_mean[1:5] = 0.25
        other_mean[4] = 0.5
        with torch.no_grad():
            value, same, other = (model.critic(seen, u) for u in (played, same_mean, other_mean))
        assert torch.equal(same[:, 0], value[:, 0])
        assert ((other - value)[:, 0].abs() > 1e-4).all()
        assert torch.equal(other[:, AGENTS:], value[:, AGENTS:])

    def test_an_action_gets_no_gradient_from_the_values_of_others(self, model):
        played = drawn(2, 1).requires_grad_()
        model.critic(drawn(1, 2), played)[:, 1].sum().backward()
        got = played.grad.abs().amin((1, 2)) > 0
        assert got.nonzero().flatten().tolist() == [1]
        assert not played.grad[~got].any()

    def test_agents_act_on_their_own_observation_alone(self, model):
        seen, noise = drawn(1, 2), drawn(2, 1)
        changed = seen.clone()
        changed[0] += 1.0
        with torch.no_grad():
            before, after = (model.actor.act(part, noise) for part in (seen, changed))
        assert torch.equal(before[1:], after[1:])
        assert (before[0] != after[0]).all()

    @pytest.mark.parametrize(
        ("env_id", "entries"),
        [
            ("TeamProduction-v0", slice(1, 4)),
            ("TeamProduction-v1", slice(1, 4)),
            ("PlatformEcosystem-v0", slice(1, 5)),
            ("PlatformEcosystem-v1", slice(1, 5)),
            ("ApacheProject-v0", slice(1, 2)),
            ("ApacheProject-v1", slice(1, 6)),
        ],
    )
    def test_an_observation_shows_the_last_mean_action_of_the_others(self, env_id, entries):
        """One by one, or their mean in the large group; so the policy needs nothing else."""
        env = envs.vec_env(env_id, 3, seed=1)
        env.reset()
        played = np.random.default_rng(0).uniform(-1, 1, (env.num_envs, 1)).astype(np.float32)
        agents = env.num_envs // 3
        observed = env.step(played)[0].reshape(3, agents, -1)
        of_slices = torch.from_numpy(played.reshape(3, agents, 1).swapaxes(0, 1).copy())
        expected = mean_of_others(of_slices, agents)[:, :, 0].T
        found = observed[:, :, entries].mean(axis=2)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


class TestTasks:
    """Tasks with a known solution."""

    def test_the_aggregative_game_ends_at_its_fixed_point(self):
        """Rewards -(a_i - b - k abar_-i)^2: all play b / (1 - k), here 0.6."""

        def rewards(shares):
            others = (shares.sum(axis=2, keepdims=True) - shares) / (AGENTS - 1)
            return -((shares - 0.3 - 0.5 * others) ** 2)

        shares = trained(MeanFieldAC, TASK, rewards, 1, AGENTS, 20)
        np.testing.assert_allclose(shares, 0.6, rtol=0.02)

    def test_public_goods_are_provided_only_under_cooperative_reward(self):
        assert_public_goods(MeanFieldAC, TASK)

    def test_every_agent_finds_its_own_optimum(self):
        """With shared parameters, by its number: observations are the same."""
        assert_finds_own_optimum(MeanFieldAC, TASK)

    def test_own_reward_leads_to_the_equilibrium(self):
        assert_mixed_motives(MeanFieldAC, TASK, 5)

    def test_values_and_stored_actions_are_in_their_units(self):
        """Four rewards of 250 are 1,000 at the start; stored actions fill [-1, 1]."""
        env = FiniteHorizon(Toy(constant(250.0), 1, 8, 3, horizon=4))
        settings = {
            "gamma": 1.0,
            "learning_rate": falling(0.1),
            "batch_size": 64,
            "train_freq": 1,
            "tau": 0.2,
            "ent_coef": 1e-3,
        }
        model = build(MeanFieldAC, env, network={"hidden": (32,)}, **settings).learn(4000)
        seen = torch.tensor([[1.0, 0.0]]).expand(3, 1, -1)
        with torch.no_grad():
            found = model.critic(seen, model.actor.act(seen, None)).amin(0)
        assert found.flatten().tolist() == pytest.approx([1000] * 3, rel=0.05)
        stored = model.replay_buffer.actions[: model.replay_buffer.pos]
        assert stored.abs().max() <= 1
        assert stored.min() < -0.9 < 0.9 < stored.max()

    def test_the_entropy_of_every_agent_reaches_its_target(self):
        """Reward -c (u - u*)^2 at temperature alpha: a Gaussian of variance alpha / 2c.

        Of entropy -1, it has the temperature 2 c exp(-2) / (2 pi e), each agent its own.
        """
        curvature = np.array([0.5, 1.0, 2.0])
        copies, steps, settings = TASK
        settings = {**settings, "target_entropy": -1.0, "ent_coef": "auto_0.01"}
        settings["learning_rate"] = falling(1e-2)
        env = Toy(lambda shares: -4 * curvature * (shares - 0.5) ** 2, 1, copies, 3, horizon=20)
        model = build(MeanFieldAC, FiniteHorizon(env), **settings).learn(steps)
        seen = torch.tensor([[1.0, 0.5]]).expand(3, 4000, -1)
        noise = np.random.default_rng(0).standard_normal((3, 4000, 1)).astype(np.float32)
        with torch.no_grad():
            _, log_prob = model.actor.sample(seen, torch.from_numpy(noise))
        assert -log_prob.mean(1).numpy() == pytest.approx(-1.0, abs=0.1)
        expected = 2 * curvature * np.exp(-2) / (2 * np.pi * np.e)
        assert model.log_ent_coef.detach().exp().numpy() == pytest.approx(expected, rel=0.2)


class TestCompany:
    """A replicate depends on nothing but itself."""

    def test_a_replicate_does_not_notice_what_happens_to_the_other(self):
        """Actors, critics, their gradients and the temperatures are the same bits."""
        optima = np.random.default_rng(0).uniform(0.2, 0.8, (2, 3))
        toys = [Toy(quadratic(optima), 2, COPIES, 3, horizon=12) for _ in range(2)]
        settings = {"train_freq": 8, "gradient_steps": 2, "batch_size": 32, "learning_starts": 0}
        model = build(MeanFieldAC, toys[0], **settings)
        disturbed = build(MeanFieldAC, Disturbed(toys[1], np.arange(12, 24)), **settings)
        for learner in (model, disturbed):
            learner.learn(96)
        pairs = [(model.log_ent_coef, disturbed.log_ent_coef)]
        for p, q in zip(model.policy.parameters(), disturbed.policy.parameters(), strict=True):
            pairs += [(p, q)] if p.grad is None else [(p, q), (p.grad, q.grad)]
        for pair in pairs:
            kept, other = zip(*(part.view(2, -1) for part in pair), strict=True)
            assert torch.equal(*kept)
            assert not torch.equal(*other)

    @pytest.mark.parametrize("env_id", ["TeamProduction-v1", "PlatformEcosystem-v1"])
    def test_a_run_is_the_same_bits_alone_and_among_twenty_others(self, env_id):
        """Four agents, and five."""
        assert_alone_as_in_company("MeanFieldAC", env_id)

    def test_a_killed_job_goes_on_as_if_nothing_had_happened(self, tmp_path, monkeypatch, caplog):
        monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
        runs = short_runs("MeanFieldAC", "TeamProduction-v0", modes=REWARD_MODES)
        assert_goes_on(runs, tmp_path / "batch.zip", caplog)
