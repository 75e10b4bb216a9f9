"""Rule scores."""

from common import start
from coopetition.reports import schema
from coopetition.reports.statistics import with_scores


def main(snakemake):
    start(snakemake)
    training = schema.read("training", snakemake.input.training)
    reference = schema.read("reference", snakemake.input.reference)
    certificates = schema.read("certificates", snakemake.input.certificates)
    rows = with_scores(training, reference, certificates)
    schema.write("scores", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
