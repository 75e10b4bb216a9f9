"""Rule claims."""

from common import start
from coopetition.reports import schema
from coopetition.reports.verdicts import Evidence, decide


def main(snakemake):
    start(snakemake)
    evidence = Evidence(
        reference=schema.read("reference", snakemake.input.reference),
        scores=schema.read("scores", snakemake.input.scores),
        identity=schema.read("identity", snakemake.input.identity),
        repetitions=snakemake.params.repetitions,
    )
    schema.write("claims", decide(evidence), snakemake.output[0])


main(snakemake)  # noqa: F821
