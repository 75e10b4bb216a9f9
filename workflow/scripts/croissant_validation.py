"""Rule croissant_validation."""

import sys
from pathlib import Path

from common import start
from coopetition.reports import schema
from coopetition.reports.corpora.validation import validate


def main(snakemake):
    start(snakemake)
    table = validate(Path(snakemake.input.metadata))
    if not table["ok"].all():
        wrong = table[~table["ok"]].to_string(index=False)
        sys.exit(f"mlcroissant loads something else than the files hold:\n{wrong}")
    schema.write("croissant_records", table, snakemake.output[0])


main(snakemake)  # noqa: F821
