"""Rules that train: what they declare as output is kept of every run."""

import shutil
from pathlib import Path

from common import ROOT, start
from coopetition.agents.attempts import ATTEMPTS
from coopetition.agents.models import save_models
from coopetition.agents.training import train_cell
from coopetition.reports import schema
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    attempt = snakemake.resources.attempt
    output, work = dict(snakemake.output.items()), Path(snakemake.params.work)
    results = train_cell(
        snakemake.params.cell,
        checkpoints=snakemake.params.checkpoints,
        # What other code or another device has left is not taken up.
        work=work / snakemake.params.code / snakemake.params.device,
        provenance=stamp(ROOT),
        attempt=attempt,
        device=snakemake.params.device,
    )
    tables = {
        "training": [r.row for r in results],
        "curves": [row for r in results for row in r.curve],
        "diagnostics": [row for r in results for row in r.diagnostics],
        "evaluations": [row for r in results for row in r.evaluations],
    }
    for name in tables.keys() & output.keys():
        schema.write(name, tables[name], output[name])
    if "played" in output:
        from coopetition.agents.appropriation_runs import appropriation_rows

        rows = appropriation_rows(snakemake.params.cell, results)
        schema.write("biaxial_runs", rows, output["played"])
    if "models" in output:
        save_models(Path(output["models"]), snakemake.params.cell, results)
    if attempt <= ATTEMPTS:  # else some runs may be given up, which can still go on from there
        shutil.rmtree(work, ignore_errors=True)


main(snakemake)  # noqa: F821
