"""What is specific to the released games of the classes interdependence and trust."""

import pickle

import numpy as np
import pytest

from coopetition import envs
from coopetition.envs.games.interdependence.renault_nissan import PHASES
from coopetition.envs.mechanisms.interdependence import hub_spoke

GAMES = [i for i in envs.ids("v0") if envs.spec(i).mechanism_class in ("TR-1", "TR-2")]


def episode(env_id, rows, mode="integrated", seed=0, **params):
    """Observations, reward vectors and infos of the actions given; stops at the end."""
    env = envs.make(env_id, reward_mode=mode, **params)
    observation, info = env.reset(seed=seed)
    seen, rewards, infos = [observation], [], [info]
    for row in rows:
        observation, _, terminated, truncated, info = env.step(np.array(row, np.float32))
        seen.append(observation)
        rewards.append(info["rewards"])
        infos.append(info)
        if terminated or truncated:
            break
    return np.array(seen), np.array(rewards), infos


def constant(env_id, share, **params):
    game = envs.game(env_id, **params)
    return episode(env_id, [share * game.endowments] * game.horizon, **params)


@pytest.mark.parametrize("env_id", GAMES)
class TestEveryGame:
    def test_a_reset_shows_a_fresh_state(self, env_id):
        """Also of what the released code carries over: reputations, agreement, exits."""
        env = envs.make(env_id)
        first, first_info = env.reset(seed=3)
        for share in (1.0, 0.9, 0.0, 0.0, 0.0, 0.0):
            *_, ended, _, _ = env.step(share * env.game.endowments)
            if ended:
                break
        again, again_info = env.reset(seed=3, options=None)
        np.testing.assert_array_equal(first, again)
        assert repr(first_info) == repr(again_info)
        assert again_info.get("developer_exits", 0) == 0

    def test_games_and_states_can_be_pickled(self, env_id):
        game = envs.game(env_id)
        state, outcome = game.step(game.reset([5]), 0.6 * game.endowments[None])
        twin, twin_state = pickle.loads(pickle.dumps((game, state)))
        assert twin.termination_rule == game.termination_rule
        after, outcome = game.step(state, 0.4 * game.endowments[None])
        twin_after, twin_outcome = twin.step(twin_state, 0.4 * game.endowments[None])
        np.testing.assert_array_equal(outcome.payoffs, twin_outcome.payoffs)
        assert repr(game.info(after, outcome)) == repr(twin.info(twin_after, twin_outcome))

    def test_normalised_extras_stay_in_their_bounds_beyond_the_endowment(self, env_id):
        game = envs.game(env_id)
        state = game.reset([0, 1])
        for factor in (5.0, 5.0, -5.0, -5.0):
            state, _ = game.step(state, np.full((2, game.n_agents), factor * 100.0))
            assert (np.abs(game.central_observation(state)) <= 1).all()


def test_trust_and_rewards_of_the_dilemma_step_by_step():
    """Published trace of TrustDilemma (spec D.2)."""
    game = envs.game("TrustDilemma-v0")
    state = game.reset([0])
    expected = [
        (0.194, 0.575, 0.5, (154.93748, 200.817)),
        (0.2399, 0.63875, 0.49, (163.83221, 198.10559)),
        (0.28041, 0.63875, 0.4802, (173.75604, 203.57259)),
    ]
    for action, (mine, other, damage, rewards) in zip(
        [(60, 30), (60, 60), (40, 45)], expected, strict=True
    ):
        state, outcome = game.step(state, np.array([action]))
        assert state["trust"][0, 0, 1] == pytest.approx(mine, abs=5e-6)
        assert state["trust"][0, 1, 0] == pytest.approx(other, abs=5e-6)
        assert state["damage"][0, 0, 1] == pytest.approx(damage, abs=5e-6)
        assert game.rewards(outcome, "integrated")[0] == pytest.approx(rewards, abs=5e-5)


