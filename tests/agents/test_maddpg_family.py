"""Centralised critics, decentralised actors: MADDPG, MATD3, M3DDPG, MASAC."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from harness import (
    HIDDEN,
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
)
from stable_baselines3 import DDPG, SAC, TD3
from stable_baselines3.common.noise import VectorizedActionNoise
from test_learners import Fed, library_state, named
from toys import Toy, constant, quadratic, short_runs

from coopetition.agents import training
from coopetition.agents.learners.m3ddpg import M3DDPG
from coopetition.agents.learners.maddpg import MADDPG
from coopetition.agents.learners.masac import MASAC
from coopetition.agents.learners.matd3 import MATD3
from coopetition.agents.wrappers import FiniteHorizon
from coopetition.envs.interfaces import vec_env
from coopetition.envs.interfaces.spaces import joint_observation

LIBRARY = {MADDPG: DDPG, MATD3: TD3, MASAC: SAC}
LEARNERS = [*LIBRARY, M3DDPG]
# Values go on at time limits, as in the library; three updates of two steps, and episodes of 12
# steps that end in between.
SETTINGS = {"train_freq": 8, "gradient_steps": 2, "batch_size": 32, "learning_starts": 0}
OWN = {"replay_buffer_kwargs": {"terminal": True}}
STEPS = 96

each_learner = pytest.mark.parametrize("algorithm", LEARNERS, ids=lambda a: a.__name__)


class FedTD3(Fed):
    """`Fed`, where TD3 and DDPG draw.

    Args: those of `Fed`, and
        noisy: targets have noise.
    """

    def __init__(self, model, index, patch, noisy):
        super().__init__(model, index, patch)
        self.noisy = noisy
        patch.setattr(torch.Tensor, "normal_", self.normal_)

    def randint(self, low, high=None, size=None):
        """See `Fed`."""
        if self.copy is not None:
            copy, self.copy = self.copy, None
            return copy
        drawn = self.updating.integers(high * self.layout.copies, size)[self.replicate]
        noise = np.zeros((1, size, self.layout.agents, self.width), np.float32)
        if self.noisy:
            noise = self.updating.normal(*noise.shape)[self.replicate]
        self.update_noise = list(noise[:, :, self.agent])
        self.copy = drawn % self.layout.copies
        return drawn // self.layout.copies

    def normal_(self, mean, deviation):
        """In the place of the method of a tensor, which it is not bound to."""
        return mean + deviation * torch.from_numpy(self.update_noise.pop(0))


class FedExploration(VectorizedActionNoise):
    """Exploration noise of one slice."""

    def __init__(self, fed, deviation):
        self.fed, self.deviation = fed, deviation

    def __call__(self):
        everyone = self.fed.acting.normal(
            self.fed.layout.copies, self.fed.layout.agents, self.fed.width
        )
        return self.deviation * everyone[self.fed.replicate][:, self.fed.agent]

    def reset(self, indices=None):
        pass


def deterministic_state(policy, index):
    """See `library_state`."""
    places = [2 * i for i in range(len(policy.hidden) + 1)]
    state = {}
    for kind in ("actor", "actor_target"):
        state |= named(getattr(policy, kind).raw, index, [f"{kind}.mu.{i}" for i in places])
    for kind in ("critic", "critic_target"):
        critic = getattr(policy, kind)
        for q in range(critic.count):
            names = [f"{kind}.qf{q}.{i}" for i in places]
            state |= named(critic.values, index * critic.count + q, names)
    return state


@pytest.mark.parametrize("seeds", [[5], [5, 6, 7]], ids=["one replicate", "three replicates"])
@pytest.mark.parametrize("algorithm", LIBRARY, ids=lambda a: a.__name__)
def test_with_one_agent_it_is_the_learner_of_the_library(algorithm, seeds, monkeypatch):
    """Same weights, same noise: three rollouts and updates later parameters agree to 1e-6."""
    monkeypatch.setattr(vec_env, "critic_state", lambda g, s: joint_observation(g, s, True))
    together, alone = joint(seeds, ["integrated", "private", "cooperative"][: len(seeds)])
    model = build(algorithm, together, **SETTINGS, **OWN)
    start = deepcopy(model)
    model.learn(STEPS)
    state_of = library_state if algorithm is MASAC else deterministic_state
    for index, env in enumerate(alone):
        single = LIBRARY[algorithm](
            "MlpPolicy", env, policy_kwargs={"net_arch": list(HIDDEN)}, device="cpu", **SETTINGS
        )
        single.policy.load_state_dict(state_of(start.policy, index))
        with monkeypatch.context() as patch:
            if algorithm is MASAC:
                # A guard against log(0) that the exact form of the density does without.
                single.actor.action_dist.epsilon = 0.0
                Fed(start, index, patch)
            else:
                fed = FedTD3(start, index, patch, noisy=algorithm is MATD3)
                single.action_noise = FedExploration(fed, model.actor.deviation)
            single.learn(STEPS)
        assert single._n_updates == model._n_updates == 6
        found, before = (state_of(m.policy, index) for m in (model, start))
        for name, expected in single.policy.state_dict().items():
            torch.testing.assert_close(found[name], expected, rtol=0, atol=1e-6, msg=name)
            assert not torch.equal(expected, before[name])
        if algorithm is MASAC:
            temperature = model.log_ent_coef[index].item()
            assert temperature == pytest.approx(single.log_ent_coef.item(), abs=1e-6)


@each_learner
def test_a_replicate_does_not_notice_what_happens_to_the_others(algorithm):
    assert_unnoticed(algorithm, [2, 3], STEPS, **SETTINGS)


@pytest.mark.parametrize("env_id", ["TrustDilemma-v1", "TeamProduction-v1"])
@each_learner
def test_a_run_is_the_same_alone_as_in_company(algorithm, env_id):
    assert_alone_as_in_company(algorithm.__name__, env_id)


@each_learner
def test_a_killed_job_goes_on_as_if_nothing_had_happened(algorithm, tmp_path, monkeypatch, caplog):
    """Episodes of SynergySearch are drawn, so the environment has its own stream as well."""
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", -1.0)
    modes = ["integrated", "private", "cooperative"]
    runs = short_runs(algorithm.__name__, "SynergySearch-v0", modes=modes)
    assert_goes_on(runs, tmp_path / "batch.zip", caplog)


def test_settings_survive_the_file_of_the_library(tmp_path):
    model = build(M3DDPG, independent()[0], radius=0.25, actor_learning_rate=0.2, **SETTINGS)
    model.save(tmp_path / "model.zip")
    loaded = M3DDPG.load(tmp_path / "model.zip", env=independent()[0], device="cpu")
    assert (loaded.radius, loaded.actor_learning_rate) == (0.25, 0.2)
    assert (loaded.policy_delay, loaded.target_noise_clip) == (1, 0.0)


# Steps have no consequences, so values look no further.
DETERMINISTIC = {
    "gamma": 0.0,
    "network": {"hidden": (64, 64), "exploration_noise": 0.3},
    "learning_rate": falling(3e-3),
    "actor_learning_rate": falling(3e-4),
    "batch_size": 64,
    "train_freq": 1,
    "gradient_steps": 4,
    "learning_starts": 1000,
}
SOFT = {
    "gamma": 0.0,
    "network": {"hidden": (32, 32)},
    "learning_rate": falling(5e-3),
    "batch_size": 128,
    "train_freq": 1,
    "gradient_steps": 2,
    "learning_starts": 1000,
    "target_entropy": -3.0,
    "ent_coef": "auto_0.1",
}
TASK = {
    MADDPG: (16, 6000, DETERMINISTIC),
    # Whose actors take half as many steps.
    MATD3: (16, 6000, {**DETERMINISTIC, "actor_learning_rate": falling(6e-4)}),
    M3DDPG: (16, 6000, DETERMINISTIC),
    MASAC: (16, 9600, SOFT),
}


@each_learner
def test_public_goods_are_provided_only_under_cooperative_reward(algorithm):
    copies, steps, settings = TASK[algorithm]
    if algorithm is MASAC:  # near a bound, a low temperature from the start
        own = {"gradient_steps": 1, "ent_coef": "auto_0.02"}
        assert_public_goods(algorithm, (copies, steps, {**settings, **own}))
    else:
        assert_public_goods(algorithm, (copies, 3500, settings))


# Deterministic actors stop where the slope of their critic is zero, which has to be where that of
# the reward is: a wide critic has many short pieces, and actors wait until it has the shape.
PRECISE = {
    **DETERMINISTIC,
    "network": {"hidden": (512,), "exploration_noise": 0.7},
    "learning_rate": falling(1e-2),
    "actor_learning_rate": lambda remaining: 5e-4 * remaining if remaining < 0.8 else 0.0,
    "batch_size": 32,
}


@each_learner
def test_every_agent_finds_its_own_optimum(algorithm):
    if algorithm is MASAC:
        assert_finds_own_optimum(MASAC, TASK[MASAC])
    else:
        assert_finds_own_optimum(algorithm, (16, 8000, PRECISE), agents=2)


@pytest.mark.parametrize("agents", [2, 5])
@each_learner
def test_own_reward_leads_to_the_equilibrium(algorithm, agents):
    of_two = (16, 4800, SOFT) if algorithm is MASAC else (16, 4000, PRECISE)
    assert_mixed_motives(algorithm, of_two if agents == 2 else TASK[algorithm], agents)


def values(model, horizon):
    """Values [slices, T] of playing on without noise, on a `Toy`."""
    seen = torch.tensor([[1.0, t / horizon] for t in range(horizon)])
    states = seen.repeat(model.layout.slices, 1, model.layout.agents)
    with torch.no_grad():
        actions = model.actor.act(seen.expand(model.layout.slices, -1, -1), None)
        return model.critic(states, model.layout.joint(actions)).amin(0).numpy()


CRITIC = {
    "gamma": 0.8,
    "learning_rate": falling(0.02),
    "batch_size": 128,
    "train_freq": 1,
    "tau": 0.1,
    "replay_buffer_kwargs": {"terminal": True},
}


def settings_of_critic(algorithm):
    """Delayed targets move half as often."""
    own = {MASAC: {"ent_coef": 1e-3}, MATD3: {"tau": 0.2}}
    return {**CRITIC, **own.get(algorithm, {})}


@pytest.mark.parametrize("finite", [True, False], ids=["the end is terminal", "values go on"])
@pytest.mark.parametrize("algorithm", [MADDPG, MASAC], ids=lambda a: a.__name__)
def test_value_of_a_constant_reward(algorithm, finite):
    """The finite sum; or 1 / (1 - gamma) where values go on after the last step."""
    env = Toy(constant(1.0), 1, 8, 2, horizon=5)
    env = FiniteHorizon(env) if finite else env
    model = build(algorithm, env, network={"hidden": (32, 32)}, **settings_of_critic(algorithm))
    found = values(model.learn(4800), 5)
    left = np.arange(5, 0, -1)
    expected = (1 - 0.8**left) / 0.2 if finite else np.full(5, 5.0)
    np.testing.assert_allclose(found, [expected] * 2, atol=0.05 * expected[0])


@each_learner
def test_a_critic_reaches_large_returns_and_replays_actions_in_units_of_the_policy(algorithm):
    """Four rewards of 250 are 1,000 at the start; a critic that ends in tanh stays below 1."""
    env = FiniteHorizon(Toy(constant(250.0), 1, 8, 2, horizon=4))
    settings = {**settings_of_critic(algorithm), "gamma": 1.0, "learning_rate": falling(0.1)}
    model = build(algorithm, env, network={"hidden": (32,)}, **settings).learn(3000)
    assert values(model, 4)[:, 0] == pytest.approx([1000, 1000], rel=0.05)
    stored = model.replay_buffer.actions[: model.replay_buffer.pos]
    assert stored.abs().max() <= 1
    assert stored.min() < -0.9 < 0.9 < stored.max()


def chain(shares):
    """An agent is paid what the next gives in one replicate, the one before in the other."""
    return np.stack([np.roll(shares[0], -1, axis=1), np.roll(shares[1], 1, axis=1)])


@each_learner
def test_critics_tell_agents_apart(algorithm):
    """The value has a slope of a half along the action of whoever pays, and none along others."""
    settings = {**TASK[algorithm][2], "gradient_steps": 1, "learning_starts": 0}
    model = build(algorithm, Toy(chain, 2, 16, 3), **settings)
    explore = model._explore
    model._explore = lambda _: explore(learning_starts=np.inf)  # uniformly
    model.learn(6400)
    drawn = torch.rand(6, 100, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    joint_actions = drawn.requires_grad_(True)
    states = torch.tensor([1.0, 0.5]).repeat(6, 100, 3)
    (slopes,) = torch.autograd.grad(model.critic(states, joint_actions)[0].sum(), joint_actions)
    expected = torch.zeros(2, 3, 3)
    for agent in range(3):
        expected[0, agent, (agent + 1) % 3] = expected[1, agent, (agent - 1) % 3] = 0.5
    torch.testing.assert_close(slopes.mean(1).view(2, 3, 3), expected, rtol=0, atol=0.05)


def watched(algorithm, **settings):
    """A model before and after an update, and what its critics are given in between.

    Returns:
        The models; the batch; the noise drawn for the update, if any; and actions
        [slices, batch, N] given to `critic` and to `critic_target`, one entry per call.
    """
    model = build(algorithm, Toy(chain, 2, 4, 3), **SETTINGS, **settings).learn(STEPS)
    model.policy_delay = 1
    before, drawn, given = deepcopy(model), [], {}
    for name in ("critic", "critic_target"):
        calls = given[name] = []
        getattr(model, name).register_forward_pre_hook(
            lambda _, arguments, calls=calls: calls.append(arguments)
        )

    def kept(function):
        def call(*arguments):
            drawn.append(function(*arguments))
            return drawn[-1]

        return call

    model.replay_buffer.sample = kept(model.replay_buffer.sample)
    model._update_noise = kept(model._update_noise)
    model.train(1, 64)
    batch, *noise = drawn
    for name, following in (("critic", batch.states), ("critic_target", batch.next_states)):
        for states, _ in given[name]:
            assert torch.equal(states, following[[0, 0, 0, 1, 1, 1]])
    actions = {name: [actions.detach() for _, actions in calls] for name, calls in given.items()}
    return before, model, batch, noise, actions


def side_by_side(others, own=None):
    """Joint actions [slices, batch, N] of the others' [slices, batch, 1] and an agent's own."""
    own = others if own is None else own
    rows = []
    for replicate in range(2):
        for agent in range(3):
            columns = [
                (own if other == agent else others)[3 * replicate + other] for other in range(3)
            ]
            rows.append(torch.cat(columns, dim=1))
    return torch.stack(rows)


@pytest.mark.parametrize("algorithm", [MADDPG, MATD3], ids=lambda a: a.__name__)
def test_actors_are_judged_beside_replayed_actions_and_targets_look_ahead(algorithm):
    before, _, batch, noise, given = watched(algorithm)
    with torch.no_grad():
        following = before.policy.actor_target(batch.next_observations)
        if algorithm is MATD3:
            ((noise,),) = noise
            assert (0.2 * noise).abs().max() > 0.5
            following = (following + (0.2 * noise).clamp(-0.5, 0.5)).clamp(-1, 1)
        own = before.actor(batch.observations)
    assert torch.equal(given["critic_target"][0], side_by_side(following))
    assert torch.equal(given["critic"][0], side_by_side(batch.actions))
    assert torch.equal(given["critic"][1], side_by_side(batch.actions, own))


def test_soft_actors_are_judged_beside_actions_of_the_current_policies():
    before, _, batch, ((noise, next_noise),), given = watched(MASAC)
    with torch.no_grad():
        current, _ = before.actor.sample(batch.observations, noise)
        following, _ = before.actor.sample(batch.next_observations, next_noise)
    assert torch.equal(given["critic_target"][0], side_by_side(following))
    assert torch.equal(given["critic"][0], side_by_side(batch.actions))
    assert torch.equal(given["critic"][1], side_by_side(current))


@each_learner
def test_an_actor_sees_its_own_observation_only(algorithm):
    model = build(algorithm, Toy(chain, 2, 4, 3), **SETTINGS).learn(STEPS)
    rows = np.random.default_rng(0).uniform(-1, 1, (model.layout.rows, 2)).astype(np.float32)
    other = rows.copy()
    other[1::3] += 0.5
    played, then = (model.predict(seen, deterministic=True)[0] for seen in (rows, other))
    changed = (played != then).reshape(-1, 3)
    assert changed[:, 1].all()
    assert not changed[:, [0, 2]].any()


def test_without_a_radius_there_is_no_adversary():
    models = [
        build(MADDPG, independent()[0], **SETTINGS),
        build(M3DDPG, independent()[0], radius=0.0, **SETTINGS),
        build(M3DDPG, independent()[0], **SETTINGS),
    ]
    plain, same, other = (list(m.learn(STEPS).policy.parameters()) for m in models)
    assert all(map(torch.equal, plain, same))
    assert not torch.equal(plain[0], other[0])


@pytest.mark.parametrize("name", ["critic", "critic_target"], ids=["actor loss", "target"])
def test_an_adversary_moves_the_others_by_its_radius_to_where_the_value_is_lower(name):
    before, after, batch, _, given = watched(M3DDPG, radius=0.1)
    with torch.no_grad():
        if name == "critic":  # which has taken its step when the actor takes one
            critic, states = after.critic, batch.states
            nominal = side_by_side(batch.actions, before.actor(batch.observations))
        else:
            critic, states = before.critic_target, batch.next_states
            nominal = side_by_side(before.policy.actor_target(batch.next_observations))
    states = states[[0, 0, 0, 1, 1, 1]]
    *_, asked, found = given[name]
    assert torch.equal(asked, nominal)
    assert (nominal - found).abs().max() > 0.09
    with torch.enable_grad():
        nominal.requires_grad_(True)
        value = critic(states, nominal)[0]
        (slope,) = torch.autograd.grad(value.sum(), nominal)
    others = ~torch.eye(3, dtype=torch.bool).repeat(2, 1).unsqueeze(1)
    expected = torch.where(others, (nominal - 0.1 * slope.sign()).clamp(-1, 1), nominal)
    torch.testing.assert_close(found, expected)
    assert (critic(states, found)[0] < value).float().mean() >= 0.95


def test_temperature_reaches_its_entropy_target_and_evaluation_is_the_squashed_mean():
    """The best policy for 1 - ((u - v) / 2)^2 has variance 2 alpha; its entropy is to be -1."""
    own = {
        "target_entropy": -1.0,
        "ent_coef": "auto_0.02",
        "learning_rate": lambda remaining: 5e-3 * min(1, 3 * remaining),
    }
    env = Toy(quadratic(np.array([[0.3, 0.7]])), 1, 16, 2)
    model = build(MASAC, env, **{**SOFT, **own}).learn(8000)
    seen = torch.tensor([1.0, 0.5]).repeat(2, 4000, 1)
    noise = torch.randn(2, 4000, 1, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        _, log_prob = model.actor.sample(seen, noise)
        mean, _ = model.actor.gaussian(seen[:, :1])
    assert log_prob.mean(1).tolist() == pytest.approx([1.0] * 2, abs=0.2)
    # The critic's curvature is that of its pieces, so the temperature is right within a factor.
    alpha = np.exp(-2) / (2 * np.pi * np.e) / 2
    assert np.log(alpha) == pytest.approx(model.log_ent_coef.detach().numpy(), abs=np.log(3))
    rows = seen[0, :32].numpy()
    evaluated, _ = model.predict(rows, deterministic=True)
    expected = torch.tanh(mean).view(2, 1).repeat(16, 1).numpy()
    np.testing.assert_allclose(evaluated, expected, rtol=0, atol=1e-6)
