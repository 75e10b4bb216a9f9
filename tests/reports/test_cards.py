"""Environment cards, the overview of policies, and the comparison of the editions."""

import pandas as pd
import pytest
from compared import matrix_runs

from coopetition import envs
from coopetition.agents.reference import reference_rows
from coopetition.envs.contract import measure
from coopetition.envs.formal.changes import CHANGES
from coopetition.reports import schema
from coopetition.reports.cards import (
    environment_cards,
    formal_oracles,
    learned_scores,
    oracle_cards,
    policy_overview,
    scored,
)
from coopetition.reports.editions import edition_rows, without_scale
from coopetition.reports.statistics import aggregates
from frames import FORMAL_IDS, IDS, certificate, certificates_of


@pytest.fixture(scope="module")
def overview(both, certificates):
    return {row["environment"]: row for row in policy_overview(both, certificates)}


@pytest.fixture(scope="module")
def every_card():
    """Cards of all environments, with invented certificates and without policies."""
    contract = schema.table("contract", [measure(id) for id in envs.ids()])
    certified = [
        certificate(spec.name, edition=spec.edition, roles="0|1" if spec.edition == "v0" else "0;1")
        for spec in map(envs.spec, envs.ids())
    ]
    rows = environment_cards(
        contract,
        schema.table("reference", []),
        schema.table("certificates", certified),
        [
            {"TrustDilemma-v0": {"id": "environments/TrustDilemma-v0"}},
            {"TrustDilemma-v0": {"id": "incentives/TrustDilemma-v0"}},
        ],
        {},
        {},
    )
    return {card["environment"]: card for card in rows}


@pytest.fixture(scope="module")
def cards(both, certificates):
    contract = schema.table("contract", [measure(id) for id in (*IDS, *FORMAL_IDS)])
    rows = environment_cards(contract, both, certificates, [], {}, {})
    return {part["id"]: part for card in rows for part in card["editions"]}


def test_scores_are_one_for_the_best_constant_and_zero_for_random(reference):
    """On certificates that say so."""
    rows = scored(reference, certificates_of(reference))
    rows = rows[rows["reward_mode"] == "integrated"]
    own = rows[rows["action_basis"] == "own"]
    best = own.loc[own["level"].notna()].groupby("name")["score"].max()
    assert best.tolist() == pytest.approx([1.0, 1.0])
    assert own.loc[own["policy"] == "Random", "score"].tolist() == pytest.approx([0.0, 0.0])


def test_scores_of_the_formal_edition(overview):
    """TeamProduction-v1: the worst equilibrium has 0, the best plan 1 (formal edition, 8.2)."""
    row = overview["TeamProduction-v1"]
    assert row["score"]["oracles"]["Nash"] == pytest.approx(0, abs=1e-6)
    assert row["score"]["Planner"] == pytest.approx(1, abs=1e-6)
    assert row["score"]["best"] == pytest.approx(1, abs=0.01)
    # W: Random 36.8, equilibrium 17.3, optimum 39.1.
    assert row["score"]["Random"] == pytest.approx((36.8 - 17.3) / (39.1 - 17.3), abs=0.03)


def test_overview_compares_with_the_best_constant_in_return_and_welfare(overview):
    trust, team = overview["TrustDilemma-v0"], overview["TeamProduction-v0"]
    assert (trust["level"], round(trust["return"])) == (42, 46_830)
    assert trust["relative"]["Constant_100"] == pytest.approx(40_304 / 46_830, abs=1e-4)
    assert trust["score"]["Random"] == pytest.approx(0, abs=0.05)
    assert list(trust["relative"]["oracles"]) == ["TrustAware"]
    oracles = team["relative"]["oracles"]
    assert list(oracles) == ["Nash", "SocialOptimum", "Loyalty"]
    # Return by return as in the specification of the oracles (policies.md 4.5).
    assert oracles["Nash"] * team["return"] == pytest.approx(95_373, abs=1)
    assert oracles["SocialOptimum"] == oracles["Loyalty"] == team["relative"]["Constant_100"]
    assert team["relative"]["TitForTat_released"] is not None


def test_a_card_says_what_the_game_is_and_its_parts_what_the_editions_are(every_card):
    assert len(every_card) == 20
    for name, card in every_card.items():
        assert card["title"].startswith(f"{name}: ")
        assert [part["id"] for part in card["editions"]] == [f"{name}-v0", f"{name}-v1"]
        for part in card["editions"]:
            assert part["summary"] == envs.spec(part["id"]).summary
            assert part["story"], part["id"]
            assert not any("edition:" in text[:20] or "\n" in text for text in part["story"])
    classes = [card["mechanism_class"] for card in every_card.values()]
    assert classes == sorted(classes)
    released, formal = every_card["ApacheProject"]["editions"]
    assert (released["n_agents"], formal["n_agents"]) == (40, 6)
    assert released["observations"]["joint"] == 4841
    assert "phase = maturity" in released["parameters"]
    assert every_card["PlatformEcosystem"]["editions"][0]["endowments"] == "150, 80, 80, 80, 80"


def test_a_card_says_where_the_released_views_played_another_game(every_card):
    views = {
        part["id"]: part["views"]
        for card in every_card.values()
        for part in card["editions"]
        if part["views"]
    }
    assert set(views) == {
        *("CoalitionFormation-v0", "CooperativeNegotiation-v0"),
        *("ReputationMarket-v0", "SynergySearch-v0"),
    }
    assert "ended after its first step" in views["CoalitionFormation-v0"]


