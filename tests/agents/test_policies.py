"""Policies that do not learn, and their evaluation."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.constants import Constant
from coopetition.agents.heuristics import Random
from coopetition.agents.reference import reference_rows

IDS = envs.ids()
# Integrated return of Random: mean and standard deviation over 90 recorded episodes.
RECORDED_RANDOM = {
    "TrustDilemma-v0": (3520.0, 1440.0),
    "SLCD-v0": (29128.8, 428.0),
    "TeamProduction-v0": (38233.3, 750.0),
    "ReciprocalDilemma-v0": (28552.2, 287.0),
}


@pytest.mark.parametrize("env_id", IDS)
def test_a_batch_of_levels_equals_single_constants(env_id):
    levels = [0, 37, 60, 100]
    together = agents.evaluate(Constant(levels), env_id, episodes=4)
    for i, level in enumerate(levels):
        alone = agents.evaluate(agents.make(f"Constant_{level:02d}"), env_id)
        for mode in envs.REWARD_MODES:
            assert together.returns(mode)[i] == alone.returns(mode)[0]
        assert together.length[i] == alone.length[0]
        assert together.trust[i] == alone.trust[0]
        assert alone.cooperation[0] == pytest.approx(level / 100, abs=1e-6)


def test_an_episode_that_ends_stops_counting():
    episodes = agents.evaluate(Constant([0, 50]), "TrustDilemma-v0", episodes=2)
    assert episodes.length.tolist() == [3, 100]
    assert episodes.terminated.tolist() == [True, False]
    assert episodes.welfare[0] == pytest.approx(600, abs=1e-3)
    assert episodes.payoffs.shape == (2, 2)


def test_welfare_is_the_private_return_in_every_mode():
    episodes = agents.evaluate(Random(), "SLCD-v0", episodes=3, seed=1)
    assert episodes.welfare == pytest.approx(episodes.returns("private"))


class TestRandom:
    def test_equal_seeds_give_equal_episodes_and_others_do_not(self):
        a, b, c = (agents.evaluate(Random(), "SLCD-v0", episodes=5, seed=s) for s in (3, 3, 4))
        np.testing.assert_array_equal(a.payoffs, b.payoffs)
        assert (a.payoffs != c.payoffs).all()
        assert len(set(a.welfare)) == 5

    def test_an_episode_does_not_depend_on_how_many_are_played(self):
        few, many = (agents.evaluate(Random(), "SLCD-v0", episodes=e, seed=3) for e in (2, 6))
        np.testing.assert_array_equal(few.payoffs, many.payoffs[:2])

    def test_a_seed_sequence_can_be_used_twice(self):
        sequence = np.random.SeedSequence(9)
        a, b = (agents.evaluate(Random(), "SLCD-v0", seed=sequence) for _ in range(2))
        np.testing.assert_array_equal(a.payoffs, b.payoffs)

    @pytest.mark.parametrize("env_id", RECORDED_RANDOM)
    def test_returns_agree_with_the_recorded_ones(self, env_id):
        """Within 3 standard errors of 90 episodes recorded from the published environments."""
        mean, deviation = RECORDED_RANDOM[env_id]
        episodes = agents.evaluate(Random(), env_id, episodes=200, seed=0)
        error = deviation * (1 / 90 + 1 / 200) ** 0.5
        assert abs(episodes.returns("integrated").mean() - mean) < 3 * error

    def test_shares_are_uniform_on_the_own_endowment(self):
        episodes = agents.evaluate(Random(), "TeamProduction-v0", episodes=50, seed=0)
        assert episodes.cooperation.mean() == pytest.approx(0.5, abs=0.01)


def test_wrong_policies_raise():
    for name in ("Constant_101", "Constant_5", "TitForTwoTats", "constant_50"):
        with pytest.raises(ValueError, match="Constant_00 to Constant_100"):
            agents.make(name)
    with pytest.raises(ValueError, match="between 0 and 100"):
        Constant([50, 101])
    with pytest.raises(ValueError, match="do not fit"):
        agents.evaluate(Constant([1, 2, 3]), "SLCD-v0", episodes=2)
    with pytest.raises(ValueError, match="episodes=0"):
        agents.evaluate(Random(), "SLCD-v0", episodes=0)


def test_reference_rows_cover_every_level_and_mode():
    rows = reference_rows("TeamProduction-v0", random_episodes=4)
    assert len(rows) == (101 + 1) * 3
    random = [row for row in rows if row["policy"] == "Random"]
    assert {row["episodes"] for row in random} == {4}
    assert all(row["welfare_std"] > 0 for row in random)
    constants = [row for row in rows if row["policy"] != "Random"]
    assert all(row["episodes"] == 1 and row["welfare_std"] == 0 for row in constants)
    best = max((r for r in constants if r["reward_mode"] == "private"), key=lambda r: r["welfare"])
    assert (best["level"], round(best["welfare"])) == (46, 37719)