class TestPartnerHoldUp:
    def test_only_the_weak_side_can_leave(self):
        assert len(episode("PartnerHoldUp-v0", [(25, 40)] * 100)[1]) == 3
        _, rewards, infos = episode("PartnerHoldUp-v0", [(60, 25)] * 100)
        assert rewards.sum(axis=0) == pytest.approx([15645.61, 25681.76], abs=0.01)
        assert infos[-1]["trust_asymmetry"] > 0.99

    def test_dependencies_set_the_matrix_and_the_asymmetry(self):
        env = envs.make("PartnerHoldUp-v0", strong_dependency=0.2, weak_dependency=0.5)
        np.testing.assert_allclose(env.game.dependence, [[0, 0.2], [0.5, 0]])
        info = env.reset()[1]
        assert info["power_asymmetry"] == pytest.approx(0.3)
        assert info["strong_agent_payoff"] == info["weak_agent_payoff"] == 0


class TestPlatformEcosystem:
    def test_the_hub_is_the_only_neighbour(self):
        star = hub_spoke(3, hub=0.25, spoke=0.75)
        np.testing.assert_array_equal(star[0], [0, 0.25, 0.25, 0.25])
        np.testing.assert_array_equal(star[1:, 0], [0.75] * 3)
        assert (star[1:, 1:] == 0).all()

    @pytest.mark.parametrize("developers", [1, 2, 7, 12])
    def test_sizes(self, developers):
        """Also beyond seven others, where NumPy sums in another order."""
        game = envs.game(
            "PlatformEcosystem-v0",
            n_developers=developers,
            platform_share=0.4,
            platform_dependency=0.125,
            developer_dependency=0.875,
        )
        np.testing.assert_array_equal(game.dependence[0, 1:], [0.125] * developers)
        np.testing.assert_array_equal(game.dependence[1:, 0], [0.875] * developers)
        assert game.n_agents == developers + 1
        assert game.alpha.sum() == pytest.approx(1)
        assert game.alpha[1:] == pytest.approx([0.6 / developers] * developers)
        shares = np.random.default_rng(developers).uniform(0, 1, (20, 3, game.n_agents))
        together = game.reset([0] * 3)
        alone = game.reset([0])
        for row in shares * game.endowments:
            together, batched = game.step(together, row)
            alone, single = game.step(alone, row[2:])
            np.testing.assert_array_equal(batched.payoffs[2], single.payoffs[0])
            assert batched.terminated[2] == single.terminated[0]
            expected = alone["trust"][0, 1:, 0].mean() < 0.15
            assert single.terminated[0] == expected

    def test_developers_count_as_gone_at_the_end_only(self):
        _, rewards, infos = constant("PlatformEcosystem-v0", 0.0, n_developers=3)
        assert [info["developer_exits"] for info in infos] == [0] * len(rewards) + [3]
        assert infos[-1]["developer_trust_in_platform"] < 0.15


class TestDynamicPartnerSelection:
    def test_reputation_averages_the_shares_and_is_shown_one_step_late(self):
        shares = np.array([0, 0.2, 0.4, 0.6, 0.8, 1.0])
        seen, _, infos = episode("DynamicPartnerSelection-v0", [100 * shares] * 3)
        for t, shown in enumerate([0, 0, 0.1, 0.19]):
            assert seen[t][-6:] == pytest.approx(shown * shares, abs=1e-6)
        assert infos[3]["reputation_scores"] == pytest.approx(0.271 * shares, abs=1e-6)
        assert infos[3]["reputation_ranking"] == [5, 4, 3, 2, 1, 0]

    def test_actions_beyond_the_endowment_count_in_full(self):
        *_, infos = episode("DynamicPartnerSelection-v0", [[500, -100, 50, 50]], n_agents=4)
        assert infos[1]["reputation_scores"] == pytest.approx([0.5, -0.1, 0.05, 0.05])
        np.testing.assert_array_equal(infos[1]["actions"], [100, 0, 50, 50])

    @pytest.mark.parametrize("n_agents", [2, 9])
    def test_sizes(self, n_agents):
        game = envs.game("DynamicPartnerSelection-v0", n_agents=n_agents)
        state = game.reset([0])
        length = n_agents + 3 * n_agents**2 + 1 + n_agents
        assert game.joint_observation(state).shape == (1, length)
        assert game.alpha == pytest.approx([1 / n_agents] * n_agents)


