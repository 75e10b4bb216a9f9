"""Rule certificate."""

from common import solved, start
from coopetition.agents.certificates import certificate
from coopetition.agents.replies import best_replies
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    output = snakemake.output
    with solved(snakemake) as id:
        schema.write("certificates", [certificate(id)], output.certificate)
        schema.write("best_replies", best_replies(id), output.replies)


main(snakemake)  # noqa: F821
