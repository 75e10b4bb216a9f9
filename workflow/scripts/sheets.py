"""Rules environment_, incentive_, audit_ and case_figures: one figure per environment or case."""

from common import ROOT, start
from coopetition.reports import schema, theme
from coopetition.reports.audit_sheets import environment_audits
from coopetition.reports.case_figures import case_sheets
from coopetition.reports.curves import environment_curves
from coopetition.reports.incentives import environment_incentives
from coopetition.reports.provenance import stamp

DRAW = {
    "environment_figures": environment_curves,
    "incentive_figures": environment_incentives,
    "audit_figures": environment_audits,
    "case_figures": case_sheets,
}


def main(snakemake):
    start(snakemake)
    tables = {name: schema.read(name, files) for name, files in snakemake.input.items()}
    plots = DRAW[snakemake.rule](**tables)
    theme.save_all(plots, snakemake.output.svg, stamp(ROOT)["commit"])


main(snakemake)  # noqa: F821
