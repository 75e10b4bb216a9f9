"""Supplementary campaigns in a study: their plan, what is refused, and a tiny one end to end."""

import json
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import yaml
from checkouts import checkout

from coopetition import envs
from coopetition.reports import schema
from coopetition.reports.biaxial import targets
from coopetition.reports.costs import job_costs
from study import ConfigurationError, Study, campaigns, code_hash, resolve
from study.costs import RECORDED, START_SECONDS, Costs
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
# Learners of `centre` train at eta 0.4 and beta 0.6 alone.
POINTS = {
    "policies": ["IPPO"],
    "centre": ["MASAC"],
    "reward_modes": ["integrated"],
    "seeds": [200, 201],
    "steps": 200,
    "points": [[0.2, 0.6], [0.4, 0.9]],
}
CALIBRATED = {
    **{"policies": ["IPPO"], "objectives": ["endpoint", "A_rising"]},
    **{"seeds": [300, 301], "steps": 200},
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
        calibrating = counts["runs that calibrate the two-dimensional S-LCD, at most"]
        assert calibrating["planned"] == 4 * 24 * 10
        for stage, count in (("IPPO and ISAC", 1500), ("MADDPG and MASAC", 60)):
            planned = counts[f"runs on the two-dimensional S-LCD, {stage}"]
            assert planned["planned"] == planned["published"] == count
        assert set(runs["biaxial"]["steps_planned"]) == {500_000}
        assert set(runs["biaxial"]["seed"]) == {*range(200, 230)}
        assert runs["biaxial"]["variant"].nunique() == 25

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
            jobs = job_rows(study(scale), Costs(tmp_path / "none"))
            schema.table("plan_jobs", jobs)
            planned = sum(r["runs"] for r in jobs if r["part"].startswith("supplements/"))
            assert planned == len(rows) + campaigns.most_calibration_runs(study(scale))
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
        page = summary(tiny(), Costs(tmp_path / "none"), cores=2)
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
        costs = Costs(tmp_path)
        seconds = [
            costs.training(campaigns.runs(found, cell)).cpu_seconds - 2.0
            for cell in campaigns.cells(found)
        ]
        assert seconds == pytest.approx([1.0, 1 + 0.13 * 15, 1.0, 2.0])


class TestBiaxial:
    def test_points_and_the_middle_are_trained_with_episodes_as_published(self):
        found = study("quick", supplements={"biaxial": POINTS})
        cells = campaigns.cells(found)
        assert [cell[1:] for cell in cells] == [
            ("eta-0.2-beta-0.6", "v0", "SLCDAppropriation", "IPPO"),
            ("eta-0.4-beta-0.9", "v0", "SLCDAppropriation", "IPPO"),
            ("eta-0.4-beta-0.6", "v0", "SLCDAppropriation", "MASAC"),
        ]
        for cell in cells:
            runs = campaigns.runs(found, cell)
            assert [run.seed for run in runs] == [200, 201]
            assert {run.parameters["max_steps"] for run in runs} == {40}
            assert f"eta-{runs[0].parameters['eta']}-beta" in cell[1]
        counts = {row["component"]: row["planned"] for row in count_rows(found)}
        assert counts["runs on the two-dimensional S-LCD, IPPO and ISAC"] == 4
        assert counts["runs on the two-dimensional S-LCD, MADDPG and MASAC"] == 2

    def test_the_middle_is_trained_once_where_it_is_a_point(self):
        points = {**POINTS, "points": [[0.4, 0.6]]}
        cells = campaigns.cells(study("quick", supplements={"biaxial": points}))
        assert [cell[4] for cell in cells] == ["IPPO", "MASAC"]

    def test_a_calibration_is_planned_with_the_most_runs_that_it_may_have(self):
        found = study("quick", supplements={"biaxial": {**POINTS, "calibrated": CALIBRATED}})
        assert campaigns.cells(found) == campaigns.cells(
            study("quick", supplements={"biaxial": POINTS})
        )
        jobs = campaigns.calibrations(found)
        assert [cell[1:] for cell in jobs] == [
            ("calibrated-endpoint", "v0", "SLCDAppropriation", "IPPO"),
            ("calibrated-A_rising", "v0", "SLCDAppropriation", "IPPO"),
        ]
        point = campaigns.calibration_runs(found, jobs[0])
        assert [run.seed for run in point] == [300, 301]
        assert {(run.steps, run.reward_mode) for run in point} == {(200, "integrated")}
        assert point[0].parameters == {"max_steps": 40, "eta": 0.4, "beta": 0.6}
        costs = Costs(CONFIG.parent / RECORDED)
        planned = [row for row in job_rows(found, costs) if row["part"] == "supplements/calibrated"]
        assert [row["runs"] for row in planned] == [24 * 2] * 2
        once = costs.training(point).cpu_seconds - START_SECONDS
        assert planned[0]["cpu_seconds"] == pytest.approx(START_SECONDS + 24 * once)
        counts = {row["component"]: row["planned"] for row in count_rows(found)}
        assert counts["runs that calibrate the two-dimensional S-LCD, at most"] == 2 * 24 * 2
        said = "Those of supplements/calibrated are the most that there may be."
        assert said in summary(found, costs, 2)
        assert said not in summary(study("quick"), costs, 2)

    def test_objectives_are_those_published(self):
        schema_file = CONFIG / "schemas/study.schema.json"
        rules = json.loads(schema_file.read_text(encoding="utf-8"))["$defs"]["biaxial"]
        allowed = rules["properties"]["calibrated"]["properties"]["objectives"]["items"]["enum"]
        assert allowed == list(targets())

    def test_it_belongs_to_slcd_of_the_released_edition(self):
        assert "biaxial" in study("quick", environments=["SLCD", "TrustDilemma"])["supplements"]
        for factors in ({"environments": ["TrustDilemma"]}, {"editions": ["v1"]}):
            assert "biaxial" not in study("quick", **factors)["supplements"]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"policies": ["QMIX"]}, "QMIX plays one"),
            ({"centre": ["VDN"]}, "VDN plays one"),
            ({"policies": ["IPO"]}, "'IPO' cannot be used"),
            ({"points": [[0.2, 1.4]]}, "some of capacity"),
            ({"points": [0.2, 0.4]}, "some of capacity"),
            ({"editions": ["v0"]}, "some of capacity"),
            ({"calibrated": {**CALIBRATED, "policies": ["QMIX"]}}, "QMIX plays one"),
            ({"calibrated": {**CALIBRATED, "policies": ["IPO"]}}, "'IPO' cannot be used"),
            ({"calibrated": {**CALIBRATED, "objectives": ["A"]}}, "some of endpoint, A_flat_peak"),
            ({"calibrated": {**CALIBRATED, "seeds": []}}, "calibrated, a mapping with policies"),
            ({"calibrated": {"policies": ["IPPO"]}}, "calibrated, a mapping with policies"),
        ],
    )
    def test_what_cannot_be_trained_is_refused(self, changes, said):
        with pytest.raises(ConfigurationError, match="supplements = ") as caught:
            study("quick", supplements={"biaxial": {**POINTS, **changes}})
        assert said in str(caught.value)

    def test_a_study_without_slcd_cannot_have_it(self):
        with pytest.raises(ConfigurationError, match="environments of the study: PartnerHoldUp"):
            study("smoke", supplements={"biaxial": POINTS})


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
            ({"other": {}}, "some of capacity, critic_rate, mutuality, population and biaxial"),
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


