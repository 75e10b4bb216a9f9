"""Rule learner_certificates."""

from common import start
from coopetition.reports import schema
from coopetition.reports.convergence import learner_certificates


def main(snakemake):
    start(snakemake)
    training = schema.read("training", snakemake.input.training)
    certificates = schema.read("certificates", snakemake.input.certificates)
    rows = learner_certificates(training, certificates)
    schema.write("learner_certificates", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
