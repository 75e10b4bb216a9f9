CASE_STUDIES = f"{RESULTS}/case_studies"
# Environments of the cases that this study has.
CASE_GAMES = {
    (case, edition): CASE_ENVIRONMENTS[case]
    for case in CASES
    for edition in STUDY["editions"]
    if (edition, CASE_ENVIRONMENTS[case]) in STUDY.environments
}


rule case_study:
    """One case: its model, rubrics, null models, ablations and secondary experiments."""
    output:
        **{
            name: f"{CASE_STUDIES}/{{case}}/{name.removeprefix('case_')}.parquet"
            for name in CASE_TABLES
        },
    log:
        f"{LOGS}/case_studies/{{case}}.log",
    benchmark:
        f"{BENCHMARKS}/case_studies/{{case}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("case_studies")),
    params:
        draws=STUDY["case_draws"],
        code=lambda w: code_hash(
            "coopetition.reports.cases.study", f"coopetition.reports.cases.{w.case}"
        ),
        data=lambda w: case_data(w.case),
        texts=data_hash("reports/published/case_experiments.csv"),
        columns=columns_hash(*CASE_TABLES),
    message:
        "Case study {wildcards.case}"
    script:
        "../scripts/case_study.py"


rule case_rollouts:
    """Does the environment of a case tell its history?"""
    input:
        solution=lambda w: f"{RESULTS}/solutions/{w.edition}/{CASE_ENVIRONMENTS[w.case]}.parquet",
        models=lambda w: [
            f"{RESULTS}/models/{w.edition}/{CASE_ENVIRONMENTS[w.case]}/{policy}.zip"
            for policy in STUDY.learners_on(w.edition, CASE_ENVIRONMENTS[w.case])
        ],
    output:
        f"{CASE_STUDIES}/{{case}}/rollouts.{{edition}}.parquet",
    log:
        f"{LOGS}/case_studies/{{case}}.rollouts.{{edition}}.log",
    benchmark:
        f"{BENCHMARKS}/case_studies/{{case}}.rollouts.{{edition}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("case_studies")),
    params:
        environment=lambda w: CASE_ENVIRONMENTS[w.case],
        code=lambda w: code_hash(
            "coopetition.reports.cases.rollouts",
            envs.spec(f"{CASE_ENVIRONMENTS[w.case]}-{w.edition}").module,
            *policy_modules(w.edition, CASE_ENVIRONMENTS[w.case]),
        ),
        data=lambda w: case_data(w.case),
        columns=columns_hash("case_rollouts"),
    message:
        "The history of {wildcards.case} in its environment, -{wildcards.edition}"
    script:
        "../scripts/case_rollouts.py"


CASE_RESULTS = {
    name: [
        f"{CASE_STUDIES}/{case}/{name.removeprefix('case_')}.parquet" for case in CASES
    ]
    for name in CASE_TABLES
}
CASE_ROLLOUTS = [
    f"{CASE_STUDIES}/{case}/rollouts.{edition}.parquet" for case, edition in CASE_GAMES
]


rule case_tables:
    """The scores of all cases beside chance, and what documents say of them."""
    input:
        **CASE_RESULTS,
    output:
        scores=report(
            f"{CASE_STUDIES}/scores.csv",
            caption="../report/cases.rst",
            category="Tables",
            labels={"table": "case studies"},
        ),
        criteria=f"{CASE_STUDIES}/items.csv",
        claims=report(
            f"{CASE_STUDIES}/claims.csv",
            caption="../report/cases.rst",
            category="Tables",
            labels={"table": "published scores of case studies"},
        ),
        experiments=f"{CASE_STUDIES}/experiments.csv",
    log:
        f"{LOGS}/case_tables.log",
    benchmark:
        f"{BENCHMARKS}/case_tables.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.cases.study", "coopetition.reports.schema"),
        texts=data_hash("reports/published/case_claims.csv"),
    message:
        "Case studies beside chance"
    script:
        "../scripts/case_tables.py"
