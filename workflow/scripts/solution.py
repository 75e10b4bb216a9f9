"""Rule solution."""

from common import start
from coopetition.agents.recall import solution_rows
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    rows = solution_rows(f"{snakemake.wildcards.env}-{snakemake.wildcards.edition}")
    schema.write("solutions", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
