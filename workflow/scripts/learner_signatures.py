"""Rule learner_signatures."""

from common import start
from coopetition.reports import schema
from coopetition.reports.convergence import learner_signatures


def main(snakemake):
    start(snakemake)
    rows = learner_signatures(schema.read("signature_runs", snakemake.input))
    schema.write("learner_signatures", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
