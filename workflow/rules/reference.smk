rule reference:
    """Constants, heuristics and the oracles of the class, on one environment."""
    input:
        solution=rules.solution.output,
    output:
        f"{RESULTS}/reference/{{edition}}/{{env}}.parquet",
    log:
        f"{LOGS}/reference/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/reference/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("reference", w.edition, w.env)),
    params:
        random_episodes=STUDY["random_episodes"],
        code=reference_code,
        columns=columns_hash("reference"),
    message:
        "Reference policies on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/reference.py"