class TestSynergySearch:
    def test_the_seed_of_a_reset_decides_its_gamma(self):
        """Three fresh environments agree, where the released order of drawing gave three values."""
        expected = np.random.default_rng(42).uniform(0.2, 0.9)
        for _ in range(3):
            env = envs.make("SynergySearch-v0")
            for _ in range(2):
                env.reset(seed=42)
                assert env._state["gamma"][0] == expected
        env.reset()
        assert env._state["gamma"][0] != expected

    def test_a_reset_without_a_seed_goes_on_drawing(self):
        env = envs.make("SynergySearch-v0")
        env.reset(seed=7)
        generator = np.random.default_rng(7)
        for _ in range(3):
            assert env._state["gamma"][0] == generator.uniform(0.2, 0.9)
            env.reset()

    def test_copies_of_a_vec_env_draw_on_their_own(self):
        venv = envs.vec_env("SynergySearch-v0", 4, seed=1, max_steps=1)
        venv.reset()
        first = venv._state["gamma"].copy()
        venv.step(np.zeros((8, 1), np.float32))
        second = venv._state["gamma"]
        assert len({*first, *second}) == 8
        assert ((first >= 0.2) & (first < 0.9)).all()

    def test_gamma_makes_the_payoff(self):
        """The pair at (50, 50): pi = 50 + 20 ln 51 + gamma 50 / 2."""
        for gamma in (0.0, 0.3, 1.0):
            _, rewards, _ = episode(
                "SynergySearch-v0", [(50, 50)], mode="private", gamma_range=(gamma, gamma)
            )
            assert rewards[0] == pytest.approx([50 + 20 * np.log(51) + 25 * gamma] * 2, rel=1e-6)

    def test_a_hidden_gamma_is_in_no_observation(self):
        game = envs.game("SynergySearch-v0")
        state = game.reset([1, 2])
        for _ in range(3):
            state, _ = game.step(state, np.array([[60, 20], [60, 20]]))
            views = [game.joint_observation(state), game.central_observation(state)]
            for preset in ("full", "realistic", "minimal"):
                views += [game.agent_observation(state, preset, norm) for norm in (False, True)]
            for view in views:
                np.testing.assert_array_equal(view[0], view[1])
        assert state["gamma"][0] != state["gamma"][1]

    def test_a_revealed_gamma_is_the_last_entry(self):
        env = envs.make("SynergySearch-v0", reveal_gamma_in_obs=True)
        seen, info = env.reset(seed=4)
        gamma = env._state["gamma"][0]
        assert seen.shape == (16,)
        assert seen[-1] == np.float32(gamma)
        assert "true_gamma" not in info
        central = env.game.central_observation(env._state)
        assert central[0, -1] == pytest.approx(2 * gamma - 1)
        info = env.step(env.game.baselines)[4]
        assert info["true_gamma"] == gamma
        assert info["gamma_type"] == ("high" if gamma > 0.6 else "low")

    @pytest.mark.parametrize("mode", envs.REWARD_MODES)
    def test_rewards_so_far_belong_to_the_mode_and_the_episode(self, mode):
        rows = [(10, 90), (60, 60), (20, 80), (70, 30), (50, 50)]
        env = envs.make("SynergySearch-v0", reward_mode=mode)
        for _ in range(2):
            env.reset(seed=1)
            rewards = []
            for step, row in enumerate(rows, start=1):
                info = env.step(np.array(row, np.float32))[4]
                rewards.append(info["rewards"])
                assert info["cumulative_rewards"] == pytest.approx(np.sum(rewards, axis=0))
                assert ("reward_variance" in info) == (step >= 4)
            assert info["reward_variance"] == pytest.approx(np.var(rewards), rel=1e-5)


