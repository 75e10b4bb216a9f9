"""Figures of the specification that need nothing outside the repository."""

import math

import numpy as np
import pytest

from coopetition import envs
from coopetition.agents import evaluate, make
from coopetition.agents.policy import Policy
from coopetition.envs.mechanisms.collective_action import TeamParameters
from coopetition.envs.mechanisms.interdependence import integrated_utilities, matrix
from coopetition.envs.mechanisms.value import ValueParameters, individual_value, synergy


class Scripted(Policy):
    """Plays a list of share profiles, cyclically."""

    name = "Scripted"

    def __init__(self, shares):
        self.shares = shares

    def reset(self, game, seeds):
        super().reset(game, seeds)
        self.step = 0

    def act(self, observations):
        actions = self.shares(self.step, self.game.n_agents) * self.game.endowments
        self.step += 1
        return np.repeat(actions[None], self.copies, axis=0)


def mixed(k, n):
    return np.array([0.2 + 0.1 * ((3 * i + 5 * k) % 7) for i in range(n)])


def golden_sine(k, n):
    return 0.5 + 0.5 * np.sin(0.7 * k + 1.3 * np.arange(n))


# id, policy, length, final trust, final damage, private, integrated, cooperative, agent 0
EPISODES = [
    ("TrustDilemma-v0", 0, 3, 0.02921, 0.87500, 600.00, 635.82, 635.82, 317.91),
    ("TrustDilemma-v0", 50, 100, 1.0, 0.0, 29227.30, 46266.82, 46266.82, 23133.41),
    ("TrustDilemma-v0", 100, 100, 1.0, 0.0, 25460.48, 40303.94, 40303.94, 20151.97),
    ("TrustDilemma-v0", mixed, 13, 0.04360, 0.88644, 3722.93, 4068.80, 4068.80, 2059.66),
    ("SLCD-v0", 0, 100, 0.0, 1.0, 20000.00, 20135.20, 20135.20, 10058.60),
    ("SLCD-v0", 50, 100, 0.99992, 0.0, 28977.30, 49870.05, 49870.05, 23450.93),
    ("SLCD-v0", 100, 100, 0.99992, 0.0, 24960.48, 42996.15, 42996.15, 20271.55),
    ("SLCD-v0", mixed, 100, 0.06122, 0.86217, 28411.20, 31377.57, 31377.57, 15813.08),
    ("TeamProduction-v0", golden_sine, 100, 0.015677, 0.934470, 32440.50, 35197.27, 35090.10, None),
    (
        "ReciprocalDilemma-v0",
        golden_sine,
        100,
        0.009231,
        0.936710,
        26507.15,
        27304.57,
        27304.30,
        None,
    ),
]


@pytest.mark.parametrize(
    "case", EPISODES, ids=lambda c: f"{c[0]}-{getattr(c[1], '__name__', c[1])}"
)
def test_episode(case):
    env_id, policy, length, trust, damage, private, integrated, cooperative, agent_0 = case
    player = Scripted(policy) if callable(policy) else make(f"Constant_{policy:02d}")
    episodes = evaluate(player, env_id)
    assert episodes.length[0] == length
    assert episodes.trust[0] == pytest.approx(trust, abs=6e-6)
    expected = {"private": private, "integrated": integrated, "cooperative": cooperative}
    for mode, value in expected.items():
        assert episodes.returns(mode)[0] == pytest.approx(value, abs=0.006)
    assert episodes.welfare[0] == pytest.approx(private, abs=0.006)
    if agent_0 is not None:
        assert episodes.rewards["integrated"][0, 0] == pytest.approx(agent_0, abs=0.006)
    assert damage == pytest.approx(final_damage(player, env_id), abs=6e-6)


def final_damage(policy, env_id):
    game = envs.game(env_id)
    env = envs.make(env_id)
    _, info = env.reset()
    policy.reset(game, [np.random.SeedSequence(0)])
    done = False
    while not done:
        _, _, terminated, truncated, info = env.step(policy.act(None)[0])
        done = terminated or truncated
    return info["mean_reputation_damage"]


def test_trust_dilemma_trust_and_rewards_step_by_step():
    env = envs.make("TrustDilemma-v0")
    env.reset()
    expected = [
        ((60, 30), (0.194, 0.575), 0.5, (154.93748, 200.817)),
        ((60, 60), (0.2399, 0.63875), 0.49, (163.83221, 198.10559)),
        ((40, 45), (0.28041, 0.63875), 0.4802, (173.75604, 203.57259)),
    ]
    for actions, trust, damage, rewards in expected:
        observation, reward, *_, info = env.step(np.array(actions, np.float32))
        assert observation[3] == pytest.approx(trust[0], abs=5e-6)
        assert observation[4] == pytest.approx(trust[1], abs=5e-6)
        assert observation[7] == pytest.approx(damage, abs=5e-6)
        assert info["rewards"] == pytest.approx(rewards, rel=1e-6)
        assert reward == pytest.approx(sum(rewards), rel=1e-6)