# One edition, in which six jobs train.
COMMON = {"reward_modes": ["private"], "seeds": [99, 100], "steps": 200}
FEW = {
    "capacity": {**TINY["capacity"], "editions": ["v1"], "widths": [8]},
    "critic_rate": {
        **{"editions": ["v1"], "environments": ["TrustDilemma"], "policies": ["MADDPG"]},
        **{**COMMON, "rates": [0.001]},
    },
    "mutuality": {**TINY["mutuality"], "editions": ["v1"]},
    "population": {
        **{"editions": ["v1"], "environments": ["TeamProduction"], "policies": ["IPPO"]},
        **{**COMMON, "sizes": [2, 3]},
    },
}
FACTORS = {
    "study": "tiny",
    "editions": "[v1]",
    "environments": "[TrustDilemma, TeamProduction]",
    "train_on": "[]",
    "learner_certificates": "{}",
    "audits": "{}",
    "supplements": json.dumps(FEW),
}
LINE = ["--config", "scale=smoke", *(f"{key}={value}" for key, value in FACTORS.items())]
FEW_TABLES = ("capacity", "critic_rates", "mutuality", "population")


@pytest.mark.study
def test_a_tiny_study_has_runs_and_tables_of_its_campaigns(copy):
    targets = [f"results/tiny/tables/{name}.csv" for name in FEW_TABLES]
    code, printed = copy.snakemake("--cores", "2", *targets, *LINE)
    assert code == 0, printed
    jobs = {words[0]: words[1] for words in map(str.split, printed.splitlines()) if len(words) == 2}
    assert (jobs["campaign_cell"], jobs["campaign"]) == ("6", "4")
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
    critics = schema.read("critic_rates", results / "tables/critic_rates.csv")
    assert set(critics["learning_rate"]) == {0.001}
    sizes = schema.read("population", results / "tables/population.csv")
    assert sizes[["n_agents", "finished"]].to_numpy().tolist() == [[2, 2], [3, 2]]
    costs = schema.table("costs", job_costs(results)).query("part == 'supplements'")
    assert costs["job"].tolist() == [
        "capacity/hidden-8x8/v1/TrustDilemma/MAPPO",
        "critic_rate/rate-0.001/v1/TrustDilemma/MADDPG",
        "mutuality/mutuality-0.5/v1/TrustDilemma/IPPO",
        "mutuality/named/v1/TrustDilemma/IPPO",
        "population/agents-2/v1/TeamProduction/IPPO",
        "population/agents-3/v1/TeamProduction/IPPO",
    ]
    assert set(costs["runs"]) == {2}
    code, printed = copy.snakemake("-n", "--cores", "1", *targets, *LINE)
    assert "Nothing to be done" in printed


