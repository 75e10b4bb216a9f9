"""Evaluation, the normalised score and the reference table."""

import numpy as np
import pandas as pd
import pytest

from coopetition import agents, envs
from coopetition.agents import scores
from coopetition.agents.constants import Constant
from coopetition.agents.reference import reference_rows

# Groups behind the published means of TitForTat (spec, policies 7.3) and those means, integrated.
PUBLISHED = {
    "TR-2": (
        ("TrustDilemma", "RecoveryRace", "RenaultNissan"),
        ("CooperativeNegotiation", "ReputationMarket"),
        43_646,
    ),
    "TR-3": (
        ("TeamProduction", "LoyaltyTeam", "CoalitionFormation"),
        ("ApacheProject", "PublicGoods"),
        610_835,
    ),
    "TR-4": (
        ("ReciprocalDilemma", "GiftExchange", "IndirectReciprocity"),
        ("GraduatedSanction", "AppleAppStore"),
        110_098,
    ),
}


# ---- evaluation ---------------------------------------------------------------------------------


def test_a_name_stands_for_its_policy():
    by_name = agents.evaluate("Random", "SLCD-v0", episodes=2, seed=3)
    made = agents.evaluate(agents.make("Random"), "SLCD-v0", episodes=2, seed=3)
    np.testing.assert_array_equal(by_name.payoffs, made.payoffs)


def test_a_copy_that_has_ended_is_stepped_no_further(monkeypatch):
    game = envs.game("TrustDilemma-v0")
    sizes, step = [], game.step

    def counted(state, actions):
        sizes.append(len(actions))
        return step(state, actions)

    monkeypatch.setattr(game, "step", counted)
    episodes = agents.evaluate(Constant([0, 50, 0, 60]), game, episodes=4)
    assert episodes.length.tolist() == [3, 100, 3, 100]
    assert sizes == [4] * 3 + [2] * 97
    alone = agents.evaluate("Constant_60", "TrustDilemma-v0")
    np.testing.assert_array_equal(episodes.payoffs[3:], alone.payoffs)
    assert episodes.trust[3] == alone.trust[0]


@pytest.mark.parametrize("name", ["Random", "TitForTat", "TitForTat_released"])
def test_episodes_that_end_at_other_times_do_not_mix(name):
    """Each of many episodes is what it is alone: what is remembered stays with its copy."""
    options = {"initial": 41.0} if name == "TitForTat" else {}
    game = envs.game("TrustDilemma-v0")
    together = agents.evaluate(agents.make(name, **options), game, episodes=12, seed=2)
    streams = [child.spawn(2) for child in np.random.SeedSequence(2).spawn(12)]
    policy = agents.make(name, **options)
    for i, pair in enumerate(streams):
        alone = agents.evaluation.play(policy, game, [pair])
        np.testing.assert_array_equal(alone.payoffs[0], together.payoffs[i])
        assert alone.length[0] == together.length[i]
    if name == "Random":
        assert len(set(together.length)) > 3


def test_nobody_looks_unless_the_policy_does(monkeypatch):
    game = envs.game("ApacheProject-v0", phase="emergence")
    monkeypatch.setattr(game, "joint_observation", None)
    agents.evaluate("Constant_50", game)
    agents.evaluate("Oracle_Nash", game)
    with pytest.raises(TypeError):
        agents.evaluate("TitForTat", game)


def test_rows_can_be_taken_and_repeated():
    episodes = agents.evaluate("Random", "SLCD-v0", episodes=3)
    part = episodes.take(np.array([0, 2, 2]))
    assert part.welfare.tolist() == [episodes.welfare[i] for i in (0, 2, 2)]
    assert part.returns("integrated")[1] == episodes.returns("integrated")[2]


# ---- scores -------------------------------------------------------------------------------------


def test_the_score_by_hand():
    assert scores.normalised(15.0, 10.0, 20.0) == 0.5
    series = scores.normalised(pd.Series([10.0, 30.0]), pd.Series([10.0, 10.0]), 20.0)
    assert series.tolist() == [0.0, 2.0]
    with pytest.raises(ValueError, match=r"optimum \(1\) earns no more than the floor \(2\)"):
        scores.Scale(2.0, 1.0)
    row = {"n_agents": 2, "horizon": 100, "welfare_dynamic_optimum": 5.0}
    for random, nash, floor in ((1.0, 2.0, 200.0), (2.0, 1.0, 200.0), (3.0, None, 600.0)):
        ends = {**row, "welfare_random": random, "welfare_nash_worst": nash}
        assert scores.scale_of(ends) == scores.Scale(floor, 1000.0)


