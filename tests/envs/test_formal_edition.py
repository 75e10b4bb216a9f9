"""The formal edition: golden values, invariances and bounds of its specification."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coopetition import envs
from coopetition.envs.formal.changes import CHANGES
from coopetition.envs.formal.part import BLOCKS, COMPONENTS

IDS = envs.ids("v1")
# Profile A and profile B, summed over steps and agents: private, integrated, then the payoffs of
# agents 0 and 1 in step 2 (A) or in the last step (B).
PROFILE_A = {
    "PartnerHoldUp": (14228.26, 23253.89, 119.7634, 129.9082),
    "PlatformEcosystem": (38632.84, 76927.34, 65.6191, 97.5322),
    "DynamicPartnerSelection": (37549.82, 112649.46, 101.1880, 139.5912),
    "SynergySearch": (24908.88, 37363.32, 113.2682, 161.7180),
    "RenaultNissan": (28861.05, 30087.98, 136.1670, 191.4428),
    "TrustDilemma": (14466.64, 15365.87, 206.3920, 250.8146),
    "RecoveryRace": (20700.98, 21201.18, 150.9173, 198.4072),
    "SLCD": (27043.65, 29140.19, 190.8185, 203.0665),
    "CooperativeNegotiation": (26290.46, 27175.13, 182.7673, 227.7314),
    "ReputationMarket": (44670.74, 48460.58, 39.6242, 88.5984),
    "TeamProduction": (14933.93, 39574.90, 11.4714, 25.4231),
    "LoyaltyTeam": (21775.42, 57704.86, 27.8700, 37.7123),
    "CoalitionFormation": (42755.38, 160332.69, 24.6300, 35.3908),
    "ApacheProject": (23416.68, 87812.57, 65.2584, 74.2991),
    "PublicGoods": (45325.94, 145043.01, 66.7531, 78.1666),
    "ReciprocalDilemma": (27461.28, 28690.14, 167.6626, 204.4984),
    "GiftExchange": (25041.63, 26955.21, 128.3991, 189.9559),
    "IndirectReciprocity": (91285.28, 98433.92, 83.1013, 153.8644),
    "GraduatedSanction": (173780.53, 184925.88, 80.1057, 127.6915),
    "AppleAppStore": (22530.55, 25005.03, 114.5263, 144.8896),
}
FINAL_A = {
    "PartnerHoldUp": {"trust": 0.009912, "damage": 0.936642, "capital": 0.530091, "linked": 0.0},
    "PlatformEcosystem": {"trust": 0.030525, "damage": 0.914382, "linked": 0.2},
    "DynamicPartnerSelection": {"standing": 0.513618},
    "RenaultNissan": {"trust": 0.012451, "damage": 0.946084},
    "TrustDilemma": {"trust": 0.007547, "damage": 0.951287, "linked": 0.0},
    "RecoveryRace": {"trust": 0.013614, "damage": 0.951342, "linked": 0.0},
    "SLCD": {"trust": 0.017226, "damage": 0.930639},
    "CooperativeNegotiation": {"trust": 0.005766, "damage": 0.956736},
    "ReputationMarket": {"trust": 0.013691, "damage": 0.953306, "standing": 0.497309},
    "LoyaltyTeam": {"loyalty": 0.933690},
    "CoalitionFormation": {"loyalty": 0.975852, "standing": 0.502850},
    "ApacheProject": {"loyalty": 0.6},
    "PublicGoods": {"loyalty": 0.933690},
    "ReciprocalDilemma": {"trust": 0.023679, "damage": 0.915096},
    "GiftExchange": {"trust": 0.074847, "damage": 0.850171},
    "IndirectReciprocity": {"trust": 0.027218, "damage": 0.918597, "standing": 0.459211},
    "GraduatedSanction": {
        "trust": 0.017632,
        "damage": 0.925276,
        "stock": 0.501447,
        "strikes": 1.916667,
    },
    "AppleAppStore": {"trust": 0.016524, "damage": 0.909397},
}
PROFILE_B = {
    "PartnerHoldUp": (24020.67, 38035.42, 77.4338, 132.6860),
    "PlatformEcosystem": (55806.64, 103118.22, 59.0684, 115.6505),
    "DynamicPartnerSelection": (34490.44, 103471.31, 161.5453, 147.9910),
    "SynergySearch": (20696.88, 31045.32, 33.0562, 127.4137),
    "RenaultNissan": (24836.54, 30356.19, 45.4615, 136.5388),
    "TrustDilemma": (8624.25, 9658.13, 14.6086, 108.9661),
    "RecoveryRace": (12000.45, 13206.50, 14.6086, 14.6086),
    "SLCD": (26541.64, 38025.96, 104.7608, 123.9079),
    "CooperativeNegotiation": (24735.77, 30930.62, 34.7272, 129.0910),
    "ReputationMarket": (68730.23, 129392.32, 91.0608, 117.6856),
    "TeamProduction": (15083.90, 39972.34, 14.9479, 58.9479),
    "LoyaltyTeam": (22154.23, 58708.72, 48.0031, 68.7569),
    "CoalitionFormation": (33710.77, 126415.41, 52.6536, 52.6536),
    "ApacheProject": (23534.51, 88254.40, 63.0000, 63.0000),
    "PublicGoods": (53184.57, 170190.61, 85.9800, 115.6220),
    "ReciprocalDilemma": (25305.55, 31361.89, 36.3745, 130.7694),
    "GiftExchange": (24622.38, 30941.79, 17.0664, 178.0035),
    "IndirectReciprocity": (106063.39, 177947.04, 225.8675, 211.4383),
    "GraduatedSanction": (184316.65, 367650.74, 146.4730, 138.1055),
    "AppleAppStore": (26628.34, 50069.74, 204.2194, 180.5636),
}
# Lengths of the presets `full` and `realistic`.
LENGTHS = {
    "PartnerHoldUp": (9, 7),
    "PlatformEcosystem": (50, 18),
    "DynamicPartnerSelection": (13, 13),
    "SynergySearch": (6, 4),
    "RenaultNissan": (11, 9),
    "TrustDilemma": (8, 6),
    "RecoveryRace": (8, 6),
    "SLCD": (7, 5),
    "CooperativeNegotiation": (9, 7),
    "ReputationMarket": (51, 19),
    "TeamProduction": (5, 5),
    "LoyaltyTeam": (9, 6),
    "CoalitionFormation": (31, 26),
    "ApacheProject": (17, 12),
    "PublicGoods": (11, 7),
    "ReciprocalDilemma": (17, 15),
    "GiftExchange": (13, 11),
    "IndirectReciprocity": (33, 15),
    "GraduatedSanction": (134, 79),
    "AppleAppStore": (33, 25),
}
KNOWN_GAMMA = {"gamma_low": 0.55, "gamma_high": 0.55, "noise": 0.0}


def profile_a(t, n_agents):
    return 0.5 + 0.5 * np.sin(0.7 * t + 1.3 * np.arange(n_agents))


def profile_b(t, n_agents):
    """Even agents always 0.9; odd ones change between 0.02 and 0.9 every 40 steps."""
    return np.where(np.arange(n_agents) % 2 == 0, 0.9, 0.02 if t % 80 < 40 else 0.9)


def build(name, **params):
    if name == "SynergySearch":
        params["params"] = KNOWN_GAMMA | params.get("params", {})
    return envs.game(f"{name}-v1", **params)


def play(game, shares, seeds=(0,)):
    """Outcomes and the last state under shares [T, N] or [T, B, N]."""
    state, outcomes = game.reset(seeds), []
    for joint in shares:
        joint = np.broadcast_to(joint, (len(seeds), game.n_agents))
        state, outcome = game.step(state, joint * game.endowments)
        outcomes.append(outcome)
    return outcomes, state


def scripted(game, profile):
    return np.array([profile(t, game.n_agents) for t in range(game.horizon)])


def alike(game):
    """Pairs of agents whose swap leaves the parameters of the game as they are."""
    pairs = []
    for i in range(game.n_agents):
        for j in range(i):
            swap = np.arange(game.n_agents)
            swap[[i, j]] = j, i
            lists = (game.endowments, game.alpha, game.norms, game.initial_shares)
            same = all((values == values[swap]).all() for values in lists)
            if same and (game.dependence == game.dependence[swap][:, swap]).all():
                pairs.append((i, j))
    return pairs


def test_all_twenty_are_there():
    assert sorted(id.removesuffix("-v1") for id in IDS) == sorted(PROFILE_A)
    assert [id.replace("-v1", "-v0") for id in IDS] == envs.ids("v0")


@pytest.mark.parametrize("name", PROFILE_A)
def test_golden_values(name):
    game = build(name)
    cases = ((profile_a, PROFILE_A, 2), (profile_b, PROFILE_B, game.horizon - 1))
    for profile, table, step in cases:
        outcomes, state = play(game, scripted(game, profile))
        private, integrated, first, second = table[name]
        total = sum(o.payoffs.sum() for o in outcomes)
        assert total == pytest.approx(private, abs=0.0051)
        mixed = sum(game.rewards(o, "integrated").sum() for o in outcomes)
        assert mixed == pytest.approx(integrated, abs=0.0051)
        shared = sum(game.rewards(o, "cooperative").sum() for o in outcomes)
        assert shared == pytest.approx(game.n_agents * total, rel=1e-12)
        assert outcomes[step].payoffs[0, :2] == pytest.approx([first, second], abs=5.1e-5)
        if profile is profile_a:
            pairs = ~np.eye(game.n_agents, dtype=bool)
            for key, value in FINAL_A.get(name, {}).items():
                array = state[key][0]
                mean = array[pairs].mean() if array.ndim == 2 else array.mean()
                assert mean == pytest.approx(value, abs=5.1e-7), key


def test_coalition_expels_and_readmits_by_the_clock():
    """Profile B: agents 1, 3, 5 are out after the 26th to before the 51st step, and again later."""
    game = build("CoalitionFormation")
    state, out = game.reset([0]), []
    for t in range(game.horizon):
        state, _ = game.step(state, (profile_b(t, 6) * game.endowments)[None])
        out.append(sorted(np.flatnonzero(~state["members"][0]).tolist()))
    excluded = [t for t, agents in enumerate(out) if agents]
    assert all(agents in ([], [1, 3, 5]) for agents in out)
    assert excluded == [*range(25, 49), *range(114, 128)] or excluded == [
        *range(25, 50),
        *range(114, 129),
    ]


@pytest.mark.parametrize("name", PROFILE_A)
def test_rewards_are_a_layer_over_payoffs(name):
    """One trajectory for every mutuality; linear in it on both segments, equal to names at ends."""
    game = build(name)
    rng = np.random.default_rng(7)
    shares = rng.uniform(0, 1, (25, 1, game.n_agents))
    for outcome in play(game, shares)[0]:
        by = {m: game.rewards(outcome, m) for m in (0, 0.3, 0.6, 1, 1.3, 1.6, 2)}
        np.testing.assert_array_equal(by[0], outcome.payoffs)
        np.testing.assert_array_equal(by[0], game.rewards(outcome, "private"))
        np.testing.assert_array_equal(by[1], game.rewards(outcome, "integrated"))
        np.testing.assert_array_equal(by[2], game.rewards(outcome, "cooperative"))
        assert by[2] == pytest.approx(np.full((1, game.n_agents), outcome.payoffs.sum()))
        assert by[0.3] == pytest.approx(0.7 * by[0] + 0.3 * by[1])
        assert by[0.6] == pytest.approx(0.4 * by[0] + 0.6 * by[1])
        assert by[1.3] == pytest.approx(0.7 * by[1] + 0.3 * by[2])
        assert by[1.6] == pytest.approx(0.4 * by[1] + 0.6 * by[2])


@pytest.mark.parametrize("bad", [-0.1, 2.5, float("nan"), "altruistic", True, None])
def test_a_mode_that_does_not_exist_is_an_error(bad):
    game = build("SLCD")
    with pytest.raises(ValueError, match=r"mutuality|choose"):
        game.reward_mode(bad)


def test_the_ends_and_the_middle_of_the_dial_have_one_name():
    game = build("SLCD")
    assert [game.reward_mode(m) for m in (0, 1.0, 2, 0.5, "private")] == [
        "private",
        "integrated",
        "cooperative",
        0.5,
        "private",
    ]


@pytest.mark.parametrize("name", PROFILE_A)
def test_observation_lengths_and_bounds(name):
    game = build(name)
    rng = np.random.default_rng(3)
    state = game.reset([0])
    full, realistic = LENGTHS[name]
    for t in range(game.horizon):
        for preset, length in (("full", full), ("realistic", realistic), ("minimal", 3)):
            seen = game.agent_observation(state, preset, False)
            assert seen.shape == (1, game.n_agents, length)
            assert seen.dtype == np.float32
            low = -0.5 if name == "SynergySearch" else 0.0
            assert seen.min() >= low and seen.max() <= (1.5 if low else 1.0)
            scaled = game.agent_observation(state, preset, True)
            assert np.abs(scaled).max() <= 1 + 1e-6
        assert np.abs(game.central_observation(state)).max() <= 1 + 1e-6
        corner = rng.integers(0, 2, game.n_agents) if t % 2 else rng.random(game.n_agents)
        state, _ = game.step(state, (corner * game.endowments)[None])


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(PROFILE_A)), st.integers(0, 2**32 - 1), st.sampled_from([0, 0.3, 0.6])
)
def test_bounds_hold_under_any_play(name, seed, low):
    game = envs.game(f"{name}-v1")
    rng = np.random.default_rng(seed)
    state = game.reset([seed, seed + 1])
    pairs = ~np.eye(game.n_agents, dtype=bool)
    for _ in range(60):
        shares = rng.uniform(low, 1, (2, game.n_agents))
        if rng.random() < 0.3:
            shares = np.round(shares)
        state, outcome = game.step(state, shares * game.endowments)
        payoffs, components = outcome.payoffs, outcome.terms["components"]
        assert np.isfinite(payoffs).all() and not outcome.terminated.any()
        assert set(components) <= set(COMPONENTS)
        assert payoffs == pytest.approx(sum(components.values()))
        noise = 0.5 * 6 * 40 if name == "SynergySearch" else 0
        assert payoffs.min() >= -100 - noise
        assert payoffs.max() <= (463 if name == "IndirectReciprocity" else 315) + noise
        if "transfers" in components:
            assert np.abs(components["transfers"].sum(axis=1)).max() < 1e-9
        if "trust" in state:
            trust, damage = state["trust"][:, pairs], state["damage"][:, pairs]
            assert trust.min() >= 0 and (trust <= 1 - damage + 1e-12).all()
            assert damage.min() >= 0 and damage.max() <= 1
        if "loyalty" in state:
            assert (state["loyalty"] <= game.cap(state["t"])[:, None] + 1e-12).all()
        for key in ("standing", "stock", "capital"):
            if key in state:
                assert state[key].min() >= 0 and state[key].max() <= 1


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(PROFILE_A)), st.integers(0, 2**32 - 1))
def test_the_joint_view_is_markov(name, seed):
    """Different pasts with equal joint views: equal actions give equal payoffs and next views.

    Two pasts of the same length are made equal by copying the visible state alone into a fresh
    one; anything hidden that mattered would show.
    """
    game = build(name)
    rng = np.random.default_rng(seed)
    state = game.reset([0])
    for joint in rng.uniform(0, 1, (rng.integers(1, 30), game.n_agents)):
        state, _ = game.step(state, (joint * game.endowments)[None])
    rebuilt = from_view(game, state)
    for joint in rng.uniform(0, 1, (5, game.n_agents)):
        state, a = game.step(state, (joint * game.endowments)[None])
        rebuilt, b = game.step(rebuilt, (joint * game.endowments)[None])
        assert a.payoffs == pytest.approx(b.payoffs, rel=1e-4, abs=1e-3)
        assert view(game, state) == pytest.approx(view(game, rebuilt), abs=2e-5)


def view(game, state):
    return game.state_vector(state, False)


def from_view(game, state):
    """A state made of what the joint view shows (and of the clock), beside fresh values."""
    visible = {"t", "actions", "trust", "damage", "loyalty", "standing", "window", "linked"}
    visible |= {"members", "cooldowns", "capital", "contract_level", "contract_left", "strikes"}
    visible |= {"stock", "gamma", "surplus", "priority", "noise"}
    fresh = game.reset([0])
    return {key: state[key] if key in visible else fresh[key] for key in state}


def test_every_state_that_moves_payoffs_is_a_block_of_the_view():
    """The view of a game has one entry per number of the visible state."""
    sizes = {"trust": "pairs", "damage": "pairs"}
    assert set(sizes) <= set(BLOCKS)
    for name in PROFILE_A:
        game = build(name)
        state, n = game.reset([0]), game.n_agents
        width = {
            "trust": n * (n - 1),
            "damage": n * (n - 1),
            "linked": n - 1 if name == "PlatformEcosystem" else 1,
        }
        hidden = {"t", "priority", "noise", "recovery_step", "precision", "evidence"}
        entries = 1 + sum(
            width.get(key, array[0].size) for key, array in state.items() if key not in hidden
        )
        if name in ("RenaultNissan", "ApacheProject", "AppleAppStore"):
            entries += {"RenaultNissan": 4, "ApacheProject": 4, "AppleAppStore": 5}[name]
        assert view(game, state).shape[1] == entries, name


def changed(name, value):
    """A nearby valid value of a parameter; limits of tiers must stay in order."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * (0.9 if name.endswith("_from") else 0.5) if value else 0.05
    return None


