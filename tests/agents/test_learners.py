"""Learners in slices are those of stable-baselines3, side by side; and they learn."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from harness import (
    HIDDEN,
    assert_finds_own_optimum,
    assert_mixed_motives,
    assert_public_goods,
    assert_unnoticed,
    build,
    falling,
    independent,
    joint,
)
from stable_baselines3 import A2C, PPO, SAC
from toys import Toy, constant

from coopetition.agents.learners.ia2c import IA2C
from coopetition.agents.learners.ippo import IPPO
from coopetition.agents.learners.isac import ISAC
from coopetition.agents.wrappers import FiniteHorizon

LIBRARY = {IPPO: PPO, IA2C: A2C, ISAC: SAC}
# Every option that changes an update is on. Values go on at time limits, as in the library.
ON_POLICY = {"n_steps": 20, "gae_lambda": 0.9, "ent_coef": 0.01, "normalize_advantage": True}
SETTINGS = {
    IPPO: {**ON_POLICY, "batch_size": 40, "n_epochs": 2, "clip_range_vf": 0.2},
    IA2C: ON_POLICY,
    ISAC: {"train_freq": 8, "gradient_steps": 2, "batch_size": 32, "learning_starts": 0},
}
OWN = {IPPO: {}, IA2C: {}, ISAC: {"replay_buffer_kwargs": {"terminal": True}}}
# Environment steps until the third update; episodes of 12 steps end in between.
STEPS = {IPPO: 240, IA2C: 240, ISAC: 96}

each_learner = pytest.mark.parametrize("algorithm", SETTINGS, ids=lambda a: a.__name__)


CASES = {
    "one slice": lambda: joint([5], ["integrated"]),
    "three replicates": lambda: joint([5, 6, 7], ["integrated", "private", "cooperative"]),
    "two replicates of two agents": independent,
}


class Fed:
    """Random numbers of one slice of a learner, handed out where stable-baselines3 draws."""

    def __init__(self, model, index, patch):
        self.acting, self.updating = deepcopy(model.acting), deepcopy(model.updating)
        self.layout, self.width = model.layout, model.action_space.shape[0]
        self.replicate, self.agent = divmod(index, model.layout.agents)
        self.update_noise, self.copy = [], None
        patch.setattr("torch.distributions.normal._standard_normal", self.normal)
        patch.setattr(np.random, "permutation", self.permutation)
        patch.setattr(np.random, "randint", self.randint)

    def normal(self, shape, dtype, device):
        if self.update_noise:
            drawn = self.update_noise.pop(0)
        else:
            everyone = self.acting.normal(self.layout.copies, self.layout.agents, self.width)
            drawn = everyone[self.replicate][:, self.agent]
        assert drawn.shape == shape
        return torch.from_numpy(drawn)

    def permutation(self, count):
        return self.updating.permutation(count)[self.replicate]

    def randint(self, low, high=None, size=None):
        """Positions in the replay buffer, and at the next call the copies that go with them."""
        if self.copy is not None:
            copy, self.copy = self.copy, None
            return copy
        drawn = self.updating.integers(high * self.layout.copies, size)[self.replicate]
        noise = self.updating.normal(2, size, self.layout.agents, self.width)[self.replicate]
        self.update_noise = list(noise[:, :, self.agent])
        self.copy = drawn % self.layout.copies
        return drawn // self.layout.copies


def named(mlp, index, names):
    """Parameters of one slice, with the names that the library gives the layers."""
    parts = {}
    for layer, name in zip(mlp.layers, names, strict=True):
        parts |= {f"{name}.weight": layer.weight[index].T, f"{name}.bias": layer.bias[index, 0]}
    return parts


def library_state(policy, index):
    """Parameters of one slice as the library's own policy has them."""
    hidden = [2 * i for i in range(len(policy.hidden))]
    if not hasattr(policy, "critic"):
        of_mean = [*(f"mlp_extractor.policy_net.{i}" for i in hidden), "action_net"]
        of_value = [*(f"mlp_extractor.value_net.{i}" for i in hidden), "value_net"]
        return {
            "log_std": policy.actor.log_std[index, 0],
            **named(policy.actor.mean, index, of_mean),
            **named(policy.value, index, of_value),
        }
    names = [*(f"actor.latent_pi.{i}" for i in hidden), "both"]
    state = named(policy.actor.parameters_of, index, names)
    for part in ("weight", "bias"):
        both = state.pop(f"both.{part}")
        state[f"actor.mu.{part}"], state[f"actor.log_std.{part}"] = both.chunk(2)
    for kind in ("critic", "critic_target"):
        critic = getattr(policy, kind)
        for q in range(critic.count):
            names = [f"{kind}.qf{q}.{i}" for i in (*hidden, 2 * len(hidden))]
            state |= named(critic.values, index * critic.count + q, names)
    return state


