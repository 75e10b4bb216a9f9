"""Curves of best replies: figures of the specification (formal edition, 8.2 and 8.3)."""

import pytest

from coopetition.agents.replies import OTHERS, best_replies


def curve(id, role=0):
    rows = [row for row in best_replies(id) if row["role"] == role]
    assert [row["others"] for row in rows] == OTHERS.tolist()
    return {round(row["others"], 2): row["reply"] for row in rows}


def test_nothing_is_dominant_in_a_public_good():
    assert set(curve("PublicGoods-v1").values()) == {0.0}


def test_the_curve_crosses_the_diagonal_at_the_equilibria():
    replies = curve("TrustDilemma-v1")
    # Stable at 0.08 and 0.66, from above to below; the one at 0.39 lies between two points.
    for low, high in ((0.06, 0.1), (0.64, 0.68)):
        assert replies[low] >= low
        assert replies[high] <= high
    assert replies[0.36] < 0.1 < 0.39 <= replies[0.4]
    assert replies[0.94] == pytest.approx(0.71, abs=0.01), "the best reply to the joint optimum"
    assert replies[0.5] > 0.5, "trust pays above the boundary"


def test_every_role_has_its_own_curve():
    rows = best_replies("PlatformEcosystem-v1")
    assert {(row["role"], row["agents"]) for row in rows} == {(0, "0"), (1, "1|2|3|4")}
    platform = curve("PlatformEcosystem-v1")
    assert platform[0.56] == pytest.approx(0.3, abs=0.01), "what keeps developers from leaving"


def test_the_released_dilemma_answers_with_its_norm_or_less():
    replies = curve("TrustDilemma-v0")
    assert replies[0.2] == 0.4, "at 40 units trust holds"
    assert replies[0.6] < 0.3, "a partner above the norm holds it alone"
