rule train:
    """All runs of one learner on one environment: every protocol, reward mode and seed.

    Finished runs are kept in an undeclared work folder until the job ends, so that a killed job
    goes on where it stopped.
    """
    output:
        runs=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.parquet",
        curves=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.curves.parquet",
        evaluations=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.evaluations.parquet",
        models=f"{RESULTS}/models/{{edition}}/{{env}}/{{policy}}.zip",
    log:
        f"{LOGS}/training/{{edition}}/{{env}}/{{policy}}.log",
    benchmark:
        f"{BENCHMARKS}/training/{{edition}}/{{env}}/{{policy}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        cell=lambda w: STUDY.cell(w.edition, w.env, w.policy),
        checkpoints=STUDY["checkpoints"],
        code=training_code,
        columns=columns_hash("training", "curves", "evaluations"),
        work=lambda w: f"{WORK}/{w.edition}-{w.env}-{w.policy}",
    message:
        "Training {wildcards.policy} on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/train.py"
