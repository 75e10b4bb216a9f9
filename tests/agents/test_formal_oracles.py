"""Oracles of the formal edition: what they claim, checked by playing."""

import pickle

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.equilibria import LEVELS, TOLERANCE, regrets
from coopetition.agents.evaluation import evaluate
from coopetition.agents.oracles import formal
from coopetition.agents.rollouts import of_constants
from coopetition.agents.solutions import solution
from coopetition.agents.trust_programme import TrustProgramme
from coopetition.envs.formal.decoding import state_of

FORMAL = envs.ids("v1")
# One of each class, with one, two and three roles, and one that draws.
SOME = ("PartnerHoldUp-v1", "TrustDilemma-v1", "LoyaltyTeam-v1", "GiftExchange-v1")
PAIRS = {
    "TrustDilemma-v1": 268.14,
    "RecoveryRace-v1": 230.98,
    "CooperativeNegotiation-v1": 244.29,
}


def welfare(policy, env, **how):
    episodes = evaluate(policy, env, **how)
    return episodes.payoffs.mean() / episodes.game.horizon


@pytest.mark.parametrize("id", FORMAL)
def test_the_state_can_be_read_from_the_joint_observation(id):
    game, generator = envs.game(id), np.random.default_rng(0)
    state = game.reset([1, 2])
    unseen = {"noise", "gamma", "surplus", "precision", "evidence", "priority", "recovery_step"}
    for step in range(game.horizon):
        read = state_of(game, game.joint_observation(state))
        for name in set(state) - unseen:
            assert read[name].dtype == state[name].dtype, name
            np.testing.assert_allclose(read[name], state[name], atol=1e-5, err_msg=name)
        shares = generator.random((2, game.n_agents)) ** (1 + 3 * (step // 10 % 2))
        state, _ = game.step(state, shares * game.endowments)


@pytest.mark.parametrize("id", SOME)
class TestConstants:
    def test_nobody_gains_by_leaving_the_equilibria(self, id):
        game = envs.game(id)
        for policy, mode in ((formal.Nash(), "private"), (formal.Equilibrium(), "integrated")):
            policy.attach(game)
            assert regrets(solution(game).values, policy.shares())[mode][0] <= TOLERANCE

    def test_no_constant_beats_the_optimum_and_no_optimum_the_plan(self, id):
        game = envs.game(id)
        best = welfare(formal.SocialOptimum(), game)
        uniform = of_constants(game, np.repeat(LEVELS[:, None], game.n_agents, axis=1))
        assert best >= uniform["private"].mean(axis=1).max() / game.horizon - 1e-9
        plan = welfare(formal.Planner(), game)
        assert plan >= best - 1e-9
        assert plan == pytest.approx(solution(game).plan[1], rel=1e-9)
        assert welfare(formal.BoundedReciprocity(), game) == plan
        order = [welfare(p, game) for p in (formal.Nash(), formal.Equilibrium())]
        assert order[0] < order[1] < best


class TestPlans:
    def test_no_change_of_a_block_improves_the_plan(self):
        """Specific capital is built early and not renewed at the end."""
        game = envs.game("PartnerHoldUp-v1")
        plan, best = solution(game).plan
        assert plan[0, 1] > plan[-1, 1]
        rows = []
        for first in range(0, 100, 10):
            for agent in range(2):
                for level in np.arange(21) / 20:
                    rows.append(plan.copy())
                    rows[-1][first : first + 10, agent] = level
        from coopetition.agents.rollouts import of_plans

        got = of_plans(game, np.stack(rows, axis=1))["private"].mean(axis=1) / game.horizon
        assert got.max() <= best + 1e-5

    def test_the_released_edition_has_a_planner_too(self):
        game = envs.game("RecoveryRace-v0")  # ends as soon as trust has recovered
        assert welfare(formal.Planner(), game) == pytest.approx(solution(game).plan[1], rel=1e-6)
        with pytest.raises(ValueError, match="formal edition"):
            evaluate(formal.Nash(), game)


class TestTrustProgramme:
    @pytest.mark.parametrize(("id", "figure"), PAIRS.items())
    def test_it_equals_the_plan_on_symmetric_pairs(self, id, figure):
        game = envs.game(id)
        found = welfare(formal.TrustAware(), game)
        assert found == pytest.approx(figure, abs=0.01)
        assert found == pytest.approx(solution(game).plan[1], abs=0.02)
        assert found >= solution(game).plan[1] - 0.002

    @pytest.mark.parametrize("id", FORMAL)
    def test_it_is_used_where_trust_is_all_there_is(self, id):
        game = envs.game(id)
        assert TrustProgramme.applies(game, solution(game).roles) == (id in PAIRS)

    def test_it_repairs_a_trust_that_it_did_not_lose(self):
        """Ten steps without effort lower trust; the answer is not that of the fixed plan."""
        game = envs.game("CooperativeNegotiation-v1")
        policy = formal.TrustAware()
        policy.reset(game, [np.random.SeedSequence(0)])
        state = game.reset([0])
        for _ in range(3):
            state, _ = game.step(state, np.zeros((1, 2)))
        assert game.mean_trust(state)[0] < 0.2
        trust = []
        for _ in range(97):
            state, _ = game.step(state, policy.act(game.joint_observation(state)))
            trust.append(game.mean_trust(state)[0])
        assert trust[-1] > 0.8

    def test_separated_agents_do_what_is_best_alone(self):
        game = envs.game("TrustDilemma-v1")
        policy = formal.TrustAware()
        policy.reset(game, [np.random.SeedSequence(0)])
        state = game.reset([0])
        while state["linked"].any():
            state, _ = game.step(state, np.zeros((1, 2)))
        # e - a (1 + a / 200) + 10 ln(1 + a) is highest at a = 8.3.
        np.testing.assert_allclose(policy.act(game.joint_observation(state)), [[8, 8]])


class TestMyopicPlay:
    @pytest.mark.parametrize(
        "id", ["TeamProduction-v1", "LoyaltyTeam-v1", "CoalitionFormation-v1", "ApacheProject-v1"]
    )
    def test_the_closed_form_agrees_with_best_replies(self, id):
        """Also where exclusion sets agents apart, in whatever order equals are excluded."""
        for seed in (0, 5):
            closed = welfare(formal.Loyalty(), id, seed=seed)
            found = welfare(formal.ReciprocityEquilibrium(), id, seed=seed)
            assert closed == pytest.approx(found, abs=0.01)

    def test_team_production_by_hand(self):
        assert welfare(formal.Loyalty(), "TeamProduction-v1") == pytest.approx(
            25 * np.sqrt(4 * 2.44140625) / 4 - 2.44140625
        )

    def test_agents_of_unequal_loyalty(self):
        """The most loyal agent provides what it wants, the others nothing."""
        game = envs.game("LoyaltyTeam-v1")
        state = game.reset([0])
        state["loyalty"] = np.array([[0.2, 0.9, 0.5, 0.2]])
        policy = formal.Loyalty()
        policy.reset(game, [np.random.SeedSequence(0)])
        actions = policy.act(game.joint_observation(state))
        wanted = (22 * 0.5 * (1 + 0.8 * 0.9) / (4 * (1 - 0.3 * 0.9))) ** 2
        np.testing.assert_allclose(actions, [[0, wanted, 0, 0]], rtol=1e-5)

    @pytest.mark.parametrize("id", ["TrustDilemma-v1", "GraduatedSanction-v1", "PublicGoods-v1"])
    def test_nobody_gains_in_any_single_step(self, id):
        game = envs.game(id)
        policy = formal.ReciprocityEquilibrium()
        policy.reset(game, [np.random.SeedSequence(0)])
        state = game.reset([0])
        for _ in range(15):
            actions = policy.act(game.joint_observation(state))
            tried = np.repeat(actions, 101, axis=0)
            tried[:, 0] = LEVELS * game.endowments[0]
            many = {name: np.repeat(array, 101, axis=0) for name, array in state.items()}
            best = game.step(many, tried)[1].payoffs[:, 0].max()
            state, outcome = game.step(state, actions)
            assert best - outcome.payoffs[0, 0] < 0.05

    def test_trembles_are_answered_as_they_happen(self):
        game = envs.game("TrustDilemma-v1", tremble=0.05)
        found = welfare(formal.TrustAware(), game, episodes=8)
        assert 200 < found < 268


@pytest.mark.parametrize("policy", [formal.Nash, formal.Planner, formal.ReciprocityEquilibrium])
def test_a_batch_plays_as_single_episodes_do(policy):
    together = evaluate(policy(), "GiftExchange-v1", episodes=3)
    alone = evaluate(policy(), "GiftExchange-v1")
    np.testing.assert_allclose(together.payoffs, np.repeat(alone.payoffs, 3, axis=0), rtol=1e-9)


def test_oracles_exist_for_all_environments():
    for id in ("DynamicPartnerSelection-v1", "SynergySearch-v1", "PublicGoods-v1"):
        for policy in (formal.TrustAware(), formal.Loyalty(), formal.ReciprocityEquilibrium()):
            assert np.isfinite(welfare(policy, id))


def test_what_a_copy_plays_does_not_depend_on_its_company():
    from coopetition.agents.evaluation import play, streams

    game = envs.game("ReputationMarket-v1", tremble=0.05, max_steps=6)
    pairs = streams(3, 5)
    together = play(agents.make("Oracle_ReciprocityEquilibrium", game), game, pairs)
    alone = play(agents.make("Oracle_ReciprocityEquilibrium", game), game, pairs[:1])
    assert together.payoffs[0] == pytest.approx(alone.payoffs[0], rel=1e-12)


def test_solved_policies_are_pickled_without_what_they_solved():
    policy = agents.make("Oracle_Nash", "TrustDilemma-v1")
    again = pickle.loads(pickle.dumps(policy))
    first, second = (agents.evaluate(p, "TrustDilemma-v1").welfare for p in (policy, again))
    assert first == pytest.approx(second)


def test_a_trembling_pair_is_still_answered_by_the_programme():
    policy = agents.make("Oracle_TrustAware", envs.game("TrustDilemma-v1", tremble=0.05))
    assert policy.solved.programme
