"""Rule plan."""

import json
from dataclasses import asdict
from pathlib import Path

import yaml

from common import start
from coopetition import envs
from coopetition.agents.files import replacing
from coopetition.agents.registry import learner
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    study = snakemake.params.study
    schema.write("plan", [_row(run) for run in study.plan()], snakemake.output.runs)
    resolved = {"study": study.name, "scale": study.scale, **study.factors}
    with replacing(Path(snakemake.output.configuration)) as temporary:
        temporary.write_text(yaml.safe_dump(resolved, sort_keys=False), encoding="utf-8")


def _row(run):
    row = asdict(run)
    return {
        **{k: row[k] for k in ("environment", "edition", "policy", "protocol")},
        **{k: row[k] for k in ("reward_mode", "seed")},
        "run_id": run.run_id,
        "mechanism_class": envs.spec(run.env_id).mechanism_class,
        "n_agents": envs.game(run.env_id).n_agents,
        "paradigm": learner(run.policy).paradigm,
        "steps_planned": run.steps,
        "hyperparameters": json.dumps(run.hyperparameters),
    }


main(snakemake)  # noqa: F821
