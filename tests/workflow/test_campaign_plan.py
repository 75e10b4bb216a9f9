"""Supplementary campaigns in a study: their plan, what is refused, and a tiny one end to end."""

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from checkouts import checkout

from coopetition import envs
from coopetition.reports import schema
from coopetition.reports.costs import job_costs
from study import ConfigurationError, Study, campaigns, code_hash, resolve
from study.costs import Costs
from study.plan import count_rows, job_rows, run_rows, summary, supplement_rows
from study.status import summary as state_summary

CONFIG = Path(__file__).parents[2] / "config"
TINY = {
    "capacity": {
        **{"editions": ["v0"], "environments": ["TrustDilemma"], "policies": ["MAPPO"]},
        **{"reward_modes": ["private"], "seeds": [99, 100], "steps": 200, "widths": [8, 16]},
    },
    "mutuality": {
        **{"editions": ["v0", "v1"], "environments": ["TrustDilemma"], "policies": ["IPPO"]},
        **{"seeds": [99, 100], "steps": 200, "mutualities": [0, 0.5]},
    },
}


@cache
def of_scale(scale: str) -> Study:
    return resolve({"scale": scale}, CONFIG)


def study(scale: str = "smoke", **changes) -> Study:
    if not changes:
        return of_scale(scale)
    return resolve({"scale": scale, "study": "mine", **changes}, CONFIG)


def tiny(**changes) -> Study:
    return study(supplements=changes or TINY)


def campaign(**changes):
    return {"mutuality": {**TINY["mutuality"], **changes}}


