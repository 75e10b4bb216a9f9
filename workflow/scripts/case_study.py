"""Rule case_study."""

from common import start
from coopetition.reports import schema
from coopetition.reports.cases import lint, study


def main(snakemake):
    start(snakemake)
    found = study.tables(snakemake.wildcards.case, snakemake.params.draws)
    lint.check(found["case_lint"])
    for name, rows in found.items():
        schema.write(name, rows, snakemake.output[name])


main(snakemake)  # noqa: F821
