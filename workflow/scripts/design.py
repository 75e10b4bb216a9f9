"""Rule design."""

from pathlib import Path

import yaml

from common import ROOT, start
from coopetition.agents.files import replacing
from coopetition.reports import schema
from study.costs import RECORDED, Costs
from study.plan import count_rows, job_rows, run_rows, supplement_rows


def main(snakemake):
    start(snakemake)
    study, output = snakemake.params.study, snakemake.output
    schema.write("plan", run_rows(study), output.runs)
    schema.write("plan_supplements", supplement_rows(study), output.supplements)
    schema.write("plan_jobs", job_rows(study, Costs(ROOT / RECORDED)), output.jobs)
    schema.write("plan_counts", count_rows(study), output.counts)
    resolved = {"study": study.name, "scale": study.scale, **study.factors}
    with replacing(Path(output.configuration)) as temporary:
        temporary.write_text(yaml.safe_dump(resolved, sort_keys=False), encoding="utf-8")


main(snakemake)  # noqa: F821
