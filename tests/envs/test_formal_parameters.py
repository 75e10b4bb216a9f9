"""Parameters of the formal edition: what they accept, and what an error says before any step."""

import numpy as np
import pytest
from test_formal_edition import PROFILE_A, build

from coopetition import envs
from coopetition.envs.formal import FormalGame, Shock, Synergy
from coopetition.envs.registry import Range

DYAD, MEMORY = "TrustDilemma-v1", "ReciprocalDilemma-v1"
# Environment, parameter, bad value and what the error says of it, behind the id.
BAD = [
    (DYAD, "lambda_plus", 2, "lambda_plus=2 must be float between 0 and 1"),
    (DYAD, "gamma", "x", "gamma='x' must be float between 0 and 1"),
    (DYAD, "gamma", True, "gamma=True must be float between 0 and 1"),
    (DYAD, "initial_trust", -1, "initial_trust=-1 must be float or list or array between 0 and 1"),
    (DYAD, "initial_trust", [[1, 2], [0, 1]], "must be float or list or array between 0 and 1"),
    (DYAD, "initial_trust", [[1, 0.5], [1]], "must be float or list or array between 0 and 1"),
    (DYAD, "initial_trust", [0.5, 0.5], r"shape \(2,\): must be one number or have shape \(2, 2\)"),
    (DYAD, "xi", float("inf"), "xi=inf must be float of at least 0"),
    (DYAD, "kappa", None, "kappa=None must be float of at least 0"),
    (DYAD, "exit_threshold", 2, "exit_threshold=2 must be float between -1 and 1"),
    (DYAD, "holders", [0, 2], r"holders=\[0, 2\]: must list agents of 0 to 1"),
    (DYAD, "holders", 1, "holders=1 must be list or array of at least 0"),
    (DYAD, "holders", [0.0], r"holders=\[0.0\]: must list agents of 0 to 1"),
    (DYAD, "endowments", 0, "endowments=0 must be float or list or array above 0"),
    (DYAD, "endowments", [9, 9, 9], "must hold 1 number or 2, one per agent"),
    (DYAD, "norms", 1, "norms=1 must be float or list or array strictly between 0 and 1"),
    (DYAD, "alpha", [0.5, 0.6], r"alpha=\[0.5, 0.6\] must sum to one"),
    (DYAD, "dependence", 0.5, "dependence=0.5 must be list or array between 0 and 1"),
    (DYAD, "dependence", np.full((2, 2), 0.5), r"must have shape \(2, 2\) and a zero diagonal"),
    (MEMORY, "memory", 0, "memory=0 must be at least 1, as the game keeps no standing"),
    (MEMORY, "memory", -1, "memory=-1 must be int of at least 0"),
    (MEMORY, "memory", 2.5, "memory=2.5 must be int of at least 0"),
    ("SynergySearch-v1", "gamma_low", 0.95, None),
    ("SynergySearch-v1", "gamma", 0.5, "has no parameter 'gamma'. Did you mean 'gamma_low'?"),
    ("CooperativeNegotiation-v1", "duration", 0, "duration=0 must be int of at least 1"),
    ("CooperativeNegotiation-v1", "enforced", 1, "enforced=1 must be bool"),
    ("ReputationMarket-v1", "probation_from", 0.6, None),
    ("IndirectReciprocity-v1", "v_0", 0, "v_0=0 must be float above 0"),
    ("GiftExchange-v1", "benefits", [[1.0]], r"shape \(1, 1\): must have shape \(2, 2\)"),
    ("RenaultNissan-v1", "gammas", [0.5], None),
    ("RenaultNissan-v1", "starts", [0, 5, 5, 9], None),
    ("RenaultNissan-v1", "dependences", np.zeros((4, 3, 3)), r"must have shape \(4, 2, 2\)"),
    ("RenaultNissan-v1", "shocks", {"war": 1}, None),
    ("RenaultNissan-v1", "shocks", {"crisis": 0.5}, None),
    ("RenaultNissan-v1", "gamma", 0.5, "has no parameter 'gamma'. Did you mean 'gammas'?"),
    ("RenaultNissan-v1", "only", "crisis", "has no parameter 'only'"),
    ("ApacheProject-v1", "gammas", [0.5] * 4, "has no parameter 'gammas'"),
    ("TeamProduction-v1", "norms", 0.3, "has no parameter 'norms'"),
]


