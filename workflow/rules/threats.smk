ABLATIONS = [
    f"{RESULTS}/ablations/{edition}/{env}.csv"
    for edition, env in STUDY.ablated_environments
]


localrules:
    threat_experiments,
    threats,


rule ablation_chain:
    """From the published PPO to independent learners in single changes, on one environment.

    Finished runs are kept in an undeclared work folder until the job ends, as in rule train.
    """
    input:
        reference=f"{RESULTS}/reference/{{edition}}/{{env}}.parquet",
        certificate=rules.certificate.output.certificate,
    output:
        chain=f"{RESULTS}/ablations/{{edition}}/{{env}}.csv",
        runs=f"{RESULTS}/ablations/{{edition}}/{{env}}.runs.parquet",
    log:
        f"{LOGS}/ablations/{{edition}}/{{env}}.log",
    benchmark:
        f"{BENCHMARKS}/ablations/{{edition}}/{{env}}.tsv"
    wildcard_constraints:
        edition="v0",
    retries: ATTEMPTS
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        **trains(lambda w: sum(STUDY.ablation_runs(w.env), [])),
    params:
        device=STUDY["device"],
        steps=lambda w: STUDY.ablation_runs(w.env),
        code=ablation_code,
        columns=columns_hash("ablations", "training"),
        work=lambda w: f"{WORK}/ablations-{w.edition}-{w.env}",
    message:
        "Training the chain of ablations on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/ablation_chain.py"


rule threat_experiments:
    """Small experiments on single pieces of the released learners and environments."""
    output:
        f"{RESULTS}/tables/threat_experiments.csv",
    log:
        f"{LOGS}/threat_experiments.log",
    benchmark:
        f"{BENCHMARKS}/threat_experiments.tsv"
    retries: ATTEMPTS
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.agents.threats",
            *(
                learner(policy).module
                for policy in (
                    "Central_PPO",
                    "Central_A2C",
                    "Central_SAC",
                    "IPPO",
                    "ISAC",
                )
            ),
            *(
                envs.spec(f"{env}-v0").module
                for env in (
                    "ApacheProject",
                    "TrustDilemma",
                    "PartnerHoldUp",
                    "TeamProduction",
                    "ReciprocalDilemma",
                )
            ),
        ),
        columns=columns_hash("threat_experiments"),
    message:
        "Experiments on threats to validity"
    script:
        "../scripts/threat_experiments.py"


rule threats:
    """What bears on the threats to the validity of the published study."""
    input:
        reference=REFERENCE,
        contract=rules.contract.output,
        contract_comparison=rules.comparison.output.contract,
        counts=rules.comparison.output.counts,
        page_results=rules.comparison.output.pages,
        identity=rules.identity.output,
        scores=rules.scores.output,
        released_audit=rules.released_audit_tables.output.audit,
        released_audit_records=rules.released_audit_tables.output.records,
        learner_cards=rules.learner_cards.output.table,
        threat_experiments=rules.threat_experiments.output,
        ablations=ABLATIONS,
        case_scores=CASE_RESULTS["case_scores"],
        case_ablations=CASE_RESULTS["case_ablations"],
        case_parameters=CASE_RESULTS["case_parameters"],
        case_rollouts=CASE_ROLLOUTS,
    output:
        report(
            f"{RESULTS}/tables/threats.csv",
            caption="../report/threats.rst",
            category="Claims",
            labels={"table": "threats to validity"},
        ),
    log:
        f"{LOGS}/threats.log",
    benchmark:
        f"{BENCHMARKS}/threats.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.threats", "coopetition.reports.schema"),
        texts=data_hash("reports/threats.yaml", "reports/published"),
    message:
        "Gathering evidence on threats to validity"
    script:
        "../scripts/threats.py"
