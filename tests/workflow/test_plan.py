"""The plan, its costs, the state of a study and what is said while it runs."""

import csv
import dataclasses
import logging
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from snakemake.logging import LogEvent

from coopetition import envs
from coopetition.agents.ablations.chain import CHAIN
from coopetition.agents.runs import cell_runs
from coopetition.reports import columns, schema, sources
from coopetition.reports.costs import job_costs, scale_cost
from study import readme, resolve
from study.costs import RECORDED, START_MB, START_SECONDS, TOGETHER, Costs, Estimate
from study.jobs import CALIBRATION, jobs_of
from study.monitor import Monitor
from study.plan import count_rows, job_rows, run_rows, summary
from study.status import cell_states
from study.status import summary as state_summary
from study.step_costs import StepCosts

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
MODES = ["private", "cooperative"]


def study(scale="smoke"):
    return resolve({"scale": scale}, CONFIG)


def runs(policy="IPPO", env="TrustDilemma", edition="v1", steps=1000, seeds=(1, 2), **changes):
    factors = {"protocols": ["corrected"], "reward_modes": MODES, **changes}
    return cell_runs(policy, env, edition, seeds=[*seeds], steps=steps, **factors)


def recorded(tmp_path, *rows):
    """A file of costs, from rows that differ from one of IPPO."""
    usual = dict.fromkeys(columns.TABLES["costs"], "") | {
        **{"part": "training", "edition": "v1", "environment": "TrustDilemma", "policy": "IPPO"},
        **{"protocol": "corrected", "runs": 4, "steps": 1000, "cpu_seconds": 8.0},
        **{"seconds": 9.0, "memory_mb": START_MB + 100},
    }
    path = tmp_path / "costs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=usual)
        writer.writeheader()
        writer.writerows({**usual, **row} for row in rows)
    return Costs(tmp_path)