CALIBRATING = {"calibrated": {**CALIBRATED, "objectives": ["endpoint"]}}


@pytest.mark.study
def test_the_two_dimensional_game_is_trained_and_compared(copy):
    factors = {
        **{"study": "points", "editions": "[v0]", "environments": "[SLCD]", "train_on": "[]"},
        **{"learner_certificates": "{}", "audits": "{}"},
        "supplements": json.dumps({"biaxial": {**POINTS, "points": [[0.2, 0.6]]} | CALIBRATING}),
    }
    line = ["--config", "scale=smoke", *(f"{key}={value}" for key, value in factors.items())]
    target = "results/points/supplements/biaxial/trained.csv"
    code, printed = copy.snakemake("--cores", "2", target, *line)
    assert code == 0, printed
    jobs = {words[0]: words[1] for words in map(str.split, printed.splitlines()) if len(words) == 2}
    assert (jobs["biaxial_training"], jobs["biaxial"], jobs["biaxial_comparison"]) == (
        "2",
        "1",
        "1",
    )
    assert jobs["biaxial_calibration"] == "1"
    results = copy.folder / "results" / "points"
    job = results / "supplements/biaxial/calibrated-endpoint/v0/SLCDAppropriation"
    descent = schema.read("biaxial_calibration", job / "IPPO.calibration.parquet")
    assert {*descent["play"]} == {"IPPO"}
    assert descent[["runs", "finished", "steps"]].drop_duplicates().to_numpy().tolist() == [
        [2, 2, 200]
    ]
    trained = len(descent[["kappa", "xi"]].drop_duplicates()) * 2
    assert len(schema.read("training", job / "IPPO.parquet")) == trained
    rows = schema.read("biaxial_trained", results / "supplements/biaxial/trained.csv")
    assert rows[["policy", "eta", "beta", "finished"]].to_numpy().tolist() == [
        ["IPPO", 0.2, 0.6, 2],
        ["MASAC", 0.4, 0.6, 2],
    ]
    compared = schema.read("biaxial", results / "supplements/biaxial/comparison.csv")
    outcome = compared.set_index("quantity").loc["IPPO outcome at eta=0.20, beta=0.60"]
    assert outcome["result"] == "trained"
    costs = schema.table("costs", job_costs(results)).query("part == 'supplements'")
    assert costs["job"].tolist() == [
        "biaxial/calibrated-endpoint/v0/SLCDAppropriation/IPPO",
        "biaxial/eta-0.2-beta-0.6/v0/SLCDAppropriation/IPPO",
        "biaxial/eta-0.4-beta-0.6/v0/SLCDAppropriation/MASAC",
    ]
    state = state_summary(
        resolve({"scale": "smoke", **{k: yaml.safe_load(v) for k, v in factors.items()}}, CONFIG),
        results,
    )
    assert "biaxial: 2 of 2 jobs done; 4 runs: 4 finished" in state
    line_of_calibration = f"1 of 1 jobs done; at most 48 runs: {trained} finished"
    assert f"Campaign biaxial, calibrated: {line_of_calibration}" in state
    code, printed = copy.snakemake("-n", "--cores", "1", target, *line)
    assert "Nothing to be done" in printed
