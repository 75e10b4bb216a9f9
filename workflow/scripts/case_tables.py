"""Rule case_tables."""

from common import start
from coopetition.reports import schema
from coopetition.reports.cases.study import claim_rows


def main(snakemake):
    start(snakemake)
    files, output = snakemake.input, snakemake.output
    made = {"scores": output.scores, "items": output.criteria, "experiments": output.experiments}
    for name, path in made.items():
        schema.write(f"case_{name}", schema.read(f"case_{name}", files[f"case_{name}"]), path)
    scores = schema.read("case_scores", files["case_scores"])
    schema.write("case_claims", claim_rows(scores), output.claims)


main(snakemake)  # noqa: F821
