localrules:
    plan,


rule plan:
    """One row per planned run, and the configuration as resolved."""
    output:
        runs=f"{RESULTS}/plan/runs.parquet",
        configuration=f"{RESULTS}/plan/configuration.yaml",
    log:
        f"{LOGS}/plan.log",
    benchmark:
        f"{BENCHMARKS}/plan.tsv"
    params:
        study=STUDY,
        code=code_hash("coopetition.agents.runs", "coopetition.reports.schema"),
    message:
        "Planning study {params.study.name}"
    script:
        "../scripts/plan.py"