@pytest.mark.parametrize("name", PROFILE_A)
def test_every_parameter_does_something(name):
    """Under random play, near-equal play and a run of defections at least one number moves."""
    game = envs.game(f"{name}-v1")
    rng = np.random.default_rng(11)
    n, horizon = game.n_agents, game.horizon
    level = rng.uniform(0.2, 1, (horizon, 1, 1))
    shares = np.concatenate(
        [
            rng.uniform(0, 1, (horizon, 1, n)),
            np.clip(level + rng.uniform(-0.03, 0.03, (horizon, 1, n)), 0, 1),
            np.where(np.arange(horizon)[:, None, None] % 90 < 45, 0.0, 0.85)
            + rng.uniform(0, 0.04, (horizon, 1, n)),
            np.full((horizon, 1, n), 0.86),
        ],
        axis=1,
    )
    seeds = range(4)
    base = trace(game, shares, seeds)
    checked = 0
    for parameter, value in game.values.items():
        other = changed(parameter, value)
        if parameter in ("endowments", "norms"):
            other = (np.asarray(value) * 0.9).tolist()
        elif parameter == "dependence":
            other = (np.asarray(value) * 0.5).tolist()
        elif other is None:
            continue
        moved = trace(envs.game(f"{name}-v1", params={parameter: other}), shares, seeds)
        assert not all(map(np.array_equal, base, moved)), parameter
        checked += 1
    assert checked > 3


