"""Rule comparison."""

from common import start
from coopetition.reports import schema
from coopetition.reports.comparison import contract_comparison, page_results
from coopetition.reports.counts import counts
from coopetition.reports.evidence import own


def main(snakemake):
    start(snakemake)
    contract = own(schema.read("contract", snakemake.input.contract))
    reference = own(schema.read("reference", snakemake.input.reference))
    output = snakemake.output
    schema.write("contract_comparison", contract_comparison(contract), output.contract)
    schema.write("counts", counts(reference), output.counts)
    schema.write("page_results", page_results(reference), output.pages)


main(snakemake)  # noqa: F821
