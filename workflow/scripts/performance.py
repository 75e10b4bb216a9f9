"""Rule performance."""

from common import start
from coopetition.reports import schema
from coopetition.reports.performance import performance_tables
from coopetition.reports.pools import pool_rows


def main(snakemake):
    start(snakemake)
    scores = schema.read("scores", snakemake.input)
    tables = performance_tables(scores, repetitions=snakemake.params.repetitions)
    for name, rows in {"pools": pool_rows(scores), **tables}.items():
        schema.write(name, rows, snakemake.output[name])


main(snakemake)  # noqa: F821
