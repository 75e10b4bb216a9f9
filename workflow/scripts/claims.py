"""Rule claims."""

from common import start
from coopetition.reports import schema
from coopetition.reports.evidence import Evidence, own
from coopetition.reports.verdicts import decide


def main(snakemake):
    start(snakemake)
    tables = {name: own(schema.read(name, paths)) for name, paths in snakemake.input.items()}
    evidence = Evidence(**tables, repetitions=snakemake.params.repetitions)
    schema.write("claims", decide(evidence), snakemake.output[0])


main(snakemake)  # noqa: F821