class TestRenaultNissan:
    @pytest.mark.parametrize(
        ("phase", "nissan", "renault", "trust", "damage"),
        [
            ("formation", 0.78, 0.66, 0.45, 0.05),
            ("mature", 0.51, 0.66, 0.70, 0.02),
            ("Crisis", 0.35, 0.72, 0.30, 0.45),
            ("STRAINED", 0.28, 0.65, 0.40, 0.35),
        ],
    )
    def test_phases(self, phase, nissan, renault, trust, damage):
        env = envs.make("RenaultNissan-v0", phase=phase)
        np.testing.assert_allclose(env.game.dependence, [[0, nissan], [renault, 0]])
        _, info = env.reset()
        assert info["mean_trust"] == pytest.approx(trust)
        assert info["mean_reputation_damage"] == pytest.approx(damage)
        assert info["phase"] == phase.lower()
        assert info["period"] == PHASES[phase.lower()].period
        assert env.step(env.game.baselines)[4]["agent_names"] == ["Nissan", "Renault"]

    def test_unknown_phases_raise_with_the_known_ones(self):
        with pytest.raises(ValueError, match="formation, mature, crisis, strained"):
            envs.make("RenaultNissan-v0", phase="merger")


class TestRecoveryRace:
    def test_the_default_target_is_out_of_reach(self):
        """Damage 0.5 x 0.99^k allows a trust of 0.9 from step 161 on."""
        _, rewards, infos = constant("RecoveryRace-v0", 0.5)
        assert len(rewards) == 150
        assert infos[-1]["recovery_step"] is None
        assert infos[-1]["peak_trust"] == pytest.approx(0.87346, abs=5e-6)
        assert infos[-1]["trust_ceiling"] == pytest.approx(1 - 0.5 * 0.99**150)
        *_, infos = constant("RecoveryRace-v0", 0.5, max_steps=200)
        assert len(infos) - 1 == infos[-1]["recovery_step"] == 174

    def test_recovery_ends_the_game(self):
        _, rewards, infos = constant("RecoveryRace-v0", 0.5, recovery_target=0.8)
        assert len(rewards) == 105
        assert rewards.sum() == pytest.approx(40602.33, abs=0.01)
        assert infos[-2]["recovery_step"] is None
        assert infos[-1]["recovery_step"] == 105
        assert infos[-1]["recovery_progress"] >= 1 > infos[-2]["recovery_progress"]

    def test_the_peak_outlasts_a_relapse(self):
        *_, infos = episode("RecoveryRace-v0", [(60, 60)] * 5 + [(0, 0)] * 2)
        assert infos[7]["peak_trust"] == infos[5]["peak_trust"] > infos[7]["mean_trust"]
        *_, infos = episode("RecoveryRace-v0", [(0, 0)], initial_trust=0.4)
        assert infos[1]["peak_trust"] == 0.4