@pytest.mark.parametrize("case", CASES)
@each_learner
def test_slices_are_learners_of_the_library_side_by_side(algorithm, case, monkeypatch):
    """Same weights, same noise: three rollouts and updates later parameters agree to 1e-6."""
    together, alone = CASES[case]()
    model = build(algorithm, together, **SETTINGS[algorithm], **OWN[algorithm])
    start = deepcopy(model)
    model.learn(STEPS[algorithm])
    assert model.num_timesteps == STEPS[algorithm]
    for index, env in enumerate(alone):
        single = LIBRARY[algorithm](
            "MlpPolicy",
            env,
            policy_kwargs={"net_arch": list(HIDDEN)},
            device="cpu",
            **SETTINGS[algorithm],
        )
        single.policy.load_state_dict(library_state(start.policy, index))
        if algorithm is ISAC:
            # A guard against log(0) that the exact form of the density does without.
            single.actor.action_dist.epsilon = 0.0
        with monkeypatch.context() as patch:
            Fed(start, index, patch)
            single.learn(STEPS[algorithm])
        found = library_state(model.policy, index)
        for name, expected in single.policy.state_dict().items():
            torch.testing.assert_close(found[name], expected, rtol=0, atol=1e-6, msg=name)
        if algorithm is ISAC:
            temperature = model.log_ent_coef[index].item()
            assert temperature == pytest.approx(single.log_ent_coef.item(), abs=1e-6)
            assert temperature != start.log_ent_coef[index].item()


@pytest.mark.parametrize("others", [[1], [2, 3]], ids=["another agent", "another replicate"])
@each_learner
def test_a_slice_does_not_notice_what_happens_to_the_others(algorithm, others):
    assert_unnoticed(algorithm, others, STEPS[algorithm], **SETTINGS[algorithm])


# Copies, environment steps and settings; steps have no consequences, so values look no further.
NOT_SAC = {"gamma": 0.0, "network": {"hidden": (32,), "log_std_init": -1.0}}
TASK = {
    IPPO: (
        *(32, 16_000),
        {**NOT_SAC, "learning_rate": falling(5e-3), "n_steps": 20, "batch_size": 320},
    ),
    IA2C: (
        *(16, 16_000),
        {**NOT_SAC, "learning_rate": falling(5e-3), "normalize_advantage": True},
    ),
    ISAC: (
        *(16, 12_800),
        {
            "gamma": 0.0,
            "network": {"hidden": (32, 32)},
            "learning_rate": falling(5e-3),
            "batch_size": 128,
            "train_freq": 1,
            "tau": 0.05,
            "ent_coef": "auto_0.1",
            "target_entropy": -3.0,
        },
    ),
}


@each_learner
def test_public_goods_are_provided_only_under_cooperative_reward(algorithm):
    assert_public_goods(algorithm, TASK[algorithm])


@each_learner
def test_every_agent_finds_its_own_optimum(algorithm):
    assert_finds_own_optimum(algorithm, TASK[algorithm])


