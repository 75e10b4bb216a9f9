"""Rule aggregates."""

from common import start
from coopetition.reports import schema
from coopetition.reports.statistics import aggregates


def main(snakemake):
    start(snakemake)
    scores = schema.read("scores", snakemake.input)
    rows = aggregates(scores, repetitions=snakemake.params.repetitions)
    schema.write("aggregates", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