class TestCooperativeNegotiation:
    ROWS = ((50, 55), (80, 55), (30, 45), (42, 50))

    @pytest.mark.parametrize(
        ("mode", "returns"),
        [
            ("private", (10470.789, 13540.643)),
            ("integrated", (18042.487, 13910.646)),
            ("cooperative", (14476.567, 17476.567)),
        ],
    )
    def test_published_agreements_and_breaches(self, mode, returns):
        _, rewards, infos = episode("CooperativeNegotiation-v0", self.ROWS * 25, mode)
        assert infos[-1]["total_agreements"] == infos[-1]["total_breaches"] == 50
        assert infos[-1]["mean_trust"] == pytest.approx(0.506982, abs=5e-7)
        assert rewards.sum(axis=0, dtype=np.float64) == pytest.approx(returns, abs=5e-3)

    def test_first_steps(self):
        seen, rewards, infos = episode("CooperativeNegotiation-v0", self.ROWS)
        expected = [
            (187.8703, 185.7047),
            (86.7966, 188.4767),
            (141.4069, 136.7641),
            (201.8016, 166.6598),
        ]
        assert rewards == pytest.approx(np.array(expected), abs=5e-5)
        names = ("agreement_reached", "breach_occurred", "current_agreement")
        assert [tuple(info[name] for name in names) for info in infos[1:]] == [
            (True, False, [50, 55]),
            (False, True, [50, 55]),
            (False, True, [50, 55]),
            (True, False, [42, 50]),
        ]
        # One step late: nothing after reset and after the first step.
        assert seen[:, -3:].tolist() == [[0, 0, 0]] * 2 + [[50, 55, 1]] * 3

    def test_the_penalty_is_the_own_deviation_in_every_mode(self):
        for mode in envs.REWARD_MODES:
            rows = [(50, 50), (75, 49)]
            fined, free = (
                episode("CooperativeNegotiation-v0", rows, mode, breach_penalty_multiplier=p)[1]
                for p in (2.0, 0.0)
            )
            np.testing.assert_array_equal(fined[0], free[0])
            assert free[1] - fined[1] == pytest.approx([50, 2], abs=1e-4)

    def test_thresholds_are_inclusive(self):
        *_, infos = episode("CooperativeNegotiation-v0", [(50, 60), (60, 50), (75, 50)])
        assert [i["agreement_reached"] for i in infos[1:]] == [True, True, False]
        assert [i["breach_occurred"] for i in infos[1:]] == [False, False, True]
        *_, infos = episode("CooperativeNegotiation-v0", [(50, 60)], agreement_threshold=9.5)
        assert not infos[1]["agreement_reached"]

    def test_small_steps_move_the_agreement_without_a_breach(self):
        rows = [(level, level) for level in range(90, -1, -9)]
        *_, infos = episode("CooperativeNegotiation-v0", rows)
        assert infos[-1]["current_agreement"] == [0, 0]
        assert infos[-1]["total_breaches"] == 0

    def test_levels_are_those_of_the_clipped_actions(self):
        *_, infos = episode("CooperativeNegotiation-v0", [(300, 95), (0, 0)])
        assert infos[1]["current_agreement"] == [100, 95]
        assert infos[2]["breach_occurred"]

    def test_normalised_view(self):
        game = envs.game("CooperativeNegotiation-v0")
        state = game.reset([0])
        for _ in range(2):
            state, _ = game.step(state, np.array([[80, 75]]))
        assert game.central_observation(state)[0, -3:] == pytest.approx([0.6, 0.5, 1])


