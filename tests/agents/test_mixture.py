"""Mixed company: constants pay what the game pays for the joint action that was drawn."""

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.audits import mixture as audit
from coopetition.agents.audits.mixture import mixture
from coopetition.agents.audits.panel import Auditee
from coopetition.agents.rollouts import of_constants
from coopetition.reports import schema

LEVELS = (0, 30, 60, 100)


def constants(game):
    names = [f"Constant_{level:02d}" for level in LEVELS]
    return [Auditee(agents.make(name, game), name, "constant") for name in names]


def learner(game, seed):
    policy = agents.untrained("IPPO", game.id, seed=seed)
    return Auditee(policy, "IPPO", "learner", "corrected", "private", seed)


def found(auditees, game, episodes=40, seed=3):
    return mixture(auditees, game, episodes=episodes, seed=seed)


def test_constants_among_the_same_drawn_companies():
    """Of the four seats three are drawn: all of the four levels appear, some companies differ."""
    game = envs.game("TeamProduction-v1")
    rows = schema.table("audit_mixture", found(constants(game), game))
    assert len(rows) == len(LEVELS), "one role"
    assert set(rows["pool"]) == {len(LEVELS)}
    assert rows["share"].tolist() == pytest.approx([level / 100 for level in LEVELS])
    others = rows["others_share"]
    assert others.max() == pytest.approx(others.min()), "all meet the same companies"
    assert 0.4 < others.mean() < 0.55, "levels have equal chances: 0.475 on average"
    alone = [of_constants(game, np.full((1, 4), level))["private"] for level in (0.0, 1.0)]
    assert alone[0].mean() < rows["others_payoff"].min()
    assert (rows["payoff_low"] < rows["payoff"]).all(), "companies differ"


def test_two_agents_have_no_mixed_company():
    game = envs.game("TrustDilemma-v1")
    assert found(constants(game), game) == []


@pytest.mark.parametrize("id", ["TeamProduction-v1", "GraduatedSanction-v0"])
def test_batches_and_further_calls_change_nothing(id, monkeypatch):
    game = envs.game(id)
    auditees = [*constants(game)[:2], learner(game, 1), learner(game, 2)]
    whole = found(auditees, game, episodes=3)
    monkeypatch.setattr(audit, "LARGEST", 1)
    assert found(auditees, game, episodes=3) == whole
    assert found(auditees, game, episodes=3, seed=4) != whole
