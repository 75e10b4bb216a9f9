rule scores:
    """Every run with its normalised scores."""
    input:
        training=TRAINING,
        reference=REFERENCE,
        certificates=rules.certificates.output,
    output:
        f"{RESULTS}/scores.parquet",
    log:
        f"{LOGS}/scores.log",
    benchmark:
        f"{BENCHMARKS}/scores.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Scoring all runs"
    script:
        "../scripts/scores.py"


rule aggregates:
    """Interquartile means with stratified bootstrap intervals."""
    input:
        rules.scores.output,
    output:
        report(
            f"{RESULTS}/tables/aggregates.csv",
            caption="../report/aggregates.rst",
            category="Tables",
            labels={"table": "scores with intervals"},
        ),
    log:
        f"{LOGS}/aggregates.log",
    benchmark:
        f"{BENCHMARKS}/aggregates.tsv"
    conda:
        "../../environment.yml"
    resources:
        **asks(lambda w: COSTS.job("aggregates")),
    params:
        repetitions=STUDY["bootstrap_repetitions"],
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Aggregating scores"
    script:
        "../scripts/aggregates.py"


rule reference_scores:
    """What every policy scores on every environment, for comparison with others."""
    input:
        scores=rules.scores.output,
        reference=REFERENCE,
        certificates=rules.certificates.output,
    output:
        report(
            f"{RESULTS}/tables/reference_scores.csv",
            caption="../report/reference_scores.rst",
            category="Tables",
            labels={"table": "scores of all policies"},
        ),
    log:
        f"{LOGS}/reference_scores.log",
    benchmark:
        f"{BENCHMARKS}/reference_scores.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash(
            "coopetition.reports.reference_scores", "coopetition.reports.schema"
        ),
    message:
        "Listing the scores of all policies"
    script:
        "../scripts/reference_scores.py"


rule identity:
    """Is cooperative reward, summed over agents, the same as integrated reward?"""
    input:
        REFERENCE,
    output:
        report(
            f"{RESULTS}/tables/identity.csv",
            caption="../report/identity.rst",
            category="Tables",
            labels={"table": "integrated against cooperative"},
        ),
    log:
        f"{LOGS}/identity.log",
    benchmark:
        f"{BENCHMARKS}/identity.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.statistics", "coopetition.reports.schema"),
    message:
        "Comparing integrated and cooperative reward"
    script:
        "../scripts/identity.py"


rule learner_certificates:
    """Do independent learners end at the equilibrium, or at the joint optimum?"""
    input:
        training=CERTIFIED,
        certificates=rules.certificates.output,
    output:
        report(
            f"{RESULTS}/tables/learner_certificates.csv",
            caption="../report/learner_certificates.rst",
            category="Tables",
            labels={"table": "where learners end"},
        ),
    log:
        f"{LOGS}/learner_certificates.log",
    benchmark:
        f"{BENCHMARKS}/learner_certificates.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.convergence", "coopetition.reports.schema"),
    message:
        "Comparing where learners end with equilibrium and optimum"
    script:
        "../scripts/learner_certificates.py"


rule learner_signatures:
    """Does a learner differ from the one that it improves on, as its paper says?"""
    input:
        SIGNED,
    output:
        report(
            f"{RESULTS}/tables/learner_signatures.csv",
            caption="../report/learner_signatures.rst",
            category="Tables",
            labels={"table": "signatures of learners"},
        ),
    log:
        f"{LOGS}/learner_signatures.log",
    benchmark:
        f"{BENCHMARKS}/learner_signatures.tsv"
    conda:
        "../../environment.yml"
    params:
        code=code_hash("coopetition.reports.convergence", "coopetition.reports.schema"),
    message:
        "Comparing learners with those that they improve on"
    script:
        "../scripts/learner_signatures.py"
