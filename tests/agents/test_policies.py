"""Policies that do not learn, and their evaluation."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.constants import Constant
from coopetition.agents.evaluation import play, streams
from coopetition.agents.heuristics import Random, TitForTat

IDS = envs.ids()


@pytest.mark.parametrize("env_id", IDS)
def test_a_batch_of_levels_equals_single_constants(env_id):
    levels, game = [0, 37, 60, 100], envs.game(env_id)
    together = play(Constant(levels), game, streams(0, 1) * 4)
    for i, level in enumerate(levels):
        alone = agents.evaluate(f"Constant_{level:02d}", game)
        for mode in envs.REWARD_MODES:
            assert together.returns(mode)[i] == alone.returns(mode)[0]
        assert together.length[i] == alone.length[0]
        np.testing.assert_array_equal(together.trust[i], alone.trust[0])
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

    def test_shares_are_uniform_on_the_own_endowment(self):
        episodes = agents.evaluate(Random(), "TeamProduction-v0", episodes=50, seed=0)
        assert episodes.cooperation.mean() == pytest.approx(0.5, abs=0.01)

    def test_the_released_rule_refers_to_the_largest_endowment(self):
        """Uniform up to 100 units and clipped at 60: mean share 0.7 of the small developers."""
        random = agents.make("Random", action_basis="max")
        shares = agents.evaluate(random, "AppleAppStore-v0", episodes=50).cooperation.mean()
        expected = np.mean([1 - min(e, 100) / 200 for e in (100, 80, 60)])
        assert shares == pytest.approx(expected, abs=0.01)
        assert agents.evaluate("Random", "AppleAppStore-v0", episodes=50).cooperation.mean() < 0.52


def test_released_constants_are_clipped_at_small_endowments():
    """Spec, policies 5: levels from 60 on are one for the smallest agent of AppleAppStore."""
    game = envs.game("AppleAppStore-v0")
    policy = agents.make("Constant_70", action_basis="max")
    policy.reset(game, [np.random.SeedSequence(0)])
    assert policy.act(None).tolist() == [[70, 70, 70]]
    episodes = agents.evaluate(policy, game)
    assert episodes.cooperation[0] == pytest.approx((0.7 + 0.875 + 1) / 3)
    own = agents.evaluate("Constant_70", game)
    assert own.cooperation[0] == pytest.approx(0.7)


def test_a_policy_is_attached_to_the_last_game_and_those_built_alike():
    policy, game = Constant(42), envs.game("SLCD-v0")
    assert not policy.attached_to(game)
    policy.attach(game)
    assert policy.attached_to(game)
    assert policy.attached_to(envs.game("SLCD-v0"))
    other = envs.game("SLCD-v0", max_steps=7)
    assert not policy.attached_to(other)
    policy.attach(other)
    assert not policy.attached_to(game)


def replies(policy, game, *actions):
    """Actions of a policy after a reset and after each joint action."""
    state = game.reset([0])
    policy.reset(game, [np.random.SeedSequence(0)])
    played = [policy.act(game.joint_observation(state))]
    for action in actions:
        state, _ = game.step(state, [action])
        played.append(policy.act(game.joint_observation(state)))
    return [a[0].tolist() for a in played]


class TestTitForTat:
    def test_replies_with_the_mean_share_of_the_partners(self):
        game = envs.game("AppleAppStore-v0")  # endowments 100, 80, 60
        start, reply, other = replies(TitForTat(), game, [50, 80, 0], [100, 20, 60])
        assert start == [100, 80, 60]
        assert reply == pytest.approx([100 * 0.5, 80 * 0.25, 60 * 0.75])
        assert other == pytest.approx([100 * 0.625, 80 * 1, 60 * 0.625])

    def test_starts_as_told(self):
        game = envs.game("GiftExchange-v0")
        assert replies(TitForTat(initial=25), game) == [[25, 20]]
        assert replies(TitForTat(initial="baseline"), game) == [game.baselines.tolist()]
        for wrong in (101, -1, "norm"):
            with pytest.raises(ValueError, match="0 to 100 percent, or 'baseline'"):
                TitForTat(initial=wrong)

    @pytest.mark.parametrize("env_id", envs.ids("v0"))
    def test_episodes_of_one_object_are_alike_and_its_share_lasts(self, env_id):
        """Alone with itself it plays its first share for ever, to the last bit."""
        policy, game = TitForTat(initial=37), envs.game(env_id)
        first, second = (agents.evaluate(policy, game, seed=4) for _ in range(2))
        np.testing.assert_array_equal(first.payoffs, second.payoffs)
        constant = agents.evaluate("Constant_37", game, seed=4)
        np.testing.assert_array_equal(first.payoffs, constant.payoffs)

    def test_the_released_one_shifts_amounts_and_starts_anew_only_once(self):
        game = envs.game("AppleAppStore-v0")
        policy = agents.make("TitForTat_released")
        life = replies(policy, game, [10, 20, 30]) + replies(policy, game, [30, 10, 20])
        assert life[:2] == [[50, 50, 50], [20, 30, 10]]
        assert life[2:] == [[24, 18, 30], [10, 20, 30]]

    def test_the_first_episode_of_the_released_one_is_row_0_of_its_first_batch(self):
        policy = agents.make("TitForTat_released")
        lengths = [agents.evaluate(policy, "PartnerHoldUp-v0", episodes=2).length for _ in "ab"]
        assert [list(pair) for pair in lengths] == [[100, 5], [5, 5]]
        assert agents.evaluate(policy, "PartnerHoldUp-v0").length == [5]


def test_wrong_policies_raise():
    for name in ("Constant_101", "Constant_5", "TitForTwoTats", "constant_50"):
        with pytest.raises(ValueError, match="Constant_00 to Constant_100"):
            agents.make(name)
    with pytest.raises(ValueError, match="Did you mean 'Oracle_Nash'"):
        agents.make("Oracle_Nashh")
    with pytest.raises(ValueError, match="Oracle_Nash is another policy in either edition"):
        agents.make("Oracle_Nash")
    with pytest.raises(ValueError, match="Central_PPO has to be trained"):
        agents.make("Central_PPO")
    with pytest.raises(ValueError, match=r"initially.*parameters: initial \(default 100\)"):
        agents.make("TitForTat", initially=3)
    with pytest.raises(ValueError, match="'levels'"):
        agents.make("Constant")
    with pytest.raises(ValueError, match="action_basis='all': choose one of own, max"):
        agents.make("Constant_50", action_basis="all")
    with pytest.raises(ValueError, match="between 0 and 100"):
        Constant([50, 101])
    with pytest.raises(ValueError, match="do not fit"):
        agents.evaluate(Constant([1, 2, 3]), "SLCD-v0", episodes=2)
    with pytest.raises(ValueError, match="episodes=0"):
        agents.evaluate(Random(), "SLCD-v0", episodes=0)


class TestNames:
    def test_the_126_policies_less_learners(self):
        assert len(agents.names(kind="constant")) == 101
        assert len(agents.names(kind="oracle")) == 7
        assert agents.names(kind="planner") == ["Planner"]
        heuristics = ["Random", "TitForTat", "TitForTat_released"]
        assert agents.names(kind="heuristic") == heuristics
        assert agents.names(kind="learner") == agents.learner_names()
        assert len(agents.names()) == len(set(agents.names()))

    def test_oracles_belong_to_their_class(self):
        """Spec, study 2.2: 35 cells."""
        cells = {i: agents.names(i, kind="oracle") for i in envs.ids("v0")}
        assert sum(map(len, cells.values())) == 35
        assert cells["SLCD-v0"] == ["Oracle_TrustAware"]
        assert cells["RenaultNissan-v0"] == ["Oracle_Equilibrium"]
        for env_id in envs.ids("v1"):
            assert agents.names(env_id, kind="oracle") == agents.names(kind="oracle")
        with pytest.raises(ValueError, match="kind='rule': choose one of constant"):
            agents.names(kind="rule")

    def test_entries_say_what_they_are(self):
        for name in agents.names():
            entry = agents.spec(name)
            assert entry.name == name
            if entry.kind != "learner":
                assert entry.summary.endswith(".")
        assert agents.spec("Oracle_Loyalty").mechanism_class == "TR-3"
        assert agents.spec("Oracle_Loyalty", "v1").mechanism_class is None
        assert agents.spec("Random").mechanism_class is None


def test_names_of_levels():
    for level, name in ((0, "Constant_00"), (7, "Constant_07"), (100, "Constant_100")):
        assert Constant(level).name == agents.make(name).name == name
    assert Constant(42.5).name == "Constant_42.5"
