"""Rule biaxial."""

from common import start
from coopetition.reports import biaxial, schema


def main(snakemake):
    start(snakemake)
    output = snakemake.output
    schema.write("biaxial_outcomes", biaxial.outcomes(), output.outcomes)
    schema.write("biaxial_calibration", biaxial.calibration(), output.calibration)
    schema.write("biaxial_maps", biaxial.maps(), output.maps)


main(snakemake)  # noqa: F821
