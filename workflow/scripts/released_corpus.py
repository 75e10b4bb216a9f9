"""Rule released_corpus."""

import logging
from pathlib import Path

from common import start
from coopetition.reports import schema
from coopetition.reports.corpora.analysis import aggregated, scored, summary
from coopetition.reports.corpora.released import read


def main(snakemake):
    start(snakemake)
    files, output = snakemake.input, snakemake.output
    corpus = read(Path(files.corpus))
    logging.info("%s", "\n".join(corpus.problems) or "every record is a run")
    reference = schema.read("reference", files.reference)
    runs = scored(corpus, reference, schema.read("certificates", files.certificates))
    schema.write("training_runs", runs, output.runs)
    schema.write("curves", corpus.curves, output.curves)
    schema.write("released_records", corpus.records, output.records)
    schema.write("released_summary", summary(corpus, runs, reference), output.summary)
    rows = aggregated(runs, snakemake.params.repetitions)
    schema.write("aggregates", rows, output.aggregates)


main(snakemake)  # noqa: F821
