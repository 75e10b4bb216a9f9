"""Rule corpora."""

from pathlib import Path

from common import start
from coopetition.reports import schema
from coopetition.reports.corpora.catalogue import CORPORA
from coopetition.reports.corpora.package import package, source


def main(snakemake):
    start(snakemake)
    params, output = snakemake.params, snakemake.output
    names = [name for name in CORPORA if name not in params.left_out]
    inventory = package(
        {name: schema.read(source(CORPORA[name]), snakemake.input.get(name)) for name in names},
        params.left_out,
        Path(output.files[0]).parent,
        study=params.study,
        configuration_hash=params.configuration,
    )
    schema.write("corpora", inventory, output.inventory)


main(snakemake)  # noqa: F821
