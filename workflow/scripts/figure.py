"""Rule figure."""

from pathlib import Path

from common import ROOT, start
from coopetition.reports import schema, theme
from coopetition.reports.figures import FIGURES
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    tables = {name: schema.read(name, files) for name, files in snakemake.input.items()}
    plot = FIGURES[snakemake.wildcards.figure](**tables)
    output = snakemake.output
    commit = stamp(ROOT)["commit"]
    theme.save(plot, Path(output.svg), Path(output.csv), Path(output.text), commit)


main(snakemake)  # noqa: F821
