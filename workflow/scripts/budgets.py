"""Rule budgets."""

from common import start
from coopetition.reports import schema
from coopetition.reports.budgets import budget_rows


def main(snakemake):
    start(snakemake)
    scores = schema.read("scores", snakemake.input.scores)
    curves = schema.read("curves", snakemake.input.curves)
    rows = budget_rows(scores, curves, repetitions=snakemake.params.repetitions)
    schema.write("budgets", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
