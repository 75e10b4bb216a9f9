"""Rule released_audit."""

from common import start
from coopetition.agents.audits.released import interior, static, surface, temporal
from coopetition.reports import schema


def main(snakemake):
    start(snakemake)
    id, output = f"{snakemake.wildcards.env}-v0", snakemake.output
    schema.write("audit_surface", surface(id), output.surface)
    schema.write("audit_static", static(id), output.static)
    schema.write("audit_temporal", temporal(id), output.temporal)
    schema.write("audit_interior", interior(id), output.interior)


main(snakemake)  # noqa: F821
