"""Rule biaxial_comparison."""

from common import start
from coopetition.reports import biaxial, schema
from coopetition.reports.biaxial_comparison import comparison
from coopetition.reports.biaxial_training import trained


def main(snakemake):
    start(snakemake)
    files, output = snakemake.input, snakemake.output
    outcomes, calibration = (
        schema.read(f"biaxial_{name}", files[name]) for name in ("outcomes", "calibration")
    )
    runs = schema.read("biaxial_runs", files.get("played", []))
    learned = schema.table(
        "biaxial_trained", trained(runs, repetitions=snakemake.params.repetitions)
    )
    schema.write("biaxial_trained", learned, output.trained)
    compared = comparison(outcomes, calibration, biaxial.reduction(), learned)
    schema.write("biaxial", compared, output.comparison)


main(snakemake)  # noqa: F821
