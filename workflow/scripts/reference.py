"""Rule reference."""

from common import start
from coopetition.agents.reference import reference_rows
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    rows = reference_rows(
        f"{snakemake.wildcards.env}-{snakemake.wildcards.edition}",
        random_episodes=snakemake.params.random_episodes,
    )
    schema.write("reference", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
