"""Invariances of the engine, for every game: batching, purity, modes, input checks, parameters."""

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopetition import envs
from coopetition.envs import registry
from coopetition.envs.contract import measure
from coopetition.envs.engine import merge, row_sum
from coopetition.envs.interfaces.joint import JointEnv
from coopetition.envs.mechanisms.trust import TrustParameters
from coopetition.envs.registry import register
from coopetition.envs.rewards import reward_level, reward_scale

IDS = envs.ids()
FORMAL = envs.ids("v1")
WITH_TRUST = [id for id in IDS if "damage" in envs.game(id).reset([0])]
# id: agents, horizon, length of the joint observation, largest endowment, shortest episode
CONTRACTS = {
    "DynamicPartnerSelection-v0": (6, 50, 121, 100.0, 50),
    "PartnerHoldUp-v0": (2, 100, 15, 120.0, 3),
    "PlatformEcosystem-v0": (5, 100, 81, 150.0, 4),
    "RenaultNissan-v0": (2, 100, 15, 100.0, 100),
    "SynergySearch-v0": (2, 100, 15, 100.0, 100),
    "CooperativeNegotiation-v0": (2, 100, 18, 100.0, 100),
    "RecoveryRace-v0": (2, 150, 15, 100.0, 150),
    "ReputationMarket-v0": (5, 100, 86, 100.0, 100),
    "SLCD-v0": (2, 100, 15, 100.0, 100),
    "TrustDilemma-v0": (2, 100, 15, 100.0, 3),
    "ApacheProject-v0": (40, 60, 4841, 50.0, 60),
    "CoalitionFormation-v0": (6, 150, 115, 50.0, 150),
    "LoyaltyTeam-v0": (4, 100, 53, 50.0, 100),
    "PublicGoods-v0": (5, 100, 81, 50.0, 100),
    "TeamProduction-v0": (4, 100, 53, 50.0, 100),
    "AppleAppStore-v0": (3, 66, 31, 100.0, 66),
    "GiftExchange-v0": (2, 100, 15, 100.0, 100),
    "GraduatedSanction-v0": (6, 200, 115, 100.0, 200),
    "IndirectReciprocity-v0": (4, 150, 53, 100.0, 150),
    "ReciprocalDilemma-v0": (2, 100, 15, 100.0, 100),
    "DynamicPartnerSelection-v1": (6, 50, 13, 100.0, 50),
    "PartnerHoldUp-v1": (2, 100, 9, 120.0, 100),
    "PlatformEcosystem-v1": (5, 100, 50, 150.0, 100),
    "RenaultNissan-v1": (2, 100, 11, 100.0, 100),
    "SynergySearch-v1": (2, 100, 6, 100.0, 100),
    "CooperativeNegotiation-v1": (2, 100, 9, 100.0, 100),
    "RecoveryRace-v1": (2, 150, 8, 100.0, 150),
    "ReputationMarket-v1": (5, 100, 51, 100.0, 100),
    "SLCD-v1": (2, 100, 7, 100.0, 100),
    "TrustDilemma-v1": (2, 100, 8, 100.0, 100),
    "ApacheProject-v1": (6, 60, 17, 60.0, 60),
    "CoalitionFormation-v1": (6, 150, 31, 50.0, 150),
    "LoyaltyTeam-v1": (4, 100, 9, 50.0, 100),
    "PublicGoods-v1": (5, 100, 11, 50.0, 100),
    "TeamProduction-v1": (4, 100, 5, 50.0, 100),
    "AppleAppStore-v1": (3, 66, 33, 100.0, 66),
    "GiftExchange-v1": (2, 100, 13, 100.0, 100),
    "GraduatedSanction-v1": (6, 200, 134, 100.0, 200),
    "IndirectReciprocity-v1": (4, 150, 33, 100.0, 150),
    "ReciprocalDilemma-v1": (2, 100, 17, 100.0, 100),
}
# The games with a rule that ends them, none in the formal edition; that of RecoveryRace needs more
# than its horizon.
END_EARLY = {"PartnerHoldUp-v0", "PlatformEcosystem-v0", "RecoveryRace-v0", "TrustDilemma-v0"}
RANDOM = {"SynergySearch-v0", "SynergySearch-v1", "CoalitionFormation-v1"}
# Another value of every parameter.
VALUES, TRUST = {"value_params": {"theta": 30.0}}, {"trust_params": {"xi": 2.0}}
TEAM = {"n_agents": 3, "omega": 9.0, "beta": 0.4}
LOYALTY = {"phi_B": 0.1, "phi_C": 0.9}
OTHER_VALUES = {
    "DynamicPartnerSelection-v0": {"n_agents": 4, "reputation_weight": 0.9},
    "PartnerHoldUp-v0": {"strong_dependency": 0.6, "weak_dependency": 0.3},
    "PlatformEcosystem-v0": {
        "n_developers": 2,
        "platform_share": 0.6,
        "platform_dependency": 0.5,
        "developer_dependency": 0.4,
    },
    "RenaultNissan-v0": {"phase": "crisis"},
    "SynergySearch-v0": {"gamma_range": (0.1, 0.2), "reveal_gamma_in_obs": True},
    "CooperativeNegotiation-v0": {
        "agreement_threshold": 60.0,
        "breach_penalty_multiplier": 1.0,
        "negotiation_rounds": 9,
    },
    "RecoveryRace-v0": {
        "initial_trust": 0.1,
        "initial_reputation_damage": 0.3,
        "recovery_target": 0.6,
    },
    "ReputationMarket-v0": {"n_agents": 3, "reputation_visibility": 0.5, "tier_enabled": False},
    "SLCD-v0": {"trust_enabled": False},
    "TrustDilemma-v0": {
        "trust_sensitivity": 0.1,
        "trust_building_rate": 0.01,
        "trust_erosion_rate": 0.1,
    },
    "ApacheProject-v0": {"phase": "growth"},
    "CoalitionFormation-v0": {
        **TEAM,
        "min_coalition_size": 6,
        "exit_threshold": 0.4,
        "reentry_cooldown": 35,
    },
    "LoyaltyTeam-v0": {**TEAM, **LOYALTY, "c": 9.0},
    "PublicGoods-v0": {"n_agents": 3, "multiplier": 1.5, "endowment": 80.0, **LOYALTY},
    "TeamProduction-v0": {**TEAM, "c": 9.0},
    "AppleAppStore-v0": VALUES,
    "GiftExchange-v0": VALUES | TRUST,
    "GraduatedSanction-v0": VALUES | TRUST,
    "IndirectReciprocity-v0": VALUES | TRUST,
    "ReciprocalDilemma-v0": VALUES | TRUST,
}
FORMAL_VALUES = {
    "DynamicPartnerSelection-v1": {"n_agents": 4, "without": {"selection"}},
    "PartnerHoldUp-v1": {"without": {"capital"}},
    "PlatformEcosystem-v1": {"n_developers": 2, "without": {"retention"}},
    "RenaultNissan-v1": {"phase": "strained", "without": {"shocks"}},
    "SynergySearch-v1": {},
    "CooperativeNegotiation-v1": {"without": {"contract"}},
    "RecoveryRace-v1": {"without": {"crisis"}},
    "ReputationMarket-v1": {"n_agents": 3, "without": {"tiers"}},
    "SLCD-v1": {"without": {"trust_payoff"}},
    "TrustDilemma-v1": {"without": {"exit"}},
    "ApacheProject-v1": {"n_agents": 8, "phase": "growth", "without": {"caps"}},
    "CoalitionFormation-v1": {"n_agents": 4, "without": {"loyalty"}},
    "LoyaltyTeam-v1": {"n_agents": 3, "without": {"loyalty"}},
    "PublicGoods-v1": {"n_agents": 3, "without": {"loyalty"}},
    "TeamProduction-v1": {"n_agents": 3},
    "AppleAppStore-v1": {"phase": "tension", "without": {"reciprocity"}},
    "GiftExchange-v1": {"without": {"reciprocity"}},
    "GraduatedSanction-v1": {"n_agents": 4, "without": {"escalation"}},
    "IndirectReciprocity-v1": {"n_agents": 3, "without": {"image"}},
    "ReciprocalDilemma-v1": {"without": {"reciprocity"}},
}
for id in FORMAL:
    # A game without trust or without a switch has only the default of these two.
    noise = {"t0_noise": 0.2 if id in WITH_TRUST else 0.0}
    others = {"params": {"endowments": 70.0}, "tremble": 0.1, "without": (), **noise}
    OTHER_VALUES[id] = others | FORMAL_VALUES[id]