@pytest.mark.parametrize(
    ("id", "name", "value", "said"), BAD, ids=[f"{i[:-3]}-{n}-{v!r:.9}" for i, n, v, _ in BAD]
)
def test_a_bad_value_is_an_error_that_says_what_is_valid(id, name, value, said):
    with pytest.raises(ValueError, match=f"{id}.*{said}" if said else name):
        envs.game(id, params={name: value})


@pytest.mark.parametrize("name", PROFILE_A)
def test_every_parameter_of_every_game_is_checked(name):
    """None takes NaN, text or nothing; every one takes its own value, which changes nothing."""
    game = build(name)
    own = {}
    for parameter, value in game.values.items():
        bad_values = [float("nan"), "much", -2.0, [float("nan")] * game.n_agents]
        # Phases without values of their own leave those of the game.
        bad_values += [] if parameter in ("gammas", "dependences", "caps") else [None]
        for bad in bad_values:
            with pytest.raises(envs.ParameterError, match=f"{name}-v1: {parameter}="):
                build(name, params={parameter: bad})
        own[parameter] = value.tolist() if isinstance(value, np.ndarray) else value
    same = build(name, params=own)
    shares = np.random.default_rng(0).uniform(0, 1, (30, game.n_agents))
    state, again = game.reset([0]), same.reset([0])
    for joint in shares:
        state, a = game.step(state, joint[None] * game.endowments)
        again, b = same.step(again, joint[None] * game.endowments)
        np.testing.assert_array_equal(a.payoffs, b.payoffs)


@pytest.mark.parametrize("name", PROFILE_A)
def test_the_ends_of_every_range_can_be_played(name):
    """Whatever an error calls valid yields finite payoffs and observations in their box."""
    game = envs.game(f"{name}-v1")
    for parameter, value in game.values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        for end in (0, 1, -1.0, 5):
            try:
                other = envs.game(f"{name}-v1", params={parameter: end})
            except ValueError as error:
                assert parameter in str(error)
                continue
            state, n_agents = other.reset([0]), other.n_agents
            for level in (0.0, 0.0, 1.0, 0.0, *np.random.default_rng(1).uniform(0, 1, 6)):
                joint = level * other.endowments
                joint[: n_agents // 2] *= level > 0.5
                state, outcome = other.step(state, joint[None])
                assert np.isfinite(outcome.payoffs).all(), (parameter, end)
            seen = other.agent_observation(state, "full", True)
            assert np.abs(seen).max() <= 1, (parameter, end)


@pytest.mark.parametrize("name", PROFILE_A)
def test_every_switch_can_be_thrown(name):
    switches = envs.game(f"{name}-v1").switches
    for switch, neutral in switches.items():
        bare = envs.game(f"{name}-v1", without=[switch])
        for parameter, value in neutral.items():
            assert bare.values.get(parameter, {}) == value
    assert envs.game(f"{name}-v1", without=set(switches)).switches == switches


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"params": [1]}, "params=.* must be Mapping or None"),
        ({"params": {3: 1}}, "no parameter 3"),
        ({"params": {"lamda_plus": 0.2}}, "Did you mean 'lambda_plus'.*kappa .float of at least 0"),
        ({"without": None}, "without=None must be Collection"),
        ({"without": "exit"}, "must be a set of names"),
        ({"tremble": -0.1}, "tremble=-0.1: must be at least 0"),
        ({"tremble": float("nan")}, "tremble=nan must be finite"),
        ({"tremble": "much"}, "tremble='much' must be float"),
        ({"t0_noise": 1.5}, r"t0_noise=1.5: must lie in \[0, 1\]"),
        ({"max_steps": 0}, "max_steps=0"),
    ],
)
def test_bad_arguments_of_a_constructor(arguments, said):
    for make in (envs.make, envs.parallel_env, envs.aec_env, envs.vec_env):
        with pytest.raises(ValueError, match=said):
            make(DYAD, **arguments)


def test_arguments_that_belong_to_what_a_game_lacks():
    with pytest.raises(ValueError, match=r"t0_noise=0.1: must be 0, there is no trust"):
        envs.game("TeamProduction-v1", t0_noise=0.1)
    for id in ("RenaultNissan-v1", "ApacheProject-v1", "AppleAppStore-v1"):
        for phase in ("", "war"):
            with pytest.raises(ValueError, match=f"phase='{phase}': choose one of"):
                envs.game(id, phase=phase)
    with pytest.raises(ValueError, match="it can be without: none"):
        envs.game("TeamProduction-v1", without={"exit"})


