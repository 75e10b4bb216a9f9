DESIGN = f"{RESULTS}/plan"


rule design:
    """Every planned run and job, with counts beside the published ones, and the configuration."""
    output:
        runs=f"{DESIGN}/runs.parquet",
        supplements=f"{DESIGN}/supplements.parquet",
        jobs=f"{DESIGN}/jobs.csv",
        counts=f"{DESIGN}/counts.csv",
        configuration=f"{DESIGN}/configuration.yaml",
    log:
        f"{LOGS}/design.log",
    benchmark:
        f"{BENCHMARKS}/design.tsv"
    conda:
        "../../environment.yml"
    params:
        study=STUDY,
        configuration=STUDY.hash,  # Snakemake compares plain values only
        code=code_hash("coopetition.reports.schema", *TRAINED_GAMES, *LEARNERS),
        recorded=data_hash(*FILES, "reports/published"),
    message:
        "Planning study {params.study.name}"
    script:
        "../scripts/design.py"


rule plan:
    """Print what the study will do, and what that will take: `snakemake plan`."""
    log:
        f"{LOGS}/plan.log",
    conda:
        "../../environment.yml"
    params:
        study=STUDY,
    message:
        "The plan of study {params.study.name}"
    script:
        "../scripts/plan.py"


rule status:
    """Print what is done, failed, running and planned, from the files alone: `snakemake status`."""
    log:
        f"{LOGS}/status.log",
    conda:
        "../../environment.yml"
    params:
        study=STUDY,
        results=RESULTS,
    message:
        "The state of study {params.study.name}"
    script:
        "../scripts/status.py"
