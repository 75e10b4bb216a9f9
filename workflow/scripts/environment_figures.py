"""Rule environment_figures."""

from pathlib import Path

import matplotlib.pyplot as plt

from common import ROOT, start
from coopetition.reports import schema, theme
from coopetition.reports.curves import environment_curves
from coopetition.reports.provenance import stamp


def main(snakemake):
    start(snakemake)
    tables = {name: schema.read(name, files) for name, files in snakemake.input.items()}
    commit = stamp(ROOT)["commit"]
    paths = {Path(svg).stem: Path(svg) for svg in snakemake.output.svg}
    for name, plot in environment_curves(**tables):
        path = paths[name]
        theme.save(plot, path, path.with_suffix(".csv"), path.with_suffix(".json"), commit)
        plt.close(plot.figure)


main(snakemake)  # noqa: F821
