"""Rule audit_tables."""

from common import start
from coopetition.agents.audits.cross_play import summary, worst_case_training
from coopetition.reports import schema
from coopetition.reports.hacking import reward_hacking


def main(snakemake):
    start(snakemake)
    output = snakemake.output
    met = schema.read("audit_cross_play", snakemake.input.cross_play).to_dict("records")
    schema.write("audit_cross_play_summary", summary(met), output.summary)
    schema.write("audit_worst_case_training", worst_case_training(met), output.worst_case)
    training = schema.read("training", snakemake.input.training)
    curves = schema.read("curves", snakemake.input.curves)
    schema.write("audit_reward_hacking", reward_hacking(training, curves), output.hacking)


main(snakemake)  # noqa: F821
