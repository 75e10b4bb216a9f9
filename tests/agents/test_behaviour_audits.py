"""Audits of how policies bear disturbance, and of how they behave."""

import numpy as np
import pandas as pd
import pytest

from coopetition import agents, envs
from coopetition.agents.audits import behaviour as module
from coopetition.agents.audits.behaviour import PATIENCE, behaviour, gini, jain, trajectories
from coopetition.agents.audits.cross_play import cross_play
from coopetition.agents.audits.exploitability import Budget
from coopetition.agents.audits.panel import Auditee
from coopetition.agents.audits.robustness import Disturbed, robustness
from coopetition.agents.audits.suite import audit
from coopetition.agents.constants import Constant
from coopetition.agents.evaluation import play, streams
from coopetition.agents.heuristics import TitForTat
from coopetition.agents.policy import Policy
from coopetition.agents.solutions import solution
from coopetition.reports import schema

SEED = 5


def auditee(name, game):
    kind = "constant" if name.startswith("Constant") else "heuristic"
    return Auditee(agents.make(name, game), name, kind)


def own(policy):
    return Auditee(policy, policy.name, "own")


def untrained(name, game):
    return Auditee(agents.untrained(name, game.id, seed=1), name, "learner", "corrected", "", 1)


def one(policy, game, episodes=4):
    [row] = behaviour([policy], game, episodes=episodes, seed=SEED)
    schema.table("audit_behaviour", [row])
    return row


class Grim(TitForTat):
    """Cooperates fully until somebody plays less than half."""

    name = "Grim"

    def begin(self, seeds):
        return {**super().begin(seeds), "angry": np.zeros(len(seeds), bool)}

    def act(self, observations):
        shares = self.game.seen_actions(observations) / self.game.endowments
        first = self.memory["first"]
        super().act(observations)
        self.memory["angry"] |= (shares < 0.5).any(axis=1) & ~first
        return np.where(self.memory["angry"][:, None], 0.0, self.game.endowments)


class Slow(TitForTat):
    """Follows the others half way."""

    name = "Slow"

    def act(self, observations):
        return 0.5 * self.game.endowments + 0.5 * super().act(observations)


class Timed(Policy):
    """Plays 0.8, and 0.3 in the last tenth of the episode."""

    name = "Timed"

    def begin(self, seeds):
        return {"t": np.zeros(len(seeds), int)}

    def act(self, observations):
        late = self.memory["t"] >= 0.9 * self.game.horizon
        self.memory["t"] = self.memory["t"] + 1
        return np.where(late, 0.3, 0.8)[:, None] * self.game.endowments