class TestPlan:
    def test_paper_has_the_published_designs(self):
        rows = schema.table("plan_supplements", supplement_rows(study("paper")))
        runs = dict(list(rows.groupby("campaign")))
        widths = runs["capacity"].groupby("width").size()
        # Five learners on eight environments in two modes with five seeds, per width.
        assert widths.to_dict() == dict.fromkeys([64, 128, 256, 512, 1024], 5 * 8 * 2 * 5)
        # The released design has four of them beside the 128 of its main campaign.
        assert widths.drop(128).sum() == 1600
        assert len(runs["critic_rate"]) == 135
        assert set(runs["critic_rate"]["environment"] + runs["critic_rate"]["edition"]) == {
            "ApacheProjectv0"
        }
        assert set(runs["critic_rate"]["steps_planned"]) == {100_000}
        assert set(runs["population"]["n_agents"]) == {2, 3, 5, 8, 12, 20, 30, 40}
        dial = runs["mutuality"].query("edition == 'v1'")["mutuality"].unique()
        assert sorted(dial) == [k / 4 for k in range(9)]
        released = runs["mutuality"].query("edition == 'v0'")
        assert set(released["reward_mode"]) == set(envs.REWARD_MODES)
        assert released["mutuality"].isna().all()
        counts = {row["component"]: row for row in count_rows(study("paper"))}
        assert counts["runs with other widths of networks"]["planned"] == 2000
        assert counts["runs with other widths of networks"]["published"] == 480
        critics = counts["runs with other learning rates of critics"]
        assert critics["planned"] == critics["published"] == 135

    @pytest.mark.parametrize("scale", ["quick", "standard"])
    def test_runs_of_the_study_are_the_same_without_campaigns(self, scale):
        without = study(scale, supplements={})
        assert run_rows(study(scale)) == run_rows(without)
        assert [study(scale).cell(*cell) for cell in without.training_cells] == [
            without.cell(*cell) for cell in without.training_cells
        ]
        assert not supplement_rows(without)

    def test_training_knows_nothing_of_variants(self):
        found = code_hash.__globals__["_closure"]("coopetition.agents.training")
        assert "coopetition.agents.variants" not in found

    def test_rows_are_one_per_run_and_environments_stay_as_they_are(self, tmp_path):
        before = envs.ids()
        for scale in ("quick", "standard"):
            rows = supplement_rows(study(scale))
            assert len({(row["campaign"], row["run_id"]) for row in rows}) == len(rows)
            jobs = job_rows(study(scale), Costs(tmp_path / "none.csv"))
            schema.table("plan_jobs", jobs)
            planned = sum(r["runs"] for r in jobs if r["part"].startswith("supplements/"))
            assert planned == len(rows)
        assert envs.ids() == before

    def test_numbers_between_the_modes_are_numbers(self):
        rows = [row for row in supplement_rows(tiny()) if row["campaign"] == "mutuality"]
        found = {(row["edition"], row["variant"], row["reward_mode"]) for row in rows}
        assert found == {
            ("v0", "named", "private"),
            ("v1", "named", "private"),
            ("v1", "mutuality-0.5", "0.5"),
        }

    def test_the_pages_of_plan_and_state_count_them(self, tmp_path):
        page = summary(tiny(), Costs(tmp_path / "none.csv"), cores=2)
        line = next(line for line in page.splitlines() if line.startswith("supplements/capacity"))
        assert line.split()[1:3] == ["2", "4"]
        [cell, *_] = campaigns.cells(tiny())
        path = (tmp_path / "supplements").joinpath(*cell[:-1], f"{cell[-1]}.parquet")
        path.parent.mkdir(parents=True)

        pd.DataFrame({"status": ["finished", "diverged"]}).to_parquet(path)
        page = state_summary(tiny(), tmp_path)
        assert "Campaign capacity: 1 of 2 jobs done; 4 runs: 1 finished, 1 diverged" in page
        assert "Campaign mutuality: 0 of 3 jobs done; 6 runs: none done" in page

    def test_wider_networks_cost_more_and_as_many_agents_in_proportion(self, tmp_path):
        path = tmp_path / "costs.csv"
        header = "part,job,edition,environment,policy,protocol,runs,steps,cpu_seconds,seconds"
        rows = [
            "training,,v1,TeamProduction,IPPO,corrected,2,200,1.0,1.0,500.0",
            "supplements,x,v1,TeamProduction,IPPO,corrected,2,200,99.0,99.0,500.0",
        ]
        path.write_text("\n".join([f"{header},memory_mb", *rows]) + "\n", encoding="utf-8")
        common = {"editions": ["v1"], "environments": ["TeamProduction"], "policies": ["IPPO"]}
        common |= {"reward_modes": ["private"], "seeds": [99, 100], "steps": 200}
        found = tiny(
            capacity={**common, "widths": [64, 256]}, population={**common, "sizes": [4, 8]}
        )
        costs = Costs(path)
        seconds = [
            costs.training(campaigns.runs(found, cell)).cpu_seconds - 2.0
            for cell in campaigns.cells(found)
        ]
        assert seconds == pytest.approx([1.0, 1 + 0.13 * 15, 1.0, 2.0])


