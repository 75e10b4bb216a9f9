"""Rule campaign."""

from common import start
from coopetition.reports import schema
from coopetition.reports.campaigns import campaign_runs


def main(snakemake):
    start(snakemake)
    files = snakemake.input
    plan = schema.read("plan_supplements", files.plan)
    rows = campaign_runs(
        plan[plan["campaign"] == snakemake.wildcards.campaign],
        schema.read("training", files.training),
        schema.read("certificates", files.certificates),
        schema.read("campaign_scales", files.get("scales", [])),
    )
    schema.write("campaign_runs", rows, snakemake.output[0])


main(snakemake)  # noqa: F821
