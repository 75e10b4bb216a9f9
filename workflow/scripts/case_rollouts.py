"""Rule case_rollouts."""

from common import solved, start
from coopetition.agents.audits.panel import learners
from coopetition.reports import schema
from coopetition.reports.cases import rollouts


def main(snakemake):
    start(snakemake)
    case, edition = snakemake.wildcards.case, snakemake.wildcards.edition
    with solved(snakemake, snakemake.params.environment):
        trained = [auditee for path in snakemake.input.models for auditee in learners(path, 1)]
        found = rollouts.rows(case, edition, trained)
    schema.write("case_rollouts", found, snakemake.output[0])


main(snakemake)  # noqa: F821
