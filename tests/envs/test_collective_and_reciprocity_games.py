"""What is specific to the released games of collective action (TR-3) and reciprocity (TR-4)."""

import numpy as np
import pytest

from coopetition import envs
from coopetition.envs.mechanisms.memory import mean_of_last, push

TR4 = [i for i in envs.ids("v0") if envs.spec(i).mechanism_class == "TR-4"]
WITH_BONUS = ["LoyaltyTeam-v0", "CoalitionFormation-v0", "ApacheProject-v0", "PublicGoods-v0"]


def run(game, shares):
    """States and outcomes of shares [T, B, N] of the own endowments."""
    state = game.reset([0] * len(shares[0]))
    for joint in shares:
        state, outcome = game.step(state, joint * game.endowments)
        yield state, outcome


def constant(game, share, steps):
    return np.full((steps, 1, game.n_agents), share)


def rewards_of(game, shares):
    return np.array(
        [
            [game.rewards(outcome, mode) for mode in envs.REWARD_MODES]
            for _, outcome in run(game, shares)
        ]
    )


def test_windows_shift_and_average_each_copy_by_itself():
    rng = np.random.default_rng(0)
    entries = rng.random((14, 5, 3)).astype(np.float32)
    window = np.zeros((5, 3, 10), np.float32)
    for t, entry in enumerate(entries, start=1):
        kept = window.copy()
        moved = push(window, entry)
        np.testing.assert_array_equal(window, kept)
        window = moved
        for width in {1, min(t, 10)}:
            last = np.ascontiguousarray(np.moveaxis(entries[t - width : t], 0, -1))
            same = mean_of_last(window, np.full(5, width))
            np.testing.assert_array_equal(same, [[row.mean() for row in copy] for copy in last])
    mixed = mean_of_last(window, np.array([0, 1, 4, 9, 10]))
    for b, width in enumerate([1, 4, 9, 10], start=1):
        np.testing.assert_array_equal(
            mixed[b], mean_of_last(window[b : b + 1], np.array([width]))[0]
        )
    assert not mixed[0].any()


class TestMultiplier:
    @pytest.mark.parametrize("env_id", ["LoyaltyTeam-v0", "ApacheProject-v0", "PublicGoods-v0"])
    @pytest.mark.parametrize(
        ("share", "factor"),
        [
            (0.1, 0.5),
            (0.29, 0.5),
            (0.3, 1),
            (0.49, 1),
            (0.5, 1.2),
            (0.59, 1.2),
            (0.61, 1.2 * 1.0915),
            (1, 1.38),
        ],
    )
    def test_equal_shares(self, env_id, share, factor):
        game = envs.game(env_id)
        ((_, outcome),) = run(game, constant(game, share, 1))
        effort = 50 * share
        payoff = 50 - effort + 20 * np.log1p(effort) + 0.65 / game.n_agents * effort
        assert outcome.payoffs[0] == pytest.approx(np.full(game.n_agents, factor * payoff))

    @pytest.mark.parametrize(("share", "factor"), [(0.1, 0.9), (0.19, 0.9), (0.2, 1), (1, 1)])
    def test_team_production_has_its_own(self, share, factor):
        game = envs.game("TeamProduction-v0")
        ((_, outcome),) = run(game, constant(game, share, 1))
        assert outcome.terms["multiplier"][0] == pytest.approx(np.full(4, factor))

    def test_agents_are_judged_one_by_one_and_coordination_for_all(self):
        game = envs.game("LoyaltyTeam-v0")
        shares = np.array([[[0.2, 0.4, 0.55, 0.8]], [[0.5, 0.5, 0.55, 0.8]]])
        first, second = (o.terms["multiplier"][0] for _, o in run(game, shares))
        assert first == pytest.approx([0.5, 1, 1, 1 + 0.15 * 0.8])
        assert second == pytest.approx([1.2, 1.2, 1.2, 1.2 * (1 + 0.15 * 0.8)])

    def test_effort_is_remembered_for_ten_steps(self):
        game = envs.game("LoyaltyTeam-v0")
        shares = np.concatenate([constant(game, 1.0, 15), constant(game, 0.4, 15)])
        factors = [o.terms["multiplier"][0, 0] for _, o in run(game, shares)]
        # After k steps at 40 % the mean is 1 - 0.06 k, which is below 60 % from k = 7 on.
        expected = [1 + 0.15 * (1 - 0.06 * k) if k < 7 else 1 for k in range(1, 16)]
        assert factors[15:] == pytest.approx(expected)

    @pytest.mark.parametrize("env_id", WITH_BONUS)
    def test_rounding_costs_60_percent_its_bonus_in_steps_6_and_7(self, env_id):
        game = envs.game(env_id)
        rewards = rewards_of(game, constant(game, 0.6, 20))[:, 0, 0, 0]
        losing = np.flatnonzero(rewards < 0.95 * rewards.max())
        assert losing.tolist() == [5, 6]
        assert rewards[5] / rewards[4] == pytest.approx(1 / 1.09)

    def test_equal_observations_can_precede_unequal_rewards(self):
        """Published finding: what the bonus remembers is not observed (spec TR-3, F6)."""
        game = envs.game("LoyaltyTeam-v0")
        steady = constant(game, 1.0, 91)
        late = np.concatenate([constant(game, 0.58, 89), constant(game, 1.0, 2)])
        states, outcomes = zip(*run(game, np.concatenate([steady, late], axis=1)), strict=True)
        seen = game.joint_observation(states[89])
        np.testing.assert_array_equal(seen[0], seen[1])
        rewards = game.rewards(outcomes[90], "integrated")
        assert rewards[:, 0] == pytest.approx([317.28, 303.37], abs=0.006)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("PublicGoods-v0", {"n_agents": 4}), ("LoyaltyTeam-v0", {})),
        (
            ("ApacheProject-v0", {"phase": "emergence"}),
            ("LoyaltyTeam-v0", {"n_agents": 8, "max_steps": 60}),
        ),
        (
            ("ApacheProject-v0", {"phase": "growth"}),
            ("LoyaltyTeam-v0", {"n_agents": 15, "max_steps": 60}),
        ),
    ],
)
def test_games_that_are_the_same_but_for_their_info(one, other):
    games = [envs.game(env_id, **params) for env_id, params in (one, other)]
    shares = np.random.default_rng(4).uniform(0, 1.1, (60, 3, games[0].n_agents))
    np.testing.assert_array_equal(*(rewards_of(game, shares) for game in games))
    states = [list(run(game, shares))[-1][0] for game in games]
    np.testing.assert_array_equal(
        *(g.joint_observation(s) for g, s in zip(games, states, strict=True))
    )


