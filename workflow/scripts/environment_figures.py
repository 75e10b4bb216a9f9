"""Rule environment_figures."""

from common import ROOT, start
from coopetition.reports import schema, theme
from coopetition.reports.curves import environment_curves
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    tables = {name: schema.read(name, files) for name, files in snakemake.input.items()}
    theme.save_all(environment_curves(**tables), snakemake.output.svg, stamp(ROOT)["commit"])


main(snakemake)  # noqa: F821
