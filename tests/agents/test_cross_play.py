"""Cross-play: the matrix, what is derived from it, and the policy that plays it."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.audits import cross_play as audit
from coopetition.agents.audits.cross_play import (
    cross_play,
    schelling,
    summary,
    worst_case_training,
)
from coopetition.agents.audits.lineup import BLOCK, Lineup, Steady, draws
from coopetition.agents.audits.panel import Auditee
from coopetition.agents.certificates import certificate
from coopetition.agents.constants import Constant
from coopetition.agents.evaluation import play, streams
from coopetition.agents.rollouts import of_constants
from coopetition.agents.seats import Seats
from coopetition.agents.solutions import solution
from coopetition.reports import schema

EPISODES, SEED = 3, 5


def auditee(name, game, **labels):
    kind = "constant" if name.startswith("Constant") else "heuristic"
    return Auditee(agents.make(name, game), name, kind, **labels)


def learner(name, game, seed=1):
    policy = agents.untrained(name, game.id, seed=seed)
    return Auditee(policy, name, "learner", "corrected", "private", seed)


def matrix(auditees, game):
    rows = cross_play(auditees, game, episodes=EPISODES, seed=SEED)
    return {(row["policy"], row["partner"], row["seat"]): row for row in rows}


class Counting(Constant):
    """Knows how many copies it was asked about, each time."""

    def reset(self, game, seeds):
        super().reset(game, seeds)
        self.asked = getattr(self, "asked", [])

    def act(self, observations):
        self.asked.append(self.copies)
        return super().act(observations)


class TestLineup:
    def test_constants_pay_what_the_game_pays_for_the_joint_action(self):
        game = envs.game("TeamProduction-v1")
        levels = np.array([10, 40, 90])
        seating = np.array([[0, 1, 2, 1], [2, 2, 0, 1], [1, 1, 1, 1]])
        lineup = Lineup([Constant(level) for level in levels], seating)
        played = play(lineup, game, streams(0, 1) * 3)
        expected = of_constants(game, levels[seating] / 100)["private"]
        np.testing.assert_allclose(played.payoffs, expected, rtol=1e-6)

    def test_a_policy_is_asked_once_per_step_about_its_copies(self):
        game = envs.game("TrustDilemma-v1")
        asked = []
        policies = [Counting(20), Counting(80)]
        for policy in policies:
            policy.asked = asked  # a list that the copies share
        play(Lineup(policies, np.array([[0, 1], [1, 1], [1, 0]])), game, streams(0, 3))
        assert asked == [2, 3] * game.horizon

    def test_copies_go_on_where_others_have_ended(self):
        """TrustDilemma-v0 ends after 3 steps without contributions."""
        game = envs.game("TrustDilemma-v0")
        names = ("Constant_00", "TitForTat", "Constant_50")
        policies = [agents.make(name) for name in names]
        seating = np.array([[0, 0], [1, 2], [0, 0], [2, 1], [1, 1]])
        played = play(Lineup(policies, seating), game, streams(0, 1) * 5)
        assert played.length.tolist() == [3, 100, 3, 100, 100]
        for row, seats in enumerate(seating):
            alone = agents.evaluate(Seats([agents.make(names[s]) for s in seats]), game)
            np.testing.assert_array_equal(played.payoffs[row], alone.payoffs[0])

    def test_one_that_plays_all_seats_draws_as_by_itself(self):
        game = envs.game("TeamProduction-v1")
        random, each = agents.make("Random"), streams(3, 2)
        lineup = Lineup([random, random], np.array([[0] * 4, [1] * 4, [0, 1, 1, 1]]))
        played = play(lineup, game, [each[0], each[1], each[0]])
        alone = play(random, game, each)
        np.testing.assert_array_equal(played.shares[:2], alone.shares)
        assert (played.shares[2] != alone.shares[0]).all(), "of two each has its own stream"

    def test_what_draws_is_found(self):
        game = envs.game("TrustDilemma-v1")
        assert draws(agents.make("Random"), game)
        assert not draws(agents.make("TitForTat"), game)


class Shapes(Constant):
    """Observes each agent; notes the shapes of what it sees and plays its first entry."""

    observation = "realistic"
    seen = ()

    def act(self, observations):
        self.seen.append(observations.shape[0])
        return np.abs(observations[:, :, 0]) * self.game.endowments


class TestSteady:
    def test_every_question_is_about_one_block(self):
        game = envs.game("TrustDilemma-v0")
        policy = Shapes(50)
        policy.seen = []
        seating = np.repeat([[0, 1], [1, 1], [0, 0]], [BLOCK, 3, 2], axis=0)
        lineup = Lineup([Steady(policy), Constant(0)], seating)
        plain = Shapes(50)
        plain.seen = []
        steady = play(lineup, game, streams(0, len(seating)))
        other = play(Lineup([plain, Constant(0)], seating), game, streams(0, len(seating)))
        np.testing.assert_array_equal(steady.payoffs, other.payoffs)
        assert set(policy.seen) == {BLOCK}
        assert set(plain.seen) != {BLOCK}

    @pytest.mark.parametrize("name", ["TitForTat", "Random", "Constant_30"])
    def test_it_plays_what_the_policy_plays(self, name):
        game = envs.game("TrustDilemma-v0")
        each = streams(2, BLOCK + 3)
        steady = play(Steady(agents.make(name)), game, each)
        plain = play(agents.make(name), game, each)
        np.testing.assert_array_equal(steady.payoffs, plain.payoffs)

    def test_a_policy_of_others_that_is_shown_the_state(self):
        game = envs.game("TrustDilemma-v0")
        mixed = Seats([agents.make("TitForTat"), Constant(10)])
        steady = play(Steady(mixed), game, streams(2, 3))
        np.testing.assert_array_equal(steady.payoffs, play(mixed, game, streams(2, 3)).payoffs)


class TestMatrix:
    def test_the_diagonal_is_self_play(self):
        game = envs.game("TrustDilemma-v0")
        names = ("Constant_25", "TitForTat", "Random")
        found = matrix([auditee(name, game) for name in names], game)
        for name in names:
            episodes = EPISODES if name == "Random" else 1
            alone = play(agents.make(name), game, streams(SEED, EPISODES)[:episodes])
            for row in (found[name, name, seat] for seat in solution_seats(game)):
                assert row["episodes"] == episodes
                assert row["payoff"] == alone.payoffs[:, row["seat"]].mean()
                assert row["welfare"] == alone.welfare.mean()

    def test_two_constants_are_a_mixed_profile(self):
        game = envs.game("TeamProduction-v1")
        found = matrix([auditee(f"Constant_{k}", game) for k in (20, 70)], game)
        shares = np.full((1, game.n_agents), 0.7)
        shares[0, 0] = 0.2
        paid = of_constants(game, shares)["private"][0]
        row = found["Constant_20", "Constant_70", 0]
        assert row["payoff"] == pytest.approx(paid[0], rel=1e-9)
        assert row["others_payoff"] == pytest.approx(paid[1:].mean(), rel=1e-9)
        assert row["welfare"] == pytest.approx(paid.sum(), rel=1e-9)
        assert row["worst_off"] == pytest.approx(paid.min(), rel=1e-9)
        assert (row["share"], row["others_share"]) == (pytest.approx(0.2), pytest.approx(0.7))

    def test_one_seat_of_every_role(self):
        game = envs.game("PlatformEcosystem-v1")
        parts = solution(game).roles
        rows = cross_play([auditee("Constant_50", game)], game, episodes=1, seed=0)
        assert [row["role"] for row in rows] == ["|".join(map(str, part)) for part in parts]
        assert [row["seat"] for row in rows] == [part[0] for part in parts]

    @pytest.mark.parametrize("id", ["TrustDilemma-v1", "TrustDilemma-v0"])
    def test_company_order_and_batches_change_nothing(self, id, monkeypatch):
        game = envs.game(id)
        names = ("IPPO", "RecurrentPPO", "Central_PPO")
        line = [auditee("Constant_00", game), auditee("TitForTat", game), auditee("Random", game)]
        line += [learner(name, game) for name in names]
        whole = matrix(line, game)
        assert len(whole) == len(line) ** 2 * len(solution_seats(game))
        assert matrix(line[::-1], game) == whole
        for pair in ([line[1], line[3]], [line[4], line[2]], [line[5]]):
            for key, row in matrix(pair, game).items():
                assert whole[key] == row
        monkeypatch.setattr(audit, "LARGEST", 8 * game.n_agents**2 * 3 * 4 * EPISODES)
        assert matrix(line, game) == whole

    def test_two_of_a_name(self):
        game = envs.game("TrustDilemma-v1")
        line = [auditee("TitForTat", game), auditee("TitForTat", game)]
        with pytest.raises(ValueError, match="two policies are called TitForTat: rename one"):
            cross_play(line, game, episodes=1, seed=0)

    def test_games_that_draw_are_the_same_for_all(self):
        game = envs.game("SynergySearch-v1")
        line = [auditee(name, game) for name in ("Constant_25", "Constant_75", "TitForTat")]
        whole = matrix(line, game)
        assert {row["episodes"] for row in whole.values()} == {EPISODES}
        assert all(row["payoff_low"] < row["payoff"] < row["payoff_high"] for row in whole.values())
        assert matrix(line[:2], game).items() <= whole.items()

    def test_rows_keep_their_schema(self):
        game = envs.game("TrustDilemma-v1")
        line = [auditee("Constant_25", game), auditee("Random", game), learner("IPPO", game)]
        rows = cross_play(line, game, episodes=2, seed=0)
        table = schema.table("audit_cross_play", rows)
        assert table["payoff_low"].notna().sum() == 5, (
            "the pairs with Random; agents are alike, so one seat"
        )
        derived = schema.table("audit_cross_play_summary", summary(rows))
        # What is derived does not mind whether rows come from a table.
        again = schema.table("audit_cross_play_summary", summary(table.to_dict("records")))
        assert derived.equals(again)


def solution_seats(game):
    return [part[0] for part in solution(game).roles]


def invented(payoffs, roles=("0|1",), **labels):
    """Rows of a matrix: (policy, seed), (partner, seed) -> payoff per role."""
    rows = []
    for ((policy, seed), (partner, partner_seed)), paid in payoffs.items():
        for number, (role, payoff) in enumerate(zip(roles, np.atleast_1d(paid), strict=True)):
            who = {"environment": "Alpha", "edition": "v1", "policy": policy, "seed": seed}
            met = {"partner": partner, "partner_seed": partner_seed}
            kinds = {f"{p}{c}": "" for p in ("", "partner_") for c in ("kind", "protocol")}
            modes = {"reward_mode": "", "partner_reward_mode": ""}
            figures = {"payoff": payoff, "others_payoff": 1.0, "welfare": payoff}
            rows.append({**who, **met, **kinds, **modes, **figures, "role": role, "seat": number})
            rows[-1] |= labels
    return rows


class TestSummary:
    def test_gap_partners_and_defectors(self):
        zero, some, full = (("Constant_00", None), ("Constant_50", None), ("Constant_100", None))
        paid = {
            **{(zero, zero): 1.0, (zero, some): 2.0, (zero, full): 2.5},
            **{(some, zero): 0.5, (some, some): 4.0, (some, full): 6.0},
            **{(full, zero): 0.0, (full, some): 3.0, (full, full): 5.0},
        }
        found = {row["policy"]: row for row in summary(invented(paid))}
        # Nothing (2.5) does not pay among those who get 5.0; half (6.0) does.
        assert {row["defector_level"] for row in found.values()} == {50}
        last = found["Constant_100"]
        assert (last["self_play"], last["cross_play"], last["gap"]) == (5.0, 1.5, 3.5)
        assert (last["among_zero"], last["among_defectors"]) == (0.0, 3.0)
        assert (last["worst_partner"], last["best_partner"]) == ("Constant_00", "Constant_50")
        assert (last["worst_payoff"], last["best_payoff"], last["partners"]) == (0.0, 3.0, 2)

    def test_roles_count_with_their_members(self):
        only = ("TitForTat", None)
        rows = invented({(only, only): [1.0, 4.0]}, roles=("0", "1|2"))
        assert summary(rows)[0]["self_play"] == pytest.approx(3.0)
        assert summary(rows)[0]["gap"] is None, "without strangers there is no gap"

    def test_other_seeds_are_strangers_of_the_same_kind(self):
        one, two, other = ("IPPO", 1), ("IPPO", 2), ("ISAC", 1)
        paid = {(a, b): 2.0 for a in (one, two, other) for b in (one, two, other)}
        paid |= {(one, one): 9.0, (one, two): 6.0, (one, other): 0.0}
        row = summary(invented(paid))[0]
        assert (row["other_runs"], row["runs_gap"], row["gap"]) == (1, 3.0, 6.0)
        assert row["worst_partner"] == "ISAC 1"

    def test_m3ddpg_beside_maddpg(self):
        runs = [(name, seed) for name in ("MADDPG", "M3DDPG") for seed in (1, 2)]
        paid = {(a, b): 10.0 for a in runs for b in runs}
        # M3DDPG of seed 1 loses less with the other's partners, and more with its own kind.
        paid |= {(runs[2], b): 12.0 for b in runs[:2]} | {(runs[2], runs[3]): 7.0}
        labels = {"protocol": "corrected", "reward_mode": "private"}
        labels |= {f"partner_{name}": value for name, value in labels.items()}
        rows = worst_case_training(invented(paid, **labels))
        table = schema.table("audit_worst_case_training", rows).set_index("partner")
        assert table["seeds"].tolist() == [2, 2, 2]
        assert table.loc["MADDPG", ["m3ddpg", "maddpg", "difference"]].tolist() == [11, 10, 1]
        assert table.loc["M3DDPG", "m3ddpg"] == 8.5
        assert table.loc["worst", "m3ddpg"] == 8.5
        # Pairs differ by 2 and 0: half the interval is 12.706 standard errors of 1.
        assert table.loc["MADDPG", "difference_high"] == pytest.approx(1 + 12.706, abs=1e-3)


class TestSchelling:
    def test_c_and_d_lie_on_their_curves_which_are_those_of_the_certificate(self):
        game = envs.game("TeamProduction-v1")
        solved = solution(game)
        policies = [Constant(100 * shares[0]) for shares in (solved.optimum, solved.worst)]
        line = [Auditee(policy, policy.name, "constant") for policy in policies]
        rows = schelling(line, game, episodes=2, seed=0)
        schema.table("audit_schelling", rows)
        of = certificate(game)
        steps = game.horizon
        for row, (place, curve) in zip(
            rows,
            [*enumerate(of["schelling_cooperator"]), *enumerate(of["schelling_defector"])],
            strict=True,
        ):
            assert row["cooperators"] == place
            assert row["payoff"] == pytest.approx(curve * steps, rel=1e-6)
        positions = [row["position"] for row in rows]
        assert positions == pytest.approx([1.0] * game.n_agents + [0.0] * game.n_agents, abs=1e-6)

    def test_tit_for_tat_follows_the_others(self):
        game = envs.game("TeamProduction-v1")
        rows = schelling([auditee("TitForTat", game)], game, episodes=1, seed=0)
        positions = [row["position"] for row in rows]
        assert positions == sorted(positions)
        assert positions[0] < 0.1 and positions[-1] > 0.9
