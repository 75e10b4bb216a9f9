"""Rule corpus_integrity: says on the terminal what is wrong, and fails."""

import logging
import sys
from pathlib import Path

from common import start
from coopetition.reports import schema
from coopetition.reports.corpora.integrity import integrity


def main(snakemake):
    start(snakemake)
    files, params = snakemake.input, snakemake.params
    kinds = (".curves", ".diagnostics", ".evaluations")
    results = (Path(files.inventory).parents[1] / "training").rglob("*.parquet")
    checks = integrity(
        Path(files.files[0]).parent,
        schema.read("corpora", files.inventory),
        schema.read("plan", files.plan),
        params.places,
        results=[path for path in results if path.with_suffix("").suffix not in kinds],
        expected=[Path(path) for path in files.get("runs", [])],
    )
    lines = [line for check in checks for line in check.text()]
    if lines:
        print("The corpora are not whole:", *lines, sep="\n", file=sys.__stderr__)
        logging.error("%s", "\n".join(lines))
        sys.exit(1)
    schema.write("corpus_integrity", [check.row() for check in checks], snakemake.output[0])


main(snakemake)  # noqa: F821
