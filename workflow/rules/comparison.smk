rule comparison:
    """What the published documents say, beside what is measured and counted."""
    input:
        contract=rules.contract.output,
        reference=REFERENCE,
    output:
        contract=report(
            f"{RESULTS}/tables/contract_comparison.csv",
            caption="../report/comparison.rst",
            category="Tables",
            labels={"table": "published against measured contract"},
        ),
        counts=report(
            f"{RESULTS}/tables/counts.csv",
            caption="../report/counts.rst",
            category="Tables",
            labels={"table": "published counts, recomputed"},
        ),
        pages=f"{RESULTS}/tables/page_results.csv",
    log:
        f"{LOGS}/comparison.log",
    benchmark:
        f"{BENCHMARKS}/comparison.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.reports.comparison",
            "coopetition.reports.counts",
            "coopetition.reports.schema",
        ),
        texts=data_hash("reports/published"),
    message:
        "Comparing with the published documents"
    script:
        "../scripts/comparison.py"
