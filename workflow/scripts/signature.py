"""Rule signature."""

from common import start
from coopetition.agents.signatures import signature_rows
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    rows = signature_rows(
        snakemake.wildcards.signature,
        seeds=snakemake.params.seeds,
        steps=snakemake.params.steps,
        device=snakemake.params.device,
    )
    schema.write("signature_runs", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