class TestReputationMarket:
    @pytest.mark.parametrize(
        ("floor", "tier", "below", "factor"),
        [
            (0.80, "premium", "standard", 1.3),
            (0.50, "standard", "probation", 1.0),
            (0.25, "probation", "excluded", 0.7),
        ],
    )
    def test_tiers_start_at_their_floor(self, floor, tier, below, factor):
        """Half effort leaves a reputation where it is; the comparison is in float32."""
        game = envs.game("ReputationMarket-v0", n_agents=2)
        state = game.reset([0])
        floor = np.float32(floor)
        state["reputation"] = np.array([[floor, np.nextafter(floor, np.float32(0))]])
        after, outcome = game.step(state, np.full((1, 2), 50.0))
        np.testing.assert_array_equal(after["reputation"], state["reputation"])
        assert game.info(after, outcome)["agent_tiers"] == [tier, below]
        base = outcome.terms["base_payoffs"][0]
        lower = {"standard": 1.0, "probation": 0.7, "excluded": 0.4}[below]
        assert outcome.payoffs[0] == pytest.approx(base * [factor, lower], rel=1e-6)

    def test_reputation_moves_by_a_tenth_of_the_share_above_one_half(self):
        *_, infos = episode("ReputationMarket-v0", [(100, 0, 50, 60, 30)] * 4)
        expected = np.array([0.7, 0.3, 0.5, 0.54, 0.42])
        assert infos[4]["public_reputations"] == pytest.approx(expected, abs=1e-6)
        assert infos[4]["mean_reputation"] == pytest.approx(expected.mean(), abs=1e-6)
        assert infos[4]["reputation_inequality"] == pytest.approx(expected.std(), abs=1e-6)
        assert infos[4]["reputation_ranking"] == [0, 3, 2, 4, 1]

    @pytest.mark.parametrize("mode", envs.REWARD_MODES)
    def test_factors_multiply_the_reward_of_every_mode(self, mode):
        rows = [(100, 0, 60, 60, 60)] * 10
        paid, free = (
            episode("ReputationMarket-v0", rows, mode, tier_enabled=on) for on in (True, False)
        )
        factor = {"premium": 1.3, "standard": 1.0, "probation": 0.7, "excluded": 0.4}
        for info, tiered, plain in zip(paid[2][1:], paid[1], free[1], strict=True):
            expected = [factor[tier] for tier in info["agent_tiers"]]
            assert tiered == pytest.approx(plain * expected, rel=1e-7)
        assert free[2][-1]["agent_tiers"] == paid[2][-1]["agent_tiers"]
        assert paid[1][-1, 0] / paid[1][-1, 1] != pytest.approx(free[1][-1, 0] / free[1][-1, 1])

    def test_one_action_beyond_the_endowment_lifts_a_reputation_to_the_top(self):
        """The unclipped action counts; the executed one is 100 (spec, defect 25)."""
        *_, infos = episode("ReputationMarket-v0", [(500, 50, 50, 50, 50)])
        assert infos[1]["public_reputations"][0] == pytest.approx(0.95)
        assert infos[1]["agent_tiers"][0] == "premium"
        assert infos[1]["actions"][0] == 100

    def test_reputation_is_clipped_and_shown_one_step_late(self):
        seen, _, infos = episode("ReputationMarket-v0", [(1000, -1000, 100)] * 2, n_agents=3)
        assert infos[1]["public_reputations"] == pytest.approx([1, 0, 0.55])
        assert seen[0][-3:] == pytest.approx([0.5] * 3)
        assert seen[1][-3:] == pytest.approx([0.5] * 3)
        assert seen[2][-3:] == pytest.approx([1, 0, 0.55])

    def test_noise_is_one_draw_per_agent_and_observation(self):
        """In the order of the generator, clipped, and without effect on the scores themselves."""
        rows = [(80, 20, 50)] * 5
        noisy, rewards, infos = episode(
            "ReputationMarket-v0", rows, seed=9, n_agents=3, reputation_visibility=0.5
        )
        exact, plain, plain_infos = episode("ReputationMarket-v0", rows, seed=9, n_agents=3)
        generator = np.random.default_rng(9)
        for seen, true in zip(noisy, exact, strict=True):
            draw = generator.normal(0.0, 0.5, 3).astype(np.float32)
            np.testing.assert_array_equal(seen[-3:], np.clip(true[-3:] + draw, 0, 1))
            np.testing.assert_array_equal(seen[:-3], true[:-3])
        assert {0.0, 1.0} & set(noisy[:, -3:].ravel().tolist())
        np.testing.assert_array_equal(rewards, plain)
        assert infos[-1]["public_reputations"] == plain_infos[-1]["public_reputations"]

    def test_noise_is_reproducible_and_belongs_to_its_copy(self):
        game = envs.game("ReputationMarket-v0", reputation_visibility=0.8)
        assert envs.game("ReputationMarket-v0").reset([0]).keys() == game.reset([0]).keys() - {
            "reputation_noise"
        }
        together, alone = game.reset([3, 4]), game.reset([4])
        for _ in range(3):
            seen = game.joint_observation(together)
            np.testing.assert_array_equal(seen[1], game.joint_observation(alone)[0])
            assert (seen[0, -5:] != seen[1, -5:]).any()
            np.testing.assert_array_equal(seen, game.joint_observation(together))
            together, _ = game.step(together, np.full((2, 5), 60.0))
            alone, _ = game.step(alone, np.full((1, 5), 60.0))

    def test_the_last_observation_of_an_episode_has_noise_too(self):
        seen, rewards, _ = episode(
            "ReputationMarket-v0", [(50,) * 5] * 9, max_steps=4, reputation_visibility=0.9
        )
        assert len(rewards) == 4
        assert len({tuple(row[-5:]) for row in seen}) == 5