# Parameters of the released games that reach `info` at most (published findings F1).
INERT = {
    "TeamProduction-v0": {"omega": 1.0, "beta": 0.2, "c": 9.0},
    "LoyaltyTeam-v0": {"omega": 1.0, "beta": 0.2, "c": 9.0, "phi_B": 0.0, "phi_C": 0.0},
    "CoalitionFormation-v0": {"omega": 1.0, "beta": 0.2},
    "PublicGoods-v0": {"multiplier": 50.0, "phi_B": 0.0, "phi_C": 0.0},
}


@pytest.mark.parametrize("env_id", INERT)
def test_the_team_model_changes_no_reward(env_id):
    games = [envs.game(env_id), envs.game(env_id, **INERT[env_id])]
    shares = np.random.default_rng(5).choice([0, 0.1, 0.55, 1], (60, 4, games[0].n_agents))
    np.testing.assert_array_equal(*(rewards_of(game, shares) for game in games))
    outputs = [list(run(g, shares))[-1][0] for g in games]
    outputs = [g.info(s, None)["team_output"] for g, s in zip(games, outputs, strict=True)]
    assert outputs[0] != outputs[1]


class TestLoyalty:
    def test_grows_with_effort_and_falls_below_half(self):
        game = envs.game("LoyaltyTeam-v0")
        shares = np.array([[[1.0, 0.5, 0.4, 0.0]]] * 60)
        states = [state["loyalty"][0] for state, _ in run(game, shares)]
        assert states[0] == pytest.approx([0.52, 0.51, 0.495, 0.475])
        assert states[9] == pytest.approx([0.7, 0.6, 0.45, 0.25])
        assert states[59] == pytest.approx([1, 1, 0.2, 0], abs=1e-5)

    def test_apache_starts_at_half_its_cap_and_stays_below(self):
        for phase, cap in (("emergence", 1.0), ("growth", 0.85), ("evolution", 0.6)):
            env = envs.make("ApacheProject-v0", phase=phase)
            _, info = env.reset()
            # The released reset reports before the phase sets the loyalty.
            assert (info["mean_loyalty"], set(info["loyalty_scores"])) == (0.5, {0.5})
            info = env.step(env.game.endowments)[4]
            assert info["mean_loyalty"] == pytest.approx(cap / 2 + 0.02)
            for _ in range(40):
                info = env.step(env.game.endowments)[4]
            assert info["loyalty_scores"] == pytest.approx([cap] * env.game.n_agents)
            assert info["team_cohesion"] == pytest.approx(cap)
            assert info["phase_loyalty"] == cap


