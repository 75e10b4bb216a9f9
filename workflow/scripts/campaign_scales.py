"""Rule campaign_scales."""

from common import start
from coopetition.agents.dial import size_scales
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    id = f"{snakemake.wildcards.env}-{snakemake.wildcards.edition}"
    rows = size_scales(id, snakemake.params.sizes)
    schema.write("campaign_scales", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
