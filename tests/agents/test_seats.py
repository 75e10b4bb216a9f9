"""Policies made of others, and what an agent gains by leaving one."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.constants import Constant
from coopetition.agents.deviations import SHARES, deviation_gains
from coopetition.agents.evaluation import play, streams
from coopetition.agents.seats import Deviation, Seats


class TestSeats:
    def test_the_same_policy_in_every_seat_is_that_policy(self):
        game = envs.game("TrustDilemma-v0")
        alone = agents.evaluate("TitForTat", game)
        seats = agents.evaluate(Seats([agents.make("TitForTat") for _ in range(2)]), game)
        np.testing.assert_array_equal(seats.payoffs, alone.payoffs)

    def test_each_seat_plays_its_own(self):
        game = envs.game("TeamProduction-v1")
        levels = [10, 40, 70, 100]
        mixed = Seats([Constant(level) for level in levels])
        episodes = agents.evaluate(mixed, game, episodes=3)
        np.testing.assert_allclose(episodes.shares, [np.array(levels) / 100] * 3)

    def test_seats_go_on_where_other_episodes_have_ended(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        game = envs.game("TrustDilemma-v0")
        mixed = Seats([Constant([0, 50]), Constant([0, 50])])
        assert agents.evaluate(mixed, game, episodes=2).length.tolist() == [3, 100]

    def test_seats_draw_apart_and_an_episode_does_not_depend_on_others(self):
        game = envs.game("SLCD-v1")
        mixed = Seats([agents.make("Random"), agents.make("Random")])
        many = play(mixed, game, streams(3, 4))
        assert len(set(many.shares.ravel())) == 8
        np.testing.assert_array_equal(play(mixed, game, streams(3, 1)).shares, many.shares[:1])

    def test_another_number_of_agents(self):
        with pytest.raises(ValueError, match="TeamProduction-v1 has 4 agents, not 2"):
            agents.evaluate(Seats([Constant(0), Constant(0)]), "TeamProduction-v1")


class TestDeviation:
    def test_each_episode_has_its_deviator_share_and_start(self):
        game = envs.game("TeamProduction-v1")
        who, share, start = np.array([[0], [2], [2]]), np.array([1.0, 0.0, 0.0]), [0, 75, 100]
        policy = Deviation(Constant(40), who, share, np.array(start))
        expected = np.full((3, 4), 0.4)
        expected[0, 0], expected[1, 2] = 1.0, 0.3
        shares = play(policy, game, streams(0, 3)).shares
        np.testing.assert_allclose(shares, expected, rtol=1e-6)

    def test_deviations_go_on_where_other_episodes_have_ended(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        game = envs.game("TrustDilemma-v0")
        policy = Deviation(Constant([50, 0]), [1], np.array([1.0, 0.0]), np.array([50, 0]))
        episodes = play(policy, game, streams(0, 2))
        assert episodes.length.tolist() == [100, 3]
        np.testing.assert_allclose(episodes.shares[0], [0.5, 0.75], rtol=1e-6)


class _TwoRuns(Constant):
    """The first half of a batch plays one level, the second another."""

    def begin(self, seeds):
        return {"actions": np.repeat(super().begin([None] * 2)["actions"], len(seeds) // 2, axis=0)}


class TestDeviations:
    def gains(self, policy, name="TeamProduction-v1", mode="private"):
        return deviation_gains(agents.make(policy, name), envs.game(name))[mode][0]

    def test_nobody_gains_by_leaving_the_equilibrium(self):
        """Gain below 0.5 % of the payoff, since shares of the grid are 5 % apart."""
        game = envs.game("TeamProduction-v1")
        payoff = agents.evaluate("Oracle_Nash", game).payoffs[0]
        assert (self.gains("Oracle_Nash") < 0.005 * payoff).all()

    def test_everybody_gains_by_leaving_the_optimum(self):
        assert (self.gains("Planner") > 0).all()

    def test_the_gain_is_that_of_the_best_share(self):
        game = envs.game("TeamProduction-v1")
        base = agents.evaluate("Constant_60", game).payoffs[0]
        deviating = [
            agents.evaluate(Seats([Constant(100 * s), *[Constant(60)] * 3]), game).payoffs[0, 0]
            for s in SHARES
        ]
        assert self.gains("Constant_60")[0] == pytest.approx(max(deviating) - base[0])

    def test_runs_and_modes_are_kept_apart(self):
        game = envs.game("TeamProduction-v1")
        alone = [deviation_gains(Constant(level), game) for level in (20, 60)]
        # Episodes of two runs in one batch; the deviations hold 21 shares each.
        both = deviation_gains(_TwoRuns([20, 60]), game, runs=2)
        for mode, found in both.items():
            for run, one in enumerate(alone):
                np.testing.assert_allclose(found[run], one[mode][0])
        assert (both["cooperative"] > 0).all(), "all together gain when one works more"

    def test_episodes_that_are_drawn_are_the_same_with_and_without_deviation(self):
        policy, game = agents.make("Constant_50"), envs.game("SynergySearch-v1")
        gains = deviation_gains(policy, game, episodes=5)
        assert (gains["private"] >= 0).all(), "50 % is among the deviations"