# Parameters of released constructors that change nothing (spec TR-1/TR-2, 14; TR-3, F1).
WITHOUT_EFFECT = {
    "DynamicPartnerSelection-v0": {"reputation_weight"},
    "CooperativeNegotiation-v0": {"negotiation_rounds"},
    "LoyaltyTeam-v0": {"phi_B", "phi_C"},
    **{id: {"t0_noise"} for id in FORMAL if id not in WITH_TRUST},
}
WITHOUT_EFFECT["SynergySearch-v1"] |= {"without"}
WITHOUT_EFFECT["TeamProduction-v1"] |= {"without"}
STREAMS = st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 9), st.sampled_from([0.0, 0.35, 0.6]))


def play(game, actions, seeds):
    """States, payoffs and rewards of a stream of actions [T, B, N]."""
    state = game.reset(seeds)
    trace = []
    for joint in actions:
        state, outcome = game.step(state, joint)
        rewards = [game.rewards(outcome, mode) for mode in envs.REWARD_MODES]
        flags = [outcome.terminated, outcome.truncated]
        seen = [game.joint_observation(state), game.mean_trust(state)]
        trace.append([*state.values(), outcome.payoffs, *rewards, *flags, *seen])
    return trace


@pytest.mark.parametrize("env_id", IDS)
@settings(max_examples=4, deadline=None)
@given(stream=STREAMS)
def test_batched_equals_single_bit_for_bit(env_id, stream):
    seed, batch, low = stream
    game = envs.game(env_id)
    shares = np.random.default_rng(seed).uniform(low, 1.1, (30, batch, game.n_agents))
    actions = (shares * game.endowments).astype(np.float32)
    together = play(game, actions, range(batch))
    for copy in range(batch):
        alone = play(game, actions[:, copy : copy + 1], [copy])
        for batched, single in zip(together, alone, strict=True):
            for a, b in zip(batched, single, strict=True):
                np.testing.assert_array_equal(a[copy], b[0])


