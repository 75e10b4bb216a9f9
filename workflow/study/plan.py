"""The plan of a study: its runs, its jobs and what they will cost, counts beside published ones.

Pure functions of a resolved configuration (and of recorded costs); nothing is run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from coopetition import agents, envs
from coopetition.agents.descent import MOST_POINTS
from coopetition.agents.registry import learner
from coopetition.agents.runs import Run
from coopetition.agents.variants import game_of, mutuality_of
from coopetition.reports.sources import published

from . import campaigns
from .costs import Costs, built
from .jobs import CALIBRATION, jobs_of
from .study import Study

Row = dict[str, Any]


def run_rows(study: Study) -> list[Row]:
    """Rows of the table `plan`, one per run; its id is the hash of all factors and settings."""
    return [_run(run) for run in study.plan()]


def supplement_rows(study: Study) -> list[Row]:
    """Rows of the table `plan_supplements`, one per run of a campaign that is known in advance."""
    rows = []
    for cell in campaigns.cells(study):
        for run in campaigns.runs(study, cell):
            mutuality = mutuality_of(run)
            row = {
                **{"campaign": cell[0], "variant": cell[1]},
                "width": next(iter(run.hyperparameters["hidden"]), None),
                "learning_rate": run.hyperparameters["learning_rate"],
                "mutuality": mutuality,
                **_run(run),
            }
            if mutuality is not None and mutuality % 1:
                row["reward_mode"] = f"{mutuality:g}"
            rows.append(row)
    return rows


def _run(run: Run) -> Row:
    row = asdict(run)
    env_id, parameters = game_of(run)
    return {
        **{k: row[k] for k in ("environment", "edition", "policy", "protocol")},
        **{k: row[k] for k in ("reward_mode", "seed")},
        "run_id": run.run_id,
        "mechanism_class": envs.spec(env_id).mechanism_class,
        "n_agents": built(env_id, **parameters).n_agents,
        "paradigm": learner(run.policy).paradigm,
        "steps_planned": run.steps,
        "hyperparameters": json.dumps(run.hyperparameters),
    }


def job_rows(study: Study, costs: Costs) -> list[Row]:
    """Rows of the table `plan_jobs`: all jobs, with estimates of what they will cost."""
    return [
        {
            **{"part": job.part, "edition": job.place.get("edition", "")},
            **{"environment": job.place.get("env", ""), "policy": job.place.get("policy", "")},
            **{"jobs": job.jobs, "runs": job.runs},
            **{"cpu_seconds": job.estimate.cpu_seconds, "memory_mb": job.estimate.memory_mb},
        }
        for job in jobs_of(study, costs)
    ]


def count_rows(study: Study) -> list[Row]:
    """Rows of the table `plan_counts`: what is planned, beside what was published."""
    corpus = published("corpus_counts").query("corpus == 'training'")
    stated = dict(zip(corpus["component"], corpus["published_count"], strict=True))
    varied: Counter[str] = Counter()
    for cell in campaigns.cells(study):
        part = f"{cell[0]}/{cell[4]}" if cell[0] == campaigns.BIAXIAL else cell[0]
        varied[part] += len(campaigns.runs(study, cell))
    stages = [
        sum(varied[f"{campaigns.BIAXIAL}/{name}"] for name in named)
        for named in (("IPPO", "ISAC"), ("MADDPG", "MASAC"))
    ]
    learners = {*published("algorithm_inventory")["algorithm"]}
    runs, seeds = study.plan(), len(study["seeds"])
    excluded = [run for run in runs if learner(run.policy).exclusion(built(run.env_id))]
    corrected = [
        run
        for run in runs
        if (run.edition, run.protocol) == ("v0", "corrected") and run not in excluded
    ]
    known = [run for run in corrected if run.policy in learners]
    played = {kind: _played(study, kind) for kind in ("constant", "heuristic", "oracle")}
    again = "published for 7 seeds each; here each is played once, in all modes at once"
    rows = {
        "runs of the published learners, released edition": (
            len(known),
            stated["trained runs inside the 3-mode 7-seed factorial"],
            f"310 cells x 3 modes x 7 seeds; here {seeds} seeds, and 311 cells in all: "
            "MeanFieldAC has the three agents that it needs on 11 games, and was run on 10",
        ),
        "runs of joint controllers as published": (
            sum(run.protocol == "as_published" for run in runs),
            None,
            "what the published IPPO, SelfPlay_PPO, IA2C and ISAC are",
        ),
        "runs of other learners, released edition": (
            len(corrected) - len(known),
            None,
            "learners that the published study does not have",
        ),
        "runs, formal edition": (
            sum(run.edition == "v1" and run not in excluded for run in runs),
            None,
            "the published study has no such edition",
        ),
        "excluded runs": (len(excluded), 10 * 3 * 7, "MeanFieldAC on games of two agents"),
        "constants, released edition": (
            played["constant"],
            stated["baseline_integrated: constant-action records"],
            again,
        ),
        "heuristics, released edition": (
            played["heuristic"],
            3 * int(stated["baseline_integrated: heuristic records"]),
            f"{again}; TitForTat both as defined and as released",
        ),
        "oracles, released edition": (
            played["oracle"],
            stated["baseline_integrated: oracle records"],
            again,
        ),
        "integrated reward, released edition, all policies": (
            sum(run.reward_mode == "integrated" for run in known) + sum(played.values()),
            stated["baseline_integrated"],
            "7 seeds x (350 cells of learners and heuristics + 35 of oracles + 2,020 of constants)",
        ),
        "runs with other widths of networks": (
            varied["capacity"],
            stated["network_sensitivity"],
            "1,600 in the released design, 5 learners x 8 environments x 4 widths x 2 modes x 5 "
            "seeds, beside width 128 of its main campaign; 480 of them are said to be released",
        ),
        "runs with other learning rates of critics": (
            varied["critic_rate"],
            135,
            "3 learners x 3 modes x 3 rates x 5 seeds; a record set of its own, outside the corpus",
        ),
        "runs along the dial of mutuality": (
            varied["mutuality"],
            None,
            "the published study has three modes of reward and nothing between them",
        ),
        "runs with other numbers of agents": (
            varied["population"],
            None,
            "the published study has one number of agents per environment",
        ),
        "runs on the two-dimensional S-LCD, IPPO and ISAC": (
            stages[0],
            1500,
            "stage A: 5 x 5 points x 2 learners x 30 seeds; published as joint controllers",
        ),
        "runs on the two-dimensional S-LCD, MADDPG and MASAC": (
            stages[1],
            60,
            "stage B: 2 learners x 30 seeds, in the middle; the diagnostic with a high entropy "
            "bonus is not planned",
        ),
        "runs that calibrate the two-dimensional S-LCD, at most": (
            campaigns.most_calibration_runs(study),
            None,
            f"stage C: at most {MOST_POINTS} points per descent, 10 runs each as published; where "
            "a descent goes is known once it has trained",
        ),
        "published corpus, all parts": (
            None,
            stated["total (file sum)"],
            "16,835 + 2 x 2,450 for the other modes + 3,973 of supplements",
        ),
        "published corpus, as hosted": (
            None,
            stated["total (deployed, after deduplication)"],
            "of no design: the three modes alone have 21,735 distinct cells; see tables/counts.csv",
        ),
        "published audits": (
            None,
            1116,
            "1,056 static + 60 temporal records; see tables/counts.csv",
        ),
    }
    return [
        {
            "component": component,
            "planned": planned,
            "published": None if count is None else int(count),
            "note": note,
        }
        for component, (planned, count, note) in rows.items()
    ]


def _played(study: Study, kind: str) -> int:
    """Pairs of a policy that does not learn and a released environment."""
    ids = [f"{env}-v0" for edition, env in study.environments if edition == "v0"]
    return sum(len(agents.names(id, kind=kind)) for id in ids)


def summary(study: Study, costs: Costs, cores: int) -> str:
    """The plan as a page of text.

    Args:
        study: the study.
        costs: recorded costs.
        cores: that it would run on, a job on each.
    """
    jobs, counts = job_rows(study, costs), count_rows(study)
    lines = [
        f"Study {study.name} (scale {study.scale}): {len(study['policies'])} learners, "
        f"{len(study.environments)} environments, {len(study['seeds'])} seeds",
        "",
        f"{'':<24}{'jobs':>8}{'runs':>10}{'CPU-hours':>12}{'GB of memory':>14}",
    ]
    for name, rows in _parts(jobs).items():
        number, runs = (sum(row[key] for row in rows) for key in ("jobs", "runs"))
        memory = max(row["memory_mb"] for row in rows) / 1024
        lines.append(f"{name:<24}{number:>8,}{runs:>10,}{_hours(rows):>12,.2f}{memory:>14,.1f}")
    hours, longest = _hours(jobs), max(jobs, key=lambda row: row["cpu_seconds"])
    name = " on ".join(filter(None, (longest["policy"] or longest["part"], longest["environment"])))
    lines += [
        "",
        f"On {cores} cores about {_span(hours / cores)}; the longest job, {name}, takes "
        f"{_span(_hours([longest]))}.",
        *_most(jobs),
        "Estimates are in proportion to what recorded studies took (reports/recorded/costs.csv);",
        "longer runs take what learners took that were measured by themselves (learner_costs.csv).",
        "",
        f"{'':<56}{'planned':>10}{'published':>12}",
        *map(_counted, counts),
    ]
    return "\n".join(lines)


def _most(jobs: Sequence[Row]) -> list[str]:
    calibrating = any(row["part"] == CALIBRATION for row in jobs)
    return [f"Those of {CALIBRATION} are the most that there may be."] if calibrating else []


def _counted(row: Row) -> str:
    planned, stated = (
        "-" if row[key] is None else f"{row[key]:,}" for key in ("planned", "published")
    )
    return f"{row['component']:<56}{planned:>10}{stated:>12}\n    {row['note']}"


def _parts(jobs: Sequence[Row]) -> dict[str, list[Row]]:
    """Parts with an environment or runs by name, all others together, and the total."""
    parts: dict[str, list[Row]] = {}
    for row in jobs:
        named = row["environment"] or row["runs"]
        parts.setdefault(row["part"] if named else "tables, figures, report", []).append(row)
    return {**parts, "total": [*jobs]}


def _span(hours: float) -> str:
    return f"{hours:,.1f} hours" if hours >= 2 else f"{hours * 60:,.0f} minutes"


def _hours(rows: Sequence[Row]) -> float:
    return sum(row["cpu_seconds"] for row in rows) / 3600
