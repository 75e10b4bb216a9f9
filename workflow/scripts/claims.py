"""Rule claims."""

from common import start
from coopetition.reports import schema
from coopetition.reports.evidence import Evidence, own
from coopetition.reports.verdicts import decide


def main(snakemake):
    start(snakemake)
    names = ("reference", "contract", "certificates", "counts", "identity", "scores")
    names += ("released_audit", "released_audit_records")
    tables = {name: own(schema.read(name, snakemake.input[name])) for name in names}
    found = {"capacity": "capacity_agreement", "critic_rate": "critic_rates"}
    tables |= {key: schema.read(name, snakemake.input.get(key)) for key, name in found.items()}
    evidence = Evidence(**tables, repetitions=snakemake.params.repetitions)
    schema.write("claims", decide(evidence), snakemake.output[0])


main(snakemake)  # noqa: F821