@pytest.mark.parametrize("env_id", IDS)
@settings(max_examples=2, deadline=None)
@given(stream=STREAMS)
def test_copies_at_different_times_do_not_mix(env_id, stream):
    """A copy that is reset in the middle goes on as a fresh episode beside older ones."""
    seed, batch, low = stream
    game = envs.game(env_id)
    rng = np.random.default_rng(seed)
    shares = rng.uniform(low, 1, (16, batch, game.n_agents))
    actions = (shares * game.endowments).astype(np.float32)
    state = game.reset([0] * batch)
    restarted = np.flatnonzero(rng.random(batch) < 0.5)
    for t, joint in enumerate(actions):
        if t == 7:
            state = merge(state, restarted, game.reset([0] * len(restarted)))
        state, _ = game.step(state, joint)
    for copy in range(batch):
        first = 7 if copy in restarted else 0
        alone = play(game, actions[first:, copy : copy + 1], [0])[-1]
        for name, array in zip(state, alone, strict=False):
            np.testing.assert_array_equal(state[name][copy], array[0], err_msg=name)


def test_no_copies_are_a_batch_too(env_id):
    game = envs.game(env_id)
    state = game.reset([])
    one = game.reset([0])
    assert {name: array.shape[1:] for name, array in state.items()} == {
        name: array.shape[1:] for name, array in one.items()
    }
    merged = merge(one, np.array([], int), state)
    assert all((merged[name] == one[name]).all() for name in one)