def trace(game, shares, seeds):
    """Payoffs, rewards and the whole state of every step."""
    state, numbers = game.reset(seeds), []
    for joint in shares:
        numbers += [state[key].astype(float) for key in sorted(state)]
        state, outcome = game.step(state, joint * game.endowments)
        numbers += [outcome.payoffs, game.rewards(outcome, "integrated")]
    return numbers


@pytest.mark.parametrize(
    ("name", "switch"),
    [
        ("PartnerHoldUp", "exit"),
        ("PartnerHoldUp", "capital"),
        ("PlatformEcosystem", "retention"),
        ("DynamicPartnerSelection", "selection"),
        ("TrustDilemma", "trust_payoff"),
        ("TrustDilemma", "exit"),
        ("RecoveryRace", "crisis"),
        ("SLCD", "trust_payoff"),
        ("CooperativeNegotiation", "contract"),
        ("ReputationMarket", "tiers"),
        ("LoyaltyTeam", "loyalty"),
        ("ApacheProject", "loyalty"),
        ("ApacheProject", "caps"),
        ("PublicGoods", "loyalty"),
        ("CoalitionFormation", "exclusion"),
        ("ReciprocalDilemma", "reciprocity"),
        ("GiftExchange", "reciprocity"),
        ("IndirectReciprocity", "reciprocity"),
        ("IndirectReciprocity", "image"),
        ("GraduatedSanction", "sanctions"),
        ("GraduatedSanction", "escalation"),
        ("AppleAppStore", "reciprocity"),
        ("AppleAppStore", "shocks"),
        ("RenaultNissan", "shocks"),
    ],
)
def test_without_switches_a_mechanism_off(name, switch):
    game, bare = build(name), build(name, without={switch})
    assert switch in game.switches
    rng = np.random.default_rng(2)
    shares = rng.uniform(0, 1, (game.horizon, game.n_agents))
    shares[: game.horizon // 2] *= 0.2
    full, _ = play(game, shares)
    part, state = play(bare, shares)
    if switch == "shocks":  # trust that a shock can take away
        shares = np.full_like(shares, 0.8)
        full, part, state = play(game, shares)[0], *play(bare, shares)
    if switch == "contract":  # offers that meet, then a shortfall
        shares[::2], shares[1::2] = 0.8, [0.8, 0.3]
        full, part, state = play(game, shares)[0], *play(bare, shares)
    paid = [[g.rewards(o, "integrated") for o in os] for g, os in ((game, full), (bare, part))]
    assert any((a != b).any() for a, b in zip(*paid, strict=True))
    off = {
        "exit": lambda: state["linked"].all(),
        "retention": lambda: state["linked"].all(),
        "exclusion": lambda: state["members"].all(),
        "contract": lambda: all((o.terms["components"]["transfers"] == 0).all() for o in part),
        "sanctions": lambda: all((o.terms["components"]["transfers"] == 0).all() for o in part),
        "loyalty": lambda: all((o.terms["components"]["loyalty"] == 0).all() for o in part),
        "reciprocity": lambda: all((o.terms["components"]["relational"] == 0).all() for o in part),
        "trust_payoff": lambda: all((o.terms["components"]["relational"] == 0).all() for o in part),
    }
    assert off.get(switch, lambda: True)()


def test_unknown_names_are_errors_that_list_the_valid_ones():
    with pytest.raises(ValueError, match=r"without: exit, trust_payoff"):
        envs.game("TrustDilemma-v1", without={"reciprocity"})
    with pytest.raises(ValueError, match=r"lambda_plus"):
        envs.game("TrustDilemma-v1", params={"lambda": 0.1})
    with pytest.raises(ValueError, match="set of names"):
        envs.game("TrustDilemma-v1", without="exit")
    with pytest.raises(ValueError, match="drop one"):
        envs.game("TrustDilemma-v1", without={"exit"}, params={"exit_threshold": 0.2})
    with pytest.raises(ValueError, match="formation, mature, crisis, strained"):
        envs.game("RenaultNissan-v1", phase="growth")
    with pytest.raises(ValueError, match=r"tremble=-0.1: must be at least 0"):
        envs.game("SLCD-v1", tremble=-0.1)


def test_seeds_decide_what_is_drawn_and_nothing_else():
    search = envs.game("SynergySearch-v1")
    first, again = search.reset([3, 4]), search.reset([3, 4])
    assert first["gamma"][0] == np.random.default_rng(3).uniform(0.20, 0.90)
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])
    generator = np.random.default_rng(3)
    generator.uniform()
    assert first["noise"][0, 0, 0] == generator.standard_normal()
    coalition = envs.game("CoalitionFormation-v1")
    expected = np.random.default_rng(9).permutation(6)
    np.testing.assert_array_equal(coalition.reset([9])["priority"][0], expected)
    for name in set(PROFILE_A) - {"SynergySearch", "CoalitionFormation"}:
        game = envs.game(f"{name}-v1")
        a, b = game.reset([1]), game.reset([2])
        assert all((a[k] == b[k]).all() for k in a)


