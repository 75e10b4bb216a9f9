rule contract:
    """What each environment is, measured."""
    output:
        f"{RESULTS}/contract.parquet",
    log:
        f"{LOGS}/contract.log",
    benchmark:
        f"{BENCHMARKS}/contract.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("contract")),
    params:
        ids=IDS,
        code=code_hash("coopetition.envs.contract", *GAMES),
        columns=columns_hash("contract"),
    message:
        "Measuring the contract of {params.ids}"
    script:
        "../scripts/contract.py"
