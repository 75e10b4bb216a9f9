"""What distinguishes learners: measures by hand, and one signature in full."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from coopetition import agents, envs
from coopetition.agents.constants import Constant
from coopetition.agents.registry import SIGNATURES
from coopetition.agents.seats import Seats
from coopetition.agents.signatures import (
    _TESTS,
    PrisonersDilemma,
    signature_rows,
    worst_partner_loss,
)

SCHEMA = Path(__file__).parents[2] / "config" / "schemas" / "study.schema.json"


def test_all_places_name_the_same_signatures():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    asked = schema["properties"]["learner_certificates"]["anyOf"][1]["properties"]["signatures"]
    assert set(asked["items"]["enum"]) == set(SIGNATURES) == set(_TESTS)
    for pair in SIGNATURES.values():
        assert set(pair) <= set(agents.learner_names())


def test_the_dilemma_pays_as_in_the_paper():
    env = PrisonersDilemma(1, 4)
    first = env.reset()
    assert (first == [0, 0, 0, 0, 1]).all()
    together = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], np.float32)  # by copy
    seen, rewards, _, _ = env.step(together.reshape(-1, 1))
    assert rewards.reshape(4, 2).tolist() == [[-2, -2], [0, -3], [-3, 0], [-1, -1]]
    # Own action first: a lone defector saw (0, 1), the other (1, 0).
    assert seen.reshape(4, 2, 5).argmax(2).tolist() == [[0, 0], [1, 2], [2, 1], [3, 3]]


def test_the_loss_is_against_the_share_that_is_worst_for_an_agent():
    """Nobody works while an agent plays 60 %."""
    run = SimpleNamespace(env_id="TeamProduction-v1", reward_mode="private")
    game = envs.game(run.env_id)

    class Model:
        def controller(self, runs):
            return Constant(60)

    usual = agents.evaluate("Constant_60", game).payoffs[0]
    alone = agents.evaluate(Seats([Constant(60), *[Constant(0)] * 3]), game).payoffs[0, 0]
    expected = (usual[0] - alone) / usual[0]
    assert worst_partner_loss(Model(), [run]) == pytest.approx([expected])


def test_lola_learns_to_reciprocate_where_naive_learners_defect():
    rows = signature_rows("reciprocity", seeds=[0, 1], steps=1)
    for row in rows:
        assert row["value"] > -1.5
        assert row["compared_value"] == pytest.approx(-2, abs=0.05)
        assert (row["policy"], row["compared_with"]) == ("LOLA", "IndependentREINFORCE")
        assert row["steps"] == 320_000


@pytest.mark.parametrize("name", ["robustness", "overestimation", "held_out"])
def test_every_signature_is_measured(name):
    rows = signature_rows(name, seeds=[1, 2], steps=800)
    assert [row["seed"] for row in rows] == [1, 2]
    values = np.array([[row["value"], row["compared_value"]] for row in rows])
    assert np.isfinite(values).all()
    assert len(np.unique(values)) > 1


def test_an_unknown_signature_is_an_error():
    with pytest.raises(ValueError, match="robustness"):
        signature_rows("strength", seeds=[1], steps=1)