def test_a_step_changes_nothing_it_was_given(env_id):
    game = envs.game(env_id)
    state = game.reset([0, 1])
    actions = np.repeat(game.endowments[None], 2, axis=0) * 0.7
    state, _ = game.step(state, actions)
    before = {name: array.copy() for name, array in state.items()}
    game.step(state, actions)
    for name, array in before.items():
        np.testing.assert_array_equal(state[name], array)
    with pytest.raises(ValueError, match="read-only"):
        game.endowments[0] = 1.0


def test_no_mode_changes_a_state_or_a_payoff(env_id):
    traces = {}
    for mode in envs.REWARD_MODES:
        env = envs.make(env_id, reward_mode=mode)
        rng = np.random.default_rng(3)
        observation, _ = env.reset(seed=1)
        traces[mode] = []
        for _ in range(40):
            action = rng.uniform(0.4, 1, env.game.n_agents) * env.game.endowments
            observation, reward, *flags, info = env.step(action.astype(np.float32))
            assert reward == pytest.approx(float(info["rewards_by_mode"][mode].sum()), rel=1e-6)
            np.testing.assert_array_equal(info["rewards"], info["rewards_by_mode"][mode])
            traces[mode].append((observation, info["payoffs"], flags))
    for mode in ("integrated", "cooperative"):
        for (a, b, c), (x, y, z) in zip(traces["private"], traces[mode], strict=True):
            np.testing.assert_array_equal(a, x)
            np.testing.assert_array_equal(b, y)
            assert c == z


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (lambda n: np.full(n, np.nan, np.float32), "finite"),
        (lambda n: np.full(n, np.inf, np.float32), "finite"),
        (lambda n: np.zeros(n + 1, np.float32), "shape"),
        (lambda n: np.zeros((n, 1), np.float32), "shape"),
        (lambda n: 5.0, "shape"),
        (lambda n: np.array(["a"] * n), "real numbers"),
        (lambda n: np.zeros(n, complex), "real numbers"),
        (lambda n: np.ones(n, bool), "real numbers"),
        (lambda n: [None] * n, "real numbers"),
    ],
)
def test_bad_actions_raise_and_leave_the_state_as_it_was(env_id, normalize, bad, said):
    env = envs.make(env_id, normalize=normalize)
    env.reset(seed=0)
    good = np.full(env.game.n_agents, 0.5, np.float32)
    env.step(good)
    before = {name: array.copy() for name, array in env._state.items()}
    with pytest.raises(envs.ActionError, match=said):
        env.step(bad(env.game.n_agents))
    for name, array in before.items():
        np.testing.assert_array_equal(env._state[name], array)
    env.step(good)


def test_actions_are_clipped_to_each_endowment(env_id):
    game = envs.game(env_id)
    state = game.reset([0])
    n_agents = game.n_agents
    state, _ = game.step(state, np.full((1, n_agents), 1e6))
    np.testing.assert_array_equal(state["actions"][0], game.endowments)
    state, _ = game.step(state, np.full((1, n_agents), -1e6))
    np.testing.assert_array_equal(state["actions"][0], np.zeros(n_agents))


@pytest.mark.parametrize("env_id", WITH_TRUST)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_trust_and_damage_stay_in_their_bounds(env_id, seed):
    """The ceiling 1 - R is that of the damage before the step as released, else after it."""
    game = envs.game(env_id)
    rng = np.random.default_rng(seed)
    state = game.reset([0])
    for _ in range(25):
        ceiling = 1 - state["damage"]
        actions = rng.choice([0, 0.39, 0.41, 1], (1, game.n_agents)) * game.endowments
        state, _ = game.step(state, actions)
        if env_id in FORMAL:
            ceiling = 1 - state["damage"]
        off = ~np.eye(game.n_agents, dtype=bool)
        assert (state["trust"][:, off] >= 0).all()
        assert (state["trust"][:, off] <= ceiling[:, off]).all()
        assert ((state["damage"] >= 0) & (state["damage"] <= 1)).all()
        assert (state["trust"][:, ~off] == 1).all()
        assert (state["damage"][:, ~off] == 0).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 70), st.sampled_from([np.float32, np.float64]), st.integers(0, 2**32 - 1))
