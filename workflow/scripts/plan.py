"""Rule plan: says on the terminal what the study will do."""

import os

from common import ROOT, extend, tell
from study.costs import RECORDED, Costs
from study.plan import summary


def main(snakemake):
    extend(snakemake)
    tell(snakemake, summary(snakemake.params.study, Costs(ROOT / RECORDED), os.cpu_count()))


main(snakemake)  # noqa: F821
