"""Rule status: says on the terminal how far the study is."""

from pathlib import Path

from common import extend, tell
from study.status import summary


def main(snakemake):
    extend(snakemake)
    tell(snakemake, summary(snakemake.params.study, Path(snakemake.params.results)))


main(snakemake)  # noqa: F821