def measured(tmp_path, **changes):
    """A file of what steps of IPPO cost, of four runs half as much each as of one."""
    row = {
        **dict.fromkeys(columns.TABLES["learner_costs"], ""),
        **{"policy": "IPPO", "protocol": "corrected", "replicates": 4},
        **{"ms_alone_2": 1.0, "ms_together_2": 0.5, "ms_alone_6": 4.0, "ms_together_6": 2.0},
        **{"ms_together_40": 10.0, **changes},
    }
    with (tmp_path / "learner_costs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=row)
        writer.writeheader()
        writer.writerow(row)
    return StepCosts(tmp_path / "learner_costs.csv")


class TestPlan:
    @pytest.mark.parametrize("scale", ["smoke", "quick", "paper"])
    def test_is_a_pure_function_with_a_row_per_run(self, scale):
        rows = run_rows(study(scale))
        assert rows == run_rows(study(scale))
        assert len({row["run_id"] for row in rows}) == len(rows) > 0
        schema.table("plan", rows)

    def test_a_run_is_another_with_any_other_factor_or_setting(self):
        run = runs()[0]
        changed = {"policy": "IA2C", "protocol": "as_published", "environment": "SLCD"}
        changed |= {"edition": "v0", "reward_mode": "integrated", "seed": 3, "steps": 1001}
        settings = dict.fromkeys(run.hyperparameters, "other")
        others = [dataclasses.replace(run, **{name: value}) for name, value in changed.items()]
        others += [
            dataclasses.replace(run, hyperparameters={**run.hyperparameters, name: value})
            for name, value in settings.items()
        ]
        assert len({run.run_id, *(other.run_id for other in others)}) == 1 + len(others)

    def test_paper_has_the_published_budgets(self):
        inventory = sources.published("environment_inventory")
        paper = study("paper")
        for id, steps in zip(inventory["environment"], inventory["training_steps"], strict=True):
            assert paper.steps(id.removesuffix("-v0")) == steps

    def test_paper_counts_beside_the_published_ones(self):
        rows = {row["component"]: row for row in count_rows(study("paper"))}
        schema.table("plan_counts", rows.values())

        def pair(name):
            return rows[name]["planned"], rows[name]["published"]

        # 16 learners on 20 games in 3 modes with 7 seeds, MeanFieldAC on the 11 of three agents.
        own = (15 * 20 + 11) * 3 * 7
        assert pair("runs of the published learners, released edition") == (own, 6510)
        # PPO, A2C and SAC, which the published study calls by four other names.
        assert pair("runs of joint controllers as published") == (3 * 20 * 3 * 7, None)
        # 6 learners on 20 games; 22 on 20 formal ones, where 9 have two agents.
        assert pair("runs of other learners, released edition") == (6 * 20 * 21, None)
        assert pair("runs, formal edition")[0] == (22 * 20 - 9) * 21
        assert pair("excluded runs") == (2 * 9 * 21, 210)
        assert pair("constants, released edition") == (101 * 20, 14140)
        assert pair("heuristics, released edition") == (3 * 20, 840)
        assert pair("oracles, released edition") == (35, 245)
        assert pair("integrated reward, released edition, all policies")[1] == 16835
        assert pair("published corpus, all parts") == (None, 25708)
        assert pair("published corpus, as hosted") == (None, 17930)

    def test_jobs_are_those_of_the_cells(self, tmp_path):
        costs = recorded(
            tmp_path,
            {},
            {
                **dict.fromkeys(("environment", "edition", "policy"), ""),
                "part": "report",
                "runs": 0,
            },
        )
        table = schema.table("plan_jobs", job_rows(study(), costs))
        trained = table[table["part"] == "training"]
        cells = zip(trained["edition"], trained["environment"], trained["policy"], strict=True)
        assert [*cells] == study().training_cells
        assert trained["runs"].sum() == len(study().plan())
        assert (table["part"] == "reference").sum() == len(study().environments)
        assert table["runs"].sum() > trained["runs"].sum()  # certificates of learners

    def test_a_chain_of_ablations_costs_what_its_runs_do(self, tmp_path):
        planned, costs = study("quick"), recorded(tmp_path, {})
        rows = [row for row in job_rows(planned, costs) if row["part"] == "ablations"]
        ((env, runs, seconds),) = [(r["environment"], r["runs"], r["cpu_seconds"]) for r in rows]
        assert (env, runs) == ("TrustDilemma", len(CHAIN) * 2)
        assert seconds > 0

    def test_page_has_the_sums(self, tmp_path):
        costs = recorded(tmp_path, {})
        page = summary(study(), costs, cores=2)
        total = sum(row["cpu_seconds"] for row in job_rows(study(), costs)) / 3600
        line = next(line for line in page.splitlines() if line.startswith("total"))
        assert line.split()[-2] == f"{total:,.2f}"
        assert "25,708" in page


class TestCosts:
    def test_of_a_recorded_cell_are_in_proportion_to_steps_and_grow_with_runs(self, tmp_path):
        costs = recorded(tmp_path, {})
        same = costs.training(runs())
        assert same.cpu_seconds == pytest.approx(START_SECONDS + 8.0)
        assert same.memory_mb == pytest.approx(START_MB + 100)
        longer = costs.training(runs(steps=3000, seeds=(1, 2, 3, 4)))
        more = (TOGETHER + 8) / (TOGETHER + 4)  # side by side
        assert longer.cpu_seconds == pytest.approx(START_SECONDS + 8.0 * 3 * more)
        assert longer.memory_mb == pytest.approx(START_MB + 200)  # steps take no memory

    def test_elsewhere_are_those_of_the_learner_by_agents(self, tmp_path):
        other = {"policy": "LOLA", "cpu_seconds": 80.0}
        costs = recorded(tmp_path, {}, other)
        agents = envs.game("GraduatedSanction-v1").n_agents
        found = costs.training(runs(env="GraduatedSanction"))
        assert found.cpu_seconds == pytest.approx(START_SECONDS + 8.0 * agents / 2)

    def test_of_steps_beyond_the_recorded_are_those_of_the_learner_by_itself(self, tmp_path):
        costs = recorded(tmp_path, {})
        measured(tmp_path)
        assert costs.training(runs(steps=500)).cpu_seconds == pytest.approx(START_SECONDS + 4.0)
        longer = costs.training(runs(steps=3000)).cpu_seconds
        # Four runs side by side take half a millisecond for a step each, alone one.
        assert longer == pytest.approx(START_SECONDS + 8.0 + 2000 * 4 * 0.0005)
        one = costs.training(runs(steps=3000, seeds=[1], reward_modes=["private"])).cpu_seconds
        assert one == pytest.approx(
            START_SECONDS + 8.0 * (TOGETHER + 1) / (TOGETHER + 4) + 2000 * 0.001
        )
        unmeasured = costs.training(runs("IA2C", steps=3000)).cpu_seconds
        assert unmeasured == pytest.approx(START_SECONDS + 8.0 * 3)

    def test_of_further_steps_grow_with_the_agents(self, tmp_path):
        steps = measured(tmp_path)
        found = [steps.seconds("IPPO", "corrected", n, 4) for n in (2, 4, 6, 23, 40, 57)]
        assert found == pytest.approx([0.002, 0.005, 0.008, 0.024, 0.040, 0.056])
        of_three = measured(tmp_path, ms_alone_2="", ms_together_2="")  # agents at least
        assert of_three.seconds("IPPO", "corrected", 4, 4) == pytest.approx(0.008 - 0.032 * 2 / 34)

    def test_of_a_learner_that_never_ran_are_those_of_the_others(self, tmp_path):
        costs = recorded(tmp_path, {}, {"policy": "LOLA", "cpu_seconds": 80.0})
        assert costs.training(runs("IA2C")).cpu_seconds == pytest.approx(START_SECONDS + 44.0)

    def test_of_protocols_add_up_and_share_memory(self, tmp_path):
        rows = [
            {"policy": "Central_PPO", "protocol": protocol, "cpu_seconds": cpu, "edition": "v0"}
            for protocol, cpu in (("corrected", 1.0), ("as_published", 5.0))
        ]
        both = ["corrected", "as_published"]
        found = recorded(tmp_path, *rows).training(
            runs("Central_PPO", edition="v0", protocols=both)
        )
        assert found.cpu_seconds == pytest.approx(START_SECONDS + 6.0)
        assert found.memory_mb == pytest.approx(START_MB + 100)

    def test_of_a_replay_buffer_are_what_it_holds(self, tmp_path):
        costs = recorded(tmp_path, {"policy": "ISAC"})
        few, many = (costs.training(runs("ISAC", steps=steps)) for steps in (1000, 51_000))
        venv = envs.vec_env("TrustDilemma-v1")
        # Per step and agent an observation, an action and a reward of four bytes each.
        each = 4 * venv.num_envs * (venv.observation_space.shape[0] + 2)
        assert many.memory_mb - few.memory_mb == pytest.approx(4 * 50_000 * each / 2**20)
        assert costs.training(runs("ISAC", steps=10**6)).memory_mb == pytest.approx(
            costs.training(runs("ISAC", steps=10**7)).memory_mb
        )

    def test_of_excluded_runs_are_nothing(self, tmp_path):
        found = recorded(tmp_path, {}).training(runs("MeanFieldAC"))
        assert found.cpu_seconds == START_SECONDS

    def test_without_a_record_are_the_least(self, tmp_path):
        costs = Costs(tmp_path / "none")
        assert costs.training(runs()).cpu_seconds == START_SECONDS
        assert costs.job("report") == Estimate(0.0, 0.0)
        assert costs.job("report").mem_mb() > 0

    def test_asked_for_grow_with_the_attempt(self):
        estimate = Estimate(cpu_seconds=7200, memory_mb=3000)
        assert estimate.mem_mb() >= 3000
        assert estimate.runtime() >= 120
        assert estimate.mem_mb(2) == 2 * estimate.mem_mb()
        assert estimate.runtime(3) == 3 * estimate.runtime()

    def test_are_taken_from_benchmarks(self, tmp_path):
        header = "s\tmax_rss\tcpu_time\n"
        for name, line in (
            ("report", "5.0\t700.0\t4.0"),
            ("reference/v1/SLCD", "6.0\t200.0\t5.5"),
            ("certificates/v1/SLCD", "0.1\tNA\tNA"),
        ):
            path = tmp_path / "benchmarks" / f"{name}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(header + line + "\n", encoding="utf-8")
        table = schema.table("costs", job_costs(tmp_path)).set_index("part")
        assert table.loc["report", "cpu_seconds"] == 4.0
        assert table.loc["reference", ["edition", "environment"]].tolist() == ["v1", "SLCD"]
        assert table.loc["certificates", "memory_mb"] == 0.0
        whole = scale_cost(tmp_path, table.reset_index())
        assert whole["jobs"] == 3
        assert whole["cpu_hours"] * 3600 == pytest.approx(9.5)
        assert whole["minutes"] == pytest.approx(11.1 / 2 / 60)
        with pytest.raises(FileNotFoundError, match="run the study first"):
            job_costs(tmp_path / "none")

    def test_of_a_chain_of_ablations_count_its_runs(self, tmp_path, monkeypatch):
        path = tmp_path / "benchmarks" / "ablations" / "v0" / "SLCD.tsv"
        path.parent.mkdir(parents=True)
        path.write_text("s\tmax_rss\tcpu_time\n9.0\t400.0\t8.0\n", encoding="utf-8")
        read = []

        def runs(name, path):
            read.append(path.relative_to(tmp_path).as_posix())
            return pd.DataFrame({"steps_planned": [2048] * 24})

        monkeypatch.setattr("coopetition.reports.schema.read", runs)
        (row,) = job_costs(tmp_path)
        assert read == ["ablations/v0/SLCD.runs.parquet"]
        assert (row["runs"], row["steps"], row["cpu_seconds"]) == (24, 2048, 8.0)
        assert (row["edition"], row["environment"], row["policy"]) == ("v0", "SLCD", "")


class TestReadme:
    def test_has_tables_as_recorded(self):
        text = readme.README.read_text(encoding="utf-8")
        assert readme.renewed(text) == text, "PYTHONPATH=workflow python -m study.readme"

    def test_without_a_place_for_a_table_is_an_error(self):
        with pytest.raises(ValueError, match="no line <!-- scales -->"):
            readme.renewed("# coopetition")

    def test_scales_were_recorded_as_they_are_now(self):
        for row in sources.recorded("scales").to_dict("records"):
            rows = job_rows(study(row["scale"]), Costs(Path("none")))
            planned = sum(job["runs"] for job in rows)
            # Planned are the most runs of a calibration, which may end earlier.
            open_ended = sum(job["runs"] for job in rows if job["part"] == CALIBRATION)
            assert planned - open_ended <= row["runs"] <= planned, (
                f"python -m coopetition.reports.costs results/{row['scale']}"
            )


class TestStatus:
    @pytest.fixture
    def results(self, tmp_path):
        folder = tmp_path / "training" / "v1" / "TrustDilemma"
        folder.mkdir(parents=True)
        for policy, status, reason in (
            ("IPPO", "finished", ""),
            ("ISAC", "diverged", "loss is not finite, step 10"),
            ("MeanFieldAC", "excluded", "needs 3 agents"),
        ):
            row = {"protocol": "corrected", "reward_mode": "private", "seed": 1}
            rows = [row | {"status": status, "reason": reason}]
            pd.DataFrame(rows).to_parquet(folder / f"{policy}.parquet")
        (tmp_path / "work" / "v1-TrustDilemma-QMIX").mkdir(parents=True)
        log = tmp_path / "logs" / "training" / "v1" / "TrustDilemma" / "QMIX.log"
        log.parent.mkdir(parents=True)
        log.write_text("started\n 50.00 % | ETA 00:01:00\n", encoding="utf-8")
        return tmp_path

    def test_of_each_cell(self, results):
        states = cell_states(study(), results)
        assert [*states] == study().training_cells
        found = {cell[2]: state.state for cell, state in states.items() if cell[0] == "v1"}
        assert found["IPPO"] == "done"
        assert found["ISAC"] == "done, with runs that diverged or failed"
        assert found["MeanFieldAC"] == "excluded with a reason"
        assert found["QMIX"] == "begun"
        assert found["FCP"] == "planned"

    def test_on_a_page(self, results):
        page = state_summary(study(), results)
        assert "12 training cells: 1 done, 1 done, with runs that" in page
        planned = len(study().plan())
        assert f"{planned} runs: 1 finished, 1 diverged, 1 excluded, {planned - 3} to come" in page
        assert "QMIX TrustDilemma-v1:  50.00 % | ETA 00:01:00" in page
        reason = "diverged, loss is not finite, step 10"
        assert f"ISAC TrustDilemma-v1 corrected private seed 1: {reason}" in page
        rows = {line.split()[0]: line for line in page.splitlines() if line[:1].isupper()}
        assert rows["QMIX"].rstrip().endswith(">")
        assert rows["Central_PPO"].count(".") == 3

    def test_before_anything_has_run(self, tmp_path):
        page = state_summary(study(), tmp_path / "none")
        assert "12 training cells: 12 planned" in page
        assert f"none done, {len(study().plan())} to come" in page


class TestMonitor:
    def records(self, *events):
        for event, values in events:
            record = logging.LogRecord("snakemake", logging.INFO, "", 0, None, None, None)
            vars(record).update({"event": event, **values})
            yield record

    def test_says_what_is_finished_and_what_is_left(self, tmp_path, capsys, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("study.monitor.time", SimpleNamespace(monotonic=lambda: now[0]))
        monitor = Monitor(study(), recorded(tmp_path, {}))
        cell = {"edition": "v1", "env": "TrustDilemma", "policy": "IPPO"}
        job = {"jobid": 7, "rule_name": "train", "wildcards": cell}
        begin, start, end = self.records(
            (LogEvent.RUN_INFO, {"stats": {"train": 2, "claims": 1, "total": 3}}),
            (LogEvent.JOB_INFO, job),
            (LogEvent.JOB_FINISHED, {"job_id": 7}),
        )
        monitor.emit(begin)
        monitor.emit(start)
        now[0] += 32.0
        monitor.emit(end)
        said = capsys.readouterr().err
        # 2 modes x 2 seeds of 2,048 steps.
        assert said.startswith(
            "IPPO on TrustDilemma-v1: 4 runs, 8,192 steps in 32 s, 256 steps/s | study "
        )
        costs, design = recorded(tmp_path, {}), study()
        cells = [costs.training(design.cell(*c)).cpu_seconds for c in design.training_cells]
        mine = costs.training(design.cell("v1", "TrustDilemma", "IPPO")).cpu_seconds
        share = mine / (2 * sum(cells) / len(cells))
        assert f"study {share:.1%}" in said

    @pytest.mark.parametrize(
        ("rule", "cell", "words"),
        [
            ("ablation_chain", {"edition": "v0", "env": "TrustDilemma"}, "Chain of ablations on "),
            ("signature", {"signature": "reciprocity"}, "Signature reciprocity: "),
        ],
    )
    def test_the_only_job_of_a_rule_is_all_that_it_planned(
        self, rule, cell, words, tmp_path, capsys
    ):
        monitor = Monitor(resolve({"scale": "quick"}, CONFIG), Costs(ROOT / RECORDED))
        for record in self.records(
            (LogEvent.RUN_INFO, {"stats": {rule: 1, "total": 1}}),
            *self.run(1, rule, cell),
        ):
            monitor.emit(record)
        said = capsys.readouterr().err
        assert said.startswith(words)
        assert "study 100.0%" in said

    def test_runs_on_the_two_dimensional_game_count(self, tmp_path, capsys):
        monitor = Monitor(resolve({"scale": "quick"}, CONFIG), Costs(ROOT / RECORDED))
        cell = {"policy": "IPPO", "variant": "eta-0.2-beta-0.6"}
        for record in self.records(
            (LogEvent.RUN_INFO, {"stats": {"biaxial_training": 4, "total": 4}}),
            *self.run(1, "biaxial_training", cell),
        ):
            monitor.emit(record)
        said = capsys.readouterr().err
        assert said.startswith("IPPO on SLCDAppropriation-v0, biaxial eta-0.2-beta-0.6: 2 runs")
        assert "study 0.0%" not in said

    def test_a_calibration_counts_with_the_most_that_it_may_train(self, capsys):
        monitor = Monitor(resolve({"scale": "standard"}, CONFIG), Costs(ROOT / RECORDED))
        rule, cell = "biaxial_calibration", {"policy": "IPPO", "variant": "calibrated-endpoint"}
        for record in self.records(
            (LogEvent.RUN_INFO, {"stats": {rule: 1, "total": 1}}),
            (
                LogEvent.JOB_INFO,
                {"jobid": 1, "rule_name": "biaxial_calibration", "wildcards": cell},
            ),
            (LogEvent.JOB_FINISHED, {"job_id": 1}),
        ):
            monitor.emit(record)
        said = capsys.readouterr().err
        assert said.startswith(
            "IPPO on SLCDAppropriation-v0, biaxial calibrated-endpoint, at most: 72 runs"
        )
        assert "study 100.0%" in said

    def test_a_job_of_an_environment_counts_whatever_wildcards_its_rule_has(self, capsys):
        """All jobs of two rules; the wildcards of the first have no `edition`."""
        planned = resolve({"scale": "quick"}, CONFIG)
        monitor = Monitor(planned, Costs(ROOT / RECORDED))
        jobs = [
            ("released_audit", {"env": e}) for edition, e in planned.environments if edition == "v0"
        ]
        jobs += [
            ("signature", {"signature": s}) for s in planned["learner_certificates"]["signatures"]
        ]
        stats = {**Counter(rule for rule, _ in jobs), "total": len(jobs)}
        for record in self.records(
            (LogEvent.RUN_INFO, {"stats": stats}),
            *(event for i, job in enumerate(jobs) for event in self.run(i, *job)),
        ):
            monitor.emit(record)
        assert "study 100.0%" in capsys.readouterr().err

    def run(self, number, rule, wildcards):
        info = {"jobid": number, "rule_name": rule, "wildcards": wildcards}
        return (LogEvent.JOB_INFO, info), (LogEvent.JOB_FINISHED, {"job_id": number})

    def test_is_silent_about_other_jobs_and_events(self, tmp_path, capsys):
        monitor = Monitor(study(), recorded(tmp_path, {}))
        place = {"edition": "v0", "env": "SLCD"}
        for record in self.records(
            (LogEvent.JOB_INFO, {"jobid": 1, "rule_name": "reference", "wildcards": place}),
            (LogEvent.JOB_INFO, {"jobid": 2, "rule_name": "claims", "wildcards": {}}),
            (LogEvent.JOB_FINISHED, {"job_id": 1}),
            (LogEvent.JOB_FINISHED, {"job_id": 2}),
            (LogEvent.JOB_FINISHED, {"job_id": 3}),
            (None, {}),
        ):
            monitor.emit(record)
        assert capsys.readouterr().err == ""


def rules() -> dict[str, str]:
    """Text of every rule of the workflow."""
    head = r"^(?:rule (\w+)|use rule \w+ as (\w+) with):\n((?:    .*\n|\n)+)"
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk")]
    found = [part for text in texts for part in re.findall(head, text, re.MULTILINE)]
    return {own or derived: body for own, derived, body in found}


def test_every_rule_that_trains_or_takes_long_in_an_environment_is_weighed():
    """Its jobs stand in the one list of plan and monitor."""
    wanted = {
        name
        for name, body in rules().items()
        if re.search(r"trains\(|COSTS\.(signature|job\(\s*\"\w+\",)", body)
    }
    assert {"train", "campaign_cell", "biaxial_training", "dial_equilibria"} <= wanted
    standard = jobs_of(study("standard"), Costs(ROOT / RECORDED))
    assert wanted - {job.rule for job in standard} == set()


def test_what_runs_on_a_cluster_says_what_it_needs():
    """Rules that are submitted ask for memory and time, but for those of released data."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk")]
    local = set()
    for text in texts:
        for block in re.findall(r"^localrules:\n((?:    \w+,\n)+)", text, re.MULTILINE):
            local |= set(re.findall(r"\w+", block))
    asking = {name for name, body in rules().items() if "    resources:\n" in body}
    assert {"train", "report"} <= rules().keys()
    assert rules().keys() - local - asking == {"released_corpus", "analyse_released"}