# At the equilibrium of five agents, near the bound, wide samples would be clipped to it.
NARROW = {"network": {"hidden": (32,), "log_std_init": -2.0}, "learning_rate": falling(3e-3)}
MIXED = {**TASK, IA2C: (*TASK[IA2C][:2], {**TASK[IA2C][2], **NARROW})}


@pytest.mark.parametrize("agents", [2, 5])
@each_learner
def test_own_reward_leads_to_the_equilibrium(algorithm, agents):
    assert_mixed_motives(algorithm, MIXED[algorithm], agents)


def values(model, horizon):
    """Values [slices, T] of playing on without noise."""
    seen = torch.tensor([[1.0, t / horizon] for t in range(horizon)])
    seen = seen.expand(model.layout.slices, -1, -1)
    with torch.no_grad():
        if isinstance(model, ISAC):
            return model.critic(seen, model.actor.act(seen, None)).amin(0).numpy()
        return model.policy.value(seen)[:, :, 0].numpy()


# Critics of a task without choices; rewards are 1 and `gamma` is 0.8 unless a test says otherwise.
CRITIC = {
    IA2C: {"gamma": 0.8, "learning_rate": falling(0.03)},
    ISAC: {
        "gamma": 0.8,
        "learning_rate": falling(0.02),
        "batch_size": 64,
        "train_freq": 1,
        "tau": 0.1,
        "ent_coef": 1e-3,
        "replay_buffer_kwargs": {"terminal": True},
    },
}
CRITIC_STEPS = {IA2C: 12_000, ISAC: 4800}


@pytest.mark.parametrize("finite", [True, False], ids=["the end is terminal", "values go on"])
@pytest.mark.parametrize("algorithm", CRITIC, ids=lambda a: a.__name__)
def test_value_of_a_constant_reward(algorithm, finite):
    """The finite sum; or 1 / (1 - gamma) where values go on after the last step."""
    env = Toy(constant(1.0), 1, 8, 2, horizon=5)
    env = FiniteHorizon(env) if finite else env
    model = build(algorithm, env, network={"hidden": (32, 32)}, **CRITIC[algorithm])
    found = values(model.learn(CRITIC_STEPS[algorithm]), 5)
    left = np.arange(5, 0, -1)
    expected = (1 - 0.8**left) / 0.2 if finite else np.full(5, 5.0)
    np.testing.assert_allclose(found, [expected] * 2, atol=0.05 * expected[0])


def test_a_critic_reaches_large_returns_and_replays_actions_in_units_of_the_policy():
    """Four rewards of 250 are 1,000 at the start; a critic that ends in tanh stays below 1."""
    env = FiniteHorizon(Toy(constant(250.0), 1, 8, 2, horizon=4))
    settings = {**CRITIC[ISAC], "gamma": 1.0, "tau": 0.2, "learning_rate": falling(0.1)}
    model = build(ISAC, env, network={"hidden": (32,)}, **settings).learn(4000)
    assert values(model, 4)[:, 0] == pytest.approx([1000, 1000], rel=0.05)
    stored = model.replay_buffer.actions[: model.replay_buffer.pos]
    assert stored.abs().max() <= 1
    assert stored.min() < -0.9 < 0.9 < stored.max()


@pytest.mark.parametrize("algorithm", [IPPO, IA2C], ids=lambda a: a.__name__)
def test_collected_densities_are_those_of_the_policy(algorithm, monkeypatch):
    """The ratio of the first epoch is 1, for samples beyond the bounds as well."""
    monkeypatch.setattr(algorithm, "train", lambda self: None)
    model = build(algorithm, independent()[0], **SETTINGS[algorithm]).learn(STEPS[algorithm])
    batch = model.rollout_buffer.by_slice()
    assert batch.actions.abs().max() > 1
    _, log_prob, _ = model.policy.evaluate_actions(batch.observations, batch.actions)
    assert (torch.exp(log_prob - batch.old_log_prob) - 1).abs().max() < 1e-5