def test_tremble_and_noise_on_initial_trust_are_reproducible_and_bounded():
    game = envs.game("TrustDilemma-v1", tremble=0.1, t0_noise=0.2)
    a, b, other = game.reset([5]), game.reset([5]), game.reset([6])
    np.testing.assert_array_equal(a["trust"], b["trust"])
    assert (a["trust"] != other["trust"]).any()
    pairs = ~np.eye(2, dtype=bool)
    assert (np.abs(a["trust"][0][pairs] - 0.5) <= 0.2).all()
    after, _ = game.step(a, np.array([[50.0, 100.0]]))
    executed = after["actions"][0] / 100
    assert executed[0] != 0.5 and executed[1] <= 1
    assert executed[0] == pytest.approx(0.5 + 0.1 * a["noise"][0, 0, 0])


def test_hidden_synergy_is_hidden_and_can_be_learned():
    game = envs.game("SynergySearch-v1")
    seeds = range(200)
    state = game.reset(seeds)
    low, high = state["gamma"] < 0.35, state["gamma"] > 0.75
    start = game.agent_observation(state, "full", False)
    assert (start == start[0, 0]).all()
    for _ in range(30):
        state, _ = game.step(state, np.full((200, 2), 60.0))
    mean, deviation = game.parts[0].posterior(state)
    assert np.abs(mean - state["gamma"]).mean() < 0.08
    assert mean[low].max() < mean[high].min()
    errors = (mean - state["gamma"]) / deviation
    assert 0.8 < np.std(errors) < 1.2
    assert "gamma" not in game.info(state, None)
    assert game.info(state, None)["privileged"]["gamma"] == state["gamma"][0]


