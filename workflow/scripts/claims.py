"""Rule claims."""

from common import start
from coopetition.reports import schema
from coopetition.reports.evidence import Evidence
from coopetition.reports.verdicts import decide


def main(snakemake):
    start(snakemake)
    evidence = Evidence(
        reference=schema.read("reference", snakemake.input.reference),
        contract=schema.read("contract", snakemake.input.contract),
        certificates=schema.read("certificates", snakemake.input.certificates),
        counts=schema.read("counts", snakemake.input.counts),
        identity=schema.read("identity", snakemake.input.identity),
        scores=schema.read("scores", snakemake.input.scores),
        repetitions=snakemake.params.repetitions,
    )
    schema.write("claims", decide(evidence), snakemake.output[0])


main(snakemake)  # noqa: F821
