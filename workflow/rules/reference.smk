rule reference:
    """Response surface of the constants, and Random, on one environment."""
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
        code=lambda w: code_hash("coopetition.agents.reference", game_module(w)),
        columns=columns_hash("reference"),
    message:
        "Reference policies on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/reference.py"
