"""Rule certificates."""

from common import start
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    rows = schema.read("certificates", snakemake.input)
    schema.write("certificates", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