class Lists:
    """The rules of exclusion for one copy, with the lists of the published description."""

    def __init__(self, n_agents, min_size, threshold, cooldown):
        self.rules = min_size, np.float32(threshold), cooldown
        self.members, self.excluded, self.timers = list(range(n_agents)), [], {}
        self.exclusions = self.returns = 0

    def step(self, loyalty):
        min_size, threshold, cooldown = self.rules
        for i in list(self.members):
            if loyalty[i] < threshold and len(self.members) > min_size:
                self.members.remove(i)
                self.excluded.append(i)
                self.timers[i] = cooldown
                self.exclusions += 1
        for i in list(self.excluded):
            self.timers[i] -= 1
            if self.timers[i] <= 0 and loyalty[i] >= np.float32(0.4):
                self.excluded.remove(i)
                self.members.append(i)
                del self.timers[i]
                self.returns += 1


class TestCoalition:
    @pytest.mark.parametrize(
        ("n_agents", "min_size", "threshold", "cooldown"),
        [(6, 3, 0.15, 5), (4, 1, 0.4, 1), (8, 2, 0.35, 0), (5, 4, 0.3, 12), (12, 3, 0.5, 3)],
    )
    def test_lists_grow_and_shrink_as_described(self, n_agents, min_size, threshold, cooldown):
        """Copies restarted at different times, against one pair of lists per copy."""
        params = {"exit_threshold": threshold, "reentry_cooldown": cooldown}
        game = envs.game(
            "CoalitionFormation-v0", n_agents=n_agents, min_coalition_size=min_size, **params
        )
        rng = np.random.default_rng(n_agents)
        phases = rng.choice([0.0, 0.0, 1.0], (7, 5, n_agents))
        state = game.reset([0] * 5)
        lists = [Lists(n_agents, min_size, threshold, cooldown) for _ in range(5)]
        for t in range(140):
            if t == 33:
                state = envs.engine.merge(state, np.array([1, 4]), game.reset([0, 0]))
                for copy in (1, 4):
                    lists[copy] = Lists(n_agents, min_size, threshold, cooldown)
            shares = np.clip(phases[t // 20] + rng.uniform(-0.3, 0.3, (5, n_agents)), 0, 1)
            state, outcome = game.step(state, shares * game.endowments)
            for copy, expected in enumerate(lists):
                expected.step(state["loyalty"][copy])
                info = game.info(state, outcome, copy)
                assert info["coalition_members"] == expected.members
                assert info["excluded_agents"] == expected.excluded
                assert info["coalition_size"] == len(expected.members)
                timers = [expected.timers.get(i, 0) for i in range(n_agents)]
                assert state["timers"][copy].tolist() == timers
            assert not outcome.terminated.any()
        assert sum(x.exclusions for x in lists) >= 5
        assert sum(x.returns for x in lists) >= 5

    def test_without_any_effort_the_first_three_agents_are_excluded(self):
        game = envs.game("CoalitionFormation-v0")
        trace = list(run(game, constant(game, 0.0, 20)))
        states = [state for state, _ in trace]
        assert not states[12]["excluded"].any()
        info = game.info(*trace[13])
        assert (info["coalition_members"], info["excluded_agents"]) == ([3, 4, 5], [0, 1, 2])
        assert info["coalition_stability"] == 0.5
        rewards = game.rewards(trace[13][1], "integrated")[0]
        assert rewards == pytest.approx([12.53] * 3 + [27.56] * 3, abs=0.006)
        np.testing.assert_array_equal(states[-1]["excluded"], states[13]["excluded"])

    def test_returning_takes_the_timer_and_loyalty(self):
        game = envs.game("CoalitionFormation-v0", exit_threshold=0.48, reentry_cooldown=5)
        shares = constant(game, 1.0, 12)
        shares[0, 0, 2] = 0.0  # loyalty falls to 0.475 for one step
        trace = [game.info(state, outcome) for state, outcome in run(game, shares)]
        assert [i["excluded_agents"] for i in trace] == [[2]] * 4 + [[]] * 8
        assert trace[4]["coalition_members"] == [0, 1, 3, 4, 5, 2]

    def test_members_earn_a_tenth_more_and_excluded_agents_half(self):
        game = envs.game("CoalitionFormation-v0", exit_threshold=0.48)
        team = envs.game("LoyaltyTeam-v0", n_agents=6)
        shares = constant(game, 1.0, 2)
        shares[0, 0, 2] = 0.0
        ours, theirs = rewards_of(game, shares), rewards_of(team, shares)
        expected = np.where(np.arange(6) == 2, 0.5, 1.1) * np.ones((2, 3, 1, 6))
        assert ours / theirs == pytest.approx(expected)

    @pytest.mark.parametrize(
        "params",
        [
            {"min_coalition_size": 0},
            {"min_coalition_size": 7},
            {"exit_threshold": 1.5},
            {"exit_threshold": -0.1},
            {"reentry_cooldown": -1},
            {"beta": 0.0},
            {"n_agents": 1},
        ],
    )
    def test_parameters_out_of_range_raise(self, params):
        with pytest.raises(ValueError, match=next(iter(params)) + "="):
            envs.game("CoalitionFormation-v0", **params)


class TestInfoOfTeams:
    def test_phases_of_apache(self):
        facts = {
            "emergence": (8, 201, 35, "1995-1999"),
            "growth": (15, 691, 30, "2000-2005"),
            "maturity": (40, 4841, 22, "2006-2015"),
            "evolution": (35, 3711, 18, "2016-2023"),
        }
        for phase, (n_agents, width, effort, years) in facts.items():
            env = envs.make("ApacheProject-v0", phase=phase)
            seen, info = env.reset()
            assert (env.game.n_agents, seen.shape, env.game.horizon) == (n_agents, (width,), 60)
            assert (info["phase"], info["phase_years"]) == (phase, years)
            assert info["expected_effort"] == effort
            assert (info["effort_deviation"], info["validation_accuracy"]) == (0, 1)
            info = env.step(np.full(n_agents, 1.2 * effort, np.float32))[4]
            assert info["effort_deviation"] == pytest.approx(0.2)
            assert info["validation_accuracy"] == pytest.approx(0.8)
        assert envs.game("ApacheProject-v0").n_agents == 40
        assert env.step(np.full(35, 50, np.float32))[4]["validation_accuracy"] == 0
        with pytest.raises(ValueError, match="emergence, growth, maturity, evolution"):
            envs.game("ApacheProject-v0", phase="decline")

    def test_team_entries(self):
        env = envs.make("LoyaltyTeam-v0")
        _, info = env.reset()
        assert info["loyalty_lift"] == 1
        info = env.step(np.array([10, 14.5, 15.5, 40], np.float32))[4]
        assert info["team_output"] == pytest.approx(25 * 80**0.7)
        assert info["loyalty_lift"] == pytest.approx((20 / info["nash_equilibrium"]) ** 0.7)
        assert info["efficiency_ratio"] == pytest.approx(20 / info["social_optimum"])
        assert (info["free_rider_count"], info["free_rider_indices"]) == (2, [0, 1])
        assert info["loyalty_scores"] == pytest.approx([0.485, 0.4895, 0.4905, 0.516])
        assert info["mean_loyalty"] == pytest.approx(0.49525)

    @pytest.mark.parametrize("beta", [0.9999, 1.0001, 1.0])
    def test_efforts_beyond_double_precision_are_infinite(self, beta):
        env = envs.make("LoyaltyTeam-v0", beta=beta)
        env.reset()
        info = env.step(env.game.endowments)[4]
        assert 0 <= info["loyalty_lift"] <= 1
        assert info["efficiency_ratio"] >= 0

    def test_public_goods(self):
        env = envs.make("PublicGoods-v0", phi_B=0.0, phi_C=0.0)
        env.reset()
        info = env.step(np.array([0, 10, 20, 30, 40], np.float32))[4]
        assert info["total_contribution"] == 100
        assert info["public_good"] == 200
        assert info["contribution_rate"] == pytest.approx(0.4)
        # Without loyalty the linear game pays 250 - 100 + 200 of at most 500.
        assert info["social_efficiency"] == pytest.approx(350 / 500)
        env = envs.make("PublicGoods-v0")
        env.reset()
        info = env.step(env.game.endowments)[4]
        assert info["social_efficiency"] == 1
        # All at 20, loyalty 0.52 - 0.005: w = 30 + 2 * 20 + theta (0.6 * 20 + 0.2 * 20).
        info = env.step(np.full(5, 20, np.float32))[4]
        theta = 0.52 - 0.05 * 0.1
        expected = (70 + theta * 16) / (100 + theta * 40)
        assert info["social_efficiency"] == pytest.approx(expected)

    def test_public_goods_that_nobody_should_provide(self):
        env = envs.make("PublicGoods-v0", multiplier=0.5, endowment=10.0)
        _, info = env.reset()
        assert (info["social_optimum"], info["efficiency_ratio"]) == (0, 0)
        assert env.game.endowments.tolist() == [10] * 5
        assert env.game.baselines.tolist() == [4] * 5
        for name in ("multiplier", "endowment"):
            with pytest.raises(ValueError, match=f"{name}=0"):
                envs.game("PublicGoods-v0", **{name: 0})
        with pytest.raises(ValueError, match="phi_B=-"):
            envs.game("PublicGoods-v0", phi_B=-0.1)


class TestReciprocity:
    @pytest.mark.parametrize("env_id", TR4)
    def test_averages_and_signals_of_random_play(self, env_id):
        game = envs.game(env_id)
        shares = np.random.default_rng(1).uniform(0, 1, (25, 1, game.n_agents))
        actions = (shares * game.endowments).astype(np.float32)[:, 0]
        for t, (state, outcome) in enumerate(run(game, shares), start=1):
            info = game.info(state, outcome)
            width = min(info["tr4_memory_window"], t - 1)
            for pair, average in info["memory_averages"].items():
                j = int(pair[-1])
                expected = actions[t - width : t, j].mean() if width else 0
                assert average == pytest.approx(expected, rel=1e-6)
                signal = info["cooperation_signals"][pair]
                assert signal == pytest.approx(actions[t - 1, j] - expected, abs=1e-4)

    @pytest.mark.parametrize("env_id", TR4)
    def test_the_first_steps_are_those_of_a_window_with_the_current_action(self, env_id):
        game = envs.game(env_id)
        shares = np.random.default_rng(2).uniform(0.1, 1, (2, 1, game.n_agents))
        first, second = (o.terms["reciprocity"] for _, o in run(game, shares))
        assert (first > 1).all()
        np.testing.assert_array_equal(second, np.ones_like(second))

    @pytest.mark.parametrize("env_id", TR4)
    def test_the_own_action_does_not_enter_the_own_factor(self, env_id):
        game = envs.game(env_id)
        shares = np.random.default_rng(3).uniform(0.4, 1, (20, 2, game.n_agents))
        shares[:, 1, 1:] = shares[:, 0, 1:]
        factors = np.array([o.terms["reciprocity"] for _, o in run(game, shares)])
        np.testing.assert_array_equal(factors[:, 0, 0], factors[:, 1, 0])
        assert (factors[:, 0, 1:] != factors[:, 1, 1:]).any()

    @pytest.mark.parametrize("env_id", TR4)
    def test_random_play_moves_rewards_by_less_than_a_thousandth(self, env_id):
        game = envs.game(env_id)
        shares = np.random.default_rng(4).uniform(0, 1, (game.horizon, 20, game.n_agents))
        factors = np.array([o.terms["reciprocity"] for _, o in run(game, shares)])
        assert 0.0002 < np.abs(factors - 1).mean() < 0.0013

    def test_defection_costs_the_partner_and_is_forgotten(self):
        """Both at 60, agent 0 drops to nothing in step 21 (published finding F3)."""
        game = envs.game("ReciprocalDilemma-v0")
        shares = constant(game, 0.6, 30)
        shares[20:, :, 0] = 0
        factors = np.array([o.terms["reciprocity"][0] for _, o in run(game, shares)])
        assert factors[2:, 0] == pytest.approx(np.ones(28), abs=1e-7)
        assert factors[20:22, 1] == pytest.approx([0.9962, 0.9976], abs=5.1e-5)
        assert (factors[20:24, 1] < 0.9999).all()
        assert factors[24:, 1] == pytest.approx(np.ones(6), abs=1e-7)

    def test_a_lasting_defector_is_sanctioned_for_ten_steps(self):
        game = envs.game("GraduatedSanction-v0")
        shares = constant(game, 0.6, 40)
        shares[20:, :, 0] = 0
        factors = np.array([o.terms["reciprocity"][0] for _, o in run(game, shares)])
        assert factors[2:, 0] == pytest.approx(np.ones(38), abs=1e-7)
        assert factors[20:, 1].min() == pytest.approx(1 - 0.0018, abs=5.1e-5)
        assert factors[30:, 1:] == pytest.approx(np.ones((10, 5)), abs=1e-7)

    @pytest.mark.parametrize("env_id", TR4)
    def test_records_of_parameters_are_passed_through(self, env_id):
        game = envs.game(env_id, value_params={"gamma": 0.1})
        assert (game.value.gamma, game.value.theta) == (0.1, 20)
        if env_id == "AppleAppStore-v0":
            with pytest.raises(envs.ParameterError, match="no parameter 'trust_params'"):
                envs.game(env_id, trust_params={})
            return
        game = envs.game(env_id, trust_params={"initial_trust": 0.9})
        assert game.mean_trust(game.reset([0]))[0] == pytest.approx(0.9)
        with pytest.raises(ValueError, match="xi=-1"):
            envs.game(env_id, trust_params={"xi": -1.0})
