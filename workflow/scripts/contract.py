"""Rule contract."""

from common import start
from coopetition.envs.contract import measure
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    schema.write("contract", map(measure, snakemake.params.ids), snakemake.output[0])


main(snakemake)  # noqa: F821