class TestConfiguration:
    def test_narrowed_studies_keep_what_is_left_of_the_scale(self):
        left = study("standard", environments=["TeamProduction", "SLCD"], editions=["v1"])
        assert {name: part["environments"] for name, part in left["supplements"].items()} == {
            "mutuality": ["TeamProduction", "SLCD"],
            "population": ["TeamProduction"],
        }
        assert study("quick", environments=["SynergySearch"])["supplements"] == {}

    def test_numbers_come_as_text(self):
        as_text = json.loads(json.dumps(TINY), parse_int=str, parse_float=str)
        assert tiny(**as_text)["supplements"] == TINY

    @pytest.mark.parametrize(
        ("supplements", "said"),
        [
            (campaign(environments=["TrustDilema"]), "any of ApacheProject"),
            (campaign(environments=["SLCD"]), "environments of the study: PartnerHoldUp"),
            (campaign(policies=["IPO"]), "'IPO' cannot be used"),
            (campaign(policies=["QMIX"], mutualities=[2.5]), "mutualities from 0 to 2"),
            (campaign(widths=[64]), "keys that mutuality reads"),
            (campaign(reward_modes=["private"]), "keys that mutuality reads"),
            (campaign(steps={"SLCDD": 5, "others": 5}), "'SLCDD' cannot be used"),
            ({"other": {}}, "some of capacity, critic_rate, mutuality and population"),
            ({"capacity": TINY["mutuality"]}, "some of capacity"),
            (
                {"capacity": {**TINY["capacity"], "policies": ["Central_ARS"], "widths": [0]}},
                "some of capacity",
            ),
            (
                {
                    "population": {
                        **{k: v for k, v in TINY["capacity"].items() if k != "widths"},
                        **{"sizes": [3], "editions": ["v1"]},
                    }
                },
                "environments with the parameter n_agents",
            ),
        ],
    )
    def test_what_cannot_be_trained_is_refused(self, supplements, said):
        with pytest.raises(ConfigurationError, match="supplements = ") as caught:
            tiny(**supplements)
        assert said in str(caught.value)
        assert "snakemake --config supplements=" in str(caught.value)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return checkout(tmp_path_factory.mktemp("campaigns") / "checkout")


# One edition, in which three jobs train.
FEW = {
    "capacity": {**TINY["capacity"], "editions": ["v1"], "widths": [8]},
    "mutuality": {**TINY["mutuality"], "editions": ["v1"]},
}
FACTORS = {
    "study": "tiny",
    "editions": "[v1]",
    "environments": "[TrustDilemma]",
    "train_on": "[]",
    "learner_certificates": "{}",
    "audits": "{}",
    "supplements": json.dumps(FEW),
}
LINE = ["--config", "scale=smoke", *(f"{key}={value}" for key, value in FACTORS.items())]


@pytest.mark.study
def test_a_tiny_study_has_runs_and_tables_of_its_campaigns(copy):
    targets = [f"results/tiny/tables/{name}.csv" for name in ("capacity", "mutuality")]
    code, printed = copy.snakemake("--cores", "2", *targets, *LINE)
    assert code == 0, printed
    jobs = {words[0]: words[1] for words in map(str.split, printed.splitlines()) if len(words) == 2}
    assert (jobs["campaign_cell"], jobs["campaign"]) == ("3", "2")
    assert (jobs["dial_equilibria"], jobs["campaign_tables"]) == ("1", "1")
    assert "train" not in jobs
    assert "IPPO on TrustDilemma-v1, mutuality mutuality-0.5: 2 runs" in printed
    results = copy.folder / "results" / "tiny"
    runs = schema.read("campaign_runs", [*results.glob("supplements/*.parquet")])
    plan = schema.read("plan_supplements", results / "plan/supplements.parquet")
    assert sorted(runs["run_id"]) == sorted(plan["run_id"])
    assert set(runs["status"]) == {"finished"}
    assert runs["score"].notna().all()
    assert set(runs["reward_mode"]) == {"private", "0.5"}
    rows = schema.read("mutuality", results / "tables/mutuality.csv")
    assert rows["mutuality"].tolist() == [0.0, 0.5]
    assert rows["equilibrium_low"].notna().all()
    assert len(schema.read("capacity", results / "tables/capacity.csv")) == 1
    assert not len(schema.read("population", results / "tables/population.csv"))
    costs = schema.table("costs", job_costs(results)).query("part == 'supplements'")
    assert costs["job"].tolist() == [
        "capacity/hidden-8x8/v1/TrustDilemma/MAPPO",
        "mutuality/mutuality-0.5/v1/TrustDilemma/IPPO",
        "mutuality/named/v1/TrustDilemma/IPPO",
    ]
    assert costs["runs"].tolist() == [2, 2, 2]
    assert set(costs["environment"]) == {"TrustDilemma"}
    code, printed = copy.snakemake("-n", "--cores", "1", *targets, *LINE)
    assert "Nothing to be done" in printed