class TestBehaviour:
    @pytest.mark.parametrize("id", ["TrustDilemma-v1", "TeamProduction-v1", "TrustDilemma-v0"])
    def test_tit_for_tat_follows_and_forgives(self, id):
        row = one(auditee("TitForTat", envs.game(id)), envs.game(id))
        assert row["slope"] == pytest.approx(1.0, abs=1e-4)
        assert row["slope_low"] == pytest.approx(1.0, abs=1e-3)
        assert row["forgiveness"] == pytest.approx(1.0, abs=1e-4)
        game = envs.game(id)
        fallen = solution(game).optimum.max() / (game.n_agents - 1)
        assert row["retaliation"] == pytest.approx(fallen, abs=1e-4)

    @pytest.mark.parametrize("level", [0, 40, 100])
    def test_constants_do_not_answer(self, level):
        row = one(
            auditee(f"Constant_{level:02d}", envs.game("TrustDilemma-v1")),
            envs.game("TrustDilemma-v1"),
        )
        assert row["slope"] == pytest.approx(0.0, abs=1e-9)
        assert row["retaliation"] == pytest.approx(0.0, abs=1e-9)
        assert row["forgiveness"] == (0.0 if level == 0 else None)

    def test_half_a_step_is_a_slope_of_one_half(self):
        game = envs.game("ReciprocalDilemma-v1")
        row = one(own(Slow()), game)
        assert row["slope"] == pytest.approx(0.5, abs=1e-4)
        assert row["forgiveness"] == pytest.approx(1.0, abs=1e-4)

    def test_a_grudge_is_no_forgiveness(self):
        row = one(own(Grim()), envs.game("TrustDilemma-v1"))
        assert (row["retaliation"], row["forgiveness"]) == (1.0, 0.0)

    def test_forgiving_takes_time(self, monkeypatch):
        """Of a fall that halves in every step, a quarter is left after three steps."""
        game = envs.game("TrustDilemma-v1")

        class Healing(Policy):
            name, observation = "Healing", "published"

            def begin(self, seeds):
                return {"fall": np.zeros(len(seeds))}

            def act(self, observations):
                shares = self.game.seen_actions(observations) / self.game.endowments
                hurt = shares.min(axis=1) < 0.1
                self.memory["fall"] = np.where(hurt, 0.8, self.memory["fall"] / 2)
                return (1 - self.memory["fall"])[:, None] * self.game.endowments

        monkeypatch.setattr(module, "PATIENCE", 3)
        assert one(own(Healing()), game)["forgiveness"] == pytest.approx(0.75)
        monkeypatch.setattr(module, "PATIENCE", PATIENCE)
        assert one(own(Healing()), game)["forgiveness"] == pytest.approx(1 - 0.5**9)

    def test_an_end_game(self):
        game = envs.game("TeamProduction-v1")
        assert one(own(Timed()), game)["end_game"] == pytest.approx(-0.5)
        assert one(auditee("Constant_40", game), game)["end_game"] == pytest.approx(0.0)

    def test_the_planner_is_efficient(self):
        game = envs.game("TeamProduction-v1")
        planner = Auditee(agents.make("Planner", game), "Planner", "planner")
        assert one(planner, game)["efficiency"] == pytest.approx(1.0)
        row = one(auditee("Constant_30", game), game)
        played = agents.evaluate("Constant_30", game)
        ceiling = solution(game).plan[1] * game.n_agents * game.horizon
        assert row["efficiency"] == pytest.approx(played.welfare[0] / ceiling)
        assert row["welfare"] == pytest.approx(played.welfare[0])
        assert row["gini"] == pytest.approx(gini(played.payoffs)[0])

    def test_an_early_end(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        game = envs.game("TrustDilemma-v0")
        row = one(auditee("Constant_00", game), game)
        assert row["end_game"] is None
        assert (row["sustainability"], row["share"]) == (0.0, 0.0)
        steps = trajectories([auditee("Constant_00", game)], game, episodes=1, seed=SEED)
        assert [step["step"] for step in steps] == [0, 1, 2]

    @pytest.mark.parametrize("steps", [1, 2, 3])
    def test_a_very_short_game(self, steps):
        game = envs.game("TrustDilemma-v1", max_steps=steps)
        row = one(auditee("TitForTat", game), game)
        assert row["end_game"] == pytest.approx(0.0)
        assert (row["slope"] is None) == (steps == 1)

    def test_trajectories_add_up_to_the_episode(self):
        game = envs.game("TrustDilemma-v0")
        line = [auditee("Random", game), auditee("Constant_50", game)]
        steps = schema.table("audit_trajectories", trajectories(line, game, episodes=3, seed=SEED))
        rows = behaviour(line, game, episodes=3, seed=SEED)
        for row in rows:
            mine = steps[steps["policy"] == row["policy"]]
            assert mine["welfare"].sum() == pytest.approx(row["welfare"])
            played = (mine["running"] * row["episodes"]).sum()
            assert mine["share"].sum() * row["episodes"] / played == pytest.approx(row["share"])
        assert steps.groupby("policy")["running"].min().tolist()[0] == 1.0
        last = steps[steps["policy"] == "Constant_50"].iloc[-1]
        assert last["trust"] == pytest.approx(agents.evaluate("Constant_50", game).trust[0])

    def test_without_trust_the_cell_is_empty(self):
        game = envs.game("TeamProduction-v1")
        rows = trajectories([auditee("Constant_50", game)], game, episodes=1, seed=SEED)
        assert {row["trust"] for row in rows} == {None}


class TestEquality:
    def test_hand_values(self):
        payoffs = np.array([[1, 1, 1, 1], [0, 0, 0, 4], [1, 2, 3, 4], [0, 0, 0, 0]], float)
        np.testing.assert_allclose(gini(payoffs), [0, 0.75, 0.25, 0])
        np.testing.assert_allclose(jain(payoffs), [1, 0.25, 100 / 120, 1])

    def test_negative_payoffs(self):
        payoffs = np.array([[-1, 1], [-2, -2], [-1, 3]], float)
        np.testing.assert_allclose(gini(payoffs), [0.5, 0, 0.5])
        np.testing.assert_allclose(jain(payoffs), [0, 1, 4 / 20])


def sizes(rows, **given):
    none = {name: np.zeros(rows) for name in ("observation", "tremble", "action")}
    return none | {name: np.full(rows, size) for name, size in given.items()}


class TestDisturbed:
    @pytest.mark.parametrize("id", ["TrustDilemma-v0", "TeamProduction-v1"])
    @pytest.mark.parametrize("name", ["Random", "TitForTat", "Constant_30", "IPPO", "Central_PPO"])
    def test_size_zero_changes_nothing(self, id, name):
        game = envs.game(id)
        learns = name in agents.learner_names()
        policy = agents.untrained(name, id) if learns else agents.make(name, game)
        each = streams(1, 3)
        np.testing.assert_array_equal(
            play(Disturbed(policy, **sizes(3)), game, each).payoffs,
            play(policy, game, each).payoffs,
        )

    def test_a_certain_tremble_is_random_play(self):
        game = envs.game("TeamProduction-v1")
        played = play(Disturbed(Constant(0), **sizes(20, tremble=1.0)), game, streams(1, 20))
        assert played.shares.mean() == pytest.approx(0.5, abs=0.02)

    def test_trembles_happen_as_often_as_said(self):
        game = envs.game("TeamProduction-v1")
        played = play(Disturbed(Constant(0), **sizes(40, tremble=0.1)), game, streams(1, 40))
        assert played.shares.mean() == pytest.approx(0.05, abs=0.005)

    def test_noise_on_actions_has_the_size_that_is_said(self):
        game = envs.game("TeamProduction-v1")
        shares = []

        def watch(running, state, outcome):
            shares.append(state["actions"] / game.endowments)

        noisy = Disturbed(Constant(50), **sizes(40, action=0.1))
        play(noisy, game, streams(1, 40), watch=watch)
        assert np.std(shares) == pytest.approx(0.1, rel=0.05)

    @pytest.mark.parametrize("id", ["TrustDilemma-v0", "TrustDilemma-v1"])
    def test_noise_on_what_a_rule_sees_is_half_as_large_in_shares(self, id):
        """Between -1 and 1 a share takes twice the room."""
        game, shares = envs.game(id), []

        def watch(running, state, outcome):
            shares.append(state["actions"] / game.endowments)

        def follow(size):
            shares.clear()
            policy = Disturbed(TitForTat(initial=50), **sizes(200, observation=size))
            policy_streams = streams(1, 200)
            play(policy, game, policy_streams, watch=watch)
            return np.std(shares[1])

        assert follow(0.2) == pytest.approx(0.1, rel=0.1)
        assert follow(0.0) == 0.0

    def test_noise_is_that_of_the_episode_whoever_plays(self):
        game = envs.game("TeamProduction-v1")
        each = streams(1, 2)
        shift = [
            play(Disturbed(Constant(k), **sizes(4, action=0.01)), game, each * 2).shares - k / 100
            for k in (30, 60)
        ]
        np.testing.assert_allclose(shift[0], shift[1], atol=1e-12)
        np.testing.assert_array_equal(shift[0][:2], shift[0][2:])
        assert (shift[0][0] != shift[0][1]).all()


class TestRobustness:
    def rows(self, line, game, met=(), episodes=4):
        rows = robustness(line, game, episodes=episodes, seed=SEED, met=met)
        schema.table("audit_robustness", rows)
        return {(row["policy"], row["disturbance"], row["size"]): row for row in rows}

    def test_losses_are_those_of_the_same_episodes(self):
        game = envs.game("TrustDilemma-v1")
        found = self.rows([auditee("Constant_75", game), untrained("IPPO", game)], game)
        assert len(found) == 20
        for (policy, kind, size), row in found.items():
            usual = found[policy, "none", 0.0]
            assert row["loss"] == pytest.approx(usual["payoff"] - row["payoff"])
            assert row["loss_share"] == pytest.approx(row["loss"] / usual["payoff"])
            assert row["payoff"] == pytest.approx(row["welfare"] / game.n_agents)
            assert row["worst_off"] <= row["payoff"]
            if kind != "none" and policy == "IPPO":
                assert row["loss"] != 0, (kind, size)
            if kind == "observation" and policy == "Constant_75":
                assert row["loss"] == 0

    def test_the_worst_partner_is_met_in_other_episodes(self):
        game = envs.game("TeamProduction-v1")
        line = [auditee(name, game) for name in ("Constant_00", "Constant_75", "Random")]
        met = cross_play(line, game, episodes=2, seed=0)
        found = self.rows(line, game, met)
        row = found["Constant_75", "worst partner", None]
        assert row["partner"] == "Constant_00"
        assert row["episodes"] == 1
        alone = found["Constant_75", "none", 0.0]["payoff"]
        assert row["loss"] == pytest.approx(alone - row["payoff"])
        assert found["Random", "worst partner", None]["loss_low"] is not None

    def test_without_a_matrix_there_are_no_partners(self):
        game = envs.game("TrustDilemma-v1")
        found = self.rows([auditee("Constant_75", game)], game)
        assert not any(kind == "worst partner" for _, kind, _ in found)


@pytest.mark.parametrize("id", ["TrustDilemma-v0", "SynergySearch-v1"])
@pytest.mark.parametrize("audit", [behaviour, trajectories, robustness])
def test_company_and_order_change_nothing(id, audit):
    game = envs.game(id)
    line = [auditee("Random", game), auditee("TitForTat", game)]
    line += [untrained(name, game) for name in ("IPPO", "RecurrentPPO")]
    whole = audit(line, game, episodes=2, seed=SEED)
    again = [audit([each], game, episodes=2, seed=SEED) for each in line[::-1]]
    assert [row for rows in again[::-1] for row in rows] == whole


def test_the_order_of_environments_changes_nothing():
    """The same policies go from one to the next, and solve each of them."""
    names = ("Random", "TitForTat", "Oracle_Nash", "Planner")
    ids, budget = ("TrustDilemma-v1", "SLCD-v1"), Budget(iterations=1, population=4, restarts=1)

    def audited(order):
        line = [auditee(name, envs.game(order[0], max_steps=10)) for name in names]
        games = {id: envs.game(id, max_steps=10) for id in order}
        return {
            (id, part): pd.DataFrame(rows)
            for id, game in games.items()
            for part, rows in audit(line, game, episodes=2, budget=budget, seed=SEED).items()
        }

    one, other = audited(ids), audited(ids[::-1])
    assert one.keys() == other.keys()
    for place, rows in one.items():
        pd.testing.assert_frame_equal(rows, other[place], check_exact=True, obj=str(place))