def test_one_number_is_that_of_every_agent_and_arrays_are_lists():
    one = envs.game(DYAD, params={"endowments": np.float32(60), "norms": 0.3})
    each = envs.game(DYAD, params={"endowments": [60, 60], "norms": np.array([0.3, 0.3])})
    for name in ("endowments", "norms", "baselines"):
        np.testing.assert_array_equal(getattr(one, name), getattr(each, name))


def test_values_of_a_game_file_are_checked_too():
    with pytest.raises(envs.ParameterError, match="Own-v1: gamma=3 must be float between 0 and 1"):
        FormalGame(
            "Own-v1",
            endowments=(1.0, 1.0),
            horizon=3,
            parts=(Synergy(gamma=3),),
            dependence=np.zeros((2, 2)),
        )


def test_ranges():
    assert [str(r) for r in (Range(0), Range(0, open=True), Range(0, 1), Range(0, 1, True))] == [
        "of at least 0",
        "above 0",
        "between 0 and 1",
        "strictly between 0 and 1",
    ]
    closed, open = Range(0, 1), Range(0, 1, open=True)
    assert closed.holds(0) and closed.holds([[0, 1.0]]) and open.holds(np.full((2, 2), 0.5))
    for bad in (1.1, float("nan"), "0.5", True, None, [0, 2], [[0], [0, 1]], 10**400):
        assert not closed.holds(bad)
    assert not open.holds(0) and not open.holds([0.5, 1])


def test_games_built_alike_have_one_identity():
    def identity(**arguments):
        return envs.game(DYAD, **arguments).identity

    first = identity(without={"exit", "trust_payoff"}, params={"xi": 0.1, "kappa": 2.0})
    assert first == identity(params={"kappa": 2.0, "xi": 0.1}, without={"trust_payoff", "exit"})
    assert hash(first) != hash(identity(without={"exit"}))
    # Far inside a long array too, where its text leaves numbers out.
    dependence = np.full((40, 40), 0.5) * (1 - np.eye(40))
    other = dependence.copy()
    other[20, 21] = 0.25
    games = [
        envs.game("ApacheProject-v1", n_agents=40, params={"dependence": d})
        for d in (dependence, other, dependence.tolist())
    ]
    assert games[0].identity != games[1].identity
    assert games[0].identity == games[2].identity


class TestWhatACallerDoesAfterwards:
    def test_does_not_reach_the_game(self):
        benefits = [[0.0, 1.8], [1.0, 0.0]]
        params = {"benefits": benefits}
        game = envs.game("GiftExchange-v1", params=params)
        before = game.step(game.reset([0]), np.full((1, 2), 40.0))[1].payoffs
        identity = game.identity
        benefits[0][1] = params["theta"] = 99.0
        after = game.step(game.reset([0]), np.full((1, 2), 40.0))[1].payoffs
        np.testing.assert_array_equal(before, after)
        assert game.identity == identity

    def test_a_phase_alone_starts_without_its_shock_if_asked(self):
        shocked, spared = (
            envs.game("AppleAppStore-v1", phase="crisis", without=without)
            for without in ((), {"shocks"})
        )
        assert shocked.reset([0])["trust"][0, 1, 0] == pytest.approx(0.30)
        assert spared.reset([0])["trust"][0, 1, 0] == pytest.approx(0.70)
        with pytest.raises(ValueError, match="without"):
            envs.game("AppleAppStore-v1", phase="symbiosis", without={"shocks"})

    def test_shocks_and_phases_are_checked(self):
        with pytest.raises(ValueError, match="agents are 0 to 2"):
            envs.game("AppleAppStore-v1", params={"shocks": {"crisis": Shock(((1, 5, -0.4),))}})
        with pytest.raises(ValueError, match="diagonal of every phase"):
            envs.game("RenaultNissan-v1", params={"dependences": [[[0.9, 0.5], [0.5, 0.9]]] * 4})
        listed = envs.game("AppleAppStore-v1", params={"shocks": {"crisis": Shock([[1, 0, -0.1]])}})
        assert hash(listed.identity)