@pytest.mark.parametrize("deviation", [1e-3, 0.05, 0.4, 30.0, 650.0, 1e6])
def test_the_posterior_is_a_truncated_normal(deviation):
    """Against quadrature, for centres inside and outside of the bounds of the draw."""
    centres = 0.55 + np.array([-6.0, -1, -0.1, 0, 0.2, 0.5, 3]) * max(0.6, deviation)
    precision = np.full(len(centres), deviation**-2)
    known = {"precision": precision, "evidence": centres * precision}
    mean, spread = envs.game("SynergySearch-v1").parts[0].posterior(known)
    gamma = np.linspace(0.2, 0.9, 100_001)
    log = -((gamma - centres[:, None]) ** 2) / (2 * deviation**2)
    density = np.exp(log - log.max(axis=1, keepdims=True))
    density[:, [0, -1]] /= 2
    density /= density.sum(axis=1, keepdims=True)
    expected = density @ gamma
    variance = (density * (gamma - expected[:, None]) ** 2).sum(axis=1)
    np.testing.assert_allclose(mean, expected, atol=2e-6)
    np.testing.assert_allclose(spread, np.sqrt(variance), atol=2e-6)


def test_team_of_another_size_has_the_same_optimum_per_head():
    for n_agents in (4, 6, 15, 40):
        game = envs.game("ApacheProject-v1", n_agents=n_agents)
        levels = np.linspace(0.7, 1, 31)
        shares = np.broadcast_to(levels[None, :, None], (game.horizon, len(levels), n_agents))
        outcomes, _ = play(game, shares, seeds=range(len(levels)))
        welfare = sum(o.payoffs.mean(axis=1) for o in outcomes) / game.horizon
        assert welfare.max() == pytest.approx(68.8, abs=0.05)
        assert levels[welfare.argmax()] == pytest.approx(0.84)


