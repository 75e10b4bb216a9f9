"""Rule croissant."""

import json
from datetime import date
from pathlib import Path

import yaml

from common import ROOT, start
from coopetition.agents.files import replacing
from coopetition.reports import schema
from coopetition.reports.corpora.croissant import metadata
from coopetition.reports.corpora.documents import documents
from coopetition.reports.corpora.facts import gather
from coopetition.reports.provenance import version


def main(snakemake):
    start(snakemake)
    files, params, output = snakemake.input, snakemake.params, snakemake.output
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    inventory = schema.read("corpora", files.inventory)
    facts = gather(
        inventory,
        schema.read("training_runs", files.runs),
        schema.read("corpus_integrity", files.integrity),
        citation,
        study=params.study,
        scale=params.scale,
        configuration_hash=params.configuration,
        date=date.today().isoformat(),
        version=version(),
    )
    texts = documents(inventory, facts, citation)
    texts["croissant.json"] = json.dumps(metadata(inventory, facts), indent=1) + "\n"
    for path in map(Path, output):
        with replacing(path) as temporary:
            temporary.write_text(texts[path.name], encoding="utf-8")


main(snakemake)  # noqa: F821
