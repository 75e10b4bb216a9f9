"""Rule threats."""

from common import start
from coopetition.reports import schema
from coopetition.reports.evidence import own
from coopetition.reports.threats import Tables, threat_rows


def main(snakemake):
    start(snakemake)
    tables = {name: own(schema.read(name, paths)) for name, paths in snakemake.input.items()}
    schema.write("threats", threat_rows(Tables(**tables)), snakemake.output[0])


main(snakemake)  # noqa: F821
