"""Trajectories for offline learning: every step is what was played; quality and coverage."""

import math

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents import offline, transitions
from coopetition.agents.audits.panel import Auditee
from coopetition.agents.evaluation import play, streams
from coopetition.agents.policy import Policy
from coopetition.agents.traces import Trace, replay

# Both editions; random play ends the first early; four agents, and no trust.
IDS = ("TrustDilemma-v0", "TeamProduction-v1")


@pytest.fixture(scope="module", params=IDS)
def recorded(request):
    game = envs.game(request.param)
    policy = agents.make("Random", game)
    return game, transitions.record(policy, game, episodes=3, seed=5), policy


class Recorder(Policy):
    """Plays what another policy does and keeps what it was shown."""

    name, observation = "Recorder", transitions.OBSERVATION

    def __init__(self, shares) -> None:
        self.shares, self.seen = shares, []

    def act(self, observations):
        self.seen.append(observations.copy())
        return np.full((self.copies, self.game.n_agents), self.shares) * self.game.endowments


class TestRecord:
    def test_sums_are_those_of_an_evaluation(self, recorded):
        game, steps, policy = recorded
        sums = agents.evaluate(policy, game, episodes=3, seed=5)
        for k in range(3):
            here = steps.episode == k
            assert here.sum() == sums.length[k]
            assert steps.step[here].tolist() == [*range(sums.length[k])]
            np.testing.assert_allclose(steps.payoffs[here].sum(axis=0), sums.payoffs[k], rtol=1e-6)
            for mode in ("integrated", "cooperative"):
                total = steps.rewards[mode][here].sum(axis=0)
                np.testing.assert_allclose(total, sums.rewards[mode][k], rtol=1e-6)
        assert steps.episodes.welfare.tolist() == sums.welfare.tolist()

    def test_an_episode_ends_once_at_its_last_step(self, recorded):
        _, steps, _ = recorded
        ended = steps.terminated | steps.truncated
        last = [np.flatnonzero(steps.episode == k)[-1] for k in range(3)]
        assert np.flatnonzero(ended).tolist() == last

    def test_observations_follow_one_another(self, recorded):
        game, steps, _ = recorded
        for k in range(3):
            here = np.flatnonzero(steps.episode == k)
            before, after = steps.observations[here], steps.next_observations[here]
            np.testing.assert_array_equal(before[1:], after[:-1])
            state = game.reset([streams(5, 3)[k][0]])
            shown = game.agent_observation(state, transitions.OBSERVATION, normalize=True)
            np.testing.assert_array_equal(before[0], shown[0])

    def test_actions_played_again_are_paid_the_same(self, recorded):
        game, steps, _ = recorded
        here = steps.episode == 0
        # The first of several episodes has the seed of a single one.
        trace = Trace(5, steps.actions[here], steps.payoffs[here], steps.trust[here], None)
        [again] = replay(game, [trace])
        np.testing.assert_array_equal(again.payoffs, steps.payoffs[here])
        np.testing.assert_array_equal(again.trust, steps.trust[here])

    def test_observations_are_those_that_a_policy_is_shown(self):
        game = envs.game("TrustDilemma-v1")
        policy = Recorder(0.3)
        steps = transitions.record(policy, game, episodes=1)
        np.testing.assert_array_equal(steps.observations, np.concatenate(policy.seen))


