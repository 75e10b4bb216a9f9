"""Published statements on environments against what is measured of them."""

import pandas as pd
import pytest

from coopetition import envs
from coopetition.envs.contract import measure
from coopetition.reports import schema
from coopetition.reports.columns import environments
from coopetition.reports.comparison import CODE, contract_comparison, page_results
from coopetition.reports.sources import published, published_learners
from frames import policies


@pytest.fixture(scope="module")
def contract() -> pd.DataFrame:
    return schema.table("contract", [measure(id) for id in envs.ids("v0")])


@pytest.fixture(scope="module")
def compared(contract) -> pd.DataFrame:
    return schema.table("contract_comparison", contract_comparison(contract))


def differing(compared, quantity):
    rows = compared[(compared["quantity"] == quantity) & ~compared["equal"]]
    return {
        (r.environment.removesuffix("-v0"), r.source_doc.split("/")[-1], r.published, r.measured)
        for r in rows.itertuples()
    }


def test_every_number_of_the_released_code_is_what_is_measured(compared):
    code = compared[compared["source_doc"] == CODE]
    assert len(code) == 40
    assert code["equal"].all(), code[~code["equal"]]


def test_agents_and_horizons_that_differ(compared):
    """X06 to X08 of the specification, and nothing else."""
    config, pages = "config.py", "environment_analysis.md"
    assert differing(compared, "agents") == {
        ("ApacheProject", config, "5", "40"),
        ("ApacheProject", pages, "6", "40"),
        ("ApacheProject", "sensitivity.py", "7", "40"),
        ("ApacheProject", "environments", "8 to 40", "40"),
        ("DynamicPartnerSelection", config, "4", "6"),
        ("DynamicPartnerSelection", pages, "5", "6"),
        ("ReputationMarket", config, "2", "5"),
        ("ReputationMarket", pages, "4", "5"),
        ("PublicGoods", config, "4", "5"),
        ("PlatformEcosystem", pages, "4", "5"),
        ("TeamProduction", pages, "3", "4"),
        ("CoalitionFormation", pages, "5", "6"),
        ("AppleAppStore", pages, "4", "3"),
        ("LoyaltyTeam", "sensitivity.py", "3", "4"),
    }
    assert differing(compared, "horizon") == {
        ("SLCD", config, "40", "100"),
        ("RenaultNissan", config, "60", "100"),
        ("DynamicPartnerSelection", config, "100", "50"),
        ("ApacheProject", "sensitivity.py", "100", "60"),
    }


def test_spread_is_published_as_zero_and_is_not_where_gamma_is_drawn(compared):
    spread = compared[compared["quantity"] == "spread of constants"].set_index("environment")
    assert set(spread["published"]) == {"0"}
    assert list(spread.index[~spread["equal"]]) == ["SynergySearch-v0"]
    assert 0.01 < float(spread.loc["SynergySearch-v0", "measured"]) < 0.2


def test_rows_follow_the_contract_and_statements_on_a_size_come_last(compared, contract):
    names = list(dict.fromkeys(compared["environment"]))
    assert names == [*(f"{name}-v0" for name in contract["environment"]), "two agents"]
    assert compared.iloc[-1]["measured"] == "15, 18"


def test_environments_that_are_not_in_the_run_are_left_out(contract):
    one = contract[contract["environment"] == "ApacheProject"]
    assert {row["environment"] for row in contract_comparison(one)} == {"ApacheProject-v0"}
    assert contract_comparison(contract.assign(edition="v1")) == []


def test_every_quantity_is_compared(compared):
    assert set(compared["quantity"]) == set(environments.QUANTITIES)


def test_results_of_pages_are_recomputed_by_name_of_the_policy():
    reference = pd.concat(
        [
            policies("TrustDilemma", {35: (946.9, 1.0), 50: (46_266.8, 1.0), None: (3000.0, 1.0)}),
            policies("TrustDilemma", {None: (40_304.0, 1.0)}).assign(policy="TitForTat"),
            policies("TrustDilemma", {75: (1.0, 1.0)}, mode="private"),
            policies("SLCD", {50: (49_870.0, 1.0)}),
        ]
    )
    rows = schema.table("page_results", page_results(reference)).set_index("policy")
    assert list(rows.index) == ["Random", "Constant_35", "Constant_50", "TitForTat"]
    assert rows.loc["Constant_35", "published"] == 98.6
    assert rows.loc["Constant_35", "recomputed"] == 946.9
    assert rows.loc["Constant_50", "ratio"] == pytest.approx(46_266.8 / 112.8)
    assert page_results(reference.assign(action_basis="max")) == []


def test_published_learners_are_those_of_two_tables():
    found = published_learners().set_index(["environment", "reward_mode", "policy"])["mode_return"]
    assert len(found) == 5 + 6
    assert found["TeamProduction-v0", "integrated", "ISAC"] == 90_548
    assert found["AppleAppStore-v0", "integrated", "COMA"] == 40_670
    assert found["AppleAppStore-v0", "private", "ISAC"] == 24_854


def test_the_copied_inventory_names_the_released_environments():
    assert sorted(published("environment_inventory")["environment"]) == sorted(envs.ids("v0"))