def test_third_reward_of_the_golden_profile():
    third = {
        "TeamProduction-v0": (138.0291, 142.9110),
        "ReciprocalDilemma-v0": (164.5593, 180.5721),
    }
    for env_id, rewards in third.items():
        env = envs.make(env_id)
        env.reset()
        for k in range(3):
            shares = golden_sine(k, env.game.n_agents)
            info = env.step((shares * env.game.endowments).astype(np.float32))[4]
        assert info["rewards_by_mode"]["integrated"][:2] == pytest.approx(rewards, abs=6e-5)


# Best constant under integrated reward: level in percent and return (1 % grid).
BEST_CONSTANTS = {
    "TrustDilemma-v0": (42, 46830),
    "SLCD-v0": (33, 51011),
    "TeamProduction-v0": (47, 97144),
    "ReciprocalDilemma-v0": (33, 43806),
}
CONSTANT_RETURNS = {
    "TrustDilemma-v0": {0: 636, 30: 949, 40: 38551, 50: 46267, 60: 45343, 100: 40304},
    "SLCD-v0": {0: 20135, 30: 44172, 40: 50684, 50: 49870, 60: 48787, 100: 42996},
    "TeamProduction-v0": {0: 18305, 30: 37786, 40: 68723, 50: 97079, 60: 96390, 100: 89390},
    "ReciprocalDilemma-v0": {0: 20058, 30: 37109, 40: 43520, 50: 42815, 60: 41879, 100: 36880},
}


def test_response_surface(env_id):
    from coopetition.agents.constants import Constant

    returns = evaluate(Constant(range(101)), env_id, episodes=101).returns("integrated")
    level, value = BEST_CONSTANTS[env_id]
    assert returns.argmax() == level
    assert returns.max() == pytest.approx(value, abs=0.5)
    for level, value in CONSTANT_RETURNS[env_id].items():
        assert returns[level] == pytest.approx(value, abs=0.5)


# Static structure at full trust: Nash of private payoffs and welfare optimum (agents 0 and 1).
STATIC = {
    "TrustDilemma-v0": (0.70, (0.5, 0.5), (23.24, 23.24), (29.77, 29.77), 297.31, 298.36),
    "SLCD-v0": (0.65, (0.55, 0.45), (23.26, 22.49), (28.63, 28.63), 296.03, 296.90),
}


@pytest.mark.parametrize("env_id", STATIC)
def test_static_equilibrium_and_optimum(env_id):
    """Analytic first-order conditions hold at the specified profiles, and welfare is as stated."""
    game = envs.game(env_id)
    gamma, alpha, nash, optimum, welfare_nash, welfare_optimum = STATIC[env_id]
    assert (game.value.gamma, tuple(np.round(game.alpha.astype(float), 6))) == (gamma, alpha)

    def payoffs(profile):
        state = game.reset([0])
        return game.step(state, np.array([profile]))[1].payoffs[0].astype(float)

    for i in (0, 1):
        here = payoffs(nash)[i]
        for move in (-0.5, 0.5):
            other = list(nash)
            other[i] += move
            assert payoffs(other)[i] < here
    assert payoffs(nash).sum() == pytest.approx(welfare_nash, abs=0.01)
    assert payoffs(optimum).sum() == pytest.approx(welfare_optimum, abs=0.01)
    symmetric = 20 / (1 - gamma / 2) - 1
    assert symmetric == pytest.approx(optimum[0], abs=0.01)


def test_value_functions():
    logarithmic, power = ValueParameters(), ValueParameters(specification="power", gamma=0.5)
    actions = np.array([[4.0, 9.0], [0.0, 9.0]], np.float32)
    assert individual_value(logarithmic, actions)[0] == pytest.approx(20 * np.log1p([4, 9]))
    assert individual_value(power, actions)[0] == pytest.approx([4**0.75, 9**0.75])
    assert individual_value(power, actions)[1, 0] == pytest.approx(3.16e-8, rel=1e-2)
    assert synergy(logarithmic, actions) == pytest.approx([0.65 * 6, 0.0])
    assert synergy(power, actions) == pytest.approx([0.5 * 6, 0.0])


def test_integrated_utilities_add_the_weighted_payoffs_of_others():
    payoffs = np.array([[10.0, 20.0, 40.0]])
    weights = matrix([[0, 0.5, 0.25], [1, 0, 0], [0, 0.5, 0]])[None]
    assert integrated_utilities(payoffs, weights)[0] == pytest.approx([30, 30, 50])


def test_team_production_model():
    team = TeamParameters(n_agents=4, omega=25.0, beta=0.7, c=1.0, max_effort=50.0)
    assert team.nash_effort == pytest.approx(34.2400, abs=5e-5)
    assert team.optimal_effort == pytest.approx(3478.57, abs=5e-3)
    linear = TeamParameters(n_agents=5, omega=2.0, beta=1.0, c=1.0, max_effort=50.0)
    assert (linear.nash_effort, linear.optimal_effort) == (0.0, 50.0)
    assert math.isclose(team.output(16.0), 25 * 16**0.7)