def test_a_formal_card_says_what_was_changed_and_what_can_be_switched_off(every_card):
    released, formal = every_card["TrustDilemma"]["editions"]
    assert (released["changes"], released["switches"]) == ([], "")
    assert [change["number"] for change in formal["changes"]] == [1, 2, 3, 6, 7]
    assert {c["number"] for c in formal["changes"] if c["ours"]} == {1, 2, 3, 7}
    assert formal["changes"][0]["why"] == CHANGES[1].why
    assert formal["switches"] == "trust_payoff (rho = 0.0); exit (exit_threshold = -1.0)"


def test_a_card_names_the_roles_of_its_equilibria(every_card):
    released, formal = every_card["PartnerHoldUp"]["editions"]
    assert released["certificate"]["roles"] == ["every agent"]
    assert formal["certificate"]["roles"] == ["Strong", "Weak"]
    assert released["certificate"]["nash"] == "0.20; 0.60"


def test_a_card_lists_best_constants_heuristics_oracles_and_the_planner(cards):
    rows = cards["TrustDilemma-v0"]["policies"]
    assert [row["policy"] for row in rows] == [
        *("Constant_40", "Constant_42", "Random", "TitForTat", "Oracle_TrustAware", "Planner"),
        "TitForTat_released",
    ]
    formal = cards["TeamProduction-v1"]["policies"]
    assert "Oracle_Nash" in {row["policy"] for row in formal}
    assert all(row["trust"] != row["trust"] for row in formal), "there is no trust in it"


def test_a_card_has_its_figures_and_policies_or_says_that_there_are_none(every_card):
    released, formal = every_card["TrustDilemma"]["editions"]
    assert [f["id"].partition("/")[0] for f in released["figures"]] == [
        *("environments", "incentives"),
    ]
    assert formal["figures"] == formal["policies"] == []


def test_a_card_has_the_scores_of_learners_best_first():
    scores = pd.concat(
        [
            matrix_runs({"IPPO": [[0.2], [0.4]], "QMIX": [[0.7], [0.9]]}, names=("SLCD",)),
            matrix_runs({"IPPO": [[0.5], [0.5]]}, names=("SLCD",), reward_mode="private"),
            matrix_runs({"IPPO": [[0.5], [0.5]]}, names=("RecoveryRace",)),
        ]
    )
    table = schema.table("aggregates", aggregates(scores, repetitions=20))
    found = learned_scores(table)
    assert {"SLCD-v0", "RecoveryRace-v0"} <= set(found)
    best, other = found["SLCD-v0"]
    assert [best["policy"], other["policy"]] == ["QMIX", "IPPO"]
    assert best["integrated"]["iqm"] == pytest.approx(0.8)
    assert best["private"] is None
    assert other["private"]["iqm"] == pytest.approx(0.5)
    assert (other["planned"], other["finished"]) == (4, 4)
    rows = schema.table("reference", [])
    [card] = environment_cards(
        *(schema.table("contract", [measure("SLCD-v0")]), rows),
        *(schema.table("certificates", [certificate("SLCD")]), [], {}, found),
    )
    assert card["editions"][0]["scores"] == found["SLCD-v0"]


def test_the_released_rule_has_rows_of_its_own_where_endowments_differ():
    rows = schema.table("reference", reference_rows("PartnerHoldUp-v0", random_episodes=1))
    contract = schema.table("contract", [measure("PartnerHoldUp-v0")])
    [card] = environment_cards(contract, rows, certificates_of(rows), [], {}, {})
    found = card["editions"][0]["policies"]
    released = [r["policy"] for r in found if r["action_basis"] == "max"]
    assert {"Random", "TitForTat_released"} < set(released)
    assert any(name.startswith("Constant_") for name in released)


def test_oracles_show_their_card_or_what_they_solve(both):
    cards = {row["policy"]: row for row in oracle_cards(both)}
    assert set(cards) == {
        *("Oracle_TrustAware", "Oracle_Nash", "Oracle_SocialOptimum", "Oracle_Loyalty"),
    }
    assert cards["Oracle_Nash"]["role"] == "lower bound"
    assert "omega beta" in cards["Oracle_Nash"]["equation"]
    formal = {row["policy"]: row["summary"] for row in formal_oracles(both)}
    assert len(formal) == 8
    assert formal["Oracle_Nash"].startswith("The private equilibrium in constants of the lowest")


def test_editions_of_a_game_stand_together(both, certificates):
    rows = edition_rows(both, certificates)
    assert [row["environment"] for row in rows] == [
        *("TrustDilemma-v0", "TeamProduction-v0", "TeamProduction-v1"),
    ]
    released, formal = rows[1:]
    assert (released["is_dilemma"], formal["is_dilemma"]) == (False, True)
    assert (formal["nash"], formal["optimum"]) == ("0.05", "0.78")
    assert formal["price_of_anarchy"] == pytest.approx(2.26, abs=0.01)
    assert (formal["greed"], formal["fear"]) == pytest.approx((28.5, 13.6), abs=0.1)
    assert formal["random_score"] > 0.8
    assert without_scale(certificates) == []
    flat = schema.table("certificates", [certificate("Alpha", 10.0, 5.0)])
    [row] = without_scale(flat)
    assert row["environment"] == "Alpha-v0"
    assert "no more than the floor" in row["reason"]
