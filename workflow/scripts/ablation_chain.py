"""Rule ablation_chain."""

import shutil
from pathlib import Path

from common import ROOT, start
from coopetition.agents.ablations.chain import register_stepwise
from coopetition.agents.attempts import ATTEMPTS
from coopetition.agents.training import train_cell
from coopetition.reports import schema
from coopetition.reports.ablations import ablation_rows
from coopetition.reports.provenance import stamp
from coopetition.reports.statistics import with_scores


def main(snakemake):
    start(snakemake)
    register_stepwise()
    attempt, work = snakemake.resources.attempt, Path(snakemake.params.work)
    parts = [
        train_cell(
            runs,
            checkpoints=1,
            work=work / snakemake.params.code / snakemake.params.device / str(place),
            provenance=stamp(ROOT),
            attempt=attempt,
            device=snakemake.params.device,
        )
        for place, runs in enumerate(snakemake.params.steps)
    ]
    tables = [schema.table("training", [result.row for result in part]) for part in parts]
    reference = schema.read("reference", snakemake.input.reference)
    certificate = schema.read("certificates", snakemake.input.certificate)
    scores = [with_scores(table, reference, certificate) for table in tables]
    rows = [row for table in tables for row in table.to_dict("records")]
    schema.write("training", rows, snakemake.output.runs)
    schema.write("ablations", ablation_rows(scores), snakemake.output.chain)
    if attempt <= ATTEMPTS:
        shutil.rmtree(work, ignore_errors=True)


main(snakemake)  # noqa: F821
