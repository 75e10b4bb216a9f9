"""Rule biaxial."""

from common import start
from coopetition.reports import biaxial, schema
from coopetition.reports.biaxial_comparison import comparison


def main(snakemake):
    start(snakemake)
    output = snakemake.output
    outcomes = schema.table("biaxial_outcomes", biaxial.outcomes())
    calibration = schema.table("biaxial_calibration", biaxial.calibration())
    compared = comparison(outcomes, calibration, biaxial.reduction())
    schema.write("biaxial_outcomes", outcomes, output.outcomes)
    schema.write("biaxial_calibration", calibration, output.calibration)
    schema.write("biaxial_maps", biaxial.maps(), output.maps)
    schema.write("biaxial", compared, output.comparison)


main(snakemake)  # noqa: F821
