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
    conda:
        "../../environment.yml"
    params:
        study=STUDY,
        configuration=STUDY.hash,  # Snakemake compares plain values only
        code=code_hash("coopetition.reports.schema", *TRAINED_GAMES, *LEARNERS),
    message:
        "Planning study {params.study.name}"
    script:
        "../scripts/plan.py"
