"""Rule reference."""

from common import solved, start
from coopetition.agents.reference import reference_rows
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    with solved(snakemake) as id:
        rows = reference_rows(id, random_episodes=snakemake.params.random_episodes)
    schema.write("reference", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
