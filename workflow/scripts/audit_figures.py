"""Rule audit_figures."""

from common import ROOT, start
from coopetition.reports import schema, theme
from coopetition.reports.audit_sheets import environment_audits
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    tables = {name: schema.read(name, files) for name, files in snakemake.input.items()}
    plots = environment_audits(**tables)
    theme.save_all(plots, snakemake.output.svg, stamp(ROOT)["commit"])


main(snakemake)  # noqa: F821
