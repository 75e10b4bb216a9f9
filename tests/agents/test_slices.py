"""Learners in slices: networks, rows, random numbers, buffers; and nobody notices the company."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces
from harness import assert_alone_as_in_company
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.noise import NormalActionNoise
from torch import nn
from toys import Toy, constant, short_runs

from coopetition import envs
from coopetition.agents.registry import learner
from coopetition.agents.slices.buffers import SliceReplayBuffer, SliceRolloutBuffer
from coopetition.agents.slices.layout import Layout, Streams, learner_seeds
from coopetition.agents.slices.networks import (
    MLP,
    Critics,
    GaussianActor,
    SquashedActor,
    clip_gradients,
    orthogonal,
)

LAYOUT = Layout(replicates=2, copies=3, agents=2)


def streams(*seeds):
    return Streams([np.random.SeedSequence(seed) for seed in seeds])


class TestNetworks:
    def separate(self, layers, index, activation):
        """The network of one slice out of the layers of torch."""
        modules = []
        for layer in layers:
            modules += [nn.Linear(*layer.weight.shape[1:]), activation()]
            modules[-2].weight.data.copy_(layer.weight[index].T)
            modules[-2].bias.data.copy_(layer.bias[index, 0])
        return nn.Sequential(*modules[:-1])

    def compare(self, layers, networks):
        for index, network in enumerate(networks):
            for layer, single in zip(layers, network[::2], strict=True):
                close = {"rtol": 0, "atol": 1e-6}
                torch.testing.assert_close(layer.weight[index].T, single.weight, **close)
                torch.testing.assert_close(layer.bias[index, 0], single.bias, **close)

    @pytest.mark.parametrize("slices", [1, 3])
    def test_ten_clipped_steps_are_those_of_separate_networks(self, slices):
        torch.manual_seed(0)
        together = MLP(slices, (5, 16, 16, 2), torch.tanh)
        together.initialise(streams(*range(slices)), orthogonal(1.4), orthogonal(1.0))
        alone = [self.separate(together.layers, i, nn.Tanh) for i in range(slices)]
        optimizer = torch.optim.Adam(together.parameters(), lr=1e-2, eps=1e-5, foreach=True)
        optimizers = [torch.optim.Adam(n.parameters(), lr=1e-2, eps=1e-5) for n in alone]
        # Of the three, the first is never clipped and the last always.
        scale = torch.tensor([0.01, 1.0, 100.0])[:slices]
        for _ in range(10):
            x, y = torch.randn(slices, 8, 5), torch.randn(slices, 8, 2)
            optimizer.zero_grad()
            ((together(x) - y).square().mean((1, 2)) * scale).sum().backward()
            norms = clip_gradients(together.parameters(), slices, 0.5)
            optimizer.step()
            for i, network in enumerate(alone):
                optimizers[i].zero_grad()
                ((network(x[i]) - y[i]).square().mean() * scale[i]).backward()
                norm = nn.utils.clip_grad_norm_(network.parameters(), 0.5)
                assert norms[i].item() == pytest.approx(norm.item(), rel=1e-5)
                optimizers[i].step()
        self.compare(together.layers, alone)

    def test_ten_steps_of_twin_critics_are_those_of_separate_networks(self):
        torch.manual_seed(0)
        critics = Critics(3, 4, (16,), 2)
        critics.initialise(streams(1, 2, 3))
        alone = [self.separate(critics.values.layers, i, nn.ReLU) for i in range(6)]
        optimizer = torch.optim.Adam(critics.parameters(), lr=1e-2, foreach=True)
        optimizers = [torch.optim.Adam(network.parameters(), lr=1e-2) for network in alone]
        for _ in range(10):
            observed, played, y = (torch.randn(3, 8, width) for width in (3, 1, 1))
            optimizer.zero_grad()
            (critics(observed, played) - y[:, :, 0]).square().mean(2).sum().backward()
            optimizer.step()
            for i, network in enumerate(alone):
                optimizers[i].zero_grad()
                x = torch.cat([observed[i // 2], played[i // 2]], dim=1)
                (network(x) - y[i // 2]).square().mean().backward()
                optimizers[i].step()
        self.compare(critics.values.layers, alone)

    def test_initial_weights_are_orthogonal_and_differ_between_agents(self):
        actor = GaussianActor(4, 6, 1, (16, 16), log_std_init=-0.5)
        actor.initialise(streams(1, 2))
        hidden = actor.mean.layers[1].weight
        for weight in hidden:
            torch.testing.assert_close(weight.T @ weight, 2 * torch.eye(16), atol=1e-5, rtol=0)
        assert len({weight.sum().item() for weight in hidden}) == 4
        # The first action is about half of the endowment.
        assert actor.act(torch.rand(4, 50, 6), None).abs().max() < 0.05

    def squashed(self):
        actor = SquashedActor(3, 4, 1, (16,))
        actor.initialise(streams(1, 2, 3))
        with torch.no_grad():
            # Deviations from narrow to wide.
            actor.parameters_of.layers[-1].bias[:, 0, 1] += torch.tensor([-2.0, 0.0, 1.0])
        return actor

    def test_the_squashed_density_integrates_to_one(self):
        noise = torch.linspace(-9, 9, 40_001).view(1, -1, 1).expand(3, -1, 1)
        observed = torch.rand(3, 1, 4).expand(-1, noise.shape[1], -1)
        with torch.no_grad():
            actions, log_prob = self.squashed().double().sample(observed.double(), noise.double())
        mass = torch.trapezoid(log_prob.exp(), actions[:, :, 0], dim=1)
        torch.testing.assert_close(mass, torch.ones(3, dtype=torch.double), atol=1e-3, rtol=0)

    def test_evaluation_plays_tanh_of_the_mean(self):
        actor, observed = self.squashed(), torch.rand(3, 7, 4)
        mean, _ = actor.gaussian(observed)
        assert torch.equal(actor.act(observed, None), torch.tanh(mean))
        noise = torch.randn(3, 7, 1)
        assert torch.equal(actor.act(observed, noise), actor.sample(observed, noise)[0])


class TestLayout:
    def test_rows_are_replicate_copy_agent_and_slices_replicate_agent(self):
        rows = np.array([[r, c, i] for r in range(2) for c in range(3) for i in range(2)])
        slices = LAYOUT.by_slice(rows)
        for index, (replicate, agent) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
            assert slices[index].tolist() == [[replicate, copy, agent] for copy in range(3)]
        np.testing.assert_array_equal(LAYOUT.by_row(slices), rows)
        tensor = torch.from_numpy(rows)
        assert torch.equal(LAYOUT.by_slice(tensor), torch.from_numpy(slices))
        assert torch.equal(LAYOUT.by_row(LAYOUT.by_slice(tensor)), tensor)
        np.testing.assert_array_equal(LAYOUT.to_slices(rows.reshape(2, 3, 2, 3)), slices)

    def test_environments_say_what_their_rows_are(self):
        env = envs.vec_env("TeamProduction-v0", 3, seed=[1, 2])
        assert Layout.of(env) == Layout(2, 3, 4)
        env = envs.vec_env("TeamProduction-v0", 3, seed=[1, 2], joint=True)
        assert Layout.of(env) == Layout(2, 3, 1)

    def test_an_ordinary_environment_is_one_agent_in_many_copies(self):
        assert Layout.of(make_vec_env("Pendulum-v1", n_envs=5)) == Layout(1, 5, 1)


class TestStreams:
    def first_draws(self, seed, replicates):
        """First number of every stream, [kinds, replicates]."""
        return [Streams(kind).uniform(1)[:, 0].tolist() for kind in learner_seeds(seed, replicates)]

    def test_a_replicate_draws_the_same_in_any_company(self):
        of_three = np.array(self.first_draws([7, 8, 9], 3))
        assert np.array(self.first_draws(8, 1))[:, 0].tolist() == of_three[:, 1].tolist()
        assert len(np.unique(of_three)) == 9

    def test_one_seed_for_several_replicates_gives_each_its_own(self):
        draws = np.array(self.first_draws(7, 3))
        assert len(np.unique(draws)) == 9
        assert draws.tolist() == self.first_draws(7, 3)
        assert len(np.unique(self.first_draws(None, 3))) == 9

    def test_the_learner_shares_no_stream_with_its_environment(self):
        env = envs.vec_env("SynergySearch-v0", 4, seed=[7, 8])
        states = [g["state"]["state"] for g in env.state_dict()["generators"]]
        for kind in learner_seeds([7, 8], 2):
            states += [g["state"]["state"] for g in Streams(kind).state_dict()["generators"]]
        assert len(set(states)) == len(states) == 14

    def test_wrong_number_of_seeds(self):
        with pytest.raises(ValueError, match="2 seeds for 3 replicates"):
            learner_seeds([1, 2], 3)

    def test_goes_on_from_a_state(self):
        ours = streams(1, 2)
        ours.normal(3)
        other = streams(5, 6)
        other.load_state_dict(deepcopy(ours.state_dict()))
        assert other.permutation(9).tolist() == ours.permutation(9).tolist()


ONE = spaces.Box(-np.inf, np.inf, (1,), np.float32)


class TestRolloutBuffer:
    STEPS = 5

    def filled(self):
        """Every sample holds its number, step * rows + row."""
        buffer = SliceRolloutBuffer(self.STEPS, ONE, ONE, "cpu", n_envs=12, layout=LAYOUT)
        for step in range(self.STEPS):
            number = step * 12 + np.arange(12, dtype=np.float32)
            as_tensor = torch.from_numpy(number)
            buffer.add(
                number[:, None], -number[:, None], number, np.zeros(12), as_tensor, as_tensor
            )
        return buffer

    def test_batches_hold_each_sample_once_and_agents_meet(self):
        batches = list(self.filled().get(4, streams(1, 2)))
        assert [batch.actions.shape[1] for batch in batches] == [4, 4, 4, 3]
        numbers = torch.cat([b.observations[:, :, 0] for b in batches], dim=1).numpy().astype(int)
        step, row = np.divmod(numbers, 12)
        replicate, copy, agent = np.unravel_index(row, (2, 3, 2))
        assert (replicate == [[0], [0], [1], [1]]).all()
        assert (agent == [[0], [1], [0], [1]]).all()
        place = step * 3 + copy
        assert (np.sort(place, axis=1) == np.arange(15)).all()
        assert (place[0] == place[1]).all() and (place[2] == place[3]).all()
        assert (place[0] != place[2]).any() and (place[0] != np.sort(place[0])).any()
        for batch in batches:
            numbers = batch.observations[:, :, 0]
            assert torch.equal(batch.actions[:, :, 0], -numbers)
            assert torch.equal(batch.old_values, numbers)
            assert torch.equal(batch.old_log_prob, numbers)

    def test_one_batch_has_the_order_of_the_library(self):
        """(copy, step), which decides what a permutation means."""
        (batch,) = self.filled().get(None, streams(1, 2))
        of_agent_1_in_replicate_1 = batch.observations[3, :, 0].numpy().astype(int)
        expected = [step * 12 + (6 + copy * 2 + 1) for copy in range(3) for step in range(5)]
        assert of_agent_1_in_replicate_1.tolist() == expected


class TestReplayBuffer:
    @pytest.mark.parametrize("terminal", [False, True])
    @pytest.mark.parametrize("steps", [3, 8, 9, 21])
    def test_transitions_are_those_of_a_list(self, steps, terminal):
        """8 steps fit: not yet full, just full, one over, and around the ring more than twice."""
        buffer = SliceReplayBuffer(24, ONE, ONE, "cpu", n_envs=12, layout=LAYOUT, terminal=terminal)
        generator = np.random.default_rng(steps)
        seen, stored = np.arange(12, dtype=np.float32), {}
        for step in range(1, steps + 1):
            # Numbers of observations are unique; negative where an episode has ended.
            after = step * 12 + np.arange(12, dtype=np.float32)
            ended = np.repeat(generator.random(6) < 0.3, 2)
            by_limit = ended & np.repeat(generator.random(6) < 0.5, 2)
            last = np.where(ended, -after, after)
            buffer.add(
                *(seen[:, None], after[:, None], seen[:, None] / 1000, seen / 10),
                *(ended, by_limit, last[:, None]),
            )
            for row, number in enumerate(seen):
                goes_on = not ended[row] or (terminal and by_limit[row])
                stored[int(number)] = last[row], goes_on
            seen = after
        kept = sorted(stored)[-8 * 12 :]
        batch = buffer.sample(2000, streams(1, 2))
        numbers = batch.observations[:, :, 0].numpy().astype(int)
        assert sorted(set(numbers.ravel().tolist())) == kept
        rows = numbers % 12
        assert (rows // 6 == [[0], [0], [1], [1]]).all()
        assert (rows % 2 == [[0], [1], [0], [1]]).all()
        assert (numbers[1] - numbers[0] == 1).all() and (numbers[3] - numbers[2] == 1).all()
        following, goes_on = np.moveaxis([[stored[n] for n in row] for row in numbers], 2, 0)
        np.testing.assert_array_equal(batch.continues, goes_on)
        known = np.ones_like(goes_on, bool) if terminal else goes_on == 1
        np.testing.assert_array_equal(batch.next_observations[:, :, 0][known], following[known])
        np.testing.assert_allclose(batch.actions[:, :, 0], numbers / 1000, rtol=1e-6)
        np.testing.assert_allclose(batch.rewards, numbers / 10, rtol=1e-6)


class TestOptions:
    """What slices cannot have is said at construction, and not ignored."""

    @pytest.mark.parametrize(
        ("policy", "options", "message"),
        [
            ("IPPO", {"use_sde": True}, "use_sde"),
            ("IPPO", {"target_kl": 0.1}, "target_kl"),
            ("ISAC", {"n_steps": 3}, "n_steps > 1"),
            ("ISAC", {"action_noise": NormalActionNoise(0, 1)}, "action_noise"),
            ("ISAC", {"train_freq": (1, "episode")}, "train_freq must count steps"),
            ("ISAC", {"seed": [1, 2]}, "2 seeds for 1 replicates"),
        ],
    )
    def test_of_the_library(self, policy, options, message):
        algorithm = learner(policy).load("corrected")
        env = Toy(constant(1.0), 1, 1, 2)
        with pytest.raises(ValueError, match=message):
            algorithm("MlpPolicy", env, device="cpu", **options).learn(1)

    def test_updates_between_steps_of_the_environment(self):
        (run,) = short_runs("ISAC")
        settings = {**run.hyperparameters, "steps_per_update": 6}
        with pytest.raises(ValueError, match="steps_per_update=6 is no multiple of copies=4"):
            learner("ISAC").load("corrected").for_runs([replace(run, hyperparameters=settings)])


COMPANY = [
    *((policy, "TrustDilemma-v1") for policy in ("IPPO", "IA2C", "ISAC", "Central_PPO")),
    *((policy, "TeamProduction-v1") for policy in ("IPPO", "IA2C", "ISAC", "Central_PPO")),
    *((policy, "SynergySearch-v1") for policy in ("IPPO", "ISAC")),
]


@pytest.mark.parametrize(("policy", "env_id"), COMPANY)
def test_a_run_is_the_same_bits_alone_and_among_twenty_others(policy, env_id):
    """Two agents, four agents, and two whose episodes are drawn; jointly alone is one slice."""
    assert_alone_as_in_company(policy, env_id)
