"""Rule verify: says on the terminal whether this code computes what is recorded."""

import sys

from common import tell
from coopetition.reports import schema
from coopetition.reports.verify import load, summary, verify


def main(snakemake):
    try:
        recorded = load()
    except FileNotFoundError as error:
        tell(snakemake, str(error))
        sys.exit(1)
    table = verify(recorded)
    schema.write("verification", table, snakemake.params.table)
    tell(snakemake, summary(recorded, table) + f"\n{snakemake.params.table} has every check")
    if not table["ok"].all():
        sys.exit(1)


main(snakemake)  # noqa: F821