class TestCoverage:
    def test_pairs_are_counted_in_bins(self):
        pairs = np.array([[0, 1], [0, 1], [0, 2], [1, 1]])
        assert transitions.unique_pairs(pairs, 4) == 3
        assert transitions.unique_pairs(pairs, 2) == 2  # the first and the last

    def test_bins_are_a_tenth_wide(self):
        found = transitions._binned(np.array([-1.0, -0.05, 0.0, 0.099, 0.1, 0.3, 0.7, 1.0]))
        assert found.tolist() == [-10, -1, 0, 0, 1, 3, 7, 10]

    def test_a_constant_has_one_action_in_every_state(self):
        game = envs.game("TeamProduction-v1")
        steps = transitions.record(agents.make("Constant_50", game), game, episodes=4)
        single = transitions.record(agents.make("Constant_50", game), game, episodes=1)
        size = len(steps.pairs)
        assert (steps.pairs[:, -4:] == 5).all()
        # Nothing is drawn, so that four episodes cover what one does.
        assert transitions.unique_pairs(steps.pairs, size) == transitions.unique_pairs(
            single.pairs, size // 4
        )

    def test_the_replay_reference_goes_from_random_play_to_the_policy(self):
        game = envs.game("TeamProduction-v1")
        best = agents.make("Constant_50", game)
        played = transitions._record(transitions.Annealed(best), game, streams(0, 5))
        own = [
            np.mean(played.actions[played.episode == k] == 0.5 * game.endowments) for k in range(5)
        ]
        assert (own[0], own[-1]) == (0.0, 1.0)
        np.testing.assert_allclose(own[1:4], [0.25, 0.5, 0.75], atol=0.1)
        shares = played.actions[played.episode == 0] / game.endowments
        assert shares.min() >= 0.0
        assert shares.max() <= 1.0
        assert shares.mean() == pytest.approx(0.5, abs=0.05)

    def test_the_replay_reference_is_long_enough(self):
        game = envs.game("TrustDilemma-v0")  # random play ends it early
        pairs = transitions.replay_pairs(agents.make("Random", game), game, episodes=2, steps=100)
        assert len(pairs) >= 100


def test_quality_is_the_place_between_random_and_best():
    assert transitions.quality(150.0, 100.0, 300.0) == 0.25
    assert transitions.quality(50.0, 100.0, 300.0) == -0.25
    assert math.isnan(transitions.quality(150.0, 100.0, 100.0))


class TestDataSets:
    @pytest.fixture(scope="class")
    def sets(self):
        game = envs.game("TrustDilemma-v1")
        who = [
            Auditee(agents.make("Random", game), "Random", "heuristic"),
            Auditee(agents.make("Constant_100", game), "Constant_100", "constant"),
            Auditee(
                agents.make("Constant_40", game), "IPPO", "learner", "corrected", "private", 99
            ),
        ]
        return game, *offline.data_sets(who, game, episodes=2, seed=1)

    def test_rows_are_described(self, sets):
        _game, described, rows = sets
        names = [row["set_id"] for row in described]
        assert names == [
            *("TrustDilemma-v1/Random", "TrustDilemma-v1/Constant_100"),
            "TrustDilemma-v1/IPPO/corrected/private/99",
        ]
        for row in described:
            own = [step for step in rows if step["set_id"] == row["set_id"]]
            assert len(own) == row["transitions"] == 200
            assert {len(step["observations"]) for step in own} == {2 * row["observation_size"]}
            total = sum(sum(step["payoffs"]) for step in own) / row["episodes"]
            assert row["welfare"] == pytest.approx(total)

    def test_the_best_is_a_learner_where_one_trained(self, sets):
        random, full, learner = sets[1]
        assert {row["best_policy"] for row in sets[1]} == {learner["set_id"]}
        assert (random["trajectory_quality"], learner["trajectory_quality"]) == (0.0, 1.0)
        played = {
            name: play(agents.make(name, sets[0]), sets[0], streams(1, 2)).welfare.mean()
            for name in ("Random", "Constant_40", "Constant_100")
        }
        expected = (played["Constant_100"] - played["Random"]) / (
            played["Constant_40"] - played["Random"]
        )
        assert full["trajectory_quality"] == pytest.approx(expected)
        assert random["coverage"] > 5 * full["coverage"] > 0.0

    def test_without_random_there_is_no_quality(self, sets):
        game = sets[0]
        who = [Auditee(agents.make("Constant_50", game), "Constant_50", "constant")]
        with pytest.raises(ValueError, match="let it play too"):
            offline.data_sets(who, game, episodes=1)
