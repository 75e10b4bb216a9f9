"""Rule case_tables."""

from common import start
from coopetition.reports import schema
from coopetition.reports.cases.study import claim_rows


def main(snakemake):
    start(snakemake)
    files, output = snakemake.input, snakemake.output
    for name in ("scores", "items", "experiments"):
        table = f"case_{name}"
        schema.write(table, schema.read(table, files[table]), output[name])
    scores = schema.read("case_scores", files["case_scores"])
    schema.write("case_claims", claim_rows(scores), output.claims)


main(snakemake)  # noqa: F821
