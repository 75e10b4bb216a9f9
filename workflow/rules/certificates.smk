CERTIFICATES = [
    f"{RESULTS}/certificates/{edition}/{env}.parquet"
    for edition, env in STUDY.environments
]
REPLIES = [path.replace(".parquet", ".replies.parquet") for path in CERTIFICATES]


rule solution:
    """Equilibria, optimum and best plan of one environment: searched for here and nowhere else."""
    output:
        f"{RESULTS}/solutions/{{edition}}/{{env}}.parquet",
    log:
        f"{LOGS}/solutions/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/solutions/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("solutions", w.edition, w.env)),
    params:
        code=lambda w: code_hash("coopetition.agents.recall", game_module(w)),
        columns=columns_hash("solutions"),
    message:
        "Solving {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/solution.py"


rule certificate:
    """What equilibria and optimum say of one environment, and its curve of best replies."""
    input:
        solution=rules.solution.output,
    output:
        certificate=f"{RESULTS}/certificates/{{edition}}/{{env}}.parquet",
        replies=f"{RESULTS}/certificates/{{edition}}/{{env}}.replies.parquet",
    log:
        f"{LOGS}/certificates/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/certificates/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("certificates", w.edition, w.env)),
    params:
        code=certificate_code,
        columns=columns_hash("certificates", "best_replies"),
    message:
        "Certifying {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/certificate.py"


rule certificates:
    """All certificates in one table."""
    input:
        CERTIFICATES,
    output:
        report(
            f"{RESULTS}/certificates.csv",
            caption="../report/certificates.rst",
            category="Tables",
            labels={"table": "certificates of mixed motive"},
        ),
    log:
        f"{LOGS}/certificates.log",
    benchmark:
        f"{BENCHMARKS}/certificates.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.schema"),
    message:
        "Gathering certificates"
    script:
        "../scripts/certificates.py"
