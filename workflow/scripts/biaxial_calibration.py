"""Rule biaxial_calibration."""

import shutil
from pathlib import Path

from common import ROOT, start
from coopetition.agents.attempts import ATTEMPTS
from coopetition.agents.calibration import TrainedPoints
from coopetition.reports import biaxial, schema
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    output, params = snakemake.output, snakemake.params
    attempt, work = snakemake.resources.attempt, Path(params.work)
    # What other code left is not taken up.
    points = TrainedPoints(params.cell, work / params.code, stamp(ROOT), attempt)
    rows = biaxial.calibrated(snakemake.wildcards.policy, params.objective, points)
    schema.write("biaxial_calibration", rows, output.calibration)
    schema.write("training", [result.row for result in points.results.values()], output.training)
    if attempt <= ATTEMPTS:  # else some runs may be given up, which can still go on from there
        shutil.rmtree(work, ignore_errors=True)


main(snakemake)  # noqa: F821