def test_phases_and_shocks_are_seen_when_they_begin():
    game = build("RenaultNissan")
    state = game.reset([0])
    for t in range(100):
        phase = game.info(state, None)["phase"]
        expected = "formation" if t < 15 else "mature" if t < 66 else "crisis" if t < 71 else None
        assert phase == (expected or "strained")
        if t == 66:
            assert state["damage"][0, 0, 1] >= 0.45 and state["trust"][0, 0, 1] <= 0.30
        if t == 65:
            assert state["trust"][0, 0, 1] > 0.9
        state, _ = game.step(state, 0.65 * game.endowments[None])
    assert state["trust"][0, 0, 1] == pytest.approx(0.68, abs=0.03)
    only = envs.game("RenaultNissan-v1", phase="crisis")
    start = only.reset([0])
    assert (start["trust"][0, 0, 1], start["damage"][0, 0, 1]) == (0.30, 0.45)


def test_links_are_lost_kept_and_regained():
    game = build("TrustDilemma")
    state = game.reset([0, 1])
    for _ in range(40):
        state, outcome = game.step(state, np.array([[0.0, 0.0], [80.0, 80.0]]))
    assert state["linked"].tolist() == [[False, False], [True, True]]
    state, outcome = game.step(state, np.full((2, 2), 80.0))
    assert (outcome.terms["components"]["synergy"][0] == 0).all()
    assert (outcome.terms["components"]["synergy"][1] > 0).all()

    platform = build("PlatformEcosystem")
    state = platform.reset([0])
    full = 0.6 * platform.endowments
    for t in range(100):
        action = full.copy()
        action[0] = 0.0 if t < 15 else 120.0
        state, outcome = platform.step(state, action[None])
        if t == 15:
            assert not state["linked"][0, 1:].any() and state["linked"][0, 0]
    assert state["linked"].all()


def test_changes_are_known_and_each_is_used():
    used = set()
    for id in IDS:
        changes = envs.spec(id).changes
        assert changes and set(changes) <= set(CHANGES)
        used |= set(changes)
    assert used == set(CHANGES)
