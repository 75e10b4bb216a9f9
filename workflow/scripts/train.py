"""Rule train."""

import shutil
from pathlib import Path

from common import ROOT, start
from coopetition.agents.models import save_models
from coopetition.agents.training import train_cell
from coopetition.reports import schema
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    output, work = snakemake.output, Path(snakemake.params.work)
    results = train_cell(
        snakemake.params.cell,
        checkpoints=snakemake.params.checkpoints,
        work=work / snakemake.params.code,  # what other code left is not taken up
        provenance=stamp(ROOT),
    )
    schema.write("training", [r.row for r in results], output.runs)
    schema.write("curves", [row for r in results for row in r.curve], output.curves)
    schema.write("evaluations", [row for r in results for row in r.evaluations], output.evaluations)
    save_models(Path(output.models), snakemake.params.cell, results)
    shutil.rmtree(work)


main(snakemake)  # noqa: F821
