"""Environment cards and the overview of policies."""

import pytest

from coopetition import envs
from coopetition.envs.contract import measure
from coopetition.reports import schema
from coopetition.reports.cards import environment_cards, policy_overview, scored


@pytest.fixture(scope="module")
def overview(reference):
    return {row["environment"]: row for row in policy_overview(reference)}


@pytest.fixture(scope="module")
def cards(reference):
    contract = schema.table("contract", [measure(id) for id in envs.ids("v0")])
    figures = {"TrustDilemma-v0": {"id": "environments/TrustDilemma-v0"}}
    return {card["environment"]: card for card in environment_cards(contract, reference, figures)}


def test_scores_are_one_for_the_best_constant_and_zero_for_random(reference):
    rows = scored(reference)
    own = rows[rows["action_basis"] == "own"]
    assert own.loc[own["level"].notna()].groupby("name")["score"].max().tolist() == [1.0, 1.0]
    assert (own.loc[own["policy"] == "Random", "score"] == 0).all()


def test_overview_compares_with_the_best_constant_in_return_and_welfare(overview):
    trust, team = overview["TrustDilemma-v0"], overview["TeamProduction-v0"]
    assert (trust["level"], round(trust["return"])) == (42, 46_830)
    assert trust["relative"]["Constant_100"] == pytest.approx(40_304 / 46_830, abs=1e-4)
    assert trust["score"]["Random"] == 0
    assert [oracle["name"] for oracle in trust["relative"]["oracles"]] == ["TrustAware"]
    nash, optimum, loyalty = team["relative"]["oracles"]
    assert [nash["name"], optimum["name"], loyalty["name"]] == ["Nash", "SocialOptimum", "Loyalty"]
    # Return by return as in the specification of the oracles (policies.md 4.5).
    assert nash["value"] * team["return"] == pytest.approx(95_373, abs=1)
    assert optimum["value"] == loyalty["value"] == team["relative"]["Constant_100"]
    assert team["relative"]["TitForTat_released"] is not None


def test_a_card_says_what_the_environment_is(cards):
    assert list(cards) == envs.ids("v0")
    for name, card in cards.items():
        assert card["summary"] == envs.spec(name).summary
        assert card["story"][0].startswith(name.removesuffix("-v0"))
        assert any(part.startswith("Released edition: ") for part in card["story"]), name
        assert not any("\n" in part for part in card["story"])
        assert not any(part.startswith("Formal edition") for part in card["story"]), name
    apache = cards["ApacheProject-v0"]
    assert apache["n_agents"] == 40
    assert apache["observations"]["joint"] == 4841
    assert "phase = maturity" in apache["parameters"]
    assert cards["PlatformEcosystem-v0"]["endowments"] == "150, 80, 80, 80, 80"


def test_a_card_lists_landmarks_best_constants_heuristics_and_oracles(cards):
    rows = cards["TrustDilemma-v0"]["policies"]
    assert [row["policy"] for row in rows if row["policy"].startswith("Constant")] == [
        *("Constant_00", "Constant_40", "Constant_42", "Constant_50", "Constant_100"),
    ]
    others = {row["policy"] for row in rows if not row["policy"].startswith("Constant")}
    assert others == {"Random", "TitForTat", "TitForTat_released", "Oracle_TrustAware"}
    assert len(rows) == 5 + 4


def test_a_card_has_its_figure_and_policies_or_says_that_there_are_none(cards):
    assert cards["TrustDilemma-v0"]["figure"]["id"] == "environments/TrustDilemma-v0"
    assert cards["SLCD-v0"]["figure"] is None
    assert cards["SLCD-v0"]["policies"] == []


def test_the_released_rule_has_rows_of_its_own_where_endowments_differ(reference):
    one = reference[reference["environment"] == "TrustDilemma"]
    levels = one[one["level"].notna() & (one["action_basis"] == "own")]
    both = schema.table(
        "reference",
        [*one.to_dict("records"), *levels.assign(action_basis="max").to_dict("records")],
    )
    contract = schema.table("contract", [measure("TrustDilemma-v0")])
    [card] = environment_cards(contract, both, {})
    released = [r["policy"] for r in card["policies"] if r["action_basis"] == "max"]
    assert sorted(released) == ["Constant_40", "Constant_42", "TitForTat_released"]
