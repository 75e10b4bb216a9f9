"""Rule released_audit_tables."""

from common import start
from coopetition.reports import schema
from coopetition.reports.released_audit import (
    released_audit,
    released_audit_classes,
    released_audit_figures,
    released_audit_records,
)


def main(snakemake):
    start(snakemake)
    names, output = ("surface", "static", "temporal", "interior"), snakemake.output
    found = {name: schema.read(f"audit_{name}", snakemake.input[name]) for name in names}
    audit = schema.table("released_audit", released_audit(**found))
    found.pop("interior")
    records = schema.table("released_audit_records", released_audit_records(**found))
    schema.write("released_audit", audit, output.audit)
    schema.write("released_audit_classes", released_audit_classes(audit), output.classes)
    schema.write("released_audit_figures", released_audit_figures(audit, records), output.figures)
    schema.write("released_audit_records", records, output.records)


main(snakemake)  # noqa: F821
