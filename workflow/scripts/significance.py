"""Rule significance."""

from common import start
from coopetition.reports import schema
from coopetition.reports.significance import equivalence_tests, paired_tests, power_rows


def main(snakemake):
    start(snakemake)
    scores, output = schema.read("scores", snakemake.input), snakemake.output
    schema.write("paired_tests", paired_tests(scores), output.paired_tests)
    schema.write("equivalence", equivalence_tests(scores), output.equivalence)
    schema.write("power", power_rows(scores), output.power)


main(snakemake)  # noqa: F821