def test_row_sum_has_the_bits_of_numpy_whatever_the_layout(width, dtype, seed):
    array = (np.random.default_rng(seed).standard_normal((70, width)) * 1e3).astype(dtype)
    array = np.asfortranarray(array) if seed % 2 else array
    expected = np.array([np.ascontiguousarray(row).sum() for row in array])
    np.testing.assert_array_equal(row_sum(array), expected)


class TestParameters:
    def test_unknown_names_raise_with_the_list_of_valid_ones(self, env_id):
        horizon = CONTRACTS[env_id][1]
        with pytest.raises(envs.ParameterError, match=rf"max_steps \(int, default {horizon}\)"):
            envs.make(env_id, reward_type="private")
        with pytest.raises(envs.ParameterError, match="Did you mean 'max_steps'"):
            envs.make(env_id, max_step=10)

    @pytest.mark.parametrize("value", ["10", 10.5, None, True, [3]])
    def test_wrong_types_raise(self, env_id, value):
        with pytest.raises(envs.ParameterError, match="max_steps"):
            envs.make(env_id, max_steps=value)

    def test_values_out_of_range_raise(self):
        with pytest.raises(ValueError, match="max_steps=0"):
            envs.make("SLCD-v0", max_steps=0)
        with pytest.raises(ValueError, match="lambda_minus=1"):
            envs.make("TrustDilemma-v0", trust_erosion_rate=1.5)
        with pytest.raises(ValueError, match="kappa=0"):
            envs.make("TrustDilemma-v0", trust_sensitivity=0)
        with pytest.raises(ValueError, match="n_agents=1"):
            envs.make("TeamProduction-v0", n_agents=1)
        with pytest.raises(ValueError, match="beta=-1"):
            envs.make("TeamProduction-v0", beta=-1)
        with pytest.raises(envs.ParameterError, match="no field 'theat'"):
            envs.make("ReciprocalDilemma-v0", value_params={"theat": 3})
        with pytest.raises(ValueError, match="gamma=2"):
            envs.make("ReciprocalDilemma-v0", value_params={"gamma": 2})

    @pytest.mark.parametrize(
        "value", [np.inf, -np.inf, np.float64("nan"), 1e39, pytest.param(10**400, id="huge")]
    )
    def test_numbers_that_are_not_finite_raise(self, value):
        """Also those that only single precision cannot hold."""
        for env_id, name in [
            ("TeamProduction-v0", "omega"),
            ("TrustDilemma-v0", "trust_sensitivity"),
        ]:
            with pytest.raises(
                envs.ParameterError,
                match=rf"{name}=.* must be finite in single precision; .*{name} \(",
            ):
                envs.make(env_id, **{name: value})
        with pytest.raises(
            envs.ParameterError, match=r"theta=.* must be finite in single precision; fields: "
        ):
            envs.make("ReciprocalDilemma-v0", value_params={"theta": value})

    @pytest.mark.parametrize("value", ["20", None, True, [20.0], 1j])
    def test_fields_of_a_wrong_type_raise_with_the_list_of_fields(self, value):
        with pytest.raises(
            envs.ParameterError, match=r"value_params: theta=.* must be float; "
        ) as e:
            envs.make("ReciprocalDilemma-v0", value_params={"theta": value})
        assert "specification (str, default 'logarithmic'), beta (float, default 0.75)" in str(
            e.value
        )
        with pytest.raises(envs.ParameterError, match=r"kappa=.*xi \(float, default 0.5\)"):
            envs.make("ReciprocalDilemma-v0", trust_params={"kappa": value})
        with pytest.raises(envs.ParameterError, match="specification=3 must be str"):
            envs.make("ReciprocalDilemma-v0", value_params={"specification": 3})

    @pytest.mark.parametrize("real", [np.float64, np.float32, np.int64])
    def test_numpy_numbers_give_the_same_game_as_python_numbers(self, real):
        def first(env_id, **params):
            game = envs.game(env_id, **params)
            return game.step(game.reset([0]), 0.6 * game.endowments[None])[1].payoffs

        team = first("TeamProduction-v0", n_agents=np.int32(5), max_steps=np.int64(9))
        np.testing.assert_array_equal(team, first("TeamProduction-v0", n_agents=5))
        pair = [first("ReciprocalDilemma-v0", value_params={"theta": t}) for t in (real(30), 30.0)]
        np.testing.assert_array_equal(*pair)
        with pytest.raises(envs.ParameterError, match="max_steps"):
            envs.make("SLCD-v0", max_steps=np.float64(10))
        with pytest.raises(envs.ParameterError, match="max_steps"):
            envs.make("SLCD-v0", max_steps=np.True_)

    def test_every_parameter_but_the_known_ones_leaves_a_trace(self, env_id):
        def trace(**params):
            """Everything that a view shows of an episode with defection, and one of waves."""
            env = envs.make(env_id, **params)
            agents = np.arange(env.game.n_agents)
            seen = []
            for late in (0.8, None):
                seen.append(repr(env.reset(seed=1)[0].tolist()))
                for t in range(70 if env_id in FORMAL else 40):
                    waves = 0.5 + 0.5 * np.sin(0.7 * t + 1.3 * agents)
                    shares = waves if late is None else np.where((agents > 0) | (t > 15), late, 0)
                    observation, *rest = env.step(shares * env.game.endowments)
                    seen.append(repr((observation.tolist(), rest)))
                    if rest[1] or rest[2]:
                        break
            return seen

        values = {"max_steps": 2, **OTHER_VALUES[env_id]}
        assert set(values) == set(envs.spec(env_id).parameters)
        default = trace()
        for name, value in values.items():
            inert = name in WITHOUT_EFFECT.get(env_id, ())
            assert (trace(**{name: value}) == default) == inert, name

    def test_parameters_act_in_the_direction_of_their_meaning(self):
        def total(env_id, mode="integrated", level=60, **params):
            from coopetition.agents import evaluate, make

            return evaluate(make(f"Constant_{level}"), env_id, **params).returns(mode)[0]

        base = {i: total(i) for i in envs.ids()}
        for env_id in envs.ids():
            assert total(env_id, max_steps=CONTRACTS[env_id][1] // 2) < 0.6 * base[env_id]
        dilemma, reciprocal = "TrustDilemma-v0", "ReciprocalDilemma-v0"
        assert total(dilemma, trust_building_rate=0.01) < base[dilemma]
        assert total(dilemma, trust_sensitivity=0.001) < base[dilemma]
        assert total(dilemma, level=30, trust_erosion_rate=0.01) > total(dilemma, level=30)
        # Without trust every weight is D: 2 U = (1 + D) pi for the pair.
        private = total("SLCD-v0", "private")
        free = total("SLCD-v0", trust_enabled=False)
        assert free == pytest.approx(private + 0.64 * private / 2 + 0.86 * private / 2, rel=0.01)
        assert total("TeamProduction-v0", n_agents=6) > base["TeamProduction-v0"]
        assert total(reciprocal, value_params={"theta": 30.0}) > base[reciprocal]
        assert total(reciprocal, trust_params={"initial_trust": 1.0}) > base[reciprocal]

    def test_the_team_model_reaches_info_only(self):
        """Published finding: omega, beta and c change no reward (spec TR-3, F1)."""
        rewards, outputs = [], []
        for params in ({}, {"omega": 1.0, "beta": 0.2, "c": 9.0}):
            env = envs.make("TeamProduction-v0", **params)
            env.reset()
            *_, info = env.step(np.array([10, 20, 30, 40], np.float32))
            rewards.append(info["rewards"])
            outputs.append(info["team_output"])
        np.testing.assert_array_equal(*rewards)
        assert outputs[0] != outputs[1]

    def test_trust_parameters_are_validated(self):
        for bad in ({"mu_R": -0.1}, {"delta_R": 2.0}, {"xi": -1.0}, {"initial_trust": 1.1}):
            with pytest.raises(ValueError, match=next(iter(bad))):
                TrustParameters(**bad)


@pytest.fixture
def throwaway_id():
    yield "ThrowawayGame-v0"
    registry._specs.pop("ThrowawayGame-v0", None)
    gymnasium.registry.pop("ThrowawayGame-v0", None)


class TestRegistry:
    def test_unknown_ids_and_modes_raise_with_what_exists(self):
        with pytest.raises(ValueError, match="Did you mean 'TrustDilemma-v0'"):
            envs.make("TrustDilema-v0")
        with pytest.raises(ValueError, match="private, integrated, cooperative"):
            envs.make("SLCD-v0", reward_mode="selfish")
        with pytest.raises(ValueError, match="render_mode"):
            envs.make("SLCD-v0", render_mode="rgb")

    def test_registration_rejects_what_would_confuse(self):
        with pytest.raises(ValueError, match="looks like"):
            register("NoEdition", "TR-1")
        with pytest.raises(ValueError, match="mechanism class"):
            register("Game-v0", "TR-9")
        with pytest.raises(ValueError, match="already registered"):
            register("SLCD-v0", "TR-2")(lambda: None)

    def test_a_registered_game_can_be_made_with_gymnasium(self, throwaway_id):
        def factory(max_steps: int = 3):
            """A small game."""
            return envs.game("SLCD-v0", max_steps=max_steps)

        for _ in range(2):
            assert envs.register(throwaway_id, "TR-2")(factory) is factory
        env = gymnasium.make(throwaway_id, max_steps=2, reward_mode="private")
        env.reset()
        assert not env.step(env.action_space.high)[3]
        assert env.step(env.action_space.high)[3]
        assert throwaway_id in envs.ids()

    def test_an_id_that_gymnasium_gives_to_another_is_refused(self, throwaway_id):
        gymnasium.register(throwaway_id, entry_point="elsewhere:Env")
        with pytest.raises(ValueError, match=f"{throwaway_id} .*elsewhere:Env"):
            envs.register(throwaway_id, "TR-2")(lambda: None)
        assert throwaway_id not in envs.ids()

    def test_specs_describe_their_environment(self, env_id):
        spec = envs.spec(env_id)
        assert f"{spec.name}-{spec.edition}" == env_id
        assert spec.mechanism_class in envs.MECHANISM_CLASSES
        assert spec.summary.endswith(".")
        assert spec.create().id == env_id

    def test_all_classes_are_present(self):
        assert {envs.spec(i).mechanism_class for i in envs.ids()} == set(envs.MECHANISM_CLASSES)
        assert set(IDS) == set(CONTRACTS)


def test_contract_is_measured(env_id):
    contract = measure(env_id)
    names = ("n_agents", "horizon", "observation_joint", "action_high", "shortest_episode")
    assert tuple(contract[name] for name in names) == CONTRACTS[env_id]
    assert contract["edition"] == env_id[-2:]
    assert contract["deterministic"] == (env_id not in RANDOM)
    assert bool(contract["early_termination"]) == (env_id in END_EARLY)


def test_reward_scale_is_the_reward_at_the_baseline():
    """TrustDilemma at (40, 40): trust stays .5, so U = pi (1 + .5 * .6), and pi is analytic."""
    payoff = 60 + 20 * np.log(41) + 0.5 * 0.7 * 40
    game = envs.game("TrustDilemma-v0")
    assert reward_scale(game, "private") == pytest.approx(payoff, rel=1e-6)
    assert reward_scale(game, "integrated") == pytest.approx(1.3 * payoff, rel=1e-6)
    assert reward_scale(game, "cooperative") == pytest.approx(1.3 * payoff, rel=1e-6)
    assert reward_level(game, "private") == 1.0


def test_envs_accept_a_ready_game():
    game = envs.game("SLCD-v0", max_steps=3)
    assert JointEnv(game).game is game
    with pytest.raises(envs.ParameterError, match="already built"):
        JointEnv(game, max_steps=3)
