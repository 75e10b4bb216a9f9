rule reference:
    """Constants, heuristics and the oracles of the class, on one environment."""
    output:
        f"{RESULTS}/reference/{{edition}}/{{env}}.parquet",
    log:
        f"{LOGS}/reference/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/reference/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    params:
        random_episodes=STUDY["random_episodes"],
        code=reference_code,
        columns=columns_hash("reference"),
    message:
        "Reference policies on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/reference.py"
