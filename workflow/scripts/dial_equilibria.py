"""Rule dial_equilibria."""

from common import start
from coopetition.agents.dial import dial_equilibria
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    id = f"{snakemake.wildcards.env}-{snakemake.wildcards.edition}"
    rows = dial_equilibria(id, snakemake.params.mutualities)
    schema.write("dial_equilibria", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