@pytest.mark.parametrize(
    "env_id", ["SLCD-v0", "TrustDilemma-v0", "TrustDilemma-v1", "PublicGoods-v1"]
)
def test_the_scale_goes_from_no_cooperation_to_the_best_plan(env_id):
    scale, game = agents.scale(env_id), envs.game(env_id)
    assert agents.evaluate("Planner", env_id).score == pytest.approx([1])
    random = agents.evaluate("Random", env_id, episodes=256)
    assert scale.floor <= random.welfare.mean() + 1e-6
    nash = agents.evaluate("Oracle_Nash", env_id) if env_id.endswith("v1") else random
    floors = (random.welfare.mean(), nash.welfare.mean())
    assert scale.floor == pytest.approx(min(floors), rel=1e-9)
    assert (scores.surface(game).score <= 1 + 1e-9).all()


def test_a_scale_belongs_to_the_parameters_and_is_solved_once(monkeypatch):
    default, short = agents.scale("SLCD-v0"), agents.scale("SLCD-v0", max_steps=10)
    # Payoffs of the released game are memoryless.
    assert short.ceiling == pytest.approx(default.ceiling / 10, rel=1e-3)
    monkeypatch.setattr("coopetition.agents.certificates.ends", None)
    assert agents.scale(envs.game("SLCD-v0", max_steps=10)) == short
    assert agents.evaluate("Constant_29", "SLCD-v0", max_steps=10).score == pytest.approx(
        [1], abs=0.01
    )


# ---- reference table ----------------------------------------------------------------------------


def frame(env_id, **options):
    return pd.DataFrame(reference_rows(env_id, **{"random_episodes": 4, **options}))


def test_rows_of_equal_endowments():
    rows = frame("TeamProduction-v0")
    extra = ["Random", "TitForTat", "TitForTat_released"]
    extra += ["Oracle_Nash", "Oracle_SocialOptimum", "Oracle_Loyalty", "Planner"]
    assert len(rows) == (101 + len(extra)) * 3
    assert set(rows["policy"]) == {f"Constant_{k:02d}" for k in range(101)} | set(extra)
    assert set(rows.loc[rows["action_basis"] == "max", "policy"]) == {"TitForTat_released"}
    constants = rows[rows["level"].notna()]
    assert (constants["policy"] == constants["level"].map(lambda k: f"Constant_{k:02.0f}")).all()
    assert (constants["episodes"] == 1).all()
    assert (constants["welfare_std"] == 0).all()
    random = rows[rows["policy"] == "Random"]
    assert (random["episodes"] == 4).all()
    assert (random["welfare_std"] > 0).all()
    best = constants.query("reward_mode == 'private'").nlargest(1, "welfare").iloc[0]
    assert (best["level"], round(best["welfare"])) == (46, 37719)


def test_rows_of_unequal_endowments_come_in_both_bases():
    """Spec, policies 6: best own level 33 %, best released level 32 %, integrated."""
    rows = frame("AppleAppStore-v0").query("reward_mode == 'integrated'")
    for basis, level, best in (("own", 33, 44_934), ("max", 32, 45_016)):
        part = rows[(rows["action_basis"] == basis) & rows["level"].notna()]
        assert len(part) == 101
        top = part.nlargest(1, "mode_return").iloc[0]
        assert (top["level"], round(top["mode_return"])) == (level, best)
    bases = rows[rows["policy"] == "Random"]["action_basis"].tolist()
    assert bases == ["own", "max"]
    own = rows[rows["action_basis"] == "own"]
    assert own["policy"].is_unique
    assert own.index.max() < rows[rows["action_basis"] == "max"].index.min()


def test_a_game_that_draws_plays_the_same_episodes_with_every_policy():
    rows = frame("SynergySearch-v0").query("reward_mode == 'private'").set_index("policy")
    released = rows.loc["TitForTat_released"]
    assert released["episodes"] == 50
    others = rows.drop("TitForTat_released")
    assert (others["episodes"] == 4).all()
    assert (others["welfare_std"].drop("Constant_00") > 0).all()
    # A constant is linear in the drawn complementarity, so in equal episodes all spread alike.
    low, high = others.loc["Constant_20"], others.loc["Constant_80"]
    assert high["welfare_std"] / low["welfare_std"] == pytest.approx(4, rel=1e-4)


@pytest.mark.parametrize("group", PUBLISHED)
def test_published_class_means_of_tit_for_tat(group):
    """To the unit, with 50 episodes of which one is the first in the life of the policy."""
    *names, published = PUBLISHED[group]
    means = []
    for name in (name for part in names for name in part):
        first, later = agents.evaluate("TitForTat_released", f"{name}-v0", episodes=2).returns(
            "integrated"
        )
        means.append(0.02 * first + 0.98 * later)
    assert np.mean(means) == pytest.approx(published, abs=1)


def test_the_reference_row_holds_that_mean():
    rows = frame("RecoveryRace-v0").set_index(["policy", "reward_mode"])
    row = rows.loc[("TitForTat_released", "integrated")]
    first, later = agents.evaluate("TitForTat_released", "RecoveryRace-v0", episodes=2).returns(
        "integrated"
    )
    assert row["episodes"] == 50
    assert row["mode_return"] == pytest.approx(0.02 * first + 0.98 * later)
    assert row["mode_return_std"] == pytest.approx(abs(first - later) * 49**0.5 / 50)
