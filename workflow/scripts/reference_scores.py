"""Rule reference_scores."""

from common import start
from coopetition.reports import schema
from coopetition.reports.reference_scores import reference_scores


def main(snakemake):
    start(snakemake)
    names = ("scores", "reference", "certificates")
    tables = {name: schema.read(name, snakemake.input[name]) for name in names}
    schema.write("reference_scores", reference_scores(**tables), snakemake.output[0])


main(snakemake)  # noqa: F821
