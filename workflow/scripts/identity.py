"""Rule identity."""

from common import start
from coopetition.reports import schema
from coopetition.reports.statistics import identity


def main(snakemake):
    start(snakemake)
    reference = schema.read("reference", snakemake.input)
    schema.write("identity", identity(reference), snakemake.output[0])


main(snakemake)  # noqa: F821
