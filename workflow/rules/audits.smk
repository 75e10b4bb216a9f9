RELEASED_AUDITS = {
    name: [
        f"{RESULTS}/audits/{name}/v0/{env}.parquet"
        for _, env in STUDY.published_environments
    ]
    for name in ("surface", "static", "temporal", "interior")
}


rule released_audit:
    """The published audit of one environment, as released, and partial deviations."""
    output:
        surface=f"{RESULTS}/audits/surface/v0/{{env}}.parquet",
        static=f"{RESULTS}/audits/static/v0/{{env}}.parquet",
        temporal=f"{RESULTS}/audits/temporal/v0/{{env}}.parquet",
        interior=f"{RESULTS}/audits/interior/v0/{{env}}.parquet",
    log:
        f"{LOGS}/released_audit/v0/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/released_audit/v0/{{env}}.tsv"
    conda:
        "../../environment.yml"
    params:
        code=lambda w: code_hash(
            "coopetition.agents.audits.released", envs.spec(f"{w.env}-v0").module
        ),
        columns=columns_hash(*(f"audit_{name}" for name in RELEASED_AUDITS)),
    message:
        "The published audit of {wildcards.env}-v0"
    script:
        "../scripts/released_audit.py"


rule released_audit_tables:
    """What follows from the published audit, beside what is published, and its records."""
    input:
        **RELEASED_AUDITS,
    output:
        audit=report(
            f"{RESULTS}/tables/released_audit.csv",
            caption="../report/released_audit.rst",
            category="Tables",
            labels={"table": "published audit, recomputed"},
        ),
        classes=f"{RESULTS}/tables/released_audit_classes.csv",
        figures=report(
            f"{RESULTS}/tables/released_audit_figures.csv",
            caption="../report/released_audit.rst",
            category="Tables",
            labels={"table": "published results of the audit"},
        ),
        records=f"{RESULTS}/tables/released_audit_records.csv",
    log:
        f"{LOGS}/released_audit_tables.log",
    benchmark:
        f"{BENCHMARKS}/released_audit_tables.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.reports.released_audit", "coopetition.reports.schema"
        ),
        texts=data_hash(
            *(
                f"reports/published/{name}.csv"
                for name in ("audit", "algorithm_inventory", "environment_inventory")
            )
        ),
    message:
        "Comparing the published audit with its recomputation"
    script:
        "../scripts/released_audit_tables.py"


AUDITS = {
    name: [
        f"{RESULTS}/audits/{name}/{edition}/{env}.parquet"
        for edition, env in STUDY.audited_environments
    ]
    for name in AUDIT_NAMES
}


rule audit:
    """Reference policies and learners of one environment, audited with and against one another."""
    input:
        solution=rules.solution.output,
        models=lambda w: [
            f"{RESULTS}/models/{w.edition}/{w.env}/{policy}.zip"
            for policy in STUDY.learners_on(w.edition, w.env)
        ],
    output:
        **{
            name: f"{RESULTS}/audits/{name}/{{edition}}/{{env}}.parquet"
            for name in AUDIT_NAMES
        },
    log:
        f"{LOGS}/audits/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/audits/{{edition}}/{{env}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("audits", w.edition, w.env)),
    params:
        audits=lambda w: STUDY.audit_settings(w.env),
        code=audit_code,
        columns=columns_hash(*(f"audit_{name}" for name in AUDIT_NAMES)),
    message:
        "Auditing policies on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/audit.py"


rule audit_tables:
    """What follows from the audits of all environments, and from learning curves."""
    input:
        cross_play=AUDITS["cross_play"],
        training=TRAINING,
        curves=CURVES,
    output:
        summary=report(
            f"{RESULTS}/tables/cross_play_summary.csv",
            caption="../report/audits.rst",
            category="Tables",
            labels={"table": "cross-play"},
        ),
        worst_case=f"{RESULTS}/tables/worst_case_training.csv",
        hacking=report(
            f"{RESULTS}/tables/reward_hacking.csv",
            caption="../report/audits.rst",
            category="Tables",
            labels={"table": "trained reward against payoffs"},
        ),
    log:
        f"{LOGS}/audit_tables.log",
    benchmark:
        f"{BENCHMARKS}/audit_tables.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.agents.audits.cross_play",
            "coopetition.reports.hacking",
            "coopetition.reports.schema",
        ),
    message:
        "Summing up the audits of policies"
    script:
        "../scripts/audit_tables.py"