@pytest.mark.parametrize(
    ("env_id", "params", "said"),
    [
        ("PartnerHoldUp-v0", {"strong_dependency": 1.2}, r"strong_dependency=1.2: .*\[0, 1\]"),
        ("PartnerHoldUp-v0", {"weak_dependency": -0.1}, "weak_dependency=-0.1"),
        ("PlatformEcosystem-v0", {"n_developers": 0}, "n_developers=0: must be at least 1"),
        ("PlatformEcosystem-v0", {"platform_share": 1.5}, "platform_share=1.5"),
        ("PlatformEcosystem-v0", {"developer_dependency": 2.0}, "developer_dependency=2"),
        ("PlatformEcosystem-v0", {"platform_dependency": -1.0}, "platform_dependency=-1"),
        ("DynamicPartnerSelection-v0", {"n_agents": 1}, "n_agents=1: must be at least 2"),
        ("SynergySearch-v0", {"gamma_range": (0.9, 0.2)}, "two numbers in .* lower one first"),
        ("SynergySearch-v0", {"gamma_range": (0.2, 1.2)}, "gamma_range="),
        ("SynergySearch-v0", {"gamma_range": (0.2,)}, "gamma_range="),
        ("SynergySearch-v0", {"gamma_range": ("0.2", "0.9")}, "gamma_range="),
        ("SynergySearch-v0", {"gamma_range": (float("nan"), 0.9)}, "gamma_range="),
        ("RecoveryRace-v0", {"initial_trust": 1.1}, "initial_trust=1.1"),
        ("RecoveryRace-v0", {"initial_reputation_damage": 2.0}, "initial_reputation_damage=2"),
        ("RecoveryRace-v0", {"recovery_target": 0.2}, "recovery_target=0.2: .*initial_trust=0.25"),
        ("RecoveryRace-v0", {"recovery_target": 1.1}, "recovery_target=1.1"),
        ("CooperativeNegotiation-v0", {"agreement_threshold": -1.0}, "agreement_threshold=-1"),
        (
            "CooperativeNegotiation-v0",
            {"breach_penalty_multiplier": -1.0},
            "breach_penalty_multiplier=-1.0: must be at least 0",
        ),
        ("ReputationMarket-v0", {"n_agents": 1}, "n_agents=1"),
        (
            "ReputationMarket-v0",
            {"reputation_visibility": 1.5},
            "reputation_visibility=1.5: must",
        ),
    ],
)
def test_values_out_of_range_raise(env_id, params, said):
    with pytest.raises(ValueError, match=said):
        envs.make(env_id, **params)


def test_a_range_from_a_configuration_file_may_be_a_list():
    assert envs.game("SynergySearch-v0", gamma_range=[0.5, 0.5]).reset([0])["gamma"] == 0.5
    with pytest.raises(envs.ParameterError, match="tuple or list"):
        envs.make("SynergySearch-v0", gamma_range=0.5)
