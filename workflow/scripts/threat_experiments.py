"""Rule threat_experiments."""

from common import start
from coopetition.agents.threats import experiments
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    schema.write("threat_experiments", experiments(), snakemake.output[0])


main(snakemake)  # noqa: F821
