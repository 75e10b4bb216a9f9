rule train:
    """All runs of one learner on one environment: every protocol, reward mode and seed.

    Finished runs are kept in an undeclared work folder until the job ends, so that a killed job
    goes on where it stopped. It is tried again by itself; what ends every attempt becomes rows with
    status `failed`, for which there is one attempt more.
    """
    output:
        training=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.parquet",
        curves=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.curves.parquet",
        diagnostics=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.diagnostics.parquet",
        evaluations=f"{RESULTS}/training/{{edition}}/{{env}}/{{policy}}.evaluations.parquet",
        models=f"{RESULTS}/models/{{edition}}/{{env}}/{{policy}}.zip",
    log:
        f"{LOGS}/training/{{edition}}/{{env}}/{{policy}}.log",
    benchmark:
        f"{BENCHMARKS}/training/{{edition}}/{{env}}/{{policy}}.tsv"
    retries: ATTEMPTS
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        **trains(lambda w: STUDY.cell(w.edition, w.env, w.policy)),
    params:
        cell=lambda w: STUDY.cell(w.edition, w.env, w.policy),
        checkpoints=STUDY["checkpoints"],
        device=STUDY["device"],
        code=training_code,
        columns=columns_hash("training", "curves", "diagnostics", "evaluations"),
        work=lambda w: f"{WORK}/{w.edition}-{w.env}-{w.policy}",
    message:
        "Training {wildcards.policy} on {wildcards.env}-{wildcards.edition}"
    script:
        "../scripts/train.py"


# One job per learner and environment of the factor `learner_certificates`, of which the runs count
# and neither curves nor models.
use rule train as learner_certificate with:
    output:
        training=f"{RESULTS}/learner_certificates/{{edition}}/{{env}}/{{policy}}.parquet",
    log:
        f"{LOGS}/learner_certificates/{{edition}}/{{env}}/{{policy}}.log",
    benchmark:
        f"{BENCHMARKS}/learner_certificates/{{edition}}/{{env}}/{{policy}}.tsv"
    wildcard_constraints:
        edition=CERTIFIED_EDITION,
    resources:
        **trains(lambda w: STUDY.certified_cell(w.edition, w.env, w.policy)),
    params:
        cell=lambda w: STUDY.certified_cell(w.edition, w.env, w.policy),
        checkpoints=1,
        columns=columns_hash("training"),
        work=lambda w: f"{WORK}/learner_certificates-{w.edition}-{w.env}-{w.policy}",
    message:
        "Training {wildcards.policy} on {wildcards.env}-{wildcards.edition} for its certificate"


rule signature:
    """Train two learners that should differ in something, and measure it."""
    output:
        f"{RESULTS}/learner_certificates/signatures/{{signature}}.csv",
    log:
        f"{LOGS}/learner_certificates/signatures/{{signature}}.log",
    benchmark:
        f"{BENCHMARKS}/learner_certificates/signatures/{{signature}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        **asks(lambda w: COSTS.signature(w.signature, *STUDY.signature_size)),
        **ACCELERATOR,
    params:
        device=STUDY["device"],
        seeds=lambda w: STUDY["learner_certificates"]["seeds"],
        steps=lambda w: STUDY["learner_certificates"]["steps"],
        code=signature_code,
        columns=columns_hash("signature_runs"),
    message:
        "Putting the signature {wildcards.signature} to the test"
    script:
        "../scripts/signature.py"


rule learner_cards:
    """What every learner of the study is, and how its settings differ from the published ones."""
    output:
        cards=expand(
            f"{RESULTS}/learner_cards/{{policy}}.yaml", policy=STUDY["policies"]
        ),
        table=report(
            f"{RESULTS}/tables/learner_cards.csv",
            caption="../report/learner_cards.rst",
            category="Tables",
            labels={"table": "learners"},
        ),
        differences=f"{RESULTS}/tables/setting_differences.csv",
    log:
        f"{LOGS}/learner_cards.log",
    benchmark:
        f"{BENCHMARKS}/learner_cards.tsv"
    conda:
        "../../environment.yml"
    params:
        policies=STUDY["policies"],
        code=code_hash(
            "coopetition.agents.cards",
            "coopetition.reports.learners",
            "coopetition.reports.schema",
            *LEARNERS,
        ),
    message:
        "Describing the learners"
    script:
        "../scripts/learner_cards.py"
