"""What noise does to the best share, and single steps to the return, where a cliff is near."""

import numpy as np
import pytest

from coopetition import envs
from coopetition.agents.evaluation import play, streams
from coopetition.agents.exploration import NoisyConstant, noise_response, step_gains
from coopetition.agents.scores import surface


def test_without_noise_the_best_mean_is_the_best_constant():
    (found,) = noise_response("LoyaltyTeam-v0", means=np.arange(101) / 100, deviations=[0.0])
    returns = surface(envs.game("LoyaltyTeam-v0")).returns("cooperative")
    assert found["best_mean"] == returns.argmax() / 100
    assert found["noisy_return"] == found["training_return"] == pytest.approx(returns.max())
    assert (found["return_half"], found["return_best"]) == (returns[50], returns.max())


def test_the_noise_has_the_asked_deviation_and_is_clipped():
    game, policy = envs.game("LoyaltyTeam-v0"), NoisyConstant(np.full(400, 0.5), 0.3)
    policy.reset(game, [np.random.SeedSequence(i) for i in range(400)])
    shares = policy.act(None) / game.endowments
    assert shares.mean() == pytest.approx(0.5, abs=0.02)
    assert shares.std() == pytest.approx(0.15, rel=0.1)  # half: shares, not actions in [-1, 1]
    wild = NoisyConstant(np.full(400, 1.2), 0.6)
    wild.reset(game, [np.random.SeedSequence(i) for i in range(400)])
    shares = wild.act(None) / game.endowments
    assert shares.max() == 1 and 0.5 < (shares == 1).mean() < 0.9


def test_episodes_draw_their_own_noise_whatever_runs_beside_them():
    game, each = envs.game("LoyaltyTeam-v0"), streams(0, 3)
    together = play(NoisyConstant(np.full(3, 0.7), 0.3), game, each)
    alone = play(NoisyConstant(np.full(1, 0.7), 0.3), game, each[1:2])
    assert together.payoffs[1] == pytest.approx(alone.payoffs[0])
    assert together.welfare[0] != together.welfare[1]


@pytest.mark.parametrize("env", ["LoyaltyTeam-v0", "CoalitionFormation-v0", "ReputationMarket-v0"])
def test_more_noise_pays_a_higher_mean_where_a_cliff_is_near(env):
    rows = noise_response(env, means=np.arange(50, 151, 10) / 100, episodes=5)
    best = [row["best_mean"] for row in rows]
    assert best == sorted(best) and best[0] <= 0.7 and best[-1] > 1
    # Its own noise makes a learner hold a share that earns far less than the best one.
    gain = rows[-1]["training_return"] - rows[-1]["return_half"]
    assert gain < 0.8 * (rows[-1]["return_best"] - rows[-1]["return_half"])


def test_an_action_of_several_numbers_has_no_one_share():
    with pytest.raises(ValueError, match="one share per agent"):
        noise_response("SLCDAppropriation-v0")


def test_a_step_at_the_share_held_changes_nothing():
    gains = {row["share"]: row["gain"] for row in step_gains("LoyaltyTeam-v0", shares=(0.7, 0.9))}
    assert gains[0.9] == pytest.approx(0.0, abs=1e-6)
    assert gains[0.7] > 0


def test_gains_are_means_over_agents_of_what_one_alone_changes():
    game = envs.game("PublicGoods-v1", max_steps=1)
    rows = step_gains(game, held=0.5, shares=(0.8,))
    whole = surface(game).returns("cooperative")[50]
    by_hand = []
    for agent in range(game.n_agents):
        actions = 0.5 * game.endowments
        actions[agent] = 0.8 * game.endowments[agent]
        _, outcome = game.step(game.reset([0]), actions[None])
        by_hand.append(game.rewards(outcome, "cooperative").sum() - whole)
    assert rows[0]["gain"] == pytest.approx(np.mean(by_hand) / whole, rel=1e-5)


def test_where_learners_stay_too_high_a_lower_step_gains_little_beside_what_too_low_a_one_loses():
    gains = {row["share"]: row["gain"] for row in step_gains("CoalitionFormation-v0")}
    assert 0 < gains[0.7] < 0.01
    assert gains[0.2] < -2
